"""Reply guidelines: what to do in which case, what may be offered, what is never said. Flushes, never commits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from styleguides.given_fields import Wrong, ids, line, one_of, read_fields, some_of, text, texts
from styleguides.models import Guideline
from styleguides.saved_replies import titles_for
from styleguides.scenarios import CASE_KINDS, KINDS, PLATFORMS
from tenants import clock
from tenants.audit import record
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

VISIBILITIES: Final = ("public", "private", "both")
FINAL_BY: Final = ("staff", "team_lead", "client_owner")
"""Who has the last word in such a case."""
LONGEST_TITLE: Final = 200
LONGEST_PHRASE: Final = 100
LONGEST_TEXT: Final = 2_000
MOST_ENTRIES: Final = 50
LARGEST_OFFER_CENTS: Final = 100_000_000
"""One million of a currency: beyond it somebody mistook the unit."""

_CURRENCY = re.compile(r"[A-Z]{3}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def create_guideline(actor: Actor, brand_id: UUID, data: Mapping[str, Any]) -> Guideline:
    """A new guideline from the contract's fields; only `title` is needed.

    Raises Invalid with `errors` by field; NotFound; Forbidden.
    """
    require(actor, Permission.GUIDE_WRITE, brand_id)
    _brand(brand_id)
    values = _values(data)
    _check_saved_replies(actor, brand_id, values.get("saved_reply_ids", ()))
    guideline = Guideline(agency_id=actor.agency_id, brand_id=brand_id, version=1, **values)
    db.session.add(guideline)
    db.session.flush()
    record(actor, "guideline.created", "guideline", guideline.id, brand_id=brand_id, title=guideline.title)
    return guideline


def list_guidelines(actor: Actor, brand_id: UUID) -> Sequence[Guideline]:
    """The brand's guidelines by title."""
    require(actor, Permission.GUIDE_READ, brand_id)
    _brand(brand_id)
    return (
        db.session.execute(
            select(Guideline)
            .where(Guideline.brand_id == brand_id, Guideline.deleted_at.is_(None))
            .order_by(Guideline.title, Guideline.id)
        )
        .scalars()
        .all()
    )


def get_guideline(actor: Actor, brand_id: UUID, guideline_id: UUID) -> Guideline:
    """One guideline. Raises NotFound."""
    require(actor, Permission.GUIDE_READ, brand_id)
    return _guideline(brand_id, guideline_id)


def change_guideline(actor: Actor, brand_id: UUID, guideline_id: UUID, data: Mapping[str, Any]) -> Guideline:
    """Change the fields given. `version` must be the one that was read, and grows by one.

    Raises Conflict `guideline_changed` with the present version when somebody else was faster; Invalid; NotFound.
    """
    require(actor, Permission.GUIDE_WRITE, brand_id)
    guideline = _guideline(brand_id, guideline_id, lock=True)
    _check_version(guideline, data.get("version"))
    values = _values(data, guideline)
    _check_saved_replies(actor, brand_id, values.get("saved_reply_ids", ()), guideline.saved_reply_ids)
    changed = [name for name, value in values.items() if getattr(guideline, name) != value]
    for name in changed:
        setattr(guideline, name, values[name])
    guideline.version += 1
    db.session.flush()
    record(actor, "guideline.changed", "guideline", guideline.id, brand_id=brand_id, fields=changed)
    return guideline


def delete_guideline(actor: Actor, brand_id: UUID, guideline_id: UUID, version: int | None = None) -> None:
    """Take a guideline away; the row stays for the record. `version` given: as in `change_guideline`."""
    require(actor, Permission.GUIDE_WRITE, brand_id)
    guideline = _guideline(brand_id, guideline_id, lock=True)
    if version is not None:
        _check_version(guideline, version)
    guideline.deleted_at = clock.now()
    guideline.version += 1
    db.session.flush()
    record(actor, "guideline.deleted", "guideline", guideline.id, brand_id=brand_id, title=guideline.title)


def guideline_data(guideline: Guideline) -> dict[str, Any]:
    """The contract's fields as JSON values, with `id`."""
    return {
        "id": str(guideline.id),
        "title": guideline.title,
        "when": guideline.when,
        "steps": list(guideline.steps),
        "offer_limit_cents": guideline.offer_limit_cents,
        "currency": guideline.currency,
        "never_say": list(guideline.never_say),
        "visibility": guideline.visibility,
        "saved_reply_ids": list(guideline.saved_reply_ids),
        "words": list(guideline.words),
        "case_kinds": list(guideline.case_kinds),
        "kinds": list(guideline.kinds),
        "platforms": list(guideline.platforms),
        "languages": list(guideline.languages),
        "min_stars": guideline.min_stars,
        "max_stars": guideline.max_stars,
        "visibility_reason": guideline.visibility_reason,
        "final_by": guideline.final_by,
        "example": guideline.example,
        "version": guideline.version,
    }


