"""An evening on a virtual clock, with a raid, a flood, a spammer and payments: what a streamer would feel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from bot.messages import (
    Author,
    ChatMessage,
    Dropped,
    Fragment,
    Rank,
    Role,
    SuperChat,
    Utterance,
    Worth,
    rank_of,
)
from bot.metrics import quantile
from bot.speech.estimate import Estimator, seconds
from bot.speech.queue import Limits, SpeechQueue

PAUSE = 0.25
# What each voice really takes, over the rule; the estimator is not told.
_PACES = {"mei": 0.86, "leo": 1.12, "pixel": 0.95, "bruno": 1.21}
_WORDS = (
    "gg nice one",
    "what a play, did you see that",
    "主播这波操作可以的",
    "哈哈哈笑死我了",
    "hello from Berlin",
    "今天打什么游戏呀",
    "first time here, love the stream",
    "这个 boss 怎么打啊",
    "can you turn the music down a bit",
    "我刚刚来，发生了什么事情",
    "lol",
    "晚安大家",
)


@dataclass(frozen=True, slots=True)
class Phase:
    """`rate` messages a second, a share `spam` of them by one viewer; one is paid every `pays` seconds."""

    name: str
    seconds: float
    rate: float
    spam: float = 0.0
    pays: float = 60.0


EVENING = (
    Phase("calm", 600, 0.12),
    Phase("busy", 600, 0.6),
    Phase("spammer", 300, 1.0, spam=0.8),
    Phase("raid", 60, 15),
    Phase("calm after", 300, 0.15),
    Phase("flood", 60, 1000, pays=10),
    Phase("end", 300, 0.1),
)


_LIMITS = Limits()


@dataclass
class Felt:
    """What came of it."""

    sent: Counter[Rank] = field(default_factory=Counter)
    spoken: Counter[Rank] = field(default_factory=Counter)
    waits: dict[Rank, list[float]] = field(default_factory=lambda: {rank: [] for rank in Rank})
    dropped: Counter[str] = field(default_factory=Counter)
    paid_dropped: int = 0
    longest_run: int = 0  # of one viewer's utterances while others waited
    estimated: float = 0.0  # seconds, summed over what was spoken
    true: float = 0.0
    # Seconds beyond the utterance that was under way, and beyond what else was paid for.
    paid_after_current: list[float] = field(default_factory=list)

    @property
    def oldest(self) -> float:
        """Of what nobody paid for: that is never too old."""
        return max(
            (wait for rank, waits in self.waits.items() if rank is not Rank.PAID for wait in waits),
            default=0.0,
        )

    @property
    def estimate_error(self) -> float:
        """Share by which the estimates, summed, miss the truth."""
        return abs(self.estimated / self.true - 1) if self.true else 0.0


def simulate(phases: tuple[Phase, ...] = EVENING, limits: Limits = _LIMITS, seed: int = 1) -> Felt:
    """Runs the real queue and estimator through an evening; no sound is made and no time passes."""
    rng = Random(seed)
    felt = Felt()
    now = 0.0

    def dropped(gone: Dropped) -> None:
        felt.dropped[gone.reason] += 1
        felt.paid_dropped += gone.utterance.paid

    estimator = Estimator(PAUSE)
    queue = SpeechQueue(limits, clock=lambda: now, dropped=dropped, estimator=estimator)
    free_at = 0.0  # when the voice has ended what it is saying
    last_author, run = "", 0
    paid_for = 0.0  # seconds of speech so far
    soonest: dict[str, float] = {}  # when each paid one could begin but for what else is paid for

    def speak_until(time: float) -> None:
        nonlocal now, free_at, last_author, run, paid_for
        while free_at <= time:
            now = max(free_at, now)
            others = {utterance.author_id for utterance in queue}
            utterance = queue.take()
            if utterance is None:
                return
            truth = seconds(utterance.text, utterance.speed) * _PACES[utterance.voice] * rng.uniform(0.9, 1.1)
            felt.estimated += estimator.seconds(utterance.text, utterance.voice, utterance.speed)
            felt.true += truth + PAUSE
            estimator.learn(utterance.text, utterance.voice, utterance.speed, truth)
            run = run + 1 if utterance.author_id == last_author and len(others) > 1 else 1
            last_author = utterance.author_id
            if not utterance.paid:
                felt.longest_run = max(felt.longest_run, run)
            felt.spoken[utterance.rank] += 1
            felt.waits[utterance.rank].append(now - utterance.received_at)
            if utterance.paid:
                felt.paid_after_current.append(now - paid_for - soonest[utterance.id])
                paid_for += truth + PAUSE
            free_at = now + truth + PAUSE

    for number, (time, event) in enumerate(_events(phases, rng)):
        speak_until(time)
        now = time
        utterance = _utterance(str(number), event, time)
        felt.sent[utterance.rank] += 1
        if utterance.paid:
            soonest[utterance.id] = max(free_at, time) - paid_for
        queue.put(utterance)
    speak_until(now + 3600)
    return felt


def _events(phases: tuple[Phase, ...], rng: Random) -> Iterator[tuple[float, ChatMessage | SuperChat]]:
    start = 0.0
    number = 0
    for phase in phases:
        pays_at = start + phase.pays / 2
        time = start
        while (time := time + rng.expovariate(phase.rate)) < start + phase.seconds:
            number += 1
            viewer = 0 if rng.random() < phase.spam else rng.randint(1, 400)
            yield time, _message(number, viewer, rng)
            if time >= pays_at:
                pays_at += phase.pays
                number += 1
                yield time, _super_chat(number, rng)
        start += phase.seconds


def _author(viewer: int) -> Author:
    role = {0: Role.MODERATOR, 1: Role.VIP, 2: Role.SUBSCRIBER, 3: Role.SUBSCRIBER}.get(viewer % 20)
    roles = frozenset({role}) if role and viewer else frozenset[Role]()
    return Author(id=str(viewer), name=f"Viewer{viewer}", roles=roles)


def _message(number: int, viewer: int, rng: Random) -> ChatMessage:
    text = f"{rng.choice(_WORDS)} {rng.choice(_WORDS)}"
    return ChatMessage(
        source="twitch", channel="c", id=str(number), author=_author(viewer), fragments=(Fragment(text),)
    )


def _super_chat(number: int, rng: Random) -> SuperChat:
    text = rng.choice(_WORDS)
    worth = Worth(rng.choice((30, 50, 100)), "CNY")
    return SuperChat(
        source="bilibili", channel="c", id=str(number), author=_author(5), text=text, worth=worth
    )


def _utterance(number: str, event: ChatMessage | SuperChat, time: float) -> Utterance:
    voice = list(_PACES)[int(event.author.id) % len(_PACES)]
    return Utterance(
        id=number, text=event.text, voice=voice, event=event, received_at=time, rank=rank_of(event)
    )


def table(felt: Felt) -> str:
    """What a streamer would feel, as lines of text."""
    lines = [
        "an evening of 37 minutes (calm, busy, a spammer, a raid, 1,000 messages a second for a minute):"
    ]
    for rank in sorted(Rank, reverse=True):
        waits = felt.waits[rank]
        share = felt.spoken[rank] / felt.sent[rank] if felt.sent[rank] else 0.0
        sent, spoken = felt.sent[rank], felt.spoken[rank]
        lines.append(
            f"  {rank.name.lower():<10}  sent {sent:>6}  spoken {spoken:>4} ({share:6.1%})"
            f"  waited p50 {quantile(waits, 0.5):5.1f} s  p95 {quantile(waits, 0.95):5.1f} s"
        )
    lines.append(
        f"  oldest spoken {felt.oldest:.0f} s; paid lost {felt.paid_dropped}; "
        f"one viewer in a row at most {felt.longest_run}; backlog estimate off by {felt.estimate_error:.1%}"
    )
    return "\n".join(lines)
