"""Labels and saved views."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import (
    Choice,
    Flag,
    Identifier,
    Items,
    Mapped,
    PageQuery,
    Strict,
    Text,
    Whole,
    WrittenFlag,
    next_cursor,
)
from agency.inbox.desk_models import LABEL_COLOURS
from agency.inbox.filters import FILTERS

_FILTERS = {
    "type": "object",
    "properties": {field.name: {"type": "array", "items": {"type": "string"}} for field in FILTERS},
    "description": "as the inbox's address says them: name of the filter and its values; several values widen, "
    "filters narrow each other; what means nothing is left out",
}


class NewLabel(Strict):
    """A label to make."""

    name = Text(longest=1_000, required=True)
    colour = Choice(*LABEL_COLOURS, load_default="grey")
    brand_id = Identifier(
        load_default=None, allow_none=True, metadata={"description": "null: for every brand of the agency"}
    )


class LabelChanges(Strict):
    """What to change, and the version that was read."""

    name = Text(longest=1_000)
    colour = Choice(*LABEL_COLOURS)
    version = Whole(least=1, required=True)


class LabelMerge(Strict):
    """Which label takes its place."""

    into = Identifier(required=True)


class LabelQuery(PageQuery):
    """Which labels."""

    archived = WrittenFlag(load_default=False, metadata={"description": "only those put away"})


class Label(Strict):
    """A word that staff put on cases."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True, allow_none=True)
    name = Text(required=True)
    colour = Choice(*LABEL_COLOURS, required=True)
    archived = Flag(required=True, attribute="is_archived")
    merged_into_id = Identifier(required=True, allow_none=True)
    changed_by = Text(required=True, attribute="changed_by_name")
    version = Whole(required=True)


class LabelPage(Strict):
    """Labels."""

    items = Items(fields.Nested(Label), required=True)
    next_cursor = next_cursor()


class WornLabels(Strict):
    """The labels a conversation bears now."""

    conversation_id = Identifier(required=True)
    label_ids = Items(Identifier(), required=True)


class NewView(Strict):
    """A view to save."""

    name = Text(longest=1_000, required=True)
    filters = Mapped(required=True, metadata=_FILTERS)
    shared = Flag(load_default=False, metadata={"description": "with everybody in the agency; for leads"})


class ViewChanges(Strict):
    """What to change, and the version that was read."""

    name = Text(longest=1_000)
    filters = Mapped(metadata=_FILTERS)
    shared = Flag()
    version = Whole(least=1, required=True)


class View(Strict):
    """A part of the queue under a name."""

    id = Identifier(required=True)
    name = Text(required=True)
    filters = Mapped(required=True, metadata=_FILTERS)
    shared = Flag(required=True, attribute="is_shared")
    own = Flag(required=True, attribute="is_mine")
    saved_by = Text(required=True, attribute="person_name")
    version = Whole(required=True)


class ViewPage(Strict):
    """Saved views: one's own first, then shared ones, each in the order set by hand."""

    items = Items(fields.Nested(View), required=True)
    next_cursor = next_cursor()
