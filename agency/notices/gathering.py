"""Mails that tell of several things at once: made when they leave, of what is still so then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from agency.notices.agency_look import look_of
from agency.notices.choices import ways_of
from agency.notices.kinds import KINDS
from agency.notices.mail import send_notice, words_of
from agency.notices.models import Notice
from agency.notices.stopping import stop_path
from agency.notices.telling import colleagues, mails_from, promise_gathered
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db, first_id_of
from tenants.models import Brand, Person

KEPT_FOR = timedelta(days=90)
MOST_TOLD = 50
"""Things one mail names; of more it says how many."""


def send_gathered(agency_id: UUID, person_id: UUID, kind: str) -> UUID | None:
    """Promise one mail about all of this kind that waits for the person; its id, None where nothing is left to tell.

    Not told: what was read in the app or settled meanwhile, brands that are no longer theirs, ways they no longer want.
    Harmless when it runs twice.
    """
    now = clock.now()
    rows = list(
        db.session.scalars(
            select(Notice)
            .where(
                Notice.person_id == person_id,
                Notice.kind == kind,
                Notice.mail_due_at.is_not(None),
                Notice.mailed_at.is_(None),
            )
            .order_by(Notice.id)
            .with_for_update()
        )
    )
    person = db.session.get(Person, person_id)
    if person is None or not any(one.mail_due_at is not None and one.mail_due_at <= now for one in rows):
        return None
    later = now if KINDS[kind].breaks_quiet else mails_from(person, now)
    if later > now:
        for one in rows:
            one.mail_due_at = later
        promise_gathered(agency_id, person_id, kind, later)
        return None
    still = [one for one in rows if one.read_at is None and one.settled_at is None and _wants(one)]
    mail_id = _send(agency_id, person, kind, still) if still else None
    for one in rows:
        one.mailed_at, one.mail_id = now, mail_id if one in still else None
    db.session.flush()
    return mail_id


def forget_old() -> int:
    """Drop notices older than 90 days; returns how many."""
    oldest = first_id_of(clock.now() - KEPT_FOR)
    gone = db.session.execute(
        delete(Notice).where(Notice.id < oldest).returning(Notice.id).execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _wants(notice: Notice) -> bool:
    if not ways_of([notice.person_id], notice.kind, notice.of_brand_id)[notice.person_id].by_mail:
        return False
    return notice.of_brand_id is None or bool(colleagues([notice.person_id], notice.of_brand_id))


def _send(agency_id: UUID, person: Person, kind: str, told: Sequence[Notice]) -> UUID:
    base = settings_of_app().base_url
    brand_ids = {one.of_brand_id for one in told if one.of_brand_id is not None}
    names = {
        row.id: row.name for row in db.session.execute(select(Brand.id, Brand.name).where(Brand.id.in_(brand_ids)))
    }

    def brand_of(one: Notice) -> str:
        return names.get(one.of_brand_id, "") if one.of_brand_id else ""

    shown = sorted(told[:MOST_TOLD], key=lambda one: (brand_of(one).casefold(), one.id))
    brands: list[dict[str, Any]] = []
    for brand, of_brand in groupby(shown, key=brand_of):
        items = [{"words": line_of(one, person.language, brand), "url": f"{base}{one.path}"} for one in of_brand]
        brands.append({"name": brand, "items": items})
    return send_notice(
        "gathered",
        person,
        agency=look_of(agency_id),
        stop_path=stop_path(agency_id, person.id, kind),
        kind=kind,
        brands=brands,
        count=len(told),
        more=len(told) - len(shown),
        path="/notices",
    )


def line_of(notice: Notice, language: str, brand_name: str) -> str:
    """The notice as one sentence."""
    return " ".join(words_of(notice.kind, "line.txt", language, brand_name=brand_name, **notice.values).split())
