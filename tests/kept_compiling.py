"""What every app of a run would compile anew: a thousand sandboxes have the same addresses, and each app with pages the
same two hundred templates in three languages.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import Environment
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from werkzeug.routing import Rule

from agency.web.language import TRANSLATIONS
from tenants.languages import LANGUAGES, catalogue

AGENCY = Path(__file__).resolve().parent.parent / "agency"
SHAPES_TEMPLATES = ("*.py", "*.po", "icons.svg")


def keep_what_is_compiled() -> None:
    """Addresses for this process, templates for all that run here after it."""
    compile_builder: Callable[..., Any] = Rule._compile_builder
    builders: dict[Any, Any] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        if key not in builders:
            builders[key] = compile_builder(rule, append_unknown)
        return builders[key]

    Rule._compile_builder = compile_once  # type: ignore[method-assign]
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": KeptTemplates()}


class KeptTemplates(FileSystemBytecodeCache):
    """Compiled templates, told apart by the words that were compiled into them; one that is out of date is replaced."""

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        key = self.get_cache_key(name, f"{filename} {_language_of(environment)}")
        bucket = Bucket(environment, key, self.get_source_checksum(source + _ground()))
        self.load_bytecode(bucket)
        return bucket


def _language_of(environment: Environment) -> str:
    words = getattr(environment, "_words", None)
    if words is None:
        return type(environment).__name__
    return next(language for language in LANGUAGES if words == catalogue(TRANSLATIONS, language).gettext)


@cache
def _ground() -> str:
    """What else a compiled template holds: our words and drawings, and how we put them in."""
    files = sorted(file for pattern in SHAPES_TEMPLATES for file in AGENCY.rglob(pattern))
    facts = ((str(file), os.stat(file)) for file in files)
    return sha256(repr([(name, fact.st_mtime_ns, fact.st_size) for name, fact in facts]).encode()).hexdigest()
