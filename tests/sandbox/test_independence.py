"""The sandbox shares no code with what it judges."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import agency.sandbox

OURS = ("agency", "tenants", "channels", "styleguides", "jobs", "migrations", "tests")
ALLOWED_FROM_OUTSIDE = {"cryptography", "flask", "gunicorn", "werkzeug"}


def test_it_imports_nothing_of_ours_and_little_else() -> None:
    outside = set()
    for file in Path(agency.sandbox.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, file.name
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                top = name.split(".")[0]
                if top in OURS:
                    assert name.startswith("agency.sandbox"), f"{file.name} imports {name}"
                elif top not in sys.stdlib_module_names:
                    outside.add(top)
    assert outside == ALLOWED_FROM_OUTSIDE
