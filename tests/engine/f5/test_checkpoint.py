"""Weights on disk, in every layout they come in, and in every way that they can be wrong."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from bot.engine.f5.checkpoint import CheckpointError, open_model, open_vocoder
from tests.engine.f5.random_weights import (
    TINY,
    TINY_VOCOS,
    as_of_a_training,
    as_of_vocos,
    as_on_the_hub,
    random_state,
    write_model,
    write_vocos,
)

STATE = random_state(TINY.shapes())
Write = Callable[[Path], object]


def same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(torch.equal(found[name], wanted[name]) for name in wanted)


LAYOUTS: dict[str, Write] = {
    "as on the hub": lambda path: save_file(as_on_the_hub(STATE, 32), path),
    "a training's": lambda path: torch.save(as_of_a_training(STATE, 32), path),
    "a training's, of old": lambda path: torch.save(
        as_of_a_training(STATE, 32), path, _use_new_zipfile_serialization=False
    ),
    "pruned": lambda path: torch.save({"ema_model_state_dict": as_on_the_hub(STATE, 32)}, path),
    "not averaged": lambda path: torch.save(
        {"model_state_dict": {"rotary_embed.inv_freq": torch.ones(16), **STATE}}, path
    ),
    "compiled": lambda path: save_file(
        {f"_orig_mod.transformer.{name}": one for name, one in STATE.items()}
        | {"_orig_mod.transformer.rotary_embed.inv_freq": torch.ones(16)},
        path,
    ),
}


@pytest.mark.parametrize("write", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("name", ["model.safetensors", "model.pt"])  # the contents decide
def test_every_layout(write: Write, name: str, tmp_path: Path) -> None:
    write(tmp_path / name)
    model = open_model(tmp_path / name, vocabulary=40)
    assert model.architecture == TINY
    assert same(dict(model), STATE)
    assert len(model) == len(TINY.shapes())


def test_loading_casts_and_copies(tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors")
    model = open_model(tmp_path / "model.safetensors")
    half = model.loaded(torch.float16)
    assert {tensor.dtype for tensor in half.values()} == {torch.float16}
    for tensor in half.values():
        tensor.zero_()
    assert same(model.loaded(), STATE)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_weights_that_are_stored_as_halves(dtype: torch.dtype, tmp_path: Path) -> None:
    save_file(
        {name: one.to(dtype) for name, one in as_on_the_hub(STATE, 32).items()}, tmp_path / "m.safetensors"
    )
    model = open_model(tmp_path / "m.safetensors")
    assert model["proj_out.weight"].dtype == dtype


def cut(path: Path, share: float) -> None:
    contents = path.read_bytes()
    path.write_bytes(contents[: int(len(contents) * share)])


def half_of(write: Write, share: float) -> Write:
    def write_half(path: Path) -> None:
        write(path)
        cut(path, share)

    return write_half


def changed(change: Callable[[dict[str, Tensor]], object]) -> Write:
    def write(path: Path) -> None:
        state = {name: tensor.clone() for name, tensor in STATE.items()}
        change(state)
        save_file(as_on_the_hub(state, 32), path)

    return write


class Code:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("this must never be said",)


WRONG: dict[str, tuple[Write, str]] = {
    "missing": (lambda path: None, "there is no file FILE"),
    "empty": (lambda path: path.write_bytes(b""), "FILE is empty: fetch it anew"),
    "a folder": (lambda path: path.mkdir(), "FILE cannot be read: Is a directory"),
    "a web page": (
        lambda path: path.write_text("\n <!DOCTYPE html><html>Sign in"),
        "FILE is a web page, not a checkpoint",
    ),
    "a pointer": (
        lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
        "FILE only points to the checkpoint: fetch it with git lfs pull",
    ),
    "something else": (lambda path: path.write_bytes(b"RIFF" + bytes(500)), "FILE is no checkpoint"),
    "half": (half_of(LAYOUTS["as on the hub"], 0.5), "FILE is cut off: it has "),
    "a few bytes": (half_of(LAYOUTS["as on the hub"], 0.001), "FILE is cut off in its first lines"),
    "half a .pt": (half_of(LAYOUTS["pruned"], 0.5), "FILE is cut off: fetch it anew"),
    "half an old .pt": (half_of(LAYOUTS["a training's, of old"], 0.5), "FILE is (cut off|damaged)"),
    "a broken table": (
        lambda path: path.write_bytes(struct.pack("<Q", 40) + b'{"a": {"dtype": 3, "shape": [1]}}       '),
        "FILE is damaged: its table of tensors",
    ),
    "a huge table": (
        lambda path: path.write_bytes(struct.pack("<Q", 1 << 62) + b"{" * 600),
        "FILE is no checkpoint",
    ),
    "code": (
        lambda path: path.write_bytes(pickle.dumps(Code())),
        "FILE holds more than tensors, perhaps code",
    ),
    "code in a .pt": (lambda path: torch.save({"model": Code()}, path), "FILE holds more than tensors"),
    "no table": (lambda path: torch.save([torch.ones(3)], path), "FILE holds no table of tensors"),
    "another model": (
        lambda path: save_file({"encoder.weight": torch.ones(3)}, path),
        "FILE cannot be used: it is no F5-TTS model",
    ),
    "E2-TTS": (
        lambda path: save_file({"transformer.layers.0.1.to_q.weight": torch.ones(3)}, path),
        "FILE cannot be used: it is an E2-TTS",
    ),
    "a tensor less": (
        changed(lambda state: state.pop("norm_out.linear.bias")),
        "FILE is not the whole of an F5-TTS model: it lacks norm_out.linear.bias$",
    ),
    "a block less": (
        changed(lambda state: [state.pop(name) for name in STATE if "blocks.0.attn.to_o" in name]),
        "FILE is not the whole of .* it lacks transformer_blocks.0.attn.to_out.0.weight and 1 more$",
    ),
    "a tensor more": (
        changed(lambda state: state.update({"duration.weight": torch.ones(1)})),
        "FILE is not an F5-TTS model of a known kind: it has duration.weight besides",
    ),
    "a wrong shape": (
        changed(lambda state: state.update({"transformer_blocks.1.ff.ff.2.bias": torch.ones(63)})),
        r"FILE does not fit: transformer_blocks.1.ff.ff.2.bias is \(63,\), and should be \(64,\)",
    ),
    "a wrong type": (
        changed(lambda state: state.update({"proj_out.bias": torch.ones(100, dtype=torch.int8)})),
        "FILE cannot be used: proj_out.bias is of type I8",
    ),
    "other mel bands": (
        changed(
            lambda state: state.update(
                {
                    "proj_out.weight": torch.ones(80, 64),
                    "proj_out.bias": torch.ones(80),
                    "input_embed.proj.weight": torch.ones(64, 192),
                }
            )
        ),
        "FILE speaks in 80 mel bands, and this engine in 100",
    ),
}


@pytest.mark.parametrize(("write", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(
    write: Write, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model"
    write(path)
    with pytest.raises(CheckpointError, match="^" + sentence.replace("FILE", str(path))) as caught:
        open_model(path)
    assert "\n" not in str(caught.value)
    assert "never be said" not in capsys.readouterr().out


def test_a_vocabulary_that_is_not_its_own(tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"knows 40 tokens, and its vocab.txt has 41: name the one"):
        open_model(tmp_path / "model.safetensors", vocabulary=41)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_found_when_it_is_read(value: float, tmp_path: Path) -> None:
    changed(lambda state: state["proj_out.weight"].__setitem__((3, 4), value))(tmp_path / "m.safetensors")
    model = open_model(tmp_path / "m.safetensors")
    assert torch.isfinite(model["proj_out.bias"]).all()
    with pytest.raises(CheckpointError, match=r"holds no numbers \(NaN\) in proj_out.weight"):
        model.loaded()


def test_large_numbers_are_numbers(tmp_path: Path) -> None:
    state = {**STATE, "proj_out.bias": torch.full((100,), 3e38)}
    save_file(as_on_the_hub(state, 32), tmp_path / "m.safetensors")
    assert open_model(tmp_path / "m.safetensors")["proj_out.bias"][0] == torch.tensor(3e38)


@pytest.mark.parametrize(
    ("name", "text", "heads"),
    [
        ("model.yaml", "model:\n  arch: {text_mask_padding: false, pe_attn_head: 1}", 1),
        ("config.yaml", "arch: {pe_attn_head: 2}", 2),
        ("model.toml", "[model.arch]\npe_attn_head = 3", 3),
        ("config.yaml", "sample_rate: 24000", None),
    ],
)
def test_a_description_beside_it(name: str, text: str, heads: int | None, tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors")
    (tmp_path / name).write_text(text)
    assert open_model(tmp_path / "model.safetensors").architecture.pe_attn_head == heads
    assert open_model(tmp_path / "model.safetensors", "F5TTS_Base").architecture.pe_attn_head == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model: {backbone: UNetT, arch: {dim: 3}}", "describes a UNetT"),
        ("model: {arch: {dim: 3}, mel_spec: {mel_spec_type: bigvgan}}", "the vocoder bigvgan"),
        ("model: {arch: {heads: many}}", "arch.heads cannot be 'many'"),
        ("a: [", "cannot be understood"),
        ("!!python/object/apply:print [x]", "cannot be understood"),
    ],
)
def test_a_description_that_cannot_be_used(text: str, words: str, tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors")
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(CheckpointError, match=f"model.safetensors cannot be used: .*{words}"):
        open_model(tmp_path / "model.safetensors")


def test_a_path_that_names_the_architecture(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "F5TTS_Base").mkdir()
    write_model(tmp_path / "F5TTS_Base" / "model.safetensors")
    assert open_model(tmp_path / "F5TTS_Base" / "model.safetensors").architecture.pe_attn_head == 1
    assert not caplog.messages
    write_model(tmp_path / "mine.safetensors")
    assert open_model(tmp_path / "mine.safetensors").architecture.pe_attn_head is None
    assert "is taken for an F5TTS_v1_Base; if it speaks nonsense, set engine.f5.architecture" in caplog.text


def test_a_vocoder(tmp_path: Path) -> None:
    state = write_vocos(tmp_path)
    for config in (tmp_path / "config.yaml", None):
        vocoder = open_vocoder(tmp_path / "pytorch_model.bin", config)
        assert vocoder.architecture == TINY_VOCOS
        assert same(dict(vocoder), state)
    save_file(as_of_vocos(state), tmp_path / "model.safetensors")
    assert same(dict(open_vocoder(tmp_path / "model.safetensors")), state)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("MelSpectrogramFeatures", "EncodecFeatures", "a Vocos with EncodecFeatures"),
        ("ISTFTHead", "IMDCTSymExpHead", "a Vocos with IMDCTSymExpHead"),
        ("24000", "44100", "for 44100 samples a second"),
        ("padding: center", "padding: odd", "padding 'odd'"),
    ],
)
def test_a_vocoder_of_another_kind(old: str, new: str, words: str, tmp_path: Path) -> None:
    write_vocos(tmp_path)
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace(old, new))
    with pytest.raises(CheckpointError, match=words):
        open_vocoder(tmp_path / "pytorch_model.bin", config)


def test_a_model_is_no_vocoder(tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="it is no Vocos model of mel features"):
        open_vocoder(tmp_path / "model.safetensors")
