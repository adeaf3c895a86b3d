"""Words, icons and colours of states: one table per kind of thing, made once for each language.

The codes are those of the house plan's table of moves and of the contract's JSON.
"""

from __future__ import annotations

from flask_babel import gettext as _

from agency.web.language import per_language
from agency.web.looks import StateLook


@per_language
def reply_states() -> dict[str, StateLook]:
    """By the reply's state."""
    return _by_code(
        StateLook("draft", _("Draft"), "pencil", "plain"),
        StateLook("awaiting_approval", _("Waiting for client"), "hourglass", "warn"),
        StateLook("approved", _("Approved"), "check", "info"),
        StateLook("publishing", _("Sending"), "send", "info"),
        StateLook("published", _("Sent"), "check-double", "good"),
        StateLook("refused", _("Not sent"), "cross", "bad"),
        StateLook("declined", _("Declined"), "ban", "bad"),
        StateLook("outcome_unknown", _("Unknown — checking"), "question", "warn"),
        StateLook("dropped", _("Given up"), "undo", "plain"),
        # of the case alone: approved, and something holds it back
        StateLook("held_back", _("Not sent yet"), "hourglass", "warn"),
        # of a row of the queue alone (agency.inbox.signs)
        StateLook("timed", _("Goes out later"), "hourglass", "info"),
        StateLook("unanswered", _("Nobody answered"), "hourglass", "bad"),
    )


@per_language
def conversation_states() -> dict[str, StateLook]:
    """By the conversation's `status`; `claimed` is an open one that somebody holds, `kept` one that a rule of the desk
    keeps for somebody.
    """
    return _by_code(
        StateLook("open", _("New"), "dot", "info"),
        StateLook("claimed", _("In work"), "person", "info"),
        StateLook("kept", _("Kept for somebody"), "hourglass", "info"),
        StateLook("snoozed", _("Snoozed"), "moon", "plain"),
        StateLook("closed", _("Resolved"), "check", "good"),
    )


def unknown_state(code: str) -> StateLook:
    """For a code no table knows: the page still works and says what it was given."""
    return StateLook(code, code.replace("_", " ").capitalize(), "question", "plain")


def _by_code(*looks: StateLook) -> dict[str, StateLook]:
    return {look.code: look for look in looks}
