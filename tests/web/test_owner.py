"""The client's pages: what waits, and one reply with everything that may be decided about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text, update

from agency.replies import desk, queries
from agency.replies.models import Approval, Reply
from agency.replies.sending_time import When
from agency.replies.words import hash_of
from agency.web import owner_reply
from tenants import clock
from tenants.brand_hours import set_hours
from tenants.brands import archive_brand
from tenants.database import db
from tenants.outbox import JobName
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.mailed import Phone, bodies, links
from tests.web.replying import HOSTILE, MARKUP, form_of, is_inert, promises, rewritten, row_of, waiting_reply

SAID = "Cold breakfast, rude staff."
STOPS = {"kind": "banned", "id": "no-refunds", "level": "stop", "phrases": ["refund"], "match": "exact"}


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana, platform="google_business", kind="review", stars=1, text=SAID)


@pytest.fixture
def reply_id(ana: Agency, case: UUID) -> UUID:
    return waiting_reply(ana, case)


@pytest.fixture
def client(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.client_owner)


def decisions(agency: Agency) -> list[tuple[str, str | None]]:
    with agency.entered():
        rows = db.session.execute(select(Approval.decision, Approval.reason).order_by(Approval.created_at))
        return [(row[0], row[1]) for row in rows]


def test_what_waits_is_listed_with_both_texts(client: Browser, reply_id: UUID) -> None:
    page = client.get("/approvals")
    assert page.status_code == 200
    for words in (SAID, "Thank you, we look into it.", "1 of 5 stars", f"/approvals/{reply_id}"):
        assert words in page.text
    assert f"/approvals/{reply_id}" not in client.get("/approvals?tab=decided").text


def test_approving_the_words_shown_promises_one_publication(
    client: Browser, ana: Agency, reply_id: UUID, superuser: Engine
) -> None:
    page = client.get(f"/approvals/{reply_id}")
    assert "Cold breakfast, rude staff." in page.text
    assert row_of(ana, reply_id).text_hash in page.text
    form = form_of(page.text, do="approve")
    assert client.post(f"/approvals/{reply_id}", form).status_code == 303
    assert client.post(f"/approvals/{reply_id}", form).status_code == 303, "a double click is harmless"
    assert row_of(ana, reply_id).state == "approved"
    assert decisions(ana) == [("approved", None)]
    assert promises(superuser, JobName.PUBLISH_REPLY) == 1
    after = client.get(f"/approvals/{reply_id}").text
    assert "by you" in after
    assert "published once" in after
    assert 'name="do"' not in after
    decided = client.get("/approvals?tab=decided").text
    assert f"/approvals/{reply_id}" in decided
    assert 'data-state="approved"' in decided


def test_line_ends_of_browsers_are_not_a_change(client: Browser, ana: Agency, case: UUID) -> None:
    reply_id = waiting_reply(ana, case, "First line.\r\n\rSecond line.")
    form = form_of(client.get(f"/approvals/{reply_id}").text, do="approve")
    form["text"] = "\r\n".join(form["text"].splitlines())
    assert client.post(f"/approvals/{reply_id}", form).status_code == 303
    assert row_of(ana, reply_id).state == "approved"


def test_words_that_changed_meanwhile_need_a_new_yes(client: Browser, ana: Agency, reply_id: UUID) -> None:
    form = form_of(client.get(f"/approvals/{reply_id}").text, do="approve")
    rewritten(ana, reply_id, "Thank you, we have refunded it.")
    answer = client.post(f"/approvals/{reply_id}", form)
    assert answer.status_code == 409
    assert "changed the words while you were reading" in answer.text
    assert "<ins>" in answer.text
    assert "have refunded" in answer.text
    assert row_of(ana, reply_id).state == "awaiting_approval"
    assert decisions(ana) == []
    assert client.post(f"/approvals/{reply_id}", form_of(answer.text, do="approve")).status_code == 303
    assert row_of(ana, reply_id).state == "approved"


@pytest.mark.parametrize("deed", ["change_and_approve", "ask_for_changes", "decline"])
def test_no_decision_is_taken_about_words_nobody_was_shown(
    client: Browser, ana: Agency, reply_id: UUID, deed: str
) -> None:
    form = form_of(client.get(f"/approvals/{reply_id}").text, do=deed, reason="Too cold", text="My own kinder words.")
    rewritten(ana, reply_id, "Other words.")
    answer = client.post(f"/approvals/{reply_id}", form)
    assert answer.status_code == 409
    assert decisions(ana) == []
    assert "Too cold" in answer.text, "what was typed comes back"
    assert "My own kinder words." in answer.text


def test_the_same_words_about_what_the_customer_says_now_need_a_new_yes(
    client: Browser, ana: Agency, case: UUID, reply_id: UUID, superuser: Engine
) -> None:
    form = form_of(client.get(f"/approvals/{reply_id}").text, do="approve")
    with superuser.begin() as connection:
        changed = "update message set text = 'Now I sue you.', content_hash = decode(repeat('01', 32), 'hex')"
        connection.execute(text(changed + " where direction = 'in'"))
    rewritten(ana, reply_id, row_of(ana, reply_id).text)
    assert row_of(ana, reply_id).text_hash == form["text_hash"]
    answer = client.post(f"/approvals/{reply_id}", form)
    assert answer.status_code == 409
    assert "asked anew" in answer.text
    assert "Now I sue you." in answer.text
    assert decisions(ana) == []
    assert client.post(f"/approvals/{reply_id}", form_of(answer.text, do="approve")).status_code == 303
    assert row_of(ana, reply_id).state == "approved"


def test_a_look_back_shows_what_changed_since_the_last_look(client: Browser, ana: Agency, reply_id: UUID) -> None:
    assert "What changed since" not in client.get(f"/approvals/{reply_id}").text
    rewritten(ana, reply_id, "Thank you, we sincerely look into it.")
    for _look in range(2):
        page = client.get(f"/approvals/{reply_id}").text
        assert "What changed since you last looked" in page
        assert "sincerely" in page[page.index("<ins>") : page.index("</ins>")]


def test_a_decision_is_what_the_next_words_are_held_against(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    with ana.entered(ana.client_owner):
        shown = queries.get_reply(reply_id).text_hash
        desk.say_no(ana.client_owner, reply_id, "ask_for_changes", "Warmer, please", shown)
    rewritten(ana, reply_id, "Thank you so much, we look into it within 2 hours.")
    another_browser = Browser(whole_app, ana.client_owner)
    page = another_browser.get(f"/approvals/{reply_id}").text
    assert "within 2 hours → " in page, "what the customer may hold the brand to"
    assert "so much" in page[page.index("<ins>") : page.index("</ins>")]


def test_changed_words_are_shown_before_they_are_approved(client: Browser, ana: Agency, reply_id: UUID) -> None:
    first = client.get(f"/approvals/{reply_id}").text
    edited = form_of(first, do="approve", text="We are sorry & look into it.")
    answer = client.post(f"/approvals/{reply_id}", edited)
    assert "were not approved as they stood" in answer.text
    assert decisions(ana) == []
    looked = client.post(f"/approvals/{reply_id}", {**edited, "do": "check"})
    assert looked.status_code == 200
    assert "Your change" in looked.text
    assert "Promises:" not in looked.text
    dated = client.post(f"/approvals/{reply_id}", {**edited, "do": "check", "text": "We will write by tomorrow."})
    assert "by tomorrow → " in dated.text, "the brand is held to it"
    assert form_of(looked.text)["text"] == "We are sorry & look into it."
    done = client.post(f"/approvals/{reply_id}", form_of(looked.text, do="change_and_approve"))
    assert done.status_code == 303
    row = row_of(ana, reply_id)
    assert (row.state, row.text, row.by_approver) == ("approved", "We are sorry & look into it.", True)
    again = client.post(f"/approvals/{reply_id}", {**edited, "do": "change_and_approve"})
    assert again.status_code == 303
    assert len(decisions(ana)) == 1


def test_the_style_guide_stops_the_clients_words_too(
    client: Browser, make: Factory, ana: Agency, reply_id: UUID
) -> None:
    make.guide(ana, [STOPS])
    form = form_of(client.get(f"/approvals/{reply_id}").text, do="change_and_approve", text="You get a refund today.")
    answer = client.post(f"/approvals/{reply_id}", form)
    assert answer.status_code == 422
    assert "Your style guide stops these words" in answer.text
    assert decisions(ana) == []
    assert form_of(answer.text)["text"] == "You get a refund today."
    assert row_of(ana, reply_id).state == "awaiting_approval"


@pytest.mark.parametrize(("deed", "state"), [("decline", "declined"), ("ask_for_changes", "draft")])
def test_a_no_needs_a_reason_and_keeps_what_was_typed(
    client: Browser, ana: Agency, reply_id: UUID, deed: str, state: str
) -> None:
    page = client.get(f"/approvals/{reply_id}").text
    typed = form_of(page, do=deed, text="Half written words", reason=" \u200b")
    answer = client.post(f"/approvals/{reply_id}", typed)
    assert answer.status_code == 422
    assert "Say in a few words" in answer.text
    assert form_of(answer.text)["text"] == "Half written words"
    assert row_of(ana, reply_id).state == "awaiting_approval"
    good = form_of(page, do=deed, reason="We never promise dates.")
    assert client.post(f"/approvals/{reply_id}", good).status_code == 303
    assert client.post(f"/approvals/{reply_id}", good).status_code == 303
    assert row_of(ana, reply_id).state == state
    assert len(decisions(ana)) == 1
    after = client.get(f"/approvals/{reply_id}").text
    assert "We never promise dates." in after
    assert "Nothing is published." in after


def test_a_form_that_comes_too_late_gives_the_typed_words_back(client: Browser, ana: Agency, reply_id: UUID) -> None:
    form = form_of(client.get(f"/approvals/{reply_id}").text, do="decline", reason="Words I had typed")
    with ana.entered(ana.staff):
        desk.withdraw(ana.staff, reply_id)
    answer = client.post(f"/approvals/{reply_id}", form)
    assert answer.status_code == 409
    assert "took this reply back" in answer.text
    assert "Words I had typed" in answer.text


def test_nobody_approves_their_own_reply(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    with ana.entered():
        db.session.execute(update(Reply).where(Reply.id == reply_id).values(written_by=ana.client_owner.user_id))
    client = Browser(whole_app, ana.client_owner)
    page = client.get(f"/approvals/{reply_id}").text
    assert 'name="do"' not in page
    row = row_of(ana, reply_id)
    form = {"do": "approve", "text_hash": row.text_hash, "text": row.text}
    answer = client.post(f"/approvals/{reply_id}", form)
    assert answer.status_code == 409
    assert "never approves it" in answer.text
    assert decisions(ana) == []


@pytest.mark.parametrize("role", [r for r in Role if r not in (Role.CLIENT_OWNER, Role.BILLING_ADMIN)])
def test_the_agency_reads_and_does_not_decide(whole_app: Flask, ana: Agency, reply_id: UUID, role: Role) -> None:
    browser = Browser(whole_app, ana.actors[role.value])
    assert f"/approvals/{reply_id}" in browser.get("/approvals").text
    page = browser.get(f"/approvals/{reply_id}")
    assert page.status_code == 200
    assert 'name="do"' not in page.text
    form = {"do": "approve", "text_hash": row_of(ana, reply_id).text_hash}
    assert browser.post(f"/approvals/{reply_id}", form).status_code == 403
    assert row_of(ana, reply_id).state == "awaiting_approval"


def test_billing_and_strangers_see_nothing(
    whole_app: Flask, make: Factory, ana: Agency, stranger: Agency, reply_id: UUID
) -> None:
    assert Browser(whole_app, ana.billing_admin).get(f"/approvals/{reply_id}").status_code == 403
    other_brand = waiting_reply(ana, make.conversation(ana, brand=1))
    for actor, path in ((stranger.client_owner, reply_id), (ana.client_owner, other_brand)):
        browser = Browser(whole_app, actor)
        assert browser.get(f"/approvals/{path}").status_code == 404
        assert browser.post(f"/approvals/{path}", {"do": "approve"}).status_code == 404
        assert str(path) not in browser.get("/approvals").text


def test_a_draft_nobody_was_asked_about_is_not_there(client: Browser, ana: Agency, case: UUID) -> None:
    with ana.entered(ana.staff):
        draft = desk.start_draft(ana.staff, case, "Not ready").id
    assert client.get(f"/approvals/{draft}").status_code == 404


def test_hostile_words_do_nothing(client: Browser, make: Factory, ana: Agency) -> None:
    case = make.conversation(ana, text=HOSTILE, author=HOSTILE)
    reply_id = waiting_reply(ana, case, MARKUP)
    assert is_inert(client.get("/approvals").text)
    page = client.get(f"/approvals/{reply_id}").text
    assert is_inert(page)
    assert 'dir="auto"' in page
    answer = client.post(f"/approvals/{reply_id}", form_of(page, do="check", text="x" + HOSTILE, reason=HOSTILE))
    assert is_inert(answer.text)
    assert unescape(form_of(answer.text)["text"]) == "x" + HOSTILE


@pytest.mark.parametrize("form", [{}, {"do": "burn"}, {"do": "approve", "text_hash": "\u202e"}, {"do": "decline"}])
def test_a_form_that_is_not_ours_decides_nothing(
    client: Browser, ana: Agency, reply_id: UUID, form: dict[str, str]
) -> None:
    assert client.post(f"/approvals/{reply_id}", form).status_code in (409, 422)
    assert decisions(ana) == []


def test_the_pages_take_few_statements(
    client: Browser, make: Factory, ana: Agency, reply_id: UUID, statements: Callable[[], list[str]]
) -> None:
    for _number in range(3):
        waiting_reply(ana, make.conversation(ana))
    for path, most in (("/approvals", 16), (f"/approvals/{reply_id}", 9)):
        client.get(path)
        statements()
        assert client.get(path).status_code == 200
        taken = statements()
        assert len(taken) <= most, taken


def test_the_hash_shown_is_that_of_the_words(client: Browser, ana: Agency, reply_id: UUID) -> None:
    form = form_of(client.get(f"/approvals/{reply_id}").text)
    assert hash_of(form["text"]) == form["text_hash"]


def test_what_a_new_guide_stops_is_said_before_anybody_decides(
    client: Browser, whole_app: Flask, ana: Agency, case: UUID, reply_id: UUID, superuser: Engine
) -> None:
    writer = Browser(whole_app, ana.staff)
    for page in (client.get("/approvals"), writer.get(f"/inbox/{case}")):
        assert "guide stops this" not in page.text
        assert "version 2, stops this" not in page.text
    with superuser.begin() as connection:
        connection.execute(text("update reply set stopped_now = 'Say <b>less</b>.', stopped_by_version = 2"))
        connection.execute(text("update conversation set version = version + 1"))
    assert "The new guide stops this" in client.get("/approvals").text
    said = writer.get(f"/inbox/{case}").text
    assert "The style guide in force now, version 2, stops this: Say &lt;b&gt;less&lt;/b&gt;." in said
    assert "It will not be sent like this. Change the words." in said
    with superuser.begin() as connection:
        connection.execute(text("update reply set state = 'draft'"))
        connection.execute(text("update conversation set version = version + 1, reply_state = 'draft'"))
    assert "version 2, stops this" in writer.get(f"/inbox/{case}").text


def test_words_outlive_the_session_and_the_form(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    address = f"/approvals/{reply_id}"
    before = Browser(whole_app, ana.client_owner)
    form = form_of(before.get(address).text, do="change_and_approve", text="Warm thanks.\nTwice.", reason="In short.")
    before.set_session("ended")
    kept = before.post(address, form)
    assert kept.status_code == 401
    glance = before.post(address, form, headers={"HX-Request": "true"})
    assert (glance.status_code, "HX-Redirect" in glance.headers) == (401, False), "nobody is led away while typing"
    again = {
        name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', kept.text)
    }
    after = Browser(whole_app, ana.client_owner)
    back = after.client.post(address, data={**again, "do": "change_and_approve"})
    assert back.status_code == 400, "a form without its token decides nothing"
    assert row_of(ana, reply_id).state == "awaiting_approval"
    form = form_of(back.text, do="change_and_approve")
    assert (form["text"], "In short." in back.text) == ("Warm thanks.\nTwice.", True)
    assert after.post(address, form).status_code == 303
    assert (row_of(ana, reply_id).state, row_of(ana, reply_id).text) == ("approved", "Warm thanks.\nTwice.")


def test_when_it_goes_out_is_said_before_and_after_the_yes(
    client: Browser, whole_app: Flask, ana: Agency, case: UUID, superuser: Engine
) -> None:
    with ana.entered(ana.staff):
        reply_id = desk.start_draft(ana.staff, case, "Thank you.").id
        desk.submit(ana.staff, reply_id, when=When("chosen", clock.now() + timedelta(days=2)))
    (link,) = links(whole_app, superuser)
    phone = Phone(whole_app)
    for page in (client.get("/approvals"), client.get(f"/approvals/{reply_id}"), phone.open(link)):
        assert "if it has its yes by then" in page.text
    assert all("not before." in body for body in bodies(whole_app, superuser))
    pressed = phone.post(link, {"do": "approve", "text_hash": hash_of("Thank you.")}, follow=True)
    for page in (pressed, client.get(f"/approvals/{reply_id}"), client.get("/approvals?tab=decided")):
        assert "Goes out " in page.text
        assert "within a minute" not in page.text
    with superuser.begin() as connection:
        connection.execute(text("update reply set trouble = 'brand_paused'"))
    for page in (phone.open(link), client.get(f"/approvals/{reply_id}")):
        assert "sending for this brand is paused" in page.text


def test_others_that_wait_are_counted_to_a_bound_and_in_brands_in_use_alone(
    client: Browser, ana: Agency, make: Factory, reply_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting_reply(ana, make.conversation(ana, brand=1))
    with ana.entered(ana.agency_admin):
        archive_brand(ana.agency_admin, ana.brand_ids[1])
    assert "All replies" in client.get(f"/approvals/{reply_id}").text
    monkeypatch.setattr(owner_reply, "MOST_COUNTED", 1)
    for words in ("1 other reply waits", "More than 1 other replies wait"):
        waiting_reply(ana, make.conversation(ana))
        assert words in client.get(f"/approvals/{reply_id}").text


def test_the_brands_hours_are_said_before_the_yes(client: Browser, ana: Agency, case: UUID) -> None:
    tomorrow = (clock.now().weekday() + 1) % 7
    with ana.entered(ana.agency_admin):
        days = [[[540, 1020]] if day == tomorrow else [] for day in range(7)]
        set_hours(ana.agency_admin, ana.brand_ids[0], days=days, zone="UTC", sends_in_hours=True)
    with ana.entered(ana.staff):
        reply_id = desk.start_draft(ana.staff, case, "Thank you.").id
        desk.submit(ana.staff, reply_id, when=When("hours"))
    assert "09:00, when the brand&#39;s hours begin." in client.get(f"/approvals/{reply_id}").text
    assert "Goes out in the brand&#39;s hours" in client.get("/approvals").text


def test_the_list_says_what_comes_if_nobody_answers(
    client: Browser, ana: Agency, make: Factory, case: UUID, whole_app: Flask, superuser: Engine
) -> None:
    make.policy(ana, ana.brand_ids[0], needs="all", silence="hold", silence_after=24)
    waiting_reply(ana, case)
    assert "it goes on waiting and the agency is told" in client.get("/approvals").text
