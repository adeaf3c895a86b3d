"""Personal data that a customer wrote where everybody reads it: said beside the message, with the way out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask_babel import gettext as _

from agency.inbox.conversation_view import ConversationView, MessageView
from agency.inbox.understanding.stored import NOTHING_PERSONAL, PERSONAL, PERSONAL_DATA, corrections_of
from agency.replies.queries import ReplyRow
from agency.web.composer_way import way_of
from agency.web.contexts_conversation import DataLook
from agency.web.inbox_address import Address
from styleguides.personal_data import PersonalData, personal_data
from tenants.permissions import Actor, Permission


def data_look(
    view: ConversationView,
    m: MessageView,
    replies: Sequence[ReplyRow],
    actor: Actor,
    address: Address,
    open_deeds: Collection[str],
) -> DataLook | None:
    """What everybody reads of this person, and what may be done about it; None where nothing is to be said.

    A private answer goes to whoever wrote last, so it is offered beside their words alone.
    """
    if view.kind == "message" or m.direction != "in" or m.deleted_at is not None or not m.text:
        return None
    corrected = corrections_of(m.reading or {}).get(PERSONAL_DATA)
    found = personal_data(m.text) if corrected != NOTHING_PERSONAL else []
    if not found and corrected != PERSONAL:
        return None
    newest = next((one for one in reversed(view.messages) if one.direction == "in" and one.deleted_at is None), None)
    may_answer = (
        actor.may(Permission.REPLY_WRITE)
        and newest is not None
        and newest.id == m.id
        and way_of(view, replies, automatic=False).may_private
    )
    may_hide = "hide" in open_deeds
    path, mark, query = address.case_url(view.id).partition("?")
    return DataLook(
        words=_words(m, found),
        hide_url=address.deed_url(view.id, f"messages/{m.id}/deeds") if may_hide else "",
        hide_label=_("Hide it and answer in private") if may_answer else _("Hide it"),
        then="private" if may_answer else "",
        private_url=f"{path}?{query}{'&' if mark else ''}private=1#composer" if may_answer and not may_hide else "",
        advice="" if may_hide or may_answer else _("Do not repeat it in the answer."),
    )


def _words(m: MessageView, found: Sequence[PersonalData]) -> str:
    sorts = {
        "email": _("an e-mail address"),
        "phone": _("a phone number"),
        "card": _("a card number"),
        "bank_account": _("a bank account"),
        "national_id": _("an identity number"),
    }
    what = ", ".join(dict.fromkeys(sorts.get(one.sort, _("personal data")) for one in found)) or _("personal data")
    if m.hidden:
        return _("It holds %(what)s. It is hidden; its author and their friends still see it.", what=what)
    return _("Everybody can read %(what)s here.", what=what)
