"""A copy of config.toml, and no settings from the environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.config.settings_file import PACKAGED


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
