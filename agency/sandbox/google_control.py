"""Google's half of the control door, below /sandbox/google: JSON in, JSON out, 400 or 404 with `{"error": "..."}`.

GET  /project             the Cloud project: approved, quotas, services, open questions
POST /project             change them, e.g. {"approved": false}, {"quota_per_minute": null},
                          {"disabled_services": ["mybusiness.googleapis.com"]}, {"publishing_status": "testing"}
GET  /quota               calls of this minute by service
POST /accounts            declare an account: {name, type, account_name, role, parent, people, ...}
GET  /people              who can sign in, with consents and living refresh tokens
POST /next-login          {"error": "admin_policy_enforced"}: how the next consent screen ends, once; null takes it back
POST /token-deaths        {"cause": "unused_6_months", and one of "token", "account", "person"}
POST /withdraw            {"person": "..."}: the person removes the access: all tokens and the consent are gone
GET  /moderation          its clock and what waits
POST /moderation          {"move_seconds": 3600, "hold": true|false}, or to decide at once
                          {"review": id, "state": "REJECTED", "reason": "OFF_TOPIC"}
GET  /subscription        the push subscription and the fault in force
POST /subscription        {endpoint, audience, topic, name, email, delivery_attempt, muted_topics}
GET  /notifications       every account's notification setting
POST /notifications       {"account": "accounts/1", pubsubTopic, notificationTypes}: another tool overwrites it
POST /pushes              {"location": "accounts/1/locations/2", "type": "GOOGLE_UPDATE", "review": id?}: push one now
POST /push-faults         {"fault": "wrong_audience", "times": 3}: what is wrong with the next pushes; null ends it
POST /keys                {"forget_old": false}: sign with a new key from now on

Everything about deliveries (drop, duplicate, shuffle, delay, storm, send now) is below /sandbox/deliveries, channel
"google"; faults of one location are standing orders at /sandbox/misbehaviour; the clock is at /sandbox/clock.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from agency.sandbox import (
    google_accounts,
    google_grants,
    google_keys,
    google_login,
    google_notifications,
    google_project,
    google_push,
    google_replies,
    tokens,
)
from agency.sandbox.content import NotThere
from agency.sandbox.google_errors import GoogleError
from agency.sandbox.store import Account
from agency.sandbox.world import World

WAITING_SHOWN = 200


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("google_control", __name__, url_prefix="/sandbox/google")

    @doors.errorhandler(ValueError)
    @doors.errorhandler(TypeError)
    @doors.errorhandler(NotThere)
    @doors.errorhandler(GoogleError)
    def refused(error: Exception) -> tuple[Response, int]:
        return jsonify({"error": str(error)}), 404 if isinstance(error, NotThere) else 400

    @doors.get("/project")
    def project() -> Response:
        return jsonify(asdict(google_project.project(world.store)))

    @doors.post("/project")
    def change_project() -> Response:
        return jsonify(asdict(google_project.change(world.store, _wish())))

    @doors.get("/quota")
    def quota() -> Response:
        return jsonify({"used": world.google_quota.used(world.now())})

    @doors.post("/accounts")
    def declare() -> tuple[Response, int]:
        return jsonify(google_accounts.declare(world, _wish())), 201

    @doors.get("/people")
    def people() -> Response:
        found = [
            {
                "person": person,
                "scopes": sorted(google_grants.consented(world, person)),
                "refresh_tokens": google_grants.of_person(world, person),
            }
            for person in google_grants.people(world)
        ]
        return jsonify({"people": found})

    @doors.post("/next-login")
    def next_login() -> Response:
        error = _wish("error").get("error")
        if error is not None and error not in google_login.CALLBACK_ERRORS:
            raise ValueError(f"error must be one of {', '.join(google_login.CALLBACK_ERRORS)}")
        world.store.set_setting(google_login.NEXT_ERROR, error)
        return jsonify({"error": error})

    @doors.post("/token-deaths")
    def token_deaths() -> Response:
        wish = _wish("cause", "token", "account", "person")
        chosen = _tokens(wish)
        for token in chosen:
            google_grants.kill(world, token, str(wish.get("cause")))
        return jsonify({"died": len(chosen)})

    def _tokens(wish: dict[str, Any]) -> list[str]:
        if wish.get("token"):
            return [str(wish["token"])]
        if wish.get("person"):
            return google_grants.of_person(world, str(wish["person"]))
        return tokens.of_account(world.store, _location(world, wish.get("account")).id, "google_refresh")

    @doors.post("/withdraw")
    def withdraw() -> Response:
        return jsonify({"died": google_grants.withdraw(world, str(_wish("person").get("person")))})

    @doors.get("/moderation")
    def moderation() -> Response:
        waiting = [
            {"account": account.external_id, "review": review.external_id, "text": review.facts["reply"]["text"]}
            for account, review in google_replies.waiting(world, WAITING_SHOWN)
        ]
        return jsonify({**google_replies.moderation(world), "waiting": waiting})

    @doors.post("/moderation")
    def moderate() -> Response:
        wish = _wish("move_seconds", "hold", "review", "state", "reason")
        if "review" in wish:
            review = world.store.item("google_business", str(wish["review"]))
            if review is None:
                raise NotThere(f"no review {wish['review']!r}")
            google_replies.decide(world, review, str(wish.get("state")), wish.get("reason"))
        hold = wish.get("hold")
        if hold not in (None, True, False):
            raise ValueError("hold must be true or false")
        moved = google_replies.move_moderation(world, move_seconds=float(wish.get("move_seconds") or 0), hold=hold)
        return jsonify(moved)

    @doors.get("/subscription")
    def subscription() -> Response:
        return jsonify(google_push.as_json(world))

    @doors.post("/subscription")
    def subscribe() -> Response:
        return jsonify(asdict(google_push.subscribe(world, _wish())))

    @doors.get("/notifications")
    def notifications() -> Response:
        return jsonify({"settings": google_notifications.everything(world)})

    @doors.post("/notifications")
    def overwrite() -> Response:
        wish = _wish("account", "pubsubTopic", "notificationTypes")
        return jsonify(google_notifications.overwrite(world, str(wish.get("account")), wish))

    @doors.post("/pushes")
    def push() -> Response:
        wish = _wish("location", "type", "review")
        account = _location(world, wish.get("location"))
        made = google_push.notify(world, account.external_id, str(wish.get("type")), wish.get("review"))
        return jsonify({"message_id": made})

    @doors.post("/push-faults")
    def push_faults() -> Response:
        wish = _wish("fault", "times")
        times = wish.get("times")
        google_push.order_fault(world.store, wish.get("fault"), None if times is None else int(times))
        return jsonify(google_push.as_json(world))

    @doors.post("/keys")
    def keys() -> Response:
        return jsonify(
            {"kids": google_keys.rotate(world.store, forget_old=bool(_wish("forget_old").get("forget_old")))}
        )

    return doors


def _wish(*known: str) -> dict[str, Any]:
    """The body; with names, only these may stand in it. Raises ValueError."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    if known and (unknown := set(body) - set(known)):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return body


def _location(world: World, name: Any) -> Account:
    account = world.store.account("google_business", str(name))
    if account is None:
        raise NotThere(f"no google_business account {name!r}")
    return account
