"""Lists of replies: page after page they are what a look at all of them gives, in whatever scope."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from agency.replies import queries
from agency.replies.models import DECIDED_STATES
from tenants.permissions import Role
from tests.factories import Factory
from tests.replies.conftest import Case
from tests.replies.many import copies

STATES = ("approved", "declined", "published", "awaiting_approval")


@pytest.fixture
def many(case: Case, make: Factory, superuser: Engine) -> dict[UUID, tuple[str, int]]:
    """Replies of two brands in four states, some at the same moment; by id, state and minutes ago."""
    ids: list[UUID] = []
    for one in (case, Case(case.agency, make.conversation(case.agency, brand=1), superuser)):
        first = one.draft()
        one.do("submit", first)
        ids += [first, *copies(superuser, first, 7)]
    made = {reply_id: (STATES[place % 4], place // 3) for place, reply_id in enumerate(ids)}
    with superuser.begin() as connection:
        for reply_id, (state, minutes) in made.items():
            change = (
                "update reply set state = :state, published_at = now(), state_since = '2026-11-23 12:00Z'::timestamptz"
            )
            change += " - make_interval(mins => :minutes) where id = :id"
            connection.execute(text(change), {"state": state, "minutes": minutes, "id": reply_id})
    return made


@pytest.mark.parametrize("brands", [(0, 1), (1,)])
@pytest.mark.parametrize("newest_first", [True, False])
def test_pages_together_are_the_whole_list(
    case: Case, make: Factory, many: dict[UUID, tuple[str, int]], brands: tuple[int, ...], newest_first: bool
) -> None:
    agency = case.agency
    actors = [make.person(agency, Role.CLIENT_OWNER, only_brand_ids=[agency.brand_ids[one] for one in brands])]
    actors += [agency.agency_admin] if brands == (0, 1) else []
    for actor in actors:
        found: list[UUID] = []
        cursor: str | None = None
        with agency.entered(actor):
            while cursor is not None or not found:
                page = queries.replies_in_states(DECIDED_STATES, cursor, 2, newest_first=newest_first)
                found += [row.id for row in page.rows]
                cursor = page.next_cursor
                if cursor is None:
                    break
            whole = {row.id: row for row in queries.replies_in_states(DECIDED_STATES, None, 99).rows}
        own = set(list(many)[8:]) if brands == (1,) else set(many)
        wanted = [one for one in own if many[one][0] in DECIDED_STATES]
        wanted.sort(key=lambda one: (-many[one][1], one), reverse=newest_first)
        assert found == wanted
        assert set(found) == set(whole)
