"""Keeps logins on disk, a small file each, that nobody else may read and no crash leaves half written."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")


class CredentialsError(Exception):
    """A login cannot be read or kept; the message is a sentence for the streamer, and holds no secret."""


class Credentials:
    """A folder of mode 700 with a JSON file of mode 600 for each name. Both raise CredentialsError.

    Windows knows no such modes: there the folder is as private as the user's own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> dict[str, str]:
        """What was saved under `name`; empty if nothing was."""
        path = self._path(name)
        try:
            values = json.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CredentialsError(f"the login in {path} cannot be read ({error.strerror})") from None
        except (ValueError, RecursionError):  # its message would quote the file
            values = None
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise CredentialsError(f"the login in {path} is broken: run `python -m bot login {name}`")
        return values

    def save(self, name: str, values: Mapping[str, str]) -> None:
        """Replaces what was saved under `name`; once it returns, a power cut finds the new values."""
        path = self._path(name)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # The folder may have been there before, open to all.
            self._folder.chmod(0o700)
            # mkstemp gives mode 600 from the first byte on.
            handle, unfinished = tempfile.mkstemp(prefix=f".{name}-", suffix=".tmp", dir=self._folder)
            temporary = Path(unfinished)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(dict(values), file, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    temporary.unlink()
                raise
            self._sync_folder()
        except OSError as error:
            raise CredentialsError(f"the login cannot be kept in {path} ({error.strerror})") from None

    def forget(self, name: str) -> None:
        """Deletes what was saved under `name`, if anything was."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise CredentialsError(f"the login in {path} cannot be deleted ({error.strerror})") from None

    def _path(self, name: str) -> Path:
        assert _NAME.fullmatch(name), "names are the bot's own, never input"
        return self._folder / f"{name}.json"

    def _sync_folder(self) -> None:
        """The new name is on disk too; Windows opens no folders, and needs this not."""
        if sys.platform == "win32":
            return
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
