"""The conversation's page beyond the public answer: windows, private answers, changes, withdrawals, deeds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.replies import desk, publishing, queries
from channels.scripted_transport import ScriptedTransport, json_answer
from tests.factories import Agency, Factory
from tests.web.replying import waiting_reply
from tests.web.visiting import Visitor

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def visit(whole_app: Flask) -> Callable[..., Visitor]:
    return lambda actor: Visitor(whole_app, actor)


def composer_form(page: str, **more: Any) -> dict[str, Any]:
    """The composer as the page filled it."""
    hidden = r'<input type="hidden" name="(binding|based_on|idempotency_key)" value="([^"]*)"'
    found = {name: unescape(value) for name, value in re.findall(hidden, page)}
    return {**found, **more}


def published(superuser: Engine, agency: Agency, case: UUID, words: str = "We look into it.") -> UUID:
    """An answer that stands on the platform, as settling leaves it."""
    reply_id = waiting_reply(agency, case, words)
    with superuser.begin() as connection:
        connection.execute(
            text(
                "update reply set state = 'published', published_at = now(), sent_at = now(), platform_id = '9_1',"
                " live_state = 'visible' where id = :id"
            ),
            {"id": reply_id},
        )
        connection.execute(
            text(
                "insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction,"
                " text, written_at, content_hash, reply_id) select agency_id, gen_random_uuid(), brand_id,"
                " conversation_id, account_id, '9_1', 'out', :words, now(), '', id from reply where id = :id"
            ),
            {"id": reply_id, "words": words},
        )
    return reply_id


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (9 * HOUR, "14 hr left"),
        (3 * DAY, "3 days left"),
        (8 * DAY, "More than 7 days have passed since this person wrote."),
    ],
)
def test_the_composer_shows_the_window_of_direct_messages(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], ago: timedelta, shown: str
) -> None:
    case = make.conversation(ana, kind="message", age=ago)
    page = visit(ana.staff).get(f"/conversations/{case}").text
    assert shown in page
    assert "direct message, private" in page
    assert ("for a person to answer" in page) is (ago == 3 * DAY)
    assert ("Send for approval" in page) is (ago < 7 * DAY)


@pytest.mark.parametrize(("column", "kind"), [("writes_paused_until", "comment"), ("messages_paused_until", "message")])
def test_what_the_platform_does_not_let_out_now_is_said_before_and_after_the_yes(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], superuser: Engine, column: str, kind: str
) -> None:
    case = make.conversation(ana, kind=kind)
    other = make.conversation(ana, kind="comment")
    with superuser.begin() as connection:
        connection.execute(text(f"update account set {column} = now() + interval '2 hours'"))
    words = {"comment": "Facebook lets this account write nothing for now", "message": "send no messages for now"}[kind]
    browser = visit(ana.staff)
    page = browser.get(f"/conversations/{case}").text
    assert words in page
    assert "Send for approval" in page, "it may be written and approved all the same"
    assert ("for now" in browser.get(f"/conversations/{other}").text) is (kind == "comment")
    reply_id = waiting_reply(ana, case)
    with ana.entered(ana.client_owner):
        desk.approve(ana.client_owner, reply_id, queries.get_reply(reply_id).text_hash)
    platform = ScriptedTransport(lambda _request: json_answer({}))
    assert publishing.publish(ana.app, ana.scope, reply_id, platform) == "skipped"
    assert platform.requests == []
    part = browser.get(f"/conversations/{case}/replies/{reply_id}").text
    assert "lets this account write nothing" in part
    assert "goes out now" not in part


@pytest.mark.parametrize("names_us", [False, True])
def test_a_picture_that_only_shows_the_brand_offers_no_answer_and_says_why(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], names_us: bool
) -> None:
    context = {"names_us": True} if names_us else {}
    case = make.conversation(ana, platform="instagram", kind="mention", context=context)
    page = visit(ana.staff).get(f"/conversations/{case}").text
    assert ("Instagram lets no program comment there." in page) is not names_us
    assert ("Send for approval" in page) is names_us


def test_words_go_privately_where_that_is_ticked_and_are_counted_as_a_message(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], superuser: Engine
) -> None:
    case, browser = make.conversation(ana), visit(ana.staff)
    page = browser.get(f"/conversations/{case}").text
    assert "Answer privately, as a direct message" in page
    form = composer_form(page, text="Only for you. " * 160, private="1")
    found = browser.post(f"/conversations/{case}/check", form, HX_Request="true").text
    assert "of 2000 characters" in found
    sent = browser.post(f"/conversations/{case}/reply", {**form, "do": "submit"})
    assert sent.status_code == 422
    assert 'name="private" value="1" checked' in sent.text
    good = {**composer_form(sent.text), "text": "Only for you.", "private": "1", "do": "submit"}
    assert browser.post(f"/conversations/{case}/reply", good).status_code == 303
    with superuser.connect() as connection:
        row = connection.execute(text("select private, state from reply")).one()
    assert tuple(row) == (True, "awaiting_approval")
    assert "private message to who wrote this" in browser.get(f"/conversations/{case}").text


def test_an_old_comment_and_a_review_offer_no_private_answer(
    make: Factory, ana: Agency, visit: Callable[..., Visitor]
) -> None:
    browser = visit(ana.staff)
    old = browser.get(f"/conversations/{make.conversation(ana, age=8 * DAY)}").text
    assert 'name="private"' not in old
    assert "Too old for a private answer" in old
    review = make.conversation(ana, platform="google_business", kind="review", stars=2)
    assert 'name="private"' not in browser.get(f"/conversations/{review}").text


def test_our_published_words_are_changed_and_taken_back_from_their_place(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], superuser: Engine
) -> None:
    case = make.conversation(ana)
    reply_id, browser = published(superuser, ana, case), visit(ana.staff)
    page = browser.get(f"/conversations/{case}").text
    assert f"change={reply_id}" in page
    changing = browser.get(f"/conversations/{case}?alone=1&change={reply_id}").text
    assert "change of our public answer" in changing
    assert "We look into it.</textarea>" in changing
    form = composer_form(changing, text="We looked into it.", do="submit")
    assert browser.post(f"/conversations/{case}/reply?change={reply_id}", form).status_code == 303
    with superuser.begin() as connection:
        row = connection.execute(text("select deed, changes_reply_id, state from reply where deed <> 'reply'")).one()
        assert tuple(row) == ("edit", reply_id, "awaiting_approval")
        connection.execute(text("update reply set state = 'declined' where deed = 'edit'"))
    address = f"/conversations/{case}/replies/{reply_id}/take-back"
    assert browser.post(address, {"reason": "  "}).status_code == 303
    with superuser.connect() as connection:
        assert connection.execute(text("select count(*) from reply where deed = 'withdraw'")).scalar() == 0
    assert browser.post(address, {"reason": "A wrong date."}).status_code == 303
    with superuser.connect() as connection:
        row = connection.execute(text("select state, deed_reason from reply where deed = 'withdraw'")).one()
    assert tuple(row) == ("approved", "A wrong date."), "at once, although the brand's replies need a yes"
    assert "A wrong date." in browser.get(f"/conversations/{case}").text
    with superuser.connect() as connection:
        taken_id = connection.execute(text("select id from reply where deed = 'withdraw'")).scalar_one()
        mails = connection.execute(text("select count(*) from outgoing_mail where notice = 'answer_taken_back'"))
        assert mails.scalar() == 1, "the client is told"
    owner = visit(ana.client_owner)
    assert f"/approvals/{taken_id}" in owner.get("/approvals?tab=decided").text
    for address in (f"/approvals/{taken_id}", f"/replies/{taken_id}/receipt"):
        seen = owner.get(address).text
        assert "A wrong date." in seen, address
        assert "Released" in seen, address


def test_a_change_begins_beside_the_queue_too_and_its_asker_sees_what_it_changes(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], superuser: Engine
) -> None:
    case = make.conversation(ana)
    reply_id, browser = published(superuser, ana, case), visit(ana.staff)
    changing = browser.get(f"/inbox/{case}?change={reply_id}").text
    assert "We look into it.</textarea>" in changing
    form = composer_form(changing, text="We looked into it.", do="submit")
    assert browser.post(f"/conversations/{case}/reply?change={reply_id}", form).status_code == 303
    with superuser.connect() as connection:
        change_id = connection.execute(text("select id from reply where deed = 'edit'")).scalar_one()
    for page in (f"/approvals/{change_id}", f"/replies/{change_id}/receipt"):
        seen = visit(ana.client_owner).get(page).text
        assert re.search(r"<del>.*?</span>look<", seen), page
        assert re.search(r"<ins>.*?</span>looked<", seen), page


def test_refused_words_come_back_where_they_were_written(
    make: Factory, ana: Agency, visit: Callable[..., Visitor]
) -> None:
    """Beside the queue they stand beside the queue again; alone they stand alone; the field has the focus."""
    case, browser = make.conversation(ana), visit(ana.staff)
    page = browser.get(f"/inbox/{case}?view=team").text
    assert 'id="rows"' in page
    long = "x" * 9_000
    for query, has_queue in (("?view=team", True), ("?view=team&alone=1", False)):
        answer = browser.post(f"/conversations/{case}/reply{query}", composer_form(page, text=long, do="submit"))
        assert answer.status_code == 422
        assert (long in answer.text, 'id="rows"' in answer.text) == (True, has_queue)
        assert re.search(r'<textarea id="reply-text"[^>]* autofocus>', answer.text)
        page = answer.text
    sent = browser.post(f"/conversations/{case}/reply?view=team", composer_form(page, text="Short.", do="submit"))
    assert sent.status_code == 303
    assert f"/inbox/{case}?view=team" in sent.headers["Location"]


def test_a_draft_that_came_back_says_why_and_is_given_up(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], superuser: Engine
) -> None:
    case = make.conversation(ana)
    reply_id, browser = waiting_reply(ana, case), visit(ana.staff)
    with ana.entered(ana.client_owner):
        desk.say_no(
            ana.client_owner, reply_id, "ask_for_changes", "Name the branch.", queries.get_reply(reply_id).text_hash
        )
    page = browser.get(f"/inbox/{case}").text
    assert "Name the branch." in page
    address = f"/conversations/{case}/replies/{reply_id}/drop"
    assert f'formaction="{address}"' in page
    assert browser.post(address, {}).status_code == 303
    with superuser.connect() as connection:
        assert connection.execute(text("select state from reply")).scalar() == "dropped"
    after = browser.get(f"/inbox/{case}").text
    assert "Thank you, we look into it." not in after
    same = composer_form(after, text="Thank you, we look into it.", do="save")
    assert browser.post(f"/conversations/{case}/reply", same).status_code == 303
    assert "Thank you, we look into it.</textarea>" in browser.get(f"/inbox/{case}").text, "a new draft"


def test_an_answer_written_elsewhere_stands_beside_the_words_and_is_replaced_knowingly(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], superuser: Engine
) -> None:
    case = make.conversation(ana, platform="google_business", kind="review", stars=2)
    with superuser.begin() as connection:
        connection.execute(
            text(
                "insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction,"
                " text, written_at, content_hash) select agency_id, gen_random_uuid(), brand_id,"
                " conversation_id, account_id, external_id || '/reply', 'out', 'From a phone.', now(), '' from message"
            )
        )
    browser = visit(ana.staff)
    page = browser.get(f"/inbox/{case}").text
    assert page.count("From a phone.") == 2, "in the thread, and beside the choice"
    standing = re.search(r'name="standing" value="(\w+)"', page)
    assert standing is not None
    plain = composer_form(page, text="Ours.", do="submit", standing=standing.group(1))
    refused = browser.post(f"/conversations/{case}/reply", plain)
    assert refused.status_code == 409
    assert "written on Google itself" in refused.text
    form = composer_form(refused.text, text="Ours.", do="submit", standing=standing.group(1), replace="1")
    assert browser.post(f"/conversations/{case}/reply", form).status_code == 303
    with superuser.connect() as connection:
        row = connection.execute(text("select id, state, replaces_text from reply")).one()
    assert tuple(row)[1:] == ("awaiting_approval", "From a phone.")
    asked = visit(ana.client_owner).get(f"/approvals/{row[0]}").text
    assert "From a phone" in asked
    assert "in the place of one written there by somebody else" in asked


def test_what_a_browser_keeps_is_named_by_person_and_case(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], superuser: Engine
) -> None:
    case = make.conversation(ana)
    reply_id = published(superuser, ana, case)

    def kept_as(actor: Any, address: str) -> str:
        found = re.search(r'data-keep="([^"]+)"', visit(actor).get(address).text)
        assert found is not None
        return found.group(1)

    mine = kept_as(ana.staff, f"/conversations/{case}")
    assert mine == kept_as(ana.staff, f"/inbox/{case}?view=free&brand={ana.brand_ids[0]}")
    assert mine != kept_as(ana.team_lead, f"/conversations/{case}")
    assert mine != kept_as(ana.staff, f"/conversations/{case}?change={reply_id}")


def test_deeds_stand_where_the_platform_offers_them_and_the_role_allows_them(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], superuser: Engine
) -> None:
    case = make.conversation(ana)
    with superuser.connect() as connection:
        message = connection.execute(text("select id from message")).scalar_one()
    staff, lead = visit(ana.staff), visit(ana.team_lead)

    def offered(page: str) -> list[str]:
        parts = re.findall(r'msg-deeds">.*?</li>', page, re.S)
        return [deed for part in parts for deed in re.findall(r'name="deed" value="(\w+)"', part)]

    assert offered(staff.get(f"/conversations/{case}").text) == ["hide", "like"]
    assert offered(lead.get(f"/conversations/{case}").text) == ["hide", "like", "delete", "block"]
    assert offered(visit(ana.light).get(f"/conversations/{case}").text) == []
    address = f"/conversations/{case}/messages/{message}/deeds"
    assert staff.post(address, {"deed": "hide"}).status_code == 303
    assert "Hide: on its way" in staff.get(f"/conversations/{case}").text
    assert staff.post(address, {"deed": "delete"}).status_code == 403
    assert visit(ana.light).post(address, {"deed": "hide"}).status_code == 403
    staff.post(address, {"deed": "sing"})
    with superuser.connect() as connection:
        assert connection.execute(text("select string_agg(deed, ' ') from moderation_deed")).scalar() == "hide"


def test_another_conversations_message_is_not_found(
    make: Factory, ana: Agency, visit: Callable[..., Visitor], superuser: Engine
) -> None:
    one, other = make.conversation(ana), make.conversation(ana, brand=1)
    with superuser.connect() as connection:
        message = connection.execute(
            text("select id from message where conversation_id = :case"), {"case": other}
        ).scalar_one()
    answer = visit(ana.staff).post(f"/conversations/{one}/messages/{message}/deeds", {"deed": "hide"})
    assert answer.status_code == 404
