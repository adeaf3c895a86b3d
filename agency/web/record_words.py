"""The record's actions as words: what it is about, and what was done. An action is `area.deed`, each part listed here.

A house test finds every action that is recorded anywhere and holds it against these lists.
"""

from __future__ import annotations

from typing import Final

from flask_babel import gettext as _

from agency.web.move_words import MOVES
from tenants.errors import Worded, worded
from tenants.states import in_words

AREAS: Final[dict[str, Worded]] = {
    "account": worded("Channel"),
    "acknowledgement": worded("Words that say we heard"),
    "agency": worded("Agency"),
    "api_token": worded("API token"),
    "approval_policy": worded("Approval policy"),
    "billing": worded("Billing"),
    "brand": worded("Brand"),
    "client_sheet": worded("Client sheet"),
    "clocks": worded("Clocks"),
    "contact": worded("Person who writes"),
    "conversation": worded("Case"),
    "empowerment": worded("Goodwill"),
    "fact": worded("Fact"),
    "guideline": worded("Guideline"),
    "history": worded("Earlier conversations"),
    "incident": worded("Incident"),
    "label": worded("Label"),
    "loop": worded("Feedback loop"),
    "message": worded("Message"),
    "month": worded("Month with the client"),
    "person": worded("Colleague"),
    "promise": worded("Promise to a customer"),
    "quality": worded("Quality"),
    "quiz": worded("Quiz"),
    "ranking": worded("Ranking"),
    "reading": worded("Reading"),
    "record": worded("Record"),
    "reply": worded("Reply"),
    "rule": worded("Rule of the desk"),
    "saved_reply": worded("Saved reply"),
    "style_guide": worded("Style guide"),
    "team": worded("Team"),
    "topic": worded("Topic"),
    "view": worded("Saved view"),
}

MOVED: Final = frozenset(str(move).replace(" ", "_") for move in MOVES)
"""Deeds that are moves of a table of states: their words are those of the page of permissions (`move_words`)."""

DEEDS: Final[tuple[Worded, ...]] = (
    worded("absence agreed"),
    worded("absence asked"),
    worded("absence declined"),
    worded("absence withdrawn"),
    worded("access ended"),
    worded("all revoked"),
    worded("approves no more"),
    worded("archived"),
    worded("answered"),
    worded("asked"),
    worded("assign"),
    worded("attached"),
    worded("begun"),
    worded("birthday ended"),
    worded("birthday noted"),
    worded("block"),
    worded("block done"),
    worded("block refused"),
    worded("block unknown"),
    worded("came back"),
    worded("cancelled"),
    worded("change confirmed"),
    worded("change done"),
    worded("change dropped"),
    worded("changed"),
    worded("changed on platform"),
    worded("checkout begun"),
    worded("checkout done"),
    worded("client told"),
    worded("close"),
    worded("come back"),
    worded("come back ended"),
    worded("closed"),
    worded("confirmed"),
    worded("connected"),
    worded("corrected"),
    worded("created"),
    worded("declined"),
    worded("delete"),
    worded("delete done"),
    worded("delete refused"),
    worded("delete unknown"),
    worded("deleted"),
    worded("disconnected"),
    worded("discard"),
    worded("dismissed"),
    worded("done"),
    worded("draft"),
    worded("drafted"),
    worded("dropped"),
    worded("ending"),
    worded("erased"),
    worded("erasure ordered"),
    worded("exported"),
    worded("people export ordered"),
    worded("people exported"),
    worded("people export fetched"),
    worded("people export refused"),
    worded("failed"),
    worded("found more than once"),
    worded("given"),
    worded("goals agreed"),
    worded("go on"),
    worded("free again"),
    worded("handed on"),
    worded("handover accepted"),
    worded("handover declined"),
    worded("handover lapsed"),
    worded("handover offered"),
    worded("handover withdrawn"),
    worded("hide"),
    worded("hide done"),
    worded("hide refused"),
    worded("hide unknown"),
    worded("in force"),
    worded("import begun"),
    worded("import done"),
    worded("import stopped"),
    worded("holding started"),
    worded("holding stopped"),
    worded("hours changed"),
    worded("invitation withdrawn"),
    worded("invited"),
    worded("joined"),
    worded("judged"),
    worded("may approve"),
    worded("judgement changed"),
    worded("kept"),
    worded("label"),
    worded("late answer"),
    worded("let go"),
    worded("like"),
    worded("like done"),
    worded("like refused"),
    worded("like unknown"),
    worded("limits changed"),
    worded("link confirmed"),
    worded("link made"),
    worded("linked"),
    worded("mail answer"),
    worded("mail look set"),
    worded("member changed"),
    worded("merge"),
    worded("merged"),
    worded("minutes saved"),
    worded("moved"),
    worded("note"),
    worded("note changed"),
    worded("note written"),
    worded("opened"),
    worded("passed"),
    worded("password changed"),
    worded("password reset"),
    worded("paused"),
    worded("policies on paper"),
    worded("portal opened"),
    worded("invoice opened"),
    worded("invoices exported"),
    worded("read only"),
    worded("put in"),
    worded("quiz gate set"),
    worded("reconnected"),
    worded("recovery codes renewed"),
    worded("remind"),
    worded("reminded"),
    worded("removed"),
    worded("reopen"),
    worded("reopened"),
    worded("reported"),
    worded("restored"),
    worded("resumed"),
    worded("retry"),
    worded("revoked"),
    worded("role changed"),
    worded("rules saved"),
    worded("saved"),
    worded("schedule"),
    worded("second factor demanded"),
    worded("second factor off"),
    worded("second factor on"),
    worded("snooze"),
    worded("spam"),
    worded("spam lifted"),
    worded("spam marked"),
    worded("split"),
    worded("start"),
    worded("start edit"),
    worded("start withdraw"),
    worded("stopped"),
    worded("switched off"),
    worded("switched on"),
    worded("take apart"),
    worded("take over"),
    worded("take version"),
    worded("taken back"),
    worded("taken up"),
    worded("texts saved"),
    worded("took out"),
    worded("undo"),
    worded("undo seconds set"),
    worded("unhide"),
    worded("unhide done"),
    worded("unhide refused"),
    worded("unhide unknown"),
    worded("unlabel"),
    worded("unlike"),
    worded("unlike done"),
    worded("unlike refused"),
    worded("unlike unknown"),
    worded("unlinked"),
    worded("unshelved"),
    worded("vip ended"),
    worded("vip set"),
    worded("weight set"),
    worded("weights saved"),
    worded("wordings changed"),
    worded("usage exported"),
    worded("vat id given"),
    worded("withdrawn"),
    worded("worded"),
    worded("words erased"),
    worded("written"),
)


