"""The home folder: secrets made once, addresses below the mark, and one sentence for a place that cannot be used."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from agency.local.home import Home, home_folder, port_problem
from agency.local.processes import LocalStackError, folder_lock
from tenants.settings import Settings


def test_the_default_is_var_in_the_checkout_whatever_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checkout = Path(__file__).resolve().parents[2]
    assert home_folder({}) == checkout / "var"
    assert home_folder({"ONBRAND_HOME": "here"}) == tmp_path / "here"


def test_secrets_are_made_once_and_only_we_may_read_them(tmp_path: Path) -> None:
    home = Home.prepare(tmp_path / "home")
    home.remember_secrets({})
    first = home.own_settings()
    home.remember_secrets({})
    assert home.own_settings() == first
    assert set(first) == {"ONBRAND_SECRET_KEY", "ONBRAND_CREDENTIAL_KEYS"}
    assert stat.S_IMODE(home.env_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700


def test_a_secret_somebody_set_is_left_to_them(tmp_path: Path) -> None:
    home = Home.prepare(tmp_path)
    home.env_file.write_text("ONBRAND_SECRET_KEY=mine\n")
    home.remember_secrets({"ONBRAND_CREDENTIAL_KEYS": "theirs"})
    assert home.own_settings() == {"ONBRAND_SECRET_KEY": "mine"}


def test_addresses_are_replaced_and_a_persons_lines_stay(tmp_path: Path) -> None:
    home = Home.prepare(tmp_path)
    home.env_file.write_text("# mine\nMETA_GRAPH_URL=http://127.0.0.1:9\n")
    home.remember_addresses({"ONBRAND_REDIS_URL": "unix://old"})
    home.remember_addresses({"ONBRAND_REDIS_URL": "unix://:pw@/x?db=0"})
    text = home.env_file.read_text()
    assert text.startswith("# mine\nMETA_GRAPH_URL=http://127.0.0.1:9\n")
    assert "old" not in text
    assert home.own_settings() == {"META_GRAPH_URL": "http://127.0.0.1:9"}
    settings = Settings.from_environment({"ONBRAND_HOME": str(tmp_path)})
    assert settings.onbrand_redis_url == "unix://:pw@/x?db=0"


def test_the_sandbox_keeps_its_port_and_moves_when_it_is_taken(tmp_path: Path) -> None:
    home = Home.prepare(tmp_path)
    port = home.sandbox_port()
    assert home.sandbox_port() == port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert port_problem(port) == "on this machine is taken; stop what listens there"
        assert home.sandbox_port() != port


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(LocalStackError, match=r"cannot be written .*set ONBRAND_HOME"):
        Home.prepare(tmp_path / "home")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_home_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LocalStackError, match=r"cannot be written .*set ONBRAND_HOME"):
        Home.prepare(tmp_path)


def test_a_lock_is_held_once_and_goes_with_its_holder(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with folder_lock(file, "held"), pytest.raises(LocalStackError, match="held"), folder_lock(file, "held"):
        raise AssertionError("two hold it")
    with folder_lock(tmp_path / "lock", "held"):
        pass
