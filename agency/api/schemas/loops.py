"""Feedback loops and what is asked in them."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Choice, Identifier, Items, Moment, PageQuery, Strict, Text, Whole, next_cursor
from agency.inbox.loops.asking import LONGEST_QUESTION, SHOWS
from agency.inbox.loops.models import ANSWERERS, SORTS, STATES
from agency.inbox.loops.reading import TABS


class LoopPerson(Strict):
    """Somebody a loop asks."""

    name = Text(required=True)
    email = Text(required=True)


class Loop(Strict):
    """Whom a brand asks about what, and how fast they answer."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    name = Text(required=True)
    sort = Choice(*SORTS, required=True)
    people = Items(
        fields.Nested(LoopPerson),
        required=True,
        metadata={"description": "the first is asked unless another is chosen"},
    )
    language = Text(required=True)
    hours = Whole(required=True, metadata={"description": "of the brand's business time, to answer in"})
    answers_by = Choice(
        *ANSWERERS,
        required=True,
        metadata={"description": "who gives the customer the final answer: whoever has the case, service, a person"},
    )
    answers_name = Text(required=True)
    procedure = Text(required=True)


class Loops(Strict):
    """Loops of a brand, by name."""

    items = Items(fields.Nested(Loop), required=True)


class QuestionQuery(PageQuery):
    """Which questions."""

    state = Choice(
        *TABS,
        load_default="open",
        metadata={"description": "open, late ones first; mine: those of them you asked; ended, the newest first"},
    )
    brand_id = Identifier(load_default=None)


class NewQuestion(Strict):
    """A question to put in a loop."""

    loop_id = Identifier(required=True)
    question = Text(longest=LONGEST_QUESTION, required=True)
    to_email = Text(
        longest=254, load_default="", metadata={"description": "an address of the loop; the first without one"}
    )
    shows = Choice(
        *SHOWS,
        load_default="masked",
        metadata={"description": "of the customer's newest words: without personal data, as they are, nothing"},
    )


class LoopQuestion(Strict):
    """A question about a case, and what became of it."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    conversation_id = Identifier(required=True)
    loop = Text(required=True, attribute="loop_name")
    question = Text(required=True)
    asked_by = Text(required=True, attribute="asked_by_name", metadata={"description": "a person or a rule"})
    to = Text(required=True, attribute="to_name")
    due_at = Moment(required=True)
    state = Choice(*STATES, required=True)
    answer = Text(required=True, metadata={"description": "what they answered, or why they could not"})
    ended_at = Moment(required=True, allow_none=True)
    files_left = Whole(
        required=True, metadata={"description": "files that came with the answer by mail and are not kept"}
    )
    undelivered = Text(required=True, allow_none=True, metadata={"description": "what their mail server said"})


class LoopQuestionPage(Strict):
    """Questions in the order asked for."""

    items = Items(fields.Nested(LoopQuestion), required=True)
    next_cursor = next_cursor()
