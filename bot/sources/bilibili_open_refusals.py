"""What the Open Live platform's error codes mean for the streamer, and which of them can heal.

SourceError
├── SourceDropped
│   └── OpenRefused             (of which kind a refusal is, `refusal` decides)
└── SourceFailed

Codes as in https://open-live.bilibili.com/document/ ("public error codes").
"""

from __future__ import annotations

from bot.sources.errors import SourceDropped, SourceFailed

CLOSED = frozenset({7000, 7003})  # the game has ended: start another
NOT_RUNNING = CLOSED

_PLATFORM = "Bilibili's Open Live platform"
_NOT_APPROVED = (
    "this app may not read this room (code {code}): until Bilibili has approved the app at "
    "open-live.bilibili.com it works only for the rooms that are entered there for testing, "
    "and bilibili_open.app_id must be the app's number"
)

# Only the streamer, or whoever owns the app, can mend these.
_FAILED = {
    4000: f"{_PLATFORM} does not accept bilibili_open.code or bilibili_open.app_id (code 4000): check both",
    4001: f"{_PLATFORM} knows no such bilibili_open.key_id (code 4001): copy the access key id again",
    4002: (
        "bilibili_open.key_secret is not the secret of bilibili_open.key_id (code 4002): copy both again "
        "from open-live.bilibili.com"
    ),
    4007: (
        "the app accepts calls only from the addresses in its list, and this computer's is not there "
        "(code 4007): add it at open-live.bilibili.com"
    ),
    4008: _NOT_APPROVED,
    5004: _NOT_APPROVED,
    5005: "Bilibili has barred this room from the Open Live platform (code 5005): ask its support",
    7007: (
        "bilibili_open.code is not the streamer's identity code (code 7007): it is neither the room number "
        "nor the uid; copy it again from play-live.bilibili.com, where it also changes when it is renewed"
    ),
    8002: _NOT_APPROVED,
}

# These heal by themselves, or while the bot goes on trying.
_DROPPED = {
    4003: "this computer's clock is wrong by minutes (code 4003): set its date and time",
    4009: f"{_PLATFORM} asks for fewer calls (code 4009)",
    5000: f"{_PLATFORM} is in trouble (code 5000)",
    5001: f"{_PLATFORM} is in trouble (code 5001)",
    5002: f"{_PLATFORM} is in trouble (code 5002)",
    7001: "the last session of this app is being closed, which takes about 10 s (code 7001)",
    7002: (
        "this app already runs in this room (code 7002): close the other program; "
        "what a crash left behind ends within a minute"
    ),
    7010: (
        "this app already runs as often as it may in this room (code 7010): close its other copies; "
        "what a crash left behind ends within a minute"
    ),
}


class OpenRefused(SourceDropped):
    """The platform said no with `code`, and trying again can help."""

    def __init__(self, code: int, reason: str, *, at_once: bool = False) -> None:
        super().__init__(reason, at_once=at_once)
        self.code = code


def refusal(code: int) -> OpenRefused | SourceFailed:
    """What to raise for an answer with this code."""
    if code in CLOSED:
        return OpenRefused(code, f"{_PLATFORM} has closed the session (code {code})", at_once=True)
    if code in _FAILED:
        return SourceFailed(_FAILED[code].format(code=code))
    return OpenRefused(code, _DROPPED.get(code, f"{_PLATFORM} refused (code {code})"))
