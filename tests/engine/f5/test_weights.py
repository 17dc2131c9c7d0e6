"""From settings to files: of a hub on loopback, of this disk, and what a wrong setting is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from bot.engine.f5.checkpoint import open_model, open_vocoder
from bot.engine.f5.hub import Hub, HubError
from bot.engine.f5.settings import F5Settings
from bot.engine.f5.weights import VOCODER, Weights, count_tokens, fetch, is_here
from bot.engine.voices import packaged_file
from tests.engine.f5.hub_server import FakeHub
from tests.engine.f5.random_weights import TINY, VOCOS_CONFIG, write_model, write_vocos

VOCABULARY = "".join(f"{chr(0x4E00 + number)}\n" for number in range(40))


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeHub]:
    (tmp_path / "made").mkdir()
    write_model(tmp_path / "made" / "model.safetensors")
    write_vocos(tmp_path / "made")
    model = (tmp_path / "made" / "model.safetensors").read_bytes()
    with FakeHub() as server:
        server.add("SWivid/F5-TTS", "F5TTS_v1_Base/model_1250000.safetensors", model, licence="cc-by-nc-4.0")
        server.add("SWivid/F5-TTS", "F5TTS_v1_Base/vocab.txt", VOCABULARY.encode(), small=True)
        server.add("tuner/f5-xx", "F5TTS_Base/model_9.safetensors", model, licence="mit")
        server.add("tuner/f5-xx", "vocab.txt", VOCABULARY.encode(), small=True)
        server.add(VOCODER, "config.yaml", VOCOS_CONFIG.encode(), small=True)
        server.add(VOCODER, "pytorch_model.bin", (tmp_path / "made" / "pytorch_model.bin").read_bytes())
        yield server


def fetched(tmp_path: Path, server: FakeHub, **settings: str) -> tuple[Weights, list[tuple[float, str]]]:
    told: list[tuple[float, str]] = []
    given = F5Settings(hub=server.url, cache=str(tmp_path / "cache"), **settings)  # type: ignore[arg-type]
    return fetch(given, lambda share, words: told.append((share, words))), told


def test_as_it_is_after_install(server: FakeHub, tmp_path: Path) -> None:
    settings = F5Settings(hub=server.url, cache=str(tmp_path / "cache"))
    assert not is_here(settings)
    weights, told = fetched(tmp_path, server)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert weights.vocabulary == packaged_file("infer/examples/vocab.txt")
    assert count_tokens(weights.vocabulary) == 2545
    assert (weights.name, weights.architecture) == ("F5TTS_v1_Base", "F5TTS_v1_Base")
    assert weights.licence == "CC-BY-NC-4.0"
    assert open_model(weights.model, weights.architecture).architecture == TINY
    assert open_vocoder(weights.vocoder, weights.vocoder_config)["head.out.bias"].dtype == torch.float32
    assert is_here(settings)
    server.asked.clear()
    assert fetched(tmp_path, server)[0] == weights
    assert server.asked == []


def test_a_fine_tune_of_the_hub(server: FakeHub, tmp_path: Path) -> None:
    weights, told = fetched(tmp_path, server, model="tuner/f5-xx/F5TTS_Base/model_9.safetensors")
    assert weights.vocabulary.read_text() == VOCABULARY  # not beside the model: at the top
    assert weights.licence == ""
    assert any("(licence MIT)" in words for _, words in told)
    model = open_model(weights.model, weights.architecture, count_tokens(weights.vocabulary))
    assert model.architecture.pe_attn_head == 1  # by its path


def test_files_of_this_disk(server: FakeHub, tmp_path: Path) -> None:
    made = tmp_path / "made"
    (made / "vocab.txt").write_text(VOCABULARY)
    weights, told = fetched(
        tmp_path, server, model=str(made / "model.safetensors"), vocoder=str(made), architecture="F5TTS_Base"
    )
    assert weights == Weights(
        model=made / "model.safetensors",
        vocabulary=made / "vocab.txt",
        vocoder=made / "pytorch_model.bin",
        vocoder_config=made / "config.yaml",
        architecture="F5TTS_Base",
        name=str(made / "model.safetensors"),
        licence="",
    )
    assert server.asked == []
    assert told == []
    file = fetched(tmp_path, server, model=weights.name, vocoder=str(made / "pytorch_model.bin"))[0]
    assert file.vocoder_config == made / "config.yaml"
    (made / "vocab.txt").unlink()
    assert fetched(tmp_path, server, model=weights.name, vocoder=str(made))[0].vocabulary == packaged_file(
        "infer/examples/vocab.txt"
    )


def test_another_vocoder_of_the_hub(server: FakeHub, tmp_path: Path) -> None:
    server.add("other/vocos", "config.yaml", VOCOS_CONFIG.encode(), small=True)
    server.add("other/vocos", "model.safetensors", b"x" * 100)
    weights, _ = fetched(tmp_path, server, vocoder="other/vocos")
    assert weights.vocoder.name == "model.safetensors"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"model": "F5TTS_Small"}, "no weights of F5TTS_Small are published: name a file of your own"),
        (
            {"model": "F5TTS_v2"},
            "engine.f5.model is 'F5TTS_v2', which is no file here; .* F5TTS_v1_Base, F5TTS_Base",
        ),
        ({"model": "./mine.pt"}, "there is no file mine.pt"),
        ({"model": "/nowhere/mine.pt"}, "there is no file /nowhere/mine.pt"),
        ({"model": "owner/nobody/model.pt"}, "owner/nobody is not on"),
        ({"model": "owner/nobody"}, "engine.f5.model is 'owner/nobody'"),
        ({"vocabulary": "vocab2"}, "engine.f5.vocabulary is 'vocab2', which is no file here"),
        ({"vocoder": "vocos2"}, "engine.f5.vocoder is 'vocos2', which is no file here"),
        ({"vocoder": "."}, r"there is no pytorch_model.bin or model.safetensors in \."),
        ({"vocoder": "tuner/f5-xx"}, "tuner/f5-xx on .* has no file config.yaml"),
    ],
)
def test_settings_that_name_nothing(
    settings: dict[str, str], words: str, server: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HubError, match=words):
        fetched(tmp_path, server, **settings)


def test_a_vocabulary_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(HubError, match="is no vocabulary that can be read"):
        count_tokens(tmp_path / "vocab.txt")


def test_the_hub_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert Hub().endpoint == "https://mirror.example"
    assert Hub("https://other.example").endpoint == "https://other.example"
