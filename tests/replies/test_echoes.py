"""What platforms tell us of our own words settles what a sending left unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from agency.inbox.intake import store_page
from agency.inbox.models import Conversation
from agency.replies import echoes
from channels.errors import OutcomeUnknown
from channels.models import Account
from jobs.publishing import recheck_waiting_replies
from tenants import clock
from tenants.database import db, new_id
from tests.inbox.items import comment
from tests.inbox.items import page as page_of
from tests.replies.conftest import Case, Page


def unknown(case: Case, page: Page) -> UUID:
    reply_id = case.approved("We are open.")
    page.accepts, page.answer = False, OutcomeUnknown("no answer")
    assert case.publish(reply_id, page.transport) == "outcome_unknown"
    return reply_id


def came_in(case: Case, words: str = "We  are open.", external_id: str = "9_77", **values: Any) -> None:
    """A message of ours, as intake stores what an event or a poll brings."""
    given = {"text": words, "external_id": external_id, "id": new_id(), "written_at": datetime.now(UTC), **values}
    given.setdefault("deleted_at", None)
    with case.superuser.begin() as connection:
        connection.execute(
            text(
                "insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction,"
                " text, attachments, written_at, content_hash, deleted_at)"
                " select agency_id, :id, brand_id, conversation_id, account_id, :external_id, 'out',"
                " :text, '[]', :written_at, content_hash, :deleted_at"
                " from message where direction = 'in' limit 1"
            ),
            given,
        )


def take_note(case: Case) -> bool:
    with case.agency.entered():
        return echoes.take_note(case.conversation_id)


def test_our_own_words_that_came_in_settle_it_without_asking(case: Case, page: Page) -> None:
    reply_id = unknown(case, page)
    assert not take_note(case)
    asked = len(page.transport.requests)
    came_in(case)
    assert take_note(case)
    row = case.row(reply_id)
    assert (row.state, row.platform_id, row.read_back_at is not None) == ("published", "9_77", True)
    assert len(page.transport.requests) == asked
    assert not take_note(case)
    looks = case.receipt(reply_id).as_data()["looks"]
    assert [one["detail"] for one in looks] == [echoes.TOLD]


def test_what_an_event_or_a_poll_brings_of_ours_is_taken_note_of(case: Case, page: Page) -> None:
    """From the platform's words through intake and its promise to the reply."""
    reply_id = unknown(case, page)
    with case.agency.entered():
        one = db.session.scalars(select(Conversation)).one()
        account = db.session.scalars(select(Account).where(Account.id == one.account_id)).one()
        thread, now = one.external_id, clock.now()
        ours = comment(
            1,
            "We are open.",
            external_id="9_77",
            thread_external_id=thread,
            parent_external_id=thread,
            from_us=True,
            created_at=now,
        )
        store_page(account, page_of(ours), now=now)
    assert case.promises("recheck_waiting_replies") == 1
    ids = (case.agency.id, case.agency.brand_ids[0], case.conversation_id)
    recheck_waiting_replies(case.agency.app, *map(str, ids))
    row = case.row(reply_id)
    assert (row.state, row.platform_id) == ("published", "9_77")
    assert len([r for r in page.transport.requests if r.method == "POST"]) == 1


@pytest.mark.parametrize("other", ["words", "old", "taken"])
def test_other_words_of_ours_settle_nothing(case: Case, page: Page, other: str) -> None:
    if other == "taken":
        first = case.approved("We are open.")
        case.publish(first, page.transport)
        platform_id = case.row(first).platform_id or ""
        with case.superuser.begin() as connection:
            connection.execute(text("delete from message where direction = 'out'"))
    reply_id = unknown(case, page)
    if other == "words":
        came_in(case, "We are closed.")
    elif other == "old":
        came_in(case, written_at=datetime(2020, 1, 1, tzinfo=UTC))
    else:
        came_in(case, external_id=platform_id)
    assert not take_note(case)
    assert case.row(reply_id).state == "outcome_unknown"


def test_where_something_of_ours_was_removed_nothing_is_sent_again(case: Case, page: Page) -> None:
    reply_id = unknown(case, page)
    came_in(case, "", deleted_at=datetime.now(UTC))
    assert not take_note(case)
    case.pass_time(700)
    for _ in range(3):
        assert case.look(reply_id, page.transport) == "outcome_unknown"
    assert case.row(reply_id).trouble == "needs_a_person"
    assert len([r for r in page.transport.requests if r.method == "POST"]) == 1
