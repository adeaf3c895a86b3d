"""What Google says of our access to a location, and of the location's own standing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from channels.capabilities import Access
from channels.errors import ChannelError, ItemGone, PlatformDown, Refused, TokenRevoked
from channels.google_business import oauth, requests
from channels.google_business.review_poll import body_of, sibling
from channels.health import OPERATOR_WORDS
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import Json, mapping

_SUSPENDED = {"BUSINESS_LOCATION_SUSPENDED": "location_suspended", "BUSINESS_LOCATION_DISABLED": "location_disabled"}
#: Google says one of these when a location has no voice.
_VOICE_WORDS = {
    "verify": "not_verified",
    "waitForVoiceOfMerchant": "verification_waits",
    "resolveOwnershipConflict": "ownership_conflict",
}


class Standing:
    """See `channels.capabilities.ChecksAccess`.

    ``works`` is whether reviews can be read. Problems while they cannot: a reason of `TokenRevoked` ("invalid",
    "access_withdrawn", "permission_missing", "access_lost"), "quota_zero", "service_disabled", or the reasons below.
    While they can, the location may still lack its voice, and answers may be refused or not shown: "not_verified",
    "verification_waits", "ownership_conflict", "location_suspended", "location_disabled", "no_voice".
    """

    def plan_access(self, account: ConnectedAccount) -> list[Request]:
        return [sibling(account), requests.voice_of_merchant(account)]

    def read_access(self, account: ConnectedAccount, exchanges: Sequence[Exchange], *, now: datetime) -> Access:
        reviews, voice = exchanges[0], exchanges[1]
        problem, is_found = _problem_of_voice(voice)
        try:
            body_of(reviews)
        except TokenRevoked as error:
            return Access(False, problem=error.reason)
        except ItemGone as error:
            if is_found:  # the location is there, so this 404 was one of those that pass
                raise PlatformDown("the location's reviews were not found") from error
            return Access(False, problem="access_lost")
        except Refused as error:
            if error.platform_code in OPERATOR_WORDS:
                return Access(False, problem=error.platform_code)
            if problem is None:  # a no we do not understand says nothing of our access
                raise
            return Access(False, frozenset({oauth.SCOPE}), problem=problem)
        return Access(True, frozenset({oauth.SCOPE}), problem=problem)


def _problem_of_voice(exchange: Exchange) -> tuple[str | None, bool]:
    """The problem, and whether Google knows the location at all. Its silence (service off, busy) is no problem."""
    try:
        state = body_of(exchange)
    except (ItemGone, TokenRevoked):
        return None, False
    except ChannelError:
        return None, True
    return None if state.get("hasVoiceOfMerchant") is True else _why_voiceless(state), True


def _why_voiceless(state: Json) -> str:
    advice = mapping(state.get("complyWithGuidelines"))
    if advice is not None:
        reason = advice.get("recommendationReason")
        return _SUSPENDED.get(reason, "location_disabled") if isinstance(reason, str) else "location_disabled"
    return next((word for key, word in _VOICE_WORDS.items() if mapping(state.get(key)) is not None), "no_voice")
