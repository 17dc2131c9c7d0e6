"""A judgement with the settings that come along."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chat.court import Court


@pytest.fixture
def court(tmp_path: Path) -> Court:
    return Court(tmp_path)
