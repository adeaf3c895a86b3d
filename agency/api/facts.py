"""`/brands/{id}/facts`: prices, hours, rules and addresses that drafts are held against."""

from __future__ import annotations

from typing import Any

from agency.api import guide_examples as examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import id_after, page_of
from agency.api.schemas.facts import Fact, FactChanges, FactPage, FactQuery, NewFact
from agency.api.schemas.fields import ReadVersion
from styleguides import facts

blueprint = ApiBlueprint("facts", __name__, description="The fact sheet of a brand.")


@blueprint.get("/brands/<brand_id>/facts")
@blueprint.arguments(FactQuery, location="query")
@blueprint.response(200, FactPage, example={"items": [examples.FACT], "next_cursor": None})
def list_facts(query: dict[str, Any], brand_id: str) -> Any:
    """Facts by name."""
    rows = facts.list_facts(
        caller(),
        known_id(brand_id),
        archived=query["archived"],
        q=query["q"],
        after=id_after(query["cursor"]),
        limit=query["limit"] + 1,
    )
    return page_of(list(rows), query["limit"], lambda row: str(row.id))


@blueprint.post("/brands/<brand_id>/facts")
@blueprint.arguments(NewFact, example=examples.NEW_FACT)
@blueprint.response(201, Fact, example=examples.FACT)
def create_fact(body: dict[str, Any], brand_id: str) -> Any:
    """Write a fact."""
    return facts.create_fact(caller(), known_id(brand_id), body)


@blueprint.get("/brands/<brand_id>/facts/<fact_id>")
@blueprint.response(200, Fact, example=examples.FACT)
def get_fact(brand_id: str, fact_id: str) -> Any:
    """One fact."""
    return facts.get_fact(caller(), known_id(brand_id), known_id(fact_id))


@blueprint.patch("/brands/<brand_id>/facts/<fact_id>")
@blueprint.arguments(FactChanges, example={"value": "13.00 EUR", "version": 1})
@blueprint.response(200, Fact, example={**examples.FACT, "value": "13 EUR", "version": 2})
def change_fact(body: dict[str, Any], brand_id: str, fact_id: str) -> Any:
    """Change the fields given. 409 `fact_changed` when `version` is not the present one."""
    return facts.change_fact(caller(), known_id(brand_id), known_id(fact_id), body)


@blueprint.post("/brands/<brand_id>/facts/<fact_id>/archive")
@blueprint.arguments(ReadVersion, location="query")
@blueprint.response(200, Fact, example=examples.FACT)
def archive_fact(query: dict[str, Any], brand_id: str, fact_id: str) -> Any:
    """Put it away: no draft is held against it any more. With `version`, only if it is still that one."""
    return facts.archive_fact(caller(), known_id(brand_id), known_id(fact_id), query["version"])


@blueprint.post("/brands/<brand_id>/facts/<fact_id>/restore")
@blueprint.arguments(ReadVersion, location="query")
@blueprint.response(200, Fact, example=examples.FACT)
def restore_fact(query: dict[str, Any], brand_id: str, fact_id: str) -> Any:
    """Let it hold again."""
    return facts.restore_fact(caller(), known_id(brand_id), known_id(fact_id), query["version"])
