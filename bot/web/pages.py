"""The files that a browser is given: read once, by name from a table, so that no path can lead elsewhere."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
_PACKED = (".png", ".ico", ".woff2")
_LARGEST_CSS = 1 << 20


@dataclass(frozen=True, slots=True)
class File:
    kind: str
    body: bytes
    packed: bytes  # gzip; empty where that saves nothing
    tag: str

    @classmethod
    def of(cls, body: bytes, suffix: str) -> File:
        packed = b"" if suffix in _PACKED else gzip.compress(body, 9, mtime=0)
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        return cls(_TYPES[suffix], body, packed if len(packed) < len(body) else b"", tag)


class Pages:
    """Every file of a folder, and of its folders, whose suffix is known; what begins with a dot is none."""

    def __init__(self, folder: Path = STATIC, *, overlay_css: str = "") -> None:
        self._overlay_css = Path(overlay_css).expanduser() if overlay_css else None
        self._files = {
            path.relative_to(folder).as_posix(): File.of(path.read_bytes(), path.suffix)
            for path in sorted(folder.rglob("*"))
            if path.suffix in _TYPES and path.is_file() and not path.name.startswith(".")
        }

    def find(self, name: str) -> File | None:
        return self._files.get(name)

    def overlay_css(self) -> File:
        """The streamer's own, as it is now: it is edited while the overlay is open."""
        try:
            if self._overlay_css and self._overlay_css.stat().st_size <= _LARGEST_CSS:
                return File.of(self._overlay_css.read_bytes(), ".css")
        except OSError:
            pass
        return File.of(b"", ".css")


def answer(request: web.Request, file: File, *, status: int = 200) -> web.Response:
    """A file as this browser takes it; without a body if it has it already."""
    headers = {"ETag": file.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if status == 200 and file.tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = file.kind
    body = file.body
    if file.packed and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = file.packed
    return web.Response(status=status, body=body, headers=headers)
