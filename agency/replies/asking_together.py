"""The mail that asks somebody for a yes, made when it leaves: one about all replies of a brand that wait for them then.

What was decided, withdrawn or changed until then is not in it, and where nothing is left none goes. Each reply has
links of its own, bound as those of a mail about it alone (`agency.replies.approval_requests`); what does not fit is
counted, and a link of the day opens all of the brand. Nobody is taken for silent about a reply that no mail named
(`agency.replies.silence`), so those whose policy lets silence decide are named by as many mails as it takes. Flushes,
never commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select

from agency.notices.agency_look import look_of
from agency.notices.choices import ways_of
from agency.notices.holding import promise
from agency.notices.mail import send_notice
from agency.notices.models import Notice
from agency.notices.place_links import place_link
from agency.notices.telling import mails_from
from agency.replies.approval_facts import MOST_CHARACTERS, facts_of
from agency.replies.approval_mail import KIND
from agency.replies.approval_requests import approver_of, ask, links_of, newest_open, why_closed
from agency.replies.around_many import read_around
from agency.replies.joins import one_of
from agency.replies.mail_answers import answer_address
from agency.replies.models import ApprovalRequest, Reply
from agency.replies.moves import hold_many, text_of
from agency.replies.policy_clock import clock_from_data
from agency.replies.waiting import askings_of
from tenants import clock
from tenants.brand_colours import ink_on
from tenants.database import db
from tenants.models import Brand, Person
from tenants.outbox import JobName

MOST_NAMED: Final = 10
"""Replies one mail names, each with its texts and links."""
CHARACTERS_OF_ONE: Final = 1_000
"""Of each text where a mail names several: ten with two texts each stay below the 100 kB that mail programs show."""
MOST_READ: Final = 500
"""Replies looked at for a mail."""
PAUSED_FOR: Final = timedelta(hours=1)
"""While a brand is paused nobody is mailed; how often it is looked whether it still is."""


class _Named(NamedTuple):
    """A reply that a mail can name, and whether it says that it has waited."""

    reply: Reply
    again: bool
    silence_at: datetime | None


def mail_waiting(brand_id: UUID, person_id: UUID) -> list[UUID]:
    """Promise the mail that is due to this person about this brand, in its agency's scope; ids of the mails, none where
    none is due or nothing is left to ask. Harmless twice.
    """
    waiting = select(Notice).where(
        Notice.person_id == person_id,
        Notice.kind == KIND,
        Notice.of_brand_id == brand_id,
        Notice.mail_due_at.is_not(None),
        Notice.mailed_at.is_(None),
    )
    reply_ids = list(db.session.scalars(waiting.with_only_columns(Notice.subject_id).limit(MOST_READ)))
    if not reply_ids:
        return []
    hold_many(reply_ids)  # before their notices, as whoever moves one of them
    rows = list(
        db.session.scalars(
            waiting.where(one_of(Notice.subject_id, reply_ids))
            .order_by(Notice.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    now, person = clock.now(), db.session.get(Person, person_id)
    due_at = min((one.mail_due_at for one in rows if one.mail_due_at is not None), default=None)
    if person is None or due_at is None:
        return []
    if due_at > now:  # an earlier promise than theirs, or the database's clock is ahead of this one
        promise(JobName.MAIL_WAITING, brand_id, person_id, due_at)
        return []
    brand = db.session.execute(select(Brand).where(Brand.id == brand_id)).scalar_one()
    later = now + PAUSED_FOR if brand.paused_at is not None else mails_from(person, now)
    if later > now:
        for one in rows:
            one.mail_due_at = later
        promise(JobName.MAIL_WAITING, brand_id, person_id, later)
        return []
    wants = ways_of([person_id], KIND, brand_id)[person_id].by_mail and brand.archived_at is None
    mails = _send(brand, person, _still(rows, person_id)) if wants else {}
    for one in rows:
        one.mailed_at, one.mail_due_at, one.mail_id = now, now, mails.get(one.subject_id)
    db.session.flush()
    return list(dict.fromkeys(mails.values()))


def _still(rows: Sequence[Notice], person_id: UUID) -> list[_Named]:
    """What still waits for the person, by when silence would decide, and then as they were told."""
    again = {one.subject_id: bool(one.values.get("again")) for one in rows if one.settled_at is None}
    around = {
        reply_id: one
        for reply_id, one in read_around(list(again), with_guides=False).items()
        if one.reply.state == "awaiting_approval"
    }
    askings = askings_of(list(around.values())) if around else {}
    theirs = [one for one, asking in askings.items() if person_id in {person.id for person in asking.people}]
    wanted = select(Reply).where(one_of(Reply.id, theirs)).execution_options(populate_existing=True)
    found = {reply.id: reply for reply in db.session.scalars(wanted)} if theirs else {}
    named = []
    for reply_id, is_again in again.items():
        reply = found.get(reply_id)
        if reply is not None:
            kept = clock_from_data(reply.waits_clock)
            silence_at = kept.silence_at if kept is not None and kept.fell_at is None else None
            named.append(_Named(reply, is_again, silence_at))
    far = clock.now() + timedelta(days=365)
    return sorted(named, key=lambda one: one.silence_at or far)


def _send(brand: Brand, person: Person, named: Sequence[_Named]) -> dict[UUID, UUID]:
    """The mail that names each reply; one that is only counted has none."""
    mails: dict[UUID, UUID] = {}
    left = list(named)
    while left and (not mails or left[0].silence_at is not None):
        some, left = left[:MOST_NAMED], left[MOST_NAMED:]
        mails |= _send_one(brand, person, some, more=len(left))
    return mails


def _send_one(brand: Brand, person: Person, some: Sequence[_Named], *, more: int) -> dict[UUID, UUID]:
    requests = newest_open([one.reply.id for one in some], person.id)
    replies, asked, answers_to = [], [], ""
    most_characters = MOST_CHARACTERS if len(some) == 1 else CHARACTERS_OF_ONE
    for one in some:
        request = _request(one.reply, requests, person)
        links = links_of(request)
        answers_to = answers_to or answer_address(links.answer_token)
        asked.append(request)
        replies.append(facts_of(one.reply, f"/a/{links.token}", again=one.again, most_characters=most_characters))
    mail_id = send_notice(
        KIND,
        person,
        agency=look_of(brand.agency_id),
        answers_to=answers_to,
        **mail_facts(
            brand, replies, more=more, day_path=place_link(brand, person.id).path if len(some) + more > 1 else ""
        ),
        answerable=bool(answers_to),
    )
    for request in asked:
        request.mail_id = mail_id
    db.session.flush()
    return {one.reply.id: mail_id for one in some}


def mail_facts(brand: Any, replies: list[dict[str, Any]], *, more: int, day_path: str) -> Mapping[str, Any]:
    """The mail's facts beside `answerable`. `more` is how many wait that it does not name."""
    return {
        "brand_name": brand.name,
        "brand_mark": brand.mark,
        "brand_colour": brand.colour_on_light,
        "brand_ink": ink_on(brand.colour_on_light),
        "replies": replies,
        "more": more,
        "day": {"path": day_path} if day_path else {},
    }


def _request(reply: Reply, requests: Mapping[UUID, ApprovalRequest], person: Person) -> ApprovalRequest:
    """The one that asks about the reply as it waits now; a new one where that was too long ago to leave."""
    request = requests.get(reply.id)
    if request is None or why_closed(request, reply, approver_of(request)) is not None:
        return ask(reply, text_of(reply).text_hash, person)
    return request
