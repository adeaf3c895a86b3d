"""Walks to a platform's dialog and back: begun in one browser, ended in the same, once, within ten minutes.

Nothing secret is stored about a walk: of the state and of the browser's cookie only hashes, and the PKCE verifier is
worked out from the state anew. What was granted waits sealed until it is chosen. Nothing here commits.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, delete, or_, select, update

from channels import accounts
from channels.account_standing import waits_for_sign_in
from channels.accounts import AccessFacts
from channels.ending import ENDING
from channels.features import Way, known_features
from channels.models import GRANTED_CREDENTIAL, Account, ConnectAttempt, GrantedAccount
from channels.oauth import Granted
from tenants import audit, clock
from tenants.base_app import settings_of_app
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.errors import Conflict, NotFound
from tenants.permissions import Actor, Permission, require
from tenants.sealed import purpose_key
from tenants.tokens import LIVES, Purpose, Subject, is_well_formed, mint, new_token, token_hash

WALK_LIVES = timedelta(minutes=10)
GRANTED_LIVES = timedelta(minutes=30)
MOST_GRANTED = 1_000
"""Accounts of one sign-in that are kept for choosing."""


class WalkRefused(Exception):
    """The way back is not the way that was begun; ``code``: `unknown`, `expired`, `used`, `other_browser`,
    `other_person`. Nothing was changed.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def begin(
    way: Way,
    agency_id: UUID,
    brand_id: UUID,
    features: Iterable[str],
    *,
    browser: str,
    person_id: UUID | None = None,
    account_id: UUID | None = None,
    link_id: UUID | None = None,
) -> str:
    """Note a walk and return its state. ``browser`` is the value of a cookie of its own."""
    state = new_token()
    platform, login = way
    db.session.add(
        ConnectAttempt(
            state_hash=token_hash(state),
            browser_hash=token_hash(browser),
            agency_id=agency_id,
            brand_id=brand_id,
            account_id=account_id,
            person_id=person_id,
            link_id=link_id,
            platform=platform,
            login=login,
            features=list(known_features(way, features)),
            expires_at=clock.now() + WALK_LIVES,
        )
    )
    db.session.flush()
    return state


def verifier_of(state: str) -> str:
    """The PKCE verifier of this walk: 43 characters nobody can work out from the state without our key."""
    key = purpose_key(settings_of_app().onbrand_secret_key, "connect verifier")
    return base64.urlsafe_b64encode(hmac.new(key, state.encode(), hashlib.sha256).digest()).decode().rstrip("=")


def end(state: str, browser: str, person_id: UUID | None) -> ConnectAttempt:
    """Use the walk up and return it. Raises `WalkRefused`; a refused one can still be ended by whoever began it."""
    if not is_well_formed(state):
        raise WalkRefused("unknown")
    walk = db.session.execute(
        select(ConnectAttempt).where(ConnectAttempt.state_hash == token_hash(state))
    ).scalar_one_or_none()
    if walk is None:
        raise WalkRefused("unknown")
    if not is_of(walk, browser):
        raise WalkRefused("other_browser")
    if walk.person_id is not None and walk.person_id != person_id:
        raise WalkRefused("other_person")
    if walk.used_at is not None:
        raise WalkRefused("used")
    now = clock.now()
    if walk.expires_at <= now:
        raise WalkRefused("expired")
    taken = db.session.execute(
        update(ConnectAttempt)
        .where(ConnectAttempt.id == walk.id, ConnectAttempt.used_at.is_(None))
        .values(used_at=now)
        .returning(ConnectAttempt.id)
        .execution_options(synchronize_session=False)
    )
    if taken.first() is None:  # the same answer twice in one moment
        raise WalkRefused("used")
    return walk


def is_of(walk: ConnectAttempt, browser: str) -> bool:
    """Whether this browser began the walk."""
    return is_well_formed(browser) and hmac.compare_digest(walk.browser_hash, token_hash(browser))


def walk_of(attempt_id: UUID) -> ConnectAttempt | None:
    """A walk by its id, used or not, for half an hour. Its id alone lets nobody in: ask `is_of` or the person."""
    return db.session.execute(
        select(ConnectAttempt).where(
            ConnectAttempt.id == attempt_id, ConnectAttempt.created_at > clock.now() - GRANTED_LIVES
        )
    ).scalar_one_or_none()


