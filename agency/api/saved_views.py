"""`/views`: parts of the queue that were saved under a name."""

from __future__ import annotations

from typing import Any

from agency.api import label_examples as examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import id_after, page_of
from agency.api.schemas.fields import Nothing, PageQuery
from agency.api.schemas.labels import NewView, View, ViewChanges, ViewPage
from agency.inbox import saved_views

blueprint = ApiBlueprint("saved_views", __name__, description="Saved views of the queue.")


@blueprint.get("/views")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, ViewPage, example={"items": [examples.VIEW], "next_cursor": None})
def list_views(query: dict[str, Any]) -> Any:
    """Your own views, then those shared with the agency."""
    rows, after = saved_views.list_views(caller()), id_after(query["cursor"])
    behind = next((place for place, row in enumerate(rows, start=1) if row.id == after), 0)
    return page_of(rows[behind:], query["limit"], lambda row: str(row.id))


@blueprint.post("/views")
@blueprint.arguments(NewView, example={"name": "Refunds in Polish", "filters": examples.VIEW["filters"]})
@blueprint.response(201, View, example=examples.VIEW)
def create_view(body: dict[str, Any]) -> Any:
    """Save a view. Sharing is for leads."""
    return saved_views.create_view(caller(), body["name"], body["filters"], is_shared=body["shared"])


@blueprint.patch("/views/<view_id>")
@blueprint.arguments(ViewChanges, example={"name": "Refunds", "version": 1})
@blueprint.response(200, View, example={**examples.VIEW, "name": "Refunds", "version": 2})
def change_view(body: dict[str, Any], view_id: str) -> Any:
    """Change the fields given. 409 `view_changed` when `version` is not the present one."""
    version = body.pop("version")
    changes = {"is_shared" if name == "shared" else name: value for name, value in body.items()}
    return saved_views.change_view(caller(), known_id(view_id), version, **changes)


@blueprint.delete("/views/<view_id>")
@blueprint.response(200, View, example={**examples.VIEW, "version": 2})
def delete_view(view_id: str) -> Any:
    """Delete it. For a day it can be restored."""
    return saved_views.delete_view(caller(), known_id(view_id))


@blueprint.post("/views/<view_id>/restore")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, View, example={**examples.VIEW, "version": 3})
def restore_view(body: dict[str, Any], view_id: str) -> Any:
    """Bring back what was deleted."""
    return saved_views.restore_view(caller(), known_id(view_id))
