"""A rule of the desk tried on the last seven days: what it would have done with every word of a customer that came.

It asks the very book that acts when words come in, so what it tells is what the rule then does to the same words:
each wording a message had, as it was read at first, from whoever wrote it as they were known then, in the kind of case
it came in. What a brand decides (its topics, its time zone, its other rules) holds as it is now; words their author
took back are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, select, union_all

from agency.inbox.languages import language_of
from agency.inbox.models import PAST, Conversation, Message
from agency.inbox.topic_words import BrandTopics, topics_now
from agency.inbox.topics import BUILT_IN
from agency.inbox.triage.given_rules import read_rule
from agency.inbox.triage.matching import LONGEST_READ, Facts, Hit, Rule, Rulebook, Span
from agency.inbox.triage.ready import facts_of, rows_in_force, rules_from
from agency.inbox.triage.rules import refuse_writing
from agency.inbox.triage.terms import Terms
from agency.inbox.understanding.reading import cut, read
from agency.inbox.understanding.stored import CAME, VERSION, Stored, came_of, corrections_of, to_stored
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
    """Words of a customer that came in the week; `says_now` where they wrote them otherwise since."""

    id: UUID
    conversation_id: UUID
    brand_id: UUID
    author_name: str | None
    at: datetime
    facts: Facts
    says_now: str | None = None


class Fit(NamedTuple):
    """How a rule fits a message, and by which of its wordings."""

    came: Came
    hit: Hit


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
    taken: tuple[Fit, ...] = ()
    """Every message that it takes, oldest first."""

    @property
    def taken_ids(self) -> frozenset[UUID]:
        """Of the messages."""
        return frozenset(one.came.id for one in self.taken)


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
    topics = _topics(brand_id, [*before, tried])
    came, is_cut = read_week(brand_id, topics)
    now_taken = outcome(came, after, tried.id)
    was_taken = outcome(came, before, tried.id) if stored is not None else {}
    return _told(came, now_taken, was_taken, terms, is_new=stored is None, is_cut=is_cut)


def outcome(came: Sequence[Came], rules: Sequence[Rule], rule_id: UUID) -> dict[UUID, Fit]:
    """By message, how a rule among these fits it: `taken` says whether it acts. It acts once on a message, on the first
    wording that lets it. `came` is newest first.
    """
    books: dict[UUID, Rulebook] = {}
    found: dict[UUID, Fit] = {}
    for one in reversed(came):
        known = found.get(one.id)
        if known is not None and known.hit.taken:
            continue
        book = books.get(one.brand_id)
        if book is None:
            book = books[one.brand_id] = Rulebook(
                rule
                for rule in rules
                if not rule.terms.conditions.brands or one.brand_id in rule.terms.conditions.brands
            )
        hit = next((hit for hit in book.hits(one.facts) if hit.rule.id == rule_id), None)
        if hit is not None:
            found[one.id] = Fit(one, hit)
    return found


def _topics(brand_id: UUID | None, rules: Iterable[Rule]) -> BrandTopics | None:
    """The brand's own topics as they are now, where a rule asks for one: what closed is not read anew for them."""
    if brand_id is None or all(one in BUILT_IN for rule in rules for one in rule.terms.conditions.topics):
        return None
    return topics_now(brand_id)


