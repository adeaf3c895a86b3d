"""The file of a signed receipt, and whether one is as it was made: docs/receipt.md says the form.

Needs no database, no settings and nobody's secret: whoever has the file and the public key can tell.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from agency.replies.words import hash_of

FORM: Final = "onbrand-receipt-2"
KEYS_FORM: Final = "onbrand-receipt-keys-1"
PARTS: Final = ("reply", "customer", "texts", "decisions", "attempts", "standing", "after", "record")
PARTS_OF: Final = {FORM: PARTS, "onbrand-receipt-1": tuple(part for part in PARTS if part != "after")}
"""By form: an older one holds as long as it is kept."""
MOST_BYTES: Final = 8 * 1024 * 1024
"""A larger file is not read: the longest receipts have a few hundred thousand bytes."""
SALT_BYTES: Final = 16
WORDS: Final = "words_sha256"

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SHAPE: Final = {"head": dict, "parts": dict, "signature": str, "words": dict}
_HEAD: Final = {"form": str, "installation": str, "key": str, "made_at": str, "parts": dict}


class NotAsMade(Exception):
    """A receipt that does not hold. `part` names what is wrong, the message says it in a sentence."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


class NotKeys(Exception):
    """What was given as the file of public keys is none."""


@dataclass(frozen=True)
class PublicKey:
    """A key of an installation, known by its id; `retired_at` is from when on it signed nothing."""

    key: Ed25519PublicKey
    retired_at: str | None = None


@dataclass(frozen=True)
class Checked:
    """A receipt that holds: its parts with their words put back, and the places whose words are not in the file."""

    head: Mapping[str, Any]
    parts: Mapping[str, Any]
    left_out: tuple[str, ...]


@dataclass
class Words:
    """Gathers the words of a receipt that is being made: the parts hold salted hashes, the words lie beside them."""

    beside: dict[str, dict[str, str]] = field(default_factory=dict)

    def hold(self, words: str | None, *, shown: bool = True) -> dict[str, str] | None:
        """What stands in a part for these words; where they are not `shown` they are held and not given."""
        if words is None:
            return None
        salt = os.urandom(SALT_BYTES).hex()
        held = _salted(salt, words)
        if shown:
            self.beside[held] = {"salt": salt, "text": words}
        return {WORDS: held}


def key_id_of(public: bytes) -> str:
    """How a public key of 32 bytes is called."""
    return hashlib.sha256(public).hexdigest()[:16]


def canonical(value: Any) -> bytes:
    """JSON after RFC 8785, for what receipts hold: names are ASCII, numbers are whole."""
    said = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return said.encode("utf-8", "surrogatepass")


def sign(private: Ed25519PrivateKey, installation: str, made_at: str, parts: Mapping[str, Any], words: Words) -> bytes:
    """The bytes of the file."""
    head = {
        "form": FORM,
        "installation": installation,
        "key": key_id_of(private.public_key().public_bytes_raw()),
        "made_at": made_at,
        "parts": {name: _hash(parts[name]) for name in PARTS},
    }
    signature = private.sign(canonical(head)).hex()
    return canonical({"head": head, "parts": dict(parts), "signature": signature, "words": words.beside}) + b"\n"


