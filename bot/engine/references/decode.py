"""Reads a recording of any common format: a stretch of it, mono at 24 kHz, never more than it was told to."""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.engine.references.contour import clipped_share
from bot.engine.references.sound import RATE, Sound
from bot.engine.voices import VoiceError

if TYPE_CHECKING:
    import soundfile

MOST_SECONDS = 60.0  # of a recording that are looked at
_MOST_CHANNELS = 8
_LEAST_RATE, _MOST_RATE = 8000, 192_000
_BLOCK = 1 << 15  # frames
_LOUDEST = 16.0  # of full scale: floating-point files go beyond 1, and what goes beyond this is no sound
_FFMPEG_SECONDS = 30
_FFMPEG_BYTES = 160 << 20
_HEAD = 16


class Undecodable(VoiceError):
    """A file that is no recording, or not one that can be read here; says what to do."""


def decode(path: Path, begin: float = 0.0, end: float | None = None, *, shown: str = "") -> Sound:
    """At most MOST_SECONDS from `begin`, up to `end` if that is given. Raises Undecodable.

    `shown`: what the file is called in sentences. Formats are told by their first bytes, never by the name;
    what is not among them is not even tried.
    """
    name = shown or path.name
    most = MOST_SECONDS if end is None else min(end - begin, MOST_SECONDS)
    if not math.isfinite(begin) or begin < 0 or not math.isfinite(most) or most <= 0:
        raise Undecodable(
            "There is nothing between the two times: --from and --to are seconds, the first lower."
        )
    try:
        with path.open("rb") as file:
            container = _container(file.read(_HEAD), path)
    except OSError as fault:
        raise Undecodable(f"{name} cannot be read: {fault.strerror or fault}.") from None
    if container is None:
        raise Undecodable(
            f"{name} is no audio file that is known here: take WAV, FLAC, MP3, OGG, Opus, AIFF, M4A,"
            " AAC, MP4 or WebM."
        )
    if container:
        return _with_ffmpeg(path, name, container, begin, most)
    return _with_soundfile(path, name, begin, most)


def _container(head: bytes, path: Path) -> str | None:
    """ "" for what libsndfile reads, ffmpeg's name of the format for what it does not; None: unknown."""
    if head[:3] == b"ID3" and len(head) >= 10:
        size = (head[6] & 127) << 21 | (head[7] & 127) << 14 | (head[8] & 127) << 7 | head[9] & 127
        with path.open("rb") as file:
            file.seek(10 + size)
            after = file.read(2)
        return "aac" if _is_adts(after) else ""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return ""
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return ""
    if head[:4] in (b"fLaC", b"OggS", b".snd", b"caff"):
        return ""
    if _is_adts(head):
        return "aac"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06:
        return ""  # MPEG audio without a tag
    if head[4:8] == b"ftyp":
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"\x30\x26\xb2\x75":
        return "asf"
    if head[:5] == b"#!AMR":
        return "amr"
    return None


def _is_adts(head: bytes) -> bool:
    return len(head) >= 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0


def _with_soundfile(path: Path, name: str, begin: float, most: float) -> Sound:
    try:
        import soundfile
    except (ImportError, OSError) as fault:  # OSError: it is there without its library
        raise Undecodable(
            f"Recordings are read by soundfile, which cannot be loaded ({fault}): pip install soundfile"
        ) from None

    try:
        # By descriptor: by name, libsndfile takes what ends in .raw for sound whatever is in it.
        with path.open("rb") as opened, soundfile.SoundFile(opened.fileno(), closefd=False) as file:
            _check(name, file)
            if begin:
                file.seek(min(round(begin * file.samplerate), file.frames))
            sound = _read(file, begin, most)
            if not sound.samples.size:
                raise Undecodable(f"{name} has no sound{f' after {begin:g} s' if begin else ''}.")
            return sound
    except (RuntimeError, ValueError, OSError) as fault:  # libsndfile's own errors are RuntimeErrors
        raise Undecodable(
            f"{name} cannot be decoded: it is damaged, or of a kind that is not known here."
        ) from fault


