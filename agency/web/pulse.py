"""The pulse of an open page, answered before the whole door: every few seconds each open browser asks whether anything
moved (decision 0018), and mostly nothing has.

What the door does for a page is done here in one statement: the session's token, live membership, second factor where
the role needs one, the permission, and row-level security bound to that scope. Whoever may not ask, and whatever goes
wrong, is passed on to the door (`agency.web.live`), so that refusals are the ordinary ones.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import parse_cookie
from werkzeug.sansio.utils import host_is_trusted

from agency.inbox import presence, pulse
from agency.inbox.pulse import CODE_LENGTH, code_of
from agency.web.health import requests_of
from agency.web.route_policy import ROUTE_POLICY
from agency.web.who import cookie_name
from tenants import clock
from tenants.ids import id_from
from tenants.logs import get_logger
from tenants.lone_statements import lone_statements
from tenants.permissions import Actor, Permission
from tenants.settings import Settings

PATH = "/inbox/pulse"
ENDPOINT = "live.pulse"
MOST_CODES = 400
MOST_BRANDS = 60
MOST_KEPT = 2000
KEPT_SECONDS = 60.0
"""A row carries clocks in words: an older one is fetched anew."""
NOTHING = ("Cache-Control", "no-store")
SOMETHING = [
    NOTHING,
    ("Content-Type", "application/json"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'"),
]

log = get_logger("pulse")

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class RowCache:
    """Changed rows as a page fetched them a moment ago, for everybody of the same agency who shows them, too.

    A row is kept under the change it was fetched for, and only where this process itself told of that change before:
    so it was read after the change was committed. It is given to those alone whom their own pulse, under row-level
    security of their own scope, told of that very change. What its holder fetched says `you` and is kept for nobody.
    A row bears labels of the whole agency, which a client's people do not see: theirs are kept apart.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[UUID, int], None] = {}
        self._rows: dict[tuple[UUID, bool, str, UUID, int], tuple[float, UUID | None, str]] = {}

    def tell(self, change: tuple[UUID, int]) -> None:
        """This change was told to somebody."""
        if change not in self._told:
            if len(self._told) >= MOST_KEPT:
                self._told.clear()
            self._told[change] = None

    def keep(self, fetcher: Actor, look: str, change: tuple[UUID, int], holder_id: UUID | None, row: str) -> None:
        """This person got this row in this look (language, zone, address), because of this change."""
        if change in self._told and holder_id != fetcher.user_id:
            if len(self._rows) >= MOST_KEPT:
                self._rows.clear()
            self._rows[*_shelf(fetcher), look, *change] = (time.monotonic(), holder_id, row)

    def row(self, reader: Actor, look: str, change: tuple[UUID, int]) -> str | None:
        """The row, for whom this change was told to; None where nobody fetched it just now, and for its holder, to
        whom it says `you`.
        """
        at, holder_id, row = self._rows.get((*_shelf(reader), look, *change), (0.0, None, ""))
        return row if row and holder_id != reader.user_id and time.monotonic() - at < KEPT_SECONDS else None


def _shelf(actor: Actor) -> tuple[UUID, bool]:
    """Whoever shares one sees the same of a row: the agency, and whether what is the agency's own is in the scope."""
    return actor.agency_id, actor.scope.covers(actor.agency_id)


ROWS = RowCache()


class QuickPulse:
    """WSGI around the app: answers the pulse of whoever may ask, hands everything else on."""

    def __init__(self, app: Flask, inner: Wsgi) -> None:
        settings: Settings = app.extensions["onbrand_settings"]
        self.app = app
        self.inner = inner
        self.cookie = cookie_name(settings)
        policy = ROUTE_POLICY[ENDPOINT]
        assert isinstance(policy, Permission)
        self.permission = policy
        hosts = tuple(app.config["TRUSTED_HOSTS"])
        self._is_our_host = lru_cache(maxsize=64)(lambda host: host_is_trusted(host, hosts))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """WSGI."""
        if environ.get("PATH_INFO") == PATH and environ.get("REQUEST_METHOD") == "GET":
            began = time.perf_counter()
            found = self._answer(environ)
            if found is not None:
                status = 200 if found else 204
                requests_of(self.app).add(ENDPOINT, "GET", status, time.perf_counter() - began)
                if not found:
                    start_response("204 No Content", [NOTHING])
                    return []
                start_response("200 OK", [*SOMETHING, ("Content-Length", str(len(found)))])
                return [found]
        return self.inner(environ, start_response)

    def _answer(self, environ: dict[str, Any]) -> bytes | None:
        """JSON, no bytes where nothing moved, None for whom the door must see."""
        token = parse_cookie(environ.get("HTTP_COOKIE")).get(self.cookie, "")
        if not token or not self._is_our_host(environ.get("HTTP_HOST", "")):
            return None
        if environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in ("same-origin", "none"):
            return None
        asked = _asked(environ.get("QUERY_STRING", ""))
        case_id = id_from(asked.get("case", "")) if asked.get("case") else None
        try:
            with self.app.app_context(), lone_statements() as connection:
                known, since_ms = _known(asked)
                asker = pulse.who_asks(connection, token, case_id, known=known, brand_ids=_brands(asked))
                if asker is None or asker.glance.must_set_up_second_factor:
                    return None
                if not asker.glance.actor.may(self.permission):
                    return None
                shown = _codes(asked)
                told = {} if asker.mine is None else _told(connection, asker, since_ms, asked, shown)
                told |= _people(asker, case_id, asked, shown)
        except SQLAlchemyError as error:
            log.warning("pulse_failed", reason=type(error.__cause__ or error).__name__)
            return None
        return orjson.dumps(told) if told else b""


