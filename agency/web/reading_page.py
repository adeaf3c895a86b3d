"""How a customer's text was read: the menu that corrects it, and how well we read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import corrections
from agency.inbox.conversation_view import get_conversation
from agency.inbox.topic_names import TopicName, names_of
from agency.inbox.understanding.reading import UNKNOWN
from agency.inbox.understanding.stored import (
    ABOUT,
    ASPECTS,
    CORRECTABLE,
    NOT_ABOUT,
    TOPIC,
    Stored,
    judgement_of,
    stands,
)
from agency.web.contexts_reading import (
    ConfusionLook,
    CorrectPage,
    LabelChoice,
    ReadingPage,
    SampleLook,
)
from agency.web.inbox_address import read_address
from agency.web.keys import MENU_LETTERS, TOPIC_KEYS
from agency.web.looks import brand_look
from agency.web.quality_looks import quality_tabs
from agency.web.reading_line import kept_of, named_words, pieces_of
from agency.web.reading_reasons import reasons_of
from agency.web.reading_words import aspect_words, label_words, language_name, said, sureness
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from tenants.errors import Conflict, Invalid, NotFound
from tenants.permissions import Permission

reading_page = Blueprint("reading_page", __name__)

KEYS: Final = {
    ("act", "complaint"): "1",
    ("act", "question"): "2",
    ("act", "praise"): "3",
    ("act", "chatter"): "4",
    ("sentiment", "negative"): "5",
    ("sentiment", "neutral"): "6",
    ("sentiment", "positive"): "7",
    ("urgency", ""): "8",
    ("anger", ""): "9",
    ("toxicity", ""): "0",
    **MENU_LETTERS,
}
"""One key each while the menu is open; of an aspect that is there or not, the key turns it over."""


def _choices(kept: Stored) -> tuple[LabelChoice, ...]:
    found = []
    for (aspect, label), key in KEYS.items():
        now = stands(kept, aspect)
        offered = label or next(one for one in CORRECTABLE[aspect] if one != now)
        found.append(
            LabelChoice(
                aspect=aspect,
                heading=aspect_words()[aspect],
                label=said(aspect, offered),
                value=f"{aspect}:{offered}",
                key=key,
                selected=offered == now,
            )
        )
    return tuple(found)


def _topic_choices(kept: Stored, topics: Iterable[TopicName]) -> tuple[LabelChoice, ...]:
    """The brand's own topics: pressing one takes it away, or puts it on."""
    found = []
    for one, key in zip_longest(topics, TOPIC_KEYS):
        if one is None:
            break
        aspect = f"{TOPIC}{one.id}"
        is_about = judgement_of(kept, aspect).label == ABOUT
        offered = NOT_ABOUT if is_about else ABOUT
        found.append(
            LabelChoice(
                aspect="topic",
                heading=_("Topics of this brand"),
                label=one.name,
                value=f"{aspect}:{offered}",
                key=key or "",
                selected=is_about,
            )
        )
    return tuple(found)


@reading_page.get("/conversations/<uuid:conversation_id>/messages/<uuid:message_id>/reading")
def menu(conversation_id: UUID, message_id: UUID) -> AnyResponse:
    """What a text may be read as: a page, or the inside of the menu."""
    address = read_address()
    view = get_conversation(conversation_id)
    message = next((m for m in view.messages if m.id == message_id and m.direction == "in"), None)
    if message is None:
        raise NotFound()
    page = CorrectPage(
        brand=brand_looks().get(view.brand_id) or brand_look(str(view.brand_id), "", "", ""),
        url=address.deed_url(conversation_id, f"messages/{message_id}/reading"),
        back_url=address.case_url(conversation_id),
        text=message.text,
        language=message.language or "",
        choices=(*_choices(kept_of(message)), *_topic_choices(kept_of(message), view.topics)),
        reasons=reasons_of(message.text, kept_of(message)),
        topics_url=url_for("topics_page.topics", brand_id=view.brand_id)
        if actor_of_request().may(Permission.GUIDE_WRITE)
        else "",
    )
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("inbox/_reading.html", reading=page))
    return make_response(render_page("inbox/reading.html", page))


