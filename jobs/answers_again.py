"""The slow sweep over published answers: fetched outside any transaction, kept a transaction at a time. Repeat-safe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from flask import Flask

from agency.replies import live_sweep
from channels.allowances import ask_for, notes_of_all
from channels.capabilities import OurAnswer, ReadsOurAnswers, SeenAnswer
from channels.errors import ChannelError
from channels.protocol import ConnectedAccount, Request
from channels.registry import able
from channels.transport import Speaks
from jobs.runner import budgets_of_app, transport_of
from tenants.logs import get_logger
from tenants.scope import Scope, in_scope

log = get_logger("answers_again")


class _Asked(NamedTuple):
    account: ConnectedAccount
    answers: Sequence[OurAnswer]
    requests: Sequence[Request]


def read_answers_again(app: Flask, agency_id: str, platform: str, transport: Speaks | None = None) -> None:
    """Read what is due of one agency's answers at a platform. What the budgets do not allow now stays due."""
    reader, scope = able(platform, ReadsOurAnswers), Scope(UUID(agency_id), None)  # type: ignore[type-abstract]
    with in_scope(app, scope):
        readings = live_sweep.due(platform)
    if reader is None:
        return
    asked: list[_Asked] = []
    seen: dict[UUID, SeenAnswer] = {}
    for account_id, answers in readings.answers.items():
        account = readings.accounts[account_id]
        try:
            asked.append(_Asked(account, answers, reader.plan_our_answers(account, answers)))
        except ChannelError as error:
            log.info("answers_not_asked", account_id=account.account_id, reason=error.code)
            seen |= {UUID(each.key): SeenAnswer(each.key, "unknown", reason=error.code) for each in answers}
    budgets = budgets_of_app(app)
    waits = budgets.ask("poll", [ask_for(one.requests, agency_id) for one in asked])
    granted = [one for one, wait in zip(asked, waits, strict=True) if wait == 0]
    exchanges = (transport or transport_of(app)).fetch([request for one in granted for request in one.requests])
    budgets.note(notes_of_all(exchanges))
    answered = iter(exchanges)
    for one in granted:
        own = [next(answered) for _ in one.requests]
        seen |= {UUID(each.key): each for each in reader.read_our_answers(one.account, one.answers, own)}
    with in_scope(app, scope):
        others = live_sweep.settle(list(seen.values()))
    for reply_id in others:
        with in_scope(app, scope):
            live_sweep.settle_one(seen[reply_id])
