"""`/presses`, `/spam-marks` and what tells conversations together or apart: work on many, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from agency.api import press_examples as examples
from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.conversations import filter_of_query
from agency.api.listing import id_after
from agency.api.schemas.conversations import ConversationQuery
from agency.api.schemas.fields import Nothing
from agency.api.schemas.presses import Merge, NewPress, Press, SpamMarkPage, SpamMarkQuery, Split, TakenApart
from agency.inbox import bulk, merging, spammers, splitting, undoing
from agency.inbox.bulk import Chosen, Pressed
from agency.inbox.colleagues import worker_named
from agency.inbox.deeds import Assign, Deed, Release, Reopen, Resolve, Snooze, Spam
from agency.inbox.filters import QueueFilter
from tenants.database import new_id
from tenants.errors import Invalid

blueprint = ApiBlueprint("presses", __name__, description="One deed done to many conversations, and its undo.")

_SIMPLE: dict[str, Deed] = {"resolve": Resolve(), "spam": Spam(), "reopen": Reopen(), "release": Release()}


@blueprint.post("/presses")
@blueprint.arguments(NewPress, example=examples.NEW_PRESS)
@blueprint.response(201, Press, example=examples.PRESS)
def press(body: dict[str, Any]) -> Any:
    """Do it to each of these conversations, at most 500, where it may be done to that one alone; `left` says which not.

    Name `conversation_ids`, or a `view` with the fields of the list's query. `mark_author` is for a single
    conversation called spam: what its author writes from then on closes by rule.
    """
    chosen = Chosen(tuple(id_or_nobody(one) for one in body["conversation_ids"]))
    if body["view"] is not None:
        chosen = Chosen(view=_view(body["view"]))
    deed, given = _deed(body)
    return _answer(bulk.press(caller(), new_id(), deed, chosen, given=given, mark=body["mark_author"]))


@blueprint.get("/presses/<press_id>")
@blueprint.response(200, Press, example=examples.PRESS)
def get_press(press_id: str) -> Any:
    """What one of the caller's own presses did; kept for a week."""
    return _answer(bulk.pressed(caller(), known_id(press_id)))


@blueprint.post("/presses/<press_id>/undo")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Press, example=examples.PRESS_UNDONE)
def undo(body: dict[str, Any], press_id: str) -> Any:
    """Put back every conversation nobody touched since; `left` are the others. 409 `too_late` after a day."""
    return _answer(undoing.undo(caller(), known_id(press_id)))


@blueprint.post("/conversations/<conversation_id>/merge")
@blueprint.arguments(Merge, example={"other_id": examples.OTHER_ID})
@blueprint.response(201, Press, example={**examples.PRESS, "deed": "merge"})
def merge(body: dict[str, Any], conversation_id: str) -> Any:
    """Tell another conversation within this one. 409 `not_together` unless both are of one brand and of the same
    person, by links that stand, or of one account and kind. Nothing changes on the platform.
    """
    return _answer(merging.merge(caller(), new_id(), known_id(conversation_id), id_or_nobody(body["other_id"])))


@blueprint.post("/conversations/<conversation_id>/take-apart")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, TakenApart, example={"conversation_id": examples.OTHER_ID, "was_within": examples.CASE_ID})
def take_apart(body: dict[str, Any], conversation_id: str) -> Any:
    """Tell a conversation by itself again."""
    conversation = known_id(conversation_id)
    return {"conversation_id": conversation, "was_within": merging.take_apart(caller(), conversation)}


@blueprint.post("/conversations/<conversation_id>/split")
@blueprint.arguments(Split, example={"message_ids": [examples.MESSAGE_ID]})
@blueprint.response(201, Press, example={**examples.PRESS, "deed": "split"})
def split(body: dict[str, Any], conversation_id: str) -> Any:
    """Set messages apart as a conversation of their own, the first of the press's. 409 `cannot_split`, `answered`."""
    ids = [id_or_nobody(one) for one in body["message_ids"]]
    return _answer(splitting.split(caller(), new_id(), known_id(conversation_id), ids))


@blueprint.get("/spam-marks")
@blueprint.arguments(SpamMarkQuery, location="query")
@blueprint.response(200, SpamMarkPage, example={"items": [examples.SPAM_MARK], "next_cursor": None})
def list_spam_marks(query: dict[str, Any]) -> Any:
    """Everybody whose words close by rule, and how many conversations that keeps closed."""
    rows, after = spammers.listed(caller(), id_after(query["cursor"]), query["limit"])
    return {"items": [row._asdict() for row in rows], "next_cursor": str(after) if after else None}


@blueprint.post("/spam-marks/<contact_id>/lift")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(204)
def lift(body: dict[str, Any], contact_id: str) -> None:
    """Lift a mark; what it closed opens again."""
    spammers.lift(caller(), known_id(contact_id))


def _view(given: Mapping[str, Any]) -> QueueFilter:
    try:
        return filter_of_query(ConversationQuery().load(dict(given)))
    except ValidationError as error:
        raise Invalid(
            "The view is not one of the list's. Nothing was changed. Send the fields of GET /conversations.",
            errors={"view": [str(name) for name in error.normalized_messages()] or ["is no view"]},
        ) from error


def _deed(body: dict[str, Any]) -> tuple[Deed, dict[str, Any]]:
    name = body["deed"]
    if name in _SIMPLE:
        return _SIMPLE[name], {}
    if name == "snooze":
        if body["until"] is None:
            raise Invalid("Say until when. Nothing was changed.", errors={"until": ["is missing"]})
        return Snooze(body["until"]), {"until": body["until"].isoformat()}
    person = worker_named(caller(), id_or_nobody(body["person_id"] or ""))
    return Assign(person.person_id, person.name, person.brand_ids), {"name": person.name}


def _answer(done: Pressed) -> dict[str, Any]:
    return {
        **done._asdict(),
        "can_be_undone": done.can_be_undone,
        "left": [{"conversation_id": one.conversation_id, "reason": str(one.reason)} for one in done.refused],
    }
