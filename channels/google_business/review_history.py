"""Reading a location's past, newest change first, a page at a time. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from channels.errors import ItemGone, PlatformDown, Refused
from channels.google_business import requests
from channels.google_business.review_poll import read_list
from channels.items import Page
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import mapping, whole_number

#: Google may let a page token die between two slices; then the reading begins anew, but not for ever.
MOST_RESTARTS = 3
_LONGEST_TOKEN = 4_000


class ReviewHistory:
    """See `channels.capabilities.ReadsHistory`. The horizon counts from a review's last change."""

    def plan_history(
        self, account: ConnectedAccount, cursor: str | None, horizon: datetime, *, now: datetime
    ) -> list[Request]:
        token, restarts = _load(cursor)
        return [_page(account, token, restarts)]

    def read_history(
        self,
        account: ConnectedAccount,
        cursor: str | None,
        horizon: datetime,
        exchanges: Sequence[Exchange],
        *,
        now: datetime,
    ) -> Page:
        """Follow ``more``, or stop after any round and plan anew from its ``next_cursor``.

        Raises the error of the read; what came before stays valid.
        """
        asked = exchanges[0].request.purpose
        restarts = whole_number(asked.get("restarts")) or 0
        try:
            found = read_list(exchanges[0])
        except ItemGone as error:
            raise PlatformDown("the location was not found") from error
        except Refused as error:
            if not asked.get("token") or error.platform_code != "INVALID_ARGUMENT" or restarts >= MOST_RESTARTS:
                raise
            return _going_on(account, None, restarts + 1)
        wanted = tuple(item for item in found.items if (item.updated_at or item.created_at) >= horizon)
        changes = found.changes
        past = found.in_order and bool(changes) and changes[-1] < horizon
        if found.next_token is None or past:
            return Page(wanted, found.set_aside, _dump(None, restarts), complete=True)
        page = _going_on(account, found.next_token, restarts)
        return Page(wanted, found.set_aside, page.next_cursor, complete=False, more=page.more)


def _page(account: ConnectedAccount, token: str | None, restarts: int) -> Request:
    purpose = {"ask": "history", "token": token or "", "restarts": str(restarts)}
    return requests.reviews(account, page_token=token, purpose=purpose)


def _going_on(account: ConnectedAccount, token: str | None, restarts: int) -> Page:
    return Page((), (), _dump(token, restarts), complete=False, more=(_page(account, token, restarts),))


def _load(cursor: str | None) -> tuple[str | None, int]:
    try:
        raw = mapping(json.loads(cursor or "{}")) or {}
    except (ValueError, RecursionError):
        raw = {}
    token = raw.get("token") if raw.get("v") == 1 else None
    usable = isinstance(token, str) and token.isascii() and token.isprintable() and len(token) <= _LONGEST_TOKEN
    return token if usable else None, whole_number(raw.get("restarts")) or 0


def _dump(token: str | None, restarts: int) -> str:
    return json.dumps({"v": 1, "token": token, "restarts": restarts}, separators=(",", ":"))
