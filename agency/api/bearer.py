"""Who is calling: the bearer token of the request, and nothing else. Cookies are not looked at."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import g, request
from structlog.contextvars import bind_contextvars

from agency.api.error_shape import Problem
from tenants import api_tokens
from tenants.database import db
from tenants.errors import NotFound
from tenants.permissions import Actor
from tenants.scope import enter_scope

CHALLENGE = 'Bearer realm="onbrand"'


def authenticate() -> Actor:
    """The actor of this request, whose scope the session enters. Raises Problem 401."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(401, headers={"WWW-Authenticate": CHALLENGE})
    actor = api_tokens.authenticate(token.strip())
    if actor is None:
        raise Problem(401, code="invalid_token", headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'})
    enter_scope(db.session, actor.scope)
    bind_contextvars(person_id=str(actor.user_id), agency_id=str(actor.agency_id))
    g.api_actor = actor
    return actor


def caller() -> Actor:
    """The actor of this request, after the door."""
    return cast(Actor, g.api_actor)


NOBODY = UUID(int=0)
"""The id no row has: what a malformed id in a filter or a body stands for, so that it finds what a made-up one does."""


def known_id(text: str) -> UUID:
    """The id in a path. Raises NotFound for anything that is not written as we write ids, as for one nobody has."""
    found = id_or_nobody(text)
    if found == NOBODY:
        raise NotFound()
    return found


def id_or_nobody(text: str) -> UUID:
    """The id in a filter or a body; NOBODY when it cannot be one."""
    try:
        found = UUID(text)
    except ValueError:
        return NOBODY
    return found if str(found) == text else NOBODY
