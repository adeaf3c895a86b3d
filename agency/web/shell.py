"""The frame around every page: who is here, where they may go, which brands they may speak for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from heapq import nlargest
from typing import Any, cast
from uuid import UUID

from flask import current_app, flash, g, get_flashed_messages, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Row, func, select

from agency.inbox.badges import Badges, badges
from agency.inbox.filters import MOST_VALUES
from agency.inbox.queries import BUSIEST_BRANDS, BrandName, QueueState
from agency.notices.reading import MOST_COUNTED, unread_of
from agency.web.billing_banner import billing_notices
from agency.web.contexts import Shell
from agency.web.language import chosen_language, per_language
from agency.web.looks import BrandLook, Choice, Notice, Toast, Tone, brand_look
from agency.web.route_policy import ROUTE_POLICY, Audience
from agency.web.static_version import static_version
from agency.web.theme import chosen_theme
from agency.web.who import person_of_request
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Actor, Role

PRODUCT = "Onbrand"
FEW_BRANDS = 24
"""So many brands all stand in the rail; of more the busiest do, and the switcher asks for the rest."""

PLACES: tuple[tuple[str, str, str], ...] = (
    ("inbox.inbox", "inbox", "g i"),
    ("wall.wall", "eye", "g d"),
    ("owner.waiting", "approvals", "g a"),
    ("promises_page.promises", "hourglass", ""),
    ("later_page.later", "clock", ""),
    ("team_page.team", "person", ""),
    ("incidents_page.incidents", "alert", ""),
    ("brands_page.brands", "brands", ""),
    ("accounts_page.accounts", "channels", ""),
    ("quiz.quizzes", "bulb", ""),
    ("quality.quality", "check-double", ""),
    ("people.people", "people", ""),
    ("billing_page.billing", "tag", ""),
)
"""Endpoint, icon and key of the main places. The route's own policy says who sees it; one not built yet is left out."""
BEHIND_MORE: frozenset[str] = frozenset(
    {
        "brands_page.brands",
        "accounts_page.accounts",
        "quiz.quizzes",
        "quality.quality",
        "people.people",
        "billing_page.billing",
    }
)
"""Places where things are set up and learnt, not worked in by the hour: behind *More* for who has many places."""
MOST_IN_RAIL = 9
"""Of so many places all stand in the rail."""
MORE = ("more_page.more", "menu")


@per_language
def role_words() -> dict[Role, str]:
    """What each role is called."""
    return {
        Role.AGENCY_ADMIN: _("Agency admin"),
        Role.TEAM_LEAD: _("Team lead"),
        Role.STAFF: _("Staff"),
        Role.LIGHT: _("Light: reads and notes"),
        Role.CLIENT_OWNER: _("Client owner"),
        Role.BILLING_ADMIN: _("Billing admin"),
    }


@per_language
def place_words() -> dict[str, str]:
    """What the main places are called, by endpoint."""
    return {
        "inbox.inbox": _("Inbox"),
        "wall.wall": _("Wall"),
        "owner.waiting": _("Approvals"),
        "promises_page.promises": _("Promises"),
        "later_page.later": _("Later"),
        "team_page.team": _("Team"),
        "incidents_page.incidents": _("Incidents"),
        "brands_page.brands": _("Brands"),
        "accounts_page.accounts": _("Channels"),
        "quiz.quizzes": _("Quiz"),
        "quality.quality": _("Quality"),
        "people.people": _("People"),
        "billing_page.billing": _("Billing"),
    }


def brands_of_request() -> Sequence[Row[Any]]:
    """Brands this person may see, archived ones left out, by name: one statement a request however often asked.

    Rows of id, name, mark, colour, language, time_zone, needs_approval, answer_due_hours, paused_at.
    """
    if "brands" not in g:
        g.brands = db.session.execute(
            select(
                Brand.id,
                Brand.name,
                Brand.mark,
                Brand.colour,
                Brand.language,
                Brand.time_zone,
                Brand.needs_approval,
                Brand.answer_due_hours,
                Brand.paused_at,
            )
            .where(Brand.archived_at.is_(None))
            .order_by(func.lower(Brand.name), Brand.id)
        ).all()
    return cast(Sequence[Row[Any]], g.brands)


def brand_looks() -> dict[UUID, BrandLook]:
    """How each of them is drawn, by id."""
    return {row.id: brand_look(str(row.id), row.name, row.mark, row.colour) for row in brands_of_request()}


