"""Who may do what: tokens, logins, and whether a request comes from our own pages at all."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from urllib.parse import urlsplit

from aiohttp import web

from bot.config import Web as WebSettings
from bot.web.errors import ApiError
from bot.web.limits import Buckets
from bot.web.proxies import Proxies, is_forwarded

COOKIE = "chat_aloud"
SECURE_COOKIE = (
    f"__Host-{COOKIE}"  # over https: whoever is between can then put none in its place (RFC 6265bis)
)
SAFE_HEADER = "X-Chat-Aloud"  # no other site can send it: there is no CORS here
_WITH_TOKEN = ("/overlay", "/api/events", "/api/audio")  # the only paths whose query may hold the overlay's
_SESSIONS = 100  # of each role
_SCRYPT: dict[str, int] = {"n": 1 << 14, "r": 8, "p": 1, "dklen": 16}  # some 40 ms
_SESSION_SECONDS = 7 * 24 * 3600.0
_TRIES = 5  # wrong tokens of one client
_TRY_EVERY = 12.0  # seconds until another one
_REMEMBERED = 4096  # wrong tokens


class Role(IntEnum):
    """What a client may do; each one what those below it may."""

    NOBODY = 0
    OVERLAY = 1
    MODERATOR = 2
    OWNER = 3


@dataclass(slots=True)
class _Session:
    role: Role
    until: float
    open: list[Callable[[], None]] = field(default_factory=list)  # what closes the sockets that it has


class Access:
    """Tokens are compared by their digests in constant time, and all of them each time.

    A cookie holds a random session id, never a token.
    """

    def __init__(self, settings: WebSettings, clock: Callable[[], float]) -> None:
        self._clock = clock
        token = settings.token.get_secret_value()
        overlay = settings.overlay_token.get_secret_value()
        if token and not overlay:
            # Links are seen by others: slow, lest the token be found by trying out what gives this one.
            overlay = hashlib.scrypt(token.encode(), salt=b"chat-aloud overlay link", **_SCRYPT).hex()
        self.overlay_token = overlay if token else ""
        self.asks = bool(token)  # False: whoever reaches us is the owner
        given = {
            Role.OWNER: token,
            Role.MODERATOR: settings.moderator_token.get_secret_value(),
            Role.OVERLAY: self.overlay_token,
        }
        self._tokens = {role: _digest(text) for role, text in given.items() if text}
        self._names = {"localhost", *(name.casefold().rstrip(".") for name in settings.hosts)}
        if not _is_address(settings.host):
            self._names.add(settings.host.casefold())
        self._proxies = Proxies(settings.trusted_proxies)
        self._sessions: dict[bytes, _Session] = {}
        self._wrong = Buckets(1 / _TRY_EVERY, _TRIES, clock)
        self._known_wrong: dict[tuple[str, bytes], None] = {}  # by client; the oldest first

    # ------------------------------------------------------------ whose request it is

    def role_of(self, request: web.Request) -> Role:
        """What the sender may do. ApiError: they have tried too many tokens, or a wrong one."""
        if not self.asks:
            return Role.OWNER
        if header := request.headers.get("Authorization", ""):
            scheme, _, token = header.partition(" ")
            if scheme.casefold() != "bearer":
                raise ApiError(401, "Send the token as a bearer token.", code="login")
            return self.role_of_token(token.strip(), self.client_of(request))
        session = self._session_of(request)
        if session:
            return session.role
        if request.path in _WITH_TOKEN and (token := request.query.get("token", "")):
            # Counted apart: any page may make a browser ask for links, and none is to lock the owner out.
            return min(self.role_of_token(token, f"{self.client_of(request)} link"), Role.OVERLAY)
        return Role.NOBODY

    def role_of_token(self, token: str, client: str) -> Role:
        """The role that a token gives. ApiError: it is none, or too many wrong ones came from this client."""
        digest = _digest(token)
        if (client, digest) in self._known_wrong:  # said again it is no guess: a page of before, in OBS
            raise _wrong_token()
        if self._wrong.left(client) < 1:
            raise ApiError(429, "Too many wrong tokens; try again in a minute.", code="slow_down", retry=60)
        found = Role.NOBODY
        for role, known in self._tokens.items():
            if hmac.compare_digest(digest, known):
                found = role
        if found is Role.NOBODY:
            self._wrong.take(client)
            self._known_wrong[client, digest] = None
            if len(self._known_wrong) > _REMEMBERED:
                del self._known_wrong[next(iter(self._known_wrong))]
            raise _wrong_token()
        return found

    def client_of(self, request: web.Request) -> str:
        """Whom a request comes from, as limits count.

        What other sites' pages make a browser ask for counts apart, for it is not its user who asks.
        """
        elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")
        return f"{self._proxies.client(request)}{' elsewhere' if elsewhere else ''}"

    def payer_of(self, request: web.Request) -> str:
        """Whom a request is put down to: a login by itself, so that nobody near can use up what it has."""
        return _digest(self._cookie(request)).hex() if self._session_of(request) else self.client_of(request)

    def begin_session(self, role: Role) -> str:
        """A new session's id, for the cookie."""
        identity = secrets.token_urlsafe(32)
        now = self._clock()
        for key in [key for key, one in self._sessions.items() if one.until <= now]:
            self._end(key)
        alike = [key for key, one in self._sessions.items() if one.role is role]
        for key in alike[: len(alike) - _SESSIONS + 1]:  # the oldest; of another role nobody can end any
            self._end(key)
        self._sessions[_digest(identity)] = _Session(role, now + _SESSION_SECONDS)
        return identity

    def end_session(self, request: web.Request) -> None:
        """Logs out: what else is open with this login is closed."""
        self._end(_digest(self._cookie(request)))

    @contextmanager
    def held(self, request: web.Request, close: Callable[[], None]) -> Iterator[None]:
        """`close` is called if the login that a request came with ends meanwhile."""
        session = self._session_of(request)
        if session is None:
            yield
            return
        session.open.append(close)
        try:
            yield
        finally:
            session.open.remove(close)

    def _end(self, key: bytes) -> None:
        session = self._sessions.pop(key, None)
        for close in session.open if session else ():
            close()

    def _session_of(self, request: web.Request) -> _Session | None:
        # Looked up by its digest: how long that takes says nothing of the ids that there are.
        session = self._sessions.get(_digest(self._cookie(request)))
        return session if session and session.until > self._clock() else None

    def _cookie(self, request: web.Request) -> str:
        # Not request.cookies: what another program on this host put beside ours must not break the parsing.
        wanted = self._cookie_name(request)
        for part in ";".join(request.headers.getall("Cookie", ())).split(";"):
            name, _, value = part.strip().partition("=")
            if name == wanted:
                return value
        return ""

    def _cookie_name(self, request: web.Request) -> str:
        return SECURE_COOKIE if self._proxies.is_https(request) else COOKIE

    def cookie(self, request: web.Request, identity: str) -> str:
        """Set-Cookie for a session; "" ends it."""
        name = self._cookie_name(request)
        age = int(_SESSION_SECONDS) if identity else 0
        secure = "; Secure" if name == SECURE_COOKIE else ""
        return f"{name}={identity}; HttpOnly; Max-Age={age}; Path=/; SameSite=Strict{secure}"

    # ------------------------------------------------------------ whether it is from our own pages

    def check_host(self, request: web.Request) -> None:
        """Refuses a name that another site made point here (DNS rebinding); an address cannot be made to."""
        if not self.asks and is_forwarded(request):
            # Whoever reaches the proxy would be the owner.
            raise ApiError(
                403, "A proxy lets others in: set web.token and web.trusted_proxies.", code="proxy"
            )
        # Of a proxy that hands on what its clients say neither one alone could be believed.
        for netloc in {request.headers.get("Host", ""), self._proxies.host(request)}:
            if not self._is_ours(_host_name(netloc)):
                raise ApiError(
                    403, "This name of the bot is not one that it knows: add it to web.hosts.", code="host"
                )

    def _is_ours(self, name: str) -> bool:
        if not self.asks:
            return name == "localhost" or _is_loopback(name) or name in self._names
        return name in self._names or _is_address(name)

    def check_origin(self, request: web.Request, *, socket: bool) -> None:
        """Another site's page may neither change nor hear anything. What is no browser sends no Origin."""
        origin = request.headers.get("Origin")
        if origin is not None and _netloc(origin) != self._proxies.host(request).casefold():
            raise ApiError(403, "This page may not ask the bot for anything.", code="origin")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            raise ApiError(403, "This page may not ask the bot for anything.", code="origin")
        if socket or request.method in ("GET", "HEAD"):
            return
        # A form, or a request that a browser makes without asking first, can send neither of these.
        if SAFE_HEADER not in request.headers and request.content_type != "application/json":
            raise ApiError(
                403, f"Send the header {SAFE_HEADER}: 1, or Content-Type: application/json.", code="csrf"
            )


def _wrong_token() -> ApiError:
    return ApiError(401, "That token is not one of this bot's.", code="login")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _host_name(netloc: str) -> str:
    """ "[::1]:80" -> "::1"; "a.b:80" -> "a.b"; "" for what is no host."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.casefold()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return _is_address(name) and ipaddress.ip_address(name).is_loopback
