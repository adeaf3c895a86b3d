"""Connected accounts; a credential goes in and never comes out."""

from __future__ import annotations

from typing import get_args

from marshmallow import fields

from agency.api.schemas.fields import Choice, Identifier, Items, Moment, PageQuery, Strict, Text, next_cursor
from channels.health import KINDS, Action
from channels.models import HEALTHS
from channels.registry import ADAPTERS

ACTIONS = get_args(Action)
PLATFORMS = tuple(ADAPTERS)


class AccountQuery(PageQuery):
    """Which accounts."""

    brand_id = Items(Identifier(), load_default=list, metadata={"description": "only of these brands; repeatable"})


class NewAccount(Strict):
    """An account to connect with a credential that exists already."""

    brand_id = Identifier(required=True)
    platform = Choice(*PLATFORMS, required=True)
    external_id = Text(longest=300, required=True, metadata={"description": "Google: `accounts/A/locations/L`"})
    credential = Text(
        longest=10_000,
        required=True,
        load_only=True,
        metadata={"description": "a Page token, an Instagram token, or a Google refresh token", "writeOnly": True},
    )
    login = Choice("facebook", "instagram", load_default=None, metadata={"description": "Instagram accounts only"})
    name = Text(longest=200, load_default=None)


class Account(Strict):
    """A connected account and how it is doing."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    platform = Choice(*PLATFORMS, required=True)
    external_id = Text(required=True)
    name = Text(required=True)
    login = Text(required=True, allow_none=True)
    health = Choice(*HEALTHS, required=True)
    state = Choice(
        *KINDS, required=True, metadata={"description": "the health shown to people, worked out from all facts"}
    )
    action = Choice(*ACTIONS, required=True, metadata={"description": "the one thing that helps"})
    health_reason = Text(required=True, allow_none=True)
    health_since = Moment(required=True)
    last_polled_at = Moment(required=True, allow_none=True)
    last_event_at = Moment(required=True, allow_none=True)
    last_item_at = Moment(required=True, allow_none=True)
    last_sent_at = Moment(required=True, allow_none=True)
    scopes = Items(Text(), required=True)
    access_ends_at = Moment(required=True, allow_none=True)
    access_checked_at = Moment(required=True, allow_none=True)
    access_problem = Text(required=True, allow_none=True)
    subscribed_at = Moment(required=True, allow_none=True)
    subscription_problem = Text(required=True, allow_none=True)
    missed_count = fields.Integer(required=True, metadata={"description": "what polls found that events missed"})
    usage_percent = fields.Integer(required=True, allow_none=True)
    connected_at = Moment(required=True)
    disconnected_at = Moment(required=True, allow_none=True)


class AccountPage(Strict):
    """Accounts in the order they were connected."""

    items = Items(fields.Nested(Account), required=True)
    next_cursor = next_cursor()
