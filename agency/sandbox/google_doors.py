"""Google's hosts as prefixes of one port."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from agency.sandbox import (
    google_accounts,
    google_grants,
    google_keys,
    google_locations,
    google_notifications,
    google_tokens,
)
from agency.sandbox.google_calls import V4Call
from agency.sandbox.google_errors import GoogleError, TokenError
from agency.sandbox.google_faults import BrokenGateway
from agency.sandbox.google_grants import Access
from agency.sandbox.google_login import token_form
from agency.sandbox.google_project import (
    ACCOUNTS_SERVICE,
    LOCATIONS_SERVICE,
    NOTIFICATIONS_SERVICE,
    VERIFICATIONS_SERVICE,
    spend,
)
from agency.sandbox.wire import HTML_502, Answer, bearer, new_request_id, send
from agency.sandbox.world import World

JSON_TYPE = "application/json; charset=UTF-8"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def as_bytes(body: Any) -> bytes:
    """UTF-8 that is not escaped, as Google writes it; a lone surrogate has none and becomes a replacement character.

    Google indents its JSON, we do not: indenting costs Python more than all the rest of an idle poll.
    """
    text = json.dumps(body, ensure_ascii=False) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("google", __name__, url_prefix="/google")

    def asked(service: str, produce: Callable[[Access], dict[str, Any]]) -> Response:
        """One call of a v1 API: who calls, what is left of the quota, and then the call itself."""
        try:
            access = google_grants.bearer(world, bearer(request), service)
            spend(world.store, world.google_quota, service)
            return send(Answer(200), as_bytes(produce(access)), JSON_TYPE)
        except GoogleError as error:
            return send(Answer(error.status), as_bytes(error.body()), JSON_TYPE)
        except BrokenGateway:
            return send(Answer(502), HTML_502.encode(), "text/html; charset=utf-8")

    def body() -> Any:
        return request.get_json(silent=True, force=True)

    @doors.route("/mybusiness/v4/<path:path>", methods=METHODS)
    def reviews(path: str) -> Response:
        request_id = new_request_id()
        call = V4Call(world, request.method, path, request.args.to_dict(), body(), request_id)
        done = call.answer(bearer(request) or request.args.get("access_token"))
        payload = done.raw.encode() if done.raw is not None else as_bytes(done.body)
        response = send(done, payload, JSON_TYPE if done.raw is None else "text/html; charset=utf-8")
        response.headers["x-sandbox-request-id"] = request_id
        return response

    @doors.get("/accounts/v1/<path:path>")
    def accounts(path: str) -> Response:
        params = request.args.to_dict()
        return asked(ACCOUNTS_SERVICE, lambda access: google_accounts.answer(world, access, params, path))

    @doors.route("/business-information/v1/<path:path>", methods=["GET", "PATCH"])
    def locations(path: str) -> Response:
        params, given, method = request.args.to_dict(), body(), request.method
        return asked(
            LOCATIONS_SERVICE, lambda access: google_locations.answer(world, access, method, params, path, given)
        )

    @doors.get("/verifications/v1/<path:path>")
    def verifications(path: str) -> Response:
        return asked(VERIFICATIONS_SERVICE, lambda access: google_locations.voice_of_merchant(world, access, path))

    @doors.route("/notifications/v1/<path:path>", methods=["GET", "PATCH"])
    def notifications(path: str) -> Response:
        params, given, method = request.args.to_dict(), body(), request.method
        return asked(
            NOTIFICATIONS_SERVICE,
            lambda access: google_notifications.answer(world, access, method, params, path, given),
        )

    @doors.post("/token")
    @doors.post("/token/token")
    def token() -> tuple[Response, int]:
        try:
            done = jsonify(google_tokens.issue(world, token_form(request))), 200
        except TokenError as error:
            done = jsonify(error.body), error.status
        done[0].headers["Cache-Control"] = "no-cache, no-store, max-age=0, must-revalidate"
        return done

    @doors.post("/revoke")
    @doors.post("/revoke/revoke")
    def revoke() -> tuple[Response, int]:
        try:
            google_tokens.revoke(world, request.form.get("token") or request.args.get("token", ""))
        except TokenError as error:
            return jsonify(error.body), error.status
        return Response(b"", content_type=JSON_TYPE), 200

    @doors.get("/certs")
    def certs() -> Response:
        response = jsonify(google_keys.key_set(world.store))
        response.headers["Cache-Control"] = (
            f"public, max-age={google_keys.CACHE_SECONDS}, must-revalidate, no-transform"
        )
        return response

    return doors
