"""Connecting accounts: who may, what is stored, and that a credential opens nowhere but at its place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from channels import account_standing, accounts, poll_turns
from channels.health import state_of
from channels.models import Account, AccountDirectory, PollTurn
from channels.protocol import Secret
from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import BrandAudit
from tests.factories import Agency

TOKEN = "EAAB-credential-canary"


def connect(agency: Agency, *, brand: int = 0, external_id: str = "100", platform: str = "facebook") -> UUID:
    with agency.entered():
        return accounts.connect(None, agency.brand_ids[brand], platform, external_id, TOKEN).id


def directory() -> list[AccountDirectory]:
    return list(db.session.execute(select(AccountDirectory)).scalars())


def test_a_connected_account_is_known_and_polled_at_once(ana: Agency) -> None:
    account_id = connect(ana)
    with ana.entered():
        account = accounts.get(account_id)
        assert (account.health, account.platform, account.external_id) == ("ok", "facebook", "100")
        assert accounts.credential_of(account) == Secret(TOKEN)
        known = accounts.connected(account)
        assert (known.external_id, known.credential.reveal(), known.login) == ("100", TOKEN, None)
        assert [(row.account_id, row.external_id) for row in directory()] == [(account_id, "100")]
        assert [turn.account_id for turn in poll_turns.claim_due("facebook", 10, 60)] == [account_id]


def test_only_googles_accounts_know_the_topic_of_this_installation(
    ana: Agency, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(app.extensions["onbrand_settings"], google_pubsub_topic="projects/p/topics/t")
    monkeypatch.setitem(app.extensions, "onbrand_settings", settings)
    google = connect(ana, platform="google_business", external_id="accounts/1/locations/2")
    facebook = connect(ana)
    with ana.entered():
        assert accounts.connected(accounts.get(google)).events_topic == "projects/p/topics/t"
        assert accounts.connected(accounts.get(facebook)).events_topic is None
    monkeypatch.undo()
    with ana.entered():
        assert accounts.connected(accounts.get(google)).events_topic is None


def test_the_credential_is_nowhere_in_the_clear(ana: Agency, superuser: Engine) -> None:
    account_id = connect(ana)
    with superuser.connect() as connection:
        for table in ("account", "account_directory", "poll_turn", "brand_audit", "outbox_entry"):
            for row in connection.execute(text(f"select t::text, t.* from {table} t")):
                assert TOKEN not in str(row)
                assert TOKEN.encode().hex() not in str(row)
    with ana.entered():
        account = accounts.get(account_id)
        assert TOKEN not in repr(account)
        assert TOKEN not in repr(accounts.connected(account))
        assert TOKEN not in str(account_standing.describe([account]))
        assert "credential" not in account_standing.describe([account])[0]


def test_a_credential_moved_to_another_account_does_not_open(ana: Agency) -> None:
    first, second = connect(ana, external_id="100"), connect(ana, external_id="200", brand=1)
    with ana.entered():
        accounts.get(second).credential = accounts.get(first).credential
        db.session.flush()
        with pytest.raises(Conflict) as caught:
            accounts.credential_of(accounts.get(second))
        assert caught.value.code == "credential_unreadable"


@pytest.mark.parametrize("brand", [0, 1])
def test_an_account_belongs_to_one_brand_of_an_agency(ana: Agency, brand: int) -> None:
    connect(ana)
    with ana.entered():
        with pytest.raises(Conflict):
            accounts.connect(None, ana.brand_ids[brand], "facebook", "100", "other")
        assert len(directory()) == 1
    connect(ana, platform="instagram")


def test_two_agencies_may_hold_the_same_account(ana: Agency, stranger: Agency) -> None:
    mine, theirs = connect(ana), connect(stranger)
    with ana.entered():
        assert {row.account_id for row in directory()} == {mine, theirs}
        with pytest.raises(NotFound):
            accounts.get(theirs)


def test_only_who_may_connects_and_only_brands_of_their_own(ana: Agency, stranger: Agency) -> None:
    brand = ana.brand_ids[0]
    with ana.entered(ana.agency_admin):
        accounts.connect(ana.agency_admin, brand, "facebook", "100", TOKEN)
    for role in ("staff", "team_lead", "light", "client_owner", "billing_admin"):
        with ana.entered(getattr(ana, role)), pytest.raises(Forbidden):
            accounts.connect(getattr(ana, role), brand, "facebook", "300", TOKEN)
    for foreign in (brand, uuid4()):
        with stranger.entered(stranger.agency_admin), pytest.raises(NotFound):
            accounts.connect(stranger.agency_admin, foreign, "facebook", "300", TOKEN)


@pytest.mark.parametrize(
    ("platform", "external_id", "credential", "login", "field"),
    [
        ("pigeon", "1", TOKEN, None, "platform"),
        ("facebook", "../me", TOKEN, None, "external_id"),
        ("facebook", "", TOKEN, None, "external_id"),
        ("google_business", "locations/2", TOKEN, None, "external_id"),
        ("google_business", "accounts/1/locations/2/../3", TOKEN, None, "external_id"),
        ("facebook", "1", "", None, "credential"),
        ("facebook", "1", "a\r\nX: b", None, "credential"),
        ("facebook", "1", "żeton", None, "credential"),
        ("facebook", "1", "a" * 5000, None, "credential"),
        ("facebook", "1", TOKEN, "facebook", "login"),
        ("instagram", "1", TOKEN, "google", "login"),
    ],
)
def test_what_cannot_be_an_account_is_told_field_by_field(
    ana: Agency, platform: str, external_id: str, credential: str, login: str | None, field: str
) -> None:
    with ana.entered():
        with pytest.raises(Invalid) as caught:
            accounts.connect(None, ana.brand_ids[0], platform, external_id, credential, login=login)
        assert list(caught.value.fields["errors"]) == [field]
        assert not directory()


def test_disconnecting_destroys_the_credential_and_frees_the_account(ana: Agency) -> None:
    account_id = connect(ana)
    with ana.entered():
        (turn,) = poll_turns.claim_due("facebook", 1, 60)
    with ana.entered():
        accounts.disconnect(ana.agency_admin, account_id)
    with ana.entered():
        account = accounts.get(account_id)
        assert (account.health, account.credential) == ("disconnected", None)
        with pytest.raises(Conflict):
            accounts.credential_of(account)
        assert not directory()
        assert not poll_turns.finish(turn, True, 60)
        accounts.mark_unhealthy(account, "failing", "late news")
        accounts.mark_healthy(account)
        assert account.health == "disconnected"
        with pytest.raises(NotFound):
            accounts.reconnect(None, account_id, TOKEN)
        accounts.disconnect(ana.agency_admin, account_id)
    with ana.entered():
        actions = list(db.session.execute(select(BrandAudit.action).order_by(BrandAudit.created_at)).scalars())
        assert sorted(actions) == ["account.connected", "account.disconnected"]
    assert connect(ana, brand=1) != account_id


def test_an_account_without_access_waits_until_it_is_connected_again(ana: Agency) -> None:
    account_id = connect(ana)
    with ana.entered():
        accounts.mark_unhealthy(accounts.get(account_id), "needs_reconnect", "password_changed")
    with ana.entered():
        assert poll_turns.claim_due("facebook", 10, 60) == []
        accounts.reconnect(ana.agency_admin, account_id, "newer")
    with ana.entered():
        account = accounts.get(account_id)
        assert (account.health, account.health_reason) == ("ok", None)
        assert accounts.credential_of(account) == Secret("newer")
        assert [turn.account_id for turn in poll_turns.claim_due("facebook", 10, 60)] == [account_id]


def test_only_what_works_again_ends_the_wait_for_a_person(ana: Agency) -> None:
    """A poll that was under way when access was lost must not leave the account well, or failing, and parked."""
    account_id = connect(ana)
    with ana.entered():
        account = accounts.get(account_id)
        accounts.mark_unhealthy(account, "needs_reconnect", "password_changed")
        for health, reason in (("failing", "platform_down"), ("throttled", "rate_limited"), ("needs_reconnect", "x")):
            accounts.mark_unhealthy(account, health, reason)
            assert account.health == "needs_reconnect"
        accounts.mark_unhealthy(account, "needs_reconnect", "quota_zero")
        accounts.mark_healthy(account)
        assert (account.health, account.health_reason) == ("needs_reconnect", "x")
        accounts.mark_unhealthy(account, "needs_reconnect", "page_role_lost")
        assert account.health == "access_lost"
        accounts.bring_back(account)
        assert account.health == "ok"
        assert len(poll_turns.claim_due("facebook", 10, 60)) == 1


def test_a_new_credential_is_not_judged_by_what_the_old_one_met(ana: Agency) -> None:
    account_id, now = connect(ana), clock.now()
    with ana.entered():
        account = accounts.get(account_id)
        account.access_problem, account.token_expires_at = account_standing.NOT_RENEWED, now
        account.last_missed_at = account.subscribed_at = now
        accounts.mark_unhealthy(account, "needs_reconnect", "expired")
        accounts.reconnect(None, account_id, TOKEN)
        assert state_of(account_standing.facts_of(account), now) == "healthy"
        hours_ago = now - timedelta(hours=2)
        account_standing.note_found(account, [("comment", hours_ago)], now)
        assert account.last_missed_at is None, "while the access was dead no event could come"


def test_a_poll_with_the_old_credential_ends_without_a_word(ana: Agency) -> None:
    account_id = connect(ana)
    with ana.entered():
        (turn,) = poll_turns.claim_due("facebook", 10, 60)
        accounts.reconnect(None, account_id, TOKEN)
        assert not poll_turns.hold(turn)
        assert len(poll_turns.claim_due("facebook", 10, 60)) == 1


def meanwhile(agency: Agency, superuser: Engine, deed: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Begins a deed in another session; returns once that waits for a lock, with the list its outcome goes to."""
    ended: list[object] = []

    def run() -> None:
        try:
            with agency.entered():
                ended.append(deed())
        except Exception as error:
            ended.append(error)

    other = threading.Thread(target=run)
    other.start()
    with superuser.connect() as connection:
        for _ in range(2_000):
            if connection.execute(text("select count(*) > 0 from pg_locks where not granted")).scalar_one():
                break
            other.join(0.01)
    assert other.is_alive(), "it needs what we hold, so it waits"
    return other, ended


