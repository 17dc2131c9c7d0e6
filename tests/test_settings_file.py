"""config.toml changed from the panel: comments kept, bytes given back, nothing wrong or hostile written."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.command_line.dispatch import parse
from bot.config import SettingsError, keys, load_settings
from bot.config.document import Unwritable, at, changed, comments
from bot.config.fields import FieldSpec, fields, value_of
from bot.config.sections import Origin
from bot.config.writing import ConfigFile, Plan, packaged_file
from bot.settings_live import SettingsLive

ROOT = Path(__file__).parent.parent
PACKAGED = (ROOT / "config.toml").read_bytes()
SECRET = "hunter2-hunter2-hunter2"

SMALL = b"[audio]\nvolume = 1.0  # loud\n\n[queue]\nlength = 3\n"
ODD = b"""\
# mine
audio.volume = 1.0
queue = {length = 3, seconds = 20.0}
'record' = 'C:\\evenings' # mine too
"view"="plain"

[rules] # who
ignore = [
  "a",  # the first
  # and then
  "b"
]
[engine.f5]   # fast
steps=5# five
[commands]
cooldown = 1.0
[commands.aliases] # words
stimme = "voice"
[chat]
# nothing yet
"""
FILES = {
    "packaged": PACKAGED,
    "small": SMALL,
    "odd": ODD,
    "windows": b"\xef\xbb\xbf" + PACKAGED.replace(b"\n", b"\r\n"),
    "empty": b"",
    "no end": b"[audio]\nvolume = 0.5",
}


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("BOT_"):
            monkeypatch.delenv(name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_bytes(PACKAGED)
    return path


def config_file(path: Path | None, **flags: str) -> ConfigFile:
    given = {key.replace("__", "."): value for key, value in flags.items()}
    return ConfigFile(Origin(given, path), wall=lambda: 1000.0)


def change(file: ConfigFile, changes: dict[str, Any]) -> tuple[str, ...]:
    plan = file.plan(changes)
    file.write(plan)
    return plan.changed


def undo(file: ConfigFile) -> None:
    file.write(file.plan_undo())


def words(content: bytes) -> list[str]:
    """Every comment, in order; no test has a # in a text."""
    return re.findall(r"#[^\r\n]*", content.decode("utf-8-sig"))


def refused(file: ConfigFile, changes: dict[str, Any]) -> tuple[str, str]:
    """(the key, the sentence), and that nothing has been written."""
    with pytest.raises(SettingsError) as error:
        file.plan(changes)
    assert "\n" not in str(error.value)
    return error.value.key, str(error.value)


# ------------------------------------------------------------------ what there is


def test_every_setting_has_a_kind_a_default_and_words() -> None:
    assert list(fields()) == list(keys())
    found = comments(PACKAGED)
    for key, spec in fields().items():
        assert spec.check(spec.default) == spec.default, key
        assert at(tomllib.loads(PACKAGED.decode()), key) is not None, key
        assert not (spec.kind == "secret" and spec.default), key
    assert found["audio.volume"] == "0.0 to 1.0"
    assert found["rules"].startswith("who and what is read")
    assert found["engine.f5.steps"].startswith("more sound better")
    assert "engine" not in comments(ODD)
    assert packaged_file() == ROOT / "config.toml"


def test_bounds_and_choices_are_the_models() -> None:
    volume, view = fields()["audio.volume"], fields()["view"]
    assert (volume.kind, volume.least, volume.most) == ("float", 0, 1)
    assert (view.kind, view.choices) == ("choice", ("auto", "live", "plain", "json"))
    assert fields()["commands.roles"].choices == (
        *("everyone", "subscriber", "vip", "moderator", "broadcaster", "nobody"),
    )
    assert {key for key, spec in fields().items() if spec.kind == "secret"} == {
        *("bilibili.cookies", "bilibili_open.code", "bilibili_open.key_secret", "engine.token"),
        *("web.token", "web.moderator_token", "web.overlay_token"),
    }


