"""Generated lives of replies: whoever edits, approves, withdraws, sends and dies in whatever order, only words somebody
approved reach the platform, and those once.

`SEQUENCES=500` before the command makes as many as `make faults` does.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Row, text

from agency.replies import variants
from agency.replies.variants import Given
from agency.replies.words import hash_of
from channels.errors import ChannelError, NotSent, OutcomeUnknown, Refused
from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from tenants import failpoints
from tenants.errors import AppError
from tests.factories import Agency, Factory
from tests.replies.conftest import Case, Page

SEQUENCES = int(os.environ.get("SEQUENCES", "12"))
STEPS = 7
OTHERS = 3
"""Answers of others that stand before ours."""
CRASHES = [f"publish {point}" for point in failpoints.POINTS if point.partition(".")[0] in ("publish", "settle")]
LOOK_CRASHES = [f"look {point}" for point in failpoints.POINTS if point.startswith("look.")]
SENDS = ["publish", "publish lost", "publish never", "publish refused", *CRASHES]
NEXT = {
    "draft": ["edit", "wordings", "submit", "submit", "submit", "submit"],
    "awaiting_approval": ["approve", "approve", "approve stale", "change", "edit", "withdraw", "decline"],
    "approved": [*SENDS, *["publish lost"] * 4, "overtaken", "withdraw", "edit", "customer edits"],
    "publishing": ["looked for", "look", "night", "publish", "overtaken", "withdraw", *LOOK_CRASHES],
    "outcome_unknown": ["looked for", "look", "late", "night", "publish", "withdraw", *LOOK_CRASHES],
    "published": ["look", "publish", "withdraw", "another", *LOOK_CRASHES],
    "refused": ["withdraw", "publish", "another"],
    "declined": ["publish", "another"],
}
"""What is mostly tried in a state; what does not fit is refused, and must change nothing."""
ANYTHING = sorted({deed for deeds in NEXT.values() for deed in deeds})
BEGINNINGS = [["submit"], ["edit", "submit"], *[["submit", "approve"]] * 3]
"""Before the first deed that is drawn."""
SCRIPTS = {
    "an answer is lost, and the sender is asked again": ["publish lost", "publish", "looked for", "publish"],
    "what is late shows after two looks": ["publish lost", "late", "looked for", "publish"],
    "nothing arrived, twice": ["publish never", "looked for", "publish never", "looked for", "publish"],
    "words die before they leave and after": [
        "publish publish.leaving",
        "looked for",
        "publish publish.sent",
        "looked for",
    ],
    "a sender comes back when another has sent": ["overtaken", "looked for", "publish"],
    "what was approved is edited by the customer": ["customer edits", "publish", "looked for"],
    "it lapses while nobody knows": ["publish never", "customer edits", "looked for", "publish"],
    "other wordings stand beside it": ["withdraw", "wordings", "submit", "approve", "publish"],
    "it is taken back before it goes": ["withdraw", "publish", "submit", "approve stale", "publish"],
    "somebody dies at every look": ["publish lost", *LOOK_CRASHES, "looked for", "publish"],
}
"""What goes wrong in an order worth remembering; what does not fit is refused, as in the generated ones."""
NOW = text("select r.state, t.text, t.text_hash from reply r join reply_text t on t.id = r.text_id where r.id = :id")
LIVE = text(
    "select count(*) from approval where voided_at is null and decision in ('approved', 'released')"
    " and reply_id in (select id from reply where conversation_id = :id) group by reply_id"
)
OTHER_WORDS = text("select text from reply_text where reply_id = :id and text <> :words order by number limit 1")
KNOWN = text("select text_hash from approval where decision = 'approved' and reply_id = :id")


_pages = itertools.count(1)


class Busy(Page):
    """A page on which others answered before us: what is ours stands on the second page of what it lists."""

    def __init__(self, page_id: str) -> None:
        super().__init__(page_id)
        self.first_id = 10_000 * next(_pages)  # of one account, for all of them: no id comes twice

    def _answer(self, request: Request) -> Answer | ChannelError:
        if request.method != "GET" or not request.path.endswith("/comments"):
            if request.method == "GET" and self.visible:
                return json_answer({"id": request.path.rsplit("/", 1)[-1], "comment_count": len(self.posted) + OTHERS})
            return super()._answer(request)
        if request.params.get("after"):
            return json_answer({"data": self.posted if self.visible else []})
        others = [
            {
                "id": str(1000 + number),
                "message": "Me too",
                "from": {"id": "7", "name": "Bo"},
                "created_time": "2020-01-01T00:00:00+0000",
            }
            for number in range(OTHERS)
        ]
        return json_answer({"data": others, "paging": {"next": "https://x", "cursors": {"after": "more"}}})


class Life:
    """One conversation's replies, one after another, and the words somebody said yes to."""

    def __init__(self, case: Case, page: Page) -> None:
        self.case, self.page = case, page
        self.written = 0
        self.shown = False
        """Whether all that was posted is so old that it shows."""
        self.approved: set[str] = set()
        self.reply_id = case.draft(self.words())

    def words(self) -> str:
        self.written += 1
        return f"Żółć {self.written} of {self.case.conversation_id} <b>🙂</b>"

    def state(self) -> str:
        return str(self.now().state)

    def now(self) -> Row[Any]:
        """Its state and words, by no program of ours."""
        with self.case.superuser.connect() as connection:
            return connection.execute(NOW, {"id": self.reply_id}).one()

    def do(self, deed: str) -> None:
        """As people and programs do it; raises AppError where it is refused."""
        case, name, point = self.case, *([*deed.split(" ", 1), ""][:2])
        row = self.now()
        if name == "approve":
            shown = hash_of(self.shown_before(row.text)) if point else row.text_hash
            case.do("approve", self.reply_id, shown, actor="client_owner")
            assert not point, "a yes to other words was taken"
            self.approved.add(row.text)
        elif name == "change":
            words = self.words()
            case.decide("change_and_approve", self.reply_id, words)
            self.approved.add(words)
        elif name == "edit":
            case.do("edit", self.reply_id, self.words())
            self.void()
        elif name == "wordings":
            beside = [Given(self.words()), Given(self.words())]
            with case.agency.entered(case.agency.staff):
                variants.keep_variants(case.agency.staff, self.reply_id, beside)
            self.void()
        elif name == "looked":
            self.shown = True
            for _ in range(3):
                case.pass_time(700)
                case.look(self.reply_id, self.page.transport)
        elif name == "late":
            self.page.visible, self.shown = self.shown, True  # longer than three looks no platform takes
            case.pass_time(200)
            for _ in range(2):
                case.look(self.reply_id, self.page.transport)
            self.page.visible = True
        elif name == "overtaken":
            self.be_overtaken()
        elif name == "decline":
            case.decide("decline", self.reply_id, "no")
        elif name in ("submit", "withdraw"):
            case.do(name, self.reply_id)
            if name == "withdraw":
                self.void()
        elif name == "night":
            case.pass_time(700)
            self.shown = True
        elif name == "customer":
            with case.superuser.begin() as connection:
                connection.execute(
                    text("update message set content_hash = sha256(content_hash) where conversation_id = :id"),
                    {"id": case.conversation_id},
                )
            self.void()
        elif name == "another":
            self.reply_id = case.draft(self.words())
        else:
            self.run(name, point)

    def shown_before(self, words: str) -> str:
        """Other words this reply had, the first of them; some that it never had where there are none."""
        with self.case.superuser.connect() as connection:
            return connection.execute(OTHER_WORDS, {"id": self.reply_id, "words": words}).scalar() or "never shown"

    def void(self) -> None:
        """What was said yes to and does not stand yet may not go out any more."""
        self.approved &= {posted["message"] for posted in self.page.posted}

    def be_overtaken(self) -> None:
        """A sender stands still before a byte left, until its words were looked for, sent by another that died, and
        then hears that they were refused.
        """
        told = self.page.transport

        def stand_still(request: Request) -> Answer | ChannelError:
            if request.method != "GET":
                for _ in range(3):
                    self.case.pass_time(700)
                    self.case.look(self.reply_id, told)
                with failpoints.armed("publish.sent=die*1"), contextlib.suppress(failpoints.Died):
                    self.case.publish(self.reply_id, told)
                return Refused("100", "late")
            return self.page._answer(request)

        self.case.publish(self.reply_id, ScriptedTransport(stand_still))

    def run(self, name: str, point: str) -> None:
        """A sender or a look, which may die on its way, or meet a platform that does not say what it did."""
        said: Any = {"lost": OutcomeUnknown("no answer"), "never": OutcomeUnknown("no answer")}.get(point)
        self.page.answer = NotSent("refused") if point == "refused" else said
        self.page.accepts = point not in ("never", "refused")
        posted = len(self.page.posted)
        death = f"{point}=die*1" if point in failpoints.POINTS else ""
        with failpoints.armed(death), contextlib.suppress(failpoints.Died):
            getattr(self.case, name)(self.reply_id, self.page.transport)
        self.page.answer, self.page.accepts = None, True
        self.shown &= len(self.page.posted) == posted

    def check(self) -> None:
        """What holds after every step."""
        stands = Counter(posted["message"] for posted in self.page.posted)
        assert set(stands) <= self.approved, "words nobody approved"
        assert set(stands.values()) <= {1}, "the same words twice"
        row = self.now()
        assert row.state != "published" or stands[row.text] == 1, "published, and it stands nowhere"
        assert row.state != "refused" or not stands[row.text], "refused, and it stands there"
        with self.case.superuser.connect() as connection:
            live = connection.execute(LIVE, {"id": self.case.conversation_id}).scalars()
            assert set(live) <= {1}, "two approvals live at once"
            if row.state == "published":
                assert hash_of(row.text) in set(connection.execute(KNOWN, {"id": self.reply_id}).scalars())


