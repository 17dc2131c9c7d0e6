"""Every setting, its kind, its bounds and its default; the comments of config.toml say what each one does."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    model_validator,
)
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


def _is_address(url: str) -> str:
    """A URL that can be connected to: it names a host, and if it names a port that is a number."""
    try:
        parts = urlsplit(url)
        wrong = bool(url) and (not parts.hostname or parts.port == 0)
    except ValueError:
        wrong = True
    if wrong or any(one.isspace() or not one.isprintable() for one in url):
        raise ValueError(
            f"it is written {url.partition(':')[0]}://HOST or {url.partition(':')[0]}://HOST:PORT"
        )
    return url


_ADDRESS = AfterValidator(_is_address)


def _are_networks(names: list[str]) -> list[str]:
    for name in names:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            raise ValueError(
                f'{name} is no address and no network: write "127.0.0.1" or "10.0.0.0/8"'
            ) from None
    return names


Networks = Annotated[list[str], NoDecode, BeforeValidator(_split), AfterValidator(_are_networks)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Twitch(Section):
    channel: Words = []
    url: Annotated[str, Field(pattern=r"^wss?://"), _ADDRESS] = "wss://irc-ws.chat.twitch.tv:443"
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
    url: Annotated[str, Field(pattern=r"^https?://"), _ADDRESS] = "https://live-open.biliapi.com"


class F5(Section):
    """The engine process has the same ones: bot.engine.f5.settings."""

    model: str = "F5TTS_v1_Base"
    architecture: Literal["", "F5TTS_v1_Base", "F5TTS_Base", "F5TTS_v1_Small", "F5TTS_Small"] = ""
    vocabulary: str = ""
    vocoder: str = ""
    hub: Annotated[str, Field(pattern=r"^(https?://.+)?$")] = ""
    cache: str = ""
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:[0-9]+)?)$")] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16", "int8"] = "auto"
    compile: Literal["auto", "on", "off"] = "auto"
    steps: int = Field(default=7, ge=1, le=128)
    cfg_strength: float = Field(default=2.0, ge=0, le=10)
    sway: float = Field(default=-1.0, ge=-1, le=1)
    seed: int = Field(default=0, ge=0, lt=2**63)
    pinned_reference: bool = False
    guided_steps: int = Field(default=0, ge=0, le=128)
    finished_megabytes: int = Field(default=64, ge=0, le=65_536)


class Engine(Section):
    name: Literal["auto", "f5", "espeak"] = "auto"
    url: Annotated[str, Field(pattern=r"^(https?://.*)?$"), _ADDRESS] = ""
    token: SecretStr = SecretStr("")
    model: str = "tts-1"
    start_timeout: float = Field(default=60, gt=0)
    answer_timeout: float = Field(default=20, gt=0)
    f5: F5 = F5()


class Speech(Section):
    voice: str = "mei"
    speed: float = Field(default=1.0, ge=0.5, le=2.0)
    pause: float = Field(default=0.25, ge=0, le=5)


class Audio(Section):
    output: Annotated[str, Field(pattern=r"^(device|browser|null|wav:.+)$")] = "device"
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
    paid_from: float = Field(default=0, ge=0)
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


class Web(Section):
    """The pages and the API."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(default=8765, ge=0, le=65_535)
    hosts: Words = []
    trusted_proxies: Networks = []
    token: SecretStr = SecretStr("")
    moderator_token: SecretStr = SecretStr("")
    overlay_token: SecretStr = SecretStr("")
    overlay_css: str = ""
    jitter: float = Field(default=0.06, ge=0.02, le=2)

    @property
    def fault(self) -> str:
        """A sentence on how strangers could get in; "" if they cannot."""
        given = {
            "web.token": self.token.get_secret_value(),
            "web.moderator_token": self.moderator_token.get_secret_value(),
            "web.overlay_token": self.overlay_token.get_secret_value(),
        }
        if not given["web.token"]:
            if not _is_loopback(self.host):
                return (
                    f"web.host {self.host} lets others in: set web.token too (best as BOT_WEB__TOKEN, "
                    f"{_SHORTEST_TOKEN} characters or more), or use 127.0.0.1"
                )
            if self.hosts:
                return "web.hosts lets others in by name: set web.token too"
            if self.trusted_proxies:
                return "web.trusted_proxies lets others in by a proxy: set web.token too"
            if any(given.values()):
                return "web.moderator_token and web.overlay_token need web.token to be set too"
        tokens = {name: text for name, text in given.items() if text}
        for name, text in tokens.items():
            if len(text) < _SHORTEST_TOKEN:
                return f"{name} is too short: it needs {_SHORTEST_TOKEN} characters or more"
            if not text.isascii() or not text.isprintable() or " " in text:
                return f"{name} may hold ASCII letters, digits and signs alone"
        if len(set(tokens.values())) < len(tokens):
            return "web.token, web.moderator_token and web.overlay_token must differ"
        return ""


_SHORTEST_TOKEN = 12


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where settings came from. `file` is config.toml, or where one would be made; None: nowhere."""

    flags: Mapping[str, str] = field(repr=False)
    file: Path | None


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
    web: Web = Web()
    voices: Path = Path("voices")
    store: Path = Path("data/bot.sqlite3")
    logins: Path = Path("data/logins")
    record: str = ""
    view: Literal["auto", "live", "plain", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    _origin: Origin = PrivateAttr(default=Origin({}, None))

    @property
    def origin(self) -> Origin:
        return self._origin

    @model_validator(mode="after")
    def _lets_no_stranger_in(self) -> Self:
        if self.web.enabled and (fault := self.web.fault):
            raise ValueError(fault)
        return self
