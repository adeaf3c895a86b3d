"""A sandbox with a clock of its own, and one account of each platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from agency.sandbox.app import create_sandbox_app
from agency.sandbox.world import AppKeys

if TYPE_CHECKING:
    from tests.sandbox.meta_world import Meta

PAGE = "100200300"
PROFILE = "17841400000000001"
LOCATION = "accounts/11/locations/22"
KEYS = AppKeys()


class SetClock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Sandbox:
    """The sandbox through Flask's test client, with the few calls that most tests make."""

    app: Flask
    clock: SetClock
    folder: Path
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.open(f"/sandbox{path}", method=method, json=body)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.get_json()

    def item(self, kind: str, **values: Any) -> str:
        """Make one item; answers its id."""
        return str(self.control("POST", f"/{kind}s", values)["external_id"])

    def graph(self, path: str, method: str = "GET", host: str = "facebook", **params: Any) -> tuple[int, Any, Any]:
        """One Graph call; answers status, body and headers. The Page's token unless another is given."""
        params.setdefault("access_token", "page-token" if host == "facebook" else "instagram-token")
        query, form = (params, None) if method == "GET" else (None, params)
        answer = self.client.open(f"/{host}/v26.0/{path}", method=method, query_string=query, data=form)
        return answer.status_code, answer.get_json(force=True, silent=True), answer.headers

    def google(self, path: str, method: str = "GET", token: str = "google-access", **options: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.client.open(f"/google/{path}", method=method, headers=headers, **options)
        return answer.status_code, answer.get_json(silent=True)

    def ledger(self, query: str = "") -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.control("GET", f"/ledger.json{query}")["entries"]
        return entries

    def misbehave(self, kind: str, **facts: Any) -> None:
        self.control("POST", "/misbehaviour", {"kind": kind, **facts})


def seed(sandbox: Sandbox) -> None:
    accounts = (
        {
            "platform": "facebook",
            "external_id": PAGE,
            "name": "Pennywell",
            "token": "page-token",
            "user_token": "user-token",
        },
        {"platform": "instagram", "external_id": PROFILE, "name": "Pennywell", "username": "pennywell", "page_id": PAGE}
        | {"token": "instagram-token"},
        {
            "platform": "google_business",
            "external_id": LOCATION,
            "name": "Pennywell, Quay Street",
            "token": "google-refresh",
        }
        | {"access_token": "google-access"},
    )
    for account in accounts:
        sandbox.control("POST", "/accounts", account)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    clock = SetClock()
    app = create_sandbox_app(tmp_path, clock=clock, keys=KEYS, durable=False)
    app.testing = True
    made = Sandbox(app, clock, tmp_path)
    seed(made)
    yield made
    app.extensions["sandbox"].store.close()


@pytest.fixture
def meta(tmp_path: Path) -> Iterator[Meta]:
    """The sandbox over real HTTP, its Page subscribed by a product that listens."""
    from tests.sandbox.meta_world import running_meta

    with running_meta(tmp_path) as running:
        yield running
