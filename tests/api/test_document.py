"""The document at /api/v1/openapi.json says exactly what is served, to whom, and its examples are true."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from agency.api import door
from agency.api.document import document_of
from agency.api.route_policy import API_ROUTE_POLICY
from channels.media_kinds import MEDIA_TYPES
from tenants.base_app import create_base_app
from tenants.settings import Settings
from tests.api.calling import Caller, validator_of

CONTRACT = """
GET POST /brands | GET PATCH /brands/{} | GET POST /accounts | GET DELETE /accounts/{} | GET /conversations
GET /conversations/{} | POST /conversations/{}/claim | POST /conversations/{}/release | POST /conversations/{}/replies
GET PATCH /replies/{} | POST /replies/{}/submit | POST /replies/{}/approve | POST /replies/{}/change-and-approve
POST /replies/{}/decline | POST /replies/{}/ask-for-changes | POST /replies/{}/withdraw | POST /replies/{}/release
GET /replies/{}/receipt | GET POST /brands/{}/style-guide/versions | GET /brands/{}/style-guide
POST /brands/{}/style-guide/versions/{}/put-in-force | GET POST /brands/{}/guidelines
GET PATCH DELETE /brands/{}/guidelines/{} | POST /brands/{}/check
"""
BESIDE = {
    ("POST", "/replies/{}/resolve"),
    ("GET", "/replies/{}/requests"),
    ("GET", "/replies/{}/receipt/signed"),
    ("POST", "/replies/{}/let-go"),
    ("GET", "/replies/{}/variants"),
    ("PUT", "/replies/{}/variants"),
    ("GET", "/brands/{}/client-sheet"),
    ("PATCH", "/brands/{}/client-sheet"),
    ("POST", "/conversations/{}/messages/{}/deeds"),
    ("GET", "/conversations/{}/media/{}"),
    ("POST", "/presses"),
    ("GET", "/presses/{}"),
    ("POST", "/presses/{}/undo"),
    ("POST", "/conversations/{}/tell-client"),
    ("POST", "/conversations/{}/merge"),
    ("POST", "/conversations/{}/take-apart"),
    ("POST", "/conversations/{}/split"),
    ("GET", "/spam-marks"),
    ("POST", "/spam-marks/{}/lift"),
    ("POST", "/replies/{}/change"),
    ("POST", "/replies/{}/drop"),
    ("POST", "/replies/{}/take-back"),
    ("POST", "/accounts/{}/reconnect"),
    ("POST", "/accounts/{}/reconnect-link"),
    ("GET", "/brands/{}/style-guide/versions/{}"),
    ("GET", "/brands/{}/style-guide/versions/{}/steps"),
    ("GET", "/brands/{}/style-guide/versions/{}/trial"),
    ("GET", "/brands/{}/style-guide/versions/{}/export"),
    ("POST", "/brands/{}/style-guide/import"),
    ("POST", "/brands/{}/style-guide/versions/{}/propose"),
    ("POST", "/brands/{}/style-guide/versions/{}/call-back"),
    ("POST", "/brands/{}/style-guide/versions/{}/approve"),
    ("POST", "/brands/{}/style-guide/versions/{}/answer"),
    ("GET", "/platforms"),
    ("GET", "/labels"),
    ("POST", "/labels"),
    ("PATCH", "/labels/{}"),
    ("POST", "/labels/{}/archive"),
    ("POST", "/labels/{}/restore"),
    ("POST", "/labels/{}/merge"),
    ("PUT", "/conversations/{}/labels/{}"),
    ("DELETE", "/conversations/{}/labels/{}"),
    ("GET", "/views"),
    ("POST", "/views"),
    ("PATCH", "/views/{}"),
    ("DELETE", "/views/{}"),
    ("POST", "/views/{}/restore"),
    ("GET", "/conversations/{}/earlier-answers"),
    ("GET", "/quizzes"),
    ("POST", "/replies/{}/time"),
    ("POST", "/replies/{}/check-now"),
    ("POST", "/replies/{}/try-again"),
    ("GET", "/brands/{}/hours"),
    ("PUT", "/brands/{}/hours"),
    ("GET", "/undo-time"),
    ("PATCH", "/undo-time"),
    ("GET", "/quiz-gate"),
    ("PATCH", "/quiz-gate"),
    ("GET", "/clock-rules"),
    ("PATCH", "/clock-rules"),
    ("GET", "/brands/{}/clock-rules"),
    ("PATCH", "/brands/{}/clock-rules"),
    ("GET", "/brands/{}/acknowledgement-texts"),
    ("PATCH", "/brands/{}/acknowledgement-texts"),
    ("GET", "/ranking-weights"),
    ("PATCH", "/ranking-weights"),
    ("GET", "/ranking-weights/versions"),
    ("POST", "/ranking-weights/look"),
    ("GET", "/brands/{}/approval-policy"),
    ("GET", "/brands/{}/approval-policy/versions"),
    ("POST", "/brands/{}/approval-policy/versions"),
    ("GET", "/brands/{}/approval-policy/versions/{}"),
    ("GET", "/brands/{}/approval-policy/versions/{}/week"),
    ("POST", "/brands/{}/approval-policy/versions/{}/propose"),
    ("POST", "/brands/{}/approval-policy/versions/{}/call-back"),
    ("POST", "/brands/{}/approval-policy/versions/{}/sign"),
    ("POST", "/brands/{}/approval-policy/versions/{}/answer"),
    ("POST", "/brands/{}/approval-policy/versions/{}/paper"),
    ("GET", "/record"),
    ("GET", "/notices"),
    ("POST", "/notices/{}/read"),
    ("GET", "/rules"),
    ("POST", "/rules"),
    ("POST", "/rules/try"),
    ("GET", "/rules/{}"),
    ("PATCH", "/rules/{}"),
    ("POST", "/rules/{}/try"),
    ("POST", "/rules/{}/switch"),
    ("POST", "/rules/{}/move"),
    ("POST", "/rules/{}/archive"),
    ("POST", "/rules/{}/restore"),
    ("GET", "/incidents"),
    ("POST", "/incidents"),
    ("GET", "/incidents/{}"),
    ("POST", "/incidents/{}/end"),
    ("GET", "/brands/{}/topics"),
    ("POST", "/brands/{}/topics"),
    ("GET", "/brands/{}/topics/{}"),
    ("PATCH", "/brands/{}/topics/{}"),
    ("POST", "/brands/{}/topics/{}/archive"),
    ("POST", "/brands/{}/topics/{}/restore"),
    ("GET", "/brands/{}/facts"),
    ("POST", "/brands/{}/facts"),
    ("GET", "/brands/{}/facts/{}"),
    ("PATCH", "/brands/{}/facts/{}"),
    ("POST", "/brands/{}/facts/{}/archive"),
    ("POST", "/brands/{}/facts/{}/restore"),
    ("GET", "/contacts"),
    ("GET", "/contacts/{}"),
    ("PATCH", "/contacts/{}"),
    ("POST", "/contacts/{}/notes"),
    ("POST", "/contacts/{}/links"),
    ("DELETE", "/contacts/{}/links/{}"),
    ("GET", "/contacts/{}/export"),
    ("POST", "/contacts/{}/erasure"),
    ("GET", "/erasures/{}"),
    ("GET", "/quality/sample"),
    ("GET", "/quality/mine"),
    ("POST", "/replies/{}/judgement"),
    ("GET", "/brands/{}/figures"),
    ("GET", "/wall"),
    ("GET", "/brands/{}/loops"),
    ("GET", "/loop-questions"),
    ("POST", "/conversations/{}/loop-questions"),
    ("GET", "/loop-questions/{}"),
    ("POST", "/loop-questions/{}/withdraw"),
    ("GET", "/comebacks"),
    ("GET", "/team"),
    ("GET", "/absences"),
    ("GET", "/handovers"),
    ("PUT", "/conversations/{}/comeback"),
    ("DELETE", "/conversations/{}/comeback"),
    ("GET", "/contacts/{}/birthday"),
    ("PUT", "/contacts/{}/birthday"),
    ("DELETE", "/contacts/{}/birthday"),
    ("GET", "/brands/{}/limits"),
    ("PATCH", "/brands/{}/limits"),
    ("GET", "/brands/{}/ledger"),
    ("GET", "/conversations/{}/goodwill"),
    ("POST", "/conversations/{}/goodwill"),
    ("POST", "/ledger-lines/{}/take-back"),
    ("GET", "/saved-replies"),
    ("POST", "/saved-replies"),
    ("GET", "/saved-replies/{}"),
    ("PATCH", "/saved-replies/{}"),
    ("POST", "/saved-replies/{}/archive"),
    ("POST", "/saved-replies/{}/restore"),
    ("GET", "/conversations/{}/saved-replies"),
    ("POST", "/conversations/{}/messages/{}/reading"),
    ("GET", "/openapi.json"),
}


def _bare(path: str) -> str:
    return "/".join("{}" if part.startswith(("{", "<")) else part for part in path.split("/"))


def _documented(app: Flask) -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, operations in document_of(app)["paths"].items() for method in operations}


def test_the_document_describes_exactly_what_is_served(whole_app: Flask) -> None:
    served = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in whole_app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert _documented(whole_app) == served


def test_every_route_of_the_contract_is_there(whole_app: Flask) -> None:
    wanted = set(BESIDE)
    for entry in CONTRACT.replace("\n", "|").split("|"):
        *methods, path = entry.split() or [""]
        wanted |= {(method, path) for method in methods}
    assert {(method, _bare(path).removeprefix("/api/v1")) for method, path in _documented(whole_app)} == wanted


def test_it_is_open_to_anyone_and_is_openapi_3_1(whole_app: Flask) -> None:
    answer = Caller(whole_app).get("/openapi.json")
    document = answer.get_json()
    assert (answer.status_code, document["openapi"][:3]) == (200, "3.1")
    assert "nullable" not in answer.get_data(as_text=True)
    assert document == document_of(whole_app)


def test_building_it_warns_of_nothing(settings: Settings) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        door.register(create_base_app(settings))
    assert [str(one.message) for one in said] == [], "two schemas of one name would be told apart by a number"


def test_every_reference_leads_somewhere(whole_app: Flask) -> None:
    document = document_of(whole_app)
    for reference in set(_references(document)):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _examples(node: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any], Any]]:
    if isinstance(node, dict):
        if "schema" in node and "example" in node:
            yield name, node["schema"], node["example"]
        for key, value in node.items():
            yield from _examples(value, f"{name}/{key}")
    elif isinstance(node, list):
        for value in node:
            yield from _examples(value, name)


def test_every_example_is_valid(whole_app: Flask) -> None:
    document = document_of(whole_app)
    found = list(_examples(document["paths"]))
    assert len(found) > 50
    for name, schema, example in found:
        problems = [error.message for error in validator_of(document, schema).iter_errors(example)]
        assert not problems, (name, problems)


def test_every_body_and_answer_has_an_example(whole_app: Flask) -> None:
    for path, operations in document_of(whole_app)["paths"].items():
        for method, operation in operations.items():
            if path.endswith("/openapi.json"):
                continue
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            empty = body.get("schema", {}).get("$ref", "").endswith("/Nothing")
            assert not body or empty or "example" in body, (method, path)
            for status, answer in operation["responses"].items():
                if set(answer.get("content", ())) in (MEDIA_TYPES, {"application/zip"}):
                    assert answer["description"]
                elif status in ("200", "201"):
                    assert "example" in answer["content"]["application/json"], (method, path)


def test_each_operation_names_who_may(whole_app: Flask) -> None:
    said = {}
    for operations in document_of(whole_app)["paths"].values():
        for operation in operations.values():
            said[operation["operationId"]] = operation["x-permission"]
            if operation["x-permission"] != "public":
                assert {"401", "403", "404"} <= set(operation["responses"])
                assert operation["security"] == [{"bearer": []}]
    policy = {name.partition(".")[2]: str(who) for name, who in API_ROUTE_POLICY.items() if "api_webhooks" not in name}
    assert said == policy


def test_each_post_takes_an_idempotency_key(whole_app: Flask) -> None:
    for path, operations in document_of(whole_app)["paths"].items():
        for method, operation in operations.items():
            names = [parameter.get("name") for parameter in operation.get("parameters", [])]
            assert ("Idempotency-Key" in names) == (method == "post"), (method, path)


@pytest.mark.parametrize("word", ["submit", "lose_track", "reply:approve", "exactly this text"])
def test_the_lifecycle_stands_in_it(whole_app: Flask, word: str) -> None:
    assert word in document_of(whole_app)["info"]["description"]
