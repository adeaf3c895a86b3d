"""Who is told of what: in the app, by mail, together, later, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text, update

from agency.notices import gathering
from agency.notices.choices import EVERY_DAY, Quiet, quiet_of
from agency.notices.kinds import GATHERED_FOR, KINDS
from agency.notices.mail import FOLDER, words_of
from agency.notices.models import Notice, NoticeChoice
from agency.notices.sending import mails_kept, send_mail
from agency.notices.telling import Thing, settle, tell
from tenants import clock
from tenants.database import db, new_id
from tenants.languages import LANGUAGES
from tenants.models import OutboxEntry, OutgoingMail, Person
from tests.factories import Agency

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def person_of(ana: Agency) -> Person:
    return db.session.get_one(Person, ana.staff.user_id)


def declined(ana: Agency, brand: int = 0) -> Thing:
    """One more declined reply of the member of staff."""
    thing = Thing("reply", new_id(), "/inbox")
    with ana.entered():
        tell(
            "reply_declined",
            [person_of(ana)],
            brand_id=ana.brand_ids[brand],
            subject=thing,
            values={"by_name": "Ewa <b>"},
        )
    return thing


def leave(ana: Agency) -> list[str]:
    """Run what is due of gathering and sending; the plain texts of the mails that left, oldest first."""
    with ana.entered():
        due = db.session.scalars(select(OutboxEntry).where(OutboxEntry.run_at <= clock.now()).order_by(OutboxEntry.id))
        for one in due:
            if one.job_name == "gather_notices":
                gathering.send_gathered(ana.id, ana.staff.user_id, one.ids["kind"])
    with ana.app.app_context():
        for mail_id in db.session.scalars(select(OutgoingMail.id)):
            send_mail(mail_id)
        db.session.commit()
        return [message.get_body(("plain",)).get_content() for _row, message in reversed(mails_kept())]


def test_what_comes_within_ten_minutes_is_one_mail(ana: Agency) -> None:
    with clock.stopped_at(NOON) as move_to:
        first = declined(ana)
        move_to(NOON + timedelta(minutes=3))
        declined(ana)
        declined(ana, brand=1)
        assert leave(ana) == []
        move_to(NOON + GATHERED_FOR)
        (mail,) = leave(ana)
        assert mail.count("declined your reply") == 3
        assert mail.count("http://localhost/inbox") == 3
        with ana.entered():
            assert gathering.send_gathered(ana.id, ana.staff.user_id, "reply_declined") is None
            kept = db.session.scalars(select(Notice).where(Notice.subject_id == first.id)).one()
            assert (kept.mailed_at, kept.read_at) == (NOON + GATHERED_FOR, None)
        declined(ana)
        move_to(NOON + 2 * GATHERED_FOR)
        assert len(leave(ana)) == 2


def test_what_was_read_or_is_over_is_not_mailed(ana: Agency) -> None:
    with clock.stopped_at(NOON) as move_to:
        over, read = declined(ana), declined(ana)
        declined(ana)
        with ana.entered():
            settle(over.id, "reply_declined")
            db.session.execute(update(Notice).where(Notice.subject_id == read.id).values(read_at=clock.now()))
        move_to(NOON + GATHERED_FOR)
        (mail,) = leave(ana)
    assert mail.count("declined your reply") == 1


def test_who_lost_the_brand_meanwhile_is_not_mailed(ana: Agency, superuser: Engine) -> None:
    with clock.stopped_at(NOON) as move_to:
        declined(ana)
        with superuser.begin() as connection:
            connection.execute(
                text("update membership set all_brands = false, brand_ids = :ids where person_id = :person"),
                {"ids": [ana.brand_ids[1]], "person": ana.staff.user_id},
            )
        move_to(NOON + GATHERED_FOR)
        assert leave(ana) == []


@pytest.mark.parametrize(
    ("general", "of_brand", "told"),
    [
        (None, None, (True, True)),
        ((True, False), None, (True, False)),
        ((False, False), None, None),
        ((False, False), (False, True), (False, True)),
        ((True, True), (False, False), None),
    ],
)
def test_a_choice_holds_and_a_brands_own_goes_before_it(
    ana: Agency,
    general: tuple[bool, bool] | None,
    of_brand: tuple[bool, bool] | None,
    told: tuple[bool, bool] | None,
) -> None:
    with ana.entered():
        for brand_id, ways in ((None, general), (ana.brand_ids[0], of_brand)):
            if ways is not None:
                db.session.add(
                    NoticeChoice(
                        person_id=ana.staff.user_id,
                        kind="reply_declined",
                        of_brand_id=brand_id,
                        in_app=ways[0],
                        by_mail=ways[1],
                    )
                )
    thing = declined(ana)
    with ana.entered():
        kept = db.session.scalars(select(Notice).where(Notice.subject_id == thing.id)).one_or_none()
        assert (kept and (kept.in_app, kept.mail_due_at is not None)) == told


def test_quiet_hours_hold_mails_and_what_is_over_by_then_is_not_sent(ana: Agency) -> None:
    night = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    with clock.stopped_at(night) as move_to:
        with ana.entered():
            person_of(ana).preferences = {"quiet": Quiet(20 * 60, 7 * 60, EVERY_DAY).as_preference()}
            facts = {"brand_name": "Sol", "by_name": "Ewa", "number": 2, "comment": "no"}
            things = [Thing("approval_policy", new_id(), "/inbox") for _ in range(2)]
            for thing in things:
                tell(
                    "policy_answered",
                    [person_of(ana)],
                    brand_id=ana.brand_ids[0],
                    subject=thing,
                    values={"by_name": "Ewa", "number": 2},
                    mail=facts,
                )
            due = set(db.session.scalars(select(OutboxEntry.run_at)))
            assert due == {datetime(2026, 11, 24, 7, 0, tzinfo=UTC)}
        move_to(night + timedelta(hours=1))
        with ana.entered():
            settle(things[0].id, "policy_answered")
            left = db.session.scalars(select(Notice).where(Notice.settled_at.is_(None))).one()
            assert list(db.session.scalars(select(OutgoingMail.id))) == [left.mail_id]


ZONES = st.sampled_from(["UTC", "Europe/Warsaw", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe"])
MINUTES = st.integers(0, 24 * 60 - 1)


@given(
    MINUTES,
    MINUTES,
    st.frozensets(st.sampled_from(sorted(EVERY_DAY)), min_size=1),
    ZONES,
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_a_mail_comes_at_the_first_moment_that_is_not_quiet(
    begin: int, end: int, days: frozenset[int], zone: str, at: datetime
) -> None:
    quiet, now = Quiet(begin, end, days), at.replace(tzinfo=UTC)
    found = quiet.until(now, ZoneInfo(zone))
    assert now <= found <= now + timedelta(days=9)
    assert quiet_of({"quiet": quiet.as_preference()}) == quiet
    local = found.astimezone(ZoneInfo(zone))
    assert local.weekday() in days
    assert (
        not quiet.holds(local.hour * 60 + local.minute)
        or local.utcoffset() != now.astimezone(ZoneInfo(zone)).utcoffset()
    )
    if found > now:
        before = (found - timedelta(minutes=1)).astimezone(ZoneInfo(zone))
        was_quiet = before.weekday() not in days or quiet.holds(before.hour * 60 + before.minute)
        assert was_quiet or before.utcoffset() != local.utcoffset()


@pytest.mark.parametrize("kept", [{}, {"quiet": 5}, {"quiet": {"begin": "x", "end": 3, "days": []}}, {"quiet": []}])
def test_preferences_nobody_can_read_are_not_quiet(kept: dict[str, object]) -> None:
    assert quiet_of(kept) == Quiet()


def test_every_kind_says_its_line_in_every_language(app: Flask) -> None:
    facts = {
        "brand_name": "Sol <i>",
        "month": "October 2026",
        "by_name": "Ewa\u202e",
        "to_name": "Jan",
        "number": 3,
        "count": 2,
        "approved": True,
        "stopped": "messages",
        "account_name": "Konto",
        "platform": "Instagram",
        "state": "edited",
        "loop_name": "Legal",
        "people": 9,
        "words": "app",
        "incident_name": "App",
        "who": "Ewa\u202e",
        "whom": "Jan",
        "num": 2,
        "all": 3,
        "first": "2026-12-24",
        "last": "2026-12-26",
        "own": False,
        "who_name": "Olga\u202e",
        "who_email": "olga@owner.example",
        "brands_names": "Sol, Mar",
        "more": 2,
        "on_paper": True,
        "signer_name": "Olga",
        "signed_on": "2026-11-02",
    }
    folders = {path.parent.name for path in FOLDER.glob("*/line.txt")}
    assert folders == set(KINDS)
    for kind in KINDS:
        lines = {words_of(kind, "line.txt", language, **facts) for language in LANGUAGES}
        assert len(lines) == len(LANGUAGES), kind
        assert not any("\u202e" in one for one in lines)


def test_notices_are_forgotten_after_ninety_days(ana: Agency) -> None:
    began = clock.now()
    declined(ana)
    with clock.stopped_at(began) as move_to:
        for days, gone in ((89, 0), (91, 1)):
            move_to(began + timedelta(days=days))
            with ana.entered():
                assert gathering.forget_old() == gone
