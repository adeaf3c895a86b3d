"""The rules of versions in use, compiled once a process and kept while they are used."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final
from uuid import UUID

from sqlalchemy import select

from styleguides.compiled import CompiledRules, compile_rules
from styleguides.models import StyleGuideVersion
from styleguides.rules import rules_from_data
from tenants.database import db

MOST_IN_USE: Final = 2_000
"""Guides a process keeps; the one asked for longest ago goes. What a thousand take: docs/performance.md."""

_compiled: OrderedDict[UUID, CompiledRules] = OrderedDict()
_compiled_lock = threading.Lock()


def compiled_rules(version_id: UUID) -> CompiledRules:
    """The rules of a version that is or was in force; compiled once a process, as its words never change."""
    with _compiled_lock:
        known = _compiled.get(version_id)
        if known is not None:
            _compiled.move_to_end(version_id)
            return known
    data = db.session.execute(select(StyleGuideVersion.rules).where(StyleGuideVersion.id == version_id)).scalar_one()
    compiled = compile_rules(rules_from_data(data))
    with _compiled_lock:
        _compiled[version_id] = compiled
        while len(_compiled) > MOST_IN_USE:
            _compiled.popitem(last=False)
    return compiled
