"""Quizzes on style guides: who passed which version."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Flag, Identifier, Items, Moment, PageQuery, Strict, Text, Whole, next_cursor


class QuizQuery(PageQuery):
    """Which quizzes."""

    brand = Identifier(load_default=None, metadata={"description": "only of this brand"})


class Quiz(Strict):
    """How one person fared with the quiz on one version of a brand's guide; nothing of what it asks."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    person_id = Identifier(required=True)
    person_name = Text(required=True)
    guide_version = Whole(required=True)
    tries = Whole(required=True, metadata={"description": "how often it was handed in"})
    right_count = Whole(required=True, metadata={"description": "of the last try handed in"})
    question_count = Whole(required=True)
    finished_at = Moment(required=True, allow_none=True, metadata={"description": "null while a try is open"})
    passed_at = Moment(required=True, allow_none=True, metadata={"description": "stays, whatever is tried afterwards"})


class QuizPage(Strict):
    """Quizzes in the order they were begun."""

    items = Items(fields.Nested(Quiz), required=True)
    next_cursor = next_cursor()


class QuizGate(Strict):
    """Whether somebody without a pass is kept from publishing without a yes."""

    on = Flag(required=True)
