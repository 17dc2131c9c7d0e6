"""What chat will ask for is made while nobody waits, and taken over by whoever asks meanwhile."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bot.engine.f5.engine import F5Engine
from bot.engine.f5.maker import Maker
from bot.engine.f5.making import Making
from bot.engine.voices import Voice
from tests.engine.f5.small_engine import TEXT, loaded, spoken


def together(engine: F5Engine, many: int) -> None:
    """As on a GPU."""
    engine._batch = many
    engine._maker = Maker(engine._running.sample, many)
    engine._studio = engine._make_studio()


def test_what_will_be_asked_for_is_made_while_nobody_waits(engine: F5Engine, voice: Voice) -> None:
    assert not engine.idle()
    engine.ahead([("gg", voice, 1.0), ("好的", voice, 1.0)])
    turns = 0
    while engine.idle():
        turns += 1
    assert turns > 5  # a little at a time
    blocks = list(engine.synthesize("gg", voice, 1.0))
    assert all(block.size for block in blocks)  # from memory
    assert engine.facts()["finished"]["hits"] == 1  # type: ignore[index]


def test_what_is_not_wanted_any_more_is_not_made(engine: F5Engine, voice: Voice) -> None:
    engine.ahead([("one", voice, 1.0)])
    engine.ahead([])
    assert not engine.idle()


def test_what_is_coming_twice_is_made_once(engine: F5Engine, voice: Voice) -> None:
    together(engine, 4)
    engine.ahead([("gg", voice, 1.0)] * 3 + [("g*g", voice, 1.0)])
    engine.idle()
    assert len(engine._making) == 2
    while engine.idle():
        pass
    assert engine.facts()["finished"]["misses"] == 0  # type: ignore[index]
    assert len(engine._finished) == 2


def test_who_asks_for_what_is_being_made_goes_on_with_it(
    engine: F5Engine, voice: Voice, weights: Path
) -> None:
    expected = spoken(loaded(weights, voice), voice, "gg")
    engine.ahead([("gg", voice, 1.0)])
    for _ in range(4):
        assert engine.idle()
    blocks = list(engine.synthesize("gg", voice, 1.0))
    assert sum(not block.size for block in blocks) < 5  # fewer turns than there are steps
    np.testing.assert_allclose(np.concatenate(blocks), expected, atol=1e-5)
    assert not engine.idle()
    assert all(block.size for block in engine.synthesize("gg", voice, 1.0))  # from memory


def test_what_is_being_made_ahead_ends_when_it_is_not_wanted_any_more(engine: F5Engine, voice: Voice) -> None:
    engine.ahead([("gg", voice, 1.0), ("好的", voice, 1.0)])
    for _ in range(3):
        assert engine.idle()
    engine.ahead([("好的", voice, 1.0)])
    while engine.idle():
        pass
    assert len(engine._finished) == 1
    assert all(block.size for block in engine.synthesize("好的", voice, 1.0))


def test_nothing_is_made_ahead_that_cannot_be_kept(weights: Path, voice: Voice) -> None:
    engine = loaded(weights, voice, finished_megabytes=0)
    engine.ahead([("gg", voice, 1.0)])
    assert not engine.idle()


def test_pieces_made_together_do_not_change_what_one_is_thought_to_cost(
    engine: F5Engine, voice: Voice
) -> None:
    together(engine, 4)
    engine.ahead([(text, voice, 1.0) for text in ("one", "two", "three", "four")])
    while engine.idle():
        pass
    assert len(engine._finished) == 4
    assert engine._running.cost.drift == 1.0
    spoken(engine, voice, "five")
    assert engine._running.cost.drift != 1.0


def test_on_a_slow_machine_what_is_half_made_is_held_back_too(engine: F5Engine, voice: Voice) -> None:
    """Somebody asks when the first piece is there: to sound at once, and break off after it, helps nobody."""
    engine._running.cost.coefficients = {1: (0.0, 0.2, 0.0)}  # a minute and more for a piece, it says
    engine.ahead([(TEXT, voice, 1.0)])
    (making,) = begun(engine)
    for _ in range(30):  # far into the second piece
        assert engine.idle()
    blocks = list(engine.synthesize(TEXT, voice, 1.0))
    assert making.is_wanted
    assert not any(block.size for block in blocks[:5])  # the steps of a piece
    assert any(block.size for block in blocks)


def begun(engine: F5Engine) -> list[Making]:
    assert engine.idle()
    return list(engine._making.values())
