"""A signed receipt holds as it was made, without words that were taken out too, and no other byte for byte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from agency.command_line import main
from agency.replies.receipt_form import (
    KEYS_FORM,
    PARTS,
    NotAsMade,
    NotKeys,
    PublicKey,
    Words,
    canonical,
    key_id_of,
    read_keys,
    sign,
    verify,
)
from agency.replies.words import hash_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
KEYS = {key_id_of(PUBLIC): PublicKey(KEY.public_key())}
MADE_AT = "2026-11-23T00:09:00.000001Z"
SENT = "Thank you, Zażółć — “ñandú” \u202e."


def made(key: Ed25519PrivateKey = KEY, where: str = "https://onbrand.example") -> bytes:
    words, sent = Words(), hash_of(SENT)
    parts: dict[str, Any] = {
        "reply": {
            "id": "r",
            "brand": "Pennywell",
            "platform": "facebook",
            "state": "published",
            "state_since": MADE_AT,
            "text_hash": sent,
        },
        "customer": {"name": words.hold("Somebody"), "text": words.hold("It broke.\n\x1b[2J"), "stars": None},
        "texts": [{"number": 1, "text": words.hold(SENT), "text_hash": sent}],
        "decisions": [
            {
                "decision": "approved",
                "at": MADE_AT,
                "by": words.hold("Client\x1b[2J"),
                "by_id": "c",
                "came_by": "link",
                "from_address": words.hold("192.0.2.7", shown=False),
                "text_hash": sent,
                "lapsed_at": None,
            }
        ],
        "attempts": [{"deed": "send", "at": MADE_AT, "outcome": "published", "request_id": "q"}],
        "standing": {"platform_id": "77", "published_at": MADE_AT, "read_back_at": None},
        "after": {
            "changes": [{"at": MADE_AT, "to_state": "rejected", "seen_by": "sweep", "reason": words.hold("SPAM")}],
            "wrote_again_at": MADE_AT,
        },
        "record": {"lines": [{"number": 4, "hash": "00", "action": "reply.approve"}]},
    }
    return sign(key, where, MADE_AT, parts, words)


RECEIPT = made()


def keys_file(*, retired_at: str | None = None, public: bytes = PUBLIC, key: str = "") -> bytes:
    one = {"key": key or key_id_of(public), "public_key": public.hex(), "retired_at": retired_at}
    return canonical({"form": KEYS_FORM, "installation": "https://onbrand.example", "keys": [one]})


def refusal(data: bytes, keys: dict[str, PublicKey] = KEYS) -> NotAsMade:
    with pytest.raises(NotAsMade) as caught:
        verify(data, keys)
    return caught.value


def altered(path: tuple[Any, ...], value: Any) -> bytes:
    told = json.loads(RECEIPT)
    place = told
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return canonical(told) + b"\n"


def test_it_holds_and_gives_its_words_back() -> None:
    checked = verify(RECEIPT, KEYS)
    assert checked.parts["texts"][0]["text"] == SENT
    assert checked.left_out == ("decisions.0.from_address",)
    assert b"192.0.2.7" not in RECEIPT


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(RECEIPT) - 1), st.integers(1, 255))
def test_one_altered_byte_is_refused(place: int, change: int) -> None:
    refusal(RECEIPT[:place] + bytes([RECEIPT[place] ^ change]) + RECEIPT[place + 1 :])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(RECEIPT)), st.binary(min_size=1, max_size=3))
def test_one_byte_more_or_less_is_refused(place: int, more: bytes) -> None:
    refusal(RECEIPT[:place] + more + RECEIPT[place:])
    if place < len(RECEIPT):
        refusal(RECEIPT[:place])
        refusal(RECEIPT[:place] + RECEIPT[place + 1 :])


@pytest.mark.parametrize("part", PARTS)
def test_an_altered_part_is_named(part: str) -> None:
    assert refusal(altered(("parts", part), {"id": "another"})).part == part
    told = json.loads(RECEIPT)
    del told["parts"][part]
    assert refusal(canonical(told) + b"\n").part == part


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        (("parts", "decisions", 0, "by_id"), "d", "decisions"),
        (("parts", "attempts", 0, "request_id"), "other", "attempts"),
        (("parts", "record", "lines", 0, "number"), 5, "record"),
        (("parts", "more"), {}, "parts"),
        (("head", "made_at"), "2026-11-23T00:09:00.000002Z", "head"),
        (("head", "installation"), "https://other.example", "head"),
        (("head", "form"), "onbrand-receipt-3", "head"),
        (("head", "form"), "onbrand-receipt-1", "head"),
        (("parts", "after", "changes", 0, "to_state"), "visible", "after"),
        (("parts", "after", "wrote_again_at"), None, "after"),
        (("head", "key"), "0" * 16, "key"),
        (("head", "key"), 7, "head"),
        (("signature",), "0" * 128, "head"),
        (("signature",), "é" * 128, "head"),
        (("words",), [], "file"),
        (("words", "0" * 64), {"salt": "00", "text": "Put in."}, "words"),
        (("words", "0" * 64), None, "words"),
    ],
)
def test_an_altered_place_is_named(path: tuple[Any, ...], value: Any, part: str) -> None:
    assert refusal(altered(path, value)).part == part


def test_a_receipt_of_the_first_form_holds_and_takes_no_part_of_the_second() -> None:
    told = json.loads(RECEIPT)
    after, salted = told["parts"].pop("after"), told["head"]["parts"].pop("after")
    del told["words"][after["changes"][0]["reason"]["words_sha256"]]
    told["head"]["form"] = "onbrand-receipt-1"
    told["signature"] = KEY.sign(canonical(told["head"])).hex()
    assert "after" not in verify(canonical(told) + b"\n", KEYS).parts
    told["parts"]["after"] = after
    assert refusal(canonical(told) + b"\n").part == "parts"
    told["head"]["parts"]["after"] = salted
    told["signature"] = KEY.sign(canonical(told["head"])).hex()
    assert refusal(canonical(told) + b"\n").part == "head"


def test_altered_words_are_named_by_their_place() -> None:
    told = json.loads(RECEIPT)
    held = told["parts"]["customer"]["text"]["words_sha256"]
    for beside in ({**told["words"][held], "text": "It is fine."}, {"text": "It broke."}, None, "It broke."):
        assert refusal(altered(("words", held), beside)).part == "customer.text"


def test_without_words_that_were_taken_out_it_holds_as_made() -> None:
    told = json.loads(RECEIPT)
    for name in ("name", "text"):
        del told["words"][told["parts"]["customer"][name]["words_sha256"]]
    checked = verify(canonical(told) + b"\n", KEYS)
    assert checked.left_out == ("customer.name", "customer.text", "decisions.0.from_address")
    assert checked.parts["customer"]["text"] is None


def test_written_anew_it_is_refused_by_name() -> None:
    told = json.loads(RECEIPT)
    assert refusal(json.dumps(told, indent=2).encode()).part == "layout"
    twice = RECEIPT.replace(b'"signature":', b'"signature":"","signature":')
    assert refusal(twice).part == "layout"


def test_a_receipt_of_another_installation_names_its_key() -> None:
    other = Ed25519PrivateKey.generate()
    said = refusal(made(other, "https://elsewhere.example"))
    assert said.part == "key"
    assert key_id_of(other.public_key().public_bytes_raw()) in str(said)
    assert "https://elsewhere.example" in str(said)
    # it may call its key as ours is called
    forged = json.loads(made(other))
    forged["head"]["key"] = next(iter(KEYS))
    assert refusal(canonical(forged) + b"\n").part == "head"


@settings(max_examples=60, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.integers(), st.lists))
def test_whatever_else_is_refused(value: Any) -> None:
    refusal(json.dumps(value).encode())
    refusal(json.dumps({"head": value, "parts": value, "signature": "", "words": {}}).encode())


@pytest.mark.parametrize("data", [b"", b"[" * 100_000, b"\xff", b'"\\ud800"', b"1" * 10_000, b" " * 9_000_000, b"{}"])
def test_junk_is_refused(data: bytes) -> None:
    assert refusal(data).part == "file"
    with pytest.raises(NotKeys):
        read_keys(data)


def test_a_key_signs_nothing_after_it_was_retired() -> None:
    verify(RECEIPT, read_keys(keys_file(retired_at=MADE_AT)))
    early = read_keys(keys_file(retired_at="2026-11-23T00:08:59.999999Z"))
    assert refusal(RECEIPT, early).part == "key"


def test_a_file_of_keys_is_what_it_says() -> None:
    with pytest.raises(NotKeys, match="0000"):
        read_keys(keys_file(key="0" * 16))
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    verify(RECEIPT, read_keys(pem))
    with pytest.raises(NotKeys):
        read_keys(pem[:40] + pem[60:])


def test_the_command_says_what_is_proven_and_what_is_refused(tmp_path: Path) -> None:
    file, keys = tmp_path / "receipt.json", tmp_path / "keys.json"
    file.write_bytes(RECEIPT)
    keys.write_bytes(keys_file())
    arguments = ["receipt", "verify", str(file), "--key", str(keys)]
    good = CliRunner().invoke(main, arguments)
    assert good.exit_code == 0
    for words in ("As it was made", "by the link of a mail: exactly this text", "request q", "4 (reply.approve)"):
        assert words in good.output
    assert "\x1b" not in good.output
    file.write_bytes(altered(("parts", "decisions", 0, "by_id"), "d"))
    bad = CliRunner().invoke(main, arguments)
    assert bad.exit_code == 1
    assert "Refused (decisions)" in bad.output
    file.write_bytes(made(Ed25519PrivateKey.generate(), "\x1b]0;title\x07"))
    assert "\x1b" not in CliRunner().invoke(main, arguments).output
    keys.write_bytes(b"{}")
    assert "Nothing was checked" in CliRunner().invoke(main, arguments).output


def test_it_needs_no_database_no_settings_and_no_network(tmp_path: Path) -> None:
    (tmp_path / "receipt.json").write_bytes(RECEIPT)
    (tmp_path / "keys.json").write_bytes(keys_file())
    program = (
        "import sys, socket; socket.socket = None\n"
        "from agency.receipt_check import check; from pathlib import Path\n"
        "lines, holds = check(Path('receipt.json'), Path('keys.json'))\n"
        "assert holds, lines\n"
        "needless = ('sqlalchemy', 'flask', 'psycopg', 'redis', 'tenants.settings')\n"
        "print([name for name in needless if name in sys.modules])"
    )
    checkout = str(Path(__file__).resolve().parents[2])
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": checkout}, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "[]"), ran.stderr