@pytest.mark.parametrize("deed", ["disconnect", "reconnect", "mark_unhealthy", "bring_back"])
def test_nobody_waits_in_a_circle_with_a_poll_that_stores(ana: Agency, superuser: Engine, deed: str) -> None:
    """A poll locks its turn and then its account; so does everybody who needs both."""
    account_id = connect(ana)
    deeds: dict[str, Callable[[], object]] = {
        "disconnect": lambda: accounts.disconnect(None, account_id),
        "reconnect": lambda: accounts.reconnect(None, account_id, "newer"),
        "mark_unhealthy": lambda: accounts.mark_unhealthy(accounts.get(account_id), "needs_reconnect", "expired"),
        "bring_back": lambda: accounts.bring_back(accounts.get(account_id)),
    }
    if deed == "bring_back":
        with ana.entered():
            accounts.mark_unhealthy(accounts.get(account_id), "needs_reconnect", "expired")
    with superuser.begin() as poll:
        poll.execute(text("set local lock_timeout = '5s'"))
        poll.execute(text("select 1 from poll_turn for update"))
        other, ended = meanwhile(ana, superuser, deeds[deed])
        poll.execute(text("select 1 from account for update"))
    other.join()
    assert not isinstance(ended[0], Exception)


def test_what_is_disconnected_first_is_neither_connected_anew_nor_ended_twice(ana: Agency, superuser: Engine) -> None:
    for second, outcome in (
        (lambda account_id: accounts.reconnect(None, account_id, "newer"), NotFound),
        (lambda account_id: accounts.disconnect(None, account_id), Account),
    ):
        account_id = connect(ana)
        with ana.entered():
            accounts.disconnect(None, account_id)
            other, ended = meanwhile(ana, superuser, lambda: second(account_id))  # noqa: B023
        other.join()
        assert isinstance(ended[0], outcome)
        with superuser.begin() as connection:
            assert connection.execute(text("select count(*) from account where credential is not null")).scalar() == 0
            ends = connection.execute(text("delete from outbox_entry where job_name = 'end_access' returning 1"))
            assert len(ends.all()) == 1


def test_marking_a_healthy_account_healthy_writes_nothing(ana: Agency, statements: object) -> None:
    account_id = connect(ana)
    with ana.entered():
        account = accounts.get(account_id)
        statements()  # type: ignore[operator]
        accounts.mark_healthy(account)
        db.session.flush()
        assert statements() == []  # type: ignore[operator]


def test_the_account_tables_hold_what_they_say(ana: Agency) -> None:
    account_id = connect(ana)
    with ana.entered():
        row = db.session.execute(select(PollTurn)).scalar_one()
        assert (row.account_id, row.agency_id, row.brand_id) == (account_id, ana.id, ana.brand_ids[0])
        assert db.session.execute(select(Account.brand_id)).scalar_one() == ana.brand_ids[0]
