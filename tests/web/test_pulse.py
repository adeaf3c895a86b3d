"""The pulse of an open inbox: a few hundred bytes that say whether anything moved, to nobody more than they may see."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
import structlog
from flask import Flask
from sqlalchemy import update

from agency.inbox import desk, labelling, labels, presence, pulse, saved_views
from agency.inbox.filters import QueueFilter
from agency.inbox.models import CHANGED_KEPT, Conversation
from agency.inbox.queries import list_conversations, queue_state
from agency.local.valkey import start_valkey
from agency.notices.telling import Thing, tell
from agency.web.pulse import CODE_LENGTH, PATH
from tenants import clock
from tenants.brands import archive_brand
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import Person
from tenants.permissions import Actor, Role
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.web.visiting import Visitor


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana)


BY_GUNICORN = (
    "HTTP/1.1 204 No Content\r\nServer: gunicorn\r\nDate: Sun, 22 Nov 2026 16:00:00 GMT\r\nConnection: keep-alive\r\n"
)


class Open:
    """An inbox left open: asks, and remembers what it was told."""

    def __init__(self, app: Flask, actor: Actor, *cases: UUID, brand: UUID | None = None) -> None:
        self.visitor = Visitor(app, actor)
        self.query = f"made={int(clock.now().timestamp() * 1000)}&rows={''.join(code(one) for one in cases)}"
        if brand:
            self.query += f"&brand={brand}"
        self.at = self.who = ""

    def asks(self, **more: object) -> Any:
        """What it is told now; None for nothing."""
        extra = "".join(f"&{name}={value}" for name, value in more.items())
        answer = self.visitor.get(f"{PATH}?{self.query}&at={self.at}&who={self.who}{extra}")
        if answer.status_code == 204:
            assert answer.data == b""
            return None
        assert answer.status_code == 200, answer.status_code
        told = answer.json
        self.at, self.who = told.get("at", self.at), told.get("who", self.who)
        return told


def code(case: UUID) -> str:
    return case.hex[-CODE_LENGTH:]


def person_of(actor: Actor) -> Person:
    return db.session.get_one(Person, actor.user_id)


def changed(told: Any) -> list[str]:
    return [one[0] for one in told.get("rows", [])]


def test_it_is_silent_until_something_moves_and_then_names_the_row(
    whole_app: Flask, ana: Agency, make: Factory, case: UUID
) -> None:
    other = make.conversation(ana)
    inbox = Open(whole_app, ana.staff, case)
    assert inbox.asks()["n"] == {"mine": 0, "free": 2, "team": 2, "waiting": 0, "late": 0}
    assert inbox.asks() is None
    with ana.entered(ana.team_lead):
        desk.claim(ana.team_lead, case)
        desk.claim(ana.team_lead, other)
        tell("case_taken", [person_of(ana.staff)], brand_id=None, subject=Thing("conversation", case, "/inbox"))
    told = inbox.asks()
    assert changed(told) == [code(case)], "only what is on screen"
    assert told["bell"] == 1, "what their bell says comes along"
    assert told["n"]["free"] == 0
    assert inbox.asks() is None


def test_new_ones_are_counted_and_change_no_row(whole_app: Flask, ana: Agency, make: Factory, case: UUID) -> None:
    inbox = Open(whole_app, ana.staff, case)
    inbox.asks()
    make.conversation(ana)
    told = inbox.asks()
    assert (told["new"], changed(told)) == (1, [])


def test_the_bar_counts_what_its_list_would_show(whole_app: Flask, ana: Agency, make: Factory, case: UUID) -> None:
    visitor = Visitor(whole_app, ana.staff)

    def bar(query: str) -> str:
        found = re.search(r'<div id="new-bar"[^>]*>', visitor.get(f"/inbox{query}").text)
        assert found is not None
        return unescape(found.group())

    assert "data-count" not in bar(""), "of all, the pulse tells"
    assert "data-count" not in bar(f"?brand={ana.brand_ids[0]}")
    lists = ("?view=mine", "?view=free", "?view=late", "?stars=1")
    asked = {one: re.findall(r'data-count="([^"]+)"', bar(one))[0] for one in lists}
    assert {visitor.get(url).text for url in asked.values()} == {"0"}
    make.conversation(ana, text="Where is my order?")
    taken = make.conversation(ana, kind="review", stars=1, text="Bad")
    with ana.entered(ana.staff):
        desk.claim(ana.staff, taken)
    assert [visitor.get(asked[one]).text for one in lists] == ["1", "1", "0", "1"]
    for junk in ("", "x", "-1", "9" * 20):
        assert visitor.get(f"/inbox/newer?view=free&made={junk}").status_code == 200
    assert Visitor(whole_app, ana.billing_admin).get("/inbox/newer").status_code == 403


def test_an_idle_answer_is_at_most_200_bytes(whole_app: Flask, ana: Agency, case: UUID) -> None:
    inbox = Open(whole_app, ana.staff, case)
    inbox.asks()
    answer = inbox.visitor.get(f"{PATH}?{inbox.query}&at={inbox.at}")
    assert answer.status_code == 204
    assert len(BY_GUNICORN) + len(str(answer.headers)) <= 200


def test_many_changes_at_once_ask_for_everything(whole_app: Flask, ana: Agency, make: Factory) -> None:
    cases = [make.conversation(ana) for _ in range(CHANGED_KEPT + 1)]
    inbox = Open(whole_app, ana.staff, *cases)
    assert not inbox.asks().get("all")
    with ana.entered():
        db.session.execute(update(Conversation).values(version=Conversation.version + 1))
    told = inbox.asks()
    assert told["all"]
    assert len(changed(told)) == CHANGED_KEPT


def test_who_was_told_nothing_yet_hears_of_all_since_the_list_was_made(
    whole_app: Flask, ana: Agency, case: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Open(whole_app, ana.staff, case)
    with ana.entered(ana.team_lead):
        desk.claim(ana.team_lead, case)
    monkeypatch.setattr(pulse, "SLACK_MS", -pulse.SLACK_MS)  # as if the first question came so late
    assert changed(inbox.asks()) == []
    made = int((clock.now() - timedelta(hours=1)).timestamp() * 1000)
    inbox.query, inbox.at = f"made={made}&rows={code(case)}", ""
    assert changed(inbox.asks()) == [code(case)]


def test_what_is_kept_is_dropped_with_its_seconds(whole_app: Flask, ana: Agency, make: Factory, case: UUID) -> None:
    with clock.stopped_at(clock.now()) as move_to:
        for _ in range(3):
            move_to(clock.now() + timedelta(seconds=pulse.KEPT_SECONDS))
            make.conversation(ana)
            Open(whole_app, ana.staff, case).asks()
            assert [len(one) for one in pulse._kept.values()] == [1]


def test_a_change_nobody_sees_moves_no_row(whole_app: Flask, ana: Agency, case: UUID) -> None:
    inbox = Open(whole_app, ana.staff, case)
    inbox.asks()
    with ana.entered():
        db.session.execute(update(Conversation).values(rank=Conversation.rank + 1))
    assert changed(inbox.asks()) == []


def test_counts_are_the_pages_own(whole_app: Flask, ana: Agency, make: Factory, case: UUID) -> None:
    make.conversation(ana, brand=1, due_at=clock.now() - timedelta(hours=1))
    make.conversation(ana, brand=1, reply_state="awaiting_approval")
    with ana.entered(ana.staff):
        desk.claim(ana.staff, case)
    for brand in (None, *ana.brand_ids):
        told = Open(whole_app, ana.staff, brand=brand).asks()["n"]
        with ana.entered(ana.staff):
            state = queue_state(ana.staff.user_id, brand_ids=(brand,) if brand else None)
        assert told == {
            "mine": state.mine,
            "free": state.open_count - state.held_count,
            "team": state.open_count,
            "waiting": state.awaiting_approval_count,
            "late": state.late,
        }


def test_nothing_of_an_archived_brand_is_listed_or_counted(
    whole_app: Flask, ana: Agency, make: Factory, case: UUID
) -> None:
    """Not by the page, the pulse, a saved view or the API, whoever held it and however late it is."""
    inbox = Open(whole_app, ana.staff, case)
    held = make.conversation(ana, brand=1, rank=99, due_at=clock.now() - timedelta(minutes=1), language="pl")
    with ana.entered(ana.staff):
        desk.claim(ana.staff, held)
    told = inbox.asks()
    assert (told["n"], told["new"]) == ({"mine": 1, "free": 1, "team": 2, "waiting": 0, "late": 1}, 1)
    with ana.entered(ana.agency_admin):
        archive_brand(ana.agency_admin, ana.brand_ids[1])
    make.conversation(ana)
    told = inbox.asks()
    assert (told["n"], told["new"]) == ({"mine": 0, "free": 2, "team": 2, "waiting": 0, "late": 0}, 1)
    lists = [QueueFilter(), QueueFilter(holder="me"), QueueFilter(late=True), QueueFilter(status=None)]
    lists.append(QueueFilter(language="pl"))
    with ana.entered(ana.staff):
        state = queue_state(ana.staff.user_id)
        assert (state.mine, state.late, state.open_count) == (0, 0, 2)
        for wanted in lists:
            assert held not in [row.id for row in list_conversations(wanted, me=ana.staff.user_id).rows], wanted
        assert [count.cases for count in saved_views.counts_of(ana.staff, lists)] == [2, 0, 0, 2, 0]


def test_another_brand_and_another_agency_move_nothing(
    whole_app: Flask, ana: Agency, stranger: Agency, make: Factory, case: UUID
) -> None:
    sister, theirs = make.conversation(ana, brand=1), make.conversation(stranger)
    narrow = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[0]])
    inbox = Open(whole_app, narrow, case, sister, theirs)
    assert inbox.asks()["n"]["team"] == 1
    for agency, one in ((ana, sister), (stranger, theirs)):
        with agency.entered():
            db.session.execute(
                update(Conversation).where(Conversation.id == one).values(version=Conversation.version + 1)
            )
    assert inbox.asks() is None
    told = Open(whole_app, narrow, sister, theirs).asks()
    assert changed(told) == []
    assert Open(whole_app, narrow, brand=ana.brand_ids[1]).asks()["n"]["team"] == 0
    assert Open(whole_app, narrow, brand=stranger.brand_ids[0]).asks()["n"]["team"] == 0


def test_what_is_kept_for_a_moment_is_kept_for_one_scope_and_nobodys_own(
    whole_app: Flask, ana: Agency, make: Factory, case: UUID
) -> None:
    other = make.conversation(ana, brand=1, due_at=clock.now() - timedelta(hours=1))
    one_each = [make.person(ana, Role.STAFF, only_brand_ids=[one]) for one in ana.brand_ids[:2]]
    asked = Open(whole_app, one_each[0], case, other), Open(whole_app, one_each[1], case, other)
    with ana.entered(one_each[0]):
        desk.claim(one_each[0], case)
    with ana.entered():
        db.session.execute(
            update(Conversation).where(Conversation.id == other).values(version=Conversation.version + 1)
        )
    first, second = (inbox.asks() for inbox in asked)
    assert first["at"].split("-")[0] == second["at"].split("-")[0], "the same sum of versions, of other brands"
    assert (changed(first), changed(second)) == ([code(case)], [code(other)])
    assert (first["n"]["mine"], first["n"]["late"]) == (1, 0)
    assert (second["n"]["mine"], second["n"]["late"]) == (0, 1)
    colleague = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[0]])
    assert Open(whole_app, colleague, case).asks()["n"]["mine"] == 0, "what somebody holds is their own"
    both = Open(whole_app, ana.staff, case, other).asks()
    assert sorted(changed(both)) == sorted([code(case), code(other)])
    of_one = Open(whole_app, ana.staff, case, other, brand=ana.brand_ids[1]).asks()
    assert (of_one["n"]["team"], of_one["n"]["late"]) == (1, 1)
    late = Open(whole_app, ana.staff, case)
    with clock.stopped_at(clock.now()) as move_to:
        made = clock.now() - pulse.REACHES_BACK - timedelta(hours=1)
        late.query = f"made={int(made.timestamp() * 1000)}&rows={code(case)}"
        assert (late.asks()["new"], late.asks()) == (2, None)
        move_to(clock.now() + timedelta(minutes=10))
        make.conversation(ana)
        assert late.asks()["new"] == 3


@pytest.mark.parametrize("ended", ["session", "membership", "brand", "second factor"])
def test_what_was_taken_away_holds_at_the_next_question(
    whole_app: Flask, ana: Agency, make: Factory, case: UUID, superuser: Any, ended: str
) -> None:
    actor = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[0]])
    inbox = Open(whole_app, actor, case)
    assert inbox.asks()["n"]["team"] == 1
    statement = {
        "session": "update sign_in_session set ended_at = now() where person_id = %s",
        "membership": "update membership set removed_at = now() where person_id = %s",
        "brand": "update membership set brand_ids = '{}' where person_id = %s",
        "second factor": "update agency set roles_needing_second_factor = '{staff}' where id in"
        " (select agency_id from membership where person_id = %s)",
    }[ended]
    with superuser.begin() as connection:
        connection.exec_driver_sql(statement, (actor.user_id,))
    with ana.entered():
        desk.claim(ana.staff, case)
    answer = inbox.visitor.get(f"{PATH}?{inbox.query}", HX_Request="true")
    if ended == "brand":
        assert answer.json["n"]["team"] == 0
        assert changed(answer.json) == []
    else:
        assert answer.status_code in (401, 403)
        assert code(case) not in answer.text


@pytest.mark.parametrize("role", list(Role))
def test_the_roles_of_the_table_may_ask_and_no_other(whole_app: Flask, ana: Agency, case: UUID, role: Role) -> None:
    answer = Visitor(whole_app, ana.actors[role.value]).get(PATH)
    assert answer.status_code == (403 if role is Role.BILLING_ADMIN else 200)


def test_it_keeps_no_session_alive(whole_app: Flask, ana: Agency, case: UUID) -> None:
    from tenants import sessions

    began = clock.now()
    inbox = Open(whole_app, ana.staff, case)
    with clock.stopped_at(began) as move_to:
        move_to(began + sessions.IDLE * 0.9)
        assert inbox.asks() is not None
        move_to(began + sessions.IDLE * 1.1)
        assert inbox.visitor.get(PATH, HX_Request="true").status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        "at=x-y&made=z&rows=%00&who=%ff&case=1&brand=,,",
        f"at={'9' * 400}-{'9' * 400}&made={'9' * 400}",
        "made=99999999999999&at=-1-99999999999999&brand=" + ",".join(["0"] * 500),
        "&".join(f"x{n}=1" for n in range(99)),
        "rows=" + "abcdef" * 1000,
    ],
)
def test_nonsense_is_answered(whole_app: Flask, ana: Agency, case: UUID, query: str) -> None:
    assert Visitor(whole_app, ana.staff).get(f"{PATH}?{query}").status_code == 200


@pytest.mark.parametrize("headers", [{"Host": "elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_what_comes_from_elsewhere_is_told_nothing(
    whole_app: Flask, ana: Agency, case: UUID, headers: dict[str, str]
) -> None:
    answer = Visitor(whole_app, ana.staff).client.get(PATH, headers=headers)
    assert answer.status_code in (204, 400)


def test_colleagues_at_a_case_are_shown_to_who_may_see_it(
    whole_app: Flask, ana: Agency, stranger: Agency, make: Factory, case: UUID
) -> None:
    sister = make.conversation(ana, brand=1)
    narrow = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    lead, staff = Open(whole_app, ana.team_lead, case, sister), Open(whole_app, ana.staff, case, sister)
    lead.asks(case=case)
    ((where, letters, name, is_typing),) = staff.asks(case=sister)["there"]
    assert (where, name, is_typing) == (code(case), ana.team_lead.name, 0)
    assert letters == "".join(part[0].upper() for part in name.split()[:2])
    assert staff.asks() is None, "told once"
    lead.asks(case=case, typing=1)
    told = Open(whole_app, ana.staff, case).asks()["there"]
    assert [one[3] for one in told] == [1]
    for actor in (narrow, ana.client_owner, stranger.staff):
        seen = [one[0] for one in Open(whole_app, actor, case, sister).asks().get("there", [])]
        assert code(case) not in seen, actor.role
    lead.asks(case=case, left=1)
    assert "there" not in Open(whole_app, ana.staff, case).asks()


def test_nobody_is_shown_at_a_case_they_may_not_see(
    whole_app: Flask, ana: Agency, stranger: Agency, make: Factory, case: UUID
) -> None:
    narrow = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    for actor in (narrow, ana.client_owner, stranger.staff):
        Open(whole_app, actor, case).asks(case=case)
    assert "there" not in Open(whole_app, ana.staff, case).asks()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What presence says in the log."""
    told, before = io.StringIO(), structlog.get_config()
    structlog.configure(**{**before, "logger_factory": structlog.PrintLoggerFactory(told)})  # type: ignore[arg-type]
    monkeypatch.setattr(presence, "log", get_logger("presence"))
    yield told
    structlog.configure(**before)


