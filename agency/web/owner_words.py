"""What a client reads after a decision: what was decided, what is safe, what happens next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from flask_babel import gettext as _

from agency.replies.queries import ReplyRow
from agency.web import clocks
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice, Tone
from agency.web.reply_looks import platform_word
from agency.web.sending_words import goes_out_words
from agency.web.stored_words import said_again
from tenants import clock
from tenants.permissions import Actor


def place_tabs(urls: Mapping[str, str], chosen: str, waiting: int | None = None) -> tuple[Choice, ...]:
    """The parts of the client's place, the same for both ways in: an address for each name, how many wait if known."""
    words = {"waiting": _("Waiting"), "decided": _("Decided"), "published": _("Published"), "promised": _("Promised")}
    return tuple(
        Choice(word, urls[name], selected=name == chosen, count=waiting if name == "waiting" else None)
        for name, word in words.items()
    )


class Decided(Protocol):
    """A decision, as far as these words need it."""

    @property
    def decision(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def at(self) -> datetime: ...
    @property
    def by(self) -> UUID | None: ...
    @property
    def by_name(self) -> str: ...


def decided_words(reply: ReplyRow, decisions: Sequence[Decided], actor: Actor) -> Notice:
    """Where a reply that no longer waits stands."""
    last = decisions[-1] if decisions else None
    what, safe, then = _words(reply, last, actor)
    return Notice(TONES.get(reply.state, "info"), what, safe, then)


def _words(reply: ReplyRow, last: Decided | None, actor: Actor) -> tuple[str, str, str]:
    who = _who(last, actor)
    if reply.state == "declined":
        said = _("Declined %(who)s.", who=who)
        return said, _("Nothing is published."), _reason(last)
    is_answered = last is not None and last.decision == "changes_asked" and last.reason == reply.state_reason
    if reply.state == "draft" and reply.state_reason and not is_answered:
        said = _("What you were asked about changed, so it waits for nobody's yes any more.")
        then = _("You are asked again when it is ready.")
        return said, _("Nothing is published."), f"{said_again(reply.state_reason)} {then}"
    if reply.state == "draft" and last is not None and last.decision == "changes_asked":
        said = _("Changes were asked for %(who)s.", who=who)
        then = _("The agency writes it anew and asks you again.")
        return said, _("Nothing is published."), f"{_reason(last)} {then}".strip()
    if reply.state == "draft":
        said = _("The agency took this reply back.")
        return said, _("Nothing is published."), _("You are asked again when it is ready.")
    if reply.acknowledges is not None and last is not None and last.decision == "by_policy":
        return (_("Said by itself that the customer was heard, as the signed policy says."), *after_yes(reply))
    if last is not None and last.decision == "by_policy":
        said = _("Nobody answered in time, so the safe wording was let out, as the signed policy says.")
        return (said, *after_yes(reply))
    said = (
        _("Approved %(who)s.", who=who)
        if last is None or last.decision != "released"
        else _("Released %(who)s.", who=who)
    )
    return (said, *after_yes(reply))


TONES: dict[str, Tone] = {
    "published": "good",
    "approved": "good",
    "publishing": "good",
    "refused": "bad",
    "outcome_unknown": "warn",
}
"""Of a notice about a reply that no longer waits, by its state."""


def after_yes(reply: ReplyRow) -> tuple[str, str]:
    """What became of a reply after the yes, and what one may do."""
    nothing = _("You need not do anything.")
    if reply.state == "published" and reply.published_at is not None:
        at = clocks.moment(reply.published_at, chosen_zone(), chosen_language()).words
        return _("Published once, %(time)s.", time=at), nothing
    if reply.state == "refused":
        safe = _("The platform did not take it, so nothing is published.")
        return safe, _("The agency sees why and takes care of it.")
    if reply.state == "outcome_unknown":
        safe = _("It was sent, but the platform did not confirm it.")
        return safe, _("We look whether it is there before anything is sent again.")
    if reply.state == "approved":
        return _on_its_way(reply)
    if reply.state == "publishing":
        return _("It is published once, within a minute or so."), nothing
    return _("Something changed since, so it was not published."), _("You are asked again when it is ready.")


def _on_its_way(reply: ReplyRow) -> tuple[str, str]:
    """Of a reply that has its yes: a time it waits for, what holds it back, or nothing of both."""
    place = platform_word(reply.platform)
    held = dict.fromkeys(
        ("no_allowance", "key_missing", "writes_paused", "rate_limited", "unreachable"),
        _("It is not published yet: at the moment %(place)s cannot be reached or takes nothing.", place=place),
    )
    held |= {
        "reconnect": _("It is not published yet: the connection to %(place)s has to be made anew.", place=place),
        "brand_paused": _("It is not published yet: sending for this brand is paused."),
        "in_turn": _(
            "It is not published yet: many go out on %(place)s now, and it takes so many a minute.", place=place
        ),
        "follows_another": _("It is not published yet: another reply to the same person goes first."),
    }
    if reply.trouble in held:
        return held[reply.trouble], _("Your yes is kept, and it goes out by itself as soon as it can.")
    nothing = _("You need not do anything.")
    if reply.not_before is not None and reply.not_before > clock.now():
        return goes_out_words(reply), nothing
    return _("It is published once, within a minute or so."), nothing


def _who(last: Decided | None, actor: Actor) -> str:
    """`22 Nov 2026, 09:14 by you`."""
    if last is None:
        return ""
    at = clocks.moment(last.at, chosen_zone(), chosen_language()).words
    if last.by == actor.user_id:
        return _("%(time)s by you", time=at)
    return _("%(time)s by %(name)s", time=at, name=last.by_name)


def _reason(last: Decided | None) -> str:
    if last is None or not last.reason:
        return ""
    return _("The reason given: %(words)s", words=last.reason)
