"""A brand's style guide: read it, try a text, write a new version, compare two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from agency.replies.text_difference import text_difference
from agency.web import clocks
from agency.web.brand_address import brand_at, look_of
from agency.web.brand_places import brand_places
from agency.web.contexts import CheckResult, GuidePage, GuideProblem, GuideVersionRow, RuleLook
from agency.web.contexts_setup import ComparePage
from agency.web.guide_looks import change_looks, identity_changes, identity_lines, identity_of, version_states
from agency.web.guide_source import problem_looks, source_of
from agency.web.guide_words import rule_look
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice
from agency.web.reply_looks import result_look
from agency.web.shell import render_page, shell, toast
from agency.web.voice_look import voice_look
from agency.web.who import actor_of_request
from styleguides import guides
from styleguides.brand_check import CheckResult as Checked
from styleguides.check import CheckContext, check_text, length, length_limit, reading_seconds
from styleguides.exchange import LONGEST_SOURCE
from styleguides.guide_difference import rule_changes, same_count
from styleguides.importing import Source, disagreeing_examples, import_draft, read_source
from styleguides.models import StyleGuideVersion
from styleguides.rules import Rule, rules_from_data
from styleguides.voice import voice_of
from tenants import clock
from tenants.database import db
from tenants.errors import Invalid, NotFound
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Permission

guide = Blueprint("guide", __name__)

TABS = ("rules", "write", "versions", "try")
MOST_TRIED = 10_000
"""Characters of a text that is tried; no platform takes more."""


@guide.get("/brands/<brand_id>/guide", endpoint="guide")
def show_guide(brand_id: str) -> Response:
    """The version in force, or the one named by `?version=`."""
    brand = brand_at(brand_id, Permission.GUIDE_READ)
    tab = request.args.get("tab", "rules")
    return _answer(brand, tab if tab in TABS else "rules")


@guide.get("/brands/<brand_id>/voice", endpoint="voice")
def show_voice(brand_id: str) -> Response:
    """What whoever answers must know of the voice, for the place named by `platform`, `kind`, `language`, `stars`."""
    wanted, stars = id_from(brand_id), request.args.get("stars", "")
    if wanted is None:
        raise NotFound()
    found = voice_of(
        actor_of_request(),
        wanted,
        request.args.get("platform"),
        request.args.get("kind"),
        request.args.get("language"),
        int(stars) if stars in ("1", "2", "3", "4", "5") else None,
    )
    look = voice_look(found)
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("brands/_voice.html", voice=look))
    return make_response(render_page("brands/voice.html", look))


@guide.post("/brands/<brand_id>/guide", endpoint="save")
def save(brand_id: str) -> AnyResponse:
    """Check what was written, or keep it as a new draft. What was typed comes back with every problem."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    text = (_file_words() or request.form.get("source", "")).replace("\r\n", "\n")
    note, based_on = request.form.get("note", ""), request.form.get("based_on", "")
    source = read_source(text)
    typed: dict[str, Any] = {"source": text, "note": note, "based_on": based_on}
    if source.problems:
        return _answer(brand, "write", status=422, problems=problem_looks(source.problems), **typed)
    disagreeing = problem_looks(disagreeing_examples(source, brand.language))
    if request.form.get("do") != "save":
        return _checked(brand, source, disagreeing, typed)
    newer = _newer_than(brand, based_on)
    if newer is not None:
        typed["based_on"] = str(newer.number)
        return _answer(brand, "write", status=409, problems=(_overtaken(newer),), **typed)
    try:
        version = import_draft(actor_of_request(), brand.id, text, note)
    except Invalid as error:
        db.session.rollback()
        brand = brand_at(brand_id, Permission.GUIDE_WRITE)
        return _answer(brand, "write", status=422, problems=_problems_of(error), **typed)
    words = _("Version %(n)s is kept as a draft.", n=version.number)
    if disagreeing:
        words += " " + _("Some examples do not fit yet, so it cannot be put in force.")
    toast(words, "warn" if disagreeing else "good")
    return redirect(url_for("guide.guide", brand_id=brand.id, tab="versions"), code=303)


@guide.post("/brands/<brand_id>/guide/try", endpoint="try_text")
def try_text(brand_id: str) -> Response:
    """Hold a text against the version shown."""
    brand = brand_at(brand_id, Permission.GUIDE_READ)
    text = request.form.get("text", "").replace("\r\n", "\n")[:MOST_TRIED]
    return _answer(brand, "try", try_text=text)


