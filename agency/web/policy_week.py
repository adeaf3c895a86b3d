"""Last week by a policy that is being prepared, as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies import policy_versions as room
from agency.replies.heard_replay import heard_last_week
from agency.replies.policy_replay import MOST_REPLIES, PolicyWeek, WouldWait, last_week_by
from agency.replies.policy_terms import Terms, terms_from_data
from agency.web import clocks
from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_policy import PolicyWeekPage, WouldWaitRow
from agency.web.language import chosen_language, chosen_zone
from agency.web.policy_words import rule_words
from agency.web.shell import render_page, shell
from agency.web.who import actor_of_request
from styleguides.masking import masked
from tenants.permissions import Permission

EXCERPT_CHARACTERS = 160

policy_week = Blueprint("policy_week", __name__)


@policy_week.get("/brands/<brand_id>/approval/<int:number>/week")
def week(brand_id: str, number: int) -> str:
    """What this version would have let wait of the replies of the last seven days. Changes nothing."""
    brand = brand_at(brand_id, Permission.REPLY_READ)
    version = room.get_version(actor_of_request(), brand.id, number)
    found = last_week_by(brand.id, terms_from_data(version.terms))
    page = PolicyWeekPage(
        brand=look_of(brand),
        title=_("Version %(n)s", n=version.number),
        back_url=url_for("policy_page.policy", brand_id=brand.id),
        summary=_("%(n)s of %(all)s would have waited", n=found.waited_count, all=found.replies),
        basis=_basis(found),
        usual=_usual(found),
        came=_came(version.terms, found),
        heard=_heard(brand.id, terms_from_data(version.terms)),
        rules=tuple((rule_words().get(name, name), str(count)) for name, count in found.by_rule),
        waited=tuple(map(_row, found.waited)),
        more=_more(found.waited_count - len(found.waited)),
    )
    return render_page("policies/week.html", page, shell=shell(with_brands=False))


def _basis(found: PolicyWeek) -> str:
    words = _(
        "The replies of the last seven days that were sent or handed in, as they are now. One that several rules name "
        "counts for each of them."
    )
    most = _("Only the newest %(n)s are looked at.", n=MOST_REPLIES)
    return f"{words} {most}" if found.is_cut else words


def _came(terms: Mapping[str, Any], found: PolicyWeek) -> str:
    """What reminders and silence would have done; empty where the terms know neither."""
    if not terms.get("remind_after") and not terms.get("silence_after"):
        return ""
    words = _(
        "%(reminded)s would have been reminded of, and for %(silent)s silence would have counted.",
        reminded=found.reminded,
        silent=found.silent,
    )
    if not found.untold:
        return words
    return f"{words} " + _("For %(n)s nobody can tell: no yes has been given here yet.", n=found.untold)


def _heard(brand_id: UUID, terms: Terms) -> str:
    if not terms.acknowledge:
        return ""
    found = heard_last_week(brand_id, terms.acknowledge)
    words = ngettext(
        "It would have acknowledged %(num)s thread by itself, ",
        "It would have acknowledged %(num)s threads by itself, ",
        found.threads,
    )
    return (
        words.strip()
        + " "
        + ngettext(
            "%(num)s of them outside the brand's hours.", "%(num)s of them outside the brand's hours.", found.closed
        )
    )


def _usual(found: PolicyWeek) -> str:
    if found.median_seconds is None:
        return ""
    return _(
        "Half of this brand's last yeses came within %(time)s.",
        time=clocks.span_words(found.median_seconds, chosen_language()),
    )


def _more(hidden: int) -> str:
    return ngettext("%(num)s more is not listed.", "%(num)s more are not listed.", hidden) if hidden else ""


def _row(one: WouldWait) -> WouldWaitRow:
    line = masked(" ".join(one.text[: EXCERPT_CHARACTERS * 4].split()))
    return WouldWaitRow(
        url=url_for("owner.reply", reply_id=one.id),
        author=one.author_name or _("Somebody"),
        words=line if len(line) <= EXCERPT_CHARACTERS else line[: EXCERPT_CHARACTERS - 1] + "…",
        at=clocks.moment(one.left_at, chosen_zone(), chosen_language()).words,
        because="; ".join(_(because.words) for because in one.because),
    )
