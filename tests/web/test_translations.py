"""Every word people see is said in Polish and Portuguese: whole catalogues, translated refusals, no English left."""

from __future__ import annotations

import ast
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural
from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from hypothesis import given
from hypothesis import strategies as st

from agency.local import translations
from agency.replies.lifecycle import LIFECYCLE
from agency.web import move_words
from agency.web.language import COOKIE
from agency.web.stored_words import said_again
from channels.errors import (
    ChannelError,
    ItemGone,
    NotSent,
    OutcomeUnknown,
    PlatformDown,
    RateLimited,
    Refused,
    TargetChanged,
    TokenRevoked,
)
from styleguides.guides import VERSION_MOVES
from tenants.errors import Conflict, Worded, worded
from tenants.permissions import REFUSALS, Actor
from tenants.states import in_words
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.replying import waiting_reply

LANGUAGES = ("pl", "pt")
PLACE = re.compile(r"%\(\w+\)[a-z]|`[^`]*`|\{\w+\}|https?://\S+|[A-Z]+_[A-Z_]+")
ERRORS = frozenset(translations.REFUSALS)
SHOWN_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt")


Entries = dict[str | tuple[str, ...], Message]


def entries(catalogue: Catalog) -> Entries:
    return {one.id if isinstance(one.id, str) else tuple(one.id): one for one in catalogue if one.id}


@cache
def messages(language: str) -> Entries:
    return entries(translations.read(language))


def test_a_catalogue_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "messages.po"
    whole = Catalog(locale="pl")
    whole.add("Yes", "Tak")
    translations.write(place, whole)
    before = place.read_bytes()
    assert b'msgstr "Tak"' in before
    broken = Catalog(locale="pl")
    broken.add("No", object())  # type: ignore[arg-type]  # writing it breaks off in the middle
    with pytest.raises((TypeError, AttributeError)):
        translations.write(place, broken)
    assert place.read_bytes() == before
    assert list(tmp_path.iterdir()) == [place]


@pytest.fixture(scope="module")
def wanted() -> Entries:
    return entries(translations.extracted())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_a_whole_translation_and_none_is_left_over(language: str, wanted: Entries) -> None:
    have = messages(language)
    assert set(wanted) - set(have) == set(), "run `make translations` and fill in what is empty"
    assert set(have) - set(wanted) == set(), "run `make translations`"
    assert [
        key for key, message in have.items() if not all(f.strip() for f in translations.forms(message.string))
    ] == []
    assert [key for key, message in have.items() if message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_marks_and_spaces_of_the_ends_survive_translation(language: str) -> None:
    wrong = []
    for key, message in messages(language).items():
        source = key if isinstance(key, str) else key[-1]
        for form in translations.forms(message.string):
            same_places = sorted(PLACE.findall(form)) == sorted(PLACE.findall(source))
            same_edges = (form[0].isspace(), form[-1].isspace()) == (source[0].isspace(), source[-1].isspace())
            if not same_places or not same_edges or set("<>") & (set(form) - set(source)) or "  " in form:
                wrong.append((source, form))
    assert wrong == []


@pytest.mark.parametrize(("language", "count"), [("pl", 3), ("pt", 2)])
def test_plural_forms_are_as_many_as_the_language_has(language: str, count: int) -> None:
    assert get_plural(language).num_plurals == count
    plural = [message for key, message in messages(language).items() if isinstance(key, tuple)]
    assert len(plural) > 10
    assert {len(translations.forms(message.string)) for message in plural} == {count}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1 nowa sprawa"),
        (2, "2 nowe sprawy"),
        (5, "5 nowych spraw"),
        (12, "12 nowych spraw"),
        (22, "22 nowe sprawy"),
    ],
)
def test_polish_counts_as_poles_do(whole_app: Flask, number: int, words: str) -> None:
    from flask_babel import ngettext

    with whole_app.test_request_context(headers={"Accept-Language": "pl"}):
        assert ngettext("%(num)s new case", "%(num)s new cases", number) == words


def test_every_marked_word_is_found_where_it_stands(wanted: Entries) -> None:
    """The extractor does not look into f-strings: a call inside one would stay English in silence."""
    known = {key if isinstance(key, str) else key[0] for key in wanted}
    missed = []
    for path, calls in sources():
        if {"api", "sandbox", "notices", "local", "demo"} & set(path.parts) or path.name.startswith("parts_sample"):
            continue
        for call in calls:
            if getattr(call.func, "id", "") in (
                "_",
                "_l",
                "gettext",
                "ngettext",
                "worded",
            ):
                first = call.args[0] if call.args else None
                if isinstance(first, ast.Constant) and first.value and first.value not in known:
                    missed.append((path.name, call.lineno, first.value))
    assert missed == []


# --- refusals ----------------------------------------------------------------------------------------------------


