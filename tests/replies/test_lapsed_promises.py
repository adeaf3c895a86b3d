"""A promise in an answer that nobody can read lapses with it, and comes back with it."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from agency.replies import live_changes
from agency.replies.live_changes import Seen
from agency.replies.moves import locked
from agency.replies.settling import stand
from tests.replies.conftest import Case, Page
from tests.replies.test_customer_promises import AGAIN, PROMISING, change, pass_time, press, promises, sent


def seen(case: Case, reply_id: UUID, *states: str) -> None:
    """The answer is seen to stand so, one after another."""
    with case.agency.entered():
        for state in states:
            assert live_changes.note(locked(reply_id), Seen(state), "sweep")


def endings(case: Case) -> list[tuple[str, str | None]]:
    return [(one.phrase, one.ended) for one in promises(case)]


@pytest.mark.parametrize("state", ["rejected", "removed"])
def test_a_promise_lapses_with_its_answer_and_comes_back_with_it(case: Case, page: Page, state: str) -> None:
    reply_id = sent(case, page, PROMISING)
    seen(case, reply_id, state)
    (lapsed,) = promises(case)
    assert (lapsed.ended, lapsed.ended_by_reply_id) == ("lapsed", reply_id)
    seen(case, reply_id, "visible")
    (back,) = promises(case)
    assert (back.ended, back.ended_at, back.ended_by_reply_id, back.due_at) == (None, None, None, lapsed.due_at)
    press(case, back.id, "kept")
    seen(case, reply_id, state, "visible")
    assert endings(case) == [("within 24 hours", "kept")], "what a person said stays"


def test_what_was_broken_while_the_answer_stood_there_stays_broken(case: Case, page: Page) -> None:
    reply_id = sent(case, page, PROMISING)
    pass_time(case, hours=30)
    seen(case, reply_id, "removed")
    assert endings(case) == [("within 24 hours", None)]


def test_it_comes_back_as_ended_where_we_answered_meanwhile(case: Case, page: Page) -> None:
    first = sent(case, page, PROMISING)
    seen(case, first, "removed")
    sent(case, page, AGAIN)
    seen(case, first, "visible")
    assert endings(case) == [("within 24 hours", "kept"), ("within 2 hours", None)]


def test_an_answer_nobody_read_keeps_no_earlier_promise(case: Case, page: Page) -> None:
    sent(case, page, PROMISING)
    second = sent(case, page, "All is well now.")
    assert endings(case) == [("within 24 hours", "kept")]
    seen(case, second, "removed")
    assert endings(case) == [("within 24 hours", "kept")], "it was read before it went"
    seen(case, second, "visible", "not_seen")
    assert endings(case) == [("within 24 hours", None)]
    seen(case, second, "visible")
    assert endings(case) == [("within 24 hours", "kept")]


def test_a_change_that_never_showed_leaves_the_earlier_promise(case: Case, page: Page) -> None:
    first = sent(case, page, PROMISING)
    changed = change(case, page, first, AGAIN)
    assert endings(case) == [("within 24 hours", "dropped"), ("within 2 hours", None)]
    seen(case, changed, "not_seen")
    assert endings(case) == [("within 24 hours", None), ("within 2 hours", "lapsed")]
    seen(case, changed, "visible")
    assert endings(case) == [("within 24 hours", "dropped"), ("within 2 hours", None)]


def test_what_moderation_refuses_at_once_promises_nothing_until_it_shows(case: Case) -> None:
    earlier = case.approved(PROMISING)
    with case.superuser.begin() as connection:
        sent_now = "update reply set state = 'outcome_unknown', sent_at = now() where id = :id"
        connection.execute(text(sent_now), {"id": earlier})
    with case.agency.entered():
        stand(locked(earlier), "9_1", "rejected", move_name="reconcile")
    (one,) = promises(case)
    assert (one.ended, one.ended_by_reply_id) == ("lapsed", earlier)
    seen(case, earlier, "visible")
    assert endings(case) == [("within 24 hours", None)]