def test_what_is_shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(f'[engine]\ntoken = "{SECRET}"\n[audio]\nvolume = 0.5 # quiet\nlatency = 0.07\n')
    monkeypatch.setenv("BOT_SPEECH__SPEED", "1.5")
    view = config_file(path, audio__output="null").view()
    states = {state.spec.key: state for state in view.fields}
    assert (view.name, view.problem) == ("config.toml", "")
    assert SECRET not in repr(view)
    assert (states["engine.token"].value, states["engine.token"].origin) == ("set", "file")
    assert (states["web.token"].value, states["web.token"].origin) == ("", "default")
    assert (states["audio.volume"].value, states["audio.volume"].comment) == (0.5, "quiet")
    assert states["audio.latency"].origin == "default"  # it stands there, and is the default
    assert (states["audio.output"].value, states["audio.output"].origin) == ("null", "flag")
    assert (states["speech.speed"].value, states["speech.speed"].origin) == (1.5, "environment")
    assert states["voices"].value == "voices"  # as it is written, not where that is
    assert states["queue.length"].comment == "messages that may wait"  # the packaged file's words


# ------------------------------------------------------------------ how it is written


def test_one_line_changes_and_its_comment_keeps_its_column(path: Path) -> None:
    file = config_file(path)
    assert change(
        file, {"audio.volume": 0.25, "twitch.channel": ["one", "two"], "rules.ignore": ["x,y"]}
    ) == (*("twitch.channel", "audio.volume", "rules.ignore"),)
    before, after = PACKAGED.decode().splitlines(), path.read_text().splitlines()
    new = [line for line in after if line not in before]
    assert len(after) == len(before)
    assert [line[:29] for line in new] == [
        'channel = "one, two"         ',
        "volume = 0.25                ",
        'ignore = ["x,y"]             ',
    ]
    assert words(path.read_bytes()) == words(PACKAGED)
    loaded = load_settings({}, path)
    assert (loaded.twitch.channel, loaded.audio.volume, loaded.rules.ignore) == (
        ["one", "two"],
        0.25,
        ["x,y"],
    )


ADDED = [
    (SMALL, {"audio.latency": 0.1}, b"volume = 1.0  # loud\nlatency = 0.1\n\n[queue]"),
    (SMALL, {"view": "plain"}, b'view = "plain"\n\n[audio]\n'),
    (SMALL, {"engine.f5.steps": 3, "chat.link": "x"}, b'\n\n[engine.f5]\nsteps = 3\n\n[chat]\nlink = "x"\n'),
    (b"", {"engine.name": "f5"}, b'[engine]\nname = "f5"\n'),
    (
        ODD,
        {"audio.volume": 0.5, "queue.length": 9},
        b"audio.volume = 0.5\nqueue = {length = 9, seconds = 20.0}",
    ),
    (ODD, {"audio.latency": 0.5}, b"audio.volume = 1.0\naudio.latency = 0.5\n"),
    (ODD, {"rules.ignore": ["b", "c"]}, b'[\n  # and then\n  "b",\n  "c"\n]'),
    (
        ODD,
        {"commands.aliases": {"stimme": "skip", "x y": "voice"}},
        b'stimme = "skip"\n"x y" = "voice"\n[chat]',
    ),
    (ODD, {"engine.f5.steps": 12}, b"steps=12# five"),
    (ODD, {"engine.name": "f5"}, b']\n[engine]\nname = "f5"\n\n[engine.f5]   # fast\n'),
    (ODD, {"chat.link": "x"}, b'[chat]\nlink = "x"\n# nothing yet\n'),
    (ODD, {"record": None}, b"'record' = \"\""),
    (ODD, {"record": "a'b\"c\\d"}, b"'record' = \"a'b\\\"c\\\\d\""),
]


@pytest.mark.parametrize(
    ("content", "changes", "holds"), ADDED, ids=[str(changes) for _, changes, _ in ADDED]
)
def test_files_of_other_layouts(content: bytes, changes: dict[str, Any], holds: bytes) -> None:
    assert holds in changed(content, changes)


