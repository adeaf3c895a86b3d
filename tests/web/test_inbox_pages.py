"""The queue and the case, as browsers see them, with and without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from agency.inbox import desk, labels, queue_lists
from agency.inbox.models import Conversation, Note
from agency.replies.models import Reply, ReplyText
from agency.web import inbox as inbox_module
from agency.web import inbox_frame, inbox_rows
from agency.web.shell import render_page
from channels.models import Account
from jobs.indexing import index_words
from tenants import clock
from tenants.database import db, new_id
from tenants.models import Brand
from tenants.permissions import Actor
from tests.factories import Agency, Factory
from tests.web.visiting import Visitor

Visit = Callable[[Actor], Visitor]


@pytest.fixture
def visit(whole_app: Flask) -> Visit:
    return lambda actor: Visitor(whole_app, actor)


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana, text="Where is my <b>order</b>?", due_at=clock.now() + timedelta(hours=2))


def column(agency: Agency, case: UUID, name: str) -> Any:
    with agency.entered():
        return db.session.scalars(select(getattr(Conversation, name)).where(Conversation.id == case)).one()


def replies(agency: Agency) -> list[tuple[str, str]]:
    with agency.entered():
        rows = db.session.execute(
            select(Reply.state, func.coalesce(Reply.draft_text, ReplyText.text))
            .join(ReplyText, ReplyText.id == Reply.text_id)
            .order_by(Reply.id)
        )
        return [(row[0], row[1]) for row in rows]


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return unescape(found.group(1))


def composer_form(html: str, text: str, do: str = "save") -> dict[str, str]:
    return {name: field(html, name) for name in ("binding", "based_on", "idempotency_key")} | {"text": text, "do": do}


def test_a_row_says_which_brand_what_and_who(ana: Agency, case: UUID, visit: Visit) -> None:
    page = visit(ana.staff).get("/inbox")
    assert page.status_code == 200
    row = page.text[page.text.index('class="row') :]
    row = row[: row.index("</a>")]
    assert "Pennywell" in row
    assert "Test Customer" in row
    assert f"/inbox/{case}" in row
    assert "&lt;b&gt;order&lt;/b&gt;" in row, "customers' markup is shown, not obeyed"
    assert "<b>order</b>" not in page.text


def test_cases_of_an_archived_brand_are_left_out(ana: Agency, make: Factory, case: UUID, visit: Visit) -> None:
    hidden = make.conversation(ana, brand=1)
    with ana.entered():
        db.session.execute(update(Brand).where(Brand.id == ana.brand_ids[1]).values(archived_at=clock.now()))
    page = visit(ana.staff).get("/inbox")
    assert page.status_code == 200
    assert str(case) in page.text
    assert str(hidden) not in page.text


@pytest.mark.parametrize("path", ["/inbox", "/inbox/{case}", "/conversations/{case}", "/inbox?view=late&q=order"])
def test_a_page_takes_at_most_five_statements(
    ana: Agency, make: Factory, case: UUID, visit: Visit, statements: Callable[[], list[str]], path: str
) -> None:
    visitor = visit(ana.staff)
    visitor.get("/inbox")
    taken = []
    for more in (0, 12):
        for number in range(more):
            make.conversation(ana, brand=number % 3)
        statements()
        assert visitor.get(path.format(case=case)).status_code == 200
        taken.append([s for s in statements() if not s.startswith(("COMMIT", "ROLLBACK", "BEGIN"))])
    assert len(taken[0]) <= (6 if "{case}" in path else 5), taken[0]  # beside a case: whom its reply would wait for
    assert len(taken[1]) == len(taken[0]), "rows and brands cost no statement"


def test_a_draft_costs_the_page_no_statement(
    ana: Agency, case: UUID, visit: Visit, statements: Callable[[], list[str]]
) -> None:
    visitor = visit(ana.staff)
    visitor.post(f"/conversations/{case}/reply", composer_form(visitor.get(f"/inbox/{case}").text, "We are on it."))
    visitor.get(f"/inbox/{case}")
    statements()
    assert "We are on it." in visitor.get(f"/inbox/{case}").text
    assert len(statements()) <= 6


def test_an_unchanged_list_is_not_sent_again(
    ana: Agency, make: Factory, case: UUID, visit: Visit, statements: Callable[[], list[str]]
) -> None:
    visitor = visit(ana.staff)
    with clock.stopped_at(clock.now()):
        tag = visitor.get("/inbox").headers["ETag"]
        statements()
        again = visitor.get("/inbox", If_None_Match=tag)
        assert (again.status_code, again.data) == (304, b"")
        assert len(statements()) <= 2
        assert visitor.get("/inbox?view=mine", If_None_Match=tag).status_code == 200
        assert visit(ana.team_lead).get("/inbox", If_None_Match=tag).status_code == 200
        make.conversation(ana, brand=2)
        assert visitor.get("/inbox", If_None_Match=tag).status_code == 200


def test_what_is_kept_of_the_list_is_what_it_would_be_made_as(
    ana: Agency, case: UUID, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each change, for each reader: rows and all around them as made anew, and not as before."""
    began, readers = clock.now(), [visit(one) for one in (ana.staff, ana.team_lead)]
    with ana.entered(ana.agency_admin):
        label_id = labels.create_label(ana.agency_admin, None, "Refund", "red").id

    def pages() -> list[str]:
        asked = [
            reader.get(f"/inbox{query}").text for query in ("", "?view=free&q2=%00", "?view=mine") for reader in readers
        ]
        return [re.sub(r'(csrf_token" value)="[^"]+"', r"\1", page) for page in asked]

    def shown() -> list[str]:
        kept = pages()
        with monkeypatch.context() as anew:
            anew.setattr(inbox_rows, "KEPT_ROWS", 0)
            anew.setattr(
                inbox_module, "inbox_page", lambda shell, page: render_page("inbox/page.html", page, shell=shell)
            )
            assert kept == pages()
        rows = [re.findall(r"<li><a class=\"row.*?</a>", page, re.DOTALL) for page in kept[:2]]
        assert all(len(one) == 1 for one in rows)
        return [one[0] for one in rows]

    def change(model: Any, row_id: UUID, **values: Any) -> Callable[[], None]:
        def done() -> None:
            with ana.entered():
                db.session.execute(update(model).where(model.id == row_id).values(**values))

        return done

    def claim() -> None:
        with ana.entered(ana.staff):
            desk.claim(ana.staff, case)

    def rename() -> None:
        with ana.entered(ana.agency_admin):
            labels.change_label(ana.agency_admin, label_id, name="Voucher")

    with clock.stopped_at(began) as move_to:

        def at(moment: datetime, seconds: int) -> Callable[[], None]:
            return lambda: move_to(moment + timedelta(seconds=seconds))

        before = shown()
        assert before[0] == before[1], "nothing of a person is in it"
        held_until = began + timedelta(minutes=50)
        for deed, words in (
            (change(Conversation, case, excerpt="Where is it <now>?"), ("Where is it &lt;now&gt;?",) * 2),
            (change(Brand, ana.brand_ids[0], name="Pennywise"), ("<b>Pennywise</b>",) * 2),
            (claim, ("<em>you</em>", f"<em>{ana.staff.name}</em>")),
            (change(Conversation, case, label_ids=[label_id]), (">Refund</i>",) * 2),
            (rename, (">Voucher</i>",) * 2),
            (change(Conversation, case, held_until=held_until), ("<em>",) * 2),
            (at(held_until, -1), ("<em>",) * 2),
            (at(held_until, 1), ("i-dot",) * 2),
            (at(began + timedelta(hours=1), -1), ("<time datetime",) * 2),
            (at(began + timedelta(hours=1), 1), ("class=soon",) * 2),
            (at(began + timedelta(hours=2), -1), ("class=soon",) * 2),
            (at(began + timedelta(hours=2), 1), ("class=late",) * 2),
        ):
            deed()
            before = shown()
            assert all(word in row for word, row in zip(words, before, strict=True)), (words, before)


