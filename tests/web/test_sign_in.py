"""Signing in: the same answer to every wrong pair, limits on tries, a new token each time, sessions that end."""

from __future__ import annotations

import json
import statistics
import time
from datetime import timedelta

import pytest
import redis
from flask import Flask
from sqlalchemy import Engine, text

from tenants import api_tokens, clock, sessions, throttle
from tenants.database import db
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser, email_of, words_of

PASSWORD = "lantern boat seventeen"


@pytest.fixture
def staff(make: Factory, ana: Agency) -> Actor:
    return make.person(ana, Role.STAFF, password=PASSWORD)


def test_the_right_pair_opens_a_session_and_goes_where_the_person_wanted(whole_app: Flask, staff: Actor) -> None:
    browser = Browser(whole_app)
    answer = browser.sign_in(email_of(whole_app, staff).upper(), PASSWORD, next="/people?x=1")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/people?x=1"
    assert browser.is_signed_in
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("onbrand_session"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_unknown_disabled_passwordless_and_wrong_get_the_same_status_and_body(
    whole_app: Flask, staff: Actor, make: Factory, ana: Agency, superuser: Engine
) -> None:
    disabled = make.person(ana, Role.STAFF, password=PASSWORD)
    without = make.person(ana, Role.STAFF)
    with superuser.begin() as connection:
        connection.execute(text("update person set disabled_at = now() where id = :id"), {"id": disabled.user_id})
    pairs = [
        ("nobody@test.example", PASSWORD),
        (email_of(whole_app, staff), "not the password"),
        (email_of(whole_app, disabled), PASSWORD),
        (email_of(whole_app, without), ""),
    ]
    answers = [Browser(whole_app).sign_in(email, password) for email, password in pairs]
    assert [answer.status_code for answer in answers] == [422] * len(pairs)
    bodies = {words_of(answer).replace(email, "EMAIL") for answer, (email, _p) in zip(answers, pairs, strict=True)}
    assert len(bodies) == 1


def test_an_unknown_address_costs_as_much_as_a_known_one(whole_app: Flask, staff: Actor) -> None:
    from tenants.passwords import hash_password, verify

    stored = hash_password(PASSWORD)

    def seconds(held: str | None) -> float:
        began = time.process_time()  # of this process: what else the machine does is not counted
        assert not verify("wrong password", held)
        return time.process_time() - began

    known, unknown = zip(*((seconds(stored), seconds(None)) for _ in range(7)), strict=True)
    assert 0.5 < statistics.median(unknown) / statistics.median(known) < 2


def test_after_ten_wrong_tries_even_the_right_password_waits_and_another_address_does_not(
    whole_app: Flask, staff: Actor
) -> None:
    browser, email = Browser(whole_app), email_of(whole_app, staff)
    for _ in range(throttle.SIGN_IN_PAIR.most):
        assert browser.sign_in(email, "wrong").status_code == 422
    answer = browser.sign_in(email, PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= throttle.SIGN_IN_PAIR.seconds
    elsewhere = Browser(whole_app)
    elsewhere.client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert elsewhere.sign_in(email, PASSWORD).status_code == 303


def test_unknown_addresses_are_throttled_like_known_ones(whole_app: Flask) -> None:
    browser = Browser(whole_app)
    statuses = [browser.sign_in("nobody@test.example", "x").status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


def test_one_account_from_many_addresses_and_one_address_for_many_accounts_are_limited() -> None:
    counter = throttle.Throttle(None, b"key")
    for limit in (throttle.SIGN_IN_ACCOUNT, throttle.SIGN_IN_ADDRESS):
        assert all(counter.count((limit, "x")) is None for _ in range(limit.most))
        assert counter.count((limit, "x")) is not None
        assert counter.count((limit, "y")) is None


def test_without_redis_tries_are_still_limited() -> None:
    gone = redis.Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2)
    counter = throttle.Throttle(gone, b"key")
    waits = [counter.count((throttle.SIGN_IN_PAIR, "a")) for _ in range(11)]
    assert waits[:10] == [None] * 10
    assert waits[10] is not None
    counter.forget((throttle.SIGN_IN_PAIR, "a"))
    assert counter.count((throttle.SIGN_IN_PAIR, "a")) is None


def test_ipv6_callers_are_counted_by_their_network() -> None:
    assert throttle.address_key("2001:db8:1:2::5") == throttle.address_key("2001:db8:1:2:ffff::9")
    assert throttle.address_key("2001:db8:1:2::5") != throttle.address_key("2001:db8:1:3::5")
    assert throttle.address_key("::ffff:192.0.2.1") == throttle.address_key("192.0.2.1")


def test_a_planted_session_is_not_the_one_a_person_ends_up_in(whole_app: Flask, staff: Actor) -> None:
    attacker = Browser(whole_app)
    attacker.set_session("A" * 43)
    victim = Browser(whole_app)
    victim.set_session("A" * 43)
    victim.sign_in(email_of(whole_app, staff), PASSWORD)
    assert victim.cookie != "A" * 43
    assert victim.is_signed_in
    assert not attacker.is_signed_in


def test_signing_in_again_ends_the_session_the_browser_had(whole_app: Flask, staff: Actor) -> None:
    browser, email = Browser(whole_app), email_of(whole_app, staff)
    browser.sign_in(email, PASSWORD)
    first = browser.cookie
    browser.sign_in(email, PASSWORD)
    assert browser.cookie != first
    old = Browser(whole_app)
    old.set_session(first or "")
    assert not old.is_signed_in


def test_signing_out_ends_the_session_and_not_only_the_cookie(whole_app: Flask, ana: Agency) -> None:
    browser = Browser(whole_app, ana.staff)
    token = browser.cookie
    assert browser.post("/sign-out").status_code == 303
    assert browser.cookie is None
    browser.set_session(token or "")
    assert not browser.is_signed_in


@pytest.mark.parametrize("token", ["", " ", "\x00", "null", "A" * 42, "A" * 44, "A" * 43, "é" * 43, "[]"])
def test_a_made_up_token_is_nobody(whole_app: Flask, ana: Agency, token: str) -> None:
    with whole_app.app_context():
        assert sessions.load(token) is None
        assert sessions.load_half(token) is None


def test_a_session_ends_after_twelve_idle_hours_and_after_seven_days(whole_app: Flask, ana: Agency) -> None:
    began = clock.now()
    with clock.stopped_at(began) as move_to:
        browser = Browser(whole_app, ana.staff)
        move_to(began + sessions.IDLE - timedelta(seconds=1))
        assert browser.is_signed_in
        move_to(began + sessions.IDLE + sessions.IDLE)
        assert not browser.is_signed_in
        move_to(began)
        busy = Browser(whole_app, ana.staff)
        for hours in range(6, 168, 6):
            move_to(began + timedelta(hours=hours))
            assert busy.is_signed_in
        move_to(began + sessions.ABSOLUTE + timedelta(seconds=1))
        assert not busy.is_signed_in


def test_last_seen_is_written_every_five_minutes_and_not_more_often(
    whole_app: Flask, ana: Agency, superuser: Engine
) -> None:
    def seen() -> object:
        with superuser.connect() as connection:
            return connection.execute(text("select last_seen_at from sign_in_session")).scalar_one()

    began = clock.now()
    with clock.stopped_at(began) as move_to:
        browser = Browser(whole_app, ana.staff)
        first = seen()
        move_to(began + timedelta(minutes=4))
        browser.get("/account")
        assert seen() == first
        move_to(began + timedelta(minutes=6))
        browser.get("/account")
        assert seen() == began + timedelta(minutes=6)


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y", "evil"],
)
def test_next_leads_nowhere_else(whole_app: Flask, staff: Actor, wanted: str) -> None:
    answer = Browser(whole_app).sign_in(email_of(whole_app, staff), PASSWORD, next=wanted)
    assert answer.headers["Location"] == "/"


def test_a_person_of_two_agencies_chooses_and_gets_a_new_token(
    whole_app: Flask, staff: Actor, stranger: Agency, superuser: Engine
) -> None:
    with superuser.begin() as connection:
        connection.execute(
            text(
                "insert into membership (id, agency_id, person_id, role, all_brands)"
                " values (gen_random_uuid(), :agency, :person, 'light', true)"
            ),
            {"agency": stranger.id, "person": staff.user_id},
        )
    browser = Browser(whole_app)
    browser.sign_in(email_of(whole_app, staff), PASSWORD)
    before = browser.cookie
    assert browser.get("/people").headers["Location"].startswith("/agencies")
    assert browser.post("/agencies", {"agency": str(staff.agency_id)}).status_code == 303
    assert browser.cookie != before
    assert browser.get("/account").text.count("Work for another agency") == 1
    elsewhere = "00000000-0000-7000-8000-000000000000"
    assert browser.post("/agencies", {"agency": elsewhere}).status_code == 404


def test_session_list_and_sign_out_everywhere_else(whole_app: Flask, ana: Agency) -> None:
    here, there, third = (Browser(whole_app, ana.staff) for _ in range(3))
    assert here.get("/account").text.count('/end"') == 2
    assert here.post("/account/sessions/end-all").status_code == 303
    assert here.is_signed_in
    assert not there.is_signed_in
    assert not third.is_signed_in


def test_signing_out_everywhere_asks_about_api_tokens(whole_app: Flask, ana: Agency, superuser: Engine) -> None:
    here = Browser(whole_app, ana.staff)
    assert 'name="tokens"' not in here.get("/account").text
    with whole_app.app_context():
        token = api_tokens.create(ana.staff.user_id, ana.id, "program")
        db.session.commit()
    assert 'name="tokens"' in here.get("/account").text
    here.post("/account/sessions/end-all")
    assert "API tokens keep working" in here.get("/account").text
    with whole_app.app_context():
        assert api_tokens.authenticate(token) == ana.staff
        db.session.rollback()
    here.post("/account/sessions/end-all", {"tokens": "1"})
    assert "every API token ended" in here.get("/account").text
    with whole_app.app_context():
        assert api_tokens.authenticate(token) is None
    with superuser.connect() as connection:
        facts = connection.execute(
            text("select facts from agency_audit where action = 'api_token.all_revoked'")
        ).scalar_one()
    assert facts == {"tokens": 1, "why": "signed out everywhere"}


def test_nobody_ends_another_persons_session(whole_app: Flask, ana: Agency, superuser: Engine) -> None:
    lead, staff = Browser(whole_app, ana.team_lead), Browser(whole_app, ana.staff)
    with superuser.connect() as connection:
        of_lead = connection.execute(
            text("select id from sign_in_session where person_id = :id"), {"id": ana.team_lead.user_id}
        ).scalar_one()
    assert staff.post(f"/account/sessions/{of_lead}/end").status_code == 404
    assert lead.is_signed_in


def test_a_new_password_ends_the_other_sessions_and_renews_this_one(whole_app: Flask, staff: Actor) -> None:
    here, there = Browser(whole_app), Browser(whole_app)
    email = email_of(whole_app, staff)
    here.sign_in(email, PASSWORD)
    there.sign_in(email, PASSWORD)
    before = here.cookie
    wrong = here.post("/account/password", {"present": "no", "password": "quiet harbour at dawn"})
    assert wrong.status_code == 422
    assert there.is_signed_in
    changed = here.post("/account/password", {"present": PASSWORD, "password": "quiet harbour at dawn"})
    assert changed.status_code == 303
    assert here.cookie != before
    assert here.is_signed_in
    assert not there.is_signed_in
    assert Browser(whole_app).sign_in(email, PASSWORD).status_code == 422


def test_the_demos_people_are_hinted_at_and_nobody_elses(
    whole_app: Flask, ana: Agency, stranger: Agency, superuser: Engine
) -> None:
    page = Browser(whole_app).get("/sign-in").text
    assert email_of(whole_app, ana.staff) not in page
    with superuser.begin() as connection:
        connection.execute(
            text("insert into installation_fact (name, value) values ('demo_seeded', cast(:value as jsonb))"),
            {"value": json.dumps({"agency_id": str(ana.id)})},
        )
    page = Browser(whole_app).get("/sign-in").text
    assert email_of(whole_app, ana.staff) in page
    assert email_of(whole_app, stranger.staff) not in page
