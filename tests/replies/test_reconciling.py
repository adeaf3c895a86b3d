"""The rules of looking: when, how often, what it may conclude, and what it tells people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from agency.replies import changing
from agency.replies.reconciling import WAIT_SECONDS
from channels.errors import OutcomeUnknown
from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from tests.factories import Factory
from tests.replies.conftest import Case, Page
from tests.replies.test_publishing import lost

SAYS_NOTHING = json_answer({"error": {"code": 2, "message": "x"}}, status=500)


def asked(case: Case, sql: str) -> Any:
    with case.superuser.connect() as connection:
        return connection.execute(text(sql)).scalar_one()


def changed(case: Case, sql: str) -> None:
    with case.superuser.begin() as connection:
        connection.execute(text(sql))


@pytest.fixture
def settle_minute(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in production."""
    settings = replace(app.extensions["onbrand_settings"], onbrand_settle_seconds=60)
    monkeypatch.setitem(app.extensions, "onbrand_settings", settings)


@pytest.mark.usefixtures("settle_minute")
def test_what_is_absent_too_early_is_not_sent_again(case: Case, page: Page) -> None:
    """Platforms show late what they accepted: however often we looked, ten settle times must have passed."""
    reply_id = lost(case, page)
    for seconds, counted in ((500, 1), (30, 1), (30, 2), (40, 2)):  # those of one minute are one, however many
        case.pass_time(seconds)
        for _ in range(3):
            assert case.look(reply_id, page.transport, at_once=True) == "outcome_unknown"
        assert asked(case, "select absent_reads from reply") == counted
    case.pass_time(60)
    assert case.look(reply_id, page.transport, at_once=True) == "approved"


def test_nearly_our_words_are_not_sent_again_unless_they_are_another_reply(case: Case, page: Page) -> None:
    """What a platform made of them on the way, or somebody there since, is not known; an answer of ours is."""
    page.first_id = 9400
    earlier = case.approved("Thank you, we are looking into it now.")
    case.publish(earlier, page.transport)
    case.look(earlier, page.transport)
    lost_id = lost(case, page)
    for _ in range(3):
        case.pass_time(700)
        state = case.look(lost_id, page.transport)
    assert state == "approved", "the words that are nearly these are the earlier reply"
    page.accepts = True
    case.pass_time(700)
    assert case.publish(lost_id, page.transport) == "outcome_unknown"
    page.posted[-1]["message"] = "Thank you, we are looking"
    changed(case, "update reply set resends = 0, absent_reads = 2 where state = 'outcome_unknown'")
    case.pass_time(700)
    assert case.look(lost_id, page.transport) == "outcome_unknown"
    assert asked(case, "select distinct detail from publish_attempt where outcome = 'cannot_tell'") == "alike_words"
    page.posted[-1]["message"] = "Thank you,\u200b we are looking &nbsp;into it\ufe0f."
    assert case.look(lost_id, page.transport) == "published", "these nobody can tell apart"
    assert asked(case, "select sum(absent_reads) from reply") == 0, "later, one denial alone would say it is gone"


def test_the_same_words_of_another_reply_hide_no_doubt(case: Case, page: Page) -> None:
    """They were found, but the platform counts one more than it lists: that may be ours."""
    earlier = case.approved()
    case.publish(earlier, page.transport)
    case.look(earlier, page.transport)
    lost_id = lost(case, page)
    changed(case, "update reply set absent_reads = 2 where state = 'outcome_unknown'")
    case.pass_time(700)

    def counts_one_more(request: Request) -> Any:
        if request.path.endswith("/comments"):
            return json_answer({"data": page.posted})
        return json_answer({"id": "1", "comment_count": len(page.posted) + 1})

    assert case.look(lost_id, ScriptedTransport(counts_one_more)) == "outcome_unknown"
    assert asked(case, "select detail from publish_attempt where outcome = 'cannot_tell'") == "more_counted_than_listed"
    assert case.look(lost_id, page.transport) == "approved"


