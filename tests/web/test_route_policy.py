"""Every page × every role, made from the policy table: who is not allowed is refused before anything is looked up."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule

from agency.web.paths import is_page_path
from agency.web.route_policy import ROUTE_POLICY, Audience
from tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.factories import Agency
from tests.steady import share_of
from tests.web.browser import Browser

NOT_THERE = UUID("01900000-0000-7000-8000-000000000000")
MADE_UP = ("x", "'", "null", "0", "%00", "é", "A" * 300)
IN_TURN = 4
LEAVES_THE_PAGE_OUT = frozenset({"sign_in.sign_out"})


def page_rules(app: Flask) -> list[tuple[Rule, str]]:
    """Every page rule with each of its methods."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        if is_page_path(rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def address_of(app: Flask, rule: Rule, value: object = NOT_THERE) -> str:
    """The rule's address with `value` for every part that names something."""
    converters = app.url_map.converters
    numbers = (converters["int"], converters["float"])
    parts = {name: 1 if isinstance(rule._converters[name], numbers) else value for name in rule.arguments}
    return app.url_map.bind("localhost").build(rule.endpoint, parts, method=None)


def asked(browser: Browser, method: str, address: str) -> int:
    answer = browser.get(address) if method == "GET" else browser.post(address)
    return answer.status_code


@pytest.mark.parametrize("role", list(Role))
def test_a_role_without_the_permission_is_refused_and_one_with_it_is_not(
    whole_app: Flask, ana: Agency, role: Role
) -> None:
    """What only reads is asked with everybody's ids in `tests/house/test_routes.py`, as is who is not signed in."""
    browser = Browser(whole_app, ana.actors[role.value])
    wrong = []
    for rule, method in page_rules(whole_app):
        policy = ROUTE_POLICY[rule.endpoint]
        if isinstance(policy, Audience) or method == "GET":
            continue
        status = asked(browser, method, address_of(whole_app, rule))
        allowed = policy in ROLE_PERMISSIONS[role]
        if (status == 403) == allowed or status >= 500:
            wrong.append((method, rule.rule, policy.value, status))
    assert wrong == []


def test_no_form_is_taken_without_its_token(whole_app: Flask, ana: Agency) -> None:
    browser, wrong = Browser(whole_app, ana.agency_admin), []
    for rule, method in page_rules(whole_app):
        if method == "GET" or ROUTE_POLICY[rule.endpoint] is Audience.BY_LINK:
            continue
        status = browser.client.open(address_of(whole_app, rule), method=method).status_code
        if status != 400:
            wrong.append((method, rule.rule, status))
    assert wrong == []


def test_made_up_ids_are_never_our_mistake(whole_app: Flask, ana: Agency) -> None:
    browser, wrong, met = Browser(whole_app, ana.agency_admin), [], Counter[tuple[str, ...]]()
    for rule, method in page_rules(whole_app):
        if not rule.arguments or rule.endpoint in LEAVES_THE_PAGE_OUT:
            continue
        # Every kind at the first page of a form of address, and at each further one the next of them in turn.
        names = (method, *sorted(rule.arguments))
        turn, met[names] = met[names], met[names] + 1
        for made_up in share_of(MADE_UP[turn % IN_TURN :: IN_TURN], turn, of=IN_TURN) if turn else MADE_UP:
            try:
                address = address_of(whole_app, rule, made_up)
            except Exception:  # a converter that takes no such text: no such address
                continue
            status = asked(browser, method, address)
            if status >= 500:
                wrong.append((method, address, status))
    assert wrong == []


def test_every_permission_of_the_table_exists_and_is_used_or_belongs_to_the_api() -> None:
    used = {policy for policy in ROUTE_POLICY.values() if isinstance(policy, Permission)}
    assert used <= set(Permission)
    assert Permission.PEOPLE_MANAGE in used
