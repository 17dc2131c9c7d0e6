"""Reverse proxies: whose word on the client, its host and its https counts, and that nobody else's does."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request

from bot.config import SettingsError, load_settings
from bot.web.proxies import Proxies
from tests.web.running import OWNER, SAFE, TOKENS, Running, running

OWN = {"Authorization": f"Bearer {OWNER}"}
PROXIED = {**TOKENS, "web.hosts": "studio.example", "web.trusted_proxies": "127.0.0.1, 10.0.0.0/8"}


def forwarded(*addresses: str, **more: str) -> dict[str, str]:
    return {"X-Forwarded-For": ", ".join(addresses)} | {
        f"X-Forwarded-{name.title()}": value for name, value in more.items()
    }


@pytest.fixture
async def proxied(tmp_path: Path, engine: str) -> AsyncIterator[Running]:
    """What connects from 127.0.0.1 is the proxy; from 127.0.0.2 comes a stranger."""
    async with running(tmp_path, engine, PROXIED) as site:
        yield site


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_whom_a_request_comes_from(one: str, other: str, same: bool) -> None:
    clients = {
        Proxies([]).client(make_mocked_request("GET", "/").clone(remote=address)) for address in (one, other)
    }
    assert (len(clients) == 1) == same


@pytest.mark.parametrize(
    ("peer", "hops", "client"),
    [
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        # What a client claims stands to the left of what its proxy adds.
        ("127.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),  # two headers are one list
        ("127.0.0.1", ["1.1.1.1, 203.0.113.9, 10.1.2.3, 10.4.5.6"], "203.0.113.9"),
        ("127.0.0.1", ["10.1.2.3, 10.4.5.6"], "10.1.2.3"),  # proxies alone: the furthest
        # From who is no proxy of ours it says nothing.
        ("203.0.113.5", ["198.51.100.7"], "203.0.113.5"),
        ("203.0.113.5", ["127.0.0.1"], "203.0.113.5"),
        # What is no address is counted as who has handed it on.
        ("127.0.0.1", ["203.0.113.9, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9, <script>, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [", ,"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9:51234"], "203.0.113.9"),
        ("127.0.0.1", ["1.2.3.4.5"], "127.0.0.1"),
        ("127.0.0.1", ["999.1.1.1"], "127.0.0.1"),
        ("127.0.0.1", ["x" * 4000], "127.0.0.1"),
        # IPv6, with ports and zones, and IPv4 inside it.
        ("127.0.0.1", ["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
        ("127.0.0.1", ["[2001:db8:1:2:3::4]:443"], "2001:db8:1:2::/64"),
        ("127.0.0.1", ["fe80::7%eth0"], "fe80::/64"),
        ("127.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["203.0.113.9, ::ffff:10.1.2.3"], "203.0.113.9"),
        ("::ffff:127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("2001:db8:f::1", ["203.0.113.9"], "203.0.113.9"),
        ("2001:db8:e::1", ["203.0.113.9"], "2001:db8:e::/64"),
    ],
)
def test_which_hop_is_the_client(peer: str, hops: list[str], client: str) -> None:
    proxies = Proxies(["::ffff:127.0.0.1", "10.0.0.0/8", "2001:db8:f::/48"])
    request = make_mocked_request("GET", "/")
    headers = request.headers.copy()
    for hop in hops:
        headers.add("X-Forwarded-For", hop)
    assert proxies.client(request.clone(remote=peer, headers=headers)) == client


async def guess(http: aiohttp.ClientSession, site: Running, headers: dict[str, str], times: int) -> int:
    """So many tokens tried out; the status of the last."""
    status = 0
    for _ in range(times):
        wrong = {"Authorization": f"Bearer {secrets.token_hex(8)}"}
        async with http.get(f"{site.base}/api/status", headers=headers | wrong) as answer:
            status = answer.status
    return status


async def test_each_client_of_a_proxy_has_its_own_tries(proxied: Running) -> None:
    assert await guess(proxied.http, proxied, forwarded("203.0.113.1"), 6) == 429
    assert await guess(proxied.http, proxied, forwarded("203.0.113.2"), 1) == 401
    claimed = forwarded("203.0.113.77", "203.0.113.1")  # another one on each request, for all it helps
    assert await guess(proxied.http, proxied, claimed, 1) == 429
    await proxied.get("/api/status", headers=OWN | forwarded("203.0.113.2"))


async def test_a_strangers_headers_count_for_nothing(proxied: Running) -> None:
    connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
    async with aiohttp.ClientSession(connector=connector) as stranger:
        for number in range(5):
            assert await guess(stranger, proxied, forwarded(f"203.0.113.{number}"), 1) == 401
        assert await guess(stranger, proxied, forwarded("203.0.113.200"), 1) == 429
        # Nor can it have the proxy's own word, nor lock the client out whose address it names.
        mine = OWN | forwarded("203.0.113.200")
        await proxied.get("/api/status", headers=mine)
        lying = SAFE | forwarded("127.0.0.1", proto="https", host="studio.example")
        async with stranger.post(
            f"{proxied.base}/api/logout", json={}, headers=lying | {"Origin": "https://studio.example"}
        ) as answer:
            assert answer.status == 403
        async with stranger.post(f"{proxied.base}/api/logout", json={}, headers=lying) as answer:
            assert "Secure" not in answer.headers["Set-Cookie"]


async def logged_in(site: Running, headers: dict[str, str]) -> str:
    """Set-Cookie."""
    body = {"token": OWNER}
    async with site.http.post(f"{site.base}/api/login", json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return str(answer.headers["Set-Cookie"])


async def test_the_cookie_stays_on_https(proxied: Running) -> None:
    https, http = forwarded("203.0.113.1", proto="https"), forwarded("203.0.113.1", proto="http")
    secure, plain = await logged_in(proxied, https), await logged_in(proxied, http)
    assert secure.startswith("__Host-chat_aloud=")
    assert secure.endswith("; HttpOnly; Max-Age=604800; Path=/; SameSite=Strict; Secure")
    assert plain.startswith("chat_aloud=")
    assert "Secure" not in plain
    (secure, _, _), (plain, _, _) = secure.partition(";"), plain.partition(";")
    await proxied.get("/api/status", headers=https | {"Cookie": secure})
    await proxied.get("/api/status", headers=http | {"Cookie": plain})
    # One that came by http could be anybody's between: over https it is none, not even under the name.
    await proxied.get("/api/status", headers=https | {"Cookie": plain}, status=401)
    await proxied.get("/api/status", headers=http | {"Cookie": secure}, status=401)
    assert (await logged_in(proxied, forwarded("203.0.113.1", proto="http, https"))).endswith("Secure")
    assert "Secure" not in await logged_in(proxied, forwarded("203.0.113.1", proto="https, http"))
    async with proxied.http.post(
        f"{proxied.base}/api/logout", json={}, headers=https | {"Cookie": secure}
    ) as answer:
        assert answer.headers["Set-Cookie"].startswith("__Host-chat_aloud=; HttpOnly; Max-Age=0;")
    await proxied.get("/api/status", headers=https | {"Cookie": secure}, status=401)


@pytest.mark.parametrize(
    ("host", "through", "origin", "status"),
    [
        ("studio.example", "", "https://studio.example", 200),
        ("studio.example:8443", "", "https://studio.example:8443", 200),
        ("127.0.0.1:8765", "studio.example", "https://studio.example", 200),
        ("127.0.0.1:8765", "evil.example, studio.example", "https://studio.example", 200),
        ("127.0.0.1:8765", "studio.example, evil.example", "https://evil.example", 403),
        ("127.0.0.1:8765", "evil.example", "https://evil.example", 403),
        ("evil.example", "studio.example", "https://studio.example", 403),
        ("studio.example", "", "https://evil.example", 403),
        ("127.0.0.1:8765", "studio.example", "https://evil.example", 403),
        ("127.0.0.1:8765", "", "https://studio.example", 403),
    ],
)
async def test_which_names_a_proxy_may_ask_by(
    proxied: Running, host: str, through: str, origin: str, status: int
) -> None:
    headers = OWN | forwarded("203.0.113.1") | {"Host": host, "Origin": origin}
    if through:
        headers["X-Forwarded-Host"] = through
    await proxied.post("/api/resume", {}, headers=headers, status=status)


async def test_over_ipv6(tmp_path: Path, engine: str) -> None:
    flags = PROXIED | {"web.host": "::1", "web.trusted_proxies": "::1"}
    async with running(tmp_path, engine, flags) as site:
        assert await guess(site.http, site, forwarded("2001:db8::1"), 6) == 429
        assert await guess(site.http, site, forwarded("2001:db8::2"), 1) == 429  # the same household
        assert await guess(site.http, site, forwarded("2001:db8:0:1::1"), 1) == 401


async def test_without_a_token_nobody_comes_through_a_proxy(site: Running) -> None:
    fault = await site.get("/api/status", headers=forwarded("203.0.113.1"), status=403)
    assert fault["error"]["code"] == "proxy"
    assert "web.token" in fault["error"]["message"]


async def test_a_proxy_that_is_not_named_is_told_of_once(
    tmp_path: Path, engine: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, engine, TOKENS) as site:
        with caplog.at_level(logging.WARNING, "bot.web.proxies"):
            for number in range(3):
                await site.get("/api/status", headers=OWN | forwarded(f"203.0.113.{number}"))
    [told] = [record for record in caplog.records if record.name == "bot.web.proxies"]
    assert told.getMessage() == "a proxy at 127.0.0.1 speaks for others: name it in web.trusted_proxies"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({**TOKENS, "web.trusted_proxies": "proxy.lan"}, "proxy.lan is no address and no network"),
        ({**TOKENS, "web.trusted_proxies": "10.0.0.0/33"}, "10.0.0.0/33 is no address and no network"),
        ({"web.trusted_proxies": "127.0.0.1", "web.enabled": "true"}, "set web.token too"),
    ],
)
def test_settings_that_are_refused(given: dict[str, str], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        load_settings(given, None)
