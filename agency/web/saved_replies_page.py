"""Saved replies: the list, one of them, writing, changing, putting away. Two people at one: the second is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.replies.wordings import worn_wordings
from agency.web import clocks
from agency.web.brand_places import brand_places
from agency.web.contexts_saved_replies import (
    SavedRepliesPage,
    SavedReplyLook,
    SavedReplyPage,
    TextFields,
    VersionLook,
    WornLook,
)
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice
from agency.web.saved_reply_words import (
    day_words,
    language_name,
    people_words,
    stale_words,
    uses_words,
    variable_words,
)
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from styleguides import saved_replies as room
from styleguides.brand_check import check_for_brand
from styleguides.saved_replies import SavedReplyRow
from styleguides.saved_reply_fields import MOST_TEXTS
from styleguides.variables import VARIABLES, fill
from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.ids import id_from
from tenants.permissions import Permission

saved_replies_page = Blueprint("saved_replies_page", __name__)

FIELDS = ("title", "words", "review_by")
LANGUAGES = ("en", "en-GB", "pl", "pt", "pt-BR", "pt-PT", "es", "de", "fr", "it", "cs", "uk")
EVERY_BRAND = "agency"
"""What the address says where it is about the agency's own."""
PAGE_ROWS = 50
EXCERPT = 160
EMPTY_TEXTS = 2


@saved_replies_page.get("/saved-replies", endpoint="saved_replies")
def show_list() -> AnyResponse:
    """By title, fifty at a time; of every brand, of one, or the agency's own."""
    actor = actor_of_request()
    place, q, archived = request.args.get("brand", ""), request.args.get("q", ""), request.args.get("archived") == "1"
    brand_id = _brand_in(place)
    after = request.args.get("after", "")
    rows = room.list_saved_replies(
        actor,
        brand_id,
        of_agency=place == EVERY_BRAND,
        archived=archived,
        q=q,
        after=_id(after) if after else None,
        limit=PAGE_ROWS + 1,
    )
    kept = {"brand": place, "q": q, "archived": "1" if archived else ""}
    may_write = actor.may(Permission.SAVED_REPLY_WRITE)
    reads_replies = actor.may(Permission.REPLY_READ_DRAFT) and not (after or q or archived or place == EVERY_BRAND)
    page = SavedRepliesPage(
        rows=tuple(_look(row) for row in rows[:PAGE_ROWS]),
        url=url_for("saved_replies_page.saved_replies"),
        places=_places(place, all_too=True),
        pages=brand_places(brand_id, "saved_replies") if brand_id is not None else (),
        q=q,
        tabs=(
            Choice(_("In use"), _list_url({**kept, "archived": ""}), selected=not archived),
            Choice(_("Put away"), _list_url({**kept, "archived": "1"}), selected=archived),
        ),
        new_url=url_for("saved_replies_page.new", brand=place or None) if may_write else "",
        next_url=_list_url({**kept, "after": str(rows[PAGE_ROWS - 1].id)}) if len(rows) > PAGE_ROWS else "",
        is_archived=archived,
        is_filtered=bool(q or place),
        worn=_worn(brand_id) if reads_replies else (),
    )
    return make_response(render_page("saved_replies/page.html", page))


@saved_replies_page.get("/saved-replies/new")
def new() -> AnyResponse:
    """An empty form."""
    return _form(None, {}, [], place=request.args.get("brand", ""))


@saved_replies_page.post("/saved-replies")
def create() -> AnyResponse:
    """Keep a new one."""
    place = request.form.get("place", "")
    try:
        made = room.create_saved_reply(actor_of_request(), _place_of(place), _typed())
    except Invalid as error:
        db.session.rollback()
        return _form(None, _kept(), _kept_texts(), place=place, status=422, error=error)
    toast(_("Saved reply added"))
    return redirect(url_for("saved_replies_page.saved_reply", saved_reply_id=made.id), code=303)


@saved_replies_page.get("/saved-replies/<saved_reply_id>")
def saved_reply(saved_reply_id: str) -> AnyResponse:
    """One of them, with what it said before."""
    found = room.get_saved_reply(actor_of_request(), _id(saved_reply_id))
    return _form(found, _values(found), found.texts)


@saved_replies_page.post("/saved-replies/<saved_reply_id>")
def change(saved_reply_id: str) -> AnyResponse:
    """Change it, unless somebody was faster."""
    actor, wanted = actor_of_request(), _id(saved_reply_id)
    try:
        room.change_saved_reply(actor, wanted, {**_typed(), "version": _version()})
    except (Invalid, Conflict) as error:
        db.session.rollback()
        found = room.get_saved_reply(actor, wanted)
        return _form(found, _kept(), _kept_texts(), status=error.http_status, error=error)
    toast(_("Saved reply changed"))
    return redirect(url_for("saved_replies_page.saved_reply", saved_reply_id=wanted), code=303)


