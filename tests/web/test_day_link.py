"""One link for a day: all that waits for one person, decided without an account, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.notices.choosing import stop_mails
from agency.replies import desk
from agency.replies.day_links import end_of_day, mail_day
from jobs.mailing_days import mail_days
from tenants import clock
from tenants.database import db
from tenants.models import Person
from tenants.outbox import JobName
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.replies.many import copies
from tests.replies.test_races import at_once
from tests.web.mailed import Phone, asked, bodies
from tests.web.replying import form_of, promises, row_of, waiting_reply

DAY = re.compile(r"http://localhost(/d/[A-Za-z0-9_-]{43})")
TICK = re.compile(r'name="reply" value="([^"]+)"')
OURS = """
insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction, text, written_at,
    content_hash, permalink, reply_id)
select agency_id, gen_random_uuid(), brand_id, conversation_id, account_id, '9_1', 'out', 'x', now(), '\\x00', :live, id
from reply where id = :id
"""
YES = {"do": "approve_many"}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def waits(make: Factory, ana: Agency) -> UUID:
    return waiting_reply(ana, make.conversation(ana, text="Cold breakfast."), "Thank you for telling us.")


@pytest.fixture
def phone(whole_app: Flask) -> Phone:
    return Phone(whole_app)


@pytest.fixture
def day(whole_app: Flask, ana: Agency, waits: UUID, superuser: Engine) -> str:
    return mailed(whole_app, ana, superuser)


def mailed(app: Flask, agency: Agency, superuser: Engine) -> str:
    with agency.entered(agency.client_owner):
        person = db.session.get_one(Person, agency.client_owner.user_id)
        assert mail_day(person, agency.id) > 0
    return DAY.findall("\n".join(bodies(app, superuser)))[-1]


def ticks(page: str) -> list[str]:
    return [unescape(one) for one in TICK.findall(page)]


def test_opening_changes_nothing_and_sets_no_cookie(
    phone: Phone, ana: Agency, waits: UUID, day: str, superuser: Engine
) -> None:
    def everything() -> list[str]:
        tables = ("reply", "approval", "approval_request", "one_time_token", "outbox_entry", "brand_audit", "notice")
        with superuser.connect() as connection:
            return [
                str(connection.execute(text(f"select jsonb_agg(to_jsonb(t) order by t.id) from {table} t")).scalar())
                for table in tables
            ]

    before = everything()
    for path in (day, f"{day}?tick=all", f"{day}/{waits}", f"{day}/{waits}?open=change"):
        for method in ("GET", "HEAD"):
            answer = phone.open(path, method)
            assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, [])
            assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert everything() == before
    assert "Thank you for telling us." in phone.open(day).text


def test_several_are_approved_and_the_rest_still_waits(
    phone: Phone, ana: Agency, waits: UUID, superuser: Engine, day: str
) -> None:
    others = copies(superuser, waits, 2)
    chosen = [one for one in ticks(phone.open(day).text) if not one.startswith(str(waits))]
    assert len(chosen) == 2
    for _press in range(2):
        answer = phone.post(day, {"reply": chosen, "do": "approve_many"}, follow=True)  # type: ignore[dict-item]
        assert answer.status_code == 200
        assert "2 replies are approved." in answer.text
        assert len(ticks(answer.text)) == 1
    assert promises(superuser, JobName.PUBLISH_REPLY) == 2
    request = asked(ana, others[0])[0]
    assert (request.ended_because, request.from_address) == ("approve", "127.0.0.1")
    with superuser.connect() as connection:
        assert set(connection.execute(text("select came_by from approval")).scalars()) == {"link"}


def test_one_is_changed_another_declined_behind_the_same_link(
    phone: Phone, ana: Agency, waits: UUID, superuser: Engine, day: str
) -> None:
    (other,) = copies(superuser, waits, 1)
    assert "Decided by you" not in phone.open(day).text
    form = form_of(phone.open(f"{day}/{waits}").text, do="change_and_approve", text="Warm thanks.")
    answer = phone.post(f"{day}/{waits}", form, follow=True)
    assert "1 reply is approved." in answer.text
    assert f"{day}/{other}" in answer.text, "what is next stands there"
    assert (row_of(ana, waits).text, row_of(ana, waits).state) == ("Warm thanks.", "approved")
    form = form_of(phone.open(f"{day}/{other}").text, do="decline", reason="Not so.")
    assert "You declined it." in phone.post(f"{day}/{other}", form, follow=True).text
    assert row_of(ana, other).state == "declined"
    live = "https://facebook.example/answer"
    with superuser.begin() as connection:
        connection.execute(
            text("update reply set state = 'published', published_at = now(), platform_id = '9_1' where id = :id"),
            {"id": waits},
        )
        connection.execute(text(OURS), {"live": live, "id": waits})
    shown = phone.open(day).text.partition("Decided by you since this mail")[2]
    places = [shown.index(f'{day}/receipts/{one}"') for one in (other, waits)]
    assert places == sorted(places), "the newest first"
    assert shown.count(f'href="{live}"') == 1, "what is not published has no place there"
    second = phone.post(f"{day}/{other}", form)
    assert second.status_code == 409
    assert re.search(r"Declined [^<]* by you\.", second.text), "a second press says what the first one did"
    with superuser.begin() as connection:
        connection.execute(text("update reply set state = 'draft' where id = :id"), {"id": other})
    again = phone.open(day).text
    assert [f'{day}/receipts/{one}"' in again for one in (other, waits)] == [False, True], "a draft is the agency's own"
    with superuser.begin() as connection:
        connection.execute(text("update approval set created_at = created_at - interval '9 days'"))
    assert "Decided by you" not in phone.open(day).text


def test_what_waits_for_others_and_other_brands_is_not_there(
    phone: Phone, ana: Agency, waits: UUID, day: str, make: Factory, superuser: Engine
) -> None:
    hidden = waiting_reply(ana, make.conversation(ana, brand=1, author="Secret Person"))
    second = make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[ana.brand_ids[0]])
    make.policy(ana, ana.brand_ids[0], needs="all", steps=[[str(second.user_id)]])
    theirs = waiting_reply(ana, make.conversation(ana, author="Another Person"))
    page = phone.open(day).text
    assert str(waits) in page
    assert "Secret Person" not in page
    assert "Another Person" not in page
    for one in (hidden, theirs, UUID(int=7)):
        assert phone.open(f"{day}/{one}").status_code == 404
        assert phone.post(f"{day}/{one}", {"do": "approve", "text_hash": "0" * 64}).status_code == 409
        assert phone.post(day, {"reply": f"{one} {'0' * 64} {NOON.isoformat()}", **YES}).status_code == 200
    assert {row_of(ana, one).state for one in (hidden, theirs, waits)} == {"awaiting_approval"}


def test_the_link_ends_with_the_day_of_its_brand_and_with_the_role(
    whole_app: Flask, phone: Phone, ana: Agency, waits: UUID, superuser: Engine
) -> None:
    with superuser.begin() as connection:
        connection.execute(text("update brand set time_zone = 'America/New_York'"))
    with clock.stopped_at(NOON) as move_to:
        link = mailed(whole_app, ana, superuser)
        form = {"reply": ticks(phone.open(link).text)[0], **YES}
        move_to(datetime(2026, 11, 24, 4, 59, tzinfo=UTC))  # 23:59 in New York
        assert str(waits) in phone.open(link).text
        assert "It works until Tue 24 Nov, 05:00." in phone.open(link).text
        move_to(datetime(2026, 11, 24, 5, 0, tzinfo=UTC))
        late = phone.post(f"{link}/{waits}", {"do": "decline", "text_hash": "0" * 64, "reason": "Not so."})
        assert "Not so." in late.text, "what was typed is never lost"
        for answer in (phone.open(link), phone.open(f"{link}/{waits}"), phone.post(link, form), late):
            assert "The day this link was for is over." in answer.text
            assert str(waits) not in answer.text
        again = phone.post(link, {"do": "newer"}, follow=True)
        assert "is in your mailbox" in again.text
        newer = DAY.findall("\n".join(bodies(whole_app, superuser)))[-1]
        assert newer != link
        assert str(waits) in phone.open(newer).text
        with superuser.begin() as connection:
            connection.execute(
                text("update membership set removed_at = now() where person_id = :id"),
                {"id": ana.client_owner.user_id},
            )
        for answer in (phone.open(newer), phone.post(newer, form), phone.post(newer, {"do": "newer"})):
            assert answer.status_code == 404
    assert row_of(ana, waits).state == "awaiting_approval"


def test_what_was_typed_about_a_reply_that_is_taken_back_is_there_still(
    phone: Phone, ana: Agency, waits: UUID, day: str
) -> None:
    form = form_of(phone.open(f"{day}/{waits}").text, do="change_and_approve", text="Warm thanks.\nTwice.")
    with ana.entered(ana.staff):
        desk.withdraw(ana.staff, waits)
    answer = phone.post(f"{day}/{waits}", form)
    assert answer.status_code == 409
    assert "The agency took this reply back." in answer.text
    assert "Warm thanks.\nTwice." in answer.text


def test_parts_of_the_list_that_wait_for_others_are_passed_over(
    phone: Phone, ana: Agency, waits: UUID, day: str, make: Factory, superuser: Engine
) -> None:
    second = make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[ana.brand_ids[0]])
    make.policy(ana, ana.brand_ids[0], needs="all", steps=[[str(second.user_id)]])
    copies(superuser, waiting_reply(ana, make.conversation(ana, author="Another Person")), 50)
    with superuser.begin() as connection:
        connection.execute(text("update reply set state_since = now() where id = :id"), {"id": waits})
    page = phone.open(day).text
    assert str(waits) in page
    assert "Another Person" not in page


def test_no_alteration_of_the_token_opens_anything(phone: Phone, waits: UUID, day: str) -> None:
    token = day.removeprefix("/d/")
    for altered in (token[:-1], token + "A", token[::-1], token.swapcase(), "A" * 43, "%00" * 14):
        assert phone.open(f"/d/{altered}").status_code == 404


def test_twenty_posts_of_one_form_are_one(phone: Phone, ana: Agency, waits: UUID, day: str, superuser: Engine) -> None:
    form = {"reply": ticks(phone.open(day).text)[0], **YES}
    for button in ({}, {"do": ""}, {"do": "approve"}):
        assert phone.post(day, {"reply": form["reply"], **button}).status_code == 422, "no button, no yes"
    assert row_of(ana, waits).state == "awaiting_approval"
    at_once(*(lambda: str(phone.post(day, form).status_code) for _press in range(20)))
    assert promises(superuser, JobName.PUBLISH_REPLY) == 1
    assert row_of(ana, waits).state == "approved"


def test_in_the_morning_whoever_has_several_gets_one_mail(
    whole_app: Flask, ana: Agency, waits: UUID, superuser: Engine, make: Factory
) -> None:
    def sent() -> int:
        with superuser.connect() as connection:
            wanted = text("select count(*) from outgoing_mail where notice = 'replies_wait_today'")
            return connection.execute(wanted).scalar_one()

    with clock.stopped_at(NOON.replace(hour=8)) as move_to:
        mail_days(whole_app)
        assert sent() == 0, "one alone has a link of its own"
        copies(superuser, waits, 1)
        move_to(NOON)
        mail_days(whole_app)
        assert sent() == 0, "it is no morning"
        move_to(NOON.replace(hour=8, minute=30))
        for _run in range(2):
            mail_days(whole_app)
        assert sent() == 1
        assert "2 replies wait for your yes:" in "\n".join(bodies(whole_app, superuser))
        assert ana.name in "\n".join(bodies(whole_app, superuser)), "in the agency's name"
        move_to(NOON.replace(hour=8) + timedelta(days=1))
        mail_days(whole_app)
        assert sent() == 2
        with ana.entered(ana.client_owner):
            stop_mails(ana.client_owner.user_id, "replies_wait_today")
            db.session.commit()
        move_to(NOON.replace(hour=8) + timedelta(days=2))
        mail_days(whole_app)
        assert sent() == 2, "who wants none gets none"


def test_the_list_costs_as_many_statements_for_twelve(
    phone: Phone, waits: UUID, day: str, superuser: Engine, statements: Callable[[], list[str]]
) -> None:
    def counted() -> int:
        phone.open(day)
        statements()
        phone.open(day)
        return len(statements())

    few = counted()
    copies(superuser, waits, 11)
    assert counted() == few <= 22


def test_a_day_ends_at_the_last_midnight_of_its_brands() -> None:
    assert end_of_day(NOON, ["UTC"]) == datetime(2026, 11, 24, tzinfo=UTC)
    assert end_of_day(NOON, ["Europe/Warsaw", "America/New_York"]) == datetime(2026, 11, 24, 5, tzinfo=UTC)
