"""Secrets at rest: bound to their place, sealed again with a new key while people work."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import Engine, LargeBinary, select, text

from agency.notices import mail
from channels import accounts
from channels.models import Account
from tenants import second_factor
from tenants.base_app import keys_of_app
from tenants.database import Base, db
from tenants.errors import Conflict
from tenants.key_rotation import rotate_keys
from tenants.models import OutgoingMail, Person
from tenants.sealed import SEALED_COLUMNS, CannotOpen, KeyRing, Place
from tenants.settings import SettingsError
from tests.conftest import TEST_KEYS
from tests.factories import Agency, Factory

NEW_KEY = "next:" + base64.b64encode(bytes(range(32, 64))).decode()
NOT_SEALED = {
    "invitation.token_hash",
    "sign_in_session.token_hash",
    "api_token.token_hash",
    "one_time_token.token_hash",
    "idempotency_record.request_hash",
    "set_aside_item.raw",
    "set_aside_item.raw_hash",
    "reply.in_reply_to_content_hash",
    "reply.target_fingerprint",
    "approval.target_fingerprint",
    "message.content_hash",
}
"""Bytes that are hashes, or what a platform sent."""


@pytest.fixture
def with_keys(app: Flask) -> Iterator[Any]:
    """Gives the app other keys, for this test."""
    before = app.extensions["onbrand_keys"]

    def give(setting: str) -> None:
        app.extensions["onbrand_keys"] = KeyRing.from_setting(setting)

    yield give
    app.extensions["onbrand_keys"] = before


def secrets_of(app: Flask, agency: Agency, person_id: Any) -> dict[str, str]:
    """Every secret of the agency and one person, opened."""
    found = {}
    with agency.entered():
        for account in db.session.scalars(select(Account)):
            found[str(account.id)] = accounts.credential_of(account).reveal()
        person = db.session.get_one(Person, person_id)
        place = Place("person", "person", "person", person.id, "totp_secret")
        found["totp"] = keys_of_app().open(person.totp_secret or b"", place).reveal()
        for kept in db.session.scalars(select(OutgoingMail)):
            found[str(kept.id)] = mail.open_mail(kept)
    return found


def test_every_column_of_bytes_is_sealed_or_named_as_something_else() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    sealed = {f"{one.model.__tablename__}.{one.column}" for one in SEALED_COLUMNS}
    assert columns == sealed | NOT_SEALED


def test_a_new_key_takes_over_and_the_old_one_may_go(
    app: Flask, make: Factory, ana: Agency, stranger: Agency, with_keys: Any
) -> None:
    for number in range(3):
        make.account(ana, brand=number, credential=f"token {number}")
    make.account(stranger, credential="theirs")
    person_id = ana.staff.user_id
    with ana.entered():
        offered = second_factor.begin(person_id)
        secret = second_factor.secret_offered(person_id, offered)
        assert second_factor.turn_on(person_id, offered, pyotp.TOTP(secret).now())
        mail.ask_for_password_reset("somebody@test.example")
    before = secrets_of(app, ana, person_id)
    with_keys(f"{NEW_KEY},{TEST_KEYS}")
    assert secrets_of(app, ana, person_id) == before
    assert rotate_keys(app) == 6
    assert rotate_keys(app) == 0
    with_keys(NEW_KEY)
    assert secrets_of(app, ana, person_id) == before
    with stranger.entered():
        assert accounts.credential_of(db.session.scalars(select(Account)).one()).reveal() == "theirs"


def test_no_read_fails_while_the_keys_change(app: Flask, make: Factory, ana: Agency, with_keys: Any) -> None:
    ids = [make.account(ana, brand=number % 3, credential=f"token {number}") for number in range(120)]
    with_keys(f"{NEW_KEY},{TEST_KEYS}")
    over, failed = threading.Event(), []

    def read() -> None:
        while not over.is_set():
            try:
                with ana.entered():
                    for account in db.session.scalars(select(Account).where(Account.id.in_(ids[::7]))):
                        accounts.credential_of(account)
            except Exception as error:
                failed.append(error)
                return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert rotate_keys(app) == 120
    finally:
        over.set()
        reader.join()
    assert failed == []


def test_what_no_key_opens_is_named_and_stops_nothing_else(
    app: Flask, make: Factory, ana: Agency, superuser: Engine, with_keys: Any
) -> None:
    damaged, whole = make.account(ana), make.account(ana, brand=1, credential="whole")
    with superuser.begin() as connection:
        connection.execute(
            text("update account set credential = credential || '\\x00'::bytea where id = :id"), {"id": damaged}
        )
    with_keys(f"{NEW_KEY},{TEST_KEYS}")
    with pytest.raises(CannotOpen, match=str(damaged)):
        rotate_keys(app)
    with_keys(NEW_KEY)
    with ana.entered():
        assert accounts.credential_of(accounts.get(whole)).reveal() == "whole"


@pytest.mark.parametrize("whose", ["another brand's", "another agency's", "another account's"])
def test_a_sealed_value_moved_elsewhere_does_not_open(
    make: Factory, ana: Agency, stranger: Agency, superuser: Engine, whose: str
) -> None:
    mine = make.account(ana)
    other = {
        "another brand's": lambda: make.account(ana, brand=1),
        "another agency's": lambda: make.account(stranger),
        "another account's": lambda: make.account(ana),
    }[whose]()
    with superuser.begin() as connection:
        connection.execute(
            text("update account set credential = (select credential from account where id = :other) where id = :mine"),
            {"mine": mine, "other": other},
        )
    with ana.entered(), pytest.raises(Conflict) as refused:
        accounts.credential_of(accounts.get(mine))
    assert refused.value.code == "credential_unreadable"


def test_a_sealed_value_opens_in_its_own_column_alone(app: Flask, ana: Agency) -> None:
    ring = KeyRing.from_setting(TEST_KEYS)
    place = Place(ana.id, ana.brand_ids[0], "account", ana.id, "credential")
    sealed = ring.seal("words", place)
    assert ring.open(sealed, place).reveal() == "words"
    elsewhere = Place(ana.id, ana.brand_ids[0], "account", ana.id, "name")
    for damaged in (sealed[:-1], sealed[:5], b"", sealed + b"\x00", b"\x02" + sealed[1:], bytes(len(sealed))):
        with pytest.raises(CannotOpen):
            ring.open(damaged, place)
    with pytest.raises(CannotOpen):
        ring.open(sealed, elsewhere)


@pytest.mark.parametrize("setting", ["", "a:", ":" + NEW_KEY.partition(":")[2], "a:AAAA", "k" * 256 + NEW_KEY[4:]])
def test_a_key_that_cannot_be_one_is_refused(setting: str) -> None:
    with pytest.raises(SettingsError):
        KeyRing.from_setting(setting)
