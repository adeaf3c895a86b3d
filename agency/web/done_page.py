"""What was done in a client's own brand, for its owner: the lines of the record that concern them, read-only."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from agency.web.clocks import moment
from agency.web.contexts_record import DoneLine, DonePage
from agency.web.done_words import done_words
from agency.web.language import chosen_language, chosen_zone
from agency.web.record_words import action_words
from agency.web.shell import render_page
from agency.web.who import actor_of_request
from tenants.audit_search import done_for_client
from tenants.database import db
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.models import Brand

done_page = Blueprint("done_page", __name__)

PAGE_ROWS = 50
_SHOWN: Final[dict[str, str]] = {
    "account": "access_ended came_back connected disconnected reconnected",
    "approval_policy": "answer call_back in_force propose",
    "brand": "archived free_again opened paused read_only resumed unshelved",
    "contact": "erased erasure_ordered exported people_export_fetched people_export_ordered",
    "month": "goals_agreed reported",
    "record": "words_erased",
    "reply": (
        "acknowledge approve approve_alike approve_by_policy approve_step ask_for_changes change_and_approve "
        "change_step "
        "changed_on_platform decline lapse pass_step reconcile release resolve settle submit"
    ),
    "style_guide": "answer approve_guide call_back propose put_in_force retire",
}
SHOWN: Final = frozenset(f"{area}.{deed}" for area, deeds in _SHOWN.items() for deed in deeds.split())
"""What clients are shown: what was decided, sent, agreed, connected and erased in their name. Drafts, who had a case,
notes and what leads think of people are the agency's own. Neither facts nor typed reasons are shown: those that concern
the client stand on the receipt and on the page of the thing.
"""


@done_page.get("/what-was-done")
def done() -> Response:
    """Fifty lines at a time, the newest first."""
    given = request.args.get("before", "")
    before = id_from(given)
    if given and before is None:
        raise NotFound()
    rows = done_for_client(actor_of_request(), SHOWN, before=before, limit=PAGE_ROWS + 1)
    brands = {one.id: one.name for one in db.session.execute(select(Brand.id, Brand.name))}
    last = rows[PAGE_ROWS - 1].id if len(rows) > PAGE_ROWS else None
    page = DonePage(
        rows=tuple(_line(row, brands) for row in rows[:PAGE_ROWS]),
        shows_brands=len(brands) > 1,
        next_url=url_for("done_page.done", before=last) if last else "",
        first_url=url_for("done_page.done") if given else "",
    )
    return make_response(render_page("record/done.html", page))


def _line(row: Any, brands: dict[Any, str]) -> DoneLine:
    thing = id_from(row.subject_id) if row.subject_type == "reply" else None
    return DoneLine(
        at=moment(row.created_at, chosen_zone(), chosen_language()),
        who=_("The system") if row.actor_id is None else row.actor_name,
        what=done_words().get(row.action) or action_words(row.action),
        brand=brands.get(row.brand_id, ""),
        number=row.number,
        hash=row.hash.hex(),
        receipt_url=url_for("receipts.receipt", reply_id=thing) if thing else "",
    )
