"""Checks what the bot needs: a line each, ok or the command that mends it."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import platform
import shutil
import time
from collections.abc import Callable

from bot.command_line.dispatch import CommandError
from bot.command_line.jetson import MEND, Jetson, find_jetson
from bot.command_line.places import voices_folder
from bot.config import Settings

_PACKAGES = (
    "aiohttp",
    "espeakng_loader",
    "numpy",
    "pydantic_settings",
    "re2",
    "rich",
    "segno",
    "sounddevice",
    "soxr",
    "twitchio",
)
_REINSTALL = "scripts/run (or: pip install .)"


class _Fault(Exception):
    """What is wrong, and the command that mends it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def main(settings: Settings, args: argparse.Namespace) -> int:
    """Exit code 1 if anything is amiss. A fault in the settings has ended it before: they are read first."""
    checks: dict[str, Callable[[Settings], str]] = {
        "python": _python,
        "packages": _packages,
        "settings": _settings,
        "voices": _voices,
        "portaudio": _portaudio,
        "device": _device,
        "cable": _cable,
        "f5": _f5,
        "engine": _engine,
    }
    if jetson := find_jetson():
        checks["jetson"] = lambda _settings: _jetson(jetson)
    faults = 0
    for name, check in checks.items():
        try:
            print(f"ok     {name}: {check(settings)}", flush=True)
        except _Fault as fault:
            faults += 1
            print(f"FAULT  {name}: {fault}; mend it with: {fault.mend}", flush=True)
    return 1 if faults else 0


def _python(settings: Settings) -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _packages(settings: Settings) -> str:
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise _Fault(f"{', '.join(missing)} cannot be imported", _REINSTALL)
    return f"{len(_PACKAGES)} present"


def _settings(settings: Settings) -> str:
    chats = [f"Twitch {name}" for name in settings.twitch.channel]
    chats += [f"Bilibili {room}" for room in settings.bilibili.room]
    return f"read without a fault; chats: {', '.join(chats) or 'none yet (--twitch.channel NAME)'}"


def _voices(settings: Settings) -> str:
    if settings.engine.url:
        return "those of the engine elsewhere"
    from bot.engine.voices import load_voices

    try:
        folder = voices_folder(settings)
    except CommandError as error:
        raise _Fault(str(error), 'voices = "voices" in config.toml') from None
    voices, problems = load_voices(folder)
    if problems:
        raise _Fault(problems[0], f"edit or remove it in {folder}")
    if settings.speech.voice not in voices:
        names = ", ".join(voices) or "none"
        raise _Fault(
            f'speech.voice is "{settings.speech.voice}", and there is {names}',
            "speech.voice in config.toml, one of `python -m bot voices`",
        )
    return f"{', '.join(voices)}; in use: {settings.speech.voice}"


def _portaudio(settings: Settings) -> str:
    from bot.playback import OutputError
    from bot.playback.portaudio import load

    try:
        return str(load().get_portaudio_version()[1]).partition(",")[0]
    except OutputError as error:
        raise _Fault(str(error), _system_package("libportaudio2", "portaudio")) from None


def _device(settings: Settings) -> str:
    from bot.playback import OutputError
    from bot.playback.devices import find_output

    if settings.audio.output != "device":
        return f'not needed for audio.output = "{settings.audio.output}"'
    try:
        device = find_output(settings.audio.device)
    except OutputError as error:
        raise _Fault(str(error), "python -m bot devices, then --audio.device NAME") from None
    return f"{device.name} ({device.api}, {device.rate} Hz)"


def _cable(settings: Settings) -> str:
    from bot.command_line.cable import find

    found = find(settings.audio)
    if found.mend:
        raise _Fault(found.what, found.mend)
    return found.what


def _f5(settings: Settings) -> str:
    from bot.engine.f5.availability import has_gpu, missing, why_slow

    name = settings.engine.name
    if settings.engine.url or name == "espeak":
        return "not asked for"
    if not has_gpu() and name == "auto":
        return "not used: no NVIDIA GPU was found"
    if reason := why_slow() if has_gpu() else missing():
        raise _Fault(reason.rstrip("."), "scripts/run --with-f5 (on a Jetson docs/jetson.md says more)")
    from bot.engine.f5.settings import F5Settings
    from bot.engine.f5.weights import is_here

    found = "torch reaches the GPU" if has_gpu() else "its packages are here; without a GPU it is slow"
    here = is_here(F5Settings(**settings.engine.f5.model_dump()))
    return f"{found}; its weights {'are' if here else 'are not yet'} here (python -m bot weights)"


def _jetson(found: Jetson) -> str:
    if found.slow:
        raise _Fault(f"speech takes longer than it must: {found.slow}", MEND)
    return str(found)


def _engine(settings: Settings) -> str:
    async def speak() -> tuple[float, float]:
        from bot.command_line.engine_session import engine
        from bot.messages import Utterance
        from bot.speech.engine_link import EngineError
        from bot.speech.synthesizer import Synthesizer

        started = time.monotonic()
        async with engine(settings) as (link, session):
            ready = time.monotonic()
            synthesizer = Synthesizer(link, lambda: session, model=settings.engine.model, answer_timeout=20)
            utterance = Utterance(id="doctor", text="你好 hello", voice=settings.speech.voice)
            try:
                async for _chunk in synthesizer.speak(utterance):
                    return ready - started, time.monotonic() - ready
            except EngineError as error:
                raise CommandError(str(error)) from None
        raise CommandError("the engine answered without sound")

    try:
        ready, first = asyncio.run(speak())
    except CommandError as error:
        mend = "engine.url in config.toml" if settings.engine.url else _REINSTALL
        raise _Fault(str(error), mend) from None
    name = "the engine at engine.url" if settings.engine.url else f"the engine ({settings.engine.name})"
    return f"{name} ready after {ready:.1f} s, first sound {first * 1000:.0f} ms after the text"


def _system_package(debian: str, homebrew: str) -> str:
    if shutil.which("apt-get"):
        return f"sudo apt-get install {debian}"
    if shutil.which("brew"):
        return f"brew install {homebrew}"
    return f"install {debian} with your system's packages"
