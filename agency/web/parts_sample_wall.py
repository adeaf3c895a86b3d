"""An invented wall, for `/parts/pages/`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from agency.reports.wall import Beside, BrandWall, DueSoon
from agency.web import wall as page
from agency.web.contexts_wall import DuePage, WallPage
from agency.web.looks import BrandLook
from tenants import clock

_HOUSE = UUID("5f0c9f5e-6a0e-4f6e-8a9c-6f3a1d0b7c12")


def wall(brands: Sequence[BrandLook], kind: str = "") -> WallPage:
    """Brands in trouble and quiet ones; `none`: nothing waits."""
    now = clock.now()
    quiet = BrandWall(_HOUSE, 0, 0, None, None, None, 0, 0, 0, 0, 0)
    busy = quiet._replace(waiting=1_204, with_client=12, client_since=now - timedelta(hours=5), late=100, due_soon=7)
    busy = busy._replace(oldest=now - timedelta(days=2), oldest_id=_HOUSE, broken=2, due_today=3, troubled=1)
    some = quiet._replace(waiting=4, oldest=now - timedelta(minutes=40), oldest_id=_HOUSE, due_soon=1)
    shown = [] if kind == "none" else [busy, some, some._replace(due_soon=0, troubled=2, waiting=0)]
    found = [one._replace(brand_id=uuid5(_HOUSE, str(place))) for place, one in enumerate([*shown, quiet])]
    looks = {one.brand_id: look for one, look in zip(found, [*brands] * 4, strict=False)}
    figures = (Beside(), Beside()) if kind == "none" else (Beside(1_204, 900, 850, 850 * 7_400, 700, 640), Beside(300))
    return page.wall_page(found, looks, *figures, rest=False)


def due(brands: Sequence[BrandLook]) -> DuePage:
    """Cases that are due; one by somebody hostile."""
    now = clock.now()
    one = DueSoon(_HOUSE, _HOUSE, "google_business", "review", "Anna Szczebrzeszyńska", "Zimne śniadanie.", now, None)
    cases = [
        one._replace(due_at=now + timedelta(minutes=4), holder_name="Ana"),
        one._replace(due_at=now + timedelta(minutes=40), author_name="<img src=x onerror=alert(1)>"),
    ]
    return page.due_page(cases, {_HOUSE: brands[0]}, None)