def test_what_was_just_done_is_said_once(ana: Agency, case: UUID, visit: Visit) -> None:
    visitor = visit(ana.staff)
    visitor.post(f"/conversations/{case}/close")
    first = visitor.get(f"/inbox/{case}")
    assert "Resolved." in first.text
    assert "Resolved." not in visitor.get(f"/inbox/{case}").text


def test_rows_come_in_pages_and_the_list_never_moves_by_itself(ana: Agency, make: Factory, visit: Visit) -> None:
    account = make.account(ana)
    for number in range(53):
        make.conversation(ana, account_id=account, rank=number)
    visitor = visit(ana.staff)
    first = visitor.get("/inbox")
    next_url = unescape(re.findall(r'href="([^"]+)" rel="next"', first.text)[0])
    pulse_url = unescape(re.findall(r'data-pulse="([^"]*)"', first.text)[0])
    assert first.text.count('class="row') == 50
    assert visitor.get(pulse_url).json["new"] == 0
    make.conversation(ana, account_id=account, rank=999)
    assert visitor.get(pulse_url).json["new"] == 1
    rest = visitor.get(next_url, HX_Request="true", HX_Target="more-rows")
    assert rest.text.count('class="row') == 3
    assert "<html" not in rest.text
    whole = visitor.get(next_url)
    assert whole.text.count('class="row') == 3
    assert "1 new case" in whole.text, "without script the page itself says so"


