"""Accounts to measure with: made at the sandbox platforms, a program of its own, and connected to the product."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask

from agency.local.processes import last_lines, start_child, wait_until
from agency.sandbox.app import create_sandbox_app
from agency.sandbox.google_project import change as change_google_project
from agency.sandbox.seeding import make_account, write_item
from benchmarks.scratch import CHECKOUT, Scratch, free_port
from channels import accounts
from tenants import models
from tenants.database import db, new_id
from tenants.scope import Scope, in_scope

BRANDS = 20
ITEMS = 3
"""What customers wrote at each account before it was connected."""
PLATFORMS = ("facebook", "instagram", "google_business")


def connect(app: Flask, credentials: Iterable[tuple[str, str, str]]) -> None:
    """Connect `(platform, external_id, credential)`s, in turn to BRANDS brands of one agency."""
    agency_id, brands = new_id(), [new_id() for _ in range(BRANDS)]
    with app.app_context():
        db.session.add(models.Agency(id=agency_id, name="Bench House"))
        db.session.commit()
    with in_scope(app, Scope(agency_id, None)):
        for number, brand_id in enumerate(brands):
            db.session.add(
                models.Brand(agency_id=agency_id, id=brand_id, name=f"Brand {number}", mark="BR", colour="#1d6f8f")
            )
        db.session.flush()
        for number, (platform, external_id, credential) in enumerate(credentials):
            login = "facebook" if platform == "instagram" else None
            accounts.connect(None, brands[number % BRANDS], platform, external_id, credential, login=login)


@contextmanager
def sandbox(scratch: Scratch, wanted: int, items: int = ITEMS) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The sandbox platforms with so many accounts, each of so many items; its address and the accounts' credentials."""
    folder = scratch.folder / f"sandbox-{wanted}-{items}"
    seeded = create_sandbox_app(folder)
    world = seeded.extensions["sandbox"]
    # Google lets a project make 300 calls a minute; here our own speed is measured, not that limit.
    change_google_project(world.store, {"quota_per_minute": None})
    credentials: list[tuple[str, str, str]] = []
    with world.store.transaction():
        for number in range(wanted):
            platform = PLATFORMS[number % 3]
            external_id = (
                f"accounts/{number}/locations/{number}" if platform == "google_business" else str(70_000 + number)
            )
            wish: dict[str, Any] = {"platform": platform, "external_id": external_id, "name": f"Account {number}"}
            wish["token"] = f"1//refresh-{number}" if platform == "google_business" else f"token-{number}"
            if platform == "instagram":
                wish["login"] = "facebook"
            make_account(world, wish)
            credentials.append((platform, external_id, wish["token"]))
            place = {"platform": platform, "account": external_id}
            if platform != "google_business":
                write_item(world, {**place, "kind": "post", "text": "Our spring menu is here."})
            for item in range(items):
                words = {"text": f"Where is my order {number}-{item}?", "author": f"Customer {item}"}
                kind = {"kind": "review", "stars": 2} if platform == "google_business" else {"kind": "comment"}
                write_item(world, {**place, **kind, **words})
    world.store.close()
    seeded.extensions["sandbox_player"].close()
    port, log = free_port(), scratch.folder / "sandbox.log"
    command = [sys.executable, "-m", "agency.command_line", "sandbox", "--port", str(port), "--folder", str(folder)]
    child = start_child(command, log=log, folder=CHECKOUT)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        if child.exit_code() is not None:
            raise RuntimeError(f"The sandbox ended while starting: {last_lines(log, 5)}")
        try:
            with urlopen(url + "/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    try:
        if not wait_until(answers, timeout_seconds=60):
            raise RuntimeError(f"The sandbox did not answer: {last_lines(log, 5)}")
        yield url, credentials
    finally:
        child.stop()
