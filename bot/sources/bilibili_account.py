"""A Bilibili account's cookies: from a login, the environment or a browser; never shown, never logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import Morsel, SimpleCookie
from typing import Self

import aiohttp
from pydantic import SecretStr
from yarl import URL

SITE = URL("https://www.bilibili.com/")
_NONE = SecretStr("")
_CHARACTERS = frozenset(map(chr, range(0x21, 0x7F))) - set('",;\\')  # what a cookie's value may hold


@dataclass(frozen=True, slots=True)
class BilibiliLogin:
    """Who is logged in. `sessdata` reads, `bili_jct` is needed to write; each may expire at any time."""

    sessdata: SecretStr
    bili_jct: SecretStr = _NONE
    uid: str = ""
    buvid3: SecretStr = _NONE
    refresh_token: SecretStr = _NONE

    @classmethod
    def from_values(cls, values: Mapping[str, str]) -> Self | None:
        """From what `values` gave, or from cookies by their names; None if that is no login."""
        known = {name.casefold(): value.strip() for name, value in values.items()}
        sessdata = known.get("sessdata", "")
        if not sessdata or not _CHARACTERS.issuperset(sessdata):
            return None

        def secret(name: str) -> SecretStr:
            value = known.get(name, "")
            return SecretStr(value if _CHARACTERS.issuperset(value) else "")

        return cls(
            sessdata=SecretStr(sessdata),
            bili_jct=secret("bili_jct"),
            uid=known.get("dedeuserid", ""),
            buvid3=secret("buvid3"),
            refresh_token=secret("refresh_token"),
        )

    @classmethod
    def from_header(cls, cookies: str) -> Self | None:
        """From "SESSDATA=…; bili_jct=…", as a browser shows its cookies."""
        pairs = (part.partition("=") for part in cookies.split(";"))
        return cls.from_values({name.strip(): value.strip() for name, _, value in pairs})

    def cookies(self) -> dict[str, str]:
        """Every cookie of the account that is there, unveiled."""
        found = {
            "SESSDATA": self.sessdata.get_secret_value(),
            "bili_jct": self.bili_jct.get_secret_value(),
            "DedeUserID": self.uid,
            "buvid3": self.buvid3.get_secret_value(),
        }
        return {name: value for name, value in found.items() if value}

    def values(self) -> dict[str, str]:
        """What to store, unveiled: `from_values` makes the same login of it."""
        token = self.refresh_token.get_secret_value()
        return {**self.cookies(), **({"refresh_token": token} if token else {})}


def put_cookies(jar: aiohttp.abc.AbstractCookieJar, cookies: Mapping[str, str]) -> None:
    """Sends `cookies` with every request to bilibili.com and what lies under it, and to nobody else."""
    for name, value in cookies.items():
        morsel: Morsel[str] = Morsel()
        morsel.set(name, value, value)  # as it is: what it escapes itself, Bilibili would not undo
        morsel["domain"], morsel["path"], morsel["secure"] = "bilibili.com", "/", "true"
        jar.update_cookies([(name, morsel)], SITE)


def cookie(jar: aiohttp.abc.AbstractCookieJar, name: str) -> str:
    """The value that bilibili.com would be sent; empty if there is none."""
    found: SimpleCookie = SimpleCookie()
    found.update(jar.filter_cookies(SITE))
    return found[name].value if name in found else ""


def forget_account(jar: aiohttp.abc.AbstractCookieJar) -> None:
    """An expired login must not be sent: a token fetched with it fits no uid."""
    names = {"SESSDATA", "bili_jct", "DedeUserID", "DedeUserID__ckMd5", "sid"}
    jar.clear(lambda morsel: morsel.key in names)
