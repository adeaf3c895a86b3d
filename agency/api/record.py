"""`/record`: who did what, the newest first, with what a line's hash is made of."""

from __future__ import annotations

from typing import Any

from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.examples import BRAND_ID, PERSON_ID
from agency.api.listing import id_after, page_of
from agency.api.schemas.record import RecordPage, RecordQuery
from tenants.audit_search import Search, search

blueprint = ApiBlueprint("record", __name__, description="The record of who did what.")

_LINE = {
    "id": "019aa8a0-5a10-7c3e-9b21-6f0c2d4e8a11",
    "brand_id": BRAND_ID,
    "number": 812,
    "hash": "5f" * 32,
    "created_at": "2026-11-22T23:05:09.000123+00:00",
    "actor_id": PERSON_ID,
    "actor_name": "Lena Lead",
    "actor_salt": "0b" * 16,
    "action": "reply.resolve",
    "subject_type": "reply",
    "subject_id": "019aa8a0-5a10-7c3e-9b21-6f0c2d4e8a12",
    "facts": {"from_state": "outcome_unknown", "to_state": "published"},
    "facts_text": '{"to_state": "published", "from_state": "outcome_unknown"}',
    "words": {"reason": "It stands there."},
    "words_text": '{"reason": "It stands there."}',
    "words_salt": "0c" * 16,
    "words_hash": None,
    "erased_at": None,
}


@blueprint.get("/record")
@blueprint.arguments(RecordQuery, location="query")
@blueprint.response(200, RecordPage, example={"items": [_LINE], "next_cursor": None})
def list_record(query: dict[str, Any]) -> Any:
    """Lines of the brands in reach, and for who has every brand of the agency itself, by what is asked for."""
    wanted = Search(
        brand_id=known_id(query["brand"]) if query["brand"] is not None else None,
        actor_id=id_or_nobody(query["person"]) if query["person"] is not None else None,
        action=query["action"],
        subject_id=query["subject"],
        since=query["since"],
        until=query["until"],
    )
    rows = search(caller(), wanted, before=id_after(query["cursor"]), limit=query["limit"] + 1)
    return page_of([_line(row) for row in rows], query["limit"], lambda line: str(line["id"]))


def _line(row: Any) -> dict[str, Any]:
    told = dict(row._mapping)
    for name in ("hash", "actor_salt", "words_salt", "words_hash"):
        told[name] = told[name].hex() if told[name] is not None else None
    return {**told, "id": str(row.id)}
