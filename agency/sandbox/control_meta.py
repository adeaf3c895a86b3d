"""The control door's commands for Meta: the two applications, subscriptions, people, tokens."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from agency.sandbox import meta_app, people, tokens
from agency.sandbox.content import NotThere
from agency.sandbox.meta_webhooks import Webhooks, fields_of
from agency.sandbox.store import Account
from agency.sandbox.world import World


def add_commands(doors: Blueprint, world: World) -> None:
    """Below the control door's prefix; its error handler answers ValueError with 400, NotThere with 404."""

    @doors.get("/application")
    def application() -> Response:
        return jsonify(meta_app.application(world.store))

    @doors.post("/application")
    def change_application() -> Response:
        return jsonify(meta_app.change(world.store, _wish()))

    @doors.post("/application/connect")
    def connect() -> Response:
        wish = _wish()
        url, token = str(wish.get("product_url") or ""), str(wish.get("verify_token") or "")
        return jsonify(meta_app.connect(world, url, token, verify=bool(wish.get("verify", True))))

    @doors.get("/subscriptions")
    def subscriptions() -> Response:
        accounts = [*world.store.accounts("facebook"), *world.store.accounts("instagram")]
        told = [
            {"platform": one.platform, "account": one.external_id, "fields": fields_of(one)}
            for one in accounts
            if fields_of(one)
        ]
        return jsonify({"subscriptions": told})

    @doors.post("/subscriptions/forget")
    def forget_subscription() -> Response:
        account = _account(world, _wish())
        world.store.save_account(account.platform, account.external_id, None, {"subscribed_apps": []})
        return jsonify({})

    @doors.get("/people")
    def everybody() -> Response:
        return jsonify({"people": list(people.everybody(world).values())})

    @doors.post("/people/remove")
    def remove() -> Response:
        wish = _wish()
        app = str(wish.get("app") or "meta")
        if app not in meta_app.APPS:
            raise ValueError(f"app must be one of {', '.join(meta_app.APPS)}")
        person_id = str(wish.get("id") or people.FIRST_PERSON["id"])
        delete_data = bool(wish.get("delete_data"))
        return jsonify(people.remove_app(world, Webhooks.of(world), app, person_id, delete_data=delete_data))

    @doors.post("/people/revoke")
    def revoke() -> Response:
        wish = _wish()
        person_id = str(wish.get("id") or people.FIRST_PERSON["id"])
        people.revoke_scope(world, Webhooks.of(world), person_id, str(wish.get("scope") or ""))
        return jsonify(people.everybody(world)[f"meta:{person_id}"])

    @doors.post("/tokens/kill")
    def kill() -> Response:
        """For good, unlike the order `revoke_token`: only a new token helps."""
        wish = _wish()
        account = _account(world, wish)
        return jsonify({"killed": tokens.kill_account(world.store, account.id, int(wish.get("subcode", 460)))})

    @doors.post("/tokens/scopes")
    def scopes() -> Response:
        """Every living token of the account has these permissions from now on; null: all."""
        wish = _wish()
        account = _account(world, wish)
        granted = wish.get("scopes")
        if granted is not None and not isinstance(granted, list):
            raise ValueError("scopes must be a list or null")
        changed = tokens.set_scopes(world.store, account.id, granted)
        return jsonify({"changed": changed})


def _wish() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _account(world: World, wish: dict[str, Any]) -> Account:
    external_id = str(wish.get("account") or "")
    for platform in (wish.get("platform"),) if wish.get("platform") else ("facebook", "instagram"):
        if (account := world.store.account(str(platform), external_id)) is not None:
            return account
    raise NotThere(f"no account {external_id!r}")
