"""Secrets at rest: AES-256-GCM, bound to the place they lie in, so that a ciphertext moved elsewhere does not open.

Form 2, for what is a brand's: `2 | data key's id (16 bytes) | nonce (12 bytes) | ciphertext and tag`; the data key is
random and lies wrapped in the table `data_key` (`tenants.data_keys`). Form 1, for what belongs to no brand:
`1 | key id length | key id | nonce | ciphertext and tag`, by a key that a key-encryption key (setting
ONBRAND_CREDENTIAL_KEYS, newest first) gives by HKDF.
"""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tenants.settings import SettingsError

FORMAT = 1
DATA_KEY_FORMAT = 2
NONCE_BYTES = 12
KEY_BYTES = 32


class CannotOpen(Exception):
    """The sealed bytes are not from this place, not from these keys, or were changed."""


class KeyMissing(CannotOpen):
    """Sealed by a key this installation was not given: whoever runs it can mend that, nobody else."""


class Secret:
    """A secret in memory. Printing, logging or formatting it shows stars; `reveal()` is the one way to the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The plain value. Call it at the last moment before use."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("A Secret is never pickled.")


@dataclass(frozen=True)
class Place:
    """Where a sealed value lies. Two different places never open each other's values."""

    agency_id: UUID | str
    brand_id: UUID | str
    table: str
    row_id: UUID | str
    column: str

    def as_bytes(self, key_id: str) -> bytes:
        """What is authenticated beside the ciphertext."""
        return self._named("onbrand-1", key_id)

    def as_bytes_of(self, data_key_id: UUID) -> bytes:
        """The same beside what a data key seals."""
        return self._named("onbrand-2", str(data_key_id))

    @property
    def is_brands(self) -> bool:
        """Whether a brand owns it, and so its data key seals it."""
        return isinstance(self.agency_id, UUID)

    def _named(self, form: str, key_id: str) -> bytes:
        return "|".join(
            (form, str(self.agency_id), str(self.brand_id), self.table, str(self.row_id), self.column, key_id)
        ).encode()


@dataclass(frozen=True)
class SealedColumn:
    """A column that holds sealed bytes. `shared` stands for agency and brand where the row belongs to neither."""

    model: Any
    column: str
    shared: str | None = None

    def place_of(self, row: Any) -> Place:
        """Where this column of this row lies."""
        agency_id, brand_id = (self.shared, self.shared) if self.shared else (row.agency_id, row.brand_id)
        return Place(agency_id, brand_id, self.model.__tablename__, row.id, self.column)


SEALED_COLUMNS: list[SealedColumn] = []
"""Every sealed column there is, named beside its model; `tenants.key_rotation` walks them."""


def seals(model: Any, column: str, *, shared: str | None = None) -> SealedColumn:
    """Say, once and beside the model, that a column holds sealed bytes."""
    found = SealedColumn(model, column, shared)
    SEALED_COLUMNS.append(found)
    return found


