"""How far the texts of an incident are, in words, and what may be pressed."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from agency.inbox.incidents.models import FOLLOW_UP, HOLDING, Incident, IncidentText
from agency.replies import incident_texts
from agency.replies.incident_progress import Progress, progress_of
from agency.web.contexts_incidents import TextProgress
from agency.web.looks import Notice
from agency.web.state_looks import reply_states
from agency.web.stored_words import said_again


def texts_of(found: Incident, *, may: bool) -> dict[str, Any]:
    """The fields of the incident's page about its texts; two statements for each that goes or went."""
    progress = []
    for purpose, title in ((HOLDING, _("Holding text")), (FOLLOW_UP, _("Follow-up"))):
        texts = incident_texts.texts_of(found.id, purpose)
        if texts:
            progress.append(_look(title, progress_of(found.id, purpose), texts))
    is_open, goes = found.state == "open", found.state != "closed"
    return {
        "progress": tuple(progress),
        "trouble": Notice("warn", said_again(found.trouble)) if found.trouble and goes else None,
        "holds": found.holds,
        "holding_url": url_for("incident_texts_page.holding", incident_id=found.id) if may and is_open else "",
        "stop_url": url_for("incident_texts_page.stop", incident_id=found.id)
        if may and is_open and found.holds
        else "",
        "follow_up_url": url_for("incident_texts_page.follow_up", incident_id=found.id) if may and goes else "",
        "go_on_url": url_for("incident_texts_page.go_on", incident_id=found.id)
        if may and goes and found.trouble
        else "",
    }


def _look(title: str, found: Progress, texts: list[Any]) -> TextProgress:
    states = {
        "ready": _("Ready"),
        "asked": _("The client is asked"),
        "agreed": _("The client said yes for all"),
        "refused": _("The client said no; word it anew"),
        "named": _("The client put other words around a name; word it anew"),
    }
    return TextProgress(
        title=title,
        words=_(
            "Sent %(sent)s, on their way %(waits)s, to go %(due)s, not possible %(cannot)s.",
            sent=found.sent,
            waits=found.waits,
            due=found.due,
            cannot=found.cannot,
        ),
        why=tuple(f"{count}: {_why(reason)}" for reason, count in sorted(found.why.items())),
        texts=tuple((f"{states[_standing(one)]} ({one.language})", one.text) for one in texts),
    )


def _standing(one: IncidentText) -> str:
    """As it is kept; what the client said yes to in words that only fit one person has a word of its own."""
    return "named" if one.state == "refused" and one.approval_id is not None else one.state


def _why(reason: str) -> str:
    words = {
        "colleague": _("a colleague is at it"),
        "answered": _("a colleague has answered"),
        "left": _("their case is no more in it"),
        "same_person": _("the same person by another name, who gets it there"),
        "one_answer": _("a review has one answer; it is kept for the end"),
        "window_closed": _("the platform takes no message any more"),
        "style_stop": _("the style guide stops these words there"),
        "nothing_to_answer": _("what they wrote was deleted"),
        "message_deleted": _("what they wrote was deleted"),
    }
    if reason.startswith("reply_"):
        state = reply_states().get(reason.removeprefix("reply_"))
        return _("the reply is: %(state)s", state=state.word if state else reason)
    return words.get(reason, _("it could not be sent there; look at the case"))
