"""Logging in by QR code, against a Bilibili on loopback."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from bot.sources.bilibili_login import LoginState, LoginStep, log_in
from bot.sources.errors import SourceDropped
from tests.fakes.bilibili import FakeBilibili
from tests.sources.conftest import VirtualTime

SESSDATA = "qr-sessdata%2C1%2Cabc*11"


@pytest.fixture
async def bilibili() -> AsyncIterator[FakeBilibili]:
    async with FakeBilibili() as fake:
        yield fake


async def steps(bilibili: FakeBilibili, time: VirtualTime) -> list[LoginStep]:
    return [step async for step in log_in(session=bilibili.session, clock=time.clock, sleep=time.sleep)]


async def test_scanned_confirmed_done(
    bilibili: FakeBilibili, time: VirtualTime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bilibili.qr = [86101, 86101, 86090, 0]
    found = await steps(bilibili, time)
    scan, confirm = LoginState.SCAN, LoginState.CONFIRM
    assert [step.state for step in found] == [scan, scan, scan, confirm, LoginState.DONE]
    assert [step.seconds_left for step in found[:4]] == [180, 179, 178, 177]
    assert all("the-qr-key" in step.url for step in found[:4])
    login = found[-1].login
    assert login is not None
    assert login.values() == {
        "SESSDATA": SESSDATA,
        "bili_jct": "csrf-of-the-account",
        "DedeUserID": "42",
        "buvid3": login.buvid3.get_secret_value(),
        "refresh_token": "the-refresh-token",
    }
    assert login.buvid3.get_secret_value().startswith("buvid3-")
    told = repr(found) + "".join(record.getMessage() for record in caplog.records)
    for secret in (*login.values().values(), "the-qr-key"):
        assert secret == "42" or secret not in told


async def test_nobody_scans_it(bilibili: FakeBilibili, time: VirtualTime) -> None:
    found = await steps(bilibili, time)
    assert len(found) == 181
    assert found[-1] == LoginStep(LoginState.EXPIRED)


async def test_bilibili_says_that_it_is_gone(bilibili: FakeBilibili, time: VirtualTime) -> None:
    bilibili.qr = [86090, 86038]
    assert [step.state for step in await steps(bilibili, time)] == ["scan", "confirm", "expired"]


async def test_troubles_on_the_way_are_told_and_passed_over(
    bilibili: FakeBilibili, time: VirtualTime
) -> None:
    bilibili.qr = [602, 12345, 86090, 0]
    found = await steps(bilibili, time)
    assert [step.trouble for step in found] == [
        "",
        "Bilibili refused the request (HTTP 502)",
        "Bilibili refuses the login (code 12345)",
        "",
        "",
    ]
    assert found[-1].state is LoginState.DONE


async def test_no_code_to_begin_with(bilibili: FakeBilibili, time: VirtualTime) -> None:
    bilibili.refuse_with = 503
    with pytest.raises(SourceDropped, match="HTTP 503"):
        await steps(bilibili, time)
