"""The door for programs: every subject below `/api/v1`, and the platforms' webhooks."""

from __future__ import annotations

from types import ModuleType

from flask import Blueprint, Flask

from agency.api import (
    accounts,
    acknowledgement_texts,
    brands,
    check,
    client_sheets,
    clock_rules,
    comebacks,
    contacts,
    conversations,
    desk_rules,
    document,
    earlier_answers,
    empowerment,
    error_shape,
    facts,
    figures,
    guidelines,
    incidents,
    labels,
    loops,
    notices,
    policies,
    presses,
    quality,
    quizzes,
    ranking,
    record,
    replies,
    saved_replies,
    saved_views,
    sending,
    style_guides,
    team,
    topics,
    wall,
    webhooks,
)
from agency.api.route_policy import API_ROUTE_POLICY

SUBJECTS: tuple[ModuleType, ...] = (
    brands,
    accounts,
    conversations,
    contacts,
    presses,
    labels,
    topics,
    desk_rules,
    incidents,
    record,
    notices,
    saved_views,
    earlier_answers,
    replies,
    sending,
    style_guides,
    policies,
    guidelines,
    saved_replies,
    client_sheets,
    facts,
    quizzes,
    ranking,
    clock_rules,
    acknowledgement_texts,
    quality,
    empowerment,
    figures,
    wall,
    loops,
    comebacks,
    team,
    check,
    document,
)
API_ANSWER = "onbrand_api_error"
"""Key in `app.extensions`: how the other door answers errors of paths that are ours but of no route."""


def register(app: Flask) -> None:
    """Give the app its API and webhooks. No cookie is read and no form token is asked for on their paths."""
    app.extensions[API_ANSWER] = error_shape.answer
    csrf = app.extensions.get("csrf")
    collector = document.prepare(app)
    ours: list[Blueprint] = [subject.blueprint for subject in SUBJECTS]
    for blueprint in ours:
        collector.register_blueprint(blueprint)
    app.register_blueprint(webhooks.blueprint)
    if csrf is not None:
        for blueprint in (*ours, webhooks.blueprint):
            csrf.exempt(blueprint)
    document.finish(app, collector)
    _check_policy(app, {blueprint.name for blueprint in (*ours, webhooks.blueprint)})


def _check_policy(app: Flask, names: set[str]) -> None:
    """Raise RuntimeError when a route has no line in the policy table, or a line has no route."""
    served = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] in names}
    if served != set(API_ROUTE_POLICY):
        different = ", ".join(sorted(served ^ set(API_ROUTE_POLICY)))
        raise RuntimeError(f"agency/api/route_policy.py and the routes disagree about: {different}")
