"""What a published answer promises with a date: noted, kept, late, replaced, ended and opened again by people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agency.replies import changing, customer_promises
from channels.errors import OutcomeUnknown
from channels.scripted_transport import ScriptedTransport, json_answer
from tenants.database import db
from tenants.errors import Conflict, Forbidden, NotFound
from tenants.models import BrandHours
from tests.replies.conftest import Case, Page
from tests.replies.test_echoes import came_in, take_note

PROMISING = "Sorry for that. We will write to you within 24 hours."
AGAIN = "You will hear from us within 2 hours."
DAY = timedelta(hours=24)


def promises(case: Case) -> list[Any]:
    """All of them with their phrases, as they were made."""
    with case.superuser.connect() as connection:
        return list(
            connection.execute(
                text(
                    "select p.*, substr(t.text, p.starts + 1, p.ends - p.starts) as phrase from customer_promise p"
                    " join reply_text t on t.id = p.reply_text_id and t.reply_id = p.reply_id order by p.id"
                )
            )
        )


def sent(case: Case, page: Page, words: str) -> UUID:
    reply_id = case.approved(words)
    assert case.publish(reply_id, page.transport) == "published"
    return reply_id


def pass_time(case: Case, **passed: int) -> None:
    """Promises were made and answers sent so much earlier."""
    with case.superuser.begin() as connection:
        given = {"passed": timedelta(**passed)}
        connection.execute(
            text("update customer_promise set made_at = made_at - :passed, due_at = due_at - :passed"), given
        )


def change(case: Case, page: Page, base: UUID, words: str = "", reason: str = "") -> UUID:
    actor = case.agency.staff
    with case.agency.entered(actor):
        changed = changing.start_change(actor, base, words).id if words else changing.take_back(actor, base, reason).id
    if words:
        case.do("submit", changed)
    if case.row(changed).state == "awaiting_approval":
        case.do("approve", changed, case.row(changed).text_hash, actor="client_owner")
    transport = page.transport if words else ScriptedTransport(lambda request: json_answer({"success": True}))
    assert case.publish(changed, transport) == "published"
    return changed


def press(case: Case, promise_id: UUID, deed: str, actor: str = "staff") -> None:
    who = case.agency.actors[actor]
    with case.agency.entered(who):
        customer_promises.press(who, case.conversation_id, promise_id, deed)


def test_a_published_answer_promises_from_the_moment_it_was_sent(case: Case, page: Page) -> None:
    reply_id = sent(case, page, PROMISING)
    (one,) = promises(case)
    assert (one.phrase, one.ended, one.reply_id) == ("within 24 hours", None, reply_id)
    assert (one.made_at, one.due_at - one.made_at) == (case.row(reply_id).published_at, DAY)


def test_the_next_answer_ends_what_was_promised_before_it(case: Case, page: Page) -> None:
    sent(case, page, PROMISING)
    holding = case.approved("We have read it.")
    with case.superuser.begin() as connection:
        connection.execute(text("update reply set only_heard = true where id = :id"), {"id": holding})
    assert case.publish(holding, page.transport) == "published"
    assert [one.ended for one in promises(case)] == [None], "a holding reply is no answer"
    pass_time(case, hours=20)
    answer = sent(case, page, "Sorry, not yet. We will write again within 24 hours.")
    first, second = promises(case)
    assert (first.ended, first.ended_by_reply_id, first.ended_at) == ("kept", answer, second.made_at)
    assert (second.phrase, second.ended) == ("within 24 hours", None)
    pass_time(case, hours=30)
    press(case, first.id, "reopened")
    last = sent(case, page, "Found it.")
    assert [(one.ended, one.ended_by_reply_id) for one in promises(case)] == [("late", last), ("late", last)]


def test_words_found_on_the_platform_promise_from_when_they_left(case: Case, page: Page) -> None:
    sent(case, page, PROMISING)
    pass_time(case, hours=1)
    reply_id = case.approved(AGAIN)
    page.accepts, page.answer = False, OutcomeUnknown("no answer")
    assert case.publish(reply_id, page.transport) == "outcome_unknown"
    assert [one.ended for one in promises(case)] == [None], "nobody knows yet whether anything was said"
    came_in(case, AGAIN, "9_78")
    assert take_note(case)
    first, second = promises(case)
    row = case.row(reply_id)
    assert (first.ended, second.ended, second.made_at) == ("kept", None, row.published_at)


def test_a_changed_answer_promises_what_it_says_now(case: Case, page: Page) -> None:
    base = sent(case, page, "We write by tomorrow, and we refund it within 24 hours.")
    tomorrow, refund = promises(case)
    pass_time(case, hours=5)
    changed = change(case, page, base, "Sorry. We write by tomorrow, and we refund it within 48 hours.")
    first, second, third = promises(case)
    assert (first.id, first.reply_id, first.ended, first.phrase) == (tomorrow.id, changed, None, "by tomorrow")
    assert first.due_at == tomorrow.due_at - timedelta(hours=5), "said again is not put off"
    assert (second.id, second.ended, second.ended_by_reply_id) == (refund.id, "dropped", changed)
    assert (third.phrase, third.ended, third.reply_id) == ("within 48 hours", None, changed)
    taken = change(case, page, changed, reason="wrong")
    assert [(one.ended, one.ended_by_reply_id) for one in promises(case)] == [
        ("dropped", taken),
        ("dropped", changed),
        ("dropped", taken),
    ]


def test_a_day_is_over_by_the_brands_clock_and_hours(case: Case, page: Page) -> None:
    with case.agency.entered():
        days = [[[9 * 60, 17 * 60]]] * 7
        db.session.add(
            BrandHours(agency_id=case.agency.id, brand_id=case.agency.brand_ids[0], zone="Asia/Tokyo", days=days)
        )
    sent(case, page, "We will write to you by tomorrow.")
    (one,) = promises(case)
    assert (one.due_at.astimezone().utctimetuple().tm_hour, one.due_at.minute) == (8, 0), "17:00 in Tokyo"


def test_people_end_a_promise_and_open_it_again(case: Case, page: Page) -> None:
    sent(case, page, PROMISING)
    (one,) = promises(case)
    press(case, one.id, "kept")
    press(case, one.id, "kept")
    (kept,) = promises(case)
    assert (kept.ended, kept.ended_by) == ("kept", case.agency.staff.user_id)
    with pytest.raises(Conflict) as refused:
        press(case, one.id, "dropped")
    assert refused.value.code == "promise_ended"
    press(case, one.id, "reopened", actor="team_lead")
    press(case, one.id, "dropped")
    with pytest.raises(Forbidden):
        press(case, one.id, "reopened", actor="client_owner")
    with pytest.raises(NotFound):
        press(case, one.id, "broken")
    with case.superuser.connect() as connection:
        told = connection.execute(text("select action from brand_audit where action like 'promise%' order by number"))
        assert list(told.scalars()) == ["promise.kept", "promise.reopened", "promise.dropped"]


def test_what_cannot_be_read_is_published_all_the_same(case: Case, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_given: object) -> None:
        raise ValueError("no such zone")

    monkeypatch.setattr(customer_promises, "promised_in", breaks)
    sent(case, page, PROMISING)
    assert promises(case) == []
