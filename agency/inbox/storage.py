"""The statements intake runs, each for a whole page at once: rows go in as one JSON document, not one by one.

They are text because an INSERT … SELECT with ON CONFLICT is what they are; row-level security holds them to the scope.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.types import Text, Uuid

from agency.inbox.brand_rules import BY_SPAMMER, ONLY_HEARD, RULES_OF_BRAND, STANDING, BrandRules
from agency.inbox.contacts.names import named_as
from agency.inbox.joined_rows import CAME_AS, JOINABLE, JOINED, KEPT, MOVED
from agency.inbox.signs import INCIDENT, SIGN_OF_VIP, VIP
from agency.inbox.stored_rows import Joinable, Known, Person, Thread, as_json
from agency.inbox.summary import READ_CHARACTERS, MessageFacts
from channels.items import SetAside
from channels.models import Account
from tenants.database import db, first_id_of, new_id, new_ids
from tenants.kept_select import kept_text
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import raw_sql

WHY = "one statement for a whole page of items"

_KNOWN = kept_text(
    """
    select external_id, id, conversation_id, content_hash, deleted_at is not null as deleted,
           coalesce(edited_at, written_at) as version, moderation, author_name is null as nameless, set_apart,
           coalesce(contact_id = any(array(
               select jsonb_array_elements_text(contact_ids)::uuid from contact_erasure
               where agency_id = :agency_id and state <> 'done')), false) as going,
           case when reply_id is not null then text end as our_text, hidden
    from message where agency_id = :agency_id and account_id = :account_id and external_id = any(:external_ids)
    """,
    reason=WHY,
    external_ids=ARRAY(Text),
)

_LOCK = kept_text(
    f"select pg_advisory_xact_lock(hashtextextended(:account_key, 0)), ({RULES_OF_BRAND})",
    reason="two polls of one account store one after the other",
)

_RULES = raw_sql(RULES_OF_BRAND, reason="a page reads it once")

_KNOWN_CONTACTS = kept_text(
    f"""
    select external_id, id, name, {STANDING}, spam_since is not null, spam_stars from contact
    where agency_id = :agency_id and account_id = :account_id and external_id = any(:external_ids)
    """,
    reason=WHY,
    external_ids=ARRAY(Text),
)

# Apart from looking for those known: together they were planned anew at every run, which took longer than both.
_CONTACTS = kept_text(
    """
    insert into contact (agency_id, id, brand_id, account_id, platform, external_id, name, name_key)
    select :agency_id, id, :brand_id, :account_id, :platform, external_id, name, key
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, external_id text, name text, key text)
    on conflict (agency_id, account_id, external_id, brand_id) do update set
        name = coalesce(excluded.name, contact.name), name_key = coalesce(excluded.name_key, contact.name_key)
    returning external_id, id, name
    """,
    reason=WHY,
)

# Asked by either name or id at once, or as one of the account, all that the account ever had was read.
_THREADS = kept_text(
    f"""
    select id, external_id, kind, status, closed_reason, holder_id is not null as held, reply_state, last_customer_at,
        coalesce((select {STANDING} from contact
            where contact.agency_id = :agency_id and contact.id = conversation.contact_id), 0),
        merged_into_id,
        (select jsonb_agg(jsonb_build_array(part.id, part.external_id, part.kind, part.platform) order by part.id)
            from conversation part where part.agency_id = :agency_id and part.merged_into_id = conversation.id), clocks,
        woke_at, signs & {INCIDENT} <> 0
    from conversation
    where agency_id = :agency_id and coalesce(account_id) = :account_id and id = any(array(
        select named.id from conversation named where named.agency_id = :agency_id and named.account_id = :account_id
            and named.external_id = any(:external_ids)) || :ids)
    order by id for no key update
    """,
    reason="locked before anything else of the brand is, so that people at work and intake never wait in a circle",
    external_ids=ARRAY(Text),
    ids=ARRAY(Uuid),
)

_BEGUN_BENEATH = raw_sql(
    """
    select context->>'external_id', id from conversation
    where agency_id = :agency_id and id >= :since and account_id = :account_id
      and context->>'external_id' = any(:posts) and external_id <> context->>'external_id'
    """,
    reason=WHY,
).bindparams(bindparam("posts", type_=ARRAY(Text)))

_NEW_CONVERSATIONS = kept_text(
    f"""
    insert into conversation (agency_id, id, brand_id, account_id, contact_id, platform, kind, external_id, status,
        closed_reason, rank, rank_reasons, excerpt, author_name, language, stars, context, permalink, message_count,
        last_message_at, last_customer_at, due_at, clocks, rerank_at, act, sentiment, topic_ids, signs)
    select :agency_id, id, :brand_id, :account_id, contact_id, :platform, kind, external_id, status,
        closed_reason, rank, rank_reasons, excerpt, author_name, language, stars, context, permalink, message_count,
        last_message_at, last_customer_at, due_at, clocks, rerank_at, act, sentiment, topic_ids, {SIGN_OF_VIP}
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, contact_id uuid, kind text, external_id text,
        status text, closed_reason text, rank int, rank_reasons jsonb, excerpt text, author_name text, language text,
        stars smallint, context jsonb, permalink text, message_count int, last_message_at timestamptz,
        last_customer_at timestamptz, due_at timestamptz, clocks jsonb, rerank_at timestamptz, act text,
        sentiment text, topic_ids uuid[])
    """,
    reason=WHY,
)

CHANGED: Final = f"""
    update conversation c set contact_id = coalesce(given.contact_id, c.contact_id), status = given.status,
        closed_reason = given.closed_reason, rank = given.rank, rank_reasons = given.rank_reasons,
        excerpt = given.excerpt, author_name = given.author_name, language = given.language,
        stars = given.stars,
        context = case when c.context ? 'erased' then c.context else c.context || coalesce(given.context, '{{}}') end,
        permalink = case when c.context ? 'erased' then null else coalesce(given.permalink, c.permalink) end,
        message_count = given.message_count, last_message_at = given.last_message_at,
        last_customer_at = given.last_customer_at, due_at = given.due_at, clocks = given.clocks,
        rerank_at = given.rerank_at, act = given.act, sentiment = given.sentiment,
        topic_ids = given.topic_ids, signs = (c.signs & ~{VIP}) | {SIGN_OF_VIP},
        snoozed_until = case when given.status = 'snoozed' then c.snoozed_until end,
        woke_at = case when given.last_customer_at is not distinct from c.last_customer_at then c.woke_at end,
        version = c.version + 1
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, contact_id uuid, status text, closed_reason text,
        rank int, rank_reasons jsonb, excerpt text, author_name text, language text, stars smallint, context jsonb,
        permalink text, message_count int, last_message_at timestamptz, last_customer_at timestamptz,
        due_at timestamptz, clocks jsonb, rerank_at timestamptz, act text, sentiment text, topic_ids uuid[])
    where c.agency_id = :agency_id and c.id = given.id
    """
_CHANGED_CONVERSATIONS = kept_text(CHANGED, reason=WHY)

_NEW_MESSAGES = kept_text(
    """
    insert into message (agency_id, id, brand_id, conversation_id, account_id, contact_id, external_id,
        parent_external_id, direction, author_name, text, truncated, language, stars, attachments, permalink,
        written_at, edited_at, deleted_at, hidden, moderation, content_hash, reading)
    select :agency_id, id, :brand_id, conversation_id, :account_id, contact_id, external_id,
        parent_external_id, direction, author_name, text, truncated, language, stars, attachments, permalink,
        written_at, edited_at, deleted_at, hidden, moderation, decode(content_hash, 'hex'), reading
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, conversation_id uuid, contact_id uuid,
        external_id text, parent_external_id text, direction text, author_name text, text text, truncated boolean,
        language text, stars smallint, attachments jsonb, permalink text, written_at timestamptz,
        edited_at timestamptz, deleted_at timestamptz, hidden boolean, moderation text, content_hash text,
        reading jsonb)
    on conflict (agency_id, account_id, external_id, brand_id) do nothing
    """,
    reason=WHY,
)

_CHANGED_MESSAGES = raw_sql(
    """
    update message m set
        earlier_texts = case when (m.text, m.stars) is distinct from (given.text, given.stars) and m.deleted_at is null
            then m.earlier_texts || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('text', m.text, 'until',
                to_char(cast(:now as timestamptz) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                'at', coalesce(m.edited_at, m.written_at), 'stars', m.stars,
                'came', jsonb_build_object('kind', (select c.kind from conversation c where c.agency_id = m.agency_id
                    and c.id = m.conversation_id)) || coalesce(m.reading -> 'came', '{}'))))
            else m.earlier_texts end,
        edited_at = case when given.edited_at is not null then given.edited_at
            when not given.dated and (m.text, m.stars) is distinct from (given.text, given.stars)
                then cast(:now as timestamptz)
            else m.edited_at end,
        written_at = given.written_at, text = given.text, truncated = given.truncated,
        language = case when m.text = given.text and m.reading -> 'corrected' -> 'language' is not null then m.language
            else given.language end,
        stars = given.stars, attachments = given.attachments, permalink = coalesce(given.permalink, m.permalink),
        author_name = coalesce(given.author_name, m.author_name),
        direction = case when given.direction = 'out' then 'out' else m.direction end,
        contact_id = case when 'out' not in (given.direction, m.direction)
            then coalesce(given.contact_id, m.contact_id) end,
        hidden = given.hidden, moderation = given.moderation, deleted_at = null,
        reply_id = case when m.deleted_at is null then m.reply_id end, content_hash = decode(given.content_hash, 'hex'),
        reading = case
            when m.text = given.text and m.stars is not distinct from given.stars and m.reading is not null then
                case when m.reading -> 'corrected' is not null then m.reading
                else (given.reading - 'came') || jsonb_strip_nulls(jsonb_build_object('came', m.reading -> 'came')) end
            when m.text = given.text and m.reading -> 'corrected' is not null then
                (m.reading - array['rules', 'came']) || jsonb_strip_nulls(
                    jsonb_build_object('rules', given.reading -> 'rules', 'came', given.reading -> 'came'))
            else given.reading end
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, contact_id uuid, direction text,
        author_name text, text text, truncated boolean, language text, stars smallint, attachments jsonb,
        permalink text, written_at timestamptz, edited_at timestamptz, dated boolean, hidden boolean, moderation text,
        content_hash text, reading jsonb)
    where m.agency_id = :agency_id and m.id = given.id
    """,
    reason=WHY,
)

_SET_APART = raw_sql(
    """
    update message set set_apart = true, conversation_id = coalesce(cast(:conversation_id as uuid), conversation_id)
    where agency_id = :agency_id and account_id = :account_id and external_id = any(:external_ids)
    """,
    reason=WHY,
).bindparams(bindparam("external_ids", type_=ARRAY(Text)))

_GONE_MESSAGES = raw_sql(
    """
    update message set deleted_at = :now, text = '', earlier_texts = '[]', attachments = '[]', reading = null
    where agency_id = :agency_id and id = any(:ids) and deleted_at is null
    """,
    reason=WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

FACTS: Final = f"""
    select conversation_id, external_id, direction, left(text, {READ_CHARACTERS}), author_name, contact_id, language,
           stars, written_at, edited_at, deleted_at is not null, moderation,
           case when reply_id is not null then parent_external_id end, reading,
           {BY_SPAMMER}, {ONLY_HEARD}
    from message where agency_id = :agency_id and conversation_id = any(:ids)
    """
_FACTS = kept_text(FACTS, reason=WHY, ids=ARRAY(Uuid))

_SET_ASIDE = raw_sql(
    """
    insert into set_aside_item (agency_id, id, brand_id, account_id, external_id, reason, raw, raw_hash)
    select :agency_id, id, :brand_id, :account_id, nullif(external_id, ''), reason, raw, raw_hash
    from unnest(:ids, :external_ids, :reasons, :raws, :hashes) as given(id, external_id, reason, raw, raw_hash)
    on conflict (agency_id, account_id, raw_hash, brand_id) do nothing
    """,
    reason=WHY,
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("external_ids", type_=ARRAY(Text)),
    bindparam("reasons", type_=ARRAY(Text)),
    bindparam("raws", type_=ARRAY(BYTEA)),
    bindparam("hashes", type_=ARRAY(BYTEA)),
)


class AccountRows:
    """The rows of one account."""

    def __init__(self, account: Account) -> None:
        self._where = {"agency_id": account.agency_id, "account_id": account.id}
        self._new = {**self._where, "brand_id": account.brand_id}
        self._platform = account.platform
        self._brand = {"agency_id": account.agency_id, "brand_id": account.brand_id, "platform": account.platform}

    def known(self, external_ids: Iterable[str]) -> dict[str, Known]:
        """Stored messages by external id."""
        rows = _KNOWN.rows({**self._where, "external_ids": list(external_ids)})
        return {row[0]: Known(row[1], row[2], bytes(row[3]), *row[4:]) for row in rows}

    def lock(self) -> BrandRules:
        """Wait until no other transaction stores items of this account. Returns what `rules` does."""
        values = {"account_key": str(self._where["account_id"]), **self._brand}
        return BrandRules.read(_LOCK.rows(values)[0][1])

    def rules(self, platform: str | None = None) -> BrandRules:
        """Within how many hours the brand answers on this platform or that one, and what counts how much."""
        values = {**self._brand, "platform": platform or self._platform}
        return BrandRules.read(db.session.execute(_RULES, values).scalar_one())

    @property
    def platform(self) -> str:
        """Of the account."""
        return self._platform

    def contacts(self, names: Mapping[str, str | None]) -> dict[str, Person]:
        """Make or rename contacts, given as external id → name, None where it is not known; all by external id."""
        if not names:
            return {}
        found: dict[str, Person] = {}
        wanted = dict(names)
        for external_id, contact_id, name, *marks in _KNOWN_CONTACTS.rows({**self._where, "external_ids": list(names)}):
            found[external_id] = Person(contact_id, name, False, *marks)
            if wanted[external_id] in (None, name):
                del wanted[external_id]
        if wanted:
            # One order for every session.
            ids = new_ids(len(wanted))
            given = [
                {"id": number, "external_id": one, **named_as(wanted[one])}
                for number, one in zip(ids, sorted(wanted), strict=True)
            ]
            rows = _CONTACTS.rows({**self._new, "platform": self._platform, "rows": as_json(given)})
            for key, contact_id, name in rows:
                known = found.get(key)
                found[key] = known._replace(name=name) if known else Person(contact_id, name, is_new=True)
        return found

    def threads(self, external_ids: Iterable[str], ids: Iterable[UUID]) -> list[Thread]:
        """Conversations by either id, locked in order."""
        rows = _THREADS.rows({**self._where, "external_ids": list(external_ids), "ids": list(ids)})
        return [Thread(*row) for row in rows]

    def begun_beneath(self, posts: Sequence[str], since: datetime) -> list[tuple[str, UUID]]:
        """Conversations that began after this moment and name one of these posts, each beside its post."""
        values = {**self._where, "posts": list(posts), "since": first_id_of(since)}
        return [(post, conversation_id) for post, conversation_id in db.session.execute(_BEGUN_BENEATH, values)]

    def joinable(self, ids: Iterable[UUID]) -> dict[UUID, Joinable]:
        """These conversations, locked so that they may be deleted."""
        values = {"agency_id": self._new["agency_id"], "ids": list(ids)}
        return {row[0]: Joinable(*row) for row in db.session.execute(JOINABLE, values)}

    def join(self, kept: UUID, gone: Sequence[UUID], root: Joinable, context: Mapping[str, Any]) -> None:
        """Move everything into one conversation, which becomes that of the root, and delete the others."""
        values = {"agency_id": self._new["agency_id"], "kept": kept, "gone": list(gone)}
        kinds = {"agency_id": values["agency_id"], "ids": [kept, *gone], "kind": root.kind}
        db.session.execute(CAME_AS, kinds)
        for statement in (*MOVED, JOINED):
            db.session.execute(statement, values)
        named = {"external_id": root.external_id, "kind": root.kind, "permalink": root.permalink}
        db.session.execute(KEPT, {**values, **named, "context": orjson.dumps(context).decode()})

    def insert_conversations(self, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            _NEW_CONVERSATIONS.rows({**self._new, "platform": self._platform, "rows": as_json(rows)})

    def update_conversations(self, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            _CHANGED_CONVERSATIONS.rows({"agency_id": self._new["agency_id"], "rows": as_json(rows)})

    def insert_messages(self, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            _NEW_MESSAGES.rows({**self._new, "rows": as_json(rows)})

    def update_messages(self, rows: Sequence[dict[str, Any]], now: datetime) -> None:
        if rows:
            values = {"agency_id": self._new["agency_id"], "rows": as_json(rows), "now": now}
            db.session.execute(_CHANGED_MESSAGES, values)

    def set_apart(self, external_ids: Iterable[str], conversation_id: UUID | None = None) -> None:
        """Let these messages stay where they are, or where they are put now, whatever their thread is called."""
        if names := list(external_ids):
            values = {**self._where, "external_ids": names, "conversation_id": conversation_id}
            db.session.execute(_SET_APART, values)

    def mark_gone(self, ids: Sequence[UUID], now: datetime) -> None:
        if ids:
            db.session.execute(_GONE_MESSAGES, {"agency_id": self._new["agency_id"], "ids": list(ids), "now": now})

    def facts(self, conversation_ids: Iterable[UUID]) -> dict[UUID, list[MessageFacts]]:
        """Every message of these conversations, as a summary needs it."""
        facts: dict[UUID, list[MessageFacts]] = {}
        values = {**self._brand, "ids": list(conversation_ids)}
        for row in _FACTS.rows(values):
            facts.setdefault(row[0], []).append(MessageFacts(*row[1:]))
        return facts

    def promise_raise(self, conversation_id: UUID) -> None:
        """After this transaction, bring the conversation that others are told within in line with them."""
        enqueue_after_commit(
            JobName.RAISE_MERGED,
            agency_id=self._new["agency_id"],
            brand_id=self._new["brand_id"],
            conversation_id=conversation_id,
        )

    def set_aside(self, items: Sequence[SetAside]) -> int:
        """Keep unreadable items; returns how many were not kept before."""
        if not items:
            return 0
        unique = {hashlib.sha256(f"{i.external_id}\0{i.reason}\0".encode() + i.raw).digest(): i for i in items}
        columns: dict[str, list[Any]] = {
            "ids": [new_id() for _ in unique],
            "external_ids": [i.external_id or "" for i in unique.values()],
            "reasons": [i.reason for i in unique.values()],
            "raws": [i.raw for i in unique.values()],
            "hashes": list(unique),
        }
        result: Any = db.session.execute(_SET_ASIDE, {**self._new, **columns})
        return int(result.rowcount)
