"""What some platforms can do beyond `ChannelAdapter`, a protocol each; `channels.registry.able` asks who can.

All are pure, like `ChannelAdapter`: they build requests and read answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol, runtime_checkable

from channels.errors import ChannelError
from channels.items import IncomingItem, Kind, Page, PublishedReply, ReadBack, ReplyState, SetAside
from channels.protocol import Answer, ConnectedAccount, Deed, Exchange, ReplyTarget, Request, Secret


@dataclass(frozen=True, slots=True)
class EventReading:
    """What one event of a platform means.

    ``items`` are whole and can be stored as they are. ``ask`` are reads to make first, for events that only name an
    item; `ReadsEvents.read_event_answers` turns their answers into items. ``outcome`` is what `RawEvent.outcome` will
    say; ``reason`` says why when it is "unknown" or "ignored".
    """

    outcome: Literal["stored", "asked", "ignored", "unknown"]
    items: tuple[IncomingItem, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    ask: tuple[Request, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whether the platform sends us events about an account; ``problem`` is a short word of ours when it does not.

    ``mendable``: `Subscribes.plan_subscribe` may be sent. False where that would take something from somebody else
    (Google's one topic per account) or where only a person can help.
    """

    stands: bool
    problem: str | None = None
    mendable: bool = True


NO_END = datetime.max.replace(tzinfo=UTC)
"""The platform says of an access that it ends never."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the platform says of a credential. Times are `NO_END` where it says so, None where it says nothing."""

    works: bool
    scopes: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    data_access_expires_at: datetime | None = None
    problem: str | None = None


@runtime_checkable
class ReadsEvents(Protocol):
    """Adapters of platforms that send events. Pure, like `ChannelAdapter`."""

    def read_event(self, account: ConnectedAccount, body: bytes, *, now: datetime) -> EventReading:
        """One change of a delivery, as `channels.deliveries` cut it out. Never raises: what cannot be read is
        "unknown" with its reason."""
        ...

    def read_event_answers(
        self, account: ConnectedAccount, body: bytes, exchanges: Sequence[Exchange], *, now: datetime
    ) -> EventReading:
        """The answers to ``ask``. Raises a `ChannelError` when asking again later may help."""
        ...


@runtime_checkable
class NamesPeople(Protocol):
    """Adapters of platforms whose events tell of people without their names."""

    def plan_person(self, account: ConnectedAccount, person: str) -> Request: ...

    def read_person(self, account: ConnectedAccount, person: str, answer: Answer) -> str | None:
        """None where the platform names nobody. Raises a `ChannelError`."""
        ...


