"""At the composer: words of another brand are shown and stopped, a lead may let words go, the brand is said again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tenants import brands
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.replying import form_of, row_of, waiting_reply
from tests.web.test_ways_of_answering import composer_form

STOPS = {"kind": "banned", "id": "no-refunds", "level": "stop", "phrases": ["refund"], "match": "exact"}


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    with ana.entered():
        brands.mark_unmarked()
    return make.conversation(ana)


def names(agency: Agency) -> list[str]:
    with agency.entered():
        by_id = {brand.id: brand.name for brand in brands.list_brands(agency.agency_admin)}
    return [by_id[brand_id] for brand_id in agency.brand_ids]


def send(browser: Browser, case: UUID, words: str, **more: Any) -> Any:
    page = browser.get(f"/conversations/{case}").get_data(as_text=True)
    return browser.post(f"/conversations/{case}/reply", composer_form(page, text=words, do="submit", **more))


def reply_of(agency: Agency, case: UUID) -> Any:
    from agency.replies.queries import replies_of

    with agency.entered():
        [reply] = replies_of(case)
    return row_of(agency, reply.id)


def test_another_brands_name_stops_while_typing_and_when_sent(whole_app: Flask, ana: Agency, case: UUID) -> None:
    own, foreign = names(ana)[:2]
    staff = Browser(whole_app, ana.staff)
    page = staff.get(f"/conversations/{case}").get_data(as_text=True)
    words = f"Thank you for choosing {foreign}."
    typed = staff.post(f"/conversations/{case}/check", composer_form(page, text=words)).get_data(as_text=True)
    assert 'data-stops="1"' in typed
    assert foreign in typed
    refused = send(staff, case, words)
    assert refused.status_code == 422
    assert foreign in refused.get_data(as_text=True)
    assert reply_of(ana, case).state == "draft"
    assert send(staff, case, f"Thank you for choosing {own}.").status_code == 303


def test_a_lead_lets_words_go_and_client_and_receipt_are_told(
    whole_app: Flask, make: Factory, ana: Agency, case: UUID
) -> None:
    make.guide(ana, [STOPS])
    lead, staff, owner = (Browser(whole_app, actor) for actor in (ana.team_lead, ana.staff, ana.client_owner))
    refused = send(lead, case, "A refund is on its way.").get_data(as_text=True)
    assert 'name="let_go_reason"' in refused
    sent = send(lead, case, "A refund is on its way.", let_go_reason="The client <b>promised</b> it.")
    assert sent.status_code == 303
    row = reply_of(ana, case)
    assert (row.state, row.let_go_reason) == ("awaiting_approval", "The client <b>promised</b> it.")
    page = owner.get(f"/approvals/{row.id}").get_data(as_text=True)
    assert "The client &lt;b&gt;promised&lt;/b&gt; it." in page
    assert 'value="approve"' in page
    receipt = staff.get(f"/replies/{row.id}/receipt").get_data(as_text=True)
    assert "The client &lt;b&gt;promised&lt;/b&gt; it." in receipt


def test_staff_are_not_offered_it_and_cannot_force_it(whole_app: Flask, make: Factory, ana: Agency, case: UUID) -> None:
    make.guide(ana, [STOPS])
    staff = Browser(whole_app, ana.staff)
    refused = send(staff, case, "A refund is on its way.", let_go_reason="Because I say so.")
    assert refused.status_code == 403
    assert "A refund is on its way." in refused.get_data(as_text=True)
    assert 'name="let_go_reason"' not in refused.get_data(as_text=True)
    assert reply_of(ana, case).state == "draft"


def test_a_reason_that_was_not_needed_is_no_trouble(whole_app: Flask, ana: Agency, case: UUID) -> None:
    assert send(Browser(whole_app, ana.team_lead), case, "Thank you.", let_go_reason="No need").status_code == 303
    assert reply_of(ana, case).let_go_reason is None


def test_after_another_brand_the_composer_says_whose_words_these_are(
    whole_app: Flask, make: Factory, ana: Agency, case: UUID
) -> None:
    own, other = names(ana)[:2]
    elsewhere, again = make.conversation(ana, brand=1), make.conversation(ana, brand=1)
    staff = Browser(whole_app, ana.staff)
    said = f"Your last reply went out as {own}."
    assert said not in staff.get(f"/conversations/{elsewhere}").get_data(as_text=True)
    assert send(staff, case, "Thank you.").status_code == 303
    page = staff.get(f"/conversations/{elsewhere}").get_data(as_text=True)
    assert said in page
    assert f"This goes out as {other}." in page
    assert send(staff, elsewhere, "Thank you.").status_code == 303
    assert "Your last reply went out as" not in staff.get(f"/conversations/{again}").get_data(as_text=True)


def test_who_approves_for_two_brands_is_shown_the_brand_once_more_after_a_switch(
    whole_app: Flask, make: Factory, ana: Agency, case: UUID
) -> None:
    own, other = names(ana)[:2]
    first = waiting_reply(ana, case)
    second, third = (waiting_reply(ana, make.conversation(ana, brand=1)) for _ in range(2))
    owner = Browser(whole_app, make.person(ana, Role.CLIENT_OWNER, only_brand_ids=ana.brand_ids[:2]))
    said = f"Your last yes was for {own}."

    def approve(reply_id: UUID, do: str = "approve", **more: str) -> None:
        form = form_of(owner.get(f"/approvals/{reply_id}").get_data(as_text=True), **{"do": do, **more})
        assert owner.post(f"/approvals/{reply_id}", form).status_code == 303

    assert "Your last yes" not in owner.get(f"/approvals/{first}").get_data(as_text=True)
    approve(first)
    page = owner.get(f"/approvals/{second}").get_data(as_text=True)
    assert said in page
    assert f"This goes out as {other}." in page
    approve(second, do="decline", reason="Not now.")
    assert said in owner.get(f"/approvals/{third}").get_data(as_text=True), "a no sends nothing"
    approve(third)
    assert "Your last yes" not in owner.get(f"/approvals/{third}").get_data(as_text=True)


def test_a_typed_reason_stays_while_the_words_are_checked_again(
    whole_app: Flask, make: Factory, ana: Agency, case: UUID
) -> None:
    make.guide(ana, [STOPS])
    lead = Browser(whole_app, ana.team_lead)
    page = lead.get(f"/conversations/{case}").get_data(as_text=True)
    form = composer_form(page, text="A refund is here.", let_go_reason='They said "yes".')
    typed = lead.post(f"/conversations/{case}/check", form).get_data(as_text=True)
    assert 'value="They said &#34;yes&#34;."' in typed
