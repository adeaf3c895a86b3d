"""Every action that is put on record anywhere has its words, in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from agency.inbox.moderation import DEED_PERMISSIONS
from agency.inbox.team_models import ABSENCE_STATES
from agency.replies.customer_promises import PRESSES
from agency.replies.lifecycle import LIFECYCLE
from agency.web.record_words import AREAS, DEEDS, MOVED, action_words, actions_known
from styleguides.guides import VERSION_MOVES
from tenants.languages import LANGUAGES

CHECKOUT = Path(__file__).resolve().parents[2]
RECORDING = {"record", "record_many", "record_each", "record_in", "_record", "_changed", "_gather"}
MAY_RECORD = re.compile(rf"\b({'|'.join(RECORDING)})\s*\(|\b(action|WORDS_ERASED)\s*:")
"""Files without any of it need not be read as sources."""
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
MADE_OF_PARTS = {
    "approval_policy.": {"draft", "discard", "propose", "answer", "call_back", "in_force"},
    "promise.": {*PRESSES},
    "reply.": {*LIFECYCLE.moves},
    "reply.start_": {"edit", "withdraw"},
    "conversation.": {"label", "unlabel"},
    "message.": {*DEED_PERMISSIONS, *(f"{d}_{s}" for d in DEED_PERMISSIONS for s in ("done", "refused", "unknown"))},
    "history.": {"done", "failed"},
    "saved_reply.": {"created", "changed", "archived", "restored"},
    "fact.": {"archived", "restored"},
    "team.absence_": {*ABSENCE_STATES},
    "style_guide.": {*VERSION_MOVES.moves, "propose", "call_back", "answer"},
}
"""What follows the beginning of an action that the code puts together."""


@cache
def recorded() -> frozenset[str]:
    """Actions named in calls that record, and by deeds on cases."""
    return frozenset(_recorded())


def _recorded() -> Iterator[str]:
    for folder in ("agency", "tenants", "jobs", "channels", "styleguides"):
        for file in (CHECKOUT / folder).rglob("*.py"):
            source = file.read_text("utf-8")
            for node in ast.walk(ast.parse(source)) if MAY_RECORD.search(source) else ():
                if isinstance(node, ast.Call) and _called(node) in RECORDING:
                    for given in node.args[:4]:
                        yield from _in(given)
                elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") in ("action", "WORDS_ERASED"):
                    yield from _in(node.value or node.target)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _in(given: ast.AST) -> Iterator[str]:
    if isinstance(given, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else "\0" for part in given.values]
        begins = "".join(parts).split("\0")[0]
        if ACTION.fullmatch(begins + "x"):
            yield from (begins + rest for rest in MADE_OF_PARTS[begins])
        return
    if isinstance(given, ast.Constant) and isinstance(given.value, str) and ACTION.fullmatch(given.value):
        yield given.value
    for child in ast.iter_child_nodes(given):
        yield from _in(child)


def test_every_action_has_words() -> None:
    found = recorded()
    assert {"reply.approve", "conversation.close", "person.joined", "message.hide_done", "record.words_erased"} <= found
    assert found == actions_known(), "Name it in agency/web/record_words.py, and its words in the catalogues."
    deeds = {str(deed).replace(" ", "_") for deed in DEEDS} | MOVED
    assert {one.split(".")[1] for one in found} <= deeds
    assert {one.split(".")[0] for one in found} <= set(AREAS)


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_the_words_are_translated(language: str, whole_app: Flask) -> None:
    with whole_app.test_request_context(), force_locale(language):
        same = {one for one in recorded() if action_words(one).split(": ")[-1] == one.split(".")[1].replace("_", " ")}
    assert same <= {"message.like"}, "they stand there in English"
