"""What is asked of Bilibili's web: signatures, rooms, and the account's cookies."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl

import aiohttp
import pytest
from yarl import URL

from bot.sources.bilibili_account import BilibiliLogin, cookie, forget_account, put_cookies
from bot.sources.bilibili_http import mixin, signed
from bot.sources.bilibili_room import room_number

IMG, SUB = "7cd084941338484aae1ad9425b84077c", "4932caff0ff746eab6f01bf08b70ac45"
KEYS = "ea1db124af3c7062474693fa704f4ff8"


def test_the_published_vector() -> None:
    assert mixin(IMG, SUB) == KEYS
    assert signed({"foo": "114", "bar": "514", "zab": 1919810}, KEYS, 1702204169) == (
        "bar=514&foo=114&wts=1702204169&zab=1919810&w_rid=8f6f2b5b3d485fe1886cec6a0be8c5d4"
    )


def test_a_signature_leaves_out_what_it_must() -> None:
    query, _, digest = signed({"b": "x!'()*y z", "a": "你"}, KEYS, 5).rpartition("&w_rid=")
    assert parse_qsl(query) == [("a", "你"), ("b", "xy z"), ("wts", "5")]
    assert digest == hashlib.md5((query + KEYS).encode()).hexdigest()


@pytest.mark.parametrize("keys", [("", ""), ("a", "b"), (IMG, "")])
def test_keys_of_another_length_are_no_crash(keys: tuple[str, str]) -> None:
    assert len(mixin(*keys)) <= 32


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("123", 123),
        (" 123 ", 123),
        ("https://live.bilibili.com/123?x=y", 123),
        ("live.bilibili.com/blanc/123/", 123),
        ("https://evil.com/live.bilibili.com/123", None),
        ("live.bilibili.com.evil.com/123", None),
        ("١٢٣", None),
        ("0123", None),
        ("12 3", None),
    ],
)
def test_rooms(text: str, number: int | None) -> None:
    assert room_number(text) == number


def test_logins_from_every_side_are_alike() -> None:
    values = {"SESSDATA": "a%2Cb*1", "bili_jct": "c", "DedeUserID": "5", "buvid3": "d"}
    login = BilibiliLogin.from_values(values)
    assert login is not None
    assert login.values() == values
    assert BilibiliLogin.from_values({"sessdata": "a%2Cb*1", "bili_jct": " c"}) is not None
    assert BilibiliLogin.from_header("a=b; SESSDATA=a%2Cb*1;bili_jct=c; DedeUserID=5; buvid3=d; e") == login
    kept = BilibiliLogin.from_values({**values, "refresh_token": "r"})
    assert kept is not None
    assert kept.values() == {**values, "refresh_token": "r"}
    assert "refresh_token" not in kept.cookies()


@pytest.mark.parametrize("header", ["", "SESSDATA=", "bili_jct=c", "SESSDATA", "SESSDATA=a\r\nX: y"])
def test_what_is_no_login(header: str) -> None:
    assert BilibiliLogin.from_header(header) is None


async def test_cookies_go_to_bilibili_alone_and_unchanged() -> None:
    jar = aiohttp.CookieJar()
    put_cookies(jar, {"SESSDATA": "a%2Cb*1", "buvid3": "d"})
    for host in ("api.bilibili.com", "api.live.bilibili.com", "x.chat.bilibili.com", "bilibili.com"):
        sent = jar.filter_cookies(URL(f"https://{host}/x"))
        assert sent.output(header="", sep=";").count("SESSDATA=a%2Cb*1") == 1
    for url in ("https://example.com/", "https://evilbilibili.com/", "http://api.bilibili.com/"):
        assert not jar.filter_cookies(URL(url))
    forget_account(jar)
    assert (cookie(jar, "SESSDATA"), cookie(jar, "buvid3")) == ("", "d")
