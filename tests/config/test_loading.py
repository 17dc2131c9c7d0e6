"""Every sentence that a wrong setting earns, which source wins, and that config.toml tells the truth."""

# ruff: noqa: E501 (a sentence is easier to compare when it stands on one line)

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings, SettingsError, keys, load_settings

ROOT = Path(__file__).parents[2]
SECRET = "hunter2-" + "x" * 8


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def sentence(flags: dict[str, str], file: Path | None) -> str:
    """The error's sentence, with the file's own path shortened to FILE."""
    with pytest.raises(SettingsError) as error:
        load_settings(flags, file)
    said = str(error.value)
    assert "\n" not in said
    return said.replace(str(file), "FILE") if file else said


# ------------------------------------------------------------------ what a file can have wrong

FILES: list[tuple[str, str]] = [
    # unknown keys
    ("[twitch]\nchanel = 'x'", "FILE: twitch.chanel (value: 'x') is not a setting; did you mean \"twitch.channel\"?"),
    ("[audio]\nlatncy = 1", "FILE: audio.latncy (value: 1) is not a setting; did you mean \"audio.latency\"?"),
    ("[speech]\nvolume = 1", "FILE: speech.volume (value: 1) is not a setting; did you mean \"audio.volume\"?"),
    ("veiw = 'plain'", "FILE: veiw (value: 'plain') is not a setting; did you mean \"view\"?"),
    ("[templats]\ngift = ''", "FILE: templats (a section) is not a setting; did you mean \"templates\"?"),
    ("zzz = 1", "FILE: zzz (value: 1) is not a setting; config.toml lists them all"),
    # a section is no value, and a value no section
    ("audio = 3", "FILE: audio is a section, written [audio], not a value such as 3"),
    ("[[twitch]]\nchannel = 'x'", "FILE: twitch is a section, written [twitch], not a value such as [{'channel': 'x'}]"),
    ("[templates.gift]\na = 1", "FILE: templates.gift cannot be {'a': 1}: input should be a valid string"),
    # wrong types and ranges
    ("[queue]\nlength = 'x'", "FILE: queue.length cannot be 'x': input should be a valid integer, unable to parse string as an integer"),
    ("[queue]\nlength = 0", "FILE: queue.length cannot be 0: input should be greater than or equal to 1"),
    ("[queue]\nmax_age = nan", "FILE: queue.max_age cannot be nan: input should be greater than 0"),
    ("[audio]\nlatency = nan", "FILE: audio.latency cannot be nan: input should be less than or equal to 2"),
    ("[speech]\nspeed = 9", "FILE: speech.speed cannot be 9: input should be less than or equal to 2"),
    ("[twitch]\nchannel = true", "FILE: twitch.channel cannot be True: input should be a valid list"),
    ("[rules]\nignore = [1.5]", "FILE: rules.ignore cannot be 1.5: input should be a valid string"),
    ("[chat]\nignore = []", "FILE: chat.ignore (value: []) is not a setting; did you mean \"rules.ignore\"?"),
    ("[rules]\nroles = ['king']", "FILE: rules.roles cannot be 'king': input should be 'broadcaster', 'moderator', 'vip', 'subscriber' or 'follower'"),
    ("[rules]\nlanguages = 'zh, fr'", "FILE: rules.languages cannot be 'fr': input should be 'zh', 'en', 'ja', 'ko', 'ru' or 'other'"),
    ("[commands]\nroles = {skip = 'king'}", "FILE: commands.roles.skip cannot be 'king': input should be 'everyone', 'subscriber', 'vip', 'moderator', 'broadcaster' or 'nobody'"),
    ("voices = 3", "FILE: voices cannot be 3: input is not a valid path for <class 'pathlib.Path'>"),
    ("view = 'tv'", "FILE: view cannot be 'tv': input should be 'auto', 'live', 'plain' or 'json'"),
    ("[engine]\nname = 'f6'", "FILE: engine.name cannot be 'f6': input should be 'auto', 'f5' or 'espeak'"),
    ("[engine.f5]\nsteps = 0", "FILE: engine.f5.steps cannot be 0: input should be greater than or equal to 1"),
    ("[engine.f5]\nstep = 7", "FILE: engine.f5.step (value: 7) is not a setting; did you mean \"engine.f5.steps\"?"),
    ("[engine]\nf5 = 3", "FILE: engine.f5 is a section, written [engine.f5], not a value such as 3"),
    ("[engine.f5]\ndevice = 'gpu'", "FILE: engine.f5.device cannot be 'gpu': it is \"auto\", \"cpu\", \"cuda\" or \"cuda:0\""),
    ("[engine.f5]\nhub = 'mirror'", "FILE: engine.f5.hub cannot be 'mirror': it begins with http:// or https://"),
    # patterns
    ("[audio]\noutput = 'mp3:x'", 'FILE: audio.output cannot be \'mp3:x\': it is "device", "null" or "wav:FILE"'),
    ("[audio]\noutput = 'wav:'", 'FILE: audio.output cannot be \'wav:\': it is "device", "null" or "wav:FILE"'),
    ("[twitch]\nurl = 'http://x'", "FILE: twitch.url cannot be 'http://x': it begins with wss:// or ws://"),
    ("[engine]\nurl = 'x:80'", "FILE: engine.url cannot be 'x:80': it begins with http:// or https://"),
    # templates
    ("[templates]\nmessage = '{nam} x'", "FILE: templates.message cannot be '{nam} x': there is no {nam} here, only {name}, {text}"),
    ("[templates]\nraid = '{0.__class__}'", "FILE: templates.raid cannot be '{0.__class__}': there is no {0.__class__} here, only {name}, {viewers}"),
    ("[templates]\nraid = '{}'", "FILE: templates.raid cannot be '{}': there is no {} here, only {name}, {viewers}"),
    ("[templates]\nmessage = '{name!r}'", "FILE: templates.message cannot be '{name!r}': there is no {name!r} here, only {name}, {text}"),
    # long values are not repeated in full
    (f"view = '{'v' * 99}'", f"FILE: view cannot be '{'v' * 56}...: input should be 'auto', 'live', 'plain' or 'json'"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "said"), FILES, ids=[written for written, _ in FILES])
