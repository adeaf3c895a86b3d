"""Connected accounts; a credential goes in and never comes out."""

from __future__ import annotations

from typing import get_args

from marshmallow import fields

from agency.api.schemas.fields import Choice, Flag, Identifier, Items, Moment, PageQuery, Strict, Text, next_cursor
from channels.account_standing import SET_UPS
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


class NewCredential(Strict):
    """Another credential for the same account."""

    credential = Text(
        longest=10_000, required=True, load_only=True, metadata={"description": "as on connecting", "writeOnly": True}
    )


class ReconnectLink(Strict):
    """Where somebody mends a connection without an account here. Whoever holds it can, so it is sent to nobody else."""

    url = Text(required=True)
    expires_at = Moment(required=True)


class PlatformFeature(Strict):
    """One use of an account, and what it needs at the platform."""

    name = Text(required=True)
    scopes = Items(Text(), required=True)
    tasks = Items(Text(), required=True, metadata={"description": "the person must hold one of these on the page"})
    is_always_on = Flag(required=True)
    is_usual = Flag(required=True, metadata={"description": "asked for unless somebody unticks it"})


class Platform(Strict):
    """One way to connect: a platform, and for Instagram a login."""

    platform = Choice(*PLATFORMS, required=True)
    login = Text(required=True, allow_none=True)
    sign_in_at = Text(required=True, metadata={"description": "where the person signs in"})
    is_set_up = Flag(
        required=True, metadata={"description": "whether this installation has an application there; if not, by token"}
    )
    connect_url = Text(
        required=True,
        metadata={
            "description": "for the browser of somebody signed in here; `&brand=ID` and `&feature=NAME`, repeatable, "
            "choose beforehand"
        },
    )
    features = Items(fields.Nested(PlatformFeature), required=True)


class PlatformList(Strict):
    """Every way there is."""

    items = Items(fields.Nested(Platform), required=True)


class AccountFeature(Strict):
    """Whether an account can be used for something, and what it lacks."""

    name = Text(required=True)
    stands = Flag(required=True, allow_none=True, metadata={"description": "null where the platform never told"})
    missing_scopes = Items(Text(), required=True)
    lacks_task = Flag(required=True, metadata={"description": "the role of whoever signed in does not include it"})


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
    next_poll_at = Moment(
        required=True, allow_none=True, metadata={"description": "null while it waits for a person, or is disconnected"}
    )
    throttled_until = Moment(
        required=True, allow_none=True, metadata={"description": "the platform's own wish; may be over"}
    )
    writes_paused_until = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "the platform lets it write nothing, so until then nothing is sent; may be over"},
    )
    messages_paused_until = Moment(
        required=True, allow_none=True, metadata={"description": "the same for direct messages and private replies"}
    )
    last_event_at = Moment(required=True, allow_none=True)
    last_item_at = Moment(required=True, allow_none=True)
    last_sent_at = Moment(required=True, allow_none=True)
    scopes = Items(Text(), required=True)
    tasks = Items(Text(), required=True, metadata={"description": "rights on the page of whoever signed in"})
    features = Items(fields.Nested(AccountFeature), required=True)
    set_up = Choice(
        *SET_UPS,
        required=True,
        metadata={
            "description": "`waiting` for a first answer, `reading` what is there, `tested` by an event or words that "
            "came after connecting"
        },
    )
    tested_at = Moment(required=True, allow_none=True)
    access_ends_at = Moment(required=True, allow_none=True)
    access_checked_at = Moment(required=True, allow_none=True)
    access_problem = Text(required=True, allow_none=True)
    subscribed_at = Moment(required=True, allow_none=True)
    subscription_problem = Text(required=True, allow_none=True)
    missed_count = fields.Integer(required=True, metadata={"description": "what polls found that events missed"})
    last_missed_at = Moment(required=True, allow_none=True)
    usage_percent = fields.Integer(required=True, allow_none=True)
    connected_at = Moment(required=True)
    disconnected_at = Moment(required=True, allow_none=True)


class AccountPage(Strict):
    """Accounts in the order they were connected."""

    items = Items(fields.Nested(Account), required=True)
    next_cursor = next_cursor()
