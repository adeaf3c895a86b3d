"""At a case: that it is part of an incident, and is not to be answered singly."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from agency.inbox.conversation_view import ConversationView
from agency.inbox.incidents.beside import incident_of
from agency.web.contexts_incidents import IncidentPart
from agency.web.looks import Notice
from tenants.permissions import Actor, Permission


def incident_part(view: ConversationView, actor: Actor) -> IncidentPart | None:
    """Between colleagues, as notes are."""
    one = incident_of(view.further)
    if one is None or not actor.may(Permission.NOTE_READ):
        return None
    stays = _("It is not answered singly: everybody who writes about it is answered together.")
    works = actor.may(Permission.CONVERSATION_WORK)
    return IncidentPart(
        notice=Notice(
            "info",
            _("Part of the incident “%(name)s”.", name=one.name),
            _("A colleague was at it, so it stays in the queue.") if one.stayed else stays,
        ),
        url=url_for("incidents_page.incident", incident_id=one.id) if works else "",
        out_url=url_for("incidents_page.take_out", incident_id=one.id, conversation_id=view.id) if works else "",
    )
