"""What every test runs under."""

from __future__ import annotations

import os

from hypothesis import settings

# CI tries the same examples every time: no landing is decided by chance. A run by hand tries new ones.
settings.register_profile("ci", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("ci")
