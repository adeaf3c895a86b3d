"""A link of the day as it was opened: whose it is, what it still reaches, and the frame of the pages behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask import Response, g, request, url_for
from flask_babel import gettext as _

from agency.replies import day_links
from agency.replies.day_links import Day
from agency.web.clocks import until_words
from agency.web.contexts_day import DayPlace
from agency.web.contexts_owner import DayEndedPage
from agency.web.deciding import is_glance
from agency.web.errors import link_no_longer_works
from agency.web.language import chosen_language, chosen_zone, speak_to
from agency.web.link_frame import link_answer
from agency.web.looks import Notice
from agency.web.owner_words import place_tabs
from agency.web.walks import count_wrong, stop_guessers
from agency.web.who import person_of_request, person_or_none, throttle
from tenants.database import db
from tenants.errors import TooMany
from tenants.models import Person
from tenants.permissions import Actor
from tenants.scope import Scope, enter_scope
from tenants.throttle import APPROVAL_GLANCE, APPROVAL_LINK


@dataclass(frozen=True)
class Opened:
    """A link that is ours, in the scope of whoever it was mailed to, who acts for `actor.brand_ids` alone: brands in
    which its day has not ended; in the last of them it does at `until`.
    """

    token: str
    day: Day
    person: Person
    actor: Actor
    until: datetime
    is_narrow: bool
    """Nothing outside of those brands can be reached in this request."""

    @property
    def is_over(self) -> bool:
        return not self.actor.brand_ids

    def address(self, reply_id: UUID) -> str:
        """One reply that waits, behind this link."""
        return url_for("day_link.reply", token=self.token, reply_id=reply_id)

    def receipt(self, reply_id: UUID) -> str:
        """What became of one, behind this link."""
        return url_for("day_place.receipt", token=self.token, reply_id=reply_id)

    def place(self, chosen: str, waiting: int | None = None) -> DayPlace:
        """What stands around every page behind this link; `chosen` is the tab it belongs to."""
        urls = {
            "waiting": url_for("day_link.show", token=self.token),
            "decided": url_for("day_place.decided", token=self.token),
            "published": url_for("day_place.published", token=self.token),
            "promised": url_for("day_place.promises", token=self.token),
        }
        until = until_words(self.until, chosen_zone(), chosen_language(), "EEE d MMM")
        return DayPlace(tabs=place_tabs(urls, chosen, waiting), asked_name=self.person.name, until=until)


def open_day(token: str, *, narrow: bool = False) -> Opened | None:
    """None where it was never one of ours, was forgotten, or the person may say yes for nobody any more.

    `narrow`: from here on this request reaches rows of those brands alone in which the link works, whatever is asked
    of it; for pages that show more than what waits.
    """
    stop_guessers()
    day = day_links.find_day(token)
    person = db.session.get(Person, day.person_id) if day is not None else None
    if day is None or person is None:
        return None
    signed_in = person_or_none()
    if signed_in is None or signed_in.person_id != day.person_id:
        g.pop("signed_in", None)  # whoever else is signed in here: the link is its addressee's
    actor = day_links.approver_of_day(day)
    if actor is None:
        return None
    enter_scope(db.session, actor.scope)
    speak_to(person)
    until = day_links.brands_of_day(day)
    still = frozenset(until) & (actor.brand_ids or frozenset(until))
    is_narrow = narrow and bool(still)
    if is_narrow:
        db.session.remove()  # a session serves one scope for life
        enter_scope(db.session, Scope(day.agency_id, still))
    ends = max((until[one] for one in still), default=day.mailed_at)
    return Opened(token, day, person, replace(actor, brand_ids=still), ends, is_narrow)


def nothing_here() -> Response:
    """The answer to anything that is no link of ours; whoever guesses is counted."""
    count_wrong()
    return link_no_longer_works()


def count_press(found: Opened) -> None:
    """Raises TooMany where the link's buttons are pressed without end."""
    limit = APPROVAL_GLANCE if is_glance(request.form.get("do", "")) else APPROVAL_LINK
    wait_seconds = throttle().count((limit, str(found.day.id)))
    if wait_seconds is not None:
        raise TooMany(
            "This link was used very often just now. Nothing was changed. Wait a little and try again.",
            retry_after_seconds=wait_seconds,
        )


def ended(found: Opened, status: int, *, mailed: bool = False, typed: str = "") -> Response:
    """That its day is over, and where today's link is asked for."""
    notice = Notice(
        "info",
        _("The day this link was for is over."),
        _("Nothing was decided."),
        _("Today's link is in your mailbox.")
        if mailed
        else _("Today's can be mailed to the address this one went to."),
    )
    url = "" if mailed else url_for("day_link.press", token=found.token)
    page = DayEndedPage(notice=notice, asked_name=found.person.name, typed=typed, url=url)
    return link_answer("owner/day_ended.html", page, found.day.agency_id, status)


def beyond(url: str) -> str:
    """A page that takes a sign-in: itself where the person is signed in here, else by the door to it."""
    return url if person_of_request() is not None else url_for("sign_in.sign_in", next=url)
