"""When a brand says by itself that it has read what came in: lines of its approval policy, as data. Pure.

What is said, and whether nobody is at it, is for `agency.replies.automatic_heard`; here is only for which words, and
when that is looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from agency.inbox.incoming import Record
from channels.models import Account
from tenants.business_time import BusinessTime, next_open
from tenants.outbox import JobName, enqueue_many_after_commit

ALWAYS, CLOSED, RULE = "always", "closed", "rule"
WHEN: Final = (ALWAYS, CLOSED, RULE)
"""At any time, only while the brand is closed, or only where a rule of the desk asks for it."""
KINDS: Final = ("comment", "message")
"""Reviews have room for one answer, and that is the answer."""
MOST_MINUTES: Final = 24 * 60
OLDEST: Final = timedelta(hours=24)
"""Older words are acknowledged by nobody but a person: history, and what came in late. As long as a rule may write a
direct message."""


class HeardLine(NamedTuple):
    """For words on a platform, of a kind (`""`: any): so many minutes later, if nobody is at it by then."""

    platform: str
    kind: str
    when: str
    after_minutes: int

    def fits(self, platform: str, kind: str) -> bool:
        """Whether it is about such words."""
        return self.platform in ("", platform) and self.kind in ("", kind)


def lines_of(kept: Sequence[Mapping[str, Any]] | None) -> tuple[HeardLine, ...]:
    """From what a policy keeps; what this release does not know is left out."""
    found = (HeardLine(one["platform"], one["kind"], one["when"], one["after_minutes"]) for one in kept or ())
    return tuple(one for one in found if one.when in WHEN)


def kind_of(kind: str) -> str:
    """Of a conversation, as lines name it; empty for what no line is about."""
    return {"message": "message", "review": ""}.get(kind, "comment")


def is_closed(times: BusinessTime | None, at: datetime) -> bool:
    """Whether the brand is closed then; never where nobody said when it is open."""
    if times is None:
        return False
    opens = next_open(times, at)
    return opens is None or opens > at


def line_for(
    lines: Iterable[HeardLine],
    platform: str,
    kind: str,
    at: datetime,
    times: BusinessTime | None,
    *,
    by_rule: bool = False,
) -> HeardLine | None:
    """The one of the shortest wait that holds for words of this kind of conversation, written then; None for none.
    `by_rule`: a rule of the desk asks for it.
    """
    named = kind_of(kind)
    holds = {ALWAYS: True, CLOSED: is_closed(times, at), RULE: by_rule}
    fitting = (one for one in lines if named and one.fits(platform, named) and holds[one.when])
    return min(fitting, key=lambda one: one.after_minutes, default=None)


def promise_looks(
    account: Account,
    lines: Sequence[HeardLine],
    times: BusinessTime | None,
    fresh: Iterable[Record],
    here: Mapping[str, UUID],
    now: datetime,
    asked: Collection[str] = (),
    undated: Collection[str] = (),
) -> None:
    """Promise to look whether these words, just stored, are still to be acknowledged, once a conversation; one
    statement where any are. `asked` are the platform's names of those for whose writers a rule asks it, `undated`
    of those that were changed now, for all anybody knows.
    """
    looks: dict[UUID, datetime] = {}
    for r in fresh:
        said_at = r.edited_at or (now if r.external_id in undated else r.written_at)
        if r.direction != "in" or r.deleted or not r.text.strip() or now - said_at > OLDEST:
            continue
        line = line_for(lines, account.platform, r.kind, said_at, times, by_rule=r.external_id in asked)
        if line is not None:
            at = max(said_at + timedelta(minutes=line.after_minutes), now)
            looks[here[r.external_id]] = max(at, looks.get(here[r.external_id], at))
    names = {"agency_id": account.agency_id, "brand_id": account.brand_id}
    enqueue_many_after_commit(
        JobName.ACKNOWLEDGE, [({**names, "conversation_id": case}, at) for case, at in sorted(looks.items())]
    )
