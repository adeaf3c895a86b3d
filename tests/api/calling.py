"""A caller of the API that holds every answer to the document it publishes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from werkzeug.test import TestResponse

from agency.api.document import document_of
from tenants import api_tokens
from tenants.permissions import Actor
from tenants.scope import in_scope

PREFIX = "/api/v1"


def token_for(app: Flask, actor: Actor, only_brand_ids: list[UUID] | None = None) -> str:
    """A working token of this person."""
    made = ""
    with in_scope(app, actor.scope):
        made = api_tokens.create(actor.user_id, actor.agency_id, "test program", only_brand_ids)
    return made


@dataclass
class Caller:
    """One program with one token (or none)."""

    app: Flask
    token: str | None = None
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client(use_cookies=False)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> TestResponse:
        """Ask, and check the answer against the document. `raw` is sent as it is, called JSON."""
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if key is not None:
            sent["Idempotency-Key"] = key
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        if raw is not None:
            options["data"] = raw
        response = self.client.open(PREFIX + path, method=method, headers=sent, **options)
        check_against_document(self.app, method, PREFIX + path.partition("?")[0], response)
        return response

    def get(self, path: str, **options: Any) -> TestResponse:
        return self("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self("DELETE", path, **options)


_validators: dict[int, tuple[object, Draft202012Validator]] = {}
"""By a schema's id, which stays its own while the schema is kept here."""


def validator_of(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """A validator for a schema inside the document, made once."""
    if id(schema) not in _validators:
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        # Crawled once: a registry that was not looks through the whole document for each reference of each answer.
        registry: Registry[Any] = Registry().with_resource("urn:document", resource).crawl()
        _validators[id(schema)] = schema, Draft202012Validator(_absolute(schema), registry=registry)
    return _validators[id(schema)][1]


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: "urn:document" + value if name == "$ref" else _absolute(value) for name, value in schema.items()}
    return [_absolute(part) for part in schema] if isinstance(schema, list) else schema


def operation_at(document: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """The documented operation that serves a path."""
    parts = path.split("/")
    for pattern, operations in document["paths"].items():
        wanted = pattern.split("/")
        pairs = zip(wanted, parts, strict=False)
        fits = len(wanted) == len(parts) and all(w == p or (w.startswith("{") and p) for w, p in pairs)
        if fits and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    return None


def check_against_document(app: Flask, method: str, path: str, response: TestResponse) -> None:
    """Fail unless the document announces this status for this operation and the body has the announced form."""
    document = document_of(app)
    operation = operation_at(document, method, path)
    if operation is None:
        assert response.status_code in (401, 404, 405), (method, path, response.status_code)
        assert response.mimetype == "application/problem+json"
        return
    announced = operation["responses"].get(str(response.status_code))
    assert announced is not None, (method, path, response.status_code, response.get_data(as_text=True)[:2000])
    if "content" not in announced:
        assert response.get_data() == b""
        return
    assert response.mimetype in announced["content"], (response.mimetype, path)
    schema = announced["content"][response.mimetype]["schema"]
    problems = [error.message for error in validator_of(document, schema).iter_errors(response.get_json())]
    assert not problems, (method, path, problems, response.get_json())
