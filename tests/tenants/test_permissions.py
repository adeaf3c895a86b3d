"""A refusal says what happened, what is safe and whom to ask; whom follows from the one table of permissions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenants.errors import Forbidden
from tenants.permissions import REFUSALS, ROLE_PERMISSIONS, Permission, Role, refusal_of, require
from tests.factories import Agency

NAMED = {
    Role.AGENCY_ADMIN: "agency admin",
    Role.TEAM_LEAD: "team lead",
    Role.CLIENT_OWNER: "client owner",
    Role.BILLING_ADMIN: "billing admin",
}


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?])\s+", text) if part]


@pytest.mark.parametrize("permission", Permission)
def test_a_refusal_has_three_parts_and_sends_to_who_may(permission: Permission) -> None:
    said = refusal_of(permission)
    assert len(sentences(said)) == 3, said
    holders = {role for role, allowed in ROLE_PERMISSIONS.items() if permission in allowed}
    asked = sentences(said)[2]
    assert asked.startswith("Ask ")
    for_a_role = "for a role that includes it" in asked
    named = {role for role, words in NAMED.items() if words in asked}
    assert for_a_role == (Role.STAFF in holders)
    assert named == ({Role.AGENCY_ADMIN} if for_a_role else holders)
    assert "Nothing was " in sentences(said)[1]


def test_every_permission_has_its_words() -> None:
    assert set(REFUSALS) == set(Permission)


def test_the_door_says_it(ana: Agency) -> None:
    with pytest.raises(Forbidden) as refused:
        require(ana.staff, Permission.GUIDE_WRITE, ana.brand_ids[0])
    assert refused.value.message == refusal_of(Permission.GUIDE_WRITE)
    assert "Ask a team lead or an agency admin" in refused.value.message


def refusals_written_out(repository: Path) -> Iterator[tuple[str, str]]:
    for folder in ("agency", "tenants", "channels", "styleguides", "jobs"):
        for file in (repository / folder).rglob("*.py"):
            words = file.read_text("utf-8")
            for call in ast.walk(ast.parse(words)) if "Forbidden(" in words else ():
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Forbidden":
                    given = call.args[0]
                    if isinstance(given, ast.Call) and getattr(given.func, "id", "") == "worded":
                        given = given.args[0]
                    if isinstance(given, ast.Constant):
                        yield str(file.relative_to(repository)), str(given.value)


def test_every_other_refusal_has_three_parts_too(repository: Path) -> None:
    found = list(refusals_written_out(repository))
    assert len(found) >= 6
    assert [(place, said) for place, said in found if len(sentences(said)) < 3] == []
