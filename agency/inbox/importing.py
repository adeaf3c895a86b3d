"""Importing a file of earlier conversations: looked through, then stored on a second word, line by line, once.

Nothing is written but the upload until a person says so, and the very bytes that were looked through are what is
stored. What is known already stays as it is, so the same file may come again. The file goes when it is stored, stopped
or an hour old.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select

from agency.inbox import intake
from agency.inbox.import_lines import NotAFile, lines_of
from agency.inbox.models import HistoryImport, Message
from channels import accounts, unconnected
from channels.accounts import LONGEST_NAME
from channels.items import IncomingItem, Page
from channels.models import Account
from channels.wire import clean
from tenants import audit, clock
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.models import Brand
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require

KEPT_FOR = timedelta(hours=1)
"""How long a file that was looked through waits for a person's word."""
PROBLEMS_KEPT = 200
ITEMS_AT_ONCE = 200
PAST_AFTER = timedelta(days=14)
"""What nobody answered for so long stays closed, as what a platform's history brings."""
_LOOKED_UP_AT_ONCE = 1_000

WHOLE_FILE: dict[str, str] = {
    "too_large": worded("This file is larger than 20 MB. Nothing was stored. Cut it into several."),
    "not_utf8": worded(
        "This file is not text in UTF-8. Nothing was stored. "
        "In a spreadsheet save it as “CSV UTF-8” and choose it again."
    ),
    "one_list": worded(
        "This file is one JSON list. Nothing was stored. "
        "Write each object on a line of its own, without commas between them."
    ),
    "no_lines": worded("This file holds no lines. Nothing was stored. Choose the file of conversations."),
}


@dataclass
class Report:
    """What a file holds. ``problems`` are the first PROBLEMS_KEPT of the refused lines."""

    good_count: int = 0
    bad_count: int = 0
    known_count: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)


class Verdict(NamedTuple):
    """What becomes of one line: `new`, `known` or `left_out`, then with the column and a word of PROBLEMS."""

    line: int
    state: str
    column: str = ""
    problem: str = ""


def look_through(
    actor: Actor, brand_id: UUID, platform: str, external_id: str, name: str, file_name: str, file: bytes
) -> HistoryImport:
    """The dry run: what the file holds, kept with it for an hour. It replaces what this person looked through before.

    Raises `Invalid` for what is no account or no file, `Conflict` for an account of another brand, `NotFound` for a
    brand outside the scope, and what `tenants.permissions.require` raises.
    """
    require(actor, Permission.HISTORY_BRING, brand_id)
    brand = db.session.scalars(select(Brand).where(Brand.id == brand_id)).one_or_none()
    if brand is None:
        raise NotFound()
    account, now = unconnected.find(brand_id, platform, external_id), clock.now()
    report = report_of(file, account, now=now)
    db.session.execute(
        delete(HistoryImport)
        .where(HistoryImport.asked_by == actor.user_id, HistoryImport.state == "checked")
        .execution_options(synchronize_session=False)
    )
    row = HistoryImport(
        agency_id=actor.agency_id,
        brand_id=brand_id,
        created_at=now,
        platform=platform,
        external_id=external_id,
        name=(clean(name).strip() or (account.name if account else external_id))[:LONGEST_NAME],
        file_name=clean(file_name)[:LONGEST_NAME],
        file=file,
        file_hash=hashlib.sha256(file).digest(),
        state="checked",
        good_count=report.good_count,
        bad_count=report.bad_count,
        known_count=report.known_count,
        problems=report.problems,
        asked_by=actor.user_id,
    )
    db.session.add(row)
    db.session.flush()
    return row


