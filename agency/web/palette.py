"""The command palette: everywhere one may go and everything one may do, by a few letters. And a page of the same.

A page carries only the key. The dialog, with all that is few (places, views, brands, colleagues, deeds), comes when
somebody asks for it, and narrows in the browser; customers and cases are asked for while typing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import gettext as _

from agency.inbox.colleagues import colleagues_of
from agency.inbox.contacts.finding import find_people
from agency.inbox.filters import LONGEST_SEARCH, QueueFilter
from agency.inbox.queries import list_conversations
from agency.inbox.saved_views import list_views
from agency.web.contexts_palette import PaletteGroup, PaletteOption, PalettePage
from agency.web.customer_looks import shown_name
from agency.web.keys import CASE, EVERYWHERE, KEYS, QUEUE, caps
from agency.web.palette_matching import points
from agency.web.queue_rows import with_marks
from agency.web.reply_looks import platform_word
from agency.web.search_look import found_rows
from agency.web.shell import PLACES, brand_looks, may_open, place_words, shell
from agency.web.who import actor_of_request
from tenants.permissions import Actor, Permission

palette = Blueprint("palette", __name__)

MOST_FOUND = 6
SETTINGS: tuple[tuple[str, str], ...] = (
    ("account_page.account", "person"),
    ("handover_page.mine", "next"),
    ("handover_page.of_team", "next"),
    ("saved_replies_page.saved_replies", "reply"),
    ("ranking_page.weights", "up"),
    ("clocks_page.of_agency", "clock"),
    ("labels_page.labels", "dot"),
    ("desk_rules_page.rules", "chain"),
    ("views_page.views", "filter"),
    ("quality_results.mine", "check-double"),
    ("quality_results.trends", "check-double"),
    ("import_page.imports", "inbox"),
    ("record_page.record", "check-double"),
    ("permissions_page.permissions", "shield"),
    ("keys_page.sheet", "key"),
)
"""Endpoint and icon of further pages that need no values. The route's own policy says who sees them."""
_NO_DEEDS = frozenset({"Mod+k", "j", "k", "Enter", "Escape", "[", "]", "?"})


@palette.get("/palette")
def page() -> Response:
    """For htmx the dialog with everything in it; else a page with what fits `q`."""
    actor, typed = actor_of_request(), _typed()
    if request.headers.get("HX-Request") == "true":
        who = hashlib.blake2b(actor.user_id.bytes, digest_size=6).hexdigest()
        given = PalettePage(typed="", groups=_groups(actor), who=who)
        return make_response(render_template("palette/_dialog.html", page=given, shell=None))
    groups = [*_narrowed(_groups(actor, with_deeds=False), typed), *_searches(actor, typed)]
    given = PalettePage(typed=typed, groups=tuple(one for one in groups if one.options), who="")
    return make_response(render_template("palette/page.html", page=given, shell=shell()))


@palette.get("/palette/found")
def found() -> Response:
    """People whose names begin so; cases whose texts, people, notes or numbers have what is typed, open ones first."""
    actor, typed = actor_of_request(), _typed()
    given = PalettePage(typed=typed, groups=_asked_for(actor, typed), who="")
    return make_response(render_template("palette/_found.html", page=given, shell=None))


def _typed() -> str:
    return " ".join(request.args.get("q", "").replace("\x00", "").split())[:LONGEST_SEARCH]


def _groups(actor: Actor, *, with_deeds: bool = True) -> tuple[PaletteGroup, ...]:
    groups = [PaletteGroup("deeds", _("Here"), _deeds(actor))] if with_deeds else []
    if actor.may(Permission.CONVERSATION_READ):
        views = [PaletteOption(v.name, "filter", _inbox(v.filters)) for v in list_views(actor)]
        groups.append(PaletteGroup("views", _("Saved views"), tuple(views)))
    groups.append(PaletteGroup("places", _("Places"), _places(actor)))
    if actor.may(Permission.CONVERSATION_READ):
        looks = brand_looks().values()
        brands = [PaletteOption(b.name, "", _inbox({"brand": [b.id]}), brand=b) for b in looks]
        groups.append(PaletteGroup("brands", _("Brands"), tuple(brands)))
    if actor.may(Permission.CONVERSATION_WORK):
        people = [
            PaletteOption(one.name, "person", _inbox({"holder": [str(one.person_id)]}), note=_("their cases"))
            for one in colleagues_of(actor)
        ]
        groups.append(PaletteGroup("people", _("Colleagues"), tuple(people)))
    return tuple(group for group in groups if group.options)


def _inbox(filters: dict[str, list[str]]) -> str:
    return f"{url_for('inbox.inbox')}?{urlencode(filters, doseq=True)}"


