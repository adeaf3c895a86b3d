"""`onbrand receipt verify`: a signed receipt checked without this installation, and what it proves said in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agency.replies.receipt_form import MOST_BYTES, Checked, NotAsMade, NotKeys, plain, read_keys, verify

YES = ("approved", "step_approved", "released", "by_policy")
DOORS = {"signed_in": "signed in", "link": "by the link of a mail", "api": "by a program"}


def check(file: Path, key_file: Path) -> tuple[list[str], bool]:
    """Sentences, and whether the receipt holds."""
    try:
        with file.open("rb") as receipt, key_file.open("rb") as keys:
            checked = verify(receipt.read(MOST_BYTES + 1), read_keys(keys.read(MOST_BYTES)))
    except OSError as error:
        return [f"A file cannot be read ({error.strerror}); nothing was checked."], False
    except NotKeys as error:
        return [f"{error} Nothing was checked."], False
    except NotAsMade as error:
        return [f"Refused ({error.part}): {error} Do not rely on this file; ask for the receipt again."], False
    return [plain(line) for line in _said(checked)], True


def _said(checked: Checked) -> Iterator[str]:
    head, parts = checked.head, checked.parts
    reply, standing = parts["reply"], parts["standing"]
    yield f"As it was made at {head['made_at']} by {head['installation']} with the key {head['key']}."
    where = f"{reply['brand']} on {reply['platform']}"
    yield f"Reply {reply['id']} of {where}: {reply['state']} since {reply['state_since']}."
    yield f"SHA-256 of its text: {reply['text_hash']}."
    held = [one for one in parts["decisions"] if one["lapsed_at"] is None and one["decision"] in YES]
    for one in held:
        same = "exactly this text" if one["text_hash"] == reply["text_hash"] else "another text"
        door = DOORS.get(one["came_by"] or "", "by a door that was not kept")
        yield f"{_named(one['decision'])} at {one['at']} by {one['by'] or one['by_id']}, {door}: {same}."
    for one in parts["attempts"]:
        yield f"{_named(one['deed'])} at {one['at']}: {one['outcome'] or 'no outcome'}, request {one['request_id']}."
    if standing["published_at"]:
        read = standing["read_back_at"] or "never"
        yield f"Published at {standing['published_at']} as {standing['platform_id']}; read back {read}."
    after = parts.get("after", {"changes": [], "wrote_again_at": None})  # receipts of the first form have none
    for one in after["changes"]:
        why = f", the platform's reason {one['reason']}" if one["reason"] else ""
        yield f"Seen at {one['at']} by a {one['seen_by']}: {_named(one['to_state']).lower()}{why}."
    if after["wrote_again_at"]:
        yield f"The customer wrote again at {after['wrote_again_at']}."
    numbers = ", ".join(f"{line['number']} ({line['action']})" for line in parts["record"]["lines"])
    yield f"Lines of the brand's record: {numbers or 'none'}."
    if checked.left_out:
        yield f"Held by their hash alone, their words are not in the file: {', '.join(checked.left_out)}."


def _named(word: Any) -> str:
    return str(word).replace("_", " ").capitalize()
