"""The arrows between the rooms point one way, and the bot's own process stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

BOT = Path(__file__).parent.parent / "bot"
# Room -> the other rooms that it may import. A module of the top folder is a room of its own.
ALLOWED: dict[str, set[str]] = {
    "messages": set(),
    "feed": {"messages"},
    "config": set(),
    "metrics": {"messages"},
    "store": {"messages", "store_lock"},
    "store_lock": set(),
    "held": {"messages"},
    "paid": {"messages", "feed", "held", "store"},
    "credentials": set(),
    **{room: {"messages", "config", "feed"} for room in ("sources", "chat", "speech", "playback")},
    "terminal": {"messages", "config", "feed", "metrics"},
    "web": {"messages", "config", "feed", "metrics", "panel"},
    "engine": set(),
    # These build the others: nobody imports them, but for the pages, which show the panel.
    **{
        room: {"*"}
        for room in (
            *("app", "pages", "replies", "intake", "controls", "desk", "panel", "platforms", "settings_live"),
            *("command_line", "bench", "__main__"),
        )
    },
    "__init__": set(),
}
MODULES = sorted(BOT.rglob("*.py"))


def imported_rooms(source: str) -> set[str]:
    """The rooms that `source` imports, wherever in it: `bot.speech.queue`, `from bot import speech`, …"""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in found if name.startswith("bot.")}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(BOT).as_posix())
def test_the_arrows_point_one_way(module: Path) -> None:
    room = module.relative_to(BOT).parts[0].removesuffix(".py")
    allowed = ALLOWED[room] | {room}
    builders = {name for name, may in ALLOWED.items() if "*" in may}
    rooms = imported_rooms(module.read_text()) - {"__version__"}
    assert rooms <= (set(ALLOWED) if room in builders else allowed)


@pytest.mark.parametrize(
    ("source", "rooms"),
    [
        ("import bot.speech.queue as q", {"speech"}),
        ("from bot.chat.reader import Reader", {"chat"}),
        ("from bot import sources", {"sources"}),
        ("def f():\n    from bot.engine import host", {"engine"}),
        ("import robot.speech, json", set()),
    ],
)
def test_the_test_sees_imports(source: str, rooms: set[str]) -> None:
    assert imported_rooms(source) == rooms


HEAVY = {"torch", "torchaudio", "transformers", "scipy", "pandas", "IPython"}


@pytest.mark.parametrize("module", ["bot.app", "bot.command_line.dispatch", "bot.engine.__main__"])
def test_the_bot_loads_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=BOT.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    loaded = set(done.stdout.split())
    assert "bot" in loaded
    assert not loaded & HEAVY
