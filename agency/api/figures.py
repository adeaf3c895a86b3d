"""`/brands/{id}/figures`: how a brand is answered, of the last 7 or 28 days."""

from __future__ import annotations

from typing import Any

from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.figures import BrandFigures, FiguresQuery
from agency.reports.figures import PRIVATE, PUBLIC, Sums, read_figures
from tenants.brands import brand_for
from tenants.permissions import Permission

blueprint = ApiBlueprint("figures", __name__, description="How brands are answered.")

_SIDE = {
    "messages_received": 1204,
    "questions": 900,
    "answered": 850,
    "average_seconds": 7400,
    "median_seconds": 5100,
    "client_average_seconds": 1200,
    "answered_in_time": 800,
    "answered_too_late": 50,
    "cases": 700,
    "resolved": 640,
}
FIGURES = {"brand_id": "01980d02-0000-7000-8000-000000000001", "days": 7, "public": _SIDE, "private": _SIDE}


@blueprint.get("/brands/<brand_id>/figures")
@blueprint.arguments(FiguresQuery, location="query")
@blueprint.response(200, BrandFigures, example=FIGURES)
def get_figures(query: dict[str, Any], brand_id: str) -> Any:
    """What the page *Figures* shows of a brand, public and private apart; counted within seconds. Days are those of the
    brand's own clock, today among them.
    """
    actor, days = caller(), int(query["days"])
    brand = brand_for(actor, known_id(brand_id), Permission.REPORT_READ)
    found = read_figures(actor, days, brand.id)
    return {"brand_id": brand.id, "days": days, **{kind: _side(found.total(kind)) for kind in (PUBLIC, PRIVATE)}}


def _side(sums: Sums) -> dict[str, Any]:
    return {
        "messages_received": sums.received,
        "questions": sums.asked,
        "answered": sums.answered,
        "average_seconds": sums.average_seconds,
        "median_seconds": sums.median_seconds,
        "client_average_seconds": sums.client_average_seconds,
        "answered_in_time": sums.met,
        "answered_too_late": sums.missed,
        "cases": sums.cases,
        "resolved": sums.resolved,
    }
