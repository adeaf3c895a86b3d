"""Generated lives of replies: whoever edits, approves, withdraws, sends and dies in whatever order, only words somebody
approved reach the platform, and those once.

`SEQUENCES=500` before the command makes as many as `make faults` does.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from agency.replies.words import hash_of
from channels.errors import NotSent, OutcomeUnknown
from tenants import failpoints
from tenants.errors import AppError
from tests.factories import Agency, Factory
from tests.replies.conftest import Case, Page

SEQUENCES = int(os.environ.get("SEQUENCES", "8"))
STEPS = 10
CRASHES = [f"publish {point}" for point in failpoints.POINTS if point.partition(".")[0] in ("publish", "settle")]
LOOK_CRASHES = [f"look {point}" for point in failpoints.POINTS if point.startswith("look.")]
SENDS = ["publish", "publish lost", "publish never", "publish refused", *CRASHES]
NEXT = {
    "draft": ["edit", "submit", "submit", "submit"],
    "awaiting_approval": ["approve", "approve", "approve stale", "change", "edit", "withdraw", "decline"],
    "approved": [*SENDS, "publish lost", "publish lost", "withdraw", "edit", "customer edits"],
    "publishing": ["look", "night", "night", "publish", "withdraw", *LOOK_CRASHES],
    "outcome_unknown": ["look", "night", "night", "publish", "withdraw", *LOOK_CRASHES],
    "published": ["look", "publish", "withdraw", "another", *LOOK_CRASHES],
    "refused": ["withdraw", "publish", "another"],
    "declined": ["publish", "another"],
}
"""What is mostly tried in a state; what does not fit is refused, and must change nothing."""
ANYTHING = sorted({deed for deeds in NEXT.values() for deed in deeds})
LIVE = (
    "select count(*) from approval where voided_at is null and decision in ('approved', 'released') group by reply_id"
)


class Life:
    """One conversation's replies, one after another, and the words somebody said yes to."""

    def __init__(self, case: Case, page: Page) -> None:
        self.case, self.page = case, page
        self.written = 0
        self.approved: set[str] = set()
        self.reply_id = case.draft(self.words())

    def words(self) -> str:
        self.written += 1
        return f"Żółć {self.written} of {self.case.conversation_id} <b>🙂</b>"

    def state(self) -> str:
        return self.case.row(self.reply_id).state

    def do(self, deed: str) -> None:
        """As people and programs do it; raises AppError where it is refused."""
        case, name, point = self.case, *([*deed.split(" ", 1), ""][:2])
        row = case.row(self.reply_id)
        if name == "approve":
            case.do("approve", self.reply_id, "0" * 64 if point else row.text_hash, actor="client_owner")
            self.approved.add(row.text)
        elif name == "change":
            words = self.words()
            case.decide("change_and_approve", self.reply_id, words)
            self.approved.add(words)
        elif name == "edit":
            case.do("edit", self.reply_id, self.words())
        elif name == "decline":
            case.decide("decline", self.reply_id, "no")
        elif name in ("submit", "withdraw"):
            case.do(name, self.reply_id)
        elif name == "night":
            case.pass_time(700)
        elif name == "customer":
            with case.superuser.begin() as connection:
                connection.execute(
                    text("update message set content_hash = sha256(content_hash) where conversation_id = :id"),
                    {"id": case.conversation_id},
                )
        elif name == "another":
            self.reply_id = case.draft(self.words())
        else:
            self.run(name, point)

    def run(self, name: str, point: str) -> None:
        """A sender or a look, which may die on its way, or meet a platform that does not say what it did."""
        said: Any = {"lost": OutcomeUnknown("no answer"), "never": OutcomeUnknown("no answer")}.get(point)
        self.page.answer = NotSent("refused") if point == "refused" else said
        self.page.accepts = point not in ("never", "refused")
        death = f"{point}=die*1" if point in failpoints.POINTS else ""
        with failpoints.armed(death), contextlib.suppress(failpoints.Died):
            getattr(self.case, name)(self.reply_id, self.page.transport)
        self.page.answer, self.page.accepts = None, True

    def check(self) -> None:
        """What holds after every step."""
        stands = Counter(posted["message"] for posted in self.page.posted)
        assert set(stands) <= self.approved, "words nobody approved"
        assert set(stands.values()) <= {1}, "the same words twice"
        row = self.case.row(self.reply_id)
        assert row.state != "published" or stands[row.text] == 1, "published, and it stands nowhere"
        with self.case.superuser.connect() as connection:
            assert set(connection.execute(text(LIVE)).scalars()) <= {1}, "two approvals live at once"
            known = connection.execute(
                text("select text_hash from approval where decision = 'approved' and reply_id = :id"),
                {"id": self.reply_id},
            ).scalars()
            if row.state == "published":
                assert hash_of(row.text) in set(known)


# Ten steps need no shortening, and shortening them takes longer than all of them.
@settings(
    max_examples=SEQUENCES,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(data=st.data())
def test_only_approved_words_go_out_and_once_whatever_happens_in_whatever_order(
    data: st.DataObject, make: Factory, ana: Agency, superuser: Engine
) -> None:
    account_id = _account(make, ana)
    with superuser.connect() as connection:
        external_id = connection.execute(
            text("select external_id from account where id = :id"), {"id": account_id}
        ).scalar_one()
    life = Life(Case(ana, make.conversation(ana, account_id=account_id), superuser), Page(external_id))
    for deed in ("submit", "approve"):
        life.do(deed)
    for _ in range(STEPS):
        before = life.state()
        fitting = st.sampled_from(NEXT[before])
        deed = data.draw(st.one_of(fitting, fitting, fitting, st.sampled_from(ANYTHING)))
        try:
            life.do(deed)
        except AppError:
            assert life.state() == before, f"{deed} was refused and moved it"
        life.check()


_known: dict[UUID, UUID] = {}


def _account(make: Factory, agency: Agency) -> UUID:
    """The agency's one account: making one costs as much as five steps."""
    if agency.id not in _known:
        _known[agency.id] = make.account(agency)
    return _known[agency.id]
