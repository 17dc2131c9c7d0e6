"""What espeak makes of text: right languages, plainly different voices, the same sound every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.engine.espeak import EspeakEngine, trim
from bot.engine.espeak_library import EspeakError, EspeakLibrary, Manner
from bot.engine.pcm import encode
from bot.engine.voices import Voice, VoiceError, load_voices

FOLDER = Path(__file__).parents[2] / "voices"
VOICES = {voice.id: voice for voice in load_voices(FOLDER)[0].values() if voice.engine == "espeak"}
CHINESE = "大家好，欢迎来到直播间，今天我们一起玩游戏。"


@pytest.fixture(scope="module")
def library() -> EspeakLibrary:
    return EspeakLibrary()


@pytest.fixture(scope="module")
def espeak() -> EspeakEngine:
    engine = EspeakEngine()
    engine.load(lambda _progress, _detail: None)
    for voice in VOICES.values():
        engine.prepare(voice)
    return engine


def said(engine: EspeakEngine, text: str, voice: str = "mei", speed: float = 1.0) -> NDArray[np.float32]:
    return np.concatenate([np.zeros(0, np.float32), *engine.synthesize(text, VOICES[voice], speed)])


def test_hanzi_are_read_as_mandarin(library: EspeakLibrary) -> None:
    read = library.phonemes("你好", "cmn")
    assert "(en)" not in read
    assert read == "ni2χˈɑu2"  # tones and a velar fricative, not English letters


def test_digits_are_read_in_the_language_around_them(library: EspeakLibrary) -> None:
    assert library.phonemes("3", "cmn") == "sˈa5n"
    assert library.phonemes("3", "en-us") == "θɹˈiː"


def test_voices_and_variants_that_do_not_exist(library: EspeakLibrary) -> None:
    assert library.knows("cmn+f3")
    assert not library.knows("cmn+nosuch")
    assert not library.knows("nosuch+f3")
    assert not library.knows("cmn+")
    with pytest.raises(EspeakError, match="nosuch"):
        library.speak("x", Manner("nosuch"))


def test_a_voice_with_an_unknown_variant_is_refused(espeak: EspeakEngine) -> None:
    voice = Voice("x", "X", "espeak", ("en",), settings={"voices": {"en": "en-us+nosuch"}})
    with pytest.raises(VoiceError, match=r"en-us\+nosuch"):
        espeak.prepare(voice)


def pitch(samples: NDArray[np.float32], rate: int) -> float:
    """The median fundamental in Hz of the voiced frames, by autocorrelation."""
    found: list[float] = []
    lowest, highest = rate // 400, rate // 55
    for start in range(0, len(samples) - 2048, 1024):
        frame = samples[start : start + 2048]
        if np.sqrt(np.mean(frame**2)) < 0.04:
            continue
        correlation = np.fft.irfft(np.abs(np.fft.rfft(frame * np.hanning(2048), 8192)) ** 2)
        lag = lowest + int(correlation[lowest:highest].argmax())
        if correlation[lag] > 0.4 * correlation[0]:
            found.append(rate / lag)
    return float(np.median(found))


def test_the_voices_plainly_differ(espeak: EspeakEngine) -> None:
    pitches = {voice: pitch(said(espeak, CHINESE, voice), espeak.rate) for voice in VOICES}
    assert pitches["bruno"] < 80 < pitches["leo"] < 130 < pitches["mei"] < 240
    spectra = {}
    for voice in ("mei", "pixel"):  # near in pitch, far in timbre
        power = np.abs(np.fft.rfft(said(espeak, CHINESE, voice), 1 << 18)) ** 2
        bands = np.array([band.sum() for band in np.array_split(power[: 1 << 16], 24)])
        spectra[voice] = np.log10(bands / bands.sum())
    assert np.abs(spectra["mei"] - spectra["pixel"]).mean() > 0.2


def test_all_voices_are_about_as_loud_in_both_languages(espeak: EspeakEngine) -> None:
    for voice in VOICES:
        for text in (CHINESE, "Hello everyone, welcome to the stream."):
            samples = said(espeak, text, voice)
            assert 0.2 < np.abs(samples).max() <= 1.0
            loud = samples[np.abs(samples) > 0.006]
            assert -24 < 20 * np.log10(np.sqrt(np.mean(loud**2))) < -16


def test_a_mixed_sentence_flows(espeak: EspeakEngine) -> None:
    samples = said(espeak, "我喜欢play games和朋友")
    silent = np.flatnonzero(np.diff(np.flatnonzero(np.abs(samples) > 0.004)) > 0.15 * espeak.rate)
    assert silent.size == 0
    assert samples.size > 1.2 * espeak.rate


def test_speed(espeak: EspeakEngine) -> None:
    slow, usual, fast = (said(espeak, CHINESE, speed=speed).size for speed in (0.6, 1.0, 2.0))
    assert slow > 1.4 * usual
    assert fast < 0.6 * usual


def test_other_scripts_are_read_by_espeaks_own_voices(espeak: EspeakEngine) -> None:
    for text in ("こんにちは", "안녕하세요", "Привет мир", "Γειά σου", "שלום", "مرحبا", "नमस्ते", "สวัสดี"):
        assert said(espeak, text).size > 0.2 * espeak.rate


def test_the_same_sound_whatever_was_said_before(espeak: EspeakEngine) -> None:
    texts = (CHINESE, "Hello, how are you?", "我喜欢hello")
    first = {(voice, text): said(espeak, text, voice) for voice in VOICES for text in texts}
    for key in reversed(first):
        voice, text = key
        assert np.array_equal(said(espeak, text, voice), first[key]), key


def test_the_same_sound_between_the_pieces_of_another(espeak: EspeakEngine) -> None:
    text = CHINESE + " and now something else, " + CHINESE
    alone = said(espeak, text)
    pieces = []
    for piece in espeak.synthesize(text, VOICES["mei"], 1.0):
        pieces.append(piece)
        said(espeak, "in between", "pixel", 1.5)
    assert len(pieces) > 2
    assert np.array_equal(np.concatenate(pieces), alone)


def test_trim_fades_both_ends_and_empties_silence() -> None:
    sound = np.concatenate([np.zeros(4000), np.full(8000, 0.5), np.zeros(4000)]).astype(np.float32)
    kept = trim(sound, 22050)
    assert 8000 < kept.size < 8500
    assert kept[0] == kept[-1] == 0
    assert np.abs(np.diff(trim(np.full(8000, 0.5, np.float32), 22050))).max() < 0.01
    assert trim(np.zeros(100, np.float32), 22050).size == 0
    assert trim(np.zeros(0, np.float32), 22050).size == 0


def test_resampling_in_pieces_is_resampling_at_once() -> None:
    tone = np.sin(np.arange(22050) * 2 * np.pi * 440 / 22050).astype(np.float32) * 0.5
    once = b"".join(encode(iter([tone]), 22050))
    pieces = b"".join(encode(iter(np.array_split(tone, 37)), 22050))
    assert len(once) == 2 * 24000
    assert np.abs(np.frombuffer(once, "<i2").astype(int) - np.frombuffer(pieces, "<i2")).max() <= 1


def test_samples_out_of_range_are_clipped() -> None:
    loud = np.array([2, -2, 0, 1, -1], np.float32)
    assert np.frombuffer(b"".join(encode(iter([loud]), 24000)), "<i2").tolist() == [
        32767,
        -32768,
        0,
        32767,
        -32767,
    ]
