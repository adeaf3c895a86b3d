"""Every job there is: which function runs it, on which queue, how long it may take, how often it is tried.

Redis is told ids alone; what a job is about is read from PostgreSQL when it runs. Every job may run twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tenants.outbox import JobName

QUEUES = ("publish", "desk", "setup", "looks", "events", "proofs", "poll", "mail", "upkeep", "history")
"""In the order a worker looks into them: the past waits for everything that happens now. `desk` asks no platform
anything, so that a worker of answers (`--queues publish,desk`) is never held by one that is silent; `setup` does.
`looks` decide what becomes of a reply of which nothing is known; `proofs` read back what plainly stands, and that shall
hold up neither a reply nor a decision."""

URGENT_QUEUES = QUEUES[:4]
"""For what people wait for: nothing goes before them, and polls give way."""
LOOKS_QUEUE = QUEUES[3]


RUNNER = "jobs.runner:run_promises"
"""What RQ calls for everything promised: it gets numbers of promises and finds each one's function here."""


@dataclass(frozen=True)
class JobKind:
    """How one kind of job runs. `together` is how many promises one RQ job takes: a fork costs more than most jobs.

    `beside` is how many brands' promises of one job run at once, in threads, where they mostly wait for platforms.
    `many` names the same for many promises of one agency at once: it is given what each is about, `portion` of them at
    a time, and returns the places of those it kept; what was tried `together_tries` times goes alone. What is not
    promised (poll turns) is called by RQ itself. `merges`: it does all there is to do about its ids, so that one run
    keeps every promise of the same.
    """

    function: str
    queue: str
    timeout_seconds: int
    tries: int
    together: int = 1
    beside: int = 1
    is_promised: bool = True
    merges: bool = False
    many: str | None = None
    together_tries: int = 1
    portion: int = 50

    @property
    def queued(self) -> str:
        """What RQ is told to call."""
        return (RUNNER if self.is_promised else self.function).replace(":", ".")

    def resolve(self) -> Callable[..., Any]:
        """The function behind the dotted name `module:function`. Raises ImportError or AttributeError when wrong."""
        return _named(self.function)

    def resolve_many(self) -> Callable[..., Any] | None:
        """The same of `many`; None where the kind has none."""
        return _named(self.many) if self.many is not None else None


def _named(dotted: str) -> Callable[..., Any]:
    module, _, name = dotted.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