@saved_replies_page.post("/saved-replies/<saved_reply_id>/archive")
def archive(saved_reply_id: str) -> AnyResponse:
    """Put it away, unless it changed since it was looked at."""
    return _put(saved_reply_id, away=True)


@saved_replies_page.post("/saved-replies/<saved_reply_id>/restore")
def restore(saved_reply_id: str) -> AnyResponse:
    """Offer it again."""
    return _put(saved_reply_id, away=False)


def _put(saved_reply_id: str, *, away: bool) -> AnyResponse:
    actor, wanted = actor_of_request(), _id(saved_reply_id)
    try:
        (room.archive_saved_reply if away else room.restore_saved_reply)(actor, wanted, _version())
    except Conflict as error:
        db.session.rollback()
        found = room.get_saved_reply(actor, wanted)
        return _form(found, _values(found), found.texts, status=error.http_status, error=error)
    toast(_("Put away; nobody is offered it any more.") if away else _("Back in use"))
    return redirect(url_for("saved_replies_page.saved_reply", saved_reply_id=wanted), code=303)


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _brand_in(place: str) -> UUID | None:
    return None if place in ("", EVERY_BRAND) else _id(place)


def _place_of(place: str) -> UUID | None:
    """The brand a new one is for. Raises Invalid where nothing was chosen."""
    if not place:
        raise Invalid("Choose whose it is. Nothing was saved.", errors={"place": [worded("must be chosen")]})
    return _brand_in(place)


def _list_url(kept: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in kept.items() if value})
    return url_for("saved_replies_page.saved_replies") + (f"?{query}" if query else "")


def _places(chosen: str, *, all_too: bool = False) -> tuple[Choice, ...]:
    actor = actor_of_request()
    first = [Choice(_("All"), "", value="", selected=not chosen)] if all_too else []
    if actor.scope.covers(actor.agency_id) and (all_too or actor.brand_ids is None):
        first.append(Choice(_("For every brand"), "", value=EVERY_BRAND, selected=chosen == EVERY_BRAND))
    brands = (Choice(look.name, "", value=look.id, selected=chosen == look.id) for look in brand_looks().values())
    return (*first, *brands)


def _look(row: SavedReplyRow) -> SavedReplyLook:
    first = row.texts[0] if row.texts else {"language": "", "text": ""}
    text = " ".join(first["text"].split())
    return SavedReplyLook(
        title=row.title,
        url=url_for("saved_replies_page.saved_reply", saved_reply_id=row.id),
        brand=brand_looks().get(row.brand_id) if row.brand_id else None,
        is_shared=row.brand_id is None,
        excerpt=text if len(text) <= EXCERPT else text[:EXCERPT].rsplit(" ", 1)[0] + "…",
        language=first["language"],
        languages=tuple(language_name(code) for code in dict.fromkeys(one["language"] for one in row.texts)),
        words=tuple(row.words),
        uses=uses_words(row),
        last_used=_age(row.last_used_at) if row.last_used_at else None,
        stale=stale_words(row),
    )


def _age(at: Any) -> Any:
    return clocks.age(at, clock.now(), chosen_zone(), chosen_language())


def _worn(brand_id: UUID | None) -> tuple[WornLook, ...]:
    return tuple(
        WornLook(
            brand=brand_looks().get(one.brand_id),
            text=one.text,
            people=people_words(one.people),
            last=_age(one.last_sent_at),
        )
        for one in worn_wordings(actor_of_request(), brand_id)
    )


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _kept() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in FIELDS}


def _kept_texts() -> list[dict[str, str]]:
    texts = [
        {"language": request.form.get(f"language_{n}", ""), "text": request.form.get(f"text_{n}", "")}
        for n in range(MOST_TEXTS + 1)
    ]
    return [one for one in texts if one["text"].strip()]


def _typed() -> dict[str, Any]:
    """The form as the room takes it."""
    form = _kept()
    return {
        "title": form["title"],
        "texts": _kept_texts(),
        "words": form["words"].splitlines(),
        "review_by": form["review_by"].strip() or None,
    }


def _values(found: SavedReplyRow) -> dict[str, str]:
    return {
        "title": found.title,
        "words": "\n".join(found.words),
        "review_by": found.review_by.isoformat() if found.review_by else "",
    }


