"""What people can be told of, and the ways, in words."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.notices.choices import Ways
from agency.web.language import per_language


@per_language
def kind_words() -> dict[str, str]:
    """What each kind of notice is, as settings name it."""
    return {
        "reply_awaits_you": _("A reply waits for your word"),
        "replies_wait_today": _("In the morning, all replies that wait for your word"),
        "case_awaits_you": _("A case waits for your own answer"),
        "guide_awaits_you": _("A style guide waits for your word"),
        "monthly_report": _("How the last month went"),
        "policy_awaits_you": _("An approval policy waits for your signature"),
        "policy_holds": _("Another approval policy holds"),
        "approver_came": _("Somebody else may say yes for your brand"),
        "approver_left": _("Somebody may no longer say yes for your brand"),
        "answer_taken_back": _("A published answer is taken back"),
        "yes_came_to": _("What became of replies you said yes to"),
        "connection_broke": _("A channel needs a sign-in"),
        "connection_ends": _("A channel's access ends soon"),
        "answer_stands_differently": _("A published answer no longer stands as it was"),
        "reply_declined": _("Your reply was declined"),
        "reply_asked": _("Changes are asked for in your reply"),
        "reply_changed": _("Your reply was changed and approved"),
        "reply_approved": _("Your reply was approved"),
        "reply_lapsed": _("The yes to your reply no longer holds"),
        "reply_refused": _("The platform refused your reply"),
        "reply_unanswered": _("Nobody answers whether a reply may go out"),
        "reply_let_out": _("Silence let a reply out"),
        "reply_unknown": _("Nobody can tell whether a reply was published"),
        "mail_answered": _("A client answered by mail"),
        "case_taken": _("Somebody took over your case"),
        "case_came_back": _("A case comes back as you asked"),
        "birthday_came": _("It is the birthday of a customer who gave it to the brand"),
        "comeback_ended": _("The customer wrote before a case came back"),
        "handover_offered": _("A colleague hands you cases"),
        "handover_answered": _("What you handed over is answered"),
        "handover_unanswered": _("Nobody answers to cases handed over"),
        "absence_asked": _("Somebody asks to be away"),
        "absence_agreed": _("Your absence is agreed"),
        "absence_declined": _("Your absence is declined or withdrawn"),
        "loop_answered": _("A loop answered your question"),
        "loop_declined": _("A loop cannot answer your question"),
        "loop_unread": _("A loop answered by a mail that cannot be read"),
        "loop_late": _("A loop is late with its answer"),
        "loop_unreached": _("A question to a loop does not arrive"),
        "guide_answered": _("Your style guide was answered"),
        "policy_answered": _("Your approval policy was answered"),
        "writing_paused": _("A platform stops a channel from writing"),
        "mails_bounce": _("Mails to a client do not arrive"),
        "incident_suggested": _("Many customers complain of the same"),
        "incident_opened": _("Many customers write about one thing"),
        "incident_ended": _("What many customers wrote about is over"),
    }


@per_language
def way_words() -> dict[Ways, str]:
    """The ways somebody can be told."""
    return {
        Ways(True, True): _("In the app and by mail"),
        Ways(True, False): _("In the app"),
        Ways(False, True): _("By mail"),
        Ways(False, False): _("Not at all"),
    }
