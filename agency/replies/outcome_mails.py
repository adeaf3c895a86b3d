"""Whoever said yes by a mail is mailed once what became of it: that it is published, with its address there, or that it
is not. Read by the clock, so that publishing costs nothing more. Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, or_, select, update

from agency.inbox.models import Conversation
from agency.notices.choices import have_chosen, ways_of
from agency.notices.telling import Thing, mails_from, tell
from agency.replies.approval_facts import cut
from agency.replies.joins import CASE_OF_REPLY, one_of
from agency.replies.live_places import live_places
from agency.replies.models import Approval, Reply, ReplyText
from tenants import clock
from tenants.brand_colours import ink_on
from tenants.database import db
from tenants.models import Brand, Person

Outcome = Literal["", "published", "refused", "declined", "taken_back", "asked_anew"]

KIND: Final = "yes_came_to"
TOLD: Final = ("published", "refused", "declined", "taken_back")
"""What is mailed; whoever is asked anew is told by that."""
SETTLES_FOR: Final = timedelta(minutes=2)
"""So long after the last of several ended a mail waits for others."""
AT_MOST: Final = timedelta(minutes=15)
"""So long after the first one ended the mail leaves, whatever else is on its way."""
MOST_TOLD: Final = 20
"""Replies one mail names; of more it says how many."""
MOST_READ: Final = 500
"""Of one person; the rest in the next minute."""
UNENDED: Final = ("approved", "publishing", "outcome_unknown", "awaiting_approval")
CHARACTERS: Final = 400
"""Of the words that went out; the platform shows all of them."""


class _Yes(NamedTuple):
    """One yes that its giver was not told about, and how its reply stands."""

    approval_id: UUID
    reply_id: UUID
    person_id: UUID
    brand_id: UUID
    by_link: bool
    outcome: Outcome
    ended_at: datetime


def mail_outcomes() -> int:
    """In an agency's scope: promise one mail to everybody whose yeses came to something. Returns how many; harmless
    twice.

    By itself for a yes given behind a mailed link; for one behind a sign-in only to whom chose these mails. In
    somebody's quiet hours nothing is made yet.
    """
    people = db.session.scalars(_ended(select(Approval.decided_by).distinct())).all()
    return sum(_tell(person_id, _untold(person_id)) for person_id in sorted(one for one in people if one is not None))


def tell_again(reply_id: UUID) -> None:
    """A reply that was refused is tried once more: whoever said yes hears how that ends, too."""
    db.session.execute(
        update(Approval)
        .where(Approval.reply_id == reply_id, Approval.voided_at.is_(None))
        .values(outcome_told_at=None, outcome_mail_id=None)
        .execution_options(synchronize_session=False)
    )


_SAME_WORDS: Any = or_(Approval.text_hash == ReplyText.text_hash, Approval.decision == "step_approved")
_LIVE: Any = and_(Approval.voided_at.is_(None), _SAME_WORDS)


def _ended(wanted: Select[Any]) -> Select[Any]:
    """Of yeses whose givers were told nothing: those that came to something, or can come to nothing any more."""
    return (
        wanted.join(Reply, and_(Reply.agency_id == Approval.agency_id, Reply.id == Approval.reply_id))
        .join(ReplyText, and_(ReplyText.agency_id == Reply.agency_id, ReplyText.id == Reply.text_id))
        .where(
            Approval.outcome_told_at.is_(None),
            Approval.decision.in_(("approved", "step_approved")),
            Approval.decided_by.is_not(None),
            or_(Reply.state.not_in(UNENDED), ~_LIVE),
        )
    )


def _untold(person_id: UUID) -> list[_Yes]:
    """Those of one person, oldest first."""
    rows = db.session.execute(
        _ended(
            select(
                Approval.id,
                Approval.reply_id,
                Approval.decided_by,
                Approval.brand_id,
                Approval.came_by,
                _LIVE.label("live"),
                Reply.state,
                Reply.state_since,
            )
        )
        .where(Approval.decided_by == person_id)
        .order_by(Approval.id)
        .limit(MOST_READ)
    )
    return [
        _Yes(
            row.id,
            row.reply_id,
            row.decided_by,
            row.brand_id,
            row.came_by == "link",
            outcome_of(row.state, is_live=row.live),
            row.state_since,
        )
        for row in rows
    ]


def outcome_of(state: str, *, is_live: bool) -> Outcome:
    """What a yes came to where its reply stands so; empty while that is open. `is_live`: it still holds for the words
    the reply has.
    """
    if state == "published":
        return "published" if is_live else "asked_anew"
    if state == "refused":
        return "refused" if is_live else "asked_anew"
    if state == "declined":
        return "declined"
    if state in ("draft", "dropped"):
        return "taken_back"
    return "" if is_live else "asked_anew"


def _tell(person_id: UUID, yeses: Sequence[_Yes]) -> int:
    now, person = clock.now(), db.session.get(Person, person_id)
    if person is None or person.disabled_at is not None:
        _note(yeses, None)
        return 0
    wanted = _wanted(person_id, yeses)
    told = {one.reply_id: one for one in wanted if one.outcome in TOLD}
    _note([one for one in yeses if one not in wanted or one.outcome == "asked_anew"], None)
    ends = [one.ended_at for one in told.values()]
    if not ends or (now - max(ends) < SETTLES_FOR and now - min(ends) < AT_MOST) or mails_from(person, now) > now:
        return 0
    facts = _facts(list(told.values()))
    (sent,) = tell(
        KIND,
        [person],
        brand_id=None,
        subject=Thing("person", person_id, "/approvals?tab=published"),
        mail=facts,
    ) or (None,)
    _note([one for one in wanted if one.reply_id in told], sent.mail_id if sent is not None else None)
    return 1


def _wanted(person_id: UUID, yeses: Sequence[_Yes]) -> list[_Yes]:
    """Those this person wants to be mailed about."""
    chosen = have_chosen(person_id, KIND)
    by_mail = {
        brand_id: ways_of([person_id], KIND, brand_id)[person_id].by_mail
        for brand_id in {one.brand_id for one in yeses}
    }
    return [one for one in yeses if by_mail[one.brand_id] and (one.by_link or chosen)]


def _note(yeses: Collection[_Yes], mail_id: UUID | None) -> None:
    if yeses:
        db.session.execute(
            update(Approval)
            .where(one_of(Approval.id, [one.approval_id for one in yeses]))
            .values(outcome_told_at=clock.now(), outcome_mail_id=mail_id)
            .execution_options(synchronize_session=False)
        )


def _address(url: str) -> str:
    """What a platform calls the address of a reply, where it is one that a mail may link."""
    return url if url.startswith(("https://", "http://")) else ""


def _facts(told: Sequence[_Yes]) -> dict[str, Any]:
    """What the mail says: by brand, in the order in which they ended."""
    shown = sorted(told, key=lambda one: one.ended_at)[:MOST_TOLD]
    ids = [one.reply_id for one in shown]
    places = live_places(ids)
    rows = {
        row.id: row
        for row in db.session.execute(
            select(Reply.id, Reply.published_at, Reply.deed, Conversation.author_name, ReplyText.text)
            .join(Conversation, CASE_OF_REPLY)
            .join(ReplyText, and_(ReplyText.agency_id == Reply.agency_id, ReplyText.id == Reply.text_id))
            .where(one_of(Reply.id, ids))
        )
    }
    wanted = select(Brand).where(Brand.id.in_({one.brand_id for one in shown})).order_by(Brand.name, Brand.id)
    brands = []
    for brand in db.session.scalars(wanted):
        of_brand = [one for one in shown if one.brand_id == brand.id and one.reply_id in rows]
        replies = [
            {
                "outcome": one.outcome,
                "published_at": rows[one.reply_id].published_at or one.ended_at,
                "customer_name": rows[one.reply_id].author_name,
                "draft": cut(rows[one.reply_id].text, CHARACTERS),
                "live_url": _address(places[one.reply_id].url if one.reply_id in places else ""),
            }
            for one in of_brand
        ]
        look = {"mark": brand.mark, "colour": brand.colour_on_light, "ink": ink_on(brand.colour_on_light)}
        brands.append({"name": brand.name, **look, "replies": replies})
    return {
        "brands": brands,
        "count": len(told),
        "published_count": sum(one.outcome == "published" for one in told),
        "more": len(told) - len(shown),
    }
