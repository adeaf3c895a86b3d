"""An invented wall, for `/parts/pages/`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from agency.reports.figures import BrandSums, DaySums, Figures, Sums
from agency.reports.models import WAIT_STEPS
from agency.reports.wall import Beside, BrandWall, DueSoon
from agency.web import figures as figures_of
from agency.web import wall as page
from agency.web.contexts_figures import CountedCasesPage, CountedRow, FiguresPage
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
    busy = busy._replace(hours={str(ago): 1_204 - ago * 17 for ago in range(24)})
    some = quiet._replace(waiting=4, oldest=now - timedelta(minutes=40), oldest_id=_HOUSE, due_soon=1)
    shown = [] if kind == "none" else [busy, some, some._replace(due_soon=0, troubled=2, waiting=0)]
    found = [one._replace(brand_id=uuid5(_HOUSE, str(place))) for place, one in enumerate([*shown, quiet])]
    looks = {one.brand_id: look for one, look in zip(found, [*brands] * 4, strict=False)}
    figures = (Beside(), Beside()) if kind == "none" else (Beside(1_204, 900, 850, 850 * 7_400, 700, 640), Beside(300))
    on_shift, around = (None, (0, 0)) if kind == "none" else (3, (1, 2))
    return page.wall_page(found, looks, *figures, on_shift=on_shift, around=around, rest=False)


def due(brands: Sequence[BrandLook]) -> DuePage:
    """Cases that are due; one by somebody hostile."""
    now = clock.now()
    one = DueSoon(_HOUSE, _HOUSE, "google_business", "review", "Anna Szczebrzeszyńska", "Zimne śniadanie.", now, None)
    cases = [
        one._replace(due_at=now + timedelta(minutes=4), holder_name="Ana"),
        one._replace(due_at=now + timedelta(minutes=40), author_name="<img src=x onerror=alert(1)>"),
    ]
    return page.due_page(cases, {_HOUSE: brands[0]}, None)


def figures(brands: Sequence[BrandLook], kind: str = "") -> FiguresPage:
    """Of 28 days; `none`: nothing came."""
    today = clock.now().date()
    waits = tuple(40 if place in (7, 9, 12) else 0 for place in range(WAIT_STEPS))
    some = Sums(1_204, 900, 850, 850 * 7_400, 850 * 1_200, 800, 50, 700, 640, waits)
    days = [DaySums(today - timedelta(days=n), n % 3 == 0, 40 + n, 30 + n, 20) for n in range(28)]
    ids = [uuid5(_HOUSE, look.id) for look in brands]
    found = Figures([BrandSums(one, some, Sums(received=3)) for one in ids], days)
    looks = dict(zip(ids, brands, strict=True))
    return figures_of.figures_page(Figures([], []) if kind == "none" else found, looks, 28, None, rest=False)


def figure_cases(brands: Sequence[BrandLook]) -> CountedCasesPage:
    """What one number counts."""
    row = CountedRow(
        brand=brands[1], place="Google · review", customer="<img src=x onerror=alert(1)>", words="Zimne śniadanie.",
        url="#", day="20 Nov 2026", count="3", took="2 hr",
    )  # fmt: skip
    return CountedCasesPage(
        title="Answered, in public, the last 7 days", number="3", meaning="The counts of all rows come to this number.",
        rows=(row,), back_url="#", back_words="Figures", next_url="#",
    )  # fmt: skip
