"""How a change is written: one line, comments kept, in files of every layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.config import load_settings
from bot.config.document import changed
from tests.config.settings_file import ODD, PACKAGED, SMALL, change, config_file, words


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
