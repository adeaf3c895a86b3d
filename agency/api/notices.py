"""`/notices`: what the caller was told of."""

from __future__ import annotations

from typing import Any

from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.examples import BRAND_ID
from agency.api.listing import id_after, page_of
from agency.api.schemas.fields import Nothing
from agency.api.schemas.notices import Notice, NoticePage, NoticeQuery
from agency.notices import reading
from tenants.database import db
from tenants.models import Person

blueprint = ApiBlueprint("notices", __name__, description="What you were told of.")

_NOTICE = {
    "id": "019aa8a0-5a10-7c3e-9b21-6f0c2d4e8b31",
    "kind": "reply_declined",
    "words": "Hotel Bursztynowa Zatoka: Jan Owner declined your reply.",
    "brand_id": BRAND_ID,
    "subject_type": "reply",
    "subject_id": "019aa8a0-5a10-7c3e-9b21-6f0c2d4e8b32",
    "path": "/inbox/019aa8a0-5a10-7c3e-9b21-6f0c2d4e8b33",
    "told_at": "2026-11-23T12:04:00+00:00",
    "is_read": False,
    "is_over": False,
}


@blueprint.get("/notices")
@blueprint.arguments(NoticeQuery, location="query")
@blueprint.response(200, NoticePage, example={"items": [_NOTICE], "next_cursor": None})
def list_notices(query: dict[str, Any]) -> Any:
    """Of the last 90 days, of the brands in reach."""
    rows = reading.list_notices(
        caller(),
        _language(),
        before=id_after(query["cursor"]),
        only_unread=query["unread"],
        limit=query["limit"] + 1,
    )
    return page_of(rows, query["limit"], lambda row: str(row.id))


@blueprint.post("/notices/<notice_id>/read")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Notice, example={**_NOTICE, "is_read": True})
def read_notice(body: dict[str, Any], notice_id: str) -> Any:
    """Mark it read. Harmless when it is."""
    return reading.read(caller(), known_id(notice_id), _language())


def _language() -> str:
    return db.session.get_one(Person, caller().user_id).language
