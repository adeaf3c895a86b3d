"""The permission dialogs of the three platforms: a page that asks which accounts the application may manage."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from agency.sandbox import google_accounts, graph_login
from agency.sandbox.customers import LABELS
from agency.sandbox.graph import as_text
from agency.sandbox.wire import read_parameters, send
from agency.sandbox.world import World


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("dialogs", __name__)

    def dialog(platform: str, client_id: str) -> ResponseReturnValue:
        asked = {name: request.args[name] for name in request.args if name not in ("accounts", "decision")}
        redirect_uri = asked.get("redirect_uri", "")
        if asked.get("client_id") != client_id or asked.get("response_type", "code") != "code":
            return _refused("The application's id or its response type is not known here.")
        if urlsplit(redirect_uri).scheme not in ("http", "https"):
            return _refused("The address to go back to is missing or wrong.")
        decision = request.args.get("decision")
        if decision is None:
            offered = world.store.accounts(platform)
            return render_template("consent.html", accounts=offered, label=LABELS[platform], asked=asked)
        if decision != "allow":
            return _back(redirect_uri, _cancelled(platform), asked.get("state"))
        chosen = [int(number) for number in request.args.getlist("accounts") if number.isdecimal()]
        known = {account.id for account in world.store.accounts(platform)}
        return _back(
            redirect_uri, {"code": _code(platform, asked, [n for n in chosen if n in known])}, asked.get("state")
        )

    def _code(platform: str, asked: dict[str, str], chosen: list[int]) -> str:
        redirect_uri = asked["redirect_uri"]
        if platform == "google_business":
            return google_accounts.new_code(world, redirect_uri, asked.get("code_challenge", ""), chosen)
        if platform == "facebook":
            pages = {each.external_id for each in world.store.accounts("facebook") if each.id in chosen}
            linked = [each.id for each in world.store.accounts("instagram") if each.facts.get("page_id") in pages]
            return graph_login.new_code(world, "meta", redirect_uri, [*chosen, *linked])
        return graph_login.new_code(world, "instagram", redirect_uri, chosen)

    @doors.get("/facebook-dialog/<version>/dialog/oauth")
    def facebook(version: str) -> ResponseReturnValue:
        return dialog("facebook", world.keys.meta_app_id)

    @doors.get("/instagram-dialog/oauth/authorize")
    def instagram() -> ResponseReturnValue:
        return dialog("instagram", world.keys.instagram_app_id)

    @doors.get("/google/auth")
    @doors.get("/google/auth/o/oauth2/v2/auth")
    def google() -> ResponseReturnValue:
        return dialog("google_business", world.keys.google_client_id)

    @doors.post("/instagram-api/oauth/access_token")
    def instagram_code() -> Response:
        done = graph_login.instagram_code(world, read_parameters(request))
        return send(done, as_text(done.body).encode(), "application/json; charset=utf-8")

    return doors


def _cancelled(platform: str) -> dict[str, str]:
    if platform == "google_business":
        return {"error": "access_denied"}
    return {"error": "access_denied", "error_reason": "user_denied", "error_description": "Permissions error"}


def _back(redirect_uri: str, answer: dict[str, str], state: str | None) -> ResponseReturnValue:
    query = urlencode({**answer, **({"state": state} if state is not None else {})})
    return redirect(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}", 302)


def _refused(reason: str) -> ResponseReturnValue:
    return Response(reason, status=400, content_type="text/plain; charset=utf-8")
