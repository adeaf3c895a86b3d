"""Where a reply stands that waits for a yes: asked when, reminded how often, and what comes of it if nobody answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies.policy_clock import Plan, WaitClock, clock_from_data
from agency.replies.policy_terms import Terms
from agency.replies.waiting import Standing, Whom, named
from agency.web import clocks
from agency.web.language import chosen_language, chosen_zone
from agency.web.stored_words import said_again
from tenants.errors import Worded, worded
from tenants.permissions import Actor


def wait_sentences(kept: Mapping[str, Any] | None) -> list[str]:
    """Of a reply's `waits_clock`; none for one that waits without."""
    clock = clock_from_data(kept)
    if clock is None:
        return []
    if clock.asked_at is None:
        return [_("Quiet hours: they are asked by mail from %(time)s on.", time=moment_words(clock.ask_at))]
    found = []
    if clock.reminded and clock.reminded_at is not None:
        found.append(
            ngettext(
                "Reminded once, %(time)s.",
                "Reminded %(num)s times, last %(time)s.",
                clock.reminded,
                time=moment_words(clock.reminded_at),
            )
        )
    if clock.fell_at is not None:
        return [*found, *_fallen(clock)]
    if clock.silence_at is not None:
        found.append(_coming(clock.silence, moment_words(clock.silence_at)))
    return found


def asked_words(asked: Standing, reader: Actor, kept: Mapping[str, Any] | None) -> str:
    """For who looks at what waits: for whom, why, and what comes by itself."""
    values = asked.words.values
    if reader.user_id in {person.id for person in asked.people}:
        said = (
            _(worded("It waits for your yes, because %(because)s.", because=values["because"]))
            if "because" in values
            else _("It waits for your yes.")
        )
    elif "because" in values:
        said = _(worded("It waits for %(names)s, because %(because)s.", **values))
    else:
        said = _(worded("It waits for %(names)s.", **values))
    return " ".join([said, *wait_sentences(kept)])


def waiting_words(whom: Whom, since: datetime, kept: Mapping[str, Any] | None) -> str:
    """Waits for Ana or Jan since 09:14. Mails to Jan come back: call them. Reminded once, 15:14. If nobody …"""
    said = _("Waits for %(names)s since %(time)s.", names=_(named(whom.names)), time=moment_words(since))
    return " ".join(words for words in (said, unreached_words(whom.unreached), *wait_sentences(kept)) if words)


def unreached_words(names: Sequence[str]) -> str:
    """Of those who are asked and whom mails do not reach; empty for nobody."""
    return _("Mails to %(names)s come back: reach them in another way.", names=", ".join(names)) if names else ""


def plan_words(terms: Terms, plan: Plan, now: datetime) -> str:
    """What would come of a reply that left now, before anybody presses; empty where nothing is to be said."""
    found = []
    if plan.ask_at > now:
        found.append(_("Quiet hours: they are asked by mail from %(time)s on.", time=moment_words(plan.ask_at)))
    if plan.silence_at is not None:
        found.append(_coming(terms.silence, moment_words(plan.silence_at)))
    return " ".join(found)


def _coming(silence: str, time: str) -> str:
    return {
        "hold": _("If nobody answers before %(time)s, it goes on waiting and the agency is told.", time=time),
        "safe_variant": _(
            "If nobody answers before %(time)s, the safe wording goes out, where one stands beside it.", time=time
        ),
        "escalate": _("If nobody answers before %(time)s, others are asked.", time=time),
    }[silence]


def _fallen(clock: WaitClock) -> list[str]:
    assert clock.fell_at is not None
    time = moment_words(clock.fell_at)
    if clock.did == "safe_variant":
        return [_("Nobody answered before %(time)s, so the safe wording was let out.", time=time)]
    found = [_("Nobody answered before %(time)s.", time=time)]
    if clock.why is not None:
        found.append(_why(clock.why))
    if clock.did == "escalate":
        return [*found, _("Others were asked, too.")]
    return [*found, _("It goes on waiting: call them, or take it back.")]


def _why(kept: Mapping[str, Any]) -> str:
    said = Worded(str(kept["template"]), dict(kept["values"]))
    return said_again(str(said)) if not said.values else _(said)


def moment_words(at: datetime) -> str:
    """As the reader's clock shows it."""
    return clocks.moment(at, chosen_zone(), chosen_language()).words
