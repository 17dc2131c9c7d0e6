"""The vocoder in chunks: the samples of one-shot decoding, for whatever chunks and context."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from bot.engine.f5.mel import log_mel
from bot.engine.f5.vocoder import Vocoder, overlapped
from bot.engine.f5.vocoder_stream import VocoderStream
from tests.engine.f5.oracle_cases import VOCOS, lively_state, vocos_mel

MEL = vocos_mel(160)


@pytest.fixture(scope="module", params=["center", "same"])
def vocoder(request: pytest.FixtureRequest) -> Vocoder:
    return Vocoder(lively_state(VOCOS[request.param].shapes()), VOCOS[request.param])


def streamed(stream: VocoderStream, mel: Tensor, chunk: int) -> list[Tensor]:
    return [stream.push(mel[at : at + chunk], at + chunk >= len(mel)) for at in range(0, len(mel), chunk)]


@pytest.mark.parametrize("chunk", [1, 7, 29, 64, 200])
@pytest.mark.parametrize("before", [0, 29, 40])
def test_chunks_are_the_whole(vocoder: Vocoder, chunk: int, before: int) -> None:
    stream = VocoderStream(vocoder, MEL[:before] if before else None)
    whole = vocoder.decode(MEL)[before * 256 :]
    sound = torch.cat(streamed(stream, MEL[before:], chunk))
    assert sound.shape == whole.shape
    assert float((sound - whole).abs().max()) < 1e-5


def test_the_last_of_a_reference_is_context_enough(vocoder: Vocoder) -> None:
    stream = VocoderStream(vocoder, MEL[60 - vocoder.context : 60])
    sound = torch.cat(streamed(stream, MEL[60:], 30))
    torch.testing.assert_close(sound, vocoder.decode(MEL)[60 * 256 :], rtol=0, atol=1e-5)


def test_less_context_would_be_heard(vocoder: Vocoder) -> None:
    assert vocoder.context == 29
    whole = vocoder.decode(MEL)
    for first, enough in ((30, True), (40, False)):
        part = vocoder.decode(MEL[first:])[(60 - first) * 256 :][:256]
        assert bool((part - whole[60 * 256 :][:256]).abs().max() < 1e-6) == enough


def test_sound_comes_as_soon_as_its_context_has(vocoder: Vocoder) -> None:
    stream = VocoderStream(vocoder)
    assert len(stream.push(MEL[:29])) == 0
    assert len(stream.push(MEL[29:60])) == 31 * 256
    assert len(stream.push(MEL[60:60])) == 0


def test_frames_that_overlap_add_up() -> None:
    frames = torch.arange(24.0).view(1, 3, 8)
    whole = torch.zeros(12)
    for n in range(3):
        whole[n * 2 : n * 2 + 8] += frames[0, n]
    assert torch.equal(overlapped(frames, 2)[0], whole)


def test_too_short_a_sound_has_no_mel() -> None:
    assert log_mel(torch.zeros(513)).shape == (3, 100)
    for wave in (torch.zeros(512), torch.zeros(2, 24_000)):
        with pytest.raises(ValueError, match="one channel of more than 512 samples"):
            log_mel(wave)


def test_half_precision_sounds_the_same(vocoder: Vocoder) -> None:
    half = Vocoder(lively_state(vocoder.architecture.shapes()), vocoder.architecture, torch.bfloat16)
    whole, rough = vocoder.decode(MEL), half.decode(MEL)
    assert rough.dtype == torch.float32
    assert float((rough - whole).norm() / whole.norm()) < 0.1