def badges_of_request() -> Badges:
    """How many conversations each brand has: one statement a request however often asked."""
    if "badges" not in g:
        g.badges = badges()
    return cast(Badges, g.badges)


def rail_brands() -> list[BrandLook]:
    """Brands for the rail and for filters, by name: all of a few, else the busiest and the chosen one."""
    if "rail_brands" not in g:
        found = brands_of_request()
        shown: Iterable[int] = range(len(found))
        if len(found) > FEW_BRANDS:
            chosen = _chosen_brands()
            counts = badges_of_request()
            busiest = nlargest(BUSIEST_BRANDS, shown, key=lambda place: counts.of(found[place].id).open_count)
            asked_for = [place for place in shown if str(found[place].id) in chosen] if chosen else []
            shown = sorted({*busiest, *asked_for})
        rows = [found[place] for place in shown]
        g.rail_brands = [brand_look(str(row.id), row.name, row.mark, row.colour) for row in rows]
    return cast(list[BrandLook], g.rail_brands)


def take_brands(state: QueueState, names: Mapping[UUID, BrandName]) -> None:
    """Give the frame what the queue has read already, so that it need not read all brands for a dozen of them."""
    take_names(state.brand_count, state.busiest, names)


def take_names(brand_count: int, busiest: Iterable[UUID], names: Mapping[UUID, BrandName]) -> None:
    """The same of any page that knows them; `busiest` are at most BUSIEST_BRANDS."""
    g.has_many_brands = brand_count > FEW_BRANDS
    shown: Iterable[BrandName] = names.values()
    if g.has_many_brands:
        chosen = map(UUID, _chosen_brands())
        few = [names[brand_id] for brand_id in {*busiest, *chosen} if brand_id in names]
        shown = sorted(few, key=lambda brand: brand.place)
    g.rail_brands = [brand_look(str(brand.id), brand.name, brand.mark, brand.colour) for brand in shown]


def _has_many_brands() -> bool:
    return bool(g.has_many_brands) if "has_many_brands" in g else len(brands_of_request()) > FEW_BRANDS


def brand_links(looks: Iterable[BrandLook]) -> tuple[Choice, ...]:
    """A link to each brand's queue: back to where one was in it, or to its top where it is shown already."""
    return _brand_links(tuple(looks), _chosen_brands())


@lru_cache(maxsize=256)
def _brand_links(looks: tuple[BrandLook, ...], chosen: tuple[str, ...]) -> tuple[Choice, ...]:
    inbox, alone = place_url("inbox.inbox"), len(chosen) == 1
    return tuple(
        Choice(
            look.name,
            f"{inbox}?brand={look.id}" + ("" if alone and look.id in chosen else "&back=1"),
            selected=look.id in chosen,
            value=look.id,
            brand=look,
        )
        for look in looks
    )


def _chosen_brands() -> tuple[str, ...]:
    """Ids of the brands this address names, in order; what is no id is left out."""
    found = (id_from(one) for one in request.args.getlist("brand")[:MOST_VALUES])
    return tuple(dict.fromkeys(str(one) for one in found if one is not None))


@lru_cache(maxsize=64)
def place_url(endpoint: str) -> str:
    """The address of a page that needs no values: worked out once, because a frame names a dozen."""
    return url_for(endpoint)


def home_url(actor: Actor | None) -> str:
    """Where a person starts: clients at what waits for them, staff at the inbox, others at their own settings."""
    first = "owner.waiting" if actor is not None and actor.role is Role.CLIENT_OWNER else "inbox.inbox"
    for endpoint in (first, "inbox.inbox", "billing_page.billing"):
        if actor is not None and may_open(actor, endpoint):
            return url_for(endpoint)
    return url_for("account_page.account")


