"""What stands beside a case: the brand's voice, who may get it, and one look of a message for everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from agency.inbox.models import Conversation, Message
from agency.web import reading_words, saved_reply_words
from agency.web.guide_words import language_word
from agency.web.media_words import media_word
from styleguides.models import Guideline, StyleGuideVersion
from tenants.database import db, new_id
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.replying import waiting_reply
from tests.web.visiting import Visitor

HX = {"HX_Request": "true"}
RULES: list[dict[str, Any]] = [
    {"id": "hello", "kind": "greeting", "any_of": ["Hello <b>there</b>"]},
    {"id": "bye", "kind": "sign_off", "any_of": ["The team"]},
    {"id": "no", "kind": "banned", "level": "stop", "phrases": ["never", "nothing", "nowhere", "nobody", "no way"]},
    *({"id": f"calm-{n}", "kind": "exclamation", "max_count": n} for n in range(9)),
]


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana, text="Where is my order?", stars=None)


@pytest.fixture
def visit(whole_app: Flask) -> Callable[..., Visitor]:
    return lambda actor: Visitor(whole_app, actor)


Visit = Callable[..., Visitor]


def guide(ana: Agency, make: Factory) -> None:
    make.guide(ana, RULES)
    with ana.entered():
        db.session.execute(
            update(StyleGuideVersion).values(voice="Calm <i>and</i> kind.", identity={"Address": "First name"})
        )
        place = {"agency_id": ana.id, "brand_id": ana.brand_ids[0], "id": new_id()}
        words = {"title": "Cold food", "steps": ["Apologise"], "never_say": ["tough"], "visibility": "public"}
        db.session.execute(insert(Guideline).values(**place, **words, offer_limit_cents=2050, currency="EUR"))


def link(html: str, deed: str) -> str:
    found = re.search(rf'hx-get="([^"]*{deed}[^"]*)"', html)
    assert found, deed
    return unescape(found.group(1))


def test_the_voice_is_fetched_beside_the_case_and_is_a_page_without_script(
    ana: Agency, make: Factory, case: UUID, visit: Visit, statements: Callable[[], list[str]]
) -> None:
    guide(ana, make)
    visitor = visit(ana.staff)
    page = visitor.get(f"/inbox/{case}").text
    address = link(page, "/voice")
    assert f'<a href="{address.replace("&", "&amp;")}"' in page, "without script the same address is a link"
    assert "platform=facebook" in address
    visitor.get(address, **HX)
    statements()
    beside = visitor.get(address, **HX)
    assert len(statements()) <= 3
    assert "<html" not in beside.text
    for words in (
        "Calm &lt;i&gt;and",
        "First name",
        "Hello &lt;b&gt;",
        "The team",
        "Cold food",
        "20.50 EUR",
    ):
        assert words in beside.text
    assert "“never”, “nothing”, “nowhere” and 2 more" in unescape(beside.text), "a long list is told short"
    assert "4 more rules hold here" in beside.text
    assert beside.text.index("Stops") < beside.text.index("Warns"), "the strictest first"
    whole = visitor.get(address)
    assert whole.text.count("<h1") == 1
    assert "Cold food" in whole.text


@pytest.mark.parametrize(("who", "status"), [("light", 200), ("client_owner", 200), ("billing_admin", 403)])
def test_who_may_read_the_guide_may_read_the_voice(ana: Agency, visit: Visit, who: str, status: int) -> None:
    answer = visit(getattr(ana, who)).get(f"/brands/{ana.brand_ids[0]}/voice")
    assert answer.status_code == status
    if status == 200:
        assert "no style guide in force" in answer.text


def test_a_foreign_brands_voice_is_not_there(ana: Agency, stranger: Agency, make: Factory, visit: Visit) -> None:
    guide(ana, make)
    for wanted in (ana.brand_ids[0], new_id(), "nonsense"):
        for headers in ({}, HX):
            answer = visit(stranger.team_lead).get(f"/brands/{wanted}/voice?stars=9&kind=%00", **headers)
            assert answer.status_code == 404
            assert "Calm" not in answer.text


def test_a_lead_gives_a_case_away_without_script(ana: Agency, make: Factory, case: UUID, visit: Visit) -> None:
    visitor = visit(ana.team_lead)
    address = link(visitor.get(f"/inbox/{case}").text, "/assign")
    page = visitor.get(address)
    assert page.text.count("<h1") == 1
    assert "Nobody has this case" in page.text
    assert page.text.count('name="person"') == 3
    assert ana.light.name not in page.text
    form = {"seen": "", "person": str(ana.staff.user_id)}
    answer = visitor.post(address, form)
    assert answer.headers["Location"] == f"/inbox/{case}"
    shown = visitor.get(f"/inbox/{case}").text
    assert f"{ana.staff.name} has this case now." in shown
    again = visitor.get(address, **HX).text
    assert "<html" not in again
    assert f'name="seen" value="{ana.staff.user_id}"' in again
    late = visitor.post(address, {"seen": "", "person": str(ana.agency_admin.user_id)})
    assert late.status_code == 303
    told = visitor.get(f"/inbox/{case}").text
    assert f"{ana.staff.name} has taken this case meanwhile" in told
    assert re.search(rf"before you hand it over\. {ana.staff.name} has this case since \d\d:\d\d\.", told)


def test_who_may_not_have_the_case_is_named_as_the_reason(ana: Agency, make: Factory, case: UUID, visit: Visit) -> None:
    elsewhere = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    visitor = visit(ana.team_lead)
    for person in (str(elsewhere.user_id), str(ana.light.user_id), "", "junk", "\x00"):
        visitor.post(f"/conversations/{case}/assign", {"seen": "", "person": person})
        page = visitor.get(f"/inbox/{case}").text
        assert "This person may not work on cases of this brand. Nothing was changed." in page
    with ana.entered():
        assert db.session.scalars(select(Conversation.holder_id)).one() is None


@pytest.mark.parametrize("who", ["staff", "light", "client_owner", "billing_admin"])
def test_only_leads_give_cases_away(ana: Agency, case: UUID, visit: Visit, who: str) -> None:
    visitor = visit(getattr(ana, who))
    assert f"/conversations/{case}/assign" not in visitor.get(f"/inbox/{case}").text
    visitor.get("/account")
    assert visitor.get(f"/conversations/{case}/assign").status_code == 403
    assert visitor.post(f"/conversations/{case}/assign", {"person": str(ana.staff.user_id)}).status_code == 403


def test_a_foreign_case_cannot_be_told_from_nothing(
    ana: Agency, stranger: Agency, make: Factory, case: UUID, visit: Visit
) -> None:
    visitor = visit(stranger.team_lead)
    make.conversation(stranger)
    for number in (case, new_id()):
        form = {"person": str(stranger.staff.user_id)}
        assert visitor.get(f"/conversations/{number}/assign").status_code == 404
        assert visitor.post(f"/conversations/{number}/assign", form).status_code == 404


def test_a_lead_pays_no_statement_for_the_list_before_asking_for_it(
    ana: Agency, case: UUID, visit: Visit, statements: Callable[[], list[str]]
) -> None:
    visitor = visit(ana.team_lead)
    visitor.get(f"/inbox/{case}")
    statements()
    visitor.get(f"/inbox/{case}")
    assert len(statements()) <= 6
    visitor.get(f"/conversations/{case}/assign", **HX)
    statements()
    visitor.get(f"/conversations/{case}/assign", **HX)
    assert len(statements()) <= 4


def test_client_and_agency_see_the_same_message(ana: Agency, make: Factory, visit: Visit) -> None:
    case = make.conversation(ana)
    reply_id = waiting_reply(ana, case)
    with ana.entered():
        db.session.execute(
            update(Message).values(
                hidden=True,
                truncated=True,
                attachments=[
                    {"kind": "photo", "url": "https://example.com/p", "title": "<b>plate</b>"},
                    {"kind": "unheard_of", "url": "javascript:alert(1)"},
                ],
            )
        )
    looks = []
    for actor, path in ((ana.staff, f"/conversations/{case}"), (ana.client_owner, f"/approvals/{reply_id}")):
        found = re.search(r'<li class="msg[^"]*" id="m-.*?</li>', visit(actor).get(path).text, re.S)
        assert found
        looks.append(re.sub(r"\s+", " ", found.group(0)))
    # How it was read is the agency's own, and what only the agency may do stands last.
    looks[0] = re.sub(r' <div class="line small msg-deeds">.*(?= </li>)', "", looks[0])
    looks[0] = re.sub(r' <div class="line small read-line">.*?</details> ?</div>', "", looks[0])
    looks[0] = re.sub(r"</?mark>", "", looks[0])
    tight = [re.sub(r" ?(<[^>]*>) ?", r"\1", look) for look in looks]
    assert tight[0] == tight[1]
    for words in ("Hidden on the platform", "the rest is on the platform", "Photo: &lt;b&gt;plate", "Attachment"):
        assert words in looks[0]
    assert "javascript:" not in looks[0]


def test_clients_see_their_brand_speak(ana: Agency, make: Factory, visit: Visit) -> None:
    case = make.conversation(ana)
    reply_id = waiting_reply(ana, case)
    with ana.entered():
        one = db.session.scalars(select(Message)).one()
        values = {column.name: getattr(one, column.key) for column in Message.__table__.columns if column.key != "id"}
        values |= {
            "external_id": "ours-1",
            "direction": "out",
            "author_name": ana.staff.name,
            "text": "We look into it.",
        }
        values |= {"content_hash": bytes(32)}
        db.session.execute(insert(Message).values(id=new_id(), **values))
    page = visit(ana.client_owner).get(f"/approvals/{reply_id}").text
    thread = page[page.index('class="msg ours') :].partition("</li>")[0]
    assert "Pennywell" in thread
    assert ana.staff.name not in thread
    with ana.entered():
        db.session.execute(update(Message).where(Message.external_id == "ours-1").values(reply_id=reply_id))
    page = visit(ana.client_owner).get(f"/approvals/{reply_id}").text
    assert 'class="msg ours' not in page, "the reply the page is about stands there once"
    assert ana.staff.name in visit(ana.team_lead).get(f"/conversations/{case}").text


@pytest.mark.parametrize(
    ("kind", "words"),
    [("photo", "Photo"), ("IMAGE", "Photo"), ("carousel_album", "Album"), ("added_video", "Video"), ("share", "Link")]
    + [(nothing, "") for nothing in ("mobile_status_update", "", None, 7)],
)
def test_media_are_named_in_words_or_not_at_all(whole_app: Flask, kind: object, words: str) -> None:
    with whole_app.test_request_context("/"):
        assert media_word(kind) == words


def test_languages_are_named_as_our_own_words_are_spelt(whole_app: Flask) -> None:
    for reader, words in (("pt", "polaco"), ("pl", "polski"), ("en", "Polish")):
        with whole_app.test_request_context("/", headers={"Cookie": f"language={reader}"}):
            assert language_word("pl") == words
            assert saved_reply_words.language_name("pl") == words
            assert reading_words.language_name("pl") == words.capitalize()


def test_everybody_finds_who_may_do_what(ana: Agency, visit: Visit) -> None:
    for who in ("staff", "light", "client_owner", "billing_admin", "agency_admin"):
        assert 'href="/permissions"' in visit(getattr(ana, who)).get("/account").text
    assert 'href="/permissions"' in visit(ana.team_lead).get("/people").text
    assert 'href="/permissions"' in visit(ana.light).get("/people").text, "where somebody is refused"