def _brand(brand_id: UUID) -> None:
    if db.session.execute(select(Brand.id).where(Brand.id == brand_id)).scalar_one_or_none() is None:
        raise NotFound()


def _guideline(brand_id: UUID, guideline_id: UUID, *, lock: bool = False) -> Guideline:
    statement = select(Guideline).where(
        Guideline.brand_id == brand_id, Guideline.id == guideline_id, Guideline.deleted_at.is_(None)
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


def _check_version(guideline: Guideline, version: Any) -> None:
    if isinstance(version, bool) or not isinstance(version, int):
        raise _invalid({"version": [worded("must be the version you read")]})
    if version != guideline.version:
        raise Conflict(
            "Somebody changed this guideline since you opened it. Nothing of yours was saved. Read it again first.",
            code="guideline_changed",
            version=guideline.version,
        )


def _words(value: Any) -> list[str]:
    return list(dict.fromkeys(texts(value, LONGEST_PHRASE, MOST_ENTRIES)))


def _languages(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or len(value) > MOST_ENTRIES:
        raise Wrong(worded("must be a list of language codes, for example pl"))
    if any(not isinstance(one, str) or not _LANGUAGE.fullmatch(one) for one in value):
        raise Wrong(worded("must be a list of language codes, for example pl"))
    return sorted(set(value))


def _stars(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 5:
        raise Wrong(worded("must be a number of stars from 1 to 5"))
    return value


def _offer(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_OFFER_CENTS:
        raise Wrong(worded("must be a whole number of cents from 0 to %(limit)s", limit=LARGEST_OFFER_CENTS))
    return value


def _currency(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise Wrong(worded("must be a currency code of three capital letters, for example EUR"))
    return value


_FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "title": lambda value: line(value, LONGEST_TITLE),
    "when": lambda value: text(value, LONGEST_TEXT),
    "steps": lambda value: texts(value, LONGEST_TEXT, MOST_ENTRIES),
    "offer_limit_cents": _offer,
    "currency": _currency,
    "never_say": lambda value: texts(value, LONGEST_TEXT, MOST_ENTRIES),
    "visibility": one_of(VISIBILITIES),
    "saved_reply_ids": lambda value: ids(value, MOST_ENTRIES),
    "words": _words,
    "case_kinds": some_of(CASE_KINDS),
    "kinds": some_of(KINDS),
    "platforms": some_of(PLATFORMS),
    "languages": _languages,
    "min_stars": _stars,
    "max_stars": _stars,
    "visibility_reason": lambda value: text(value, LONGEST_TEXT),
    "final_by": one_of(FINAL_BY),
    "example": lambda value: text(value, LONGEST_TEXT),
}


def _values(data: Mapping[str, Any], held: Guideline | None = None) -> dict[str, Any]:
    """The fields given, as they are stored; what belongs together is held against what stands already."""
    values, errors = read_fields({name: value for name, value in data.items() if name != "version"}, _FIELDS)
    if errors:
        raise _invalid(errors)
    now = {name: values.get(name, getattr(held, name, None)) for name in _FIELDS}
    if now["title"] is None:
        raise _invalid({"title": [worded("is missing")]})
    if now["offer_limit_cents"] is not None and now["currency"] is None:
        raise _invalid({"currency": [worded("is needed where something may be offered")]})
    if now["min_stars"] is not None and now["max_stars"] is not None and now["min_stars"] > now["max_stars"]:
        raise _invalid({"max_stars": [worded("must not be fewer than the least stars")]})
    return values


def _check_saved_replies(actor: Actor, brand_id: UUID, wanted: Sequence[str], held: Sequence[str] = ()) -> None:
    """Raise Invalid for one that is neither the brand's own nor the agency's; those that stand already may stay."""
    new = [UUID(one) for one in wanted if one not in held]
    if new and len(titles_for(actor, brand_id, only=new)) < len(new):
        raise _invalid({"saved_reply_ids": [worded("holds a saved reply that this brand does not have")]})


def _invalid(errors: dict[str, list[str]]) -> Invalid:
    field, messages = next(iter(errors.items()))
    return Invalid(
        worded(
            "This guideline cannot be saved: %(field)s %(problem)s. Nothing was changed. Correct it and save again.",
            field=field,
            problem=messages[0],
        ),
        errors=errors,
    )
