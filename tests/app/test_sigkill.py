"""SIGKILL at any moment: every paid message that was acknowledged is spoken, once, or the one playing again.

A message is acknowledged when its Queued entry was read from the bot's JSON view. The chat flows on while the
real bot is killed and started on the same store, again and again; a last run ends by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from random import Random

from tests.fakes.bot_process import DEADLINE, BotProcess, Entry, run_bot
from tests.fakes.twitch_irc import FakeTwitch

SEED = 20_260
KILLS = 50
EVENINGS = 2  # at once, each with a store of its own: one's bot starts while another's speaks
# Of the kills, those counted from when the process began; the others are counted from when it is ready.
WHILE_STARTING = 15
LATEST = 1.5  # seconds
PAID_EVERY = 6  # lines

Run = tuple[list[Entry], list[str]]  # what the bot said, and the paid messages that it was sent


class Chat:
    """Lines from many viewers, to whoever has joined; `sent` has the ids of the paid ones, a list a run."""

    def __init__(self, twitch: FakeTwitch, rng: Random) -> None:
        self._twitch = twitch
        self._rng = rng
        self.sent: list[list[str]] = [[]]

    async def flow(self) -> None:
        for number in count():
            await asyncio.sleep(self._rng.uniform(0.05, 0.2))
            with contextlib.suppress(RuntimeError, ConnectionError):  # nobody has joined, or not any more
                if number % PAID_EVERY:
                    await self._twitch.privmsg(f"line {number}", f"Viewer{number % 7}")
                else:
                    # Some say the very same words: they have paid all the same.
                    words = "gg" if number % 5 == 0 else f"hi {number}"
                    tags = {"bits": str(self._rng.choice((1, 100, 500)))}
                    tags["id"] = f"paid-{number}"
                    sent = self.sent[-1]
                    await self._twitch.privmsg(
                        f"Cheer{tags['bits']} {words}", f"Payer{number % 4}", tags=tags
                    )
                    sent.append(tags["id"])


@contextlib.asynccontextmanager
async def flowing(chat: Chat) -> AsyncIterator[None]:
    task = asyncio.create_task(chat.flow())
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait([task])


def paid_of(entry: Entry) -> str:
    """The id of the paid message that an entry is about, or ""."""
    event = (entry.get("utterance") or {}).get("event") or {}
    return str(event["id"]) if event.get("worth") else ""


def paid(entries: list[Entry], kind: str) -> list[str]:
    return [paid_of(entry) for entry in entries if entry["kind"] == kind and paid_of(entry)]


def check_run(entries: list[Entry], sent: list[str], owed: list[str]) -> None:
    """`sent`: paid messages of this run. `owed`: acknowledged before it, and not spoken so far."""
    ends = [entry for entry in entries if entry["kind"] in ("Spoken", "Dropped")]
    assert not paid(ends, "Dropped")
    spoken, queued = paid(entries, "Spoken"), paid(entries, "Queued")
    assert len(set(queued)) == len(queued)
    assert len(set(spoken)) == len(spoken)
    # At most one utterance, whoever's, had begun to sound and had not ended.
    ended = {entry["utterance"]["id"] for entry in ends}
    cut = [
        entry["utterance"]["id"]
        for entry in entries
        if entry["kind"] == "Speaking" and entry["utterance"]["id"] not in ended
    ]
    assert len(cut) <= 1
    # All that is owed comes before anything new, and nothing is passed over within what was sent.
    new = [number for number in queued if number in sent]
    assert new == sent[: len(new)]
    if new:
        assert set(owed) <= set(queued)


async def evening(store: Path, seed: int, moments: list[tuple[bool, float]]) -> list[Run]:
    """Kills the bot at each of `moments`, and lets it speak to the end once more."""
    runs: list[list[Entry]] = []
    async with FakeTwitch() as twitch:
        arguments = [
            *("--twitch.channel", "teststreamer", "--twitch.url", twitch.url, "--audio.output", "null"),
            *("--store", str(store), "--viewers.voices", "same", "--templates.cheer", "{text}"),
            *("--speech.speed", "2", "--speech.pause", "0.05"),
        ]
        chat = Chat(twitch, Random(seed))
        async with flowing(chat):
            for when_ready, moment in moments:
                async with run_bot(*arguments) as bot:
                    if when_ready:
                        await bot.ready()
                    await asyncio.sleep(moment)
                    bot.process.kill()
                    await bot.ended()
                runs.append(bot.entries)
                # What its dead connection would still be given was sent to nobody.
                await twitch.drop()
                chat.sent.append([])
        async with run_bot(*arguments) as bot:
            await last_run(twitch, bot, chat)
        runs.append(bot.entries)
    return list(zip(runs, chat.sent, strict=True))


async def test_no_paid_message_is_lost_at_fifty_kills(tmp_path: Path) -> None:
    rng = Random(SEED)
    print(f"seed {SEED}")
    moments = [(False, rng.uniform(0, LATEST)) for _ in range(WHILE_STARTING)]
    moments += [(True, rng.uniform(0, LATEST)) for _ in range(KILLS - WHILE_STARTING)]
    rng.shuffle(moments)
    stores = [tmp_path / f"store{number}.sqlite3" for number in range(EVENINGS)]
    evenings = await asyncio.gather(
        *(evening(store, SEED + 1 + number, moments[number::EVENINGS]) for number, store in enumerate(stores))
    )
    for store, runs in zip(stores, evenings, strict=True):
        judge(store, runs)


def judge(store: Path, runs: list[Run]) -> None:
    acknowledged: list[str] = []
    spoken: Counter[str] = Counter()
    again = 0
    every_sent = {number for _, sent in runs for number in sent}
    for run, (entries, sent) in enumerate(runs):
        check_run(entries, sent, [number for number in acknowledged if not spoken[number]])
        for number in paid(entries, "Queued"):
            assert number in every_sent
            # Spoken before: then the kill came in the moment between its end and the store's knowing it,
            # in which nothing else happens.
            if spoken[number]:
                last = next(before for before, _ in reversed(runs[:run]) if number in paid(before, "Spoken"))
                assert paid_of(last[-1]) == number
                again += 1
        spoken.update(paid(entries, "Spoken"))
        acknowledged += [number for number in paid(entries, "Queued") if number not in acknowledged]

    kills = len(runs) - 1
    cut_short = sum(
        1 for entries, _ in runs[:-1] if set(paid(entries, "Speaking")) - set(paid(entries, "Spoken"))
    )
    print(
        f"{len(acknowledged)} acknowledged of {len(every_sent)} sent; {cut_short} of {kills} kills in a paid "
        f"message; {again} heard to the end twice; {sum(not run for run, _ in runs)} runs said nothing"
    )
    assert not [number for number in acknowledged if not spoken[number]]
    assert len(acknowledged) >= kills // 2
    with contextlib.closing(sqlite3.connect(store)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT id FROM unread_paid").fetchall() == []


async def last_run(twitch: FakeTwitch, bot: BotProcess, chat: Chat) -> None:
    """Lets everything that is owed, and one more line, be spoken."""
    await bot.ready()
    chat.sent[-1].append("paid-last")
    await twitch.privmsg("Cheer1 the last one", "Payer", tags={"id": "paid-last", "bits": "1"})
    await twitch.privmsg("the very last line", "Viewer")
    # An ordinary line waits for all that is paid for.
    await bot.spoken("the very last line", timeout=10 * DEADLINE)
