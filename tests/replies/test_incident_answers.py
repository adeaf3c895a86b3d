"""Who wrote about an incident gets the holding text once and one follow-up, by the way every reply goes."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text

from agency.inbox import desk as inbox_desk
from agency.inbox import intake
from agency.inbox.contacts import linking
from agency.inbox.incidents import opening
from agency.inbox.incidents.models import FOLLOW_UP, HOLDING, Incident
from agency.inbox.models import Contact, Conversation
from agency.replies import desk, incident_answers, incident_texts, publishing, queries
from agency.replies.incident_names import put_back
from agency.replies.incident_progress import progress_of
from agency.replies.models import Approval, Reply
from agency.replies.words import hash_of
from channels import accounts
from channels.items import Author
from channels.models import Account
from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.scope import Scope, in_scope, raw_sql
from tests.factories import Agency, Factory
from tests.inbox.items import comment, page, review
from tests.paying import billing_on
from tests.replies.conftest import Page

WORDS = "A app não abre desde hoje, que vergonha!"
CARD = "O meu cartão não funciona, que vergonha!"
NAMES = {1: "Rita Alves", 2: "Joana Pires"}
NAMED = {"pt": ["Olá {customer_name}, sabemos que a app não abre e estamos a tratar disso."]}
NAMING = "Hello {customer_name}, we know."
HOLD = {"pt": ["Sabemos que a app não abre e estamos a tratar disso."]}
DONE = {"pt": ["A app já abre. Obrigado por esperar.", "Já está resolvido: a app abre outra vez."]}


class Storm:
    """An incident of the first brand, and a page that takes what is sent."""

    def __init__(self, ana: Agency, account: UUID, superuser: Engine) -> None:
        self.ana, self.account, self.superuser = ana, account, superuser
        with ana.entered():
            page_id = db.session.execute(select(Account.external_id)).scalar_one()
        self.page = Page(page_id)
        with ana.entered(ana.team_lead):
            data = {"name": "App", "words": [{"language": "", "words": "app"}]}
            self.id = opening.open_incident(ana.team_lead, ana.brand_ids[0], data).id

    def comments(self, *numbers: int, words: str = WORDS) -> None:
        now = clock.now() + timedelta(seconds=1)
        items = [
            comment(n, text=words, created_at=now, author=Author(f"p-{n}", NAMES.get(n, f"Person {n}")))
            for n in numbers
        ]
        self.store(*items)

    def store(self, *items: Any) -> None:
        with in_scope(self.ana.app, Scope(self.ana.id, frozenset({self.ana.brand_ids[0], self.ana.id}))):
            intake.store_page(accounts.get(self.account), page(*items), now=clock.now() + timedelta(seconds=2))

    def do(self, deed: Any, *arguments: Any) -> None:
        with self.ana.entered(self.ana.team_lead):
            deed(self.ana.team_lead, self.id, *arguments)

    def run(self) -> int:
        """All runs that follow from one another at once; how many there were."""
        for number in range(1, 50):
            with in_scope(self.ana.app, Scope(self.ana.id, frozenset({self.ana.brand_ids[0], self.ana.id}))):
                again = incident_answers.go_on(self.id)
                waits = again is None or again - clock.now() > incident_answers.PACE
            if waits:
                return number
        raise AssertionError("it never ends")

    def publish(self) -> None:
        with self.ana.entered():
            ready = list(db.session.scalars(select(Reply.id).where(Reply.state == "approved").order_by(Reply.id)))
        self.set("update reply set not_before = null, not_before_because = null where state = 'approved'")
        for one in ready:
            publishing.publish(self.ana.app, self.ana.scope, one, self.page.transport)

    def set(self, sql: str) -> None:
        with self.superuser.begin() as connection:
            connection.execute(text(sql))

    def rows(self, model: Any) -> list[Any]:
        with self.ana.entered():
            found = list(db.session.scalars(select(model).order_by(model.id)))
            db.session.expunge_all()
            return found

    def said(self) -> Counter[str]:
        return Counter(one["message"] for one in self.page.posted)

    def progress(self, purpose: str) -> Any:
        with self.ana.entered():
            return progress_of(self.id, purpose)


@pytest.fixture
def storm(make: Factory, ana: Agency, superuser: Engine) -> Storm:
    """Of a brand whose client says yes to every reply."""
    return Storm(ana, make.account(ana, platform="facebook"), superuser)


@pytest.fixture
def free(make: Factory, superuser: Engine) -> Storm:
    """Of a brand whose client asks for no yes."""
    agency = make.agency("Free House", brands=("Wolna",), needs_approval=False)
    return Storm(agency, make.account(agency, platform="facebook"), superuser)


def test_the_client_says_yes_once_and_it_counts_for_all(storm: Storm) -> None:
    storm.comments(1, 2, 3, 4)
    later = clock.now() + timedelta(seconds=2)
    storm.store(comment(9, under=3, text="Também a mim", created_at=later, author=Author("p-9", "Zé Silva")))
    storm.do(incident_texts.start_holding, NAMED)
    storm.run()
    (sample,) = storm.rows(Reply)
    assert sample.state == "awaiting_approval"
    assert sample.waits_because[-1]["rule"] == "incident"
    storm.run()
    assert len(storm.rows(Reply)) == 1
    owner = storm.ana.client_owner
    with storm.ana.entered(owner):
        desk.approve(owner, sample.id, queries.get_reply(sample.id).text_hash)
    storm.run()
    storm.publish()
    assert storm.said() == {
        NAMED["pt"][0].replace(" {customer_name}", name): times
        for name, times in ((" Rita", 1), (" Joana", 1), (" Zé", 1), ("", 1))
    }
    yes = storm.rows(Approval)
    assert {(one.decision, one.decided_by) for one in yes} == {("approved", owner.user_id)}
    assert len(yes) == 4


def test_a_client_who_changes_the_words_has_decided_on_those_and_a_no_stops_all(storm: Storm) -> None:
    storm.comments(1, 2)
    storm.do(incident_texts.start_holding, NAMED)
    storm.run()
    (sample,) = storm.rows(Reply)
    owner = storm.ana.client_owner
    with storm.ana.entered(owner):
        shown = queries.get_reply(sample.id).text_hash
        desk.change_and_approve(owner, sample.id, "Rita, estamos a tratar da app.", shown)
    storm.run()
    storm.publish()
    assert storm.said() == {"Rita, estamos a tratar da app.": 1, "Joana, estamos a tratar da app.": 1}
    storm.do(incident_texts.end_with_follow_up, {"pt": [DONE["pt"][0]]}, "return")
    storm.run()
    waiting = next(one for one in storm.rows(Reply) if one.state == "awaiting_approval")
    with storm.ana.entered(owner):
        desk.say_no(owner, waiting.id, "decline", "Not like this.", hash_of(DONE["pt"][0]))
    storm.run()
    storm.publish()
    assert sum(storm.said().values()) == 2
    assert storm.progress(FOLLOW_UP).due == 1
    assert storm.rows(Incident)[0].state == "ending"


def test_nobody_is_written_to_where_a_colleague_is_or_was_or_by_another_name(free: Storm) -> None:
    free.comments(1, 2, 3, 4, 5)
    free.store(review(6, text="A app não abre", created_at=clock.now() + timedelta(seconds=1)))
    by_name = {one.external_id: one for one in free.rows(Conversation)}
    staff = free.ana.staff
    with free.ana.entered(staff):
        inbox_desk.claim(staff, by_name["post_1"].id)
        answer = desk.start_draft(staff, by_name["post_2"].id, "Olá, já vimos.")
        desk.release(staff, answer.id)
        inbox_desk.release(staff, by_name["post_2"].id)
        contacts = {one.name: one.id for one in db.session.scalars(select(Contact))}
        linking.link_by_decision(staff, contacts["Person 4"], contacts["Person 5"], "Same handle in both.")
    free.do(incident_texts.start_holding, HOLD)
    free.run()
    free.publish()
    assert free.said()[HOLD["pt"][0]] == 2, "persons 3 and 4"
    why = free.progress(HOLDING).why
    assert why == {"colleague": 2, "same_person": 1, "one_answer": 1}


def test_who_wrote_about_two_incidents_that_end_at_once_gets_one_follow_up(free: Storm) -> None:
    first, brand = free.id, free.ana.brand_ids[0]
    with free.ana.entered(free.ana.team_lead):
        data = {"name": "Card", "words": [{"language": "", "words": "cartão"}]}
        second = opening.open_incident(free.ana.team_lead, brand, data).id
    later = clock.now() + timedelta(seconds=1)
    for number, who, words in ((1, 1, WORDS), (2, 1, CARD), (3, 3, WORDS), (4, 4, CARD)):
        free.store(comment(number, text=words, created_at=later, author=Author(f"p-{who}", f"Person {who}")))
    for free.id in (first, second):
        free.do(incident_texts.end_with_follow_up, {"pt": [DONE["pt"][0]]}, "return")
    scope = Scope(free.ana.id, frozenset({brand, free.ana.id}))

    def other() -> None:
        with in_scope(free.ana.app, scope):
            incident_answers.go_on(second)

    with ThreadPoolExecutor(1) as pool:
        with in_scope(free.ana.app, scope):
            incident_answers.go_on(first)  # and not yet committed
            running = pool.submit(other)
            waiting = raw_sql("select count(*) from pg_locks where not granted", reason="who waits")
            for _ in range(1_200):
                if running.done() or db.session.execute(waiting).scalar_one():
                    break
                wait([running], timeout=0.05)
        running.result(60)
    for free.id in (first, second):
        free.run()
    with free.ana.entered():
        rows = (
            select(Contact.name, func.count(Reply.id))
            .join(Conversation, Conversation.contact_id == Contact.id)
            .join(Reply, Reply.conversation_id == Conversation.id)
            .group_by(Contact.name)
        )
        assert {row[0]: row[1] for row in db.session.execute(rows)} == {"Person 1": 1, "Person 3": 1, "Person 4": 1}


@pytest.mark.parametrize(
    "deed", [(incident_texts.start_holding, HOLD), (incident_texts.end_with_follow_up, HOLD, "return")]
)
def test_no_text_begins_in_a_brand_that_is_read_only(free: Storm, deed: tuple[Any, ...]) -> None:
    free.comments(1)
    free.set("update brand set read_only_at = now(), read_only_why = 'unpaid'")
    with billing_on(free.ana.app), pytest.raises(Conflict) as refused:
        free.do(*deed)
    assert refused.value.code == "brand_read_only"


def test_what_is_the_same_for_all_stops_all_and_goes_on_when_seen_to(free: Storm) -> None:
    free.comments(1, 2)
    free.do(incident_texts.start_holding, HOLD)
    free.set("update brand set paused_at = now()")
    free.run()
    (found,) = free.rows(Incident)
    assert "paused" in found.trouble
    assert free.progress(HOLDING).due == 2
    free.set("update brand set paused_at = null")
    free.do(incident_texts.try_again)
    free.run()
    assert free.rows(Incident)[0].trouble is None
    assert free.progress(HOLDING).waits == 2


def test_what_is_refused(storm: Storm) -> None:
    with storm.ana.entered(storm.ana.staff), pytest.raises(Forbidden):
        incident_texts.start_holding(storm.ana.staff, storm.id, HOLD)
    for wrong in ({}, {"pt": [" "]}, {"pt": ["O seu {order} chega."]}, {"pt": list("abcdef")}, {"pt": ["x" * 70_000]}):
        with pytest.raises(Invalid):
            storm.do(incident_texts.start_holding, wrong)
    with pytest.raises(Invalid):
        storm.do(incident_texts.end_with_follow_up, DONE, "forget")
    storm.do(opening.close_incident, "return")
    with pytest.raises(Conflict):
        storm.do(incident_texts.start_holding, HOLD)
    with pytest.raises(Conflict):
        storm.do(incident_texts.end_with_follow_up, DONE, "return")


@pytest.mark.parametrize(
    ("wording", "words", "then"),
    [
        (NAMING, "Anna, we are at it.", "{customer_name}, we are at it."),
        (NAMING, "We are at it.", "We are at it."),
        (NAMING, "Anno, zajmujemy się tym.", None),
        (NAMING, "Anna, dear Anna, we are at it.", None),
        (NAMING, "Mrs Kowalska, we are at it.", None),
        (NAMING, "Anna, we are at {it}.", None),
        ("We know.", "Anna, we know.", None),
        ("We know.", "We are at it.", "We are at it."),
    ],
)
def test_a_name_the_client_put_in_is_said_to_nobody_else(wording: str, words: str, then: str | None) -> None:
    assert put_back(wording, words, "Anna Kowalska") == then
