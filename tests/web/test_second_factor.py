"""The second factor: asked for after the password, once per step, recovery codes once, demanded by role."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import Engine, text

from tenants import clock, second_factor, sessions, throttle
from tenants.permissions import Actor, Role
from tenants.sealed import CannotOpen
from tests.factories import Agency, Factory
from tests.web.browser import Browser, email_of

PASSWORD = "lantern boat seventeen"
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def staff(make: Factory, ana: Agency) -> Actor:
    return make.person(ana, Role.STAFF, password=PASSWORD)


def set_up(browser: Browser) -> tuple[str, list[str]]:
    """Switch it on as a person does; returns the secret and the recovery codes."""
    page = browser.get("/account/second-factor").text
    offered = re.search(r'name="offered" value="([^"]+)"', page)
    shown = re.search(r'<span class="code">([A-Z2-7 ]+)</span>', page)
    assert offered is not None
    assert shown is not None
    assert "<svg" in page
    secret = shown[1].replace(" ", "")
    done = browser.post("/account/second-factor", {"offered": offered[1], "code": code_at(secret, clock.now())})
    assert done.status_code == 200
    codes = re.findall(r"<li>([a-z2-7-]{19})</li>", done.text)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    return secret, codes


def code_at(secret: str, moment: datetime) -> str:
    return pyotp.TOTP(secret).at(moment)


def test_a_code_opens_the_session_and_works_once(whole_app: Flask, staff: Actor) -> None:
    email = email_of(whole_app, staff)
    with clock.stopped_at(NOON) as move_to:
        secret, _codes = set_up(Browser(whole_app, staff))
        move_to(NOON + timedelta(minutes=2))
        code = code_at(secret, clock.now())
        first, second = Browser(whole_app), Browser(whole_app)
        for browser in (first, second):
            answer = browser.sign_in(email, PASSWORD, next="/account")
            assert answer.headers["Location"].startswith("/sign-in/code")
            assert not browser.is_signed_in
        half = first.cookie
        assert first.post("/sign-in/code", {"code": code, "next": "/account"}).headers["Location"] == "/account"
        assert first.is_signed_in
        assert first.cookie != half
        assert second.post("/sign-in/code", {"code": code}).status_code == 422
        assert not second.is_signed_in
        move_to(NOON + timedelta(minutes=3))
        assert second.post("/sign-in/code", {"code": code_at(secret, clock.now())}).status_code == 303
        assert second.is_signed_in


def test_a_code_of_the_neighbouring_step_passes_and_an_older_one_does_not(whole_app: Flask, staff: Actor) -> None:
    with clock.stopped_at(NOON) as move_to:
        secret, _codes = set_up(Browser(whole_app, staff))
        move_to(NOON + timedelta(minutes=5))
        with whole_app.app_context():
            assert not second_factor.is_right(staff.user_id, code_at(secret, clock.now() - timedelta(seconds=60)))
            assert second_factor.is_right(staff.user_id, code_at(secret, clock.now() - timedelta(seconds=30)))
            assert second_factor.is_right(staff.user_id, code_at(secret, clock.now() + timedelta(seconds=30)))
            assert not second_factor.is_right(staff.user_id, code_at(secret, clock.now()))


def test_a_recovery_code_works_once(whole_app: Flask, staff: Actor) -> None:
    email = email_of(whole_app, staff)
    _secret, codes = set_up(Browser(whole_app, staff))
    for expected in (303, 422):
        browser = Browser(whole_app)
        browser.sign_in(email, PASSWORD)
        assert browser.post("/sign-in/code?recovery=1", {"code": codes[3].upper()}).status_code == expected


def test_a_half_session_opens_nothing_and_dies_after_ten_minutes(whole_app: Flask, staff: Actor) -> None:
    email = email_of(whole_app, staff)
    with clock.stopped_at(NOON) as move_to:
        secret, _codes = set_up(Browser(whole_app, staff))
        move_to(NOON + timedelta(minutes=1))
        browser = Browser(whole_app)
        browser.sign_in(email, PASSWORD)
        for path in ("/", "/account", "/people", "/agencies", "/account/second-factor"):
            assert browser.get(path).headers["Location"].startswith("/sign-in?")
        move_to(NOON + timedelta(minutes=1) + sessions.HALF + timedelta(seconds=1))
        answer = browser.post("/sign-in/code", {"code": code_at(secret, clock.now())})
        assert answer.headers["Location"].startswith("/sign-in?")
        assert not browser.is_signed_in


def test_guessing_codes_is_throttled_whatever_the_browser(whole_app: Flask, staff: Actor) -> None:
    email = email_of(whole_app, staff)
    secret, _codes = set_up(Browser(whole_app, staff))
    statuses = []
    for _ in range(throttle.SECOND_FACTOR_PERSON.most + 1):
        browser = Browser(whole_app)
        browser.sign_in(email, PASSWORD)
        statuses.append(browser.post("/sign-in/code", {"code": "000000"}).status_code)
    assert statuses[-1] == 429
    assert code_at(secret, clock.now())


def test_setting_it_up_ends_the_other_sessions(whole_app: Flask, staff: Actor) -> None:
    here, there = Browser(whole_app, staff), Browser(whole_app, staff)
    before = here.cookie
    set_up(here)
    assert here.cookie != before
    assert here.is_signed_in
    assert not there.is_signed_in


def test_a_role_that_needs_it_sets_it_up_before_anything_else(whole_app: Flask, ana: Agency) -> None:
    admin, staff = Browser(whole_app, ana.agency_admin), Browser(whole_app, ana.staff)
    assert admin.post("/people/second-factor", {"role": "staff"}).status_code == 303
    for path in ("/", "/account"):
        assert staff.get(path).status_code in (200, 302)
    assert staff.get("/people").headers["Location"] == "/account/second-factor"
    secret, _codes = set_up(staff)
    assert staff.get("/people").status_code == 403
    refused = staff.post("/account/second-factor/off", {"code": code_at(secret, clock.now() + timedelta(seconds=30))})
    assert refused.status_code == 403
    assert "asks for a second factor" in refused.text


def test_switching_it_off_needs_a_present_code(whole_app: Flask, staff: Actor) -> None:
    with clock.stopped_at(NOON) as move_to:
        browser = Browser(whole_app, staff)
        secret, _codes = set_up(browser)
        assert browser.post("/account/second-factor/off", {"code": "000000"}).status_code == 403
        move_to(NOON + timedelta(minutes=1))
        assert browser.post("/account/second-factor/off", {"code": code_at(secret, clock.now())}).status_code == 303
        assert Browser(whole_app).sign_in(email_of(whole_app, staff), PASSWORD).headers["Location"] == "/"


def test_secrets_lie_sealed_and_hashed_and_bound_to_their_person(
    whole_app: Flask, staff: Actor, ana: Agency, superuser: Engine
) -> None:
    secret, codes = set_up(Browser(whole_app, staff))
    with superuser.begin() as connection:
        row = connection.execute(
            text("select totp_secret, recovery_code_hashes from person where id = :id"), {"id": staff.user_id}
        ).one()
        stored = bytes(row.totp_secret) + b"".join(bytes(h) for h in row.recovery_code_hashes)
        assert secret.encode() not in stored
        assert codes[0].replace("-", "").encode() not in stored
        connection.execute(
            text("update person set totp_secret = :sealed where id = :id"),
            {"sealed": row.totp_secret, "id": ana.team_lead.user_id},
        )
    with whole_app.app_context(), pytest.raises(CannotOpen):
        second_factor.is_right(ana.team_lead.user_id, code_at(secret, clock.now()))


def test_a_secret_offered_to_one_person_is_refused_for_another(whole_app: Flask, ana: Agency) -> None:
    with whole_app.app_context():
        offered = second_factor.begin(ana.staff.user_id)
        secret = second_factor.secret_offered(ana.staff.user_id, offered)
    lead = Browser(whole_app, ana.team_lead)
    answer = lead.post("/account/second-factor", {"offered": offered, "code": code_at(secret, clock.now())})
    assert answer.status_code == 422
    for made_up in ("", "!", "AAAA", offered[:-4]):
        assert lead.post("/account/second-factor", {"offered": made_up, "code": "123456"}).status_code == 422
