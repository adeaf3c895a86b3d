"""As which brand somebody's last words went out: after a switch the next page to send from says the brand once more."""

from __future__ import annotations

from uuid import UUID

from flask import session

_SENT_AS = "sent_as"
"""In the session, which a new sign-in empties: id and name of that brand."""


def remember_sent_as(brand_id: UUID, name: str) -> None:
    """These words just left for their client or customer, or were approved."""
    session[_SENT_AS] = [str(brand_id), name]


def sent_as_before(brand_id: UUID) -> str:
    """The other brand's name; empty where the last words were this brand's, or there are none."""
    last_id, name = session.get(_SENT_AS) or ("", "")
    return str(name) if last_id and last_id != str(brand_id) else ""
