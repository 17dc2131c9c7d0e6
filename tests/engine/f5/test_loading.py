"""From settings to a model: what is told meanwhile, what is held afterwards, what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from bot.engine.engine import EngineFault
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.loading import DeviceError, device_of
from bot.engine.voices import Voice
from tests.engine.f5.small_engine import loaded, settings, spoken


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


@pytest.mark.parametrize(("given", "cores", "threads"), [(None, 8, [7]), (None, 2, [2]), ("3", 8, [])])
def test_a_processor_keeps_a_core_for_others_or_what_it_is_told(
    given: str | None, cores: int, threads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", chosen.append)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(cores)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS")
    if given:
        monkeypatch.setenv("OMP_NUM_THREADS", given)
    device_of("cpu")
    assert chosen == threads
