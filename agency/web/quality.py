"""Judging sent replies: a lead's sample of a week, and the sheet of one reply."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.training import quality as room
from agency.training import quality_sample as sampling
from agency.training.models import Judgement
from agency.web import clocks
from agency.web.contexts_quality import QuestionField, SampledLook, SamplePage, SheetPage
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, Choice, Notice, brand_look
from agency.web.quality_looks import (
    answer_looks,
    excerpt,
    judgement_look,
    quality_tabs,
    question_help,
    question_words,
    week_words,
)
from agency.web.quality_results import show_mine
from agency.web.reply_looks import answer_words, finding_looks, place_words, stars_look
from agency.web.shell import brand_looks, render_page, shell, toast
from agency.web.who import actor_of_request
from styleguides.masking import masked
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Permission

quality = Blueprint("quality", __name__)

KEYS = {"friendly": "123", "solves": "456", "personal": "789"}
"""Three rows of three keys, as they lie on a number pad: a row a question, yes to the left."""


@quality.get("/quality", endpoint="quality")
def show_sample() -> Response:
    """A lead's sample of a week that is over; for others, how their own replies were judged."""
    actor = actor_of_request()
    if not actor.may(Permission.QUALITY_JUDGE):
        return show_mine()
    week = sampling.finished_week(request.args.get("week"))
    found = sampling.sample_of(actor, week, request.args.get("after") or None)
    size, judged, next_id = found.size, found.judged, None
    if judged < size or not found.rows:
        size, judged, next_id = sampling.place_in(actor, week)
    later = week + timedelta(days=7)
    page = SamplePage(
        tabs=quality_tabs(actor, "quality.quality"),
        week=week_words(week),
        earlier_url=url_for("quality.quality", week=(week - timedelta(days=7)).isoformat()),
        later_url=url_for("quality.quality", week=later.isoformat()) if later <= sampling.newest_week() else "",
        rows=tuple(_sampled(row) for row in found.rows),
        judged=judged,
        size=size,
        each=sampling.EACH_PERSON_A_WEEK,
        next_sheet_url=url_for("quality.sheet", reply_id=next_id) if next_id else "",
        next_url=url_for("quality.quality", week=week.isoformat(), after=found.next_cursor)
        if found.next_cursor
        else "",
    )
    return make_response(render_page("quality/sample.html", page))


@quality.get("/quality/replies/<reply_id>")
def sheet(reply_id: str) -> Response:
    """One reply, with three questions."""
    return _sheet(_id(reply_id))


@quality.post("/quality/replies/<reply_id>")
def judge(reply_id: str) -> AnyResponse:
    """Keep what was found, and on to the next."""
    wanted, actor, form = _id(reply_id), actor_of_request(), request.form
    version = form.get("version", "")
    given = {
        **{name: form.get(name, "") for name in (*room.QUESTIONS, "note")},
        "version": int(version) if version.isascii() and version.isdigit() and len(version) < 5 else -1,
    }
    try:
        held = room.judge(actor, wanted, given)
    except (Invalid, Conflict) as error:
        if error.code == "not_in_sample":  # it has no sheet any more: the customer or the platform deleted it meanwhile
            raise
        db.session.rollback()
        return _sheet(wanted, error.http_status, kept=dict(form.items()), error=error)
    if held.version > 1:
        toast(_("Changed"))
        return redirect(url_for("quality.sheet", reply_id=wanted), code=303)
    _size, _judged, next_id = sampling.place_in(actor, held.week, behind=wanted)
    if next_id is None:
        toast(_("Judged. That was the last of this sample."))
        return redirect(url_for("quality.quality", week=held.week.isoformat()), code=303)
    toast(_("Judged"))
    return redirect(url_for("quality.sheet", reply_id=next_id), code=303)


def _sampled(row: sampling.SampledReply) -> SampledLook:
    return SampledLook(
        url=url_for("quality.sheet", reply_id=row.id),
        brand=brand_of(row.brand_id),
        place=place_words(row.platform, row.kind),
        author=row.author_name,
        customer=row.customer_name or _("Somebody"),
        customer_words=excerpt(row.customer_text) or _("A rating without words."),
        words=excerpt(row.text),
        language=row.customer_language or "",
        stars=stars_look(row.stars),
        sent=clocks.moment(row.published_at, chosen_zone(), chosen_language()),
        is_judged=row.is_judged,
    )


def brand_of(brand_id: UUID) -> BrandLook:
    """How a brand is drawn; archived ones are not among those of the frame."""
    return brand_looks().get(brand_id) or brand_look(str(brand_id), _("Archived brand"), "–", "")


