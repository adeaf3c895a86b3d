"""On a birthday that a customer gave, a case of theirs comes back in the brand's morning, for a person to write.

For upkeep, within an agency's scope. Nothing is sent by it. A day that went by unseen is not made up for.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from agency.inbox import outgoing
from agency.inbox.comeback_models import Comeback
from agency.inbox.comeback_waking import bring, locked
from agency.inbox.contacts.birthdays import MORNING_HOUR, next_day
from agency.inbox.contacts.models import Contact, ContactBirthday
from agency.inbox.deeds import Case
from agency.inbox.models import FROM_SPAMMER, SPAM, Conversation
from agency.inbox.signs import COMES_BACK, INCIDENT
from channels.message_window import message_window
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id
from tenants.models import Brand

AT_ONCE: Final = 500
"""Of one time zone in one minute."""
LOOKED_AT: Final = 20
"""So many of a person's newest cases are looked at for one in which they may be written to."""
_NEVER: Final = (SPAM, FROM_SPAMMER, "nothing_to_answer")


def wake_due() -> int:
    """Bring back a case of each customer whose birthday is today. Returns how many.

    Once for a person of several identities. Nobody is woken where no channel allows a word, where the person is marked
    as a spammer, and for cases that are put off or part of an incident. One statement where no brand keeps birthdays.
    """
    now = clock.now()
    zones = db.session.scalars(
        select(Brand.time_zone).where(Brand.keeps_birthdays, Brand.archived_at.is_(None)).distinct()
    ).all()
    return sum(_wake_in(zone, now) for zone in sorted(zones))


def _wake_in(zone: str, now: datetime) -> int:
    here = now.astimezone(ZoneInfo(zone))
    today = here.date()
    due = db.session.scalars(
        select(ContactBirthday)
        .join(Brand, and_(Brand.agency_id == ContactBirthday.agency_id, Brand.id == ContactBirthday.brand_id))
        .where(
            Brand.time_zone == zone,
            Brand.keeps_birthdays,
            Brand.archived_at.is_(None),
            ContactBirthday.next_on <= (today if here.hour >= MORNING_HOUR else today - timedelta(days=1)),
        )
        .order_by(ContactBirthday.next_on, ContactBirthday.id)
        .limit(AT_ONCE)
        .with_for_update(of=ContactBirthday, skip_locked=True)
    ).all()
    woken = 0
    for one in due:
        if one.next_on == today:
            case_id = _case_for(one, today, now)
            if case_id is not None:
                case = locked([case_id]).get(case_id)
                if case is None:  # somebody works on it at this moment
                    continue
                _bring(one, case[0], today, now)
                woken += 1
        one.next_on = next_day(one.month, one.day, today)
    db.session.flush()
    return woken


def _case_for(one: ContactBirthday, today: date, now: datetime) -> UUID | None:
    """Their newest case in which they may be written to: where direct messages are, before public words.

    Only the platforms' standard window counts: the longer one of people is for what the customer asked for.
    """
    me = db.session.execute(select(Contact.group_id, Contact.spam_since).where(Contact.id == one.contact_id)).one()
    if me.spam_since is not None or (me.group_id is not None and _was_brought(me.group_id, today)):
        return None
    whose = Contact.id == one.contact_id if me.group_id is None else Contact.group_id == me.group_id
    rows = db.session.execute(
        select(Conversation.id, Conversation.platform, Conversation.kind)
        .join(Contact, and_(Contact.agency_id == Conversation.agency_id, Contact.id == Conversation.contact_id))
        .join(Account, and_(Account.agency_id == Conversation.agency_id, Account.id == Conversation.account_id))
        .where(
            whose,
            Contact.brand_id == one.brand_id,
            Conversation.status.in_(("open", "closed")),
            or_(Conversation.closed_reason.is_(None), Conversation.closed_reason.not_in(_NEVER)),
            Conversation.merged_into_id.is_(None),
            Conversation.kind != "review",
            Conversation.signs.op("&")(COMES_BACK | INCIDENT) == 0,
            Account.disconnected_at.is_(None),
        )
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(LOOKED_AT)
    ).all()
    wrote = outgoing.last_written_in([row.id for row in rows if row.kind == "message"])
    for row in rows:
        if row.kind == "message" and message_window(wrote.get(row.id), now, "person").state == "open":
            return row.id
    public = (row for row in rows if row.kind != "message")
    return next((row.id for row in public if outgoing.is_offered(row.platform, row.kind, "reply", private=False)), None)


def _was_brought(group_id: UUID, today: date) -> bool:
    """Whether a case of the same person came back today, by the birthday of another identity."""
    found = (
        select(ContactBirthday.id)
        .join(Contact, and_(Contact.agency_id == ContactBirthday.agency_id, Contact.id == ContactBirthday.contact_id))
        .where(Contact.group_id == group_id, ContactBirthday.last_on == today)
        .limit(1)
    )
    return db.session.execute(found).first() is not None


def _bring(one: ContactBirthday, case: Case, today: date, now: datetime) -> None:
    made = Comeback(
        agency_id=one.agency_id,
        id=new_id(),
        brand_id=one.brand_id,
        conversation_id=case.id,
        comes_at=now,
        reason="",
        draft="",
        cause="birthday",
        person_id=one.noted_by,
        person_name=one.noted_by_name,
        state="woke",
        ended_at=now,
    )
    db.session.add(made)
    one.last_on = today
    bring(made, case, now, "birthday_came")
