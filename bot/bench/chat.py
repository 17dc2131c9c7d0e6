"""Measures the judgement on chat: rules, wording and queue on one core, and an evening on a virtual clock."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace
from random import Random

from bot.bench import estimates
from bot.bench.evening import simulate, table
from bot.bench.report import Report, Row
from bot.chat.commands import Router
from bot.chat.judgement import Judgement
from bot.chat.viewers import Viewers
from bot.config import Settings
from bot.feed import Feed
from bot.intake import Intake
from bot.messages import AudioChunk, ChatEvent, ChatMessage, Fragment, Utterance
from bot.metrics import quantile
from bot.sources.recording import read_recording
from bot.sources.replay import DEMO
from bot.speech.estimate import seconds
from bot.speech.queue import Limits, SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.voices import Voices

_RUN = 50  # messages
_GOES = 5
# What other programs do on this core meanwhile is no cost of ours. (Windows counts a thread's time by ticks.)
_CORE = time.perf_counter if sys.platform == "win32" else time.thread_time
_SPAM = ("!join", "!play 3", "(╯°□°)╯︵ ┻━┻", "😀😀😀😀", "https://example.com/free", "....", "!!!!!!!!")


class _Silent:
    """Stands where the engine and the sound would: nothing is ever made here."""

    async def speak(self, utterance: Utterance) -> AsyncGenerator[AudioChunk]:
        raise AssertionError("the bench measures up to the queue")
        yield

    async def play(self, chunk: AudioChunk) -> bool:
        return False

    async def end(self, utterance: Utterance) -> None: ...

    def cut(self, utterance_id: str) -> None: ...


def measure(messages: int = 20_000) -> tuple[Report, str]:
    """The numbers, and the evening as a table."""
    demo = [event for _, event in read_recording(DEMO)]
    by_clock: list[float] = []
    mixed = _times(_intake(Settings()), _many(demo, messages), by_clock)
    none, few, many = _with_lists(list(_many(demo, max(messages // 4, 1))))
    spam = _times(_intake(Settings()), itertools.islice(itertools.cycle(map(_line, _SPAM)), messages))
    felt = simulate()
    off = estimates.measure()
    rows = [
        Row("a realistic mix, messages a second on one core", messages / sum(mixed), "/s", 2000, least=True),
        Row("a message of the mix, p99", quantile(mixed, 0.99) * 1000, "ms", 5),
        Row("the same by the clock, other programs' turns in it", quantile(by_clock, 0.99) * 1000, "ms"),
        Row("10,000 blocked words and 200 patterns, cost over none", many / none, "x", 1.2, digits=2),
        Row("10,000 blocked words and 200 patterns, cost over three words", many / few, "x", 1.2, digits=2),
        Row("spam alone, refusals a second", messages / sum(spam), "/s", 20_000, least=True),
        Row("backlog estimate, off by", felt.estimate_error * 100, "%", 15),
        Row("estimate against espeak, sum off by", off.total * 100, "%", 15),
        Row("estimate against espeak, each off by", off.each * 100, "%"),
        Row("a flood: paid starts after the current utterance", max(felt.paid_after_current), "s", 1),
        Row("paid messages lost in the evening", felt.paid_dropped, "", 0),
    ]
    return Report("chat", rows, f"{messages} messages of the demo and of spam, default settings"), table(felt)


def _intake(settings: Settings) -> Callable[[ChatEvent], None]:
    feed = Feed()
    queue = SpeechQueue(Limits(**settings.queue.model_dump()), clock=time.monotonic, dropped=feed.publish)
    silent = _Silent()
    judgement = Judgement(settings, None, time.monotonic, seconds)
    return Intake(
        feed=feed,
        reader=judgement.reader,
        router=Router(settings.commands, settings.chat.command_prefix, time.monotonic),
        viewers=Viewers(),
        voices=Voices(settings.viewers, settings.speech.voice),
        queue=queue,
        speaker=Speaker(queue, silent, silent, feed),
        speech=settings.speech,
        templates=settings.templates,
        unheard=judgement.unheard,
        store=None,
        clock=time.monotonic,
    ).take


def _many(events: list[ChatEvent], count: int) -> Iterable[ChatEvent]:
    """`count` events, each with an id, an author and words of its own, as a crowd would send them."""
    rng = Random(1)
    for number, event in enumerate(itertools.islice(itertools.cycle(events), count)):
        changed = replace(event, id=str(number), received_at=time.monotonic())
        if isinstance(changed, ChatMessage):
            author = replace(changed.author, id=f"{changed.author.id}-{rng.randrange(3000)}")
            own = Fragment(
                f" {_word(rng)} {_word(rng)}" + (f" {rng.randrange(5000)}" if number % 5 == 0 else "")
            )
            changed = replace(changed, author=author, fragments=(*changed.fragments, own))
        yield changed


def _with_lists(events: list[ChatEvent]) -> list[float]:
    """Seconds that the events take with nothing blocked, with three words, and with a long list.

    The three take turns at short runs of messages, each at other ones, and of every run the fastest of
    several goes counts: what else the machine does meanwhile slows all three alike, or none.
    """
    rng = Random(2)
    words = [_word(rng) + _word(rng) + _word(rng) for _ in range(10_000)]
    patterns = [f"/{_word(rng)}{_word(rng)}[0-9]+{_word(rng)}/" for _ in range(200)]
    lists: list[list[str]] = [[], words[:3], words + patterns]
    settings = [Settings(rules=Settings().rules.model_copy(update={"blocked": one})) for one in lists]
    runs = [events[first : first + _RUN] for first in range(0, len(events), _RUN)]
    best = [[float("inf")] * len(runs) for _ in settings]
    for go in range(_GOES):
        takes = [_intake(one) for one in settings]
        for turn in range(len(runs)):
            for place in range(len(takes)):
                which = (place + turn + go) % len(takes)
                number = (turn + which * len(runs) // len(takes)) % len(runs)
                spent = sum(_times(takes[which], runs[number]))
                best[which][number] = min(best[which][number], spent)
    return [sum(spent) for spent in best]


def _word(rng: Random) -> str:
    """A word that nobody uses, Chinese or Latin."""
    if rng.random() < 0.5:
        return "".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(2))
    return "".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(3))


def _times(
    take: Callable[[ChatEvent], None], events: Iterable[ChatEvent], by_clock: list[float] | None = None
) -> list[float]:
    """Seconds of a core that each event took; those on the clock are added to `by_clock`."""
    spent = []
    for event in events:
        began, started = time.perf_counter(), _CORE()
        take(event)
        spent.append(_CORE() - started)
        if by_clock is not None:
            by_clock.append(time.perf_counter() - began)
    return spent


def _line(text: str) -> ChatMessage:
    from bot.messages import Author

    return ChatMessage(
        source="twitch", channel="c", id="0", author=Author("1", "Spammer"), fragments=(Fragment(text),)
    )
