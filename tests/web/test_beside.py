"""The cards beside a case: fetched when seen, a page without script, nobody else's case."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from agency.inbox.case import read_case
from agency.inbox.models import Conversation, Message
from tenants.database import db, new_id
from tenants.errors import NotFound
from tests.factories import Agency, Factory
from tests.web.visiting import Visitor

HX = {"HX_Request": "true"}


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana, text="My order is late again.", stars=None)


@pytest.fixture
def visit(whole_app: Flask) -> Callable[..., Visitor]:
    return lambda actor: Visitor(whole_app, actor)


Visit = Callable[..., Visitor]


def test_the_cards_are_fetched_beside_the_case_and_are_a_page_without_script(
    ana: Agency, case: UUID, visit: Visit
) -> None:
    visitor = visit(ana.staff)
    page = visitor.get(f"/inbox/{case}?view=mine").text
    found = re.search(r'hx-get="([^"]*/beside[^"]*)" hx-trigger="intersect once"', page)
    assert found
    assert f'<a href="{found.group(1)}"' in page, "without script the same address is a link"
    address = unescape(found.group(1))
    assert "<html" not in visitor.get(address, **HX).text
    whole = visitor.get(address).text
    assert whole.count("<h1") == 1
    assert f'href="/inbox/{case}?view=mine"' in whole, "the way back keeps the queue's filters"


@pytest.mark.parametrize(("who", "status"), [("light", 200), ("client_owner", 200), ("billing_admin", 403)])
def test_who_may_read_the_case_may_read_what_stands_beside_it(
    ana: Agency, case: UUID, visit: Visit, who: str, status: int
) -> None:
    assert visit(getattr(ana, who)).get(f"/conversations/{case}/beside").status_code == status


def test_a_foreign_case_cannot_be_told_from_nothing(
    ana: Agency, stranger: Agency, make: Factory, case: UUID, visit: Visit
) -> None:
    make.conversation(stranger)
    visitor = visit(stranger.team_lead)
    for number in (case, new_id()):
        for headers in ({}, HX):
            assert visitor.get(f"/conversations/{number}/beside", **headers).status_code == 404
    with stranger.entered(stranger.team_lead), pytest.raises(NotFound):
        read_case(stranger.team_lead, case)


def test_a_case_is_read_in_one_statement(ana: Agency, case: UUID, statements: Callable[[], list[str]]) -> None:
    with ana.entered(ana.staff):
        db.session.connection()
        statements()
        found = read_case(ana.staff, case)
        assert len([one for one in statements() if one.lstrip().upper().startswith("SELECT")]) == 1
    assert (found.words, found.all_words) == ("My order is late again.",) * 2
    assert (found.platform, found.kind, found.brand_id) == ("facebook", "comment", ana.brand_ids[0])
    assert found.complaint == ("late",)
    assert found.is_complaint


@pytest.mark.parametrize(
    ("stars", "text", "complains"),
    [
        (1, "", True),
        (3, "Fine.", False),
        (3, "Terrible.", True),
        (5, "Never had a better one.", False),
        (None, "Open on Sunday?", False),
        (None, "Refund me.", True),
    ],
)
def test_few_stars_complain_and_many_do_not_whatever_the_words(
    ana: Agency, make: Factory, stars: int | None, text: str, complains: bool
) -> None:
    case = make.conversation(ana, text=text, stars=stars)
    with ana.entered(ana.staff):
        assert read_case(ana.staff, case).is_complaint is complains


def test_deleted_words_are_nowhere_beside_the_case(ana: Agency, case: UUID) -> None:
    with ana.entered():
        db.session.execute(update(Message).values(deleted_at=db.func.now()))
        db.session.execute(update(Conversation).values(permalink="javascript:alert(1)"))
    with ana.entered(ana.staff):
        found = read_case(ana.staff, case)
    assert (found.said, found.words, found.is_complaint, found.permalink) == ((), "", False, None)
