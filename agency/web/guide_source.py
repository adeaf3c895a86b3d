"""A guide as text for the editor, and what is wrong with it in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from agency.web.contexts import GuideProblem
from styleguides.exchange import write_guide
from styleguides.importing import SourceProblem, write_version
from styleguides.models import StyleGuideVersion


def source_of(version: StyleGuideVersion | None) -> str:
    """A version as the editor shows it; a small beginning where there is none."""
    if version is None:
        return write_guide("yaml", voice="", identity={}, rules=[])
    return write_version("yaml", version, with_note=False)


def problem_looks(problems: Iterable[SourceProblem]) -> tuple[GuideProblem, ...]:
    """Each with where it stands."""
    return tuple(
        GuideProblem(
            where=_where(one),
            message=f"{one.field}: {_(one.message)}" if one.field else _(one.message),
            line=one.line,
        )
        for one in problems
    )


def _where(one: SourceProblem) -> str:
    if one.line is None:
        return one.rule or _("The guide")
    if one.rule:
        return _("Line %(n)s, %(rule)s", n=one.line, rule=one.rule)
    return _("Line %(n)s", n=one.line)
