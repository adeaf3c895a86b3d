"""Who may ask for which page: those of what the desk keeps beside its cases. A part of `agency.web.route_policy`."""

from __future__ import annotations

from typing import Final

from tenants.permissions import Permission

DESK_POLICY: Final[dict[str, Permission]] = {
    # desk_rules_page.py: the room asks again, with the brand or for every brand
    "desk_rules_page.rules": Permission.CONVERSATION_WORK,
    "desk_rules_page.new": Permission.GUIDE_WRITE,
    "desk_rules_page.create": Permission.GUIDE_WRITE,
    "desk_rules_page.rule": Permission.GUIDE_WRITE,
    "desk_rules_page.change": Permission.GUIDE_WRITE,
    "desk_rules_page.switch": Permission.GUIDE_WRITE,
    "desk_rules_page.move": Permission.GUIDE_WRITE,
    "desk_rules_page.archive": Permission.GUIDE_WRITE,
    # incidents_page.py: a press asks again, with the brand
    "incidents_page.incidents": Permission.CONVERSATION_WORK,
    "incidents_page.new": Permission.CONVERSATION_REASSIGN,
    "incidents_page.create": Permission.CONVERSATION_REASSIGN,
    "incidents_page.suggested": Permission.CONVERSATION_REASSIGN,
    "incidents_page.dismiss": Permission.CONVERSATION_REASSIGN,
    "incidents_page.incident": Permission.CONVERSATION_WORK,
    "incidents_page.edit": Permission.CONVERSATION_REASSIGN,
    "incidents_page.change": Permission.CONVERSATION_REASSIGN,
    "incidents_page.close": Permission.CONVERSATION_REASSIGN,
    "incidents_page.take_out": Permission.CONVERSATION_WORK,
    # handover_page.py: the room looks whose it is
    "handover_page.mine": Permission.CONVERSATION_WORK,
    "handover_page.give": Permission.CONVERSATION_WORK,
    "handover_page.one": Permission.CONVERSATION_WORK,
    "handover_page.answer": Permission.CONVERSATION_WORK,
    "incident_texts_page.holding": Permission.CONVERSATION_REASSIGN,
    "incident_texts_page.start": Permission.CONVERSATION_REASSIGN,
    "incident_texts_page.stop": Permission.CONVERSATION_REASSIGN,
    "incident_texts_page.follow_up": Permission.CONVERSATION_REASSIGN,
    "incident_texts_page.end": Permission.CONVERSATION_REASSIGN,
    "incident_texts_page.go_on": Permission.CONVERSATION_REASSIGN,
    # team_page.py: the room asks again, for another's than one's own
    "team_page.team": Permission.CONVERSATION_WORK,
    "team_page.member": Permission.CONVERSATION_WORK,
    "team_page.change": Permission.TEAM_MANAGE,
    "team_page.absence": Permission.CONVERSATION_WORK,
    "team_page.settle": Permission.CONVERSATION_WORK,
    # promises_page.py: a press asks again, with the brand
    "promises_page.promises": Permission.REPLY_READ,
    "promises_page.press": Permission.REPLY_WRITE,
    # wall.py, figures.py: what is about to go wrong, and how brands are answered
    "wall.wall": Permission.WALL_READ,
    "wall.due": Permission.WALL_READ,
    "figures.figures": Permission.REPORT_READ,
    "figures.cases": Permission.REPORT_READ,
    "figures.file": Permission.REPORT_READ,
}