def test_without_valkey_the_desk_works_shows_nobody_and_says_so_once(
    whole_app: Flask, ana: Agency, case: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: io.StringIO
) -> None:
    monkeypatch.setattr(presence, "KEPT_SECONDS", 0)
    monkeypatch.setattr(presence, "AWAY_SECONDS", 0)  # asked again at once, each time
    server = start_valkey(tmp_path / "valkey", durable=False)
    try:
        monkeypatch.setitem(whole_app.extensions, "onbrand_redis", redis.from_url(server.url))
        monkeypatch.delitem(whole_app.extensions, "onbrand_presence", raising=False)
        lead, staff = Open(whole_app, ana.team_lead, case), Open(whole_app, ana.staff, case)
        program, owner = (Caller(whole_app, token_for(whole_app, one)) for one in (ana.staff, ana.client_owner))
        shown = {"person_id": str(ana.team_lead.user_id), "name": ana.team_lead.name, "typing": True}
        lead.asks(case=case, typing=1)
        assert [one[2] for one in staff.asks()["there"]] == [ana.team_lead.name]
        assert program("GET", f"/conversations/{case}").json["present"] == [shown]

        server.stop()
        for _ in range(3):
            lead.asks(case=case, typing=1)
        told = staff.asks()
        assert (told["who"], told["there"]) == ("", []), "nobody stays on screen"
        assert staff.asks() is None
        page = staff.visitor.get(f"/inbox/{case}")
        assert page.status_code == 200
        assert staff.visitor.post(f"/conversations/{case}/claim").status_code == 303
        assert lead.asks()["rows"], "what changed is told as ever"
        assert program("GET", f"/conversations/{case}").json["present"] == []
        staff.asks(left=1, case=case)
        assert said.getvalue().count("presence_away") == 1, "said once, however often it fails"

        server = start_valkey(tmp_path / "valkey", durable=False)
        lead.asks(case=case, typing=1)
        assert [one[2] for one in staff.asks()["there"]] == [ana.team_lead.name], "back by itself"
        assert program("GET", f"/conversations/{case}").json["present"] == [shown]
        assert owner("GET", f"/conversations/{case}").json["present"] == []
        assert said.getvalue().count("presence_back") == 1
    finally:
        server.stop()
        monkeypatch.undo()
        whole_app.extensions.pop("onbrand_presence", None)