def test_nothing_is_kept_of_a_very_long_address(ana: Agency, case: UUID, visit: Visit) -> None:
    """It stands in every link of the page: a few people could fill the memory with such pages."""
    visitor = visit(ana.staff)
    inbox_frame._kept.clear()
    inbox_rows._kept.clear()
    short = "/inbox?language=none&language=en&language=pl"
    long = short + "".join(f"&language=aa-{one}{two}ABCDEF" for one in "ABCDEFGHI" for two in "ABCDEFGHI")
    for path, kept in ((long, (0, 0)), (short, (1, 1))):
        assert 'class="row' in visitor.get(path).text
        assert (len(inbox_frame._kept), len(inbox_rows._kept)) == kept


def test_a_list_that_was_looked_through_in_part_says_so_and_goes_on(
    ana: Agency, make: Factory, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_lists, "WALKED", 3)
    account = make.account(ana)
    for number in range(7):
        make.conversation(ana, account_id=account, rank=number, language="pl" if number in (0, 3) else "en")
    visitor = visit(ana.staff)
    assert "No case of those looked at so far has all of this" in visitor.get("/inbox?language=pl").text
    pages = ["/inbox?language=pl", "/inbox/choose?language=pl"]
    for path in pages:
        rows, moved = 0, 0
        while path:
            answer = visitor.get(path).text
            rows += answer.count('class="row') + answer.count('name="case"')
            moved += 1
            found = re.findall(r'href="([^"]*after=[^"]+)"[^>]*>(?:<svg.*?</svg>)?Look further', answer)
            path = unescape(found[0]) if found else ""
        assert (rows, moved) == (2, 3)
    shown = visitor.get("/inbox?language=pl").text
    part = visitor.get(
        unescape(re.findall(r'href="([^"]*after=[^"]+)"', shown)[0]), HX_Request="true", HX_Target="more-rows"
    )
    assert "Only a part of the list was looked through" in part.text


def test_views_filters_and_search_live_in_the_address(ana: Agency, make: Factory, case: UUID, visit: Visit) -> None:
    other = make.conversation(ana, brand=1, platform="google_business", kind="review", text="Zimna zupa", stars=1)
    visitor = visit(ana.staff)

    index_words(ana.app)

    def shown(query: str) -> set[UUID]:
        page = visitor.get(f"/inbox?{query}")
        assert page.status_code == 200
        return {UUID(i) for i in re.findall(r'href="/inbox/([0-9a-f-]{36})', page.text)}

    assert shown("") == {case, other}
    assert shown(f"brand={ana.brand_ids[1]}") == {other}
    assert shown("kind=review&platform=google_business") == {other}
    assert shown("q=zupa") == {other}
    assert shown("view=mine") == set()
    assert shown("state=closed") == set()
    assert shown("view=nonsense&kind=%00&state=gone") == {case, other}
    page = visitor.get(f"/inbox?brand={ana.brand_ids[1]}&q=zupa")
    assert f"/inbox/{other}?brand={ana.brand_ids[1]}&amp;q=zupa" in page.text


