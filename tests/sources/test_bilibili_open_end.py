"""Every way out of the Open Live source ends its game."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bot.messages import State
from bot.sources.connection import keep
from tests.fakes.bilibili_open import APP_ID, CODE, KEY_ID, KEY_SECRET, FakeOpenLive
from tests.sources.conftest import SECRETS, Listen, Listener, ManualTime, VirtualTime
from tests.sources.open_live import live, source

pytestmark = pytest.mark.usefixtures("no_open_live_secret_is_logged")


async def test_cancelled_while_it_reads(platform: FakeOpenLive) -> None:
    async def run() -> None:
        async for _ in keep(source(platform)):
            pass

    task = asyncio.create_task(run())
    await platform.joined()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [game.ended for game in platform.games.values()] == ["asked"]
    await platform.left()


async def test_cancelled_again_while_it_ends(platform: FakeOpenLive) -> None:
    async def run() -> None:
        async for _ in keep(source(platform)):
            pass

    task = asyncio.create_task(run())
    await platform.joined()
    for _ in range(5):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [game.ended for game in platform.games.values()] == ["asked"]


async def test_cancelled_while_it_starts(platform: FakeOpenLive) -> None:
    """The answer is under way: the game exists, and nobody here has heard of it yet."""
    task = asyncio.create_task(Listener(source(platform).events()).next())
    while not platform.games:  # noqa: ASYNC110 - the moment between two turns of the loop is what is meant
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [game.ended for game in platform.games.values()] == ["asked"]


async def test_a_consumer_that_breaks(platform: FakeOpenLive, listen: Listen) -> None:
    made = source(platform)
    listener = await live(made, platform, listen)

    def explode(*_: object) -> None:
        raise ZeroDivisionError

    made._events.events = explode  # type: ignore[assignment, method-assign]
    await platform.danmaku("boom")
    with pytest.raises(ZeroDivisionError):
        await listener.next()
    assert [game.ended for game in platform.games.values()] == ["asked"]


async def test_the_end_takes_no_longer_than_it_may(platform: FakeOpenLive, listen: Listen) -> None:
    listener = await live(source(platform, end_timeout=0.1), platform, listen)
    platform.silent = True
    started = asyncio.get_running_loop().time()
    await listener.close()
    assert asyncio.get_running_loop().time() - started < 1.5


PROGRAM = """
    import asyncio, sys
    from pydantic import SecretStr
    from bot.messages import SourceState
    from bot.sources.bilibili_open import BilibiliOpen
    from bot.sources.connection import keep

    async def main():
        url, code, app_id, key_id, key_secret = sys.argv[1:]
        source = BilibiliOpen(
            code=SecretStr(code), app_id=int(app_id), key_id=key_id, key_secret=SecretStr(key_secret), url=url
        )
        print(source, vars(source), flush=True)
        async for event in keep(source):
            print(event.state if isinstance(event, SourceState) else event, flush=True)
            if not isinstance(event, SourceState):
                await asyncio.sleep(60)  # busy with an event when the signal comes

    asyncio.run(main())
"""


@pytest.mark.parametrize("busy", [False, True])
async def test_ctrl_c_ends_the_game_and_a_kill_leaves_it_to_expire(
    platform: FakeOpenLive, manual: ManualTime, listen: Listen, time: VirtualTime, busy: bool
) -> None:
    async def run() -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", textwrap.dedent(PROGRAM), platform.url, CODE, str(APP_ID)),
            *(KEY_ID, KEY_SECRET),
            cwd=Path(__file__).parent.parent.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        await platform.joined(20)
        return process

    process = await run()
    if busy:
        await platform.danmaku("hi")
        assert process.stdout
        while b"hi" not in await process.stdout.readline():
            pass
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 10)
    assert [game.ended for game in platform.games.values()] == ["asked"]
    assert b"KeyboardInterrupt" in err
    assert b"never awaited" not in err
    for secret in SECRETS:
        assert secret.encode() not in out + err

    process = await run()
    process.kill()
    await process.communicate()
    assert len(platform.running()) == 1
    listener = listen(keep(source(platform, manual), clock=time.clock, sleep=time.sleep))
    waiting = await listener.state(State.WAITING)
    assert "code 7010" in waiting.detail
    assert "ends within a minute" in waiting.detail
    manual.now += 60
    await listener.state(State.READY)
