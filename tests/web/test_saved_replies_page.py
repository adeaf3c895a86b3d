"""The pages of saved replies and their card beside the composer, as a browser sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from agency.replies import moves
from agency.replies.models import Reply
from styleguides import guides, saved_replies
from tenants import clock
from tenants.database import db
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.web.visiting import Visitor

Visit = Callable[[Actor], Visitor]
FORM = {
    "title": "Late parcel",
    "language_0": "en",
    "text_0": "Dear {customer_name}, we look for {order} at once.",
    "language_1": "pl",
    "text_1": "Dzień dobry, już szukamy.",
    "words": "late\nparcel",
    "review_by": "",
}


@pytest.fixture
def visit(whole_app: Flask) -> Visit:
    return lambda actor: Visitor(whole_app, actor)


def written(agency: Agency, brand_id: UUID | None, title: str = "Late parcel", **other: Any) -> UUID:
    texts = [{"language": "en", "text": FORM["text_0"]}, {"language": "pl", "text": FORM["text_1"]}]
    with agency.entered(agency.team_lead):
        data = {"title": title, "texts": texts, "words": ["late", "parcel"], **other}
        return saved_replies.create_saved_reply(agency.team_lead, brand_id, data).id


def shown(visitor: Visitor, query: str = "") -> list[str]:
    page = visitor.get(f"/saved-replies{query}")
    assert page.status_code == 200
    return [unescape(title) for title in re.findall(r'<h2 class="grow"><a [^>]*>(.*?)</a>', page.text)]


def test_a_lead_writes_changes_and_puts_away(ana: Agency, visit: Visit) -> None:
    lead = visit(ana.team_lead)
    lead.get("/saved-replies/new")
    made = lead.post("/saved-replies", {**FORM, "place": str(ana.brand_ids[0])})
    assert made.status_code == 303
    here = made.headers["Location"]
    page = lead.get(here).text
    assert "Dear {customer_name}, we look for {order} at once." in page
    assert '<option value="pl" selected>' in page
    changed = lead.post(here, {**FORM, "title": "Delay", "version": "1"})
    assert changed.status_code == 303
    assert "Version 2, changed by" in lead.get(here).text
    assert shown(lead) == ["Delay"]
    assert lead.post(f"{here}/archive", {"version": "2"}).status_code == 303
    assert (shown(lead), shown(lead, "?archived=1")) == ([], ["Delay"])
    assert lead.post(f"{here}/restore", {"version": "3"}).status_code == 303
    assert shown(lead) == ["Delay"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", " ", "must not be empty"),
        ("place", "", "must be chosen"),
        ("text_0", "Hi {nobody}", "{nobody}"),
        ("review_by", "soon", "must be a day"),
        ("words", "\n".join(f"w{n}" for n in range(41)), "at most 40"),
    ],
)
def test_what_cannot_be_kept_stays_in_the_form_with_the_reason(
    ana: Agency, visit: Visit, field: str, value: str, said: str
) -> None:
    lead = visit(ana.team_lead)
    lead.get("/saved-replies/new")
    refused = lead.post("/saved-replies", {**FORM, "place": "agency", field: value})
    assert refused.status_code == 422
    assert said in unescape(refused.text)
    assert FORM["text_1"] in refused.text
    assert shown(lead) == []


def test_the_second_of_two_is_told_and_keeps_their_words(ana: Agency, visit: Visit) -> None:
    here = f"/saved-replies/{written(ana, None)}"
    first, second = visit(ana.team_lead), visit(ana.agency_admin)
    for one in (first, second):
        one.get(here)
    assert first.post(here, {**FORM, "title": "First's", "version": "1"}).status_code == 303
    refused = second.post(here, {**FORM, "title": "Second's", "version": "1"})
    assert refused.status_code == 409
    page = unescape(refused.text)
    assert 'value="Second\'s"' in page
    assert "First's" in page
    assert 'name="version" value="2"' in page
    assert second.post(f"{here}/archive", {"version": "1"}).status_code == 409


def test_each_sees_what_is_theirs(make: Factory, ana: Agency, stranger: Agency, visit: Visit) -> None:
    first, second, _third = ana.brand_ids
    of_second = written(ana, second, "Second")
    written(ana, first, "First")
    shared = written(ana, None, "Shared")
    written(stranger, None, "Strange")
    limited = visit(make.person(ana, Role.STAFF, only_brand_ids=[first]))
    owner = visit(ana.client_owner)
    assert shown(visit(ana.staff)) == ["First", "Second", "Shared"]
    assert shown(limited) == ["First", "Shared"], "what a request binds is what the person's scope says"
    assert shown(limited, "?brand=agency") == ["Shared"]
    assert shown(visit(ana.staff), f"?brand={second}") == ["Second"]
    assert shown(owner) == ["First"]
    for visitor, path in (
        (limited, f"/saved-replies/{of_second}"),
        (limited, f"/saved-replies?brand={second}"),
        (owner, f"/saved-replies/{shared}"),
        (owner, "/saved-replies?brand=agency"),
        (visit(stranger.team_lead), f"/saved-replies/{shared}"),
    ):
        assert visitor.get(path).status_code == 404


def test_what_the_guide_in_force_stops_is_said_where_it_is_written(ana: Agency, visit: Visit) -> None:
    here = f"/saved-replies/{written(ana, ana.brand_ids[0])}"
    lead = visit(ana.team_lead)
    assert "would stop" not in lead.get(here).text
    rule = {"kind": "banned", "id": "at-once", "level": "stop", "phrases": ["at once"], "reason": "We say today."}
    with ana.entered(ana.team_lead):
        version = guides.draft_version(ana.team_lead, ana.brand_ids[0], [rule])
        guides.put_in_force(ana.team_lead, ana.brand_ids[0], version.number)
    page = unescape(lead.get(here).text)
    assert "would stop" in page
    assert "Text 1: “at once”" in page
    assert "We say today." in page
    assert "Text 2: " not in page


def test_who_may_not_write_reads(make: Factory, ana: Agency, visit: Visit) -> None:
    shared = written(ana, None)
    lead_of_first = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[0]])
    for actor in (ana.staff, lead_of_first):
        visitor = visit(actor)
        page = visitor.get(f"/saved-replies/{shared}").text
        assert "Dear {customer_name}" in page
        assert "<textarea" not in page
        assert visitor.post(f"/saved-replies/{shared}", {**FORM, "version": "1"}).status_code == 403
        assert visitor.post(f"/saved-replies/{shared}/archive", {"version": "1"}).status_code == 403
    assert "/saved-replies/new" not in visit(ana.staff).get("/saved-replies").text


def test_fifty_at_a_time(ana: Agency, visit: Visit) -> None:
    for number in range(51):
        written(ana, None, f"T{number:02}")
    visitor = visit(ana.staff)
    assert len(shown(visitor, "?brand=agency&q=T")) == 50
    page = visitor.get("/saved-replies?brand=agency&q=T").text
    found = re.search(r'href="([^"]*after=[^"]*)" rel="next"', page)
    assert found
    assert shown(visitor, unescape(found.group(1)).removeprefix("/saved-replies")) == ["T50"]
    assert visitor.get("/saved-replies?after=nonsense").status_code == 404


def test_hostile_words_are_shown_inert(ana: Agency, visit: Visit) -> None:
    evil = '"><script>alert(1)</script>{{7*7}}'
    saved = written(ana, None, evil, texts=[{"language": "en", "text": evil.replace("{{7*7}}", "")}], words=[evil])
    for path in ("/saved-replies", f"/saved-replies/{saved}"):
        page = visit(ana.team_lead).get(path).text
        assert "<script>alert" not in page


def sent(agency: Agency, conversation: UUID, reply: UUID | None = None) -> None:
    with agency.entered():
        wanted = db.session.query(Reply).filter(Reply.conversation_id == conversation).one()
        row = moves.locked(wanted.id)
        row.state, row.published_at = "publishing", clock.now()
        moves.move(row, "settle", "published", actor=None)


def test_beside_a_case_it_is_ready_to_be_put_in_and_counted_when_sent(make: Factory, ana: Agency, visit: Visit) -> None:
    saved = written(ana, ana.brand_ids[0], review_by=(clock.now().date() - timedelta(days=1)).isoformat())
    visitor = visit(ana.staff)
    for name in ("Anna Nowak", "Peter Hall", "Ola Lis"):
        case = make.conversation(ana, text="Where is my parcel? It is late!", author=name, language="en")
        card = unescape(visitor.get(f"/conversations/{case}/beside", HX_Request="true").text)
        first = name.split()[0]
        words = f"Dear {first}, we look for {{order}} at once."
        assert f'data-insert="{words}" data-saved-reply="{saved}"' in card
        assert "because of “late”, “parcel”" in card
        assert "Fill in {order} yourself" in card
        assert "Should have been looked at by" in card
        page = visitor.get(f"/conversations/{case}").text
        binding = re.search(r'name="binding" value="([^"]*)"', page)
        assert binding
        assert 'name="saved_reply" value=""' in page
        typed = words.replace("{order}", "your parcel")
        kept = visitor.post(
            f"/conversations/{case}/reply",
            {"binding": unescape(binding.group(1)), "text": typed, "saved_reply": str(saved), "do": "save"},
        )
        assert kept.status_code == 303
        sent(ana, case)
    with ana.entered(ana.staff):
        assert saved_replies.get_saved_reply(ana.staff, saved).uses == 3
    case = make.conversation(ana, text="late parcel", author="Eve Long", language="en")
    assert "Went to 3 people in the last 30 days" in visitor.get(f"/conversations/{case}/beside").text
    page = unescape(visitor.get("/saved-replies").text)
    assert "Went to 3 people in the last 30 days" in page
    assert "Sent 3 times" in page
    assert "Went to" not in visit(ana.client_owner).get("/saved-replies").text


def test_the_drafts_own_words_are_told_when_they_went_to_many(make: Factory, ana: Agency, visit: Visit) -> None:
    visitor = visit(ana.staff)
    words = "Thank you for coming by, we would love to see you again for breakfast on Sunday."
    for number in range(4):
        case = make.conversation(ana, text="Nice!", author=("Anna", "Peter", "Ola", "Eve")[number])
        page = visitor.get(f"/conversations/{case}").text
        binding = re.search(r'name="binding" value="([^"]*)"', page)
        assert binding
        visitor.post(
            f"/conversations/{case}/reply", {"binding": unescape(binding.group(1)), "text": words, "do": "save"}
        )
        card = visitor.get(f"/conversations/{case}/beside", HX_Request="true").text
        assert ("went to 3 other people" in card) == (number == 3)
        if number < 3:
            sent(ana, case)


def test_who_writes_no_replies_is_offered_none(make: Factory, ana: Agency, visit: Visit) -> None:
    written(ana, None)
    case = make.conversation(ana, text="My parcel is late.", language="en")
    for actor in (ana.light, ana.client_owner):
        assert "data-insert" not in visit(actor).get(f"/conversations/{case}/beside").text


def test_an_unchanged_saved_reply_is_seen_while_typing_before_and_after_it_is_kept(
    make: Factory, ana: Agency, visit: Visit
) -> None:
    saved = written(ana, None)
    rule = {"kind": "unedited", "id": "own-words", "level": "stop", "only_complaints": False}
    with ana.entered(ana.team_lead):
        version = guides.draft_version(ana.team_lead, ana.brand_ids[0], [rule])
        guides.put_in_force(ana.team_lead, ana.brand_ids[0], version.number)
    case = make.conversation(ana, text="Order number 8812 is late!", author="Anna Nowak", language="en")
    visitor = visit(ana.staff)
    binding = re.search(r'name="binding" value="([^"]*)"', visitor.get(f"/conversations/{case}").text)
    assert binding
    form = {"binding": unescape(binding.group(1)), "text": "Dear Anna, we look for 8812 at once."}

    def stops(**more: str) -> bool:
        return 'data-stops="1"' in visitor.post(f"/conversations/{case}/check", {**form, **more}).text

    assert not stops()
    assert stops(saved_reply=str(saved)), "put in, not kept yet"
    assert not stops(saved_reply=str(written(ana, ana.brand_ids[1]))), "none of this brand's"
    assert not stops(saved_reply=str(saved), text="We found your parcel in Gdynia; it comes tomorrow with the courier.")
    kept = visitor.post(f"/conversations/{case}/reply", {**form, "saved_reply": str(saved), "do": "save"})
    assert kept.status_code == 303
    assert stops(), "kept: the form need not say so any more"
    refused = visitor.post(f"/conversations/{case}/reply", {**form, "do": "submit"})
    assert refused.status_code == 422
