"""How often something may be tried: counted in Redis, in this process's memory while Redis is away; never unlimited."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import redis

from tenants.logs import get_logger

log = get_logger("throttle")

REST_SECONDS = 5
"""After a failure Redis is left alone this long, so that a dead one does not cost every request its time-out."""
MOST_KEYS_IN_MEMORY = 50_000


@dataclass(frozen=True)
class Limit:
    """At most `most` tries in `seconds` for one value of a key."""

    name: str
    most: int
    seconds: int


SIGN_IN_PAIR = Limit("sign_in_pair", 10, 900)
SIGN_IN_ACCOUNT = Limit("sign_in_account", 40, 900)
SIGN_IN_ADDRESS = Limit("sign_in_address", 100, 900)
SECOND_FACTOR_PERSON = Limit("second_factor_person", 10, 900)
RESET_ACCOUNT = Limit("reset_account", 3, 3600)
RESET_ADDRESS = Limit("reset_address", 20, 3600)
SIGN_UP_ACCOUNT = Limit("sign_up_account", 3, 3600)
SIGN_UP_ADDRESS = Limit("sign_up_address", 20, 3600)
SIGN_UP_NAMES = Limit("sign_up_names", 10, 3600)
LINK_ADDRESS = Limit("link_address", 60, 900)
WALKS_OF_LINK = Limit("walks_of_link", 20, 3600)
APPROVAL_LINK = Limit("approval_link", 120, 900)
APPROVAL_GLANCE = Limit("approval_glance", 400, 900)
MAIL_ANSWER = Limit("mail_answer", 20, 3600)
NEWER_LINK = Limit("newer_link", 3, 3600)
INVITE_PERSON = Limit("invite_person", 60, 3600)
"""One account from one address: ten tries a quarter of an hour. The account over all addresses gets more, so that a
stranger's wrong guesses do not lock its owner out at once; one address over all accounts gets room for an office."""


class Throttle:
    """Counts tries in fixed windows. The key's value is never stored, only an HMAC of it."""

    def __init__(self, client: redis.Redis | None, secret: bytes) -> None:
        self._client = client
        self._secret = secret
        self._memory: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()
        self._rest_until = 0.0

    def count(self, *tries: tuple[Limit, str]) -> int | None:
        """Count one try against each limit. None when all allow it, else seconds until the strictest window ends."""
        names = [self._name(limit, value) for limit, value in tries]
        limits = [limit for limit, _ in tries]
        counts = self._count_in_redis(names, limits)
        if counts is None:
            counts = self._count_in_memory(names, limits)
        waits = [left for limit, (seen, left) in zip(limits, counts, strict=True) if seen > limit.most]
        return max(waits) if waits else None

    def wait_seconds(self, limit: Limit, value: str) -> int | None:
        """What `count` would answer now, counting nothing: for doors where only what is wrong counts."""
        name = self._name(limit, value)
        seen, left = self._seen_in_redis(name) or self._seen_in_memory(name)
        return left if seen >= limit.most else None

    def forget(self, *tries: tuple[Limit, str]) -> None:
        """Start these windows anew, after a try that succeeded."""
        names = [self._name(limit, value) for limit, value in tries]
        with self._lock:
            for name in names:
                self._memory.pop(name, None)
        if self._may_ask():
            try:
                cast(redis.Redis, self._client).delete(*names)
            except redis.RedisError:
                self._rest()

    def _name(self, limit: Limit, value: str) -> str:
        digest = hmac.new(self._secret, f"{limit.name}|{value}".encode(), hashlib.sha256).hexdigest()[:32]
        return f"throttle_{limit.name}_{digest}"

    def _may_ask(self) -> bool:
        return self._client is not None and time.monotonic() >= self._rest_until

    def _rest(self) -> None:
        self._rest_until = time.monotonic() + REST_SECONDS
        log.warning("throttle_counts_in_memory")

    def _count_in_redis(self, names: Sequence[str], limits: Sequence[Limit]) -> list[tuple[int, int]] | None:
        if not self._may_ask():
            return None
        try:
            pipe = cast(redis.Redis, self._client).pipeline(transaction=True)
            for name, limit in zip(names, limits, strict=True):
                pipe.incr(name)
                pipe.expire(name, limit.seconds, nx=True)
                pipe.ttl(name)
            answers = pipe.execute()
        except redis.RedisError:
            self._rest()
            return None
        return [(int(answers[i]), max(1, int(answers[i + 2]))) for i in range(0, len(answers), 3)]

    def _seen_in_redis(self, name: str) -> tuple[int, int] | None:
        if not self._may_ask():
            return None
        try:
            pipe = cast(redis.Redis, self._client).pipeline(transaction=False)
            pipe.get(name)
            pipe.ttl(name)
            seen, left = pipe.execute()
        except redis.RedisError:
            self._rest()
            return None
        return int(seen or 0), max(1, int(left))

    def _seen_in_memory(self, name: str) -> tuple[int, int]:
        with self._lock:
            seen, ends_at = self._memory.get(name, (0, 0.0))
        left = ends_at - time.monotonic()
        return (seen, max(1, int(left))) if left > 0 else (0, 1)

    def _count_in_memory(self, names: Sequence[str], limits: Sequence[Limit]) -> list[tuple[int, int]]:
        now, counts = time.monotonic(), []
        with self._lock:
            if len(self._memory) > MOST_KEYS_IN_MEMORY:
                self._memory = {name: held for name, held in self._memory.items() if held[1] > now}
            for name, limit in zip(names, limits, strict=True):
                seen, ends_at = self._memory.get(name, (0, 0.0))
                if ends_at <= now:
                    seen, ends_at = 0, now + limit.seconds
                self._memory[name] = (seen + 1, ends_at)
                counts.append((seen + 1, max(1, int(ends_at - now))))
        return counts


def address_key(ip_address: str | None) -> str:
    """One key per caller: an IPv4 address, or the /64 an IPv6 caller can roam in."""
    try:
        address = ipaddress.ip_address(ip_address or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
