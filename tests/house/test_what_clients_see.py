"""The client sees what was sent to them, not the agency's own table: drafts and notes stay inside, by every door."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from tenants.permissions import Role
from tests.house.test_routes import Asker, World, make, world  # noqa: F401 - fixtures

WORDS = "MINE reply text"


def _doors(ids: dict[str, str]) -> list[str]:
    reply, conversation = ids["reply_id"], ids["conversation_id"]
    return [
        f"/api/v1/replies/{reply}",
        f"/api/v1/replies/{reply}/receipt",
        f"/api/v1/conversations/{conversation}",
        f"/replies/{reply}/receipt",
        f"/conversations/{conversation}",
        f"/conversations/{conversation}/replies/{reply}",
    ]


@pytest.mark.parametrize("state", ["draft", "awaiting_approval"])
def test_a_draft_is_the_agencys_own(world: World, superuser: Engine, state: str) -> None:  # noqa: F811
    ids = world.ids(world.mine)
    with superuser.begin() as connection:
        connection.execute(text("update reply set state = :state"), {"state": state})
    owner = Asker(world, world.actors[Role.CLIENT_OWNER.value])
    staff = Asker(world, world.actors[Role.STAFF.value])
    for path in _doors(ids):
        assert WORDS in staff.ask("GET", path).text, path
        assert (WORDS in owner.ask("GET", path).text) == (state != "draft"), path


def test_notes_stay_between_colleagues(world: World) -> None:  # noqa: F811
    ids = world.ids(world.mine)
    owner = Asker(world, world.actors[Role.CLIENT_OWNER.value])
    light = Asker(world, world.actors[Role.LIGHT.value])
    for path in (f"/api/v1/conversations/{ids['conversation_id']}", f"/conversations/{ids['conversation_id']}"):
        assert "MINE note" in light.ask("GET", path).text, path
        assert "MINE note" not in owner.ask("GET", path).text, path
