"""An agency opened by whoever has a mail address: nothing is said of who is here already, each link opens one, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.web.door import ONLY_WHERE
from tenants import clock, sign_ups, throttle
from tenants.database import db
from tenants.plan_states import TRIAL
from tenants.settings import Settings
from tests.factories import Agency, Factory
from tests.web.browser import Browser, email_of, words_of
from tests.web.test_links import link_in, mails_sent

PASSWORD = "lantern boat seventeen"
ASKED = {"agency": "Lantern Row", "name": "Ada Example", "email": "Ada@Test.example"}
GIVEN = {"agency": "Lantern Row", "name": "Ada Example", "password": PASSWORD, "time_zone": "Europe/Warsaw"}


@pytest.fixture
def make(whole_app: Flask) -> Factory:
    return Factory(whole_app)


def link_for(app: Flask, superuser: Engine, **asked: str) -> str:
    given = {**ASKED, **asked}
    assert Browser(app).post("/sign-up", given).status_code == 200
    wanted = given["email"].strip().lower()
    return link_in(next(mail for mail in mails_sent(app, superuser) if wanted in str(mail["To"])))


def agencies(superuser: Engine) -> list[str]:
    with superuser.connect() as connection:
        return list(connection.execute(text("select name from agency order by name")).scalars())


def test_the_mail_opens_an_agency_with_its_admin_in_and_what_an_agency_begins_with(
    whole_app: Flask, superuser: Engine
) -> None:
    link = link_for(whole_app, superuser)
    browser = Browser(whole_app)
    shown = browser.get(link)
    assert (shown.status_code, agencies(superuser)) == (200, []), "looking opens nothing: mail scanners look too"
    assert 'value="Lantern Row"' in shown.text
    answer = browser.post(link, GIVEN)
    assert (answer.status_code, browser.is_signed_in) == (303, True)
    assert browser.get("/people").status_code == 200
    assert 'href="/brands#new-brand"' in browser.get("/inbox").text, "an empty queue names the next step"
    assert Browser(whole_app).sign_in("ada@test.example", PASSWORD).status_code == 303
    with superuser.connect() as connection:
        row = connection.execute(
            text(
                "select p.email, p.name, p.time_zone, m.role, m.all_brands, c.number, a.action, a.actor_id = p.id"
                " from agency g join membership m on m.agency_id = g.id join person p on p.id = m.person_id"
                " join clock_rules c on c.agency_id = g.id join agency_audit a on a.agency_id = g.id"
            )
        ).one()
    assert tuple(row) == (
        *("ada@test.example", "Ada Example", "Europe/Warsaw", "agency_admin", True, 1, "agency.opened", True),
    )


def test_where_plans_are_on_its_trial_begins_with_it(
    whole_app: Flask, superuser: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = link_for(whole_app, superuser)
    here = whole_app.extensions["onbrand_settings"]
    monkeypatch.setitem(whole_app.extensions, "onbrand_settings", replace(here, stripe_secret_key="sk_test_sign_up"))
    with clock.stopped_at(clock.now()):
        assert Browser(whole_app).post(link, GIVEN).status_code == 303
        with superuser.connect() as connection:
            row = connection.execute(
                text("select s.state, s.trial_ends_at from subscription s join agency a on a.id = s.id")
            )
            assert row.one() == ("trialing", clock.now() + TRIAL)


def test_an_address_of_somebody_here_is_answered_and_mailed_like_any_other(
    whole_app: Flask, ana: Agency, superuser: Engine
) -> None:
    known = email_of(whole_app, ana.agency_admin)
    answers, mails = [], []
    for email in (known, "x" * (len(known) - 13) + "@test.example"):
        answer = Browser(whole_app).post("/sign-up", {**ASKED, "email": email, "agency": "Lantern Street 1"})
        answers.append((answer.status_code, words_of(answer).replace(email, "IT")))
        mail = next(mail for mail in mails_sent(whole_app, superuser) if email in str(mail["To"]))
        body = mail.get_body(("plain",))
        assert body is not None
        mails.append((mail["Subject"], body.get_content().replace(link_in(mail), "LINK")))
    assert answers[0] == answers[1]
    assert mails[0] == mails[1]
    assert "Lantern" not in str(mails), "a stranger's words are mailed to nobody"
    assert "Ada" not in str(mails)


def test_who_has_an_account_keeps_its_password_and_name_and_signs_in_as_ever(
    whole_app: Flask, make: Factory, ana: Agency, superuser: Engine
) -> None:
    known = make.person(ana, ana.staff.role, password=PASSWORD)
    email = email_of(whole_app, known)
    link = link_for(whole_app, superuser, email=email)
    browser = Browser(whole_app)
    assert 'name="password"' not in browser.get(link).text
    answer = browser.post(link, {**GIVEN, "name": "Mallory", "password": "quiet harbour at dawn"})
    assert answer.headers["Location"] == "/sign-in?notice=opened"
    assert not browser.is_signed_in, "the link alone lets nobody into an account that is there"
    assert Browser(whole_app).sign_in(email, "quiet harbour at dawn").status_code == 422
    assert Browser(whole_app).sign_in(email, PASSWORD).status_code == 303
    signed_in = Browser(whole_app, known)
    other = link_for(whole_app, superuser, email=email, agency="Second Row")
    assert signed_in.post(other, {**GIVEN, "agency": "Second Row"}).headers["Location"] == "/brands"
    assert "Second Row" in signed_in.get("/people").text, "who is signed in goes on in the new agency"


def test_a_link_opens_once_also_when_pressed_twice_at_once_or_asked_for_twice(
    whole_app: Flask, superuser: Engine
) -> None:
    links = [link_for(whole_app, superuser), link_for(whole_app, superuser, agency="Lantern Rows")]
    before, answers = Barrier(4), []

    def press(link: str, name: str) -> None:
        browser = Browser(whole_app)
        before.wait(60)
        answers.append(browser.post(link, {**GIVEN, "agency": name}).status_code)

    pressing = [Thread(target=press, args=(link, f"Row {n}")) for n, link in enumerate(links * 2)]
    for one in pressing:
        one.start()
    for one in pressing:
        one.join(60)
    assert sorted(answers) == [303, 409, 409, 409]
    assert len(agencies(superuser)) == 1
    late = Browser(whole_app).get(links[0])
    assert (late.status_code, "This agency is open already." in late.text, "/sign-in" in late.text) == (409, True, True)


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (1, 410)])
def test_a_link_lives_two_days_says_why_it_ended_and_is_forgotten(
    whole_app: Flask, superuser: Engine, seconds: int, status: int
) -> None:
    began = clock.now()
    with clock.stopped_at(began) as move_to:
        link = link_for(whole_app, superuser)
        move_to(began + sign_ups.LIVES + timedelta(seconds=seconds))
        assert Browser(whole_app).get(link).status_code == status
        assert Browser(whole_app).post(link, GIVEN).status_code == (303 if status == 200 else 410)
        move_to(began + sign_ups.LIVES + sign_ups.KEPT_FOR + timedelta(seconds=seconds))
        with whole_app.app_context():
            assert sign_ups.forget_old() == (0 if status == 200 else 1)
            db.session.commit()


def test_a_taken_name_is_told_behind_the_link_alone_and_few_are_tried(
    whole_app: Flask, ana: Agency, superuser: Engine
) -> None:
    with superuser.connect() as connection:
        taken = connection.execute(text("select name from agency")).scalar_one()
    link = link_for(whole_app, superuser, agency=taken)
    browser = Browser(whole_app)
    refused = browser.post(link, {**GIVEN, "agency": f" {taken} "})
    assert (refused.status_code, "Another agency here is called so." in refused.text) == (409, True)
    statuses = [browser.post(link, {**GIVEN, "agency": taken}).status_code for _ in range(throttle.SIGN_UP_NAMES.most)]
    assert statuses == [409] * (throttle.SIGN_UP_NAMES.most - 1) + [429]
    assert agencies(superuser) == [taken]


def test_what_cannot_be_used_is_said_at_its_field_and_the_rest_is_kept(whole_app: Flask, superuser: Engine) -> None:
    wrong = Browser(whole_app).post("/sign-up", {"agency": " ", "name": "Ada\x00", "email": "nobody"})
    assert (wrong.status_code, wrong.text.count('aria-invalid="true"')) == (422, 3)
    half = Browser(whole_app).post("/sign-up", {**ASKED, "email": "ada@"})
    assert (half.status_code, half.text.count('aria-invalid="true"'), 'value="Lantern Row"' in half.text) == (
        *(422, 1, True),
    )
    link = link_for(whole_app, superuser)
    browser = Browser(whole_app)
    for password in ("short", "password123456", "lantern-2026-11"):
        answer = browser.post(link, {**GIVEN, "password": password})
        assert (answer.status_code, 'id="password-error"' in answer.text) == (422, True), password
    assert browser.post(link, GIVEN).status_code == 303, "a refusal uses nothing up"


def test_asking_is_counted_by_the_address_it_mails(whole_app: Flask) -> None:
    statuses = [
        Browser(whole_app).post("/sign-up", {**ASKED, "email": email}).status_code
        for email in ("ada@test.example", "ADA@test.example", " ada@test.example ", "Ada@test.example")
    ]
    assert statuses == [200] * throttle.SIGN_UP_ACCOUNT.most + [429]


def test_it_is_closed_unless_said_otherwise_and_then_nothing_leads_there(
    whole_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_shipped = Settings.from_environment({"ONBRAND_SECRET_KEY": "x" * 40})
    assert not ONLY_WHERE["sign_up"](as_shipped), "the address does not exist"
    assert "/sign-up" in Browser(whole_app).get("/sign-in").text
    here = whole_app.extensions["onbrand_settings"]
    monkeypatch.setitem(whole_app.extensions, "onbrand_settings", replace(here, onbrand_sign_up="closed"))
    assert "/sign-up" not in Browser(whole_app).get("/sign-in").text
