"""What one press did, in words."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from agency.inbox.bulk import Pressed
from agency.web.snoozing import when_words


def deed_words(done: Pressed) -> str:
    """27 cases resolved."""
    n, given = done.done_count, done.given
    if n == 0:
        return _("Nothing was changed.")
    if done.deed == "snooze":
        until = when_words(datetime.fromisoformat(given["until"]))
        if done.asked_count == 1:
            return _("Put off until %(until)s.", until=until)
        return ngettext(
            "%(num)s case put off until %(until)s.", "%(num)s cases put off until %(until)s.", n, until=until
        )
    if done.deed == "assign":
        return ngettext(
            "%(name)s has %(num)s case more now.", "%(name)s has %(num)s cases more now.", n, name=given.get("name", "")
        )
    if done.asked_count == 1 and done.deed in ("resolve", "spam", "reopen"):
        return {"resolve": _("Resolved."), "spam": _("Closed as spam."), "reopen": _("Open again.")}[done.deed]
    words = {
        "resolve": ngettext("%(num)s case resolved.", "%(num)s cases resolved.", n),
        "spam": ngettext("%(num)s case closed as spam.", "%(num)s cases closed as spam.", n),
        "reopen": ngettext("%(num)s case open again.", "%(num)s cases open again.", n),
        "release": ngettext("%(num)s case given back.", "%(num)s cases given back.", n),
        "label": ngettext("%(num)s case labelled.", "%(num)s cases labelled.", n),
        "unlabel": ngettext("A label taken off %(num)s case.", "A label taken off %(num)s cases.", n),
        "merge": _("Merged into one case."),
        "split": _("Set apart as a case of its own."),
    }
    return words[done.deed]


def left_words(done: Pressed) -> str:
    """3 of 30 not."""
    more = _("The view holds more than one press takes; press again for the next ones.") if done.more_left else ""
    if done.undone_at is not None or not done.refused_count:
        return more
    told = _("%(left)s of %(all)s not.", left=done.refused_count, all=done.asked_count)
    if done.refused_count == 1 and done.asked_count == 1:
        told = _(done.refused[0].reason) if done.refused else told
    return f"{told} {more}".strip()


def undone_words(done: Pressed) -> str:
    """Taken back: 26 of 27 cases are as they were."""
    if done.restored_count == done.done_count:
        return ngettext(
            "Taken back: %(num)s case is as it was.", "Taken back: %(num)s cases are as they were.", done.done_count
        )
    return _(
        "Taken back as far as nobody touched them: %(restored)s of %(all)s are as they were.",
        restored=done.restored_count,
        all=done.done_count,
    )
