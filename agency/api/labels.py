"""`/labels`: which labels there are, and putting them on conversations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from agency.api import label_examples as examples
from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import page_by_id
from agency.api.schemas.fields import Nothing
from agency.api.schemas.labels import (
    Label,
    LabelChanges,
    LabelMerge,
    LabelPage,
    LabelQuery,
    NewLabel,
    WornLabels,
)
from agency.inbox import labelling, labels
from agency.inbox.queries import get_conversation

blueprint = ApiBlueprint("labels", __name__, description="Labels of brands and of the agency, and what bears them.")


@blueprint.get("/labels")
@blueprint.arguments(LabelQuery, location="query")
@blueprint.response(200, LabelPage, example={"items": [examples.LABEL], "next_cursor": None})
def list_labels(query: dict[str, Any]) -> Any:
    """Labels of every brand you work for and the agency's own, by age."""
    return page_by_id(labels.list_labels(caller(), archived=query["archived"]), query, lambda row: row.id)


@blueprint.post("/labels")
@blueprint.arguments(NewLabel, example={"name": "Refund asked", "colour": "red", "brand_id": None})
@blueprint.response(201, Label, example=examples.LABEL)
def create_label(body: dict[str, Any]) -> Any:
    """Make a label. 409 `label_exists` where there is one of this name."""
    brand_id = None if body["brand_id"] is None else id_or_nobody(body["brand_id"])
    return labels.create_label(caller(), brand_id, body["name"], body["colour"])


@blueprint.patch("/labels/<label_id>")
@blueprint.arguments(LabelChanges, example={"name": "Refund", "version": 1})
@blueprint.response(200, Label, example={**examples.LABEL, "name": "Refund", "version": 2})
def change_label(body: dict[str, Any], label_id: str) -> Any:
    """Change its name or colour. 409 `label_changed` when `version` is not the present one."""
    return labels.change_label(caller(), known_id(label_id), body.pop("version"), **body)


@blueprint.post("/labels/<label_id>/archive")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Label, example={**examples.LABEL, "archived": True, "version": 2})
def archive_label(body: dict[str, Any], label_id: str) -> Any:
    """Put it away: cases show it no more until it is back. Doing it again changes nothing."""
    return labels.archive_label(caller(), known_id(label_id))


@blueprint.post("/labels/<label_id>/restore")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Label, example=examples.LABEL)
def restore_label(body: dict[str, Any], label_id: str) -> Any:
    """Bring it back. 409 `label_exists` where its name was given away, `label_merged` where it was merged."""
    return labels.archive_label(caller(), known_id(label_id), archived=False)


@blueprint.post("/labels/<label_id>/merge")
@blueprint.arguments(LabelMerge, example={"into": examples.OTHER_LABEL_ID})
@blueprint.response(200, Label, example={**examples.LABEL, "id": examples.OTHER_LABEL_ID, "name": "Refund"})
def merge_label(body: dict[str, Any], label_id: str) -> Any:
    """Put another label on every conversation that bears this one, and put this one away. The other one is answered."""
    actor, into = caller(), id_or_nobody(body["into"])
    labels.merge_labels(actor, known_id(label_id), into)
    return labels.get_label(actor, into)


@blueprint.put("/conversations/<conversation_id>/labels/<label_id>")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, WornLabels, example=examples.WORN)
def put_label_on(body: dict[str, Any], conversation_id: str, label_id: str) -> Any:
    """Put a label on. Doing it again changes nothing."""
    conversation = known_id(conversation_id)
    labelling.put_on(caller(), [conversation], [known_id(label_id)])
    return _worn(conversation)


@blueprint.delete("/conversations/<conversation_id>/labels/<label_id>")
@blueprint.response(200, WornLabels, example={**examples.WORN, "label_ids": []})
def take_label_off(conversation_id: str, label_id: str) -> Any:
    """Take a label off. Doing it again changes nothing."""
    conversation = known_id(conversation_id)
    labelling.take_off(caller(), [conversation], [known_id(label_id)])
    return _worn(conversation)


def _worn(conversation_id: UUID) -> dict[str, Any]:
    view = get_conversation(conversation_id)
    return {"conversation_id": view.id, "label_ids": [label.id for label in view.labels]}
