"""Cases that come back at a time, and birthdays that customers gave: for a person to write, never sent alone."""

from __future__ import annotations

from typing import Any, Final

from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.examples import BRAND_ID, CONVERSATION_ID, LATER
from agency.api.schemas.comebacks import (
    Birthday,
    Comeback,
    ComebackEnded,
    ComebackPage,
    ComebackQuery,
    NewBirthday,
    NewComeback,
)
from agency.inbox import comebacks as room
from agency.inbox.contacts import birthdays, reading

blueprint = ApiBlueprint("comebacks", __name__, description="Cases that come back to a person at a time.")

_CONTACT: Final = "019a8f00-0000-7000-8000-000000000061"
_COMEBACK: Final[dict[str, Any]] = {
    "id": "019a8f00-0000-7000-8000-000000000062",
    "brand_id": BRAND_ID,
    "conversation_id": CONVERSATION_ID,
    "comes_at": LATER,
    "reason": "The warehouse answers on Tuesday.",
    "has_draft": True,
    "person_id": "019a8f00-0000-7000-8000-000000000063",
    "person_name": "Casimir Example",
}
_NEW: Final[dict[str, Any]] = {"comes_at": LATER, "reason": _COMEBACK["reason"], "draft": "Dear Ines,"}
_NEW_BIRTHDAY: Final[dict[str, Any]] = {
    "month": 3,
    "day": 12,
    "source": "Wrote it in a direct message",
    "agreed_on": "2026-11-20",
    "agrees": True,
}
_BIRTHDAY: Final[dict[str, Any]] = {
    "contact_id": _CONTACT,
    "brand_keeps": True,
    "birthday": {
        "month": 3,
        "day": 12,
        "source": "Wrote it in a direct message",
        "agreed_on": "2026-11-20",
        "noted_by": "Casimir Example",
        "created_at": LATER,
        "next_on": "2027-03-12",
    },
}


@blueprint.get("/comebacks")
@blueprint.arguments(ComebackQuery, location="query")
@blueprint.response(200, ComebackPage, example={"items": [_COMEBACK], "next_cursor": None})
def list_comebacks(query: dict[str, Any]) -> Any:
    """What comes back at a time, the soonest first."""
    brand_id = None if query["brand_id"] is None else id_or_nobody(query["brand_id"])
    found = room.list_later(
        caller(), mine=query["whose"] == "mine", brand_id=brand_id, after=query["cursor"], limit=query["limit"]
    )
    return {"items": found.rows, "next_cursor": found.next_cursor}


@blueprint.put("/conversations/<conversation_id>/comeback")
@blueprint.arguments(NewComeback, example=_NEW)
@blueprint.response(200, Comeback, example=_COMEBACK)
def set_comeback(body: dict[str, Any], conversation_id: str) -> Any:
    """Let it come back to you at that time, in the place of what was chosen before. An open case is put off until then;
    if the customer writes first, it does not come back. 409 `held` or `merged`.
    """
    actor, number = caller(), known_id(conversation_id)
    return room.get_later(actor, room.put(actor, number, body["comes_at"], body["reason"], body["draft"]))


@blueprint.delete("/conversations/<conversation_id>/comeback")
@blueprint.response(200, ComebackEnded, example={"conversation_id": CONVERSATION_ID})
def end_comeback(conversation_id: str) -> Any:
    """It comes back no more: what was put off stands in the queue again. Doing it again changes nothing."""
    number = known_id(conversation_id)
    room.end(caller(), number)
    return {"conversation_id": number}


@blueprint.get("/contacts/<contact_id>/birthday")
@blueprint.response(200, Birthday, example=_BIRTHDAY)
def get_birthday(contact_id: str) -> Any:
    """The birthday a person gave the brand: day and month, never a year."""
    return _birthday(contact_id)


@blueprint.put("/contacts/<contact_id>/birthday")
@blueprint.arguments(NewBirthday, example=_NEW_BIRTHDAY)
@blueprint.response(200, Birthday, example=_BIRTHDAY)
def set_birthday(body: dict[str, Any], contact_id: str) -> Any:
    """Write down what they gave and agreed to. On the day a case of theirs comes back; nothing is sent. 409
    `birthdays_off` where the brand keeps none, `erased`.
    """
    birthdays.note(caller(), known_id(contact_id), **body)
    return _birthday(contact_id)


@blueprint.delete("/contacts/<contact_id>/birthday")
@blueprint.response(200, Birthday, example={**_BIRTHDAY, "birthday": None})
def end_birthday(contact_id: str) -> Any:
    """Hold it no longer. Doing it again changes nothing."""
    birthdays.end(caller(), known_id(contact_id))
    return _birthday(contact_id)


def _birthday(contact_id: str) -> dict[str, Any]:
    person = reading.get_person(caller(), known_id(contact_id))
    keeps, held = birthdays.birthday_of(caller(), person)
    return {"contact_id": person.id, "brand_keeps": keeps, "birthday": held}
