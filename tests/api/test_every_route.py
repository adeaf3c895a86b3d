"""Made from the document: every route with every role, with ids of others in every place, and with junk."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from agency.api.document import document_of
from agency.api.route_policy import SIGNED_IN
from agency.inbox.loops import asking, named
from agency.inbox.models import Conversation, KeptMedia
from agency.notices.models import Notice
from tenants.database import Base, db, new_id
from tenants.permissions import ROLE_PERMISSIONS, Actor, Permission, Role
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.steady import share_of

PICTURE = b"\x89PNG\r\n\x1a\n of a story"
MALFORMED = "no-id"


@dataclass
class Operation:
    """One documented operation."""

    name: str
    method: str
    path: str
    permission: str
    body: dict[str, Any] | None
    path_names: list[str]
    query_names: list[str]


def operations(app: Flask) -> Iterator[Operation]:
    for path, found in document_of(app)["paths"].items():
        for method, operation in found.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            places = operation["parameters"]
            yield Operation(
                operation["operationId"],
                method.upper(),
                path.removeprefix("/api/v1"),
                operation["x-permission"],
                None if content is None else copy.deepcopy(content.get("example", {})),
                [place["name"] for place in places if place["in"] == "path"],
                [place["name"] for place in places if place["in"] == "query"],
            )


def address(operation: Operation, ids: dict[str, str]) -> str:
    path = operation.path
    for name in operation.path_names:
        path = path.replace("{" + name + "}", ids[name])
    return path


def things_of(
    make: Factory, calling: Callable[[Actor | None], Caller], agency: Agency, brand: int = 0
) -> dict[str, str]:
    """One of everything a path can name, of one brand."""
    conversation = make.conversation(agency, brand=brand)
    lead = calling(agency.team_lead)
    reply = lead.post(f"/conversations/{conversation}/replies", {"text": "Thank you."}).get_json()
    brand_id = str(agency.brand_ids[brand])
    guideline = lead.post(f"/brands/{brand_id}/guidelines", {"title": "One"}).get_json()
    fact = lead.post(f"/brands/{brand_id}/facts", {"name": "One", "kind": "text", "value": "One"}).get_json()
    topic = lead.post(f"/brands/{brand_id}/topics", {"name": "One", "builds_on": "refund"}).get_json()
    rule = lead.post("/rules", {"brand_id": brand_id, "name": "One", "terms": {"vip": True, "points": 5}}).get_json()
    words = [{"language": "", "words": "zebra"}]
    incident = lead.post("/incidents", {"brand_id": brand_id, "name": "One", "words": words}).get_json()
    limits = [{"kind": "case", "amount_minor": 5000}]
    lead.patch(f"/brands/{brand_id}/limits", {"currency": "EUR", "version": 0, "limits": limits})
    line = lead.post(
        f"/conversations/{conversation}/goodwill", {"amount_minor": 5, "currency": "EUR", "words": "Sorry"}
    ).get_json()
    texts = [{"language": "en", "text": "Thank you."}]
    saved_reply = lead.post(
        "/saved-replies", {"brand_id": brand_id, "title": "One", "texts": texts, "words": [], "review_by": None}
    ).get_json()
    press = lead.post("/presses", {"deed": "reopen", "conversation_ids": [str(conversation)]}).get_json()
    other = writer(agency, make.conversation(agency, brand=brand))
    contact = writer(agency, conversation)
    link = lead.post(f"/contacts/{contact}/links", {"other_id": other, "kind": "staff", "reason": "Same"}).get_json()
    erasure = lead.post(f"/contacts/{writer(agency, make.conversation(agency, brand=brand))}/erasure", ERASE).get_json()
    label = lead.post("/labels", {"brand_id": brand_id, "name": f"One {brand}"}).get_json()
    view = lead.post("/views", {"name": "One", "filters": {"late": ["1"]}}).get_json()
    number = lead.post(f"/brands/{brand_id}/style-guide/versions", {"rules": []}).get_json()["number"]
    lead.post(f"/brands/{brand_id}/approval-policy/versions", {"terms": {}})
    return {
        "brand_id": brand_id,
        "contact_id": contact,
        "link_id": link["id"],
        "erasure_id": erasure["id"],
        "account_id": reply["account_id"],
        "conversation_id": str(conversation),
        **asked(agency, agency.brand_ids[brand], UUID(str(conversation))),
        "reply_id": reply["id"],
        "guideline_id": guideline["id"],
        "saved_reply_id": saved_reply["id"],
        "fact_id": fact["id"],
        "topic_id": topic["id"],
        "desk_rule_id": rule["id"],
        "incident_id": incident["id"],
        "line_id": line["id"],
        "press_id": press["id"],
        "label_id": label["id"],
        "into": label["id"],
        "view_id": view["id"],
        "number": str(number),
        "in_reply_to": reply["in_reply_to"],
        "message_id": reply["in_reply_to"],
        "notice_id": told(agency, agency.brand_ids[brand], conversation),
        "media_id": kept_copy(agency, agency.brand_ids[brand], conversation, UUID(reply["in_reply_to"])),
        "assignee": str(agency.staff.user_id),
        "before": reply["in_reply_to"],
    }


ERASE = {"confirm": "erase for good"}


def told(agency: Agency, brand_id: UUID, conversation: Any) -> str:
    """A notice of staff's about this case."""
    with agency.entered():
        notice = Notice(
            agency_id=agency.id,
            person_id=agency.staff.user_id,
            kind="reply_declined",
            of_brand_id=brand_id,
            subject_type="conversation",
            subject_id=UUID(str(conversation)),
            path=f"/inbox/{conversation}",
            values={"by": "Jan Owner"},
        )
        db.session.add(notice)
        db.session.commit()
        return str(notice.id)


