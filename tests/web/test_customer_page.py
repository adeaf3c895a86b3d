"""People who write, as a browser sees them: their page, links with their proof, VIPs, notes, hostile names."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from agency.inbox.contacts.models import ContactLink, ContactNote
from agency.inbox.models import Conversation, Message
from tenants.database import db
from tenants.permissions import Actor
from tests.factories import Agency, Factory
from tests.web.visiting import Visitor

Visit = Callable[[Actor], Visitor]
HOSTILE = "\u202e" + "<script>alert(1)</script>\u0000x".replace("\u0000", "") + "مرحبا " + "A" * 10_000


@pytest.fixture
def visit(whole_app: Flask) -> Visit:
    return lambda actor: Visitor(whole_app, actor)


def writer(make: Factory, agency: Agency, author: str | None, **more: object) -> tuple[UUID, UUID]:
    """A case and who wrote it."""
    case = make.conversation(agency, author=author, **more)  # type: ignore[arg-type]
    with agency.entered():
        found = db.session.scalars(select(Conversation.contact_id).where(Conversation.id == case)).one()
        assert found is not None
        return case, found


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_page_and_the_card_say_who_writes_why_they_are_a_vip_and_what_waits(
    make: Factory, ana: Agency, visit: Visit
) -> None:
    case, ana_k = writer(make, ana, "Ana Kowalska", text="Where is order 7?")
    staff = visit(ana.staff)
    assert staff.post(f"/customers/{ana_k}/vip", {"is_vip": "1", "vip_note": "Runs the <b>fair</b>"}).status_code == 303
    assert staff.post(f"/customers/{ana_k}/weight", {"weight": "4"}).status_code == 303
    assert staff.post(f"/customers/{ana_k}/notes", {"text": "Short\nanswers"}).status_code == 303
    page = staff.get(f"/customers/{ana_k}").text
    card = staff.get(f"/conversations/{case}/beside", HX_Request="true").text
    for shown in (page, card):
        assert "<b>fair" not in shown
        for said in ("Ana Kowalska", "VIP", "Runs the <b>fair</b>", ana.staff.name, "Short answers"):
            assert said in words_of(shown)
    assert "Where is order 7?" in words_of(page)
    assert 'value="4" selected' in page
    assert 'class="st badge vip"' in staff.get(f"/conversations/{case}").text
    vips = words_of(staff.get(f"/brands/{ana.brand_ids[0]}/customers?view=vips").text)
    assert "Ana Kowalska" in vips
    assert "Runs the <b>fair</b>" in vips
    staff.post(f"/customers/{ana_k}/vip", {"is_vip": "0"})
    assert 'class="st badge vip"' not in staff.get(f"/conversations/{case}").text


def test_a_note_keeps_what_it_said_and_whoever_was_slower_is_told(make: Factory, ana: Agency, visit: Visit) -> None:
    _case, person = writer(make, ana, "Ana")
    staff = visit(ana.staff)
    staff.post(f"/customers/{person}/notes", {"text": "First words"})
    with ana.entered():
        note = db.session.scalars(select(ContactNote.id)).one()
    url = f"/customers/{person}/notes/{note}"
    assert staff.post(url, {"text": "Second words", "version": "1"}).status_code == 303
    slower = visit(ana.team_lead).post(url, {"text": "Third words", "version": "1"})
    assert slower.status_code == 409
    assert "Somebody changed this note" in words_of(slower.text)
    said = words_of(staff.get(f"/customers/{person}").text)
    assert "Second words" in said
    assert "First words" in said
    assert visit(ana.client_owner).get(f"/customers/{person}").status_code == 403


def test_linking_shows_its_proof_and_undoing_parts_them(make: Factory, ana: Agency, visit: Visit) -> None:
    first, one = writer(make, ana, "Ana Kowalska", text="I am ana.k on Instagram", platform="facebook")
    second, other = writer(make, ana, "ana.k", text="Hello there", platform="instagram", kind="message")
    staff = visit(ana.staff)
    form = staff.get(f"/customers/{one}/link?q=ANA.").text
    assert f'value="{other}"' in form
    given = {"q": "ana", "other_id": str(other), "proof": "words", "words": "never said"}
    refused = staff.post(f"/customers/{one}/link", given)
    assert refused.status_code == 422
    assert "never said" in refused.text
    made = staff.post(f"/customers/{one}/link", {**given, "words": "I am ana.k on Instagram"})
    assert made.status_code == 303
    page = staff.get(f"/customers/{other}").text
    assert "They gave this handle themselves." in page
    assert f"/conversations/{first}" in page
    assert {"Hello there", "I am ana.k on Instagram"} <= set(
        re.findall(r'<a href="[^"]*" dir="auto">([^<]*)</a>', page)
    )
    beside = words_of(staff.get(f"/conversations/{second}").text)
    assert "New not answered I am ana.k on Instagram All their cases" in beside
    with ana.entered():
        db.session.execute(update(Message).where(Message.conversation_id == first).values(direction="out"))
        link = db.session.scalars(select(ContactLink.id)).one()
    beside = staff.get(f"/conversations/{second}").text
    assert "New answered I am ana.k on Instagram All their cases" in words_of(beside)
    assert f'<a href="/customers/{other}">All their cases' in beside
    assert staff.post(f"/customers/{one}/links/{link}/undo", {"reason": ""}).status_code == 422
    assert staff.post(f"/customers/{one}/links/{link}/undo", {"reason": "Two people"}).status_code == 303
    page = staff.get(f"/customers/{other}").text
    assert "Two people" in page
    assert f'href="/conversations/{first}" dir="auto"' not in page
    assert visit(ana.light).post(f"/customers/{one}/link", given).status_code == 403


@pytest.mark.parametrize("name", [HOSTILE, "\u202eevil\u202c", "a\u0301" * 5_000, " \t\u2028 ", None])
def test_a_hostile_name_breaks_nothing(name: str | None, make: Factory, ana: Agency, visit: Visit) -> None:
    case, person = writer(make, ana, name)
    staff = visit(ana.staff)
    for url in (
        f"/customers/{person}",
        f"/customers/{person}/link?q=a",
        f"/brands/{ana.brand_ids[0]}/customers",
        f"/conversations/{case}/beside",
    ):
        answer = staff.get(url)
        assert answer.status_code == 200, url
        assert "<script>alert" not in answer.text
        assert len(answer.text) < 60_000, url


def test_history_goes_by_pages_in_the_same_few_statements(
    make: Factory, ana: Agency, visit: Visit, statements: Callable[[], list[str]]
) -> None:
    account = make.account(ana)
    _case, person = writer(make, ana, "Ana", account_id=account, status="closed")

    def more(count: int) -> None:
        for number in range(count):
            case = make.conversation(ana, account_id=account, text=f"Case {number}", status="closed")
            with ana.entered():
                db.session.scalars(select(Conversation).where(Conversation.id == case)).one().contact_id = person

    staff = visit(ana.staff)
    more(3)
    staff.get(f"/customers/{person}")
    statements()
    staff.get(f"/customers/{person}")
    few = len(statements())
    more(42)
    statements()
    url, seen = f"/customers/{person}", []
    first = len(statements())
    while url:
        page = staff.get(url).text
        seen += re.findall(r'<li><a href="/conversations/([0-9a-f-]{36})"', page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        url = unescape(found.group(1)) if found else ""
        assert len(statements()) <= few
    assert first == 0
    assert len(seen) == len(set(seen)) == 46
    for junk in ("x", "2026-01-01_x", f"2026-01-01T00:00:00_{person}", "_"):
        assert staff.get(f"/customers/{person}?after={junk}").status_code == 404
