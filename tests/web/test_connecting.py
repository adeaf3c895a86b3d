"""Connecting through the platforms' own sign-ins: there, back, chosen, subscribed, and tested by something real."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

import pytest
from sqlalchemy import Engine

from agency.app import create_app
from agency.sandbox.addresses import addresses
from channels import accounts, features
from tenants.settings import Settings
from tests.factories import Factory
from tests.flows.conftest import Sandbox, sandbox  # noqa: F401 - a fixture
from tests.web.browser import Browser
from tests.web.walking import LOCATION, PAGE, PROFILE, Town

TOPIC = "projects/ours/topics/reviews"


@pytest.fixture
def town(
    settings_values: dict[str, str],
    sandbox: Sandbox,  # noqa: F811
    clean: None,
    superuser: Engine,
) -> Iterator[Town]:
    values = settings_values | addresses(sandbox.url) | {"ONBRAND_POLL_SECONDS": "1", "GOOGLE_PUBSUB_TOPIC": TOPIC}
    app = create_app(Settings.from_environment(values))
    app.config["TESTING"] = True
    agency = Factory(app).agency("Lantern Street", brands=("Pennywell", "Bursztynowa"))
    yield Town(app, agency, sandbox, superuser)
    app.extensions.pop("onbrand_transport", None)


@pytest.fixture
def admin(town: Town) -> Browser:
    return Browser(town.app, town.agency.agency_admin)


def page_text(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_a_facebook_page_from_the_button_to_tested(town: Town, admin: Browser) -> None:
    start = page_text(admin, "/connect?way=facebook")
    assert "pages_manage_engagement" in start
    back = town.walk(admin, "facebook", features=("comments", "messages"), accounts=town.numbers()[PAGE])
    done = town.choose(admin, back)
    assert done.status_code == 303
    assert "We look for what is there now" in page_text(admin, done.location)
    town.sandbox.tell("comments", {"platform": "facebook", "account": PAGE, "author": "Ada", "text": "Hello?"})
    town.work()
    account = town.account(PAGE)
    assert account.tested_at is not None
    assert account.subscribed_at is not None, account.subscription_problem
    assert {"pages_messaging", "pages_read_user_content"} <= set(account.scopes)
    assert "MODERATE" in account.tasks
    assert account.token_expires_at is None, "made from a long-lived token it has no end"
    shown = page_text(admin, done.location)
    assert "Connected and tested" in shown
    assert "The platform tells us of everything new." in shown
    assert [row.count for row in town.query("select count(*) from granted_account")] == [0]
    assert town.query("select text from message") == [("Hello?",)]