def keep_granted(walk: ConnectAttempt, found: Sequence[Granted]) -> None:
    """Seal what was granted until somebody chooses. In the walk's scope."""
    for one in found[:MOST_GRANTED]:
        row = GrantedAccount(
            agency_id=walk.agency_id,
            id=new_id(),
            brand_id=walk.brand_id,
            attempt_id=walk.id,
            platform=one.platform,
            external_id=one.external_id,
            name=one.name[: accounts.LONGEST_NAME],
            login=one.login,
            scopes=sorted(one.scopes),
            tasks=list(one.tasks),
            grantor_external_id=one.grantor,
            token_expires_at=one.token_expires_at,
            data_access_expires_at=one.data_access_expires_at,
            expires_at=clock.now() + GRANTED_LIVES,
        )
        row.credential = vault_of_app().seal(one.credential.reveal(), GRANTED_CREDENTIAL.place_of(row))
        db.session.add(row)
    db.session.flush()


def granted_of(walk: ConnectAttempt, *, lock: bool = False) -> list[GrantedAccount]:
    """What waits to be chosen, by name. In scope. ``lock``: whoever else chooses waits, and then finds nothing."""
    waiting = (
        select(GrantedAccount)
        .where(
            GrantedAccount.attempt_id == walk.id,
            GrantedAccount.expires_at > clock.now(),
            GrantedAccount.problem.is_distinct_from(ENDING),
        )
        .order_by(GrantedAccount.name, GrantedAccount.id)
    )
    return list(db.session.execute(waiting.with_for_update() if lock else waiting).scalars())


def live_accounts(found: Sequence[GrantedAccount]) -> dict[tuple[str, str], Account]:
    """Those of them that are connected already, as far as the scope sees, by platform and external id."""
    wanted = {one.external_id for one in found}
    rows = db.session.execute(
        select(Account).where(Account.external_id.in_(wanted), Account.disconnected_at.is_(None))
    ).scalars()
    return {(one.platform, one.external_id): one for one in rows}


def choose(actor: Actor, walk: ConnectAttempt, chosen: Iterable[UUID]) -> list[Account]:
    """Connect the chosen ones, renew those of this brand that are connected already, and destroy the other tokens.

    Raises `NotFound` when nothing of it waits any more, and what `accounts.connect` and `accounts.reconnect` raise.
    """
    waiting = granted_of(walk, lock=True)
    wanted = set(chosen)
    taken = [one for one in waiting if one.id in wanted]
    if not taken or len(taken) != len(wanted):
        raise NotFound()
    live = live_accounts(taken)
    made = [_connect(actor, walk, one, live.get((one.platform, one.external_id))) for one in taken]
    forget(walk.id)
    return made


def mend(actor: Actor | None, walk: ConnectAttempt, found: Sequence[Granted], *, through: str) -> list[Account]:
    """Give the walk's account its new access, and with it every other one of the brand that is signed in for in the
    same way and waits for a person: one sign-in mends what one sign-in opens. Returns those that were among what was
    granted; of no other anything is changed. Raises `NotFound` where the walk's account was disconnected meanwhile.
    """
    assert walk.account_id is not None
    if accounts.get(walk.account_id).disconnected_at is not None:
        raise NotFound()
    granted = {_lasting_id(one.platform, one.external_id): one for one in reversed(found)}
    mended = []
    for account in _to_mend(walk):
        one = granted.get(_lasting_id(account.platform, account.external_id))
        if one is None or one.platform != account.platform:
            continue
        facts = AccessFacts(one.scopes, one.tasks, one.grantor, one.token_expires_at, one.data_access_expires_at)
        mended.append(accounts.reconnect(actor, account.id, one.credential.reveal(), access=facts, through=through))
    return mended


def made_by(walk: ConnectAttempt) -> list[Account]:
    """The accounts that walk connected or mended, by name. In its scope."""
    if walk.used_at is None:
        return []
    return made_since(walk.brand_id, (walk.platform, walk.login), walk.used_at)