def test_a_row_one_fetched_comes_along_for_others_who_may_see_it(
    whole_app: Flask, ana: Agency, stranger: Agency, make: Factory, case: UUID
) -> None:
    narrow, elsewhere = (make.person(ana, Role.STAFF, only_brand_ids=[one]) for one in ana.brand_ids[:2])
    make.conversation(ana, brand=1)
    first = Visitor(whole_app, ana.team_lead)
    (look,) = re.findall(r"look=([0-9a-f]+)", first.get("/inbox").text)[:1]
    people = (ana.team_lead, ana.agency_admin, ana.staff, narrow, elsewhere, ana.client_owner, stranger.staff)
    open_inboxes = [Open(whole_app, actor, case) for actor in people]
    for one in open_inboxes:
        one.query += f"&look={look}"
        one.asks()
    with ana.entered(ana.staff):
        desk.claim(ana.staff, case)
    ((_code, at),) = open_inboxes[0].asks()["rows"]
    row = first.get(f"/inbox/rows?look={look}&ids={case}~{at}").text
    assert f"<em>{ana.staff.name}</em>" in row
    make.conversation(ana, brand=1)  # so that everybody hears of something
    make.conversation(stranger)
    told = [one.asks().get("rows", []) for one in open_inboxes[1:]]
    whole, bare = [[code(case), at, row]], [[code(case), at]]
    assert told == [whole, bare, whole, [], bare, []], (
        "but for whoever holds it, to whom it says so, and for a client's people, who see less of it; and nothing for"
        " another brand's people or another agency's"
    )
    future = at + 1_000_000
    first.get(f"/inbox/rows?look={look}&ids={case}~{future}")
    from agency.web.pulse import ROWS

    assert ROWS.row(ana.agency_admin, look, (case, future)) is None
    assert ROWS.row(ana.agency_admin, look, (case, at)) == row
    assert ROWS.row(stranger.staff, look, (case, at)) is None


