"""The HTTP server: every request is looked at here before its handler, and every answer before it leaves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler
from pydantic import BaseModel

from bot.messages import PagesState, State, Trouble
from bot.web.access import Access, Role
from bot.web.errors import ApiError
from bot.web.limits import Buckets, Limits, read_body, too_large
from bot.web.pages import Pages, answer
from bot.web.routes import MAX_BODY, Call, Route, check_path
from bot.web.shapes import (
    Error,
    Fault,
)

log = logging.getLogger(__name__)

_NO_CONTENT = "default-src 'none'; frame-ancestors 'none'"
_PAGE_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Server": "chat-aloud",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_LINGER = 2.0  # seconds for the rest of a body that nobody wants
_ENDING = 0.2  # seconds for what is being answered when the bot ends
_BEGUN = web.RequestKey("begun", bool)  # its answer is on its way

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """`routes` are the API; pages come from `pages`. `port` is the one in use once it runs."""

    def __init__(
        self,
        routes: Sequence[Route],
        pages: Pages,
        access: Access,
        limits: Limits,
        clock: Callable[[], float],
    ) -> None:
        self._routes = routes
        self._pages = pages
        self._access = access
        self._limits = limits
        self._buckets = Buckets(limits.rate, limits.burst, clock)
        self._busy: set[RequestHandler] = set()  # connections of those who may be here, being answered
        self._sockets: set[asyncio.Task[object]] = set()  # WebSockets
        self._server: web.Server | None = None
        self.port = 0

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=MAX_BODY)
        app.on_response_prepare.append(_add_headers)
        for route in self._routes:
            app.router.add_route(route.method, route.path, self._handler(route))
        app.router.add_get("/", self._panel)
        app.router.add_get("/overlay", self._overlay)
        app.router.add_get("/overlay.css", self._overlay_css)
        app.router.add_get("/static/{name:[A-Za-z0-9_./-]+}", self._static)
        app.router.add_get("/favicon.ico", self._icon)
        return app

    async def run(self, host: str, port: int, tell: Callable[[PagesState | Trouble], None]) -> None:
        """Serves until cancelled. That it cannot is told, and then it waits: speech does not need it."""
        runner = web.AppRunner(
            self.application(),
            handle_signals=False,
            handler_cancellation=True,
            access_log=None,
            logger=_WireLog(log),
            keepalive_timeout=self._limits.head,
            lingering_time=_LINGER,
            shutdown_timeout=_ENDING,
        )
        await runner.setup()
        listener: asyncio.Server | None = None
        try:
            self._server = runner.server
            try:
                listener = await asyncio.get_running_loop().create_server(
                    self._connection, host, port, backlog=512
                )
            except (OSError, UnicodeError) as error:  # UnicodeError: of a name that can be none
                sentence = (
                    f"the pages cannot be at {host}:{port} ({_reason(error)}): choose another one with "
                    "--web.port, or 0 for any; speech goes on without them"
                )
                tell(PagesState(State.FAILED, sentence))
                tell(Trouble("web", sentence))
                await asyncio.Event().wait()
            assert listener is not None
            self.port = listener.sockets[0].getsockname()[1]
            tell(PagesState(State.READY, self.address(host)))
            await asyncio.Event().wait()
        finally:
            if listener is not None:
                listener.close()
            if self._sockets:
                _, late = await asyncio.wait(self._sockets, timeout=_ENDING)
                for socket in late:
                    socket.cancel()
            await runner.cleanup()

    def address(self, host: str) -> str:
        shown = "127.0.0.1" if host in ("0.0.0.0", "") else "[::1]" if host == "::" else host  # noqa: S104
        return f"http://{f'[{shown}]' if ':' in shown and shown[0] != '[' else shown}:{self.port}"

    def _connection(self) -> asyncio.BaseProtocol:
        """For one more connection the one that has been idle longest is closed, when there are too many."""
        assert self._server is not None
        open_now = self._server.connections
        if len(open_now) >= self._limits.connections:
            for connection in open_now:  # the oldest first
                if connection not in self._busy:
                    connection.force_close()
                    break
            else:
                return _Refusing()
        return self._server()

    # ------------------------------------------------------------ every request

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            self._access.check_host(request)
            return await handler(request)
        except ConnectionError:
            _cut_off(request)
            raise
        except Exception as error:
            fault = _fault_of(error, request)
            if request.get(_BEGUN):  # no other answer can be given, and this one must not pass for whole
                _cut_off(request)
                raise ConnectionAbortedError from error
            return fault
        finally:
            self._busy.discard(request.protocol)

    def _spend(self, request: web.Request, cost: float) -> None:
        if wait := self._buckets.take(self._access.payer_of(request), cost):
            retry = max(1, round(wait + 0.5))
            raise ApiError(429, "Too many requests; wait a moment.", code="slow_down", retry=retry)

    def _handler(self, route: Route) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            self._access.check_origin(request, socket=route.socket)
            self._spend(request, route.cost)
            role = self._access.role_of(request)
            if role < route.role:
                if role is Role.NOBODY:
                    raise ApiError(401, "Log in, or send a token.", code="login")
                raise ApiError(403, "That is not for this token.", code="role")
            if role > Role.NOBODY:
                self._busy.add(request.protocol)
            call = Call(request, role, check_path(request))
            if route.socket:
                return await self._serve_socket(route, call)
            if "Content-Encoding" in request.headers:
                raise ApiError(415, "Send the body as it is, not compressed.", code="media")
            if (request.content_length or 0) > route.most:
                raise too_large(route.most)
            body = b"" if route.raw else await read_body(request, route.most, self._limits)
            try:
                async with asyncio.timeout(self._limits.answer):
                    return await _answered(route, call, route.arguments(request, body))
            except TimeoutError:
                raise ApiError(504, "That took too long.", code="slow") from None

        return handle

    async def _serve_socket(self, route: Route, call: Call) -> web.StreamResponse:
        """Until the page, its login or the bot ends."""
        request = call.request
        if request.headers.get("Upgrade", "").casefold() != "websocket":
            raise ApiError(426, "This address is a WebSocket.", code="upgrade")
        arguments = route.arguments(request, b"")
        task = asyncio.current_task()
        transport = request.transport
        if task is None or transport is None:
            raise ConnectionResetError
        self._sockets.add(task)
        try:
            with self._access.held(request, transport.abort):
                return await _answered(route, call, arguments)
        finally:
            self._sockets.discard(task)

    # ------------------------------------------------------------ pages

    async def _panel(self, request: web.Request) -> web.StreamResponse:
        self._spend(request, 1)
        inside = self._access.role_of(request) >= Role.MODERATOR
        return self._page(request, "panel.html" if inside else "login.html")

    async def _overlay(self, request: web.Request) -> web.StreamResponse:
        self._spend(request, 1)
        if self._access.role_of(request) < Role.OVERLAY:
            raise ApiError(403, "This link lacks its token: copy it from the panel.", code="login")
        return self._page(request, "overlay.html")

    async def _overlay_css(self, request: web.Request) -> web.StreamResponse:
        self._spend(request, 1)
        return answer(request, self._pages.overlay_css())

    async def _static(self, request: web.Request) -> web.StreamResponse:
        self._spend(request, 0.2)
        return self._page(request, request.match_info["name"])

    async def _icon(self, request: web.Request) -> web.StreamResponse:
        return self._page(request, "favicon.ico")

    def _page(self, request: web.Request, name: str) -> web.Response:
        file = self._pages.find(name)
        if file is None:
            raise ApiError(404, "There is nothing at this address.", code="not_found")
        return answer(request, file)


class _WireLog(logging.LoggerAdapter[logging.Logger]):
    """What is no HTTP is its sender's fault: whoever likes could fill the log with it."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **kwargs: Any) -> None:
        level = logging.DEBUG if isinstance(exc_info, HttpProcessingError) else logging.ERROR
        self.log(level, msg, *args, exc_info=exc_info, **kwargs)


