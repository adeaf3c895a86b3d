"""Every part and page renders with invented cases, hostile words stay inert, and nothing needs an inline style."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from agency.web import contexts
from agency.web.clocks import age, due, span_words
from agency.web.health_words import health_looks
from agency.web.icons import STATIC, icon, icon_names
from agency.web.looks import FindingLook
from agency.web.parts_sample_pages import samples
from agency.web.parts_samples import inbox, shell
from agency.web.state_looks import conversation_states, reply_states, unknown_state
from agency.web.static_version import static_version
from agency.web.templating import marked_spans
from agency.web.theme import local_path
from tests.web.pages_app import pages_app

APP = pages_app()
with APP.test_request_context("/"):
    PAGES = ["/parts", "/parts?theme=dark&width=narrow", *(f"/parts/pages/{name}" for name in samples())]
NOW = datetime(2026, 11, 22, 11, 4, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture
def client() -> FlaskClient:
    return APP.test_client()


@pytest.fixture
def in_app() -> Flask:
    return APP


@pytest.mark.parametrize("address", PAGES)
def test_page_stands_without_inline_style_or_script(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    html = answer.text
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=\"/static/)|\son[a-z]+=\"|javascript:", html)
    assert html.count("<h1") == 1
    assert html.count('id="main"') == 1


@pytest.mark.parametrize("address", PAGES)
def test_every_form_that_posts_carries_a_token(client: FlaskClient, address: str) -> None:
    page = client.get(address).text
    by_link = 'name="referrer" content="no-referrer"' in page  # its address is the secret, and it reads no cookie
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", page, flags=re.S):
        assert ('name="csrf_token"' in form) is not by_link


def test_hostile_words_are_shown_inert(client: FlaskClient) -> None:
    html = client.get("/parts/pages/inbox-open").text
    assert "<b>mallory" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_inbox_with_fifty_rows_stays_small(in_app: Flask) -> None:
    with in_app.test_request_context("/"):
        html = render_template("inbox/page.html", shell=shell("/"), page=inbox())
    assert html.count('class="row') == 50
    assert len(html.encode()) <= 60_000


def test_an_unknown_page_is_not_found(client: FlaskClient) -> None:
    assert client.get("/parts/pages/nothing").status_code == 404


def test_parts_are_not_served_in_production() -> None:
    from agency.web.templating import prepare_templates

    app = Flask("production", static_folder=None)
    prepare_templates(app, local=False)
    assert app.test_client().get("/parts").status_code == 404


def test_every_icon_named_in_templates_and_states_is_drawn(in_app: Flask) -> None:
    named = set()
    for template in (STATIC.parent / "templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        named |= set(re.findall(r"icon\(\"([a-z-]+)\"\)", text))
    with in_app.test_request_context("/"):
        states = {**reply_states(), **conversation_states(), **health_looks()}
        named |= {state.icon for state in states.values()} | {unknown_state("x").icon}
    assert named <= icon_names()
    with pytest.raises(KeyError):
        icon("nothing-like-it")


def test_every_field_of_every_context_says_what_it_means() -> None:
    for name in contexts.__all__:
        thing = getattr(contexts, name)
        if is_dataclass(thing):
            for entry in fields(thing):
                assert entry.metadata.get("help"), f"{name}.{entry.name}"


# --- Theme -------------------------------------------------------------------------------------------------------


def _post_theme(client: FlaskClient, **form: str) -> object:
    page = client.get("/parts/pages/sign-in").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    return client.post("/theme", data={"csrf_token": token.group(1), **form})


def test_theme_is_kept_in_a_cookie_and_shown(client: FlaskClient) -> None:
    answer = _post_theme(client, theme="dark", next="/parts?width=narrow")
    assert answer.status_code == 303  # type: ignore[attr-defined]
    assert answer.headers["Location"] == "/parts?width=narrow"  # type: ignore[attr-defined]
    assert 'data-theme="dark"' in client.get("/parts/pages/sign-in").text


def test_an_unknown_theme_becomes_automatic(client: FlaskClient) -> None:
    _post_theme(client, theme="<script>", next="/")
    assert 'data-theme="auto"' in client.get("/parts/pages/sign-in").text


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "", "x", "/a\r\nb: c"]
)
def test_nobody_is_sent_to_another_site(address: str) -> None:
    assert local_path(address) == "/"


# --- Static files ------------------------------------------------------------------------------------------------


def test_versioned_files_are_kept_and_others_are_asked_for_again(client: FlaskClient) -> None:
    assert "immutable" in client.get(f"/static/app.css?v={static_version()}").headers["Cache-Control"]
    assert "immutable" not in client.get("/static/app.css?v=old").headers["Cache-Control"]


def test_a_page_and_its_fragment_are_told_apart_by_caches(client: FlaskClient) -> None:
    page = client.get("/parts/pages/inbox-open")
    part = client.get("/parts/pages/inbox-open", headers={"HX-Request": "true", "HX-Target": "conversation"})
    assert "<!doctype html>" in page.text
    assert "<!doctype html>" not in part.text
    assert {"HX-Request", "HX-Target"} <= set(part.vary)


# --- Times and marks ---------------------------------------------------------------------------------------------


def test_times_are_worded_in_the_readers_language(in_app: Flask) -> None:
    with in_app.test_request_context("/"):
        assert age(NOW - timedelta(minutes=40), NOW, WARSAW, "en").words == "40 min"
        assert span_words(5 * 3600, "pl") == "5 godz."
        late = due(NOW - timedelta(hours=2), NOW, WARSAW, "en")
        assert (late.level, late.words) == ("late", "late by 2 hr")
        soon = due(NOW + timedelta(minutes=59), NOW, WARSAW, "en")
        assert (soon.level, soon.words, soon.exact) == ("soon", "due in 59 min", "2026-11-22 13:03 CET")
        assert due(NOW + timedelta(hours=1), NOW, WARSAW, "en").level == "plain"


@given(
    text=st.text(max_size=60),
    cuts=st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70), st.sampled_from(["stop", "warn", "hint"]))),
)
def test_marking_never_changes_the_text(text: str, cuts: list[tuple[int, int, str]]) -> None:
    found = [FindingLook("r", level, "m", start, end) for start, end, level in cuts]  # type: ignore[arg-type]
    spans = marked_spans(text, found)
    assert "".join(span.text for span in spans) == text
    at = 0
    for span in spans:
        over = {f.level for f in found if max(0, f.start) <= at < f.end}
        if span.text:
            assert span.level == next((level for level in ("stop", "warn", "hint") if level in over), None)
        at += len(span.text)
