"""Who is looking at a case and who is typing, kept in Valkey for seconds and nowhere else.

Keys carry agency and brand, so that one reader's look covers exactly the brands they may see. It is a courtesy between
colleagues, no lock: without Valkey nobody is shown, and nothing else changes; once it is back, people are shown as
their pages ask again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

import redis

from tenants.base_app import extensions_of_app
from tenants.logs import get_logger
from tenants.permissions import Actor, Role

LOOKING_SECONDS = 15
"""So long somebody counts as looking after their page last said so; an open one says it every few seconds."""
TYPING_SECONDS = 9
KEPT_SECONDS = 0.5
"""A web process reads an agency's presence at most so often, however many browsers ask."""
AWAY_SECONDS = 30
"""After Valkey failed it is left alone for so long: a page must not wait for a courtesy."""
LONGEST_NAME = 80
MOST_KEPT = 4096

log = get_logger("presence")


class Seen(NamedTuple):
    """A colleague at a case."""

    brand_id: UUID
    case_id: UUID
    person_id: UUID
    name: str
    is_typing: bool


def may_be_seen(actor: Actor) -> bool:
    """Staff of the agency see one another; a client's people neither see nor are shown."""
    return actor.role is not Role.CLIENT_OWNER


class _Board:
    """What one web process knows: each agency's people as read a moment ago."""

    def __init__(self, server: redis.Redis) -> None:
        self.server = server
        self.away_until = 0.0
        self.is_away = False
        self.read: dict[UUID, tuple[float, list[Seen]]] = {}

    def fails(self, error: Exception) -> None:
        """Leave Valkey alone for a while, show nobody meanwhile, and say so once however long it lasts."""
        self.away_until = time.monotonic() + AWAY_SECONDS
        self.read.clear()
        if not self.is_away:
            self.is_away = True
            log.warning("presence_away", reason=type(error).__name__)

    def answers(self) -> None:
        """Valkey did."""
        if self.is_away:
            self.is_away = False
            log.info("presence_back")


def look(actor: Actor, brand_id: UUID, case_id: UUID, *, is_typing: bool) -> None:
    """This person has this case of this brand open. The caller has made sure that they may see it."""
    board = _board()
    if board is None or not may_be_seen(actor):
        return
    until = time.time()
    members = {_member(actor, case_id, "l"): until + LOOKING_SECONDS}
    if is_typing:
        members[_member(actor, case_id, "t")] = until + TYPING_SECONDS
    place, brands = _place(actor.agency_id, brand_id), _brands(actor.agency_id)
    try:
        with board.server.pipeline(transaction=False) as sent:
            sent.zadd(place, members)
            sent.zremrangebyscore(place, "-inf", until)
            sent.expire(place, LOOKING_SECONDS * 2)
            sent.zadd(brands, {brand_id.hex: until + LOOKING_SECONDS})
            sent.expire(brands, LOOKING_SECONDS * 2)
            sent.execute()
    except redis.RedisError as error:
        board.fails(error)
        return
    board.answers()
    board.read.pop(actor.agency_id, None)


def leave(actor: Actor, brand_id: UUID, case_id: UUID) -> None:
    """This person closed the case."""
    board = _board()
    if board is None:
        return
    try:
        board.server.zrem(_place(actor.agency_id, brand_id), *(_member(actor, case_id, kind) for kind in "lt"))
    except redis.RedisError as error:
        board.fails(error)
    board.read.pop(actor.agency_id, None)


def colleagues(actor: Actor) -> list[Seen]:
    """Everybody else at work in the brands this person may see, by case and name; empty for a client's people."""
    board = _board()
    if board is None or not may_be_seen(actor):
        return []
    scope = actor.scope
    return [
        one for one in _read(board, actor.agency_id) if scope.covers(one.brand_id) and one.person_id != actor.user_id
    ]


def at_case(actor: Actor, case_id: UUID) -> list[Seen]:
    """Everybody else at this case, as far as this person may know."""
    return [one for one in colleagues(actor) if one.case_id == case_id]


def is_anybody_typing(agency_id: UUID, brand_id: UUID, case_id: UUID) -> bool:
    """Whether somebody types at this case now, as far as anybody knows."""
    board = _board()
    if board is None:
        return False
    try:
        words: Any = board.server.zrangebyscore(_place(agency_id, brand_id), time.time(), "+inf")
    except redis.RedisError as error:
        board.fails(error)
        return False
    here = f"{case_id.hex}|"
    return any(word.startswith(here) and word.split("|", 3)[2] == "t" for word in map(_text, words))


def _read(board: _Board, agency_id: UUID) -> list[Seen]:
    now = time.monotonic()
    known = board.read.get(agency_id)
    if known is not None and now - known[0] < KEPT_SECONDS:
        return known[1]
    moment = time.time()
    try:
        words: Any = board.server.zrangebyscore(_brands(agency_id), moment, "+inf")
        brands = [UUID(hex=_text(word)) for word in words]
        found: list[Any] = []
        if brands:
            with board.server.pipeline(transaction=False) as asked:
                for brand_id in brands:
                    asked.zrangebyscore(_place(agency_id, brand_id), moment, "+inf")
                found = asked.execute()
    except redis.RedisError as error:
        board.fails(error)
        return []
    board.answers()
    seen = list(_people(zip(brands, found, strict=True)))
    if len(board.read) >= MOST_KEPT:
        board.read.clear()
    board.read[agency_id] = (now, seen)
    return seen


def _people(found: Iterable[tuple[UUID, list[bytes]]]) -> Iterable[Seen]:
    for brand_id, members in found:
        names: dict[tuple[str, str], str] = {}
        typing = set()
        for member in members:
            case_id, person_id, kind, name = _text(member).split("|", 3)
            names[case_id, person_id] = name
            if kind == "t":
                typing.add((case_id, person_id))
        for key, name in sorted(names.items(), key=lambda one: (one[0][0], one[1], one[0][1])):
            yield Seen(brand_id, UUID(hex=key[0]), UUID(hex=key[1]), name, key in typing)


def _member(actor: Actor, case_id: UUID, kind: str) -> str:
    return f"{case_id.hex}|{actor.user_id.hex}|{kind}|{actor.name[:LONGEST_NAME]}"


def _place(agency_id: UUID, brand_id: UUID) -> str:
    return f"onbrand:presence:{agency_id.hex}:{brand_id.hex}"


def _brands(agency_id: UUID) -> str:
    return f"onbrand:presence:{agency_id.hex}"


def _text(word: bytes | str) -> str:
    return word.decode() if isinstance(word, bytes) else word


def _board() -> _Board | None:
    kept = extensions_of_app()
    board: _Board | None = kept.get("onbrand_presence")
    if board is None:
        server = kept.get("onbrand_redis")
        if server is None:
            return None
        board = kept["onbrand_presence"] = _Board(server)
    return None if time.monotonic() < board.away_until else board