def test_a_search_that_finds_nothing_open_leads_to_all_there_is(
    ana: Agency, make: Factory, case: UUID, visit: Visit
) -> None:
    make.conversation(ana, brand=1, platform="google_business", kind="review", text="Zimna zupa", stars=1)
    visitor = visit(ana.staff)
    index_words(ana.app)
    (found,) = re.findall(r'href="/inbox/([0-9a-f-]{36})', visitor.get("/inbox?q=zupa").text)
    visitor.post(f"/conversations/{found}/close", {})
    page = visitor.get(f"/inbox?view=free&brand={ana.brand_ids[1]}&q=zupa")
    assert f"/inbox/{found}" not in page.text
    wider = f"/inbox?brand={ana.brand_ids[1]}&q=zupa&state=any"
    assert wider.replace("&", "&amp;") in page.text
    assert f"/inbox/{found}?brand=" in visitor.get(wider).text
    everything = visitor.get("/inbox?state=any").text
    assert f"/inbox/{found}" in everything
    assert f"/inbox/{case}" in everything
    nowhere = visitor.get("/inbox?state=any&q=nowhere").text
    assert "Search answered and snoozed" not in nowhere
    assert "Search in all brands" not in nowhere
    assert "Nothing found. Looked in messages and answers, people&#39;s names, notes and numbers. Try" in nowhere
    assert "There is no letter and no digit in this to look for." in visitor.get("/inbox?q=%3F+%21").text
    elsewhere = visitor.get(f"/inbox?brand={ana.brand_ids[0]}&q=zupa&state=any").text
    (wider,) = re.findall(r'href="([^"]+)">Search in all brands', elsewhere)
    assert "brand=" not in wider
    assert f"/inbox/{found}" in visitor.get(wider.replace("&amp;", "&")).text


@pytest.mark.parametrize(
    "query",
    ["brand=nonsense", "brand=01a20100-26a5-7bfa-b138-b313f2da0641", "after=junk", "after=%00", "since=junk"],
)
def test_damaged_addresses_are_answered_calmly(ana: Agency, case: UUID, visit: Visit, query: str) -> None:
    expected = {"b": 404, "a": 422, "s": 200}[query[0]]
    assert visit(ana.staff).get(f"/inbox?{query}").status_code == expected


@pytest.mark.parametrize(
    ("health", "words"),
    [
        ("needs_reconnect", "no longer accepts our connection"),
        ("access_lost", "We lost access to this account"),
        ("disconnected", "This account was disconnected here"),
        ("failing", None),
        ("ok", None),
    ],
)
def test_a_case_says_when_its_channel_needs_a_person(
    ana: Agency, case: UUID, visit: Visit, health: str, words: str | None
) -> None:
    with ana.entered():
        db.session.execute(update(Account).values(health=health, health_reason="page_role_lost"))
    page = unescape(visit(ana.staff).get(f"/conversations/{case}").text)
    assert ("drafts are kept" in page) == (words is not None)
    if words is not None:
        assert words in page
        assert "Ask an agency admin" in page
        assert f'href="/brands/{ana.brand_ids[0]}/accounts"' in page
        assert "Connect it again; what waits goes out" in visit(ana.agency_admin).get(f"/conversations/{case}").text


def test_htmx_gets_the_case_alone(ana: Agency, case: UUID, visit: Visit) -> None:
    fragment = visit(ana.staff).get(f"/inbox/{case}", HX_Request="true", HX_Boosted="true", HX_Target="conversation")
    assert fragment.status_code == 200
    assert 'id="talk"' in fragment.text
    assert "<html" not in fragment.text


def test_the_loser_of_a_claim_sees_who_won(ana: Agency, case: UUID, visit: Visit) -> None:
    first, second = visit(ana.staff), visit(ana.team_lead)
    assert first.post(f"/conversations/{case}/claim").status_code == 303
    answer = second.post(f"/conversations/{case}/claim")
    assert answer.status_code == 303
    page = second.get(answer.headers["Location"])
    assert ana.staff.name in page.text
    assert "has this case since" in page.text
    assert column(ana, case, "holder_id") == ana.staff.user_id


def test_a_case_is_taken_over_given_back_put_off_and_opened(ana: Agency, case: UUID, visit: Visit) -> None:
    staff, lead = visit(ana.staff), visit(ana.team_lead)
    staff.post(f"/conversations/{case}/claim")
    assert visit(ana.light).post(f"/conversations/{case}/take-over", {"reason": "mine"}).status_code == 403
    lead.post(f"/conversations/{case}/take-over", {"reason": "Ana went home"})
    assert column(ana, case, "holder_id") == ana.team_lead.user_id
    lead.post(f"/conversations/{case}/release")
    assert column(ana, case, "holder_id") is None
    later = (clock.now() + timedelta(hours=1)).isoformat()
    assert lead.post(f"/conversations/{case}/snooze", {"until": "soon"}).status_code == 303
    assert column(ana, case, "status") == "open"
    lead.post(f"/conversations/{case}/snooze", {"until": later})
    assert column(ana, case, "status") == "snoozed"
    lead.post(f"/conversations/{case}/reopen")
    assert column(ana, case, "status") == "open"


