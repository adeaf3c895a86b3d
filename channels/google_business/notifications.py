"""Google's one notification setting per account: read, compared, never taken from somebody else. Pure.

It belongs to the account that holds the location and names one Pub/Sub topic. Another tool, or another installation of
ours, with the same account uses the same setting.
"""

from __future__ import annotations

from collections.abc import Sequence

from channels.capabilities import Subscription
from channels.errors import ItemGone, Refused, TokenRevoked
from channels.google_business import requests
from channels.google_business.review_poll import body_of
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import rows, short_text

#: What a customer's words come with. The other types tell of listings, media and the ended questions.
TYPES = ("NEW_REVIEW", "UPDATED_REVIEW")


class Notifications:
    """See `channels.capabilities.Subscribes`.

    Problems: "no_topic" (none is set in this installation), "not_set" (nothing stands there, we may set ours),
    "types_missing" (our topic, without the types we need), "other_topic" (another's topic: a person must decide),
    "no_rights" (this sign-in may not see the setting), "service_disabled", "quota_zero".
    """

    def plan_subscription(self, account: ConnectedAccount) -> list[Request]:
        return [requests.notification_setting(account)]

    def read_subscription(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> Subscription:
        """Raises a `ChannelError` that passes, and `TokenRevoked` when the whole sign-in is dead."""
        ours = account.events_topic
        try:
            setting = body_of(exchanges[0])
        except ItemGone:
            return Subscription(False, "no_rights", mendable=False)
        except TokenRevoked as error:
            if error.reason != "access_lost":
                raise
            return Subscription(False, "no_rights", mendable=False)
        except Refused as error:
            return Subscription(False, error.platform_code.lower(), mendable=False)
        topic = short_text(setting.get("pubsubTopic"))
        types = {kind for kind in rows(setting.get("notificationTypes")) if isinstance(kind, str)}
        if not ours:
            return Subscription(False, "no_topic", mendable=False)
        if topic is not None and topic != ours:
            return Subscription(False, "other_topic", mendable=False)
        if topic is None:
            return Subscription(False, "not_set")
        if types >= set(TYPES):
            return Subscription(True)
        # Types that somebody chose for this topic would be lost with ours.
        return Subscription(False, "types_missing", mendable=types <= set(TYPES))

    def plan_subscribe(self, account: ConnectedAccount) -> list[Request]:
        """Only for a `Subscription` that is mendable: the call replaces what stands, and there is no condition."""
        if not account.events_topic:
            return []
        return [requests.set_notifications(account, account.events_topic, TYPES)]
