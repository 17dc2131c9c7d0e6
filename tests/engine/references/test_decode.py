"""Recordings of every common format, and files that are none, lie, or mean harm."""

from __future__ import annotations

import contextlib
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.engine.references import RATE, isolated
from bot.engine.references.decode import MOST_SECONDS, Undecodable, decode
from bot.engine.references.isolated import decode_isolated
from tests.engine.references.recordings import noise, silence, speech, write

FORMATS = {
    "wav16": {"format": "WAV", "subtype": "PCM_16"},
    "wav24": {"format": "WAV", "subtype": "PCM_24"},
    "float": {"format": "WAV", "subtype": "FLOAT"},
    "adpcm": {"format": "WAV", "subtype": "MS_ADPCM"},
    "rf64": {"format": "RF64", "subtype": "PCM_16"},
    "flac": {"format": "FLAC", "subtype": "PCM_16"},
    "ogg": {"format": "OGG", "subtype": "VORBIS"},
    "opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3": {"format": "MP3", "subtype": "MPEG_LAYER_III"},
    "aiff": {"format": "AIFF", "subtype": "PCM_16"},
    "caf": {"format": "CAF", "subtype": "PCM_16"},
}
FFMPEG = shutil.which("ffmpeg")


def alike(a: np.ndarray, b: np.ndarray) -> float:
    size = min(a.size, b.size)
    return float(np.corrcoef(a[:size], b[:size])[0, 1])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("stereo", [False, True], ids=["mono", "stereo"])
def test_formats(tmp_path: Path, name: str, stereo: bool) -> None:
    words = speech()
    given = np.stack([words, words * 0.5], axis=1) if stereo else words
    sound = decode(write(tmp_path / "recording", given, **FORMATS[name]))
    assert sound.samples.dtype == np.float32
    assert sound.samples.size == pytest.approx(words.size, rel=0.02)
    assert alike(sound.samples, words) > 0.9
    assert (sound.rate, sound.channels, sound.more, sound.whole) == (RATE, 1 + stereo, False, True)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 192_000])
def test_any_rate_becomes_24_khz(tmp_path: Path, rate: int) -> None:
    times = np.arange(rate * 2) / rate
    tone = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    samples = decode(write(tmp_path / "tone.wav", tone, rate)).samples
    wanted = 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    assert samples.size == 2 * RATE
    assert np.abs(samples - wanted)[500:-500].max() < 2e-3


def test_channels_that_cancel_each_other_are_not_mixed(tmp_path: Path) -> None:
    words = speech()
    sound = decode(write(tmp_path / "a.wav", np.stack([words, -words], axis=1)))
    assert abs(alike(sound.samples, words)) > 0.99
    one_sided = decode(write(tmp_path / "b.wav", np.stack([words, words * 0], axis=1)))
    assert alike(one_sided.samples, words) > 0.99


@pytest.mark.parametrize("name", ["wav16", "flac", "opus", "mp3"])
def test_a_stretch_of_it(tmp_path: Path, name: str) -> None:
    words = speech()
    sound = decode(write(tmp_path / "a", words, **FORMATS[name]), 1.0, 2.5)
    assert (sound.begin, sound.more, sound.whole) == (1.0, True, False)
    assert sound.samples.size == pytest.approx(1.5 * RATE, abs=2)
    assert alike(sound.samples, words[RATE:]) > 0.9


def test_no_more_than_a_minute_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", 48_000, 2, format="FLAC") as file:
        for _ in range(40):  # 20 minutes of silence in some 100 kB
            file.write(np.zeros((48_000 * 30, 2), np.int16))
    assert path.stat().st_size < 1 << 20
    sound = decode(path)
    assert sound.samples.size == MOST_SECONDS * RATE
    assert sound.more
    assert decode(path, 1100).samples.size == MOST_SECONDS * RATE
    with pytest.raises(Undecodable, match="no sound after 1300 s"):
        decode(path, 1300)


def test_clipping_is_measured_before_resampling(tmp_path: Path) -> None:
    cut = np.clip(speech() * 20, -1, 1)
    assert decode(write(tmp_path / "a.wav", cut, 44_100)).clipped > 0.02
    assert decode(write(tmp_path / "b.wav", speech(), 44_100)).clipped == 0


def lying_header() -> bytes:
    samples = (speech() * 32767).astype("<i2").tobytes()
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 0xFFFFFFF0, b"WAVE", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16
    )
    return head + struct.pack("<4sI", b"data", 0xFFFFFFF0) + samples


