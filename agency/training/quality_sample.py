"""Which sent replies a lead judges: a few of each person and finished week, drawn so that nobody can choose.

Lots are drawn among the replies of a week that is over (Monday to Sunday, UTC): no reply joins it any more, so that
reloading, or a second lead of the same brands, shows the same. A reply's lot is SHA-256 over its id and a seed that
follows from this installation's secret, the agency and the week; the smallest of each person are taken. What was taken
back, or answers what the customer or the platform deleted, drops out and the next lot moves up.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, Subquery, Text, and_, case, cast, func, select
from sqlalchemy.orm import aliased

from agency.inbox.models import Conversation, Message
from agency.replies.models import Reply, ReplyText
from agency.training.models import Judgement
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import Invalid, worded
from tenants.permissions import Actor, Permission, require
from tenants.sealed import purpose_key

EACH_PERSON_A_WEEK: Final = 3
"""Replies of one person that a lead is asked to judge a week: six in eleven minutes is a lead's day (product brief)."""
PAGE_ROWS: Final = 50
_LOT = re.compile(r"[0-9a-f]{64}")


class SampledReply(NamedTuple):
    """A reply of the sample, with both sides' words; the customer's are not masked yet."""

    id: UUID
    brand_id: UUID
    author_id: UUID
    author_name: str
    lot: str
    is_judged: bool
    platform: str
    kind: str
    private: bool
    published_at: datetime
    stars: int | None
    customer_name: str | None
    customer_text: str
    customer_language: str | None
    text: str
    guide_version: int | None
    findings: list[dict[str, Any]]


@dataclass(frozen=True)
class Sample:
    """A page of a lead's sample of one week, in the order of the lots; `judged` of `size` are done."""

    week: date
    rows: list[SampledReply]
    size: int
    judged: int
    next_cursor: str | None


def newest_week() -> date:
    """The Monday of the last week that is over."""
    return monday_of(clock.now()) - timedelta(days=7)


def monday_of(moment: datetime) -> date:
    """The Monday of the week a moment lies in, in UTC."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def finished_week(text: str | None) -> date:
    """The week somebody asks for by any of its days, `2026-11-16`; the newest without one.

    Raises Invalid for what is no day, and for a week that is not over.
    """
    newest = newest_week()
    if not text:
        return newest
    try:
        day = date.fromisoformat(text)
        week = day - timedelta(days=day.weekday())
    except (ValueError, OverflowError) as error:
        raise _no_week(worded("is not a day such as 2026-11-16")) from error
    if week > newest or week.year < 2000:
        raise _no_week(worded("is not a day of a week that is over"))
    return week


def seed_of(agency_id: UUID, week: date) -> str:
    """What the lots of a week are drawn with: always the same, and known to nobody."""
    key = purpose_key(settings_of_app().onbrand_secret_key, "quality sample")
    return hmac.new(key, f"{agency_id} {week.isoformat()}".encode(), hashlib.sha256).hexdigest()


def draw(
    judge_id: UUID, week: date, seed: str, *, each: int = EACH_PERSON_A_WEEK, only_author_id: UUID | None = None
) -> Subquery:
    """The sample as a subquery of `id`, `brand_id`, `author_id`, `author_name` and `lot`: at most `each` of a person,
    none that the judge wrote or changed. `only_author_id` draws that person's alone, the same ones.
    """
    begins = datetime.combine(week, time(), UTC)
    lot = func.encode(func.sha256(func.convert_to(func.concat(seed, cast(Reply.id, Text)), "UTF8")), "hex")
    later, shown = aliased(Reply), aliased(Message)
    taken_back = (
        select(later.id)
        .where(
            later.agency_id == Reply.agency_id,
            later.conversation_id == Reply.conversation_id,
            later.changes_reply_id == Reply.id,
            later.deed == "withdraw",
            later.state == "published",
        )
        .exists()
    )
    gone = (
        select(shown.id)
        .where(
            shown.agency_id == Reply.agency_id,
            shown.conversation_id == Reply.conversation_id,
            shown.reply_id == Reply.id,
            shown.deleted_at.is_not(None),
        )
        .exists()
    )
    pool = (
        select(
            Reply.id,
            Reply.brand_id,
            ReplyText.author_id,
            ReplyText.author_name,
            lot.label("lot"),
            func.row_number().over(partition_by=ReplyText.author_id, order_by=(lot, Reply.id)).label("place"),
        )
        .join(
            ReplyText,
            and_(
                ReplyText.agency_id == Reply.agency_id,
                ReplyText.id == Reply.text_id,
                ReplyText.brand_id == Reply.brand_id,
            ),
        )
        .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
        .where(
            Reply.state == "published",
            Reply.state_since >= begins,
            Reply.state_since < begins + timedelta(days=7),
            Reply.deed == "reply",
            Reply.automatic.is_(False),
            Reply.written_by != judge_id,
            ReplyText.author_id != judge_id,
            ReplyText.by_approver.is_(False),
            Message.deleted_at.is_(None),
            ~taken_back,
            ~gone,
        )
    )
    if only_author_id is not None:
        pool = pool.where(ReplyText.author_id == only_author_id)
    drawn = pool.subquery()
    columns = (drawn.c.id, drawn.c.brand_id, drawn.c.author_id, drawn.c.author_name, drawn.c.lot)
    return select(*columns).where(drawn.c.place <= each).subquery()


def sample_of(actor: Actor, week: date, after: str | None = None, limit: int = PAGE_ROWS) -> Sample:
    """A page of this lead's sample of a week, with how much of it is judged; one statement.

    Raises Forbidden, and Invalid for a cursor this list never gave.
    """
    require(actor, Permission.QUALITY_JUDGE)
    if after is not None and not _LOT.fullmatch(after):
        sentence = worded("This cursor is not one this list gave. Nothing was changed. Start again without a cursor.")
        raise Invalid(sentence, code="bad_cursor", errors={"cursor": [worded("is not one this list gave")]})
    counted = _counted(actor, week).subquery()
    wanted = (
        select(
            Reply.id,
            Reply.brand_id,
            counted.c.author_id,
            counted.c.author_name,
            counted.c.lot,
            counted.c.is_judged,
            Reply.platform,
            Reply.kind,
            Reply.private,
            Reply.published_at,
            Conversation.stars,
            Message.author_name,
            Message.text,
            Message.language,
            ReplyText.text,
            ReplyText.guide_version,
            ReplyText.findings,
            counted.c.size,
            counted.c.judged,
        )
        .join(counted, and_(counted.c.id == Reply.id, counted.c.brand_id == Reply.brand_id))
        .join(ReplyText, and_(ReplyText.agency_id == Reply.agency_id, ReplyText.id == Reply.text_id))
        .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
        .join(Conversation, and_(Conversation.agency_id == Reply.agency_id, Conversation.id == Reply.conversation_id))
        .order_by(counted.c.lot)
        .limit(limit + 1)
    )
    if after is not None:
        wanted = wanted.where(counted.c.lot > after)
    found = db.session.execute(wanted).all()
    rows = [SampledReply._make(row[:-2]) for row in found[:limit]]
    size, judged = (found[0].size, found[0].judged) if found else (0, 0)
    return Sample(week, rows, size, judged, rows[-1].lot if len(found) > limit else None)


class Place(NamedTuple):
    """Where a lead stands in a week's sample: `next_id` is the next reply to judge, None when all are."""

    size: int
    judged: int
    next_id: UUID | None


