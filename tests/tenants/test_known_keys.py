"""A part given the wrong keys refuses to start; keys in rotation are all welcome."""

from __future__ import annotations

import base64
from itertools import pairwise

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Engine, text

from agency.app import create_app
from agency.command_line import main
from tenants.base_app import check_keys_of_app
from tenants.key_rotation import rotate_keys
from tenants.sealed import CannotOpen, KeyRing
from tenants.settings import Settings, SettingsError
from tests.factories import Agency, Factory


def key(name: str, first_byte: int) -> str:
    return f"{name}:" + base64.b64encode(bytes(range(first_byte, first_byte + 32))).decode()


OLD, NEW, FORGED = key("old", 0), key("new", 40), key("old", 80)


@pytest.fixture(autouse=True)
def own_keys(app: Flask) -> object:
    """The app's keys are back afterwards."""
    before = app.extensions["onbrand_keys"]
    yield
    app.extensions["onbrand_keys"] = before


def start(app: Flask, setting: str) -> None:
    """What every part does before it begins."""
    app.extensions["onbrand_keys"] = KeyRing.from_setting(setting)
    with app.app_context():
        check_keys_of_app()


def test_a_part_without_the_key_that_seals_does_not_start(app: Flask) -> None:
    start(app, OLD)
    with pytest.raises(SettingsError) as refused:
        start(app, NEW)
    said = str(refused.value)
    assert "lacks the key 'old'" in said
    assert "nothing was started or changed" in said
    assert "Give it again behind the newest one" in said
    start(app, OLD)
    app.extensions["onbrand_keys"] = None
    with app.app_context(), pytest.raises(SettingsError):
        check_keys_of_app()


def test_another_key_under_a_known_name_does_not_start(app: Flask) -> None:
    start(app, OLD)
    for setting in (FORGED, f"{NEW},{FORGED}"):
        with pytest.raises(SettingsError) as refused:
            start(app, setting)
        assert "'old' of ONBRAND_CREDENTIAL_KEYS is not the one" in str(refused.value)


def test_a_refused_start_teaches_nothing(app: Flask) -> None:
    start(app, OLD)
    with pytest.raises(SettingsError):
        start(app, f"{NEW},{FORGED}")
    start(app, OLD)


def test_a_rotation_on_several_machines_never_keeps_one_from_starting(app: Flask, ana: Agency, make: Factory) -> None:
    """The order docs/operations.md gives, each step while some machines are still at the one before."""
    app.extensions["onbrand_keys"] = KeyRing.from_setting(OLD)
    make.account(ana)
    steps = (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}")
    for before, after in pairwise(steps):
        start(app, after)
        if after != steps[-1]:
            start(app, before)
    with pytest.raises(SettingsError):
        start(app, OLD)
    start(app, f"{NEW},{OLD}")
    assert rotate_keys(app) == 1
    start(app, NEW)
    start(app, f"{NEW},{OLD}")


def test_a_key_stays_known_while_something_does_not_open(
    app: Flask, ana: Agency, make: Factory, superuser: Engine
) -> None:
    start(app, OLD)
    make.account(ana)
    with superuser.begin() as connection:
        connection.execute(text("update data_key set wrapped = wrapped || '\\x00'::bytea"))
    start(app, f"{NEW},{OLD}")
    with pytest.raises(CannotOpen):
        rotate_keys(app)
    with pytest.raises(SettingsError):
        start(app, NEW)


def test_what_is_kept_of_a_key_does_not_open_anything(app: Flask, superuser: Engine) -> None:
    start(app, OLD)
    with superuser.connect() as connection:
        stored = connection.execute(text("select installation_fact::text from installation_fact")).scalar_one()
    raw = base64.b64decode(OLD.partition(":")[2])
    for form in (raw.hex(), OLD.partition(":")[2], raw[:8].hex()):
        assert form not in stored


def test_a_lost_key_is_forgotten_by_command(
    app: Flask, settings_values: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start(app, OLD)
    for name, value in {**settings_values, "ONBRAND_CREDENTIAL_KEYS": NEW}.items():
        monkeypatch.setenv(name, value)
    unknown = CliRunner().invoke(main, ["keys", "forget", "another"])
    assert (unknown.exit_code, "nothing was changed" in unknown.output) == (1, True)
    with pytest.raises(SettingsError):
        start(app, NEW)
    forgotten = CliRunner().invoke(main, ["keys", "forget", "old"])
    assert (forgotten.exit_code, "'old' is forgotten" in forgotten.output) == (0, True), forgotten.output
    start(app, NEW)


def test_the_web_does_not_start_with_wrong_keys(app: Flask, settings_values: dict[str, str]) -> None:
    start(app, OLD)
    with pytest.raises(SettingsError, match="lacks the key 'old'"):
        create_app(Settings.from_environment({**settings_values, "ONBRAND_CREDENTIAL_KEYS": NEW}))