def test_the_default_where_nothing_is_written_writes_nothing(path: Path) -> None:
    file = config_file(path)
    assert change(file, {"audio.volume": None, "view": "auto"}) == ()
    assert (path.read_bytes(), file.undo) == (PACKAGED, None)
    path.unlink()
    assert change(config_file(path), {"audio.volume": None}) == ()
    assert not path.exists()


def test_back_to_the_default_keeps_the_line(path: Path) -> None:
    file = config_file(path)
    change(file, {"audio.volume": 0.5})
    change(file, {"audio.volume": None})
    assert path.read_bytes() == PACKAGED


def test_a_section_in_pieces_is_left_alone(path: Path) -> None:
    """Valid TOML that no editor of it writes rightly is either written rightly or not at all."""
    path.write_text("[engine.f5]\nsteps = 3\n[audio]\nvolume = 1.0\n[engine]\nname = 'f5' # why\n")
    file = config_file(path)
    change(file, {"engine.name": "espeak", "engine.f5.steps": 4, "engine.model": "m"})
    loaded = load_settings({}, path).engine
    assert (loaded.name, loaded.f5.steps, loaded.model) == ("espeak", 4, "m")
    assert "# why" in path.read_text()


# ------------------------------------------------------------------ any sequence, and back


def values(spec: FieldSpec) -> st.SearchStrategy[Any]:
    text = st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="#"), max_size=8
    )
    of = st.sampled_from(spec.choices) if spec.choices else text
    match spec.kind:
        case "bool":
            return st.booleans()
        case "int":
            return st.integers(int(spec.least or 0), int(min(spec.most or 9999, 2**63 - 1)))
        case "float":
            return st.floats(spec.least or 0.001, spec.most or 9999)
        case "choice":
            return of
        case "list":
            return st.lists(of, max_size=3, unique=True)
        case "table":
            return st.dictionaries(text, of, max_size=3)
    return text


FREE = [key for key, spec in fields().items() if spec.kind != "secret" and not key.startswith("web.")]
SETTING = st.sampled_from(FREE).flatmap(
    lambda key: st.tuples(st.just(key), st.none() | values(fields()[key]))
)
CHANGES = st.dictionaries(st.just(""), st.none(), max_size=0) | st.lists(SETTING, min_size=1, max_size=4).map(
    dict
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(list(FILES)), sequence=st.lists(CHANGES, min_size=1, max_size=5))
def test_any_changes_and_back(tmp_path: Path, name: str, sequence: list[dict[str, Any]]) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(FILES[name])
    file = config_file(path)
    stages = [FILES[name]]
    for changes in sequence:
        try:
            plan = file.plan(changes)
        except SettingsError:  # a pattern, or a template's field
            assert path.read_bytes() == stages[-1]
            continue
        file.write(plan)
        content = path.read_bytes()
        kept = words(content)
        # The comments of a line that goes may go with it: of a list's or a table's entries alone.
        assert [one for one in words(FILES[name]) if one not in ("# the first", "# and then")] == [
            one for one in kept if one not in ("# the first", "# and then")
        ]
        assert (b"\r\n" in content) == (b"\r\n" in stages[-1])
        loaded = load_settings({}, path)
        assert loaded.model_dump() == plan.settings.model_dump()
        view = {state.spec.key: state.value for state in file.view().fields}
        for key, value in changes.items():
            wanted = fields()[key].default if value is None else value
            assert trimmed(view[key]) == trimmed(wanted), key
        if content != stages[-1]:
            stages.append(content)
    for content in reversed(stages[:-1]):
        undo(file)
        assert path.read_bytes() == content
    with pytest.raises(Unwritable, match="nothing to undo"):
        file.plan_undo()


def trimmed(value: Any) -> Any:
    """As the models read texts: without spaces at their ends; a path without what is of no use in it."""
    match value:
        case str():
            return str(Path(value.strip())) if value.strip() not in ("", ".") else "."
        case list():
            return [trimmed(one) for one in value]
        case dict():
            return {trimmed(name): trimmed(one) for name, one in value.items()}
    return value