def test_while_the_sender_may_live_the_next_look_waits_for_the_end_of_its_lease(case: Case, page: Page) -> None:
    reply_id = lost(case, page)
    changed(case, "delete from outbox_entry; update reply set lease_until = now() + interval '1 hour'")
    assert case.look(reply_id, page.transport) == "outcome_unknown"
    assert case.promises("reconcile_reply") == 1
    assert asked(case, "select run_at >= (select lease_until from reply) from outbox_entry")


def test_what_stands_on_a_later_page_of_the_thread_is_found(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.answer = OutcomeUnknown("no answer")
    case.publish(reply_id, page.transport)
    other = {
        "id": "8000",
        "message": "Me too",
        "from": {"id": "5", "name": "Ann"},
        "created_time": "2099-01-01T00:00:00Z",
    }

    def two_pages(request: Request) -> Answer:
        if not request.path.endswith("/comments"):
            return json_answer({"id": "1", "comment_count": 2})
        if request.params.get("after") == "further":
            return json_answer({"data": page.posted})
        paging = {"cursors": {"after": "further"}, "next": "https://graph.facebook.com/next"}
        return json_answer({"data": [other], "paging": paging})

    assert case.look(reply_id, ScriptedTransport(two_pages)) == "published"


def test_what_is_found_twice_is_told(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.answer = OutcomeUnknown("no answer")
    case.publish(reply_id, page.transport)
    page.posted.append({**page.posted[0], "id": "9777"})
    assert case.look(reply_id, page.transport) == "published"
    told = "select count(*) from brand_audit where action = 'reply.found_more_than_once'"
    assert asked(case, told) == 1

    page.answer = None
    once = case.approved("Other words.")
    case.publish(once, page.transport)
    case.look(once, page.transport)
    assert asked(case, told) == 1


def test_without_access_the_next_look_is_promised_for_later(case: Case, page: Page) -> None:
    reply_id = lost(case, page)
    changed(case, "delete from outbox_entry; update account set health = 'needs_reconnect'")
    assert case.look(reply_id, page.transport) == "skipped"
    assert case.promises("reconcile_reply") == 1
    due = asked(case, "select extract(epoch from run_at - now()) from outbox_entry")
    assert WAIT_SECONDS - 60 < due <= WAIT_SECONDS


def test_a_published_reply_counts_as_not_seen_only_after_three_looks_that_could_tell(case: Case, page: Page) -> None:
    reply_id = case.approved()
    case.publish(reply_id, page.transport)
    page.visible = False
    case.pass_time(700)
    for number in (1, 2):
        changed(case, "delete from outbox_entry")
        case.look(reply_id, page.transport)
        assert case.row(reply_id).live_state == "visible", number
        assert case.promises("read_back_reply") == 1, "it is looked for again"
    for _ in range(3):
        case.look(reply_id, ScriptedTransport(lambda _request: SAYS_NOTHING))
        assert case.row(reply_id).live_state == "visible", "who could not look has not seen that it is gone"
    case.look(reply_id, page.transport)
    assert case.row(reply_id).live_state == "not_seen"


def test_a_change_that_does_not_show_owes_nobody_an_answer(case: Case, page: Page) -> None:
    """The earlier words stand there: whoever wrote has been answered."""
    first = case.approved()
    case.publish(first, page.transport)
    case.look(first, page.transport)
    with case.agency.entered(case.agency.staff):
        change = changing.start_change(case.agency.staff, first, "Better words.").id
    case.do("submit", change)
    case.do("approve", change, case.row(change).text_hash, actor="client_owner")

    def kept_as_it_was(request: Request) -> Answer | Any:
        if request.method == "POST":
            return json_answer({"success": True})
        if request.path.endswith("/comments"):
            return json_answer({"data": page.posted})
        return json_answer({**page.posted[0], "comment_count": 1})

    transport = ScriptedTransport(kept_as_it_was)
    assert case.publish(change, transport) == "published"
    case.pass_time(700)
    for _ in range(4):
        case.look(change, transport)
    row = case.row(change)
    assert row.live_state == "not_seen"
    assert "earlier words" in (row.state_reason or "")
    assert asked(case, "select status from conversation") == "closed"


Review = tuple[UUID, dict[str, Any], Callable[[Request], Answer]]


@pytest.fixture
def pending(case: Case, make: Factory) -> Review:
    """An answer to a review that waits for moderation; the review and the platform that shows it."""
    account_id = make.account(case.agency, platform="google_business", credential="1//refresh")
    case.conversation_id = make.conversation(
        case.agency, account_id=account_id, platform="google_business", kind="review", stars=5, text="Great!"
    )
    reply_id = case.approved("Thank you for visiting.")
    moment = "2020-01-01T00:00:00Z"
    review: dict[str, Any] = {"name": "n", "reviewId": "r1", "starRating": "FIVE"}
    review |= {"createTime": moment, "updateTime": moment}

    def google(request: Request) -> Answer:
        if request.method == "PUT":
            words = dict(request.json or {})["comment"]
            own = {"comment": words, "updateTime": "2099-01-01T00:00:00Z", "reviewReplyState": "PENDING"}
            review["reviewReply"] = own
            return json_answer(own)
        return json_answer(review)

    assert case.publish(reply_id, ScriptedTransport(google)) == "published"
    return reply_id, review, google


def test_moderation_is_watched_until_it_says_yes(case: Case, pending: Review) -> None:
    reply_id, review, google = pending
    for _ in range(2):
        changed(case, "delete from outbox_entry")
        case.look(reply_id, ScriptedTransport(google))
        assert case.row(reply_id).live_state == "pending"
        assert case.promises("read_back_reply") == 1
        assert asked(case, "select moderation from message where direction = 'out'") == "pending"
    review["reviewReply"]["reviewReplyState"] = "APPROVED"
    case.look(reply_id, ScriptedTransport(google))
    assert case.row(reply_id).live_state == "visible"
    assert asked(case, "select moderation from message where direction = 'out'") == "published"


def test_moderation_is_not_asked_for_ever(case: Case, pending: Review) -> None:
    reply_id, _review, google = pending
    case.look(reply_id, ScriptedTransport(google))
    changed(
        case,
        "delete from outbox_entry; insert into publish_attempt"
        " (agency_id, id, brand_id, reply_id, reply_text_id, fence, request_id, deed, details)"
        " select agency_id, gen_random_uuid(), brand_id, reply_id, reply_text_id, fence, gen_random_uuid(), deed, '{}'"
        " from publish_attempt, generate_series(1, 40) where deed = 'look'",
    )
    case.look(reply_id, ScriptedTransport(google))
    assert (case.row(reply_id).live_state, case.promises("read_back_reply")) == ("pending", 0)


def test_a_rejection_is_told_once(case: Case, pending: Review) -> None:
    """Two looks at one moment: by the time the second is done, somebody has closed the case knowing of it."""
    reply_id, review, google = pending
    review["reviewReply"] |= {"reviewReplyState": "REJECTED", "policyViolation": "REPETITIVE"}
    states: list[str] = []

    def looked_at_twice(request: Request) -> Answer:
        if not states:
            states.append("")
            case.look(reply_id, ScriptedTransport(google))
            states[0] = asked(case, "select status from conversation where kind = 'review'")
            changed(case, "update conversation set status = 'closed', due_at = null where kind = 'review'")
            del review["reviewReply"]["policyViolation"]
        return google(request)

    case.look(reply_id, ScriptedTransport(looked_at_twice))
    assert states == ["open"]
    row = case.row(reply_id)
    assert row.live_state == "rejected"
    assert "REPETITIVE" in (row.state_reason or ""), "what was told stays"
    assert asked(case, "select status from conversation where kind = 'review'") == "closed"
