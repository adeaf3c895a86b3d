"""`/brands/{id}/guidelines`: what to do in which case."""

from __future__ import annotations

from typing import Any

from agency.api import guide_examples as examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import page_by_id
from agency.api.schemas.fields import PageQuery, ReadVersion
from agency.api.schemas.guidelines import (
    Guideline,
    GuidelineChanges,
    GuidelinePage,
    NewGuideline,
)
from styleguides import guidelines

blueprint = ApiBlueprint("guidelines", __name__, description="Reply guidelines of a brand.")


@blueprint.get("/brands/<brand_id>/guidelines")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, GuidelinePage, example={"items": [examples.GUIDELINE], "next_cursor": None})
def list_guidelines(query: dict[str, Any], brand_id: str) -> Any:
    """Guidelines in the order they were written."""
    rows = guidelines.list_guidelines(caller(), known_id(brand_id))
    page = page_by_id(rows, query, lambda guideline: guideline.id)
    return {**page, "items": [guidelines.guideline_data(row) for row in page["items"]]}


@blueprint.post("/brands/<brand_id>/guidelines")
@blueprint.arguments(NewGuideline, example=examples.NEW_GUIDELINE)
@blueprint.response(201, Guideline, example=examples.GUIDELINE)
def create_guideline(body: dict[str, Any], brand_id: str) -> Any:
    """Write a guideline; only the title is needed."""
    return guidelines.guideline_data(guidelines.create_guideline(caller(), known_id(brand_id), body))


@blueprint.get("/brands/<brand_id>/guidelines/<guideline_id>")
@blueprint.response(200, Guideline, example=examples.GUIDELINE)
def get_guideline(brand_id: str, guideline_id: str) -> Any:
    """One guideline."""
    found = guidelines.get_guideline(caller(), known_id(brand_id), known_id(guideline_id))
    return guidelines.guideline_data(found)


@blueprint.patch("/brands/<brand_id>/guidelines/<guideline_id>")
@blueprint.arguments(GuidelineChanges, example={"title": "Refunds above 50 EUR", "version": 1})
@blueprint.response(200, Guideline, example={**examples.GUIDELINE, "title": "Refunds above 50 EUR", "version": 2})
def change_guideline(body: dict[str, Any], brand_id: str, guideline_id: str) -> Any:
    """Change the fields given. 409 `guideline_changed` when `version` is not the present one."""
    changed = guidelines.change_guideline(caller(), known_id(brand_id), known_id(guideline_id), body)
    return guidelines.guideline_data(changed)


@blueprint.delete("/brands/<brand_id>/guidelines/<guideline_id>")
@blueprint.arguments(ReadVersion, location="query")
@blueprint.response(204)
def delete_guideline(query: dict[str, Any], brand_id: str, guideline_id: str) -> None:
    """Take a guideline away. With `version`, only if it is still that one."""
    guidelines.delete_guideline(caller(), known_id(brand_id), known_id(guideline_id), query["version"])
