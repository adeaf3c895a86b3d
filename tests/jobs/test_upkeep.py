"""Upkeep finds what a lost or given-up promise would have left behind, and leaves alone what waits rightly."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask

from agency.inbox import desk
from agency.notices import mail
from agency.replies.reconciling import MODERATION_LOOKS, NEEDS_A_PERSON
from jobs.upkeep import PROMISES_AT_ONCE, keep_up
from tenants import sessions, tokens
from tenants.outbox import JobName
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox
from tests.replies.conftest import Case

IN_STATE = {
    "approved": "state = 'approved'",
    "publishing": "state = 'publishing', sent_at = now() - interval '10 minutes',"
    " lease_until = now() - interval '6 minutes'",
    "outcome_unknown": "state = 'outcome_unknown', sent_at = now(), state_reason = 'no answer'",
    "published": "state = 'published', live_state = 'visible', published_at = now() - interval '2 hours'",
}

Stray = Callable[..., str]


@pytest.fixture
def stray(make: Factory, ana: Agency, outbox: Outbox) -> Stray:
    """A reply in a state since two hours, with no promise for it."""

    def left(state: str, *, brand: int = 0, changes: str = "") -> str:
        case = Case(ana, make.conversation(ana, brand=brand), outbox.superuser)
        reply_id = str(case.draft())
        outbox.change(
            f"update reply set {IN_STATE[state]}, state_since = now() - interval '2 hours' where id = '{reply_id}'"
        )
        if changes:
            outbox.change(f"update reply set {changes} where id = '{reply_id}'")
        outbox.change("delete from outbox_entry")
        return reply_id

    return left


WATCHED = {
    "approved": JobName.PUBLISH_REPLY,
    "publishing": JobName.RECONCILE_REPLY,
    "outcome_unknown": JobName.RECONCILE_REPLY,
    "published": JobName.READ_BACK_REPLY,
}


@pytest.mark.parametrize(("state", "job"), WATCHED.items())
def test_a_stray_reply_is_promised_once(stray: Stray, outbox: Outbox, state: str, job: JobName) -> None:
    reply_id = stray(state)
    keep_up(outbox.app)
    keep_up(outbox.app)
    assert outbox.open(job) == [reply_id]
    assert outbox.scalar("select count(*) from outbox_entry") == 1


@pytest.mark.parametrize(("state", "job"), WATCHED.items())
def test_a_promise_given_up_is_made_again(stray: Stray, outbox: Outbox, state: str, job: JobName) -> None:
    reply_id = stray(state)
    keep_up(outbox.app)
    outbox.change("update outbox_entry set given_up_at = now(), attempts = 20")
    keep_up(outbox.app)
    assert outbox.open(job) == [reply_id]


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("approved", "state_since = now() - interval '1 minute'"),
        ("approved", "next_try_at = now() + interval '10 minutes'"),
        ("publishing", "lease_until = now() - interval '4 minutes'"),
        ("publishing", "lease_until = now() + interval '1 minute'"),
        ("outcome_unknown", f"state_reason = '{NEEDS_A_PERSON}'"),
        ("published", "state_since = now() - interval '50 minutes'"),
        ("published", "read_back_at = now()"),
        ("published", "state_since = now() - interval '61 days'"),
        ("published", "live_state = 'not_seen'"),  # three looks have said so
        ("published", "live_state = null"),  # a person has said so
    ],
)
def test_what_waits_rightly_is_left_alone(stray: Stray, outbox: Outbox, state: str, changes: str) -> None:
    stray(state, changes=changes)
    keep_up(outbox.app)
    assert outbox.scalar("select count(*) from outbox_entry") == 0


def test_an_unknown_reply_without_a_reason_is_watched(stray: Stray, outbox: Outbox) -> None:
    reply_id = stray("outcome_unknown", changes="state_reason = null")
    keep_up(outbox.app)
    assert outbox.open(JobName.RECONCILE_REPLY) == [reply_id]


@pytest.mark.parametrize(("looks", "minutes_ago", "promised"), [(1, 10, 0), (1, 70, 1), (MODERATION_LOOKS, 70, 0)])
def test_a_published_reply_is_read_once_an_hour_and_not_for_ever(
    stray: Stray, outbox: Outbox, looks: int, minutes_ago: int, promised: int
) -> None:
    reply_id = stray("published")
    outbox.change(
        "insert into publish_attempt (agency_id, id, brand_id, reply_id, reply_text_id, fence, request_id, deed,"
        " details, created_at) select agency_id, gen_random_uuid(), brand_id, id, text_id, 1, gen_random_uuid(),"
        f" 'look', '{{}}', now() - interval '{minutes_ago} minutes'"
        f" from reply, generate_series(1, {looks}) where reply.id = '{reply_id}'"
    )
    keep_up(outbox.app)
    assert len(outbox.open(JobName.READ_BACK_REPLY)) == promised


@pytest.mark.parametrize("column", ["paused_at", "archived_at"])
def test_a_closed_brands_replies_wait(stray: Stray, outbox: Outbox, ana: Agency, column: str) -> None:
    stray("approved")
    open_one = stray("approved", brand=1)
    outbox.change(f"update brand set {column} = now() where id = '{ana.brand_ids[0]}'")
    keep_up(outbox.app)
    assert outbox.open(JobName.PUBLISH_REPLY) == [open_one]
    outbox.change(f"update brand set {column} = null")
    keep_up(outbox.app)
    assert len(outbox.open(JobName.PUBLISH_REPLY)) == 2


def test_a_parked_accounts_replies_wait(stray: Stray, outbox: Outbox) -> None:
    stray("approved")
    outbox.change("update account set health = 'needs_reconnect'")
    keep_up(outbox.app)
    assert outbox.open(JobName.PUBLISH_REPLY) == []


def test_the_longest_waiting_are_first_and_nobody_starves(
    stray: Stray, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PROMISES_AT_ONCE > 1
    monkeypatch.setattr("jobs.upkeep.PROMISES_AT_ONCE", 1)
    newer = stray("approved", changes="state_since = now() - interval '1 hour'")
    older = stray("approved", changes="state_since = now() - interval '3 hours'")
    keep_up(outbox.app)
    assert outbox.open(JobName.PUBLISH_REPLY) == [older]
    keep_up(outbox.app)
    assert outbox.open(JobName.PUBLISH_REPLY) == [older, newer]


def test_each_agencys_replies_are_promised_in_its_own_name(
    stray: Stray, outbox: Outbox, ana: Agency, make: Factory, stranger: Agency
) -> None:
    own = stray("outcome_unknown")
    other = Case(stranger, make.conversation(stranger), outbox.superuser).draft()
    outbox.change(f"update reply set {IN_STATE['outcome_unknown']} where id = '{other}'")
    keep_up(outbox.app)
    promised = outbox.all("select ids->>'agency_id' as agency, ids->>'reply_id' as reply from outbox_entry")
    assert {(UUID(row.agency), row.reply) for row in promised} == {(ana.id, own), (stranger.id, str(other))}


def test_claims_that_ran_out_are_handed_back_and_old_things_forgotten(
    app: Flask, make: Factory, ana: Agency, outbox: Outbox
) -> None:
    case = make.conversation(ana)
    with ana.entered():
        desk.claim(ana.staff, case)
        sessions.start(ana.staff.user_id, agency_id=ana.id)
        tokens.mint(tokens.Purpose.PASSWORD_RESET, ana.staff.user_id)
        mail.ask_for_password_reset("nobody@test.example")
    done = outbox.promise(JobName.SEND_MAIL, mail_id="1")
    outbox.change("update conversation set held_until = now() - interval '1 minute'")
    outbox.change("update sign_in_session set expires_at = now() - interval '31 days'")
    outbox.change("update one_time_token set expires_at = now() - interval '2 days'")
    outbox.change("update outgoing_mail set sent_at = now() - interval '61 days'")
    outbox.change(f"update outbox_entry set done_at = now() - interval '4 days' where id = {done}")
    keep_up(app)
    assert outbox.scalar(f"select holder_id from conversation where id = '{case}'") is None
    for table in ("sign_in_session", "one_time_token", "outgoing_mail"):
        assert outbox.scalar(f"select count(*) from {table}") == 0, table
    assert outbox.scalar(f"select count(*) from outbox_entry where id = {done}") == 0


def test_one_agencys_trouble_is_its_own(
    app: Flask, make: Factory, ana: Agency, stranger: Agency, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever agency comes first, the other's claims are handed back."""
    for agency in (ana, stranger):
        case = make.conversation(agency)
        with agency.entered():
            desk.claim(agency.staff, case)
    outbox.change("update conversation set held_until = now() - interval '1 minute'")
    outbox.change(
        "create function refuse_one() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$"
    )
    outbox.change(
        "create trigger poison before update on conversation for each row"
        f" when (old.agency_id = '{ana.id}') execute function refuse_one()"
    )
    try:
        keep_up(app)
    finally:
        outbox.change("drop trigger poison on conversation")
        outbox.change("drop function refuse_one()")
    held = {row.agency_id for row in outbox.all("select agency_id from conversation where holder_id is not null")}
    assert held == {ana.id}
