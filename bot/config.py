"""config.toml, the environment and the command line -> Settings, or one sentence on what is wrong."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "BOT_"
CONFIG_FILE = PREFIX + "CONFIG"  # names another config.toml


class SettingsError(Exception):
    """A setting is unknown or has a wrong value; the message is one sentence for the streamer."""


def _split(value: object) -> object:
    """Lets a list be written "a, b" in the environment and on the command line."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _split_pairs(value: object) -> object:
    """Lets a table be written "a=b, c=d" there."""
    if not isinstance(value, str):
        return value
    pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
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
    latency: float = Field(default=0.1, ge=0.01, le=2)
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


def keys(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """Every setting's dotted key: "audio.latency", …"""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys(kind, f"{prefix}{name}.")
        else:
            yield prefix + name


def load_settings(flags: Mapping[str, str], file: Path | None) -> Settings:
    """Settings from `flags` (dotted key -> value), then the environment, then `file`.

    Raises SettingsError, whose sentence names the key, the value and the nearest valid key.
    """
    known = list(keys())
    for key, value in flags.items():
        if key not in known:
            raise SettingsError(_unknown(f"--{key}", key, value, known, "--{}"))
    for name, value in os.environ.items():
        key = name[len(PREFIX) :].lower().replace("__", ".")
        # In any case of letters: that is how pydantic-settings reads them.
        if name.upper().startswith(PREFIX) and name.upper() != CONFIG_FILE and key not in known:
            raise SettingsError(_unknown(name, key, value, known, "{}", _environment_name))
    written = _read(file) if file else {}

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, written)

    try:
        return Loaded(**_nest(flags))
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(_sentence(first, flags, file, known)) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        # A byte order mark is what Windows' editors put in front; it means nothing.
        written = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not UTF-8 text: save it as UTF-8") from None
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: a number of 5000 digits
        raise SettingsError(f"{file} is not valid TOML: {error}") from None
    places: list[tuple[Any, str]] = [(written, key) for key in _BESIDE_FILE]
    places += [(written.get("rules"), "blocklist"), (written.get("chat"), "lexicon")]
    for table, key in places:
        if isinstance(table, dict) and isinstance(table.get(key), str) and table[key]:
            table[key] = str(file.parent / table[key])
    return written


# Paths that the file gives are meant from where it lies, wherever the bot is started.
_BESIDE_FILE = ("voices", "store", "logins")


def _nest(flags: Mapping[str, str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in flags.items():
        *sections, last = key.split(".")
        place = nested
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return nested


def _environment_name(key: str) -> str:
    return PREFIX + key.upper().replace(".", "__")


def _in_environment(key: str) -> str:
    """The variable that sets `key`, as it is written there; "" if there is none."""
    return next((name for name in os.environ if name.upper() == _environment_name(key)), "")


def _unknown(
    written_as: str,
    key: str,
    value: object,
    known: list[str],
    form: str = "{}",
    rename: Callable[[str], str] = str,
) -> str:
    nearest = _nearest(key, known, form, rename)
    # A token under a misspelt name, or in a misspelt section, is a token still.
    shown = _HIDDEN if "token" in (key + nearest).lower() else _short(value)
    what = "a section" if isinstance(value, dict) else f"value: {shown}"
    return f"{written_as} ({what}) is not a setting; {nearest}"


def _nearest(key: str, known: list[str], form: str = "{}", rename: Callable[[str], str] = str) -> str:
    sections = {name.partition(".")[0] for name in known if "." in name}
    if key in sections:
        inside = next(name for name in known if name.startswith(key + "."))
        return f'it is a section of settings such as "{form.format(rename(inside))}"'
    last = key.rpartition(".")[2]
    # The right name in the wrong section is nearer than any misspelling.
    close = [name for name in known if name.rpartition(".")[2] == last][:1]
    close = close or difflib.get_close_matches(key, [*known, *sections], n=1, cutoff=0.6)
    if not close:
        by_last = {name.rpartition(".")[2]: name for name in reversed(known)}
        match = difflib.get_close_matches(last, list(by_last), n=1, cutoff=0.7)
        close = [by_last[match[0]]] if match else []
    if close:
        return f'did you mean "{form.format(rename(close[0]))}"?'
    return "config.toml lists them all"


def _sentence(error: ErrorDetails, flags: Mapping[str, str], file: Path | None, known: list[str]) -> str:
    key = ".".join(str(part) for part in error["loc"] if isinstance(part, str) and part[:1] != "[")
    base = next((name for name in known if key == name or key.startswith(name + ".")), key)
    if base in flags:
        place = f"--{base}"
    elif base in known and (name := _in_environment(base)):
        place = name
    else:
        place = f"{file or 'config'}: {key}"
    if error["type"] == "extra_forbidden":
        return _unknown(place, key, error["input"], known)
    value = _HIDDEN if base == "engine.token" else _short(error["input"])
    if error["type"] in ("model_type", "model_attributes_type"):
        return f"{place} is a section, written [{key}], not a value such as {value}"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "string_pattern_mismatch":
        message = _PATTERNS.get(base, message)
    return f"{place} cannot be {value}: {message[0].lower() + message[1:]}"


_PATTERNS = {
    "audio.output": 'it is "device", "null" or "wav:FILE"',
    "twitch.url": "it begins with wss:// or ws://",
    "engine.url": "it begins with http:// or https://",
}
_HIDDEN = "**********"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