def _text_fields(texts: Sequence[dict[str, str]], *, with_empty: bool) -> tuple[TextFields, ...]:
    empty = [{"language": "", "text": ""}] * (EMPTY_TEXTS if with_empty and len(texts) < MOST_TEXTS else 0)
    fields = []
    for number, one in enumerate([*texts, *empty][:MOST_TEXTS]):
        codes = LANGUAGES if one["language"] in ("", *LANGUAGES) else (*LANGUAGES, one["language"])
        chosen = one["language"] or chosen_language()
        fields.append(
            TextFields(
                number=number,
                text=one["text"],
                language=one["language"],
                languages=tuple(Choice(language_name(c), "", value=c, selected=c == chosen) for c in codes),
            )
        )
    return tuple(fields)


def _form(
    found: SavedReplyRow | None,
    values: dict[str, str],
    texts: Sequence[dict[str, str]],
    *,
    place: str = "",
    status: int = 200,
    error: Invalid | Conflict | None = None,
) -> Response:
    actor = actor_of_request()
    may_write = actor.may(Permission.SAVED_REPLY_WRITE) and (
        found is None or found.brand_id is not None or actor.brand_ids is None
    )
    here: dict[str, Any] = {"saved_reply_id": found.id} if found is not None else {}
    put = "restore" if found is not None and found.archived_at is not None else "archive"
    target = url_for("saved_replies_page.change", **here) if here else url_for("saved_replies_page.create")
    page = SavedReplyPage(
        title=found.title if found is not None else _("New saved reply"),
        brand=brand_looks().get(found.brand_id) if found is not None and found.brand_id else None,
        is_shared=found is not None and found.brand_id is None,
        back_url=url_for("saved_replies_page.saved_replies"),
        url=target if may_write else "",
        put_url=url_for(f"saved_replies_page.{put}", **here) if here and may_write else "",
        is_archived=put == "restore",
        version=found.version if found is not None else 0,
        values=values,
        texts=_text_fields(texts, with_empty=may_write),
        places=_places(place) if found is None else (),
        errors=_errors(error),
        variables=tuple((f"{{{name}}}", variable_words()[name]) for name in VARIABLES),
        facts=_facts(found) if found is not None else (),
        stale=stale_words(found) if found is not None else "",
        stopped=_stopped(found) if found is not None else (),
        notice=_notice(error),
        versions=tuple(map(_version_look, room.versions_of(actor, found.id))) if found is not None else (),
    )
    return make_response(render_page("saved_replies/saved_reply.html", page), status)


def _stopped(found: SavedReplyRow) -> tuple[tuple[str, str], ...]:
    """What the brand's guide in force stops in its texts, as if every place were filled."""
    if found.brand_id is None:
        return ()
    stopped: list[tuple[str, str]] = []
    for number, one in enumerate(found.texts, start=1):
        text = fill(one["text"], dict.fromkeys(VARIABLES, "…")).text
        result = check_for_brand(found.brand_id, text, None, None, one["language"], reader_language=chosen_language())
        reasons = (f.reader_message or f.message for f in result.findings if f.level == "stop")
        stopped.extend((_("Text %(n)s", n=number), reason) for reason in reasons)
    return tuple(stopped)


def _facts(found: SavedReplyRow) -> tuple[tuple[str, str], ...]:
    facts = [(_("Used"), uses_words(found))]
    if found.last_used_at is not None:
        facts.append((_("Last used"), clocks.full_exact(found.last_used_at, chosen_zone(), chosen_language())))
    facts.append((_("Last changed by"), found.changed_by_name))
    if found.review_by is not None:
        facts.append((_("To be looked at by"), day_words(found.review_by)))
    return tuple(facts)


def _version_look(version: Any) -> VersionLook:
    deeds = {
        "written": _("Version %(n)s, written by %(name)s", n=version.number, name=version.made_by_name),
        "changed": _("Version %(n)s, changed by %(name)s", n=version.number, name=version.made_by_name),
        "archived": _("Version %(n)s, put away by %(name)s", n=version.number, name=version.made_by_name),
        "restored": _("Version %(n)s, brought back by %(name)s", n=version.number, name=version.made_by_name),
    }
    return VersionLook(
        words=deeds[version.deed],
        at=_age(version.created_at),
        title=version.title,
        texts=tuple((one["language"], one["text"]) for one in version.texts),
    )


def _notice(error: Invalid | Conflict | None) -> Notice | None:
    if not isinstance(error, Conflict):
        return None
    return Notice(
        "warn",
        _("Somebody changed this saved reply while you were at it."),
        _("Nothing of yours was saved; it is still in the form."),
        _("What it says now stands below as its newest version. Put both together and save again."),
    )


def _errors(error: Invalid | Conflict | None) -> dict[str, str]:
    if error is None:
        return {}
    return {name: _(sentences[0]) for name, sentences in error.fields.get("errors", {}).items()}
