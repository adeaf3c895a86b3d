"""What people are told of: who, by which ways unless they choose others, and what may be chosen. The one table.

A kind has a folder beside this file of the same name with `line.txt`, the sentence that the page of notices, the API
and gathered mails show. Kinds whose mail is one of its own have its three parts there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tenants.outbox import JobName
from tenants.permissions import Permission

GATHERED_FOR: Final = timedelta(minutes=10)
"""So long after the first one a mail waits for others of its kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the table. `concerns`: who holds one of these permissions can be told of it and chooses how.

    `in_app` and `mail` are what holds until a person chooses. `gathered`: its mails are put together; otherwise each
    thing has a mail of its own. `made_by`: the job that makes the mail about all of a brand's things when it leaves,
    in the place of mails of sentences (`agency.notices.holding`). `needed`: its mails cannot all be switched off,
    because a client's word hangs on them. `breaks_quiet`: a mail does not wait for the end of somebody's quiet hours.
    """

    name: str
    concerns: tuple[Permission, ...]
    in_app: bool = True
    mail: bool = False
    gathered: bool = True
    made_by: JobName | None = None
    needed: bool = False
    breaks_quiet: bool = False


_P = Permission
_KINDS: Final = (
    # to clients
    Kind("reply_awaits_you", (_P.REPLY_APPROVE,), mail=True, made_by=JobName.MAIL_WAITING, needed=True),
    Kind("replies_wait_today", (_P.REPLY_APPROVE,), in_app=False, mail=True, gathered=False),
    Kind("case_awaits_you", (_P.REPLY_APPROVE,), mail=True, gathered=False, needed=True),
    Kind("guide_awaits_you", (_P.GUIDE_APPROVE,), mail=True, gathered=False, needed=True),
    Kind("policy_awaits_you", (_P.POLICY_SIGN,), mail=True, gathered=False, needed=True),
    Kind("policy_holds", (_P.POLICY_SIGN,), mail=True, needed=True),
    Kind("approver_came", (_P.REPLY_APPROVE,), mail=True, needed=True),
    Kind("approver_left", (_P.REPLY_APPROVE,), mail=True, needed=True),
    Kind("answer_taken_back", (_P.REPLY_APPROVE,), mail=True, gathered=False),
    Kind("connection_broke", (_P.REPLY_APPROVE, _P.ACCOUNT_CONNECT), mail=True, gathered=False, needed=True),
    Kind("connection_ends", (_P.REPLY_APPROVE, _P.ACCOUNT_CONNECT), mail=True, gathered=False),
    Kind("yes_came_to", (_P.REPLY_APPROVE,), in_app=False, mail=True, gathered=False),
    Kind("monthly_report", (_P.REPLY_APPROVE,), mail=True, gathered=False),
    # to clients who said yes, and to the agency's people
    Kind("answer_stands_differently", (_P.REPLY_WRITE, _P.REPLY_APPROVE), mail=True),
    # to the agency's people
    Kind("reply_declined", (_P.REPLY_WRITE,), mail=True),
    Kind("reply_asked", (_P.REPLY_WRITE,), mail=True),
    Kind("reply_changed", (_P.REPLY_WRITE,)),
    Kind("reply_approved", (_P.REPLY_WRITE,)),
    Kind("reply_lapsed", (_P.REPLY_WRITE,)),
    Kind("reply_refused", (_P.REPLY_WRITE,), mail=True),
    Kind("reply_unanswered", (_P.POLICY_PROPOSE, _P.REPLY_WRITE), mail=True),
    Kind("reply_let_out", (_P.POLICY_PROPOSE, _P.REPLY_WRITE), mail=True),
    Kind("reply_unknown", (_P.REPLY_RESOLVE, _P.REPLY_WRITE), mail=True, breaks_quiet=True),
    Kind("mail_answered", (_P.REPLY_WRITE,)),
    Kind("case_taken", (_P.CONVERSATION_WORK,)),
    Kind("case_came_back", (_P.CONVERSATION_WORK,), mail=True),
    Kind("birthday_came", (_P.CONVERSATION_WORK,), mail=True),
    Kind("comeback_ended", (_P.CONVERSATION_WORK,)),
    Kind("handover_offered", (_P.CONVERSATION_WORK,)),
    Kind("handover_answered", (_P.CONVERSATION_WORK,)),
    Kind("handover_unanswered", (_P.TEAM_MANAGE, _P.CONVERSATION_WORK)),
    Kind("absence_asked", (_P.TEAM_MANAGE,)),
    Kind("absence_agreed", (_P.CONVERSATION_WORK,)),
    Kind("absence_declined", (_P.CONVERSATION_WORK,)),
    Kind("loop_answered", (_P.CONVERSATION_WORK,)),
    Kind("loop_declined", (_P.CONVERSATION_WORK,)),
    Kind("loop_unread", (_P.CONVERSATION_WORK,)),
    Kind("loop_late", (_P.CONVERSATION_WORK,), mail=True),
    Kind("loop_unreached", (_P.CONVERSATION_WORK,)),
    Kind("guide_answered", (_P.GUIDE_PROPOSE,), mail=True, gathered=False),
    Kind("policy_answered", (_P.POLICY_PROPOSE,), mail=True, gathered=False),
    Kind("writing_paused", (_P.ACCOUNT_CONNECT,), mail=True, gathered=False),
    Kind("mails_bounce", (_P.ACCOUNT_CONNECT,)),
    Kind("incident_suggested", (_P.CONVERSATION_REASSIGN,), mail=True),
    Kind("incident_opened", (_P.REPLY_APPROVE,), mail=True),
    Kind("incident_ended", (_P.REPLY_APPROVE,), mail=True),
)

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in _KINDS}
