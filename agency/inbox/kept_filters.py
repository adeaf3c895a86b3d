"""Filters with their values taken out, so that the statements of the queue can be kept (`tenants.kept_select`)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, SmallInteger, Text, Uuid, bindparam, tuple_

from agency.inbox.filters import AMONG, NONE, QueueFilter
from agency.inbox.kept_values import unseen as unseen


def bound_filter(wanted: QueueFilter, values: dict[str, Any]) -> QueueFilter:
    """The same filter with its values taken out, but for the words of a search, which are looked up before."""
    changes: dict[str, Any] = {"q": "", "with_notes": False}
    for name in AMONG:
        value = getattr(wanted, name)
        if value is None:
            continue
        given = [value] if isinstance(value, str) else list(value)
        if name == "reply_state" and len(given) == 1 and given != [NONE]:
            values["reply"] = given[0]  # compared, not listed, so that its own index can serve
            changes[name] = PARAMETERS["reply"]
        else:
            values[name] = given
            changes[name] = PARAMETERS[name]
    for name, one, several in (("brand_ids", "brand", "brands"), ("label_ids", "label", "labels")):
        chosen = getattr(wanted, name)
        if chosen:
            is_one = len(chosen) == 1
            values[one if is_one else several] = chosen[0] if is_one else list(chosen)
            changes[name] = PARAMETERS[one if is_one else several]
    if wanted.topic_ids:
        values["topics"] = list(wanted.topic_ids)
        changes["topic_ids"] = PARAMETERS["topics"]
    if isinstance(wanted.holder, UUID):
        values["holder"] = wanted.holder
        changes["holder"] = PARAMETERS["holder"]
    return wanted._replace(**changes)


PARAMETERS: dict[str, Any] = {
    **{name: bindparam(name, type_=ARRAY(SmallInteger() if name in ("stars", "signs") else Text())) for name in AMONG},
    **{name: bindparam(name, type_=Uuid()) for name in ("brand", "label", "holder", "me", "place_id", "first_new")},
    **{name: bindparam(name, type_=ARRAY(Uuid())) for name in ("brands", "labels", "topics", "among", "lanes")},
    "reply": bindparam("reply", type_=Text()),
    "now": bindparam("now", type_=DateTime(timezone=True)),
}


def in_order(query: Any, keys: tuple[Any, Any], is_continued: bool, *, downwards: bool = True) -> Any:
    """The select in the order of these two, behind the place given where it goes on."""
    place = tuple_(unseen(bindparam("place", type_=keys[0].type)), unseen(PARAMETERS["place_id"]))
    if not downwards:
        query = query.order_by(*keys)
        return query.where(tuple_(*keys) > place) if is_continued else query
    query = query.order_by(*(key.desc() for key in keys))
    return query.where(tuple_(*keys) < place) if is_continued else query
