"""Google's hosts as prefixes of one port."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from agency.sandbox import google_accounts
from agency.sandbox.google import Reviews
from agency.sandbox.google_errors import GoogleError, TokenError
from agency.sandbox.wire import Answer, bearer, new_request_id, read_parameters, send
from agency.sandbox.world import World

JSON_TYPE = "application/json; charset=UTF-8"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def as_bytes(body: Any) -> bytes:
    """JSON as Google writes it: indented UTF-8. A lone surrogate has no UTF-8 and becomes a replacement character."""
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return (text + "\n").encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("google", __name__, url_prefix="/google")

    def asked(produce: Callable[[], dict[str, Any]]) -> Response:
        try:
            return send(Answer(200), as_bytes(produce()), JSON_TYPE)
        except GoogleError as error:
            return send(Answer(error.status), as_bytes(error.body()), JSON_TYPE)

    @doors.route("/mybusiness/v4/<path:path>", methods=METHODS)
    def reviews(path: str) -> Response:
        request_id = new_request_id()
        call = Reviews(
            world, request.method, path, request.args.to_dict(), request.get_json(silent=True, force=True), request_id
        )
        done = call.answer(bearer(request) or request.args.get("access_token"))
        payload = done.raw.encode() if done.raw is not None else as_bytes(done.body)
        response = send(done, payload, JSON_TYPE if done.raw is None else "text/html; charset=utf-8")
        response.headers["x-sandbox-request-id"] = request_id
        return response

    @doors.get("/accounts/v1/<path:path>")
    def accounts(path: str) -> Response:
        return asked(lambda: google_accounts.accounts(world, bearer(request), request.args.to_dict(), path))

    @doors.get("/business-information/v1/<path:path>")
    def locations(path: str) -> Response:
        return asked(lambda: google_accounts.locations(world, bearer(request), request.args.to_dict(), path))

    @doors.get("/verifications/v1/<path:path>")
    def verifications(path: str) -> Response:
        return asked(lambda: google_accounts.voice_of_merchant(world, bearer(request), path))

    @doors.route("/notifications/v1/<path:path>", methods=["GET", "PATCH"])
    def notifications(path: str) -> Response:
        body = request.get_json(silent=True)
        return asked(lambda: google_accounts.notification_setting(world, bearer(request), request.method, path, body))

    @doors.post("/token")
    @doors.post("/token/token")
    def token() -> tuple[Response, int]:
        try:
            return jsonify(google_accounts.issue(world, read_parameters(request))), 200
        except TokenError as error:
            return jsonify(error.body), error.status

    @doors.post("/revoke")
    @doors.post("/revoke/revoke")
    def revoke() -> tuple[Response, int]:
        try:
            google_accounts.revoke(world, read_parameters(request).get("token", ""))
        except TokenError as error:
            return jsonify(error.body), error.status
        return jsonify({}), 200

    @doors.get("/certs")
    def certs() -> Response:
        return jsonify({"keys": []})

    return doors
