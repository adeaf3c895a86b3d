"""Replies that go out later: undone, at a chosen moment, in the brand's hours; each at its turn."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agency.replies import desk
from agency.replies.claiming import FOLLOWS_ANOTHER
from agency.replies.sending_time import When, set_undo_seconds
from channels.errors import NotSent
from jobs import upkeep
from tenants import brand_hours, clock
from tenants.business_time import next_open
from tenants.errors import Conflict, Forbidden, Invalid
from tests.factories import Factory
from tests.replies.conftest import Case, Page
from tests.replies.test_policy_versions import signed

NEVER = [[]] * 7
ALWAYS = [[[0, 1440]]] * 7


@pytest.fixture
def free(case: Case, make: Factory) -> Case:
    """The same, where no reply waits for a yes and each can be undone for ten seconds."""
    make.policy(case.agency, case.agency.brand_ids[0], needs="none")
    with case.agency.entered(case.agency.agency_admin):
        set_undo_seconds(case.agency.agency_admin, 10)
    return case


def released(case: Case, when: When | None = None, words: str = "Thank you.") -> UUID:
    reply_id = case.draft(words)
    with case.agency.entered(case.agency.staff):
        desk.release(case.agency.staff, reply_id, **({"when": when} if when else {}))
    return reply_id


def wait(case: Case, seconds: int) -> None:
    """The time that replies wait for comes nearer."""
    case.pass_time(seconds)
    with case.superuser.begin() as connection:
        connection.execute(text("update reply set not_before = not_before - make_interval(secs => :s)"), {"s": seconds})


def say_hours(case: Case, days: list[list[list[int]]], *, sends: bool = False) -> None:
    admin = case.agency.agency_admin
    with case.agency.entered(admin):
        brand_hours.set_hours(admin, case.agency.brand_ids[0], days=days, zone="UTC", sends_in_hours=sends)


def due(case: Case) -> list[datetime]:
    """When the promises to send fall due."""
    with case.superuser.connect() as connection:
        rows = connection.execute(text("select run_at from outbox_entry where job_name = 'publish_reply' order by 1"))
        return list(rows.scalars())


def test_what_needs_no_yes_can_be_undone_until_it_goes(free: Case, page: Page) -> None:
    reply_id = released(free)
    row = free.row(reply_id)
    assert (row.state, row.not_before_because) == ("approved", "undo")
    assert row.not_before is not None
    assert timedelta(0) < row.not_before - datetime.now(UTC) <= timedelta(seconds=10)
    assert due(free) == [row.not_before]
    assert free.publish(reply_id, page.transport) == "skipped", "a promise that comes early is harmless"
    free.do("withdraw", reply_id)
    wait(free, 11)
    assert free.publish(reply_id, page.transport) == "skipped"
    assert (free.row(reply_id).state, page.posted) == ("draft", [])
    second = released(free)
    wait(free, 11)
    assert free.publish(second, page.transport) == "published"


@pytest.mark.parametrize("terms", [{"needs": "all"}, {"needs": "none", "mode": "client"}], ids=["a_yes", "client"])
def test_what_was_released_lapses_where_the_client_signed_another_policy_since(
    free: Case, page: Page, terms: dict[str, Any]
) -> None:
    reply_id = released(free)
    signed(free.agency, terms)
    wait(free, 11)
    assert free.publish(reply_id, page.transport) == "skipped"
    row = free.row(reply_id)
    assert (row.state, page.posted) == ("draft", [])
    assert "Nothing was sent" in str(row.state_reason)


def test_undo_and_claim_at_the_same_moment_have_one_winner(free: Case, page: Page) -> None:
    outcomes: list[tuple[str, bool]] = []
    for _ in range(4):
        reply_id = released(free)
        wait(free, 11)
        gate = threading.Barrier(2)
        undone: list[bool] = []

        def undo(reply_id: UUID = reply_id, gate: threading.Barrier = gate, undone: list[bool] = undone) -> None:
            gate.wait()
            try:
                free.do("withdraw", reply_id)
                undone.append(True)
            except Conflict:
                undone.append(False)

        thread = threading.Thread(target=undo)
        thread.start()
        gate.wait()
        outcomes.append((free.publish(reply_id, page.transport), False))
        thread.join()
        sent, was_undone = outcomes[-1][0] == "published", undone[0]
        assert sent is not was_undone
        assert free.row(reply_id).state == ("published" if sent else "draft")
        if not sent:
            free.do("drop", reply_id)
    assert len(page.posted) == sum(state == "published" for state, _ in outcomes)


def test_without_a_time_to_undo_it_goes_at_once_and_what_takes_words_back_always_does(free: Case, page: Page) -> None:
    with free.agency.entered(free.agency.agency_admin):
        set_undo_seconds(free.agency.agency_admin, 0)
    reply_id = released(free)
    assert (free.row(reply_id).not_before, free.publish(reply_id, page.transport)) == (None, "published")
    with free.agency.entered(free.agency.agency_admin):
        for wrong in (-1, 121, True):
            with pytest.raises(Invalid):
                set_undo_seconds(free.agency.agency_admin, wrong)
    with pytest.raises(Forbidden), free.agency.entered(free.agency.staff):
        set_undo_seconds(free.agency.staff, 5)


def test_a_chosen_moment_is_kept_changed_and_given_up_until_it_is_sent(case: Case, page: Page) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    reply_id = case.draft()
    with case.agency.entered(case.agency.staff):
        desk.submit(case.agency.staff, reply_id, when=When("chosen", tomorrow))
    case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    assert due(case) == [tomorrow]
    assert case.publish(reply_id, page.transport) == "skipped"
    with case.agency.entered():
        assert upkeep.wake_stranded() == 0
    case.do("change_time", reply_id, When("chosen", tomorrow - timedelta(hours=1)))
    wait(case, 82_801)
    with case.superuser.begin() as connection:
        connection.execute(text("update message set content_hash = decode(repeat('00', 32), 'hex') || 'x'::bytea"))
    assert case.publish(reply_id, page.transport) == "skipped"
    assert case.row(reply_id).state == "draft", "all is checked again when its time comes"
    with pytest.raises(Conflict, match="does not wait"):
        case.do("change_time", reply_id, When("now"))


def test_a_yes_after_the_chosen_moment_sends_at_once(case: Case, page: Page) -> None:
    reply_id = case.draft()
    with case.agency.entered(case.agency.staff):
        desk.submit(case.agency.staff, reply_id, when=When("chosen", datetime.now(UTC) + timedelta(hours=1)))
    wait(case, 3700)
    case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    assert case.publish(reply_id, page.transport) == "published"


@pytest.mark.parametrize("at", [None, timedelta(seconds=-1), timedelta(days=30, seconds=60), "naive"])
def test_a_moment_nobody_can_mean_is_refused(case: Case, at: object) -> None:
    reply_id, now = case.draft(), datetime.now(UTC)
    moment = now + at if isinstance(at, timedelta) else now.replace(tzinfo=None) if at == "naive" else None
    with pytest.raises(Invalid) as refused, case.agency.entered(case.agency.staff):
        desk.submit(case.agency.staff, reply_id, when=When("chosen", moment))
    assert list(refused.value.fields["errors"]) == ["at"]
    assert case.row(reply_id).state == "draft"


def private(case: Case) -> UUID:
    with case.agency.entered(case.agency.staff):
        return desk.start_draft(case.agency.staff, case.conversation_id, "Thank you.", private=True).id


def test_a_moment_after_the_platforms_window_is_refused_and_says_until_when(case: Case) -> None:
    reply_id = private(case)
    with pytest.raises(Conflict, match="may be sent until") as refused, case.agency.entered(case.agency.staff):
        at = datetime.now(UTC) + timedelta(days=8)
        desk.submit(case.agency.staff, reply_id, when=When("chosen", at))
    until = datetime.fromisoformat(refused.value.fields["until"])
    with case.agency.entered(case.agency.staff):
        desk.submit(case.agency.staff, reply_id, when=When("chosen", until - timedelta(minutes=1)))
    assert case.row(reply_id).not_before == until - timedelta(minutes=1)


def test_in_hours_it_goes_when_they_begin(free: Case, page: Page) -> None:
    now = datetime.now(UTC)
    opens = (now + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    days: list[list[list[int]]] = [[] for _ in range(7)]
    days[opens.weekday()] = [[opens.hour * 60, opens.hour * 60 + 60]]
    with pytest.raises(Invalid, match="cannot be sent"):
        released(free, When("hours"))
    say_hours(free, days, sends=True)
    reply_id = released(free)
    row = free.row(reply_id)
    assert (row.not_before, row.not_before_because) == (opens, "hours")
    assert due(free)[-1] == opens
    free.do("withdraw", reply_id)
    at_once = released(free, When("now"), "We are looking into it.")
    assert free.row(at_once).not_before_because == "undo"
    free.do("withdraw", at_once)
    say_hours(free, ALWAYS, sends=True)
    assert free.row(released(free, words="Hello.")).not_before_because == "undo", "they are open"


def test_hours_that_ended_before_it_could_be_sent_begin_anew(free: Case, page: Page) -> None:
    say_hours(free, [[[0, 1]]] * 7, sends=True)
    reply_id = released(free)
    wait(free, 86_400)
    free.publish(reply_id, page.transport)
    row = free.row(reply_id)
    with free.agency.entered():
        hours = brand_hours.hours_of(free.agency.brand_ids[0])
    assert hours is not None
    assert page.posted == []
    assert row.not_before == next_open(hours, clock.now())
    assert due(free)[-1] == row.not_before
    say_hours(free, NEVER)
    wait(free, 86_400)
    assert free.publish(reply_id, page.transport) == "published", "a brand without hours waits for none"


def test_better_out_of_hours_than_never(case: Case, page: Page) -> None:
    """The platform takes a private answer for a week; hours that begin later than that would be the end of it."""
    say_hours(case, [[[0, 1]]] * 7, sends=True)
    reply_id = private(case)
    with case.superuser.begin() as connection:
        connection.execute(
            text("update message set written_at = now() - interval '6 days 23 hours 59 minutes 30 seconds'")
        )
    case.do("submit", reply_id)
    case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    assert (case.row(reply_id).not_before, case.row(reply_id).not_before_because) == (None, "hours")


def test_replies_to_one_conversation_follow_in_the_order_of_their_yes(free: Case, page: Page) -> None:
    def be(reply_id: UUID, state: str) -> None:
        with free.superuser.begin() as connection:
            values = {"state": state, "id": reply_id}
            connection.execute(text("update reply set state = :state, not_before = now() where id = :id"), values)

    first = released(free, words="One.")
    be(first, "declined")  # else nobody could release another to the same words
    second = released(free, words="Two.")
    be(first, "approved")
    be(second, "approved")
    assert free.publish(second, page.transport) == "skipped"
    assert (free.row(second).state_reason, free.row(second).trouble) == (FOLLOWS_ANOTHER, "follows_another")
    wait(free, 20)
    with free.superuser.begin() as connection:
        later = "update reply set not_before = now() + interval '1 day', not_before_because = 'chosen' where id = :id"
        connection.execute(text(later), {"id": first})
    assert free.publish(second, page.transport) == "published", "one that waits for its own time lets others pass"
    be(first, "approved")
    assert free.publish(first, page.transport) == "published"
    assert [one["message"] for one in page.posted] == ["Two.", "One."]


def test_what_holds_a_reply_back_has_a_name(free: Case, page: Page) -> None:
    reply_id = released(free)
    wait(free, 11)
    page.accepts, page.answer = False, NotSent("refused")
    assert free.publish(reply_id, page.transport) == "approved"
    assert free.row(reply_id).trouble == "unreachable"
    page.accepts, page.answer = True, None
    wait(free, 20)
    assert free.publish(reply_id, page.transport) == "published"
    assert free.row(reply_id).trouble is None
