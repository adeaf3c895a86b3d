"""`/brands/{id}/check`: a text against the guide in force, without saving anything."""

from __future__ import annotations

from typing import Any

from agency.api import examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.check import CheckRequest, CheckResult
from agency.inbox.case import case_facts
from agency.inbox.queries import get_conversation
from agency.replies.checks import words_kind
from styleguides.brand_check import check_for_brand
from tenants.errors import NotFound
from tenants.permissions import Permission, require

blueprint = ApiBlueprint("check", __name__, description="The style check.")


@blueprint.post("/brands/<brand_id>/check")
@blueprint.arguments(CheckRequest, example=examples.CHECK_REQUEST)
@blueprint.response(200, CheckResult, example=examples.CHECK_RESULT)
def check(body: dict[str, Any], brand_id: str) -> Any:
    """Hold a text against the brand's guide in force and the platform's limits."""
    brand = known_id(brand_id)
    require(caller(), Permission.GUIDE_READ, brand)
    stars, customer_name, case = None, None, None
    if body["conversation_id"] is not None:
        conversation = get_conversation(known_id(body["conversation_id"]))
        if conversation.brand_id != brand:
            raise NotFound()
        stars, customer_name = conversation.stars, conversation.author_name
        case = case_facts(conversation.id)
    return check_for_brand(
        brand,
        body["text"],
        body["platform"],
        words_kind(body["kind"], private=False),
        stars=stars,
        customer_name=customer_name,
        beside_others=caller().may(Permission.REPLY_WRITE),
        case=case,
    )
