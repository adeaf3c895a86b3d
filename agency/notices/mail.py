"""Mails to people: rendered in the reader's language, sealed, and promised to the worker in the same transaction.

A notice is a folder beside this file: `subject.txt`, `body.txt`, `body.html`. Everything that is not ours in it
(customers' words, names) is escaped by Jinja; headers are made by the standard library, which refuses line breaks.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.dates import format_datetime as format_local
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from agency.notices.agency_look import AgencyLook
from agency.notices.headers import MAIL_POLICY, address_line
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.languages import catalogue, known_language
from tenants.models import OutgoingMail
from tenants.outbox import JobName, enqueue_after_commit
from tenants.sealed import Place

FOLDER = Path(__file__).parent
PASSWORD_RESET = "password_reset"
NO_AGENCY = AgencyLook()
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NAMES = ("name", "names", "written_by")
"""Endings of facts that are what somebody or something is called."""
_DAY = {"pt": "d 'de' MMMM"}
_MOMENTS = {
    "due_at": "due",
    "silence_at": "silence_from",
    "sends_at": "sends_from",
    "published_at": "published_on",
    "wrote_at": "wrote_on",
    "open_until_at": "open_until",
}
"""Facts that are moments, and what each is called once it is words."""


class Addressee(Protocol):
    """Somebody who can be written to, such as a Person."""

    @property
    def email(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def language(self) -> str: ...


def send_notice(
    name: str,
    to_person: Addressee,
    *,
    agency: AgencyLook = NO_AGENCY,
    answers_to: str = "",
    stop_path: str = "",
    run_at: datetime | None = None,
    **facts: Any,
) -> UUID:
    """Render the notice, keep it sealed and promise its sending once this transaction commits. Returns its id.

    It comes in the name and colour of `agency`; an answer goes to `answers_to`, else to the agency's address for them;
    `stop_path` is the page that ends mails of the kind; `run_at` (aware) holds the mail back until then.

    `facts` are the template's names. `path` (starting with `/`) becomes a link, `url`, on our own base address;
    `due_at` (aware) becomes `due`, and `silence_at` `silence_from`, in the reader's words and zone; so it is within the
    things that facts list.
    """
    message = compose(name, to_person, agency=agency, answers_to=answers_to, stop_path=stop_path, **facts)
    return _keep(name, message.as_string(), run_at=run_at, person_id=getattr(to_person, "id", None))


def ask_for_password_reset(email: str) -> UUID:
    """Promise a reset mail to whoever has this address, without looking whether anybody has.

    The same work is done for every address, so neither the answer nor its time says who exists.
    """
    return _keep(PASSWORD_RESET, email, is_finished=False)


def compose(
    name: str,
    to_person: Addressee,
    *,
    agency: AgencyLook = NO_AGENCY,
    answers_to: str = "",
    stop_path: str = "",
    **facts: Any,
) -> EmailMessage:
    """The finished message. Raises jinja2's UndefinedError when a fact the template needs is missing."""
    settings = settings_of_app()
    language = known_language(to_person.language)
    zone = getattr(to_person, "time_zone", None) or "UTC"
    given = _told({key: _shown(value, key) for key, value in facts.items()}, settings.base_url, zone, language)
    given |= {"person_name": _shown(to_person.name, "name"), "language": language}
    given["agency_name"] = _shown(agency.name, "name")
    given |= {"accent": agency.accent, "accent_ink": agency.ink}
    given["stop_url"] = settings.base_url + stop_path if stop_path else ""
    templates = _templates(language)

    def words(part: str) -> str:
        return templates.get_template(f"{name}/{part}").render(given).strip()

    message = EmailMessage(policy=MAIL_POLICY)
    our_name, sender = parseaddr(settings.onbrand_mail_from)
    sender_name = _shown(agency.name) or our_name
    message["From"] = address_line(sender_name, sender)
    message["To"] = address_line(_shown(to_person.name), to_person.email)
    message["Reply-To"] = address_line(sender_name, answers_to or agency.answers_to or sender)
    message["Subject"] = " ".join(words("subject.txt").split())
    message["Date"] = format_datetime(clock.now().astimezone(UTC))
    message["Message-ID"] = make_msgid(domain=urlsplit(settings.base_url).hostname or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    if stop_path:
        message["List-Unsubscribe"] = f"<{given['stop_url']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(words("body.txt") + "\n")
    message.add_alternative(words("body.html") + "\n", subtype="html")
    return message


def words_of(name: str, part: str, language: str, **facts: Any) -> str:
    """One part of a notice that is no mail, such as a note."""
    given = {key: _shown(value, key) for key, value in facts.items()}
    return _templates(known_language(language)).get_template(f"{name}/{part}").render(given).strip()


def seal_mail(mail_id: UUID, text: str) -> bytes:
    """The mail's words as they are stored."""
    return vault_of_app().seal(text, _place(mail_id))


def open_mail(mail: OutgoingMail) -> str:
    """The stored words. Raises CannotOpen when they were not sealed for this row."""
    assert mail.sealed is not None
    return vault_of_app().open(mail.sealed, _place(mail.id)).reveal()


def _place(mail_id: UUID) -> Place:
    return Place("mail", "mail", "outgoing_mail", mail_id, "sealed")


def _keep(
    name: str,
    text: str,
    *,
    is_finished: bool = True,
    run_at: datetime | None = None,
    person_id: UUID | None = None,
) -> UUID:
    mail_id = new_id()
    sealed = seal_mail(mail_id, text)
    mail = OutgoingMail(id=mail_id, notice=name, sealed=sealed, is_finished=is_finished, person_id=person_id)
    db.session.add(mail)
    db.session.flush()
    enqueue_after_commit(JobName.SEND_MAIL, run_at=run_at, mail_id=mail_id)
    return mail_id


def _told(given: dict[str, Any], base_url: str, zone: str, language: str) -> dict[str, Any]:
    """Facts with moments in words and paths as addresses, also those of the things that facts list."""
    told: dict[str, Any] = {}
    for key, value in given.items():
        if key == "path":
            told["url"] = base_url + str(value)
        elif isinstance(value, dict):
            told[key] = _told(value, base_url, zone, language)
        elif isinstance(value, list):
            told[key] = [_told(one, base_url, zone, language) if isinstance(one, dict) else one for one in value]
        else:
            told[key] = value
        if key in _MOMENTS and value is not None:
            told[_MOMENTS[key]] = _in_words(value, zone, language)
    return told


def _in_words(at: datetime, zone: str, language: str) -> str:
    """`23 November, 10:30 CET`; `UTC-03` where a zone's hours have no name."""
    local = at.astimezone(ZoneInfo(zone))
    name = local.tzname() or ""
    day = _DAY.get(language, "d MMMM")
    return f"{format_local(local, f'{day}, HH:mm', locale=language)} {name if name.isalpha() else f'UTC{name}'}"


def _shown(value: Any, key: str = "") -> Any:
    """Text without signs that hide or reorder what stands beside them, also inside lists and mappings; names on one
    line, so that nobody's reads as a line of ours.
    """
    if isinstance(value, str):
        return _UNSHOWN.sub("", " ".join(value.split()) if key.endswith(_NAMES) else value)
    if isinstance(value, list):
        return [_shown(one, key) for one in value]
    return {name: _shown(one, name) for name, one in value.items()} if isinstance(value, dict) else value


def _day(language: str, iso: str) -> str:
    """A day as a country writes it: `2 December 2026`."""
    pattern = "d 'de' MMMM 'de' yyyy" if language == "pt" else "d MMMM yyyy"
    return format_date(date.fromisoformat(iso), pattern, locale=language)


@lru_cache(maxsize=8)
def _templates(language: str) -> Environment:
    templates = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    templates.filters["day"] = partial(_day, language)
    translations = catalogue(FOLDER / "translations", language)
    templates.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    return templates
