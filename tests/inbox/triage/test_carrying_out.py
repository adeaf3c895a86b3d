"""What rules of the desk do as customers' words come in, and what they leave to people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from agency.inbox import desk, intake, labelling, labels
from agency.inbox.desk_models import ConversationLabel
from agency.inbox.loops import asking, by_rules, named
from agency.inbox.loops.models import LoopAsking
from agency.inbox.models import Contact, Conversation
from agency.inbox.signs import IN_LOOP, KEPT
from agency.inbox.triage import rules
from agency.inbox.triage.models import KeptCase, TriageDeed
from channels import accounts
from channels.items import Author
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Invalid
from tenants.models import Brand
from tenants.scope import Scope, in_scope
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment, page, review

BROKEN = {"words": [{"language": "pt", "words": "não abre"}, {"language": "", "words": "app"}]}


@pytest.fixture
def account(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="facebook")


def store(ana: Agency, account: UUID, *items: Any, **more: Any) -> None:
    """As a poll does: in the scope of the account's brand and of what its agency keeps for all of them."""
    with in_scope(ana.app, Scope(ana.id, frozenset({ana.brand_ids[0], ana.id}))):
        intake.store_page(accounts.get(account), page(*items), now=clock.now(), **more)


def write(ana: Agency, *, of_brand: bool = False, name: str = "Outage", **terms: Any) -> UUID:
    with ana.entered(ana.team_lead):
        brand_id = ana.brand_ids[0] if of_brand else None
        return rules.create_rule(ana.team_lead, brand_id, {"name": name, **BROKEN, **terms}).id


def label(ana: Agency, name: str = "outage") -> UUID:
    with ana.entered(ana.team_lead):
        return labels.create_label(ana.team_lead, None, name).id


def columns(of: Any) -> list[Any]:
    return [getattr(of, one.key) for one in of.__mapper__.column_attrs]


def case(ana: Agency, name: str = "post_1") -> Any:
    with ana.entered():
        return db.session.execute(select(*columns(Conversation)).where(Conversation.external_id == name)).one()


def deeds(ana: Agency) -> list[Any]:
    with ana.entered():
        return list(db.session.execute(select(*columns(TriageDeed)).order_by(TriageDeed.id)))


def points(found: Any) -> int:
    return sum(reason["points"] for reason in found.rank_reasons if reason["part"] == "rule")


def test_words_that_match_are_labelled_raised_and_kept_and_it_is_told_why(ana: Agency, account: UUID) -> None:
    outage = label(ana)
    rule = write(ana, label_ids=[str(outage)], points=30, keep_for=str(ana.staff.user_id))
    store(ana, account, comment(1, text="A app não abre desde ontem!"), comment(2, text="What a nice day"))
    found, other = case(ana), case(ana, "post_2")
    assert (found.label_ids, points(found), found.signs & KEPT) == ([outage], 30, KEPT)
    assert (other.label_ids, points(other), other.signs) == ([], 0, 0)
    assert next(r for r in found.rank_reasons if r["part"] == "rule")["rules"] == [[str(rule), 1, "Outage", 30]]
    (deed,) = deeds(ana)
    assert (deed.rule_id, deed.rule_version, deed.label_ids) == (rule, 1, [str(outage)])
    assert (deed.points, deed.kept_for_id, deed.kept_for_name) == (30, ana.staff.user_id, ana.staff.name)
    assert deed.spans == [[2, 5], [6, 14]]
    with ana.entered():
        assert db.session.execute(select(ConversationLabel.put_by_name)).scalar_one() == "Outage"
        assert db.session.execute(select(KeptCase.person_id)).scalar_one() == ana.staff.user_id


def test_the_same_words_act_once_and_what_people_did_stands(ana: Agency, account: UUID) -> None:
    outage = label(ana)
    write(ana, label_ids=[str(outage)], points=30, keep_for=str(ana.staff.user_id))
    item = comment(1, text="The app is down")
    store(ana, account, item)
    with ana.entered(ana.team_lead):
        labelling.take_off(ana.team_lead, [case(ana).id], [outage])
        desk.claim(ana.team_lead, case(ana).id)
    assert case(ana).signs & KEPT == 0
    store(ana, account, item)
    store(ana, account, comment(1, text="The app is down", hidden=True))  # the same words, shown otherwise
    assert (len(deeds(ana)), case(ana).label_ids, points(case(ana))) == (1, [], 30)
    store(ana, account, comment(3, text="Still this app!", under=1))
    found = case(ana)
    assert (found.label_ids, found.holder_id, found.signs & KEPT) == ([outage], ana.team_lead.user_id, 0)
    assert [deed.kept_for_id for deed in deeds(ana)] == [ana.staff.user_id, None]


def test_changed_words_are_asked_again_and_a_rule_written_since_does_not_act_on_the_old(
    ana: Agency, account: UUID
) -> None:
    outage = label(ana)
    store(ana, account, comment(1, text="The app is down"), comment(2, text="Hello"))
    rule = write(ana, label_ids=[str(outage)], points=-20)
    store(ana, account, comment(1, text="The app is down", hidden=True), comment(2, text="Hello, my app is broken"))
    assert (case(ana).label_ids, points(case(ana))) == ([], 0)
    assert (case(ana, "post_2").label_ids, points(case(ana, "post_2"))) == ([outage], -20)
    store(ana, account, comment(2, text="Hello, all is well"))
    assert (case(ana, "post_2").label_ids, points(case(ana, "post_2"))) == ([outage], 0)
    with ana.entered(ana.team_lead):
        rules.switch_rule(ana.team_lead, rule, on=False)
    store(ana, account, comment(5, text="My app is broken"))
    assert case(ana, "post_5").label_ids == []


