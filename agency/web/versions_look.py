"""The versions beside a draft as people choose among them."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _

from agency.replies import versions
from agency.replies.queries import ReplyRow
from agency.replies.versions import VersionRow
from agency.web import clocks
from agency.web.contexts_drafts import VersionLook, VersionsLook
from agency.web.inbox_address import Address, of_change
from agency.web.language import chosen_language, chosen_zone
from tenants import clock
from tenants.permissions import Actor, Permission

AT_ONCE = 3
"""So many are asked about beside the composer; the rest stand on the page of all."""


def versions_look(
    actor: Actor,
    address: Address,
    conversation_id: UUID,
    draft: ReplyRow | None,
    changes: UUID | None = None,
    *,
    every: bool = False,
) -> VersionsLook:
    """What is kept beside this draft, of an answer or of a change of the published one `changes`: with `every` also
    what nobody is asked about. One statement.
    """
    found = versions.versions_of(actor, conversation_id)
    now_text = draft.text if draft is not None else ""
    waiting = [v for v in found if _waits(v) and v.text != now_text and v.changes_reply_id == changes]
    asked = waiting if every else waiting[:AT_ONCE]
    rest = [v for v in found if v not in waiting and v.text != now_text] if every else []
    others = [v for v in found if v.text != now_text]
    zone, locale, now = chosen_zone(), chosen_language(), clock.now()
    url = of_change(address.deed_url(conversation_id, "versions"), changes)
    return VersionsLook(
        now=now_text,
        now_author=_author(draft.text_author_id, draft.text_author_name, actor) if draft is not None else "",
        now_at=clocks.age(draft.text_at, now, zone, locale) if draft is not None else None,
        waiting=tuple(_look(v, actor, address, conversation_id) for v in asked),
        earlier=tuple(_look(v, actor, address, conversation_id) for v in rest),
        url=url,
        every_url="" if every or len(others) == len(asked) else url,
    )


def _waits(version: VersionRow) -> bool:
    return version.settled_at is None and version.why != "before"


def _author(person_id: UUID, name: str, actor: Actor) -> str:
    return _("You") if person_id == actor.user_id else name


def _look(version: VersionRow, actor: Actor, address: Address, conversation_id: UUID) -> VersionLook:
    may_write = actor.may(Permission.REPLY_WRITE)
    own = version.author_id == actor.user_id
    return VersionLook(
        author=_author(version.author_id, version.author_name, actor),
        at=clocks.age(version.saved_at, clock.now(), chosen_zone(), chosen_language()),
        text=version.text,
        why=_why(version.why),
        url=of_change(address.deed_url(conversation_id, f"versions/{version.id}"), version.changes_reply_id)
        if may_write
        else "",
        may_settle=own or actor.may(Permission.CONVERSATION_REASSIGN),
        waits=_waits(version),
    )


def _why(why: str) -> str:
    return {
        "before": _("stood in the draft before somebody else went on"),
        "changed": _("not saved over what a colleague or another window wrote"),
        "held": _("typed while somebody else had the case"),
        "submitted": _("typed after the reply was handed in"),
        "refused": _("typed when nothing could be saved as a reply"),
    }[why]
