"""Which numbers are computed with, and what the process is set to for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from bot.engine.f5.precision import NAMES, Precision, PrecisionError


@pytest.fixture
def tf32() -> Iterator[None]:
    """As a container may have it: rounded to 10 bits wherever that is quicker."""
    before = torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()
    torch.backends.cudnn.allow_tf32 = True
    torch.set_float32_matmul_precision("high")
    yield
    torch.backends.cudnn.allow_tf32 = before[0]
    torch.set_float32_matmul_precision(before[1])


@pytest.mark.usefixtures("tf32")
@pytest.mark.parametrize("name", NAMES)
def test_on_a_gpu_fp32_is_all_of_its_bits_and_the_others_stay_as_quick(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 7))
    assert Precision.of(name, "cuda").name == name
    rounds = name != "fp32"
    assert torch.backends.cudnn.allow_tf32 is rounds
    assert torch.backends.cuda.matmul.allow_tf32 is rounds
    assert torch.get_float32_matmul_precision() == ("high" if rounds else "highest")


@pytest.mark.usefixtures("tf32")
def test_on_a_processor_nothing_is_set() -> None:
    Precision.of("fp32", "cpu")
    assert torch.backends.cudnn.allow_tf32


def test_what_there_is_not_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    with pytest.raises(PrecisionError, match=r"set engine.f5.precision to fp16 or fp32"):
        Precision.of("bf16", "cuda")
    monkeypatch.setattr("bot.engine.f5.precision.packs_bf16", lambda: False)
    with pytest.raises(PrecisionError, match=r"this processor .* set engine.f5.precision to fp32"):
        Precision.of("bf16", "cpu")
    with pytest.raises(PrecisionError, match="no precision 'fp64'"):
        Precision.of("fp64", "cpu")
    with pytest.raises(PrecisionError, match="needs a GPU"):
        Precision.of("fp16", "cpu")


@pytest.mark.parametrize(("packs", "name"), [(True, "bf16"), (False, "fp32")])
def test_auto_is_never_refused(packs: bool, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor may be made for bfloat16, and this torch have no oneDNN to use it."""
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr("bot.engine.f5.precision.packs_bf16", lambda: packs)
    assert Precision.of("auto", "cpu").name == name


@pytest.mark.parametrize(("has", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_beside_8_bits_a_processor_computes_in_what_it_is_quick_in(
    has: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has)
    monkeypatch.setattr("bot.engine.f5.precision.packs_bf16", lambda: has)
    assert Precision("int8", torch.device("cpu")).dtype is dtype
    assert Precision("int8", torch.device("cuda")).dtype is torch.float16
