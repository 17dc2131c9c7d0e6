"""The Open Live source as a streamer sets it up, against its fake."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from bot.messages import State
from bot.sources.bilibili_open import BilibiliOpen
from tests.fakes.bilibili_open import APP_ID, CODE, KEY_ID, KEY_SECRET, FakeOpenLive
from tests.sources.conftest import Listen, Listener, ManualTime


def source(platform: FakeOpenLive, manual: ManualTime | None = None, **changes: Any) -> BilibiliOpen:
    settings: dict[str, Any] = {
        "code": SecretStr(CODE),
        "app_id": APP_ID,
        "key_id": KEY_ID,
        "key_secret": SecretStr(KEY_SECRET),
        "url": platform.url,
    }
    if manual is not None:
        settings |= {"clock": manual.clock, "sleep": manual.sleep}
    return BilibiliOpen(**{**settings, **changes})


async def live(made: BilibiliOpen, platform: FakeOpenLive, listen: Listen) -> Listener:
    """One session, signed in."""
    listener = listen(made.events())
    await listener.state(State.READY)
    await platform.joined()
    return listener
