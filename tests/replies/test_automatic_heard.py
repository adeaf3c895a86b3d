"""Words that say by themselves that a customer was heard: once, where a client signed them and nobody is at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from agency.inbox import desk as inbox_desk
from agency.inbox.heard_lines import HeardLine, line_for
from agency.inbox.models import Conversation
from agency.replies import automatic_heard, desk, publishing
from agency.replies.acknowledgement_versions import save_texts
from agency.replies.checks import written_by
from agency.replies.heard_replay import heard_last_week
from agency.replies.models import CustomerPromise, Reply
from agency.replies.policy_terms import read_terms
from channels.items import Author
from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport
from jobs.acknowledging import acknowledge
from tenants import clock
from tenants.business_time import BusinessTime
from tenants.database import db
from tenants.errors import Conflict, Invalid
from tenants.models import OutboxEntry
from tenants.opening_hours import Hours
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment
from tests.inbox.test_reranking import keep
from tests.replies.conftest import Page

ASKS = "Where is my order? I have been waiting for a week now."
TEXT = {"platform": "", "kind": "", "language": "en", "text": "Hello {customer_name}, we read it and will answer {by}."}
LINE = {"platform": "", "kind": "", "when": "always", "after_minutes": 10}


@pytest.fixture
def account(make: Factory, ana: Agency, superuser: Engine) -> UUID:
    """Of a brand whose client signed that it acknowledges after ten minutes."""
    with ana.entered(ana.team_lead):
        save_texts(ana.team_lead, ana.brand_ids[0], [TEXT], "", based_on=0)
    make.policy(ana, ana.brand_ids[0], acknowledge=[LINE], acknowledge_texts=1)
    with superuser.begin() as connection:
        connection.execute(text("update approval_policy set signed_how = 'page', signed_by_name = 'Ana'"))
    return make.account(ana)


@pytest.fixture
def page(account: UUID, superuser: Engine) -> Page:
    """The page behind the account."""
    with superuser.connect() as connection:
        return Page(connection.execute(text("select external_id from account")).scalar_one())


def case_of(ana: Agency, number: int = 1) -> UUID:
    with ana.entered():
        return db.session.execute(
            select(Conversation.id).where(Conversation.external_id == f"post_{number}")
        ).scalar_one()


def look(ana: Agency, number: int = 1, *, minutes: float = 12) -> str:
    case = case_of(ana, number)
    with clock.stopped_at(at(minutes)), ana.entered():
        return automatic_heard.acknowledge(case)


def reply_of(ana: Agency) -> Any:
    with ana.entered():
        return db.session.execute(select(Reply.id, Reply.state, Reply.state_reason, Reply.acknowledges)).one()


def publish(ana: Agency, transport: ScriptedTransport) -> str:
    with clock.stopped_at(at(13)):
        return publishing.publish(ana.app, ana.scope, reply_of(ana).id, transport)


def test_where_nobody_is_at_it_the_signed_words_go_out_once(ana: Agency, account: UUID, page: Page) -> None:
    keep(ana, account, comment(1, ASKS), now=at(2))
    with ana.entered():
        wanted = select(OutboxEntry.ids, OutboxEntry.run_at).where(OutboxEntry.job_name == "acknowledge")
        ids, run_at = db.session.execute(wanted).one()
    assert run_at == at(11), "ten minutes after they wrote"
    assert look(ana, minutes=9) == "newer_words"
    with clock.stopped_at(at(12)):
        acknowledge(ana.app, **ids)
        acknowledge(ana.app, **ids)  # told twice
    assert publish(ana, page.transport) == "published"
    assert [one["message"] for one in page.posted] == ["Hello, we read it and will answer today by 21:00."]
    with ana.entered():
        found = db.session.execute(select(Conversation).where(Conversation.external_id == "post_1")).scalar_one()
        assert (found.status, "at" in found.clocks["heard"], "at" in found.clocks["answered"]) == ("open", True, False)
        reply = db.session.execute(select(Reply)).scalar_one()
        assert (reply.automatic, reply.only_heard, reply.acknowledges, reply.policy_number) == (True, True, 1, 1)
        promised = db.session.execute(select(CustomerPromise.reply_id, CustomerPromise.due_at)).all()
        # It went out when the database says, whose clock no test moves: what is said late in an evening is over.
        until = reply.published_at.astimezone(UTC).replace(hour=21, minute=0, second=0, microsecond=0)
        assert promised == ([(reply.id, until)] if reply.published_at < until else [])
    keep(ana, account, comment(20, ASKS, under=1, author=Author("person-1", "Customer 1")), now=at(21))
    assert look(ana, minutes=40) == "once_a_thread"
    keep(ana, account, comment(30, ASKS, author=Author("person-1", "Customer 1")), now=at(31))
    keep(ana, account, comment(31, ASKS), now=at(32))
    assert look(ana, 30, minutes=50) == "once_a_person"
    assert look(ana, 31, minutes=50) == "sent", "somebody else is told all the same"


def _claimed(ana: Agency, case: UUID) -> None:
    inbox_desk.claim(ana.staff, case)


def _claimed_and_given_back(ana: Agency, case: UUID) -> None:
    inbox_desk.claim(ana.staff, case)
    inbox_desk.release(ana.staff, case)


def _begun(ana: Agency, case: UUID) -> None:
    desk.start_draft(ana.staff, case, "Dear", takes=False)


def _closed(ana: Agency, case: UUID) -> None:
    inbox_desk.close(ana.team_lead, case)


@pytest.mark.parametrize(
    ("deed", "why"),
    [(_claimed, "held"), (_claimed_and_given_back, "was_held"), (_begun, "words_wait"), (_closed, "not_open")],
)
def test_whatever_a_person_began_meanwhile_stops_it(
    ana: Agency, account: UUID, deed: Callable[[Agency, UUID], None], why: str
) -> None:
    keep(ana, account, comment(1, ASKS), now=at(2))
    with clock.stopped_at(at(5)), ana.entered(ana.staff):
        deed(ana, case_of(ana))
    assert look(ana) == why


def test_it_is_never_said_to_praise_in_a_foreign_language_late_or_unsigned(
    ana: Agency, account: UUID, superuser: Engine
) -> None:
    praise, foreign = (
        "Thank you so much, the best bakery in town, I love it!",
        "Gdzie jest moje zamówienie? Czekam już tydzień.",
    )
    keep(ana, account, comment(1, praise), comment(2, foreign), comment(3, ASKS), now=at(4))
    assert look(ana, 1, minutes=20) == "praise"
    assert look(ana, 2, minutes=20) == "no_words", "there is no text in Polish"
    assert look(ana, 3, minutes=26 * 60) == "not_open", "after a day it is for people alone"
    with superuser.begin() as connection:
        connection.execute(text("update approval_policy set signed_how = 'as_before', signed_by_name = ''"))
    assert look(ana, 3, minutes=20) == "not_signed"


def test_while_another_thread_of_the_person_is_looked_at_it_waits(
    ana: Agency, account: UUID, superuser: Engine
) -> None:
    keep(ana, account, comment(1, ASKS), now=at(2))
    with superuser.begin() as other:
        other.execute(text("select id from contact for no key update"))
        assert look(ana) == "again"
    assert look(ana) == "sent"


def test_a_brand_that_is_read_only_says_nothing_by_itself(ana: Agency, account: UUID, superuser: Engine) -> None:
    keep(ana, account, comment(1, ASKS), now=at(2))
    with superuser.begin() as connection:
        connection.execute(text("update brand set read_only_at = now(), read_only_why = 'unpaid'"))
    assert look(ana) == "brand_read_only"
    with superuser.begin() as connection:
        assert connection.execute(text("select count(*) from reply")).scalar_one() == 0
        connection.execute(text("update brand set read_only_at = null, read_only_why = null"))
    assert look(ana) == "sent"


def test_a_direct_message_is_answered_as_by_a_rule(ana: Agency, account: UUID) -> None:
    def wrote(number: int) -> Any:
        return comment(number, ASKS, kind="message", thread_external_id="t_1", author=Author("p-1", "Ana Nowak"))

    keep(ana, account, wrote(1), now=at(2))
    with ana.entered():
        case = db.session.execute(select(Conversation.id)).scalar_one()

    def looked(minutes: float) -> str:
        with clock.stopped_at(at(minutes)), ana.entered():
            return automatic_heard.acknowledge(case)

    assert looked(12) == "sent"
    with ana.entered():
        reply = db.session.execute(select(Reply)).scalar_one()
        assert (reply.private, written_by(reply)) == (True, "rule"), "so no platform is told that a person wrote"


def test_a_person_who_takes_the_case_first_keeps_it_from_going_out(ana: Agency, account: UUID, page: Page) -> None:
    keep(ana, account, comment(1, ASKS), now=at(2))
    assert look(ana) == "sent"
    with clock.stopped_at(at(12)), ana.entered(ana.staff):
        inbox_desk.claim(ana.staff, case_of(ana))
    publish(ana, page.transport)
    found = reply_of(ana)
    assert (found.state, page.posted) == ("dropped", [])
    assert found.state_reason == automatic_heard.SOMEBODY_IS_AT_IT
    with ana.entered(ana.staff):
        desk.start_draft(ana.staff, case_of(ana), "We look into it.")


def test_a_person_who_comes_as_it_leaves_waits_and_keeps_the_case(ana: Agency, account: UUID, page: Page) -> None:
    keep(ana, account, comment(1, ASKS), now=at(2))
    assert look(ana) == "sent"
    told: list[str] = []

    def meanwhile() -> None:
        with clock.stopped_at(at(13)), ana.entered(ana.staff):
            mine = desk.start_draft(ana.staff, case_of(ana), "It was sent on Monday.").id
            try:
                desk.submit(ana.staff, mine)
            except Conflict as refusal:
                told.append(refusal.code)

    def answer(request: Request) -> Any:
        if request.method == "POST":
            person = Thread(target=meanwhile)
            person.start()
            person.join()
        answered: Answer | Exception = page._answer(request)
        return answered

    assert publish(ana, ScriptedTransport(answer)) == "published"
    assert told == ["another_reply"], "never two at a time"
    with ana.entered():
        assert db.session.execute(select(Conversation.holder_id)).scalar_one() == ana.staff.user_id


def test_the_line_of_the_shortest_wait_holds_and_closed_means_closed() -> None:
    times = BusinessTime(Hours("UTC", (((540, 1020),),) * 7))
    day, night = (datetime.combine(at(0).date(), time(hour), UTC) for hour in (12, 20))
    lines = (
        HeardLine("", "", "always", 60),
        HeardLine("facebook", "", "closed", 5),
        HeardLine("", "message", "always", 2),
    )
    assert line_for(lines, "facebook", "comment", day, times) == lines[0]
    assert line_for(lines, "facebook", "mention", night, times) == lines[1]
    assert line_for(lines, "instagram", "message", night, times) == lines[2]
    assert line_for(lines, "google_business", "review", night, times) is None
    assert line_for(lines[1:2], "facebook", "comment", night, None) is None, "nobody said when it is closed"
    for wrong in ({**LINE, "after_minutes": 0}, {**LINE, "kind": "review"}, {**LINE, "when": "never"}):
        with pytest.raises(Invalid):
            read_terms({"acknowledge": [wrong], "acknowledge_texts": 1})
    for more in ({}, {"acknowledge_texts": 1, "mode": "client"}):
        with pytest.raises(Invalid):
            read_terms({"acknowledge": [LINE], **more})


def test_last_week_tells_how_many_threads_it_would_have_been(ana: Agency, account: UUID) -> None:
    keep(ana, account, comment(1, ASKS), comment(2, ASKS, under=1), comment(3, ASKS), now=at(4))
    with clock.stopped_at(at(60)), ana.entered():
        assert heard_last_week(ana.brand_ids[0], (HeardLine("", "", "always", 10),)) == (2, 0)
        assert heard_last_week(ana.brand_ids[0], (HeardLine("instagram", "", "always", 10),)) == (0, 0)
        assert heard_last_week(ana.brand_ids[0], (HeardLine("", "", "always", 90),)) == (0, 0)