def read_keys(data: bytes) -> dict[str, PublicKey]:
    """The keys of a file as `/.well-known/onbrand-receipt-keys.json` gives it, or of one in PEM. Raises NotKeys."""
    if data.lstrip().startswith(b"-----BEGIN"):
        try:
            key = load_pem_public_key(data)
        except ValueError as error:
            raise NotKeys("The file of keys cannot be read: it was cut or altered.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise NotKeys("The file of keys holds a key of another kind; receipts are signed with Ed25519.")
        return {key_id_of(key.public_bytes_raw()): PublicKey(key)}
    try:
        told = json.loads(data)
        if told["form"] != KEYS_FORM:
            raise NotKeys("The file of keys is of a form this program does not know.")
        found = {}
        for one in told["keys"]:
            raw, retired_at = bytes.fromhex(one["public_key"]), one["retired_at"]
            if one["key"] != key_id_of(raw) or not isinstance(retired_at, str | None):
                raise NotKeys(f"The file of keys was altered: {_plain(str(one['key']))} is not the key it holds there.")
            found[one["key"]] = PublicKey(Ed25519PublicKey.from_public_bytes(raw), retired_at)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotKeys("The file of keys cannot be read: it was cut or altered, or is something else.") from error
    return found


def verify(data: bytes, keys: Mapping[str, PublicKey]) -> Checked:
    """Check a receipt against public keys, part by part. Raises NotAsMade at the first part that does not hold."""
    told = _read(data)
    head, parts, words = told["head"], told["parts"], told["words"]
    _check_head(head, told["signature"], keys)
    wanted = PARTS_OF[head["form"]]
    for name in wanted:
        if name not in parts:
            raise NotAsMade(name, f"The part `{name}` is missing.")
        if _hash(parts[name]) != head["parts"][name]:
            raise NotAsMade(name, f"The part `{name}` is not as it was signed: it was altered.")
    if set(parts) != set(wanted):
        raise NotAsMade("parts", f"A part was added that nobody signed: {_names(set(parts) - set(wanted))}.")
    places = dict(_places(parts))
    for held, beside in words.items():
        _check_words(held, beside, places)
    if canonical(told) + b"\n" != data:
        raise NotAsMade(
            "layout", "What it says is as signed, but its bytes are not those that were given: it was written anew."
        )
    _check_sent_words(parts, words)
    left_out = tuple(sorted(place for held, place in places.items() if held not in words))
    return Checked(head, _with_words(parts, words), left_out)


def _read(data: bytes) -> dict[str, Any]:
    if len(data) > MOST_BYTES:
        raise NotAsMade("file", "The file is larger than any receipt; it was not read.")
    try:
        told = json.loads(data.decode("utf-8"))
        canonical(told)
    except UnicodeDecodeError as error:
        raise NotAsMade("file", f"Byte {error.start + 1} of the file is no text: it was altered.") from error
    except json.JSONDecodeError as error:
        raise NotAsMade("file", f"The file breaks off or was altered near character {error.pos + 1}.") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise NotAsMade(
            "file", "The file holds what no receipt holds: it was altered, or is something else."
        ) from error
    _check_shape("file", told, _SHAPE)
    _check_shape("head", told["head"], _HEAD)
    return dict(told)


def _check_shape(part: str, told: Any, shape: Mapping[str, type]) -> None:
    if not isinstance(told, dict):
        raise NotAsMade(part, "The file is not a receipt.")
    for name in shape:
        if name not in told:
            raise NotAsMade(part, f"The {part} has no `{name}`: it was altered, or is something else.")
        if not isinstance(told[name], shape[name]):
            raise NotAsMade(part, f"`{name}` in the {part} is of another kind than receipts have: it was altered.")
    if len(told) != len(shape):
        raise NotAsMade(part, f"The {part} has what no receipt has: {_names(set(told) - set(shape))}.")


def _check_head(head: Mapping[str, Any], signature: str, keys: Mapping[str, PublicKey]) -> None:
    if head["form"] not in PARTS_OF:
        raise NotAsMade("head", f"The form {_plain(head['form'])} is not one this program knows, or was altered.")
    key = keys.get(head["key"])
    if key is None:
        raise NotAsMade(
            "key",
            f"It names the key {_plain(head['key'])} of {_plain(head['installation'])}, and the file of keys holds "
            f"{_names(keys)}: it is of another installation, made since the file of keys was fetched, or altered.",
        )
    try:
        if re.fullmatch(r"[0-9a-f]{128}", signature) is None:
            raise InvalidSignature
        key.key.verify(bytes.fromhex(signature), canonical(head))
    except InvalidSignature as error:
        raise NotAsMade(
            "head",
            f"The signature is not one the key {_plain(head['key'])} gave for this head: one of them was altered.",
        ) from error
    if set(head["parts"]) != set(PARTS_OF[head["form"]]):
        raise NotAsMade("head", "The head names other parts than this form has.")
    if key.retired_at is not None and _moment(head["made_at"]) > _moment(key.retired_at):
        raise NotAsMade(
            "key", f"It says it was made at {_plain(head['made_at'])}, when the key {head['key']} had been retired."
        )


def _check_words(held: str, beside: Any, places: Mapping[str, str]) -> None:
    place = places.get(held)
    if place is None:
        raise NotAsMade("words", "There are words in the file that no part names: they were added or altered.")
    salt, text = (beside.get("salt"), beside.get("text")) if isinstance(beside, dict) else (None, None)
    is_whole = isinstance(salt, str) and isinstance(text, str) and len(beside) == 2
    if not is_whole or _salted(str(salt), str(text)) != held:
        raise NotAsMade(place, f"The words of `{place}` are not those that were signed: they were altered.")


def _check_sent_words(parts: Mapping[str, Any], words: Mapping[str, Any]) -> None:
    """What our texts say must be what their open hash says, which decisions are bound to."""
    try:
        for number, text in enumerate(parts["texts"]):
            beside = words.get(text["text"][WORDS])
            if beside is not None and hash_of(beside["text"]) != text["text_hash"]:
                raise NotAsMade("texts", f"The words of `texts.{number}` have another SHA-256 than it says.")
    except (TypeError, KeyError, ValueError) as error:
        raise NotAsMade("texts", "The texts are not as this form has them, though they are signed so.") from error


def _places(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every hash of words with the path where it stands."""
    if isinstance(value, dict):
        if set(value) == {WORDS}:
            yield str(value[WORDS]), path
            return
        for name, one in value.items():
            yield from _places(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _places(one, f"{path}.{number}")


def _with_words(value: Any, words: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        if set(value) == {WORDS}:
            beside = words.get(value[WORDS])
            return None if beside is None else beside["text"]
        return {name: _with_words(one, words) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_words(one, words) for one in value]
    return value


def _salted(salt: str, words: str) -> str:
    return hashlib.sha256(f"{salt}:{words}".encode("utf-8", "surrogatepass")).hexdigest()


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _moment(said: str) -> datetime:
    try:
        return datetime.strptime(said, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError as error:
        raise NotAsMade("head", f"{_plain(said)} is not a time as receipts write it.") from error


def _names(names: Any) -> str:
    return ", ".join(_plain(str(name)) for name in sorted(names)[:5]) or "none"


def _plain(said: str) -> str:
    """What somebody else wrote, so that it does nothing to a terminal."""
    return plain(said)[:100]


def plain(said: str) -> str:
    """Words of a stranger's file without control and format characters."""
    return "".join(one if one.isprintable() else "�" for one in said)
