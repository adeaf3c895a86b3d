"""The topics a brand names for itself: what its customers write about, by which words. Flushes, never commits.

Put away, never deleted; each change is in the record. A change has the open cases of the brand read again
(`agency.inbox.topic_reading`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import any_, case, func, select

from agency.inbox.models import Conversation, ReadingCorrection
from agency.inbox.topic_models import Topic
from agency.inbox.understanding.stored import ABOUT, NOT_ABOUT, TOPIC
from styleguides.given_fields import Wrong, line, read_fields, words_by_language
from styleguides.tokens import WORD
from tenants import clock
from tenants.audit import record
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.models import Brand
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require

LIMITS: Final = {
    "topics": 40,
    "name": 40,
    "phrases": 200,
    "phrase": 80,
    "words": 6,
}
"""How many topics a brand has, characters of a name, phrases of a topic in all languages, characters and words of one.
With these, the longest text that is read takes no more than a few thousand look-ups, whatever is written here.
"""
BUILT_IN: Final = ("price", "opening_hours", "delivery", "refund", "booking", "access", "allergy")
"""Topics of the word lists, on which one's own may build."""
AGAIN_AFTER: Final = timedelta(minutes=1)
"""What was being stored while a topic changed was read by those before."""
MOST_COUNTED: Final = 99


class TopicFigures(NamedTuple):
    """Open cases that speak of a topic, up to MOST_COUNTED + 1; texts people took it from, and put it on."""

    open_count: int
    taken_away: int
    put_on: int


def create_topic(actor: Actor, brand_id: UUID, data: Mapping[str, Any]) -> Topic:
    """A new one; `name` is needed, and `phrases` or `builds_on`.

    Raises Invalid with `errors` by field, Conflict `too_many_topics` or `topic_exists`, NotFound, Forbidden.
    """
    require(actor, Permission.GUIDE_WRITE, brand_id)
    if not _hold_names(brand_id):
        raise NotFound()
    values = {"phrases": [], "builds_on": None, **_values(data, None)}
    _check_room(brand_id)
    _check_name_is_free(brand_id, values["name"])
    topic = Topic(
        agency_id=actor.agency_id,
        brand_id=brand_id,
        version=1,
        changed_at=clock.now(),
        changed_by_name=actor.name,
        **values,
    )
    db.session.add(topic)
    db.session.flush()
    record(actor, "topic.created", "topic", topic.id, brand_id=brand_id, name=topic.name)
    _read_again(topic)
    return topic


def change_topic(actor: Actor, brand_id: UUID, topic_id: UUID, data: Mapping[str, Any]) -> Topic:
    """Change the fields given. `version` must be the one that was read, and grows by one.

    Raises Conflict `topic_changed` with the present version, or `topic_exists`; Invalid, NotFound, Forbidden.
    """
    topic = _locked(actor, brand_id, topic_id)
    _check_version(topic, data.get("version"))
    values = _values({name: value for name, value in data.items() if name != "version"}, topic)
    changed = [name for name, value in values.items() if getattr(topic, name) != value]
    if not changed:
        return topic
    if "name" in changed and topic.archived_at is None:
        _check_name_is_free(brand_id, values["name"], but=topic_id)
    for name in changed:
        setattr(topic, name, values[name])
    _grow(actor, topic)
    record(actor, "topic.changed", "topic", topic.id, brand_id=brand_id, name=topic.name, fields=changed)
    if changed != ["name"]:
        _read_again(topic)
    return topic


def archive_topic(actor: Actor, brand_id: UUID, topic_id: UUID, version: int | None = None) -> Topic:
    """Put it away: no text is read for it any more. Nothing changes where it is put away already."""
    return _put(actor, brand_id, topic_id, version, away=True)


def restore_topic(actor: Actor, brand_id: UUID, topic_id: UUID, version: int | None = None) -> Topic:
    """Let it be read for again. Raises Conflict `topic_exists` where its name was given away meanwhile."""
    return _put(actor, brand_id, topic_id, version, away=False)


