"""How comments under many posts are polled, for both Meta platforms; a `Grammar` holds the platform's own words. Pure.

An idle poll is one request: the newest posts, each with its newest comments expanded. It grows where something may be
missing:

- a post whose shown comments are all new, or whose count rose by more than the new ones shown, is read page by page;
- posts older than the newest page are swept through now and then, with the same rule against the time of the last
  sweep, and once a day to the last comment;
- the pictures of albums are looked at in sweeps (`channels.album_poll`);
- a platform that does not expand, order or flatten as asked is read by plain calls for each post.

Absence from a list is no deletion: what a full sweep did not show is to be asked for with `plan_presence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from channels import album_poll, meta_graph
from channels.comment_grammar import PICTURE, Grammar
from channels.comment_threads import threaded
from channels.errors import ChannelError, ItemGone, PlatformDown
from channels.items import IncomingItem, Page, PostContext, SetAside, comment_key
from channels.poll_memory import OVERLAP, Memory, Run
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import Json, Unreadable, identifier, instant, mapping, rows, set_aside, whole_number

#: Pages of posts in one sweep (1,000 posts), and pages of comments read of one post when an account is first met
#: (3,000).
SWEEP_PAGES = 40
FIRST_LOOK_PAGES = 60
#: Steps of asking for less: everything; smaller pages; few fields and no expansion.
LEAST_DETAIL = 2


@dataclass(frozen=True)
class CommentReading:
    """`channels.meta_streams.Reading` of posts and their comments; ``most_pages`` of comments under one post."""

    grammar: Grammar
    most_pages: int = FIRST_LOOK_PAGES

    def plan(
        self, account: ConnectedAccount, cursor: str | None, now: datetime, *, deep: bool = False
    ) -> list[Request]:
        return plan(self.grammar, account, cursor, now, deep=deep)

    def read(self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], now: datetime) -> Page:
        return read(self.grammar, account, cursor, exchanges, now, most_pages=self.most_pages)

    def wants_deep(self, account: ConnectedAccount, cursor: str | None, now: datetime) -> bool:
        memory = Memory.load(cursor)
        return memory.sweep_is_due(now, events_live=account.events_live) and memory.deep_is_due(now)


def plan(
    grammar: Grammar, account: ConnectedAccount, cursor: str | None, now: datetime, *, deep: bool = False
) -> list[Request]:
    """The first round. The reading side finds out from the request alone whether it is a sweep."""
    memory = Memory.load(cursor)
    sweep = deep or memory.sweep_is_due(now, events_live=account.events_live)
    detail = 0 if sweep else memory.detail  # a sweep tries the full question again
    run = Run(now, sweep=sweep, deep=deep or (sweep and memory.deep_is_due(now)))
    return [_posts(grammar, account, run, detail=detail, page=1, after=None)]


def history_request(grammar: Grammar, account: ConnectedAccount, now: datetime, after: str | None) -> Request:
    """One page of posts whose comments are to be read to the last, and no page more."""
    return _posts(grammar, account, Run(now, deep=True), detail=0, page=1, after=after)


def _posts(
    grammar: Grammar, account: ConnectedAccount, run: Run, *, detail: int, page: int, after: str | None
) -> Request:
    ask = grammar.pictures.posts_request if grammar.pictures and (run.sweep or run.deep) else grammar.posts_request
    request = ask(account, detail=detail, after=after)
    purpose = {
        "ask": "posts",
        "detail": str(detail),
        "sweep": "1" if run.sweep else "",
        "deep": "1" if run.deep else "",
        "page": str(page),
        "started": run.started.isoformat(),
    }
    return replace(request, purpose=purpose)


@dataclass
class Round:
    """The reading of one round of one account."""

    grammar: Grammar
    account: ConnectedAccount
    memory: Memory
    run: Run
    most_pages: int
    items: dict[str, IncomingItem] = field(default_factory=dict)
    unreadable: list[SetAside] = field(default_factory=list)
    more: list[Request] = field(default_factory=list)
    trouble: list[ChannelError] = field(default_factory=list)

    # --- posts ---

    def read_posts(self, exchange: Exchange) -> None:
        asked = exchange.request.purpose
        page, detail = int(asked["page"]), int(asked["detail"])
        result = exchange.result
        try:
            if isinstance(result, ChannelError):
                raise result
            body = meta_graph.read(result)
        except ChannelError as error:
            if not isinstance(result, ChannelError) and meta_graph.wants_less(result.body) and detail < LEAST_DETAIL:
                after = exchange.request.params.get("after")
                self._ask_posts(detail=detail + 1, page=page, after=after)
                return
            if page == 1:
                if isinstance(error, ItemGone):  # of the account itself: lost or not shown, which one is not known
                    raise PlatformDown("the account was not found") from error
                raise
            self.fail(error)
            return
        self.memory.detail = detail
        for raw in rows(body):
            self.read_post(mapping(raw), raw, head=page == 1, detail=detail)
        self.run.pages = max(self.run.pages, page)
        after = meta_graph.next_after(body)
        if self.run.sweep and after is not None and page < SWEEP_PAGES:
            self._ask_posts(detail=detail, page=page + 1, after=after)
        elif after is not None:
            self.run.partial = True

    def _ask_posts(self, *, detail: int, page: int, after: str | None) -> None:
        self.more.append(_posts(self.grammar, self.account, self.run, detail=detail, page=page, after=after))

    def read_post(self, raw: Json | None, original: Any, *, head: bool, detail: int) -> None:
        post = self.grammar.read_post(raw) if raw is not None else None
        if raw is None or post is None:
            self.unreadable.append(set_aside(original, "a post without a usable id"))
            return
        if self.grammar.is_elsewhere(raw) or not self.read_root(raw, post) or not self.grammar.lists_comments:
            return
        album_poll.note(self, raw)
        key = comment_key(post.external_id)
        total = self.grammar.comment_count(raw)
        before = self.memory.counts.get(key)
        unchanged = total is not None and total == before
        if total is not None:
            self.run.counts[key] = total
        sweep = self.run.sweep
        since = None if self.run.deep else self.memory.since(head=head)
        edge = mapping(raw.get("comments"))
        if edge is None:
            silent = self.memory.expands and detail < LEAST_DETAIL
            if total == 0 or (unchanged and not sweep) or (silent and total is None):
                return
            self.ask_comments(post, after=None, since=since, depth=1, known_total=total, before=before)
            return
        self.memory.expands = True
        self.read_edge(post, edge, since=since, depth=1, total=total, before=before, calm=unchanged and not sweep)

    def read_root(self, raw: Json, post: PostContext) -> bool:
        """Takes a post of somebody else as an item. False for our own, which another stream reads."""
        if self.grammar.read_root is None:
            return True
        try:
            item = self.grammar.read_root(raw, self.account)
        except Unreadable as error:
            self.unreadable.append(set_aside(raw, str(error), post.external_id))
            return False
        if not item.from_us:
            self.items[item.external_id] = item
        return not item.from_us

    # --- comments ---

    def ask_comments(
        self,
        post: PostContext,
        *,
        after: str | None,
        since: datetime | None,
        depth: int,
        known_total: int | None = None,
        before: int | None = None,
    ) -> None:
        # A picture's own id: what its events call it is the name of a story.
        target = comment_key(post.external_id) if post.media_kind == PICTURE else post.external_id
        request = self.grammar.comments_request(self.account, target, detail=self.memory.detail, after=after)
        purpose = _post_purpose(post) | {
            "ask": "comments",
            "since": since.isoformat() if since else "",
            "depth": str(depth),
            "total": "" if known_total is None else str(known_total),
            "before": "" if before is None else str(before),
        }
        self.more.append(replace(request, purpose=purpose))

    def ask_replies(self, post: PostContext, comment_id: str, *, after: str | None, depth: int) -> None:
        request = self.grammar.replies_request(self.account, comment_id, detail=self.memory.detail, after=after)
        purpose = _post_purpose(post) | {"ask": "replies", "comment": comment_id, "depth": str(depth)}
        self.more.append(replace(request, purpose=purpose))

    def read_follow_up(self, exchange: Exchange) -> None:
        asked = exchange.request.purpose
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            body = meta_graph.read(exchange.result)
        except ItemGone:
            return  # the post or comment went away between two rounds
        except ChannelError as error:
            if not (asked["post_kind"] == PICTURE and album_poll.passes_over(error)):
                self.fail(error)
            return
        words = ("post_text", "post_link", "post_kind", "post_owner")
        post = PostContext(asked["post"], *(asked[word] or None for word in words))
        depth = int(asked["depth"])
        if asked["ask"] == "replies":
            for raw in rows(body):
                self.read_comment(raw, post, asked["comment"])
            after = meta_graph.next_after(body)
            if after is not None and depth < self.most_pages:
                self.ask_replies(post, asked["comment"], after=after, depth=depth + 1)
            elif after is not None:
                self.run.partial = True
            return
        self.read_edge(
            post,
            body,
            since=instant(asked["since"]) if asked["since"] else None,
            depth=depth,
            total=whole_number(asked["total"]),
            before=whole_number(asked["before"]),
            calm=False,
        )

    def read_edge(
        self,
        post: PostContext,
        edge: Json,
        *,
        since: datetime | None,
        depth: int,
        total: int | None,
        before: int | None,
        calm: bool,
    ) -> None:
        """Reads one page of comments and asks for the next where something unread may stand there.

        ``calm``: the platform's own count says that nothing was added since the last complete poll.
        """
        raws = list(rows(edge))
        tops: list[datetime] = []
        fresh = 0
        for raw in raws:
            for position, item in enumerate(self.read_comment(raw, post, None, calm=calm)):
                if position == 0:
                    tops.append(item.created_at)
                fresh += since is None or item.created_at > since + OVERLAP
        self.ask_missing_replies(post, raws)
        after = meta_graph.next_after(edge)
        if after is None:
            return
        ordered = all(newer >= older for newer, older in pairwise(tops))
        if not ordered:
            since = None  # not in the order we asked for: only reading on tells
            wanted = depth > 1 or not calm
        elif since is None or not tops:
            wanted = True
        else:
            # With a count that did not move, reading again what stood there last time brings nothing.
            wanted = tops[-1] > (since + OVERLAP if calm else since)
            if not wanted and depth == 1 and total is not None and before is not None and total - before > fresh:
                since, wanted = None, True  # something was added deeper down
        if wanted and (since is not None or depth < self.most_pages):
            self.ask_comments(post, after=after, since=since, depth=depth + 1)
        else:
            self.run.partial = True

    def ask_missing_replies(self, post: PostContext, raws: Sequence[Any]) -> None:
        """For a platform that lists top-level comments alone although asked for all: the replies, comment by
        comment.
        """
        if self.memory.streams:
            return
        for raw in raws:
            comment = mapping(raw) or {}
            comment_id = identifier(comment.get("id"))
            has_replies = (whole_number(comment.get("comment_count")) or 0) > 0
            if comment_id and has_replies and mapping(comment.get(self.grammar.reply_edge)) is None:
                self.ask_replies(post, comment_id, after=None, depth=1)

    def read_comment(
        self, raw: Any, post: PostContext, parent_id: str | None, *, calm: bool = False
    ) -> list[IncomingItem]:
        """The comment and the replies it carries; what cannot be read is set aside."""
        comment = mapping(raw)
        raw_id = identifier(comment.get("id")) if comment else None
        if comment is None or raw_id is None:
            self.unreadable.append(set_aside(raw, "a comment without a usable id"))
            return []
        try:
            item = self.grammar.read_comment(comment, self.account, post, parent_id)
        except Unreadable as error:
            self.unreadable.append(set_aside(raw, str(error), raw_id))
            return []
        if parent_id is None and item.parent_external_id is not None:
            self.memory.streams = True
        self.items[item.external_id] = item
        self.run.newest = max(self.run.newest or item.created_at, item.created_at)
        found = [item]
        nested = mapping(comment.get(self.grammar.reply_edge))
        if nested is not None and parent_id is None:
            for reply in rows(nested):
                found += self.read_comment(reply, post, item.external_id)
            if meta_graph.next_after(nested) is not None:
                if calm:
                    self.run.partial = True
                else:  # from the start: that list need not have the order of this excerpt
                    self.ask_replies(post, item.external_id, after=None, depth=1)
        return found

    # --- outcome ---

    def fail(self, error: ChannelError) -> None:
        self.run.failed = True
        self.trouble.append(error)


def _post_purpose(post: PostContext) -> dict[str, str]:
    return {
        "post": post.external_id,
        "post_text": post.text or "",
        "post_link": post.permalink or "",
        "post_kind": post.media_kind or "",
        "post_owner": post.owner_name or "",
    }


def read(
    grammar: Grammar,
    account: ConnectedAccount,
    cursor: str | None,
    exchanges: Sequence[Exchange],
    now: datetime,
    *,
    most_pages: int = FIRST_LOOK_PAGES,
) -> Page:
    """Reads one round; see `channels.protocol.ChannelAdapter.read_poll`."""
    memory = Memory.load(cursor)
    first = next((e.request.purpose for e in exchanges if e.request.purpose.get("ask") == "posts"), None)
    run = memory.run
    if run is None or (first is not None and first["page"] == "1"):
        asked = first or {"sweep": "", "deep": "", "started": ""}
        run = Run(instant(asked["started"]) or now, sweep=asked["sweep"] == "1", deep=asked["deep"] == "1")
    memory.run = run
    work = Round(grammar, account, memory, run, most_pages)
    usage: list[int] = []
    for exchange in exchanges:
        if not isinstance(exchange.result, ChannelError):
            share = meta_graph.usage_percent(exchange.result)
            usage += [share] if share is not None else []
        if exchange.request.purpose.get("ask") == "posts":
            work.read_posts(exchange)
        elif exchange.request.purpose.get("ask") == "pictures":
            album_poll.read(work, exchange)
        else:
            work.read_follow_up(exchange)
    if not work.more:
        album_poll.ask(work)
    if not work.more:
        memory.finish(run)
    complete = not work.more and not run.failed
    return Page(
        items=threaded(work.items),
        set_aside=tuple(work.unreadable),
        next_cursor=memory.dump(),
        complete=complete,
        full_sweep=complete and run.sweep and not run.partial,
        more=tuple(work.more),
        trouble=tuple(work.trouble),
        usage_percent=max(usage, default=None),
    )
