"""The F5 engine on a processor: texts become speech, in turns, the same again, and once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bot.engine.f5.engine import F5Engine
from bot.engine.f5.planner import Caution
from bot.engine.voices import Voice
from tests.engine.f5.small_engine import TEXT, Samples, loaded, settings, spoken


def test_a_text_becomes_sound_of_a_fitting_length(engine: F5Engine, voice: Voice) -> None:
    sound = spoken(engine, voice)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert 3 < len(sound) / engine.rate < 20
    assert len(spoken(engine, voice, speed=1.6)) < 0.8 * len(sound)


def test_a_client_s_patience_is_what_it_plans_for(weights: Path) -> None:
    engine = F5Engine(settings(weights), answer_timeout=10)
    engine.load(lambda share, sentence: None)
    assert engine._studio.caution == Caution.within(10)


def test_others_have_their_turn_between_the_steps(engine: F5Engine, voice: Voice) -> None:
    blocks = list(engine.synthesize("gg", voice, 1.0))
    assert sum(not block.size for block in blocks) >= 5  # one a step


def test_nothing_to_say_is_no_sound(engine: F5Engine, voice: Voice) -> None:
    for text in ("", "…", "?!", "\u200b\u202e", "🎉"):
        assert not spoken(engine, voice, text).size


def test_the_same_text_sounds_the_same_in_another_process_too(
    weights: Path, voice: Voice, engine: F5Engine
) -> None:
    other = loaded(weights, voice, finished_megabytes=0)
    np.testing.assert_array_equal(spoken(engine, voice, "好的"), spoken(other, voice, "好的"))


def test_what_was_said_before_is_answered_from_memory(engine: F5Engine, voice: Voice) -> None:
    first = spoken(engine, voice, "gg")
    engine._studio = None  # type: ignore[assignment]  # whatever made it is not asked again
    np.testing.assert_array_equal(spoken(engine, voice, "gg"), first)
    facts = engine.facts()
    assert facts["finished"] == {"hits": 1, "misses": 1, "bytes": first.nbytes}
    assert facts["requests"] == 1  # what took no time to make says nothing of the machine


def test_a_request_that_is_closed_leaves_nothing_behind(engine: F5Engine, voice: Voice) -> None:
    cut_off = engine.synthesize(TEXT, voice, 1.0)
    for _ in range(4):
        next(cut_off)
    cut_off.close()  # type: ignore[attr-defined]
    assert spoken(engine, voice).size
    assert engine.facts()["finished"] == {"hits": 0, "misses": 2, "bytes": spoken(engine, voice).nbytes}


def test_requests_that_take_turns_do_not_disturb_each_other(
    engine: F5Engine, voice: Voice, weights: Path
) -> None:
    texts = ["one two three", "四五六", "gg"]
    expected = [spoken(loaded(weights, voice), voice, text) for text in texts]
    under_way: dict[int, Iterator[Samples]] = {
        number: engine.synthesize(text, voice, 1.0) for number, text in enumerate(texts)
    }
    heard: list[list[Samples]] = [[] for _ in texts]
    while under_way:
        for number, blocks in list(under_way.items()):
            block = next(blocks, None)
            if block is None:
                del under_way[number]
            else:
                heard[number].append(block)
    for blocks_of, whole in zip(heard, expected, strict=True):
        sound = np.concatenate(blocks_of)
        assert sound.shape == whole.shape
        np.testing.assert_allclose(sound, whole, atol=1e-4)


@pytest.mark.parametrize("text", ["%" * 40, "7" * 30, "𠮷" * 40, "x" * 300])
def test_what_nobody_says_in_one_go_is_said_in_several(engine: F5Engine, voice: Voice, text: str) -> None:
    assert len(spoken(engine, voice, text)) > 4 * engine.rate


def test_a_voice_is_made_ready_once(engine: F5Engine, voice: Voice) -> None:
    before = engine._speakers[voice.id]
    engine.prepare(voice)  # as it is when any file of the folder changes
    assert engine._speakers[voice.id] is before
