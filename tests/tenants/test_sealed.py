"""Secrets at rest: bound to their place, sealed again with a new key while people work."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import Engine, LargeBinary, select, text

from agency.notices import mail
from channels import accounts
from channels.models import CREDENTIAL, Account
from tenants import second_factor
from tenants.base_app import ring_of_app
from tenants.data_keys import vault_of_app
from tenants.database import Base, db
from tenants.errors import Conflict, Unavailable
from tenants.key_rotation import rotate_keys
from tenants.models import OutgoingMail, Person
from tenants.sealed import SEALED_COLUMNS, CannotOpen, KeyRing, Place
from tenants.settings import SettingsError
from tests.conftest import TEST_KEYS
from tests.factories import Agency, Factory

NEW_KEY = "next:" + base64.b64encode(bytes(range(32, 64))).decode()
NOT_SEALED = {
    "invitation.token_hash",
    "sign_up.token_hash",
    "sign_in_session.token_hash",
    "api_token.token_hash",
    "one_time_token.token_hash",
    "idempotency_record.request_hash",
    "set_aside_item.raw",
    "set_aside_item.raw_hash",
    "reply.in_reply_to_content_hash",
    "reply.target_fingerprint",
    "reply_text.passed",
    "approval.target_fingerprint",
    "approval_request.target_fingerprint",
    "message.content_hash",
    "data_key.wrapped",
    "raw_event.body",
    "raw_event.digest",
    "connect_attempt.state_hash",
    "connect_attempt.browser_hash",
    "account_directory.grant_hash",
    "deletion_request.person_hash",
    "poll_turn.idle_digest",
    "history_import.file",
    "people_export_part.body",
    "history_import.file_hash",
    "kept_media.body",
    "kept_media.sha256",
    "wording.exact",
    "wording.features",
    "reading_correction.text_hash",
    "queue_counter.badge",
    "receipt_key.public_key",
    "outgoing_mail.bounce_hash",
    *(f"{table}.{name}" for table in ("agency_audit", "brand_audit") for name in ("hash", "actor_salt")),
    *(f"{table}.words_{name}" for table in ("agency_audit", "brand_audit") for name in ("salt", "hash")),
}
"""Bytes that are hashes, or what a platform sent, or keys that are wrapped themselves."""


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
        found["totp"] = vault_of_app().open(person.totp_secret or b"", place).reveal()
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
    assert columns - NOT_SEALED == sealed


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
    older = ids[::3]
    with ana.entered():  # as it was before brands had data keys
        for account in db.session.scalars(select(Account).where(Account.id.in_(older))):
            token = accounts.credential_of(account).reveal()
            account.credential = ring_of_app().seal(token, CREDENTIAL.place_of(account))
    with_keys(f"{NEW_KEY},{TEST_KEYS}")
    over, failed = threading.Event(), []

    def read() -> None:
        while not over.is_set():
            try:
                with ana.entered():
                    app.extensions.pop("onbrand_vault", None)  # the wrapped key is read each time
                    for account in db.session.scalars(select(Account).where(Account.id.in_(ids[::7]))):
                        accounts.credential_of(account)
            except Exception as error:
                failed.append(error)
                return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert rotate_keys(app) == 3 + len(older)
    finally:
        over.set()
        reader.join()
    assert failed == []
    with_keys(NEW_KEY)
    with ana.entered():
        found = {accounts.credential_of(accounts.get(account_id)).reveal() for account_id in ids}
    assert found == {f"token {number}" for number in range(120)}


def test_what_no_key_opens_is_named_and_stops_nothing_else(
    app: Flask, make: Factory, ana: Agency, superuser: Engine, with_keys: Any
) -> None:
    damaged, whole = make.account(ana), make.account(ana, brand=1, credential="whole")
    with superuser.begin() as connection:
        key_id = connection.execute(
            text(
                "update data_key set wrapped = wrapped || '\\x00'::bytea"
                " where brand_id = (select brand_id from account where id = :id) returning id"
            ),
            {"id": damaged},
        ).scalar_one()
    with_keys(f"{NEW_KEY},{TEST_KEYS}")
    with pytest.raises(CannotOpen, match=str(key_id)):
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


@pytest.mark.parametrize("whose", ["another brand's", "another agency's"])
def test_a_data_key_moved_to_another_tenant_does_not_open(
    app: Flask, make: Factory, ana: Agency, stranger: Agency, superuser: Engine, whose: str
) -> None:
    mine = make.account(ana)
    other = make.account(ana, brand=1) if whose == "another brand's" else make.account(stranger)
    key_of = "(select {} from data_key where brand_id = (select brand_id from account where id = :other))"
    with superuser.begin() as connection:
        connection.execute(
            text(
                f"update data_key set wrapped = {key_of.format('wrapped')}"
                " where brand_id = (select brand_id from account where id = :mine)"
            ),
            {"mine": mine, "other": other},
        )
    app.extensions.pop("onbrand_vault")
    with ana.entered(), pytest.raises(Conflict) as refused:
        accounts.credential_of(accounts.get(mine))
    assert refused.value.code == "credential_unreadable"


def test_another_column_and_another_data_key_do_not_open_it(app: Flask, ana: Agency, stranger: Agency) -> None:
    place = Place(ana.id, ana.brand_ids[0], "account", ana.id, "credential")
    elsewhere = [
        Place(ana.id, ana.brand_ids[0], "account", ana.id, "name"),
        Place(ana.id, ana.brand_ids[0], "granted_account", ana.id, "credential"),
        Place(ana.id, ana.brand_ids[0], "account", stranger.id, "credential"),
        Place(ana.id, ana.brand_ids[1], "account", ana.id, "credential"),
        Place("person", "person", "account", ana.id, "credential"),
    ]
    with ana.entered():
        vault = vault_of_app()
        sealed = vault.seal("words", place)
        again = vault.seal("words", elsewhere[3])
        assert vault.open(sealed, place).reveal() == "words"
        for other in elsewhere:
            with pytest.raises(CannotOpen):
                vault.open(sealed, other)
        swapped = sealed[:1] + again[1:17] + sealed[17:]
        for damaged in (swapped, sealed[:-1], sealed[:16], sealed[:20], b"\x02", sealed + b"\x00"):
            with pytest.raises(CannotOpen):
                vault.open(damaged, place)


def test_one_random_data_key_serves_a_brand(make: Factory, ana: Agency, superuser: Engine) -> None:
    for brand in (0, 0, 1):
        make.account(ana, brand=brand)
    with superuser.connect() as connection:
        rows = connection.execute(text("select brand_id, wrapped, key_id from data_key")).all()
        sealed = connection.execute(text("select distinct substr(credential, 1, 17) from account")).all()
    assert {row.brand_id for row in rows} == set(ana.brand_ids[:2])
    assert len(rows) == len(sealed) == 2
    assert {row.key_id for row in rows} == {TEST_KEYS.partition(":")[0]}


def test_a_data_key_of_a_transaction_that_failed_seals_nothing_later(app: Flask, ana: Agency) -> None:
    place = Place(ana.id, ana.brand_ids[0], "account", ana.id, "credential")
    with pytest.raises(ZeroDivisionError), ana.entered():
        lost = vault_of_app().seal("words", place)
        raise ZeroDivisionError
    with ana.entered():
        kept = vault_of_app().seal("words", place)
    app.extensions.pop("onbrand_vault")
    with ana.entered():
        assert vault_of_app().open(kept, place).reveal() == "words"
        with pytest.raises(CannotOpen):
            vault_of_app().open(lost, place)


def test_after_a_lost_key_a_brand_seals_with_a_new_data_key(make: Factory, ana: Agency, with_keys: Any) -> None:
    account_id = make.account(ana)
    with_keys(NEW_KEY)
    with ana.entered():
        with pytest.raises(Unavailable):
            accounts.credential_of(accounts.get(account_id))
        accounts.reconnect(None, account_id, "renewed")
    with ana.entered():
        assert accounts.credential_of(accounts.get(account_id)).reveal() == "renewed"


def test_after_a_leak_no_old_data_key_opens_anything(
    app: Flask, make: Factory, ana: Agency, superuser: Engine, with_keys: Any
) -> None:
    account_id = make.account(ana, credential="kept")
    with superuser.connect() as connection:
        before = connection.execute(text("select id from data_key")).scalar_one()
    with_keys(f"{NEW_KEY},{TEST_KEYS}")
    assert rotate_keys(app, leaked=True) == 2
    with_keys(NEW_KEY)
    with ana.entered():
        account = accounts.get(account_id)
        assert accounts.credential_of(account).reveal() == "kept"
        assert account.credential is not None
        assert account.credential[1:17] != before.bytes


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


def test_a_wrapped_data_key_opens_for_its_own_brand_and_id_alone(ana: Agency, stranger: Agency) -> None:
    ring, key_id = KeyRing.from_setting(TEST_KEYS), ana.id
    place = Place(ana.id, ana.brand_ids[0], "data_key", key_id, "wrapped")
    wrapped = ring.wrap(bytes(32), key_id, place)
    assert ring.unwrap(wrapped, ring.newest_id, key_id, place) == bytes(32)
    for other in (ana.brand_ids[1], stranger.brand_ids[0]):
        with pytest.raises(CannotOpen):
            ring.unwrap(wrapped, ring.newest_id, key_id, Place(ana.id, other, "data_key", key_id, "wrapped"))
    with pytest.raises(CannotOpen):
        ring.unwrap(wrapped, ring.newest_id, stranger.id, place)


def test_keys_of_many_brands_are_read_at_once(
    app: Flask, make: Factory, superuser: Engine, statements: Callable[[], list[str]], with_keys: Any
) -> None:
    """A job that polls fifty brands in a fresh process asks once, and one brand's damage is its own."""
    agency = make.agency("Fifty", brands=tuple(f"Brand {number}" for number in range(50)))
    ids = [make.account(agency, brand=number, credential=f"token {number}") for number in range(50)]
    with superuser.begin() as connection:
        damaged = connection.execute(
            text(
                "update data_key set wrapped = wrapped || '\\x00'::bytea"
                " where brand_id = (select brand_id from account where id = :id) returning brand_id"
            ),
            {"id": ids[0]},
        ).scalar_one()
    app.extensions.pop("onbrand_vault")
    with agency.entered():
        found = list(accounts.by_ids(ids).values())
        statements()
        vault_of_app().open_all()
        whole = [account for account in found if account.brand_id != damaged]
        opened = {accounts.credential_of(account).reveal() for account in whole}
        assert len([one for one in statements() if "data_key" in one]) == 1
        assert opened == {f"token {number}" for number in range(1, 50)}
        with pytest.raises(Conflict):
            accounts.credential_of(accounts.get(ids[0]))
