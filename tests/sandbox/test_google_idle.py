"""An idle poll costs the same however many locations the person manages and however many reviews the others have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agency.sandbox import google_project, seeding
from tests.sandbox.conftest import Sandbox

MANY = 400
BATCH = [f"accounts/11/locations/{number}" for number in range(1000, 1010)]


def grow(sandbox: Sandbox, first: int, count: int) -> None:
    """More locations of the same person, with three reviews each."""
    world = sandbox.app.extensions["sandbox"]
    with world.store.transaction():
        for number in range(first, first + count):
            place = {"platform": "google_business", "account": f"accounts/11/locations/{number}"}
            tokens = {"token": "google-refresh", "access_token": "google-access"}
            seeding.make_account(world, {**place, "external_id": place["account"], **tokens})
            for stars in (1, 3, 5):
                seeding.write_item(world, {**place, "kind": "review", "stars": stars, "text": "Good"})


def steps(sandbox: Sandbox, path: str, method: str = "GET", **options: Any) -> int:
    """Instructions that SQLite's machine runs for one call."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    store = sandbox.app.extensions["sandbox"].store
    with store.transaction() as db:
        db.set_progress_handler(count, 1)
    status, body = sandbox.google(path, method, **options)
    with store.transaction() as db:
        db.set_progress_handler(None, 1)
    assert status == 200, json.dumps(body)
    return counted


@pytest.mark.parametrize("kind", ["list", "batch", "refresh"])
def test_an_idle_poll_does_not_grow_with_the_locations(sandbox: Sandbox, kind: str) -> None:
    google_project.change(sandbox.app.extensions["sandbox"].store, {"quota_per_minute": None})
    grow(sandbox, 1000, 10)

    def cost() -> int:
        if kind == "list":
            return steps(sandbox, f"mybusiness/v4/{BATCH[3]}/reviews?pageSize=1")
        if kind == "batch":
            body = {"locationNames": BATCH, "pageSize": 1}
            return steps(sandbox, "mybusiness/v4/accounts/11/locations:batchGetReviews", "POST", json=body)
        form = {"grant_type": "refresh_token", "refresh_token": "google-refresh"}
        form |= {"client_id": "sandbox.apps.example", "client_secret": "sandbox-google"}
        return steps(sandbox, "token", "POST", data=form)

    before = cost()
    grow(sandbox, 2000, MANY)
    assert cost() <= before * 1.2, f"{kind}: {before} steps before"
