"""An engine of our own whose every step a test holds, breaks and notes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.engine.engine import Report
from bot.engine.voices import Voice, VoiceError


class FakeEngine:
    """Speaks `pieces` seconds of its `level`.

    The text "refuse, NAME" fails at once, "break, NAME" after two pieces or the last, "silence, NAME" has no
    sound, and "hold" waits for `may_go`; the voice "bad" cannot be used, and "odd" breaks the engine.
    """

    rate = 24000

    def __init__(self, name: str, level: float = 0, *, pieces: int = 1, rehearsal: str = "") -> None:
        self.name, self.level, self.pieces, self.rehearsal = name, level, pieces, rehearsal
        self.may_load, self.may_go = threading.Event(), threading.Event()
        self.may_load.set()
        self.fault: Exception | None = None
        self.prepared: list[str] = []
        self.during_prepare: list[Callable[[], object]] = []
        self.steps: list[str] = []  # the text of each piece, and of each that was closed
        self.threads: set[int] = set()
        self.coming: list[str] = []
        self.made: list[str] = []  # while nobody spoke

    def let_go(self) -> None:
        self.may_load.set()
        self.may_go.set()

    def load(self, report: Report) -> None:
        report(0.5, "Downloading: 1 of 2 MB.")
        self.may_load.wait(10)
        if self.fault:
            raise self.fault

    def prepare(self, voice: Voice) -> None:
        self.prepared.append(voice.id)
        if self.during_prepare:
            self.during_prepare.pop(0)()
        if voice.id == "bad":
            raise VoiceError("it is bad.")
        if voice.id == "odd":
            raise RuntimeError("out of memory")

    def synthesize(self, text: str, voice: Voice, speed: float) -> Iterator[NDArray[np.float32]]:
        try:
            if text == f"refuse, {self.name}":
                raise RuntimeError("out of memory")
            if text == f"silence, {self.name}":
                return
            if text == "hold":
                self.may_go.wait(10)
            for number in range(1, self.pieces + 1):
                self.threads.add(threading.get_ident())
                self.steps.append(text)
                yield np.full(self.rate, self.level, np.float32)
                if text == f"break, {self.name}" and number == min(2, self.pieces):
                    raise RuntimeError("out of memory")
        finally:
            self.steps.append(f"{text} closed")

    def ahead(self, wanted: Sequence[tuple[str, Voice, float]]) -> None:
        self.coming = [text for text, _, _ in wanted]

    def idle(self) -> bool:
        if self.coming:
            self.made.append(self.coming.pop(0))
        return bool(self.coming)

    def facts(self) -> dict[str, object]:
        return {"device": "cuda"}