def report_of(file: bytes, account: Account | None, *, now: datetime) -> Report:
    """Counts and reasons. Raises `Invalid` when the file as a whole cannot be read or holds nothing to store."""
    report = Report()
    try:
        for one in _verdicts(file, account, now):
            report.bad_count += one.state == "left_out"
            report.good_count += one.state != "left_out"
            report.known_count += one.state == "known"
            if one.state == "left_out" and len(report.problems) < PROBLEMS_KEPT:
                report.problems.append({"line": one.line, "word": one.problem, "column": one.column})
    except NotAFile as error:
        raise _not_a_file(error) from None
    if not report.good_count and not report.bad_count:
        raise _not_a_file(NotAFile("no_lines"))
    return report


def verdicts(row: HistoryImport) -> Iterator[Verdict]:
    """What becomes of each line of a file that is still held; none once it is dropped.

    Raises `Invalid` for one that can no longer be read, such as one looked through by an earlier version.
    """
    if row.file is not None:
        account = unconnected.find(row.brand_id, row.platform, row.external_id)
        try:
            yield from _verdicts(row.file, account, row.created_at)
        except NotAFile as error:
            raise _not_a_file(error) from None


def begin(actor: Actor, import_id: UUID, file_hash: str) -> HistoryImport:
    """Store it for real, by a job. ``file_hash`` (hex) says which bytes the person saw the report of.

    Beginning what runs already changes nothing. Raises `NotFound` where it is gone, `Conflict` when the file was
    dropped or is another one, or one of this account runs already, and what `tenants.permissions.require` raises.
    """
    row = _locked(import_id)
    require(actor, Permission.HISTORY_BRING, row.brand_id)
    if row.state != "checked":
        return row
    if row.file_hash.hex() != file_hash or row.created_at < clock.now() - KEPT_FOR:
        raise Conflict(
            "This file was looked through too long ago, or another one since. Nothing was stored. Choose it again.",
            code="import_outdated",
        )
    if not row.good_count:
        raise Conflict("No line of this file can be read. Nothing was stored. Mend it and choose it again.")
    account = unconnected.find_or_make(row.brand_id, row.platform, row.external_id, row.name)
    running = select(HistoryImport.id).where(HistoryImport.account_id == account.id, HistoryImport.state == "running")
    if db.session.execute(running).first() is not None:
        raise Conflict(
            "A file of this account is being stored. Nothing more was begun. Wait until it is done.",
            code="import_running",
        )
    row.account_id, row.state = account.id, "running"
    db.session.flush()
    promise(row)
    audit.record(
        actor,
        "history.import_begun",
        "account",
        account.id,
        brand_id=row.brand_id,
        file_hash=file_hash,
        lines=row.good_count,
    )
    return row


def stop(actor: Actor, import_id: UUID) -> HistoryImport:
    """Ends it; what was stored stays. Doing it again changes nothing. Raises `NotFound`."""
    row = _locked(import_id)
    require(actor, Permission.HISTORY_BRING, row.brand_id)
    if row.state == "checked":
        db.session.delete(row)
    elif row.state == "running":
        finish(row, "stopped")
        audit.record(actor, "history.import_stopped", "account", str(row.account_id), brand_id=row.brand_id)
    db.session.flush()
    return row


