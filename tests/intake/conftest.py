"""The stage that the tests of the intake stand on: everybody is heard in the same voice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, viewers={"voices": "same"})
