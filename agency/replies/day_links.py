"""Links of the day: one address, mailed to whoever is asked for a yes, behind which all that waits for them is decided.

The token is random and stored hashed, bound to its purpose, person, agency and moment. What it may still do is worked
out each time: for a brand until the day on which it was mailed ends there, one in a mail about a single brand until the
day after does (an evening's mail is read in the morning), and for as long as the person may say yes for that brand.
Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select, update

from agency.notices.agency_look import look_of
from agency.notices.choices import ways_of
from agency.notices.mail import send_notice
from agency.notices.models import Notice
from agency.notices.place_links import DAYS_OF_A_BRANDS, midnight_after
from agency.notices.telling import Thing, mails_from, tell
from agency.replies.approval_requests import BROWSER_CHARACTERS
from agency.replies.around_many import read_around
from agency.replies.joins import one_of
from agency.replies.models import DECIDED_STATES, Approval, ApprovalRequest, Reply
from agency.replies.waiting import askings_of
from tenants import clock
from tenants.brand_colours import ink_on
from tenants.database import db
from tenants.holders import approver_in
from tenants.models import Brand, Person
from tenants.permissions import Actor
from tenants.scope import current_scope
from tenants.tokens import Purpose, mint_for_agency, was_link_of_agency

KIND: Final = "replies_wait_today"
MORNING: Final = 8
"""The hour of a brand's day at which what waits is mailed as one link."""
FROM_MANY: Final = 2
"""One reply alone was mailed with a link of its own."""
NOT_AGAIN: Final = timedelta(hours=20)
SHOWN_FOR: Final = timedelta(days=30)
"""What was decided or published longer ago stands behind a sign-in: so long answers are read again (`live_sweep`)."""
MOST_READ: Final = 500
"""So many waiting replies of an agency are looked at for a mail; the page shows every one."""


@dataclass(frozen=True)
class Day:
    """A link of the day that is ours: whose it is, since when, and for which brand where it came with a mail of one."""

    id: UUID
    person_id: UUID
    agency_id: UUID
    brand_id: UUID | None
    mailed_at: datetime


def find_day(token: str) -> Day | None:
    """What the link is, also where its day is over, until a day later; changes nothing."""
    found = was_link_of_agency(Purpose.APPROVE_DAY, token)
    if found is None:
        return None
    return Day(found.id, found.person_id, found.agency_id, found.brand_id, found.created_at)


def approver_of_day(day: Day) -> Actor | None:
    """Whom the link was mailed to, for every brand they may say yes for; None where for none any more."""
    found = approver_in(day.person_id, day.agency_id)
    return replace(found, came_by="link") if found is not None else None


def brands_of_day(day: Day) -> dict[UUID, datetime]:
    """Brands in which the link still works, each with when that ends; in the scope of its person. One statement."""
    now, days = clock.now(), _days_of(day.brand_id)
    wanted = select(Brand.id, Brand.time_zone).where(Brand.archived_at.is_(None))
    zones = db.session.execute(wanted if day.brand_id is None else wanted.where(Brand.id == day.brand_id))
    until = {brand_id: midnight_after(day.mailed_at, ZoneInfo(zone), days) for brand_id, zone in zones}
    return {brand_id: at for brand_id, at in until.items() if now < at}


def may_be_read(of: Any, person_id: UUID) -> list[ColumnElement[bool]]:
    """What a link of the day shows of what waits no more, of replies `of` the scope: what this person decided on, and
    what the brand answered in public, where it moved last within SHOWN_FOR. Others' decisions on what is not public,
    and messages to one person that others decided on, it does not show.
    """
    decided = select(Approval.id).where(
        Approval.agency_id == of.agency_id, Approval.reply_id == of.id, Approval.decided_by == person_id
    )
    is_public = and_(of.state == "published", of.private.is_(False), of.kind != "message")
    return [of.state_since >= clock.now() - SHOWN_FOR, or_(is_public, decided.correlate(of).exists())]


def is_shown_since(moment: datetime) -> bool:
    """Whether what moved last then is shown still."""
    return moment >= clock.now() - SHOWN_FOR


def has_receipt(reply_id: UUID, person_id: UUID) -> bool:
    """Whether the link shows this person the receipt of it; one statement."""
    wanted = select(Reply.id).where(
        Reply.id == reply_id, Reply.state.in_((*DECIDED_STATES, "published")), *may_be_read(Reply, person_id)
    )
    return db.session.execute(wanted).first() is not None


def _days_of(brand_id: UUID | None) -> int:
    return 1 if brand_id is None else DAYS_OF_A_BRANDS


def end_of_day(now: datetime, zones: Collection[str]) -> datetime:
    """When the day has ended in all of these zones."""
    return max(midnight_after(now, ZoneInfo(zone), 1) for zone in zones)


