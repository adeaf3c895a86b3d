"""No secret and no customer's word in a log line, a health answer, a metric or an error page, however talkative."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pyotp
import pytest
import structlog
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from agency.notices.sending import mails_kept, send_mail
from agency.web.who import cookie_name
from channels import accounts
from tenants import second_factor
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import OutgoingMail, Person
from tenants.permissions import Role
from tenants.scope import in_scope
from tests.api.calling import token_for
from tests.factories import Agency, Factory
from tests.web.browser import Browser, email_of

CREDENTIAL = "EAAsecretPlatformToken7c1d2e"
PASSWORD = "correct-horse-9f8e7d-staple"
WORDS = "CANARY-customer-words-55aa"


@pytest.fixture
def make(whole_app: Flask) -> Factory:
    return Factory(whole_app)


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[StringIO]:
    """As talkative as one setting makes a process, and every SQL statement; the libraries' lines are in `caplog`."""
    before, ours = structlog.get_config(), StringIO()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.PrintLoggerFactory(ours),
    )
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="sqlalchemy.engine")
    yield ours
    structlog.configure(**before)


def test_no_flow_writes_a_secret_or_a_customers_word_into_a_log(
    whole_app: Flask,
    make: Factory,
    ana: Agency,
    superuser: Engine,
    everything_logged: StringIO,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    secrets = {"credential": CREDENTIAL, "password": PASSWORD, "words": WORDS}
    person = make.person(ana, Role.AGENCY_ADMIN, password=PASSWORD)
    browser = Browser(whole_app)
    browser.sign_in(email_of(whole_app, person), PASSWORD)
    secrets["session"] = browser.cookie or "none"
    browser.sign_in(email_of(whole_app, person), PASSWORD + "-wrong")
    token = secrets["api token"] = token_for(whole_app, person)
    client = whole_app.test_client(use_cookies=False)
    bearer = {"Authorization": f"Bearer {token}"}

    # an account is connected, twice, over both doors; its token does not open; the platform is away
    brand = str(ana.brand_ids[0])
    body = {"brand_id": brand, "platform": "facebook", "external_id": "4711", "credential": CREDENTIAL}
    assert client.post("/api/v1/accounts", json=body, headers=bearer).status_code == 201
    assert client.post("/api/v1/accounts", json=body, headers=bearer).status_code == 409
    client.post("/api/v1/accounts", json={**body, "credential": [CREDENTIAL]}, headers=bearer)
    client.post("/api/v1/accounts", json={**body, "external_id": "no id"}, headers=bearer)
    browser.post("/accounts", {**body, "brand": brand, "external_id": "4712"})
    browser.post("/accounts", {**body, "brand": brand, "external_id": "4712"})

    # a reset, its mail, its link; a second factor
    browser.post("/forgotten", {"email": email_of(whole_app, person)})
    with in_scope(whole_app, None):
        for mail in db.session.query(OutgoingMail).all():
            send_mail(mail.id)
    with in_scope(whole_app, None):
        (message,) = [message for _mail, message in mails_kept()]
        secrets["reset"] = str(message).partition("/reset/")[2][:43]
    assert browser.get(f"/reset/{secrets['reset']}").status_code == 200
    with in_scope(whole_app, None):
        offered = second_factor.begin(person.user_id)
        secrets["totp"] = second_factor.secret_offered(person.user_id, offered)
        codes = second_factor.turn_on(person.user_id, offered, pyotp.TOTP(secrets["totp"]).now())
        secrets["recovery"] = (codes or [""])[0]

    # a case is read and answered; the database refuses something with a whole row in its words
    conversation = make.conversation(ana, text=WORDS)
    lead = {"Authorization": f"Bearer {token_for(whole_app, ana.team_lead)}"}
    assert WORDS in client.get(f"/api/v1/conversations/{conversation}", headers=lead).text
    client.post(f"/api/v1/conversations/{conversation}/replies", json={"text": WORDS}, headers=lead)
    client.post(f"/api/v1/conversations/{conversation}/replies", json={"text": WORDS, "private": WORDS}, headers=lead)
    with superuser.begin() as connection:
        connection.execute(text("alter table note add constraint note_is_tried check (char_length(text) < 3)"))
    try:
        broken = Browser(whole_app, ana.team_lead).post(f"/conversations/{conversation}/note", {"text": WORDS})
        assert broken.status_code == 500
        assert WORDS not in broken.text
    finally:
        with superuser.begin() as connection:
            connection.execute(text("alter table note drop constraint note_is_tried"))

    ours = everything_logged.getvalue()
    assert "note_is_tried" in ours, "the trouble itself is logged"
    assert "event=answered" in ours
    written = caplog.text + ours + "".join(capfd.readouterr())
    leaked = [(name, line[:300]) for line in written.splitlines() for name, secret in secrets.items() if secret in line]
    assert leaked == []


def test_what_the_database_says_about_a_row_stays_out_of_the_log(
    whole_app: Flask, ana: Agency, everything_logged: StringIO
) -> None:
    words = "Row@test.example"
    for person in (
        Person(email=words, name="A\n\nB " + WORDS, password_hash=PASSWORD),
        Person(email=words.lower(), name=WORDS),
        Person(email=words.lower(), name=WORDS),
    ):
        try:
            with in_scope(whole_app, None):
                db.session.add(person)
        except IntegrityError as error:
            get_logger("tried").error("refused", exc_info=error)
    written = everything_logged.getvalue()
    assert "email_is_lower_case" in written
    assert "uq_person_email" in written
    assert [secret for secret in (words, words.lower(), WORDS, PASSWORD) if secret in written] == []


def test_health_metrics_and_error_pages_hold_no_secret_and_no_tenant(
    whole_app: Flask, make: Factory, ana: Agency, settings_values: dict[str, str], superuser: Engine
) -> None:
    make.conversation(ana, text=WORDS, account_id=make.account(ana, credential=CREDENTIAL))
    client = whole_app.test_client()
    hidden = [CREDENTIAL, WORDS, str(ana.id), str(ana.brand_ids[0])]
    hidden += [
        value for name, value in settings_values.items() if "SECRET" in name or "KEYS" in name or "TOKEN" in name
    ]
    hidden += [value for name, value in settings_values.items() if name.endswith(("DATABASE_URL", "REDIS_URL"))]
    for address in ("/healthz", "/metrics", "/nothing-here", "/api/v1/nothing", "/api/v1/openapi.json", "/sign-in"):
        said = client.get(address).text
        assert [value for value in hidden if value and value in said and value != "1"] == [], address


def test_no_answer_shows_a_credential(whole_app: Flask, make: Factory, ana: Agency) -> None:
    account = make.account(ana, credential=CREDENTIAL)
    browser, client = Browser(whole_app, ana.agency_admin), whole_app.test_client(use_cookies=False)
    bearer = {"Authorization": f"Bearer {token_for(whole_app, ana.agency_admin)}"}
    with in_scope(whole_app, ana.scope):
        stored = accounts.get(account).credential or b""
        assert CREDENTIAL.encode() not in stored
    for address in ("/accounts", f"/accounts/{account}/reconnect", f"/accounts/{account}/disconnect", "/account"):
        assert CREDENTIAL not in browser.get(address).text
    for address in ("/api/v1/accounts", f"/api/v1/accounts/{account}"):
        answer = client.get(address, headers=bearer)
        assert CREDENTIAL not in answer.text
        assert "credential" not in answer.text
    refused = browser.post(f"/accounts/{account}/reconnect", {"credential": CREDENTIAL + "\u00e9"})
    assert CREDENTIAL not in refused.text


def test_nothing_that_lets_somebody_in_is_stored_as_it_is(
    whole_app: Flask, make: Factory, ana: Agency, superuser: Engine
) -> None:
    person = make.person(ana, Role.STAFF, password=PASSWORD)
    browser = Browser(whole_app)
    browser.sign_in(email_of(whole_app, person), PASSWORD)
    api_token = token_for(whole_app, person)
    browser.post("/forgotten", {"email": email_of(whole_app, person)})
    plain: list[Any] = [PASSWORD, browser.cookie, api_token, api_token.removeprefix("ob_")]
    with superuser.connect() as connection:
        for table in ("person", "sign_in_session", "api_token", "one_time_token", "outgoing_mail", "agency_audit"):
            rows = " ".join(connection.execute(text(f"select t::text from {table} t")).scalars())
            assert [secret for secret in plain if secret in rows] == [], table
    with in_scope(whole_app, None):
        assert db.session.get_one(Person, person.user_id).password_hash.startswith("$argon2id$")
    assert cookie_name(whole_app.extensions["onbrand_settings"]).startswith("onbrand_session")
