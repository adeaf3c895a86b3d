"""What comes in while an incident is open, what suggests one, and how cases leave and come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from agency.inbox import desk, erasing, intake, merging
from agency.inbox.incidents import opening
from agency.inbox.incidents.models import IncidentCase, IncidentPerson, IncidentSuggestion
from agency.inbox.models import Conversation
from agency.inbox.signs import INCIDENT
from agency.notices.models import Notice
from channels import accounts
from channels.items import Author, PostContext
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import BrandAudit
from tenants.scope import Scope, in_scope
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment, page

DOWN = {"name": "App does not open", "words": [{"language": "", "words": "não abre"}, {"language": "", "words": "app"}]}


@pytest.fixture
def account(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="facebook")


@pytest.fixture(autouse=True)
def _morning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: at(30))


def store(ana: Agency, account: UUID, *items: Any) -> None:
    with in_scope(ana.app, Scope(ana.id, frozenset({ana.brand_ids[0], ana.id}))):
        intake.store_page(accounts.get(account), page(*items), now=clock.now())


def storm(ana: Agency, account: UUID, *numbers: int, minute: float = 25) -> None:
    words = "A app não abre desde hoje, que vergonha! Estou muito zangada."
    store(ana, account, *(comment(n, text=words, created_at=at(minute + n / 60)) for n in numbers))


def opened(ana: Agency, suggestion: UUID | None = None, **more: Any) -> UUID:
    with ana.entered(ana.team_lead):
        return opening.open_incident(ana.team_lead, ana.brand_ids[0], {**DOWN, **more}, suggestion).id


def cases(ana: Agency) -> dict[str, Any]:
    with ana.entered():
        rows = db.session.execute(
            select(Conversation.external_id, Conversation.status, Conversation.signs, Conversation.closed_reason)
        )
        return {row[0]: (row[1], bool(row[2] & INCIDENT), row[3]) for row in rows}


def case_id(ana: Agency, name: str) -> UUID:
    with ana.entered():
        return db.session.execute(select(Conversation.id).where(Conversation.external_id == name)).scalar_one()


def rows(ana: Agency, model: Any) -> list[Any]:
    with ana.entered():
        found = list(db.session.scalars(select(model).order_by(model.id)))
        db.session.expunge_all()
        return found


OPEN, AWAY = ("open", False, None), ("snoozed", True, None)


def test_eight_who_say_the_same_are_suggested_to_leads_once(ana: Agency, account: UUID) -> None:
    storm(ana, account, *range(1, 8))
    assert rows(ana, IncidentSuggestion) == []
    storm(ana, account, 8, 9)
    storm(ana, account, 9, 10)
    (found,) = rows(ana, IncidentSuggestion)
    assert (found.people_count, len(found.conversation_ids), found.state) == (10, 10, "open")
    assert {"app", "abre"} & set(found.words)
    told = {one.person_id for one in rows(ana, Notice) if one.kind == "incident_suggested"}
    assert told == {ana.team_lead.user_id, ana.agency_admin.user_id}
    made = opened(ana, found.id)
    assert set(cases(ana).values()) == {AWAY}
    assert {one.incident_id for one in rows(ana, IncidentCase)} == {made}
    assert all(one.settled_at for one in rows(ana, Notice) if one.kind == "incident_suggested")
    with ana.entered(ana.team_lead), pytest.raises(Conflict):
        opening.dismiss(ana.team_lead, found.id)


def test_what_somebody_says_is_none_is_not_suggested_again(ana: Agency, account: UUID) -> None:
    storm(ana, account, *range(1, 9))
    with ana.entered(ana.team_lead):
        opening.dismiss(ana.team_lead, rows(ana, IncidentSuggestion)[0].id)
    storm(ana, account, *range(9, 30))
    assert len(rows(ana, IncidentSuggestion)) == 1


def test_cases_come_in_as_they_come_and_new_words_leave_them_there(ana: Agency, account: UUID) -> None:
    storm(ana, account, 1)
    store(ana, account, comment(2, text="What a nice day", created_at=at(26)))
    opened(ana)
    assert cases(ana) == {"post_1": OPEN, "post_2": OPEN}  # it holds for what was written since
    storm(ana, account, 3, minute=31)
    store(ana, account, comment(4, text="Still nothing!", under=3, created_at=at(33)))
    store(ana, account, comment(5, text="A app é linda", created_at=at(20)))
    assert cases(ana) == {"post_1": OPEN, "post_2": OPEN, "post_3": AWAY, "post_5": OPEN}


def test_many_comments_of_one_person_are_one_person(ana: Agency, account: UUID) -> None:
    opened(ana)
    words = {"text": "A app não abre", "created_at": at(31), "author": Author("person-1", "Rita")}
    store(ana, account, comment(1, **words), comment(2, **words), comment(3, text="A app", created_at=at(32)))
    assert len(rows(ana, IncidentCase)) == 3
    assert len(rows(ana, IncidentPerson)) == 2


def test_what_a_colleague_has_stays_with_them(ana: Agency, account: UUID) -> None:
    store(ana, account, comment(1, text="Hello", created_at=at(29)))
    opened(ana)
    with ana.entered(ana.staff):
        desk.claim(ana.staff, case_id(ana, "post_1"))
    store(ana, account, comment(2, text="My app is broken", under=1, created_at=at(31)))
    assert cases(ana) == {"post_1": OPEN}
    assert [one.stayed for one in rows(ana, IncidentCase)] == [True]


def test_a_case_taken_out_is_back_in_the_queue_and_words_do_not_put_it_in_again(ana: Agency, account: UUID) -> None:
    made = opened(ana)
    storm(ana, account, 1, 2, minute=31)
    with ana.entered(ana.staff):
        opening.take_out(ana.staff, made, case_id(ana, "post_1"))
        opening.take_out(ana.staff, made, case_id(ana, "post_1"))
    store(ana, account, comment(3, text="A app!", under=1, created_at=at(35)))
    assert cases(ana) == {"post_1": OPEN, "post_2": AWAY}
    assert [(one.left_because, one.left_by_name) for one in rows(ana, IncidentCase)] == [
        ("taken_out", ana.staff.name),
        (None, None),
    ]
    with ana.entered(ana.staff):
        opening.put_in(ana.staff, made, case_id(ana, "post_1"))
    assert cases(ana)["post_1"] == AWAY
    with ana.entered():
        told = list(db.session.scalars(select(BrandAudit.action).where(BrandAudit.action.like("incident.%"))))
    assert sorted(told) == ["incident.attached", "incident.opened", "incident.put_in", "incident.took_out"]


def test_whatever_else_moves_a_case_takes_it_out(ana: Agency, account: UUID) -> None:
    opened(ana)
    storm(ana, account, 1, 2, minute=31)
    with ana.entered(ana.staff):
        desk.reopen(ana.staff, case_id(ana, "post_1"))
        desk.close(ana.staff, case_id(ana, "post_2"))
    assert cases(ana) == {"post_1": OPEN, "post_2": ("closed", False, "resolved")}
    assert [one.left_because for one in rows(ana, IncidentCase)] == ["moved", "moved"]


@pytest.mark.parametrize(("afterwards", "then"), [("resolve", ("closed", False, "resolved")), ("return", OPEN)])
def test_at_the_end_cases_are_resolved_or_come_back(
    ana: Agency, account: UUID, afterwards: str, then: tuple[Any, ...]
) -> None:
    made = opened(ana)
    storm(ana, account, 1, 2, minute=31)
    with ana.entered(ana.team_lead):
        opening.close_incident(ana.team_lead, made, afterwards)
        opening.close_incident(ana.team_lead, made, afterwards)
    assert set(cases(ana).values()) == {then}
    storm(ana, account, 3, minute=32)
    assert cases(ana)["post_3"] == OPEN


def test_posts_take_in_all_below_them_and_a_language_alone_takes_nothing(ana: Agency, account: UUID) -> None:
    opened(ana, words=[], posts=["news_1"], languages=["pt"])
    opened(ana, languages=["pt"])
    store(
        ana,
        account,
        comment(1, text="What a lovely day", created_at=at(31), context=PostContext("news_1", "News", None, None)),
        comment(2, text="Que dia tão bonito, gosto muito disto", created_at=at(31)),
        comment(3, text="My app does not open since this morning", created_at=at(31)),
        comment(4, text="A minha app não abre desde hoje de manhã", created_at=at(31)),
    )
    assert cases(ana) == {"post_1": AWAY, "post_2": OPEN, "post_3": OPEN, "post_4": AWAY}


def test_what_is_merged_or_erased_inside_one_leaves_nothing_behind(ana: Agency, account: UUID) -> None:
    made = opened(ana)
    words = {"text": "A app não abre", "created_at": at(31), "author": Author("person-1", "Rita")}
    store(ana, account, comment(1, **words), comment(2, **words), comment(3, text="A app", created_at=at(32)))
    with ana.entered(ana.staff):
        merging.merge(ana.staff, new_id(), case_id(ana, "post_1"), case_id(ana, "post_2"))
    merged = ("closed", False, "merged")
    assert cases(ana) == {"post_1": AWAY, "post_2": merged, "post_3": AWAY}
    store(ana, account, comment(4, text="A app!", under=2, created_at=at(33)))
    assert cases(ana)["post_2"] == merged
    with ana.entered(ana.agency_admin):
        erasing.erase_person("person-3")
    with ana.entered(ana.team_lead):
        opening.close_incident(ana.team_lead, made, "return")
    assert cases(ana) == {"post_1": OPEN, "post_2": merged, "post_3": cases(ana)["post_3"]}
    assert all(one.left_at for one in rows(ana, IncidentCase))


def test_who_may_and_what_is_refused(ana: Agency, stranger: Agency, account: UUID) -> None:
    with ana.entered(ana.staff), pytest.raises(Forbidden):
        opening.open_incident(ana.staff, ana.brand_ids[0], DOWN)
    with ana.entered(ana.team_lead):
        for wrong in ({}, {"name": "x"}, {"name": "x", "words": []}, {"name": "x", "posts": ["\x00"]}, {"name": 7}):
            with pytest.raises(Invalid):
                opening.open_incident(ana.team_lead, ana.brand_ids[0], wrong)
        with pytest.raises(NotFound):
            opening.open_incident(ana.team_lead, stranger.brand_ids[0], DOWN)
    made = opened(ana)
    with stranger.entered(stranger.team_lead), pytest.raises(NotFound):
        opening.close_incident(stranger.team_lead, made, "resolve")
    with ana.entered(ana.team_lead):
        now = opening.change_incident(ana.team_lead, made, {**DOWN, "name": "App and site"}, 1)
        assert (now.name, now.version) == ("App and site", 2)
        with pytest.raises(Conflict):
            opening.change_incident(ana.team_lead, made, DOWN, 1)


def test_words_long_past_or_far_ahead_suggest_nothing(ana: Agency, account: UUID) -> None:
    storm(ana, account, *range(1, 20), minute=-60)
    storm(ana, account, *range(20, 40), minute=60 * 24 * 3_000)  # a platform whose clock is wrong
    assert rows(ana, IncidentSuggestion) == []
    storm(ana, account, *range(40, 48))
    assert len(rows(ana, IncidentSuggestion)) == 1, "and what comes after it is heard as ever"
    assert clock.now() - at(30) == timedelta(0)
