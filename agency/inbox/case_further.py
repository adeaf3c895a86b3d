"""What else is read with a case, in the same statement: a line for each, whose select stands in a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import func

from agency.inbox.comeback_view import comebacks_beside
from agency.inbox.incidents.beside import incident_beside
from agency.inbox.loops.reading import loops_beside

FURTHER: Final[dict[str, Callable[[Any], Any]]] = {
    "comebacks": comebacks_beside,
    "loops": loops_beside,
    "incidents": incident_beside,
}
"""By its name on the view (`ConversationView.further`): a select of the rows, of the conversation with this id."""


def further_beside(this_id: Any, as_list: Callable[[Any], Any]) -> Any:
    """One JSON object of them all; what has no rows is null there."""
    parts = [one for name, select_of in FURTHER.items() for one in (name, as_list(select_of(this_id)))]
    return func.jsonb_build_object(*parts)
