"""The tooling says what it does: make's targets, the commands' help, the lock files, and what may not be tracked."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from agency.command_line import main
from agency.local.lock_rules import all_broken_rules, broken_npm_rules, broken_rules

CHECKOUT = Path(__file__).resolve().parents[2]
HASH = "--hash=sha256:" + "0" * 64
COMMANDS = (
    "run", "migrate", "web", "worker", "dispatcher", "sandbox", "demo", "doctor",
    "user create", "token create", "keys rotate", "keys forget", "token metrics",
)  # fmt: skip
TARGETS = {
    "help",
    "run",
    "setup",
    "tools",
    "test",
    "translations",
    "check",
    "lint",
    "browser",
    "bench",
    "faults",
    "format",
    "lock",
}
# Built in pieces, so that this file does not name what it looks for.
MACHINE_PATH = re.compile("/" + "work/|/" + r"root/\.|/" + "home/[a-z]+/|/" + "Users/[A-Za-z]+/")
REGISTRY = re.compile(
    r"pypi" + r"\.org|files\.pythonhosted" + r"\.org|registry\.npmjs" + r"\.org|--(extra-)?index" + "-url"
)


def tracked_files() -> list[Path]:
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return [CHECKOUT / name for name in answer.stdout.split("\0") if name and (CHECKOUT / name).is_file()]


def test_help_lists_every_target_of_the_makefile() -> None:
    # Inside `make check` this make would inherit the outer one's flags and announce its folder.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    shown = subprocess.run(
        ["make", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True, env=environment
    ).stdout
    listed = {line.split()[1] for line in shown.splitlines()}
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert listed == set(phony.split()) == TARGETS


def test_a_python_too_old_is_one_sentence(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_bytes((CHECKOUT / name).read_bytes())
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    answer = subprocess.run(
        ["make", "run", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode != 0
    assert answer.stderr.startswith("Onbrand needs Python 3.11 or newer")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str) -> None:
    answer = CliRunner().invoke(main, [*command.split(), "--help"])
    assert answer.exit_code == 0
    assert answer.output.startswith(f"Usage: main {command}")


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    guilty = []
    for file in tracked_files():
        try:
            text = file.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for pattern in (MACHINE_PATH, REGISTRY):
            guilty += [f"{file.name}: {found.group(0)}" for found in pattern.finditer(text) if file != Path(__file__)]
    assert guilty == []


def test_what_set_up_makes_is_not_tracked() -> None:
    made = re.compile(r"(^|/)(\.venv|var|node_modules|__pycache__|vendor)/|\.mo$|\.egg-info/|(^|/)\.env$")
    assert [str(f) for f in tracked_files() if made.search(str(f.relative_to(CHECKOUT)))] == []


def test_our_lock_files_keep_the_rules() -> None:
    assert all_broken_rules(CHECKOUT) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("flask>=3", "not one release"),
        ("flask==3.1.3", "not one release"),
        (f"flask==3.1.3 {HASH[:-1]}", "not one release"),
        (f"flask @ https://example.org/flask.whl {HASH}", "names an address"),
        ("--index" + f"-url https://example.org\nflask==3.1.3 {HASH}", "names an address"),
        (f"redis==8.1.0 {HASH}", "lacks flask"),
    ],
)
def test_a_broken_lock_line_is_named(line: str, complaint: str) -> None:
    assert any(complaint in rule for rule in broken_rules(line, ["flask>=3"]))


def test_a_good_lock_file_passes_whatever_the_spelling_of_a_name() -> None:
    text = f"# a comment\nFlask_Login==0.6.3 ; python_full_version >= '3.12' \\\n    {HASH} \\\n    {HASH}\n"
    assert list(broken_rules(text, ["flask-login>=0.6"])) == []


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"version": "2.0.11"}, "no hash"),
        ({"version": "2.0.10", "integrity": "sha512-x"}, "lacks htmx.org"),
        ({"version": "2.0.11", "integrity": "sha512-x", "resolved": "somewhere"}, "names the registry"),
    ],
)
def test_a_broken_npm_lock_is_named(entry: dict[str, object], complaint: str) -> None:
    rules = broken_npm_rules({"dependencies": {"htmx.org": "2.0.11"}}, {"packages": {"node_modules/htmx.org": entry}})
    assert any(complaint in rule for rule in rules)