def test_rows_come_as_they_are_now_and_say_why_they_left(
    whole_app: Flask, ana: Agency, stranger: Agency, make: Factory, case: UUID
) -> None:
    held, theirs = make.conversation(ana), make.conversation(stranger)
    with ana.entered(ana.staff):
        desk.claim(ana.staff, held)
        desk.close(ana.staff, case)
    visitor = Visitor(whole_app, ana.team_lead)

    def rows(query: str, *ids: UUID) -> dict[str, str]:
        answer = visitor.get(f"/inbox/rows?{query}&ids={','.join(map(str, ids))}")
        assert answer.status_code == 200
        found = re.findall(r"<li>.*?</a>", answer.text, re.DOTALL)
        assert all(len(one.encode()) <= 1024 for one in found)
        return {re.search(r"/inbox/([0-9a-f-]{36})", one)[1]: one for one in found}  # type: ignore[index]

    came = rows("", held, case, theirs)
    assert list(came) == [str(held), str(case)], "in the order asked for, and nobody else's"
    assert "gone" not in came[str(held)]
    assert "<strong>Resolved</strong>" in came[str(case)]
    assert f"<strong>Taken by {ana.staff.name}</strong>" in rows("view=free", held)[str(held)]
    assert rows("view=free", held)[str(held)].count("view=free") == 1, "its link keeps the view"
    assert rows("") == {}
    assert "No longer in this view" in rows("kind=review", held)[str(held)]
    assert "gone" not in rows("q=nowhere", held)[str(held)], "what a search found stays found"


