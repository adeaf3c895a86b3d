"""The card of the client sheet: what somebody new to the brand reads first."""

from __future__ import annotations

from dataclasses import replace

from flask_babel import gettext as _

from agency.inbox.case import Case
from agency.web.contexts_beside import CardLook
from agency.web.looks import brand_look
from agency.web.sheet_look import address_of, sheet_look
from styleguides.client_sheet import sheet_of
from tenants.permissions import Permission


def sheet_card(case: Case) -> CardLook | None:
    """The card; None where no sheet is written, or for who may not read it."""
    if not case.actor.may(Permission.GUIDE_READ):
        return None
    found = sheet_of(case.actor, case.brand_id)
    if not found.is_written:
        return None
    brand = brand_look(str(case.brand_id), case.brand_name, case.brand_mark, case.brand_colour)
    look = sheet_look(found, brand, case.brand_language, case.brand_time_zone, may_change=False)
    return CardLook(
        name="sheet", heading=_("Client sheet"), look=replace(look, url=address_of(case.brand_id, case.id)), open=False
    )
