"""What intake does for incidents with a page of customers' words: cases come into an open one, and complaints that say
the same within minutes are told of. After everything else of the page is written, in its transaction.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Uuid

from agency.inbox.brand_rules import VIP, BrandRules
from agency.inbox.incidents import attaching
from agency.inbox.incidents.detecting import (
    FEWEST_PEOPLE,
    MOST_STEMS,
    WINDOW_SECONDS,
    Heard,
    Same,
    Usual,
    newest,
    same_as,
)
from agency.inbox.incidents.models import IncidentWatch
from agency.inbox.incoming import Record
from agency.inbox.ranking import is_complaint, said_of
from agency.inbox.stored_rows import Person, as_json
from agency.inbox.triage.ready import facts_of
from agency.inbox.understanding.stored import Stored, judgement_of
from agency.notices.telling import Thing, tell
from channels.models import Account
from styleguides.questions import question_words, stem_number
from tenants.database import db, new_id
from tenants.holders import holders_of
from tenants.permissions import Permission
from tenants.scope import raw_sql

MOST_OF_SUGGESTION: Final = 500
"""Cases a suggestion names; of more it knows how many people wrote up to then."""
SUGGESTED_FOR: Final = timedelta(hours=3)
"""So long after its last complaint a suggestion stands, and further ones of the same words go to it."""
QUIET_AFTER_NO: Final = timedelta(hours=12)
"""So long nothing more is suggested by words of which somebody said that they are none, or which became one."""

_LOOK = raw_sql(
    """
    select w.heard, w.usual, (
        select coalesce(jsonb_agg(jsonb_build_array(s.id, s.state, s.stems, cardinality(s.conversation_ids))), '[]')
        from incident_suggestion s where s.agency_id = :agency_id and s.brand_id = :brand_id
            and (s.state = 'open' and s.last_at >= :open_since or s.state <> 'open' and s.decided_at >= :quiet_since))
    from (select 1) one left join lateral (
        select heard, usual from incident_watch where agency_id = :agency_id and brand_id = :brand_id for update
    ) w on true
    """,
    reason="a row that may not be there yet, and what was told already",
)
_KEEP = raw_sql(
    """
    insert into incident_watch (agency_id, id, brand_id, heard, usual)
    values (:agency_id, :id, :brand_id, cast(:heard as jsonb), cast(:usual as jsonb))
    on conflict (agency_id, brand_id) do update set heard = excluded.heard, usual = excluded.usual
    """,
    reason="made where it is not there",
)
_SUGGEST = raw_sql(
    """
    insert into incident_suggestion (agency_id, id, brand_id, stems, words, conversation_ids, people_count, first_at,
        last_at)
    values (:agency_id, :id, :brand_id, :stems, cast(:words as jsonb), :ids, :people, :first_at, :last_at)
    """,
    reason="arrays of numbers and ids",
).bindparams(bindparam("stems", type_=ARRAY(BigInteger)), bindparam("ids", type_=ARRAY(Uuid)))
_ADD = raw_sql(
    """
    update incident_suggestion set conversation_ids = conversation_ids || array(
            select one from unnest(cast(:ids as uuid[])) one where one <> all(conversation_ids)),
        people_count = people_count + :people, last_at = greatest(last_at, :last_at),
        first_at = least(first_at, :first_at)
    where agency_id = :agency_id and id = :id
    """,
    reason="adds to an array what is not in it",
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


TELLING: Final = frozenset({"down"})
"""Little words that are in many questions, and yet are what a storm is about."""


class Complaint(NamedTuple):
    """A complaint as it came: what was heard, and the words by the numbers of their stems."""

    heard: Heard
    words: Mapping[int, str]


class Told(NamedTuple):
    """A suggestion that stands, or of which somebody decided: its stems, the first of them what it is about."""

    id: UUID
    state: str
    stems: tuple[int, ...]
    case_count: int


def watch_over(
    account: Account,
    fresh: Iterable[Record],
    readings: Mapping[str, Stored],
    languages: Mapping[str, str | None],
    places: Mapping[str, UUID],
    *,
    kinds: Mapping[str, str],
    people: Mapping[str, Person],
    rules: BrandRules,
    now: datetime,
) -> None:
    """Attach what belongs to open incidents, and notice what may be one. `places` are the cases of new words, `kinds`
    the kinds of these, both by the platform's name of the message.

    Nothing where no incident is open and nobody complains; else a statement for the first, and two for the second.
    """
    said = [r for r in fresh if r.external_id in readings and not _is_spam(r, people)]
    if not said:
        return
    going = attaching.going_of(account.brand_id, rules.incidents)
    if going is not None:
        pairs = []
        for r in said:
            facts = facts_of(
                r.text,
                readings[r.external_id],
                platform=account.platform,
                kind=kinds.get(r.external_id, r.kind),
                language=languages.get(r.external_id),
                stars=r.stars,
                is_vip=_is_vip(r, people),
                moment=r.written_at,
                zone=rules.time_zone,
            )
            found = attaching.incident_for(going, facts, r.post_external_id, r.written_at)
            if found is not None:
                pairs.append((places[r.external_id], found))
        attaching.attach(account.brand_id, pairs, now)
    window = timedelta(seconds=WINDOW_SECONDS)
    complaints = [
        complaint_of(account.brand_id, r, readings[r.external_id], languages.get(r.external_id), places[r.external_id])
        for r in said
        if abs(r.written_at - now) <= window and _complains(r, readings[r.external_id])
    ]
    if complaints:
        notice_complaints(account.agency_id, account.brand_id, complaints, now)


def _complains(r: Record, reading: Stored) -> bool:
    """A question counts, too: many who ask at once whether it works say that it does not."""
    asks = judgement_of(reading, "act").label == "question"
    return asks or is_complaint(r.stars, said_of(reading, r.stars).complaint)


def _is_spam(r: Record, people: Mapping[str, Person]) -> bool:
    person = people.get(r.contact_key or "")
    return person is not None and person.is_spammer and (r.stars is None or person.spam_stars)


def _is_vip(r: Record, people: Mapping[str, Person]) -> bool:
    person = people.get(r.contact_key or "")
    return person is not None and person.standing >= VIP


def complaint_of(brand_id: UUID, r: Record, reading: Stored, language: str | None, case: UUID) -> Complaint:
    """A complaint as it is compared: its stems by numbers that only mean something within the brand."""
    words: dict[int, str] = {}
    for stem, word in question_words(r.text, language, TELLING).items():
        if len(words) < MOST_STEMS:
            # Positive and of 53 bits: programs that read JSON keep such a number whole.
            words.setdefault(stem_number(stem, brand_id.bytes) & (1 << 53) - 1, word)
    who = hashlib.blake2b(f"{r.contact_key or case}".encode(), key=brand_id.bytes, digest_size=4).digest()
    heard = Heard(int(r.written_at.timestamp()), case, int.from_bytes(who, "big"), tuple(words))
    return Complaint(heard, words)


def notice_complaints(agency_id: UUID, brand_id: UUID, complaints: Sequence[Complaint], now: datetime) -> None:
    """Compare complaints with what the brand heard lately, and tell its leads where they are no chance."""
    place = {"agency_id": agency_id, "brand_id": brand_id}
    since = {"open_since": now - SUGGESTED_FOR, "quiet_since": now - QUIET_AFTER_NO}
    kept, kept_usual, told_rows = db.session.execute(_LOOK, {**place, **since}).one()
    at = int(now.timestamp())
    heard = [Heard(one[0], UUID(one[1]), one[2], tuple(one[3])) for one in kept or ()]
    usual = Usual.read(kept_usual or {}, at)
    told = [Told(UUID(row[0]), row[1], tuple(row[2]), row[3]) for row in told_rows]
    added: dict[UUID, list[Complaint]] = {}
    often = Counter(stem for one in heard for stem in one.stems)
    for one in sorted(complaints, key=lambda one: one.heard.at):
        mine = next((t for t in told if t.stems[0] in one.heard.stems), None)
        if mine is None:
            may_be = any(often[stem] >= FEWEST_PEOPLE - 1 for stem in one.heard.stems)
            known = {stem for t in told for stem in t.stems}
            found = same_as(one.heard, heard, usual, known) if may_be else None
            if found is not None:
                told.append(_suggest(place, found, one))
        elif mine.state == "open" and mine.case_count < MOST_OF_SUGGESTION:
            added.setdefault(mine.id, []).append(one)
        heard.append(one.heard)
        often.update(one.heard.stems)
        usual.hear(one.heard)
    heard = newest(heard, at)
    for suggestion_id, some in added.items():
        db.session.execute(
            _ADD,
            {
                **place,
                "id": suggestion_id,
                "ids": list(dict.fromkeys(one.heard.case for one in some)),
                "people": len({one.heard.who for one in some} - _who_of(heard, told, suggestion_id, some)),
                "first_at": _moment(min(one.heard.at for one in some)),
                "last_at": _moment(max(one.heard.at for one in some)),
            },
        )
    kept_now = [[one.at, str(one.case), one.who, one.stems] for one in heard]
    values = {"id": new_id(), "heard": as_json(kept_now), "usual": as_json(usual.kept())}  # type: ignore[arg-type]
    db.session.execute(_KEEP, {**place, **values})


def _who_of(heard: Sequence[Heard], told: Sequence[Told], suggestion_id: UUID, some: Sequence[Complaint]) -> set[int]:
    """Who of these said the same before, as far as it is still known."""
    (first,) = (one.stems[0] for one in told if one.id == suggestion_id)
    just_now = {one.heard for one in some}
    return {one.who for one in heard if first in one.stems and one not in just_now}


def _suggest(place: Mapping[str, UUID], found: Same, complaint: Complaint) -> Told:
    suggestion_id = new_id()
    words = [complaint.words[stem] for stem in found.stems]
    db.session.execute(
        _SUGGEST,
        {
            **place,
            "id": suggestion_id,
            "stems": list(found.stems),
            "words": as_json(words),  # type: ignore[arg-type]
            "ids": list(found.cases[:MOST_OF_SUGGESTION]),
            "people": found.people,
            "first_at": _moment(found.first_at),
            "last_at": _moment(found.last_at),
        },
    )
    tell(
        "incident_suggested",
        holders_of(Permission.CONVERSATION_REASSIGN, place["agency_id"], place["brand_id"]),
        brand_id=place["brand_id"],
        subject=Thing("incident_suggestion", suggestion_id, f"/incidents/suggested/{suggestion_id}"),
        values={"people": found.people, "words": ", ".join(words)},
    )
    return Told(suggestion_id, "open", found.stems, len(found.cases))


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def forget_watch(brand_ids: Collection[UUID]) -> None:
    """Of these brands it is not known any more who complained just now; what is usual stays."""
    quiet = update(IncidentWatch).where(IncidentWatch.brand_id.in_(brand_ids)).values(heard=[])
    db.session.execute(quiet.execution_options(synchronize_session=False))
