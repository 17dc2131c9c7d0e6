"""PortAudio in one thread of its own, quiet on the terminal, never in the way of the process's end."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import ctypes
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from bot.playback.output import OutputError

T = TypeVar("T")

MISSING = (
    "Sound needs the PortAudio library, which is not installed: on Debian and Ubuntu run "
    "`sudo apt install libportaudio2 libasound2-plugins`; or choose the output null or wav:FILE."
)


class PortAudioThread:
    """Runs blocking PortAudio calls one after another, as PortAudio demands.

    A call hangs for as long as a sound server does; then only this thread waits. It is a daemon, so the
    process can end around it.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="portaudio", daemon=True)
        self._thread.start()

    async def call(self, job: Callable[[], T]) -> T:
        """What `job` gives or raises. If this is cancelled the job still runs in its turn."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: Exception | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def work() -> None:
            try:
                result, failure = job(), None
            except Exception as error:
                result, failure = None, error
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(settle, result, failure)

        self._jobs.put(work)
        return await future

    def finish(self) -> None:
        """No more calls: the thread ends after those it has."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def load() -> Any:
    """The sounddevice module, with the devices that are there now; every stream opened before is void."""
    fresh = "sounddevice" not in sys.modules
    try:
        import sounddevice
    except OSError as error:
        raise OutputError(MISSING) from error
    except Exception as error:
        raise OutputError(f"PortAudio does not start: {error}.") from error
    if fresh:
        # At exit sounddevice would wait for a sound server that does not answer.
        atexit.unregister(sounddevice._exit_handler)
        hush(sounddevice)
        return sounddevice
    unload(sounddevice)
    # Not sounddevice._initialize: it points the process's stderr to /dev/null meanwhile, and a sound
    # server that hangs would leave it there.
    error_code = sounddevice._lib.Pa_Initialize()
    if error_code:
        raise OutputError(f"PortAudio does not start (error {error_code}).")
    sounddevice._initialized += 1
    return sounddevice


def unload(sounddevice: Any) -> None:
    """Closes every stream and forgets the devices."""
    while sounddevice._initialized > 0:
        sounddevice._initialized -= 1
        sounddevice._lib.Pa_Terminate()


def hush(sounddevice: Any) -> None:
    """Stops ALSA and JACK from writing to the terminal what they could not find."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        # A C function that ignores its arguments stands in for the handlers: calling into Python from
        # the sound libraries' threads, perhaps while Python is ending, would not be safe.
        nothing = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
        for library, setters in (
            ("libjack.so.0", ("jack_set_error_function", "jack_set_info_function")),
            ("libasound.so.2", ("snd_lib_error_set_handler",)),
        ):
            with contextlib.suppress(OSError, AttributeError):
                loaded = ctypes.CDLL(library)
                for setter in setters:
                    getattr(loaded, setter)(nothing)


def small_periods(sounddevice: Any, latency: float, period: float) -> None:
    """Asks ALSA to ask for sound every `period` seconds while `latency` seconds are buffered.

    PortAudio's own choice is four periods a buffer: at 0.1 s a new sentence would wait up to 25 ms.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            count = min(32, max(2, round(latency / period)))
            ctypes.CDLL(sounddevice._libname).PaAlsa_SetNumPeriods(count)
