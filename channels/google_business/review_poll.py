"""Polling one location: newest changes first, stopped at what is known, everything now and then. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from channels.errors import ChannelError, ItemGone, PlatformDown
from channels.google_business import parse, requests, status
from channels.google_business.cursor import OVERLAP, Memory
from channels.items import IncomingItem, Page, Presence, SetAside
from channels.protocol import ROUNDS_PER_POLL, ConnectedAccount, Exchange, Request
from channels.wire import Json, Unreadable, instant, mapping, rows, set_aside

#: 10,000 reviews, as many rounds as a poll has; the older ones of a location with more come with its history alone.
MOST_PAGES = ROUNDS_PER_POLL


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One page of a list: items in the order given, each once."""

    items: tuple[IncomingItem, ...]
    set_aside: tuple[SetAside, ...]
    next_token: str | None

    @property
    def changes(self) -> list[datetime]:
        return [item.updated_at or item.created_at for item in self.items]

    @property
    def in_order(self) -> bool:
        return all(newer >= older for newer, older in pairwise(self.changes))


def read_list(exchange: Exchange) -> ReviewPage:
    """Raises the error that the answer stands for."""
    body = body_of(exchange)
    return page_of(list(rows(body.get("reviews"))), body)


def page_of(reviews: Sequence[object], body: Json) -> ReviewPage:
    items: dict[str, IncomingItem] = {}
    unreadable: list[SetAside] = []
    for raw in reviews:
        review = mapping(raw)
        if review is None:
            unreadable.append(set_aside(raw, "not an object"))
            continue
        try:
            item = parse.read_review(review)
            items[item.external_id] = item
        except Unreadable as error:
            unreadable.append(set_aside(raw, str(error), parse.review_id_of(review)))
    following = body.get("nextPageToken")
    token = following if isinstance(following, str) and following else None
    return ReviewPage(tuple(items.values()), tuple(unreadable), token)


def body_of(exchange: Exchange) -> Json:
    """Raises the error that the exchange stands for."""
    if isinstance(exchange.result, ChannelError):
        raise exchange.result
    return status.read(exchange.result)


class ReviewPolls:
    """The reading half of `channels.protocol.ChannelAdapter`."""

    def plan_poll(self, account: ConnectedAccount, cursor: str | None, *, now: datetime) -> list[Request]:
        sweep = "1" if Memory.load(cursor).sweep_is_due(now) else ""
        purpose = {"ask": "reviews", "sweep": sweep, "page": "1", "started": now.isoformat()}
        return [requests.reviews(account, page_token=None, purpose=purpose)]

    def read_poll(
        self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], *, now: datetime
    ) -> Page:
        """One page a round. A page after the first that fails leaves the watermark where it was."""
        memory = Memory.load(cursor)
        asked = exchanges[0].request.purpose
        page, sweep = int(asked["page"]), asked["sweep"] == "1"
        started = instant(asked["started"]) or now
        if page == 1:
            memory.newest = None
        try:
            found = read_list(exchanges[0])
        except ChannelError as error:
            if page == 1:
                if isinstance(error, ItemGone):  # happens at random there, so not yet a lost location
                    raise PlatformDown("the location was not found") from error
                raise
            memory.newest = None
            return Page((), (), memory.dump(), complete=False, trouble=(error,))
        changes = found.changes
        memory.newest = max([*changes, *([memory.newest] if memory.newest else [])], default=None)
        wanted = found.next_token is not None
        if not sweep and found.in_order and memory.seen is not None and changes:
            wanted = wanted and changes[-1] >= memory.seen - OVERLAP
        if wanted and page < MOST_PAGES:
            more = (requests.reviews(account, page_token=found.next_token, purpose={**asked, "page": str(page + 1)}),)
            return Page(found.items, found.set_aside, memory.dump(), complete=False, more=more)
        memory.finish(started)
        if sweep:
            memory.swept_at, memory.sweep_pages = started, page
        # A list cut at the most pages is no sweep: what is older was not looked for.
        swept = sweep and not wanted
        return Page(found.items, found.set_aside, memory.dump(), complete=True, full_sweep=swept)

    def plan_presence(self, account: ConnectedAccount, external_ids: Sequence[str]) -> list[Request]:
        return [
            sibling(account),
            *(requests.review(account, item, {"ask": "item", "item": item}) for item in external_ids),
        ]

    def read_presence(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> list[Presence]:
        """One 404 is no proof by itself; it counts while the location's list reads in the same round."""
        sibling_reads = False
        verdicts: list[Presence] = []
        for exchange in exchanges:
            item = exchange.request.purpose.get("item", "")
            try:
                body_of(exchange)
            except ItemGone:
                verdict = Presence(item, "gone")
            except ChannelError:
                verdict = Presence(item, "unknown")
            else:
                verdict = Presence(item, "there")
            if exchange.request.purpose.get("ask") == "sibling":
                sibling_reads = verdict.state == "there"
            else:
                verdicts.append(verdict)
        return [v if v.state != "gone" or sibling_reads else Presence(v.external_id, "unknown") for v in verdicts]


def sibling(account: ConnectedAccount) -> Request:
    """The shortest list there is: while it reads, a 404 beside it speaks of the review and not of the location."""
    return requests.reviews(account, page_token=None, purpose={"ask": "sibling"}, page_size=1)