def made_since(brand_id: UUID, way: Way, since: datetime) -> list[Account]:
    """The accounts of a brand whose access of this way is from then or later, by name. In the brand's scope."""
    return list(db.session.execute(_of(brand_id, way).where(Account.token_renewed_at >= since)).scalars())


def ids_alike(walk: ConnectAttempt) -> list[UUID]:
    """All of the brand that are signed in for as this walk does. In its scope."""
    return list(db.session.execute(_of_way(walk).with_only_columns(Account.id)).scalars())


def still_broken(one: ConnectAttempt | Account) -> list[Account]:
    """Those of the brand that wait for the same sign-in as this walk or account, by name: broken, or about to end. In
    its scope.
    """
    return list(db.session.execute(_of_way(one).where(waits_for_sign_in(clock.now()))).scalars())


def make_link(actor: Actor, account_id: UUID) -> tuple[str, datetime]:
    """A token for `/reconnect/` that mends this account without an account of ours, and when it ends. It is the actor's
    own, works while they may connect accounts, and leaves what was mailed to others alone.

    Raises `NotFound`, `Conflict` where nothing is to mend, and what `tenants.permissions.require` raises.
    """
    account = accounts.get(account_id)
    require(actor, Permission.ACCOUNT_CONNECT, account.brand_id)
    if account.disconnected_at is not None or account.health not in accounts.NEED_A_PERSON:
        raise Conflict(
            "This account does not wait for a sign-in. No link was made. Make one when its state is needs_reconnect "
            "or access_lost; a disconnected account is connected anew.",
            code="nothing_to_mend",
        )
    token = mint(Purpose.RECONNECT, actor.user_id, about=Subject(account.agency_id, account.brand_id, account.id))
    audit.record(actor, "account.link_made", "account", account.id, brand_id=account.brand_id)
    return token, clock.now() + LIVES[Purpose.RECONNECT]


def forget(attempt_id: UUID) -> None:
    """Destroy what waits of this walk. In scope."""
    db.session.execute(
        delete(GrantedAccount)
        .where(GrantedAccount.attempt_id == attempt_id, GrantedAccount.problem.is_distinct_from(ENDING))
        .execution_options(synchronize_session=False)
    )


def forget_old() -> int:
    """Drop walks nobody can come back from; returns how many. Needs no scope."""
    gone = db.session.execute(
        delete(ConnectAttempt)
        .where(ConnectAttempt.created_at < clock.now() - 2 * GRANTED_LIVES)
        .returning(ConnectAttempt.id)
    )
    return len(gone.all())


def _of_way(one: ConnectAttempt | Account) -> Select[Account]:
    return _of(one.brand_id, (one.platform, one.login))


def _of(brand_id: UUID, way: Way) -> Select[Account]:
    platform, login = way
    return (
        select(Account)
        .where(
            Account.brand_id == brand_id,
            Account.platform == platform,
            Account.login.is_not_distinct_from(login),
            Account.disconnected_at.is_(None),
        )
        .order_by(Account.name, Account.id)
    )


def _to_mend(walk: ConnectAttempt) -> list[Account]:
    wanted = or_(Account.id == walk.account_id, waits_for_sign_in(clock.now()))
    return list(db.session.execute(_of_way(walk).where(wanted)).scalars())


def _lasting_id(platform: str, external_id: str) -> str:
    """Google's locations may be seen through another account than before; the location's own part does not change."""
    return external_id.rpartition("/")[2] if platform == "google_business" else external_id


def _connect(actor: Actor, walk: ConnectAttempt, one: GrantedAccount, live: Account | None) -> Account:
    assert one.credential is not None
    token = vault_of_app().open(one.credential, GRANTED_CREDENTIAL.place_of(one)).reveal()
    facts = AccessFacts(
        frozenset(one.scopes),
        tuple(one.tasks),
        one.grantor_external_id,
        one.token_expires_at,
        one.data_access_expires_at,
    )
    if live is not None and live.brand_id == walk.brand_id:
        return accounts.reconnect(actor, live.id, token, access=facts, through="dialog")
    return accounts.connect(
        actor, walk.brand_id, one.platform, one.external_id, token, login=one.login, name=one.name, access=facts
    )
