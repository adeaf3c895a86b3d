"""The last use of a disconnected account's token: events are unsubscribed and the sign-in is taken back.

The account's own copy goes with the disconnecting; this one waits sealed in `granted_account` for the job, a day at
most, so that a platform that is down for an hour does not leave the access standing. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from channels import grants, meta_graph
from channels.errors import ChannelError, PlatformDown
from channels.models import CREDENTIAL, GRANTED_CREDENTIAL, Account, ConnectAttempt, GrantedAccount
from channels.protocol import Answer, Request, TokenReference
from tenants import clock
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.outbox import JobName, enqueue_after_commit
from tenants.sealed import CannotOpen, Secret

ENDING = "ending"
KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class End:
    """What is left to do for a disconnected account. ``grantor`` None: nobody signed in, the token is its owner's."""

    row_id: UUID
    account_id: UUID
    platform: str
    external_id: str
    login: str | None
    grantor: str | None
    credential: Secret
    kept_until: datetime


def promise_end(account: Account) -> None:
    """Keep the token for the job that ends its access; called before the account's own copy is destroyed."""
    if account.credential is None:
        return
    try:
        token = vault_of_app().open(account.credential, CREDENTIAL.place_of(account))
    except CannotOpen:
        return  # nobody can use it, we no more than others
    db.session.execute(
        delete(GrantedAccount)
        .where(GrantedAccount.attempt_id == account.id, GrantedAccount.problem == ENDING)
        .execution_options(synchronize_session=False)
    )
    row = GrantedAccount(
        agency_id=account.agency_id,
        id=new_id(),
        brand_id=account.brand_id,
        attempt_id=account.id,
        platform=account.platform,
        external_id=account.external_id,
        name=account.name,
        login=account.login,
        grantor_external_id=account.grantor_external_id,
        problem=ENDING,
        expires_at=clock.now() + KEPT_FOR,
    )
    row.credential = vault_of_app().seal(token.reveal(), GRANTED_CREDENTIAL.place_of(row))
    db.session.add(row)
    db.session.flush()
    enqueue_after_commit(JobName.END_ACCESS, agency_id=row.agency_id, brand_id=row.brand_id, granted_id=row.id)


def end_of(row_id: UUID) -> End | None:
    """What is left to do, None where it was done, is too old, or does not open. In scope."""
    row = db.session.execute(
        select(GrantedAccount).where(
            GrantedAccount.id == row_id, GrantedAccount.problem == ENDING, GrantedAccount.expires_at > clock.now()
        )
    ).scalar_one_or_none()
    if row is None or row.credential is None:
        return None
    try:
        token = vault_of_app().open(row.credential, GRANTED_CREDENTIAL.place_of(row))
    except CannotOpen:
        return None
    return End(
        row.id, row.attempt_id, row.platform, row.external_id, row.login, row.grantor_external_id, token, row.expires_at
    )


def waits_until(agency_id: UUID, end: End) -> datetime | None:
    """When to look again: somebody of the agency is at the platform's dialog, or chooses from what this very person
    granted anew, and taking the sign-in back, which goes by person, would end that, too. In the agency's scope.
    """
    if end.grantor is None:
        return None
    now, family = clock.now(), grants.family_of(end.platform, end.login)
    walks = select(ConnectAttempt.platform, ConnectAttempt.login, ConnectAttempt.expires_at).where(
        ConnectAttempt.agency_id == agency_id, ConnectAttempt.used_at.is_(None), ConnectAttempt.expires_at > now
    )
    chosen_from = select(GrantedAccount.platform, GrantedAccount.login, GrantedAccount.expires_at).where(
        GrantedAccount.grantor_external_id == end.grantor,
        GrantedAccount.problem.is_distinct_from(ENDING),
        GrantedAccount.expires_at > now,
    )
    found = [*db.session.execute(walks), *db.session.execute(chosen_from)]
    ends = [row.expires_at for row in found if grants.family_of(row.platform, row.login) == family]
    until = max(ends, default=None)
    return until if until is not None and until < end.kept_until else None


def calls_for(end: End) -> Sequence[Request]:
    """Stop the events unless another agency has the account, too; take the sign-in back unless another account uses it.

    A token somebody brought is left alone: we cannot know what else lives by it. Instagram Login has no call that takes
    access back; there the token is forgotten, and the person removes us in the settings of Instagram.
    """
    calls: list[Request] = []
    is_last = not grants.is_connected(end.platform, end.external_id)
    if end.platform == "facebook" or end.login == "instagram":
        kind, service = ("page", "meta_graph") if end.platform == "facebook" else ("instagram_user", "instagram_graph")
        if is_last:
            token = TokenReference(kind, end.credential)  # type: ignore[arg-type]
            calls.append(Request(service, "DELETE", meta_graph.path("me", "subscribed_apps"), token=token))  # type: ignore[arg-type]
    grant = grants.hash_of(end.platform, end.login, end.grantor)
    if grant is None or end.grantor is None or grants.is_used(grant):
        return calls
    if end.platform == "google_business":
        calls.append(Request("google_revoke", "POST", "", form={"token": end.credential.reveal()}))
    elif end.login != "instagram":
        token = TokenReference("application", end.credential)
        calls.append(Request("meta_graph", "DELETE", meta_graph.path(end.grantor, "permissions"), token=token))
    return calls


def takes_back(call: Request) -> bool:
    """Whether this call ends a person's sign-in, and not only an account's events."""
    return call.service == "google_revoke" or call.path.endswith("/permissions")


def is_done(call: Request, answer: Answer) -> bool:
    """False where the platform refused for good, mostly because nothing is left to end. Raises what passes."""
    if call.service == "google_revoke":
        if answer.status == 429 or answer.status >= 500:
            raise PlatformDown(f"revoking: HTTP {answer.status}")
        return 200 <= answer.status < 300
    try:
        meta_graph.read(answer)
    except ChannelError as error:
        if error.retry:
            raise
        return False
    return True


def forget(row_id: UUID) -> None:
    """The token is destroyed for good."""
    db.session.execute(
        delete(GrantedAccount).where(GrantedAccount.id == row_id).execution_options(synchronize_session=False)
    )


def forget_old() -> int:
    """Drop every waiting token whose time is over, chosen or not; returns how many. In an agency's scope."""
    gone = db.session.execute(
        delete(GrantedAccount)
        .where(GrantedAccount.expires_at <= clock.now())
        .returning(GrantedAccount.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