def place_in(actor: Actor, week: date, *, behind: UUID | None = None) -> Place:
    """How much is judged, and the next one: behind the one given, then from the start. One statement."""
    counted = _counted(actor, week).subquery()
    order: list[Any] = [counted.c.is_judged, counted.c.lot]
    if behind is not None:
        here = select(counted.c.lot).where(counted.c.id == behind).scalar_subquery()
        order[1:1] = [case((counted.c.lot > here, 0), (counted.c.id == behind, 2), else_=1)]
    row = db.session.execute(
        select(Reply.id, counted.c.is_judged, counted.c.size, counted.c.judged)
        .join(counted, and_(counted.c.id == Reply.id, counted.c.brand_id == Reply.brand_id))
        .order_by(*order)
        .limit(1)
    ).first()
    if row is None:
        return Place(0, 0, None)
    return Place(row.size, row.judged, None if row.is_judged or row.id == behind else row.id)


def is_drawn(actor: Actor, reply_id: UUID, author_id: UUID, went_out: datetime) -> bool:
    """Whether this reply is in this lead's sample; never of a week that is not over."""
    week = monday_of(went_out)
    if week > newest_week():
        return False
    drawn = draw(actor.user_id, week, seed_of(actor.agency_id, week), only_author_id=author_id)
    found = select(Reply.id).join(drawn, and_(drawn.c.id == Reply.id, drawn.c.brand_id == Reply.brand_id))
    return db.session.execute(found.where(Reply.id == reply_id)).first() is not None


def _counted(actor: Actor, week: date) -> Select[Any]:
    drawn = draw(actor.user_id, week, seed_of(actor.agency_id, week))
    judged = select(Judgement.id).where(
        Judgement.reply_id == drawn.c.id, Judgement.brand_id == drawn.c.brand_id, Judgement.judge_id == actor.user_id
    )
    marked = select(drawn, judged.exists().label("is_judged")).subquery()
    return select(
        marked,
        func.count().over().label("size"),
        func.count().filter(marked.c.is_judged).over().label("judged"),
    )


def _no_week(words: str) -> Invalid:
    sentence = worded("That is no week with a sample. Nothing was changed. Ask for a day of a week that is over.")
    return Invalid(sentence, code="no_such_week", errors={"week": [words]})
