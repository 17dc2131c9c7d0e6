"""The Bilibili source with a login that the fake knows, and one session of it."""

from __future__ import annotations

from typing import Any

from bot.messages import State
from bot.sources.bilibili import Bilibili
from bot.sources.bilibili_account import BilibiliLogin
from tests.fakes.bilibili import FakeBilibili
from tests.sources.conftest import SESSDATA, Listen, Listener

CSRF = "csrf-of-the-account"


def account(csrf: str = CSRF) -> BilibiliLogin:
    login = BilibiliLogin.from_values({"SESSDATA": SESSDATA, "bili_jct": csrf, "DedeUserID": "4242"})
    assert login is not None
    return login


def source(bilibili: FakeBilibili, room: str = "7", **more: Any) -> Bilibili:
    return Bilibili(room, session=bilibili.session, **{"login": account(), **more})


async def live(source: Bilibili, bilibili: FakeBilibili, listen: Listen) -> Listener:
    """One session, authenticated."""
    listener = listen(source.events())
    await listener.state(State.READY)
    await bilibili.joined()
    return listener
