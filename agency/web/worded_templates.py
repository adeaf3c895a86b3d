"""Templates compiled once for each language, with that language's words and our icons written into them.

A page says about a hundred words of its own. Asking for the reader's language and looking each of them up cost more
than everything else a template does; compiled so, they are plain text between the values. Words that carry values
keep their places, and whatever is not constant (`ngettext`, an icon chosen by a variable) is asked for as ever.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any, cast

from flask.templating import Environment
from flask_babel import get_locale
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from agency.web.icons import icon
from agency.web.language import TRANSLATIONS
from tenants.languages import catalogue


class WordedEnvironment(Environment):
    """Hands templates out in the language of the request; each language has a twin of this environment of its own."""

    _words: Callable[[str], str] | None = None
    """How this twin translates; None in the one they are made from."""

    def get_or_select_template(
        self, template_name_or_list: Any, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        """As Jinja's: this is what `render_template` asks. What a template extends or imports comes from its twin."""
        environment = self if self._words is not None else self._in_language(get_locale().language)
        return super(WordedEnvironment, environment).get_or_select_template(template_name_or_list, parent, globals)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own where a template brings none: a layer over them makes every import slow."""
        return super().make_globals(d) if d else self.globals

    def _in_language(self, language: str) -> WordedEnvironment:
        twins: dict[str, WordedEnvironment] = self.__dict__.setdefault("_twins", {})
        if language not in twins:
            twin = self.overlay()
            twin._words = catalogue(TRANSLATIONS, language).gettext
            twins[language] = twin
        return twins[language]

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        """Jinja's hook between reading a template and turning it into Python."""
        if self._words is not None:
            assert self.newstyle_gettext  # type: ignore[attr-defined]  # a translation is markup with % places
            source = cast(nodes.Template, _Speaker(self._words).visit(source))
        return super()._generate(source, name, filename, defer_init)


class _Speaker(NodeTransformer):
    """Puts the translation in the place of `_("…")`, and the drawing in the place of `icon("…")`."""

    def __init__(self, words: Callable[[str], str]) -> None:
        self._words = words

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """Only calls by these two names with one constant; everything else stays as it is."""
        self.generic_visit(node)
        called, given = node.node, node.args
        if not isinstance(called, nodes.Name) or node.dyn_args or node.dyn_kwargs or len(given) != 1:
            return node
        constant = given[0].value if isinstance(given[0], nodes.Const) else None
        if not isinstance(constant, str):
            return node
        if called.name == "icon" and not node.kwargs:
            return nodes.Const(icon(constant), lineno=node.lineno)
        if called.name != "_" or not constant:
            return node
        words = Markup(self._words(constant))
        if not node.kwargs:
            return nodes.Const(words % {}, lineno=node.lineno)
        values = [nodes.Pair(nodes.Const(word.key), word.value) for word in node.kwargs]
        return nodes.Mod(nodes.Const(words), nodes.Dict(values), lineno=node.lineno)
