"""The cards beside a case: fetched when seen, a page without script, nobody else's case."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from agency.inbox.case import case_facts, facts_of_view, read_case
from agency.inbox.conversation_view import get_conversation
from agency.inbox.models import Conversation, Message
from agency.replies import desk
from agency.replies.models import ReplyText
from agency.web.guideline_words import star_words
from styleguides import guidelines, saved_replies
from styleguides.models import Guideline
from tenants.database import db, new_id
from tenants.errors import NotFound
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.web.visiting import Visitor

HX = {"HX_Request": "true"}
TEXTS = [{"language": "en", "text": "We are sorry."}]


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


# --- Scenarios ---------------------------------------------------------------------------------------------------


def scenario(ana: Agency, title: str, **more: Any) -> UUID:
    with ana.entered(ana.team_lead):
        made = guidelines.create_guideline(ana.team_lead, ana.brand_ids[0], {"title": title, **more})
        return made.id


def card(page: str) -> str:
    found = re.search(r'id="beside-scenarios".*?All guidelines', page, re.S)
    return unescape(re.sub(r"\s+", " ", found.group(0))) if found else ""


def test_what_to_do_stands_beside_the_case_with_the_reasons(
    ana: Agency, case: UUID, visit: Visit, statements: Callable[[], list[str]]
) -> None:
    scenario(
        ana,
        "Late <i>parcel</i>",
        words=["late"],
        case_kinds=["complaint"],
        platforms=["facebook"],
        steps=["Say sorry.", "Ask for the number."],
        never_say=["<b>the post's fault</b>"],
        offer_limit_cents=2050,
        currency="EUR",
        visibility="private",
        visibility_reason="The number is theirs alone.",
        final_by="team_lead",
        example="That should not have happened.",
    )
    scenario(ana, "Any complaint", case_kinds=["complaint"])
    scenario(ana, "Five stars", min_stars=5)
    visitor = visit(ana.staff)
    visitor.get(f"/conversations/{case}/beside", **HX)
    statements()
    shown = visitor.get(f"/conversations/{case}/beside", **HX).text
    told = (
        "who asks, case, who writes, notes on them, scenarios and those picked, limits; saved replies; earlier answers"
    )
    assert len(statements()) <= 14, told
    assert "<b>the" not in shown
    text = card(shown)
    for words in ("Late <i>parcel</i>", "says “late”; sounds like a complaint; Facebook", "Say sorry.", "20.50 EUR"):
        assert words in text
    for words in ("Answer in private:", "The number is theirs alone.", "A team lead", "That should not have happened."):
        assert words in text
    assert text.index("Late <i>") < text.index("Any complaint"), "what says more about the case stands first"
    assert text.count('<details class="guideline" open>') == 1
    assert "Five stars" not in text
    assert "/guidelines/" not in text, "staff read them"
    assert "/guidelines/" in card(visit(ana.team_lead).get(f"/conversations/{case}/beside").text)


def test_saved_replies_a_guideline_names_stand_first_on_the_card_and_in_the_api(
    whole_app: Flask, ana: Agency, case: UUID, visit: Visit
) -> None:
    with ana.entered(ana.agency_admin):
        by_words, named, foreign = (
            saved_replies.create_saved_reply(ana.agency_admin, brand, {"title": title, "texts": TEXTS, **more}).id
            for brand, title, more in (
                (ana.brand_ids[0], "By its words", {"words": ["late"]}),
                (None, "Named", {}),
                (ana.brand_ids[1], "Of another brand", {}),
            )
        )
    made = scenario(ana, "Late parcel", words=["late"], saved_reply_ids=[str(named)])
    with ana.entered(ana.team_lead):
        db.session.get_one(Guideline, (ana.id, made, ana.brand_ids[0])).saved_reply_ids = [
            str(foreign), str(named), str(new_id()),
        ]  # fmt: skip
    shown = unescape(visit(ana.staff).get(f"/conversations/{case}/beside", **HX).text)
    assert shown.index("for “Late parcel”") < shown.index("because of “late”")
    assert "Of another brand" not in shown
    caller = Caller(whole_app, token_for(whole_app, ana.staff))
    items = caller.get(f"/conversations/{case}/saved-replies").get_json()["items"]
    found = [(one["saved_reply"]["id"], one["guideline"], one["words"]) for one in items]
    assert found == [(str(named), "Late parcel", []), (str(by_words), None, ["late"])]


def test_in_a_direct_message_nobody_is_sent_to_a_private_place(ana: Agency, case: UUID, visit: Visit) -> None:
    scenario(ana, "Late", words=["late"], visibility="private", visibility_reason="Because.")
    with ana.entered():
        db.session.execute(update(Conversation).values(kind="message"))
    text = card(visit(ana.staff).get(f"/conversations/{case}/beside").text)
    assert "Late" in text
    assert "Because." not in text


def test_another_brands_scenarios_stand_nowhere_beside_the_case(ana: Agency, case: UUID, visit: Visit) -> None:
    with ana.entered(ana.team_lead):
        guidelines.create_guideline(ana.team_lead, ana.brand_ids[1], {"title": "Of a sister", "words": ["late"]})
    page = visit(ana.team_lead).get(f"/conversations/{case}/beside").text
    assert "Of a sister" not in page
    assert 'id="beside-person"' in page
    assert 'id="beside-scenarios"' not in page


@pytest.mark.parametrize(
    ("text", "stars", "kinds"),
    [
        ("It is urgent, please!", None, {"urgent"}),
        ("Dlaczego?", 1, {"complaint", "question"}),
        ("Super", 5, {"praise"}),
        ("Ok.", 3, set()),
    ],
)
def test_what_a_case_is_by_its_stars_and_words(
    ana: Agency, make: Factory, text: str, stars: int | None, kinds: set[str]
) -> None:
    case = make.conversation(ana, text=text, stars=stars)
    with ana.entered(ana.staff):
        assert read_case(ana.staff, case).case_kinds == kinds


@pytest.mark.parametrize(
    ("least", "most", "words"),
    [
        (None, 3, "3 stars or fewer"),
        (None, 1, "1 star"),
        (4, None, "4 stars or more"),
        (2, 4, "2 to 4 stars"),
        (5, None, "5 stars"),
        (None, None, ""),
    ],
)
def test_stars_in_words(whole_app: Flask, least: int | None, most: int | None, words: str) -> None:
    with whole_app.test_request_context("/"):
        assert star_words(least, most) == words


def test_what_is_never_said_in_such_a_case_is_a_warning_wherever_words_are_checked(
    ana: Agency, case: UUID, whole_app: Flask
) -> None:
    made = scenario(ana, "Late parcel", words=["late"], never_say=["blame the post"])
    scenario(ana, "Five stars", min_stars=5, never_say=["thank you"])
    draft = "Thank you. Please do not blame the posts for it."
    with ana.entered(ana.staff):
        reply_id = desk.start_draft(ana.staff, case, draft).id
        found = db.session.scalars(select(ReplyText.findings)).one()
    assert [(one["rule"], one["level"]) for one in found] == [(f"guideline:{made}", "warn")]
    assert draft[found[0]["start"] : found[0]["end"]] == "blame the posts"
    assert found[0]["message"].startswith("Late parcel: ")
    with ana.entered(ana.staff):
        desk.submit(ana.staff, reply_id)  # it warns, it does not stop
    asked = {"text": draft, "platform": "facebook", "kind": "comment", "conversation_id": str(case)}
    answer = Caller(whole_app, token_for(whole_app, ana.staff)).post(f"/brands/{ana.brand_ids[0]}/check", asked)
    assert [one["rule"] for one in answer.get_json()["findings"]] == [f"guideline:{made}"]


def test_a_case_is_the_same_however_it_was_read(ana: Agency, make: Factory) -> None:
    """For the cards, for a check while somebody types, and for the client's page: the same scenarios."""
    case = make.conversation(ana, text="Zimno! Dlaczego?", stars=2, language="pl")
    with ana.entered():
        one = db.session.scalars(select(Message).where(Message.conversation_id == case)).one()
        values = {column.name: getattr(one, column.key) for column in Message.__table__.columns if column.key != "id"}
        for number in range(7):
            words = {
                "text": f"Word {number}" if number % 3 else "",
                "written_at": one.written_at + timedelta(hours=number),
            }
            db.session.add(Message(id=new_id(), **{**values, **words, "external_id": f"more-{number}"}))
    with ana.entered(ana.staff):
        facts = read_case(ana.staff, case).facts
        assert facts == case_facts(case) == facts_of_view(get_conversation(case))
    assert facts.words == "Word 2\nWord 4\nWord 5"
    with ana.entered(ana.staff):
        assert case_facts(new_id()) is None
