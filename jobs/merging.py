"""A case that others are told within is brought in line with what came in for them."""

from __future__ import annotations

from uuid import UUID

from flask import Flask

from agency.inbox.merging import raise_main
from tenants.scope import Scope, in_scope


def raise_merged(app: Flask, agency_id: str, brand_id: str, conversation_id: str) -> None:
    """Work its row out afresh. Doing it twice, late or in any order changes nothing more."""
    with in_scope(app, Scope(UUID(agency_id), frozenset({UUID(brand_id)}))):
        raise_main(UUID(conversation_id))
