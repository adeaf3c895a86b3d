"""The keyboard as one table: the sheet, the hints on buttons and the tests read it, and nothing else names a key.

A key with an element is pressed by `static/keys.js` through the element's `data-key`, which a template writes with
`press`; the others are done by a script named in `by`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from agency.web.who import person_or_none

keys_page = Blueprint("keys_page", __name__)

EVERYWHERE, QUEUE, CASE, WRITING, QUIZ, QUALITY = "everywhere", "queue", "case", "writing", "quiz", "quality"
SCREENS = {
    "the inbox": (EVERYWHERE, QUEUE, CASE),
    "a case alone": (EVERYWHERE, CASE),
    "writing": (WRITING,),
    "a quiz": (EVERYWHERE, QUIZ),
    "the quality sheet": (EVERYWHERE, QUALITY),
}
"""Where keys of several places are listened to at once: there none may mean two things."""


TOPIC_KEYS = "tydfhmow"
"""In the menu that corrects a reading, a letter each for the first of the brand's own topics."""


MENU_LETTERS = {
    ("language", "en"): "E",
    ("language", "pl"): "P",
    ("language", "pt"): "T",
    ("language", "es"): "S",
    ("language", "unknown"): "O",
    ("personal_data", ""): "D",
}
"""In the same menu, capitals, since the small letters are given away."""


class Key(NamedTuple):
    """One key. `name` is what the browser calls it: `J` is Shift and j, `g i` one after the other, `Mod` is Ctrl or ⌘.

    `by` is the script that does it where no element of the page is pressed; of a `url` the key leads there.
    """

    name: str
    does: str
    where: str
    by: str = ""
    url: str = ""


KEYS: tuple[Key, ...] = (
    Key("j", _l("next case"), QUEUE, by="keys.js"),
    Key("k", _l("previous case"), QUEUE, by="keys.js"),
    Key("Enter", _l("open the case"), QUEUE, by="browser"),
    Key("n", _l("take the top case"), QUEUE),
    Key("x", _l("choose the case, for several at once"), QUEUE),
    Key("J", _l("choose the next one, too"), QUEUE, by="choosing.js"),
    Key("K", _l("choose the previous one, too"), QUEUE, by="choosing.js"),
    Key("v", _l("save the filters as a view"), QUEUE),
    Key("r", _l("write the reply"), CASE),
    Key("A", _l("begin the reply with words that say it was read"), CASE),
    Key("e", _l("resolve the case"), CASE),
    Key("s", _l("snooze the case"), CASE),
    Key("L", _l("ask a loop about the case"), CASE),
    Key("C", _l("let the case come back at a time, with a reason"), CASE),
    Key("I", _l("put the case into an open incident, or take it out"), CASE),
    Key("!", _l("close as spam"), CASE),
    Key("a", _l("assign the case"), CASE),
    Key("l", _l("label the case, or the chosen ones"), CASE),
    Key("c", _l("note for colleagues"), CASE),
    Key("i", _l("the client sheet of this brand"), CASE),
    Key("p", _l("all of the person who writes"), CASE),
    Key("u", _l("correct how the text was read"), CASE),
    *(Key(str(n), _l("in that menu: say what it is"), CASE) for n in range(10)),
    *(Key(letter, _l("in that menu: one of the brand's own topics"), CASE) for letter in TOPIC_KEYS),
    *(
        Key(letter, _l("in that menu: which language, or whether it holds personal data"), CASE)
        for letter in MENU_LETTERS.values()
    ),
    Key("[", _l("previous finding"), CASE, by="keys.js"),
    Key("]", _l("next finding"), CASE, by="keys.js"),
    Key("/", _l("search"), EVERYWHERE),
    Key("Mod+k", _l("go anywhere, do anything"), EVERYWHERE),
    Key("b", _l("switch brand"), EVERYWHERE, by="keys.js"),
    Key("g i", _l("go to the inbox"), EVERYWHERE, url="/inbox"),
    Key("g w", _l("go to what waits for clients"), EVERYWHERE, url="/inbox?view=waiting"),
    Key("g a", _l("go to approvals"), EVERYWHERE, url="/approvals"),
    Key("g d", _l("go to the wall"), EVERYWHERE, url="/wall"),
    Key("z", _l("undo what was just done"), EVERYWHERE),
    *(Key(f"g {n}", _l("go to a saved view"), QUEUE) for n in range(1, 10)),
    Key("?", _l("this list"), EVERYWHERE),
    Key("Escape", _l("leave the field, close what floats"), EVERYWHERE, by="keys.js"),
    Key("Mod+Enter", _l("send for approval, or publish"), WRITING),
    Key("Mod+.", _l("put the suggested words in"), WRITING, by="composer.js"),
    Key("Alt+ArrowUp", _l("previous finding"), WRITING, by="composer.js"),
    Key("Alt+ArrowDown", _l("next finding"), WRITING, by="composer.js"),
    *(Key(str(n), _l("choose an answer"), QUIZ, by="quiz.js") for n in range(1, 5)),
    *(Key(str(n), _l("choose an answer"), QUALITY) for n in range(1, 10)),
    Key("s", _l("save and go to the next one"), QUALITY),
    Key("n", _l("skip to the next one"), QUALITY),
)

