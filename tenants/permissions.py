"""Who may do what: one table. The permission page, the API's documents and the grid tests all read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from tenants.errors import Forbidden, NotFound, worded
from tenants.scope import Scope


class Permission(StrEnum):
    """What can be allowed, as `thing:deed`."""

    CONVERSATION_READ = "conversation:read"
    CONVERSATION_WORK = "conversation:work"
    CONVERSATION_REASSIGN = "conversation:reassign"
    NOTE_READ = "note:read"
    NOTE_WRITE = "note:write"
    CONTACT_READ = "contact:read"
    CONTACT_WRITE = "contact:write"
    CONTACT_LINK = "contact:link"
    CONTACT_EXPORT = "contact:export"
    CONTACT_ERASE = "contact:erase"
    MESSAGE_MODERATE = "message:moderate"
    MESSAGE_REMOVE = "message:remove"
    REPLY_READ = "reply:read"
    REPLY_READ_DRAFT = "reply:read_draft"
    REPLY_WRITE = "reply:write"
    REPLY_APPROVE = "reply:approve"
    REPLY_RELEASE = "reply:release"
    REPLY_RESOLVE = "reply:resolve"
    REPLY_LET_GO = "reply:let_go"
    QUALITY_JUDGE = "quality:judge"
    QUALITY_READ_OWN = "quality:read_own"
    GUIDE_READ = "guide:read"
    GUIDE_WRITE = "guide:write"
    GUIDE_PUT_IN_FORCE = "guide:put_in_force"
    GUIDE_PROPOSE = "guide:propose"
    GUIDE_APPROVE = "guide:approve"
    POLICY_PROPOSE = "policy:propose"
    POLICY_SIGN = "policy:sign"
    SAVED_REPLY_WRITE = "saved_reply:write"
    LABEL_MANAGE = "label:manage"
    VIEW_SHARE = "view:share"
    QUIZ_MANAGE = "quiz:manage"
    RANKING_MANAGE = "ranking:manage"
    EMPOWERMENT_READ = "empowerment:read"
    EMPOWERMENT_GIVE = "empowerment:give"
    EMPOWERMENT_EXCEED = "empowerment:exceed"
    EMPOWERMENT_TAKE_BACK = "empowerment:take_back"
    EMPOWERMENT_LIMIT = "empowerment:limit"
    BRAND_READ = "brand:read"
    BRAND_MANAGE = "brand:manage"
    ACCOUNT_READ = "account:read"
    ACCOUNT_CONNECT = "account:connect"
    HISTORY_BRING = "history:bring"
    TEAM_MANAGE = "team:manage"
    PEOPLE_READ = "people:read"
    PEOPLE_MANAGE = "people:manage"
    AUDIT_READ = "audit:read"
    WALL_READ = "wall:read"
    REPORT_READ = "report:read"
    REPORT_WRITE = "report:write"
    BILLING_MANAGE = "billing:manage"


class Role(StrEnum):
    """What a person is in an agency."""

    AGENCY_ADMIN = "agency_admin"
    TEAM_LEAD = "team_lead"
    STAFF = "staff"
    LIGHT = "light"
    CLIENT_OWNER = "client_owner"
    BILLING_ADMIN = "billing_admin"


_P = Permission
_LIGHT = frozenset(
    {
        _P.CONVERSATION_READ,
        _P.NOTE_READ,
        _P.NOTE_WRITE,
        _P.CONTACT_READ,
        _P.REPLY_READ,
        _P.REPLY_READ_DRAFT,
        _P.GUIDE_READ,
        _P.EMPOWERMENT_READ,
        _P.BRAND_READ,
    }
)
_STAFF = _LIGHT | {
    _P.CONVERSATION_WORK,
    _P.CONTACT_WRITE,
    _P.CONTACT_LINK,
    _P.MESSAGE_MODERATE,
    _P.REPLY_WRITE,
    _P.REPLY_RELEASE,
    _P.QUALITY_READ_OWN,
    _P.GUIDE_PROPOSE,
    _P.EMPOWERMENT_GIVE,
    _P.ACCOUNT_READ,
}
_LEAD = _STAFF | {
    _P.CONVERSATION_REASSIGN,
    _P.CONTACT_EXPORT,
    _P.CONTACT_ERASE,
    _P.MESSAGE_REMOVE,
    _P.REPLY_RESOLVE,
    _P.REPLY_LET_GO,
    _P.QUALITY_JUDGE,
    _P.GUIDE_WRITE,
    _P.GUIDE_PUT_IN_FORCE,
    _P.POLICY_PROPOSE,
    _P.SAVED_REPLY_WRITE,
    _P.LABEL_MANAGE,
    _P.VIEW_SHARE,
    _P.QUIZ_MANAGE,
    _P.RANKING_MANAGE,
    _P.EMPOWERMENT_EXCEED,
    _P.EMPOWERMENT_TAKE_BACK,
    _P.EMPOWERMENT_LIMIT,
    _P.TEAM_MANAGE,
    _P.PEOPLE_READ,
    _P.AUDIT_READ,
    _P.WALL_READ,
    _P.REPORT_READ,
    _P.REPORT_WRITE,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENCY_ADMIN: _LEAD
    | {_P.BRAND_MANAGE, _P.ACCOUNT_CONNECT, _P.HISTORY_BRING, _P.PEOPLE_MANAGE, _P.BILLING_MANAGE},
    Role.TEAM_LEAD: _LEAD,
    Role.STAFF: _STAFF,
    Role.LIGHT: _LIGHT,
    Role.CLIENT_OWNER: frozenset(
        {
            _P.CONVERSATION_READ,
            _P.REPLY_READ,
            _P.REPLY_APPROVE,
            _P.GUIDE_READ,
            _P.GUIDE_APPROVE,
            _P.POLICY_SIGN,
            _P.EMPOWERMENT_READ,
            _P.BRAND_READ,
            _P.REPORT_READ,
        }
    ),
    Role.BILLING_ADMIN: frozenset({_P.BILLING_MANAGE}),
}
"""Role → what it may do, on the brands its membership covers."""

REFUSALS: dict[Permission, str] = {
    _P.CONVERSATION_READ: worded("Your role does not include customers' conversations. Nothing was changed."),
    _P.CONVERSATION_WORK: worded("Your role may read conversations but not work on them. Nothing was changed."),
    _P.CONVERSATION_REASSIGN: worded(
        "Only a team lead may take or hand over another person's case. Nothing was changed."
    ),
    _P.NOTE_READ: worded("Notes are between colleagues of the agency. Nothing was changed."),
    _P.NOTE_WRITE: worded("Your role may not write notes. Nothing was changed."),
    _P.CONTACT_READ: worded("Your role does not include what is known of the people who write. Nothing was changed."),
    _P.CONTACT_WRITE: worded("Your role may not say who is a VIP or how much somebody counts. Nothing was changed."),
    _P.CONTACT_LINK: worded("Your role may not say that two identities are one person. Nothing was changed."),
    _P.CONTACT_EXPORT: worded("Only a team lead exports what is held of a person. Nothing was changed."),
    _P.CONTACT_ERASE: worded("Only a team lead erases what is held of a person. Nothing was changed."),
    _P.MESSAGE_MODERATE: worded("Your role may not hide or like what customers wrote. Nothing was changed."),
    _P.MESSAGE_REMOVE: worded("Only a team lead deletes what customers wrote or blocks them. Nothing was changed."),
    _P.REPLY_READ: worded("Your role does not include replies. Nothing was changed."),
    _P.REPLY_READ_DRAFT: worded("A draft is the agency's own until it is sent for approval. Nothing was changed."),
    _P.REPLY_WRITE: worded("Your role may not write replies. Nothing was changed."),
    _P.REPLY_APPROVE: worded("Only the brand's client owner approves replies. Nothing was changed."),
    _P.REPLY_RELEASE: worded("Your role may not publish without approval. Nothing was sent."),
    _P.REPLY_RESOLVE: worded("Only a team lead decides what became of an unknown send. Nothing was changed."),
    _P.REPLY_LET_GO: worded("Only a team lead lets words go that the style guide stops. Nothing was sent."),
    _P.GUIDE_READ: worded("Your role does not include what brands say and how. Nothing was changed."),
    _P.GUIDE_WRITE: worded(
        "Only a team lead changes style guides, guidelines, facts and client sheets. Nothing was changed."
    ),
    _P.QUALITY_JUDGE: worded("Only a team lead judges replies and sees how others do. Nothing was changed."),
    _P.QUALITY_READ_OWN: worded("Your role writes no replies, so none of yours are judged. Nothing was changed."),
    _P.GUIDE_PUT_IN_FORCE: worded("Only a team lead puts a style guide in force. Nothing was changed."),
    _P.GUIDE_PROPOSE: worded("Your role may not propose style guides to the client. Nothing was changed."),
    _P.GUIDE_APPROVE: worded("Only the brand's client owner approves a style guide. Nothing was changed."),
    _P.POLICY_PROPOSE: worded("Only a team lead prepares which replies wait for the client. Nothing was changed."),
    _P.POLICY_SIGN: worded("Only the brand's client owner signs which replies wait. Nothing was changed."),
    _P.SAVED_REPLY_WRITE: worded("Only a team lead changes saved replies. Nothing was changed."),
    _P.LABEL_MANAGE: worded("Only a team lead changes which labels there are. Nothing was changed."),
    _P.VIEW_SHARE: worded("Only a team lead shares views with the agency. Nothing was changed."),
    _P.QUIZ_MANAGE: worded(
        "Only a team lead sees what others passed and sets what a quiz decides. Nothing was changed."
    ),
    _P.RANKING_MANAGE: worded("Only a team lead sets what counts how much in the queue. Nothing was changed."),
    _P.EMPOWERMENT_READ: worded("Your role does not include what may be given to customers. Nothing was changed."),
    _P.EMPOWERMENT_GIVE: worded("Your role may not give anything to customers. Nothing was given."),
    _P.EMPOWERMENT_EXCEED: worded("Only a team lead gives more than the limits leave. Nothing was given."),
    _P.EMPOWERMENT_TAKE_BACK: worded("Only a team lead takes back what a colleague gave. Nothing was changed."),
    _P.EMPOWERMENT_LIMIT: worded("Only a team lead changes what may be given. Nothing was changed."),
    _P.BRAND_READ: worded("Your role does not include brands. Nothing was changed."),
    _P.BRAND_MANAGE: worded("Only an agency admin opens or changes brands. Nothing was changed."),
    _P.ACCOUNT_READ: worded("Your role does not include connected accounts. Nothing was changed."),
    _P.ACCOUNT_CONNECT: worded("Only an agency admin connects accounts. Nothing was changed."),
    _P.HISTORY_BRING: worded("Only an agency admin brings in earlier conversations. Nothing was changed."),
    _P.TEAM_MANAGE: worded("Only a team lead says who works when and agrees to absences. Nothing was changed."),
    _P.PEOPLE_READ: worded("Your role does not include the list of people. Nothing was changed."),
    _P.PEOPLE_MANAGE: worded("Only an agency admin invites, changes or removes people. Nothing was changed."),
    _P.AUDIT_READ: worded("Your role does not include the record of who did what. Nothing was changed."),
    _P.WALL_READ: worded("Only a team lead sees the wall of all brands. Nothing was changed."),
    _P.REPORT_READ: worded("Your role does not include figures of how brands are answered. Nothing was changed."),
    _P.REPORT_WRITE: worded("Only a team lead writes down what was agreed with a client. Nothing was changed."),
    _P.BILLING_MANAGE: worded("Your role does not include plans and invoices. Nothing was changed."),
}
"""What happened and what is safe; who may help follows from the table above (`refusal_of`)."""

_ASK_WHOM: dict[frozenset[Role], str] = {
    frozenset({Role.AGENCY_ADMIN}): worded("Ask an agency admin to do it."),
    frozenset({Role.AGENCY_ADMIN, Role.BILLING_ADMIN}): worded("Ask an agency admin or a billing admin."),
    frozenset({Role.AGENCY_ADMIN, Role.TEAM_LEAD}): worded("Ask a team lead or an agency admin to do it."),
    frozenset({Role.AGENCY_ADMIN, Role.TEAM_LEAD, Role.CLIENT_OWNER}): worded(
        "Ask a team lead, an agency admin or the brand's client owner for them."
    ),
    frozenset({Role.CLIENT_OWNER}): worded("Ask the brand's client owner; People shows who that is."),
}
_ASK_FOR_A_ROLE = worded("Ask an agency admin for a role that includes it: People, your name, Role.")


def refusal_of(permission: Permission) -> str:
    """What happened, what is safe, and whom to ask, by who holds the permission."""
    holders = frozenset(role for role, allowed in ROLE_PERMISSIONS.items() if permission in allowed)
    return worded("%(refusal)s %(ask)s", refusal=REFUSALS[permission], ask=_ASK_WHOM.get(holders, _ASK_FOR_A_ROLE))


@dataclass(frozen=True)
class Actor:
    """The person acting, as their membership makes them; `brand_ids=None` means every brand of the agency.

    `came_by` is the door: `signed_in`, `link` (of a mail) or `api`; None where there was none, as in jobs.
    """

    user_id: UUID
    name: str
    role: Role
    agency_id: UUID
    brand_ids: frozenset[UUID] | None
    came_by: str | None = field(default=None, compare=False)

    @property
    def scope(self) -> Scope:
        """The rows this person may touch at all. What the agency keeps for all its brands bears the agency's own id
        as its brand; whoever works for the agency reaches it, a client's owner never.
        """
        if self.brand_ids is None or self.role is Role.CLIENT_OWNER:
            return Scope(self.agency_id, self.brand_ids)
        return Scope(self.agency_id, self.brand_ids | {self.agency_id})

    def may(self, permission: Permission) -> bool:
        """Whether the role includes it, on the brands the membership covers."""
        return permission in ROLE_PERMISSIONS[self.role]


def require(actor: Actor, permission: Permission, brand_id: UUID | None = None) -> None:
    """Let the deed pass or raise.

    Raises NotFound when the brand is outside the membership (it may not be told from one that does not exist) and
    Forbidden, with whom to ask, when the role does not include the permission.
    """
    if brand_id is not None and not actor.scope.covers(brand_id):
        raise NotFound()
    if not actor.may(permission):
        raise Forbidden(refusal_of(permission), permission=permission.value)
