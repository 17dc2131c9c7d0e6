"""Who gets in, and how far: tokens, roles, logins, the overlay's link, and what is never told of them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import SettingsError
from tests.web.running import MODERATOR, OVERLAY, OWNER, TOKENS, Running, running, settings_for
from tests.web.wire import bearer


@pytest.fixture
async def guarded(tmp_path: Path, engine: str) -> AsyncIterator[Running]:
    """It asks for tokens."""
    async with running(tmp_path, engine, TOKENS, cookies=True) as site:
        yield site


async def test_nobody_gets_in_without_a_token(guarded: Running) -> None:
    for method, path in (
        *(("GET", "/api/status"), ("GET", "/api/queue"), ("POST", "/api/skip"), ("GET", "/metrics")),
        *(
            ("GET", "/api/log"),
            ("POST", "/v1/audio/speech"),
            ("GET", "/api/events"),
            ("DELETE", "/api/voices/x"),
        ),
    ):
        fault = await guarded.ask(method, path, status=401)
        assert fault["error"]["code"] == "login"
    assert await guarded.get("/api/me") == {"role": None, "login": True}
    async with guarded.http.get(guarded.base + "/") as answer:
        assert answer.status == 200
        assert 'id="login"' in await answer.text()
    async with guarded.http.get(guarded.base + "/overlay") as answer:
        assert answer.status == 403


async def test_each_role_may_what_it_may(guarded: Running) -> None:
    for token, allowed in ((OWNER, 3), (MODERATOR, 2), (OVERLAY, 1)):
        for path, needed in (("/api/status", 2), ("/api/log", 3), ("/api/outputs", 3), ("/metrics", 2)):
            async with guarded.http.get(guarded.base + path, headers=bearer(token)) as answer:
                assert (answer.status == 200) == (allowed >= needed), (token, path, answer.status)
                if allowed < needed:
                    assert answer.status == 403
    mod: dict[str, Any] = {"headers": bearer(MODERATOR)}
    await guarded.ask("PATCH", "/api/controls", {"output": "null"}, status=403, **mod)
    await guarded.ask("PATCH", "/api/controls", {"volume": 0.5}, **mod)
    await guarded.post("/api/queue/clear", {"paid": True}, status=403, **mod)
    await guarded.ask("DELETE", "/api/voices/mei", status=403, **mod)
    await guarded.post("/api/blocklist", {"word": "frog"}, **mod)
    await guarded.post("/api/say", {"text": "frog soup"}, status=409, **mod)
    await guarded.post("/api/say", {"text": "frog soup"}, headers=bearer(OWNER))


async def test_a_login_is_a_cookie_that_is_no_token(guarded: Running) -> None:
    async with guarded.http.post(guarded.base + "/api/login", json={"token": MODERATOR}) as answer:
        assert await answer.json() == {"role": "moderator", "login": True}
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    identity = cookie.partition("=")[2].partition(";")[0]
    assert len(identity) >= 40
    assert MODERATOR not in cookie
    mine = {"Cookie": f"other=x; chat_aloud={identity}"}
    assert (await guarded.get("/api/status", headers=mine))["role"] == "moderator"
    async with guarded.http.get(guarded.base + "/", headers=mine) as answer:
        assert 'id="login"' not in await answer.text()
    await guarded.post("/api/logout", {}, headers=mine)
    await guarded.get("/api/status", headers=mine, status=401)


async def test_wrong_tokens_are_soon_refused_unheard(guarded: Running) -> None:
    for number in range(5):
        await guarded.post("/api/login", {"token": f"guess number {number}"}, status=401)
    fault = await guarded.post("/api/login", {"token": OWNER}, status=429)  # the right one, too
    assert fault["error"]["code"] == "slow_down"
    await guarded.get("/api/status", headers=bearer(OWNER), status=429)


async def test_the_overlays_link_opens_the_overlay_alone(guarded: Running) -> None:
    query = f"?token={OVERLAY}"
    async with guarded.http.get(f"{guarded.base}/overlay{query}") as answer:
        assert answer.status == 200
    async with guarded.events(query + "&view=panel") as page:
        snapshot = await page.next("snapshot")
        assert "status" not in snapshot  # whatever it asks for, it is shown the overlay's
        assert "queue" not in snapshot
    for path in ("/api/status", "/api/queue", "/", "/api/metrics"):
        async with guarded.http.get(f"{guarded.base}{path}{query}") as answer:
            assert answer.status == 401 or 'id="login"' in await answer.text()
    # The owner's in a link opens no more than the overlay: links are seen.
    async with guarded.events(f"?token={OWNER}") as page:
        assert "status" not in await page.next("snapshot")


async def test_an_overlay_link_is_made_where_none_is_given(tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine, {"web.token": OWNER}) as site:
        path = (await site.get("/api/status", headers=bearer(OWNER)))["overlay_path"]
        assert path.startswith("/overlay?token=")
        assert OWNER not in path
        async with site.http.get(site.base + path) as answer:
            assert answer.status == 200


async def test_no_token_is_ever_logged(guarded: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await guarded.get("/api/status", headers=bearer(OWNER))
    await guarded.post("/api/login", {"token": OWNER})
    await guarded.post("/api/login", {"token": "wrong-but-secret"}, status=401)
    async with guarded.events(f"?token={OVERLAY}"):
        pass
    told = caplog.text + repr(guarded.entries) + str(guarded.bot._settings)
    assert not any(secret in told for secret in (OWNER, OVERLAY, MODERATOR, "wrong-but-secret"))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"web.host": "0.0.0.0"}, "web.host 0.0.0.0 lets others in: set web.token too"),
        ({"web.host": "192.168.1.5"}, "lets others in"),
        ({"web.host": "::"}, "lets others in"),
        ({"web.host": "studio.lan"}, "lets others in"),
        ({"web.host": "0.0.0.0", "web.token": "short"}, "web.token is too short: it needs 12"),
        ({"web.hosts": "studio.lan"}, "lets others in by name"),
        ({"web.moderator_token": MODERATOR}, "need web.token to be set too"),
        ({"web.token": OWNER, "web.overlay_token": OWNER}, "must differ"),
        ({"web.token": "with a blank in it"}, "may hold ASCII letters"),
    ],
)
def test_settings_that_let_strangers_in_are_refused(flags: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        settings_for(tmp_path, "", flags)
    assert OWNER not in str(refused.value)
    settings_for(tmp_path, "", flags | {"web.enabled": "false"})
