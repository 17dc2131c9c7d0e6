"""Logs in to Bilibili by a QR code that the streamer scans with the app on the phone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

import aiohttp
from yarl import URL

from bot.sources.bilibili import USER_AGENT, session
from bot.sources.bilibili_account import BilibiliLogin, cookie
from bot.sources.bilibili_fields import integer, obj, text
from bot.sources.bilibili_http import BilibiliApi
from bot.sources.connection import Clock
from bot.sources.errors import SourceDropped

GENERATE = "https://passport.bilibili.com/x/passport-login/web/qrcode/generate"
POLL = "https://passport.bilibili.com/x/passport-login/web/qrcode/poll"
LIFETIME = 180.0  # seconds that a code is good for
_COOKIES = ("SESSDATA", "bili_jct", "DedeUserID")


class LoginState(StrEnum):
    SCAN = "scan"  # waiting for the phone
    CONFIRM = "confirm"  # scanned; waiting for a tap on "confirm"
    EXPIRED = "expired"  # nobody scanned it in time: begin anew
    DONE = "done"


@dataclass(frozen=True, slots=True)
class LoginStep:
    """Where a login stands. `url` is what the code shows: whoever opens it logs this bot in."""

    state: LoginState
    seconds_left: float = 0.0
    url: str = field(default="", repr=False)
    login: BilibiliLogin | None = None  # once it is done
    trouble: str = ""  # why the last question had no answer; it is asked again


async def log_in(
    *,
    user_agent: str = USER_AGENT,
    session: Callable[[], aiohttp.ClientSession] = session,
    clock: Clock = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    pause: float = 1.0,
    timeout: float = 10.0,
) -> AsyncGenerator[LoginStep, None]:
    """One code's life, a step every `pause` seconds to EXPIRED or DONE. Raises SourceDropped at its start.

    Once there is a code, a question that fails is asked again until the code expires.
    """
    async with session() as web:
        api = BilibiliApi(web, user_agent, timeout=timeout)
        buvid = await api.buvid()
        data = obj((await api.get(GENERATE)).get("data"))
        url, key = text(data.get("url")), text(data.get("qrcode_key"))
        if not url or not key:
            raise SourceDropped("Bilibili gave no code to log in with")
        ends = clock() + LIFETIME
        poll = str(URL(POLL).with_query(qrcode_key=key))
        state, trouble = LoginState.SCAN, ""
        while (left := ends - clock()) > 0:
            yield LoginStep(state, left, url, trouble=trouble)
            await sleep(pause)
            try:
                answer = obj((await api.get(poll)).get("data"))
                trouble = ""
            except SourceDropped as dropped:
                trouble = str(dropped)
                continue
            match integer(answer.get("code")) if "code" in answer else None:
                case 0:
                    yield LoginStep(LoginState.DONE, login=_login(web, answer, buvid))
                    return
                case 86090:
                    state = LoginState.CONFIRM
                case 86101:
                    state = LoginState.SCAN
                case 86038:
                    break
                case code:
                    trouble = f"Bilibili refuses the login (code {code})"
        yield LoginStep(LoginState.EXPIRED)


def _login(web: aiohttp.ClientSession, answer: object, buvid: str) -> BilibiliLogin:
    """From the cookies of the last answer; its `url` repeats them for the site's other domains."""
    data = obj(answer)
    repeated = URL(text(data.get("url"))).query
    values = {name: cookie(web.cookie_jar, name) or repeated.get(name, "") for name in _COOKIES}
    token = text(data.get("refresh_token"))
    login = BilibiliLogin.from_values({**values, "buvid3": buvid, "refresh_token": token})
    if login is None:
        raise SourceDropped("Bilibili confirmed the login, but sent no cookies")
    return login
