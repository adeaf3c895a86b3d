"""The filter bar: every filter of the queue in words, those in force as chips, and the form that combines them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import labels, topic_names
from agency.inbox.colleagues import colleagues_of, name_of
from agency.inbox.contacts.names import folded
from agency.inbox.filters import ANY, FILTERS, FREE, ME, NONE, PLATFORMS, REPLY_STATES
from agency.inbox.label_names import LabelName
from agency.inbox.topics import LIMITS
from agency.inbox.understanding.reading import UNKNOWN
from agency.inbox.understanding.stored import ASPECTS
from agency.web.contexts_filters import Chip, FilterGroup, FiltersPage, Find
from agency.web.inbox_address import Address, read_address
from agency.web.language import per_language
from agency.web.looks import BrandLook, Choice
from agency.web.reading_words import aspect_words, label_words
from agency.web.saved_reply_words import language_name
from agency.web.shell import FEW_BRANDS, brand_looks, render_page
from agency.web.state_looks import reply_states
from agency.web.who import actor_of_request
from channels.registry import traits_of
from tenants.permissions import Actor, Permission

inbox_filters = Blueprint("inbox_filters", __name__)

MOST_TOPICS: Final = 40
"""So many are offered at once: as many as one brand has."""
LANGUAGES = ("en", "pt", "pl", "es", "de", "fr", "it", "cs", "uk")


@inbox_filters.get("/inbox/filters")
def filters() -> AnyResponse:
    """Every filter with what this address chose: for the drawer the fields alone, else a page."""
    actor, address = actor_of_request(), read_address()
    page = FiltersPage(
        url="/inbox",
        groups=tuple(_groups(actor, address)),
        kept=tuple((name, value) for name in ("view",) for value in address.kept.get(name, ())),
        search=address.wanted.q,
        labels_url=url_for("labels_page.labels") if actor.may(Permission.LABEL_MANAGE) else "",
    )
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("inbox/_filter_fields.html", page=page))
    return make_response(render_page("inbox/filters.html", page))


def find_labels(offered: labels.Offered, typed: str, name: str, url: str) -> Find | None:
    """The field by which other labels are found; None where all are offered."""
    if offered.total <= labels.FEW_LABELS:
        return None
    usual = _("Of %(total)s labels these are chosen or used most. Type to find others.", total=offered.total)
    return Find(name, _("Find a label"), typed, told_of(len(offered.rows), offered.left, typed) or usual, url)


def told_of(shown: int, left: int, typed: str) -> str:
    """What is told of choices that were asked for, and of those that fit beyond them; empty where nobody asked."""
    if not typed:
        return ""
    if left:
        return ngettext(
            "%(shown)s are shown, %(num)s more fits. Type more letters.",
            "%(shown)s are shown, %(num)s more fit. Type more letters.",
            left,
            shown=shown,
        )
    return (
        ngettext("%(num)s is shown.", "%(num)s are shown.", shown) if shown else _("Nothing fits. Try fewer letters.")
    )


@per_language
def filter_words() -> dict[str, str]:
    """What each filter is called."""
    return {
        "brand": _("Brand"),
        "platform": _("Platform"),
        "kind": _("Kind"),
        "state": _("State"),
        "holder": _("Who has it"),
        "reply": _("Reply"),
        "language": _("Language"),
        "label": _("Label"),
        "stars": _("Stars"),
        "topic": _("Topic"),
        "sign": _("Signs"),
        "late": _("Late"),
        "for_me": _("For me"),
        **{aspect: aspect_words()[aspect] for aspect in ("act", "sentiment")},
        "q": _("Search"),
    }


@per_language
def value_words() -> dict[str, dict[str, str]]:
    """What each fixed value of each filter is called."""
    replies = reply_states()
    return {
        "platform": {platform: traits_of(platform).label for platform in PLATFORMS},
        "kind": {
            "comment": _("Comments"),
            "review": _("Reviews"),
            "post": _("Visitors' posts"),
            "mention": _("Mentions"),
            "message": _("Direct messages"),
        },
        "state": {"open": _("Open"), "snoozed": _("Snoozed"), "closed": _("Closed"), ANY: _("Any state")},
        "holder": {ME: _("Me"), FREE: _("Nobody")},
        "reply": {NONE: _("No reply yet"), **{s: replies[s].word for s in REPLY_STATES if s in replies}},
        "language": {**{code: language_name(code) for code in LANGUAGES}, NONE: _("Language not known")},
        "stars": {str(n): "★" * n for n in range(1, 6)},
        "sign": {
            "vip": _("VIP"),
            "unanswered": _("Nobody answered in time"),
            "timed": _("Goes out later"),
            "kept": _("Kept for somebody"),
            "comes_back": _("Comes back at a time"),
            "incident": _("Part of an incident"),
            "in_loop": _("Waits for a loop"),
        },
        "late": {"1": _("Late")},
        "for_me": {"1": _("Kept for me")},
        **{aspect: _said(aspect) for aspect in ("act", "sentiment")},
    }


def _said(aspect: str) -> dict[str, str]:
    words = label_words()
    return {label: words[label].capitalize() for label in ASPECTS[aspect]} | {NONE: words[UNKNOWN].capitalize()}


def words_of(
    given: Mapping[str, Sequence[str]], brands: Mapping[UUID, str], label_names: Mapping[UUID, LabelName]
) -> list[tuple[str, str, str]]:
    """Name of the filter, value, and the value in words, in the order of the bar; the tab is left out."""
    fixed, found = value_words(), []
    for field in FILTERS:
        for value in given.get(field.name, ()) if field.column else ():
            found.append((field.name, value, _word(field.name, value, fixed, brands, label_names)))
    return found


def _word(
    name: str,
    value: str,
    fixed: Mapping[str, Mapping[str, str]],
    brands: Mapping[UUID, str],
    label_names: Mapping[UUID, LabelName],
) -> str:
    known = fixed.get(name, {}).get(value)
    if known is not None:
        return known
    if name == "brand":
        return brands.get(UUID(value), "")
    if name == "label":
        label = label_names.get(UUID(value))
        return label.name if label is not None else _("a label not in use")
    if name == "topic":
        return topic_names.names_of([UUID(value)]).get(UUID(value)) or _("a topic not in use")
    if name == "holder":
        return name_of(actor_of_request().agency_id, UUID(value)) or _("somebody else")
    return f"“{value}”" if name == "q" else value


def chips(address: Address, looks: Mapping[UUID, BrandLook], label_names: Mapping[UUID, LabelName]) -> tuple[Chip, ...]:
    """The filters in force. One brand alone is no chip: it is the list's heading."""
    sorts = filter_words()
    several = len(address.kept.get("brand", ())) > 1
    names = {brand_id: look.name for brand_id, look in looks.items()}
    found = []
    for name, value, word in words_of(address.kept, names, label_names):
        if not word or (name == "brand" and not several):
            continue
        label = label_names.get(UUID(value)) if name == "label" else None
        found.append(
            Chip(
                label=word,
                sort=sorts[name],
                url=address.without(name, value),
                brand=looks.get(UUID(value)) if name == "brand" else None,
                colour=label.colour if label is not None else "",
            )
        )
    return tuple(found)