def _deeds(actor: Actor) -> tuple[PaletteOption, ...]:
    """What keys do on the page; the script leaves out what is not there, and so what the role may not do."""
    wanted = [
        key for key in KEYS if key.where in (CASE, QUEUE, EVERYWHERE) and not key.url and key.name not in _NO_DEEDS
    ]
    return tuple(
        PaletteOption(_capital(str(key.does)), "next", press=key.name, caps=tuple(caps(key.name))) for key in wanted
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _places(actor: Actor) -> tuple[PaletteOption, ...]:
    words = {**place_words(), **setting_words()}
    listed: Iterable[tuple[str, str]] = ((endpoint, icon) for endpoint, icon, _key in PLACES)
    return tuple(
        PaletteOption(words[endpoint], icon, url_for(endpoint))
        for endpoint, icon in (*listed, *SETTINGS)
        if may_open(actor, endpoint)
    )


def setting_words() -> dict[str, str]:
    """What the further pages are called, by endpoint."""
    return {
        "account_page.account": _("Account"),
        "handover_page.mine": _("Handover"),
        "handover_page.of_team": _("Handovers of the team"),
        "saved_replies_page.saved_replies": _("Saved replies"),
        "ranking_page.weights": _("Weights of the ranking"),
        "clocks_page.of_agency": _("By when customers hear from us"),
        "labels_page.labels": _("Labels"),
        "desk_rules_page.rules": _("Rules of the desk"),
        "views_page.views": _("Saved views"),
        "quality_results.mine": _("What was found of my replies"),
        "quality_results.trends": _("Quality over the weeks"),
        "import_page.imports": _("Imports of earlier conversations"),
        "record_page.record": _("Who did what"),
        "permissions_page.permissions": _("Who may do what"),
        "keys_page.sheet": _("Keys"),
    }


def _narrowed(groups: Sequence[PaletteGroup], typed: str) -> list[PaletteGroup]:
    narrowed = []
    for group in groups:
        counted = [(points(option.label, typed), option) for option in group.options]
        fitting = sorted((one for one in counted if one[0]), key=lambda one: -one[0])
        narrowed.append(group._replace(options=tuple(option for _points, option in fitting)))
    return narrowed


def _searches(actor: Actor, typed: str) -> list[PaletteGroup]:
    if not typed or not actor.may(Permission.CONVERSATION_READ):
        return []
    searches = (
        PaletteOption(_("Search open cases"), "search", _inbox({"q": [typed]}), note=typed),
        PaletteOption(_("Search all cases"), "search", _inbox({"q": [typed], "state": ["any"]}), note=typed),
    )
    return [*_asked_for(actor, typed), PaletteGroup("search", _("Search"), searches)]


def _asked_for(actor: Actor, typed: str) -> tuple[PaletteGroup, ...]:
    """What is too much to come with the dialog."""
    customers = PaletteGroup("customers", _("Customers"), _customers(actor, typed))
    return (customers, PaletteGroup("cases", _("Cases"), _cases(actor, typed)))


def _customers(actor: Actor, typed: str) -> tuple[PaletteOption, ...]:
    if len(typed) < 2 or not actor.may(Permission.CONTACT_READ):
        return ()
    looks = brand_looks()
    return tuple(
        PaletteOption(
            shown_name(one.name),
            "",
            url_for("customer_page.person", contact_id=one.id),
            brand=looks[one.brand_id],
            note=f"{_('VIP')} · {platform_word(one.platform)}" if one.is_vip else platform_word(one.platform),
        )
        for one in find_people(actor, typed)
        if one.brand_id in looks
    )


def _cases(actor: Actor, typed: str) -> tuple[PaletteOption, ...]:
    if len(typed) < 2:
        return ()
    looks, options = brand_looks(), dict[str, PaletteOption]()
    for status in ("open", None):
        wanted = QueueFilter(q=typed, status=status, with_notes=actor.may(Permission.NOTE_READ))
        listed = list_conversations(wanted, limit=MOST_FOUND, me=actor.user_id, with_accounts=False)
        for row in found_rows(listed, wanted):
            number = str(row.id)
            look = looks.get(row.brand_id)
            if look is None or number in options:
                continue
            options[number] = PaletteOption(
                (row.author_name or _("Somebody")).replace("\x01", "").replace("\x02", ""),
                "",
                url_for("inbox.case", conversation_id=row.id, q=typed, state="any" if status is None else None),
                brand=look,
                note=with_marks(row.excerpt),
            )
        if len(options) >= MOST_FOUND:
            break
    return tuple(options.values())[:MOST_FOUND]
