"""The Google Business adapter: reviews and the one answer each may have."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from channels.errors import ChannelError, ItemGone, OutcomeUnknown, PlatformDown, TargetChanged
from channels.google_business import oauth, parse, requests, status
from channels.items import IncomingItem, OwnReply, Page, Presence, PublishedReply, ReadBack, SetAside
from channels.matching import CLOCK_SLACK, check_sendable, same_text
from channels.protocol import (
    Answer,
    ChannelTraits,
    ConnectedAccount,
    Exchange,
    Rate,
    ReplyLength,
    ReplyTarget,
    Request,
)
from channels.wire import Unreadable, instant, mapping, rows, set_aside, whole_number

TRAITS = ChannelTraits(
    platform="google_business",
    label="Google",
    kinds=("review",),
    scopes=(oauth.SCOPE,),
    reply_window=None,
    longest_reply=ReplyLength(4_096, "bytes"),
    rate=Rate(300, 60, "app"),
    # batchGetReviews could serve 50 locations, but mixes them in one stream where a busy one pushes the others to later
    # pages and one lost location may fail all; so each location is listed by itself.
    batch_size=1,
)
#: Read again this far back: reviews move between pages while one reads.
OVERLAP = timedelta(hours=1)
#: A reply written, removed or rejected elsewhere moves no time stamp, so everything is listed now and then: a minute of
#: pause for each page it took, at least 15 minutes and at most 6 hours. 200 locations of one page each take 13 calls a
#: minute of 300.
SHORTEST_SWEEP_PAUSE = timedelta(minutes=15)
LONGEST_SWEEP_PAUSE = timedelta(hours=6)
SWEEP_PAUSE_PER_PAGE = timedelta(minutes=5)
#: 20,000 reviews; a location with more keeps its older ones unswept.
MOST_PAGES = 400


@dataclass(slots=True)
class _Memory:
    seen: datetime | None = None
    swept_at: datetime | None = None
    sweep_pages: int = 1
    newest: datetime | None = None

    @classmethod
    def load(cls, cursor: str | None) -> _Memory:
        try:
            raw = mapping(json.loads(cursor or "{}")) or {}
        except (ValueError, RecursionError):
            raw = {}
        if raw.get("v") != 1:
            return cls()
        return cls(
            instant(raw.get("seen")),
            instant(raw.get("swept_at")),
            whole_number(raw.get("sweep_pages")) or 1,
            instant(raw.get("newest")),
        )

    def dump(self) -> str:
        times = {name: getattr(self, name) for name in ("seen", "swept_at", "newest")}
        raw = {name: moment.isoformat() if moment else None for name, moment in times.items()}
        return json.dumps({"v": 1, "sweep_pages": self.sweep_pages, **raw}, separators=(",", ":"))

    def sweep_is_due(self, now: datetime) -> bool:
        pause = min(LONGEST_SWEEP_PAUSE, max(SHORTEST_SWEEP_PAUSE, SWEEP_PAUSE_PER_PAGE * self.sweep_pages))
        return self.swept_at is None or now - self.swept_at >= pause


class GoogleBusinessAdapter:
    """See `channels.protocol.ChannelAdapter`."""

    traits = TRAITS

    def plan_poll(self, account: ConnectedAccount, cursor: str | None, *, now: datetime) -> list[Request]:
        sweep = "1" if _Memory.load(cursor).sweep_is_due(now) else ""
        purpose = {"ask": "reviews", "sweep": sweep, "page": "1", "started": now.isoformat()}
        return [requests.reviews(account, page_token=None, purpose=purpose)]

    def read_poll(
        self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], *, now: datetime
    ) -> Page:
        """One page a round. A page after the first that fails leaves the watermark where it was."""
        memory = _Memory.load(cursor)
        exchange = exchanges[0]
        asked = exchange.request.purpose
        page, sweep = int(asked["page"]), asked["sweep"] == "1"
        started = instant(asked["started"]) or now
        if page == 1:
            memory.newest = None
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            body = status.read(exchange.result)
        except ChannelError as error:
            if page == 1:
                if isinstance(error, ItemGone):  # happens at random there, so not yet a lost location
                    raise PlatformDown("the location was not found") from error
                raise
            memory.newest = None
            return Page((), (), memory.dump(), complete=False, trouble=(error,))
        items: dict[str, IncomingItem] = {}
        unreadable: list[SetAside] = []
        for raw in rows(body.get("reviews")):
            review = mapping(raw)
            if review is None:
                unreadable.append(set_aside(raw, "not an object"))
                continue
            try:
                item = parse.read_review(review)
                items[item.external_id] = item
            except Unreadable as error:
                unreadable.append(set_aside(raw, str(error), parse.review_id_of(review)))
        changed = [item.updated_at or item.created_at for item in items.values()]
        memory.newest = max([*changed, *([memory.newest] if memory.newest else [])], default=None)
        following = body.get("nextPageToken")
        going_on = isinstance(following, str) and bool(following) and page < MOST_PAGES
        in_order = all(newer >= older for newer, older in pairwise(changed))
        if going_on and not sweep and in_order and memory.seen is not None and changed:
            going_on = changed[-1] >= memory.seen - OVERLAP
        if going_on:
            purpose = {**asked, "page": str(page + 1)}
            more = (requests.reviews(account, page_token=str(following), purpose=purpose),)
            return Page(tuple(items.values()), tuple(unreadable), memory.dump(), complete=False, more=more)
        if memory.newest is not None:
            newest = min(memory.newest, started)
            memory.seen = max(newest, memory.seen) if memory.seen else newest
        memory.newest = None
        if sweep:
            memory.swept_at, memory.sweep_pages = started, page
        return Page(tuple(items.values()), tuple(unreadable), memory.dump(), complete=True, full_sweep=sweep)

    def plan_precheck(self, account: ConnectedAccount, target: ReplyTarget) -> list[Request]:
        return [requests.review(account, target.external_id, {"ask": "review"})]

    def read_precheck(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, exchanges: Sequence[Exchange]
    ) -> PublishedReply | None:
        """A rejected answer of ours may be replaced, any other standing answer may not."""
        item = self._review(exchanges)
        if item.reply is not None and same_text(item.reply.text, text) and item.reply.state != "rejected":
            return PublishedReply(target.external_id, None, item.reply.state)
        if item.reply is not None and item.reply.state != "rejected":
            raise TargetChanged("answered_elsewhere")
        seen, current = target.seen_updated_at, item.updated_at
        # Milliseconds on the wire, microseconds in the database.
        if seen is not None and current is not None and current - seen >= timedelta(milliseconds=1):
            raise TargetChanged("edited")
        return None

    def _review(self, exchanges: Sequence[Exchange]) -> IncomingItem:
        if isinstance(exchanges[0].result, ChannelError):
            raise exchanges[0].result
        try:
            return parse.read_review(status.read(exchanges[0].result))
        except Unreadable as error:
            raise PlatformDown(f"unreadable review: {error}") from error

    def publish_reply(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        check_sendable(text, TRAITS.longest_reply)
        return requests.reply(account, target.external_id, text)

    def read_publish(self, account: ConnectedAccount, target: ReplyTarget, answer: Answer) -> PublishedReply:
        """Accepted is not visible: Google moderates, so the state is "pending" until a later read says more."""
        body = status.read(answer, write=True)
        reply = parse.read_reply(body)
        if reply is None:
            raise OutcomeUnknown("the answer does not repeat the reply")
        stated = isinstance(body.get("reviewReplyState"), str)
        return PublishedReply(target.external_id, None, reply.state if stated else "pending")

    def plan_find_our_reply(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, *, sent_at: datetime
    ) -> list[Request]:
        return [requests.review(account, target.external_id, {"ask": "review"})]

    def read_find_our_reply(
        self,
        account: ConnectedAccount,
        target: ReplyTarget,
        text: str,
        exchanges: Sequence[Exchange],
        *,
        sent_at: datetime,
    ) -> ReadBack:
        """Another text in our place means it was overwritten or never arrived: no machine can tell."""
        try:
            reply = self._review(exchanges).reply
        except ItemGone:
            return ReadBack("cannot_tell", reason="thread_gone")
        except ChannelError as error:
            return ReadBack("cannot_tell", reason=error.code)
        if reply is None:
            return ReadBack("absent")
        if same_text(reply.text, text) and not _older(reply, sent_at):
            return ReadBack("found", (target.external_id,), reply=reply)
        return ReadBack("cannot_tell", reason="other_reply", reply=reply)

    def plan_presence(self, account: ConnectedAccount, external_ids: Sequence[str]) -> list[Request]:
        head = requests.reviews(account, page_token=None, purpose={"ask": "sibling"})
        return [head, *(requests.review(account, item, {"ask": "item", "item": item}) for item in external_ids)]

    def read_presence(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> list[Presence]:
        """One 404 is no proof by itself; it counts while the location's list reads in the same round."""
        sibling_reads = False
        verdicts: list[Presence] = []
        for exchange in exchanges:
            item = exchange.request.purpose.get("item", "")
            try:
                if isinstance(exchange.result, ChannelError):
                    raise exchange.result
                status.read(exchange.result)
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


def _older(reply: OwnReply, sent_at: datetime) -> bool:
    return reply.updated_at is not None and reply.updated_at < sent_at - CLOCK_SLACK
