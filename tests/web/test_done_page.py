"""What a client's owner reads of the record: what was done in their own brand, and nothing else."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask

from agency.web.done_page import PAGE_ROWS, SHOWN
from agency.web.record_words import actions_known
from tenants import audit
from tenants.database import new_id
from tenants.permissions import Role
from tests.factories import Agency
from tests.web.browser import Browser

ADDRESS = "/what-was-done"
CANARY = "Said to Kinga Wydmuszka"


@pytest.fixture
def reply_id(ana: Agency, stranger: Agency) -> UUID:
    """Of the client's brand, another brand, the agency and a stranger."""
    mine, reply_id = ana.brand_ids[0], new_id()
    assert ana.client_owner.brand_ids == frozenset({mine})
    with ana.entered():
        audit.record(ana.staff, "reply.submit", "reply", reply_id, brand_id=mine, note=CANARY, reason=CANARY)
        audit.record(ana.staff, "conversation.claim", "conversation", new_id(), brand_id=mine)
        audit.record(ana.team_lead, "quality.judged", "reply", reply_id, brand_id=mine)
        audit.record(ana.team_lead, "account.connected", "account", new_id(), brand_id=ana.brand_ids[1])
        audit.record(ana.agency_admin, "person.invited", "invitation", new_id(), role="staff")
    with stranger.entered():
        audit.record(stranger.staff, "reply.approve", "reply", new_id(), brand_id=stranger.brand_ids[0])
    return reply_id


def test_an_owner_reads_what_was_done_in_their_brand_and_nothing_else(
    whole_app: Flask, ana: Agency, reply_id: UUID
) -> None:
    owner = Browser(whole_app, ana.client_owner)
    page = owner.get(ADDRESS)
    assert page.status_code == 200
    assert page.text.count("<tr>") == 2, "the head and one line"
    for words in ("Reply sent for approval", ana.staff.name, f"/replies/{reply_id}/receipt", "Line 1<"):
        assert words in page.text, words
    for words in (CANARY, "claim", "judged", "connected", "invited", "approve"):
        assert words not in page.text[page.text.index("<tbody>") :], words
    assert owner.get(f"{ADDRESS}?before=no-id").status_code == 404

    with ana.entered():
        for number in range(PAGE_ROWS):
            audit.record(ana.client_owner, "reply.approve", "reply", new_id(), brand_id=ana.brand_ids[0], number=number)
    first = owner.get(ADDRESS).text
    assert first.count("Reply approved") == PAGE_ROWS
    further = first[first.index(f"{ADDRESS}?before=") :].partition('"')[0]
    assert "Reply sent for approval" in owner.get(further).text

    for role in Role:
        status = Browser(whole_app, ana.actors[role.value]).get(ADDRESS).status_code
        assert (status == 200) == (role is Role.CLIENT_OWNER), role


def test_every_action_it_shows_exists() -> None:
    assert actions_known() >= SHOWN
