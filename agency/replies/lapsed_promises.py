"""What becomes of promises to customers where their answer does not stand on its platform, or stands there again.

A promise nobody could read binds nobody: it lapses with its answer, and comes back with it. What was broken while its
answer stood there stays broken. Flushes, never commits.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, update

from agency.replies.customer_promise_models import CustomerPromise
from agency.replies.live_models import AWAY
from agency.replies.models import Reply
from tenants import clock
from tenants.database import db
from tenants.scope import raw_sql

NEVER_READ: Final = ("rejected", "not_seen")
"""How an answer stands that is taken to have been read by nobody; one that was removed was there first."""


def follow(reply: Reply, before: str | None) -> None:
    """Bring promises to where this locked answer stands now; `before` is how it was seen last. Nothing where it is
    away as it was, or there as it was; up to three statements else.
    """
    is_away, state = reply.live_state in AWAY, reply.live_state
    if is_away == (before in AWAY):
        return
    db.session.flush()  # what is written below reads how answers stand
    if not is_away:
        _come_back(reply, before)
        return
    was_read = state != "not_seen" and (state != "rejected" or before not in (None, "pending"))
    if reply.deed != "withdraw":
        _lapse(reply, was_read=was_read)
    if not was_read:
        _end_anew(reply, ("dropped",) if reply.deed != "reply" else ("kept", "late"))


def _lapse(reply: Reply, *, was_read: bool) -> None:
    gone = _open(CustomerPromise.reply_id == reply.id, reply)
    if was_read:
        gone.append(CustomerPromise.due_at >= clock.now())
    elif reply.deed == "edit":  # what the earlier words promised, too, they promise still
        gone.append(CustomerPromise.made_at >= reply.published_at)
    _end(reply, gone, "lapsed")


def _come_back(reply: Reply, before: str | None) -> None:
    _end_anew(reply, ("lapsed",))
    if reply.deed != "reply":
        _end(reply, _open(CustomerPromise.reply_id == reply.changes_reply_id, reply), "dropped")
    elif not reply.only_heard and before in NEVER_READ:  # one that was read has ended them already
        earlier = [*_open(CustomerPromise.reply_id != reply.id, reply), CustomerPromise.made_at < reply.published_at]
        _end(reply, [*earlier, CustomerPromise.due_at >= reply.published_at], "kept")
        _end(reply, [*earlier, CustomerPromise.due_at < reply.published_at], "late")


def _open(which: ColumnElement[bool], reply: Reply) -> list[ColumnElement[bool]]:
    return [CustomerPromise.conversation_id == reply.conversation_id, CustomerPromise.ended.is_(None), which]


def _end(reply: Reply, which: list[ColumnElement[bool]], ended: str) -> None:
    at = reply.published_at if ended in ("kept", "late") else clock.now()
    db.session.execute(
        update(CustomerPromise)
        .where(*which)
        .values(ended=ended, ended_at=at, ended_by_reply_id=reply.id)
        .execution_options(synchronize_session=False)
    )


def _end_anew(reply: Reply, ended: tuple[str, ...]) -> None:
    """What this answer ended so goes on, or ends with the next answer that stands."""
    given = {"agency_id": reply.agency_id, "conversation_id": reply.conversation_id, "reply_id": reply.id}
    db.session.execute(_END_ANEW, {**given, "ended": list(ended), "never_read": list(NEVER_READ)})


_END_ANEW: Final = raw_sql(
    """
    update customer_promise p
    set ended = case when said.id is null then null when said.at <= p.due_at then 'kept' else 'late' end,
        ended_at = said.at, ended_by_reply_id = said.id
    from customer_promise one left join lateral (
        select r.id, r.published_at as at from reply r
        where r.agency_id = one.agency_id and r.conversation_id = one.conversation_id and r.state = 'published'
          and r.deed = 'reply' and not r.only_heard and r.published_at > one.made_at and r.id <> one.reply_id
          and (r.live_state is null or r.live_state <> all (cast(:never_read as text[])))
        order by r.published_at, r.id limit 1
    ) said on true
    where one.agency_id = :agency_id and one.conversation_id = :conversation_id and one.ended_by_reply_id = :reply_id
      and one.ended = any (cast(:ended as text[])) and p.agency_id = one.agency_id and p.id = one.id
    """,
    reason="each promise ends with the first answer behind it that stands, in one statement",
)