@cache
def sources() -> tuple[tuple[Path, list[ast.Call]], ...]:
    """Every file that may hold words, with its calls."""
    found = []
    for package in ("agency", "channels", "styleguides", "tenants"):
        for path in sorted((translations.CHECKOUT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found.append((path, [node for node in ast.walk(tree) if isinstance(node, ast.Call)]))
    return tuple(found)


def test_no_refusal_is_put_together_where_no_catalogue_can_see_it() -> None:
    wrong = []
    for path, calls in sources():
        for call in calls:
            if not isinstance(call.func, ast.Name) or not call.args:
                continue
            if call.func.id in ERRORS and "sandbox" not in path.parts:
                made = call.args[0]
                if isinstance(made, (ast.JoinedStr, ast.BinOp)) or (
                    isinstance(made, ast.Call) and getattr(made.func, "attr", "") == "format"
                ):
                    wrong.append(f"{path.relative_to(translations.CHECKOUT)}:{call.lineno}")
            if call.func.id == "worded" and not isinstance(call.args[0], ast.Constant):
                wrong.append(f"{path.relative_to(translations.CHECKOUT)}:{call.lineno}")
    assert wrong == []


def test_every_state_and_move_has_words_of_its_own() -> None:
    listed = {*move_words.SUBJECTS, *move_words.STATES, *move_words.MOVES}
    for table in (LIFECYCLE, VERSION_MOVES):
        assert {in_words(name) for name in (table.subject, *table.states, *table.moves)} <= listed
        for language in LANGUAGES:
            have = messages(language)
            assert all(move.must_hold in have for move in table.moves.values())
            assert len({have[in_words(name)].string for name in table.moves}) == len(table.moves)


def test_a_refusal_of_the_state_table_is_said_in_the_readers_language(whole_app: Flask) -> None:
    with pytest.raises(Conflict) as refused:
        LIFECYCLE.check("approve", "published", "approved")
    assert refused.value.message.startswith("This reply is published now, so it cannot approve. Nothing was changed.")
    said = {}
    for language in LANGUAGES:
        with whole_app.test_request_context(), force_locale(language):
            said[language] = _(refused.value.message)
    assert said["pl"].startswith("Nie można teraz wykonać czynności „zatwierdź”: odpowiedź ma stan „opublikowana”.")
    assert said["pt"].startswith("Não é possível agora «aprovar»: o estado é «publicada» (resposta).")


def test_every_refusal_of_permissions_is_translated() -> None:
    for language in LANGUAGES:
        assert all(messages(language)[sentence].string != sentence for sentence in REFUSALS.values())


@given(st.text(min_size=1))
def test_what_stands_in_a_sentence_is_put_in_as_it_is(name: str) -> None:
    sentence = worded("%(name)s has this case.", name=name)
    assert sentence == f"{name} has this case."
    assert (sentence.template, sentence.values) == ("%(name)s has this case.", {"name": name})
    assert type(str(sentence)) is str


@cache
def said_forms(language: str) -> tuple[set[str], list[re.Pattern[str]]]:
    """What a catalogue says word for word, and what it says with anything in its places."""
    forms = {form for one in messages(language).values() for form in translations.forms(one.string)}
    plain = {form for form in forms if "%(" not in form}
    return plain, [re.compile(re.sub(r"%\\\(\w+\\\)s", ".*", re.escape(form))) for form in forms - plain]


def test_names_are_never_translated_and_words_of_ours_are(whole_app: Flask) -> None:
    with whole_app.test_request_context(), force_locale("pl"):
        assert _(worded("%(name)s has this case.", name="Staff")) == "Staff ma tę sprawę."
        assert _(worded("%(name)s has this case.", name=worded("Somebody else"))) == "Ktoś inny ma tę sprawę."
        assert _(worded("%(name)s has this case.", name="100%(x)s")) == "100%(x)s ma tę sprawę."
        assert _(Worded("")) == ""


@pytest.mark.parametrize(
    "error",
    [
        RateLimited(90, "account"),
        RateLimited(90, "app"),
        TokenRevoked("password_changed"),
        ItemGone(),
        TargetChanged("edited"),
        TargetChanged("answered_elsewhere"),
        Refused("100/33", "No. Not like this."),
        Refused("100", ""),
        PlatformDown("HTTP 502"),
        NotSent("name not found"),
        OutcomeUnknown("time-out"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_publisher_wrote_down_in_english_is_said_again_in_the_readers_language(
    whole_app: Flask, error: ChannelError
) -> None:
    for language in LANGUAGES:
        with whole_app.test_request_context(), force_locale(language):
            said = said_again(str(error))
        plain, made = said_forms(language)
        assert said in plain or any(form.fullmatch(said) for form in made), said
        assert "Nothing" not in said
    with whole_app.test_request_context(), force_locale("pl"):
        assert "No. Not like this." in said_again(str(Refused("100/33", "No. Not like this.")))
        assert said_again("A lead's own words: it's there.") == "A lead's own words: it's there."


# --- pages -------------------------------------------------------------------------------------------------------


class Shown(HTMLParser):
    """The words a page shows or reads out, piece by piece, and whether its tags close as they open."""

    VOID = frozenset(
        ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
    )

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.open: list[str] = []
        self.crossed: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("li", "p") and self.open[-1:] == [tag]:
            self.open.pop()  # HTML leaves out its end before the next one, and an item's before the list's
        if tag not in self.VOID:
            self.open.append(tag)
        self.pieces.extend(value.strip() for name, value in attrs if name in SHOWN_ATTRIBUTES and value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pieces.extend(value.strip() for name, value in attrs if name in SHOWN_ATTRIBUTES and value)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        if tag in ("ul", "ol") and self.open[-1:] == ["li"]:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self.open and self.open[-1] in ("script", "style", "option", "textarea")):
            self.pieces.append(" ".join(data.split()))


def english_left(html: str, language: str) -> list[str]:
    """Pieces that are just what a source says and a catalogue says otherwise."""
    return [piece for piece in Shown(html).pieces if is_left(piece, language)]


@cache
def is_left(piece: str, language: str) -> bool:
    """Most of what a page says all pages say."""
    plain, made = english(language)
    return piece in plain or any(pattern.fullmatch(piece) for pattern in made)


@cache
def english(language: str) -> tuple[set[str], list[re.Pattern[str]]]:
    """What a source says and a catalogue says otherwise: whole sentences, and those with places in them."""
    plain: set[str] = set()
    made: list[re.Pattern[str]] = []
    for key, message in messages(language).items():
        for source, form in zip(
            (key,) if isinstance(key, str) else key, translations.forms(message.string), strict=False
        ):
            if source == form or len(source) < 4:
                continue
            if "%(" not in source:
                plain.add(source.strip())
            elif len(re.sub(r"%\(\w+\)[sd]", "", source)) > 8:
                made.append(re.compile(re.sub(r"%\\\(\w+\\\)[sd]", ".+", re.escape(source))))
    plain -= {
        form for one in messages(language).values() for form in translations.forms(one.string)
    }  # "Role" is Polish
    return plain, made


def speaking(app: Flask, actor: Actor, language: str) -> Browser:
    browser = Browser(app, actor)
    assert browser.post("/language", {"language": language}).status_code == 303
    return browser


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_english_is_left_on_the_pages_of_a_person_who_reads_another_language(
    whole_app: Flask, make: Factory, ana: Agency, language: str
) -> None:
    case = make.conversation(ana, text="Dzień dobry, gdzie jest moja karta?")
    reply_id = waiting_reply(ana, case)
    brand = ana.brand_ids[0]
    pages = {
        "agency_admin": [
            "/inbox",
            f"/inbox/{case}",
            f"/conversations/{case}",
            "/brands",
            f"/brands/{brand}",
            f"/brands/{brand}/guide",
            f"/brands/{brand}/guidelines/new",
            f"/brands/{brand}/accounts",
            "/accounts",
            "/people",
            "/account",
            "/permissions",
            f"/replies/{reply_id}/receipt",
            "/nowhere",
        ],
        "staff": ["/inbox", "/inbox?view=team", f"/conversations/{case}", "/brands", "/people"],
        "light": ["/inbox", f"/conversations/{case}"],
        "client_owner": ["/approvals", f"/approvals/{reply_id}", "/inbox", "/people"],
    }
    left, broken, statuses = {}, {}, {}
    for role, urls in pages.items():
        browser = speaking(whole_app, ana.actors[role], language)
        for url in urls:
            answer = browser.get(url, follow_redirects=True)
            statuses[role, url] = answer.status_code
            shown = Shown(answer.text)
            assert f'<html lang="{language}"' in answer.text
            if found := english_left(answer.text, language):
                left[role, url] = found
            if shown.crossed or shown.open:
                broken[role, url] = (shown.crossed, shown.open)
    assert left == {}
    assert broken == {}
    assert sum(status == 200 for status in statuses.values()) > 15, statuses


@pytest.mark.parametrize("language", LANGUAGES)
def test_doors_and_errors_speak_the_browsers_language(whole_app: Flask, ana: Agency, language: str) -> None:
    browser = Browser(whole_app)
    browser.client.set_cookie(COOKIE, language)
    for url in ("/sign-in", "/forgotten", "/reset/none", "/invitation/none"):
        answer = browser.get(url, follow_redirects=True)
        assert english_left(answer.text, language) == []
    wrong = browser.sign_in("nobody@lantern.example", "not the password")
    assert english_left(wrong.text, language) == []
    too_old = browser.client.post("/sign-in", data={"email": "x"})
    assert english_left(too_old.text, language) == []
    too_old_words = messages(language)["This form was too old or did not come from our page."].string
    assert isinstance(too_old_words, str)
    assert too_old_words in too_old.text


def test_the_check_for_english_finds_it() -> None:
    assert english_left("<p>Nothing was changed.</p>", "pl") == ["Nothing was changed."]
    assert english_left('<a title="Published once on Google, 10:00.">x</a>', "pt") == [
        "Published once on Google, 10:00."
    ]
    assert english_left("<p>Niczego nie zmieniono.</p>", "pl") == []
    assert Shown("<p><b>one</p></b>").crossed == ["p", "b"]
