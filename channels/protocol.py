"""What every platform adapter can do. Adapters are pure: they build requests and read answers; `transport` alone
speaks.

A poll, as its caller runs it (see `jobs.polling`):

    requests = adapter.plan_poll(account, cursor, now=now())
    while requests:  # at most ROUNDS_PER_POLL times
        exchanges = transport.fetch(requests)  # may mix accounts; hand each account its own, in order
        page = adapter.read_poll(account, cursor, exchanges, now=now())
        ...  # store page.items, page.set_aside and page.next_cursor in one transaction
        cursor, requests = page.next_cursor, page.more
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

from channels.items import Kind, Page, Presence, PublishedReply, ReadBack
from tenants.sealed import Secret as Secret

if TYPE_CHECKING:
    from channels.errors import ChannelError

Platform = Literal["facebook", "instagram", "google_business"]
Login = Literal["facebook", "instagram"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
#: A place requests may go to; `transport` maps it to an address of the settings, so no answer can choose our target.
Service = Literal[
    "meta_graph",
    "instagram_graph",
    "instagram_api",
    "google_reviews",
    "google_token",
    "google_revoke",
    "google_accounts",
    "google_locations",
    "google_notifications",
    "google_verifications",
]
#: "application" stands for our own application's token, whatever the secret beside it.
TokenKind = Literal["page", "meta_user", "instagram_user", "google_refresh", "inspected", "application"]
#: What can be done at a platform. The first five carry words of ours and go through `agency.replies`, once; the others
#: may be repeated without harm.
Deed = Literal[
    "reply",
    "edit_reply",
    "withdraw_reply",
    "private_reply",
    "message",
    "hide",
    "unhide",
    "like",
    "unlike",
    "delete",
    "block",
]
#: Who stands behind a message. Meta lets only people write after 24 hours (the human-agent tag, to 7 days).
WrittenBy = Literal["person", "rule"]

#: Rounds after which a caller stops following ``Page.more``: 200 pages of 50 comments. The next poll starts over.
ROUNDS_PER_POLL = 200


@dataclass(frozen=True, slots=True)
class TokenReference:
    """Which token a request wants. Google's is a refresh token that the transport trades for an access token.

    "inspected": the call asks about this token (`/debug_token`) in the name of our Facebook application.

    ``in_query`` is for the one Instagram call that is documented with the token in the address alone.
    """

    kind: TokenKind
    secret: Secret
    in_query: bool = False


@dataclass(frozen=True, slots=True)
class ConnectedAccount:
    """What an adapter may know of an account. ``login`` tells Instagram's two products apart, None elsewhere.

    ``scopes`` are the permissions last granted, empty where that is not known. ``events_live``: events about it arrive,
    so that polls may be rarer. ``app_id`` is our application's id at Meta, ``events_topic`` this installation's Pub/Sub
    topic for events (Google only); None when none is set.
    """

    account_id: str
    platform: Platform
    external_id: str
    credential: Secret
    login: Login | None = None
    name: str | None = None
    events_topic: str | None = None
    scopes: frozenset[str] = frozenset()
    events_live: bool = False
    app_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """What an answer answers. ``seen_updated_at`` is the item's ``updated_at`` when the answer was approved.

    ``deed`` says which call answers it; ``our_external_id`` is the published answer that an edit or withdrawal changes.
    ``our_text`` is what that answer said when we published it: Google names no author of an answer, so only its words
    tell ours from another's.
    ``written_at`` is when what we answer was written, ``last_customer_at`` when the person last wrote to us directly:
    windows of private replies and of messages are counted from them, to ``sending_at`` (None: now).
    """

    external_id: str
    thread_external_id: str
    kind: Kind
    post_external_id: str | None = None
    seen_updated_at: datetime | None = None
    deed: Deed = "reply"
    our_external_id: str | None = None
    our_text: str | None = None
    written_at: datetime | None = None
    last_customer_at: datetime | None = None
    written_by: WrittenBy = "person"
    sending_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One call, as data. ``path`` starts with "/". At most one of ``form`` and ``json``.

    ``purpose`` is the adapter's own note; its word ``started`` is when the poll began, and the only thing in which two
    equal questions may differ. ``asks_only``: a POST that changes nothing. ``leave_before``: seconds of
    `time.monotonic`; after them no byte of it leaves.
    """

    service: Service
    method: Method
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    token: TokenReference | None = None
    purpose: Mapping[str, str] = field(default_factory=dict)
    asks_only: bool = False
    leave_before: float | None = field(default=None, compare=False)

    @property
    def is_write(self) -> bool:
        """Whether repeating this call may change something at the platform."""
        return self.method != "GET" and self.service != "google_token" and not self.asks_only


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that arrived whole. ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it."""

    request: Request
    result: Answer | ChannelError


@dataclass(frozen=True, slots=True)
class ReplyLength:
    """Longest reply, counted in ``unit``. ``characters`` are Unicode code points, ``bytes`` are UTF-8."""

    limit: int
    unit: Literal["characters", "bytes"]

    def measure(self, text: str) -> int:
        return len(text) if self.unit == "characters" else len(text.encode("utf-8", "surrogatepass"))

    def allows(self, text: str) -> bool:
        return self.measure(text) <= self.limit


@dataclass(frozen=True, slots=True)
class ChannelTraits:
    """What is fixed about a platform. ``reply_window`` None: comments and reviews may be answered at any age.

    ``longest_message`` bounds direct messages and private replies, None where there are none. ``addresses`` are those
    of the platform's services that no setting may change, by `Service`.
    """

    platform: Platform
    label: str
    kinds: tuple[Kind, ...]
    scopes: tuple[str, ...]
    reply_window: timedelta | None
    longest_reply: ReplyLength
    batch_size: int
    deeds: frozenset[Deed] = frozenset({"reply"})
    longest_message: ReplyLength | None = None
    longest_notice: ReplyLength | None = None
    addresses: Mapping[Service, str] = field(default_factory=dict)


class ChannelAdapter(Protocol):
    """A platform's grammar. Every method is pure and safe to call from any thread.

    Methods that read raise a `channels.errors.ChannelError` when the answer as a whole is a failure; a single
    unreadable item never is, it is set aside.
    """

    @property
    def traits(self) -> ChannelTraits: ...

    def plan_poll(self, account: ConnectedAccount, cursor: str | None, *, now: datetime) -> list[Request]:
        """Requests of a poll's first round; one when nothing is special. An unreadable cursor counts as None."""
        ...

    def read_poll(
        self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], *, now: datetime
    ) -> Page:
        """Items of one round.

        Raises the error of a first-round request; one of a follow-up goes to ``Page.trouble``.
        """
        ...

    def plan_precheck(self, account: ConnectedAccount, target: ReplyTarget) -> list[Request]:
        """Reads to make right before publishing; empty where the platform cannot overwrite anything."""
        ...

    def read_precheck(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, exchanges: Sequence[Exchange]
    ) -> PublishedReply | None:
        """None: go on and publish. A `PublishedReply`: exactly this text already stands.

        Raises `TargetChanged`, `ItemGone`.
        """
        ...

    def publish_reply(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        """The one call that publishes ``text`` byte for byte. Raises `Refused` for an empty or too long text."""
        ...

    def read_publish(self, account: ConnectedAccount, target: ReplyTarget, answer: Answer) -> PublishedReply:
        """Raises a clear refusal as its error, and `OutcomeUnknown` for whatever proves neither success nor refusal."""
        ...

    def plan_find_our_reply(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, *, sent_at: datetime
    ) -> list[Request]:
        """First reads of the thread in which our reply would stand."""
        ...

    def read_find_our_reply(
        self,
        account: ConnectedAccount,
        target: ReplyTarget,
        text: str,
        exchanges: Sequence[Exchange],
        *,
        sent_at: datetime,
    ) -> ReadBack:
        """Give *all* exchanges made so far; fetch ``more`` and ask again until it is empty. Raises nothing."""
        ...

    def plan_presence(self, account: ConnectedAccount, external_ids: Sequence[str]) -> list[Request]:
        """Direct reads of items missing from a full sweep, and of one object that must be there."""
        ...

    def read_presence(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> list[Presence]:
        """ "gone" only when the platform denies the item while its sibling reads well."""
        ...