def get_topic(actor: Actor, brand_id: UUID, topic_id: UUID) -> Topic:
    """One of them, put away or not. Raises NotFound, Forbidden."""
    require(actor, Permission.GUIDE_READ, brand_id)
    found = db.session.execute(
        select(Topic).where(Topic.id == topic_id, Topic.brand_id == brand_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


def list_topics(actor: Actor, brand_id: UUID, *, archived: bool = False) -> Sequence[Topic]:
    """By name; one statement, one more where there is none. Raises NotFound, Forbidden."""
    require(actor, Permission.GUIDE_READ, brand_id)
    kept = Topic.archived_at.is_not(None) if archived else Topic.archived_at.is_(None)
    wanted = select(Topic).where(Topic.brand_id == brand_id, kept).order_by(func.lower(Topic.name), Topic.id)
    rows = db.session.scalars(wanted).all()
    if not rows and db.session.execute(select(Brand.id).where(Brand.id == brand_id)).scalar_one_or_none() is None:
        raise NotFound()
    return rows


def figures_of(actor: Actor, brand_id: UUID) -> dict[UUID, TopicFigures]:
    """How each topic of a brand in use fares; two statements. Raises Forbidden."""
    require(actor, Permission.GUIDE_READ, brand_id)
    some = (
        select(Conversation.id)
        .where(
            Conversation.brand_id == brand_id,
            Conversation.status == "open",
            Topic.id == any_(Conversation.topic_ids),
        )
        .limit(MOST_COUNTED + 1)
        .correlate(Topic)
        .subquery()
    )
    counted = select(func.count()).select_from(some).scalar_subquery()
    rows = db.session.execute(select(Topic.id, counted).where(Topic.brand_id == brand_id, Topic.archived_at.is_(None)))
    opened = {row[0]: int(row[1]) for row in rows}
    corrected = db.session.execute(
        select(
            ReadingCorrection.aspect,
            func.sum(case((ReadingCorrection.is_in_truth == NOT_ABOUT, 1), else_=0)),
            func.sum(case((ReadingCorrection.is_in_truth == ABOUT, 1), else_=0)),
        )
        .where(
            ReadingCorrection.brand_id == brand_id,
            ReadingCorrection.aspect.startswith(TOPIC, autoescape=True),
            ReadingCorrection.read_as != ReadingCorrection.is_in_truth,
        )
        .group_by(ReadingCorrection.aspect)
    )
    said = {row[0].removeprefix(TOPIC): (int(row[1]), int(row[2])) for row in corrected}
    return {number: TopicFigures(count, *said.get(str(number), (0, 0))) for number, count in opened.items()}


def _hold_names(brand_id: UUID) -> bool:
    """Hold the brand's row, so that two who write at once are counted, and take names, one after the other."""
    held = select(Brand.id).where(Brand.id == brand_id).with_for_update(key_share=True)
    return db.session.execute(held).scalar_one_or_none() is not None


def _locked(actor: Actor, brand_id: UUID, topic_id: UUID) -> Topic:
    require(actor, Permission.GUIDE_WRITE, brand_id)
    _hold_names(brand_id)
    topic = db.session.execute(
        select(Topic)
        .where(Topic.id == topic_id, Topic.brand_id == brand_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if topic is None:
        raise NotFound()
    return topic


def _put(actor: Actor, brand_id: UUID, topic_id: UUID, version: int | None, *, away: bool) -> Topic:
    topic = _locked(actor, brand_id, topic_id)
    if version is not None:
        _check_version(topic, version)
    if (topic.archived_at is not None) == away:
        return topic
    if not away:
        _check_room(brand_id)
        _check_name_is_free(brand_id, topic.name, but=topic_id)
    topic.archived_at = clock.now() if away else None
    _grow(actor, topic)
    record(actor, "topic.archived" if away else "topic.restored", "topic", topic_id, brand_id=brand_id, name=topic.name)
    _read_again(topic)
    return topic


def _grow(actor: Actor, topic: Topic) -> None:
    topic.version += 1
    topic.changed_at = clock.now()
    topic.changed_by_name = actor.name
    db.session.flush()


def _read_again(topic: Topic) -> None:
    for run_at in (None, clock.now() + AGAIN_AFTER):
        enqueue_after_commit(JobName.READ_TOPICS, run_at=run_at, agency_id=topic.agency_id, brand_id=topic.brand_id)


def _check_room(brand_id: UUID) -> None:
    held = select(func.count(Topic.id)).where(Topic.brand_id == brand_id, Topic.archived_at.is_(None))
    if db.session.execute(held).scalar_one() >= LIMITS["topics"]:
        raise Conflict(
            worded(
                "This brand has %(n)s topics already. Nothing was saved. Put one away that nobody needs first.",
                n=LIMITS["topics"],
            ),
            code="too_many_topics",
        )


def _check_name_is_free(brand_id: UUID, name: str, *, but: UUID | None = None) -> None:
    named = select(Topic.id).where(
        Topic.brand_id == brand_id, Topic.archived_at.is_(None), func.lower(Topic.name) == func.lower(name)
    )
    if but is not None:
        named = named.where(Topic.id != but)
    if db.session.execute(named).first() is not None:
        sentence = worded("There is a topic of this name already. Nothing was saved. Choose another name.")
        raise Conflict(sentence, code="topic_exists", errors={"name": [sentence]})


def _check_version(topic: Topic, version: Any) -> None:
    if isinstance(version, bool) or not isinstance(version, int):
        raise _invalid({"version": [worded("must be the version you read")]})
    if version != topic.version:
        raise Conflict(
            "Somebody changed this topic since you opened it. Nothing of yours was saved. Read it again first.",
            code="topic_changed",
            version=topic.version,
        )


def _values(data: Mapping[str, Any], topic: Topic | None) -> dict[str, Any]:
    values, errors = read_fields(data, _FIELDS)
    if topic is None and "name" not in data:
        errors["name"] = [worded("is missing")]
    phrases = values.get("phrases", topic.phrases if topic else [])
    if not errors and not phrases and not values.get("builds_on", topic.builds_on if topic else None):
        errors["phrases"] = [worded("needs a phrase at least, or a list of ours to build on")]
    if errors:
        raise _invalid(errors)
    return values


def _invalid(errors: dict[str, list[str]]) -> Invalid:
    field, messages = next(iter(errors.items()))
    return Invalid(
        worded(
            "This topic cannot be kept: %(field)s %(problem)s. Nothing was changed. Correct it and save again.",
            field=field,
            problem=messages[0],
        ),
        errors=errors,
    )


def _phrases(value: Any) -> list[dict[str, str]]:
    found = words_by_language(value, LIMITS["phrase"], LIMITS["phrases"])
    for one in found:
        if len(WORD.findall(one["words"])) > LIMITS["words"]:
            raise Wrong(worded("has a phrase of more than %(limit)s words", limit=LIMITS["words"]))
    return found


def _builds_on(value: Any) -> str | None:
    if value in (None, ""):
        return None
    if value not in BUILT_IN:
        raise Wrong(worded("must be one of %(names)s", names=", ".join(BUILT_IN)))
    return str(value)


_FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "name": lambda value: line(value, LIMITS["name"]),
    "phrases": _phrases,
    "builds_on": _builds_on,
}
