"""The whole scenario, played on the real sandbox: every line is taken, and the credentials open their accounts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agency.demo import corpus
from agency.sandbox import seeding, tokens
from agency.sandbox.scenario import Player
from agency.sandbox.store import Store
from agency.sandbox.world import AppKeys, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store(tmp_path, time.time)
    try:
        yield World(store, AppKeys())
    finally:
        store.close()


def test_every_line_is_played_and_none_fails(world: World) -> None:
    items = list(corpus.load_scenario())
    player = Player(world)
    player.load([item.as_line(datetime.now(UTC)) for item in items], "demo")
    player.set_pace(100_000)
    player.start()
    for _ in range(len(items)):
        if not player.progress()["running"]:
            break
        player.tick()
    progress = player.progress()
    assert progress["notes"] == []
    assert progress["played"] == progress["total"] == len(items)


def test_the_same_scenario_on_the_next_start_changes_nothing(world: World) -> None:
    player = Player(world)
    items = list(corpus.load_scenario())
    assert player.load([item.as_line(datetime(2026, 11, 22, tzinfo=UTC)) for item in items])
    assert not player.load([item.as_line(datetime(2026, 11, 23, tzinfo=UTC)) for item in items])


def test_each_credential_opens_its_account(world: World) -> None:
    for account in corpus.load_accounts():
        made, _ = seeding.make_account(world, account.as_sandbox_account())
        token = tokens.find(world.store, account.credential)
        assert token is not None
        assert made.id in token.accounts
        assert token.dead is None
