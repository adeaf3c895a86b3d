"""The composer's choice of when words go out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _

from agency.inbox.conversation_view import ConversationView
from agency.replies.reply_rows import ReplyRow
from agency.web.acknowledge_part import begins_with_it
from agency.web.looks import Choice
from agency.web.sending_words import both_times
from tenants import clock
from tenants.brand_hours import times_beside
from tenants.business_time import next_open

MORNING_HOUR = 9


def when_fields(view: ConversationView, reply: ReplyRow | None) -> dict[str, Any]:
    """`when`, `when_words`, `when_open`, `send_at`, `send_zone` and `only_heard` of the composer: as it was just typed,
    as this draft was to go out before, else as the brand has it.
    """
    now, zone = clock.now(), ZoneInfo(view.brand_time_zone)
    labels = {"now": _("At once"), "chosen": _("At a time you choose")}
    by_itself = "now"
    if view.brand_hours is not None:
        times, sends = times_beside(view.brand_hours), view.brand_hours[2]
        opens = next_open(times, now)
        if opens is not None:
            is_open = opens <= now
            in_hours = (
                _("In the brand's hours: now")
                if is_open
                else _("In the brand's hours: %(time)s", time=both_times(opens, times.hours.zone))
            )
            labels = {"now": labels["now"], "hours": in_hours, "chosen": labels["chosen"]}
            by_itself = "hours" if sends else "now"
    before = reply.not_before_because if reply is not None and reply.state == "draft" else None
    at = reply.not_before if reply is not None and before == "chosen" else None
    if before == "chosen" and (at is None or at <= now):
        before = at = None
    typed = request.form.get("when", "")
    chosen = next((one for one in (typed, before, by_itself) if one in labels), "now")
    morning = (now.astimezone(zone) + timedelta(days=1)).replace(hour=MORNING_HOUR, minute=0)
    send_at = request.form.get("send_at") or (at.astimezone(zone) if at is not None else morning).strftime(
        "%Y-%m-%dT%H:%M"
    )
    words = labels[chosen]
    if chosen == "chosen" and at is not None and not typed:
        words = _("Goes out %(time)s.", time=both_times(at, view.brand_time_zone))
    return {
        "when": tuple(Choice(label, "", value=how, selected=how == chosen) for how, label in labels.items()),
        "only_heard": request.form.get("only_heard") == "1"
        if request.form
        else begins_with_it()
        if reply is None
        else reply.state == "draft" and reply.only_heard,
        "when_words": words,
        "when_open": typed == "chosen",
        "send_at": send_at,
        "send_zone": view.brand_time_zone,
    }
