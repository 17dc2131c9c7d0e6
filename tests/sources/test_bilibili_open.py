"""A session of the Open Live source against a strict platform on loopback: what is told, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from bot.messages import Gift, Retraction, SourceState, State, SuperChat
from bot.sources.connection import keep
from tests.fakes.bilibili_open import CODE, OWNER, FakeOpenLive
from tests.fakes.bilibili_open_commands import ROOM, brotlied, dm, message, packet, zlibbed
from tests.sources.conftest import SECRETS, Listen, ManualTime
from tests.sources.open_live import live, source

pytestmark = pytest.mark.usefixtures("no_open_live_secret_is_logged")

# ---------------------------------------------------------------------- a session


async def test_a_session(platform: FakeOpenLive, manual: ManualTime, listen: Listen) -> None:
    made = source(platform, manual)
    assert (made.name, made.channel) == ("bilibili", "open live")
    listener = listen(made.events())
    assert await listener.next() == SourceState("bilibili", str(ROOM), State.READY)
    assert made.channel == str(ROOM)
    reader = await platform.joined()
    assert reader.path == "/sub0"

    id_ = await platform.danmaku("你好 world", "小明")
    said = await listener.message()
    assert (said.id, said.text, said.author.name, said.channel) == (id_, "你好 world", "小明", str(ROOM))
    assert said.received_at == manual.now
    assert not made.malformed

    await listener.close()
    assert [(path, code) for path, _, code in platform.calls] == [("/v2/app/start", 0), ("/v2/app/end", 0)]
    assert [game.ended for game in platform.games.values()] == ["asked"]
    await platform.left()


async def test_the_code_is_taken_without_the_blanks_of_a_copy(platform: FakeOpenLive, listen: Listen) -> None:
    await live(source(platform, code=SecretStr(f" {CODE}\n")), platform, listen)


async def test_the_streamer_is_the_broadcaster(platform: FakeOpenLive, listen: Listen) -> None:
    listener = await live(source(platform), platform, listen)
    await platform.danmaku("hi", open_id=OWNER)
    assert "broadcaster" in (await listener.message()).author.roles


@pytest.mark.parametrize("wrap", [None, zlibbed, brotlied])
async def test_compressed_frames(platform: FakeOpenLive, listen: Listen, wrap: Any) -> None:
    listener = await live(source(platform), platform, listen)
    for number in range(3):
        await platform.danmaku(f"line {number}", wrap=wrap)
    assert [(await listener.message()).text for _ in range(3)] == ["line 0", "line 1", "line 2"]


async def test_glued_packets(platform: FakeOpenLive, listen: Listen) -> None:
    listener = await live(source(platform), platform, listen)
    frames = [message("LIVE_OPEN_PLATFORM_DM", dm(f"line {n}")) for n in range(4)]
    await platform.send_bytes(frames[0] + zlibbed(*frames[1:3]) + frames[3])
    assert [(await listener.message()).text for _ in range(4)] == [f"line {n}" for n in range(4)]


async def test_a_super_chat_is_taken_back(platform: FakeOpenLive, listen: Listen) -> None:
    listener = await live(source(platform), platform, listen)
    await platform.super_chat("读我", 30, 77)
    await platform.take_back(77)
    paid, back = await listener.next(), await listener.next()
    assert isinstance(paid, SuperChat)
    assert isinstance(back, Retraction)
    assert back.target == paid.id


async def test_no_event_twice(platform: FakeOpenLive, listen: Listen) -> None:
    listener = listen(keep(source(platform)))
    await listener.state(State.READY)
    await platform.joined()
    for id_ in ("1", "1", "2"):
        await platform.danmaku(f"text {id_}", msg_id=id_)
    assert [(await listener.message()).id for _ in range(2)] == ["1", "2"]


async def test_bad_messages_cost_only_themselves(platform: FakeOpenLive, listen: Listen) -> None:
    made = source(platform)
    listener = await live(made, platform, listen)
    bad = [
        b"",
        b"\0\1\2",
        packet(b"not json"),
        packet(b"[]"),
        packet(b"[" * 100_000),
        packet(b'{"cmd": 5.5}'),
        packet(b"\xff\xfe"),
        packet(b"x", length=1000),
        packet(b"bomb?", version=2),
        packet(b"?", operation=77),
        zlibbed(b"\0" * (64 << 20)),
        message("LIVE_OPEN_PLATFORM_DM", {"msg": " "}),
        message("SOMETHING_NEW", {}),
        message("LIVE_OPEN_PLATFORM_DM", dm("x", uname=None)),
    ]
    for number, frame in enumerate(bad):
        await platform.send_bytes(frame)
        await platform.danmaku(f"good {number}")
        assert (await listener.message()).text == f"good {number}"
    assert made.malformed == {
        "half a header": 1,
        "not JSON": 3,
        "no cmd": 2,
        "length": 1,
        "not compressed": 1,
        "bomb": 1,
        "no text": 1,
        "no author": 1,
    }


async def test_an_app_that_is_no_game(manual: ManualTime, listen: Listen) -> None:
    async with FakeOpenLive(game=False, clock=manual.clock) as platform:
        listener = await live(source(platform, manual), platform, listen)
        await manual.pass_by(100)
        await platform.danmaku("still here")
        assert (await listener.message()).text == "still here"
        await listener.close()
        assert [path for path, _, _ in platform.calls] == ["/v2/app/start"]


# ---------------------------------------------------------------------- secrets, and gifts held back


async def test_no_secret_in_what_can_be_shown(platform: FakeOpenLive, listen: Listen) -> None:
    made = source(platform)
    listener = await live(made, platform, listen)
    auth_body = next(iter(platform.games.values())).auth_body
    shown = repr(made) + repr(vars(made))
    platform.refuse["end"] = 5000
    await listener.close()
    for secret in (*SECRETS, auth_body):
        assert secret not in shown


async def test_clicks_are_one_gift(platform: FakeOpenLive, listen: Listen) -> None:
    listener = await live(source(platform, gift_window=0.1), platform, listen)

    async def give(id_: str, name: str) -> None:
        what = {"gift_name": "小花花", "gift_num": 2, "r_price": 100, "paid": True, "msg_id": id_}
        await platform.send("LIVE_OPEN_PLATFORM_SEND_GIFT", {**dm("", name), **what}, brotlied)

    for id_, name in (("1", "A"), ("2", "A"), ("2", "A"), ("3", "B"), ("4", "A")):
        await give(id_, name)
    gifts = [await listener.next() for _ in range(2)]
    assert [
        (gift.author.name, gift.count, gift.worth.amount)
        for gift in gifts
        if isinstance(gift, Gift) and gift.worth
    ] == [("A", 6, 0.6), ("B", 2, 0.2)]

    await give("5", "C")
    await platform.danmaku("after")
    assert (await listener.message()).text == "after"
    await platform.drop()  # what is held back is told before the connection is given up
    last = await listener.next()
    assert isinstance(last, Gift)
    assert last.author.name == "C"
