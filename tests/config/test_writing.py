"""The file itself: its mode, its undo, edits by hand at the same time, and what leaves it untouched."""

from __future__ import annotations

import contextlib
import re
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.command_line.dispatch import parse
from bot.config import SettingsError, load_settings
from bot.config.document import Unwritable
from bot.config.sections import Origin
from bot.config.writing import ConfigFile
from tests.config.settings_file import PACKAGED, SECRET, SMALL, change, config_file, undo


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
