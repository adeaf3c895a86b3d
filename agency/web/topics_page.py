"""A brand's own topics: list, write, change, put away. Two people at one topic: the second is told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import topics as room
from agency.inbox.topic_models import Topic
from agency.inbox.topics import LIMITS, MOST_COUNTED, TopicFigures
from agency.web import clocks
from agency.web.brand_address import brand_at, look_of
from agency.web.brand_places import brand_places
from agency.web.contexts_facts import SubjectField
from agency.web.contexts_topics import TopicPage, TopicRow, TopicsPage
from agency.web.guide_words import language_word
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice
from agency.web.reading_words import topic_words
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides.language import SUPPORTED_LANGUAGES
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Permission

topics_page = Blueprint("topics_page", __name__)

FIELDS = ("name", "builds_on")
ANY = "any"
MOST_LANGUAGES = 20


@topics_page.get("/brands/<brand_id>/topics", endpoint="topics")
def show_list(brand_id: str) -> Response:
    """By name, with how each fares."""
    brand, actor = brand_at(brand_id, Permission.GUIDE_READ), actor_of_request()
    archived, here = request.args.get("archived") == "1", url_for("topics_page.topics", brand_id=brand_id)
    rows = room.list_topics(actor, brand.id, archived=archived)
    sees_cases = actor.may(Permission.CONVERSATION_READ) and not archived
    figures = room.figures_of(actor, brand.id) if sees_cases else {}
    may_write = actor.may(Permission.GUIDE_WRITE)
    page = TopicsPage(
        brand=look_of(brand),
        places=brand_places(brand.id, "topics"),
        rows=tuple(_row(row, figures.get(row.id), may_write=may_write) for row in rows),
        tabs=(
            Choice(_("In use"), here, selected=not archived),
            Choice(_("Put away"), f"{here}?archived=1", selected=archived),
        ),
        new_url=url_for("topics_page.new", brand_id=brand.id) if may_write else "",
        is_archived=archived,
    )
    return make_response(render_page("topics/page.html", page))


@topics_page.get("/brands/<brand_id>/topics/new")
def new(brand_id: str) -> Response:
    """An empty form."""
    return _form(brand_at(brand_id, Permission.GUIDE_WRITE), None, {})


@topics_page.post("/brands/<brand_id>/topics")
def create(brand_id: str) -> AnyResponse:
    """Keep a new one."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    try:
        room.create_topic(actor_of_request(), brand.id, _typed())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(brand_at(brand_id, Permission.GUIDE_WRITE), None, _kept(), status=error.http_status, error=error)
    toast(_("Topic added; open cases are read for it within minutes."))
    return redirect(url_for("topics_page.topics", brand_id=brand_id), code=303)


