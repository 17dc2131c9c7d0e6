"""Builds the sources that the settings name, and the ways to answer in their chats."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bot.config import Settings
from bot.messages import ChatEvent, ChatMessage, SourceState

if TYPE_CHECKING:
    from bot.sources.connection import Source
    from bot.sources.twitch_account import TwitchAccount


class PlatformError(Exception):
    """A platform cannot be had; the message is a sentence for the streamer."""


Answer = Callable[[str, ChatEvent], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Platform:
    """A chat to read. `answer` writes into it, and returns why it could not, or ""; None: it cannot.

    `malformed` is how much of what came in could not be read so far.
    """

    events: Callable[[], AsyncGenerator[ChatEvent | SourceState]]
    source: str = ""
    channel: str = ""
    answer: Answer | None = None
    malformed: Callable[[], int] = lambda: 0

    def is_of(self, event: ChatEvent) -> bool:
        return (event.source, event.channel) == (self.source, self.channel)


def kept(source: Source, answer: Answer | None = None) -> Platform:
    """A source with the loop that keeps it connected."""
    from bot.sources.connection import keep

    def malformed() -> int:
        return source.malformed if isinstance(source.malformed, int) else source.malformed.total()

    return Platform(lambda: keep(source), source.name, source.channel, answer, malformed)


def replay(recording: Path, speed: float, limit: int | None) -> Platform:
    from bot.sources.replay import Replay

    return kept(Replay(recording, speed=speed, limit=limit))


def live(settings: Settings) -> list[Platform]:
    """One for every channel and room that the settings name. Raises CredentialsError or PlatformError."""
    return [*_twitch(settings), *_bilibili(settings), *_bilibili_open(settings)]


def _twitch(settings: Settings) -> list[Platform]:
    twitch = settings.twitch
    account = _twitch_account(settings) if twitch.channel else None
    if account is None:
        from bot.sources.twitch_irc import TwitchIrc

        return [kept(TwitchIrc(channel, url=twitch.url)) for channel in twitch.channel]
    from bot.sources.twitch_eventsub import TwitchEventSub
    from bot.sources.twitch_replies import ReplyDropped, TwitchReplies

    def platform(channel: str) -> Platform:
        source = TwitchEventSub(channel, account, read_aloud_rewards=twitch.read_aloud_rewards or None)
        replies = TwitchReplies(channel, account)

        async def answer(text: str, event: ChatEvent) -> str:
            # Other events' ids are not a message's, which alone can be replied to.
            sent = await replies.send(text, event.id if isinstance(event, ChatMessage) else None)
            return sent.reason if isinstance(sent, ReplyDropped) else ""

        return kept(source, answer)

    return [platform(channel) for channel in twitch.channel]


def _twitch_account(settings: Settings) -> TwitchAccount | None:
    """The login to Twitch, if there is one."""
    from bot.credentials import Credentials

    logins = Credentials(settings.logins)
    if not settings.twitch.client_id or not logins.load("twitch"):
        return None
    from bot.sources.twitch_account import TwitchAccount

    return TwitchAccount(settings.twitch.client_id, logins)


@contextmanager
def _bilibili_extra() -> Iterator[None]:
    """What Bilibili needs may be missing: it is an extra of the package."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise PlatformError(f'Bilibili needs {error.name}: pip install "chat-aloud[bilibili]"') from None


def _bilibili(settings: Settings) -> list[Platform]:
    bilibili = settings.bilibili
    if not bilibili.room:
        return []
    from bot.credentials import Credentials

    with _bilibili_extra():
        from bot.sources.bilibili import USER_AGENT, Bilibili
        from bot.sources.bilibili_account import BilibiliLogin
        from bot.sources.bilibili_reply import BilibiliReplies

    login = BilibiliLogin.from_header(bilibili.cookies.get_secret_value()) or BilibiliLogin.from_values(
        Credentials(settings.logins).load("bilibili")
    )
    agent = bilibili.user_agent or USER_AGENT

    def platform(room: str) -> Platform:
        if login is None:
            return kept(Bilibili(room, user_agent=agent, gift_window=bilibili.gift_window))
        replies = BilibiliReplies(
            login, room, user_agent=agent, length=bilibili.reply_length, gap=bilibili.reply_gap
        )

        async def answer(text: str, event: ChatEvent) -> str:
            return (await replies.send(text)).problem

        source = Bilibili(
            room, user_agent=agent, login=login, gift_window=bilibili.gift_window, own=replies.own
        )
        return kept(source, answer)

    return [platform(room) for room in bilibili.room]


def _bilibili_open(settings: Settings) -> list[Platform]:
    given = settings.bilibili_open
    if not given.code.get_secret_value():
        return []
    with _bilibili_extra():
        from bot.sources.bilibili_open import BilibiliOpen

    source = BilibiliOpen(
        code=given.code, app_id=given.app_id, key_id=given.key_id, key_secret=given.key_secret, url=given.url
    )
    return [kept(cast("Source", source))]
