"""Who may import whom: the layers of pyproject.toml against the folders, and where our packages come from."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("agency", "tenants", "channels", "styleguides", "jobs")
# What stands at the roof or apart, and why no layer names it.
OUTSIDE_THE_LAYERS = {
    "agency.sandbox": "imports nothing of ours; a contract of its own says so",
    "agency.web_server": "wraps gunicorn around wsgi.py and imports nothing of ours",
}


def contracts() -> list[dict[str, object]]:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]  # type: ignore[no-any-return]


def names_in_layers() -> set[str]:
    (layers,) = (contract["layers"] for contract in contracts() if contract["type"] == "layers")
    assert isinstance(layers, list)
    return {name.strip(" ()") for layer in layers for name in layer.split("|")}


def python_files() -> Iterator[Path]:
    for package in (*PACKAGES, "migrations", "benchmarks", "tests"):
        yield from (CHECKOUT / package).rglob("*.py")


def imported_modules(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return found


@pytest.mark.parametrize("package", [*PACKAGES, "migrations"])
def test_our_packages_come_from_this_checkout(package: str) -> None:
    module = importlib.import_module(package)
    places = {Path(place).resolve() for place in module.__path__}
    assert places == {CHECKOUT / package}


def test_every_place_stands_in_a_layer_or_says_why_not() -> None:
    inside_agency = {
        f"agency.{entry.stem}"
        for entry in (CHECKOUT / "agency").iterdir()
        if entry.name != "__init__.py" and (entry.suffix == ".py" or (entry.is_dir() and any(entry.glob("*.py"))))
    }
    places = inside_agency | {package for package in PACKAGES if package != "agency"}
    assert places - names_in_layers() == set(OUTSIDE_THE_LAYERS)


def test_every_room_and_workshop_is_held_free_of_flask() -> None:
    (contract,) = (c for c in contracts() if str(c["name"]).startswith("No Flask below the doors"))
    assert isinstance(contract["source_modules"], list)
    below = {"tenants", "channels", "styleguides"}
    rooms = {
        name
        for name in names_in_layers()
        if name.removeprefix("agency.") in ("inbox", "replies", "training", "notices", "reports", "billing")
    }
    present = {room for room in rooms if (CHECKOUT / room.replace(".", "/")).is_dir()}
    assert set(contract["source_modules"]) == below | present


def test_nothing_imports_wsgi() -> None:
    named = [file for file in python_files() if "wsgi" in file.read_text("utf-8")]
    assert Path(__file__).resolve() in named
    guilty = [str(file) for file in named if "wsgi" in imported_modules(file)]
    assert guilty == []


def test_the_sandbox_imports_nothing_of_ours() -> None:
    ours = re.compile(rf"({'|'.join((*PACKAGES, 'migrations', 'wsgi'))})(\.|$)")
    for file in (CHECKOUT / "agency" / "sandbox").rglob("*.py"):
        strangers = {
            name for name in imported_modules(file) if ours.match(name) and not name.startswith("agency.sandbox")
        }
        assert strangers == set(), file


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_file_holds_a_docstring_only(package: str) -> None:
    for file in (CHECKOUT / package).rglob("__init__.py"):
        body = ast.parse(file.read_text("utf-8")).body
        assert len(body) == 1, file
        assert isinstance(body[0], ast.Expr), file
        assert isinstance(body[0].value, ast.Constant), file


def test_migrations_and_doctor_load_every_package_that_has_tables() -> None:
    from migrations.run import import_models

    names = set(re.findall(r'"([a-z.]+)"', inspect.getsource(import_models)))
    with_tables = {
        ".".join(file.relative_to(CHECKOUT).parent.parts)
        for package in PACKAGES
        for file in (CHECKOUT / package).rglob("models.py")
    }
    assert names == with_tables
