"""Mails leave here: by SMTP, or, on a person's own machine without it, into the mailbox page."""

from __future__ import annotations

import smtplib
import ssl
from datetime import timedelta
from email import message_from_string
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit
from uuid import UUID

from sqlalchemy import delete, select

from agency.notices import bounces
from agency.notices.headers import MAIL_POLICY
from agency.notices.mail import PASSWORD_RESET, compose, open_mail, seal_mail
from tenants import clock
from tenants.api_tokens import count_of
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import OutgoingMail
from tenants.people import person_for_sign_in
from tenants.settings import LOOPBACK_HOSTS, SettingsError
from tenants.tokens import Purpose, mint, new_address_token, token_hash

TIMEOUT_SECONDS = 20
KEPT_FOR = timedelta(days=60)
"""Longer than silence may take: it counts only from a mail known to have left, and 144 hours that count twenty a
week at the least (`agency.replies.policy_terms`) are 51 days. A mail's words are gone once it was sent.
"""
SHOWN_IN_MAILBOX = 50
TO_OUTSIDERS = frozenset({"loop_asked"})
"""Mails to people who are none here, whose coming back concerns who had them sent."""

log = get_logger("mail")


def send_mail(mail_id: UUID | str) -> None:
    """Send one mail, for the job of that name; harmless for one that was sent or is no longer there.

    Raises OSError or smtplib's SMTPException when the mail server cannot take it now (try again later) and
    SettingsError without one in production. A refusal for good is kept with the mail and not tried again.
    Delivery is at least once: a crash after the server took the mail sends it a second time.
    """
    mail = db.session.execute(
        select(OutgoingMail)
        .where(
            OutgoingMail.id == UUID(str(mail_id)),
            OutgoingMail.sent_at.is_(None),
            OutgoingMail.given_up_at.is_(None),
            OutgoingMail.sealed.is_not(None),
        )
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if mail is None or not _finish(mail):
        return
    settings = settings_of_app()
    if settings.onbrand_smtp_url:
        message = message_from_string(open_mail(mail), _class=EmailMessage, policy=MAIL_POLICY)
        returns_to = _returns_to(mail)
        if mail.sent_at is not None:
            return
        try:
            _hand_over(settings.onbrand_smtp_url, message, returns_to)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            if any(code < 500 for code in codes):
                raise
            mail.given_up_at, mail.last_error, mail.sealed = clock.now(), f"refused: {codes}", None
            log.warning("mail_refused", mail_id=str(mail.id), notice=mail.notice)
            if mail.person_id is not None:
                said = [words.decode("utf-8", "replace") for _code, words in error.recipients.values()]
                bounces.note_failure(mail.person_id, bounces.clean(f"{codes[0]} {said[0]}"))
            return
        mail.sealed = None
    elif not settings.is_local:
        raise SettingsError("ONBRAND_SMTP_URL is missing, so no mail can be sent. Set it and start the worker again.")
    mail.sent_at = clock.now()
    db.session.flush()
    log.info("mail_sent", mail_id=str(mail.id), notice=mail.notice)


def forget_sent() -> int:
    """Drop mails sent or given up so long ago; returns how many."""
    before = clock.now() - KEPT_FOR
    gone = db.session.execute(
        delete(OutgoingMail)
        .where((OutgoingMail.sent_at < before) | (OutgoingMail.given_up_at < before))
        .returning(OutgoingMail.id)
    ).all()
    return len(gone)


def mails_kept(before: UUID | None = None) -> list[tuple[OutgoingMail, EmailMessage]]:
    """Mails the mailbox page shows, newest first, older than `before`. Raises SettingsError outside a local run."""
    if not settings_of_app().is_local:
        raise SettingsError("The mailbox page exists only where ONBRAND_ENV is `local`.")
    statement = (
        select(OutgoingMail)
        .where(OutgoingMail.sealed.is_not(None), OutgoingMail.sent_at.is_not(None), OutgoingMail.is_finished)
        .order_by(OutgoingMail.id.desc())
        .limit(SHOWN_IN_MAILBOX)
    )
    if before is not None:
        statement = statement.where(OutgoingMail.id < before)
    return [
        (mail, message_from_string(open_mail(mail), _class=EmailMessage, policy=MAIL_POLICY))
        for mail in db.session.scalars(statement)
    ]


def _finish(mail: OutgoingMail) -> bool:
    """Make the words of a mail that was only asked for; False when there is nobody to write to."""
    if mail.is_finished:
        return True
    assert mail.notice == PASSWORD_RESET
    person = person_for_sign_in(open_mail(mail))
    if person is None:
        db.session.delete(mail)
        db.session.flush()
        return False
    token = mint(Purpose.PASSWORD_RESET, person.id)
    message = compose(PASSWORD_RESET, person, path=f"/reset/{token}", has_tokens=count_of(person.id) > 0)
    mail.sealed, mail.is_finished = seal_mail(mail.id, message.as_string()), True
    # Kept before the server hears of it, so that a link that arrives always works.
    db.session.commit()
    db.session.refresh(mail, with_for_update=True)
    return mail.sent_at is None


def _returns_to(mail: OutgoingMail) -> str:
    """An address of this one mail, in its envelope alone, by which its coming back is known."""
    token = new_address_token()
    address = bounces.return_address(token) if mail.person_id is not None or mail.notice in TO_OUTSIDERS else ""
    if address:
        mail.bounce_hash = token_hash(token)
        # Kept before the server hears of it, so that what comes back at once is known.
        db.session.commit()
        db.session.refresh(mail, with_for_update=True)
    return address


def _hand_over(smtp_url: str, message: EmailMessage, returns_to: str) -> None:
    address = urlsplit(smtp_url)
    host, is_tls = address.hostname or "localhost", address.scheme == "smtps"
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if is_tls:
        server = smtplib.SMTP_SSL(host, address.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, address.port or 587, timeout=TIMEOUT_SECONDS)
    with server:
        if not is_tls and host not in LOOPBACK_HOSTS:
            server.starttls(context=context)
        if address.username:
            server.login(unquote(address.username), unquote(address.password or ""))
        sender, receiver = (message[line].addresses[0].addr_spec for line in ("From", "To"))
        server.send_message(message, from_addr=returns_to or sender, to_addrs=[receiver])