def _sheet(
    reply_id: UUID, status: int = 200, *, kept: dict[str, str] | None = None, error: Invalid | Conflict | None = None
) -> Response:
    actor = actor_of_request()
    found = room.sheet_of(actor, reply_id)
    reply, mine = found.reply, found.mine
    place = sampling.place_in(actor, found.week, behind=reply_id)
    shown = [one for one in (mine, *found.others) if one is not None]
    errors = {name: _(said[0]) for name, said in error.fields.get("errors", {}).items()} if error else {}
    held = {name: getattr(mine, name) for name in (*room.QUESTIONS, "note")} if mine is not None else {}
    values = kept if kept is not None else held
    page = SheetPage(
        brand=brand_of(reply.brand_id),
        place=answer_words(reply.platform, reply.kind, private=reply.private),
        back_url=url_for("quality.quality", week=found.week.isoformat()),
        receipt_url=url_for("receipts.receipt", reply_id=reply_id),
        customer=reply.customer_name or _("Somebody"),
        customer_words=_customer_words(reply),
        customer_language=reply.customer_language or "",
        stars=stars_look(reply.stars),
        author=reply.author_name,
        text=reply.text,
        findings=finding_looks(reply.findings, reply.text),
        checked=_checked(reply),
        let_go=_("%(name)s let this go: %(reason)s", name=reply.let_go_by_name or "", reason=reply.let_go_reason or "")
        if reply.let_go_rules
        else "",
        facts=_facts(found),
        wrote_again=masked(found.wrote_again[1]) if found.wrote_again else "",
        url=url_for("quality.judge", reply_id=reply_id) if found.may_judge else "",
        questions=tuple(_question(name, values.get(name, ""), errors.get(name, "")) for name in room.QUESTIONS),
        note=values.get("note", ""),
        note_error=errors.get("note", ""),
        version=mine.version if mine is not None else 0,
        is_open=error is not None,
        judgements=tuple(judgement_look(one) for one in shown),
        agreement=_agreement(shown),
        progress=_("%(judged)s of %(size)s judged", judged=place.judged, size=place.size),
        skip_url=url_for("quality.sheet", reply_id=place.next_id) if place.next_id else "",
        notice=_notice(error),
    )
    return make_response(render_page("quality/sheet.html", page, shell=shell(with_brands=False)), status)


def _customer_words(reply: room.JudgedReply) -> str:
    if reply.is_deleted:
        return _("Deleted by the customer.")
    return masked(reply.customer_text) or _("A rating without words.")


def _checked(reply: room.JudgedReply) -> str:
    if reply.guide_version is None:
        return _("No style guide was in force when it was sent.")
    said = ngettext("%(num)s finding", "%(num)s findings", len(reply.findings)) if reply.findings else _("no findings")
    return _("Checked with version %(n)s of the style guide: %(said)s.", n=reply.guide_version, said=said)


def _facts(found: room.Sheet) -> tuple[tuple[str, str], ...]:
    reply, locale = found.reply, chosen_language()
    took = clocks.span_words(max(0, int((reply.published_at - reply.wrote_at).total_seconds())), locale)
    facts = [
        (_("Written by"), reply.author_name),
        (_("Sent"), clocks.moment(reply.published_at, chosen_zone(), locale).words),
        (_("Answered after"), took),
    ]
    if found.wrote_again is not None:
        span = clocks.span_words(int((found.wrote_again[0] - reply.published_at).total_seconds()), locale)
        facts.append((_("Afterwards"), _("The customer wrote again %(span)s later.", span=span)))
    elif reply.edited_at is not None and reply.edited_at > reply.published_at and not reply.is_deleted:
        facts.append((_("Afterwards"), _("The customer changed what they had written.")))
    else:
        facts.append((_("Afterwards"), _("The customer has not written again.")))
    return tuple(facts)


def _question(name: str, chosen: str, error: str) -> QuestionField:
    return QuestionField(
        name=name,
        label=question_words()[name],
        help=question_help()[name],
        choices=tuple(
            Choice(look.word, "", value=code, selected=code == chosen, key=key)
            for (code, look), key in zip(answer_looks().items(), KEYS[name], strict=True)
        ),
        error=error,
    )


def _agreement(shown: list[Judgement]) -> str:
    if len(shown) < 2:
        return ""
    words = question_words()
    different = [words[question] for question in room.QUESTIONS if len({getattr(one, question) for one in shown}) > 1]
    if not different:
        return _("All judged alike.")
    return _("Not alike: %(questions)s", questions=" ".join(different))


def _notice(error: Invalid | Conflict | None) -> Notice | None:
    if error is None or error.fields.get("errors"):
        return None
    if error.code == "judgement_changed":
        return Notice(
            "warn",
            _("You judged this reply elsewhere in the meantime."),
            _("Nothing of this was saved; it is still in the form."),
            _("Below is what you said there. Save again to change it."),
        )
    return Notice("warn", _(error.message))


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found