class _Refusing(asyncio.Protocol):
    """A connection for which there is no room."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


async def _answered(route: Route, call: Call, arguments: dict[str, BaseModel]) -> web.StreamResponse:
    result = await route.handler(call, **arguments)
    if isinstance(result, BaseModel):
        headers = {"Content-Type": "application/json", **call.headers}
        return web.Response(body=result.model_dump_json().encode(), headers=headers)
    return result


def _cut_off(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _fault_of(error: Exception, request: web.Request) -> web.Response:
    """What is answered to a request at which something was raised."""
    if isinstance(error, ApiError):
        return _fault(error)
    if not isinstance(error, web.HTTPException):
        log.error("%s %s broke", request.method, _route_of(request), exc_info=error)
        return _fault(ApiError(500, "That broke in the bot; the log has the details.", code="broken"))
    if error.status == 404:
        return _fault(ApiError(404, "There is nothing at this address.", code="not_found"))
    if error.status == 405:
        fault = _fault(ApiError(405, f"{request.method} does nothing here.", code="method"))
        fault.headers["Allow"] = error.headers.get("Allow", "")
        return fault
    return _fault(ApiError(error.status, error.reason, code="http"))


def _fault(error: ApiError) -> web.Response:
    fault = Error(
        error=Fault(
            message=error.message,
            type="server_error" if error.status >= 500 else "invalid_request_error",
            param=error.param,
            code=error.code,
        )
    )
    headers = {"Content-Type": "application/json"}
    if error.retry:
        headers["Retry-After"] = str(error.retry)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.Response(status=error.status, body=fault.model_dump_json().encode(), headers=headers)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    request[_BEGUN] = True
    for name, value in _HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    if response.status == 304:  # its headers replace those that the browser has kept: the policy is to stay
        return
    # A script may be a worker, which has the policy that it came with, not its page's.
    is_page = response.headers.get("Content-Type", "").startswith(("text/html", "text/javascript"))
    response.headers["Content-Security-Policy"] = _PAGE_CONTENT if is_page else _NO_CONTENT


def _route_of(request: web.Request) -> str:
    """A request's place without what a stranger wrote into it."""
    with contextlib.suppress(AttributeError):
        resource = request.match_info.route.resource
        return resource.canonical if resource else "?"
    return "?"


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "it is no name of a host"
    return (error.strerror or str(error)).lower()
