"""Who may do what, printed from the very tables that decide it."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import gettext as _

from agency.replies.lifecycle import LIFECYCLE
from agency.web.contexts_setup import MoveLook, PermissionsPage
from agency.web.shell import render_page, role_words
from agency.web.state_looks import reply_states
from agency.web.who import actor_of_request
from styleguides.guides import VERSION_MOVES
from tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from tenants.states import SYSTEM, StateTable, in_words

permissions_page = Blueprint("permissions_page", __name__)


@permissions_page.get("/permissions")
def permissions() -> str:
    """Roles and what they may; the moves of replies and of guide versions."""
    actor, words, roles = actor_of_request(), deed_words(), role_words()
    page = PermissionsPage(
        roles=tuple((roles[role], role is actor.role) for role in Role),
        rows=tuple(
            (words.get(one, one.value), one.value, tuple(one in ROLE_PERMISSIONS[role] for role in Role))
            for one in Permission
        ),
        tables=(
            (_("How a reply moves"), _moves(LIFECYCLE, words)),
            (_("How a version of a style guide moves"), _moves(VERSION_MOVES, words)),
        ),
    )
    return render_page("permissions/page.html", page)


def deed_words() -> dict[Permission, str]:
    """Each permission as a deed."""
    return {
        Permission.CONVERSATION_READ: _("Read conversations"),
        Permission.CONVERSATION_WORK: _("Take and work on cases"),
        Permission.CONVERSATION_REASSIGN: _("Take a case from somebody or hand it over"),
        Permission.NOTE_READ: _("Read notes"),
        Permission.NOTE_WRITE: _("Write notes"),
        Permission.CONTACT_READ: _("See who writes: their other cases, notes, VIPs"),
        Permission.CONTACT_WRITE: _("Say who is a VIP and how much somebody counts in the queue"),
        Permission.CONTACT_LINK: _("Say that two identities are one person, and undo it"),
        Permission.CONTACT_EXPORT: _("Export everything held of one person"),
        Permission.CONTACT_ERASE: _("Erase everything held of one person"),
        Permission.MESSAGE_MODERATE: _("Hide, show and like what customers wrote"),
        Permission.MESSAGE_REMOVE: _("Delete what customers wrote, block its author"),
        Permission.REPLY_READ: _("Read replies and receipts"),
        Permission.REPLY_READ_DRAFT: _("Read drafts"),
        Permission.REPLY_WRITE: _("Write replies"),
        Permission.REPLY_APPROVE: _("Approve replies, never one's own"),
        Permission.REPLY_RELEASE: _("Publish without approval, where the brand allows it"),
        Permission.REPLY_RESOLVE: _("Decide what became of an unknown send"),
        Permission.REPLY_LET_GO: _("Let words go that the style guide stops, with a reason"),
        Permission.GUIDE_READ: _("Read style guides, guidelines, facts, client sheets and saved replies"),
        Permission.GUIDE_WRITE: _("Write style guides, guidelines, facts and client sheets"),
        Permission.QUALITY_JUDGE: _("Judge sent replies, never one's own, and see how people do"),
        Permission.QUALITY_READ_OWN: _("See how one's own replies were judged"),
        Permission.GUIDE_PUT_IN_FORCE: _("Put a style guide in force"),
        Permission.GUIDE_PROPOSE: _("Propose a style guide to the client"),
        Permission.GUIDE_APPROVE: _("Approve a style guide, never one's own"),
        Permission.SAVED_REPLY_WRITE: _("Write saved replies"),
        Permission.LABEL_MANAGE: _("Change which labels there are"),
        Permission.VIEW_SHARE: _("Share views with the agency"),
        Permission.QUIZ_MANAGE: _("See who passed a quiz, set what a pass decides"),
        Permission.RANKING_MANAGE: _("Set what counts how much in the queue"),
        Permission.EMPOWERMENT_READ: _("See what may be given to customers and what was"),
        Permission.EMPOWERMENT_GIVE: _("Give to customers within the limits"),
        Permission.EMPOWERMENT_EXCEED: _("Give more than the limits, with a reason"),
        Permission.EMPOWERMENT_TAKE_BACK: _("Take back what a colleague gave"),
        Permission.EMPOWERMENT_LIMIT: _("Set the limits of what may be given"),
        Permission.BRAND_READ: _("See brands"),
        Permission.BRAND_MANAGE: _("Open, change, pause and archive brands"),
        Permission.ACCOUNT_READ: _("See channel health"),
        Permission.ACCOUNT_CONNECT: _("Connect and disconnect channels"),
        Permission.HISTORY_BRING: _("Bring in earlier conversations"),
        Permission.TEAM_MANAGE: _("Say who works when, speaks and can what; agree to absences"),
        Permission.PEOPLE_READ: _("See the people"),
        Permission.PEOPLE_MANAGE: _("Invite, change and remove people"),
        Permission.AUDIT_READ: _("Read who did what"),
        Permission.WALL_READ: _("See the wall: what is about to go wrong, brand by brand"),
        Permission.REPORT_READ: _("See figures of how brands are answered"),
        Permission.REPORT_WRITE: _("Write down goals and minutes agreed with a client"),
        Permission.BILLING_MANAGE: _("Plans and invoices"),
    }


def _moves(table: StateTable, words: dict[Permission, str]) -> tuple[MoveLook, ...]:
    states = {code: look.word for code, look in reply_states().items()}
    states |= {"proposed": _("Proposed"), "in_force": _("In force"), "retired": _("Earlier")}

    def named(codes: frozenset[str]) -> str:
        return ", ".join(sorted(states.get(code, code) for code in codes))

    return tuple(
        MoveLook(
            name=_(in_words(move.name)),
            sources=named(move.sources),
            targets=named(move.targets),
            who=_("The system") if move.who == SYSTEM else words.get(Permission(move.who), str(move.who)),
            must_hold=_(move.must_hold),
        )
        for move in table.moves.values()
    )
