"""The client sheet."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Choice, Items, Strict, Text, Whole
from styleguides.client_sheet import LOADS

_LONG = 10_000
"""Beyond the room's own limits, so that their sentences explain it."""


class SheetContact(Strict):
    """Whom to call at the client, for what, how."""

    name = Text(longest=_LONG, required=True)
    about = Text(longest=_LONG, load_default="")
    reach = Text(longest=_LONG, load_default="")


class SheetCampaign(Strict):
    """What the client is doing that customers will write about; days such as 2027-03-31."""

    title = Text(longest=_LONG, required=True)
    starts_on = Text(longest=20, allow_none=True, load_default=None)
    ends_on = Text(longest=20, allow_none=True, load_default=None)
    expected_load = Choice(
        *LOADS,
        load_default="usual",
        attribute="load",
        metadata={"description": "how many customers will write because of it"},
    )
    say = Text(longest=_LONG, load_default="")


class SheetFields(Strict):
    """What the sheet says."""

    does = Text(longest=_LONG)
    products = Text(longest=_LONG)
    hours = Text(longest=_LONG)
    never_say = Text(longest=_LONG)
    contacts = Items(fields.Nested(SheetContact))
    campaigns = Items(fields.Nested(SheetCampaign))


class SheetChanges(SheetFields):
    """The fields to write, and the `version` that was read (0 where nobody has written a sheet)."""

    version = Whole(required=True)


class ClientSheet(SheetFields):
    """A brand's sheet; empty with version 0 where nobody has written one."""

    version = Whole(required=True)
