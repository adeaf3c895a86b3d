"""A subject of the API: routes that pass the door, and arguments read strictly.

The door, for every route: who calls, may they, is the body JSON, was this asked before; then the view; then commit.
One request is one transaction; an error rolls all of it back.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

import flask_smorest
from flask import Response, make_response, request
from marshmallow import Schema, ValidationError
from webargs import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import default_exceptions

from agency.api import error_shape, idempotency
from agency.api.bearer import authenticate
from agency.api.route_policy import API_ROUTE_POLICY, PUBLIC
from agency.api.strict_json import read_body
from tenants.database import db
from tenants.errors import Invalid
from tenants.permissions import Permission, require

PREFIX = "/api/v1"
View = Callable[..., Any]


class StrictParser(FlaskParser):
    """Arguments from the strictly read body; unknown ones are refused everywhere."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": "raise", "json": "raise"}

    def load_json(self, _request: Any, _schema: Schema) -> Any:
        """The body as `strict_json` reads it."""
        body = read_body()
        return missing if body is None else body

    def handle_error(
        self,
        error: ValidationError,
        _request: Any,
        _schema: Schema,
        *,
        error_status_code: int | None = None,
        error_headers: Any = None,
    ) -> NoReturn:
        """Raise Invalid with sentences by field, without the name of where they stood."""
        messages = error.messages if isinstance(error.messages, dict) else {"body": error.messages}
        errors: dict[str, Any] = {}
        for found in messages.values():
            errors.update(found if isinstance(found, dict) else {"body": found})
        raise Invalid(error_shape.WORDS[422][1], errors=errors) from None


class ApiBlueprint(flask_smorest.Blueprint):
    """Routes of one subject below `/api/v1`. Every endpoint needs a line in `route_policy`."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, subject: str, import_name: str, *, description: str) -> None:
        super().__init__(f"api_{subject}", import_name, url_prefix=PREFIX, description=description)
        register_error_handlers(self)

    def add_url_rule(self, rule: str, endpoint: Any = None, view_func: Any = None, *args: Any, **options: Any) -> None:
        """Put the door before the view, and refuse methods nobody wrote."""
        endpoint = endpoint or view_func.__name__
        guarded = _at_the_door(f"{self.name}.{endpoint}", view_func)
        guarded.provide_automatic_options = False  # type: ignore[attr-defined]
        super().add_url_rule(rule, endpoint, guarded, *args, **options)


def register_error_handlers(blueprint: Any) -> None:
    """Answer every error below a blueprint in the API's shape, whatever the app does elsewhere.

    Each status is named, because Flask prefers an app's handler for a status to a blueprint's for a class.
    """
    for status in default_exceptions:
        blueprint.register_error_handler(status, error_shape.answer)
    blueprint.register_error_handler(Exception, error_shape.answer)


def _at_the_door(endpoint: str, view: View) -> View:
    policy = API_ROUTE_POLICY[endpoint]

    @functools.wraps(view)
    def pass_the_door(*args: Any, **kwargs: Any) -> Response:
        if policy == PUBLIC:
            return make_response(view(*args, **kwargs))
        try:
            actor = authenticate()
            if isinstance(policy, Permission):
                require(actor, policy)
            if request.method != "GET":
                read_body()
            response = idempotency.once(lambda: make_response(view(*args, **kwargs)))
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        response.headers["Cache-Control"] = "no-store"
        return response

    return pass_the_door
