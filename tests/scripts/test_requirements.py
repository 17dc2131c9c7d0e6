"""The pinned requirements: complete, of one mind, without an address, no more than the engine imports."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "requirements").glob("*.txt"))
BUILDS = ("base", "f5", "dev")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(name: str) -> dict[str, set[str]]:
    """Package -> its versions: one, or one for each of several Pythons."""
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"(?m)^([a-z0-9-]+)==([^ ;\\]+)", _text(name)):
        found.setdefault(package, set()).add(version)
    return found


def _text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_everything_is_pinned_with_hashes_and_comes_from_nowhere_in_particular(file: Path) -> None:
    text = file.read_text()
    assert "://" not in text
    for entry in re.split(r"(?m)^(?=\S)", re.sub(r"(?m)^ *#.*\n", "", text))[1:]:
        assert re.match(r"[a-z0-9-]+==\S+( ; [^\\]+)? \\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n)+$", entry), (
            entry
        )


def test_one_environment_may_hold_them_all() -> None:
    base, f5, dev = (pins(name) for name in BUILDS)
    assert base.items() <= f5.items() <= dev.items()


@pytest.mark.parametrize(
    ("name", "extras"),
    [("base", ["bilibili"]), ("f5", ["bilibili", "f5"]), ("dev", ["bilibili", "f5", "stock", "dev"])],
)
def test_what_pyproject_asks_for_is_there(name: str, extras: list[str]) -> None:
    asked = list(PROJECT["dependencies"])
    for extra in extras:
        asked += PROJECT["optional-dependencies"][extra]
    missing = {_name(one) for one in asked if "python_version >=" not in one} - set(pins(name))
    assert not missing, "run scripts/lock"


def test_the_engine_imports_nothing_that_its_requirements_lack() -> None:
    distributions = importlib.metadata.packages_distributions()
    lacking = {}
    for module in sorted((ROOT / "bot").rglob("*.py")):
        room = module.relative_to(ROOT / "bot").parts[0]
        if room == "bench":  # it measures stock f5-tts too, where that is installed
            continue
        held = set(pins("f5" if room == "engine" else "base"))
        for package in imported(module) - set(sys.stdlib_module_names) - {"bot", "transformers"}:
            if not {_name(one) for one in distributions.get(package, [package])} & held:
                lacking[module.relative_to(ROOT).as_posix()] = package
    assert not lacking


def imported(module: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_a_user_is_spared_f5_ttss_training_and_web_demo() -> None:
    assert not set(pins("f5")) & {
        "gradio",
        "wandb",
        "torchaudio",
        "transformers",
        "datasets",
        "matplotlib",
        "scipy",
    }
