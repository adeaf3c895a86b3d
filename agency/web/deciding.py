"""What the client's form says, carried out or given back, behind a sign-in and behind a mailed link alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import request
from flask_babel import gettext as _

from agency.replies import desk
from agency.replies.queries import ReplyRow
from agency.replies.words import hash_of
from agency.web.looks import Notice
from agency.web.owner_reply import Typed, checked_words
from tenants.errors import AppError, Conflict, Invalid
from tenants.permissions import Actor


class Posted(NamedTuple):
    """What a client's form says: the button, the hash of the words it is about, the field of own words, the reason; and
    the form as it comes back.
    """

    deed: str
    shown_hash: str
    text: str
    reason: str
    is_edited: bool
    kept: Typed


def posted() -> Posted:
    """Of several wordings the chosen one is what a yes or no is about; own words are about the one they began from."""
    form = request.form
    deed, chosen, began = form.get("do", ""), form.get("text_hash", ""), form.get("from_hash", "")
    reason, text = form.get("reason", ""), form.get("text", "").replace("\r\n", "\n")
    is_edited = "text" in form and hash_of(text) != (began or chosen) and text.strip() != ""
    if deed == "begin_change":
        began, is_edited = chosen, False
    shown_hash = began or chosen if deed in ("change_and_approve", "check") else chosen
    kept = Typed(changed=text if is_edited else "", reason=reason, shown_hash=shown_hash, from_hash=began)
    return Posted(deed, shown_hash, text, reason, is_edited, kept)


def carry_out(
    actor: Actor,
    reply_id: UUID,
    deed: str,
    shown_hash: str,
    text: str,
    reason: str,
    *,
    asked_at: datetime | None = None,
) -> None:
    """Do what the button said, with `asked_at` about exactly that asking. Raises what the desk raises, Invalid."""
    if deed == "approve":
        desk.approve(actor, reply_id, shown_hash, asked_at=asked_at)
    elif deed == "change_and_approve":
        desk.change_and_approve(actor, reply_id, text, shown_hash, asked_at=asked_at)
    elif deed == "ask_for_changes":
        desk.say_no(actor, reply_id, "ask_for_changes", reason, shown_hash, asked_at=asked_at)
    elif deed == "decline":
        desk.say_no(actor, reply_id, "decline", reason, shown_hash, asked_at=asked_at)
    else:
        raise Invalid("This is not one of the buttons. Nothing was decided. Press one of those below.")


def is_glance(deed: str) -> bool:
    """Whether only the part that follows the typing is asked for."""
    return deed == "check" and request.headers.get("HX-Request") == "true"


def looked_at(reply: ReplyRow, kept: Typed, *, asked: bool) -> Typed:
    """The form again with the difference and what the style guide says, before anything is decided."""
    changed = kept.changed
    if not changed:
        words = Notice("info", _("You have not changed a word yet."), _("Nothing was published."))
        return replace(kept, notice=words)
    notice = None
    if not asked:
        notice = Notice(
            "warn",
            _("You changed the words, so they were not approved as they stood."),
            _("Nothing was published."),
            _("Look at your change below and press Change words and approve."),
        )
    return replace(kept, notice=notice, check=checked_words(reply, changed))


def refused(reply: ReplyRow, kept: Typed, error: AppError) -> Typed:
    """The form again with why it was not taken."""
    errors = {field: _(sentences[0]) for field, sentences in error.fields.get("errors", {}).items()}
    if "reason" in errors:
        errors["reason"] = _("Say in a few words what should be different, or why not.")
    if error.code == "style_stop":
        stops = [finding["message"] for finding in error.fields["findings"] if finding["level"] == "stop"]
        notice = Notice(
            "bad",
            _("Your style guide stops these words."),
            _("Nothing was published; what you typed is below."),
            _("Change what is marked and try again."),
        )
        errors["text"] = " ".join(stops) if kept.changed else ""
        return replace(kept, notice=notice, errors=errors, check=checked_words(reply, kept.changed))
    notice = Notice("warn" if isinstance(error, Conflict) else "bad", _(error.message))
    return replace(kept, notice=notice, errors=errors)
