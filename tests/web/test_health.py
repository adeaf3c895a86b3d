"""`/metrics` and `onbrand doctor` on what would otherwise fail unseen: promises given up, accounts parked."""

from __future__ import annotations

import re
import socket

import pytest
import redis
from flask import Flask
from sqlalchemy import Engine, text

from agency import doctor
from agency.web import health
from channels import accounts, raw_events
from channels.deliveries import Change
from tenants.lone_statements import lone_statements
from tenants.settings import Settings
from tests.factories import Factory

GIVE_UP = text(
    "insert into outbox_entry (job_name, ids, run_at, attempts, given_up_at, last_error)"
    " values (:job, '{}', now(), 20, now() - make_interval(mins => :age), :error)"
)


def metric(app: Flask, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", app.test_client().get("/metrics").text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


def give_up(superuser: Engine, job: str, age_minutes: int, error: str) -> None:
    with superuser.begin() as connection:
        connection.execute(GIVE_UP, {"job": job, "age": age_minutes, "error": error})


def test_promises_given_up_are_counted_until_they_are_put_away(whole_app: Flask, superuser: Engine) -> None:
    assert metric(whole_app, "onbrand_outbox_given_up") == 0
    give_up(superuser, "reconcile_reply", 1, "OperationalError: gone")
    assert metric(whole_app, "onbrand_outbox_given_up") == 1
    assert metric(whole_app, "onbrand_outbox_open") == 0
    with superuser.begin() as connection:
        connection.execute(text("update outbox_entry set done_at = now()"))
    assert metric(whole_app, "onbrand_outbox_given_up") == 0


@pytest.mark.parametrize(
    ("error", "named"),
    [
        ("DataError: Anna Example wrote: my card is 4111", "DataError"),
        ("It ended its worker again and again.", "its worker ended"),
    ],
)
def test_the_doctor_names_how_many_and_the_newest_class_of_error(
    app: Flask, settings: Settings, superuser: Engine, error: str, named: str
) -> None:
    assert (True, "promises: none given up") in doctor.check_database(settings)
    give_up(superuser, "send_mail", 30, "TimeoutError: older")
    give_up(superuser, "publish_reply", 1, error)
    said = [line for good, line in doctor.check_database(settings) if not good]
    assert len(said) == 1
    assert said[0].startswith(f"promises: 2 given up, the newest publish_reply ({named});")
    assert "Anna" not in said[0]


def test_a_parked_account_is_counted_and_is_not_late(whole_app: Flask, superuser: Engine) -> None:
    make = Factory(whole_app)
    agency = make.agency("Lantern Street", brands=("Pennywell",))
    parked_id, _late_id = make.account(agency), make.account(agency)
    with agency.entered():
        accounts.mark_unhealthy(accounts.get(parked_id), "needs_reconnect", "password changed")
    with superuser.begin() as connection:
        connection.execute(
            text(
                "update poll_turn set due_at = now() - case when parked_at is null then interval '1 minute'"
                " else interval '1 day' end"
            )
        )
    assert metric(whole_app, "onbrand_accounts_parked") == 1
    assert 60 <= metric(whole_app, "onbrand_poll_lag_seconds") < 600


def test_events_set_aside_are_counted_by_kind_over_all_tenants(whole_app: Flask, superuser: Engine) -> None:
    make = Factory(whole_app)
    agencies = [make.agency("Lantern Street", brands=("Pennywell",)), make.agency("Other Street", brands=("Sol",))]
    for agency in agencies:
        account_id, brand_id = make.account(agency), agency.brand_ids[0]
        changes = [
            Change("facebook", "1", kind, body=kind.encode() + bytes([number]))
            for kind, outcomes in OUTCOMES.items()
            for number in range(len(outcomes))
        ]
        with whole_app.app_context(), lone_statements() as connection:
            raw_events.keep_of(connection, agency.id, brand_id, [(account_id, change) for change in changes])
        with agency.entered():
            for event in raw_events.waiting_of(account_id):
                raw_events.settle([event.id], OUTCOMES[event.kind][event.body[-1]])
    health._figures.clear()
    assert metric(whole_app, r'onbrand_events_aside\{kind="novelty"\}') == 4
    assert metric(whole_app, r'onbrand_events_aside\{kind="feed"\}') == 2
    with superuser.connect() as connection:
        kept = connection.execute(text("select distinct outcome from raw_event where body is not null")).scalars()
        assert set(kept) == {"unknown", "failed"}


OUTCOMES = {"novelty": ("unknown", "unknown"), "feed": ("stored", "asked", "ignored", "failed")}


def test_a_redis_that_hangs_is_waited_for_once(whole_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes connections and says nothing, as a frozen machine does. Each try costs a whole timeout."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = redis.Redis(port=silent.getsockname()[1], socket_timeout=0.02, retry=None)
        monkeypatch.setitem(whole_app.extensions, "onbrand_redis", client)
        monkeypatch.setitem(whole_app.extensions, "onbrand_request_counts", health.RequestCounts(client))
        browser = whole_app.test_client()
        answer = browser.get("/healthz")
        assert (answer.status_code, answer.json["status"]) == (503, "down")
        assert answer.json["parts"]["worker"] == answer.json["parts"]["dispatcher"] == {"state": "unknown"}
        assert tries(silent) == 2, "the question of /healthz itself, and the counts"
        assert {browser.get("/sign-in").status_code for _ in range(3)} == {200}
        assert tries(silent) == 0


def tries(server: socket.socket) -> int:
    """Connections made since the last look."""
    server.setblocking(False)
    count = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def test_how_long_platforms_are_given_to_show_what_they_took_is_told(
    whole_app: Flask, settings: Settings, superuser: Engine
) -> None:
    given = settings.settle_seconds
    assert metric(whole_app, r'onbrand_settle_seconds\{platform="facebook"\}') == given
    assert not [said for _good, said in doctor.check_database(settings) if said.startswith("settle time")]
    with superuser.begin() as connection:
        connection.execute(
            text(
                "insert into visibility_lag (platform, day, within_seconds, seen) values"
                " ('facebook', current_date, 5, 998), ('facebook', current_date, 45, 2),"
                " ('google_business', current_date, 2, 3)"
            )
        )
    assert metric(whole_app, r'onbrand_settle_seconds\{platform="facebook"\}') == max(135, given)
    assert metric(whole_app, r'onbrand_shown_within_seconds\{platform="facebook"\}') == 45
    assert metric(whole_app, r'onbrand_settle_seconds\{platform="google_business"\}') == max(6, given)
    said = "settle time: facebook is given {} s; of 1000 replies in 30 days 999 of 1,000 were seen there within 45 s"
    assert (True, said.format(max(135, given))) in doctor.check_database(settings)
