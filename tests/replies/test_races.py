"""Two people, or a person and a sender, at the same moment: one of them is first, and nothing is sent unapproved."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from agency.replies.models import Approval
from agency.replies.words import hash_of
from channels.errors import OutcomeUnknown
from tenants.database import db
from tenants.errors import AppError, Conflict
from tests.factories import Factory
from tests.replies.conftest import Case, Page

ROUNDS = 6


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each deed gave, or the error it ended with; all begin together."""
    gate, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = deeds[number]()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result is None or isinstance(result, (AppError, str)) for result in results), results
    return results


def live_approvals(case: Case) -> list[str]:
    """Hashes of the texts that may be published."""
    with case.agency.entered():
        wanted = select(Approval.text_hash).where(Approval.voided_at.is_(None), Approval.decision == "approved")
        return list(db.session.scalars(wanted))


def waiting(case: Case, words: str) -> Any:
    reply_id = case.draft(words)
    case.do("submit", reply_id)
    return reply_id


def test_a_yes_and_a_change_at_once(case: Case, page: Page) -> None:
    for number in range(ROUNDS):
        reply_id = waiting(case, f"First words {number}.")
        shown = case.row(reply_id).text_hash
        changed = f"Other words {number}."
        at_once(
            lambda: case.do("approve", reply_id, shown, actor="client_owner"),  # noqa: B023
            lambda: case.do("edit", reply_id, changed),  # noqa: B023
        )
        row = case.row(reply_id)
        if row.state == "approved":
            assert (row.text_hash, live_approvals(case)) == (shown, [shown])
            case.do("withdraw", reply_id)
        else:
            assert (row.state, live_approvals(case)) == ("draft", [])
        assert case.publish(reply_id, page.transport) == "skipped"
        with case.superuser.begin() as connection:
            connection.execute(text("update reply set state = 'declined'"))
    assert page.posted == []


def test_taking_back_and_sending_at_once(case: Case, page: Page) -> None:
    for number in range(ROUNDS):
        reply_id, sent_before = waiting(case, f"Words {number}."), len(page.posted)
        case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
        taken_back, sent = at_once(
            lambda: case.do("withdraw", reply_id),  # noqa: B023
            lambda: case.publish(reply_id, page.transport),  # noqa: B023
        )
        if taken_back is None:
            assert (case.row(reply_id).state, sent, len(page.posted)) == ("draft", "skipped", sent_before)
            case.do("edit", reply_id, f"Never mind {number}.")
            with case.superuser.begin() as connection:
                connection.execute(text("update reply set state = 'declined' where id = :id"), {"id": reply_id})
        else:
            assert isinstance(taken_back, Conflict)
            assert (case.row(reply_id).state, len(page.posted)) == ("published", sent_before + 1)


def test_a_yes_and_a_no_at_once(case: Case, make: Factory) -> None:
    from tenants.permissions import Role

    second = make.person(case.agency, Role.CLIENT_OWNER, only_brand_ids=[case.agency.brand_ids[0]])
    case.agency.actors["second_owner"] = second
    for number in range(ROUNDS):
        reply_id = waiting(case, f"Words {number}.")
        shown = case.row(reply_id).text_hash
        results = at_once(
            lambda: case.do("approve", reply_id, shown, actor="client_owner"),  # noqa: B023
            lambda: case.decide("decline", reply_id, "Not so.", actor="second_owner", shown=shown),  # noqa: B023
        )
        assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
        state = case.row(reply_id).state
        assert (state, live_approvals(case)) == (("approved", [shown]) if results[0] is None else ("declined", []))
        with case.superuser.begin() as connection:
            connection.execute(text("update reply set state = 'declined'"))
            connection.execute(text("update approval set voided_at = now()"))


def test_two_drafts_to_one_message_sent_to_be_approved_at_once(case: Case) -> None:
    """A customer never gets two answers: one of two is told of the other, however close together they come."""
    for number in range(ROUNDS):
        first, second = case.draft(f"One {number}."), case.draft(f"Two {number}.")
        results = at_once(lambda: case.do("submit", first), lambda: case.do("submit", second))  # noqa: B023
        assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
        with case.superuser.begin() as connection:
            connection.execute(text("update reply set state = 'declined'"))


@pytest.mark.parametrize("deed", ["submit", "approve", "edit", "publish", "look"])
def test_nobody_waits_in_a_circle(case: Case, page: Page, deed: str) -> None:
    """Whoever has the conversation gets every reply of it: all take the conversation first, as intake does."""
    reply_id = case.draft()
    if deed != "submit":
        case.do("submit", reply_id)
    if deed in ("publish", "look"):
        case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    if deed == "look":
        page.answer = OutcomeUnknown("no answer")
        case.publish(reply_id, page.transport)
        page.answer = None
    deeds: dict[str, Callable[[], Any]] = {
        "submit": lambda: case.do("submit", reply_id),
        "approve": lambda: case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner"),
        "edit": lambda: case.do("edit", reply_id, "Other words."),
        "publish": lambda: case.publish(reply_id, page.transport),
        "look": lambda: case.look(reply_id, page.transport),
    }
    with case.superuser.begin() as holder:
        holder.execute(text("set local lock_timeout = '5s'"))
        holder.execute(text("select 1 from conversation for update"))
        other = threading.Thread(target=deeds[deed])
        other.start()
        waits = "select count(*) > 0 from pg_locks where not granted"
        for _ in range(2_000):
            if holder.execute(text(waits)).scalar_one():
                break
            other.join(0.01)
        assert other.is_alive(), "it needs the conversation, so it waits"
        holder.execute(text("select 1 from reply for update"))
    other.join()
    assert (
        case.row(reply_id).state
        == {
            "submit": "awaiting_approval",
            "approve": "approved",
            "edit": "draft",
            "publish": "published",
            "look": "published",
        }[deed]
    )


def test_two_owners_change_the_words_at_once(case: Case, make: Factory) -> None:
    from tenants.permissions import Role

    second = make.person(case.agency, Role.CLIENT_OWNER, only_brand_ids=[case.agency.brand_ids[0]])
    case.agency.actors["second_owner"] = second
    reply_id = waiting(case, "First words.")
    shown = case.row(reply_id).text_hash
    results = at_once(
        lambda: case.decide("change_and_approve", reply_id, "One.", shown=shown),
        lambda: case.decide("change_and_approve", reply_id, "Two.", actor="second_owner", shown=shown),
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
    words = "One." if results[0] is None else "Two."
    assert live_approvals(case) == [hash_of(words)]
    assert case.row(reply_id).text == words
    assert case.promises("publish_reply") == 1


@pytest.mark.parametrize("moved", ["another account's access", "damaged"])
def test_access_that_does_not_open_keeps_the_reply_and_asks_for_a_new_connection(
    case: Case,
    page: Page,
    make: Factory,
    moved: str,
) -> None:
    reply_id = case.approved()
    other = make.account(case.agency, brand=1, credential="another")
    taken = "(select credential from account where id = :other)" if moved != "damaged" else "'\\x01'::bytea"
    with case.superuser.begin() as connection:
        connection.execute(
            text(f"update account set credential = {taken} where id <> :other and cast(:other as uuid) is not null"),
            {"other": other},
        )
    assert case.publish(reply_id, page.transport) == "skipped"
    assert page.posted == []
    row = case.row(reply_id)
    assert row.state == "approved"
    assert "new connection" in (row.state_reason or "") or "cannot be opened" in (row.state_reason or "")
    with case.superuser.connect() as connection:
        health = connection.execute(
            text("select health from account where id <> :other"), {"other": other}
        ).scalar_one()
    assert health == "needs_reconnect"
