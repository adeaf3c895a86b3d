"""`docs/how-we-add-a-platform.md` names what there is."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from channels import capabilities, protocol, registry
from tests.channels import contract, test_guestbook


@pytest.fixture
def told(repository: Path) -> str:
    return (repository / "docs" / "how-we-add-a-platform.md").read_text("utf-8")


def test_every_capability_stands_in_the_table_and_no_other(told: str) -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE))
    there = {name for name, value in vars(capabilities).items() if getattr(value, "_is_runtime_protocol", False)}
    assert rows == there


def test_every_path_it_names_is_there(told: str, repository: Path) -> None:
    paths = {path for path in re.findall(r"`([\w/]+(?:\.py|/))`", told) if "/" in path and "NAME" not in path}
    assert len(paths) > 10
    for path in paths:
        assert (repository / path).exists(), path


def test_the_names_beside_the_paths_are_there(told: str) -> None:
    assert "ADAPTERS: dict[str, ChannelAdapter] = {" in told
    assert registry.ADAPTERS
    assert {get_args(getattr(protocol, name)) for name in ("Platform", "Service", "TokenKind")}
    assert contract.AdapterContract in test_guestbook.TestGuestbook.__mro__
    for module, name in (
        ("styleguides.length", "PLATFORMS"),
        ("channels.accounts", "_check"),
        ("channels.matching", "check_sendable"),
        ("tests.channels.test_adapter_contract", "test_every_line_of_the_registry_is_held_to_the_contract"),
    ):
        assert name in told
        assert hasattr(import_module(module), name)