@guide.get("/brands/<brand_id>/guide/compare", endpoint="compare")
def compare(brand_id: str) -> Response:
    """What the newer of two versions has otherwise."""
    brand = brand_at(brand_id, Permission.GUIDE_READ)
    numbers = [row.number for row in _versions(brand)]
    if not numbers:
        raise NotFound()
    newer = _number("newer", numbers, numbers[0])
    older = _number("older", numbers, next((n for n in numbers if n < newer), newer))
    found = {
        version.number: version
        for version in db.session.scalars(
            select(StyleGuideVersion).where(
                StyleGuideVersion.brand_id == brand.id, StyleGuideVersion.number.in_((older, newer))
            )
        )
    }
    before, after = found[older], found[newer]
    old = rules_from_data(before.rules)
    changes = rule_changes(old, rules_from_data(after.rules))
    page = ComparePage(
        brand=look_of(brand),
        url=url_for("guide.compare", brand_id=brand.id),
        back_url=url_for("guide.guide", brand_id=brand.id, tab="versions"),
        older=older,
        newer=newer,
        olders=_version_choices(numbers, older),
        newers=_version_choices(numbers, newer),
        voice=text_difference(before.voice, after.voice) if before.voice != after.voice else (),
        identity=identity_changes(identity_of(before.identity), identity_of(after.identity)),
        changes=change_looks(changes),
        same_count=same_count(old, changes),
    )
    return make_response(render_page("guides/compare.html", page))


def _file_words() -> str:
    """The words of a file sent beside the form; what is no UTF-8 is refused as unreadable with the rest."""
    sent = request.files.get("file")
    return sent.stream.read(4 * LONGEST_SOURCE + 4).decode("utf-8-sig", "replace") if sent and sent.filename else ""


def _number(name: str, numbers: Sequence[int], otherwise: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) not in numbers:
        raise NotFound()
    return int(text)


def _version_choices(numbers: Sequence[int], chosen: int) -> tuple[Choice, ...]:
    return tuple(Choice(_("Version %(n)s", n=n), "", value=str(n), selected=n == chosen) for n in numbers)


def _versions(brand: Brand) -> Sequence[Any]:
    """Newest first, without their rules."""
    return db.session.execute(
        select(
            StyleGuideVersion.number,
            StyleGuideVersion.state,
            StyleGuideVersion.written_by_name,
            StyleGuideVersion.created_at,
            StyleGuideVersion.note,
        )
        .where(StyleGuideVersion.brand_id == brand.id)
        .order_by(StyleGuideVersion.number.desc())
    ).all()


def _newer_than(brand: Brand, based_on: str) -> Any | None:
    versions = _versions(brand)
    return versions[0] if versions and str(versions[0].number) != based_on else None


def _overtaken(newer: Any) -> GuideProblem:
    words = _(
        "Version %(n)s by %(name)s came while you were writing. Yours is not kept yet. Compare if need be, then keep "
        "yours by pressing the button again.",
        n=newer.number,
        name=newer.written_by_name,
    )
    return GuideProblem(where=_("The guide"), message=words)


def _problems_of(error: Invalid) -> tuple[GuideProblem, ...]:
    errors = error.fields.get("errors", {})
    if not errors:
        return (GuideProblem(where=_("The guide"), message=_(error.message)),)
    return tuple(GuideProblem(where=where, message=_(words)) for where, several in errors.items() for words in several)


def _checked(brand: Brand, source: Source, disagreeing: tuple[GuideProblem, ...], typed: dict[str, Any]) -> Response:
    if disagreeing:
        return _answer(brand, "write", problems=disagreeing, **typed)
    fine = Notice(
        "good",
        _("%(n)s rules can be read, and their examples show what they should.", n=len(source.rules)),
        _("Nothing was saved yet."),
    )
    return _answer(brand, "write", notice=fine, **typed)


def _answer(
    brand: Brand,
    tab: str,
    *,
    status: int = 200,
    number: int | None = None,
    problems: tuple[GuideProblem, ...] = (),
    notice: Notice | None = None,
    source: str | None = None,
    note: str = "",
    based_on: str | None = None,
    try_text: str = "",
) -> Response:
    actor, versions = actor_of_request(), _versions(brand)
    numbers = [row.number for row in versions]
    in_force = next((row.number for row in versions if row.state == "in_force"), None)
    shown = number
    if shown is None:
        default = in_force if in_force is not None else (numbers[0] if numbers else 0)
        shown = _number("version", numbers, default) or None
    version = guides.get_version(actor, brand.id, shown) if shown is not None else None
    rules = rules_from_data(version.rules) if version is not None else ()
    asked: dict[str, Any] = {"version": request.args["version"]} if request.args.get("version") else {}
    may_write = actor.may(Permission.GUIDE_WRITE)
    page = GuidePage(
        brand=look_of(brand),
        in_force=in_force,
        shown=shown,
        summary=version.voice if version is not None else "",
        identity=identity_lines(identity_of(version.identity)) if version is not None and tab == "rules" else (),
        rules=_rule_looks(brand, shown, rules, may_write) if tab == "rules" else (),
        versions=tuple(_version_row(brand, row) for row in versions) if tab == "versions" else (),
        tabs=_tabs(brand, tab, asked, len(versions), may_write),
        tab=tab,
        source=(source if source is not None else source_of(version)) if tab == "write" else "",
        note=note,
        based_on=based_on if based_on is not None else str(numbers[0] if numbers else ""),
        save_url=url_for("guide.save", brand_id=brand.id) if may_write else "",
        problems=problems,
        try_url=url_for("guide.try_text", brand_id=brand.id, **asked),
        try_text=try_text,
        try_result=_tried(brand, rules, shown, try_text) if tab == "try" and try_text else None,
        forms=_forms(brand, shown, may_write),
        compare_url=url_for("guide.compare", brand_id=brand.id) if len(versions) > 1 else "",
        places=brand_places(brand.id, "guide"),
    )
    frame = shell(notices=(notice,) if notice is not None else ())
    return make_response(render_page("guides/page.html", page, shell=frame), status)


