"""People who write."""

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
    WrittenFlag,
    next_cursor,
)

_LONG = 10_000


class ContactQuery(PageQuery):
    """Whose, and which."""

    brand_id = Identifier(required=True)
    name = Text(longest=200, load_default="", metadata={"description": "how the name begins, in any case and accents"})
    vip = WrittenFlag(load_default=False, metadata={"description": "only VIPs"})


class PersonQuery(PageQuery):
    """Which part of the cases."""


class ListedContact(Strict):
    """One identity, as a line of a list."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    platform = Text(required=True)
    name = Text(required=True, allow_none=True)
    is_vip = Flag(required=True)
    vip_note = Text(required=True)
    weight = Whole(required=True)
    group_id = Identifier(
        required=True, allow_none=True, metadata={"description": "the same for identities that are one person"}
    )
    created_at = Moment(required=True)


class ContactPage(Strict):
    """Identities."""

    items = Items(fields.Nested(ListedContact), required=True)
    next_cursor = next_cursor()


class IdentityPart(Strict):
    """A person as one platform shows them."""

    id = Identifier(required=True)
    account_id = Identifier(required=True)
    platform = Text(required=True)
    name = Text(required=True, allow_none=True)
    case_count = Whole(required=True)
    is_erased = Flag(required=True)


class Link(Strict):
    """That two identities are one person, and what proves it."""

    id = Identifier(required=True)
    contact_id = Identifier(required=True)
    other_id = Identifier(required=True)
    kind = Choice("private_reply", "same_handle", "staff", required=True)
    reply_id = Identifier(required=True, allow_none=True)
    words = Text(required=True)
    reason = Text(required=True)
    made_by = Text(required=True, allow_none=True, attribute="made_by_name")
    created_at = Moment(required=True)
    confirmed_at = Moment(required=True, allow_none=True)
    undone_at = Moment(required=True, allow_none=True)
    undone_by = Text(required=True, allow_none=True, attribute="undone_by_name")
    undo_reason = Text(required=True)


class PersonNote(Strict):
    """A note on a person."""

    id = Identifier(required=True)
    contact_id = Identifier(required=True)
    text = Text(required=True)
    author = Text(required=True, attribute="author_name")
    created_at = Moment(required=True)
    edited_at = Moment(required=True, allow_none=True)
    version = Whole(required=True)


class CasePart(Strict):
    """A case of the person."""

    id = Identifier(required=True)
    contact_id = Identifier(required=True)
    platform = Text(required=True)
    kind = Text(required=True)
    status = Text(required=True)
    excerpt = Text(required=True)
    language = Text(required=True, allow_none=True)
    stars = Whole(required=True, allow_none=True)
    message_count = Whole(required=True)
    last_message_at = Moment(required=True)


class Person(Strict):
    """One person to one brand, over all their identities."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    name = Text(required=True, allow_none=True)
    is_vip = Flag(required=True)
    vip_note = Text(required=True)
    vip_by = Text(required=True, allow_none=True)
    weight = Whole(required=True)
    case_count = Whole(required=True)
    first_at = Moment(required=True)
    last_at = Moment(required=True, allow_none=True)
    languages = Items(Text(), required=True)
    identities = Items(fields.Nested(IdentityPart), required=True)
    links = Items(fields.Nested(Link), required=True)
    notes = Items(fields.Nested(PersonNote), required=True)
    cases = Items(fields.Nested(CasePart), required=True)
    next_cursor = next_cursor()


class ContactChanges(Strict):
    """What staff set of a person."""

    is_vip = Flag()
    vip_note = Text(longest=_LONG, metadata={"description": "why; needed to make somebody a VIP"})
    weight = Whole(least=0, most=10)


class NewNote(Strict):
    """A note to write."""

    text = Text(longest=_LONG, required=True)


class NewLink(Strict):
    """A link to make. The room explains what is no proof."""

    other_id = Identifier(required=True)
    kind = Choice("same_handle", "staff", required=True)
    words = Text(longest=_LONG, load_default="", metadata={"description": "theirs, quoted, with the other's handle"})
    reason = Text(longest=_LONG, load_default="")


class Undoing(Strict):
    """Why a link is undone."""

    reason = Text(longest=_LONG, load_default="", metadata={"description": "needed; colleagues read it"})


class ExportQuery(Strict):
    """Of whom."""

    identity_id = Identifier(load_default=None, metadata={"description": "only this one of the person's identities"})


class NewErasure(Strict):
    """The order to erase."""

    confirm = Text(longest=200, required=True, metadata={"description": "`erase for good`"})
    contact_ids = Items(Identifier(), load_default=None, allow_none=True)


class Erasure(Strict):
    """How far an erasing is."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    contact_ids = Items(Identifier(), required=True)
    state = Choice("waiting", "running", "done", required=True)
    asked_by = Text(required=True, attribute="asked_by_name")
    left_count = Whole(
        required=True, metadata={"description": "identities of the same person that were not chosen: still held"}
    )
    message_count = Whole(required=True)
    done_count = Whole(required=True)
    created_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)