@reading_page.post("/conversations/<uuid:conversation_id>/messages/<uuid:message_id>/reading")
def correct(conversation_id: UUID, message_id: UUID) -> AnyResponse:
    """Say what it is; then back to the case, or to the sample."""
    aspect, _mark, label = request.form.get("is", "").rpartition(":")
    from_sample = request.form.get("origin") == corrections.SAMPLE
    actor = actor_of_request()
    if from_sample and not actor.may(Permission.QUALITY_JUDGE):
        from_sample = False
    back = url_for("reading_page.reading") if from_sample else read_address().case_url(conversation_id)
    origin = corrections.SAMPLE if from_sample else corrections.CASE
    try:
        corrections.correct(actor, conversation_id, message_id, aspect, label, origin=origin)
    except (Conflict, Invalid) as refused:
        toast(_(refused.message), "warn")
    else:
        toast(_("Noted: %(label)s. It counts for this text for good.", label=_told(aspect, label)))
    return redirect(back, code=303)


def _told(aspect: str, label: str) -> str:
    if not aspect.startswith(TOPIC):
        return said(aspect, label)
    number = UUID(aspect.removeprefix(TOPIC))
    name = names_of([number]).get(number, "")
    return _("about “%(topic)s”", topic=name) if label == ABOUT else _("not about “%(topic)s”", topic=name)


@reading_page.get("/quality/reading")
def reading() -> Response:
    """How well we read: what people corrected, and texts drawn by lot to look at."""
    actor = actor_of_request()
    found = corrections.counts(actor)
    topics = _topic_names(found)
    page = ReadingPage(
        tabs=quality_tabs(actor, "reading_page.reading"),
        heads=(_("Read as"), *(label_words()[label] for label in ASPECTS["act"])),
        languages=tuple(
            _confusion(language, found, topics) for language in dict.fromkeys(one.language for one in found)
        ),
        sample=tuple(_drawn(one) for one in corrections.sample(actor)),
    )
    return make_response(render_page("quality/reading.html", page))


def _topic_names(counts: Iterable[corrections.Count]) -> dict[str, str]:
    """Of the topics that were corrected, by aspect."""
    ids = {UUID(one.aspect.removeprefix(TOPIC)) for one in counts if one.aspect.startswith(TOPIC)}
    return {f"{TOPIC}{number}": name for number, name in names_of(ids).items()} if ids else {}


def _confusion(language: str | None, counts: Iterable[corrections.Count], topics: Mapping[str, str]) -> ConfusionLook:
    of_language = [one for one in counts if one.language == language]
    acts = [one for one in of_language if one.aspect == "act"]
    looked = [one for one in acts if one.origin == corrections.SAMPLE]
    right = sum(one.times for one in looked if one.read_as == one.is_in_truth)
    whole = sum(one.times for one in looked)
    rows = []
    for label in (*ASPECTS["act"], UNKNOWN):
        cells = [
            sum(one.times for one in acts if one.read_as == label and one.is_in_truth == truth)
            for truth in ASPECTS["act"]
        ]
        if any(cells):
            rows.append((label_words()[label], *map(str, cells)))
    others = [
        _("%(aspect)s: %(count)s corrected", aspect=name, count=count)
        for aspect, name in {**aspect_words(), **topics}.items()
        if aspect != "act"
        and (count := sum(one.times for one in of_language if one.aspect == aspect and one.read_as != one.is_in_truth))
    ]
    return ConfusionLook(
        language=_language_name(language),
        checked=ngettext(
            "%(right)s of %(num)s text drawn by lot was read rightly.",
            "%(right)s of %(num)s texts drawn by lot were read rightly.",
            whole,
            right=right,
        )
        if whole
        else _("No text drawn by lot was looked at yet."),
        rows=tuple(rows),
        others=tuple(others),
    )


def _language_name(code: str | None) -> str:
    if code is None:
        return _("Language not known")
    return language_name(code)


def _drawn(one: corrections.Drawn) -> SampleLook:
    act = judgement_of(one.reading, "act")
    return SampleLook(
        brand=brand_looks().get(one.brand_id) or brand_look(str(one.brand_id), _("Archived brand"), "–", ""),
        pieces=pieces_of(one.text, named_words(one.reading)),
        language=one.language or "",
        read_as=said("act", act.label),
        sureness=sureness(act.confidence) if act.label != UNKNOWN else "",
        url=url_for("reading_page.correct", conversation_id=one.conversation_id, message_id=one.message_id),
        choices=tuple(choice for choice in _choices(one.reading) if choice.aspect == "act"),
    )
