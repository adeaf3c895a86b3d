"""`/parts`: every part in every state, every page with invented cases. Only where ONBRAND_ENV is local."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, Response, abort, render_template, request

from agency.web import contexts as c
from agency.web import parts_sample_beside as beside_samples
from agency.web import parts_sample_pages as pages
from agency.web import parts_samples as sample
from agency.web.contexts_filters import FiltersPage
from agency.web.contexts_voice import VoiceLook
from agency.web.health_words import health_looks
from agency.web.looks import Choice, FindingLook, Notice, Toast
from agency.web.state_looks import conversation_states, reply_states
from agency.web.theme import THEMES

parts = Blueprint("parts", __name__)


@dataclass(frozen=True, kw_only=True)
class PartsPage:
    """Everything `/parts` shows."""

    wide: bool
    looks: tuple[Choice, ...]
    pages: tuple[Choice, ...]
    brands: tuple[object, ...]
    reply_states: tuple[object, ...]
    conversation_states: tuple[object, ...]
    health_looks: tuple[object, ...]
    clocks: tuple[object, ...]
    findings: tuple[FindingLook, ...]
    text: str
    messages: tuple[c.MessageLook, ...]
    posts: tuple[c.QuotedPost, ...]
    composers: tuple[c.Composer, ...]
    voices: tuple[VoiceLook, ...]
    assign: tuple[c.AssignPage, ...]
    inbox: c.InboxPage
    filters: FiltersPage
    notices: tuple[Notice, ...]
    toasts: tuple[Toast, ...]
    difference: tuple[object, ...]
    receipt: c.ReceiptPage


@parts.get("/parts")
def show_parts() -> str:
    """All parts on one page. `?theme=dark&width=narrow` shows them so, for eyes and for screenshot tests."""
    theme, width = request.args.get("theme", "auto"), request.args.get("width", "wide")
    shell = sample.shell("/parts")
    if theme in THEMES:
        shell = replace(shell, theme=theme if theme != "auto" else shell.theme)
    looks = tuple(
        Choice(f"{t} {w}", f"/parts?theme={t}&width={w}", selected=(t, w) == (theme, width))
        for t in THEMES
        for w in ("wide", "narrow")
    )
    page = PartsPage(
        wide=width != "narrow",
        looks=looks,
        pages=tuple(Choice(name, f"/parts/pages/{name}") for name in pages.samples()),
        brands=sample.brands(),
        reply_states=tuple(reply_states().values()),
        conversation_states=tuple(conversation_states().values()),
        health_looks=tuple(health_looks().values()),
        clocks=(
            sample.ago(minutes=7),
            sample.left(hours=5),
            sample.left(minutes=40),
            sample.left(hours=-2),
            sample.at(),
        ),
        findings=sample.findings(),
        text=sample.DRAFT,
        messages=sample.messages(),
        posts=(
            c.QuotedPost(heading="Post of 14 November", text="Śniadania znów na tarasie.", facts=("Advertisement",)),
            c.QuotedPost(heading="Hotel Bursztynowa Zatoka, Łeba", facts=("4.2 of 5 from 318 reviews",)),
        ),
        composers=(sample.composer(),),
        voices=(sample.voice(), sample.voice("short"), sample.voice("none")),
        assign=(sample.assign(), sample.assign("none")),
        inbox=replace(sample.inbox(), rows=sample.rows(7), next_url=""),
        filters=sample.filters(),
        notices=tuple(
            Notice(
                tone,
                "Facebook did not answer.",
                "Your reply may have been sent; we are checking and will not send it twice.",
                "You can go on; this case shows the result.",
                "Channel health",
                "#",
            )
            for tone in ("plain", "info", "good", "warn", "bad")
        ),
        toasts=(Toast("Resolved", undo_url="#"), Toast("Not saved", "bad")),
        difference=sample.text_difference(sample.DRAFT, sample.CHANGED),
        receipt=pages.receipt(),
    )
    return render_template("parts.html", shell=shell, page=page)


@parts.get("/parts/pages/<name>")
def show_page(name: str) -> str:
    """One page with invented cases; as a fragment when htmx asks for one."""
    make = pages.samples().get(name)
    if make is None:
        abort(404)
    template, shell, page = make(request.full_path.rstrip("?"))
    target = request.headers.get("HX-Target")
    if target == "conversation":
        return render_template("inbox/_conversation.html", shell=shell, conversation=sample.conversation())
    if target == "more-rows":
        return render_template("inbox/_rows.html", shell=shell, page=page)
    return render_template(template, shell=shell, page=page)


@parts.post("/parts/check")
def check_sample() -> str:
    """A stand-in for the style guide: finds the sample's words wherever they are typed."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    found = tuple(
        replace(f, start=text.index(f.quoted), end=text.index(f.quoted) + len(f.quoted))
        for f in sample.findings()
        if f.quoted in text
    )
    length = len(text.encode())
    result = replace(sample.result(clean=True), findings=found, length=length, length_words=f"{length} of 4096 bytes")
    return render_template("replies/_findings.html", result=result, language="pl")


@parts.post("/parts/draft")
def keep_sample() -> Response:
    """A stand-in for keeping a draft."""
    return Response(status=204)


@parts.get("/parts/voice")
def voice_sample() -> str:
    """A stand-in for a brand's voice beside a case."""
    if request.headers.get("HX-Request") != "true":
        return render_template("brands/voice.html", shell=sample.shell("/parts/voice"), page=sample.voice())
    return render_template("brands/_voice.html", voice=sample.voice())


@parts.get("/parts/beside")
def beside_sample() -> str:
    """A stand-in for the cards beside a case."""
    if request.headers.get("HX-Request") != "true":
        return render_template("beside/page.html", shell=sample.shell("/parts/beside"), page=beside_samples.beside())
    return render_template("beside/_cards.html", beside=beside_samples.beside("fetched"))


@parts.get("/parts/people")
def people_sample() -> str:
    """A stand-in for the people who may get a case."""
    if request.headers.get("HX-Request") != "true":
        return render_template("inbox/assign.html", shell=sample.shell("/parts/people"), page=sample.assign())
    return render_template("inbox/_assign.html", assign=sample.assign())
