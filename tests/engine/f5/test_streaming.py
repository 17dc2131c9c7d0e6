"""Cuts, durations, plan and joins together, as an engine uses them: espeak speaks, the clock is virtual."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest

from bot.engine.f5.cost import CostModel, Measurement
from bot.engine.f5.cuts import cut
from bot.engine.f5.duration import FRAMES_PER_SECOND, Duration, frames_for
from bot.engine.f5.joins import Joiner, pause_after
from bot.engine.f5.planner import Caution, Part, Planner
from tests.engine.f5.espeak_speech import RATE, Samples, blocks, padded, speech

pytest.importorskip("rjieba")

REFERENCE = "Some call me nature, others call me mother nature."
DURATION = Duration(REFERENCE, round(speech(REFERENCE).size / 256))


@dataclass
class Line:
    """What was sent, and when."""

    sent: list[tuple[float, Samples]] = field(default_factory=list)

    def send(self, now: float, sound: Samples) -> None:
        if sound.size:
            self.sent.append((now, sound))

    @property
    def sound(self) -> Samples:
        return np.concatenate([sound for _, sound in self.sent])

    def waits(self) -> float:
        """Seconds that a player waited that began with the first samples."""
        until = self.sent[0][0]
        waited = 0.0
        for at, sound in self.sent:
            waited += max(0.0, at - until)
            until = max(until, at) + sound.size / RATE
        return waited


def spoken(text: str, frames: int) -> Samples:
    """What a model gives: speech in as many frames as were asked for, and silence where too many were."""
    said = speech(text.strip())
    left = frames / FRAMES_PER_SECOND - said.size / RATE
    return padded(said, 0.05, max(0.1, left - 0.05), 0.0003)


def run(text: str, cost: Callable[[int], float], caution: Caution | None = None) -> Line:
    """The loop of an engine."""
    line, joiner, held = Line(), Joiner(), [np.zeros(0, np.float32)]
    pieces = cut(text)
    parts = [Part(DURATION.seconds(piece.text), pause_after(piece.joint), piece.joint) for piece in pieces]
    plan = Planner(parts, frames_for, cost, DURATION.reference_frames, caution=caution)
    now = 0.0
    started = False
    plan.asked(now)

    def let_out() -> None:
        nonlocal started
        if plan.may_start(now):
            if not started:
                plan.started(now)
                started = True
            for sound in held:
                line.send(now, sound)
            held.clear()

    while step := plan.next(now):
        let_out()
        words = "".join(piece.text for piece in pieces[step.start : step.end])
        frames = DURATION.frames(words)
        took = cost(DURATION.reference_frames + frames)
        for _ in range(7):
            now += took * 0.95 / 7
            let_out()
        plan.sampled(step, now)
        came = 0
        decoded = blocks(spoken(words, frames), 24 * 256)
        for block in decoded:
            now += took * 0.05 / len(decoded)
            held.append(joiner.push(block))
            came += held[-1].size
            let_out()
        last = joiner.end(pause_after(pieces[step.end - 1].joint))
        held.append(last)
        plan.made(step, (came + last.size) / RATE, now)
    held.append(joiner.finish())
    let_out()
    assert started
    return line


TEXTS = [
    "好",
    "gg",
    "Hello everyone, welcome to the stream!",
    "我昨天在超市花了三百二十五块钱买了两箱牛奶然后回家发现已经过期了真的很生气",
    "Honestly, I think the second album was better than the first one, but my brother does not agree at all.",
    "感谢老板送的礼物，老板大气，祝老板身体健康万事如意，今年发大财！下次再来玩啊。",
]
# Seconds for 400 and for 800 frames, the reference's 230 or so among them.
ENGINES = {
    "H200": (0.02, 0.025),
    "Orin": (0.15, 0.3),
    "as fast as speech": (1.8, 5.0),
    "half as fast as speech": (4.0, 9.0),
}


@pytest.mark.parametrize("speeds", ENGINES.values(), ids=list(ENGINES))
@pytest.mark.parametrize("text", TEXTS)
def test_playback_never_waits(text: str, speeds: tuple[float, float]) -> None:
    cost = CostModel.fit([Measurement(400, speeds[0]), Measurement(800, speeds[1])])
    line = run(text, cost.seconds)
    assert line.waits() < 0.02
    if speeds[1] < 0.1:
        assert line.sent[0][0] <= 0.03


def on_a_processor(slower: float, answer_timeout: float) -> Line:
    """Eleven seconds of speech where each takes 2.4 s, and half again as much in short pieces."""
    text = "Honestly, I think the second album was better than the first one. " * 3
    cost = CostModel.fit([Measurement(469, 4.8 * slower), Measurement(1032, 11.7 * slower)])
    line = run(text, cost.seconds, Caution.within(answer_timeout))
    assert line.sound.size / RATE > 9.5
    return line


@pytest.mark.parametrize(("slower", "answer_timeout"), [(1.0, 20.0), (1.1, 30.0), (1.5, 40.0)])
def test_a_machine_slower_than_speech_is_late_and_does_not_break_off(
    slower: float, answer_timeout: float
) -> None:
    assert on_a_processor(slower, answer_timeout).waits() < 0.02


@pytest.mark.parametrize("slower", [1.0, 1.1, 1.25, 1.5, 1.7])
@pytest.mark.parametrize("answer_timeout", [12.0, 15.0, 20.0, 40.0])
def test_however_slow_no_client_takes_it_for_hung(slower: float, answer_timeout: float) -> None:
    """A fourth of the time is left for what a busy machine adds."""
    times = [0.0, *(at for at, _ in on_a_processor(slower, answer_timeout).sent)]
    assert max(after - before for before, after in pairwise(times)) < 0.75 * answer_timeout


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_of_the_text_is_lost_and_little_silence_is_added(text: str) -> None:
    cost = CostModel.fit([Measurement(400, 1.8), Measurement(800, 5.0)])
    whole = speech(text).size / RATE
    cuts = cut(text)
    apart = sum(speech(piece.text.strip()).size for piece in cuts) / RATE
    pauses = sum(pause_after(piece.joint) for piece in cuts[:-1])
    length = run(text, cost.seconds).sound.size / RATE
    assert min(whole, apart) - 0.1 <= length <= max(whole, apart + pauses) + 0.45
