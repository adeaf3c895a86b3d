"""Judgements of sent replies."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import (
    Choice,
    Flag,
    Identifier,
    Items,
    Moment,
    PageQuery,
    Strict,
    Text,
    Whole,
    next_cursor,
)
from agency.api.schemas.replies import Finding
from agency.training.quality import ANSWERS

_LONG = 10_000
_FRIENDLY = {"description": "is it warm and polite in tone?"}
_SOLVES = {"description": "does it answer what was asked, or say what happens next?"}
_PERSONAL = {"description": "is it written for this person and this case?"}


class SampleQuery(PageQuery):
    """Of which week."""

    week = Text(
        longest=10, load_default=None, metadata={"description": "any day of a week that is over; the newest without it"}
    )


class SampledReply(Strict):
    """A sent reply to judge. Personal data in the customer's words is masked."""

    reply_id = Identifier(required=True)
    brand_id = Identifier(required=True)
    author_id = Identifier(required=True)
    author = Text(required=True)
    platform = Text(required=True)
    kind = Text(required=True)
    customer_text = Text(required=True)
    text = Text(required=True)
    guide_version = Whole(required=True, allow_none=True)
    findings = Items(fields.Nested(Finding), required=True)
    published_at = Moment(required=True)
    judged = Flag(required=True, metadata={"description": "by you"})


class SamplePage(Strict):
    """A week's sample in the order of its lots; `judged` and `size` count the whole of it."""

    week = fields.Date(required=True, metadata={"description": "its Monday"})
    size = Whole(required=True)
    judged = Whole(required=True)
    items = Items(fields.Nested(SampledReply), required=True)
    next_cursor = next_cursor()


class NewJudgement(Strict):
    """What you found, and the version you read: 0 for a first judgement."""

    friendly = Choice(*ANSWERS, required=True, metadata=_FRIENDLY)
    solves = Choice(*ANSWERS, required=True, metadata=_SOLVES)
    personal = Choice(*ANSWERS, required=True, metadata=_PERSONAL)
    note = Text(longest=_LONG, load_default="", metadata={"description": "for the author and the brand's leads"})
    version = Whole(required=True)


class EarlierJudgement(Strict):
    """What it said before a change."""

    friendly = Choice(*ANSWERS, required=True)
    solves = Choice(*ANSWERS, required=True)
    personal = Choice(*ANSWERS, required=True)
    note = Text(required=True)
    at = Text(required=True)


class Judgement(Strict):
    """What one lead found of one sent reply. Only they, the author and the brand's leads read it."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    reply_id = Identifier(required=True)
    author_id = Identifier(required=True)
    judge = Text(required=True, attribute="judge_name")
    week = fields.Date(required=True)
    friendly = Choice(*ANSWERS, required=True)
    solves = Choice(*ANSWERS, required=True)
    personal = Choice(*ANSWERS, required=True)
    note = Text(required=True)
    version = Whole(required=True)
    judged_at = Moment(required=True)
    earlier = Items(fields.Nested(EarlierJudgement), required=True)


class JudgementPage(Strict):
    """Judgements of your replies, newest first."""

    items = Items(fields.Nested(Judgement), required=True)
    next_cursor = next_cursor()