def _asked(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query, max_num_fields=20))
    except ValueError:
        return {}


def _known(asked: dict[str, str]) -> tuple[int, int | None]:
    """Versions and millisecond of what the browser was told last, as `at` has them; -1 and None for what is neither."""
    versions, _, since = asked.get("at", "").partition("-")
    return (
        int(versions) if versions.isascii() and versions.isdigit() and len(versions) < 19 else -1,
        int(since) if since.isascii() and since.isdigit() and len(since) < 16 else None,
    )


def _told(
    connection: Any, asker: pulse.Asker, since_ms: int | None, asked: dict[str, str], shown: frozenset[str]
) -> dict[str, Any]:
    """What moved since the browser was told last; since its list was made, where it was told nothing yet."""
    made_at = moment_of(asked.get("made", ""))
    found = pulse.news(
        connection,
        asker,
        since_ms=min(asker.at_ms, int(made_at.timestamp() * 1000)) if since_ms is None else since_ms,
        made_at=made_at,
        shown=shown,
        brand_ids=_brands(asked),
    )
    told: dict[str, Any] = {
        "at": f"{asker.versions}-{asker.at_ms}",
        "n": {
            "mine": found.mine,
            "free": found.open_count - found.held_count,
            "team": found.open_count,
            "waiting": found.awaiting_approval_count,
            "late": found.late,
        },
        "new": found.newer,
        "bell": asker.unread or 0,
    }
    changed: list[list[Any]] = []
    look, actor = asked.get("look", ""), asker.glance.actor
    for one, at in found.changed:
        ROWS.tell((one, at))
        row = ROWS.row(actor, look, (one, at))
        changed.append([code_of(one), at] if row is None else [code_of(one), at, row])
    if changed:
        told["rows"] = changed
    if found.forgotten_ms:
        told["all"] = found.forgotten_ms
    return told


def _people(asker: pulse.Asker, case_id: UUID | None, asked: dict[str, str], shown: frozenset[str]) -> dict[str, Any]:
    """Who else is at the cases on screen, where that is not what the browser knows; and what it says of this reader."""
    actor = asker.glance.actor
    if not presence.may_be_seen(actor):
        return {}
    if case_id is not None and asker.case_brand_id is not None:
        if "left" in asked:
            presence.leave(actor, asker.case_brand_id, case_id)
        else:
            presence.look(actor, asker.case_brand_id, case_id, is_typing="typing" in asked)
    there: list[list[Any]] = []
    for one in presence.colleagues(actor):
        code = code_of(one.case_id)
        if code in shown:
            there.append([code, initials(one.name), one.name, int(one.is_typing)])
    known = str(zlib.crc32(orjson.dumps(there))) if there else ""
    return {} if known == asked.get("who", "") else {"who": known, "there": there}


def initials(name: str) -> str:
    """As `components/avatar.html` shows them."""
    return "".join(part[:1].upper() for part in name.split()[:2])


def _codes(asked: dict[str, str]) -> frozenset[str]:
    words = asked.get("rows", "")[: CODE_LENGTH * MOST_CODES]
    return frozenset(words[at : at + CODE_LENGTH] for at in range(0, len(words), CODE_LENGTH))


def _brands(asked: dict[str, str]) -> list[UUID] | None:
    found = (id_from(word) for word in asked.get("brand", "").split(",")[:MOST_BRANDS])
    return [one for one in found if one is not None] or None


def moment_of(words: str) -> datetime:
    """When the list was made, as the page says it in milliseconds; now for what is no moment."""
    if words.isascii() and words.isdigit() and len(words) < 15:
        return datetime.fromtimestamp(int(words) / 1000, UTC)
    return clock.now()
