"""A conversation with a draft in it, and a platform whose answers a test chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from agency.replies import desk, looking, publishing, queries
from agency.replies.queries import ReplyRow
from channels.errors import ChannelError
from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from tenants import clock
from tenants.database import db
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.replies.handing import EARLY, LATE, Moment, write_week


@dataclass
class Case:
    """One conversation of the first brand and what is done to it."""

    agency: Agency
    conversation_id: UUID
    superuser: Engine

    def draft(self, words: str = "Thank you, we are looking into it.", actor: str = "staff") -> UUID:
        with self.agency.entered(self.agency.actors[actor]):
            return desk.start_draft(self.agency.actors[actor], self.conversation_id, words).id

    def do(self, name: str, reply_id: UUID, *arguments: Any, actor: str = "staff") -> None:
        with self.agency.entered(self.agency.actors[actor]):
            getattr(desk, name)(self.agency.actors[actor], reply_id, *arguments)

    def decide(self, name: str, reply_id: UUID, *words: Any, actor: str = "client_owner", shown: str = "") -> None:
        """A decision about the words as they are now, or about those whose hash is `shown`."""
        arguments = [words[0]] if name == "change_and_approve" else [name, *words]
        deed = "change_and_approve" if name == "change_and_approve" else "say_no"
        self.do(deed, reply_id, *arguments, shown or self.row(reply_id).text_hash, actor=actor)

    def approved(self, words: str = "Thank you, we are looking into it.") -> UUID:
        reply_id = self.draft(words)
        self.do("submit", reply_id)
        self.do("approve", reply_id, self.row(reply_id).text_hash, actor="client_owner")
        return reply_id

    def row(self, reply_id: UUID) -> ReplyRow:
        with self.agency.entered():
            return queries.get_reply(reply_id)

    def receipt(self, reply_id: UUID) -> queries.Receipt:
        with self.agency.entered():
            receipt = queries.receipt(reply_id)
            db.session.expunge_all()
            return receipt

    def publish(self, reply_id: UUID, transport: ScriptedTransport) -> str:
        return publishing.publish(self.agency.app, self.agency.scope, reply_id, transport)

    def look(self, reply_id: UUID, transport: ScriptedTransport, *, at_once: bool = False) -> str:
        """A settle time after the look before, or at once."""
        if not at_once:
            settings = self.agency.app.extensions["onbrand_settings"]
            self._pass_time_of_looks(settings.settle_seconds)
        return looking.look(self.agency.app, self.agency.scope, reply_id, transport)

    def pass_time(self, seconds: int) -> None:
        """Move what this reply's clocks compare with into the past: the database's clock cannot be set."""
        with self.superuser.begin() as connection:
            connection.execute(
                text(
                    "update reply set sent_at = sent_at - make_interval(secs => :s),"
                    " lease_until = lease_until - make_interval(secs => :s),"
                    " next_try_at = next_try_at - make_interval(secs => :s) where conversation_id = :id"
                ),
                {"s": seconds, "id": self.conversation_id},
            )
            connection.execute(
                text(
                    "update outbox_entry set run_at = run_at - make_interval(secs => :s) where ids ->> 'reply_id' in"
                    " (select id::text from reply where conversation_id = :id)"
                ),
                {"s": seconds, "id": self.conversation_id},
            )

        self._pass_time_of_looks(seconds)

    def _pass_time_of_looks(self, seconds: int) -> None:
        with self.superuser.begin() as connection:
            connection.execute(
                text("update publish_attempt set created_at = created_at - make_interval(secs => :s)"), {"s": seconds}
            )

    def promises(self, job: str) -> int:
        """Open promises of a kind."""
        with self.superuser.begin() as connection:
            return connection.execute(
                text("select count(*) from outbox_entry where job_name = :job and done_at is null"), {"job": job}
            ).scalar_one()


@pytest.fixture
def case(make: Factory, ana: Agency, superuser: Engine) -> Case:
    """A Facebook comment nobody holds yet."""
    return Case(ana, make.conversation(ana), superuser)


@pytest.fixture
def platform() -> Callable[..., ScriptedTransport]:
    """Make a platform from a function of the request."""
    return ScriptedTransport


class Page:
    """A Facebook page in memory: what was posted under the customer's comment, and how it answers writes."""

    first_id = 9000

    def __init__(self, page_id: str = "") -> None:
        self.page_id = page_id
        self.posted: list[dict[str, Any]] = []
        self.visible = True
        self.answer: Answer | ChannelError | None = None
        self.accepts = True
        self.transport = ScriptedTransport(self._answer)

    def _answer(self, request: Request) -> Answer | ChannelError:
        if request.method == "GET":
            shown = self.posted if self.visible else []
            if request.path.endswith("/comments"):
                return json_answer({"data": shown})
            return json_answer({"id": request.path.rsplit("/", 1)[-1], "comment_count": len(shown)})
        assert request.form is not None
        if self.accepts:
            number = len(self.posted) + 1
            self.posted.append(
                {
                    "id": str(self.first_id + number),
                    "message": request.form["message"],
                    "from": {"id": self.page_id, "name": "Page"},
                    "created_time": "2099-01-01T00:00:00+0000",
                }
            )
        if self.answer is not None:
            return self.answer
        return json_answer({"id": self.posted[-1]["id"]})


@pytest.fixture
def page(case: Case) -> Page:
    """The page behind the case's account."""
    with case.superuser.connect() as connection:
        page_id = connection.execute(text("select external_id from account")).scalar_one()
    return Page(page_id)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Moment:
    moment = Moment()
    monkeypatch.setattr(clock, "now", lambda: moment.now)
    return moment


@pytest.fixture
def ben(make: Factory, ana: Agency, at: Moment) -> Actor:
    """Who works late; the agency's member of staff works early."""
    found = make.person(ana, Role.STAFF)
    write_week(ana, ana.staff, EARLY)
    write_week(ana, found, LATE)
    return found
