"""`/conversations/{id}/earlier-answers`: what the brand answered before, to the person and to near questions."""

from __future__ import annotations

from typing import Any

from agency.api import guide_examples as examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.earlier_answers import EarlierAnswers
from agency.inbox.case import read_case
from agency.replies.same_answer import same_answer
from styleguides.differing import Told
from styleguides.facts import facts_spoken_of
from tenants.permissions import Permission, require

blueprint = ApiBlueprint("earlier_answers", __name__, description="What a brand answered before.")


@blueprint.get("/conversations/<conversation_id>/earlier-answers")
@blueprint.response(200, EarlierAnswers, example=examples.EARLIER_ANSWERS)
def list_earlier_answers(conversation_id: str) -> Any:
    """Answers to this person and to near questions, on every platform, as they stand now, and facts that fit."""
    case = read_case(caller(), known_id(conversation_id))
    require(caller(), Permission.REPLY_WRITE, case.brand_id)
    found = same_answer(case)
    return {
        "items": found.answers,
        "differing": [
            {
                "kind": one.kind,
                "sides": [
                    {"reply_id": found.answers[place - 1].reply_id if place else None, "said": [*map(_said, values)]}
                    for place, values in one.sides
                ],
            }
            for one in found.contrasts
        ],
        "facts": facts_spoken_of(case.actor, case.brand_id, case.all_words, case.language or case.brand_language),
    }


def _said(one: Told) -> str:
    return str(one.value) if one.kind == "yes_no" else one.said