def _check(name: str, file: soundfile.SoundFile) -> None:
    if not 1 <= file.channels <= _MOST_CHANNELS:
        raise Undecodable(f"{name} has {file.channels} channels; at most {_MOST_CHANNELS} are read.")
    if not _LEAST_RATE <= file.samplerate <= _MOST_RATE:
        raise Undecodable(
            f"{name} has {file.samplerate} samples a second; {_LEAST_RATE} to {_MOST_RATE} are read."
        )


def _read(file: soundfile.SoundFile, begin: float, most: float) -> Sound:
    """Mixes to mono, or takes the loudest channel alone where the mixture would cancel it out."""
    start = file.tell()
    mixed, powers, clipped, more = _pass(file, most, None)
    loudest = int(np.argmax(powers))
    if mixed.size and float(np.square(mixed, dtype=np.float64).mean()) < powers[loudest] / 30:
        file.seek(start)
        mixed = _pass(file, most, loudest)[0]
    return Sound(mixed, file.samplerate, file.channels, clipped[loudest], begin, more)


def _pass(
    file: soundfile.SoundFile, most: float, only: int | None
) -> tuple[NDArray[np.float32], list[float], list[float], bool]:
    """(mono at RATE, power and clipped share of every channel, whether there is more)."""
    import soxr

    rate: int = file.samplerate
    resampler = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ")
    pieces: list[NDArray[np.float32]] = []
    channels: list[NDArray[np.float32]] = []
    for block in _blocks(file, round(most * rate)):
        if not np.isfinite(block).all() or np.abs(block).max() > _LOUDEST:
            raise Undecodable("The file holds numbers that are no sound.")
        channels.append(block)
        mono = block.mean(axis=1) if only is None else block[:, only].copy()
        pieces.append(resampler.resample_chunk(mono) if rate != RATE else mono)
    if rate != RATE:
        pieces.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    if not channels:
        return np.zeros(0, np.float32), [0.0], [0.0], False
    powers = sum(np.square(block, dtype=np.float64).sum(axis=0) for block in channels)
    frames = sum(len(block) for block in channels)
    clipped = [
        clipped_share(np.concatenate([block[:, k] for block in channels])) for k in range(file.channels)
    ]
    more = len(file.read(1)) > 0
    return np.concatenate(pieces), [float(power) / frames for power in powers], clipped, more


def _blocks(file: soundfile.SoundFile, frames: int) -> Iterator[NDArray[np.float32]]:
    """[n, channels]; the header's own count of frames is not believed."""
    while frames > 0:
        block = file.read(min(frames, _BLOCK), dtype="float32", always_2d=True)
        if not len(block):
            return
        frames -= len(block)
        yield block


def _with_ffmpeg(path: Path, name: str, container: str, begin: float, most: float) -> Sound:
    program = shutil.which("ffmpeg")
    if program is None:
        raise Undecodable(
            f"{name} can be read once ffmpeg is installed (sudo apt-get install ffmpeg; brew install"
            " ffmpeg; winget install ffmpeg); or save it as WAV, FLAC, MP3 or OGG."
        )
    with tempfile.TemporaryDirectory(prefix="chat-aloud-") as folder:
        target = Path(folder) / "sound.wav"
        # The format is given and files alone may be opened: no playlist inside leads it anywhere else.
        command = [
            *(program, "-nostdin", "-hide_banner", "-v", "error", "-threads", "1"),
            *("-protocol_whitelist", "file", "-f", container, "-ss", f"{begin:.3f}"),
            *("-i", f"file:{path.resolve()}"),
            *("-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-t", f"{most + 0.2:.3f}"),
            *("-c:a", "pcm_f32le", "-fs", str(_FFMPEG_BYTES), "-f", "wav", str(target)),
        ]  # fmt: skip
        try:
            done = subprocess.run(  # noqa: S603 - a list, and no shell
                command, capture_output=True, timeout=_FFMPEG_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise Undecodable(f"{name} took ffmpeg longer than {_FFMPEG_SECONDS} s.") from None
        except OSError as fault:
            raise Undecodable(f"ffmpeg cannot be started: {fault.strerror}.") from None
        if done.returncode or not target.exists():
            raise Undecodable(f"{name} has no sound that ffmpeg can read.")
        sound = _with_soundfile(target, name, 0.0, most)
    return replace(sound, begin=begin)
