"""What a receipt adds for whoever does not take our word: by which door people came, lines of the record, the key."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask_babel import gettext as _

from agency.replies.models import Approval, ApprovalRequest
from agency.replies.receipt_form import key_id_of
from agency.replies.signed_receipt import link_used, record_lines
from agency.web import clocks
from agency.web.contexts import RecordLine
from agency.web.language import chosen_language, chosen_zone
from agency.web.record_words import action_words
from tenants.permissions import Actor, Permission
from tenants.signing_keys import public_keys


def door_facts(one: Approval, requests: Sequence[ApprovalRequest], reader: Actor) -> tuple[tuple[str, str], ...]:
    """By which door a decision came; from which address and browser is for who may read the record."""
    doors = {"signed_in": _("signed in"), "link": _("the link of a mail"), "api": _("a program")}
    if one.came_by not in doors:
        return ()
    facts = [(_("Came by"), doors[one.came_by])]
    asked = link_used(one, requests)
    if asked is not None and reader.may(Permission.AUDIT_READ):
        facts.append((_("From the address"), asked.from_address or ""))
        if asked.from_browser:
            facts.append((_("With the browser"), asked.from_browser))
    return tuple(facts)


def record_looks(brand_id: UUID, reply_id: UUID) -> tuple[RecordLine, ...]:
    """The lines of the brand's record about it, first to last; one statement."""
    zone, locale = chosen_zone(), chosen_language()
    return tuple(
        RecordLine(
            number=line.number,
            what=action_words(line.action),
            at=clocks.moment(line.created_at, zone, locale),
            hash=line.hash.hex(),
        )
        for line in record_lines(brand_id, reply_id)
    )


def key_id() -> str:
    """Of the key the next receipt is signed with; empty before the first one, which makes it."""
    return next((key_id_of(key.public_key) for key in public_keys() if key.retired_at is None), "")