@topics_page.get("/brands/<brand_id>/topics/<topic_id>")
def topic(brand_id: str, topic_id: str) -> Response:
    """The form of one."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    found = room.get_topic(actor_of_request(), brand.id, _id(topic_id))
    return _form(brand, found, _values(found))


@topics_page.post("/brands/<brand_id>/topics/<topic_id>")
def change(brand_id: str, topic_id: str) -> AnyResponse:
    """Change it, unless somebody was faster: then both are shown."""
    brand, wanted = brand_at(brand_id, Permission.GUIDE_WRITE), _id(topic_id)
    try:
        room.change_topic(actor_of_request(), brand.id, wanted, {**_typed(), "version": _version()})
    except (Invalid, Conflict) as error:
        return _refused(brand_id, wanted, error, _kept())
    toast(_("Topic changed; open cases are read for it within minutes."))
    return redirect(url_for("topics_page.topics", brand_id=brand_id), code=303)


@topics_page.post("/brands/<brand_id>/topics/<topic_id>/archive")
def archive(brand_id: str, topic_id: str) -> AnyResponse:
    """Put it away, unless it changed since it was looked at."""
    return _put(brand_id, topic_id, away=True)


@topics_page.post("/brands/<brand_id>/topics/<topic_id>/restore")
def restore(brand_id: str, topic_id: str) -> AnyResponse:
    """Read texts for it again."""
    return _put(brand_id, topic_id, away=False)


def _put(brand_id: str, topic_id: str, *, away: bool) -> AnyResponse:
    brand, wanted = brand_at(brand_id, Permission.GUIDE_WRITE), _id(topic_id)
    try:
        (room.archive_topic if away else room.restore_topic)(actor_of_request(), brand.id, wanted, _version())
    except Conflict as error:
        return _refused(brand_id, wanted, error)
    toast(_("Put away; no text is read for it any more.") if away else _("Back in use"))
    return redirect(url_for("topics_page.topics", brand_id=brand_id), code=303)


def _refused(
    brand_id: str, topic_id: UUID, error: Invalid | Conflict, values: dict[str, str] | None = None
) -> Response:
    db.session.rollback()
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    found = room.get_topic(actor_of_request(), brand.id, topic_id)
    return _form(brand, found, values or _values(found), status=error.http_status, error=error)


def _row(found: Topic, figures: TopicFigures | None, *, may_write: bool) -> TopicRow:
    here: dict[str, Any] = {"brand_id": found.brand_id, "topic_id": found.id}
    spoken: dict[str, list[str]] = {}
    for one in found.phrases:
        spoken.setdefault(one["language"], []).append(one["words"])
    said = []
    if figures is not None and figures.taken_away:
        said.append(ngettext("taken away from %(num)s text", "taken away from %(num)s texts", figures.taken_away))
    if figures is not None and figures.put_on:
        said.append(ngettext("put on %(num)s text by hand", "put on %(num)s texts by hand", figures.put_on))
    many = figures is not None and figures.open_count > MOST_COUNTED
    return TopicRow(
        name=found.name,
        builds_on=topic_words().get(found.builds_on or "", ""),
        phrases=tuple((_language(code), ", ".join(words)) for code, words in spoken.items()),
        open_url=f"/inbox?brand={found.brand_id}&topic={found.id}" if figures is not None else "",
        open_count="" if figures is None else f"{MOST_COUNTED}+" if many else str(figures.open_count),
        corrected=" · ".join(said),
        changed=_changed(found),
        url=url_for("topics_page.topic", **here) if may_write else "",
    )


def _language(code: str) -> str:
    return language_word(code) if code else _("In any language")


def _changed(found: Topic) -> str:
    day = clocks.full_exact(found.changed_at, chosen_zone(), chosen_language())
    return _("%(name)s, %(day)s", name=found.changed_by_name, day=day)


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _kept() -> dict[str, str]:
    spoken = sorted(name for name in request.form if name.startswith("words_"))[:MOST_LANGUAGES]
    return {name: request.form.get(name, "") for name in (*FIELDS, *spoken)}


def _typed() -> dict[str, Any]:
    """The form as the room takes it."""
    form = _kept()
    return {
        "name": form["name"],
        "builds_on": form["builds_on"] or None,
        "phrases": [
            {"language": "" if name == f"words_{ANY}" else name.removeprefix("words_"), "words": words}
            for name in form
            if name.startswith("words_")
            for words in form[name].splitlines()
        ],
    }


def _values(found: Topic) -> dict[str, str]:
    values = {"name": found.name, "builds_on": found.builds_on or ""}
    for one in found.phrases:
        name = f"words_{one['language'] or ANY}"
        values[name] = f"{values[name]}\n{one['words']}" if name in values else one["words"]
    return values


def _phrase_fields(brand: Brand, values: dict[str, str]) -> tuple[SubjectField, ...]:
    told = [name.removeprefix("words_") for name in values if name.startswith("words_")]
    codes = dict.fromkeys([brand.language, *SUPPORTED_LANGUAGES, *(code for code in told if code != ANY)])
    fields = [
        SubjectField(
            name=f"words_{code}", label=language_word(code), value=values.get(f"words_{code}", ""), language=code
        )
        for code in codes
    ]
    return (*fields, SubjectField(name="words_any", label=_("In any language"), value=values.get("words_any", "")))


def _form(
    brand: Brand,
    found: Topic | None,
    values: dict[str, str],
    *,
    status: int = 200,
    error: Invalid | Conflict | None = None,
) -> Response:
    notice: Notice | None = None
    theirs: tuple[tuple[str, str], ...] = ()
    errors = {name: _(words[0]) for name, words in error.fields.get("errors", {}).items()} if error else {}
    if error is not None and error.code == "topic_changed" and found is not None:
        notice = Notice(
            "warn",
            _("Somebody changed this topic while you were at it."),
            _("Nothing of yours was saved; it is still in the form."),
            _("Look at what it says now, put both together and save again."),
        )
        now, words = _values(found), _field_words(brand, values)
        theirs = tuple((words[name], now.get(name, "")) for name in words if now.get(name, "") != values.get(name, ""))
    elif isinstance(error, Conflict) and not errors:
        notice = Notice("warn", _(error.message))
    here: dict[str, Any] = {"brand_id": brand.id, "topic_id": found.id} if found is not None else {}
    put = "restore" if found is not None and found.archived_at is not None else "archive"
    chosen = values.get("builds_on", "")
    lists = {"": _("None: only the phrases below"), **{one: topic_words()[one] for one in room.BUILT_IN}}
    page = TopicPage(
        title=found.name if found is not None else _("New topic"),
        brand=look_of(brand),
        back_url=url_for("topics_page.topics", brand_id=brand.id),
        url=url_for("topics_page.change", **here) if here else url_for("topics_page.create", brand_id=brand.id),
        put_url=url_for(f"topics_page.{put}", **here) if here else "",
        is_archived=put == "restore",
        version=found.version if found is not None else 0,
        values=values,
        lists=tuple(Choice(words, "", value=one, selected=one == chosen) for one, words in lists.items()),
        phrases=_phrase_fields(brand, values),
        help=_(
            "A word or a few on each line, at most %(words)s words. Other forms of a word are found by themselves: "
            "parcel finds parcels.",
            words=LIMITS["words"],
        ),
        errors=errors,
        notice=notice,
        theirs=theirs,
        changed=_changed(found) if found is not None else "",
    )
    return make_response(render_page("topics/topic.html", page), status)


def _field_words(brand: Brand, values: dict[str, str]) -> dict[str, str]:
    spoken = {one.name: one.label for one in _phrase_fields(brand, values)}
    return {"name": _("Name"), "builds_on": _("Build on our own list"), **spoken}
