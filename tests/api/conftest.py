"""Programs that call the API as somebody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tenants.permissions import Actor
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory


@pytest.fixture
def calling(whole_app: Flask) -> Callable[[Actor | None], Caller]:
    """A program with a fresh token of this person; without a person, one without a token."""

    def make(actor: Actor | None) -> Caller:
        return Caller(whole_app, None if actor is None else token_for(whole_app, actor))

    return make


@pytest.fixture
def make(whole_app: Flask) -> Factory:
    """The factory on the whole app: this package needs no other."""
    return Factory(whole_app)


@pytest.fixture
def staff(calling: Callable[[Actor | None], Caller], ana: Agency) -> Caller:
    return calling(ana.staff)


@pytest.fixture
def owner(calling: Callable[[Actor | None], Caller], ana: Agency) -> Caller:
    return calling(ana.client_owner)


@pytest.fixture
def lead(calling: Callable[[Actor | None], Caller], ana: Agency) -> Caller:
    return calling(ana.team_lead)


@pytest.fixture
def admin(calling: Callable[[Actor | None], Caller], ana: Agency) -> Caller:
    return calling(ana.agency_admin)


@pytest.fixture
def client(whole_app: Flask) -> FlaskClient:
    """A caller with no token and no cookies, as a platform is."""
    return whole_app.test_client(use_cookies=False)
