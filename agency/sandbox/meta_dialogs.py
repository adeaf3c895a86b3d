"""Meta's permission dialogs: Facebook Login (scopes or a configuration) and Instagram Login."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from agency.sandbox import graph_login, graph_scopes, meta_app, people
from agency.sandbox.graph_json import as_text
from agency.sandbox.store import Account
from agency.sandbox.wire import read_parameters, send
from agency.sandbox.world import World

ANSWERS = frozenset({"accounts", "profiles", "scopes", "shown", "decision", "person", "everything"})
CANCELLED = {"error": "access_denied", "error_reason": "user_denied", "error_description": "Permissions error"}
# A configuration nobody set up asks for everything an inbox needs.
CONFIGURED = [name for name in graph_scopes.FACEBOOK if name not in ("email", "ads_management", "read_insights")]


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("meta_dialogs", __name__)

    @doors.get("/facebook-dialog/<version>/dialog/oauth")
    def facebook(version: str) -> ResponseReturnValue:
        asked = _asked()
        if (refused := _refusal(asked, world.keys.meta_app_id)) is not None:
            return refused
        configuration = _configuration(world, asked)
        if configuration is None:
            return _refused("The configuration is not known here.")
        scopes, is_system_user = configuration
        unknown = [scope for scope in scopes if scope not in graph_scopes.FACEBOOK]
        if unknown:
            return _refused(f"Invalid Scopes: {', '.join(unknown)}. This message is only shown to developers.")
        person = people.person_of(request.args.get("person", ""))
        known = people.everybody(world).get(f"meta:{person['id']}", {})
        # What was declined once is not asked again unless the application says so.
        again = asked.get("auth_type") == "rerequest"
        offered = [scope for scope in scopes if again or scope not in known.get("declined", [])]
        if (decision := request.args.get("decision")) is None:
            pages = world.store.accounts("facebook")
            profiles = [each for each in world.store.accounts("instagram") if each.facts.get("page_id")]
            return render_template(
                "meta_consent.html",
                label="Facebook",
                asked=asked,
                accounts=pages,
                profiles=profiles,
                scopes=offered,
                person=person["name"],
            )
        if decision != "allow":
            return _back(asked, CANCELLED, "#_=_")
        given = _ticked(offered)
        pages = _chosen(world.store.accounts("facebook"), "accounts")
        linked = [profile for page in pages for profile in world.store.linked_to(page.external_id)]
        if request.args.get("shown"):
            linked = _chosen(linked, "profiles")
        people.grant(world, person, offered, given)
        before = [one for one in known.get("granted", []) if one in scopes and one not in offered]
        granted = [*dict.fromkeys(["public_profile", *given, *before])]
        facts = {"login": True, "scopes": granted, "system_user": is_system_user}
        facts["everything"] = bool(request.args.get("everything"))
        opened = [each.id for each in (*pages, *linked)]
        code = graph_login.new_code(world, "meta", asked["redirect_uri"], opened, person["id"], facts)
        told = {"granted_scopes": ",".join(granted)} if asked.get("return_scopes") == "true" else {}
        return _back(asked, {"code": code, **told}, "#_=_")

    @doors.get("/instagram-dialog/oauth/authorize")
    def instagram() -> ResponseReturnValue:
        asked = _asked()
        if (refused := _refusal(asked, world.keys.instagram_app_id)) is not None:
            return refused
        scopes = _words(asked.get("scope", ""))
        if unknown := [scope for scope in scopes if scope not in graph_scopes.INSTAGRAM]:
            return _refused(f"Invalid scope: {unknown[0]}")
        profiles = world.store.accounts("instagram")
        if (decision := request.args.get("decision")) is None:
            return render_template(
                "meta_consent.html", label="Instagram", asked=asked, accounts=profiles, profiles=[], scopes=scopes
            )
        if decision != "allow":
            return _back(asked, CANCELLED, "#_")
        chosen = _chosen(profiles, "accounts")[:1]  # one signs in as one profile
        if not chosen:
            return _back(asked, CANCELLED, "#_")
        given = _ticked(scopes)
        person = {"id": chosen[0].external_id, "name": chosen[0].name}
        people.grant(world, person, scopes, given, app="instagram")
        facts = {"login": True, "scopes": given}
        opened = [each.id for each in chosen]
        code = graph_login.new_code(world, "instagram", asked["redirect_uri"], opened, person["id"], facts)
        return _back(asked, {"code": code}, "#_")

    @doors.post("/instagram-api/oauth/access_token")
    def instagram_code() -> Response:
        done = graph_login.instagram_code(world, read_parameters(request))
        return send(done, as_text(done.body).encode(), "application/json; charset=utf-8")

    return doors


def _asked() -> dict[str, str]:
    return {name: request.args[name] for name in request.args if name not in ANSWERS}


def _refusal(asked: dict[str, str], app_id: str) -> ResponseReturnValue | None:
    if asked.get("client_id") != app_id or asked.get("response_type", "code") != "code":
        return _refused("The application's id or its response type is not known here.")
    if urlsplit(asked.get("redirect_uri", "")).scheme not in ("http", "https"):
        return _refused("The address to go back to is missing or wrong.")
    return None


def _configuration(world: World, asked: dict[str, str]) -> tuple[list[str], bool] | None:
    """Scopes, and whether the token will be a system user's: of `config_id` where it is given, else of `scope`."""
    if "config_id" not in asked:
        return _words(asked.get("scope", "")), False
    known = meta_app.application(world.store)["login_configurations"]
    if not known:
        return CONFIGURED, False
    configuration = known.get(asked["config_id"])
    if configuration is None:
        return None
    return list(configuration["scopes"]), configuration.get("token") == "system_user"


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", text) if word]


def _ticked(offered: list[str]) -> list[str]:
    """Without ticks on show, as where a program answers the dialog, everything asked for is given."""
    ticked = request.args.getlist("scopes")
    if not request.args.get("shown") and not ticked:
        return offered
    return [scope for scope in offered if scope in ticked]


def _chosen(accounts: Iterable[Account], field: str) -> list[Account]:
    numbers = set(request.args.getlist(field))
    everything = bool(request.args.get("everything"))
    return [account for account in accounts if everything or str(account.id) in numbers]


def _back(asked: dict[str, str], answer: dict[str, str], fragment: str) -> ResponseReturnValue:
    redirect_uri = asked["redirect_uri"]
    query = urlencode({**answer, **({"state": asked["state"]} if "state" in asked else {})})
    return redirect(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}{fragment}", 302)


def _refused(reason: str) -> ResponseReturnValue:
    return Response(reason, status=400, content_type="text/plain; charset=utf-8")
