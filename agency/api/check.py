"""`/brands/{id}/check`: a text against the guide in force, without saving anything."""

from __future__ import annotations

from typing import Any

from agency.api import examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.check import CheckRequest, CheckResult
from agency.inbox.case import case_facts
from agency.replies.answering import answering
from agency.replies.checks import words_kind
from styleguides.brand_check import check_for_brand
from tenants.errors import NotFound
from tenants.permissions import Permission, require

blueprint = ApiBlueprint("check", __name__, description="The style check.")


@blueprint.post("/brands/<brand_id>/check")
@blueprint.arguments(CheckRequest, example=examples.CHECK_REQUEST)
@blueprint.response(200, CheckResult, example=examples.CHECK_RESULT)
def check(body: dict[str, Any], brand_id: str) -> Any:
    """Hold a text against the brand's guide in force and the platform's limits.

    With `conversation_id` as words for that conversation, as its open draft is checked.
    """
    brand = known_id(brand_id)
    require(caller(), Permission.GUIDE_READ, brand)
    target, case = None, None
    writes = caller().may(Permission.REPLY_WRITE)
    if body["conversation_id"] is not None:
        target = answering(known_id(body["conversation_id"]))
        if target.brand_id != brand:
            raise NotFound()
        if not writes:  # a draft is nobody's to know of who does not write
            target = target._replace(in_reply_to_id=None, began_with=None)
        case = case_facts(target.id, target.in_reply_to_id)
    return check_for_brand(
        brand,
        body["text"],
        body["platform"],
        words_kind(body["kind"], private=False),
        stars=target.stars if target else None,
        customer_name=target.author_name if target else None,
        beside_others=writes,
        began_with=target.began_with if target else None,
        case=case,
    )