TRICKS = [
    'x"\n[web]\nhost = "0.0.0.0"', '"""', "'''", 'a" # b', "\\", "\\u0000", "]", "}", "= 1", "[rules]",
    "a.b", "${HOME}", "%s", "{name.__class__}", "\x00", "\x1b[2J", "\r\n", "\t", "\x7f", "\x85", "\u2028",
    "\ud800", "\u202e", "\ufeff", "𝕏", "x" * 100_000, "é" * 3999,
]  # fmt: skip
HOSTILE = st.sampled_from(TRICKS) | st.text(max_size=20) | st.lists(st.sampled_from(TRICKS[:23])).map("".join)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=HOSTILE,
    key=st.sampled_from(["chat.link", "speech.voice", "record", "audio.device", "bilibili.cookies"]),
)
def test_hostile_texts_are_refused_or_come_back_exactly(path: Path, text: str, key: str) -> None:
    for name, value in (
        (key, text),
        ("rules.ignore", ["a", text]),
        ("commands.aliases", {text: "voice"}),
        ("commands.aliases", {"a": text}),
    ):
        file = config_file(path)
        plan = tried(file, {name: value})
        if isinstance(plan, SettingsError):
            assert plan.key == name
            assert len(str(plan)) < 400
            assert text not in str(plan) or len(text) < 61
            continue
        assert plan.settings.web.host == "127.0.0.1"
        written = tomllib.loads(plan.after.decode())
        clean = {**written, name.partition(".")[0]: tomllib.loads(PACKAGED.decode())[name.partition(".")[0]]}
        assert clean == tomllib.loads(PACKAGED.decode()) if "." in name else True
        assert stripped(value_of(plan.settings, name)) == stripped(value)
        assert words(plan.after) == words(PACKAGED) or "#" in text


def tried(file: ConfigFile, changes: dict[str, Any]) -> Plan | SettingsError:
    try:
        return file.plan(changes)
    except SettingsError as error:
        return error


def stripped(value: Any) -> Any:
    match value:
        case str():
            return value.strip()
        case list():
            return [one.strip() for one in value]
        case dict():
            return {name.strip(): one.strip() for name, one in value.items()}
    return value


WRONG: list[tuple[str, Any, str]] = [
    ("audio.volume", 7, "audio.volume cannot be 7.0: input should be less than or equal to 1"),
    ("audio.volume", "0.5", "audio.volume must be a number"),
    ("audio.volume", True, "audio.volume must be a number"),
    ("audio.volume", float("nan"), "audio.volume must be a number"),
    ("audio.volume", 10**400, "audio.volume must be a number"),
    ("queue.length", 10**30, "queue.length must be a whole number"),
    ("queue.length", 1.5, "queue.length must be a whole number"),
    ("queue.length", False, "queue.length must be a whole number"),
    ("viewers.inline", 1, "viewers.inline must be true or false"),
    ("view", "tv", "view cannot be 'tv': input should be 'auto', 'live', 'plain' or 'json'"),
    ("view", None, ""),
    ("audio", {"volume": 0.1}, "'audio' is not a setting: config.toml lists them all"),
    ("audio.volume.x", 1, "'audio.volume.x' is not a setting: config.toml lists them all"),
    ("__class__", 1, "'__class__' is not a setting: config.toml lists them all"),
    ("rules.ignore", "a, b", "rules.ignore must be a list of at most 1000 texts"),
    ("rules.ignore", ["a", ["b"]], "rules.ignore must be a list of at most 1000 texts"),
    ("rules.ignore", ["a"] * 1001, "rules.ignore must be a list of at most 1000 texts"),
    ("rules.roles", ["king"], "rules.roles cannot be 'king': input should be 'broadcaster', 'moderator', "
     "'vip', 'subscriber' or 'follower'"),
    ("commands.aliases", {"a": {"b": "c"}}, "commands.aliases must be a table of at most 1000 texts"),
    ("chat.link", "a\nb", "chat.link cannot hold line breaks or control characters"),
    ("chat.link", "x" * 4001, "chat.link is too long: 4000 characters are the most"),
    ("templates.raid", "{nam}", "templates.raid cannot be '{nam}': there is no {nam} here, only {name}, "
     "{viewers}"),
    ("web.host", "0.0.0.0", "web.host 0.0.0.0 lets others in: set web.token too (best as BOT_WEB__TOKEN, "
     "12 characters or more), or use 127.0.0.1"),
    ("web.token", "hunter2", "web.token is too short: it needs 12 characters or more"),
    ("engine.token", True, "engine.token must be a text"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "said"), [one for one in WRONG if one[2]])
