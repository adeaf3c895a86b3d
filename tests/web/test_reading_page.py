"""How a text was read, on the case's page and for leads."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from agency.inbox.models import Message
from agency.web.reading_line import pieces_of
from tenants.database import db
from tests.factories import Agency, Factory
from tests.web.visiting import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def visit(whole_app: Flask) -> Visit:
    return lambda actor: Visitor(whole_app, actor)


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana, text="This is the third time. I want a refund!", stars=None)


def place(ana: Agency, case: UUID) -> str:
    with ana.entered():
        message_id = db.session.execute(select(Message.id).where(Message.conversation_id == case)).scalar_one()
    return f"/conversations/{case}/messages/{message_id}/reading"


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_line_says_what_it_is_and_why_and_marks_the_words(ana: Agency, case: UUID, visit: Visit) -> None:
    page = visit(ana.staff).get(f"/conversations/{case}").text
    line = words_of(page[page.index("read-line") :])
    assert "complaint" in line
    assert "because of: third, time, refund" in line
    assert "<mark>refund</mark>" in page
    assert "<mark>third</mark>" in page
    assert 'data-key="u"' in page


def test_who_may_not_work_on_cases_reads_the_line_but_has_no_menu(ana: Agency, case: UUID, visit: Visit) -> None:
    page = visit(ana.light).get(f"/conversations/{case}").text
    assert "read-line" in page
    assert 'data-key="u"' not in page
    assert visit(ana.light).get(place(ana, case)).status_code == 403


def test_it_is_corrected_by_a_form_that_needs_no_script(ana: Agency, case: UUID, visit: Visit) -> None:
    visitor, where = visit(ana.staff), place(ana, case)
    page = visitor.get(where).text
    assert "How was this read?" in page
    assert "".join(re.findall(r'data-key="(\d)"', page)) == "1234567890"
    fragment = visitor.get(where, HX_Request="true").text
    assert "<html" not in fragment
    assert 'value="act:praise"' in fragment
    assert visitor.post(where, data={"is": "act:praise"}).status_code == 303
    line = words_of(visitor.get(f"/conversations/{case}").text)
    assert "said by a colleague" in line
    assert "because of: third" not in line
    again = visitor.get(where, HX_Request="true").text
    assert re.search(r'value="act:praise"[^>]*aria-current="true"', again)


def test_leads_see_how_often_it_was_right_and_look_at_texts_drawn_by_lot(ana: Agency, case: UUID, visit: Visit) -> None:
    visit(ana.staff).post(place(ana, case), data={"is": "act:question"})
    lead = visit(ana.team_lead)
    page = lead.get("/quality/reading").text
    assert "Language not known" in page
    assert "No text drawn by lot was looked at yet." in page
    row = words_of(re.findall(r"<tr>.*?</tr>", page, re.S)[1])
    assert row.split() == ["complaint", "0", "1", "0", "0"]
    lead.post(place(ana, case), data={"is": "act:complaint", "origin": "sample"})
    assert "1 of 1 text drawn by lot was read rightly." in lead.get("/quality/reading").text
    assert visit(ana.staff).get("/quality/reading").status_code == 403


@given(st.text(alphabet="ab c.İ", max_size=60), st.lists(st.text(alphabet="abc", min_size=1, max_size=3), max_size=4))
def test_pieces_are_the_whole_text_and_marks_are_whole_words(text: str, words: list[str]) -> None:
    pieces = pieces_of(text, words)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text in words for piece in pieces if piece.marked)
