"""The API's own description at `/api/v1/openapi.json` (OpenAPI 3.1): made from routes, schemas and the policy table."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import flask_smorest
from flask import Flask, Response, current_app

from agency.api import examples
from agency.api.blueprint import PREFIX, ApiBlueprint
from agency.api.error_shape import MEDIA_TYPE, WORDS
from agency.api.idempotency import LONGEST_KEY, REPLAYED_HEADER
from agency.api.route_policy import API_ROUTE_POLICY, PUBLIC, Policy
from agency.api.schemas.problem import Problem
from agency.replies.lifecycle import LIFECYCLE
from tenants.permissions import ROLE_PERMISSIONS, Permission

OPENAPI_VERSION = "3.1.0"
API_VERSION = "1"
DESCRIPTION = """\
Everything the pages can do, for programs. Send `Authorization: Bearer TOKEN`; a token acts as its person and never \
wider. Ids are opaque strings: one that nobody has, one of another agency and one that cannot be an id are answered \
alike. Times are RFC 3339 in UTC. Lists take `limit` (to 100) and `cursor` and answer `{items, next_cursor}`.

Every `POST` takes an `Idempotency-Key`: the same key and body give the first answer again for 24 hours, the same key \
with another body gives 422, and 409 while the first is still running. Errors are `application/problem+json` with a \
stable `code`.

A reply moves only by this table:

"""
_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body give the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}

blueprint = ApiBlueprint("document", __name__, description="This description.")


class DescribedApi(flask_smorest.Api):
    """flask-smorest's collector of documents. The app's errors are none of its business."""

    def _register_error_handlers(self) -> None:
        """Every blueprint answers its own."""


@blueprint.get("/openapi.json")
@blueprint.response(200, {"type": "object"}, description="This description")
def openapi() -> Response:
    """This document."""
    response = Response(json.dumps(document_of(current_app)), content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def prepare(app: Flask) -> flask_smorest.Api:
    """The collector the door registers its subjects with."""
    app.config.update(API_TITLE="Onbrand", API_VERSION=API_VERSION, OPENAPI_VERSION=OPENAPI_VERSION)
    return DescribedApi(app, spec_kwargs={"info": {"description": DESCRIPTION + _moves()}})


def finish(app: Flask, api: flask_smorest.Api) -> None:
    """Make the document, once: what smorest collected, with permissions, errors and keys from our own tables."""
    api.spec.components.schema("Problem", schema=Problem)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.components.response(
        "Problem",
        {"description": "", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}},
    )
    document = json.loads(json.dumps(api.spec.to_dict()))
    components = document["components"]
    components["responses"] = {}
    for name in ("Error", "PaginationMetadata"):
        components.get("schemas", {}).pop(name, None)
    components.pop("headers", None)
    document["servers"] = [{"url": "/"}]
    for operations in document["paths"].values():
        of_the_path = operations.pop("parameters", [])
        for operation in operations.values():
            operation["parameters"] = of_the_path + operation.get("parameters", [])
    for endpoint, method, operation in _operations(app, document):
        _complete(operation, method, endpoint, API_ROUTE_POLICY[endpoint])
    app.extensions["onbrand_api_document"] = document


def document_of(app: Flask) -> dict[str, Any]:
    """The finished document of this app."""
    document: dict[str, Any] = app.extensions["onbrand_api_document"]
    return document


def _operations(app: Flask, document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<", "{").replace(">", "}")
        if not path.startswith(PREFIX + "/"):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, document["paths"][path][method.lower()]


def _complete(operation: dict[str, Any], method: str, endpoint: str, policy: Policy) -> None:
    operation["operationId"] = endpoint.partition(".")[2]
    operation["tags"] = [tag.removeprefix("api_") for tag in operation.get("tags", ())]
    operation["x-permission"] = str(policy)
    responses = {status: body for status, body in operation["responses"].items() if status.startswith("2")}
    for status in _failures(operation, method, policy):
        responses[str(status)] = _failure(status, policy)
    operation["responses"] = responses
    operation["security"] = [] if policy == PUBLIC else [{"bearer": []}]
    if method == "POST":
        operation["parameters"].append(_KEY_PARAMETER)
        for status, response in responses.items():
            if status.startswith("2"):
                response["headers"] = {
                    REPLAYED_HEADER: {
                        "description": "`true` on a first answer given again",
                        "schema": {"type": "string"},
                    }
                }


def _failures(operation: dict[str, Any], method: str, policy: Policy) -> list[int]:
    if policy == PUBLIC:
        return [500]
    found = [401, 403, 404, 500, 503]
    if operation["parameters"] or method in ("POST", "PATCH"):
        found.append(422)
    if method != "GET":
        found += [400, 409, 413, 415]
    return sorted(found)


def _failure(status: int, policy: Policy) -> dict[str, Any]:
    code, detail = WORDS.get(status, ("conflict", "Somebody or something was there first. Nothing was changed."))
    description = f"`{code}`: {detail}"
    if status == 403 and isinstance(policy, Permission):
        roles = [role.value for role, held in ROLE_PERMISSIONS.items() if policy in held]
        description = f"The token's role lacks `{policy.value}`, which these have: {', '.join(roles)}."
    if status == 404:
        description += " Another agency's id, a brand outside the token's and a made-up id are answered alike."
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if status == 409:
        content["example"] = examples.PROBLEM
    return {"description": description, "content": {MEDIA_TYPE: content}}


@functools.cache
def _moves() -> str:
    lines = ["| move | from | to | who | must hold |", "|---|---|---|---|---|"]
    for move in LIFECYCLE.moves.values():
        sources, targets = ", ".join(sorted(move.sources)), ", ".join(sorted(move.targets))
        lines.append(f"| {move.name} | {sources} | {targets} | {move.who} | {move.must_hold} |")
    return "\n".join(lines)
