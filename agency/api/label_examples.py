"""Examples of labels, topics and saved views in the API's document; a test holds each against its schema."""

from __future__ import annotations

from typing import Any, Final

from agency.api.examples import BRAND_ID, CONVERSATION_ID, LABEL_ID, LATER, TOPIC_ID

OTHER_LABEL_ID = "019a8f00-0000-7000-8000-000000000033"
LABEL: Final[dict[str, Any]] = {
    "id": LABEL_ID,
    "brand_id": None,
    "name": "Refund asked",
    "colour": "red",
    "archived": False,
    "merged_into_id": None,
    "changed_by": "Casimir Example",
    "version": 1,
}
WORN: Final[dict[str, Any]] = {"conversation_id": CONVERSATION_ID, "label_ids": [LABEL_ID]}
NEW_TOPIC: Final[dict[str, Any]] = {
    "name": "Parcels",
    "phrases": [{"language": "en", "words": "parcel locker"}, {"language": "pl", "words": "paczkomat"}],
    "builds_on": "delivery",
}
TOPIC: Final[dict[str, Any]] = {
    "id": TOPIC_ID,
    "brand_id": BRAND_ID,
    **NEW_TOPIC,
    "changed_at": LATER,
    "changed_by": "Casimir Example",
    "archived_at": None,
    "version": 1,
}
VIEW: Final[dict[str, Any]] = {
    "id": "019a8f00-0000-7000-8000-000000000034",
    "name": "Refunds in Polish",
    "filters": {"language": ["pl"], "label": [LABEL_ID]},
    "shared": False,
    "own": True,
    "saved_by": "Casimir Example",
    "version": 1,
}
