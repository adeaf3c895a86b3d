"""A guide may ask for the client's yes to some words, also where the brand's other replies need none."""

from __future__ import annotations

from typing import Any

import pytest

from styleguides import guides
from tenants.errors import Conflict
from tests.factories import Factory
from tests.replies.conftest import Case, Page

RULE: dict[str, Any] = {
    "kind": "needs_approval",
    "id": "money",
    "phrases": ["refund"],
    "reason": "The client decides on money.",
}
MONEY = "We refunded your order."
NO_MONEY = "Thank you, we are looking into it."


@pytest.fixture
def free(case: Case, make: Factory) -> Case:
    """A brand whose replies need no yes."""
    make.policy(case.agency, case.agency.brand_ids[0], needs="none")
    return case


def put_in_force(case: Case, *rules: dict[str, Any]) -> None:
    admin = case.agency.actors["team_lead"]
    with case.agency.entered(admin):
        brand_id = case.agency.brand_ids[0]
        version = guides.draft_version(admin, brand_id, list(rules))
        guides.put_in_force(admin, brand_id, version.number)


def test_such_words_wait_for_a_yes_and_say_why(free: Case, page: Page) -> None:
    put_in_force(free, RULE)
    reply_id = free.draft(MONEY)
    assert [f["needs_approval"] for f in free.row(reply_id).findings] == [True]
    with pytest.raises(Conflict) as refusal:
        free.do("release", reply_id)
    assert refusal.value.code == "needs_approval"
    assert "“refunded”" in refusal.value.message
    assert "The client decides on money." in refusal.value.message
    assert free.row(reply_id).state == "draft"
    free.do("submit", reply_id)
    free.do("approve", reply_id, free.row(reply_id).text_hash, actor="client_owner")
    assert free.publish(reply_id, page.transport) == "published"


def test_other_words_of_the_same_brand_go_out_without(free: Case, page: Page) -> None:
    put_in_force(free, RULE)
    reply_id = free.draft(NO_MONEY)
    free.do("release", reply_id)
    assert free.publish(reply_id, page.transport) == "published"


def test_what_was_let_out_before_the_guide_asked_comes_back_unsent(free: Case, page: Page) -> None:
    reply_id = free.draft(MONEY)
    free.do("release", reply_id)
    put_in_force(free, RULE)
    assert free.publish(reply_id, page.transport) == "skipped"
    row = free.row(reply_id)
    assert row.state == "draft"
    assert "“refunded”" in (row.state_reason or "")
    assert page.posted == []


def test_what_the_client_approved_goes_out_though_the_guide_asks_since(free: Case, page: Page) -> None:
    reply_id = free.approved(MONEY)
    put_in_force(free, RULE)
    assert free.publish(reply_id, page.transport) == "published"
