"""An agency's weights in versions: who changed them, when and why; every earlier one can come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select

from agency.inbox.models import QueueCounter, RankingWeights
from agency.inbox.weights import DEFAULTS, WEIGHTS, Weights, checked_weights, weights_of
from tenants.audit import record
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, worded
from tenants.models import Agency
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require

LONGEST_NOTE: Final = 500
NOT_ALL_BRANDS: Final = worded(
    "This holds for every brand, and you lead only some. Nothing was changed. Ask an agency admin."
)
VERSIONS_SHOWN: Final = 50


class WeightVersion(NamedTuple):
    """One version; number 0 is what holds before anybody changed anything.

    `ranked_count` of `open_count` open cases stand by it; `ranked_at` is when all did.
    """

    number: int
    weights: Weights
    note: str
    back_to: int | None
    saved_by_name: str
    saved_at: datetime | None
    open_count: int
    ranked_count: int
    ranked_at: datetime | None

    @property
    def is_ranking(self) -> bool:
        """Whether open cases still stand by the weights before."""
        return self.number > 0 and self.ranked_at is None


FIRST: Final = WeightVersion(0, DEFAULTS, "", None, "", None, 0, 0, None)

_VERSION = (
    RankingWeights.number,
    RankingWeights.points,
    RankingWeights.note,
    RankingWeights.back_to,
    RankingWeights.saved_by_name,
    RankingWeights.created_at,
    RankingWeights.open_count,
    RankingWeights.ranked_count,
    RankingWeights.ranked_at,
)


def weights_in_force() -> WeightVersion:
    """The scope's agency's."""
    row = db.session.execute(select(*_VERSION).order_by(RankingWeights.number.desc()).limit(1)).first()
    return _version(row) if row is not None else FIRST


def list_versions(actor: Actor) -> list[WeightVersion]:
    """The last VERSIONS_SHOWN, newest first, and what held before any. Raises Forbidden."""
    require(actor, Permission.RANKING_MANAGE)
    rows = db.session.execute(select(*_VERSION).order_by(RankingWeights.number.desc()).limit(VERSIONS_SHOWN))
    return [*map(_version, rows), FIRST]


def save_weights(
    actor: Actor, points: Mapping[str, object], note: str, based_on: int, *, back_to: int | None = None
) -> WeightVersion:
    """Put these weights in force, from the next item on, and promise to rank what is open by them.

    `based_on` is the version they were changed from. Raises Forbidden, also for a lead of only some brands; Invalid
    naming fields; Conflict `weights_changed`.
    """
    require_all_brands(actor)
    weights, words = checked_weights(points), _note(note)
    # One save after the other: the agency's own row is held until this transaction ends.
    db.session.execute(select(Agency.id).where(Agency.id == actor.agency_id).with_for_update())
    before = weights_in_force()
    if before.number != based_on:
        raise Conflict(
            worded(
                "%(name)s changed the weights while you were at it. Nothing of yours was saved. "
                "Look at what they are now and change them again.",
                name=before.saved_by_name or worded("Somebody else"),
            ),
            code="weights_changed",
            number=before.number,
        )
    open_count = db.session.execute(select(func.coalesce(func.sum(QueueCounter.open_count), 0))).scalar_one()
    saved = RankingWeights(
        agency_id=actor.agency_id,
        id=new_id(),
        number=before.number + 1,
        points=dict(weights.points),
        note=words,
        back_to=back_to,
        saved_by=actor.user_id,
        saved_by_name=actor.name,
        open_count=open_count,
    )
    db.session.add(saved)
    db.session.flush()
    changed = {
        n: [before.weights.points[n], weights.points[n]]
        for n in WEIGHTS
        if before.weights.points[n] != weights.points[n]
    }
    record(actor, "ranking.weights_saved", "agency", actor.agency_id, number=saved.number, note=words, changed=changed)
    enqueue_after_commit(JobName.RERANK, agency_id=actor.agency_id, number=saved.number)
    return weights_in_force()


def go_back(actor: Actor, number: int, based_on: int, note: str) -> WeightVersion:
    """Put an earlier version's weights in force again, as a new version. Raises as `save_weights`, and NotFound."""
    require_all_brands(actor)
    points: Mapping[str, Any] = DEFAULTS.points
    if number != 0:
        row = db.session.execute(select(RankingWeights.points).where(RankingWeights.number == number)).first()
        if row is None:
            raise NotFound()
        points = weights_of(row.points).points
    return save_weights(actor, points, note, based_on, back_to=number)


def require_all_brands(actor: Actor) -> None:
    """Raise Forbidden unless this person sets weights, which hold for every brand."""
    require(actor, Permission.RANKING_MANAGE)
    if actor.brand_ids is not None:
        raise Forbidden(NOT_ALL_BRANDS)


def _note(note: object) -> str:
    words = " ".join(note.replace("\x00", "").split()) if isinstance(note, str) else ""
    if not words or any("\ud800" <= c <= "\udfff" for c in words):
        raise Invalid(
            "Say in a few words why. Nothing was changed.", errors={"note": [worded("Say in a few words why.")]}
        )
    if len(words) > LONGEST_NOTE:
        raise Invalid(
            worded("This is longer than %(limit)s characters. Nothing was changed; shorten it.", limit=LONGEST_NOTE),
            errors={"note": [worded("is too long")]},
        )
    return words


def _version(row: Any) -> WeightVersion:
    return WeightVersion(row[0], weights_of(row[1]), *row[2:])
