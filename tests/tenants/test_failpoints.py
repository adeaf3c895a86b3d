"""Faults let in on purpose: where they may stand, what they do, and that nobody meets one by accident."""

from __future__ import annotations

import ast
import multiprocessing
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tenants import failpoints
from tenants.settings import Settings, SettingsError

PRODUCTION = {
    "ONBRAND_ENV": "production",
    "ONBRAND_DATABASE_URL": "postgresql://u@127.0.0.1/d",
    "ONBRAND_REDIS_URL": "redis://127.0.0.1:6379/0",
    "ONBRAND_CREDENTIAL_KEYS": "k",
    "ONBRAND_BASE_URL": "https://onbrand.example",
    "ONBRAND_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
}


def _placed(repository: Path) -> Counter[str]:
    """Every point that stands in the product, and how often."""
    found: Counter[str] = Counter()
    for package in ("agency", "channels", "jobs", "styleguides", "tenants"):
        for file in (repository / package).rglob("*.py"):
            words = file.read_text("utf-8")
            if "failpoints.reached" in words:
                for node in ast.walk(ast.parse(words)):
                    if isinstance(node, ast.Call) and ast.unparse(node.func) == "failpoints.reached":
                        found[ast.literal_eval(node.args[0])] += 1
    return found


def test_every_point_stands_in_the_code_once_for_each_way_to_it_and_no_other_does(repository: Path) -> None:
    assert _placed(repository) == {point: 1 + (point in failpoints.TOGETHER_TOO) for point in failpoints.POINTS}


def test_production_does_not_start_with_one() -> None:
    Settings.from_environment(PRODUCTION)
    with pytest.raises(SettingsError, match="ONBRAND_FAILPOINTS lets faults in on purpose"):
        Settings.from_environment({**PRODUCTION, "ONBRAND_FAILPOINTS": "publish.sent=kill"})


@pytest.mark.parametrize(
    "words", ["publish.sent", "elsewhere=kill", "publish.sent=hug", "publish.sent=stall", "publish.sent=kill:3", "a b"]
)
def test_what_cannot_be_understood_is_named(words: str) -> None:
    with pytest.raises(SettingsError, match="ONBRAND_FAILPOINTS: "):
        Settings.from_environment({"ONBRAND_FAILPOINTS": words})


def test_an_order_is_read_whole() -> None:
    assert failpoints.read_orders("publish.sent=kill*2, look.begun=stall:0.5%10,") == (
        failpoints.Order("publish.sent", "kill", times=2),
        failpoints.Order("look.begun", "stall", seconds=0.5, percent=10),
    )


def test_nothing_happens_where_nothing_is_armed() -> None:
    for point in failpoints.POINTS:
        failpoints.reached(point)


def test_an_order_holds_so_often_and_only_inside_the_block() -> None:
    with failpoints.armed("publish.sent=raise*2,look.read=die") as come_to:
        for _ in range(2):
            with pytest.raises(failpoints.FailpointError):
                failpoints.reached("publish.sent")
        failpoints.reached("publish.sent")
        with pytest.raises(failpoints.Died):
            failpoints.reached("look.read")
    failpoints.reached("look.read")
    assert come_to == {"publish.sent": 3, "look.read": 1}


def test_no_part_of_a_hundred_is_none() -> None:
    with failpoints.armed("publish.sent=raise%0") as come_to:
        failpoints.reached("publish.sent")
    assert come_to["publish.sent"] == 1


def _come_to(point: str, words: str, folder: Path) -> None:
    failpoints.arm(words, folder)
    failpoints.reached(point)


def test_a_killed_process_leaves_the_count_to_the_others(tmp_path: Path) -> None:
    """`kill*1` and `exit*1` end one process each, whichever comes first, and no second one."""
    for action, code in (("kill", -signal.SIGKILL), ("exit", 1)):
        ends = []
        for _ in range(2):
            child = multiprocessing.get_context("fork").Process(
                target=_come_to, args=("publish.sent", f"publish.sent={action}*1", tmp_path)
            )
            child.start()
            child.join(60)
            ends.append(child.exitcode)
        assert ends == [code, 0]


def test_a_stopped_process_goes_on_when_it_is_told(tmp_path: Path) -> None:
    child = multiprocessing.get_context("fork").Process(
        target=_come_to, args=("publish.sent", "publish.sent=stop*1", tmp_path)
    )
    child.start()
    assert child.pid is not None
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(child.pid, signal.SIGCONT)
    child.join(60)
    assert child.exitcode == 0


def test_the_page_of_faults_has_every_point_and_action(repository: Path) -> None:
    rows = (repository / "docs" / "faults.md").read_text("utf-8").splitlines()
    for name, meaning in {**failpoints.POINTS, **failpoints.ACTIONS}.items():
        assert f"| `{name}` | {meaning} |" in rows
