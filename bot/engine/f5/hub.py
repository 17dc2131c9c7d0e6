"""Fetches files from the Hugging Face hub or a mirror of it; goes on where an earlier run was cut off.

huggingface_hub (1.33) begins a file anew in every process, and these are large: so the `resolve` addresses
that it uses are asked directly, and what comes is kept in the cache that it keeps too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urljoin

from bot.engine.engine import EngineFault, Report
from bot.engine.f5.hub_cache import HubCache, HubFile, cache_folder
from bot.engine.f5.progress import Progress
from bot.engine.f5.web import Broken, Web, WebError, host

log = logging.getLogger(__name__)

_HUB = "https://huggingface.co"
_TIMEOUT = 20.0  # seconds without a byte
_WAITS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)  # seconds before it is tried again, as long as nothing comes
_PIECE = 1 << 17  # bytes
_MARGIN = 64_000_000  # bytes that are left free on the disk
_LICENCES = {"SWivid/F5-TTS": "CC-BY-NC-4.0", "charactr/vocos-mel-24khz": "MIT"}  # where the hub does not say
_TRUE = ("1", "ON", "YES", "TRUE")

Result = TypeVar("Result")


class HubError(EngineFault):
    """A file cannot be had; the message is a sentence that says why and what to do."""


class FileMissing(HubError):
    """The repository is there, and has no such file."""


@dataclass(frozen=True, slots=True)
class _Remote:
    etag: str  # of large files the SHA-256 of what is in it
    commit: str
    size: int  # bytes


class Hub:
    """All of this blocks. `HF_ENDPOINT`, `HF_HUB_OFFLINE`, `HF_TOKEN` and the environment's proxies hold."""

    def __init__(
        self,
        endpoint: str = "",
        cache: str = "",
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        timeout: float = _TIMEOUT,
    ) -> None:
        self.endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or _HUB).rstrip("/")
        self.cache = HubCache(cache_folder(cache))
        self.offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE
        token = os.environ.get("HF_TOKEN", "")
        self._secret = {"Authorization": f"Bearer {token}"} if token else {}
        self._sleep, self._clock = sleep, clock
        self._web = Web(timeout)

    def get(self, file: HubFile, report: Report) -> Path:
        """The file from the cache, asking nobody, else from the hub.

        `report` is told the share that is there, and a sentence with the licence, the pace and the time left.
        Raises HubError, and FileMissing if the repository lacks it.
        """
        if found := self.cache.find(file):
            return found
        if self.offline:
            raise HubError(
                f"{file} is not in the cache {self.cache.folder}, and HF_HUB_OFFLINE forbids to ask for it"
            )
        try:
            remote = self._patiently(lambda: self._look(file), file, report)
            return self._fetch(file, remote, report)
        except WebError as fault:
            raise HubError(str(fault)) from None
        except OSError as fault:
            raise HubError(
                f"{file} cannot be kept in {self.cache.folder}: {fault.strerror or fault};"
                " set engine.f5.cache to a folder that can be written and has room"
            ) from None

    def licence(self, repository: str) -> str:
        """As the model's card gives it, such as "CC-BY-NC-4.0"; "" if nobody says."""
        with contextlib.suppress(Broken, WebError, ValueError, AttributeError, TypeError):
            with self._web.ask("GET", f"{self.endpoint}/api/models/{repository}", self._secret) as answer:
                card = json.loads(answer.read(4_000_000)) if answer.status == 200 else {}
            given = (card.get("cardData") or {}).get("license") or next(
                (tag[8:] for tag in card.get("tags", ()) if tag.startswith("license:")), ""
            )
            if re.fullmatch(r"[\w.+-]{1,60}", given) and given not in ("other", "unknown"):
                return str(given).upper()
        return _LICENCES.get(repository, "")

    def _look(self, file: HubFile) -> _Remote:
        """What the hub itself says of a file; where it sends to for the contents is of no interest here."""
        address = self._address(file, "main")
        for _ in range(5):
            with self._web.ask(
                "HEAD", address, self._secret if host(address) == host(self.endpoint) else {}
            ) as answer:
                status, headers = answer.status, answer.headers
            if status >= 400:
                raise self._refusal(status, headers.get("X-Error-Code", ""), file)
            onward = headers.get("Location")
            commit, etag = headers.get("X-Repo-Commit", ""), headers.get("X-Linked-ETag", "")
            size = headers.get("X-Linked-Size", "")
            if not onward:
                etag, size = etag or headers.get("ETag", ""), size or headers.get("Content-Length", "")
            etag = etag.removeprefix("W/").strip('"')
            known = re.fullmatch(r"[0-9a-f]{5,64}", commit) and re.fullmatch(r"[\w-]{8,128}", etag)
            if known and size.isdecimal():
                return _Remote(etag, commit, int(size))
            if not onward:
                break
            address = urljoin(address, onward)
        raise HubError(
            f"what answers at {host(address)} is no Hugging Face hub: a login page or a proxy may stand in"
            " between, or HF_ENDPOINT (engine.f5.hub) is wrong"
        )

    def _fetch(self, file: HubFile, remote: _Remote, report: Report) -> Path:
        from filelock import FileLock, Timeout  # torch and huggingface_hub need it themselves

        lock = FileLock(self.cache.lock(file, remote.etag))
        while True:
            try:
                with lock.acquire(timeout=0.5):
                    if not self.cache.blob(file, remote.etag).is_file():
                        self._download(file, remote, report)
                    return self.cache.keep(file, remote.etag, remote.commit)
            except Timeout:
                report(0.0, f"Another program is downloading {file}; waiting for it.")

    def _download(self, file: HubFile, remote: _Remote, report: Report) -> None:
        part = self.cache.incomplete(file, remote.etag)
        missing = remote.size - (part.stat().st_size if part.exists() else 0)
        free = shutil.disk_usage(part.parent).free
        if missing + _MARGIN > free:
            raise HubError(
                f"{file} needs {missing / 1e6:.0f} MB, and {self.cache.folder} has {free / 1e6:.0f} MB free:"
                " make room, or set engine.f5.cache to a folder on another disk"
            )
        licence = self.licence(file.repository)
        log.info("downloading %s, %.0f MB, licence: %s", file, remote.size / 1e6, licence or "not given")
        progress = Progress(_title(file, licence), remote.size, report, self._clock)
        for last in (False, True):
            self._patiently(lambda: self._go_on(file, remote, part, progress), file, report, progress)
            if not re.fullmatch("[0-9a-f]{64}", remote.etag) or _sha256(part) == remote.etag:
                part.replace(self.cache.blob(file, remote.etag))
                return
            part.unlink()
            if last:
                raise HubError(
                    f"{file} comes damaged from {host(self.endpoint)}: its SHA-256 is not the hub's"
                )
            log.info("%s came damaged; fetching it anew", file)

    def _go_on(self, file: HubFile, remote: _Remote, part: Path, progress: Progress) -> None:
        """Brings `part` to its whole size. Raises Broken where that ends early."""
        with part.open("ab") as out:
            if out.tell() > remote.size:
                out.truncate(0)
            progress.at(out.tell())
            if out.tell() == remote.size:
                return
            wanted = {"Range": f"bytes={out.tell()}-"} if out.tell() else {}
            # By the hub's own address each time: those it sends on to are good for an hour.
            with self._web.follow(self._address(file, remote.commit), wanted, self._secret) as answer:
                if answer.status == 416:
                    out.truncate(0)
                    raise Broken("the server cannot go on in the middle")
                if answer.status not in (200, 206):
                    raise self._refusal(answer.status, answer.headers.get("X-Error-Code", ""), file)
                if answer.headers.get_content_type() == "text/html":
                    raise HubError(
                        f"a web page came instead of {file}: a login page or a proxy stands in between"
                    )
                if answer.status == 200:  # also a server that knows no ranges
                    out.truncate(0)
                while piece := answer.read(_PIECE):
                    out.write(piece)
                    progress.at(out.tell())
            if out.tell() != remote.size:
                raise Broken(f"the connection broke after {out.tell() / 1e6:.0f} MB")
            out.flush()
            os.fsync(out.fileno())

    def _patiently(
        self, what: Callable[[], Result], file: HubFile, report: Report, progress: Progress | None = None
    ) -> Result:
        """Does `what` again when it is Broken, after longer and longer waits while nothing comes."""
        failures, reached = 0, 0
        while True:
            try:
                return what()
            except Broken as fault:
                if progress and progress.bytes > reached:
                    failures, reached = 0, progress.bytes
                if failures == len(_WAITS):
                    raise HubError(
                        f"{file} cannot be downloaded: {fault}; see whether this machine is online, or set"
                        " engine.f5.hub (or HF_ENDPOINT) to a mirror that it reaches"
                    ) from None
                wait = _WAITS[failures]
                failures += 1
                log.info("%s: %s; trying again in %g s", file, fault, wait)
                share = progress.share if progress else 0.0
                report(share, f"{file}: {fault}; trying again in {wait:g} s.")
                self._sleep(wait)

    def _refusal(self, status: int, code: str, file: HubFile) -> Exception:
        hub = host(self.endpoint)
        if status in (408, 425, 429) or status >= 500:
            return Broken(f"{hub} answered {status}")
        if status == 404 and code != "RepoNotFound":
            return FileMissing(f"{file.repository} on {hub} has no file {file.path}")
        if status in (401, 403, 404):
            return HubError(
                f"{file.repository} is not on {hub}, or wants a login: accept its terms there,"
                " and put a token in HF_TOKEN"
            )
        return HubError(f"{hub} refuses {file} ({status})")

    def _address(self, file: HubFile, revision: str) -> str:
        return f"{self.endpoint}/{file.repository}/resolve/{revision}/{quote(file.path)}"


def _title(file: HubFile, licence: str) -> str:
    words = f"Downloading {file.path} of {file.repository}"
    if not licence:
        return words
    return f"{words} (licence {licence}{', not for commercial use' if '-NC' in licence else ''})"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
