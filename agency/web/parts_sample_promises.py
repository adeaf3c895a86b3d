# ruff: noqa: E501 - invented cases read best as tables, one case a line
"""Invented promises to customers, for `/parts` and its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from agency.replies.promise_lists import Promised
from agency.web.contexts_promises import PromiseLook, PromiseRow, PromisesPage
from agency.web.looks import BrandLook, Choice
from agency.web.promise_looks import promise_look
from tenants import clock

_TABS = (Choice("Still open", "?", True), Choice("Broken", "?state=broken"), Choice("Kept late", "?state=late"))


def promise_looks(url: str = "#") -> tuple[PromiseLook, ...]:
    """Broken, open, and each way of having ended."""
    now = clock.now()
    open_one = Promised(
        UUID(int=1),
        "do piątku, najpóźniej do godziny 17:00",
        now - timedelta(days=2),
        now + timedelta(hours=20),
        None,
        None,
        None,
    )
    ended = open_one._replace(ended="kept", ended_at=now, phrase="w ciągu 24 godzin")
    return (
        promise_look(open_one._replace(due_at=now - timedelta(hours=3), phrase="w ciągu 24 godzin"), url),
        promise_look(open_one, url, brand_zone="America/New_York"),
        promise_look(ended, url),
        promise_look(ended._replace(ended="late"), url),
        promise_look(ended._replace(ended="dropped", ended_by_name="Ana"), url),
        promise_look(ended._replace(ended="lapsed"), url),
    )


def promises(brands: Sequence[BrandLook], kind: str = "") -> PromisesPage:
    """The list; `none`, or `owner`: nothing to press."""
    looks = promise_looks("" if kind == "owner" else "#")[:2]
    row = PromiseRow(
        brand=brands[1],
        place="Google · review",
        customer="Anna Szczebrzeszyńska",
        words="Bardzo przepraszamy za zimne śniadanie. Sprawdzimy, co się stało, i odezwiemy się do Państwa w ciągu 24 godzin.",
        url="#",
        promise=looks[0],
    )
    rows = (row, replace(row, brand=brands[0], customer="<img src=x onerror=alert(1)>", promise=looks[1]))
    chosen = (Choice("All brands", "", True), *(Choice(one.name, "", value=one.id) for one in brands))
    return PromisesPage(
        title="Promises",
        counts="99+ broken, 99+ open in all",
        tabs=_TABS,
        brands=() if kind == "owner" else chosen,
        brands_url="#",
        rows=() if kind == "none" else rows,
        empty="No promise is broken.",
        next_url="" if kind == "none" else "#",
    )
