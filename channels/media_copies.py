"""Fetching what people attached, before the platform lets it expire: the one place that follows an address from a
payload.

Such an address is anybody's word, so it is never trusted: its host must stand in META_MEDIA_HOSTS, it must be https
(http for a loopback address that stands there with its port), and what the name resolves to must be a public address.
The address that was checked is the one connected to. A redirect is followed only to where an address may lead, no token
or cookie is sent, and what comes back is a picture, a film or a sound by its own first bytes or is refused.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

import httpcore2
import httpx2

from channels.media_kinds import MediaCopy, media_type_of
from channels.transport import USER_AGENT
from channels.watched_stream import WatchedTransport, take_off

MOST_BYTES = 25 * 1024 * 1024
"""Meta takes attachments of direct messages up to 25 MB."""
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5.0, 20.0, 60.0
MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_COME_AGAIN = frozenset({408, 425, 429})
_TRANSLATED = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"))
"""IPv6 addresses that lead to an IPv4 address inside them."""


class MediaRefused(Exception):
    """It is never fetched or never kept. `reason` is `address`, `host`, `too_large` or `kind`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MediaGone(Exception):
    """The platform no longer has it at this address."""


class MediaUnreachable(Exception):
    """No whole answer this time; asking again is right."""


def fetch_media(address: str, hosts: Iterable[str], *, total_seconds: float = TOTAL_SECONDS) -> MediaCopy:
    """What lies at an address out of a payload, at most MOST_BYTES long and in at most ``total_seconds``.

    ``hosts`` are the entries of META_MEDIA_HOSTS: a name stands for itself and every name beneath it, a loopback
    ``host:port`` for itself. Raises `MediaRefused`, `MediaGone` or `MediaUnreachable`, whose texts name no address.
    """
    allowed = frozenset(hosts)
    client = httpx2.Client(
        transport=WatchedTransport(connections=1, keep_alive=False, backend=_GuardedBackend(allowed)),
        timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        headers={"User-Agent": USER_AGENT, "Accept": "image/*, video/*, audio/*", "Accept-Encoding": "identity"},
        follow_redirects=False,
        trust_env=False,
    )
    take_off(total_seconds)
    with client:
        try:
            url = _checked(httpx2.URL(address), allowed)
            for _ in range(MOST_REDIRECTS + 1):
                client.cookies.clear()
                with client.stream("GET", url) as response:
                    if response.status_code not in _REDIRECTS:
                        return _copy_of(response)
                    url = _checked(url.join(response.headers.get("location", "")), allowed)
        except httpx2.InvalidURL:
            raise MediaRefused("address") from None
        except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError, RuntimeError) as error:
            raise MediaUnreachable(type(error).__name__) from None
    raise MediaUnreachable("led in a circle")


def _checked(url: httpx2.URL, allowed: frozenset[str]) -> httpx2.URL:
    host = url.raw_host.decode("ascii", "replace").lower()
    if not host or url.userinfo:
        raise MediaRefused("address")
    if url.scheme == "http" and f"{host}:{url.port or 80}" in allowed:
        return url
    if url.scheme != "https" or url.port not in (None, 443):
        raise MediaRefused("address")
    if not any(host == one or host.endswith(f".{one}") for one in allowed if ":" not in one):
        raise MediaRefused("host")
    return url


def _copy_of(response: httpx2.Response) -> MediaCopy:
    status = response.status_code
    if 400 <= status < 500 and status not in _COME_AGAIN:
        raise MediaGone
    if status != 200:
        raise MediaUnreachable(f"status {status}")
    said = response.headers.get("content-length", "")
    expected_bytes = int(said) if said.isascii() and said.isdigit() else 0
    if expected_bytes > MOST_BYTES:
        raise MediaRefused("too_large")
    body = bytearray()
    for part in response.iter_raw():
        if not body and part and media_type_of(part + b"\0" * 12) is None and len(part) >= 12:
            raise MediaRefused("kind")
        body += part
        if len(body) > MOST_BYTES:
            raise MediaRefused("too_large")
    content_type = media_type_of(bytes(body[:16]))
    if content_type is None:
        raise MediaRefused("kind")
    return MediaCopy(content_type, bytes(body))


class _GuardedBackend(httpcore2.NetworkBackend):
    """Connects to the very address it checked: a name that resolves differently the second time gains nothing."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise httpcore2.ConnectError("no such name") from None
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        may = is_loopback if f"{host.lower()}:{port}" in self._allowed else is_public
        if not addresses or not all(may(one) for one in addresses):
            raise MediaRefused("host")
        for address in addresses[:-1]:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)


def is_public(address: str) -> bool:
    """Whether this IP address belongs to the open internet: no machine or network of ours answers there."""
    ip = _parsed(address)
    if ip is None or not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return False
    return ip.version == 4 or not any(ip in net for net in _TRANSLATED)


def is_loopback(address: str) -> bool:
    """Whether this IP address is this machine's own."""
    ip = _parsed(address)
    return ip is not None and ip.is_loopback


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return (ip.ipv4_mapped or ip) if isinstance(ip, ipaddress.IPv6Address) else ip
