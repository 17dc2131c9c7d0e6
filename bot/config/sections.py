"""Every setting, its kind, its bounds and its default; the comments of config.toml say what each one does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "BOT_"  # of every setting in the environment


def _split(value: object) -> object:
    """Lets a list be written "a, b" in the environment and on the command line, and ids as numbers."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list):
        return [_id(one) for one in value]
    return [_id(value)] if _id(value) is not value else value


def _id(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _split_pairs(value: object) -> object:
    """Lets a table be written "a=b, c=d" there."""
    if not isinstance(value, str):
        return value
    pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
    if any(not equals for _, equals, _ in pairs):
        raise ValueError('it is written "name=value, name=value"')
    return {name.strip(): wanted.strip() for name, _, wanted in pairs}


Words = Annotated[list[str], NoDecode, BeforeValidator(_split)]


Value = TypeVar("Value")
Pairs = Annotated[dict[str, Value], NoDecode, BeforeValidator(_split_pairs)]


Roles = Annotated[
    list[Literal["broadcaster", "moderator", "vip", "subscriber", "follower"]],
    NoDecode,
    BeforeValidator(_split),
]
Languages = Annotated[list[Literal["zh", "en", "ja", "ko", "ru", "other"]], NoDecode, BeforeValidator(_split)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Twitch(Section):
    channel: Words = []
    url: Annotated[str, Field(pattern=r"^wss?://")] = "wss://irc-ws.chat.twitch.tv:443"
    client_id: str = ""
    read_aloud_rewards: Words = []


class Bilibili(Section):
    room: Words = []
    user_agent: str = ""
    cookies: SecretStr = SecretStr("")
    gift_window: float = Field(default=3, ge=0, le=60)
    reply_length: int = Field(default=20, ge=2, le=200)
    reply_gap: float = Field(default=3, ge=1)


class BilibiliOpen(Section):
    code: SecretStr = SecretStr("")
    app_id: int = Field(default=0, ge=0)
    key_id: str = ""
    key_secret: SecretStr = SecretStr("")
    url: Annotated[str, Field(pattern=r"^https?://")] = "https://live-open.biliapi.com"


class Engine(Section):
    name: Literal["espeak"] = "espeak"
    url: Annotated[str, Field(pattern=r"^(https?://.+)?$")] = ""
    token: SecretStr = SecretStr("")
    model: str = "tts-1"
    start_timeout: float = Field(default=60, gt=0)
    answer_timeout: float = Field(default=20, gt=0)


class Speech(Section):
    voice: str = "mei"
    speed: float = Field(default=1.0, ge=0.5, le=2.0)
    pause: float = Field(default=0.25, ge=0, le=5)


class Audio(Section):
    output: Annotated[str, Field(pattern=r"^(device|null|wav:.+)$")] = "device"
    device: str = ""
    latency: float = Field(default=0.07, ge=0.01, le=2)
    volume: float = Field(default=1.0, ge=0, le=1)
    loudness: float = Field(default=-20, ge=-40, le=-10)


class Queue(Section):
    seconds: float = Field(default=60, gt=0, le=3600)
    length: int = Field(default=200, ge=1, le=10_000)
    max_age: float = Field(default=120, gt=0)
    hold: float = Field(default=0, ge=0, le=60)
    fastest: float = Field(default=1.25, ge=1, le=2)


class Chat(Section):
    command_prefix: str = "!"
    max_length: int = Field(default=300, ge=1, le=5000)
    language: Literal["auto", "zh", "en"] = "auto"
    links: Literal["word", "domain", "drop"] = "word"
    link: str = "link"
    link_zh: str = "链接"
    emotes: Literal["drop", "name", "first"] = "drop"
    emoji: Literal["drop", "name"] = "drop"
    repeats: int = Field(default=3, ge=1, le=20)
    lexicon: str = ""


class Rules(Section):
    ignore: Words = []
    bots: Words = ["standard"]
    roles: Roles = []
    guard_level: int = Field(default=0, ge=0, le=3)
    medal_level: int = Field(default=0, ge=0)
    account_level: int = Field(default=0, ge=0)
    paid_only: bool = False
    staff_pass: bool = True
    bot_replies: bool = True
    bot_lines: bool = True
    more_bot_lines: Words = []
    shortest: int = Field(default=0, ge=0)
    longest: int = Field(default=2000, ge=1, le=10_000)
    shortest_seconds: float = Field(default=0, ge=0)
    longest_seconds: float = Field(default=0, ge=0)
    links: Literal["allow", "refuse"] = "allow"
    emotes_only: bool = True
    most_emotes: int = Field(default=0, ge=0)
    kaomoji_only: bool = True
    repeats: int = Field(default=5, ge=0)
    languages: Languages = []
    cooldown: float = Field(default=0, ge=0)
    same_viewer: float = Field(default=30, ge=0)
    same_words: float = Field(default=10, ge=0)
    share: float = Field(default=0.5, ge=0, le=1)
    share_of: float = Field(default=120, gt=0)
    blocklist: Path = Path("blocklist.txt")
    blocked: Words = []
    allowed: Words = []


def _fills(*fields: str) -> AfterValidator:
    """A template may name these fields and no others."""

    def check(template: str) -> str:
        wrong = [field for field in re.findall(r"\{([^{}]*)\}", template) if field not in fields]
        if wrong:
            known = ", ".join(f"{{{field}}}" for field in fields)
            raise ValueError(f"there is no {{{wrong[0]}}} here, only {known}")
        return template

    return AfterValidator(check)


class Templates(Section):
    message: Annotated[str, _fills("name", "text")] = "{text}"
    cheer: Annotated[str, _fills("name", "text", "amount")] = "{name}: {text}"
    super_chat: Annotated[str, _fills("name", "text", "amount")] = "{name}: {text}"
    redemption: Annotated[str, _fills("name", "text", "reward")] = "{name}: {text}"
    gift: Annotated[str, _fills("name", "gift", "count", "amount")] = "{name}: {count} {gift}"
    subscription: Annotated[str, _fills("name", "months", "tier", "text", "amount")] = (
        "{name} subscribed, month {months}. {text}"
    )
    raid: Annotated[str, _fills("name", "viewers")] = "{name} raids with {viewers} viewers"
    follow: Annotated[str, _fills("name")] = ""
    entry: Annotated[str, _fills("name")] = ""
    like: Annotated[str, _fills("name", "count")] = ""
    share: Annotated[str, _fills("name")] = ""
    announcement: Annotated[str, _fills("name", "text")] = ""
    live: Annotated[str, _fills("text")] = ""
    ended: Annotated[str, _fills("text")] = ""
    warning: Annotated[str, _fills("text")] = "{text}"
    cut_off: Annotated[str, _fills("text")] = "{text}"
    crowd: Annotated[str, _fills("count", "text")] = "{count} people: {text}"
    skipped: Annotated[str, _fills("count")] = ""


class Viewers(Section):
    """Which voice speaks for whom; "" is `speech.voice`."""

    voices: Literal["own", "same"] = "own"
    broadcaster: str = ""
    moderator: str = ""
    vip: str = ""
    subscriber: str = ""
    paid: str = ""
    event: str = ""
    inline: bool = True


class Commands(Section):
    answer: bool = False
    cooldown: float = Field(default=3, ge=0)
    aliases: Pairs[str] = {}
    roles: Pairs[Literal["everyone", "subscriber", "vip", "moderator", "broadcaster", "nobody"]] = {}


class Settings(BaseSettings):
    """Every setting; the comments of config.toml say what each one does."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    twitch: Twitch = Twitch()
    bilibili: Bilibili = Bilibili()
    bilibili_open: BilibiliOpen = BilibiliOpen()
    engine: Engine = Engine()
    speech: Speech = Speech()
    audio: Audio = Audio()
    queue: Queue = Queue()
    chat: Chat = Chat()
    rules: Rules = Rules()
    templates: Templates = Templates()
    viewers: Viewers = Viewers()
    commands: Commands = Commands()
    voices: Path = Path("voices")
    store: Path = Path("data/bot.sqlite3")
    logins: Path = Path("data/logins")
    record: str = ""
    view: Literal["auto", "live", "plain", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
