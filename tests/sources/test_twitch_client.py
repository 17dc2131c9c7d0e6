"""The inner parts of twitchio that a session rests on are still what they were when it was written."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest

from bot.sources.twitch_subscriptions import WANTED

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Inheritance class", DeprecationWarning)
    import twitchio
    from twitchio import eventsub
    from twitchio.authentication.tokens import ManagedHTTPClient
    from twitchio.eventsub.websockets import Websocket


def test_the_release_is_the_one_that_was_read() -> None:
    assert twitchio.__version__ == "3.3.2"


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (Websocket, "connect", ["self", "url", "reconnect", "fail_once"]),
        (Websocket, "close", ["self", "cleanup", "reassociate"]),
        (Websocket, "_listen", ["self"]),
        (Websocket, "_process_keepalive", ["self"]),
        (Websocket, "_process_notification", ["self", "data"]),
        (Websocket, "_process_reconnect", ["self", "data"]),
        (Websocket, "_process_revocation", ["self", "data"]),
        (Websocket, "_process_welcome", ["self", "data"]),
        (ManagedHTTPClient, "request", ["self", "route"]),
        (twitchio.Client, "dispatch", ["self", "event", "payload"]),
    ],
)
def test_what_is_overridden_is_still_there(owner: Any, name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_every_subscription_is_one_of_twitchios() -> None:
    for wanted in WANTED:
        payload = getattr(eventsub, wanted.payload)(**wanted.condition("1", "2"))
        assert payload.type == wanted.type
        assert {key: value for key, value in payload.condition.items() if value} == wanted.condition("1", "2")


def test_the_listener_hands_each_kind_of_frame_to_the_parts_that_are_overridden() -> None:
    source = inspect.getsource(Websocket._listen)
    for kind in ("_process_welcome", "_process_reconnect", "_process_revocation", "_process_notification"):
        assert f"await self.{kind}(" in source
