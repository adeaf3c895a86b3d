"""ONBRAND_HOME: the folder that holds all state of a local run: secrets, logs, addresses of its servers."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agency.local.processes import LocalStackError, cannot_write, private_folder, write_private

CHECKOUT = Path(__file__).resolve().parents[2]
# A new database, its write-ahead log and the demo take about 150 MB.
LEAST_FREE_BYTES = 300_000_000
MARK = "# Below this line `onbrand run` writes where its servers are; anything there is replaced at each start."


def home_folder(environment: Mapping[str, str]) -> Path:
    """ONBRAND_HOME as an absolute path; `var/` in the checkout where it is not set."""
    return Path(environment.get("ONBRAND_HOME") or CHECKOUT / "var").absolute()


@dataclass(frozen=True)
class Home:
    """A prepared home folder."""

    folder: Path

    @classmethod
    def prepare(cls, folder: Path) -> Home:
        """Make what is missing. Raises LocalStackError where the folder cannot be used."""
        for part in (folder, folder / "log", folder / "run"):
            private_folder(part)
            if not os.access(part, os.W_OK | os.X_OK):
                raise LocalStackError(cannot_write(part, PermissionError(13, "Permission denied")))
        free_bytes = shutil.disk_usage(folder).free
        if free_bytes < LEAST_FREE_BYTES:
            raise LocalStackError(
                f"The disk that holds {folder} has {free_bytes // 1_000_000} MB left and Onbrand needs "
                f"{LEAST_FREE_BYTES // 1_000_000} MB; free some space, or set ONBRAND_HOME to a folder elsewhere."
            )
        return cls(folder)

    def log(self, part: str) -> Path:
        """The log file of a part."""
        return self.folder / "log" / f"{part}.log"

    @property
    def env_file(self) -> Path:
        """The `.env` file every `onbrand` command reads."""
        return self.folder / ".env"

    def _own_lines(self) -> list[str]:
        try:
            text = self.env_file.read_text("utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise LocalStackError(f"{self.env_file} cannot be read ({error}); mend or remove it.") from error
        lines = text.splitlines()
        return lines[: lines.index(MARK)] if MARK in lines else lines

    def own_settings(self) -> dict[str, str]:
        """What a person, or our first start, wrote into `.env`: all above the mark."""
        return parse_lines(self._own_lines())

    def remember_secrets(self, environment: Mapping[str, str]) -> None:
        """Write the secrets nobody has set yet into `.env`, once; later starts find them there."""
        made = {
            "ONBRAND_SECRET_KEY": secrets.token_urlsafe(48),
            "ONBRAND_CREDENTIAL_KEYS": "local1:" + base64.b64encode(secrets.token_bytes(32)).decode("ascii"),
        }
        known = self.own_settings()
        missing = [f"{name}={value}" for name, value in made.items() if not (known.get(name) or environment.get(name))]
        if missing:
            self._write([*self._own_lines(), *missing], {})

    def remember_addresses(self, addresses: Mapping[str, str]) -> None:
        """Write where our servers are, so that `onbrand user create` and the like find them from another terminal."""
        self._write(self._own_lines(), addresses)

    def _write(self, own: list[str], addresses: Mapping[str, str]) -> None:
        while own and not own[-1].strip():
            own.pop()
        given = [f"{name}={value}" for name, value in sorted(addresses.items())]
        write_private(self.env_file, "\n".join([*own, "", MARK, *given]) + "\n")

    def sandbox_port(self) -> int:
        """The sandbox's loopback port: the one of last time, or a free one, remembered."""
        file = self.folder / "run" / "sandbox-port"
        try:
            port = int(file.read_text("ascii"))
            if 0 < port < 65536 and port_problem(port) is None:
                return port
        except (OSError, ValueError):
            pass
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        write_private(file, f"{port}\n")
        return port


def parse_lines(lines: list[str]) -> dict[str, str]:
    """`NAME=value` lines as tenants.settings reads them."""
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip('"') for name, value in pairs}


def port_problem(port: int) -> str | None:
    """Why this loopback port cannot be listened on, in words that follow "Port N", or None."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except PermissionError:
            return "may not be used by this user; become one who may"
        except OSError:
            return "on this machine is taken; stop what listens there"
    return None