def test_next_claims_the_top_case_and_opens_it(ana: Agency, case: UUID, visit: Visit) -> None:
    visitor = visit(ana.staff)
    answer = visitor.post("/inbox/next?view=free")
    assert answer.headers["Location"] == f"/inbox/{case}?view=free"
    assert column(ana, case, "holder_id") == ana.staff.user_id
    again = visitor.post("/inbox/next")
    assert again.headers["Location"] == "/inbox"
    assert "Nothing free is waiting here." in visitor.get("/inbox").text


def test_a_note_stays_in_the_house(ana: Agency, case: UUID, visit: Visit) -> None:
    visit(ana.light).post(f"/conversations/{case}/note", {"text": "A kind <i>guest</i>"})
    with ana.entered():
        assert list(db.session.scalars(select(Note.text))) == ["A kind <i>guest</i>"]
    assert "A kind &lt;i&gt;guest&lt;/i&gt;" in visit(ana.staff).get(f"/conversations/{case}").text


def test_words_become_a_draft_once_however_often_the_button_is_pressed(ana: Agency, case: UUID, visit: Visit) -> None:
    visitor = visit(ana.staff)
    form = composer_form(visitor.get(f"/inbox/{case}").text, "We are looking into it.\r\nPennywell")
    for _ in range(2):
        assert visitor.post(f"/conversations/{case}/reply", form).status_code == 303
    assert replies(ana) == [("draft", "We are looking into it.\nPennywell")]
    assert column(ana, case, "holder_id") == ana.staff.user_id
    form["do"] = "submit"
    for _ in range(2):
        assert visitor.post(f"/conversations/{case}/reply", form).status_code == 303
    assert replies(ana) == [("awaiting_approval", "We are looking into it.\nPennywell")]
    page = visitor.get(f"/inbox/{case}").text
    assert "Waiting for client" in page
    reply_url = unescape(re.findall(r'action="([^"]+/withdraw[^"]*)"', page)[0])
    state_url = unescape(re.findall(r'hx-get="([^"]+/replies/[^"]+)"', page)[0])
    assert "Waiting for client" in visitor.get(state_url, HX_Request="true").text
    visitor.post(reply_url)
    assert replies(ana)[0][0] == "draft"


def test_a_finding_stops_the_reply_and_the_words_are_kept(ana: Agency, make: Factory, case: UUID, visit: Visit) -> None:
    make.guide(ana, [{"id": "no-sorry", "kind": "banned", "level": "stop", "phrases": ["unfortunately"]}])
    visitor = visit(ana.staff)
    html = visitor.get(f"/inbox/{case}").text
    words = "Unfortunately we cannot find your order."
    fragment = visitor.post(f"/conversations/{case}/check", composer_form(html, words), HX_Request="true")
    assert fragment.status_code == 200
    assert 'data-stops="1"' in fragment.text
    assert "<html" not in fragment.text
    answer = visitor.post(f"/conversations/{case}/reply", composer_form(html, words, "submit"))
    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert 'data-stops="1"' in answer.text
    assert replies(ana) == [("draft", words)], "what was typed is stored though it may not leave"


def test_checking_without_script_stores_nothing_and_shows_the_words(ana: Agency, case: UUID, visit: Visit) -> None:
    visitor = visit(ana.staff)
    html = visitor.get(f"/inbox/{case}").text
    answer = visitor.post(f"/conversations/{case}/reply", composer_form(html, "Half a thou", "check"))
    assert answer.status_code == 200
    assert "Half a thou" in answer.text
    assert replies(ana) == []


def test_a_form_of_another_brand_is_refused(ana: Agency, make: Factory, case: UUID, visit: Visit) -> None:
    other = make.conversation(ana, brand=1)
    visitor = visit(ana.staff)
    form = composer_form(visitor.get(f"/inbox/{other}").text, "For somebody else")
    for binding in (form["binding"], "", "junk", form["binding"] + "x"):
        for deed in ("reply", "autosave", "check"):
            assert visitor.post(f"/conversations/{case}/{deed}", {**form, "binding": binding}).status_code == 409
    assert replies(ana) == []