def mail_day(person: Person, agency_id: UUID) -> int:
    """Mail this person today's link, in a scope with their brands, also where nothing waits for them: the rest of their
    place stands behind it. Of how many replies.
    """
    brand_ids = [reply.brand_id for reply in waiting_for([person.id]).get(person.id, ())]
    if brand_ids or db.session.execute(select(Brand.id).where(Brand.archived_at.is_(None)).limit(1)).first():
        send_notice(KIND, person, agency=look_of(agency_id), **_facts(person, agency_id, brand_ids))
    return len(brand_ids)


def mail_days() -> int:
    """In an agency's scope, from MORNING to the hour after where a brand is: one mail to everybody for whom FROM_MANY
    of its replies wait, unless they were mailed such a link within a day, want none, or have quiet hours until the day
    is over. Harmless twice. Returns how many.
    """
    agency_id, now = current_scope().agency_id, clock.now()
    zones = db.session.execute(select(Brand.id, Brand.time_zone).where(Brand.archived_at.is_(None)))
    zone_of = {row.id: row.time_zone for row in zones}
    early = {brand_id for brand_id, zone in zone_of.items() if now.astimezone(ZoneInfo(zone)).hour == MORNING}
    if not early:
        return 0
    mailed = 0
    for person_id, replies in waiting_for(None).items():
        some = [reply.brand_id for reply in replies]
        if len(some) < FROM_MANY or not early.intersection(some):
            continue
        if _was_mailed(person_id, now - NOT_AGAIN):
            continue
        person, until = db.session.get_one(Person, person_id), end_of_day(now, {zone_of[one] for one in some})
        if not ways_of([person_id], KIND, None)[person_id].by_mail or mails_from(person, now) >= until:
            continue
        tell(
            KIND,
            [person],
            brand_id=None,
            subject=Thing("person", person_id, "/approvals"),
            mail=_facts(person, agency_id, some),
        )
        mailed += 1
    return mailed


def _was_mailed(person_id: UUID, since: datetime) -> bool:
    """Whether a morning's mail was promised to them since; links that other mails hold, or somebody asked for, do not
    count.
    """
    wanted = select(Notice.id).where(Notice.person_id == person_id, Notice.kind == KIND, Notice.mailed_at >= since)
    return db.session.execute(wanted.limit(1)).first() is not None


def _facts(person: Person, agency_id: UUID, brand_ids: Sequence[UUID]) -> dict[str, Any]:
    some = Brand.id.in_(set(brand_ids)) if brand_ids else Brand.archived_at.is_(None)
    rows = db.session.scalars(select(Brand).where(some).order_by(Brand.name, Brand.id)).all()
    until = end_of_day(clock.now(), {brand.time_zone for brand in rows})
    token = mint_for_agency(Purpose.APPROVE_DAY, person.id, agency_id, until)
    return {
        "count": len(brand_ids),
        "brands": [
            {
                "name": brand.name,
                "mark": brand.mark,
                "colour": brand.colour_on_light,
                "ink": ink_on(brand.colour_on_light),
                "count": brand_ids.count(brand.id),
            }
            for brand in rows
            if brand_ids
        ],
        "path": f"/d/{token}",
    }


def waiting_for(person_ids: Collection[UUID] | None) -> dict[UUID, list[Reply]]:
    """Replies in the scope that wait for each of these people now, or for anybody, in brands that are not archived; the
    longest waiting first, MOST_READ looked at.
    """
    wanted = select(Reply).join(Brand, and_(Brand.agency_id == Reply.agency_id, Brand.id == Reply.brand_id))
    wanted = wanted.where(Reply.state == "awaiting_approval", Brand.archived_at.is_(None))
    replies = db.session.scalars(wanted.order_by(Reply.state_since, Reply.id).limit(MOST_READ)).all()
    found: dict[UUID, list[Reply]] = {}
    if replies:
        around = read_around([reply.id for reply in replies], with_guides=False)
        askings = askings_of(list(around.values()))
        for reply in replies:
            asking = askings.get(reply.id)  # none: it moved between two statements
            for person in asking.people if asking is not None else ():
                if person_ids is None or person.id in person_ids:
                    found.setdefault(person.id, []).append(reply)
    return found


def note_origins(
    reply_ids: Collection[UUID], person_id: UUID, since: datetime, address: str | None, browser: str
) -> None:
    """Keep from where these replies were decided, with what this person was asked about them and answered `since`."""
    db.session.execute(
        update(ApprovalRequest)
        .where(
            one_of(ApprovalRequest.reply_id, reply_ids),
            ApprovalRequest.approver_id == person_id,
            ApprovalRequest.ended_by == person_id,
            ApprovalRequest.ended_at >= since,
        )
        .values(from_address=address, from_browser=browser[:BROWSER_CHARACTERS] or None)
        .execution_options(synchronize_session=False)
    )