def test_history_moves_nothing(ana: Agency, account: UUID) -> None:
    write(ana, points=30)
    store(ana, account, comment(1, text="The app is down"), past_before=clock.now() - timedelta(days=400))
    assert (deeds(ana), points(case(ana))) == ([], 0)


def test_the_agencys_rules_come_first_and_one_that_stops_ends_it(ana: Agency, account: UUID) -> None:
    of_brand = write(ana, of_brand=True, points=7)
    of_agency = write(ana, name="Everywhere", points=5)
    write(ana, name="Elsewhere", points=9, brands=[str(ana.brand_ids[1])])
    store(ana, account, comment(1, text="The app is down"))
    assert ([deed.rule_id for deed in deeds(ana)], points(case(ana))) == ([of_agency, of_brand], 12)
    with ana.entered(ana.team_lead):
        rules.change_rule(ana.team_lead, of_agency, {"version": 1, "stops": True})
    store(ana, account, comment(2, text="The app is down"))
    assert points(case(ana, "post_2")) == 5
    assert deeds(ana)[-1].rule_version == 2


def test_rules_together_count_no_more_than_a_bound_and_lower_nothing_late(ana: Agency, account: UUID) -> None:
    write(ana, points=40)
    write(ana, name="Again", points=40)
    write(ana, name="Down", of_brand=True, points=-40, words=[{"language": "", "words": "calm"}])
    store(ana, account, comment(1, text="My app"), comment(2, text="calm", created_at=clock.now() - timedelta(hours=1)))
    store(ana, account, comment(3, text="calm", created_at=clock.now() - timedelta(days=3)))
    assert (points(case(ana)), points(case(ana, "post_2")), points(case(ana, "post_3"))) == (40, -40, 0)


def test_a_page_costs_two_statements_more_at_most_and_none_without_rules(
    ana: Agency, account: UUID, statements: Callable[[], list[str]]
) -> None:
    def cost(*items: Any) -> int:
        statements()
        store(ana, account, *items)
        return len(statements())

    cost(comment(99))
    new, changed = cost(comment(1), comment(2)), cost(comment(1, text="The app"), comment(2, text="My app"))
    write(ana, label_ids=[str(label(ana))], points=30, keep_for=str(ana.staff.user_id))
    cost(comment(98))  # the rules are read once
    items = [comment(n, text="My app") for n in range(3, 63)]
    assert cost(*items) == new + 1
    assert cost(*(comment(n, text="Your app") for n in range(3, 63))) == changed + 2
    assert cost(*(comment(n, text="Nothing") for n in range(100, 130))) == new


def test_stars_people_and_the_brands_clock_are_asked(ana: Agency, account: UUID, make: Factory) -> None:
    google = make.account(ana, platform="google_business")
    with ana.entered():
        db.session.execute(update(Brand).where(Brand.id == ana.brand_ids[0]).values(time_zone="America/Sao_Paulo"))
    write(ana, name="Nights", words=[], stars_to=2, from_time="22:00", until_time="06:00", points=10)
    for number, hours, stars in ((1, 0, 1), (2, 14, 1), (3, 18, 1), (4, 18, 3)):  # 6:00, 20:00 and midnight there
        store(ana, google, review(number, stars=stars, created_at=at(hours * 60), updated_at=at(hours * 60)))
    assert [points(case(ana, f"reviews/{n}")) for n in (1, 2, 3, 4)] == [0, 0, 10, 0]
    write(ana, name="Friends", words=[], vip=True, points=3)
    store(ana, account, comment(1))
    with ana.entered():
        db.session.execute(update(Contact).where(Contact.external_id == "person-1").values(is_vip=True))
    store(ana, account, comment(2), comment(3, under=1, author=Author("person-1", "Customer 1")))
    assert [points(case(ana, name)) for name in ("post_1", "post_2")] == [3, 0]


def test_a_rule_asks_a_loop_once_until_it_answers(ana: Agency, account: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    legal = {"name": "Legal", "sort": "legal", "people": "Ewa <ewa@law.example>", "language": "pl", "hours": 4}
    with ana.entered(ana.team_lead):
        loop_id = named.create_loop(ana.team_lead, ana.brand_ids[0], {**legal, "answers_by": "community"})
    for of_brand, wanted in ((False, str(loop_id)), (True, str(new_id()))):
        with pytest.raises(Invalid) as refused:
            write(ana, of_brand=of_brand, loop_id=wanted)
        assert set(refused.value.fields["errors"]) == {"loop_id"}
    write(ana, of_brand=True, loop_id=str(loop_id))
    store(ana, account, comment(1, "My app crashes, call +48 600 700 800"))
    store(ana, account, comment(2, "The app again", under=1))
    with ana.entered():
        (asked,) = db.session.scalars(select(LoopAsking)).all()
        assert (asked.to_email, asked.asked_by, asked.asked_by_name) == ("ewa@law.example", None, "“Outage”")
        assert "Outage" in asked.question
        assert "600" not in asked.words
    monkeypatch.setattr(by_rules, "MOST_WAITING", 1)
    store(ana, account, comment(8, "My app, too"))
    with ana.entered():
        (asked,) = db.session.scalars(select(LoopAsking)).all()  # a storm mails nobody three hundred times
        asking.answer(asked, "We know.", how="mail")
    assert case(ana).signs & IN_LOOP == 0
    store(ana, account, comment(3, "And the app now?", under=1))
    with ana.entered():
        assert [one.state for one in db.session.scalars(select(LoopAsking).order_by(LoopAsking.id))] == [
            "answered",
            "open",
        ]
    assert case(ana).signs & IN_LOOP
