"""Templates are compiled once for each language; what is filled in by a request is escaped as ever."""

from __future__ import annotations

import pytest
from flask import Flask, render_template
from flask_babel import force_locale
from jinja2 import DictLoader

HOSTILE = '<b onclick="x">%(who)s & 100%</b>'


@pytest.fixture
def written(whole_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The product's app with three templates of the tests' own behind its environment."""
    environment = whole_app.jinja_env.overlay(
        loader=DictLoader(
            {
                "said.html": '{{ _("Sign out") }}|{{ _("Reply to %(who)s", who=who) }}|{{ icon("key") }}',
                "child.html": '{% extends "said.html" %}',
                "asked.html": '{{ ngettext("%(num)s new case", "%(num)s new cases", n) }}{{ _(word) }}{{ icon(name) }}',
            }
        )
    )
    environment.__dict__.pop("_twins", None)  # twins of the environment this one was made from
    monkeypatch.setattr(whole_app, "jinja_env", environment)
    return whole_app


@pytest.mark.parametrize("template", ["said.html", "child.html"])
def test_each_reader_gets_their_own_words_one_after_the_other(written: Flask, template: str) -> None:
    told = {}
    for language in ("en", "pl", "pt", "en"):
        with written.test_request_context(), force_locale(language):
            told[language] = render_template(template, who="Ana")
    assert [told[language].split("|")[0] for language in ("en", "pl", "pt")] == ["Sign out", "Wyloguj", "Sair"]
    assert told["en"].split("|")[1] == "Reply to Ana"
    assert len({text.split("|")[1] for text in told.values()}) == 3
    assert all('href="/static/icons.svg#key"' in text for text in told.values())


@pytest.mark.parametrize("language", ["en", "pl", "pt"])
def test_a_value_inside_words_is_escaped_once_and_never_read_as_a_pattern(written: Flask, language: str) -> None:
    with written.test_request_context(), force_locale(language):
        shown = render_template("said.html", who=HOSTILE)
    assert "<b" not in shown
    assert "&lt;b onclick=&#34;x&#34;&gt;%(who)s &amp; 100%&lt;/b&gt;" in shown


def test_what_is_not_constant_is_asked_for_in_the_language_of_the_request(written: Flask) -> None:
    with written.test_request_context(), force_locale("pl"):
        shown = render_template("asked.html", n=2, word="Sign out", name="key")
    assert shown.startswith("2 nowe sprawyWyloguj<svg")
