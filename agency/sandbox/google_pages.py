"""The page of Google's side: the project, the moderation of answers, pushes, and the people who gave access."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agency.sandbox import google_grants, google_keys, google_login, google_project, google_push, google_replies, tokens
from agency.sandbox.content import NotThere
from agency.sandbox.google_errors import SERVICE_NAMES
from agency.sandbox.google_notifications import everything
from agency.sandbox.world import World

WAITING_SHOWN = 50
LOCATIONS_SHOWN = 200
# What Google's documents leave open, in the words of a person who tries both answers.
QUESTIONS = {
    "put_tells_state": "the answer to a written reply tells its state",
    "refuse_large_pages": "pages larger than allowed are refused, not shortened",
    "unverified_is_denied": "an unverified location is refused as forbidden",
    "edit_drops_reply": "an edited review loses its reply",
    "rejection_keeps_previous": "a rejected new text leaves the approved one in place",
    "batch_within_account": "one batch takes locations of one account only",
}
REASONS = (
    "GENERIC_VIOLATION",
    "REPETITIVE",
    "OFF_TOPIC",
    "ADVERTISING_AND_SOLICITATION",
    "PERSONAL_INFO",
    "OBSCENITY_AND_PROFANITY",
    "LOCATION_SUSPENDED",
    "MODERATION_ERROR",
)


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("google_pages", __name__, url_prefix="/google-side")

    def show(problem: str | None = None) -> ResponseReturnValue:
        answer = render_template(
            "google.html",
            project=google_project.project(world.store),
            services=SERVICE_NAMES,
            questions=QUESTIONS,
            moderation=google_replies.moderation(world),
            waiting=google_replies.waiting(world, WAITING_SHOWN),
            reasons=REASONS,
            subscription=google_push.subscription(world),
            push_fault=world.store.setting(google_push.FAULT),
            push_faults=google_push.FAULTS,
            settings=everything(world),
            people=[(one, google_grants.consented(world, one)) for one in google_grants.people(world)],
            login_errors=google_login.CALLBACK_ERRORS,
            accounts=world.store.accounts("google_business")[:LOCATIONS_SHOWN],
            causes=google_grants.CAUSES,
            problem=problem,
        )
        return answer, 400 if problem else 200

    @doors.get("")
    def side() -> ResponseReturnValue:
        return show()

    @doors.post("/<any(project, moderation, pushes, login, withdraw, tokens):what>")
    def act(what: str) -> ResponseReturnValue:
        try:
            DEEDS[what](world)
        except (ValueError, NotThere) as error:
            return show(str(error))
        return redirect(url_for("google_pages.side"), 303)

    return doors


def _project(world: World) -> None:
    form = request.form
    wish: dict[str, Any] = {name: bool(form.get(name)) for name in ("approved", *QUESTIONS)}
    wish["disabled_services"] = [name for name in SERVICE_NAMES if name not in form.getlist("services")]
    wish["publishing_status"] = "testing" if form.get("testing") else "production"
    quota = form.get("quota_per_minute", "")
    wish["quota_per_minute"] = int(quota) if quota.isdecimal() else None
    google_project.change(world.store, wish)


def _moderation(world: World) -> None:
    form = request.form
    if form.get("review"):
        review = world.store.item("google_business", form["review"])
        if review is None:
            raise NotThere("There is no such review.")
        google_replies.decide(world, review, form.get("state", ""), form.get("reason"))
        return
    hold = {"hold": True, "let_go": False}.get(form.get("action", ""))
    google_replies.move_moderation(world, move_seconds=form.get("move_seconds", 0.0, type=float), hold=hold)


def _pushes(world: World) -> None:
    form = request.form
    if form.get("action") == "rotate":
        google_keys.rotate(world.store, forget_old=bool(form.get("forget_old")))
    else:
        google_push.order_fault(world.store, form.get("fault") or None, form.get("times", type=int))


def _login(world: World) -> None:
    world.store.set_setting(google_login.NEXT_ERROR, request.form.get("error") or None)


def _withdraw(world: World) -> None:
    google_grants.withdraw(world, request.form.get("person", ""))


def _tokens(world: World) -> None:
    account = world.store.account_by_id(request.form.get("account", 0, type=int))
    if account is None:
        raise NotThere("There is no such location.")
    for token in tokens.of_account(world.store, account.id, "google_refresh"):
        google_grants.kill(world, token, request.form.get("cause", ""))


DEEDS = {
    "project": _project,
    "moderation": _moderation,
    "pushes": _pushes,
    "login": _login,
    "withdraw": _withdraw,
    "tokens": _tokens,
}