def test_a_wrong_file(written: str, said: str, config: Path) -> None:
    config.write_text(written)
    assert sentence({}, config) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"a = ", "FILE is not valid TOML: Invalid value (at end of document)"),
        (b"[twitch\n", "FILE is not valid TOML: Expected ']' at the end of a table declaration (at line 1, column 8)"),
        (b"view = 'plain'\nview = 'json'\n", "FILE is not valid TOML: Cannot overwrite a value (at line 2, column 14)"),
        (b"\xff\xfev\x00", "FILE is not UTF-8 text: save it as UTF-8"),
        (b"record = '\xe4'", "FILE is not UTF-8 text: save it as UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_toml(written: bytes, said: str, config: Path) -> None:
    config.write_bytes(written)
    assert sentence({}, config) == said


@pytest.mark.parametrize("bomb", ["a = " + "[" * 5000, "a = " + "9" * 5000], ids=["nested", "digits"])
def test_a_file_that_breaks_the_parser(bomb: str, config: Path) -> None:
    config.write_text(bomb)
    assert sentence({}, config).startswith("FILE is not valid TOML: ")


def test_a_file_that_is_not_there(config: Path) -> None:
    assert sentence({}, config) == "FILE cannot be read: No such file or directory"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert sentence({}, tmp_path) == "FILE cannot be read: Is a directory"


def test_a_byte_order_mark_means_nothing(config: Path) -> None:
    config.write_bytes("\ufeffview = 'json'\r\n[twitch]\r\nchannel = '主播'\r\n".encode())
    settings = load_settings({}, config)
    assert (settings.view, settings.twitch.channel) == ("json", ["主播"])


def test_an_empty_file_is_the_defaults(config: Path) -> None:
    config.write_text("")
    assert load_settings({}, config).model_dump() == Settings().model_dump()


# ------------------------------------------------------------------ flags and the environment


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"twitch.chanel": "x"}, "--twitch.chanel (value: 'x') is not a setting; did you mean \"--twitch.channel\"?"),
        ({"chanel": "x"}, "--chanel (value: 'x') is not a setting; did you mean \"--twitch.channel\"?"),
        ({"twitch": "x"}, "--twitch (value: 'x') is not a setting; it is a section of settings such as \"--twitch.channel\""),
        ({"qqqqq": "x"}, "--qqqqq (value: 'x') is not a setting; config.toml lists them all"),
        ({"view": "tv"}, "--view cannot be 'tv': input should be 'auto', 'live', 'plain' or 'json'"),
        ({"audio.volume": "2"}, "--audio.volume cannot be '2': input should be less than or equal to 1"),
        ({"audio.volume": "loud"}, "--audio.volume cannot be 'loud': input should be a valid number, unable to parse string as a number"),
        ({"templates.raid": "{nobody}"}, "--templates.raid cannot be '{nobody}': there is no {nobody} here, only {name}, {viewers}"),
    ],
)  # fmt: skip
def test_a_wrong_flag(flags: dict[str, str], said: str) -> None:
    assert sentence(flags, None) == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BOT_TWITCH__CHANEL", "x", "BOT_TWITCH__CHANEL (value: 'x') is not a setting; did you mean \"BOT_TWITCH__CHANNEL\"?"),
        ("BOT_TWITCH_CHANNEL", "x", "BOT_TWITCH_CHANNEL (value: 'x') is not a setting; did you mean \"BOT_TWITCH__CHANNEL\"?"),
        ("bot_twitch__chanel", "x", "bot_twitch__chanel (value: 'x') is not a setting; did you mean \"BOT_TWITCH__CHANNEL\"?"),
        ("BOT_TWITCH", "{}", "BOT_TWITCH (value: '{}') is not a setting; it is a section of settings such as \"BOT_TWITCH__CHANNEL\""),
        ("BOT_QQQQQ", "x", "BOT_QQQQQ (value: 'x') is not a setting; config.toml lists them all"),
        ("BOT_QUEUE__LENGTH", "many", "BOT_QUEUE__LENGTH cannot be 'many': input should be a valid integer, unable to parse string as an integer"),
        ("bot_queue__length", "0", "bot_queue__length cannot be '0': input should be greater than or equal to 1"),
        ("BOT_ENGINE__URL", "localhost:80", "BOT_ENGINE__URL cannot be 'localhost:80': it begins with http:// or https://"),
    ],
)  # fmt: skip
def test_a_wrong_variable(name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert sentence({}, None) == said


def test_the_blame_is_on_whoever_won(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("[queue]\nlength = 'file'")
    assert sentence({}, config).startswith("FILE: queue.length cannot be 'file'")
    monkeypatch.setenv("BOT_QUEUE__LENGTH", "environment")
    assert sentence({}, config).startswith("BOT_QUEUE__LENGTH cannot be 'environment'")
    assert sentence({"queue.length": "flag"}, config).startswith("--queue.length cannot be 'flag'")


def test_flags_win_over_the_environment_and_that_over_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[queue]\nlength = 1\nmax_age = 1\n[audio]\nvolume = 0.1\nlatency = 0.5")
    monkeypatch.setenv("BOT_QUEUE__LENGTH", "2")
    monkeypatch.setenv("BOT_AUDIO__VOLUME", "0.2")
    settings = load_settings({"audio.volume": "0.3"}, config)
    assert settings.queue.max_age == 1  # the file, beside its section's other key in the environment
    assert settings.queue.length == 2
    assert settings.audio.volume == 0.3
    assert settings.audio.latency == 0.5
    assert settings.audio.device == ""


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("a, b", ["a", "b"]),
        ("a", ["a"]),
        ("", []),
        (" , ,", []),
        ("小明,b c ,", ["小明", "b c"]),
        ("[x", ["[x"]),
    ],
)
def test_a_list_in_the_environment_and_in_a_flag(
    written: str, names: list[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[rules]\nignore = ['file']")
    assert load_settings({"rules.ignore": written}, config).rules.ignore == names
    monkeypatch.setenv("BOT_RULES__IGNORE", written)
    assert load_settings({}, config).rules.ignore == names


@pytest.mark.parametrize(
    ("written", "rooms"),
    [("22625025", ["22625025"]), ("[22625025, 6]", ["22625025", "6"]), ("'6, 7'", ["6", "7"]), ("[]", [])],
)
def test_ids_may_be_numbers(written: str, rooms: list[str], config: Path) -> None:
    config.write_text(f"[bilibili]\nroom = {written}")
    assert load_settings({}, config).bilibili.room == rooms


@pytest.mark.parametrize(
    ("written", "pairs"),
    [
        ("stimme=voice", {"stimme": "voice"}),
        (" stimme = voice , 说 = voice,", {"stimme": "voice", "说": "voice"}),
        ("", {}),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_a_table_in_the_environment_and_in_a_flag(
    written: str, pairs: dict[str, str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[commands]\naliases = {file = 'skip'}")
    assert load_settings({"commands.aliases": written}, config).commands.aliases == pairs
    monkeypatch.setenv("BOT_COMMANDS__ALIASES", written)
    assert load_settings({}, config).commands.aliases == pairs


def test_paths_in_the_file_begin_where_it_lies(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("voices = 'my voices'\nstore = '/var/bot.sqlite3'")
    settings = load_settings({}, config)
    assert settings.voices == config.parent / "my voices"
    assert settings.store == Path("/var/bot.sqlite3")
    monkeypatch.setenv("BOT_STORE", "here.sqlite3")
    settings = load_settings({"voices": "there"}, config)
    assert (settings.voices, settings.store) == (Path("there"), Path("here.sqlite3"))


def test_the_variable_that_names_the_file_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_CONFIG", "/elsewhere.toml")
    monkeypatch.setenv("ROBOT_TWITCH__CHANEL", "another program's")
    assert load_settings({}, None).model_dump() == Settings().model_dump()


@pytest.mark.parametrize("key", list(keys()))
def test_every_setting_is_a_flag_and_a_variable(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes its own default, written as text, and refuses to be forgotten."""
    default: object = Settings()
    for part in key.split("."):
        default = getattr(default, part)
    if isinstance(default, dict):
        written = ",".join(f"{name}={value}" for name, value in default.items())
    elif isinstance(default, list):
        written = ",".join(default)
    else:
        written = str(getattr(default, "_secret_value", default))
    assert load_settings({key: written}, None).model_dump() == Settings().model_dump()
    monkeypatch.setenv("BOT_" + key.upper().replace(".", "__"), written)
    assert load_settings({}, None).model_dump() == Settings().model_dump()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings({}, None).audio.volume = 0.5


# ------------------------------------------------------------------ the token


def test_the_token_is_never_shown(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(f"[engine]\ntoken = '{SECRET}'")
    settings = load_settings({}, config)
    assert settings.engine.token.get_secret_value() == SECRET
    assert (
        SECRET not in repr(settings) + str(settings) + str(settings.model_dump()) + settings.model_dump_json()
    )


@pytest.mark.parametrize(
    "written",
    [f"[engine.token]\nx = '{SECRET}'", f"[engine]\ntoken = ['{SECRET}']",
     f"[engine]\ntokn = '{SECRET}'", f"[engin]\ntoken = '{SECRET}'",
     f"token = '{SECRET}'", f"[engine]\ntoken = '{SECRET}'\n[queue]\nlength = 'x'",
     f"[engine]\ntoken = '{SECRET}"],
)  # fmt: skip
def test_no_sentence_about_a_file_shows_the_token(written: str, config: Path) -> None:
    config.write_text(written)
    assert SECRET not in sentence({}, config)


@pytest.mark.parametrize("name", ["BOT_ENGINE_TOKEN", "BOT_TOKEN", "BOT_ENGINE__TOKN", "BOT_ENGINETOKEN"])
def test_no_sentence_about_a_variable_shows_the_token(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, SECRET)
    said = sentence({}, None)
    assert said == f'{name} (value: **********) is not a setting; did you mean "BOT_ENGINE__TOKEN"?'


def test_a_token_in_a_misspelt_section_is_not_shown(config: Path) -> None:
    config.write_text(f"[engin]\ntokn = '{SECRET}'")
    assert sentence({}, config) == 'FILE: engin (a section) is not a setting; did you mean "engine"?'


SECRETS = ["engine.token", "bilibili.cookies", "bilibili_open.code", "bilibili_open.key_secret"]


@pytest.mark.parametrize("key", SECRETS)
def test_no_secret_is_ever_shown(key: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section, name = key.split(".")
    for written in (
        f"[{section}]\n{name}s = '{SECRET}'",
        f"[{section}]\n{name} = ['{SECRET}']",
        f"[{section}.{name}]\nx = '{SECRET}'",
        f"[[{section}]]\n{name} = '{SECRET}'",
        f"[{section}x]\n{name} = '{SECRET}'",
        f"{name} = '{SECRET}'",
    ):
        config.write_text(written)
        assert SECRET not in sentence({}, config)
    for flag in (name, f"{section}.{name[:-1]}", f"{section}.x{name}"):
        assert SECRET not in sentence({flag: SECRET}, None)
    variable = f"BOT_{section}_{name}".upper()
    monkeypatch.setenv(variable, SECRET)
    assert SECRET not in sentence({}, None)
    monkeypatch.delenv(variable)
    settings = load_settings({key: SECRET}, None)
    assert SECRET not in repr(settings) + str(settings.model_dump()) + settings.model_dump_json()


def test_no_sentence_about_a_flag_shows_the_token() -> None:
    assert SECRET not in sentence({"engine.tokens": SECRET}, None)
    assert SECRET not in sentence({"engine.token": SECRET, "queue.length": "x"}, None)


# ------------------------------------------------------------------ config.toml itself


def test_config_toml_is_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert load_settings({}, Path("config.toml")).model_dump() == Settings().model_dump()


def test_config_toml_has_every_setting_and_no_other() -> None:
    known = set(keys())

    def flat(table: dict[str, Any], prefix: str = "") -> set[str]:
        found: set[str] = set()
        for name, value in table.items():
            is_section = isinstance(value, dict) and prefix + name not in known
            found |= flat(value, f"{prefix}{name}.") if is_section else {prefix + name}
        return found

    assert flat(tomllib.loads((ROOT / "config.toml").read_text())) == known


def test_config_toml_says_what_every_setting_does() -> None:
    """By a comment behind it; a line of [templates] may leave that to the section's own."""
    section, commented, bare = "", False, []
    for line in (ROOT / "config.toml").read_text().splitlines():
        code, _, comment = line.partition(" # ")
        if match := re.match(r"\[(\w+)\]", code):
            section, commented = match[1] + ".", bool(comment)
        elif (match := re.match(r"(\w+) = ", code)) and not (comment or commented):
            bare.append(section + match[1])
    assert bare == []


def test_f5_files_beside_the_file_or_on_the_hub(config: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.pt").touch()
    config.write_text("[engine.f5]\nmodel = 'mine.pt'\nvocabulary = 'owner/name/vocab.txt'\ncache = '/cache'")
    f5 = load_settings({"engine.f5.steps": "12"}, config).engine.f5
    assert f5.model == str(config.parent / "mine.pt")
    assert (f5.vocabulary, f5.cache, f5.steps) == ("owner/name/vocab.txt", "/cache", 12)


def test_f5_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_ENGINE__F5__PRECISION", "fp32")
    assert load_settings({}, None).engine.f5.precision == "fp32"
    monkeypatch.setenv("BOT_ENGINE__F5__PRECISION", "fp8")
    with pytest.raises(SettingsError, match="BOT_ENGINE__F5__PRECISION cannot be 'fp8'"):
        load_settings({}, None)
