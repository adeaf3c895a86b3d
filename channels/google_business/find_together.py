"""Finding several of our answers by the location's list: a page shows fifty reviews with their answers. Pure.

The list is ordered by the reviews' last change, so how far it must be read is known where their changes are. Whatever
it does not show is read alone: a list proves nothing absent.
"""

from __future__ import annotations

from collections.abc import Sequence

from channels.capabilities import FoundTogether, SoughtReply
from channels.errors import ChannelError
from channels.google_business import requests
from channels.google_business.replies import verdict_of
from channels.google_business.review_poll import ReviewPage, read_list
from channels.items import ReadBack
from channels.protocol import ConnectedAccount, Exchange, Request

#: Fewer are read alone.
LEAST_TOGETHER = 4
#: One page for so many: where the list does not help, at most a third was asked in vain.
SOUGHT_PER_PAGE = 3


class FindsByList:
    """See `channels.capabilities.FindsTogether`."""

    def plan_find_together(self, account: ConnectedAccount, sought: Sequence[SoughtReply]) -> list[Request]:
        return [] if len(sought) < LEAST_TOGETHER else [_page(account, None, 1)]

    def read_find_together(
        self, account: ConnectedAccount, sought: Sequence[SoughtReply], exchanges: Sequence[Exchange]
    ) -> FoundTogether:
        found: dict[str, ReadBack] = {}
        page = ReviewPage((), (), None)
        for exchange in exchanges:
            try:
                page = read_list(exchange)
            except ChannelError:
                return FoundTogether(found)
            shown = {item.external_id: item for item in page.items}
            for one in sought:
                item = shown.get(one.target.external_id)
                if one.target.deed == "withdraw_reply" and item is not None and item.reply is None:
                    continue  # what the list does not show yet is not taken back
                seen = verdict_of(item.reply, one.target, one.text, one.sent_at) if item is not None else None
                if seen is not None and seen.state == "found":
                    found[one.key] = seen
        missing = [one for one in sought if one.key not in found]
        following = len(exchanges) + 1
        if page.next_token is None or following > len(sought) // SOUGHT_PER_PAGE or not _may_follow(missing, page):
            return FoundTogether(found)
        return FoundTogether(found, (_page(account, page.next_token, following),))


def _page(account: ConnectedAccount, page_token: str | None, number: int) -> Request:
    return requests.reviews(account, page_token=page_token, purpose={"ask": "list", "page": str(number)})


def _may_follow(missing: Sequence[SoughtReply], page: ReviewPage) -> bool:
    """Whether a page further on may show one of these: reviews that did not change since stand where they stood."""
    oldest = min(page.changes, default=None)
    return any(
        oldest is None or one.target.seen_updated_at is None or one.target.seen_updated_at <= oldest for one in missing
    )
