"""Birthdays that customers gave: only where the brand says so, with consent, a case back on the day, never sent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from agency.inbox import birthday_waking, comebacks, erasing, spammers
from agency.inbox.comeback_models import Comeback
from agency.inbox.contacts import birthdays, linking, reading
from agency.inbox.contacts.birthdays import next_day
from agency.inbox.contacts.models import Contact, ContactBirthday
from agency.inbox.models import Conversation, Message
from agency.notices.models import Notice
from agency.replies.person_rows import parts_of
from tenants import brands, clock
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import Brand
from tests.factories import Agency, Factory

DAY = timedelta(days=1)
EVE = datetime(2027, 3, 11, 20, 0, tzinfo=UTC)
"""In Warsaw it is 21:00."""
GIVEN: dict[str, Any] = {
    "month": 3,
    "day": 12,
    "source": "Wrote it in July",
    "agreed_on": date(2026, 7, 1),
    "agrees": True,
}


def test_the_day_comes_each_year_and_29_february_on_the_28th_where_there_is_none() -> None:
    assert next_day(3, 12, date(2027, 3, 11)) == date(2027, 3, 12)
    assert next_day(3, 12, date(2027, 3, 12)) == date(2028, 3, 12)
    assert next_day(12, 31, date(2026, 12, 31)) == date(2027, 12, 31)
    found, days = date(2026, 1, 1), []
    for _year in range(6):
        found = next_day(2, 29, found)
        days.append((found.year, found.day))
    assert days == [(2026, 28), (2027, 28), (2028, 29), (2029, 28), (2030, 28), (2031, 28)]
    assert next_day(2, 29, date(2028, 2, 28)) == date(2028, 2, 29)
    assert next_day(2, 29, date(2100, 2, 27)) == date(2100, 2, 28)
    assert next_day(2, 29, date(2099, 2, 28)) == date(2100, 2, 28)


def keeping(agency: Agency, *, keeps: bool = True, zone: str = "Europe/Warsaw") -> UUID:
    with agency.entered(agency.agency_admin):
        brands.change_brand(agency.agency_admin, agency.brand_ids[0], keeps_birthdays=keeps, time_zone=zone)
    return agency.brand_ids[0]


def contact_of(agency: Agency, case: UUID) -> UUID:
    with agency.entered():
        found = db.session.scalars(select(Conversation.contact_id).where(Conversation.id == case)).one()
        assert found is not None
        return found


def note(agency: Agency, contact: UUID, **more: Any) -> None:
    with agency.entered(agency.staff):
        birthdays.note(agency.staff, contact, **{**GIVEN, **more})


def upkeep(agency: Agency) -> int:
    with agency.entered():
        return birthday_waking.wake_due()


def case_of(agency: Agency, case: UUID) -> tuple[str, bool]:
    with agency.entered():
        row = db.session.execute(select(Conversation.status, Conversation.woke_at).where(Conversation.id == case)).one()
        return row.status, row.woke_at is not None


def close(agency: Agency, *cases: UUID) -> None:
    with agency.entered():
        db.session.execute(
            update(Conversation).where(Conversation.id.in_(cases)).values(status="closed", closed_reason="resolved")
        )


def told(agency: Agency) -> list[tuple[str, UUID]]:
    with agency.entered():
        return [(one.kind, one.person_id) for one in db.session.scalars(select(Notice).order_by(Notice.id))]


def test_a_case_comes_back_in_the_brands_morning_once_a_year(make: Factory, ana: Agency) -> None:
    with clock.stopped_at(EVE) as move_to:
        keeping(ana)
        public, direct = make.conversation(ana, author="Ana K"), make.conversation(ana, author="Ana K", kind="message")
        close(ana, public, direct)
        with ana.entered():
            db.session.execute(
                update(Conversation).where(Conversation.id == direct).values(contact_id=contact_of(ana, public))
            )
        note(ana, contact_of(ana, public))
        assert upkeep(ana) == 0
        move_to(datetime(2027, 3, 12, 7, 59, tzinfo=UTC))
        assert upkeep(ana) == 0, "before nine in Warsaw"
        move_to(datetime(2027, 3, 12, 8, 0, tzinfo=UTC))
        assert upkeep(ana) == 1
        assert upkeep(ana) == 0
        assert case_of(ana, direct) == ("open", True), "a direct message is still allowed, so it is the one"
        assert case_of(ana, public) == ("closed", False)
        assert told(ana) == [("birthday_came", ana.staff.user_id)]
        with ana.entered(ana.staff):
            one = db.session.scalars(select(Comeback)).one()
            assert (one.cause, one.state, one.draft, one.person_id) == ("birthday", "woke", "", ana.staff.user_id)
            assert [row.next_on for row in birthdays.list_birthdays(ana.staff).rows] == [date(2028, 3, 12)]
        close(ana, direct)
        with ana.entered():  # three days before: a person may answer what was asked, and nothing else
            at = datetime(2028, 3, 9, 8, 0, tzinfo=UTC)
            db.session.execute(update(Message).where(Message.conversation_id == direct).values(written_at=at))
        move_to(datetime(2028, 3, 12, 8, 0, tzinfo=UTC))
        assert upkeep(ana) == 1
        assert case_of(ana, public) == ("open", True)


def test_nobody_is_woken_where_it_would_be_wrong(make: Factory, ana: Agency) -> None:
    with clock.stopped_at(EVE) as move_to:
        keeping(ana)
        cases = [make.conversation(ana, author=f"Person {n}", kind=kind) for n, kind in enumerate(
            ("comment", "message", "review", "comment", "comment", "comment")
        )]  # fmt: skip
        spammer, quiet, review, waits, off_day, other = cases
        unasked = make.conversation(ana, author="Gone")
        for case in cases:
            note(ana, contact_of(ana, case))
        note(ana, contact_of(ana, off_day), month=3, day=10)
        with ana.entered(ana.staff):
            spammers.mark(ana.staff, spammer)
            comebacks.put(ana.staff, waits, EVE + 10 * DAY, "They asked for it")
            db.session.execute(update(Contact).where(Contact.id == contact_of(ana, other)).values(name="Other"))
        close(ana, spammer, quiet, review, off_day)
        note(ana, contact_of(ana, unasked))
        with ana.entered():
            words_gone = {"status": "closed", "closed_reason": "nothing_to_answer"}
            db.session.execute(update(Conversation).where(Conversation.id == unasked).values(**words_gone))
        move_to(EVE + 8 * DAY)
        assert upkeep(ana) == 0, "days that went by unseen are not made up for"
        move_to(datetime(2028, 3, 12, 12, 0, tzinfo=UTC))
        with ana.entered():
            db.session.execute(update(Comeback).values(comes_at=EVE + 900 * DAY))
        keeping(ana, keeps=False)
        assert upkeep(ana) == 0, "the brand keeps none any more"
        keeping(ana)
        assert upkeep(ana) == 1
        assert case_of(ana, other) == ("open", True)
        for case in (spammer, quiet, review, waits, off_day, unasked):
            assert case_of(ana, case)[1] is False


def test_two_identities_of_one_person_wake_one_case(make: Factory, ana: Agency) -> None:
    with clock.stopped_at(EVE) as move_to:
        keeping(ana)
        one, other = make.conversation(ana, author="One"), make.conversation(ana, author="Two")
        first, second = contact_of(ana, one), contact_of(ana, other)
        note(ana, first)
        note(ana, second)
        with ana.entered(ana.staff):
            linking.link_by_decision(ana.staff, first, second, "They said so on the phone")
        move_to(EVE + DAY)
        assert upkeep(ana) == 1
        note(ana, second, day=20)
        with ana.entered(ana.staff):
            kept = db.session.scalars(select(ContactBirthday)).one()
            assert (kept.contact_id, kept.day) == (second, 20), "of the person, so in the place of both"
            person = reading.get_person(ana.staff, first)
            held = birthdays.birthday_of(ana.staff, person)[1]
            assert held is not None
            assert held.noted_by_name == ana.staff.name


def test_what_is_asked_who_may_and_what_goes_with_the_person(make: Factory, ana: Agency) -> None:
    case = make.conversation(ana)
    contact, strangers = contact_of(ana, case), make.agency("Strangers", brands=["Three"])
    with pytest.raises(Conflict):
        note(ana, contact)
    keeping(ana)
    today = clock.now().date()
    for wrong in (
        {"month": 2, "day": 30},
        {"month": 13},
        {"day": 0},
        {"source": "  "},
        {"source": "x" * 301},
        {"agreed_on": None},
        {"agreed_on": today + 2 * DAY},
        {"agrees": False},
    ):
        with pytest.raises(Invalid):
            note(ana, contact, **wrong)
    with ana.entered(ana.light), pytest.raises(Forbidden):
        birthdays.note(ana.light, contact, **GIVEN)
    with strangers.entered(strangers.staff), pytest.raises(NotFound):
        birthdays.note(strangers.staff, contact, **GIVEN)
    note(ana, contact)
    with ana.entered(ana.team_lead):
        person = reading.get_person(ana.team_lead, contact)
        (held,) = dict(parts_of(ana.team_lead, person, [contact]))["birthday"]
        assert (held["month"], held["day"], held["source"]) == (3, 12, "Wrote it in July")
    with ana.entered():
        erasing.forget([contact])
        assert db.session.scalars(select(ContactBirthday)).all() == []
    with pytest.raises(Conflict):
        note(ana, contact)
    with ana.entered():
        assert db.session.execute(select(Brand.keeps_birthdays).where(Brand.id == ana.brand_ids[1])).scalar() is False
