"""A notice of the business's own on its Facebook Page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from channels import meta_graph
from channels.errors import ChannelError, Refused
from channels.items import PublishedReply, ReadBack
from channels.matching import CLOCK_SLACK, check_sendable, may_be_ours
from channels.meta_requests import call, get, paged
from channels.protocol import Answer, ConnectedAccount, Exchange, ReplyLength, Request
from channels.wire import identifier, instant, mapping, rows, text_of, whole_number
from channels.wire import link as checked_link

#: Meta documents none for posts; 63,206 characters is what its own editor takes.
LONGEST_NOTICE = ReplyLength(63_206, "characters")
_MOST_PAGES = 4


class Notices:
    """See `channels.capabilities.PublishesNotices`. Needs `pages_manage_posts`."""

    def publish_notice(self, account: ConnectedAccount, text: str, link: str | None) -> Request:
        check_sendable(text, LONGEST_NOTICE)
        if link is not None and checked_link(link) != link:
            raise Refused("bad_link", "The link must be an http or https address.")
        form = {"message": text} | ({"link": link} if link else {})
        return call(account, "POST", meta_graph.path(account.external_id, "feed"), form=form)

    def read_notice(self, account: ConnectedAccount, text: str, answer: Answer) -> PublishedReply:
        """A refusal as a duplicate (506) is `OutcomeUnknown`: it may be our own first try."""
        created = meta_graph.created_id(answer)
        return PublishedReply(created, meta_graph.request_id_of(answer), "published")

    def plan_find_notice(self, account: ConnectedAccount, text: str, *, sent_at: datetime) -> list[Request]:
        path = meta_graph.path(account.external_id, "published_posts")
        return [get(account, path, paged("id,message,created_time", 25, None), {"page": "1"})]

    def read_find_notice(
        self, account: ConnectedAccount, text: str, exchanges: Sequence[Exchange], *, sent_at: datetime
    ) -> ReadBack:
        """Give all exchanges made so far. The list is said to be ranked, so the first old post proves nothing: "absent"
        takes every page up to one that holds old posts only.
        """
        found: dict[str, None] = {}
        doubt = None
        following: Request | None = None
        for exchange in exchanges:
            try:
                if isinstance(exchange.result, ChannelError):
                    raise exchange.result
                body = meta_graph.read(exchange.result)
            except ChannelError as error:
                doubt = error.code
                continue
            young = False
            for raw in rows(body):
                post = mapping(raw) or {}
                post_id, at = identifier(post.get("id")), instant(post.get("created_time"))
                words, _ = text_of(
                    post.get("message") if isinstance(post.get("message"), str) else None, field="message"
                )
                young = young or at is None or at >= sent_at - CLOCK_SLACK
                if post_id is not None and at is not None and may_be_ours(words, at, text, sent_at):
                    found[post_id] = None
            after = meta_graph.next_after(body)
            page = whole_number(exchange.request.purpose.get("page")) or 1
            following = None
            if after is not None and young:
                if page >= _MOST_PAGES:
                    doubt = doubt or "too_many_posts"
                else:
                    params = {**exchange.request.params, "after": after}
                    following = replace(exchange.request, params=params, purpose={"page": str(page + 1)})
        if found:
            return ReadBack("found", tuple(found))
        if following is not None and doubt is None:
            return ReadBack("cannot_tell", more=(following,))
        return ReadBack("cannot_tell", reason=doubt or "unread") if doubt or not exchanges else ReadBack("absent")

    def withdraw_notice(self, account: ConnectedAccount, external_id: str) -> Request:
        return call(account, "DELETE", meta_graph.path(external_id))
