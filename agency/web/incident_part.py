"""At a case: that it is part of an incident, and is not to be answered singly; else that one is open."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from agency.inbox.conversation_view import ConversationView
from agency.inbox.incidents.beside import going_beside, incident_of
from agency.web.contexts_incidents import IncidentPart
from agency.web.inbox_address import Address
from agency.web.looks import Notice
from tenants.permissions import Actor, Permission

NAMED = 2
"""Open incidents that a case names; the page behind it shows all."""


def incident_part(view: ConversationView, actor: Actor, address: Address) -> IncidentPart | None:
    """Between colleagues, as notes are."""
    if not actor.may(Permission.NOTE_READ):
        return None
    one, works = incident_of(view.further), actor.may(Permission.CONVERSATION_WORK)
    if one is None:
        going = going_beside(view.further)
        if not going or not works:
            return None
        names = ", ".join(_("“%(word)s”", word=other.name) for other in going[:NAMED])
        if len(going) > NAMED:
            names = _("%(names)s and others", names=names)
        return IncidentPart(
            notice=Notice(
                "info",
                _("An incident is open: %(names)s.", names=names),
                _("If this case is part of it, put it in: it is answered with the others."),
            ),
            url=url_for("incidents_page.incident", incident_id=going[0].id) if len(going) == 1 else "",
            in_url=address.deed_url(view.id, "incident"),
        )
    stays = _("It is not answered singly: everybody who writes about it is answered together.")
    return IncidentPart(
        notice=Notice(
            "info",
            _("Part of the incident “%(name)s”.", name=one.name),
            _("A colleague was at it, so it stays in the queue.") if one.stayed else stays,
        ),
        url=url_for("incidents_page.incident", incident_id=one.id) if works else "",
        out_url=url_for("incidents_page.take_out", incident_id=one.id, conversation_id=view.id) if works else "",
        is_in=True,
    )