_AREAS_DEEDS: Final[dict[str, str]] = {
    "account": "access_ended came_back connected disconnected link_made reconnected",
    "acknowledgement": "texts_saved",
    "agency": "mail_look_set opened policies_on_paper quiz_gate_set second_factor_demanded undo_seconds_set",
    "api_token": "all_revoked created revoked",
    "approval_policy": "answer call_back discard draft in_force propose",
    "billing": (
        "cancelled change_confirmed change_done change_dropped checkout_begun checkout_done "
        "invoice_opened invoices_exported opened portal_opened "
        "taken_back usage_exported vat_id_given"
    ),
    "brand": "archived changed free_again hours_changed opened paused read_only resumed unshelved",
    "client_sheet": "changed",
    "clocks": "rules_saved",
    "contact": (
        "birthday_ended birthday_noted "
        "erased erasure_ordered exported link_confirmed linked note_changed note_written people_export_fetched "
        "people_export_ordered people_export_refused people_exported spam_lifted "
        "spam_marked unlinked vip_ended vip_set weight_set"
    ),
    "conversation": (
        "assign came_back claim client_told close come_back come_back_ended handover_accepted handover_declined "
        "handover_lapsed handover_offered handover_withdrawn label merge note release reopen snooze "
        "spam split take_apart take_over undo unlabel"
    ),
    "empowerment": "given limits_changed taken_back",
    "fact": "archived changed restored written",
    "guideline": "changed created deleted",
    "history": "asked done failed import_begun import_done import_stopped stopped taken_up",
    "incident": (
        "attached changed closed dismissed ending holding_started holding_stopped opened put_in took_out worded"
    ),
    "label": "archived changed created merged restored",
    "loop": "answered archived asked changed created declined handed_on reminded restored withdrawn",
    "message": (
        "block block_done block_refused block_unknown delete delete_done delete_refused delete_unknown hide "
        "hide_done hide_refused hide_unknown like like_done like_refused like_unknown unhide unhide_done "
        "unhide_refused unhide_unknown unlike unlike_done unlike_refused unlike_unknown"
    ),
    "month": "goals_agreed minutes_saved reported",
    "person": (
        "approves_no_more created invitation_withdrawn invited joined may_approve password_changed password_reset "
        "recovery_codes_renewed removed role_changed second_factor_off second_factor_on"
    ),
    "promise": "dropped kept reopened",
    "quality": "judged judgement_changed",
    "quiz": "begun failed passed",
    "ranking": "weights_saved",
    "reading": "confirmed corrected",
    "record": "words_erased",
    "reply": (
        "acknowledge approve approve_alike approve_by_policy approve_step ask_for_changes change_and_approve "
        "change_step "
        "changed_on_platform claim decline drop edit escalate found_more_than_once give_back go_on hold lapse "
        "late_answer let_go lose_track mail_answer pass_step reconcile release remind resolve retry schedule settle "
        "stand_back start start_edit start_withdraw submit take_version withdraw wordings_changed"
    ),
    "saved_reply": "archived changed created restored",
    "style_guide": "answer approve_guide call_back changed drafted propose put_in_force retire",
    "rule": "archived changed created moved restored switched_off switched_on",
    "team": "absence_agreed absence_asked absence_declined absence_withdrawn member_changed",
    "topic": "archived changed created restored",
    "view": "changed deleted moved restored saved",
}
"""Area → its deeds: what a search offers."""
_KNOWN: Final = frozenset(f"{area}.{deed}" for area, deeds in _AREAS_DEEDS.items() for deed in deeds.split())


def actions_known() -> frozenset[str]:
    """Every action there is."""
    return _KNOWN


def area_words(action: str) -> str:
    """What an action is about."""
    return _(AREAS[action.partition(".")[0]])


def action_words(action: str) -> str:
    """`reply.approve` → Reply: approve, in the reader's language; an action nobody knows as it is written."""
    area, _dot, deed = action.partition(".")
    named = AREAS.get(area)
    return f"{_(named)}: {_(in_words(deed))}" if named is not None else action.replace("_", " ")
