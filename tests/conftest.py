"""What every test runs under."""

from __future__ import annotations

import os

from hypothesis import settings

# A bot that a test starts has no pages, unless the test is of them: two bots would want one port.
os.environ.setdefault("BOT_WEB__ENABLED", "false")

# No test fetches real weights, not even one on a machine with a GPU; tests of the hub have their own.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# CI tries the same examples every time: no landing is decided by chance. A run by hand tries new ones.
# How long one takes is no matter: other programs have their turns too.
settings.register_profile("ci", derandomize=True, database=None, deadline=None)
settings.register_profile("by hand", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "by hand")
