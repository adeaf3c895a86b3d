"""Every place and setting one may open, under headings: plain links, for who has more of them than a rail holds."""

from __future__ import annotations

from flask import Blueprint, Response, make_response
from flask_babel import gettext as _

from agency.web.contexts_more import MorePage, PlaceGroup
from agency.web.looks import Choice
from agency.web.palette import SETTINGS, setting_words
from agency.web.shell import PLACES, may_open, place_url, place_words, render_page
from agency.web.who import actor_of_request

more_page = Blueprint("more_page", __name__)

GROUPS: tuple[tuple[str, ...], ...] = (
    (
        "inbox.inbox",
        "owner.waiting",
        "promises_page.promises",
        "later_page.later",
        "handover_page.mine",
        "saved_replies_page.saved_replies",
    ),
    (
        "wall.wall",
        "incidents_page.incidents",
        "team_page.team",
        "handover_page.of_team",
        "quality.quality",
        "quality_results.trends",
        "quality_results.mine",
        "quiz.quizzes",
        "record_page.record",
    ),
    (
        "brands_page.brands",
        "accounts_page.accounts",
        "desk_rules_page.rules",
        "clocks_page.of_agency",
        "ranking_page.weights",
        "labels_page.labels",
        "views_page.views",
        "import_page.imports",
        "people.people",
        "billing_page.billing",
    ),
)
"""Endpoints of work, of what is watched, of what is set up; each in the order of a day."""


@more_page.get("/more")
def more() -> Response:
    """What there is, by what it is for; what stands in no group comes last."""
    actor, words = actor_of_request(), {**place_words(), **setting_words()}
    icons = {endpoint: icon for endpoint, icon, _key in PLACES} | dict(SETTINGS)
    grouped = {endpoint for group in GROUPS for endpoint in group}
    rest = tuple(endpoint for endpoint in icons if endpoint not in grouped)
    names = (_("Work"), _("Watch and learn"), _("Set up"), _("You and your keys"))
    groups = (
        PlaceGroup(
            name=name,
            places=tuple(Choice(words[one], place_url(one), value=icons[one]) for one in group if may_open(actor, one)),
        )
        for name, group in zip(names, (*GROUPS, rest), strict=True)
    )
    return make_response(render_page("more/page.html", MorePage(groups=tuple(one for one in groups if one.places))))