def asked(agency: Agency, brand_id: UUID, conversation_id: UUID) -> dict[str, str]:
    """A loop, and a question about this case that nobody answered."""
    given = {"name": "Card office", "sort": "service", "people": "Ines <cards@example.com>", "hours": 4}
    with agency.entered(agency.agency_admin):
        loop_id = named.create_loop(
            agency.agency_admin, brand_id, {**given, "language": "en", "answers_by": "community"}
        )
        made = asking.ask(agency.agency_admin, conversation_id, loop_id, "When was it sent?")
        return {"loop_id": str(loop_id), "asking_id": str(made)}


def writer(agency: Agency, conversation_id: UUID) -> str:
    """Who wrote it."""
    with agency.entered():
        found = db.session.scalars(select(Conversation.contact_id).where(Conversation.id == conversation_id)).one()
        return str(found)


def kept_copy(agency: Agency, brand_id: UUID, conversation_id: UUID, message_id: UUID) -> str:
    """The id of our copy of a picture attached to this message."""
    row = KeptMedia(
        agency_id=agency.id,
        id=new_id(),
        brand_id=brand_id,
        conversation_id=conversation_id,
        message_id=message_id,
        position=0,
        state="kept",
        content_type="image/png",
        body=PICTURE,
        sha256=hashlib.sha256(PICTURE).digest(),
    )
    with agency.entered():
        db.session.add(row)
        return str(row.id)


def made_up() -> dict[str, str]:
    names = (
        "brand_id",
        "account_id",
        "conversation_id",
        "reply_id",
        "guideline_id",
        "saved_reply_id",
        "fact_id",
        "topic_id",
        "desk_rule_id",
        "incident_id",
        "line_id",
        "label_id",
        "into",
        "view_id",
        "notice_id",
        "in_reply_to",
        "message_id",
        "media_id",
        "press_id",
        "contact_id",
        "loop_id",
        "asking_id",
        "link_id",
        "erasure_id",
        "assignee",
        "before",
    )
    return {**{name: str(new_id()) for name in names}, "number": "77"}


def everything(superuser: Engine) -> dict[str, list[Any]]:
    """Every row of every table but the tokens, which note when they were used."""
    with superuser.connect() as connection:
        return {
            table.name: sorted(map(str, connection.execute(text(f"select t::text from {table.name} t")).scalars()))
            for table in Base.metadata.sorted_tables
            if table.name != "api_token"
        }


def fitting_callers(app: Flask, agency: Agency) -> dict[str, Caller]:
    """Permission → a program that has it, on the first brand only."""
    callers = {
        role: Caller(app, token_for(app, agency.actors[role.value], [agency.brand_ids[0]]))
        for role in Role
        if role is not Role.BILLING_ADMIN
    }
    found = {SIGNED_IN: callers[Role.STAFF]}
    for permission in Permission:
        for role in (Role.CLIENT_OWNER, Role.AGENCY_ADMIN):
            if permission in ROLE_PERMISSIONS[role]:
                found[permission.value] = callers[role]
    return found