CATALOGUE: dict[JobName, JobKind] = {
    JobName.POLL_ACCOUNTS: JobKind("jobs.polling:poll_turns_of", "poll", 300, tries=1, is_promised=False),
    JobName.HANDLE_EVENTS: JobKind("jobs.events:handle_events", "events", 120, tries=12, together=20, merges=True),
    JobName.NAME_PERSON: JobKind("jobs.naming:name_person", "events", 60, tries=8, together=20),
    JobName.PUBLISH_REPLY: JobKind(
        "jobs.publishing:publish_reply",
        "publish",
        90,
        tries=20,
        together=250,
        beside=4,
        many="jobs.publishing:publish_replies",
        together_tries=3,
    ),
    JobName.RECONCILE_REPLY: JobKind(
        "jobs.publishing:reconcile_reply",
        "looks",
        120,
        tries=20,
        together=50,
        beside=4,
        many="jobs.publishing:reconcile_replies",
        together_tries=3,
    ),
    JobName.READ_BACK_REPLY: JobKind(
        "jobs.publishing:read_back_reply",
        "proofs",
        120,
        tries=20,
        together=50,
        beside=4,
        many="jobs.publishing:read_back_replies",
        together_tries=3,
    ),
    JobName.DO_DEED: JobKind("jobs.publishing:do_deed", "publish", 60, tries=10, together=5),
    JobName.RECHECK_WAITING_REPLIES: JobKind(
        "jobs.publishing:recheck_waiting_replies", "desk", 60, tries=10, together=20
    ),
    JobName.COMPARE_ANSWERS: JobKind("jobs.publishing:compare_answers", "desk", 60, tries=10, together=20),
    JobName.READ_ANSWERS_AGAIN: JobKind("jobs.answers_again:read_answers_again", "history", 120, tries=3),
    JobName.RAISE_MERGED: JobKind("jobs.merging:raise_merged", "desk", 60, tries=10, together=20),
    JobName.RECHECK_WORDS: JobKind("jobs.rechecking:recheck_words", "upkeep", 120, tries=5),
    JobName.ACKNOWLEDGE: JobKind("jobs.acknowledging:acknowledge", "desk", 60, tries=5, together=20),
    JobName.HAND_OUT: JobKind("jobs.handing_out:hand_out", "desk", 60, tries=5, together=20, merges=True),
    JobName.SUBSCRIBE_ACCOUNT: JobKind("jobs.subscribing:subscribe_account", "setup", 120, tries=8, together=5),
    JobName.WAKE_ACCOUNT: JobKind("jobs.upkeep:wake_account", "desk", 60, tries=10, together=20),
    JobName.CHECK_ACCESS: JobKind("jobs.checking:check_accounts", "upkeep", 280, tries=3),
    JobName.CHECK_ACCOUNT: JobKind("jobs.checking:check_account", "setup", 60, tries=3),
    JobName.ASK_TO_RECONNECT: JobKind("jobs.access:ask_to_reconnect", "mail", 60, tries=10, together=5),
    JobName.END_ACCESS: JobKind("jobs.access:end_access", "setup", 120, tries=12, together=5),
    JobName.WITHDRAW_ACCESS: JobKind("jobs.access:withdraw_access", "setup", 120, tries=12, together=5),
    JobName.DELETE_PERSON: JobKind("jobs.access:delete_person", "upkeep", 300, tries=12),
    JobName.ERASE_CONTACTS: JobKind("jobs.erasing:erase_contacts", "desk", 600, tries=12),
    JobName.EXPORT_PEOPLE: JobKind("jobs.people_export:export_people", "upkeep", 300, tries=4),
    JobName.SEND_MAIL: JobKind("jobs.notices:send_mail", "mail", 60, tries=12, together=5),
    JobName.GATHER_NOTICES: JobKind("jobs.notices:gather_notices", "mail", 60, tries=12, together=5),
    JobName.MAIL_WAITING: JobKind("jobs.notices:mail_waiting", "mail", 60, tries=12, together=5),
    JobName.KEEP_MEDIA: JobKind("jobs.keeping:keep_media", "history", 90, tries=12),
    JobName.INDEX_WORDS: JobKind("jobs.indexing:index_words", "events", 60, tries=2, merges=True),
    JobName.FOLD_FIGURES: JobKind("jobs.figures:fold_figures", "events", 60, tries=2, merges=True),
    JobName.CHECK_FIGURES: JobKind("jobs.figures:check_figures", "upkeep", 120, tries=3),
    JobName.UPKEEP: JobKind("jobs.upkeep:keep_up", "upkeep", 300, tries=3),
    JobName.RANK_DUE: JobKind("jobs.ranking:rank_due", "upkeep", 120, tries=3),
    JobName.RING_WAITING: JobKind("jobs.silence:ring_waiting", "desk", 120, tries=3),
    JobName.RERANK: JobKind("jobs.ranking:rerank", "upkeep", 120, tries=10),
    JobName.READ_TOPICS: JobKind("jobs.topics:read_topics", "upkeep", 120, tries=10),
    JobName.MAIL_DAYS: JobKind("jobs.mailing_days:mail_days", "mail", 120, tries=5),
    JobName.ANSWER_INCIDENT: JobKind("jobs.incidents:answer_incident", "desk", 120, tries=12, merges=True),
    JobName.MAIL_OUTCOMES: JobKind("jobs.mailing_days:mail_outcomes", "mail", 120, tries=3),
    JobName.SYNC_BILLING: JobKind("jobs.billing:sync_billing", "setup", 120, tries=12, together=5, merges=True),
    JobName.CHANGE_BILLING: JobKind("jobs.billing:change_billing", "setup", 120, tries=20),
    JobName.TELL_VAT_ID: JobKind("jobs.billing:tell_vat_id", "setup", 120, tries=20, together=5, merges=True),
    JobName.TELL_AUDIT_HEADS: JobKind("jobs.audit_heads:tell_heads", "upkeep", 120, tries=3),
    JobName.BACKFILL: JobKind("jobs.history:read_slice", "history", 300, tries=10),
    JobName.IMPORT_FILE: JobKind("jobs.importing:store_file", "history", 300, tries=10),
}
