"""The lead's wall: what will go wrong next, brand by brand, the worst first. Every number opens what it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from heapq import nlargest
from urllib.parse import urlencode
from uuid import UUID

from babel.numbers import format_decimal, format_percent
from flask import Blueprint, Response, make_response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.inbox.queries import BUSIEST_BRANDS, MOST_COUNTED
from agency.reports.wall import DAYS, HOURS, Beside, BrandWall, DueSoon, due_soon, read_wall
from agency.web import clocks
from agency.web.contexts_wall import DueCase, DuePage, WallFigure, WallNumber, WallPage, WallRow, WallTrend
from agency.web.inbox_address import INBOX
from agency.web.language import chosen_language, chosen_zone, per_language
from agency.web.looks import BrandLook, Choice, Clock, Tone, brand_look
from agency.web.reply_looks import place_words
from agency.web.shell import brand_looks, render_page, take_names
from agency.web.who import actor_of_request
from tenants import clock
from tenants.errors import NotFound
from tenants.ids import id_from

wall = Blueprint("wall", __name__)

WALL, FIGURES = "/wall", "/figures"

PAGE_ROWS = 50
"""Brands shown at once, as rows of the queue: the worst; the others are a press away."""
DASH = "–"


@wall.get("/wall", endpoint="wall")
def show_wall() -> Response:
    """All brands of this person in one statement; `rest` shows those beyond the first PAGE_ROWS, too."""
    found = read_wall(actor_of_request())
    rest = request.args.get("rest") == "1"
    busiest = nlargest(BUSIEST_BRANDS, found.brands, key=lambda one: one.waiting)
    take_names(len(found.brands), [one.brand_id for one in busiest], found.names)
    manner = (chosen_language(), str(chosen_zone()), rest)
    page: WallPage | None = found.drawn.get(manner)
    if page is None:
        looks = {one.id: brand_look(str(one.id), one.name, one.mark, one.colour) for one in found.names.values()}
        page = wall_page(
            found.brands,
            looks,
            found.public,
            found.private,
            on_shift=found.on_shift,
            around=(found.incidents, found.handovers),
            rest=rest,
        )
        found.drawn[manner] = page
    return make_response(render_page("wall/page.html", page))


def wall_page(
    brands: Sequence[BrandWall],
    looks: Mapping[UUID, BrandLook],
    public: Beside,
    private: Beside,
    *,
    on_shift: int | None,
    around: tuple[int, int] = (0, 0),
    rest: bool,
) -> WallPage:
    """What was read, ready to print. `around`: incidents that go on, and handovers nobody answered."""
    loud = [one for one in brands if not one.is_quiet]
    shown = loud if rest else loud[:PAGE_ROWS]
    left, quiet = len(loud) - len(shown), len(brands) - len(loud)
    return WallPage(
        at=clocks.moment(clock.now(), chosen_zone(), chosen_language()),
        on_shift=_("On shift now: %(num)s", num=on_shift) if on_shift is not None else "",
        around=_around(*around),
        totals=_totals(brands),
        trend=_trend(_all_hours(brands), sum(one.waiting for one in brands)),
        heads=_heads(),
        rows=tuple(_row(one, looks.get(one.brand_id) or brand_look(str(one.brand_id), "", "", "")) for one in shown),
        quiet=ngettext("Nothing waits at %(num)s brand.", "Nothing waits at %(num)s brands.", quiet) if quiet else "",
        rest_url=f"{WALL}?rest=1" if left else "",
        rest_words=ngettext("And %(num)s more brand", "And %(num)s more brands", left),
        empty="" if shown else _("Nothing waits anywhere, and nothing is about to be late."),
        figures_head=_("The last %(days)s days", days=DAYS),
        figures_url=FIGURES,
        figures=_figures(public, private),
    )


def _around(incidents: int, handovers: int) -> tuple[tuple[str, str], ...]:
    """Each where there are any, with where it leads."""
    said = []
    if incidents:
        said.append(("/incidents", ngettext("%(num)s incident goes on", "%(num)s incidents go on", incidents)))
    if handovers:
        words = ngettext("%(num)s handover waits for an answer", "%(num)s handovers wait for an answer", handovers)
        said.append(("/handovers", words))
    return tuple(said)


@wall.get("/wall/due")
def due() -> Response:
    """The cases that the wall counts as due within the hour, of all brands or of one."""
    looks, given = brand_looks(), request.args.get("brand", "")
    brand_id = id_from(given)
    if given and brand_id not in looks:
        raise NotFound()
    page = due_page(due_soon(actor_of_request(), brand_id), looks, brand_id)
    return make_response(render_page("wall/due.html", page))


def due_page(found: Sequence[DueSoon], looks: Mapping[UUID, BrandLook], brand_id: UUID | None) -> DuePage:
    """What was read, ready to print."""
    shown = found[:MOST_COUNTED]
    return DuePage(
        counts=ngettext("%(shown)s case", "%(shown)s cases", len(found), shown=_shown(len(found))),
        rows=tuple(_case(one, looks) for one in shown),
        brands=(
            Choice(_("All brands"), f"{WALL}/due"),
            Choice(looks[brand_id].name, "", selected=True, brand=looks[brand_id]),
        )
        if brand_id is not None
        else (),
        back_url=WALL,
        more=_("There are more; those that are due first are shown.") if len(found) > len(shown) else "",
    )


def _case(one: DueSoon, looks: Mapping[UUID, BrandLook]) -> DueCase:
    return DueCase(
        brand=looks.get(one.brand_id) or brand_look(str(one.brand_id), "", "", ""),
        place=place_words(one.platform, one.kind),
        customer=one.author_name or _("Somebody"),
        words=one.excerpt,
        url=f"/conversations/{one.id}",
        due=clocks.due(one.due_at, clock.now(), chosen_zone(), chosen_language()),
        holder=one.holder_name or "",
    )


@per_language
def _words() -> dict[str, str]:
    """What each number is called, by the name of its field."""
    return {
        "late": _("Late"),
        "broken": _("Promises broken"),
        "due_soon": _("Due within the hour"),
        "due_today": _("Promised for today"),
        "waiting": _("Waiting"),
        "oldest": _("Waiting longest"),
        "with_client": _("With the client"),
        "troubled": _("Channels in trouble"),
    }


TONES: dict[str, Tone] = {"late": "bad", "broken": "bad", "due_soon": "warn", "troubled": "bad"}
CAPPED = ("late", "broken", "due_soon", "due_today")


def _heads() -> tuple[str, ...]:
    return (*_words().values(), _drawn())


def _drawn() -> str:
    return str(_("Waiting, 24 hours"))


def _trend(hours: Mapping[int, int], now: int) -> WallTrend | None:
    """How many waited so many hours ago, and now; None where fewer than two hours are known."""
    if len(hours) < 2:
        return None
    points = [*((HOURS - ago, many) for ago, many in sorted(hours.items(), reverse=True)), (HOURS + 1, now)]
    top = max(1, *(many for _at, many in points))
    oldest = max(hours)
    said = ngettext(
        "%(num)s hour ago %(before)s, now %(now)s, at most %(most)s",
        "%(num)s hours ago %(before)s, now %(now)s, at most %(most)s",
        oldest,
        before=_decimal(hours[oldest]),
        now=_decimal(now),
        most=_decimal(max(many for _at, many in points)),
    )
    return WallTrend(
        label=_drawn(), said=said, path="M" + "L".join(f"{at} {16 - round(many * 15 / top)}" for at, many in points)
    )


def _all_hours(brands: Sequence[BrandWall]) -> dict[int, int]:
    """Of all brands together: an hour is noted of all brands at once, and one opened since had nothing before."""
    sums = Counter[int]()
    for one in brands:
        for ago, many in (one.hours or {}).items():
            sums[int(ago)] += many
    return sums


def _decimal(number: int) -> str:
    return str(format_decimal(number, locale=chosen_language()))


def _shown(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def _url(name: str, brand_id: UUID | None) -> str:
    """The page that shows exactly what is counted."""
    brand = {"brand": str(brand_id)} if brand_id is not None else {}
    path, query = {
        "late": (INBOX, {"view": "late"}),
        "waiting": (INBOX, {"view": "team"}),
        "with_client": (INBOX, {"view": "waiting"}),
        "broken": ("/promises", {"state": "broken"}),
        "due_today": ("/promises", {"state": "today"}),
        "due_soon": (f"{WALL}/due", {}),
        "troubled": ("/accounts", {"tab": "troubled"}),
    }[name]
    if name == "troubled" and brand_id is not None:
        return f"/brands/{brand_id}/accounts?tab=troubled"
    asked = urlencode(query | brand)
    return f"{path}?{asked}" if asked else path


def _row(one: BrandWall, look: BrandLook) -> WallRow:
    return WallRow(
        brand=look,
        url=_url("waiting", one.brand_id),
        numbers=tuple(_number(one, name) for name in _words()),
        trend=_trend({int(ago): many for ago, many in (one.hours or {}).items()}, one.waiting),
    )


def _number(one: BrandWall, name: str) -> WallNumber | None:
    label = _words()[name]
    if name == "oldest":
        if one.oldest is None or one.oldest_id is None or not one.waiting:
            return None
        url = f"{INBOX}/{one.oldest_id}"
        return WallNumber(label=label, words="", url=url, since=_since(one.oldest))
    count: int = getattr(one, name)
    if not count:
        return None
    since = _since(one.client_since) if name == "with_client" and one.client_since is not None else None
    words = _shown(count) if name in CAPPED else format_decimal(count, locale=chosen_language())
    return WallNumber(
        label=label, words=words, url=_url(name, one.brand_id), tone=TONES.get(name, "plain"), since=since
    )


def _since(at: datetime) -> Clock:
    return clocks.age(at, clock.now(), chosen_zone(), chosen_language())


def _totals(brands: Sequence[BrandWall]) -> tuple[WallNumber, ...]:
    found = []
    for name, label in _words().items():
        if name == "oldest":
            continue
        counts = [getattr(one, name) for one in brands]
        total, more = sum(counts), name in CAPPED and any(one > MOST_COUNTED for one in counts)
        words = format_decimal(total, locale=chosen_language()) + ("+" if more else "")
        tone = TONES.get(name, "plain") if total else "plain"
        found.append(WallNumber(label=label, words=words, url=_url(name, None), tone=tone))
    return tuple(found)


def _figures(public: Beside, private: Beside) -> tuple[WallFigure, ...]:
    def span(of: Beside) -> str:
        return clocks.span_words(of.seconds // of.answered, chosen_language()) if of.answered else DASH

    def share(part: int, whole: int) -> str:
        return format_percent(part / whole, locale=chosen_language()) if whole else DASH

    both = (public, private)
    rows = (
        (
            _("Average time to an answer"),
            [span(of) for of in both],
            _("From the first words of a question to our answer, nights and all."),
        ),
        (
            _("Share answered"),
            [share(of.answered, of.asked) for of in both],
            _("Of the questions that began in these days."),
        ),
        (
            _("Messages received"),
            [format_decimal(of.received, locale=chosen_language()) for of in both],
            _("Written by customers in these days."),
        ),
        (
            _("Share resolved"),
            [share(of.resolved, of.cases) for of in both],
            _("Of the cases whose customer wrote last in these days, those that are closed."),
        ),
    )
    return tuple(WallFigure(label=label, public=one, private=other, meaning=said) for label, (one, other), said in rows)
