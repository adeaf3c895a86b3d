"""`/brands/{id}/client-sheet`: what somebody new to a brand reads first."""

from __future__ import annotations

from typing import Any

from agency.api import guide_examples as examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.client_sheets import ClientSheet, SheetChanges
from styleguides import client_sheet

blueprint = ApiBlueprint("client_sheets", __name__, description="The client sheet of a brand.")


@blueprint.get("/brands/<brand_id>/client-sheet")
@blueprint.response(200, ClientSheet, example=examples.CLIENT_SHEET)
def get_client_sheet(brand_id: str) -> Any:
    """The sheet; an empty one with version 0 where none is written."""
    return client_sheet.sheet_data(client_sheet.sheet_of(caller(), known_id(brand_id)))


@blueprint.patch("/brands/<brand_id>/client-sheet")
@blueprint.arguments(SheetChanges, example={"hours": "Mon to Fri, 8 to 18", "version": 1})
@blueprint.response(200, ClientSheet, example={**examples.CLIENT_SHEET, "hours": "Mon to Fri, 8 to 18", "version": 2})
def change_client_sheet(body: dict[str, Any], brand_id: str) -> Any:
    """Write the fields given. 409 `sheet_changed` when `version` is not the present one."""
    version = body.pop("version")
    return client_sheet.sheet_data(client_sheet.change_sheet(caller(), known_id(brand_id), body, version))
