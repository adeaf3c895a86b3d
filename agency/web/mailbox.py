"""`/mailbox`: mails a local run would have sent. Registered only where ONBRAND_ENV is local."""

from __future__ import annotations

import re
from email.message import EmailMessage

from flask import Blueprint, Response, make_response, request, url_for

from agency.notices.sending import SHOWN_IN_MAILBOX, mails_kept
from agency.web.clocks import age
from agency.web.contexts import MailboxPage, MailRow
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice
from agency.web.shell import render_page
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.models import OutgoingMail

mailbox = Blueprint("mailbox", __name__)

_LINK = re.compile(r"https?://[^\s<>\"]+")
HTML_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
"""A mail styles itself inline; it may do nothing else, and only our own page may frame it."""


@mailbox.get("/mailbox", endpoint="mailbox")
def show_mailbox() -> Response:
    """Newest first."""
    return _page(None)


@mailbox.get("/mailbox/<mail_id>")
def mail(mail_id: str) -> Response:
    """One mail beside the list."""
    return _page(mail_id)


@mailbox.get("/mailbox/<mail_id>/html")
def mail_html(mail_id: str) -> Response:
    """The HTML part alone, for the sandboxed frame."""
    body = _part(_find(mail_id)[1], "html")
    answer = make_response(body)
    answer.headers["Content-Security-Policy"] = HTML_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _find(mail_id: str) -> tuple[OutgoingMail, EmailMessage]:
    wanted = id_from(mail_id)
    for kept, message in mails_kept():
        if kept.id == wanted:
            return kept, message
    raise NotFound()


def _page(opened_id: str | None) -> Response:
    before = id_from(request.args.get("before", ""))
    kept = mails_kept(before)
    rows = tuple(_row(mail, message, selected=str(mail.id) == opened_id) for mail, message in kept)
    opened = _find(opened_id) if opened_id is not None else None
    text = _part(opened[1], "plain") if opened else ""
    ours = settings_of_app().base_url
    page = MailboxPage(
        rows=rows,
        next_url=url_for("mailbox.mailbox", before=kept[-1][0].id) if len(kept) == SHOWN_IN_MAILBOX else "",
        opened=_row(*opened, selected=True) if opened else None,
        sender=str(opened[1]["From"]) if opened else "",
        text=text,
        links=tuple(Choice(url, url.removeprefix(ours)) for url in _LINK.findall(text) if url.startswith(ours + "/")),
        html_url=url_for("mailbox.mail_html", mail_id=opened[0].id) if opened else "",
    )
    return make_response(render_page("mailbox/page.html", page))


def _row(mail: OutgoingMail, message: EmailMessage, *, selected: bool) -> MailRow:
    return MailRow(
        id=str(mail.id),
        url=url_for("mailbox.mail", mail_id=mail.id, _anchor="opened"),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        at=age(mail.created_at, clock.now(), chosen_zone(), chosen_language()),
        selected=selected,
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
