"""The indexes by which conversations are listed, and what those of the queue carry (docs/decisions/0023)."""

from __future__ import annotations

from sqlalchemy import Index, text

SHOWN = (
    *("status", "platform", "kind", "closed_reason", "excerpt", "author_name", "language", "stars", "act", "sentiment"),
    *("message_count", "reply_state", "last_message_at", "last_customer_at", "due_at", "holder_id", "holder_name"),
    *("held_until", "looked_at", "version", "label_ids", "signs"),
)
"""Columns that the queue's indexes carry, besides brand, rank and id: each of them bounded, because PostgreSQL refuses
more than 2,704 bytes (AUTHOR_CHARACTERS, EXCERPT_CHARACTERS, a person's name, 20 labels)."""
AUTHOR_CHARACTERS = 100
"""Of the name of who wrote, as `author_name` of a conversation copies it."""


def conversation_indexes() -> tuple[Index, ...]:
    """Made anew for each call: an index belongs to one table."""
    return (
        # A page of the queue is read from these alone (decision 0023): they carry what a row shows and is filtered by.
        Index(
            "ix_conversation_queue",
            "agency_id",
            text("rank desc"),
            text("id desc"),
            postgresql_include=["brand_id", *SHOWN],
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_conversation_brand_queue",
            "agency_id",
            "brand_id",
            text("rank desc"),
            text("id desc"),
            postgresql_include=[*SHOWN],
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_conversation_due",
            "agency_id",
            "due_at",
            "id",
            postgresql_include=["brand_id", "rank", *(name for name in SHOWN if name != "due_at")],
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_conversation_holder",
            "agency_id",
            "holder_id",
            text("rank desc"),
            text("id desc"),
            postgresql_include=["brand_id", *(name for name in SHOWN if name != "holder_id")],
            postgresql_where=text("holder_id is not null"),
        ),
        Index(
            "ix_conversation_reply",
            "agency_id",
            "reply_state",
            text("rank desc"),
            text("id desc"),
            postgresql_include=["brand_id", *(name for name in SHOWN if name != "reply_state")],
            postgresql_where=text("status = 'open' and reply_state is not null"),
        ),
        Index(
            "ix_conversation_brand_due",
            "agency_id",
            "brand_id",
            "due_at",
            "id",
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_conversation_rerank",
            "agency_id",
            "rerank_at",
            "id",
            postgresql_where=text("status = 'open' and rerank_at is not null"),
        ),
        # Of many ids, which are open: asked for a word of a search, without reading what is closed.
        Index("ix_conversation_open_id", "agency_id", "id", postgresql_where=text("status = 'open'")),
        Index("ix_conversation_past", "agency_id", "status", text("last_message_at desc"), text("id desc")),
        Index(
            "ix_conversation_brand_past",
            "agency_id",
            "brand_id",
            "status",
            text("last_message_at desc"),
            text("id desc"),
        ),
        Index("ix_conversation_contact", "agency_id", "contact_id", text("last_message_at desc")),
    )
