"""A client chooses one of several wordings behind a mailed link, on the owner's page, and without script."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine

from agency.replies import desk, queries, variants
from agency.replies.variants import Given
from agency.replies.words import hash_of
from tenants.outbox import JobName
from tests.factories import Agency, Factory
from tests.replies.test_desk import STOP_WORD
from tests.web.browser import Browser
from tests.web.mailed import Phone, asked, bodies, links
from tests.web.replying import MARKUP, promises, row_of

FIRST, SECOND, THIRD = "Thank you, we look into it.", "We are sorry. We call you tomorrow.", f"Third wording. {MARKUP}"
BUTTON = re.compile(r'type="radio" form="decide" name="text_hash" value="([0-9a-f]{64})"( checked)?')


def offer(agency: Agency, reply_id: UUID, *words: str) -> None:
    with agency.entered(agency.staff):
        variants.keep_variants(agency.staff, reply_id, [Given(one) for one in words])
        desk.submit(agency.staff, reply_id)


@pytest.fixture
def reply_id(make: Factory, ana: Agency) -> UUID:
    case = make.conversation(ana, platform="google_business", kind="review", stars=1, text="Cold breakfast.")
    with ana.entered(ana.staff):
        reply_id = desk.start_draft(ana.staff, case, FIRST).id
    offer(ana, reply_id, SECOND, THIRD)
    return reply_id


@pytest.fixture
def link(whole_app: Flask, superuser: Engine, reply_id: UUID) -> str:
    (path,) = links(whole_app, superuser)
    return path


@pytest.fixture
def phone(whole_app: Flask) -> Phone:
    return Phone(whole_app)


def test_mail_and_page_show_each_wording_and_the_first_is_chosen(
    whole_app: Flask, superuser: Engine, phone: Phone, link: str
) -> None:
    plain, html = bodies(whole_app, superuser)[-2:]
    for part in (plain, html):
        assert [part.count(f"Wording {n} of 3") for n in (1, 2, 3)] == [1, 1, 1]
    assert f"| {SECOND}" in plain
    page = phone.open(link).text
    assert BUTTON.findall(page) == [(hash_of(FIRST), " checked"), (hash_of(SECOND), ""), (hash_of(THIRD), "")]
    assert SECOND in page
    assert MARKUP not in page
    assert MARKUP not in html


def test_exactly_the_chosen_wording_is_approved_behind_a_link(
    phone: Phone, link: str, ana: Agency, reply_id: UUID, superuser: Engine
) -> None:
    chosen = hash_of(SECOND)
    said = phone.post(link, {"do": "approve", "text_hash": chosen}, follow=True)
    assert "Approved at" in said.text
    assert (SECOND in said.text, FIRST in said.text) == (True, False), "what was approved, and nothing else"
    again = phone.post(link, {"do": "approve", "text_hash": hash_of(FIRST)}, follow=True)
    assert "Already approved at" in again.text
    assert (row_of(ana, reply_id).text, row_of(ana, reply_id).state) == (SECOND, "approved")
    assert promises(superuser, JobName.PUBLISH_REPLY) == 1


def test_changing_begins_from_the_chosen_wording(phone: Phone, link: str, ana: Agency, reply_id: UUID) -> None:
    second = hash_of(SECOND)
    opened = phone.post(link, {"do": "begin_change", "text_hash": second}).text
    assert f'name="from_hash" value="{second}"' in opened
    assert re.search(r'<textarea[^>]*name="text"[^>]*>\n' + re.escape(SECOND), opened)
    assert (second, " checked") in BUTTON.findall(opened)
    form = {"text_hash": hash_of(FIRST), "from_hash": second, "text": SECOND + " At ten."}
    looked = phone.post(link, {**form, "do": "approve"})
    assert looked.status_code == 200
    assert "You changed the words" in looked.text
    assert row_of(ana, reply_id).state == "awaiting_approval", "nobody publishes words they had just changed"
    phone.post(link, {**form, "do": "change_and_approve"})
    row = row_of(ana, reply_id)
    assert (row.text, row.state) == (SECOND + " At ten.", "approved")


def test_a_wording_replaced_since_decides_nothing(phone: Phone, link: str, ana: Agency, reply_id: UUID) -> None:
    offer(ana, reply_id, SECOND)
    stale = phone.post(link, {"do": "approve", "text_hash": hash_of(THIRD)})
    assert stale.status_code == 409
    assert (MARKUP in stale.text, SECOND in stale.text) == (False, False), "an old link shows no words"
    assert row_of(ana, reply_id).state == "awaiting_approval"


def test_the_owners_page_decides_about_the_chosen_one(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    client = Browser(whole_app, ana.client_owner)
    address = f"/approvals/{reply_id}"
    page = client.get(address).text
    assert len(BUTTON.findall(page)) == 3
    key = re.search(r'name="idempotency_key" value="([^"]*)"', page)
    assert key is not None
    form = {"idempotency_key": key[1], "text_hash": hash_of("Never offered."), "do": "approve"}
    assert client.post(address, data=form).status_code == 409
    form["text_hash"] = hash_of(SECOND)
    asked_for = client.post(address, data={**form, "do": "ask_for_changes", "reason": ""})
    assert (hash_of(SECOND), " checked") in BUTTON.findall(asked_for.text), "what was chosen comes back"
    for _press in range(2):
        assert client.post(address, data=form).status_code == 303
    assert (row_of(ana, reply_id).text, row_of(ana, reply_id).state) == (SECOND, "approved")


def test_each_wording_says_what_the_guide_stops_now(
    phone: Phone, link: str, make: Factory, ana: Agency, reply_id: UUID
) -> None:
    make.guide(ana, [STOP_WORD | {"phrases": ["tomorrow"]}])
    page = phone.open(link).text
    parts = page.split('class="wording"')[1:]
    assert [STOP_WORD["reason"] in part for part in parts] == [False, True, False]
    refused = phone.post(link, {"do": "approve", "text_hash": hash_of(SECOND)})
    assert refused.status_code == 422
    assert row_of(ana, reply_id).state == "awaiting_approval"
    phone.post(link, {"do": "approve", "text_hash": hash_of(FIRST)})
    assert row_of(ana, reply_id).text == FIRST
    assert [one.ended_because for one in asked(ana, reply_id)] == ["approve"]


def test_the_composer_keeps_further_wordings_offers_them_and_gives_refused_ones_back(
    whole_app: Flask, ana: Agency, make: Factory
) -> None:
    case = make.conversation(ana)
    staff = Browser(whole_app, ana.staff)
    address = f"/conversations/{case}/reply"

    def form(do: str, **typed: str) -> dict[str, str]:
        page = staff.get(f"/inbox/{case}").text
        names = ("binding", "based_on", "idempotency_key", "variants_seen")
        found = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in names}
        return {name: unescape(at[1]) for name, at in found.items() if at} | {"do": do, "text": FIRST, **typed}

    equal = staff.post(address, data=form("submit", variant_2=SECOND, variant_3=SECOND))
    assert equal.status_code == 422
    assert equal.text.count(SECOND) == 2, "what was typed comes back"
    assert staff.post(address, data=form("save", variant_2=SECOND)).status_code == 303
    stale = form("save", variant_2="Written without a look.")
    stale["variants_seen"] = ""
    assert staff.post(address, data=stale).status_code == 409
    assert SECOND in staff.get(f"/inbox/{case}").text
    assert staff.post(address, data=form("submit", variant_2=SECOND, variant_3=THIRD)).status_code == 303
    shown = staff.get(f"/inbox/{case}").text
    assert "chooses between it and 2 other wordings" in shown
    with ana.entered():
        (reply,) = queries.replies_of(case)
        assert [one.text.text for one in variants.offered_variants(reply)] == [SECOND, THIRD]
    with ana.entered(ana.client_owner):
        desk.approve(ana.client_owner, reply.id, hash_of(THIRD))
    receipt = staff.get(f"/replies/{reply.id}/receipt").text
    assert "3 of 3" in receipt
    assert receipt.count("Written as a further wording") == 2
