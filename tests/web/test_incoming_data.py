"""Personal data that customers write: the way out of the public place, and nowhere in lists, mails and logs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from email.message import EmailMessage
from html import unescape
from urllib.parse import quote
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from agency.inbox.models import Conversation, Message, ModerationDeed
from agency.inbox.summary import excerpt_of
from jobs.indexing import index_words
from styleguides.masking import MASK, masked
from styleguides.personal_data import personal_data
from tenants import clock
from tenants.database import db, new_id
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.leaving import mails_leave
from tests.web.replying import waiting_reply
from tests.web.test_links import mails_sent
from tests.web.visiting import Visitor

PHONE, MAIL = "+48 600 100 200", "anna.nowak@poczta.example"
TEXT = f"Nobody calls back. My number is {PHONE}, mail {MAIL}."

Visit = Callable[..., Visitor]


@pytest.fixture
def visit(whole_app: Flask) -> Visit:
    return lambda actor: Visitor(whole_app, actor)


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    made = make.conversation(ana, text=TEXT, stars=None)
    with ana.entered():
        now = clock.now()
        db.session.execute(update(Message).values(written_at=now, edited_at=None))
        db.session.execute(update(Conversation).values(excerpt=excerpt_of(TEXT), last_customer_at=now))
    index_words(ana.app)
    return made


def beside_message(page: str) -> str:
    found = re.search(r'<div class="line small msg-data">.*?</div>', page, re.S)
    return unescape(found.group(0)) if found else ""


@pytest.mark.parametrize(
    "typed", [PHONE, "600 100 200", "600100200", "0048600100200", "+48600-100-200", MAIL, MAIL.upper(), f" {MAIL} "]
)
def test_who_types_a_number_or_mail_finds_the_case_and_the_list_shows_dots(
    whole_app: Flask, make: Factory, ana: Agency, case: UUID, visit: Visit, typed: str
) -> None:
    other = make.conversation(ana, text="Call 600 100 201 or mail anna.nowa@poczta.example")
    with ana.entered():
        hidden = f"Call {MASK} or mail {MASK}"
        db.session.execute(update(Conversation).where(Conversation.id == other).values(excerpt=hidden))
    index_words(ana.app)
    shown = visit(ana.staff).get(f"/inbox?q={quote(typed)}").text
    assert [str(case)] == list(dict.fromkeys(re.findall(r'href="/inbox/([0-9a-f-]{36})', shown)))
    row = re.search(r'<a class="row.*?</a>', shown, re.S)
    assert row
    assert MASK in row.group(0)
    assert not personal_data(re.sub(r"<[^>]*>", " ", row.group(0)))
    found = Caller(whole_app, token_for(whole_app, ana.staff)).get(f"/conversations?q={quote(typed)}").get_json()
    assert [one["id"] for one in found["items"]] == [str(case)]
    assert PHONE not in json.dumps(found)


@pytest.mark.parametrize("typed", ["600100", "+48 600 100 209", "anna.nowak@", "100 200", "%%%%%%%%%"])
def test_what_is_no_whole_number_or_mail_finds_nothing_behind_dots(
    ana: Agency, case: UUID, visit: Visit, typed: str
) -> None:
    assert str(case) not in visit(ana.staff).get(f"/inbox?q={quote(typed)}").text


def test_a_number_another_brand_or_agency_was_given_is_nobody_elses_to_find(
    make: Factory, ana: Agency, stranger: Agency, case: UUID, visit: Visit
) -> None:
    assert str(case) not in visit(stranger.staff).get(f"/inbox?q={quote(PHONE)}").text
    with ana.entered():
        db.session.execute(update(Message).values(deleted_at=clock.now()))
    assert str(case) not in visit(ana.staff).get(f"/inbox?q={quote(PHONE)}").text


def test_words_with_a_phone_number_are_hidden_and_answered_in_private_by_one_button(
    ana: Agency, case: UUID, visit: Visit
) -> None:
    visitor = visit(ana.staff)
    page = visitor.get(f"/inbox/{case}?view=free").text
    offer = beside_message(page)
    assert "Everybody can read a phone number, an e-mail address here." in offer
    assert "Hide it and answer in private" in offer
    action = re.search(r'action="([^"]+)"', offer)
    assert action
    answer = visitor.post(action.group(1), {"deed": "hide", "then": "private"})
    assert answer.headers["Location"] == f"/inbox/{case}?view=free&private=1#composer"
    with ana.entered():
        assert db.session.scalars(select(ModerationDeed.deed)).all() == ["hide"]
    after = visitor.get(f"/inbox/{case}?view=free&private=1").text
    assert re.search(r'name="private"[^>]* checked', after)
    assert "Hide it" not in beside_message(after), "it is on its way"
    assert not re.search(r'name="private"[^>]* checked', visitor.get(f"/inbox/{case}?view=free").text)


def test_what_is_hidden_says_who_still_sees_it(ana: Agency, case: UUID, visit: Visit) -> None:
    with ana.entered():
        db.session.execute(update(Message).values(hidden=True))
    offer = beside_message(visit(ana.staff).get(f"/conversations/{case}").text)
    assert "its author and their friends still see it" in offer
    assert "private=1#composer" in offer


def test_a_private_answer_is_offered_only_where_it_reaches_whoever_wrote_it(
    ana: Agency, make: Factory, case: UUID, visit: Visit
) -> None:
    """It goes to the newest words' author: beside somebody else's older ones it would go to the wrong person."""
    with ana.entered():
        one = db.session.scalars(select(Message)).one()
        values = {column.name: getattr(one, column.key) for column in Message.__table__.columns if column.key != "id"}
        values |= {"external_id": "newer", "text": "Me too!", "written_at": clock.now()}
        db.session.add(Message(id=new_id(), **values))
    offer = beside_message(visit(ana.staff).get(f"/conversations/{case}").text)
    assert "Hide it" in offer
    assert "private" not in offer.replace('name="then" value=""', "")


@pytest.mark.parametrize("who", ["light", "client_owner"])
def test_who_may_only_read_is_told_and_offered_nothing(ana: Agency, case: UUID, visit: Visit, who: str) -> None:
    offer = beside_message(visit(getattr(ana, who)).get(f"/conversations/{case}").text)
    assert "Everybody can read" in offer
    assert "<form" not in offer
    assert "private=1" not in offer


def test_a_review_can_be_neither_hidden_nor_answered_in_private(ana: Agency, make: Factory, visit: Visit) -> None:
    review = make.conversation(ana, platform="google_business", kind="review", text=TEXT, stars=1)
    offer = beside_message(visit(ana.staff).get(f"/conversations/{review}").text)
    assert "Do not repeat it in the answer." in offer
    assert "<form" not in offer


def test_nothing_is_said_of_clean_words_direct_messages_and_what_is_deleted(
    ana: Agency, make: Factory, case: UUID, visit: Visit
) -> None:
    clean = make.conversation(ana, text="We came on 12.05.2026 and paid 1 200 PLN.", stars=None)
    visitor = visit(ana.staff)
    assert beside_message(visitor.get(f"/conversations/{clean}").text) == ""
    with ana.entered():
        db.session.execute(update(Conversation).where(Conversation.id == case).values(kind="message"))
    assert beside_message(visitor.get(f"/conversations/{case}").text) == ""
    with ana.entered():
        db.session.execute(update(Conversation).where(Conversation.id == case).values(kind="comment"))
        db.session.execute(update(Message).values(deleted_at=clock.now(), text=""))
    assert beside_message(visitor.get(f"/conversations/{case}").text) == ""


# --- Where customers' words leave the conversation ---------------------------------------------------------------


def words_of(mail: EmailMessage) -> str:
    bodies = [mail.get_body((sort,)) for sort in ("plain", "html")]
    return " ".join((str(mail["Subject"]), *(body.get_content() for body in bodies if body is not None)))


def test_lists_mails_and_logs_hold_no_phone_number_or_address(
    ana: Agency,
    case: UUID,
    visit: Visit,
    whole_app: Flask,
    superuser: Engine,
    capfd: pytest.CaptureFixture[str],
) -> None:
    waiting_reply(ana, case, f"We call {PHONE} today. Thank you for your patience.")
    visitor, owner = visit(ana.staff), visit(ana.client_owner)
    api = Caller(whole_app, token_for(whole_app, ana.staff))
    places = {
        "queue": visitor.get("/inbox").text,
        # Our own words are shown whole to whoever is to say yes to them, several at once.
        "what waits for the client": owner.get("/approvals").text.replace(f"We call {PHONE} today.", ""),
        "the program's list": json.dumps(api.get("/conversations").get_json(), ensure_ascii=False),
    }
    mails_leave(whole_app, superuser)
    places["mails"] = " ".join(words_of(mail) for mail in mails_sent(whole_app, superuser))
    for place, words in places.items():
        assert MASK in words, place
    out, err = capfd.readouterr()
    places["logs"] = out + err
    for place, words in places.items():
        assert "600 100 200" not in words, place
        assert "anna.nowak" not in words, place
    assert PHONE in visitor.get(f"/conversations/{case}").text, "the case itself shows what was written"


def test_the_mask_covers_whole_what_stands_at_the_end_of_an_excerpt() -> None:
    for before in range(110, 145):
        assert "600" not in excerpt_of("x" * before + f" {PHONE} and more")


WRITTEN = (PHONE, MAIL, "4111 1111 1111 1111", "PL61109010140000071219812874", "word", "12", "\n", "é")


@given(st.lists(st.sampled_from(WRITTEN)))
def test_masked_words_hold_nothing_and_keep_all_else(parts: list[str]) -> None:
    text = " ".join(parts)
    hidden = masked(text)
    assert personal_data(hidden) == []
    assert masked(hidden) == hidden
    for kept in ("word", "é"):
        assert hidden.count(kept) == text.count(kept)


def test_numbers_that_touch_are_masked_each_and_hostile_ones_all() -> None:
    assert masked(f"PL61109010140000071219812874 4111 1111 1111 1111 or {PHONE}") == f"{MASK} {MASK} or {MASK}"
    assert personal_data(masked(f"{PHONE} " * 500)) == []
