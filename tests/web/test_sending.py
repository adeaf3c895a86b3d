"""Undo, times, and what is pressed where a reply did not get through, without any script."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.notices.agency_look import OURS, AgencyLook, look_of
from agency.replies.sending_time import set_undo_seconds
from agency.replies.troubles import NOT_TAKEN, TROUBLES, UNKNOWN, WAITS
from agency.web.hours_page import spans_in, spans_out
from tenants import brand_hours
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.test_ways_of_answering import composer_form
from tests.web.visiting import Visitor


@pytest.fixture
def free(make: Factory, ana: Agency) -> Agency:
    make.policy(ana, ana.brand_ids[0], needs="none")
    with ana.entered(ana.agency_admin):
        set_undo_seconds(ana.agency_admin, 20)
    return ana


def be(superuser: Engine, **values: Any) -> None:
    """Every reply as a sending left it."""
    said = ", ".join(f"{name} = :{name}" for name in values)
    with superuser.begin() as connection:
        connection.execute(text(f"update reply set {said}"), values)


def row(superuser: Engine) -> Any:
    with superuser.connect() as connection:
        return connection.execute(text("select state, not_before, not_before_because, only_heard from reply")).one()


def actions(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'action="([^"]+/replies/[^"]+)"', page)]


def release(visitor: Visitor, case: UUID, **more: str) -> Any:
    page = visitor.get(f"/inbox/{case}").text
    return visitor.post(f"/conversations/{case}/reply", composer_form(page, text="Thank you.", do="release", **more))


def test_a_press_can_be_undone_a_moment_later(free: Agency, make: Factory, whole_app: Flask, superuser: Engine) -> None:
    case, visitor = make.conversation(free), Visitor(whole_app, free.staff)
    assert release(visitor, case, only_heard="1").status_code == 303
    assert row(superuser).only_heard, "a holding reply"
    page = visitor.get(f"/inbox/{case}").text
    toast = page[page.index('class="toast"') :]
    assert re.search(r"Goes out in (19|20) seconds\.", toast)
    assert "Until then it can be undone" in page
    (undo,) = {one for one in actions(page) if "/withdraw" in one}
    assert visitor.post(undo).status_code == 303
    assert row(superuser).state == "draft"
    assert release(visitor, case).status_code == 303
    assert not row(superuser).only_heard, "as it was said last"


def test_a_time_is_chosen_by_the_brands_clock_and_given_up_by_a_press(
    free: Agency, make: Factory, whole_app: Flask, superuser: Engine
) -> None:
    with superuser.begin() as connection:
        connection.execute(text("update brand set time_zone = 'America/New_York'"))
    case, visitor = make.conversation(free), Visitor(whole_app, free.staff)
    at = datetime.now(ZoneInfo("America/New_York")).replace(second=0, microsecond=0, tzinfo=None) + timedelta(days=2)
    refused = release(visitor, case, when="chosen", send_at="2020-01-01T09:00")
    assert refused.status_code in (400, 422)
    assert "The time is past already." in unescape(refused.text)
    assert 'value="2020-01-01T09:00"' in refused.text, "what was typed is shown again"
    assert release(visitor, case, when="chosen", send_at=f"{at:%Y-%m-%dT%H:%M}").status_code == 303
    found = row(superuser)
    assert (found.not_before_because, found.not_before) == ("chosen", at.replace(tzinfo=ZoneInfo("America/New_York")))
    page = unescape(visitor.get(f"/inbox/{case}").text)
    assert page.count(f"{at:%H:%M} by the brand's clock)") == 2, (
        "the toast and the reply: the reader's clock is another"
    )
    make.conversation(free, text="Another.")
    listed = visitor.get("/inbox?sign=timed").text
    assert "Goes out later" in listed[listed.index(str(case)) :]
    assert listed.count('class="row') == 1
    (now,) = {one for one in actions(visitor.get(f"/inbox/{case}").text) if one.endswith("/time") or "/time?" in one}
    visitor.post(now, {"when": "now"})
    assert str(case) in visitor.get("/inbox").text
    assert 'class="row' not in visitor.get("/inbox?sign=timed").text
    assert row(superuser).not_before is None


def test_each_trouble_is_said_in_three_sentences_with_the_step_that_helps(
    free: Agency, make: Factory, whole_app: Flask, superuser: Engine
) -> None:
    case, visitor = make.conversation(free), Visitor(whole_app, free.staff)
    release(visitor, case)
    seen = set()
    for trouble in sorted(TROUBLES):
        state = "approved" if trouble in WAITS else "refused" if trouble in NOT_TAKEN else "outcome_unknown"
        said = "The platform refused this (code 1). It said: <b>no</b> Nothing was published. Change it."
        be(superuser, state=state, trouble=trouble, state_reason=said if trouble == "refused" else None)
        page = visitor.get(f"/inbox/{case}").text
        part = page[page.index('class="answer"') :]
        part = part[: part.index("</section>")]
        banner = re.search(r'<div class="banner.*?</div>', part, re.DOTALL)
        assert banner is not None, trouble
        words = unescape(re.sub(r"<[^>]+>", " ", banner[0]))
        assert words.count(".") >= (2 if trouble in ("follows_another", "refused") else 3), words
        seen.add(" ".join(words.split()))
        assert ("Not sent yet" in part) is (trouble in WAITS), "approved is not all there is to say of it"
        pressed = actions(part)
        assert any("/check-now" in one for one in pressed) is (trouble in UNKNOWN), trouble
        assert any("/try-again" in one for one in pressed) is (trouble in ("refused", "unreachable")), trouble
        composer = page[page.index('id="composer"') :]
        if trouble in UNKNOWN:
            assert "Nobody knows yet whether a reply arrived." in composer
        assert ("The reply before this one was not sent." in composer) is (trouble in NOT_TAKEN)
        if trouble == "refused":
            assert "“&lt;b&gt;no&lt;/b&gt;”" in part
    assert len(seen) == len(TROUBLES)


def test_looking_comes_before_trying_again(free: Agency, make: Factory, whole_app: Flask, superuser: Engine) -> None:
    case, visitor = make.conversation(free), Visitor(whole_app, free.staff)
    release(visitor, case)
    be(superuser, state="outcome_unknown", trouble="no_answer", sent_at=datetime.now(UTC))
    (check,) = {one for one in actions(visitor.get(f"/inbox/{case}").text) if "/check-now" in one}
    visitor.post(check.replace("/check-now", "/try-again"))
    assert "may stand on the platform already" in visitor.get(f"/inbox/{case}").text
    assert row(superuser).state == "outcome_unknown"
    visitor.post(check)
    assert "We are looking now" in visitor.get(f"/inbox/{case}").text
    with superuser.connect() as connection:
        promised = "select count(*) from outbox_entry where job_name = 'reconcile_reply'"
        assert connection.execute(text(promised)).scalar_one() == 1
        visitor.post(check)
        assert connection.execute(text(promised)).scalar_one() == 1, "pressed twice, looked once"


def test_a_draft_beside_what_nobody_knows_says_so_before_it_is_sent(
    free: Agency, make: Factory, whole_app: Flask, superuser: Engine
) -> None:
    case, visitor = make.conversation(free), Visitor(whole_app, free.staff)
    release(visitor, case)
    be(superuser, state="declined")
    page = visitor.get(f"/inbox/{case}").text
    assert visitor.post(f"/conversations/{case}/reply", composer_form(page, text="Anew.", do="save")).status_code == 303
    assert "may stand there already" not in visitor.get(f"/inbox/{case}").text
    with superuser.begin() as connection:
        connection.execute(
            text("update reply set state = 'outcome_unknown', trouble = 'no_answer' where state = 'declined'")
        )
    page = visitor.get(f"/inbox/{case}").text
    assert "The reply before this one may stand there already." in page[page.index('id="composer"') :]
    sent = visitor.post(f"/conversations/{case}/reply", composer_form(page, text="Anew.", do="release"))
    assert sent.status_code == 409
    assert "Anew." in sent.text


def test_hours_are_written_as_people_write_them(free: Agency, whole_app: Flask, superuser: Engine) -> None:
    admin, url = Visitor(whole_app, free.agency_admin), f"/brands/{free.brand_ids[0]}/hours"
    assert admin.get(url).status_code == 200
    days = {f"day.{n}": "9-12, 13:00-17.30" for n in range(5)}
    answer = admin.post(url, {**days, "day.6": "whenever", "zone": "Europe/Warsaw", "sends_in_hours": "1"})
    assert answer.status_code == 422
    assert 'value="whenever"' in answer.text
    assert admin.post(url, {**days, "zone": "Europe/Warsaw", "sends_in_hours": "1"}).status_code == 303
    page = admin.get(url).text
    assert page.count('value="09:00-12:00, 13:00-17:30"') == 5
    assert "They next begin" in page
    assert Visitor(whole_app, free.staff).post(url, days).status_code == 403
    kept = {
        **days,
        "day.4": "18-2",
        "zone": "Europe/Warsaw",
        "country": "PL",
        "special_days": "2027-06-01 9-10\n2027-06-02",
    }
    for name, wrong in (("country", "ZZ"), ("special_days", "tomorrow"), ("special_days", "2027-06-01 9-25")):
        refused = admin.post(url, {**kept, name: wrong})
        assert refused.status_code == 422
        assert f'id="{name}-error"' in refused.text
        assert wrong in refused.text or name == "country"
    assert admin.post(url, {**kept, "part": "BY"}).status_code == 303, "of another country, it is left out"
    page = admin.get(url).text
    assert ('value="18:00-24:00"' in page, 'value="00:00-02:00"' in page) == (True, True), "over midnight"
    assert '<option value="PL" selected>' in page
    assert "2027-06-01 09:00-10:00\n2027-06-02" in page
    assert "Closed besides: " in page
    with free.entered():
        times = brand_hours.hours_of(free.brand_ids[0])
    assert times is not None
    assert times.spans_on(date(2026, 11, 11)) == times.spans_on(date(2027, 6, 2)) == ()
    assert times.spans_on(date(2027, 6, 1)) == ((540, 600),)


def test_what_holds_for_every_brand_has_one_page(
    free: Agency, make: Factory, whole_app: Flask, superuser: Engine
) -> None:
    admin = Visitor(whole_app, free.agency_admin)
    assert 'href="/agency"' in admin.get("/brands").text
    good = {"own_colour": "1", "colour": "#C2307A", "answers_to": " Desk@Agency.example ", "undo_seconds": "0"}
    for name, wrong in (
        ("undo_seconds", "121"),
        ("colour", "red; x"),
        ("answers_to", "a@b.example\nBcc: c@d.example"),
        ("answers_to", "a@b.example, c@d.example"),
    ):
        refused = admin.post("/agency", {**good, name: wrong})
        assert refused.status_code == 422, wrong
        assert 'aria-invalid="true"' in refused.text
    assert look_in(free).answers_to == "", "nothing of a form that was refused is kept"
    assert admin.post("/agency", good).status_code == 303
    page = admin.get("/agency").text
    assert 'value="desk@agency.example"' in page
    look = look_in(free)
    assert (look.accent, look.answers_to) == ("#c2307a", "desk@agency.example")
    with superuser.connect() as connection:
        told = "select count(*), string_agg(facts::text, ' ') from agency_audit where action = 'agency.mail_look_set'"
        count, words = connection.execute(text(told)).one()
        seconds = connection.execute(text("select undo_seconds from agency where id = :id"), {"id": free.id}).scalar()
    assert (seconds, count) == (0, 1)
    assert "desk@agency.example" not in words, "the record holds no address"
    assert admin.post("/agency", {**good, "own_colour": "", "answers_to": ""}).status_code == 303
    assert (look_in(free).accent, look_in(free).answers_to) == (OURS, "")
    some = make.person(free, Role.AGENCY_ADMIN, only_brand_ids=free.brand_ids[:1])
    assert Visitor(whole_app, some).get("/agency").status_code == 403
    assert Visitor(whole_app, free.staff).post("/agency", good).status_code == 403


def look_in(agency: Agency) -> AgencyLook:
    with agency.entered():
        return look_of(agency.id)


@pytest.mark.parametrize("typed", ["9-25", "9:60-10", "9", "17-9", "9-12 13-17", "9-12, 11-13", "-1-5", "٩-١٠"])
def test_what_is_no_day_of_hours_is_refused(typed: str) -> None:
    from tenants.opening_hours import days_from

    with pytest.raises(ValueError):
        days_from([spans_in(typed), *[[]] * 6])


def test_a_day_comes_back_as_it_went() -> None:
    assert spans_out(spans_in("9-12; 13:00 – 24:00")) == "09:00-12:00, 13:00-24:00"
