"""The ledger: every write the platforms received, and what became of it. It is the judge of duplicates."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

from agency.sandbox.store import Store

# Actions that put words before the public; applied twice with the same text in the same place they are a duplicate.
SPEAKING = ("reply", "comment", "reply_put", "local_post", "message", "private_reply", "post")


def text_hash(text: str) -> str:
    """SHA-256, hex, over the UTF-8 bytes of the text after NFC."""
    return hashlib.sha256(unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")).hexdigest()


def rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> float:
    """Seconds since 1970 of an RFC 3339 time; raises ValueError."""
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def write_down(
    store: Store,
    *,
    request_id: str,
    platform: str,
    account: str,
    action: str,
    target: str,
    outcome: str,
    text: str | None = None,
    **facts: Any,
) -> int:
    """One line, in the transaction of the write itself. `outcome` is `applied`, `refused`, or `ignored`: called done,
    and not done. Answers its number.
    """
    with store.transaction() as db:
        cursor = db.execute(
            "INSERT INTO ledger (request_id, at, platform, account, action, target, outcome, text_hash, facts)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                request_id,
                store.clock(),
                platform,
                account,
                action,
                target,
                outcome,
                None if text is None else text_hash(text),
                json.dumps({"text": text, **facts}),
            ),
        )
    return int(cursor.lastrowid or 0)


def entries(
    store: Store,
    account: str | None = None,
    since: str | None = None,
    limit: int | None = None,
    newest_first: bool = False,
) -> list[dict[str, Any]]:
    """Lines, oldest first; `since` is a number (lines after that one) or an RFC 3339 time. Raises ValueError."""
    after_seq, after_time = 0, 0.0
    if since and since.isdecimal():
        after_seq = int(since)
    elif since:
        after_time = moment(since)
    order = "DESC" if newest_first else "ASC"
    with store.transaction() as db:
        rows = db.execute(
            "SELECT * FROM ledger WHERE (? IS NULL OR account = ?) AND seq > ? AND at >= ?"
            f" ORDER BY seq {order} LIMIT ?",
            (account, account, after_seq, after_time, -1 if limit is None else limit),
        ).fetchall()
    return [
        {
            "seq": row["seq"],
            "request_id": row["request_id"],
            "at": rfc3339(row["at"]),
            "platform": row["platform"],
            "account": row["account"],
            "action": row["action"],
            "target": row["target"],
            "outcome": row["outcome"],
            "text_hash": row["text_hash"],
            **json.loads(row["facts"]),
        }
        for row in rows
    ]


def duplicates(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same words applied more than once in the same place."""
    groups: dict[tuple[str, str, str, str], list[int]] = {}
    for line in lines:
        if line["outcome"] == "applied" and line["action"] in SPEAKING:
            place = (line["platform"], line["account"], line["target"], line["text_hash"] or "")
            groups.setdefault(place, []).append(line["seq"])
    return [
        {"platform": platform, "account": account, "target": target, "text_hash": digest, "seqs": seqs}
        for (platform, account, target, digest), seqs in groups.items()
        if len(seqs) > 1
    ]
