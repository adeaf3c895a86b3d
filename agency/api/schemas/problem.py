"""The body of every answer that is not a success (RFC 9457)."""

from __future__ import annotations

from marshmallow import INCLUDE, Schema, fields

from agency.api.schemas.fields import Text, Whole


class Problem(Schema):
    """`code` is stable; `detail` says what happened, what is safe, what to do; further members belong to the code."""

    class Meta:
        unknown = INCLUDE

    type = Text(required=True)
    title = Text(required=True)
    status = Whole(required=True)
    code = Text(required=True)
    detail = Text(required=True)
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "sentences by field, where single fields are at fault"},
    )
