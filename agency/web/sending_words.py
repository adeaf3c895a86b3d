"""When a reply goes out, and what became of one that did not get through, in words: what happened, what is safe, what
to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from agency.replies.models import Reply
from agency.replies.reply_rows import ReplyRow
from agency.replies.sending_time import hours_moment_if_approved
from agency.web.language import time_of_day
from agency.web.looks import Notice
from agency.web.reply_looks import platform_word
from tenants import clock
from tenants.database import db
from tenants.models import Brand
from tenants.permissions import Actor, Permission

_SAID = re.compile(r"It said: (.+?) Nothing was published\. ", re.DOTALL)


class Timed(Protocol):
    """A reply, as far as its time of sending goes."""

    @property
    def state(self) -> str: ...
    @property
    def not_before(self) -> datetime | None: ...
    @property
    def not_before_because(self) -> str | None: ...


def goes_out_words(reply: Timed, brand_zone: str = "") -> str:
    """When it leaves and why not now; empty where nothing was said of it. `brand_zone`: by whose clock it was chosen,
    said too where it shows another time than the reader's.
    """
    if reply.not_before_because is None or reply.state not in ("awaiting_approval", "approved"):
        return ""
    at = reply.not_before
    if at is None:
        return _("Goes out in the brand's hours, once it has its yes.") if reply.state == "awaiting_approval" else ""
    if reply.not_before_because == "undo":
        return _("Goes out %(time)s. Until then it can be undone.", time=_to_the_second(at))
    time = both_times(at, brand_zone)
    if reply.state == "awaiting_approval":
        return _("Goes out %(time)s, if it has its yes by then.", time=time)
    if reply.not_before_because == "hours":
        return _("Goes out %(time)s, when the brand's hours begin.", time=time)
    return _("Goes out %(time)s.", time=time)


def both_times(at: datetime, brand_zone: str) -> str:
    """The time where the reader is, and by the brand's clock where that shows another."""
    here = time_of_day(at)
    there = time_of_day(at, ZoneInfo(brand_zone)) if brand_zone else here
    return here if there == here else _("%(time)s (%(there)s by the brand's clock)", time=here, there=there)


def goes_out_if_approved(reply: ReplyRow) -> str:
    """For who may say yes now: when it would go out; empty for at once. Three statements where hours decide."""
    if reply.not_before_because != "hours":
        return goes_out_words(reply)
    begins = hours_moment_if_approved(reply.id, clock.now())
    if begins is None:
        return ""
    return _("With your yes now it goes out %(time)s, when the brand's hours begin.", time=time_of_day(begins))


def goes_out_soon(reply: Reply) -> str:
    """The same right after it left its writer's hands: how many seconds are left to undo it."""
    if reply.not_before_because == "undo" and reply.not_before is not None:
        seconds = max(1, round((reply.not_before - clock.now()).total_seconds()))
        return ngettext("Goes out in %(num)s second.", "Goes out in %(num)s seconds.", seconds)
    return goes_out_words(reply, brand_zone_of(reply.brand_id) if reply.not_before is not None else "")


def brand_zone_of(brand_id: UUID) -> str:
    """The name of the brand's time zone; one statement."""
    return db.session.execute(select(Brand.time_zone).where(Brand.id == brand_id)).scalar_one()


def _to_the_second(at: datetime) -> str:
    return f"{time_of_day(at)}:{at.second:02d}"


def trouble_notice(reply: ReplyRow | Reply, actor: Actor) -> Notice | None:
    """What holds it back or became of it, with the one link that helps; None where nothing is wrong."""
    make = _NOTICES.get(reply.trouble or "")
    return make(reply, actor) if make is not None else None


def _place(reply: ReplyRow | Reply) -> str:
    return platform_word(reply.platform)


def _waits(what: str, then: str, *action: str) -> Notice:
    return Notice("warn", what, _("It was not sent, and is kept."), then, *action)


def _when(reply: ReplyRow | Reply, then: str) -> str:
    """The same, with the moment of the next try where that is known and still to come."""
    at = reply.next_try_at
    if at is None or at <= clock.now():
        return then
    next_try = _("Next try: %(time)s.", time=time_of_day(at))
    return f"{then} {next_try}"


