"""The Hugging Face hub's cache on disk, in its own layout: what one program fetched, every other one finds.

    models--OWNER--NAME/refs/main                   the commit that "main" was when it was last asked
    models--OWNER--NAME/blobs/ETAG                  a file's contents; ETAG.incomplete while it comes
    models--OWNER--NAME/snapshots/COMMIT/PATH       a link to the blob

Source: huggingface_hub's guide "Understand caching".
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

_NAME = r"[A-Za-z0-9][\w.-]*"
_HUB_FILE = re.compile(rf"({_NAME}/{_NAME})/({_NAME}(?:/{_NAME})*)", re.ASCII)
_REPOSITORY = re.compile(rf"{_NAME}/{_NAME}", re.ASCII)


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a model's repository: its path there, as it is on the main branch."""

    repository: str  # "owner/name"
    path: str

    @classmethod
    def parse(cls, text: str) -> HubFile | None:
        """Of "owner/name/path/file"; None for what is not written so."""
        match = _HUB_FILE.fullmatch(text)
        return cls(match[1], match[2]) if match else None

    def beside(self, name: str) -> HubFile:
        """Another file of the same folder."""
        folder, slash, _ = self.path.rpartition("/")
        return HubFile(self.repository, folder + slash + name)

    def __str__(self) -> str:
        return f"{self.repository}/{self.path}"


def is_repository(text: str) -> bool:
    return bool(_REPOSITORY.fullmatch(text))


def cache_folder(named: str = "") -> Path:
    """`named`, or where the hub's own programs keep their files on this machine."""
    home = (
        os.environ.get("HF_HOME")
        or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface").as_posix()
    )
    usual = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or f"{home}/hub"
    return Path(os.path.expandvars(named or usual)).expanduser()


def own_folder(named: str = "") -> Path:
    """Where this engine keeps what it has made or found out itself: beside `cache_folder`."""
    return cache_folder(named).parent / "chat-aloud"


class HubCache:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, file: HubFile) -> Path | None:
        """The file as it was last fetched; None if it never was."""
        place = self._place(file)
        with contextlib.suppress(OSError, UnicodeDecodeError):
            commit = (place / "refs" / "main").read_text("ascii").strip()
            if commit and (path := place / "snapshots" / commit / file.path).is_file():
                return path
        found = [path for path in place.glob("snapshots/*/" + file.path) if path.is_file()]
        return max(found, key=lambda path: path.stat().st_mtime, default=None)

    def incomplete(self, file: HubFile, etag: str) -> Path:
        """Where the file grows while it comes; its folder is made. Raises OSError."""
        blobs = self._place(file) / "blobs"
        blobs.mkdir(parents=True, exist_ok=True)
        return blobs / f"{etag}.incomplete"

    def lock(self, file: HubFile, etag: str) -> Path:
        """The file that whoever fetches it locks, huggingface_hub too."""
        place = self.folder / ".locks" / self._place(file).name
        place.mkdir(parents=True, exist_ok=True)
        return place / f"{etag}.lock"

    def blob(self, file: HubFile, etag: str) -> Path:
        return self._place(file) / "blobs" / etag

    def keep(self, file: HubFile, etag: str, commit: str) -> Path:
        """Gives the blob its name in the commit's snapshot. Raises OSError."""
        blob, path = self.blob(file, etag), self._place(file) / "snapshots" / commit / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file():
            path.unlink(missing_ok=True)
            try:
                path.symlink_to(os.path.relpath(blob, path.parent))
            except OSError:  # Windows lets only some make links
                shutil.move(blob, path)
        reference = self._place(file) / "refs" / "main"
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(commit, "ascii")
        return path

    def _place(self, file: HubFile) -> Path:
        return self.folder / f"models--{file.repository.replace('/', '--')}"
