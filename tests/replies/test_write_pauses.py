"""A platform that stops an account from writing: answers wait and go out by themselves, and people are told once."""

from __future__ import annotations

from email import message_from_string
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from sqlalchemy import select, text

from agency.inbox import moderation
from agency.inbox.models import Message
from agency.notices.mail import open_mail
from agency.replies import desk
from channels.items import person_thread
from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from channels.write_pauses import PAUSE
from jobs import upkeep
from tenants.database import db
from tenants.models import OutgoingMail
from tests.factories import Factory
from tests.replies.conftest import Case, Page

ABUSIVE = json_answer({"error": {"message": "(#368) no", "type": "OAuthException", "code": 368}}, 403)
RESTRICTED = json_answer(
    {"error": {"message": "(#10) no", "type": "OAuthException", "code": 10, "error_subcode": 1893063}}, 403
)


def stopped(page: Page) -> None:
    page.accepts, page.answer = False, ABUSIVE


def freed(page: Page) -> None:
    page.accepts, page.answer = True, None


def hours_pass(case: Case, *others: Case) -> None:
    seconds = int(PAUSE.total_seconds()) + 2
    for one in (case, *others):
        one.pass_time(seconds)
    with case.superuser.begin() as connection:
        for name in ("writes_paused_until", "messages_paused_until"):
            connection.execute(text(f"update account set {name} = {name} - make_interval(secs => :s)"), {"s": seconds})


def writes(page: Page) -> int:
    return sum(request.method != "GET" for request in page.transport.requests)


def beside(case: Case, make: Factory, kind: str = "comment") -> Case:
    """Another conversation of the same account."""
    with case.superuser.connect() as connection:
        account_id = connection.execute(text("select id from account")).scalar_one()
    return Case(case.agency, make.conversation(case.agency, account_id=account_id, kind=kind), case.superuser)


def told(case: Case) -> list[str]:
    """The plain words of the mails about it, newest last, each to an agency admin."""
    with case.agency.app.app_context():
        kept = db.session.scalars(select(OutgoingMail).where(OutgoingMail.notice == "writing_paused"))
        mails = [message_from_string(open_mail(mail), _class=EmailMessage, policy=SMTP) for mail in kept]
    assert all("agency_admin" in mail["To"] for mail in mails)
    return [str(body.get_content()) for mail in mails if (body := mail.get_body(("plain",))) is not None]


def test_a_blocked_account_asks_once_and_what_waits_goes_out_when_it_may(case: Case, page: Page, make: Factory) -> None:
    second = beside(case, make)
    first, other = case.approved(), second.approved("Another answer.")
    stopped(page)
    assert case.publish(first, page.transport) == "approved"
    assert case.publish(other, page.transport) == "skipped"
    assert writes(page) == 1, "the second was not even tried"
    for reply_id in (first, other):
        row = case.row(reply_id)
        assert row.state == "approved"
        assert "Facebook lets this account write nothing for now" in (row.state_reason or "")
        assert case.publish(reply_id, page.transport) == "skipped"
    with case.superuser.connect() as connection:
        later = "run_at > now() + interval '3 hours 59 minutes' and run_at <= now() + interval '4 hours 1 minute'"
        promised = connection.execute(text(f"select ids->>'reply_id' from outbox_entry where {later}")).scalars()
        assert {*promised} == {str(first), str(other)}, "tried again by themselves"
    freed(page)
    hours_pass(case, second)
    assert case.publish(first, page.transport) == "published"
    assert case.publish(other, page.transport) == "published"
    assert len(page.posted) == 2
    assert [a["outcome"] for a in case.receipt(first).as_data()["attempts"]] == ["not_sent", "published"]


def test_an_answer_approved_meanwhile_waits_with_its_reason(case: Case, page: Page, make: Factory) -> None:
    stopped(page)
    case.publish(case.approved(), page.transport)
    later = beside(case, make)
    reply_id = later.approved()
    assert case.publish(reply_id, page.transport) == "skipped"
    assert "as soon as it may" in (case.row(reply_id).state_reason or "")
    later.do("withdraw", reply_id)
    assert case.row(reply_id).state == "draft", "a person may still think better of it"