def _groups(actor: Actor, address: Address) -> Iterable[FilterGroup]:
    words, fixed, looks = filter_words(), value_words(), brand_looks()
    for field in FILTERS:
        chosen = address.kept.get(field.name, [])
        if field.name == "brand":
            yield _brands(chosen, looks)
        elif field.name == "label":
            yield from _labels(actor, chosen, request.args.get("find_label", ""))
        elif field.name == "topic":
            yield from _topics(chosen, address.kept.get("brand", []), looks, request.args.get("find_topic", ""))
        elif field.name == "holder":
            if actor.may(Permission.CONVERSATION_WORK):
                people = {str(one.person_id): one.name for one in colleagues_of(actor)}
                yield _one_of(field.name, _("Anybody or nobody"), {**fixed["holder"], **people}, chosen)
        elif field.name == "state":
            yield _one_of(
                field.name, _("In the queue"), {s: w for s, w in fixed["state"].items() if s != "open"}, chosen
            )
        elif field.column and field.name != "q":
            given = fixed[field.name]
            more = {one: one for one in chosen if one not in given}
            ticks = ({**given, **more}).items()
            yield FilterGroup(
                field.name,
                words[field.name],
                tuple(Choice(word, "", value=value, selected=value in chosen) for value, word in ticks),
                is_many=True,
            )


def _labels(actor: Actor, chosen: Sequence[str], typed: str) -> Iterable[FilterGroup]:
    typed = typed[: labels.LONGEST_NAME]
    offered = labels.offered_labels(actor, chosen={UUID(one) for one in chosen}, find=typed)
    if offered.total:
        options = tuple(
            Choice(one.name, "", value=str(one.id), selected=str(one.id) in chosen, key=one.colour)
            for one in offered.rows
        )
        find = find_labels(offered, typed, "find_label", url_for("inbox_filters.filters"))
        yield FilterGroup("label", filter_words()["label"], options, is_many=True, find=find)


def _topics(
    chosen: Sequence[str], brands: Sequence[str], looks: Mapping[UUID, BrandLook], typed: str
) -> Iterable[FilterGroup]:
    """Those of few brands all, else those chosen, of the brands chosen, and what is asked for."""
    every = [
        Choice(name, "", value=str(one), selected=str(one) in chosen, brand=looks[brand_id])
        for one, brand_id, name in topic_names.topics_in_use()
        if brand_id in looks
    ]
    if not every:
        return
    options, find = every, None
    if len(every) > MOST_TOPICS:
        typed = typed[: LIMITS["name"]]
        wanted, mine = folded(typed), [one for one in every if one.selected]
        others = [
            one
            for one in every
            if not one.selected and (wanted in folded(one.label) if wanted else one.brand and one.brand.id in brands)
        ]
        options = [*mine, *others[:MOST_TOPICS]]
        usual = _("Of %(total)s topics those chosen or of the chosen brands. Type to find others.", total=len(every))
        told = told_of(len(options), len(others[MOST_TOPICS:]), typed) or usual
        find = Find("find_topic", _("Find a topic"), typed, told, url_for("inbox_filters.filters"))
    yield FilterGroup("topic", filter_words()["topic"], tuple(options), is_many=True, find=find)


def _one_of(name: str, nothing: str, values: Mapping[str, str], chosen: Sequence[str]) -> FilterGroup:
    options = (
        Choice(nothing, "", selected=not chosen),
        *(Choice(word, "", value=value, selected=value in chosen) for value, word in values.items()),
    )
    return FilterGroup(name, filter_words()[name], options)


def _brands(chosen: Sequence[str], looks: Mapping[UUID, BrandLook]) -> FilterGroup:
    few = len(looks) <= FEW_BRANDS
    shown = [look for look in looks.values() if few or look.id in chosen]
    options = (Choice(look.name, "", value=look.id, selected=look.id in chosen, brand=look) for look in shown)
    more = "" if few else url_for("brand_switch.brands")
    return FilterGroup("brand", filter_words()["brand"], tuple(options), is_many=True, more_url=more)