def answer_of(caller: Caller, operation: Operation, path: str, body: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    response = caller(operation.method, path, body)
    headers = [(name, value) for name, value in response.headers if name not in ("X-Request-Id", "Date")]
    return response.status_code, response.get_data(), sorted(headers)


def test_ids_of_others_are_answered_like_made_up_ones(
    whole_app: Flask,
    calling: Callable[[Actor | None], Caller],
    make: Factory,
    ana: Agency,
    stranger: Agency,
    superuser: Engine,
) -> None:
    own = things_of(make, calling, ana)
    others = {
        "another agency's": things_of(make, calling, stranger),
        "another brand's": things_of(make, calling, ana, brand=1),
        "malformed": dict.fromkeys(own, MALFORMED),
    }
    callers = fitting_callers(whole_app, ana)
    before = everything(superuser)
    tried = 0
    for operation in operations(whole_app):
        if operation.permission == "public":
            continue
        caller = callers[operation.permission]
        body = operation.body
        if body is not None:
            body = {name: own.get(name, value) for name, value in body.items()}
        expected: dict[str, tuple[int, bytes, list[tuple[str, str]]]] = {}
        names = [name for name in operation.path_names if name != "number"]
        for whose, ids in others.items():
            # An id for each place alone, and all at once: the same address where only one is named.
            given = {address(operation, {**own, name: ids[name]}): name for name in names}
            if len(names) > 1:
                given[address(operation, {**ids, "number": "1"})] = "all"
            for path, name in given.items():
                if name not in expected:
                    nobodys = {**own, **{one: made_up()[one] for one in names if name in (one, "all")}}
                    expected[name] = answer_of(caller, operation, address(operation, nobodys), body)
                    assert expected[name][0] == 404, (operation.name, expected)
                assert answer_of(caller, operation, path, body) == expected[name], (operation.name, name, whose)
                tried += 1
    assert tried > 70
    assert everything(superuser) == before


def test_ids_of_others_in_bodies_and_queries_are_answered_like_made_up_ones(
    whole_app: Flask,
    calling: Callable[[Actor | None], Caller],
    make: Factory,
    ana: Agency,
    stranger: Agency,
    superuser: Engine,
) -> None:
    own = things_of(make, calling, ana)
    others = [
        things_of(make, calling, stranger),
        things_of(make, calling, ana, brand=1),
        dict.fromkeys(own, MALFORMED),
    ]
    others[1]["assignee"] = MALFORMED  # colleagues are no secret
    callers = fitting_callers(whole_app, ana)
    before = everything(superuser)
    schemas = document_of(whole_app)["components"]["schemas"]
    tried = set()
    for operation in operations(whole_app):
        if operation.permission == "public":
            continue
        caller, path = callers[operation.permission], address(operation, own)
        for name in set(operation.query_names) & set(own):
            answers = {
                str(answer_of(caller, operation, f"{path}?{name}={ids[name]}", None)) for ids in (made_up(), *others)
            }
            assert len(answers) == 1, (operation.name, name, answers)
            tried.add((operation.name, name))
        fields = _fields(whole_app, operation, schemas)
        for name in fields & set(own):
            body = {field: own.get(field, value) for field, value in (operation.body or {}).items()}
            answers = {
                str(answer_of(caller, operation, path, {**body, name: ids[name]})) for ids in (made_up(), *others)
            }
            assert len(answers) == 1, (operation.name, name, answers)
            assert "(4" in answers.pop()
            tried.add((operation.name, name))
    assert tried == {
        ("list_accounts", "brand_id"),
        ("list_contacts", "brand_id"),
        ("connect_account", "brand_id"),
        ("ask_in_loop", "loop_id"),
        ("list_comebacks", "brand_id"),
        ("list_loop_questions", "brand_id"),
        ("list_conversations", "brand_id"),
        ("list_conversations", "assignee"),
        ("list_conversations", "label_id"),
        ("list_conversations", "topic_id"),
        ("create_label", "brand_id"),
        ("list_rules", "brand_id"),
        ("create_rule", "brand_id"),
        ("try_new_rule", "brand_id"),
        ("list_incidents", "brand_id"),
        ("open_incident", "brand_id"),
        ("merge_label", "into"),
        ("get_conversation", "before"),
        ("give", "guideline_id"),
        ("start_reply", "in_reply_to"),
        ("start_reply", "saved_reply_id"),
        ("edit_reply", "saved_reply_id"),
        ("create_saved_reply", "brand_id"),
        ("list_saved_replies", "brand_id"),
        ("check", "conversation_id"),
    }
    assert everything(superuser) == before


def _fields(app: Flask, operation: Operation, schemas: dict[str, Any]) -> set[str]:
    for path, found in document_of(app)["paths"].items():
        if path == "/api/v1" + operation.path and operation.method.lower() in found:
            content = found[operation.method.lower()].get("requestBody", {}).get("content", {})
            reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            return set(schemas.get(reference.rpartition("/")[2], {}).get("properties", {}))
    return set()


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_each_role_may_what_the_table_says(
    whole_app: Flask, calling: Callable[[Actor | None], Caller], ana: Agency, role: str
) -> None:
    caller, nobody = calling(ana.actors[role]), calling(None)
    for operation in operations(whole_app):
        path, body = address(operation, made_up()), operation.body
        answer = caller(operation.method, path, body)
        if operation.permission == "public":
            assert answer.status_code == 200
            continue
        needed = operation.permission
        may = needed == SIGNED_IN or Permission(needed) in ROLE_PERMISSIONS[Role(role)]
        assert (answer.status_code != 403) == may, (role, operation.name, answer.get_json())
        if not may:
            assert answer.get_json()["permission"] == operation.permission
        elif operation.path_names:
            assert answer.status_code == 404, (operation.name, answer.get_json())
        if role == Role.STAFF.value:  # a stranger has no role, so one of these asks as one
            assert nobody(operation.method, path, body).status_code == 401


JUNK: list[Any] = [
    None,
    True,
    -1,
    1.5,
    10**30,
    "",
    "\x00",
    "a\x00b",
    "x" * 200_000,
    "\u202e\u0000\U0001f4a9" * 50,
    [],
    [[]],
    ["\x00"],
    [None],
    [{}],
    [{"kind": "\x00"}],
    [{"kind": "banned", "id": "a", "level": "stop", "phrases": ["\x00"]}],
    [{"kind": "banned", "id": "a", "level": "stop", "phrases": [""], "languages": [5]}],
    [{"kind": ["banned"], "id": {}, "level": None, "phrases": "x"}],
    ["x"] * 3_000,
    {},
    {"a": {"b": {"c": [1, {"d": None}]}}},
    {"\x00": "\x00"},
    {"a": "\x00"},
    {"a": ["\x00", 1]},
    "$(id)",
    "'; drop table reply; --",
    "../../etc/passwd",
    "{{7*7}}",
    "9" * 400,
]
QUERY_JUNK = ("", "%00", "%ff", "%F0%9F%92%A9", "a" * 3_000, "-1", "1.5", "null", "%27%22%3B--", "..%2f..")
IN_TURN = 10
STEADY_SHARE = 4


@pytest.mark.slow
def test_junk_in_every_field_of_every_body_is_never_our_mistake(
    whole_app: Flask, calling: Callable[[Actor | None], Caller], make: Factory, ana: Agency
) -> None:
    own = things_of(make, calling, ana)
    callers = {**fitting_callers(whole_app, ana), "brand:manage": calling(ana.agency_admin)}
    schemas = document_of(whole_app)["components"]["schemas"]
    met: Counter[str] = Counter()
    for operation in operations(whole_app):
        if operation.body is None:
            continue
        caller, path = callers[operation.permission], address(operation, own)
        example = {name: own.get(name, value) for name, value in (operation.body or {}).items()}
        for name in [*sorted(_fields(whole_app, operation, schemas)), "made_up_field"]:
            # A name meets all junk at the first route that has it, and at each further one the next few in turn.
            kinds = JUNK[met[name] % IN_TURN :: IN_TURN] if met[name] else JUNK
            for junk in share_of(kinds, met.total(), of=STEADY_SHARE):
                answer = caller(operation.method, path, {**example, name: junk})
                assert answer.status_code < 500, (operation.name, name, junk)
                if name == "made_up_field":
                    assert answer.status_code == 422
            met[name] += 1


def test_junk_in_every_query_is_never_our_mistake(
    whole_app: Flask, calling: Callable[[Actor | None], Caller], make: Factory, ana: Agency
) -> None:
    own = things_of(make, calling, ana)
    caller = calling(ana.agency_admin)
    met: Counter[str] = Counter()
    for operation in operations(whole_app):
        if operation.method != "GET":
            continue
        path = address(operation, own)
        for name in (*operation.query_names, "made_up_field"):
            # As in bodies: all at the first route that has it.
            kinds = QUERY_JUNK[met[name] % IN_TURN :: IN_TURN] if met[name] else QUERY_JUNK
            for junk in share_of(kinds, met.total(), of=STEADY_SHARE):
                answer = caller.get(f"{path}?{name}={junk}&{name}=1")
                assert answer.status_code < 500, (operation.name, name, junk)
                if name == "made_up_field" and operation.permission != "public" and operation.query_names:
                    assert answer.status_code == 422
            met[name] += 1


def test_junk_in_paths_is_not_found(whole_app: Flask, calling: Callable[[Actor | None], Caller], ana: Agency) -> None:
    caller = calling(ana.agency_admin)
    expected = caller.get(f"/brands/{new_id()}").get_data()
    brand = ana.brand_ids[0]
    for junk in (
        str(brand).upper(),
        brand.hex,
        f"{{{brand}}}",
        f"urn:uuid:{brand}",
        f"{brand}%20",
        "%00",
        "%ff",
        "é",
        "x" * 3_000,
    ):
        answer = caller.get(f"/brands/{junk}")
        assert (answer.status_code, answer.get_data()) == (404, expected), junk
