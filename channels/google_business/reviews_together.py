"""One read for up to 50 locations of one Google account (`batchGetReviews`): the lean look whether anything is new.

All their changes come as one stream, newest first and 50 a page. A location is served when the stream reached back to
what is stored of it; where a busy neighbour filled the page before, it is polled alone. Sweeps are always made alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from channels.capabilities import SharedReading, SharedRequest
from channels.errors import ChannelError, ItemGone, PlatformDown, Refused, TokenRevoked
from channels.google_business import requests
from channels.google_business.cursor import ALONE_FOR, Memory
from channels.google_business.review_poll import ReviewPage, body_of, page_of
from channels.items import Page
from channels.protocol import Answer, ConnectedAccount, Exchange
from channels.wire import Json, mapping, rows

#: Google's largest number of locations in one call.
MOST_LOCATIONS = 50
#: Refusals that hold for every location alike: the project's, not a location's.
_OF_THE_PROJECT = ("quota_zero", "service_disabled")
#: Of the token, so of every location it opens; a plain 403 may be about one location.
_OF_THE_LOCATION = ("access_lost",)


class ReviewsTogether:
    """See `channels.capabilities.PollsTogether`."""

    def plan_together(
        self, accounts: Sequence[ConnectedAccount], cursors: Mapping[str, str | None], *, now: datetime
    ) -> list[SharedRequest]:
        """Nobody shares whose sweep is due or who has not been read whole yet."""
        groups: dict[tuple[str, str], list[ConnectedAccount]] = {}
        for account in accounts:
            if Memory.load(cursors.get(account.account_id)).shares(now):
                try:
                    holder = requests.holder_name(account)
                except Refused:
                    continue
                groups.setdefault((holder, account.credential.reveal()), []).append(account)
        return [
            _shared(group[start : start + MOST_LOCATIONS])
            for group in groups.values()
            for start in range(0, len(group), MOST_LOCATIONS)
            if len(group[start : start + MOST_LOCATIONS]) > 1
        ]

    def read_together(
        self,
        accounts: Sequence[ConnectedAccount],
        cursors: Mapping[str, str | None],
        shared: SharedRequest,
        exchange: Exchange,
        *,
        now: datetime,
    ) -> SharedReading:
        """A refusal that may be one location's fault is narrowed down by halves; whoever is at fault reads alone for
        some hours. An answer of 5xx sends all to read alone, and no answer at all is everybody's error.
        """
        served = [account for account in accounts if account.account_id in shared.account_ids]
        try:
            body = body_of(exchange)
        except (ItemGone, Refused, TokenRevoked) as error:
            if _is_everybodys(error):
                return SharedReading(errors=dict.fromkeys(shared.account_ids, error))
            return _narrowed(served, cursors, now)
        except PlatformDown as error:
            if isinstance(exchange.result, Answer):
                return SharedReading(alone={one: cursors.get(one) for one in shared.account_ids})
            return SharedReading(errors=dict.fromkeys(shared.account_ids, error))
        except ChannelError as error:
            return SharedReading(errors=dict.fromkeys(shared.account_ids, error))
        return _spread(served, cursors, body, now)


def _shared(group: Sequence[ConnectedAccount]) -> SharedRequest:
    names = list(dict.fromkeys(account.external_id for account in group))
    return SharedRequest(requests.reviews_of_many(group[0], names), tuple(account.account_id for account in group))


def _is_everybodys(error: ItemGone | Refused | TokenRevoked) -> bool:
    if isinstance(error, Refused):
        return error.platform_code in _OF_THE_PROJECT
    return isinstance(error, TokenRevoked) and error.reason not in _OF_THE_LOCATION


def _narrowed(served: Sequence[ConnectedAccount], cursors: Mapping[str, str | None], now: datetime) -> SharedReading:
    if len(served) > 1:
        half = len(served) // 2
        return SharedReading(more=(_shared(served[:half]), _shared(served[half:])))
    alone: dict[str, str | None] = {}
    for account in served:
        memory = Memory.load(cursors.get(account.account_id))
        memory.alone_until = now + ALONE_FOR
        alone[account.account_id] = memory.dump()
    return SharedReading(alone=alone)


@dataclass(frozen=True, slots=True)
class _Stream:
    """What one page told: reviews with their locations, in its order. ``back_to``: everything changed after that moment
    is in it; None: everything there is. ``is_usable`` false: something in it cannot be placed.
    """

    reviews: tuple[tuple[str, ReviewPage], ...]
    back_to: datetime | None
    is_usable: bool

    def of(self, location: str) -> ReviewPage:
        own = [review for name, review in self.reviews if name == location]
        items = {item.external_id: item for review in own for item in review.items}
        return ReviewPage(tuple(items.values()), tuple(aside for review in own for aside in review.set_aside), None)


def _read_stream(body: Json, names: frozenset[str]) -> _Stream:
    reviews = []
    for row in rows(body.get("locationReviews")):
        entry = mapping(row) or {}
        reviews.append((_location_of(entry), page_of([entry.get("review")], {})))
    changes = [change for _, review in reviews for change in review.changes]
    placed = all(name in names for name, _ in reviews)
    if page_of([], body).next_token is None:
        return _Stream(tuple(reviews), None, placed)
    in_order = all(newer >= older for newer, older in pairwise(changes))
    return _Stream(tuple(reviews), min(changes, default=None), placed and in_order and bool(changes))


def _location_of(entry: Json) -> str:
    """The location's name, from its own field or the start of the review's."""
    name = entry.get("name")
    if not isinstance(name, str):
        name = (mapping(entry.get("review")) or {}).get("name")
    return name.partition("/reviews/")[0] if isinstance(name, str) else ""


def _spread(
    served: Sequence[ConnectedAccount], cursors: Mapping[str, str | None], body: Json, now: datetime
) -> SharedReading:
    stream = _read_stream(body, frozenset(account.external_id for account in served))
    pages: dict[str, Page] = {}
    alone: dict[str, str | None] = {}
    for account in served:
        cursor = cursors.get(account.account_id)
        memory = Memory.load(cursor)
        reaches = memory.reaches()
        far_enough = stream.back_to is None or (reaches is not None and stream.back_to < reaches)
        if not (stream.is_usable and far_enough):
            alone[account.account_id] = cursor
            continue
        found = stream.of(account.external_id)
        memory.newest = max(found.changes, default=None)
        memory.finish(now)
        pages[account.account_id] = Page(found.items, found.set_aside, memory.dump(), complete=True)
    return SharedReading(pages=pages, alone=alone)