def test_a_block_that_stays_begins_the_pause_anew_and_people_are_told_once_a_day(case: Case, page: Page) -> None:
    reply_id = case.approved()
    stopped(page)
    assert case.publish(reply_id, page.transport) == "approved"
    (words,) = told(case)
    assert "Facebook lets us write nothing in the name of" in words
    assert "/accounts" in words
    hours_pass(case)
    assert case.publish(reply_id, page.transport) == "approved"
    assert case.publish(reply_id, page.transport) == "skipped"
    assert writes(page) == 2
    assert len(told(case)) == 1
    hours_pass(case)
    with case.superuser.begin() as connection:
        connection.execute(text("update account set pause_told_at = pause_told_at - interval '1 day'"))
    case.publish(reply_id, page.transport)
    assert len(told(case)) == 2


def test_a_page_that_may_send_no_messages_still_answers_in_public(case: Case, page: Page, make: Factory) -> None:
    thread = beside(case, make, "message")
    with case.superuser.begin() as connection:
        connection.execute(
            text("update conversation set external_id = :name where id = :id"),
            {"name": person_thread("77"), "id": thread.conversation_id},
        )
    message = thread.approved("Hello.")
    assert case.publish(message, ScriptedTransport(lambda _request: RESTRICTED)) == "approved"
    assert "send no messages for now" in (case.row(message).state_reason or "")
    (words,) = told(case)
    assert "Public answers go out as ever" in words
    with case.agency.entered(case.agency.staff):
        privately = desk.start_draft(case.agency.staff, case.conversation_id, "In private.", private=True).id
    case.do("submit", privately)
    case.do("approve", privately, case.row(privately).text_hash, actor="client_owner")
    assert case.publish(privately, page.transport) == "skipped"
    assert "send no messages for now" in (case.row(privately).state_reason or "")
    in_public = beside(case, make).approved("In public.")
    assert case.publish(in_public, page.transport) == "published"


def test_deeds_wait_too_and_are_done_afterwards(case: Case, page: Page) -> None:
    reply_id = case.approved()
    agency = case.agency
    with agency.entered(agency.team_lead):
        message_id = db.session.execute(select(Message.id).where(Message.direction == "in")).scalar_one()
        deed_id = moderation.ask(agency.team_lead, case.conversation_id, message_id, "hide").id
    answers: list[Answer] = [ABUSIVE, json_answer({"success": True})]
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        return answers.pop(0)

    platform = ScriptedTransport(answer)
    for _ in range(10):
        moderation.perform(agency.app, agency.scope, deed_id, platform)
    assert len(asked) == 1
    with case.superuser.connect() as connection:
        assert connection.execute(text("select attempts, state from moderation_deed")).one() == (0, "waiting")
    assert case.publish(reply_id, page.transport) == "skipped", "a deed's no stops answers as well"
    assert len(told(case)) == 1
    with case.superuser.begin() as connection:
        connection.execute(text("update moderation_deed set created_at = created_at - interval '1 hour'"))
        connection.execute(text("delete from outbox_entry"))

    def woken() -> int:
        with agency.entered():
            return upkeep.wake_deeds()

    assert woken() == 0
    hours_pass(case)
    assert woken() == 1
    assert moderation.perform(agency.app, agency.scope, deed_id, platform) == "done"


@pytest.mark.parametrize("health", ["ok", "throttled"])
def test_reading_goes_on_and_a_look_is_not_held_back(case: Case, page: Page, health: str) -> None:
    reply_id = case.approved()
    assert case.publish(reply_id, page.transport) == "published"
    with case.superuser.begin() as connection:
        connection.execute(
            text("update account set writes_paused_until = now() + interval '1 hour', health = :h"), {"h": health}
        )
    case.look(reply_id, page.transport)
    assert case.row(reply_id).read_back_at is not None