def shell(*, notices: Sequence[Notice] = (), with_brands: bool = True, unread: int | None = None) -> Shell:
    """The frame for this request; without a person (sign-in, errors) only language, theme and assets.

    `unread` is how many notices wait for the person, where a page has read it beside something else.
    """
    settings, person = settings_of_app(), person_of_request()
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    base: dict[str, Any] = {
        "language": chosen_language(),
        "theme": chosen_theme(),
        "here": here,
        "assets": static_version(),
        "env": settings.onbrand_env,
        "notices": tuple(notices),
    }
    if person is None:
        return Shell(agency_name=PRODUCT, **base)
    actor = person.actor
    is_member = actor is not None and not person.must_set_up_second_factor
    brands = _brand_choices(actor) if actor is not None and is_member and with_brands else ()
    if actor is not None and is_member:
        base["notices"] = (*base["notices"], *billing_notices(actor))
    return Shell(
        agency_name=person.agency_name or PRODUCT,
        person_name=person.name,
        person_email=person.email,
        role_word=role_words()[actor.role] if actor is not None else "",
        menu=_menu(actor) if actor is not None and is_member else (),
        brands=brands,
        brands_url=place_url("brand_switch.brands") if brands else "",
        toasts=toasts(),
        account_url=place_url("account_page.account"),
        sign_out_url=place_url("sign_in.sign_out"),
        away_url=place_url("away.leave_desk")
        if actor is not None and is_member and may_open(actor, "away.leave_desk")
        else "",
        keys_on=bool(person.preferences.get("keys_on", True)),
        notices_url=place_url("notices_page.notices") if is_member else "",
        unread=_unread_words(actor, unread) if actor is not None and is_member else "",
        **base,
    )


def _unread_words(actor: Actor, known: int | None) -> str:
    """Nothing is counted for parts that htmx asks for, which have no frame, and on pages that enter no scope."""
    if known is None:
        is_counted = "HX-Request" not in request.headers and db.session.info.get("scope") is not None
        known = unread_of(actor) if is_counted else 0
    return f"{MOST_COUNTED}+" if known > MOST_COUNTED else str(known or "")


def plain_shell() -> Shell:
    """The frame of an error page: asks neither database nor session."""
    return Shell(
        agency_name=PRODUCT,
        language=chosen_language(),
        theme=chosen_theme(),
        assets=static_version(),
        env=settings_of_app().onbrand_env,
    )


def render_page(template: str, page: object, **more: Any) -> str:
    """A template with its shell and page."""
    return render_template(template, shell=more.pop("shell", None) or shell(), page=page, **more)


def toast(words: str, tone: Tone = "good", *, undo_url: str = "", more_url: str = "", more_label: str = "") -> None:
    """Say on the next page what was just done."""
    said = {"words": words, "tone": tone, "undo_url": undo_url, "more_url": more_url, "more_label": more_label}
    flash(said, "toast")  # type: ignore[arg-type]


def toasts() -> tuple[Toast, ...]:
    """What is to be said, once."""
    told: list[Any] = get_flashed_messages(category_filter=["toast"])
    return tuple(Toast(**t) for t in told)


def may_open(actor: Actor, endpoint: str) -> bool:
    """Whether this page exists and its policy lets the person in."""
    if endpoint not in current_app.view_functions:
        return False
    policy = ROUTE_POLICY[endpoint]
    return isinstance(policy, Audience) or actor.may(policy)


def _menu(actor: Actor) -> tuple[Choice, ...]:
    words, here = place_words(), (request.blueprint or "").removesuffix("_results")
    every = [(endpoint, icon, key) for endpoint, icon, key in PLACES if may_open(actor, endpoint)]
    shown = [one for one in every if len(every) <= MOST_IN_RAIL or one[0] not in BEHIND_MORE]
    menu = [
        Choice(
            words[endpoint],
            place_url(endpoint),
            selected=here == endpoint.partition(".")[0],
            value=icon,
            key=key,
        )
        for endpoint, icon, key in shown
    ]
    if len(shown) < len(every):
        behind = {"more_page", *(endpoint.partition(".")[0] for endpoint in BEHIND_MORE)}
        menu.append(Choice(_("More"), place_url(MORE[0]), selected=here in behind, value=MORE[1]))
    return tuple(menu)


def _brand_choices(actor: Actor) -> tuple[Choice, ...]:
    if not may_open(actor, "inbox.inbox") or actor.role is Role.BILLING_ADMIN:
        return ()
    inbox, is_every = place_url("inbox.inbox"), not request.args.get("brand")
    every = Choice(_("All brands"), inbox if is_every else f"{inbox}?back=1", selected=is_every, key="b")
    links = brand_links(rail_brands())
    if len(links) < 2:
        return (every, *links)
    several = _("Switch brand") if _has_many_brands() else _("Several brands")
    chosen = "&".join(f"brand={one}" for one in _chosen_brands())
    where = f"{place_url('brand_switch.brands')}?{chosen}" if chosen else place_url("brand_switch.brands")
    return (every, *links, Choice(several, where, selected=len(_chosen_brands()) > 1))
