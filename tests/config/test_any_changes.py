"""Any sequence of changes and back, and any text: bytes given back, nothing hostile written."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config import SettingsError, load_settings
from bot.config.document import Unwritable
from bot.config.fields import FieldSpec, fields, value_of
from bot.config.writing import ConfigFile, Plan
from tests.config.settings_file import ODD, PACKAGED, SMALL, config_file, undo, words

FILES = {
    "packaged": PACKAGED,
    "small": SMALL,
    "odd": ODD,
    "windows": b"\xef\xbb\xbf" + PACKAGED.replace(b"\n", b"\r\n"),
    "empty": b"",
    "no end": b"[audio]\nvolume = 0.5",
}


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
        assert clean == tomllib.loads(PACKAGED.decode())
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
