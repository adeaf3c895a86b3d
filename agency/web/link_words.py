"""Why a mailed link decides nothing any more, in the words of whoever it was mailed to."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from agency.replies.approval_requests import Closed
from agency.replies.models import ApprovalRequest
from agency.replies.queries import ReplyRow
from agency.web import clocks
from agency.web.language import chosen_language, chosen_zone, time_of_day
from agency.web.looks import Notice
from agency.web.owner_words import TONES, after_yes
from agency.web.stored_words import said_again
from tenants import clock

SAID_YES = ("approve", "change_and_approve")
SAID_YES_FIRST = ("approve_step", "change_step")
"""A yes that somebody else's must follow, by the brand's approval policy."""


def ended_words(
    request: ApprovalRequest,
    closed: Closed,
    reply: ReplyRow,
    brand_name: str,
    *,
    just_now: bool,
    mailed: bool,
    may_ask: bool,
    stands: bool,
    decides: bool,
    given: str,
) -> Notice:
    """What happened, what is safe, what comes next. `just_now`: by the very button that was pressed a moment ago.

    `mailed`: a newer link, just now. `stands`: the words that were approved are still those of the reply. `decides`:
    whoever the link was mailed to still does for the brand. `given` is the reason of whoever said no.
    """
    if closed.because == "approver_left":
        what = _("You no longer decide on replies of %(brand)s.", brand=brand_name)
        return Notice("info", what, _("Nothing was changed."), _("The agency can tell you who does."))
    if closed.because in SAID_YES and not decides:
        safe = _(
            "You no longer decide on replies of %(brand)s, so what became of it is not shown here.", brand=brand_name
        )
        return Notice("info", _decided(request, just_now), safe, _("The agency can tell you."))
    if closed.because in SAID_YES and stands:
        return Notice(TONES.get(reply.state, "warn"), _decided(request, just_now), *after_yes(reply))
    if closed.because in SAID_YES:
        safe = _("Something changed since, so it was not published.")
        return Notice("warn", _decided(request, just_now), safe, _next(reply, mailed, may_ask))
    nothing = _("Nothing is published.")
    if closed.because in SAID_YES_FIRST:
        return Notice("info", _decided(request, just_now), nothing, _("Somebody else is asked next."))
    if closed.because == "decline":
        return Notice("info", _decided(request, just_now), nothing, _given(given))
    if closed.because == "ask_for_changes":
        then = _("The agency writes it anew and asks you again.")
        return Notice("info", _decided(request, just_now), nothing, f"{_given(given)} {then}".strip())
    safe = _("This link decides nothing any more.")
    return Notice("info", _what(request, closed), safe, _next(reply, mailed, may_ask))


def _next(reply: ReplyRow, mailed: bool, may_ask: bool) -> str:
    if mailed:
        return _("A newer link was mailed to you.")
    if may_ask:
        return _("A reply waits for your decision: its own link can be mailed to the address this one went to.")
    if reply.state in ("draft", "awaiting_approval"):
        return _("You are asked again when it is ready.")
    return _("You need not do anything.")


def _what(request: ApprovalRequest, closed: Closed) -> str:
    if closed.because == "withdraw":
        return _("The agency took this reply back.")
    if closed.because == "lapse":
        what = _("Something this reply depends on changed after the mail was sent.")
        return f"{what} {said_again(closed.words)}" if closed.words else what
    if closed.because == "approve_by_policy":
        return _("Nobody answered in time, so the safe wording was published, as the signed policy says.")
    if closed.because == "pass_step":
        return _("Nobody answered in time, so the next people were asked, as the signed policy says.")
    if closed.because == "asked_anew":
        return _("A newer link was mailed to you.")
    if closed.because == "expired":
        until = clocks.moment(request.expires_at, chosen_zone(), chosen_language()).words
        return _("This link was good for three days, until %(time)s.", time=until)
    return _("The agency changed these words after the mail was sent.")


def _decided(request: ApprovalRequest, just_now: bool) -> str:
    who = _who(request)
    if request.ended_because == "decline":
        return _("Declined %(who)s.", who=who) if just_now else _("Already declined %(who)s.", who=who)
    if request.ended_because == "ask_for_changes":
        said = _("Changes were asked for %(who)s.", who=who)
        return said if just_now else _("Changes were already asked for %(who)s.", who=who)
    return _("Approved %(who)s.", who=who) if just_now else _("Already approved %(who)s.", who=who)


def _who(request: ApprovalRequest) -> str:
    """`at 09:14 by you`, with the day where it is another."""
    assert request.ended_at is not None
    at = _moment(request.ended_at)
    if request.ended_by == request.approver_id:
        return _("%(time)s by you", time=at)
    return _("%(time)s by %(name)s", time=at, name=request.ended_by_name or "")


def _moment(at: datetime) -> str:
    zone = chosen_zone()
    if at.astimezone(zone).date() == clock.now().astimezone(zone).date():
        return _("at %(time)s", time=time_of_day(at))
    return clocks.moment(at, zone, chosen_language()).words


def _given(reason: str) -> str:
    return _("The reason given: %(words)s", words=reason) if reason else ""