@runtime_checkable
class Subscribes(Protocol):
    """Adapters of platforms where each account is subscribed to events."""

    def plan_subscription(self, account: ConnectedAccount) -> list[Request]:
        """Reads that tell whether it stands."""
        ...

    def read_subscription(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> Subscription: ...

    def plan_subscribe(self, account: ConnectedAccount) -> list[Request]:
        """Calls that make it stand; repeating them changes nothing. Empty where a person must do it.

        Send them only after a `Subscription` that is ``mendable``: what stands there may be another's.
        """
        ...


@runtime_checkable
class ChecksAccess(Protocol):
    """Adapters that can ask what a credential may do."""

    def plan_access(self, account: ConnectedAccount) -> list[Request]: ...

    def read_access(self, account: ConnectedAccount, exchanges: Sequence[Exchange], *, now: datetime) -> Access:
        """Raises a `ChannelError` that passes (limits, the platform being down); a clear no is ``works=False``."""
        ...


@dataclass(frozen=True, slots=True)
class SharedRequest:
    """One read that serves several accounts at once."""

    request: Request
    account_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedReading:
    """What a shared read brought: every account it served is in exactly one of these.

    ``pages``: the account's poll is done, store its page as any other's last. ``alone``: the answer does not reach far
    enough for this account; poll it by `ChannelAdapter.plan_poll`, with the cursor given here. ``errors``: what
    `ChannelAdapter.read_poll` would have raised; asking alone would not help. ``more``: smaller shared reads to make
    next, for a read that failed whole and may do so because of one of its accounts.
    """

    pages: Mapping[str, Page] = field(default_factory=dict)
    alone: Mapping[str, str | None] = field(default_factory=dict)
    errors: Mapping[str, ChannelError] = field(default_factory=dict)
    more: tuple[SharedRequest, ...] = ()


@runtime_checkable
class PollsTogether(Protocol):
    """Adapters where one read tells of many accounts that nothing is new (Google: 50 locations of one account).

    Used at the start of a batch of polls, before `ChannelAdapter.plan_poll`:

        shared = adapter.plan_together(accounts, cursors, now=now())
        ...  # accounts that no request serves are polled alone: their sweep is due, or nobody shares with them
        while shared:  # ends by itself: each ``more`` serves fewer accounts
            exchanges = transport.fetch([one.request for one in shared])
            readings = [adapter.read_together(accounts, cursors, one, exchange, now=now())
                        for one, exchange in zip(shared, exchanges)]
            ...  # each reading: store its pages, note its errors, plan its lone ones
            shared = [one for reading in readings for one in reading.more]

    A shared read counts as one call of the platform's allowance. Accounts of different tenants share one only where
    they hold the very same token.
    """

    def plan_together(
        self, accounts: Sequence[ConnectedAccount], cursors: Mapping[str, str | None], *, now: datetime
    ) -> list[SharedRequest]:
        """Reads for those of the accounts that can share one; ``cursors`` by account id."""
        ...

    def read_together(
        self,
        accounts: Sequence[ConnectedAccount],
        cursors: Mapping[str, str | None],
        shared: SharedRequest,
        exchange: Exchange,
        *,
        now: datetime,
    ) -> SharedReading:
        """Give the same ``accounts`` and ``cursors`` as for planning. Raises nothing."""
        ...


@runtime_checkable
class RenewsCredential(Protocol):
    """Adapters whose stored credential must be lengthened (Instagram Login: 60 days, from 24 hours of age on)."""

    def plan_renewal(self, account: ConnectedAccount) -> Request: ...

    def read_renewal(self, account: ConnectedAccount, answer: Answer) -> tuple[Secret, int | None]:
        """The new credential and its life in seconds (None: unknown or endless). Raises `ChannelError`."""
        ...


@runtime_checkable
class ReadsHistory(Protocol):
    """Adapters that can read an account's past, newest first, a round at a time.

    The caller may stop after any round: planned anew from its ``next_cursor``, the reading goes on where it was.
    """

    def plan_history(
        self, account: ConnectedAccount, cursor: str | None, horizon: datetime, *, now: datetime
    ) -> list[Request]:
        """The next round, of at most 50 requests; none when everything is read."""
        ...

    def read_history(
        self,
        account: ConnectedAccount,
        cursor: str | None,
        horizon: datetime,
        exchanges: Sequence[Exchange],
        *,
        now: datetime,
    ) -> Page:
        """One round. ``complete`` with no ``more`` means: nothing older than the horizon is left to read."""
        ...


@runtime_checkable
class DoesDeeds(Protocol):
    """Adapters that can hide, like, delete or block. Every such call may be repeated."""

    def deeds_for(self, kind: Kind) -> frozenset[Deed]:
        """What can be done to an item of this kind."""
        ...

    def plan_deed(self, account: ConnectedAccount, deed: Deed, item: DeedTarget) -> Request:
        """Raises `Refused` for a deed this platform does not know."""
        ...

    def read_deed(self, account: ConnectedAccount, deed: Deed, item: DeedTarget, answer: Answer) -> None:
        """Returns when it stands; raises the platform's refusal, or `OutcomeUnknown`."""
        ...


@dataclass(frozen=True, slots=True)
class OurAnswer:
    """A published answer of ours that shall be read again. ``key`` is the caller's own name of it. ``person``: whom a
    direct message was sent to, and ``published_at`` when. ``denied``: the platform denied it when it was read last.
    """

    key: str
    external_id: str
    answered_external_id: str
    person: str | None = None
    published_at: datetime | None = None
    denied: bool = False


@dataclass(frozen=True, slots=True)
class SeenAnswer:
    """What stands of an answer of ours. ``gone`` only where the platform denies it while its sibling reads well;
    ``gone_along``: it denies what it answered, too; ``denied``: it does not show what it shows of newer ones alone, so
    that it has to be asked otherwise (`OurAnswer.denied`). ``text`` and the rest are known of what is "there".
    """

    key: str
    state: Literal["there", "gone", "gone_along", "denied", "unknown"]
    text: str = ""
    hidden: bool = False
    moderation: ReplyState = "published"
    violation: str | None = None
    reason: str | None = None


@runtime_checkable
class ReadsOurAnswers(Protocol):
    """Adapters that can read published answers of ours again, by their names, as they stand now."""

    def plan_our_answers(self, account: ConnectedAccount, answers: Sequence[OurAnswer]) -> list[Request]: ...

    def read_our_answers(
        self, account: ConnectedAccount, answers: Sequence[OurAnswer], exchanges: Sequence[Exchange]
    ) -> list[SeenAnswer]:
        """One for each of the answers, in their order. Raises nothing."""
        ...


@dataclass(frozen=True, slots=True)
class SoughtReply:
    """An answer of ours that is looked for, as `ChannelAdapter.plan_find_our_reply` is told of it; `key` is the
    caller's.
    """

    key: str
    target: ReplyTarget
    text: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class FoundTogether:
    """Those of them that were found, by their keys, and what is read next; nothing where the others are read alone."""

    found: Mapping[str, ReadBack] = field(default_factory=dict)
    more: tuple[Request, ...] = ()


@runtime_checkable
class FindsTogether(Protocol):
    """Adapters that can find several answers of one account by one reading. It never proves that one is absent."""

    def plan_find_together(self, account: ConnectedAccount, sought: Sequence[SoughtReply]) -> list[Request]:
        """The first reads; none where each had better be read alone."""
        ...

    def read_find_together(
        self, account: ConnectedAccount, sought: Sequence[SoughtReply], exchanges: Sequence[Exchange]
    ) -> FoundTogether:
        """Give *all* exchanges made so far. Raises nothing."""
        ...


@dataclass(frozen=True, slots=True)
class DeedTarget:
    """What a deed is done to: an item, and its author where the deed is done to a person."""

    external_id: str
    kind: Kind
    author_external_id: str | None = None


@runtime_checkable
class PublishesNotices(Protocol):
    """Adapters of platforms where the business can post a notice of its own (Facebook pages, Google)."""

    def publish_notice(self, account: ConnectedAccount, text: str, link: str | None) -> Request:
        """Raises `Refused` for an empty or too long text."""
        ...

    def read_notice(self, account: ConnectedAccount, text: str, answer: Answer) -> PublishedReply: ...

    def plan_find_notice(self, account: ConnectedAccount, text: str, *, sent_at: datetime) -> list[Request]: ...

    def read_find_notice(
        self, account: ConnectedAccount, text: str, exchanges: Sequence[Exchange], *, sent_at: datetime
    ) -> ReadBack: ...

    def withdraw_notice(self, account: ConnectedAccount, external_id: str) -> Request: ...