def _forms(brand: Brand, number: int | None, may_write: bool) -> tuple[Choice, ...]:
    """The forms for who may write, the files for everybody."""
    choices: list[Choice] = []
    here: dict[str, Any] = {"brand_id": brand.id, "number": number}
    if may_write and number is not None:
        choices.append(Choice(_("Voice and head"), url_for("guide_head.head", **here), value="pencil"))
        choices.append(Choice(_("Add a rule"), url_for("guide_rules.new", **here), value="plus"))
    if may_write:
        choices.append(
            Choice(_("Start from a template"), url_for("guide_files.templates", brand_id=brand.id), value="guide")
        )
    if number is not None:
        choices.append(Choice("YAML", url_for("guide_files.export_yaml", **here), value="down"))
        choices.append(Choice("Markdown", url_for("guide_files.export_markdown", **here), value="down"))
    return tuple(choices)


def _rule_looks(brand: Brand, number: int | None, rules: Sequence[Rule], may_write: bool) -> tuple[RuleLook, ...]:
    """Each with the way to its form, for who may write."""
    looks = map(rule_look, rules)
    if not may_write:
        return tuple(looks)
    here: dict[str, Any] = {"brand_id": brand.id, "number": number}
    return tuple(replace(look, url=url_for("guide_rules.rule", rule_id=look.id, **here)) for look in looks)


def _tabs(brand: Brand, tab: str, asked: dict[str, Any], count: int, may_write: bool) -> tuple[Choice, ...]:
    words = {"rules": _("Rules"), "write": _("Write"), "versions": _("Versions"), "try": _("Try a text")}
    return tuple(
        Choice(
            words[code],
            url_for("guide.guide", brand_id=brand.id, tab=code, **asked),
            selected=code == tab,
            value=code,
            count=count if code == "versions" and count else None,
        )
        for code in TABS
        if code != "write" or may_write
    )


def _tried(brand: Brand, rules: Sequence[Rule], number: int | None, text: str) -> CheckResult:
    context = CheckContext(brand_language=brand.language, reader_language=chosen_language())
    checked = Checked(
        findings=check_text(rules, text, context),
        guide_version=number,
        reading_seconds=reading_seconds(text),
        length=length(text, None),
        length_limit=length_limit(None),
    )
    return result_look(checked, text, None)


def _version_row(brand: Brand, row: Any) -> GuideVersionRow:
    actor = actor_of_request()
    may_force = actor.may(Permission.GUIDE_PUT_IN_FORCE) and row.state == "draft" and not brand.guide_needs_approval
    return GuideVersionRow(
        number=row.number,
        state=version_states()[row.state],
        author=row.written_by_name,
        at=clocks.age(row.created_at, clock.now(), chosen_zone(), chosen_language()),
        note=row.note,
        url=url_for("guide.guide", brand_id=brand.id, version=row.number),
        story_url=url_for("guide_proposals.proposal", brand_id=brand.id, number=row.number),
        put_in_force_url=url_for("guide_proposals.put_in_force", brand_id=brand.id, number=row.number)
        if may_force
        else "",
        bring_back_url=_bring_back_url(brand, row),
    )


def _bring_back_url(brand: Brand, row: Any) -> str:
    """To where an earlier version comes back from, for who may put it in force or ask the client to."""
    deed = Permission.GUIDE_PROPOSE if brand.guide_needs_approval else Permission.GUIDE_PUT_IN_FORCE
    if row.state != "retired" or not actor_of_request().may(deed):
        return ""
    anchor = "propose" if brand.guide_needs_approval else "in-force"
    return url_for("guide_proposals.proposal", brand_id=brand.id, number=row.number, _anchor=anchor)