def test_a_row_its_holder_fetched_is_nobody_elses_and_labels_of_the_agency_stay_there(
    whole_app: Flask, ana: Agency, case: UUID
) -> None:
    people = (ana.staff, ana.team_lead, ana.agency_admin, ana.client_owner)
    holder, lead, admin, owner = (Open(whole_app, one, case) for one in people)
    (look,) = re.findall(r"look=([0-9a-f]+)", holder.visitor.get("/inbox").text)[:1]
    for one in (holder, lead, admin, owner):
        one.query += f"&look={look}"
        one.asks()
    with ana.entered(ana.team_lead):
        label = labels.create_label(ana.team_lead, None, "Hard to please")
        labelling.put_on(ana.team_lead, [case], [label.id])
    with ana.entered(ana.staff):
        desk.claim(ana.staff, case)

    def fetched(by: Open) -> str:
        return by.visitor.get(f"/inbox/rows?look={look}&ids={case}~{at}").text

    ((_code, at),) = holder.asks()["rows"]
    assert "<em>you</em>" in fetched(holder)
    assert lead.asks()["rows"] == [[code(case), at]], "what says `you` is the holder's alone"
    row = fetched(lead)
    assert "Hard to please" in row
    assert owner.asks()["rows"] == [[code(case), at]], "what the agency calls a case is not its client's"
    assert "Hard to please" not in fetched(owner)
    assert admin.asks()["rows"] == [[code(case), at, row]], "nor is a client's row a colleague's"