class KeyRing:
    """The key-encryption keys of an installation, newest first."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        if not keys:
            raise SettingsError("ONBRAND_CREDENTIAL_KEYS is missing: `id:base64 of 32 bytes`, newest first.")
        self._keys = keys
        self.newest_id = next(iter(keys))

    @classmethod
    def from_setting(cls, value: str) -> KeyRing:
        """Parse `id:base64,id:base64`. Raises SettingsError when a key is not 32 bytes."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (p.strip() for p in value.split(","))):
            key_id, _, encoded = part.partition(":")
            try:
                key = base64.b64decode(encoded, altchars=b"-_", validate=True)
            except (ValueError, binascii.Error):
                key = b""
            if not 0 < len(key_id.encode()) < 256 or len(key) != KEY_BYTES:
                raise SettingsError(f"ONBRAND_CREDENTIAL_KEYS: key {key_id!r} is not `id:base64 of 32 bytes`.")
            keys[key_id] = key
        return cls(keys)

    def seal(self, value: str, place: Place) -> bytes:
        """Encrypt with the newest key for this place."""
        key_id, nonce = self.newest_id, os.urandom(NONCE_BYTES)
        body = AESGCM(self._data_key(key_id, place)).encrypt(nonce, value.encode(), place.as_bytes(key_id))
        return self.newest_start + nonce + body

    def open(self, sealed: bytes, place: Place) -> Secret:
        """Decrypt. Raises KeyMissing for a key that is not here, CannotOpen for bytes of another place, or changed."""
        try:
            if sealed[0] != FORMAT:
                raise CannotOpen("unknown sealed form")
            end = 2 + sealed[1]
            key_id = sealed[2:end].decode()
            if key_id not in self._keys:
                raise KeyMissing(f"sealed by the key {key_id!r}, which is not in ONBRAND_CREDENTIAL_KEYS")
            nonce, body = sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
            plain = AESGCM(self._data_key(key_id, place)).decrypt(nonce, body, place.as_bytes(key_id))
            return Secret(plain.decode())
        except (InvalidTag, IndexError, ValueError) as error:
            raise CannotOpen("sealed for another place, by another key, or changed") from error

    def wrap(self, data_key: bytes, data_key_id: UUID, place: Place) -> bytes:
        """Encrypt a brand's data key with the newest key, for that brand alone: `nonce | ciphertext and tag`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrapping(self.newest_id).encrypt(
            nonce, data_key, _wrap_place(place, data_key_id, self.newest_id)
        )

    def unwrap(self, wrapped: bytes, key_id: str, data_key_id: UUID, place: Place) -> bytes:
        """Raises KeyMissing and CannotOpen, as `open`."""
        if key_id not in self._keys:
            raise KeyMissing(f"wrapped by the key {key_id!r}, which is not in ONBRAND_CREDENTIAL_KEYS")
        nonce, body = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._wrapping(key_id).decrypt(nonce, body, _wrap_place(place, data_key_id, key_id))
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("a data key of another brand, by another key, or changed") from error

    def _wrapping(self, key_id: str) -> AESGCM:
        return AESGCM(_derived(self._keys[key_id], b"onbrand data key wrapping"))

    def fingerprints(self) -> dict[str, str]:
        """Each key's name and something that tells it from every other key and nothing about it."""
        return {key_id: _derived(key, b"onbrand key fingerprint")[:16].hex() for key_id, key in self._keys.items()}

    @property
    def newest_start(self) -> bytes:
        """What everything sealed with the newest key begins with."""
        name = self.newest_id.encode()
        return bytes([FORMAT, len(name)]) + name

    def _data_key(self, key_id: str, place: Place) -> bytes:
        info = f"onbrand data key|{place.agency_id}|{place.brand_id}".encode()
        return _derived(self._keys[key_id], info)


def new_key() -> bytes:
    """A random data key."""
    return AESGCM.generate_key(KEY_BYTES * 8)


def data_key_id_of(sealed: bytes) -> UUID | None:
    """Which data key sealed this; None for the other form. Raises CannotOpen for bytes too short to say."""
    if sealed[:1] != bytes([DATA_KEY_FORMAT]):
        return None
    if len(sealed) < 17:
        raise CannotOpen("cut short")
    return UUID(bytes=bytes(sealed[1:17]))


def seal_with(data_key_id: UUID, data_key: bytes, value: str, place: Place) -> bytes:
    """Encrypt with a brand's data key for this place."""
    nonce = os.urandom(NONCE_BYTES)
    body = AESGCM(data_key).encrypt(nonce, value.encode(), place.as_bytes_of(data_key_id))
    return bytes([DATA_KEY_FORMAT]) + data_key_id.bytes + nonce + body


def open_with(data_key: bytes, sealed: bytes, place: Place) -> Secret:
    """Decrypt what `seal_with` gave. Raises CannotOpen for another place, another key, or changed bytes."""
    key_id = data_key_id_of(sealed)
    if key_id is None:
        raise CannotOpen("unknown sealed form")
    nonce, body = sealed[17 : 17 + NONCE_BYTES], sealed[17 + NONCE_BYTES :]
    try:
        return Secret(AESGCM(data_key).decrypt(nonce, body, place.as_bytes_of(key_id)).decode())
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("sealed for another place, by another key, or changed") from error


def _wrap_place(place: Place, data_key_id: UUID, key_id: str) -> bytes:
    return f"onbrand-data-key|{place.agency_id}|{place.brand_id}|{data_key_id}|{key_id}".encode()


def purpose_key(root_secret: str, purpose: str) -> bytes:
    """One key per purpose from the root secret, so that a token minted for one never passes for another."""
    return _derived(root_secret.encode(), f"onbrand|{purpose}".encode())


def _derived(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)