def get(import_id: UUID) -> HistoryImport:
    """Within the scope, without its bytes. Raises `NotFound`."""
    row = db.session.scalars(select(HistoryImport).where(HistoryImport.id == import_id)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def latest(limit: int) -> list[HistoryImport]:
    """Those that were begun, newest first."""
    begun = select(HistoryImport).where(HistoryImport.state != "checked")
    return list(db.session.scalars(begun.order_by(HistoryImport.id.desc()).limit(limit)))


def promise(row: HistoryImport) -> None:
    """Promise the job that goes on from where it stands."""
    enqueue_after_commit(JobName.IMPORT_FILE, agency_id=row.agency_id, brand_id=row.brand_id, import_id=row.id)


class Held(NamedTuple):
    """A file, the line it is stored up to, and when it was looked through."""

    file: bytes
    stored_line: int
    checked_at: datetime


def held(import_id: UUID) -> Held | None:
    """The file of an import that runs; else None."""
    found = db.session.execute(
        select(HistoryImport.file, HistoryImport.stored_line, HistoryImport.created_at).where(
            HistoryImport.id == import_id, HistoryImport.state == "running"
        )
    ).one_or_none()
    return None if found is None or found[0] is None else Held(found[0], found[1], found[2])


def pieces(file: bytes, after_line: int, *, now: datetime) -> Iterator[tuple[int, list[IncomingItem]]]:
    """The good lines behind a line, some hundred at a time, each piece with the number of its last line.

    ``now``: when the file was looked through, so that a line which lay in the future then stays out.
    """
    items: list[IncomingItem] = []
    number = after_line
    for line in lines_of(file, now=now):
        if line.number <= after_line or line.item is None:
            continue
        items.append(line.item)
        number = line.number
        if len(items) >= ITEMS_AT_ONCE:
            yield number, items
            items = []
    if items:
        yield number, items


def store_piece(import_id: UUID, after_line: int, last_line: int, items: Sequence[IncomingItem]) -> bool:
    """Store a piece in a transaction of its own. False, with nothing stored, when it is not the next one."""
    row = _locked(import_id)
    if row.state != "running" or row.stored_line != after_line or row.account_id is None:
        return False
    now = clock.now()
    page = Page(tuple(items), (), "", complete=False)
    stored = intake.store_page(
        accounts.get(row.account_id), page, now=now, known_stay=True, past_before=now - PAST_AFTER
    )
    row.stored_line, row.stored_count = last_line, row.stored_count + len(items)
    row.new_count += stored.new
    return True


def finish(row: HistoryImport, state: str) -> None:
    """``done``, ``stopped`` or ``failed``; the file goes."""
    row.state, row.finished_at, row.file = state, func.now(), None


def complete(import_id: UUID, after_line: int) -> None:
    """Every line is dealt with."""
    row = _locked(import_id)
    if row.state == "running" and row.stored_line == after_line:
        finish(row, "done")
        audit.record(
            None,
            "history.import_done",
            "account",
            str(row.account_id),
            brand_id=row.brand_id,
            lines=row.stored_count,
            new=row.new_count,
        )


def forget_old() -> int:
    """Drop files nobody said a word about in time; returns how many."""
    old = clock.now() - KEPT_FOR
    dropped = db.session.execute(
        delete(HistoryImport)
        .where(HistoryImport.state == "checked", HistoryImport.created_at < old)
        .returning(HistoryImport.id)
        .execution_options(synchronize_session=False)
    )
    return len(dropped.all())


def _locked(import_id: UUID) -> HistoryImport:
    wanted = select(HistoryImport).where(HistoryImport.id == import_id).with_for_update()
    row = db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _verdicts(file: bytes, account: Account | None, now: datetime) -> Iterator[Verdict]:
    lines = lines_of(file, now=now)
    while some := list(islice(lines, _LOOKED_UP_AT_ONCE)):
        ids = [line.item.external_id for line in some if line.item is not None]
        known = _known(account.id, ids) if account is not None else frozenset[str]()
        for line in some:
            if line.problem is not None:
                yield Verdict(line.number, "left_out", line.problem.column, line.problem.word)
            elif line.item is not None:
                yield Verdict(line.number, "known" if line.item.external_id in known else "new")


def _known(account_id: UUID, external_ids: Sequence[str]) -> frozenset[str]:
    wanted = select(Message.external_id).where(Message.account_id == account_id, Message.external_id.in_(external_ids))
    return frozenset(db.session.scalars(wanted))


def _not_a_file(error: NotAFile) -> Invalid:
    sentence = WHOLE_FILE.get(error.word) or worded(
        "The first line does not name the columns as it should: %(columns)s. Nothing was stored. Mend that line.",
        columns=error.detail,
    )
    return Invalid(sentence, errors={"file": [sentence]})
