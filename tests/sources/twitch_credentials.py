"""The bot's credentials on a real disk, which can be full, and which counts what is saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.credentials import Credentials, CredentialsError


class CountedCredentials(Credentials):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.full = False
        self.saves = 0

    def save(self, name: str, values: Mapping[str, str]) -> None:
        if self.full:
            raise CredentialsError("the login cannot be kept (No space left on device)")
        self.saves += 1
        super().save(name, values)
