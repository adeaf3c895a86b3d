"""The catalogue and the timetable name what exists, and their numbers fit together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.catalogue import CATALOGUE, QUEUES
from jobs.dispatcher import PROMISE_LEASE_SECONDS
from jobs.runner import HAND_BACK_SECONDS
from jobs.timetable import TIMETABLE, Line
from tenants.outbox import JobName

# What one promise takes at most while the platforms, the mail server and PostgreSQL are in health, seconds.
IN_HEALTH_SECONDS = {
    JobName.HANDLE_EVENTS: 5,  # a read of what some events only name
    JobName.PUBLISH_REPLY: 20,  # a check and a send
    JobName.RECONCILE_REPLY: 20,  # some pages of a thread
    JobName.READ_BACK_REPLY: 20,
    JobName.DO_DEED: 10,  # one call
    JobName.RECHECK_WAITING_REPLIES: 2,
    JobName.COMPARE_ANSWERS: 2,
    JobName.READ_ANSWERS_AGAIN: 60,  # 200 reads, and a transaction for each that stands differently
    JobName.RECHECK_WORDS: 20,
    JobName.ACKNOWLEDGE: 2,
    JobName.HAND_OUT: 1,
    JobName.SUBSCRIBE_ACCOUNT: 10,  # five calls
    JobName.WAKE_ACCOUNT: 2,
    JobName.CHECK_ACCESS: 120,  # a minute, and the fifty then begun
    JobName.CHECK_ACCOUNT: 10,
    JobName.ASK_TO_RECONNECT: 2,
    JobName.END_ACCESS: 5,
    JobName.WITHDRAW_ACCESS: 10,  # one sign-in may open hundreds of accounts
    JobName.DELETE_PERSON: 60,  # every agency once
    JobName.ERASE_CONTACTS: 120,  # thousands of messages, a slice a second
    JobName.EXPORT_PEOPLE: 60,  # its longest run and a large person
    JobName.KEEP_MEDIA: 60,  # a film of 25 MB
    JobName.NAME_PERSON: 5,  # one call
    JobName.SEND_MAIL: 10,
    JobName.GATHER_NOTICES: 2,
    JobName.MAIL_WAITING: 5,  # ten replies a mail
    JobName.BACKFILL: 60,  # a page of posts to its last comment
    JobName.IMPORT_FILE: 40,
    JobName.RANK_DUE: 21,  # its longest run and a slice
    JobName.RING_WAITING: 61,  # its longest run and a reply
    JobName.RERANK: 21,
    JobName.READ_TOPICS: 21,
    JobName.RAISE_MERGED: 2,
    JobName.INDEX_WORDS: 25,  # what changed for twenty seconds, what is older for two
    JobName.FOLD_FIGURES: 21,  # its longest run and a slice
    JobName.CHECK_FIGURES: 20,  # two reads an agency
    JobName.TELL_AUDIT_HEADS: 20,  # one read a chain
    JobName.ANSWER_INCIDENT: 20,  # twenty replies, each made and checked by the statements of one
    JobName.MAIL_OUTCOMES: 20,  # one read an agency, some mails
    JobName.MAIL_DAYS: 20,  # one read an agency, some mails
    JobName.SYNC_BILLING: 20,  # two calls of Stripe, tried twice, at half their limits
    JobName.CHANGE_BILLING: 60,  # seven calls of Stripe at most, at two thirds of their limits
    JobName.TELL_VAT_ID: 20,  # three calls of Stripe at half their limits
    JobName.UPKEEP: 60,  # its own slot of the timetable
}


def test_every_job_is_in_the_catalogue() -> None:
    assert set(CATALOGUE) == set(JobName)


@pytest.mark.parametrize("name", JobName)
def test_every_kind_of_job_can_run(name: JobName) -> None:
    kind = CATALOGUE[name]
    assert callable(kind.resolve())
    assert kind.queue in QUEUES
    assert kind.timeout_seconds > 0
    assert kind.tries > 0
    assert kind.together > 0


@pytest.mark.parametrize("name", IN_HEALTH_SECONDS)
def test_a_batch_in_health_ends_before_its_lease(name: JobName) -> None:
    kind, each = CATALOGUE[name], IN_HEALTH_SECONDS[name]
    longest = kind.together * each if kind.beside == 1 else HAND_BACK_SECONDS + each
    assert longest < PROMISE_LEASE_SECONDS
    assert IN_HEALTH_SECONDS[name] < CATALOGUE[name].timeout_seconds


def test_only_polling_is_never_promised() -> None:
    assert set(JobName) - set(IN_HEALTH_SECONDS) == {JobName.POLL_ACCOUNTS}
    assert [name for name, kind in CATALOGUE.items() if not kind.is_promised] == [JobName.POLL_ACCOUNTS]


@pytest.mark.parametrize("line", TIMETABLE, ids=lambda line: line.job.value)
def test_every_line_of_the_timetable_has_a_job_that_needs_no_ids(line: Line) -> None:
    function = CATALOGUE[line.job].resolve()
    assert function.__code__.co_argcount == 1  # the app
    assert line.every_seconds > 0


def test_a_slot_has_one_name_from_its_first_to_its_last_moment() -> None:
    line = Line(JobName.UPKEEP, 60)
    start = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    names = [line.slot(start + timedelta(seconds=seconds)) for seconds in (-0.001, 0, 59.999, 60)]
    assert names[1] == names[2]
    assert len(set(names)) == 3


def test_no_two_lines_share_a_slot() -> None:
    now = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    assert len({line.slot(now) for line in TIMETABLE}) == len(TIMETABLE)