def _not_taken(what: str, then: str) -> Notice:
    return Notice("bad", what, _("It was not sent, and stands nowhere."), then)


def _reconnect(reply: ReplyRow | Reply, actor: Actor) -> Notice:
    what = _("There is no working connection to this account at %(place)s.", place=_place(reply))
    if not actor.may(Permission.ACCOUNT_CONNECT):
        return _waits(what, _("Ask an agency admin to connect it again; then it goes out by itself."))
    url = url_for("accounts_page.accounts_of_brand", brand_id=reply.brand_id)
    return _waits(what, _("Connect it again; then it goes out by itself."), _("Connect again"), url)


def _refused(reply: ReplyRow | Reply, actor: Actor) -> Notice:
    said = _SAID.search(reply.state_reason or "")
    if said is None:
        what = _("%(place)s refused this reply and gave no reason in words.", place=_place(reply))
    else:
        what = _("%(place)s refused this reply: “%(words)s”", place=_place(reply), words=said[1])
    return _not_taken(what, _("Change the words, or try again if what it objects to is mended."))


_NOTICES: dict[str, Callable[[ReplyRow | Reply, Actor], Notice]] = {
    "reconnect": _reconnect,
    "no_allowance": lambda reply, _actor: _waits(
        _("%(place)s gives Onbrand itself no access here.", place=_place(reply)),
        _("Whoever runs Onbrand has to mend that; then it goes out by itself."),
    ),
    "key_missing": lambda _reply, _actor: _waits(
        _("A key is missing on our side, so this account cannot be opened."),
        _("Whoever runs Onbrand has to give it; then it goes out by itself."),
    ),
    "brand_paused": lambda _reply, _actor: _waits(
        _("The brand is paused."), _("It goes out by itself when an agency admin lets the brand send again.")
    ),
    "writes_paused": lambda reply, _actor: _waits(
        _("%(place)s lets this account write nothing for some hours.", place=_place(reply)),
        _when(reply, _("It goes out by itself as soon as it may.")),
    ),
    "rate_limited": lambda reply, _actor: _waits(
        _("%(place)s asked us to slow down.", place=_place(reply)),
        _when(reply, _("It goes out by itself; asking sooner would make it longer.")),
    ),
    "follows_another": lambda _reply, _actor: Notice(
        "info", _("Another reply to this case is on its way."), _("This one is kept and follows it by itself.")
    ),
    "in_turn": lambda reply, _actor: Notice(
        "info",
        _("Many replies go out on %(place)s now, and it takes so many a minute.", place=_place(reply)),
        _("It was not sent, and is kept."),
        _when(reply, _("It goes out by itself in its turn.")),
    ),
    "unreachable": lambda reply, _actor: _waits(
        _("%(place)s could not be reached.", place=_place(reply)),
        _when(reply, _("We try again by ourselves; you can also try now.")),
    ),
    "refused": _refused,
    "gone": lambda reply, _actor: _not_taken(
        _("%(place)s no longer shows what this answers.", place=_place(reply)),
        _("Look there: it was probably deleted or hidden. Take the reply back where nobody needs it."),
    ),
    "window_closed": lambda reply, _actor: _not_taken(
        _("%(place)s takes no message to this person any more: too much time has passed.", place=_place(reply)),
        _("Take it back, and answer in public or when they write again."),
    ),
    "changed": lambda _reply, _actor: _not_taken(
        _("What this answers was changed, or answered elsewhere, while it was being sent."),
        _("Read it again and decide anew."),
    ),
    "no_answer": lambda reply, _actor: Notice(
        "warn",
        _("We sent it, and %(place)s did not say whether it took it.", place=_place(reply)),
        _("It may stand there, so it is not sent a second time before that is known."),
        _("We go on looking by ourselves; you can have us look now."),
    ),
    "needs_a_person": lambda reply, _actor: Notice(
        "bad",
        _("We sent it, %(place)s never said whether it took it, and looking did not tell.", place=_place(reply)),
        _("It is not sent again by itself."),
        _("Look on the platform, then have a lead say on the receipt what became of it."),
        _("Receipt"),
        url_for("receipts.receipt", reply_id=reply.id),
    ),
}
