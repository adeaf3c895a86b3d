"""Mails that come back: known by the address of that one mail, and told to whoever can do something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from agency.notices import bounces, sending
from agency.notices.mail import send_notice
from agency.notices.models import Notice
from tenants.database import db
from tenants.models import OutgoingMail, Person
from tenants.tokens import new_address_token, token_hash
from tests.factories import Agency

REPORT = """From: mailer@evil.example
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; owner@test.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no\u202e <b>such</b> user

--b--
"""


def report(action: str = "failed", status: str = "5.1.1") -> bytes:
    return REPORT.format(action=action, status=status).encode()


@pytest.fixture
def token(ana: Agency) -> str:
    """Of a mail that was handed over to the client's owner."""
    made = new_address_token()
    with ana.entered():
        owner = db.session.get_one(Person, ana.client_owner.user_id)
        mail_id = send_notice("password_reset", owner, path="/r", has_tokens=False)
        db.session.get_one(OutgoingMail, mail_id).bounce_hash = token_hash(made)
    return made


def failed(ana: Agency) -> str | None:
    with ana.entered():
        return db.session.get_one(Person, ana.client_owner.user_id).mail_failed_words


def take(app: Flask, tokens: list[str], raw: bytes) -> bool:
    with app.app_context():
        found = bounces.take(tokens, raw)
        db.session.commit()
        return found


def test_a_report_to_the_mails_own_address_is_noted_and_told_once(app: Flask, ana: Agency, token: str) -> None:
    for _twice in range(2):
        assert take(app, ["x" * 52, token], report())
    assert failed(ana) == "550 no <b>such</b> user"
    with ana.entered():
        told = db.session.scalars(select(Notice).where(Notice.kind == "mails_bounce")).all()
        assert {one.of_brand_id for one in told} == {ana.brand_ids[0]}
        assert ana.client_owner.user_id not in {one.person_id for one in told}
        assert len(told) == len({one.person_id for one in told}) > 0
        bounces.mails_arrive(ana.client_owner.user_id)
        db.session.expire_all()
        assert all(one.settled_at for one in db.session.scalars(select(Notice)))
    assert failed(ana) is None


@pytest.mark.parametrize(
    "raw", [report("delayed", "4.4.1"), report("failed", "4.4.1"), report("relayed", "2.0.0"), b"I am away.", b""]
)
def test_nothing_else_is_a_failure_for_good(app: Flask, ana: Agency, token: str, raw: bytes) -> None:
    assert not take(app, [token], raw)
    assert failed(ana) is None


def test_without_the_token_nobody_is_believed(app: Flask, ana: Agency, token: str) -> None:
    assert not take(app, [new_address_token(), token[::-1]], report())
    assert not take(app, [], report())
    assert failed(ana) is None


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: report()[:200] + tail))
def test_no_bytes_are_an_error(raw: bytes) -> None:
    bounces.reason_in(raw)


@pytest.fixture
def taking_mail(app: Flask) -> Iterator[None]:
    """The app is set to have mail come in."""
    before = app.extensions["onbrand_settings"]
    app.extensions["onbrand_settings"] = replace(
        before, onbrand_inbound_mail="in@mail.example", onbrand_inbound_mail_secret="s" * 20
    )
    yield
    app.extensions["onbrand_settings"] = before


def test_each_mail_to_a_person_returns_to_an_address_of_its_own(app: Flask, ana: Agency, taking_mail: None) -> None:
    with app.app_context():
        owner = db.session.get_one(Person, ana.client_owner.user_id)
        mails = [db.session.get_one(OutgoingMail, send_notice("password_reset", owner, path="/r", has_tokens=False))]
        mails.append(db.session.get_one(OutgoingMail, send_notice("password_reset", owner, path="/r", has_tokens=True)))
        addresses = [sending._returns_to(mail) for mail in mails]
        assert len(set(addresses)) == 2
        for mail, address in zip(mails, addresses, strict=True):
            name, _, rest = address.partition("+")
            secret, _, domain = rest.partition("@")
            assert (name, domain, token_hash(secret)) == ("in", "mail.example", mail.bounce_hash)
