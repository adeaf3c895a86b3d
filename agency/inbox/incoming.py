"""Channel items as rows to be stored: one record for each comment, review, and answer that a review carries. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from agency.inbox.contacts.names import is_seen
from channels.items import Author, IncomingItem

REPLY_SUFFIX = "/reply"
"""Google's answer has no id of its own; ours is the review's with this behind it."""
PROVISIONAL = b""
"""Content hash of an answer we recorded ourselves; whatever the platform then shows replaces it."""
PRIVATE_SUFFIX = "/private"
"""A private reply stands beneath the comment it answers with the message's id and this behind it; the message itself
stands among the person's direct messages."""


class Record(NamedTuple):
    """A message as the platform shows it now. `version` is the platform's own time of change, None where it has none.

    `known_stays`: it is only what an event told, and may be late; where the message is known and lives it says nothing.
    `contact_key` names the person within the account; where the platform names nobody it is made from the thread, so
    that two unknown people are never taken for one.
    """

    external_id: str
    thread_external_id: str
    parent_external_id: str | None
    kind: str
    direction: str
    contact_key: str | None
    author_name: str | None
    text: str
    truncated: bool
    stars: int | None
    attachments: list[dict[str, Any]]
    permalink: str | None
    written_at: datetime
    version: datetime | None
    hidden: bool
    moderation: str | None
    deleted: bool
    context: dict[str, Any] | None
    content_hash: bytes
    known_stays: bool = False

    @property
    def no_answer(self) -> bool:
        """It says no more than that a review carries no answer."""
        return self.deleted and self.external_id.endswith(REPLY_SUFFIX)

    @property
    def post_external_id(self) -> str:
        """The post this stands under, empty where none is known. A visitor's post is a message of its own."""
        return str((self.context or {}).get("external_id") or "")

    @property
    def says_it_names_us(self) -> bool:
        """What a tag in the picture does not say of the same media; see `IncomingItem.names_us`."""
        return bool((self.context or {}).get("names_us"))

    @property
    def edited_at(self) -> datetime | None:
        """When the platform says it was changed, None for never."""
        return self.version if self.version is not None and self.version > self.written_at else None


def records_of(
    items: Iterable[IncomingItem],
    account_name: str,
    *,
    known_stay: bool = False,
    read_now: Iterable[IncomingItem] = (),
) -> dict[str, Record]:
    """Records by external id; of an item given several times the newest version, of equal ones the last, and of one
    that was told and read (`read_now`) what was read.
    """
    records: dict[str, Record] = {}
    for some, stays in ((items, known_stay), (read_now, False)):
        for item in some:
            for record in _of_item(item, account_name):
                before = records.get(record.external_id)
                if before is None or _replaces(before, record):
                    records[record.external_id] = record._replace(known_stays=True) if stays else record
    return {external_id: _under_its_root(record, records) for external_id, record in records.items()}


def _under_its_root(record: Record, records: dict[str, Record]) -> Record:
    """A comment under a comment, or under a visitor's post, of the same page stands where that one does."""
    seen = {record.external_id}
    thread = _above(record, records)
    while thread in records and thread not in seen:
        seen.add(thread)
        thread = _above(records[thread], records)
    return record if thread == record.thread_external_id else record._replace(thread_external_id=thread)


def _above(record: Record, records: dict[str, Record]) -> str:
    top = record.external_id == record.thread_external_id
    return record.post_external_id if top and record.post_external_id in records else record.thread_external_id


def _replaces(before: Record, after: Record) -> bool:
    if before.no_answer or after.no_answer:
        return before.no_answer
    if before.deleted or after.deleted:
        return after.deleted
    return before.version is None or after.version is None or after.version >= before.version


def _name_of(author: Author | None) -> str | None:
    """None where there is nothing to be seen of it: people then read that it is not known, not an empty place."""
    return author.name if author is not None and author.name and is_seen(author.name) else None


def _of_item(item: IncomingItem, account_name: str) -> list[Record]:
    author = item.author
    contact_key = None
    if not item.from_us and author is not None:
        contact_key = author.external_id or f"item:{item.thread_external_id}"
    attachments = [
        {"kind": a.kind, "url": a.url, "title": a.title} | ({"expires": True} if a.expires else {})
        for a in item.attachments
    ]
    records = [
        _record(
            external_id=item.external_id,
            thread_external_id=item.thread_external_id,
            parent_external_id=item.parent_external_id,
            kind=item.kind,
            direction="out" if item.from_us else "in",
            contact_key=contact_key,
            author_name=_name_of(author) or (account_name if item.from_us else None),
            text=item.text,
            truncated=item.truncated,
            stars=item.stars,
            attachments=attachments,
            permalink=item.permalink,
            written_at=item.created_at,
            version=item.updated_at,
            hidden=item.hidden,
            deleted=item.deleted,
            context=_context(item),
        )
    ]
    if item.kind == "review" and item.reply is None and not item.deleted:
        records.append(
            _record(
                external_id=item.external_id + REPLY_SUFFIX,
                thread_external_id=item.thread_external_id,
                parent_external_id=item.external_id,
                kind=item.kind,
                direction="out",
                author_name=account_name,
                text="",
                written_at=item.created_at,
                version=None,
                deleted=True,
            )
        )
    if item.reply is not None and not item.deleted:
        at = item.reply.updated_at or item.updated_at or item.created_at
        records.append(
            _record(
                external_id=item.external_id + REPLY_SUFFIX,
                thread_external_id=item.thread_external_id,
                parent_external_id=item.external_id,
                kind=item.kind,
                direction="out",
                author_name=account_name,
                text=item.reply.text,
                written_at=at,
                version=item.reply.updated_at,
                moderation=item.reply.state,
                context={"violation": item.reply.violation} if item.reply.violation else None,
            )
        )
    return records


def _context(item: IncomingItem) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    if item.context is not None:
        post = item.context
        known = {
            "external_id": post.external_id,
            "text": post.text,
            "permalink": post.permalink,
            "media_kind": post.media_kind,
        }
        # An event names the post and little more: what it does not say must not wipe out what a poll said.
        found = {name: value for name, value in known.items() if value}
    if item.translation and item.external_id == item.thread_external_id:
        found["translation"] = item.translation
    if item.names_us:
        found["names_us"] = True
    return found or None


def _record(
    *,
    external_id: str,
    thread_external_id: str,
    parent_external_id: str | None,
    kind: str,
    direction: str,
    author_name: str | None,
    text: str,
    written_at: datetime,
    version: datetime | None,
    contact_key: str | None = None,
    truncated: bool = False,
    stars: int | None = None,
    attachments: list[dict[str, Any]] | None = None,
    permalink: str | None = None,
    hidden: bool = False,
    moderation: str | None = None,
    deleted: bool = False,
    context: dict[str, Any] | None = None,
) -> Record:
    # Addresses of pictures are signed anew at every read, so they are kept but not compared. Nor is who wrote a direct
    # message: an event does not name them, a poll does, and it is the same message to whoever answers it.
    shown = (
        direction,
        None if kind == "message" else author_name,
        text,
        stars,
        version.isoformat() if version else None,
        hidden,
        moderation,
        truncated,
        [(a["kind"], a["title"]) for a in attachments or ()],
    )
    return Record(
        external_id,
        thread_external_id,
        parent_external_id,
        kind,
        direction,
        contact_key,
        author_name,
        text,
        truncated,
        stars,
        attachments or [],
        permalink,
        written_at,
        version,
        hidden,
        moderation,
        deleted,
        context,
        hashlib.sha256(repr(shown).encode("utf-8")).digest(),
    )
