"""`/incidents`: what many customers write about, answered together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.examples import BRAND_ID, LATER
from agency.api.listing import id_after, page_of
from agency.api.schemas.incidents import Incident, IncidentEnd, IncidentQuery, Incidents, NewIncident
from agency.inbox.incidents import lists, opening
from agency.inbox.incidents.given import given_of
from agency.inbox.incidents.lists import IncidentRow
from agency.replies import incident_texts
from styleguides.given_fields import LANGUAGE
from tenants.errors import Invalid, worded

blueprint = ApiBlueprint("incidents", __name__, description="Incidents: many who write about one thing.")

_ATTACHES: Final[dict[str, Any]] = {"words": [{"language": "", "words": "app"}], "languages": ["pt"]}
_NEW: Final[dict[str, Any]] = {"brand_id": BRAND_ID, "name": "The app does not open", **_ATTACHES}
_INCIDENT: Final[dict[str, Any]] = {
    "id": "019a8f00-0000-7000-8000-000000000041",
    "brand_id": BRAND_ID,
    "name": "The app does not open",
    "state": "open",
    "attaches": _ATTACHES,
    "since": LATER,
    "post": "",
    "holds": False,
    "opened_at": LATER,
    "opened_by": "Casimir Example",
    "closed_at": None,
    "closed_by": None,
    "cases": 212,
    "late": 3,
    "cases_ever": 230,
    "people": 180,
    "version": 1,
}
_ENDED: Final = {**_INCIDENT, "state": "ending", "version": 3}
_END: Final = {"afterwards": "return", "follow_up": {"pt": ["A app já abre, {customer_name}."]}}


@blueprint.get("/incidents")
@blueprint.arguments(IncidentQuery, location="query")
@blueprint.response(200, Incidents, example={"items": [_INCIDENT], "next_cursor": None})
def list_incidents(query: dict[str, Any]) -> Any:
    """Incidents that go on, or those that ended, the newest first."""
    brand_id = None if query["brand_id"] is None else id_or_nobody(query["brand_id"])
    rows = lists.list_incidents(
        caller(), closed=query["closed"], brand_id=brand_id, after=id_after(query["cursor"]), most=query["limit"] + 1
    )
    page = page_of(rows, query["limit"], lambda row: str(row.incident.id))
    return {**page, "items": [_told(row) for row in page["items"]]}


@blueprint.post("/incidents")
@blueprint.arguments(NewIncident, example=_NEW)
@blueprint.response(201, Incident, example=_INCIDENT)
def open_incident(body: dict[str, Any]) -> Any:
    """Open one: open cases that it fits leave the queue with their clocks running, and such as come. The client is
    told. 409 `too_many_incidents`, or `decided` where somebody decided on the suggestion before.
    """
    actor, suggestion = caller(), body.pop("suggestion_id")
    brand_id = id_or_nobody(body.pop("brand_id"))
    made = opening.open_incident(actor, brand_id, body, None if suggestion is None else id_or_nobody(suggestion))
    return _told(lists.get_incident(actor, made.id))


@blueprint.get("/incidents/<incident_id>")
@blueprint.response(200, Incident, example=_INCIDENT)
def get_incident(incident_id: str) -> Any:
    """One incident."""
    return _told(lists.get_incident(caller(), known_id(incident_id)))


@blueprint.post("/incidents/<incident_id>/end")
@blueprint.arguments(IncidentEnd, example=_END)
@blueprint.response(200, Incident, example=_ENDED)
def end_incident(body: dict[str, Any], incident_id: str) -> Any:
    """End it: no case comes in any more. With a `follow_up` it is `ending` until everybody got one, by the brand's
    policy; without, it is `closed` at once. 409 `incident_closed` where it has ended and texts are given.
    """
    actor, number = caller(), known_id(incident_id)
    if body["follow_up"] is None:
        opening.close_incident(actor, number, body["afterwards"])
    else:
        incident_texts.end_with_follow_up(actor, number, _texts(body["follow_up"]), body["afterwards"])
    return _told(lists.get_incident(actor, number))


def _texts(given: Mapping[str, Any]) -> dict[str, list[str]]:
    for code, some in given.items():
        if (
            not LANGUAGE.fullmatch(code)
            or not isinstance(some, list)
            or not all(isinstance(one, str) and "\x00" not in one for one in some)
        ):
            words = worded("must be lists of texts by language")
            raise Invalid(
                "These texts cannot be read. Nothing was changed. Send a list of texts for each language.",
                errors={"follow_up": [words]},
            )
    return dict(given)


def _told(row: IncidentRow) -> dict[str, Any]:
    found = row.incident
    return {
        "id": found.id,
        "brand_id": found.brand_id,
        "name": found.name,
        "state": found.state,
        "attaches": given_of(found.conditions),
        "since": found.since,
        "post": found.post,
        "holds": found.holds,
        "opened_at": found.created_at,
        "opened_by": found.opened_by_name,
        "closed_at": found.closed_at,
        "closed_by": found.closed_by_name if found.state == "closed" else None,
        "cases": row.in_count,
        "late": row.late_count,
        "cases_ever": row.case_count,
        "people": row.people_count,
        "version": found.version,
    }
