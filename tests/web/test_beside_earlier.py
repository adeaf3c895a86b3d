"""The card of earlier answers and facts beside a case, and its hints while somebody types."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from flask import Flask

from agency.replies import desk
from styleguides import facts
from tests.factories import Agency, Factory
from tests.replies.test_same_answer import answered
from tests.web.visiting import Visitor

ASKED = "How much does parking cost?"


@pytest.fixture
def visit(whole_app: Flask) -> Callable[..., Visitor]:
    return lambda actor: Visitor(whole_app, actor)


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana, text=ASKED, author="Peter Hall")


def card(page: str) -> str:
    found = re.search(r'<details class="side-part" id="beside-earlier".*?</details>', page, re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group()))) if found else ""


def test_the_card_shows_answers_what_does_not_agree_and_facts(
    make: Factory, ana: Agency, case: UUID, visit: Callable[..., Visitor]
) -> None:
    first = answered(make, ana, "Parking cost?", "Dear Anna, it is <b>12 EUR</b>.", author="Anna Nowak", days=3)
    answered(
        make, ana, "The cost of parking?", "It is 14 EUR.", days=9, platform="google_business", kind="review", stars=5
    )
    with ana.entered(ana.team_lead):
        facts.create_fact(ana.team_lead, ana.brand_ids[0], {
            "name": "Parking a day", "kind": "amount", "value": "15 EUR",
            "subjects": [{"language": "en", "words": "parking"}],
        })  # fmt: skip
    with ana.entered(ana.staff):
        desk.start_draft(ana.staff, case, "It is 15 EUR.")
    visitor = visit(ana.staff)
    page = visitor.get(f"/conversations/{case}/beside").text
    text = card(page)
    for words in (
        "Not the same amount", "You write 15 EUR", "12 EUR", "14 EUR", "Same words: parking, cost",
        "Facebook · public answer to a comment", "Google · public answer to a review", ana.team_lead.name,
        "Dear •••, it is <b>12 EUR</b>.", "Facts that fit", "Parking a day", "15.00 EUR",
    ):  # fmt: skip
        assert words in text or words.replace(".00", "") in text, words
    assert "Anna" not in page
    assert "<b>12" not in page
    assert 'data-insert="Dear {customer_name}, it is' in page
    receipt = re.search(rf'href="(/[^"]*{first}[^"#]*)"', page)
    assert receipt
    assert visitor.get(unescape(receipt.group(1))).status_code == 200
    assert text.index("You write") < text.index("Same words")
    assert card(visit(ana.light).get(f"/conversations/{case}/beside").text) == ""


def test_while_typing_a_contradiction_is_a_hint_and_stops_nothing(
    make: Factory, ana: Agency, case: UUID, visit: Callable[..., Visitor]
) -> None:
    answered(make, ana, "Parking cost?", "It is 12 EUR.")
    visitor = visit(ana.staff)
    binding = re.search(r'name="binding" value="([^"]*)"', visitor.get(f"/inbox/{case}").text)
    assert binding
    form = {"binding": unescape(binding.group(1))}
    address = f"/conversations/{case}/check"
    found = visitor.post(address, {**form, "text": "Dear Peter, it is 15 EUR."}).text
    assert "this brand answered “12 EUR” to a near question" in unescape(found)
    assert "near question" not in visitor.post(address, {**form, "text": "Dear Peter, it is 12 EUR."}).text
    with ana.entered(ana.staff):
        reply_id = desk.start_draft(ana.staff, case, "Dear Peter, it is 15 EUR.").id
        assert desk.submit(ana.staff, reply_id).state == "awaiting_approval"


def test_an_earlier_answer_put_in_and_left_as_it_was_is_told_as_any_ready_made_words(
    make: Factory, ana: Agency, case: UUID, visit: Callable[..., Visitor]
) -> None:
    make.guide(
        ana,
        [{"kind": "unedited", "id": "no-template", "level": "stop", "likeness_percent": 80, "only_complaints": False}],
    )
    words = "Dear Anna, parking costs 12 EUR a day and is right beside the house, behind the old lighthouse."
    earlier = answered(make, ana, "Parking cost?", words, author="Anna Nowak")
    foreign = answered(make, ana, "Parking cost?", words, brand=1)
    visitor = visit(ana.staff)
    assert f'data-earlier-answer="{earlier}"' in visitor.get(f"/conversations/{case}/beside").text
    page = visitor.get(f"/inbox/{case}").text
    assert 'name="earlier_answer" value=""' in page
    binding = re.search(r'name="binding" value="([^"]*)"', page)
    assert binding
    form = {"binding": unescape(binding.group(1)), "text": words.replace("Anna", "Peter")}
    told = "nearly unchanged"
    for given, is_told in ((earlier, True), (foreign, False), ("", False), ("junk", False)):
        page = visitor.post(f"/conversations/{case}/check", {**form, "earlier_answer": str(given)}).text
        assert (told in page) is is_told, given
    assert (
        visitor.post(f"/conversations/{case}/reply", {**form, "do": "save", "earlier_answer": earlier}).status_code
        == 303
    )
    refused = visitor.post(f"/conversations/{case}/reply", {**form, "do": "submit"})
    assert told in refused.text, "what the draft began from is kept with it"
    own = "Dear Peter, you asked what it costs: twelve euros, and you can walk to us within a minute from there."
    assert told not in visitor.post(f"/conversations/{case}/check", {**form, "text": own}).text


def test_nothing_to_show_is_no_card(ana: Agency, case: UUID, visit: Callable[..., Visitor]) -> None:
    assert card(visit(ana.staff).get(f"/conversations/{case}/beside").text) == ""
