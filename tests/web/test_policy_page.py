"""Brand settings, Approval: prepared in a form, read as sentences, signed by the owner; shown where people write."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask

from agency.replies import desk, policy_versions
from agency.replies.queries import get_reply
from tenants import people
from tenants.permissions import ROLE_PERMISSIONS, Actor, Permission, Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser


def place_of(agency: Agency) -> str:
    return f"/brands/{agency.brand_ids[0]}/approval"


@pytest.fixture
def jan(make: Factory, ana: Agency) -> Actor:
    return make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[ana.brand_ids[0]])


def said_in(page: str) -> str:
    """A page without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())


def proposal(page: str) -> str:
    found = re.search(r'name="proposal_id" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_from_the_form_to_the_signature(whole_app: Flask, ana: Agency, jan: Actor) -> None:
    lead, owner = Browser(whole_app, ana.team_lead), Browser(whole_app, ana.client_owner)
    place = place_of(ana)
    first = lead.get(place)
    assert "Every reply waits for a yes." in said_in(first.text)
    assert "Nobody has signed anything yet." in said_in(first.text)
    kept = lead.post(
        f"{place}/change",
        {
            "revision": "0",
            "needs": "rule",
            "stars_at_most": "2",
            "platforms": ["facebook", "google_business"],
            "words": "refund\r\n money back \r\n",
            "money": "1",
            "first_replies": "3",
            "who": "named",
            f"step.{ana.client_owner.user_id}": "1",
            f"step.{jan.user_id}": "2",
            "away.0": str(jan.user_id),
            "person.0": str(ana.client_owner.user_id),
            "from_day.0": "2026-12-01",
            "until_day.0": "2026-12-14",
            "note": "As we agreed.",
            "quiet_days.0": ["1", "2", "3", "4", "5"],
            "quiet_from.0": "20:00",
            "quiet_until.0": "08:00",
            "quiet_days.1": ["6"],
            "quiet_from.1": "00:00",
            "quiet_until.1": "00:00",
            "quiet_broken_by": ["complaint"],
            "remind_after": "12; 6, 6",
            "awake_hours": "1",
            "silence": "escalate",
            "silence_after": "24",
            "escalate_to": [str(jan.user_id)],
        },
    )
    assert kept.status_code == 303
    draft = said_in(lead.get(place).text)
    for said in (
        "It answers a review of 2 stars or fewer.",
        "It goes out on Facebook or Google.",
        "“refund”, “money back”",
        "The reply names an amount of money",
        "Its writer has published fewer than 3 replies for this brand.",
        f"{ana.client_owner.name} → {jan.name}",
        f"From December 1, 2026 to December 14, 2026, {ana.client_owner.name} decides in the place of {jan.name}.",
        "As we agreed.",
        "Mon, Tue, Wed, Thu, Fri, from 20:00 until 08:00 of the next day",
        "Sat, from 00:00 for a whole day",
        "They leave at once all the same where:The customer complains.",
        "Whoever has not answered is reminded after this many hours: 6 and 12.",
        f"Where nobody answers within 24 hours: {jan.name} is asked, too.",
        "Hours count from the mail that asks, without quiet hours.",
    ):
        assert said in draft, said
    filled = lead.get(f"{place}/change").text
    assert 'name="platforms" value="facebook" checked' in filled
    assert "refund\nmoney back</textarea>" in html.unescape(filled)
    assert 'name="quiet_until.1" type="time" value="00:00"' in filled
    assert 'name="quiet_days.0" value="5" checked' in filled
    assert 'value="6, 12"' in filled
    assert 'value="escalate" checked' in filled
    assert "refund" not in owner.get(place).text, "a draft is the agency's own"
    assert lead.post(f"{place}/1/propose").status_code == 303
    asked = owner.get(place).text
    assert "It answers a review of 2 stars or fewer." in said_in(asked)
    wrong = owner.post(f"{place}/1/sign", {"do": "sign", "proposal_id": "00000000-0000-0000-0000-000000000000"})
    assert wrong.status_code == 409
    assert owner.post(f"{place}/1/sign", {"do": "sign", "proposal_id": proposal(asked)}).status_code == 303
    assert f"Signed here by {ana.client_owner.name} on" in said_in(owner.get(place).text)
    with ana.entered():
        assert policy_versions.policy_in_force(ana.brand_ids[0]).number == 1
    with ana.entered(ana.agency_admin):
        people.remove_member(ana.agency_admin, jan.user_id)
    assert f"{jan.name} (who may no longer decide) is asked, too." in said_in(owner.get(place).text)


def test_what_cannot_be_used_comes_back_with_everything_typed(whole_app: Flask, ana: Agency) -> None:
    lead = Browser(whole_app, ana.team_lead)
    answer = lead.post(
        f"{place_of(ana)}/change", {"revision": "0", "needs": "rule", "note": "Kept?", "first_replies": "x"}
    )
    assert answer.status_code == 422
    assert 'id="first_replies-error"' in answer.text
    assert "Kept?" in answer.text
    empty = lead.post(f"{place_of(ana)}/change", {"revision": "0", "needs": "rule"})
    assert (empty.status_code, 'id="needs-error"' in empty.text) == (422, True)
    assert lead.post(f"{place_of(ana)}/change", {"revision": "7", "needs": "all"}).status_code == 409


def test_the_client_answers_and_the_lead_reads_it(whole_app: Flask, ana: Agency) -> None:
    lead, owner, place = Browser(whole_app, ana.team_lead), Browser(whole_app, ana.client_owner), place_of(ana)
    lead.post(f"{place}/change", {"revision": "0", "needs": "none"})
    lead.post(f"{place}/1/propose")
    asked = proposal(owner.get(place).text)
    missing = owner.post(f"{place}/1/sign", {"do": "answer", "proposal_id": asked, "comment": ""})
    assert (missing.status_code, 'id="comment-error"' in missing.text) == (422, True)
    owner.post(f"{place}/1/sign", {"do": "answer", "proposal_id": asked, "comment": "Not <b>complaints</b>."})
    assert "Not &lt;b&gt;complaints" in lead.get(place).text
    assert lead.post(f"{place}/1/discard").status_code == 303
    assert "complaints" not in lead.get(place).text


def test_a_signature_on_paper(whole_app: Flask, ana: Agency) -> None:
    lead, admin, place = Browser(whole_app, ana.team_lead), Browser(whole_app, ana.agency_admin), place_of(ana)
    lead.post(f"{place}/change", {"revision": "0", "needs": "none"})
    paper = {"signed_by_name": "Ana Owner", "signed_on": "2026-01-02"}
    assert lead.post(f"{place}/1/paper", paper).status_code == 403
    assert admin.post("/approval-on-paper", {"allowed": "1", "brand_id": str(ana.brand_ids[0])}).status_code == 303
    wrong = lead.post(f"{place}/1/paper", {**paper, "signed_on": "soon"})
    assert (wrong.status_code, 'value="Ana Owner"' in wrong.text) == (422, True)
    assert lead.post(f"{place}/1/paper", paper).status_code == 303
    said = f"Signed on paper by Ana Owner on January 2, 2026, as {ana.team_lead.name} recorded."
    assert said in said_in(lead.get(place).text)


@pytest.mark.parametrize("role", list(Role))
def test_who_reads_prepares_and_signs(whole_app: Flask, ana: Agency, role: Role) -> None:
    lead, place = Browser(whole_app, ana.team_lead), place_of(ana)
    lead.post(f"{place}/change", {"revision": "0", "needs": "none"})
    lead.post(f"{place}/1/propose")
    browser, allowed = Browser(whole_app, ana.actors[role.value]), ROLE_PERMISSIONS[role]
    page = browser.get(place)
    assert page.status_code == (200 if Permission.BRAND_READ in allowed else 403)
    assert ("/1/sign" in page.text) == (Permission.POLICY_SIGN in allowed)
    assert ("/1/call-back" in page.text) == (Permission.POLICY_PROPOSE in allowed)
    assert browser.get(f"{place}/change").status_code == (200 if Permission.POLICY_PROPOSE in allowed else 403)


def test_the_composer_says_whom_it_waits_for_and_why(whole_app: Flask, make: Factory, ana: Agency) -> None:
    case = make.conversation(ana, kind="review", stars=2, platform="google_business")
    staff, brand_id = Browser(whole_app, ana.staff), ana.brand_ids[0]
    make.policy(ana, brand_id, needs="rule", stars_at_most=2, words=["refund"])
    page = staff.get(f"/conversations/{case}").text
    assert f"Waits for {ana.client_owner.name}, because it has 2 of 5 stars." in said_in(page)
    assert 'value="release"' not in page
    make.policy(ana, brand_id, needs="rule", stars_at_most=1, words=["refund"])
    free = staff.get(f"/conversations/{case}").text
    assert "Waits for" not in said_in(free)
    assert 'value="release"' in free


def test_the_waiting_page_says_whom_it_waits_for_and_offers_nothing_to_others(
    whole_app: Flask, make: Factory, ana: Agency, jan: Actor
) -> None:
    owner = ana.client_owner
    make.policy(ana, ana.brand_ids[0], needs="rule", money=True, steps=[[str(owner.user_id)], [str(jan.user_id)]])
    case = make.conversation(ana)
    with ana.entered(ana.staff):
        reply = desk.start_draft(ana.staff, case, "Here are 40 EUR back.")
        desk.submit(ana.staff, reply.id)
        reply_id = reply.id
        place, shown = f"/approvals/{reply_id}", get_reply(reply_id)
    first, second = Browser(whole_app, owner), Browser(whole_app, jan)
    page = second.get(place).text
    assert f"It waits for {owner.name}, because the reply names money: 40 EUR." in said_in(page)
    assert 'value="approve"' not in page
    form = {"do": "approve", "text_hash": shown.text_hash, "idempotency_key": shown.state_since.isoformat()}
    assert second.post(place, form).status_code == 409
    assert first.post(place, form).status_code == 303
    assert first.post(place, form).status_code == 303, "a second press is no trouble"
    assert f"It waits for {jan.name}" in said_in(first.get(place).text)
    assert 'value="approve"' in second.get(place).text


def test_what_is_asked_for_says_what_it_changes(whole_app: Flask, make: Factory, ana: Agency) -> None:
    make.policy(ana, ana.brand_ids[0], needs="rule", stars_at_most=2)
    lead, place = Browser(whole_app, ana.team_lead), place_of(ana)
    lead.post(f"{place}/change", {"revision": "0", "needs": "rule", "money": "1", "stars_at_most": "2"})
    page = lead.get(place).text
    assert "The reply names an amount of money" in page.split("<ins>")[1]
    assert "<del>" not in page
    lead.post(f"{place}/change", {"revision": "1", "needs": "rule", "money": "1"})
    assert "It answers a review of 2 stars or fewer." in lead.get(place).text.split("<del>")[1]
