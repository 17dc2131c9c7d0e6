"""The sound server of this folder's tests."""

from __future__ import annotations

from tests.fakes.pulse import pulse

__all__ = ["pulse"]