def read_week(brand_id: UUID | None, topics: BrandTopics | None = None) -> tuple[list[Came], bool]:
    """What customers wrote and changed in the last seven days, newest first, and whether there is more. One statement.

    Without what history brought and what people marked as spam wrote: no rule acts on these.
    """
    since = clock.now() - WEEK
    theirs: list[ColumnElement[bool]] = [Message.direction == "in", Message.deleted_at.is_(None)]
    if brand_id is not None:
        theirs.append(Message.brand_id == brand_id)
    came = select(Message.id).where(
        Message.id >= first_id_of(since), func.coalesce(Message.edited_at, Message.written_at) >= since, *theirs
    )
    # Apart, each in the order of its own index: asked for with an `or`, or all by id, the whole table might be read.
    changed = select(Message.id).where(Message.edited_at >= since, Message.id < first_id_of(since), *theirs)
    # Found first and alone: joined to all else, a week of an agency might be read whole and sorted.
    both = (
        came.order_by(Message.id.desc()).limit(MOST_MESSAGES + 1),
        changed.order_by(Message.edited_at.desc()).limit(MOST_MESSAGES + 1),
    )
    some = (
        select(union_all(*both).subquery()).order_by(literal_column("1").desc()).limit(MOST_MESSAGES + 1).cte("newest")
    )
    wanted = (
        select(
            Message.id,
            Message.conversation_id,
            Message.brand_id,
            Message.author_name,
            func.coalesce(Message.edited_at, Message.written_at).label("at"),
            func.left(Message.text, literal_column(str(LONGEST_READ))).label("text"),
            Message.reading,
            Message.language,
            Message.stars,
            Conversation.platform,
            Conversation.kind,
            Brand.time_zone,
            Message.written_at,
            Message.earlier_texts,
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
        .where(
            Message.id.in_(select(some.c.id)),
            Brand.archived_at.is_(None),
            func.coalesce(Conversation.closed_reason, literal_column("''")) != PAST,
        )
        .add_columns(select(func.count()).select_from(some).scalar_subquery())
        .order_by(Message.id.desc())
        .limit(MOST_MESSAGES)
    )
    rows = db.session.execute(wanted).all()
    found = [one for row in rows for one in _wordings(row, topics) if one.at >= since]
    return found, bool(rows) and rows[0][-1] > MOST_MESSAGES


def _wordings(row: Any, topics: BrandTopics | None) -> Iterator[Came]:
    """What a message says and what it said before, the newest first."""
    now = _came(row, row.text, row.stars, row.reading, row.at, topics)
    if now is not None:
        yield now
    times = [datetime.fromisoformat(one["at"] if "at" in one else one["until"]) for one in row.earlier_texts]
    if row.earlier_texts and "at" not in row.earlier_texts[0]:
        times[0] = row.written_at
    for one, at in zip(reversed(row.earlier_texts), reversed(times), strict=True):
        kept = {CAME: one["came"]} if "came" in one else None
        past = _came(row, one["text"][:LONGEST_READ], one.get("stars") if "at" in one else row.stars, kept, at, topics)
        if past is not None:
            yield past._replace(says_now=row.text)


def _came(
    row: Any, text: str, stars: int | None, kept: Stored | None, at: datetime, topics: BrandTopics | None
) -> Came | None:
    """One wording as it came in; None where no rule acts for whoever wrote it. What people corrected since, and what an
    earlier release read, is read again as it is when words come in.
    """
    came = came_of(kept)
    if came.get("spam"):
        return None
    language, reading = row.language, kept
    if kept is None or kept.get("v") != VERSION or corrections_of(kept):
        words = cut(text)
        language = language_of(text, words)
        reading = to_stored(read(text, language, stars=stars, words=words))
    if topics is not None and reading is not None:
        reading = topics.told(reading, text)
    facts = facts_of(
        text,
        reading,
        platform=row.platform,
        kind=came.get("kind", row.kind),
        language=language,
        stars=stars,
        is_vip=bool(came.get("vip")),
        moment=at,
        zone=row.time_zone,
    )
    return Came(row.id, row.conversation_id, row.brand_id, row.author_name, at, facts)


def _told(
    came: Sequence[Came],
    now_taken: Mapping[UUID, Fit],
    was_taken: Mapping[UUID, Fit],
    terms: Terms,
    *,
    is_new: bool,
    is_cut: bool,
) -> Trial:
    def cases(fits: Mapping[UUID, Fit], *, taken: bool) -> set[UUID]:
        return {one.came.conversation_id for one in fits.values() if one.hit.taken == taken}

    taken, was = cases(now_taken, taken=True), cases(was_taken, taken=True)
    before = cases(now_taken, taken=False) - taken
    shown: dict[UUID, Found] = {}
    for number in dict.fromkeys(one.id for one in came):
        fit = now_taken.get(number) or was_taken.get(number)
        if fit is None:
            continue
        case = fit.came.conversation_id
        if case in shown or (case in taken and not (number in now_taken and now_taken[number].hit.taken)):
            continue
        change = "" if is_new else "added" if case in taken - was else "gone" if case in was - taken else ""
        shown[case] = Found(fit.came, fit.hit.spans, case in before, change)
    # What changes stands first: that is what whoever changes a rule looks for.
    found = sorted(shown.values(), key=lambda one: not one.change)
    return Trial(
        since=clock.now() - WEEK,
        case_count=len({one.conversation_id for one in came}),
        message_count=len({one.id for one in came}),
        taken_count=len(taken),
        before_count=len(before),
        added_count=None if is_new else len(taken - was),
        gone_count=None if is_new else len(was - taken),
        found=tuple(found),
        terms=terms,
        is_cut=is_cut,
        taken=tuple(fit for fit in now_taken.values() if fit.hit.taken),
    )