@pytest.mark.parametrize("do", ["save", "check", "submit"])
def test_words_of_a_form_of_another_brand_come_back_to_be_copied(
    ana: Agency, make: Factory, case: UUID, visit: Visit, do: str
) -> None:
    """Without script nothing else has them: the browser shows our answer where the form was."""
    other = make.conversation(ana, brand=1)
    visitor = visit(ana.staff)
    words = "Dear Ms Żak,\r\n\r\n</textarea><b>we</b> look into it & write."
    form = composer_form(visitor.get(f"/inbox/{other}").text, words, do)
    answer = visitor.post(f"/conversations/{case}/reply", form)
    assert answer.status_code == 409
    assert "made for another brand" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    shown = re.search(r"<textarea[^>]* readonly>\n(.*?)</textarea>", answer.text, re.DOTALL)
    assert shown, "they can be read and copied, and are in no form that could be sent"
    assert unescape(shown.group(1)) == words.replace("\r\n", "\n")
    assert "<b>we</b>" not in answer.text
    assert "<form" not in answer.text[shown.start() - 400 : shown.end()]
    assert replies(ana) == []


def test_autosave_keeps_words_and_never_overwrites_a_colleagues(ana: Agency, case: UUID, visit: Visit) -> None:
    visitor = visit(ana.staff)
    form = composer_form(visitor.get(f"/inbox/{case}").text, "First")
    kept = visitor.post(f"/conversations/{case}/autosave", form)
    assert kept.status_code == 204
    form["based_on"] = kept.headers["X-Text-Hash"]
    assert visitor.post(f"/conversations/{case}/autosave", {**form, "text": "Second"}).status_code == 204
    old_window = {**form, "idempotency_key": "another", "text": "From an old window"}
    stale = visitor.post(f"/conversations/{case}/autosave", old_window)
    assert stale.status_code == 409
    assert "in another window" in stale.get_json()["message"]
    assert visitor.post(f"/conversations/{case}/autosave", {**form, "text": "  "}).status_code == 204
    assert replies(ana) == [("draft", "Second")]
    held = visit(ana.team_lead)
    form = composer_form(held.get(f"/inbox/{case}").text, "Mine")
    refused = held.post(f"/conversations/{case}/autosave", form)
    assert refused.status_code == 409
    assert ana.staff.name in refused.get_json()["message"]


DEEDS = ("claim", "release", "take-over", "close", "reopen", "snooze", "note", "reply", "check", "autosave")


@pytest.mark.parametrize("who", ["agency_admin", "team_lead", "staff", "light", "client_owner"])
def test_a_stranger_cannot_tell_a_case_from_nothing(
    ana: Agency, stranger: Agency, make: Factory, case: UUID, visit: Visit, who: str
) -> None:
    make.conversation(stranger)
    visitor, answers = visit(getattr(stranger, who)), []
    form = {"text": "x", "reason": "x", "until": (clock.now() + timedelta(hours=1)).isoformat(), "binding": "x"}
    visitor.get("/account")
    for number in (case, new_id()):
        seen = []
        for path in (f"/inbox/{number}", f"/conversations/{number}"):
            answer = visitor.get(path)
            seen.append((answer.status_code, answer.text.replace(str(number), "")))
        for deed in DEEDS:
            answer = visitor.post(f"/conversations/{number}/{deed}", form)
            seen.append((answer.status_code, ""))
        for deed in ("", "/withdraw"):
            path = f"/conversations/{number}/replies/{number}{deed}"
            answer = visitor.post(path) if deed else visitor.get(path)
            seen.append((answer.status_code, ""))
        answers.append([(status, re.sub(r'class="code[^>]*>[0-9a-f]+', "", text)) for status, text in seen])
    assert [status for status, _ in answers[0]] == [status for status, _ in answers[1]]
    assert answers[0][0][0] == answers[0][1][0] == 404
    assert all(status in (403, 404) for status, _ in answers[0])


@pytest.mark.parametrize("who", ["light", "client_owner"])
def test_who_may_only_read_sees_no_way_to_act(ana: Agency, case: UUID, visit: Visit, who: str) -> None:
    visitor = visit(getattr(ana, who))
    page = visitor.get(f"/inbox/{case}").text
    for deed in ("claim", "close", "snooze", "reply"):
        assert f"/conversations/{case}/{deed}" not in page
        assert visitor.post(f"/conversations/{case}/{deed}").status_code == 403
    assert "/inbox/next" not in page


def test_nobody_signed_in_is_sent_to_the_door(whole_app: Flask, ana: Agency, case: UUID) -> None:
    for path in ("/inbox", f"/inbox/{case}", f"/conversations/{case}"):
        answer = whole_app.test_client().get(path)
        assert answer.status_code == 302
        assert "/sign-in" in answer.headers["Location"]
