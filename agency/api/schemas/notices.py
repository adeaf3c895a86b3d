"""What the caller was told of."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Flag, Identifier, Items, Moment, PageQuery, Strict, Text, WrittenFlag, next_cursor


class NoticeQuery(PageQuery):
    """Which notices."""

    unread = WrittenFlag(load_default=False, metadata={"description": "only those that are neither read nor over"})


class Notice(Strict):
    """One thing the caller was told of."""

    id = Identifier(required=True)
    kind = Text(required=True, metadata={"description": "such as `reply_declined`; new kinds may come"})
    words = Text(required=True, metadata={"description": "one sentence in the caller's language"})
    brand_id = Identifier(required=True, allow_none=True)
    subject_type = Text(required=True, metadata={"description": "what it is about, such as `reply`"})
    subject_id = Identifier(required=True)
    path = Text(required=True, metadata={"description": "the page that opens it"})
    told_at = Moment(required=True)
    is_read = Flag(required=True)
    is_over = Flag(required=True, metadata={"description": "it needs nobody's eye any more"})


class NoticePage(Strict):
    """Notices, the newest first."""

    items = Items(fields.Nested(Notice), required=True)
    next_cursor = next_cursor()
