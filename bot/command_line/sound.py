"""Whether there is anything to hear with, asked before a command begins that ends by itself."""

from __future__ import annotations

import threading

from bot.config import Settings

_PATIENCE = 3.0  # seconds: a sound server that hangs must not hold up more than this look at it


def missing_sound(settings: Settings) -> str:
    """A sentence on what is missing of the sound device that `settings` want; "" if nothing is."""
    if settings.audio.output != "device":
        return ""
    from bot.playback import OutputError
    from bot.playback.devices import find_output

    faults = ["The sound server does not answer."]

    def look() -> None:
        try:
            find_output(settings.audio.device)
            faults[0] = ""
        except OutputError as error:
            faults[0] = str(error)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(timeout=_PATIENCE)
    return faults[0]