def test_what_is_wrong_is_one_sentence_and_nothing_is_written(
    path: Path, key: str, value: Any, said: str
) -> None:
    assert refused(config_file(path), {"audio.latency": 0.2, key: value}) == (key, said)
    assert path.read_bytes() == PACKAGED


def test_what_flags_and_the_environment_say_is_not_changed_here(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("bot_speech__speed", "1.5")
    file = config_file(path, audio__volume="0.3")
    said = "audio.volume is set by --audio.volume in this run: change it there"
    assert refused(file, {"audio.volume": 0.5}) == ("audio.volume", said)
    said = "speech.speed is set by bot_speech__speed in this run: change it there"
    assert refused(file, {"speech.speed": None}) == ("speech.speed", said)


def test_a_secret_is_in_no_sentence(path: Path) -> None:
    for key, value in (
        ("web.token", "short-tok"),
        ("web.token", "with space " + SECRET),
        ("engine.token", [SECRET]),
    ):
        _, said = refused(config_file(path), {key: value})
        assert str(value) not in said
        assert SECRET not in said


# ------------------------------------------------------------------ the file itself


def test_mode_and_the_version_before(path: Path) -> None:
    path.chmod(0o640)
    file = config_file(path)
    change(file, {"audio.volume": 0.5})
    backup = path.with_name("config.toml.bak")
    assert (mode(path), mode(backup), backup.read_bytes()) == (0o640, 0o640, PACKAGED)
    change(file, {"engine.token": SECRET})
    assert (mode(path), mode(backup)) == (0o600, 0o640)
    change(file, {"audio.volume": 0.25})
    assert (mode(path), mode(backup)) == (0o600, 0o600)
    assert SECRET in backup.read_text()
    assert sorted(one.name for one in path.parent.iterdir()) == ["config.toml", "config.toml.bak"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(path)
    change(config_file(link), {"audio.volume": 0.5})
    assert link.is_symlink()
    assert load_settings({}, path).audio.volume == 0.5


def test_a_file_that_is_not_there_is_made_from_the_one_that_comes_along(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    file = config_file(path)
    assert file.view().problem == ""
    change(file, {"audio.volume": 0.5})
    assert path.read_bytes() == PACKAGED.replace(b"volume = 1.0", b"volume = 0.5", 1)
    undo(file)
    assert path.read_bytes() == PACKAGED
    assert file.view().problem == ""


def test_the_command_line_knows_where_settings_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, loaded, _ = parse(["voices", "--audio.volume", "0.5"])
    assert loaded.origin == Origin({"audio.volume": "0.5"}, Path("config.toml"))
    change(ConfigFile(loaded.origin), {"audio.latency": 0.2})
    _, again, _ = parse(["voices", "--audio.volume", "0.5"])
    assert again.audio.latency == 0.2
    # A file that has just been made moves nothing to another place.
    assert (again.voices, again.store, again.logins) == (loaded.voices, loaded.store, loaded.logins)


def test_at_least_ten_steps_back(path: Path) -> None:
    file = config_file(path)
    for number in range(12):
        change(file, {"queue.length": 100 + number})
    assert file.undo is not None
    assert (file.undo.at, file.undo.keys) == (1000.0, ("queue.length",))
    for number in reversed(range(11)):
        undo(file)
        assert load_settings({}, path).queue.length == 100 + number
    undo(file)
    assert path.read_bytes() == PACKAGED


def test_an_edit_by_hand_stays(path: Path) -> None:
    file = config_file(path)
    change(file, {"audio.volume": 0.5, "queue.length": 7})
    edited = path.read_text().replace("speed = 1.0 ", "speed = 1.5 ").replace("# 0.5 to 2.0", "# fast!")
    path.write_text(edited)
    plan = file.plan({"audio.latency": 0.2})
    assert plan.changed == ("speech.speed", "audio.latency")
    file.write(plan)
    assert "# fast!" in path.read_text()
    path.write_text(path.read_text().replace("length = 7 ", "length = 8 "))
    undo(file)  # latency alone
    undo(file)  # volume and length, as they were
    loaded = load_settings({}, path)
    assert (loaded.audio.latency, loaded.audio.volume, loaded.queue.length) == (0.07, 1.0, 200)
    assert loaded.speech.speed == 1.5
    assert "# fast!" in path.read_text()


def test_an_edit_at_the_same_moment_wins(path: Path) -> None:
    file = config_file(path)
    plan = file.plan({"audio.volume": 0.5})
    path.write_bytes(SMALL)
    with pytest.raises(Unwritable, match="edited by hand just now"):
        file.write(plan)
    assert path.read_bytes() == SMALL
    assert file.undo is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[audio\n", "config.toml is not valid TOML"),
        (b"\xff\xfe", "config.toml is not UTF-8 text"),
        (b"a = " + b"[" * 5000, "config.toml is not valid TOML"),
        (b"[audio]\nvolum = 1", "audio.volum (value: 1) is not a setting"),
    ],
)
def test_a_file_broken_by_hand_is_not_touched(path: Path, content: bytes, said: str) -> None:
    file = config_file(path)
    change(file, {"audio.volume": 0.5})
    path.write_bytes(content)
    view = file.view()
    assert said in view.problem
    assert next(one.value for one in view.fields if one.spec.key == "audio.volume") == 0.5
    with pytest.raises(SettingsError, match=re.escape(said)):
        file.plan({"audio.volume": 0.1})
    with pytest.raises(SettingsError, match=re.escape(said)):
        file.plan_undo()
    assert path.read_bytes() == content


def test_no_file_a_locked_one_and_one_too_large(path: Path) -> None:
    file = config_file(None)
    assert "--config FILE" in file.view().problem
    with pytest.raises(Unwritable, match="--config FILE"):
        file.plan({"audio.volume": 0.1})
    path.chmod(0o444)
    file = config_file(path)
    assert file.view().problem.startswith("config.toml is read-only")
    with pytest.raises(Unwritable, match="read-only"):
        file.plan({"audio.volume": 0.1})
    path.chmod(0o644)
    path.write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(Unwritable, match="too large"):
        file.plan({"audio.volume": 0.1})


@contextlib.contextmanager
def no_room() -> Iterator[None]:
    """Files of this process may not grow, pytest's own output neither: as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_all_as_it_was(path: Path) -> None:
    file = config_file(path)
    plan = file.plan({"audio.volume": 0.5})
    with pytest.raises(Unwritable, match=r"^config\.toml cannot be written: File too large$"), no_room():
        file.write(plan)
    assert path.read_bytes() == PACKAGED
    assert [one.name for one in path.parent.iterdir()] == ["config.toml"]
    assert file.undo is None


def test_which_settings_count_at_once() -> None:
    is_live = SettingsLive.is_live
    live = {key for key in fields() if is_live(None, key)}  # type: ignore[arg-type]
    assert {"audio.volume", "queue.hold", "chat.lexicon", "rules.blocked", "commands.roles"} <= live
    assert not {"rules.blocklist", "web.port", "engine.name", "twitch.channel", "store", "log_level"} & live
