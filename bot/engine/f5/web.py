"""Plain HTTP: one request, an answer whatever its status, and what broke told from what was refused."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from email.message import Message
from typing import IO, Protocol, cast
from urllib.parse import urljoin, urlsplit

_REDIRECTS = 5


class WebError(Exception):
    """This will not work however often it is tried; the message is a sentence."""


class Broken(Exception):
    """It may go better next time; the message says in a few words what happened."""


class Answer(Protocol):
    status: int
    headers: Message

    def read(self, amount: int = ...) -> bytes: ...


class Web:
    """Blocking. The environment's proxies hold (HTTPS_PROXY and so on)."""

    def __init__(self, timeout: float) -> None:
        """`timeout`: seconds without a byte after which a connection counts as broken."""
        self._timeout = timeout
        handler = urllib.request.HTTPSHandler(context=_trusted())
        self._open = urllib.request.build_opener(_NoRedirect, handler).open

    @contextlib.contextmanager
    def ask(self, method: str, address: str, headers: Mapping[str, str]) -> Iterator[Answer]:
        """One request; a redirect is an answer like others. What breaks inside the block is Broken too."""
        if urlsplit(address).scheme not in ("http", "https"):
            raise WebError(f"{address[:80]!r} is no address of the web")
        given = {"User-Agent": "chat-aloud", "Accept-Encoding": "identity", **headers}
        request = urllib.request.Request(address, headers=given, method=method)  # noqa: S310 - looked at above
        try:
            with self._answer(request) as answer:
                yield answer
        except urllib.error.URLError as fault:
            raise Broken(f"{host(address)} cannot be reached ({_reason(fault.reason)})") from None
        except (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError) as fault:
            raise Broken(f"the connection to {host(address)} broke ({_reason(fault)})") from None

    @contextlib.contextmanager
    def follow(self, address: str, headers: Mapping[str, str], secret: Mapping[str, str]) -> Iterator[Answer]:
        """A GET that goes where it is sent; `secret` headers are shown to the first server alone."""
        first = urlsplit(address)[:2]
        for _ in range(_REDIRECTS + 1):
            shown = {**headers, **secret} if urlsplit(address)[:2] == first else headers
            with self.ask("GET", address, shown) as answer:
                onward = answer.headers.get("Location") if 300 <= answer.status < 400 else None
                if not onward:
                    yield answer
                    return
            address = urljoin(address, onward)
        raise WebError(f"{host(address)} sends from one address to another without end")

    def _answer(self, request: urllib.request.Request) -> AbstractContextManager[Answer]:
        try:
            return cast("AbstractContextManager[Answer]", self._open(request, timeout=self._timeout))
        except urllib.error.HTTPError as answer:
            return cast("AbstractContextManager[Answer]", answer)


def host(address: str) -> str:
    """A server's name and port, without the password that may stand before it."""
    return urlsplit(address).netloc.rpartition("@")[2]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def _trusted() -> ssl.SSLContext:
    context = ssl.create_default_context()
    with contextlib.suppress(
        ImportError, OSError
    ):  # a Python of its own may not find the system's certificates
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _reason(fault: object) -> str:
    if isinstance(fault, TimeoutError):
        return "no answer"
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return str(fault) or type(fault).__name__
