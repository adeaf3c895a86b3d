"""Figures of how a brand is answered."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Choice, Identifier, Strict, Whole
from agency.reports.figures import SPANS

_SECONDS = "whole seconds by the clock, nights and all; null where nothing was answered"


class FiguresQuery(Strict):
    """Of how many days."""

    days = Choice(*map(str, SPANS), load_default=str(SPANS[0]), metadata={"description": "today among them"})


class FigureSide(Strict):
    """Of public words, or of private messages."""

    messages_received = Whole(required=True, metadata={"description": "written by customers in these days"})
    questions = Whole(
        required=True,
        metadata={"description": "begun in these days: what a customer wrote until somebody answered"},
    )
    answered = Whole(required=True, metadata={"description": "of these questions"})
    average_seconds = Whole(required=True, allow_none=True, metadata={"description": _SECONDS})
    median_seconds = Whole(required=True, allow_none=True, metadata={"description": "to about a third"})
    client_average_seconds = Whole(
        required=True, allow_none=True, metadata={"description": "of the average, how long the client had the reply"}
    )
    answered_in_time = Whole(required=True, metadata={"description": "by the clock of the answer"})
    answered_too_late = Whole(required=True)
    cases = Whole(required=True, metadata={"description": "with a question, whose customer wrote last in these days"})
    resolved = Whole(required=True, metadata={"description": "of these cases, those that are closed"})


class BrandFigures(Strict):
    """A brand's figures, public and private apart."""

    brand_id = Identifier(required=True)
    days = Whole(required=True)
    public = fields.Nested(FigureSide, required=True)
    private = fields.Nested(FigureSide, required=True)
