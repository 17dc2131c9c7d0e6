"""The F5 engine on a processor, with a small model of random weights read from real files."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from bot.engine.engine import EngineFault
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.loading import DeviceError, device_of
from bot.engine.f5.maker import Maker
from bot.engine.f5.model import Transformer
from bot.engine.f5.sampler import Job, Sampling
from bot.engine.f5.settings import F5Settings
from bot.engine.f5.speaking import GarbledError, TooLongError
from bot.engine.f5.watchdog import EXIT, Watchdog
from bot.engine.voices import Voice
from tests.engine.f5.random_weights import small_files

TEXT = "Hello everyone, welcome to the stream. 今天我们来玩一个新游戏，希望大家喜欢！"

Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_files(tmp_path_factory.mktemp("weights"))


def settings(weights: Path, **changed: object) -> F5Settings:
    files = {"model": f"{weights}/F5TTS_v1_Base.safetensors", "vocoder": f"{weights}/vocos.safetensors"}
    return F5Settings(**{"device": "cpu", "precision": "fp32", "steps": 5, **files, **changed})  # type: ignore[arg-type]


def loaded(weights: Path, voice: Voice, **changed: object) -> F5Engine:
    engine = F5Engine(settings(weights, **changed))
    engine.load(lambda share, sentence: None)
    engine.prepare(voice)
    return engine


@pytest.fixture
def engine(weights: Path, voice: Voice) -> F5Engine:
    return loaded(weights, voice)


def spoken(engine: F5Engine, voice: Voice, text: str = TEXT, speed: float = 1.0) -> Samples:
    return np.concatenate(list(engine.synthesize(text, voice, speed)))


def test_loading_tells_how_far_it_is_and_what_came_of_it(weights: Path) -> None:
    told: list[tuple[float, str]] = []
    engine = F5Engine(settings(weights))
    assert engine.facts() == {}
    engine.load(lambda share, sentence: told.append((share, sentence)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1] == (0.95, "Measuring this machine.")
    facts = engine.facts()
    assert (facts["device"], facts["precision"], facts["steps"]) == ("cpu", "fp32", 5)


def test_a_text_becomes_sound_of_a_fitting_length(engine: F5Engine, voice: Voice) -> None:
    sound = spoken(engine, voice)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert 3 < len(sound) / engine.rate < 20
    assert len(spoken(engine, voice, speed=1.6)) < 0.8 * len(sound)


def test_others_have_their_turn_between_the_steps(engine: F5Engine, voice: Voice) -> None:
    blocks = list(engine.synthesize("gg", voice, 1.0))
    assert sum(not block.size for block in blocks) >= 5  # one a step


def test_nothing_to_say_is_no_sound(engine: F5Engine, voice: Voice) -> None:
    for text in ("", "…", "?!", "\u200b\u202e", "🎉"):
        assert not spoken_or_nothing(engine, voice, text).size


def spoken_or_nothing(engine: F5Engine, voice: Voice, text: str) -> Samples:
    return np.concatenate([np.zeros(0, np.float32), *engine.synthesize(text, voice, 1.0)])


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


class Broken:
    """Gives no numbers, as half precision does when it overflows."""

    def __init__(self, transformer: Transformer) -> None:
        self._transformer = transformer

    def __getattr__(self, name: str) -> object:
        return getattr(self._transformer, name)

    def __call__(self, *arguments: object) -> torch.Tensor:
        flow: torch.Tensor = self._transformer(*arguments)
        return flow * torch.nan


def test_what_comes_out_garbled_is_made_again_in_full_precision(
    weights: Path, voice: Voice, engine: F5Engine
) -> None:
    expected = spoken(engine, voice, "gg")
    broken = loaded(weights, voice, precision="bf16")
    broken._running.sampler.transformer = Broken(broken._running.model.transformer)  # type: ignore[assignment]
    np.testing.assert_allclose(spoken(broken, voice, "gg"), expected, atol=1e-5)
    assert broken.facts()["garbled"] == 1
    assert broken._running._exact is None  # its memory is given back


def test_in_full_precision_the_same_is_not_tried_again(weights: Path, voice: Voice) -> None:
    broken = loaded(weights, voice)
    broken._running.sampler.transformer = Broken(broken._running.model.transformer)  # type: ignore[assignment]
    seeds: list[int] = []
    sample = broken._running.sampler.sample

    def noted(jobs: Sequence[Job], sampling: Sampling) -> Generator[None, None, list[torch.Tensor]]:
        seeds.extend(job.seed for job in jobs)
        return sample(jobs, sampling)

    broken._running.sampler.sample = noted  # type: ignore[method-assign, assignment]
    with pytest.raises(GarbledError):
        spoken(broken, voice, "gg")
    assert len(set(seeds)) == 2
    assert broken._running._exact is None


def test_what_is_garbled_twice_is_a_failure_that_is_told(weights: Path, voice: Voice) -> None:
    broken = loaded(weights, voice)
    broken._running.sampler.transformer = Broken(broken._running.model.transformer)  # type: ignore[assignment]
    with pytest.raises(Exception, match="no sound"):
        spoken(broken, voice, "gg")
    assert broken.facts()["failures"] == 1


def test_a_full_memory_costs_a_batch_its_batching_and_nothing_else(
    engine: F5Engine, voice: Voice, weights: Path
) -> None:
    expected = spoken(loaded(weights, voice), voice, "gg")
    sample: Callable[..., object] = engine._running.sampler.sample
    calls = 0

    def full(*arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return sample(*arguments, **named)

    engine._running.sampler.sample = full  # type: ignore[method-assign, assignment]
    np.testing.assert_allclose(spoken(engine, voice, "gg"), expected, atol=1e-5)
    assert engine.facts()["out_of_memory"] == 1


def test_silence_for_a_text_that_says_something_is_a_failure_that_is_told(
    engine: F5Engine, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = engine._running.model.vocoder.decode
    monkeypatch.setattr(engine._running.model.vocoder, "decode", lambda mel: decode(mel) * 0)
    with pytest.raises(GarbledError, match="no sound"):
        spoken(engine, voice, "gg")
    assert engine.facts()["failures"] == 1
    assert not engine._finished


def test_a_text_that_cannot_be_cut_is_refused_at_once(engine: F5Engine, voice: Voice) -> None:
    blocks = engine.synthesize("a" + "!" * 4095, voice, 1.0)
    with pytest.raises(TooLongError, match="cannot be cut"):
        next(blocks)


class Warmed:
    """As `Warming` on a GPU, whose graphs fill it."""

    ready: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()
    freed = 0

    def go_on(self) -> bool:
        return False

    def free(self) -> None:
        self.freed += 1


def test_a_full_memory_is_known_in_all_its_words_and_graphs_make_room(engine: F5Engine, voice: Voice) -> None:
    warming = engine._running.warming = Warmed()  # type: ignore[assignment]
    sample: Callable[..., object] = engine._running.sampler.sample

    def full(*arguments: object, **named: object) -> object:
        if not warming.freed:
            raise RuntimeError("CUDA error: out of memory")
        return sample(*arguments, **named)

    engine._running.sampler.sample = full  # type: ignore[method-assign, assignment]
    assert spoken(engine, voice, "gg").size
    assert warming.freed == 1
    assert engine.facts()["out_of_memory"] == 1


@pytest.mark.parametrize(("lost", "bitten"), [(True, 1), (False, 0)])
def test_a_gpu_that_has_failed_for_good_costs_the_process(
    lost: bool, bitten: int, engine: F5Engine, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    bites: list[int] = []
    engine._watchdog = Watchdog(time.monotonic, bite=bites.append)
    monkeypatch.setattr("bot.engine.f5.engine.is_lost", lambda device: lost)

    def fail(*arguments: object, **named: object) -> object:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    engine._running.sampler.sample = fail  # type: ignore[method-assign, assignment]
    with pytest.raises(RuntimeError, match="illegal"):
        spoken(engine, voice, "gg")
    engine._watchdog.close()
    assert bites == [EXIT] * bitten


def test_what_is_coming_twice_is_made_once(engine: F5Engine, voice: Voice) -> None:
    together(engine, 4)
    engine.ahead([("gg", voice, 1.0)] * 3 + [("g*g", voice, 1.0)])
    engine.idle()
    assert len(engine._making) == 2
    while engine.idle():
        pass
    assert engine.facts()["finished"]["misses"] == 0  # type: ignore[index]
    assert len(engine._finished) == 2


def together(engine: F5Engine, many: int) -> None:
    """As on a GPU."""
    engine._batch = many
    engine._maker = Maker(engine._running.sample, many)
    engine._studio = engine._make_studio()


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


@pytest.mark.parametrize("text", ["%" * 40, "7" * 30, "𠮷" * 40, "x" * 300])
def test_what_nobody_says_in_one_go_is_said_in_several(engine: F5Engine, voice: Voice, text: str) -> None:
    assert len(spoken(engine, voice, text)) > 4 * engine.rate


def test_a_second_table_of_moments_is_not_read_to_measure(engine: F5Engine) -> None:
    assert len(engine._running.model.transformer.modulations._tables) == 1


def test_a_pickled_checkpoint_does_not_stay_in_memory(weights: Path, voice: Voice, tmp_path: Path) -> None:
    path = tmp_path / "F5TTS_v1_Base.pt"
    torch.save(load_file(weights / "F5TTS_v1_Base.safetensors"), path, _use_new_zipfile_serialization=False)
    engine = loaded(weights, voice, model=str(path))
    assert engine._running.model.checkpoint._file._state is None  # type: ignore[attr-defined]
    assert spoken(engine, voice, "gg").size


def test_a_gpu_that_there_is_not_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    chosen: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    with pytest.raises(DeviceError, match="no GPU number 3"):
        device_of("cuda:3")
    assert device_of("cuda") == torch.device("cuda:0")
    assert chosen == [torch.device("cuda:0")]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"model": "/nowhere/model.safetensors"}, "nowhere"),
        ({"device": "cuda"}, "no NVIDIA GPU"),
        ({"precision": "fp16"}, "fp16 needs a GPU"),
    ],
)
def test_what_cannot_be_loaded_is_one_sentence(weights: Path, changed: dict[str, str], sentence: str) -> None:
    if changed.get("device") == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU here, which this test is to miss")
    engine = F5Engine(settings(weights, **changed))
    with pytest.raises(EngineFault, match=sentence) as refused:
        engine.load(lambda share, said: None)
    assert "\n" not in str(refused.value)


def test_the_first_sound_of_a_voice_does_not_wait_for_its_mel(engine: F5Engine, voice: Voice) -> None:
    began = time.perf_counter()
    for _ in range(20):
        engine.prepare(voice)  # as it is when any file of the folder changes
    assert time.perf_counter() - began < 1
