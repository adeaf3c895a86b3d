"""Whose turn it is to be polled. PostgreSQL holds the truth and its clock alone judges what is due and which lease is
over.

`claim_due` gives a turn to one caller at a time; a claim raises the turn's fence, and a caller with an older fence (it
slept longer than its lease) changes nothing any more. The table is unscoped and holds ids and times only. Nothing here
commits.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Float,
    LargeBinary,
    Uuid,
    bindparam,
    case,
    cast,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement

from channels.fair_shares import Deal, Rotation
from channels.models import PollTurn
from tenants.database import db
from tenants.scope import raw_sql

#: Longest pause after repeated failures, seconds.
LONGEST_BACKOFF_SECONDS = 3_600
#: Moments of a rest at which idle accounts fall due; a rest is shorter or longer by half of that at most.
SLOTS = 10
#: What was counted holds for so many times what counting took.
COUNTED_LASTS = 100
_DOUBLINGS = 12


@dataclass(frozen=True, slots=True)
class ClaimedTurn:
    """A turn this caller holds until its lease ends. ``fence`` proves it.

    ``due_at``: for when it was set as the poll began (`still_ours`). Who sets it otherwise meanwhile, because somebody
    asked for it or the whole platform waits, is heeded at the end: the poll knows nothing of that.
    """

    account_id: UUID
    agency_id: UUID
    brand_id: UUID
    platform: str
    fence: int
    due_at: datetime | None = None


def _seconds(amount: float | ColumnElement[float]) -> ColumnElement[object]:
    return func.make_interval(0, 0, 0, 0, 0, 0, amount)


_DUE = "platform = :platform and parked_at is null and due_at <= statement_timestamp()"
_FREE = "(leased_until is null or leased_until < statement_timestamp())"
_WHY = "rows by position, taken and changed in one statement"

_WAITING = raw_sql(
    f"select agency_id, brand_id, count(*) from poll_turn where {_DUE} and {_FREE} group by agency_id, brand_id",
    reason=_WHY,
)
_TAKE = raw_sql(
    f"""
    with due as materialized (
        select turn.account_id
        from unnest(:agencies, :brands, :counts) as share(agency_id, brand_id, wanted)
        cross join lateral (
            select account_id from poll_turn
            where {_DUE} and {_FREE} and agency_id = share.agency_id and brand_id = share.brand_id
            order by due_at limit share.wanted for update skip locked
        ) as turn
    )
    update poll_turn set leased_until = statement_timestamp() + make_interval(secs => :lease_seconds), fence = fence + 1
    from due where poll_turn.account_id = due.account_id
    returning poll_turn.account_id, agency_id, brand_id, platform, fence
    """,
    reason=_WHY,
).bindparams(
    bindparam("agencies", type_=ARRAY(Uuid)),
    bindparam("brands", type_=ARRAY(Uuid)),
    bindparam("counts", type_=ARRAY(BigInteger)),
)


@dataclass
class Line:
    """Who waits for a turn of one platform, from claim to claim: counted now and then, dealt out meanwhile.

    Counting reads all that is due, so it may take no more than a hundredth of the time, however much that is.
    ``at_a_time``: so many of one agency, where one call serves them all.
    """

    at_a_time: int = 1
    rotation: Rotation[UUID, UUID] = field(default_factory=Rotation)
    _deal: Deal[UUID, UUID] | None = None
    _lasts_until: float = 0.0

    def shares(self, limit: int) -> Counter[tuple[UUID, UUID]] | None:
        """How many of which agency and brand come next, by the last count; None when that is over."""
        if self._deal is None or time.monotonic() >= self._lasts_until:
            return None
        return Counter(self._deal.take(limit)) or None

    def counted(self, platform: str, limit: int) -> Counter[tuple[UUID, UUID]]:
        """The same after counting anew."""
        began = time.monotonic()
        waiting: dict[UUID, dict[UUID, int]] = {}
        for agency_id, brand_id, count in db.session.execute(_WAITING, {"platform": platform}):
            waiting.setdefault(agency_id, {})[brand_id] = count
        self._deal = Deal(waiting, self.rotation, self.at_a_time)
        ended = time.monotonic()
        self._lasts_until = ended + COUNTED_LASTS * (ended - began)
        return Counter(self._deal.take(limit))


def claim_due(platform: str, limit: int, lease_seconds: float, line: Line | None = None) -> list[ClaimedTurn]:
    """Up to ``limit`` due turns of a platform; rows another caller is claiming are passed over.

    Where more is due than that, agencies take turns, and the brands of each (`channels.fair_shares`); of a brand the
    longest due come first. Give the same ``line`` again, so that who was left out comes first. Nothing means that
    nothing is due.
    """
    line = line or Line()
    shares = line.shares(limit)
    # What was counted a while ago may all have been taken by another.
    claimed = _take(platform, shares, lease_seconds) if shares is not None else []
    return claimed or _take(platform, line.counted(platform, limit), lease_seconds)


def _take(platform: str, shares: Counter[tuple[UUID, UUID]], lease_seconds: float) -> list[ClaimedTurn]:
    if not shares:
        return []
    claimed = db.session.execute(
        _TAKE,
        {
            "platform": platform,
            "agencies": [agency_id for agency_id, _ in shares],
            "brands": [brand_id for _, brand_id in shares],
            "counts": list(shares.values()),
            "lease_seconds": lease_seconds,
        },
    )
    return [ClaimedTurn(*row) for row in claimed]


_STILL_OURS = raw_sql(
    """
    select turn.account_id, turn.idle_digest, turn.due_at,
        turn.leased_until < statement_timestamp() + make_interval(secs => :short) as is_short
    from poll_turn as turn join unnest(:ids, :fences) as held(account_id, fence) using (account_id)
    where turn.fence = held.fence and turn.leased_until is not null
    """,
    reason=_WHY,
)
_RENEW = raw_sql(
    """
    update poll_turn set leased_until = statement_timestamp() + make_interval(secs => :lease_seconds)
    from (
        select turn.account_id from poll_turn as turn join unnest(:ids, :fences) as held(account_id, fence)
            using (account_id)
        where turn.fence = held.fence and turn.leased_until is not null order by turn.account_id for update of turn
    ) as ours
    where poll_turn.account_id = ours.account_id
    """,
    reason=_WHY,
)
_FINISH = raw_sql(
    """
    update poll_turn set leased_until = null, failures = case when ours.was_asked then 0 else failures end,
        idle_digest = ours.digest, due_at = case
            when ours.was_asked and poll_turn.due_at <> ours.set_for then poll_turn.due_at
            when ours.was_asked then to_timestamp(
                round((extract(epoch from statement_timestamp()) + ours.rest_seconds) / ours.slot_seconds)
                * ours.slot_seconds
            )
            else greatest(poll_turn.due_at, statement_timestamp() + make_interval(secs => ours.rest_seconds))
        end
    from (
        select turn.account_id, ended.digest, ended.rest_seconds, ended.was_asked, ended.set_for,
            greatest(ended.rest_seconds / :slots, 0.001) as slot_seconds
        from poll_turn as turn join unnest(:ids, :fences, :rests, :digests, :asked, :dues)
            as ended(account_id, fence, rest_seconds, digest, was_asked, set_for) using (account_id)
        where turn.fence = ended.fence and turn.leased_until is not null order by turn.account_id for update of turn
    ) as ours
    where poll_turn.account_id = ours.account_id
    returning poll_turn.account_id
    """,
    reason=_WHY,
)
_ARRAYS = (bindparam("ids", type_=ARRAY(Uuid)), bindparam("fences", type_=ARRAY(BigInteger)))
_STILL_OURS, _RENEW = _STILL_OURS.bindparams(*_ARRAYS), _RENEW.bindparams(*_ARRAYS)
_FINISH = _FINISH.bindparams(
    *_ARRAYS,
    bindparam("rests", type_=ARRAY(Float)),
    bindparam("digests", type_=ARRAY(LargeBinary)),
    bindparam("asked", type_=ARRAY(Boolean)),
    bindparam("dues", type_=ARRAY(DateTime(timezone=True))),
)


@dataclass(frozen=True, slots=True)
class Held:
    """A turn that is ours as its poll begins, with the digest of its last idle poll."""

    turn: ClaimedTurn
    idle_digest: bytes | None


def still_ours(turns: Sequence[ClaimedTurn], renew_seconds: float) -> dict[UUID, Held]:
    """Those of the turns that nobody took over: ask before fetching.

    Leases that have less than half of ``renew_seconds`` left, after waiting in a queue, are made that long again.
    """
    named = _named(turns)
    rows = db.session.execute(_STILL_OURS, named | {"short": renew_seconds / 2}).all()
    if any(row.is_short for row in rows):
        db.session.execute(_RENEW, named | {"lease_seconds": renew_seconds})
    by_account = {turn.account_id: turn for turn in turns}
    return {
        row.account_id: Held(replace(by_account[row.account_id], due_at=row.due_at), row.idle_digest) for row in rows
    }


@dataclass(frozen=True, slots=True)
class Ended:
    """A turn that went well; ``idle_digest`` when it brought nothing and the same answer may be passed over.

    ``was_asked``: False for one handed back before the platform was asked, which proves nothing of the account.
    """

    turn: ClaimedTurn
    rest_seconds: float
    idle_digest: bytes | None = None
    was_asked: bool = True


def finish_many(ended: Sequence[Ended]) -> set[UUID]:
    """Ends turns that did not fail, in one statement; the accounts of those that were still ours.

    Who rests equally long falls due at the same moments, `SLOTS` of them in each rest: so they are polled together, by
    few calls, however they came apart before.
    """
    given = _named([one.turn for one in ended]) | {
        "rests": [float(one.rest_seconds) for one in ended],
        "digests": [one.idle_digest for one in ended],
        "asked": [one.was_asked for one in ended],
        "dues": [one.turn.due_at for one in ended],
        "slots": SLOTS,
    }
    return set(db.session.execute(_FINISH, given).scalars())


def _named(turns: Sequence[ClaimedTurn]) -> dict[str, object]:
    return {"ids": [turn.account_id for turn in turns], "fences": [turn.fence for turn in turns]}


def hold(turn: ClaimedTurn, renew_seconds: float | None = None) -> bool:
    """Locks the turn for this transaction and says whether it is still ours: ask before storing what a poll brought.

    With ``renew_seconds`` a lease that has less than half of that left is made that long again, so that a long first
    read is not taken over, and begun anew, for ever.
    """
    half = func.statement_timestamp() + _seconds((renew_seconds or 0) / 2)
    held = db.session.execute(
        select((PollTurn.leased_until < half).label("is_short")).where(*_held(turn)).with_for_update()
    ).first()
    if held is None:
        return False
    if renew_seconds is not None and held.is_short:
        _set(turn.account_id, leased_until=func.statement_timestamp() + _seconds(renew_seconds))
    return True


def finish(
    turn: ClaimedTurn,
    ok: bool,
    next_interval_seconds: float,
    *,
    not_before_seconds: float = 0,
    was_asked: bool = True,
) -> bool:
    """Ends the turn and sets the next; False, with nothing changed, when it is no longer ours.

    After a failure the pause is drawn between nothing and ``next_interval_seconds`` doubled for each failure in a row,
    at most an hour (full jitter), and is at least ``not_before_seconds``, the platform's own wish. ``was_asked``: as in
    `Ended`.
    """
    if ok:
        pause: ColumnElement[float] = cast(max(next_interval_seconds, not_before_seconds), Float)
        failures: object = 0
    else:
        longest = func.least(
            LONGEST_BACKOFF_SECONDS,
            next_interval_seconds * func.power(2, func.least(PollTurn.failures + 1, _DOUBLINGS)),
        )
        pause = func.greatest(cast(not_before_seconds, Float), func.random() * cast(longest, Float))
        failures = PollTurn.failures + 1
    due_at: ColumnElement[object] = func.statement_timestamp() + _seconds(pause)
    due_at = func.greatest(PollTurn.due_at, due_at)  # a pause of the whole platform that began meanwhile
    if ok and was_asked and turn.due_at is not None:
        due_at = case((PollTurn.due_at != turn.due_at, PollTurn.due_at), else_=due_at)
    result = db.session.execute(
        update(PollTurn)
        .where(*_held(turn))
        .values(due_at=due_at, leased_until=None, failures=failures, idle_digest=None)
        .returning(PollTurn.account_id)
        .execution_options(synchronize_session=False)
    )
    return result.first() is not None


def poll_now(account_id: UUID) -> None:
    """Makes an account due at once, because somebody asks; a poll in progress goes on, and another follows it."""
    _set(account_id, due_at=func.statement_timestamp())


def park(account_id: UUID) -> None:
    """Takes an account out of the round until `unpark`: its access does not work."""
    _set(account_id, parked_at=func.statement_timestamp(), leased_until=None, fence=PollTurn.fence + 1)


def unpark(account_id: UUID) -> None:
    """Brings a parked account back, due at once, with its failures forgotten; a poll in progress stores no more."""
    _set(
        account_id,
        parked_at=None,
        due_at=func.statement_timestamp(),
        failures=0,
        leased_until=None,
        fence=PollTurn.fence + 1,
    )


def pause_platform(platform: str, seconds: float) -> None:
    """No account of a platform is polled before."""
    until = func.statement_timestamp() + _seconds(seconds)
    earlier = (
        select(PollTurn.account_id)
        .where(PollTurn.platform == platform, PollTurn.due_at < until)
        .order_by(PollTurn.account_id)  # one order for everybody who locks several: no deadlock
        .with_for_update()
        .cte("earlier")
    )
    db.session.execute(
        update(PollTurn)
        .where(PollTurn.account_id == earlier.c.account_id)
        .values(due_at=until)
        .execution_options(synchronize_session=False)
    )


def open_turn(account_id: UUID, agency_id: UUID, brand_id: UUID, platform: str) -> None:
    """A new account's turn, due at once."""
    turn = PollTurn(account_id=account_id, agency_id=agency_id, brand_id=brand_id, platform=platform)
    db.session.add(turn)
    db.session.flush()


def lock(account_id: UUID) -> None:
    """Whoever polls it now stores what they have first; everybody else waits for the end of this transaction."""
    db.session.execute(select(PollTurn.account_id).where(PollTurn.account_id == account_id).with_for_update())


def close_turn(account_id: UUID) -> None:
    """A disconnected account is polled no more; whoever holds its turn finds it gone."""
    db.session.execute(
        delete(PollTurn).where(PollTurn.account_id == account_id).execution_options(synchronize_session=False)
    )


def _held(turn: ClaimedTurn) -> tuple[ColumnElement[bool], ...]:
    return PollTurn.account_id == turn.account_id, PollTurn.fence == turn.fence, PollTurn.leased_until.is_not(None)


def _set(account_id: UUID, **values: object) -> None:
    db.session.execute(
        update(PollTurn)
        .where(PollTurn.account_id == account_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
