"""Subscribing asks nothing for an account that waits for a person."""

from __future__ import annotations

import pytest
from flask import Flask

from channels.errors import PlatformDown
from channels.scripted_transport import ScriptedTransport
from jobs.subscribing import subscribe_account
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox


@pytest.mark.parametrize("health", ["needs_reconnect", "access_lost"])
def test_nothing_is_asked_for_an_account_that_waits_for_a_person(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, health: str
) -> None:
    account_id = make.account(ana)
    ids = (str(ana.id), str(ana.brand_ids[0]), str(account_id))
    platform = ScriptedTransport(lambda _request: PlatformDown("503"))
    with pytest.raises(PlatformDown):
        subscribe_account(app, *ids, transport=platform)
    asked = len(platform.requests)
    outbox.change(f"update account set health = '{health}' where id = '{account_id}'")
    subscribe_account(app, *ids, transport=platform)
    assert len(platform.requests) == asked > 0
