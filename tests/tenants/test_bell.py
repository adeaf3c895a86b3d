"""The bell rings for what was promised, once for many."""

from __future__ import annotations

import psycopg
from flask import Flask

from agency.local.postgres import RunningPostgres
from tenants.bell import ring_soon
from tenants.outbox import BELL


def test_many_promises_ring_soon_and_not_each(app: Flask, postgres: RunningPostgres) -> None:
    with psycopg.connect(postgres.app_url, autocommit=True) as listening, app.app_context():
        listening.execute(f"listen {BELL}")
        for _ in range(200):
            ring_soon()
        heard = len(list(listening.notifies(timeout=10, stop_after=1)))
        assert heard == 1
        heard += len(list(listening.notifies(timeout=0.5)))
        assert heard < 100


def test_a_ring_after_the_bell_was_silent_is_heard(app: Flask, postgres: RunningPostgres) -> None:
    with psycopg.connect(postgres.app_url, autocommit=True) as listening, app.app_context():
        listening.execute(f"listen {BELL}")
        for _ in range(2):
            ring_soon()
            assert list(listening.notifies(timeout=10, stop_after=1))
