"""Who asks, and how, if a reverse proxy stands between: its headers, believed from those that are trusted.

A client may send these headers too, and a proxy may hand them on. So the hops of X-Forwarded-For are read
from the right, where the nearest proxy adds, and the first that is no proxy of ours is the client; a client
can only write further to the left.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable

from aiohttp import web

log = logging.getLogger(__name__)

_SIGNS = ("X-Forwarded-For", "X-Real-IP", "Forwarded")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Proxies:
    """`trusted`: addresses and networks ("10.0.0.0/8") whose word on others is believed."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._networks = [_network(one) for one in trusted]
        self._told = False

    def client(self, request: web.Request) -> str:
        """The address of whom a request comes from; of IPv6 its /64, which one household has."""
        near = request.remote or ""
        address = _read(near)
        if address is None:
            return near
        if not self._trusts(address):
            self._tell(request, address)
            return _shared(address)
        for hop in reversed(_values(request, "X-Forwarded-For")):
            further = _read(hop)
            if further is None:  # what nobody can count by is counted as its proxy
                break
            address = further
            if not self._trusts(address):
                break
        return _shared(address)

    def is_https(self, request: web.Request) -> bool:
        """Whether the client's browser has the page over TLS; the bot itself serves none."""
        return self._told_by_proxy(request, "X-Forwarded-Proto").casefold() == "https"

    def host(self, request: web.Request) -> str:
        """The host, perhaps with a port, that the client has asked for."""
        return self._told_by_proxy(request, "X-Forwarded-Host") or request.headers.get("Host", "")

    def _told_by_proxy(self, request: web.Request, header: str) -> str:
        """The nearest proxy's word; "" without one."""
        address = _read(request.remote or "")
        values = _values(request, header) if address and self._trusts(address) else []
        return values[-1] if values else ""

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._networks)

    def _tell(self, request: web.Request, address: _Address) -> None:
        """Once: a proxy on this machine is the streamer's own, and its clients are taken for one."""
        if address.is_loopback and not self._told and is_forwarded(request):
            self._told = True
            log.warning("a proxy at %s speaks for others: name it in web.trusted_proxies", address)


def is_forwarded(request: web.Request) -> bool:
    """Whether somebody says that they ask for somebody else."""
    return any(sign in request.headers for sign in _SIGNS)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    network = ipaddress.ip_network(text, strict=False)
    begin, length = network.network_address, network.prefixlen
    if isinstance(begin, ipaddress.IPv6Address) and begin.ipv4_mapped and length >= 96:
        return ipaddress.ip_network((begin.ipv4_mapped, length - 96))
    return network


def _values(request: web.Request, header: str) -> list[str]:
    return [part.strip() for line in request.headers.getall(header, ()) for part in line.split(",")]


def _read(hop: str) -> _Address | None:
    """ "1.2.3.4", "1.2.3.4:80", "::1", "[::1]:80", "fe80::1%eth0"; an IPv4 address in IPv6 is that."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _shared(address: _Address) -> str:
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
