"""Asks Bilibili's web for what a chat connection needs: the account, the room, the WBI keys, a token.

Every failure is a SourceDropped or SourceFailed with a sentence. None is chained to aiohttp's own error,
whose text can hold the request with its cookies.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

import aiohttp
from pydantic import SecretStr
from yarl import URL

from bot.sources.bilibili_account import SITE, cookie, forget_account
from bot.sources.bilibili_fields import JsonObject, MalformedCommand, integer, items, loads, obj, text
from bot.sources.errors import SourceDropped, SourceFailed

log = logging.getLogger(__name__)

NAV = "https://api.bilibili.com/x/web-interface/nav"
ROOM = "https://api.live.bilibili.com/room/v1/Room/get_info"
DANMU_INFO = "https://api.live.bilibili.com/xlive/web-room/v1/index/getDanmuInfo"

MAX_ANSWER = 1024 * 1024  # bytes
_NO_SUCH_ROOM = {1, 60004, 19002000}
_MIXIN = (
    46, 47, 18, 2, 53, 8, 23, 32, 15, 50, 10, 31, 58, 3, 45, 35,
    27, 43, 5, 49, 33, 9, 42, 19, 29, 28, 14, 39, 12, 38, 41, 13,
)  # fmt: skip
_OFFLINE = "Bilibili cannot be reached: is this computer online?"


@dataclass(frozen=True, slots=True)
class Room:
    """`id` is the room's own number, also where the streamer gave the short one."""

    id: int
    owner: int


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the cookies belong to; uid 0: nobody. `keys` sign what is asked next."""

    uid: int
    keys: str


@dataclass(frozen=True, slots=True)
class Token:
    """Opens the chat servers `hosts` ((name, port), …) to the uid and User-Agent that asked for it."""

    key: SecretStr
    hosts: tuple[tuple[str, int], ...]


def mixin(img_key: str, sub_key: str) -> str:
    """The key that signs requests. Source: bilibili-API-collect, "WBI signature"."""
    both = img_key + sub_key
    return "".join(both[index] for index in _MIXIN if index < len(both))


def signed(params: Mapping[str, str | int], keys: str, wts: int) -> str:
    """The query string of `params`, signed as the site's own player does."""
    clean = {
        name: "".join(char for char in str(value) if char not in "!'()*")
        for name, value in sorted({**params, "wts": wts}.items())
    }
    query = urlencode(clean, quote_via=quote_plus)
    digest = hashlib.md5((query + keys).encode(), usedforsecurity=False).hexdigest()
    return f"{query}&w_rid={digest}"


class BilibiliApi:
    """Requests of one aiohttp session, whose cookie jar is the account.

    `wall` is the wall clock in seconds (the signature wants it); `timeout` seconds are for each request.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        user_agent: str,
        *,
        timeout: float = 10.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.session = session
        # aiohttp offers brotli as soon as it is installed, and an old one cannot decode what then comes.
        self.headers = {
            "User-Agent": user_agent,
            "Accept-Encoding": "gzip, deflate",
            "Referer": "https://live.bilibili.com/",
            "Origin": "https://live.bilibili.com",
        }
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._wall = wall

    async def account(self) -> Account:
        """Who is logged in; cookies that have expired are forgotten."""
        answer = await self.get(NAV)
        data = obj(answer.get("data"))
        if answer.get("code") not in (0, -101):
            raise _refused(answer)
        image = obj(data.get("wbi_img"))
        names = [URL(text(image.get(key))).path for key in ("img_url", "sub_url")]
        img, sub = (name.rpartition("/")[2].partition(".")[0] for name in names)
        uid = integer(data.get("mid")) if data.get("isLogin") is True else 0
        if not img or not sub:
            raise SourceDropped("Bilibili sent no keys to sign with")
        if not uid:
            forget_account(self.session.cookie_jar)
        return Account(uid=uid, keys=mixin(img, sub))

    async def buvid(self) -> str:
        """The device's cookie, fetched from the site's front page if the jar has none yet; may be empty."""
        if not cookie(self.session.cookie_jar, "buvid3"):
            await self._request("GET", str(SITE), body=False)
        return cookie(self.session.cookie_jar, "buvid3")

    async def room(self, number: int) -> Room:
        answer = await self.get(f"{ROOM}?room_id={number}")
        code = answer.get("code")
        if code in _NO_SUCH_ROOM:
            raise SourceFailed(
                f"Bilibili has no room {number}: give bilibili.room as it stands in its address, "
                "live.bilibili.com/NUMBER"
            )
        data = obj(answer.get("data"))
        room = Room(integer(data.get("room_id")), integer(data.get("uid")))
        if code != 0 or room.id <= 0:
            raise _refused(answer)
        return room

    async def token(self, room: Room, account: Account) -> Token:
        params: dict[str, str | int] = {"id": room.id, "type": 0, "web_location": "444.8"}
        answer = await self.get(f"{DANMU_INFO}?{signed(params, account.keys, int(self._wall()))}")
        data = obj(answer.get("data"))
        hosts = tuple(
            (name, port)
            for host in map(obj, items(data.get("host_list")))
            if (name := text(host.get("host"))) and 0 < (port := integer(host.get("wss_port"))) < 65536
        )
        key = text(data.get("token"))
        if answer.get("code") != 0 or not key or not hosts:
            raise _refused(answer)
        return Token(SecretStr(key), hosts)

    async def get(self, url: str) -> JsonObject:
        return await self._request("GET", url)

    async def post(self, url: str, form: Mapping[str, str]) -> JsonObject:
        return await self._request("POST", url, form=form)

    async def _request(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, body: bool = True
    ) -> JsonObject:
        """The answer's JSON object, whatever its content type says; without `body` only its cookies count."""
        try:
            async with self.session.request(
                method,
                URL(url, encoded=True),
                headers=self.headers,
                data=form,
                timeout=self._timeout,
            ) as response:
                if response.status != 200:
                    raise SourceDropped(
                        "Bilibili blocks this address for a while (HTTP 412)"
                        if response.status == 412
                        else f"Bilibili refused the request (HTTP {response.status})"
                    )
                data = bytearray()
                if body:
                    async for chunk in response.content.iter_chunked(65536):
                        data += chunk
                        if len(data) > MAX_ANSWER:
                            raise SourceDropped("Bilibili's answer cannot be read")
        except TimeoutError:
            raise SourceDropped("Bilibili does not answer") from None
        except aiohttp.ClientSSLError:
            raise SourceDropped(
                "Bilibili's certificate was not accepted: are this computer's date and time right?"
            ) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: a redirect to no address
            log.info("bilibili %s: %s", URL(url).path, type(error).__name__)
            raise SourceDropped(_OFFLINE) from None
        if not body:
            return {}
        try:
            return obj(loads(bytes(data)))
        except MalformedCommand:
            raise SourceDropped("Bilibili's answer cannot be read") from None


def _refused(answer: JsonObject) -> SourceDropped:
    code = integer(answer.get("code")) if not isinstance(answer.get("code"), str) else 0
    if code in (-352, -412):
        return SourceDropped(
            f"Bilibili takes this bot for a crawler (code {code}): log in (python -m bot login bilibili), "
            "or set bilibili.user_agent to your browser's"
        )
    return SourceDropped(f"Bilibili refused the request (code {code})")
