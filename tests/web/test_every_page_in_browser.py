"""Every page of the route table that has rows behind it, looked at by axe: a new page is found here by itself.

One is narrow, dark and Polish, the next wide, light and English, the third narrow, light and Portuguese, in turns:
every look of every page costs three times the time, and the samples of `test_parts_in_browser.py` have both at home.
"""

from __future__ import annotations

from typing import Final

import pytest
from sqlalchemy import Engine, text

from agency.web import door
from agency.web.route_policy import ROUTE_POLICY
from tenants.permissions import Role
from tests.chromium import patient_chromium
from tests.house.test_routes import Asker, World, address_of, make, rules, world
from tests.web.sweep import still_pages

pytestmark = pytest.mark.browser
__all__ = ["make", "world"]
LOOKS: Final = (("pl", "dark", 390), ("en", "light", 1440), ("pt", "light", 390))
PAID: Final = ("billing_page", "billing_change_page", "billing_plan_page", "billing_invoices_page")
SEEN_ELSEWHERE: Final = ("parts", "mailbox", *PAID)
"""The samples have a sweep of their own, which also shows what no row of `rows` can: walks to a platform's sign-in, a
reply to be judged, a press and its undoing. The mailbox is the sandbox's;
billing is there with a key of Stripe's alone, and among the samples."""
NO_PAGES: Final = {
    "approval_link",
    "away",
    "composer",
    "day_link",
    "day_place",
    "deletion_page",
    "health",
    "kept_media",
    "language",
    "live",
    "loop_link",
    "notice_stop",
    "reconnecting",
    "sending",
}
"""These answer with parts of pages, files and redirections, or to codes that nobody has here."""


def test_every_page_is_accessible_and_never_wider_than_the_screen(world: World, superuser: Engine) -> None:
    pages = pages_of(world, superuser)
    found = []
    with patient_chromium() as chromium:
        for language, theme, width in LOOKS:
            shown = [(f"{language} {address}", html, "html") for address, html in pages[language].items()]
            found += still_pages(chromium, world.app, shown, theme=theme, width=width)
    assert found == [], "\n".join(map(str, found))


def pages_of(world: World, superuser: Engine) -> dict[str, dict[str, str]]:
    """Language to address to page, as the first of a lead, an admin, an owner and a stranger sees it who may.

    The first three have one brand.
    """
    inside = [world.actors[role.value] for role in (Role.TEAM_LEAD, Role.AGENCY_ADMIN, Role.CLIENT_OWNER)]
    people = [*inside, world.agency.actors[Role.AGENCY_ADMIN.value], None]  # the last but one leads every brand
    askers = [Asker(world, actor) for actor in people]
    ids = world.ids(world.mine) | {"person_id": str(world.actors[Role.STAFF.value].user_id)}
    pages: dict[str, dict[str, str]] = {language: {} for language, _theme, _width in LOOKS}
    shown: list[str] = []
    for rule, _method in rules(world.app, ("GET",)):
        room = rule.endpoint.partition(".")[0]
        if rule.endpoint not in ROUTE_POLICY or room in SEEN_ELSEWHERE:
            continue
        language = LOOKS[len(shown) % len(LOOKS)][0]
        with superuser.begin() as connection:
            connection.execute(text("update person set language = :language"), {"language": language})
        address = address_of(world.app, rule, ids)
        for asker in askers:
            page = asker.browser.get(address, headers={"Accept-Language": language})
            if page.status_code == 200 and page.text.startswith("<!doctype html>"):
                assert f'<html lang="{language}"' in page.text, address
                pages[language][address] = page.text
                shown.append(room)
                break
    assert set(door.PAGES) - set(shown) - set(SEEN_ELSEWHERE) == NO_PAGES
    return pages
