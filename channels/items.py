"""What comes in and what went out, in our own words. The platforms' words stop here.

All values are frozen and already cleaned: ids are ``str``, times are aware UTC, texts hold neither NUL nor lone
surrogates (PostgreSQL stores neither) and are otherwise whole up to ``LONGEST_TEXT`` characters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from channels.errors import ChannelError
    from channels.protocol import Request

Kind = Literal["comment", "review", "post", "mention", "message"]
"""`post`: a visitor's post on the page, or a post that tags it, with the comments beneath. `mention`: the account is
named in somebody's comment or caption. `message`: a direct message, also a reply to a story."""
KINDS: tuple[Kind, ...] = ("comment", "review", "post", "mention", "message")
ReplyState = Literal["published", "pending", "rejected"]

_PERSON = "dm:"

#: Longest text kept, in characters. A longer one is cut there and its item says ``truncated=True``. No platform
#: publishes a limit for what customers write; the longest known are Facebook comments at 8,000 characters, so this only
#: stops floods.
LONGEST_TEXT = 100_000

#: Bytes of an unreadable item kept for the person who looks into it.
RAW_LIMIT_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote an item; both are None where the platform hides the person."""

    external_id: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, video, sticker or link in an item.

    ``url`` is the platform's; ``expires`` says that it dies soon (direct messages, stories: 24 hours), so that whoever
    wants to keep what it shows copies it at once.
    """

    kind: str
    url: str | None
    title: str | None = None
    expires: bool = False


@dataclass(frozen=True, slots=True)
class PostContext:
    """The post or media under which a comment stands. ``media_kind`` is the platform's word in lower case, e.g.

    "video".
    """

    external_id: str
    text: str | None
    permalink: str | None
    media_kind: str | None
    owner_name: str | None = None


@dataclass(frozen=True, slots=True)
class OwnReply:
    """The business's answer that a review carries (Google only).

    ``state``: Google's moderation; an absent state counts as "published" because answers from before April 2026 have
    none. ``violation``: the platform's reason when rejected, an open set of words.
    """

    text: str
    updated_at: datetime | None
    state: ReplyState
    violation: str | None = None


@dataclass(frozen=True, slots=True)
class IncomingItem:
    """One comment or review as the platform shows it now.

    ``external_id`` is unique within an account and usable in calls. ``thread_external_id`` is the top-level comment's
    or the review's id (equal to ``external_id`` for those). ``stars`` is 1 to 5, reviews only. ``from_us`` is true for
    what the account itself wrote, from whatever tool. ``text`` may be empty (sticker, stars only). ``translation`` is
    the platform's machine translation where the wire mixes it into the text (Google). ``deleted`` is only ever true
    after a direct read or the platform's own word of it; of an unknown item it leaves a tombstone. ``names_us``: of a
    mention that is somebody's own media, the platform said that its words name us (a tag in a photo does not).
    """

    external_id: str
    thread_external_id: str
    parent_external_id: str | None
    kind: Kind
    author: Author | None
    text: str
    created_at: datetime
    updated_at: datetime | None
    stars: int | None
    permalink: str | None
    from_us: bool
    attachments: tuple[Attachment, ...] = ()
    context: PostContext | None = None
    reply: OwnReply | None = None
    deleted: bool = False
    truncated: bool = False
    hidden: bool = False
    translation: str | None = None
    names_us: bool = False


@dataclass(frozen=True, slots=True)
class SetAside:
    """Something that could not be read, kept beside the items around it.

    ``raw`` is at most ``RAW_LIMIT_BYTES`` long.
    """

    external_id: str | None
    reason: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """The outcome of one round of a poll.

    ``next_cursor`` is JSON text to store in the same transaction as ``items``; it is safe to store after every round,
    for a poll that breaks off between rounds starts over from what is surely stored. ``more`` are the requests of the
    next round; ``complete`` is true when there are none and nothing failed. ``trouble`` are failures of follow-up
    requests. ``full_sweep`` is true when this round ended a poll whose rounds listed everything there is:
    what is known and was in none of them may be gone, and only `ChannelAdapter.plan_presence` tells. ``swept_kinds``
    narrows that to the kinds listed whole (empty: all kinds of the platform). ``resting`` names streams that the
    platform refused and that are left alone for a while.
    ``usage_percent`` is the highest share of a rate allowance the platform reported, None when it reported nothing.
    """

    items: tuple[IncomingItem, ...]
    set_aside: tuple[SetAside, ...]
    next_cursor: str
    complete: bool
    more: tuple[Request, ...] = ()
    trouble: tuple[ChannelError, ...] = ()
    full_sweep: bool = False
    usage_percent: int | None = None
    swept_kinds: frozenset[Kind] = frozenset()
    resting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedReply:
    """The platform took our answer. ``state`` "pending" means: accepted, not yet visible (Google's moderation).

    ``thread_external_id`` is the conversation it went into where that is not the one it answers: after a private reply
    it alone tells which direct messages belong to a comment. ``repeated``: the words the platform says it took,
    where it says any.
    """

    platform_id: str
    request_id: str | None
    state: ReplyState
    thread_external_id: str | None = None
    repeated: str | None = None


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Whether our answer stands on the platform.

    ``found``: ``platform_ids`` holds every match (more than one means it was published twice), ``reply`` its state
    (Google). ``absent``: every page of the thread was read and it is not there. ``cannot_tell``: anything else; with
    ``more`` set, the reading goes on, otherwise ``reason`` says why no machine can tell; of "found" why it could not
    be told whether more stands there. ``alike``: words of ours there that it may have become. Where what was found is
    another answer's, these two alone tell whether ours is absent.
    """

    state: Literal["found", "absent", "cannot_tell"]
    platform_ids: tuple[str, ...] = ()
    more: tuple[Request, ...] = ()
    reason: str | None = None
    reply: OwnReply | None = None
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Presence:
    """What a direct read says about an item: absence from a list alone is "unknown", never a deletion."""

    external_id: str
    state: Literal["there", "gone", "unknown"]


def person_thread(person_external_id: str) -> str:
    """The `thread_external_id` of one person's direct messages; events name the person, never the platform's thread."""
    return _PERSON + person_external_id


def person_of_thread(thread_external_id: str) -> str | None:
    """The person behind a thread of direct messages, None for every other thread."""
    return thread_external_id.removeprefix(_PERSON) if thread_external_id.startswith(_PERSON) else None


def comment_key(external_id: str) -> str:
    """The part of a Meta comment id that names the comment: ``{post}_{comment}`` and ``{comment}`` are the same
    comment.
    """
    return external_id.rsplit("_", 1)[-1]


def same_comment(one: str, other: str) -> bool:
    """True when two spellings name the same comment."""
    return comment_key(one) == comment_key(other)
