"""What the composer says of another reply to the same case: one that is on its way, or did not get through."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from agency.replies.queries import ReplyRow
from agency.replies.troubles import NOT_TAKEN
from agency.web.looks import Notice

BUSY = ("awaiting_approval", "approved", "publishing", "outcome_unknown")


def busy_notice(reply: ReplyRow) -> Notice:
    """Why nobody can write while this one is on its way, and what may be done with it."""
    twice = _("A customer never gets two answers to the same words.")
    if reply.state == "outcome_unknown":
        what, then = (
            _("Nobody knows yet whether a reply arrived."),
            _("Have us check now, or go on with another case: this page shows what we find."),
        )
    elif reply.state == "awaiting_approval":
        what, then = _("A reply waits for a yes."), _("Take it back to write another, or wait for the answer.")
    elif reply.state == "publishing":
        what, then = _("A reply is being sent at this moment."), _("Wait until it is there.")
    else:
        what, then = _("A reply is on its way."), _("Take it back, or wait until it is sent.")
    return Notice("info", what, twice, then, _("Show it"), f"#reply-{reply.id}")


def earlier_notice(replies: Sequence[ReplyRow], current: ReplyRow | None) -> Notice | None:
    """Beside a draft, or an empty field: that the reply before it did not get through, or that nobody knows. None
    where all is well with it.
    """
    others = [r for r in replies if r.deed != "withdraw" and (current is None or r.id != current.id)]
    before = next((r for r in reversed(others) if r.state not in ("draft", "dropped", "declined")), None)
    if before is None:
        return None
    link = _("Show it"), f"#reply-{before.id}"
    if before.state in ("publishing", "outcome_unknown"):
        return Notice(
            "warn",
            _("The reply before this one may stand there already."),
            _("What you write is kept."),
            _("It can be sent once that is known; nobody gets two answers to the same words."),
            *link,
        )
    if before.state == "refused" and (before.trouble is None or before.trouble in NOT_TAKEN):
        return Notice(
            "warn",
            _("The reply before this one was not sent."),
            _("It stands nowhere."),
            _("Look why first: the same may happen to these words."),
            *link,
        )
    same = current is not None and current.in_reply_to_id == before.in_reply_to_id
    if same and before.state in ("awaiting_approval", "approved"):
        return Notice(
            "info",
            _("Another reply to this case is on its way."),
            _("What you write is kept."),
            _("To the same words only one of them can be sent: take one back."),
            *link,
        )
    return None
