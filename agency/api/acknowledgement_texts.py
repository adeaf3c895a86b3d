"""`/brands/{id}/acknowledgement-texts`: a brand's words that say that somebody was heard."""

from __future__ import annotations

from typing import Any, Final

from agency.api import examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.acknowledgement_texts import AcknowledgementTexts, NewAcknowledgementTexts
from agency.replies import acknowledgement_versions as room
from agency.replies.acknowledgement_versions import TextsVersion
from tenants.brands import brand_for
from tenants.permissions import Permission

blueprint = ApiBlueprint("acknowledgement_texts", __name__, description="Words that say that somebody was heard.")

_TEXTS: Final = [
    {
        "platform": "",
        "kind": "message",
        "language": "en",
        "text": "Hello {customer_name}, we have read it and will answer {by}.",
    }
]
_EXAMPLE: Final = {
    "number": 2,
    "texts": _TEXTS,
    "other_ways": "Write to help@example.com.",
    "saved_by": "Ewa Lead",
    "saved_at": examples.MORNING,
}


@blueprint.get("/brands/<brand_id>/acknowledgement-texts")
@blueprint.response(200, AcknowledgementTexts, example=_EXAMPLE)
def get_texts(brand_id: str) -> Any:
    """The newest version; number 0 where the brand has none, and ours are offered to people."""
    return _told(room.texts_in_use(brand_for(caller(), known_id(brand_id), Permission.GUIDE_READ).id))


@blueprint.patch("/brands/<brand_id>/acknowledgement-texts")
@blueprint.arguments(NewAcknowledgementTexts, example={"texts": _TEXTS, "other_ways": "", "based_on": 1})
@blueprint.response(200, AcknowledgementTexts, example=_EXAMPLE)
def change_texts(body: dict[str, Any], brand_id: str) -> Any:
    """Keep these as a new version. Which version goes out by itself the approval policy says, as the client signed it.

    409 `texts_changed` when `based_on` is not the newest.
    """
    number = known_id(brand_id)
    return _told(room.save_texts(caller(), number, body["texts"], body["other_ways"], based_on=body["based_on"]))


def _told(one: TextsVersion) -> dict[str, Any]:
    return {**one._asdict(), "texts": [text._asdict() for text in one.texts], "saved_by": one.saved_by_name}
