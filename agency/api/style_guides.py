"""`/brands/{id}/style-guide`: versions, and the one in force."""

from __future__ import annotations

import re
from typing import Any

from agency.api import examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import bad_cursor, page_of
from agency.api.schemas.fields import Nothing, PageQuery
from agency.api.schemas.style_guides import NewVersion, StyleGuideVersion, VersionPage
from styleguides import guides
from tenants.database import db
from tenants.errors import NotFound

blueprint = ApiBlueprint("style_guides", __name__, description="How a brand speaks, version by version.")

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@blueprint.get("/brands/<brand_id>/style-guide")
@blueprint.response(200, StyleGuideVersion, example=examples.VERSION)
def get_guide_in_force(brand_id: str) -> Any:
    """The version in force; 404 where the brand has none."""
    version = guides.get_version_in_force(caller(), known_id(brand_id))
    if version is None:
        raise NotFound()
    return version


@blueprint.get("/brands/<brand_id>/style-guide/versions")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, VersionPage, example={"items": [examples.VERSION], "next_cursor": None})
def list_versions(query: dict[str, Any], brand_id: str) -> Any:
    """Every version, newest first."""
    versions = list(guides.list_versions(caller(), known_id(brand_id)))
    if query["cursor"] is not None:
        if not _NUMBER.fullmatch(query["cursor"]):
            raise bad_cursor()
        versions = [version for version in versions if version.number < int(query["cursor"])]
    return page_of(versions, query["limit"], lambda version: str(version.number))


@blueprint.post("/brands/<brand_id>/style-guide/versions")
@blueprint.arguments(NewVersion, example=examples.NEW_VERSION)
@blueprint.response(201, StyleGuideVersion, example={**examples.VERSION, "state": "draft", "put_in_force_at": None})
def draft_version(body: dict[str, Any], brand_id: str) -> Any:
    """Write a new version as a draft. 422 `rules_invalid` names every faulty rule and field."""
    version = guides.draft_version(
        caller(), known_id(brand_id), body["rules"], body["note"], voice=body["voice"], identity=body["identity"]
    )
    db.session.refresh(version)
    return version


@blueprint.post("/brands/<brand_id>/style-guide/versions/<number>/put-in-force")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, StyleGuideVersion, example=examples.VERSION)
def put_in_force(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Let the brand speak by this version; the one before is retired. An older one may come back."""
    brand = known_id(brand_id)
    if not _NUMBER.fullmatch(number):
        raise NotFound()
    version = guides.put_in_force(caller(), brand, int(number))
    db.session.refresh(version)
    return version
