"""Versions of a brand's words that say somebody was heard: what they are now, what they were, a change. Flushes, never
commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select

from agency.replies.acknowledgement_models import AcknowledgementTexts
from styleguides.guides import lock_brand
from styleguides.heard_words import HeardText, checked_texts, checked_ways
from tenants import audit
from tenants.brands import brand_for
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, worded
from tenants.permissions import Actor, Permission


class TextsVersion(NamedTuple):
    """Texts as somebody saved them; number 0 is what holds before anybody did."""

    number: int
    texts: tuple[HeardText, ...]
    other_ways: str
    saved_by_name: str
    saved_at: datetime | None


FIRST: Final = TextsVersion(0, (), "", "", None)


def texts_in_use(brand_id: UUID) -> TextsVersion:
    """The newest. One statement."""
    return _read(brand_id)


def texts_of(brand_id: UUID, number: int) -> TextsVersion:
    """Those of a number; none where there is no such version."""
    return _read(brand_id, number)


def refuse_unknown_texts(brand_id: UUID, number: int) -> None:
    """Raise Invalid naming `acknowledge` where a policy would let out what is no version of the brand's words."""
    if not texts_of(brand_id, number).texts:
        said = worded("needs the brand's own words; write them first, under Acknowledging")
        raise Invalid(
            "Some of this policy cannot be used. Nothing was changed; see the fields.", errors={"acknowledge": [said]}
        )


def _read(brand_id: UUID, number: int | None = None) -> TextsVersion:
    wanted = select(AcknowledgementTexts).where(AcknowledgementTexts.brand_id == brand_id)
    if number is not None:
        wanted = wanted.where(AcknowledgementTexts.number == number)
    row = db.session.scalars(wanted.order_by(AcknowledgementTexts.number.desc()).limit(1)).one_or_none()
    if row is None:
        return FIRST
    texts = tuple(HeardText(*one) for one in row.texts)
    return TextsVersion(row.number, texts, row.other_ways, row.saved_by_name, row.created_at)


def save_texts(actor: Actor, brand_id: UUID, texts: Sequence[Any], other_ways: Any, *, based_on: int) -> TextsVersion:
    """Keep these as the brand's texts. None at all: ours are offered. The same again is no version.

    Raises NotFound, Forbidden; Invalid naming fields; Conflict `texts_changed` where `based_on` is not the newest.
    """
    brand_for(actor, brand_id, Permission.GUIDE_WRITE)
    checked, ways = checked_texts(texts), checked_ways(other_ways)
    lock_brand(brand_id)
    before = texts_in_use(brand_id)
    if before.number != based_on:
        raise Conflict(
            worded(
                "%(name)s changed these texts while you were at it. Nothing of yours was saved. "
                "Look at what they are now and change them again.",
                name=before.saved_by_name or worded("Somebody else"),
            ),
            code="texts_changed",
            number=before.number,
        )
    if (before.texts, before.other_ways) == (checked, ways):
        return before
    row = AcknowledgementTexts(
        agency_id=actor.agency_id,
        id=new_id(),
        brand_id=brand_id,
        number=before.number + 1,
        texts=[list(one) for one in checked],
        other_ways=ways,
        saved_by=actor.user_id,
        saved_by_name=actor.name,
    )
    db.session.add(row)
    db.session.flush()
    audit.record(
        actor, "acknowledgement.texts_saved", "brand", brand_id, brand_id=brand_id, number=row.number, texts=row.texts
    )
    return texts_in_use(brand_id)
