"""At a case: that it comes back, that its time has come, or that the customer was first."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from agency.inbox.comeback_view import ComebackView, comeback_of
from agency.inbox.conversation_view import ConversationView
from agency.web.birthday_part import day_words
from agency.web.contexts_later import ComebackLook
from agency.web.inbox_address import Address
from agency.web.looks import Notice
from agency.web.snoozing import when_words
from tenants.permissions import Actor, Permission


def _day(one: ComebackView, view: ConversationView) -> str:
    """On which it came back, by the brand's clock."""
    at = (one.ended_at or one.comes_at).astimezone(ZoneInfo(view.brand_time_zone))
    return day_words(at.month, at.day)


def comeback_look(view: ConversationView, actor: Actor, address: Address, *, may_touch: bool) -> ComebackLook | None:
    """Between colleagues, as notes are. What is over is told until somebody acts on it."""
    one = comeback_of(view.further)
    if one is None or not actor.may(Permission.NOTE_READ):
        return None
    mine = one.person_id == actor.user_id
    form = address.deed_url(view.id, "come-back") if may_touch else ""
    inserts = actor.may(Permission.REPLY_WRITE)
    if one.state == "waiting":
        at = when_words(one.comes_at)
        what = (
            _("Comes back to you %(at)s.", at=at)
            if mine
            else _("Comes back to %(name)s %(at)s.", name=one.person_name, at=at)
        )
        resolved = view.closed_reason == "resolved"
        return ComebackLook(
            notice=Notice(
                "info",
                what,
                _("It is resolved, and comes back all the same.")
                if resolved
                else _("If the customer writes before, it does not."),
            ),
            reason=one.reason,
            draft=one.draft,
            change_url=form,
            change_label=_("Change it"),
            end_url=address.deed_url(view.id, "come-back/end") if may_touch else "",
            end_label=_("Bring it back now") if view.status == "snoozed" else _("Let it rest"),
        )
    if one.state == "woke" and view.status == "open" and view.woke_at is not None and one.cause == "birthday":
        return ComebackLook(
            notice=Notice(
                "warn",
                _("The customer's birthday is %(day)s: they gave it to the brand on their own.", day=_day(one, view)),
                _("Nothing is sent by itself. Beneath public words everybody would read of it."),
            )
        )
    if one.state == "woke" and view.status == "open" and view.woke_at is not None:
        what = _("You wanted this back now.") if mine else _("%(name)s wanted this back now.", name=one.person_name)
        return ComebackLook(notice=Notice("warn", what), reason=one.reason, draft=one.draft, inserts=inserts)
    was_first = one.state == "ended" and one.ended_because == "customer" and one.ended_at is not None
    if was_first and view.status == "open":
        return ComebackLook(
            notice=Notice(
                "info",
                _("The customer wrote first: it does not come back %(at)s.", at=when_words(one.comes_at)),
            ),
            reason=one.reason,
            draft=one.draft,
            inserts=inserts,
            change_url=form,
            change_label=_("Let it come back all the same"),
        )
    return None
