"""`/wall`: what is about to go wrong, brand by brand, as the lead's page shows it."""

from __future__ import annotations

from typing import Any, Final

from agency.api.bearer import caller
from agency.api.blueprint import ApiBlueprint
from agency.api.examples import BRAND_ID, CONVERSATION_ID, LATER, MORNING
from agency.api.listing import page_by_id
from agency.api.schemas.fields import PageQuery
from agency.api.schemas.wall import Wall
from agency.reports.wall import read_wall

blueprint = ApiBlueprint("wall", __name__, description="What is about to go wrong.")

_BRAND: Final[dict[str, Any]] = {
    "brand_id": BRAND_ID,
    "name": "Pennywell",
    "waiting": 41,
    "with_client": 3,
    "client_since": LATER,
    "oldest_since": MORNING,
    "oldest_conversation_id": CONVERSATION_ID,
    "late": 2,
    "due_within_the_hour": 5,
    "broken_promises": 1,
    "promises_due_today": 4,
    "channels_in_trouble": 0,
}


@blueprint.get("/wall")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(
    200,
    Wall,
    example={"on_shift": 6, "open_incidents": 1, "handovers_unanswered": 2, "items": [_BRAND], "next_cursor": None},
)
def get_wall(query: dict[str, Any]) -> Any:
    """Every brand you lead that is in use; numbers are at most five seconds old. How it went is `/figures` of each."""
    found = read_wall(caller())
    rows = [{**one._asdict(), "name": found.names[one.brand_id].name} for one in found.brands]
    page = page_by_id(rows, query, lambda row: row["brand_id"])
    return {
        **page,
        "on_shift": found.on_shift,
        "open_incidents": found.incidents,
        "handovers_unanswered": found.handovers,
    }
