"""Setting messages apart, as a rule: who may begin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from agency.inbox.deeds import Case, Work
from tenants.permissions import Actor


@dataclass(frozen=True)
class Split(Work):
    """Set a run of messages apart as a case of its own. The case itself keeps what it was."""

    name: ClassVar[str] = "split"
    action: ClassVar[str] = "conversation.split"

    def values(self, actor: Actor, case: Case, now: datetime) -> dict[str, Any] | None:
        return None
