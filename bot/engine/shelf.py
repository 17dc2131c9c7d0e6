"""The folder of voices as it was last read, for every engine in the process."""

from __future__ import annotations

import logging
from pathlib import Path

from bot.engine.voices import Fingerprint, Voice, fingerprint, load_voices

log = logging.getLogger(__name__)


class Shelf:
    """`voices` and `problems` are replaced as a whole, so that any thread may read them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.voices: dict[str, Voice] = {}  # of all engines, also of those that do not run here
        self.problems: list[str] = []  # a sentence for each that cannot be read
        self._read: Fingerprint | None = None

    def look(self) -> bool:
        """Reads the folder if anything in it has changed; True then."""
        now = fingerprint(self.folder)
        if now == self._read:
            return False
        self._read = now
        self.voices, self.problems = load_voices(self.folder)
        for problem in self.problems:
            log.warning("%s", problem)
        return True

    def of(self, engine: str) -> list[Voice]:
        return [voice for voice in self.voices.values() if voice.engine == engine]
