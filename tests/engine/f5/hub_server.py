"""A Hugging Face hub on loopback: metadata, redirects to another server for large files, ranges, moods.

with FakeHub() as hub:                       # hub.url is HF_ENDPOINT
    hub.add("owner/name", "folder/model.safetensors", b"...", licence="mit")
    hub.cut_after = [1000]                   # the first contents' request breaks after so many bytes
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeHub:
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)  # repository -> path -> contents
    small: set[str] = field(default_factory=set)  # paths that are served by the hub itself
    licences: dict[str, str] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)  # bytes, for one request of contents each
    statuses: list[int] = field(default_factory=list)  # of the next requests, instead of an answer
    ranges: bool = True
    page: bytes = b""  # a login page that answers everything
    damaged: int = 0  # how many times contents come damaged
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, Range
    tokens: list[tuple[str, str]] = field(default_factory=list)  # "hub" or "contents", Authorization
    url: str = ""

    def add(
        self, repository: str, path: str, contents: bytes, *, small: bool = False, licence: str = ""
    ) -> None:
        self.files.setdefault(repository, {})[path] = contents
        if small:
            self.small.add(path)
        if licence:
            self.licences[repository] = licence

    def contents_asked(self) -> list[str]:
        """The ranges that were asked for, one for each request of contents; "": from the start."""
        return [
            span for method, path, span in self.asked if method == "GET" and path.startswith("/contents/")
        ]

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *exc: object) -> None:
        async def stop() -> None:
            for runner in self._runners:
                await runner.cleanup()

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        hub, contents = web.Application(), web.Application()
        hub.router.add_get("/api/models/{repository:[^/]+/[^/]+}", self._card)
        hub.router.add_get("/{repository:[^/]+/[^/]+}/resolve/{revision}/{path:.+}", self._resolve)
        contents.router.add_get("/contents/{repository:[^/]+/[^/]+}/{path:.+}", self._contents)
        self._runners = []
        addresses = []
        for app in (contents, hub):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self._runners.append(runner)
            addresses.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        self._contents_url, self.url = addresses

    async def _card(self, request: web.Request) -> web.Response:
        self._note(request, "hub")
        licence = self.licences.get(request.match_info["repository"], "")
        return web.json_response({"cardData": {"license": licence}, "tags": []})

    async def _resolve(self, request: web.Request) -> web.StreamResponse:
        self._note(request, "hub")
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        if self.page:
            return web.Response(body=self.page, content_type="text/html")
        repository, path = request.match_info["repository"], request.match_info["path"]
        if repository not in self.files:
            return web.Response(status=401, headers={"X-Error-Code": "RepoNotFound"})
        headers = {"X-Repo-Commit": COMMIT}
        if path not in self.files[repository]:
            return web.Response(status=404, headers={**headers, "X-Error-Code": "EntryNotFound"})
        contents = self.files[repository][path]
        if path in self.small:
            sum_of_git = hashlib.sha1(b"blob %d\0" % len(contents) + contents).hexdigest()
            headers["ETag"] = f'"{sum_of_git}"'
            return web.Response(body=contents, headers=headers, content_type="text/plain")
        headers["X-Linked-ETag"] = f'"{hashlib.sha256(contents).hexdigest()}"'
        headers["X-Linked-Size"] = str(len(contents))
        headers["Location"] = f"{self._contents_url}/contents/{repository}/{path}"
        return web.Response(status=302, headers=headers)

    async def _contents(self, request: web.Request) -> web.StreamResponse:
        self._note(request, "contents")
        contents = self.files[request.match_info["repository"]][request.match_info["path"]]
        start = 0
        if self.ranges and (span := request.headers.get("Range", "")):
            start = int(span.removeprefix("bytes=").partition("-")[0])
        if start >= len(contents):
            return web.Response(status=416)
        headers = {"Content-Length": str(len(contents) - start), "ETag": '"of-another-server"'}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(contents) - 1}/{len(contents)}"
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        await response.prepare(request)
        sent = contents[start:]
        if self.damaged:
            self.damaged -= 1
            sent = bytes(byte ^ 1 for byte in sent)
        if self.cut_after:
            await response.write(sent[: self.cut_after.pop(0)])
            # By and by, or what was written is thrown away with the connection.
            await asyncio.sleep(0.05)
            assert request.transport
            request.transport.abort()
            return response
        for at in range(0, len(sent), 1 << 16):
            await response.write(sent[at : at + (1 << 16)])
        await response.write_eof()
        return response

    def _note(self, request: web.Request, who: str) -> None:
        self.asked.append((request.method, request.path, request.headers.get("Range", "")))
        self.tokens.append((who, request.headers.get("Authorization", "")))
