"""Addresses nobody can read are one sentence of any command, without the secret they hold."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from agency.command_line import main
from tenants.settings import Settings, SettingsError

UNREADABLE = [
    ("ONBRAND_DATABASE_URL", "postgresql://role:s3cret@host:port/database"),
    ("ONBRAND_DATABASE_URL", "s3cret"),
    ("ONBRAND_DATABASE_URL", "mysql://role:s3cret@host/database"),
    ("ONBRAND_OWNER_DATABASE_URL", "postgresql//role:s3cret@host/database"),
    ("ONBRAND_REDIS_URL", "s3cret:6379"),
    ("ONBRAND_REDIS_URL", "redis://:s3cret@host:port/0"),
    ("ONBRAND_REDIS_URL", "http://127.0.0.1:6379/s3cret"),
]


@pytest.mark.parametrize(("name", "value"), UNREADABLE)
def test_an_address_nobody_can_read_is_named_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({name: value})
    said = str(refused.value)
    assert said.startswith(f"{name} cannot be read; nothing was started or changed. Give it as ")
    assert "s3cret" not in said


@pytest.mark.parametrize("command", ["worker", "dispatcher", "web", "migrate", "doctor", "demo", "keys rotate"])
@pytest.mark.parametrize(("name", "value"), [UNREADABLE[0], UNREADABLE[4]])
def test_every_command_says_it_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, settings_values: dict[str, str], command: str, name: str, value: str
) -> None:
    for setting, given in {**settings_values, name: value}.items():
        monkeypatch.setenv(setting, given)
    answer = CliRunner().invoke(main, command.split())
    assert answer.exit_code == 1
    assert isinstance(answer.exception, SystemExit), answer.exception
    assert f"Error: {name} cannot be read" in answer.output


@pytest.mark.parametrize(
    "value", ["rediss://user:word@host:6380/1", "unix:///run/valkey.sock", "redis://127.0.0.1:6379/0"]
)
def test_what_redis_takes_we_take(value: str) -> None:
    assert Settings.from_environment({"ONBRAND_REDIS_URL": value}).onbrand_redis_url == value


def test_promises_given_up_are_found_by_their_index(clean: None, superuser: Engine) -> None:
    with superuser.begin() as connection:
        connection.execute(text("set local enable_seqscan = off"))
        plan = connection.execute(
            text("explain select count(*) from outbox_entry where given_up_at is not null and done_at is null")
        ).scalars()
        assert "ix_outbox_entry_given_up" in "\n".join(plan)


def test_the_token_for_figures_is_printed(monkeypatch: pytest.MonkeyPatch, settings_values: dict[str, str]) -> None:
    from agency.web.health import metrics_token

    for setting, given in settings_values.items():
        monkeypatch.setenv(setting, given)
    answer = CliRunner().invoke(main, ["token", "metrics"])
    assert (answer.exit_code, answer.output.strip()) == (0, metrics_token(settings_values["ONBRAND_SECRET_KEY"]))