_PLACES = {
    QUEUE: _l("In the queue"),
    CASE: _l("At a case"),
    WRITING: _l("While writing"),
    EVERYWHERE: _l("Everywhere"),
    QUIZ: _l("In a quiz"),
    QUALITY: _l("Judging replies"),
}
_NAMES = frozenset(key.name for key in KEYS)
_CAPS = {"Mod": "Ctrl", "ArrowUp": "↑", "ArrowDown": "↓", "Enter": "↵", "Escape": "Esc"}


@lru_cache(maxsize=256)
def press(name: str, *, focus: bool = False, folded: bool = False) -> Markup:
    """The attributes of what a key presses, or goes to with `focus`; a screen reader names the key.

    What is in a closed menu, or out of sight on a narrow page, is pressed where it is `folded`; else a key of a menu
    waits until it is open.

    Nothing for the empty name. Raises LookupError for a key that is not in the table.
    """
    if not name:
        return Markup("")
    if name not in _NAMES:
        raise LookupError(f"the key {name!r} is not in agency.web.keys.KEYS")
    spoken = "" if " " in name else f' aria-keyshortcuts="{escape(_spoken(name))}"'
    return Markup(
        f' data-key="{escape(name)}"{" data-key-focus" if focus else ""}{" data-key-folded" if folded else ""}{spoken}'
    )


def _spoken(name: str) -> str:
    if name.startswith("Mod+"):
        return f"Control+{name[4:]} Meta+{name[4:]}"
    return f"Shift+{name}" if len(name) == 1 and name.isupper() else name


def caps(name: str) -> list[str]:
    """What is printed on the keys of a name, in the order they are pressed."""
    if len(name) == 1:
        return ["Shift", name.lower()] if name.isupper() else [name]
    return [_CAPS.get(part, part) for part in name.replace("+", " ").split()]


@keys_page.get("/keys")
def sheet() -> Response:
    """The list of keys: for the dialog the list alone, else a page of it."""
    if hasattr(current_app, "login_manager"):  # the looks alone do without people
        person_or_none()  # whose language it is; whoever is nobody reads their browser's
    if request.headers.get("HX-Request") == "true":
        return make_response(_list(str(get_locale())))
    from agency.web.shell import plain_shell  # the looks alone do without people and settings

    return make_response(render_template("keys/page.html", shell=plain_shell(), keys=_list(str(get_locale()), "h2")))


@lru_cache(maxsize=8)
def _list(language: str, heading_tag: str = "h3") -> Markup:
    """Rendered once for each language: by place, and under each place one line for keys that do the same."""
    groups = []
    for where, heading in _PLACES.items():
        lines: dict[str, tuple[list[list[str]], str, str]] = {}
        for key in KEYS:
            if key.where == where:
                lines.setdefault(str(key.does), ([], key.url, key.name))[0].append(caps(key.name))
        groups.append((str(heading), [(names, does, url, name) for does, (names, url, name) in lines.items()]))
    return Markup(render_template("keys/_list.html", groups=groups, heading_tag=heading_tag))