def test_a_header_that_promises_more_than_there_is(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(lying_header())
    assert decode(path).samples.size == speech().size


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.wav", speech()).read_bytes()
    path = tmp_path / "b.wav"
    path.write_bytes(whole[: len(whole) // 2])
    assert decode(path).samples.size == pytest.approx(speech().size / 2, abs=64)


def with_numbers(value: float) -> bytes:
    samples = np.full(RATE, value, "<f4").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36, b"WAVE", b"fmt ", 16, 3, 1, RATE, RATE * 4, 4, 32)
    return head + struct.pack("<4sI", b"data", len(samples)) + samples


def a_wav(rate: int, channels: int) -> bytes:
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36, b"WAVE", b"fmt ", 16, 1, channels, rate, rate * 2, 2 * channels, 16
    )
    return head + struct.pack("<4sI", b"data", 9600) + bytes(9600)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no audio file that is known"),
        (b"R", "no audio file that is known"),
        (b"root:x:0:0:root:/root:/bin/sh\n", "no audio file that is known"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "no audio file that is known"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "no audio file that is known"),
        (b"MATLAB 5.0 MAT-file" + bytes(200), "no audio file that is known"),
        (b"PK\x03\x04" + bytes(100), "no audio file that is known"),
        (b"RIFF\x00\x00\x00\x00WAVE", "cannot be decoded"),
        (b"fLaC" + bytes(100), "cannot be decoded"),
        (b"OggS" + bytes(100), "cannot be decoded"),
        (b"ID3\x03\x00\x00\x7f\x7f\x7f\x7f" + bytes(100), "cannot be decoded"),
        (with_numbers(float("nan")), "no sound"),
        (with_numbers(float("inf")), "no sound"),
        (with_numbers(1e30), "no sound"),
        (a_wav(RATE, 9), "9 channels"),
        (a_wav(4000, 1), "4000 samples a second"),
        (a_wav(4_000_000, 1), "4000000 samples a second"),
    ],
    ids=range(17),
)
def test_what_is_no_recording(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "odd.raw"
    path.write_bytes(content)
    with pytest.raises(Undecodable, match=sentence) as fault:
        decode(path)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("begin", "end"),
    [(-1, None), (2, 1), (1, 1), (float("nan"), None), (0, float("nan")), (float("inf"), None)],
)
def test_times_that_mean_nothing(tmp_path: Path, begin: float, end: float | None) -> None:
    with pytest.raises(Undecodable, match="two times"):
        decode(write(tmp_path / "a.wav", speech()), begin, end)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Undecodable, match=r"none.wav cannot be read"):
        decode(tmp_path / "none.wav")
    with pytest.raises(Undecodable, match="cannot be read"):
        decode(tmp_path)


CONTAINERS = {
    "m4a": b"\x00\x00\x00\x1cftypM4A " + bytes(64),
    "webm": b"\x1a\x45\xdf\xa3" + bytes(64),
    "aac": b"\xff\xf1\x50\x80" + bytes(64),
    "id3 aac": b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"\xff\xf1\x50\x80" + bytes(64),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_without_ffmpeg_a_sentence_says_what_to_install(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "a"
    path.write_bytes(CONTAINERS[name])
    with pytest.raises(Undecodable, match="once ffmpeg is installed"):
        decode(path)


@pytest.mark.skipif(not FFMPEG, reason="the program ffmpeg is not installed")
@pytest.mark.parametrize("name", ["m4a", "mp4", "aac", "webm", "mkv", "wma"])
def test_what_ffmpeg_reads(tmp_path: Path, name: str) -> None:
    assert FFMPEG
    words = write(tmp_path / "a.wav", speech())
    coded = tmp_path / f"a.{name}"
    subprocess.run([FFMPEG, "-v", "error", "-i", str(words), str(coded)], check=True)
    coded = coded.rename(tmp_path / "recording")  # the name tells nothing
    sound = decode_isolated(coded)
    assert sound.samples.size == pytest.approx(speech().size, abs=0.1 * RATE)
    assert sound.whole
    part = decode_isolated(coded, 1.0, 2.5)
    assert part.samples.size == pytest.approx(1.5 * RATE, abs=0.03 * RATE)
    assert (part.begin, part.more) == (1.0, True)


@pytest.mark.skipif(not FFMPEG, reason="the program ffmpeg is not installed")
@pytest.mark.parametrize("name", CONTAINERS)
def test_what_ffmpeg_cannot_read_either(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(CONTAINERS[name])
    with pytest.raises(Undecodable, match="no sound that ffmpeg can read"):
        decode(path)


def test_in_a_process_of_its_own_all_is_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.stack([speech(), speech()], axis=1), 44_100)
    here, apart = decode(path, 0.5, 1.5), decode_isolated(path, 0.5, 1.5)
    assert np.array_equal(here.samples, apart.samples)
    assert [here.rate, here.channels, here.clipped, here.begin, here.more] == [
        apart.rate, apart.channels, apart.clipped, apart.begin, apart.more,
    ]  # fmt: skip
    path.write_bytes(b"nothing")
    with pytest.raises(Undecodable, match="My voice is no audio file"):
        decode_isolated(path, shown="My voice")


def test_a_decoder_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "_SECONDS", 0.01)
    with pytest.raises(Undecodable, match="took longer"):
        decode_isolated(write(tmp_path / "a.wav", speech()))


def test_a_decoder_that_dies_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(Undecodable, match="broke down"):
        decode_isolated(write(tmp_path / "a.wav", speech()))


def test_damaged_files_end_in_sound_or_a_sentence(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    for name in ("mp3", "opus", "flac"):
        content = bytearray(write(tmp_path / "a", speech()[: 2 * RATE], **FORMATS[name]).read_bytes())
        for at in random.integers(16, len(content), 200):
            content[at] = int(random.integers(256))
        (tmp_path / "b").write_bytes(content)
        with contextlib.suppress(Undecodable):
            assert decode_isolated(tmp_path / "b").samples.size <= MOST_SECONDS * RATE


def test_noise_is_decoded_as_what_it_is(tmp_path: Path) -> None:
    sound = decode(write(tmp_path / "a.wav", np.concatenate([silence(1), noise(RATE, -20)])))
    assert sound.samples[:RATE].any() == np.False_
