"""Where every chain of the record ends, told outside the database: a tail that is cut off shows by it.

A file a day in the folder ONBRAND_AUDIT_HEADS, a line of JSON a chain, signed so that no other can be put in its
place without the root secret. Copied elsewhere, the folder proves the record against whoever owns this machine, too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from tenants.audit_chain import Head
from tenants.sealed import purpose_key
from tenants.settings import Settings

PURPOSE: Final = "audit heads"
FILES: Final = "heads-*.jsonl"

Chain = tuple[UUID, UUID | None]
"""Agency and brand, None for the agency's own."""


class HeadsAltered(Exception):
    """A line of a file of heads is not as this installation wrote it; the message names file and line."""


@dataclass(frozen=True)
class HeadsFolder:
    """The folder of this installation, and the key its lines are signed with."""

    path: Path
    key: bytes

    @classmethod
    def of(cls, settings: Settings) -> HeadsFolder:
        """As the settings say; in ONBRAND_HOME where they say nothing."""
        given = settings.onbrand_audit_heads
        path = Path(given) if given else Path(settings.onbrand_home) / "audit-heads"
        return cls(path, purpose_key(settings.onbrand_secret_key, PURPOSE))

    def add(self, heads: Iterable[tuple[Chain, Head]], now: datetime) -> list[tuple[Chain, Head]]:
        """Add to the day's file what it does not say yet; returns that. A chain that rests has one line a day."""
        self.path.mkdir(parents=True, exist_ok=True)
        file = self.path / f"heads-{now:%Y-%m-%d}.jsonl"
        told = set(self._read([file])) if file.exists() else set()
        new = [(chain, head) for chain, head in heads if (chain, head) not in told]
        if new:
            lines = "".join(self._signed(chain, head, now) for chain, head in new)
            with file.open("a", encoding="utf-8") as out:
                out.write(lines)
        return new

    def read(self, files: Iterable[Path] | None = None) -> dict[UUID, dict[UUID | None, dict[int, bytes]]]:
        """By agency and chain, the hash of each line told; of the whole folder where no files are given.

        Raises HeadsAltered, OSError.
        """
        found: dict[UUID, dict[UUID | None, dict[int, bytes]]] = {}
        for (agency_id, brand_id), head in self._read(sorted(self.path.glob(FILES)) if files is None else files):
            told = found.setdefault(agency_id, {}).setdefault(brand_id, {})
            if told.setdefault(head.number, head.hash) != head.hash:
                raise HeadsAltered(f"Line {head.number} of the chain {brand_id or agency_id} is told in two ways.")
        return found

    def _read(self, files: Iterable[Path]) -> Iterable[tuple[Chain, Head]]:
        for file in files:
            with file.open(encoding="utf-8", errors="replace") as lines:
                for number, line in enumerate(lines, 1):
                    try:
                        told = json.loads(line)
                        right = hmac.compare_digest(self._signature(told), str(told["signature"]))
                        chain = (UUID(told["agency"]), UUID(told["brand"]) if told["brand"] else None)
                        head = Head(int(told["number"]), bytes.fromhex(told["hash"]))
                    except (ValueError, TypeError, KeyError, AttributeError):
                        right = False
                    if not right:
                        raise HeadsAltered(f"Line {number} of {file.name} is not as this installation wrote it.")
                    yield chain, head

    def _signed(self, chain: Chain, head: Head, now: datetime) -> str:
        agency_id, brand_id = chain
        told: dict[str, Any] = {
            "agency": str(agency_id),
            "brand": str(brand_id) if brand_id else None,
            "number": head.number,
            "hash": head.hash.hex(),
            "at": now.isoformat(timespec="seconds"),
        }
        return json.dumps({**told, "signature": self._signature(told)}) + "\n"

    def _signature(self, told: dict[str, Any]) -> str:
        said = json.dumps([told[name] for name in ("agency", "brand", "number", "hash", "at")])
        return hmac.new(self.key, said.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
