"""Feedback loops: which a brand has, and questions about cases, put and taken back."""

from __future__ import annotations

from typing import Any, Final

from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.examples import BRAND_ID, CONVERSATION_ID, LATER
from agency.api.schemas.fields import Nothing
from agency.api.schemas.loops import LoopQuestion, LoopQuestionPage, Loops, NewQuestion, QuestionQuery
from agency.inbox.loops import asking, named, reading
from tenants.brands import brand_for
from tenants.permissions import Permission

blueprint = ApiBlueprint("loops", __name__, description="Somebody outside the desk is asked about a case.")

_LOOP: Final[dict[str, Any]] = {
    "id": "019a8f00-0000-7000-8000-000000000051",
    "brand_id": BRAND_ID,
    "name": "Card office",
    "sort": "service",
    "people": [{"name": "Ines Example", "email": "cards@example.com"}],
    "language": "en",
    "hours": 4,
    "answers_by": "community",
    "answers_name": "",
    "procedure": "Say only what may be told to the customer.",
}
_NEW: Final[dict[str, Any]] = {"loop_id": _LOOP["id"], "question": "When was the card sent?", "shows": "masked"}
_QUESTION: Final[dict[str, Any]] = {
    "id": "019a8f00-0000-7000-8000-000000000052",
    "brand_id": BRAND_ID,
    "conversation_id": CONVERSATION_ID,
    "loop": "Card office",
    "question": "When was the card sent?",
    "asked_by": "Casimir Example",
    "to": "Ines Example",
    "due_at": LATER,
    "state": "open",
    "answer": "",
    "files_left": 0,
    "ended_at": None,
    "undelivered": None,
}


@blueprint.get("/brands/<brand_id>/loops")
@blueprint.response(200, Loops, example={"items": [_LOOP]})
def list_loops(brand_id: str) -> Any:
    """Loops of a brand that are in use, by name; 50 at most."""
    brand = brand_for(caller(), known_id(brand_id), Permission.NOTE_READ)
    return {"items": named.list_loops(caller(), brand.id)}


@blueprint.get("/loop-questions")
@blueprint.arguments(QuestionQuery, location="query")
@blueprint.response(200, LoopQuestionPage, example={"items": [_QUESTION], "next_cursor": None})
def list_loop_questions(query: dict[str, Any]) -> Any:
    """What was asked in loops: what nobody answered yet, or what ended."""
    brand_id = None if query["brand_id"] is None else id_or_nobody(query["brand_id"])
    found = reading.list_askings(
        caller(), query["state"], brand_id=brand_id, after=query["cursor"], limit=query["limit"]
    )
    return {"items": found.rows, "next_cursor": found.next_cursor}


@blueprint.post("/conversations/<conversation_id>/loop-questions")
@blueprint.arguments(NewQuestion, example=_NEW)
@blueprint.response(201, LoopQuestion, example=_QUESTION)
def ask_in_loop(body: dict[str, Any], conversation_id: str) -> Any:
    """Put a question to somebody of a loop: they get a mail and answer by it, or behind its link. The case goes on.

    409 `archived`, `too_many` or `erased`.
    """
    actor = caller()
    made = asking.ask(
        actor,
        known_id(conversation_id),
        id_or_nobody(body["loop_id"]),
        body["question"],
        to_email=body["to_email"],
        shows=body["shows"],
    )
    return reading.get_asking(actor, made)


@blueprint.get("/loop-questions/<asking_id>")
@blueprint.response(200, LoopQuestion, example=_QUESTION)
def get_loop_question(asking_id: str) -> Any:
    """One question: whether it was answered, and what."""
    return reading.get_asking(caller(), known_id(asking_id))


@blueprint.post("/loop-questions/<asking_id>/withdraw")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, LoopQuestion, example={**_QUESTION, "state": "withdrawn", "ended_at": LATER})
def withdraw_loop_question(body: dict[str, Any], asking_id: str) -> Any:
    """Take an open question back: its link says so. One that ended stays as it is."""
    actor, number = caller(), known_id(asking_id)
    asking.withdraw(actor, number)
    return reading.get_asking(actor, number)
