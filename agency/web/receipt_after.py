"""What came after an answer was published, as steps of its receipt: readings, how it stood, the customer's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies.afterwards import Afterwards
from agency.replies.live_models import LiveChange
from agency.replies.models import PublishAttempt
from agency.web import clocks
from agency.web.contexts import ChainStep
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import StateLook

Dated = tuple[datetime, int, ChainStep]


def live_looks() -> dict[str, StateLook]:
    """How an answer stands on its platform, by the reply's `live_state`."""
    return {
        look.code: look
        for look in (
            StateLook("visible", _("Still there"), "eye", "good"),
            StateLook("pending", _("Not visible yet"), "hourglass", "warn"),
            StateLook("hidden", _("Hidden by the platform"), "ban", "warn"),
            StateLook("edited", _("Other words stand there"), "pencil", "warn"),
            StateLook("rejected", _("Taken down by the platform"), "cross", "bad"),
            StateLook("removed", _("No longer there"), "cross", "bad"),
            StateLook("gone_along", _("Gone with what it answered"), "cross", "plain"),
            StateLook("replaced", _("Changed by us"), "pencil", "plain"),
            StateLook("withdrawn", _("Taken back"), "undo", "plain"),
            StateLook("not_seen", _("Never seen there"), "question", "warn"),
        )
    }


def steps_after(after: Afterwards) -> list[Dated]:
    """Each change that was seen, but ours, which have steps of their own; and that the customer wrote again."""
    steps = [_change(one) for one in after.changes if one.seen_by != "us"]
    if after.wrote_again_at is not None:
        answered = f"/replies/{after.answered_by}/receipt" if after.answered_by else _("not yet")
        step = ChainStep(
            what=_("The customer wrote again, and the case came back"),
            icon="reply",
            at=_at(after.wrote_again_at),
            facts=((_("Answered"), answered),),
        )
        steps.append((after.wrote_again_at, 8, step))
    return steps


def _change(one: LiveChange) -> Dated:
    looks = live_looks()
    seen_by = {
        "look": _("Seen by looking for it after sending"),
        "sweep": _("Seen by reading it again later"),
        "poll": _("Seen when the account was read"),
        "event": _("Told by the platform"),
    }
    facts = [] if one.from_state is None else [(_("Before"), looks[one.from_state].word)]
    if one.reason:
        facts.append((_("The platform's reason"), one.reason))
    if one.text_hash:
        facts.append((_("SHA-256 of the words there"), one.text_hash))
    look = looks[one.to_state]
    step = ChainStep(
        what=look.word,
        icon=look.icon,
        tone=look.tone,
        who=seen_by.get(one.seen_by, ""),
        at=_at(one.created_at),
        facts=tuple(facts),
    )
    return one.created_at, 7, step


def parted(attempts: Sequence[PublishAttempt]) -> tuple[list[PublishAttempt], list[PublishAttempt]]:
    """Attempts with a step each, and the readings after the first that found it there, which share one."""
    first = next((n for n, one in enumerate(attempts) if one.deed == "look" and one.outcome == "found"), None)
    if first is None:
        return list(attempts), []
    again = [one for one in attempts[first + 1 :] if one.deed == "look" and one.outcome == "found"]
    return [one for one in attempts if one not in again], again


def reading_step(again: Sequence[PublishAttempt], live_state: str) -> Dated:
    """That it was read again, with each time, and how it stood at the last."""
    at, look = again[-1].created_at, live_looks().get(live_state)
    count = len(again)
    step = ChainStep(
        what=ngettext("Read again %(num)s time", "Read again %(num)s times", count),
        icon="eye",
        tone=look.tone if look else "plain",
        who=_("Publisher"),
        at=_at(at),
        facts=(
            (_("Found"), look.word if look else live_state),
            (_("Times"), "; ".join(_at(one.created_at).exact for one in again)),
        ),
    )
    return at, 6, step


def read_back_step(at: datetime, live_state: str) -> Dated:
    """What the last reading found, of an answer that was read once."""
    look = live_looks().get(live_state)
    step = ChainStep(
        what=_("Read back"),
        icon="eye",
        tone=look.tone if look else "plain",
        at=_at(at),
        facts=((_("Found"), look.word if look else live_state),),
    )
    return at, 6, step


def _at(moment: datetime) -> clocks.Clock:
    return clocks.moment(moment, chosen_zone(), chosen_language())
