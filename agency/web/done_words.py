"""What was done in a client's name, as a client reads it: a sentence for each action that `done_page.SHOWN` names."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.web.language import per_language


@per_language
def done_words() -> dict[str, str]:
    """By action; what is not here is said as the agency reads it."""
    return {
        "approval_policy.answer": _("Approval policy answered"),
        "approval_policy.call_back": _("Proposed approval policy called back"),
        "approval_policy.in_force": _("Approval policy put in force"),
        "approval_policy.propose": _("Approval policy proposed"),
        "contact.people_export_fetched": _("File of everybody who writes fetched"),
        "contact.people_export_ordered": _("File of everybody who writes ordered"),
        "reply.acknowledge": _("Said by itself that a customer was heard, as the policy says"),
        "reply.approve": _("Reply approved"),
        "reply.approve_alike": _("Reply let out by the yes to the same words of an incident"),
        "reply.approve_by_policy": _("Safe wording let out after nobody answered, as the policy says"),
        "reply.approve_step": _("Reply approved; somebody else is asked next"),
        "reply.ask_for_changes": _("Changes asked for in a reply"),
        "reply.change_and_approve": _("Reply changed and approved"),
        "reply.change_step": _("Reply changed and approved; somebody else is asked next"),
        "reply.changed_on_platform": _("Published reply stands differently on the platform"),
        "reply.decline": _("Reply declined"),
        "reply.lapse": _("Request for a yes, or the yes, no longer holds"),
        "reply.pass_step": _("Nobody answered; the next people were asked"),
        "reply.reconcile": _("Looked on the platform whether the reply stands there"),
        "reply.release": _("Reply released without a yes, as the policy allows"),
        "reply.resolve": _("A person said what became of a reply"),
        "reply.settle": _("Result of sending a reply written down"),
        "reply.submit": _("Reply sent for approval"),
        "style_guide.answer": _("Style guide answered"),
        "style_guide.approve_guide": _("Style guide approved"),
        "style_guide.call_back": _("Proposed style guide called back"),
        "style_guide.propose": _("Style guide proposed"),
        "style_guide.put_in_force": _("Style guide put in force"),
        "style_guide.retire": _("Style guide replaced by a newer one"),
    }
