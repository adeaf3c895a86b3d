"""What a write of the Graph API did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agency.sandbox.store import Item

SUCCESS: dict[str, Any] = {"success": True}


@dataclass(frozen=True)
class Written:
    """The ledger's words for it, the answer, and the item made, if one was. `facts` go into the ledger, too.

    Not `is_applied`: it is answered as if it were done, and is not.
    """

    action: str
    target: str
    body: dict[str, Any]
    text: str | None = None
    made: Item | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    is_applied: bool = True
