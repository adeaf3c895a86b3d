"""`/brands`: the tenants this caller may see."""

from __future__ import annotations

from typing import Any

from agency.api import examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import page_by_id
from agency.api.schemas.brands import Brand, BrandChanges, BrandPage, NewBrand
from agency.api.schemas.fields import PageQuery
from tenants import brands

blueprint = ApiBlueprint("brands", __name__, description="The clients of the agency.")


@blueprint.get("/brands")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, BrandPage, example={"items": [examples.BRAND], "next_cursor": None})
def list_brands(query: dict[str, Any]) -> Any:
    """Brands in the order they were opened; archived ones are left out."""
    return page_by_id(brands.list_brands(caller()), query, lambda brand: brand.id)


@blueprint.post("/brands")
@blueprint.arguments(NewBrand, example=examples.NEW_BRAND)
@blueprint.response(201, Brand, example=examples.BRAND)
def open_brand(body: dict[str, Any]) -> Any:
    """Open a brand."""
    return brands.open_brand(caller(), **body)


@blueprint.get("/brands/<brand_id>")
@blueprint.response(200, Brand, example=examples.BRAND)
def get_brand(brand_id: str) -> Any:
    """One brand."""
    return brands.brand_for(caller(), known_id(brand_id))


@blueprint.patch("/brands/<brand_id>")
@blueprint.arguments(BrandChanges, example={"tier": "plus"})
@blueprint.response(200, Brand, example=examples.BRAND)
def change_brand(body: dict[str, Any], brand_id: str) -> Any:
    """Change what is given about a brand."""
    return brands.change_brand(caller(), known_id(brand_id), **body)
