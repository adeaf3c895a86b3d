"""A rule of the desk tried on the last seven days: what it would have done with every word of a customer that came.

It asks the very book that acts when words come in, so what it tells is what the rule then does to the same words. It
takes words as they are now, and people as they are known now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, literal_column, or_, select

from agency.inbox.models import PAST, Contact, Conversation, Message
from agency.inbox.triage.given_rules import read_rule
from agency.inbox.triage.matching import LONGEST_READ, Facts, Hit, Rule, Rulebook, Span
from agency.inbox.triage.ready import facts_of, rows_in_force, rules_from
from agency.inbox.triage.rules import refuse_writing
from agency.inbox.triage.terms import Terms
from tenants import clock
from tenants.database import db, first_id_of
from tenants.errors import NotFound
from tenants.models import Brand
from tenants.permissions import Actor

WEEK: Final = timedelta(days=7)
MOST_MESSAGES: Final = 5_000
"""The newest ones that are looked at: bounds time and memory of a look."""
CASES_SHOWN: Final = 30
TRIED: Final = UUID(int=0)
"""The id of a rule that is not saved yet."""


class Came(NamedTuple):
    """Words of a customer that came in the week."""

    id: UUID
    conversation_id: UUID
    brand_id: UUID
    author_name: str | None
    at: datetime
    facts: Facts


class Found(NamedTuple):
    """A case as the trial shows it: by its newest words that the rule fits. `change` is `added` or `gone` where the
    stored rule does otherwise; `is_before`: an earlier rule takes it and is the last.
    """

    came: Came
    spans: tuple[Span, ...]
    is_before: bool
    change: str = ""


class Trial(NamedTuple):
    """What a rule would have done in a week, counted in cases. `added_count` and `gone_count` are against the rule as
    it is stored, None for a new one.
    """

    since: datetime
    case_count: int
    message_count: int
    taken_count: int
    before_count: int
    added_count: int | None
    gone_count: int | None
    found: tuple[Found, ...]
    terms: Terms
    is_cut: bool
    taken_ids: frozenset[UUID] = frozenset()
    """Of the messages."""


def try_rule(actor: Actor, brand_id: UUID | None, data: Mapping[str, Any], rule_id: UUID | None = None) -> Trial:
    """What this would have done if it had held in place of the rule `rule_id`, or behind the others of its place.

    Nothing is changed. Raises as saving it would: Invalid with `errors` by field, NotFound, Forbidden.
    """
    refuse_writing(actor, brand_id)
    rows = rows_in_force([actor.agency_id] if brand_id is None else [actor.agency_id, brand_id], also=rule_id)
    stored = next((row for row in rows if row.id == rule_id), None)
    if rule_id is not None and (stored is None or (stored.brand_id == actor.agency_id) != (brand_id is None)):
        raise NotFound()
    values, terms = read_rule(actor, brand_id, data, knows=stored.terms if stored is not None else None)
    tried = Rule(rule_id or TRIED, 0, values["name"], terms, bool(values.get("stops")))
    others, acts = rules_from(rows), {row.id for row in rows if row.is_on and row.archived_at is None}
    after = [tried if one.id == rule_id else one for one in others] if stored is not None else [*others, tried]
    before = [one for one in others if one.id in acts]
    came, is_cut = read_week(brand_id)
    now_taken = outcome(came, after, tried.id)
    was_taken = outcome(came, before, tried.id) if stored is not None else {}
    return _told(came, now_taken, was_taken, terms, is_new=stored is None, is_cut=is_cut)


def outcome(came: Sequence[Came], rules: Sequence[Rule], rule_id: UUID) -> dict[UUID, Hit]:
    """By message, how a rule among these fits it: `taken` says whether it acts."""
    books: dict[UUID, Rulebook] = {}
    found: dict[UUID, Hit] = {}
    for one in came:
        book = books.get(one.brand_id)
        if book is None:
            book = books[one.brand_id] = Rulebook(
                rule
                for rule in rules
                if not rule.terms.conditions.brands or one.brand_id in rule.terms.conditions.brands
            )
        hit = next((hit for hit in book.hits(one.facts) if hit.rule.id == rule_id), None)
        if hit is not None:
            found[one.id] = hit
    return found


def read_week(brand_id: UUID | None) -> tuple[list[Came], bool]:
    """What customers wrote in the last seven days, newest first, and whether there is more. One statement.

    Without what history brought and what people marked as spam wrote: no rule acts on these.
    """
    since = clock.now() - WEEK
    newest = (
        select(Message.id)
        .where(
            Message.id >= first_id_of(since),
            Message.direction == "in",
            Message.deleted_at.is_(None),
            func.coalesce(Message.edited_at, Message.written_at) >= since,
        )
        .order_by(Message.id.desc())
        .limit(MOST_MESSAGES + 1)
    )
    if brand_id is not None:
        newest = newest.where(Message.brand_id == brand_id)
    # Found first and alone: joined to all else, a week of an agency might be read whole and sorted.
    some = newest.cte("newest")
    wanted = (
        select(
            Message.id,
            Message.conversation_id,
            Message.brand_id,
            Message.author_name,
            func.coalesce(Message.edited_at, Message.written_at),
            func.left(Message.text, literal_column(str(LONGEST_READ))),
            Message.reading,
            Message.language,
            Message.stars,
            Conversation.platform,
            Conversation.kind,
            func.coalesce(Contact.is_vip, literal_column("false")),
            Brand.time_zone,
        )
        .join(
            Conversation,
            and_(
                Conversation.agency_id == Message.agency_id,
                Conversation.id == Message.conversation_id,
                Conversation.brand_id == Message.brand_id,
            ),
        )
        .join(Brand, and_(Brand.agency_id == Message.agency_id, Brand.id == Message.brand_id))
        .outerjoin(
            Contact,
            and_(
                Contact.agency_id == Message.agency_id,
                Contact.id == Message.contact_id,
                Contact.brand_id == Message.brand_id,
            ),
        )
        .where(
            Message.id.in_(select(some.c.id)),
            Brand.archived_at.is_(None),
            func.coalesce(Conversation.closed_reason, literal_column("''")) != PAST,
            or_(
                Contact.spam_since.is_(None),
                and_(Message.stars.is_not(None), Contact.spam_stars.is_(False)),
            ),
        )
        .add_columns(select(func.count()).select_from(some).scalar_subquery())
        .order_by(Message.id.desc())
        .limit(MOST_MESSAGES)
    )
    rows = db.session.execute(wanted).all()
    return [_came(row[:-1]) for row in rows], bool(rows) and rows[0][-1] > MOST_MESSAGES


def _came(row: Any) -> Came:
    number, conversation_id, brand_id, author, at, text, reading, language, stars, platform, kind, is_vip, zone = row
    facts = facts_of(
        text,
        reading,
        platform=platform,
        kind=kind,
        language=language,
        stars=stars,
        is_vip=is_vip,
        moment=at,
        zone=zone,
    )
    return Came(number, conversation_id, brand_id, author, at, facts)


def _told(
    came: Sequence[Came],
    now_taken: Mapping[UUID, Hit],
    was_taken: Mapping[UUID, Hit],
    terms: Terms,
    *,
    is_new: bool,
    is_cut: bool,
) -> Trial:
    def cases(hits: Mapping[UUID, Hit], *, taken: bool) -> set[UUID]:
        return {one.conversation_id for one in came if one.id in hits and hits[one.id].taken == taken}

    taken, was = cases(now_taken, taken=True), cases(was_taken, taken=True)
    before = cases(now_taken, taken=False) - taken
    shown: dict[UUID, Found] = {}
    for one in came:
        hit = now_taken.get(one.id) or was_taken.get(one.id)
        case = one.conversation_id
        if hit is None or case in shown or (case in taken and not (one.id in now_taken and now_taken[one.id].taken)):
            continue
        change = "" if is_new else "added" if case in taken - was else "gone" if case in was - taken else ""
        shown[case] = Found(one, hit.spans, case in before, change)
    # What changes stands first: that is what whoever changes a rule looks for.
    found = sorted(shown.values(), key=lambda one: not one.change)
    return Trial(
        since=clock.now() - WEEK,
        case_count=len({one.conversation_id for one in came}),
        message_count=len(came),
        taken_count=len(taken),
        before_count=len(before),
        added_count=None if is_new else len(taken - was),
        gone_count=None if is_new else len(was - taken),
        found=tuple(found),
        terms=terms,
        is_cut=is_cut,
        taken_ids=frozenset(number for number, hit in now_taken.items() if hit.taken),
    )