# Few steps need no shortening, and shortening them takes longer than all of them.
@settings(
    max_examples=SEQUENCES,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(data=st.data())
def test_only_approved_words_go_out_and_once_whatever_happens_in_whatever_order(
    data: st.DataObject, make: Factory, ana: Agency, superuser: Engine
) -> None:
    life = _begun(make, ana, superuser, data.draw(st.sampled_from(BEGINNINGS)))
    for _ in range(STEPS):
        fitting = st.sampled_from(NEXT[life.state()])
        _step(life, data.draw(st.one_of(fitting, fitting, fitting, st.sampled_from(ANYTHING))))


@pytest.mark.parametrize("deeds", SCRIPTS.values(), ids=SCRIPTS)
def test_what_went_wrong_in_an_order_worth_remembering(
    make: Factory, ana: Agency, superuser: Engine, deeds: list[str]
) -> None:
    life = _begun(make, ana, superuser)
    for deed in deeds:
        _step(life, deed)


def _begun(make: Factory, agency: Agency, superuser: Engine, done: Sequence[str] = ("submit", "approve")) -> Life:
    """A reply to which so much was done, somebody's yes where nothing else is asked for."""
    account_id = _account(make, agency)
    with superuser.connect() as connection:
        external_id = connection.execute(
            text("select external_id from account where id = :id"), {"id": account_id}
        ).scalar_one()
    life = Life(Case(agency, make.conversation(agency, account_id=account_id), superuser), Busy(external_id))
    for deed in done:
        life.do(deed)
    return life


def _step(life: Life, deed: str) -> None:
    before = life.state()
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
