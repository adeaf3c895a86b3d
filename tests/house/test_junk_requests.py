"""Junk in every query and form field of the pages that is read, as nobody honest sends it."""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from agency.web.paths import is_page_path
from tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.factories import Factory
from tests.house.test_routes import Asker, World, address_of, policy_of, rules, world  # noqa: F401
from tests.steady import is_steady, share_of

JUNK = (
    "\x00",
    "9" * 30,
    "9" * 5000,
    "٣",
    "//[",
    "x" * 20_000,
    "\r\nSet-Cookie: a=b",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
)
IN_TURN = 9
STEADY_SHARE = 9
"""In `.ci/run` a name that meets all kinds meets one in so many, others than the name before."""


@pytest.fixture
def make(whole_app: Flask) -> Factory:
    return Factory(whole_app)


OURS = re.compile(re.escape(f"{Path(__file__).resolve().parents[2]}/") + r"(?!tests/|\.venv/|.*/site-packages/)")
NUMBERED = re.compile(r"(?<=[_.])\d+$")
UNREAD, WALKED, ALL_KINDS = "nobody_reads_this", "walked over", "all kinds"


class Noting(ImmutableMultiDict[str, str]):
    """A query or form that notes which of its fields are asked for, and in which file of ours: junk in one that nobody
    reads changes nothing. Of a field that is only walked over with all others nobody asks what it says.
    """

    read: ClassVar[defaultdict[str, set[str]]] = defaultdict(set)
    walked: ClassVar[set[str]] = set()

    @classmethod
    def _walk(cls, keys: Iterable[object]) -> None:
        cls.walked |= {NUMBERED.sub("0", str(key)) for key in keys}

    @classmethod
    def _note(cls, *keys: object) -> None:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and not OURS.match(frame.f_code.co_filename):
            frame = frame.f_back
        for key in keys:
            # Thirty rows of a form are read alike.
            cls.read[NUMBERED.sub("0", str(key))].add(frame.f_code.co_filename if frame else "")

    def __getitem__(self, key: str) -> str:
        self._note(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return super().__contains__(key)

    def get(self, key: str, *rest: Any, **named: Any) -> Any:
        self._note(key)
        return super().get(key, *rest, **named)

    def getlist(self, key: str, *rest: Any, **named: Any) -> Any:
        self._note(key)
        return super().getlist(key, *rest, **named)

    def __iter__(self) -> Iterator[str]:
        self._walk(super().keys())
        return super().__iter__()

    def items(self, *rest: Any, **named: Any) -> Any:
        self._walk(super().keys())
        return super().items(*rest, **named)

    def lists(self) -> Any:
        self._walk(super().keys())
        return super().lists()

    def to_dict(self, *rest: Any, **named: Any) -> Any:
        self._walk(super().keys())
        return super().to_dict(*rest, **named)


def page_rules(app: Flask, *, safe: bool) -> Iterator[tuple[Rule, str]]:
    """Every rule of the pages that reads, or that changes something."""
    for rule, method in rules(app):
        if is_page_path(rule.rule) and not rule.endpoint.startswith(("parts.", "files.")) and (method == "GET") == safe:
            yield rule, method


DEEDS = {
    "owner.decide": "approve",
    "guide_proposals.decide": "approve",
    "guide_rules.change": "save",
    "guide.save": "save",
}
"""The button that goes furthest, where the form of all others ends early."""
ASKS_FOR_A_CODE = {"second_factor.new_recovery_codes", "second_factor.turn_off"}
"""A wrong code is refused with 403, as everything else here must not be."""


@dataclass
class Junk:
    """Asks every page with junk in one field after the other, as somebody who may; keeps which fields were read and
    what was our mistake.
    """

    world: World
    wrong: list[tuple[str, str, str, int]] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    turns: Counter[tuple[str, str]] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    askers: dict[Role, Asker] = field(default_factory=dict)

    def everywhere(self, rule: Rule, ask: Callable[[Asker, dict[str, str]], TestResponse]) -> None:
        """Also in the fields that are read only after others were junk. Fields that met all junk where they were first
        read are asked together in `.ci/run`, where one may end a request before the next is read.
        """
        own = inspect.getsourcefile(inspect.unwrap(self.world.app.view_functions[rule.endpoint])) or ""
        asker, statuses = self.asker_for(rule), set()
        Noting.read.clear()
        Noting.walked.clear()
        known, waiting, together = {"csrf_token"}, [UNREAD], dict[str, str]()
        while waiting or together:
            if waiting:
                name = waiting.pop()
                known.add(name)
                was_met, kinds = self.kinds_for(name, own)
                if was_met and is_steady():
                    together[name] = kinds[0]
                    continue
                asked = [{name: junk} for junk in kinds]
            else:
                asked, together = [together], {}
            for fields in asked:
                self.world.app.extensions["onbrand_redis"].flushdb()  # tries are counted there
                status = ask(asker, fields).status_code
                statuses.add(status)
                if status >= 500:
                    self.wrong.append((rule.rule, str(list(fields)), str(fields)[:200], status))
            waiting += sorted((Noting.read.keys() | Noting.walked) - known - set(waiting))
        self.read |= known
        if statuses == {403} and rule.endpoint not in ASKS_FOR_A_CODE:
            self.wrong.append((rule.rule, "every field", "never came further", 403))

    def asker_for(self, rule: Rule) -> Asker:
        policy = policy_of(rule)
        for role in (Role.AGENCY_ADMIN, Role.CLIENT_OWNER):
            if not isinstance(policy, Permission) or policy in ROLE_PERMISSIONS[role]:
                break
        if role not in self.askers:
            self.askers[role] = Asker(self.world, self.world.agency.actors[role.value])
        return self.askers[role]

    def kinds_for(self, name: str, own: str) -> tuple[bool, tuple[str, ...]]:
        """Whether its readers met all junk before, and what it meets now.

        A name meets all junk at the first page that asks for it. At each further one it meets the next one where the
        page's own file reads it, and the next one alone where a file for all pages does (the brand chosen, the queue's
        filters), which met all of it when it first read that name. One that is only walked over with all others meets
        one kind, in turn.
        """
        if name == UNREAD:
            return False, JUNK[:1]
        files = Noting.read.get(name, set())
        if not files:
            turn, self.met[WALKED] = self.met[WALKED], self.met[WALKED] + 1
            return True, (JUNK[turn % len(JUNK)],)
        is_own, known = own in files, all(self.turns[file, name] for file in files)
        turn, self.met[name] = self.met[name], self.met[name] + 1
        for file in files:
            self.turns[file, name] += 1
        if is_own and turn:
            return False, JUNK[turn % IN_TURN :: IN_TURN]
        if known and not is_own:
            return True, (JUNK[max(self.turns[file, name] for file in files) % len(JUNK)],)
        self.met[ALL_KINDS] += 1
        return False, tuple(share_of(JUNK, self.met[ALL_KINDS], of=STEADY_SHARE))


@pytest.fixture
def junk(world: World, monkeypatch: pytest.MonkeyPatch) -> Junk:  # noqa: F811
    monkeypatch.setattr(world.app.request_class, "parameter_storage_class", Noting)
    return Junk(world)


@pytest.mark.slow
def test_junk_in_every_query_of_every_page(world: World, junk: Junk) -> None:  # noqa: F811
    for rule, _method in page_rules(world.app, safe=True):
        address = address_of(world.app, rule, world.ids(world.mine))

        def ask(asker: Asker, fields: dict[str, str], address: str = address) -> TestResponse:
            given = [(name, one) for name, junk in fields.items() for one in (junk[:5000], "second")]
            return asker.ask("GET", f"{address}?{urlencode(given)}")

        junk.everywhere(rule, ask)
    assert junk.wrong == []
    assert {"q", "view", "brand", "after", "next", "version", "older", "newer", "tab"} <= junk.read


@pytest.mark.slow
def test_junk_in_every_field_of_every_form(world: World, junk: Junk) -> None:  # noqa: F811
    ids = world.ids(world.mine) | {"person_id": str(world.actors["light"].user_id)}
    for rule, method in page_rules(world.app, safe=False):
        address = address_of(world.app, rule, ids)
        deed = {"do": DEEDS[rule.endpoint]} if rule.endpoint in DEEDS else {}

        def ask(
            asker: Asker, fields: dict[str, str], method: str = method, address: str = address, deed: Any = deed
        ) -> TestResponse:
            asker.browser.forget_messages()
            return asker.ask(method, address, deed | {name: [junk, "second"] for name, junk in fields.items()})

        junk.everywhere(rule, ask)
    assert junk.wrong == []
    assert {"next", "text", "binding", "until", "text_hash", "email", "password", "based_on", "offered"} <= junk.read
