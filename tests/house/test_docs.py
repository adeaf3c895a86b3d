"""The documents are held to the tree: what they name exists, what must be named is, and their SQL runs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from uuid import uuid4

import click
import pytest
from flask import Flask
from sqlalchemy import text

from agency.command_line import main
from agency.replies.lifecycle import LIFECYCLE, STATES
from agency.web import health
from jobs.catalogue import CATALOGUE, QUEUES
from styleguides.rule_kinds import RULE_KINDS
from tenants.database import UNSCOPED_TABLES, Base, db
from tenants.outbox import JobName
from tenants.permissions import Role
from tenants.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
DOCS = CHECKOUT / "docs"
OPERATIONS, MAP, GLOSSARY = (DOCS / name for name in ("operations.md", "map.md", "glossary.md"))
README, CONTRIBUTING = CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md"
OURS = [
    README,
    CONTRIBUTING,
    CHECKOUT / "CHANGELOG.md",
    CHECKOUT / "migrations" / "README.md",
    *sorted(DOCS.rglob("*.md")),
]
EVERY_DOCUMENT = [*OURS, *sorted((CHECKOUT / "agency").rglob("*.md")), *sorted((CHECKOUT / "channels").rglob("*.md"))]
TOP_FOLDERS = (
    "agency",
    "tenants",
    "channels",
    "styleguides",
    "jobs",
    "migrations",
    "tests",
    "benchmarks",
    "docs",
    ".ci",
)
# Set by programs for programs; `operations.md` says so.
NOT_SETTINGS = {"ONBRAND_STOP_WITH_PARENT", "ONBRAND_SANDBOX_URL"}
# Planned names that map.md's last table says are not there.
LEFT_OUT = {
    "jobs/in_scope.py",
    "agency/api/openapi.yaml",
    "agency/reports/",
    "agency/billing/",
    "tenants/plans.py",
    "styleguides/drafting.py",
    "styleguides/empowerment.py",
}


def named(document: Path) -> str:
    return str(document.relative_to(CHECKOUT))


def words_of(document: Path) -> str:
    return document.read_text("utf-8")


def all_words(documents: Iterable[Path] = OURS) -> str:
    return "\n".join(words_of(document) for document in documents)


def code_of(document: Path) -> set[str]:
    """What stands between single backticks."""
    without_blocks = re.sub(r"```.*?```", "", words_of(document), flags=re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", without_blocks))


def section(document: Path, title: str) -> str:
    """The text below a heading, up to the next one of its rank or higher."""
    found = re.search(
        rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,6}} |\Z)", words_of(document), re.MULTILINE | re.DOTALL
    )
    assert found is not None, f"{named(document)} has no heading {title!r}"
    return found[2]


def unwrapped(words: str) -> str:
    """On one line, wherever its lines were broken."""
    return " ".join(words.split())


def first_column(table: str) -> set[str]:
    """Every name in backticks in the first column of a table."""
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    return {name for cell in rows for name in re.findall(r"`([^`]+)`", cell)}


def anchors_of(document: Path) -> set[str]:
    """The names GitHub gives to headings."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", words_of(document), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", EVERY_DOCUMENT, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    body = re.sub(r"```.*?```", "", words_of(document), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", body) + re.findall(r"""(?:src|srcset|href)=["']([^"']+)["']""", body)
    broken = []
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and (file.suffix != ".md" or anchor not in anchors_of(file))):
            broken.append(target)
    assert broken == []


def test_every_picture_is_shown_and_small() -> None:
    pictures = list((DOCS / "pictures").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.read_bytes().startswith(b"\x89PNG"), picture.name
        assert picture.stat().st_size < 200_000, picture.name
        assert f"docs/pictures/{picture.name}" in words_of(README), picture.name


@pytest.mark.parametrize("document", OURS, ids=named)
def test_every_file_a_document_names_is_there(document: Path) -> None:
    folders = "|".join(re.escape(folder) for folder in TOP_FOLDERS)
    missing = []
    for name in code_of(document):
        path = name.split(":")[0].strip()
        if not re.fullmatch(rf"({folders})/[\w./*-]*", path) or path in LEFT_OUT:
            continue
        if not list(CHECKOUT.glob(path.rstrip("/"))):
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("document", OURS, ids=named)
def test_every_name_behind_a_file_is_in_it(document: Path) -> None:
    """`path/file.py`: `NAME` says that NAME stands in that file."""
    for path, name in re.findall(r"`([\w./]+\.py)`:\s+`(\w+)`", words_of(document)):
        assert re.search(rf"\b{name}\b", (CHECKOUT / path).read_text("utf-8")), f"{path}: {name}"


def test_the_map_leaves_no_folder_out() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] for line in tracked.splitlines() if "/" in line}
    assert folders - {name.strip("/") for name in first_column(section(MAP, "The top level"))} == set()


def test_the_maps_layers_are_those_that_are_checked() -> None:
    import tomllib

    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    checked = [sorted(name.strip(" ()") for name in layer.split("|")) for layer in layers]
    (drawn_block,) = re.findall(r"```\n(roof.*?)```", words_of(MAP), re.DOTALL)
    drawn = [
        sorted(
            name
            for name in re.findall(r"[a-z_.]+", line.split("   ")[-1] if "   " in line else line)
            if name != "wsgi.py"
        )
        for line in drawn_block.splitlines()
    ]
    present = [names for layer in checked if (names := [name for name in layer if _is_there(name)])]
    assert drawn == present


def _is_there(module: str) -> bool:
    path = CHECKOUT / module.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_the_map_names_every_table() -> None:
    body = section(MAP, "Tables")
    named_tables = set(re.findall(r"`([a-z_]+)`", body))
    assert set(Base.metadata.tables) - named_tables == set()
    owned, nobodys = body.split("Owned by nobody")
    assert {name for name in UNSCOPED_TABLES if f"`{name}`" in owned} == set()
    assert {name for name in UNSCOPED_TABLES if f"`{name}`" not in nobodys} == set()


def test_every_setting_is_documented_and_no_other() -> None:
    settings = {entry.name.upper() for entry in fields(Settings) if entry.name != "sources"}
    listed = first_column(section(OPERATIONS, "Settings"))
    assert listed == settings
    prefixes = "ONBRAND|META|INSTAGRAM|GOOGLE|STRIPE"
    spoken_of = {
        name
        for document in EVERY_DOCUMENT
        for name in re.findall(rf"\b(?:{prefixes})_[A-Z][A-Z_]*[A-Z]\b", words_of(document))
    }
    assert spoken_of - settings - NOT_SETTINGS == set()


def test_defaults_in_the_table_of_settings_are_the_real_ones() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", section(OPERATIONS, "Settings"), re.MULTILINE)
    said = {name: default.strip().strip("`") for name, default in rows}
    local = Settings()
    production = Settings(onbrand_env="production")
    assert said["ONBRAND_ENV"] == local.onbrand_env
    assert said["ONBRAND_PORT"] == str(local.onbrand_port)
    assert said["ONBRAND_SIGN_UP"] == local.onbrand_sign_up
    assert said["ONBRAND_MAIL_FROM"] == local.onbrand_mail_from
    assert said["ONBRAND_PROXY_HOPS"] == str(local.onbrand_proxy_hops)
    for name, here, there in (
        ("ONBRAND_POLL_SECONDS", local.poll_seconds, production.poll_seconds),
        ("ONBRAND_MAIL_TOGETHER_SECONDS", local.mail_together_seconds, production.mail_together_seconds),
        ("ONBRAND_SETTLE_SECONDS", local.settle_seconds, production.settle_seconds),
    ):
        assert said[name] == f"{here} local, {there} production"


def test_the_production_settings_of_the_readme_are_those_the_start_demands() -> None:
    demanded = set(re.findall(r'"(onbrand_\w+)"', (CHECKOUT / "tenants/settings.py").read_text("utf-8")))
    body = section(README, "Deploying")
    assert {name for name in demanded if name.upper() not in body} == set()
    assert "ONBRAND_SECRET_KEY" in body


def make_targets() -> set[str]:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return set(phony.split())


def in_code(pattern: str, documents: Iterable[Path] = OURS) -> set[str]:
    """Matches in backticks or at the beginning of a line of a block of code."""
    found: set[str] = set()
    for document in documents:
        text_ = words_of(document)
        for block in re.findall(r"```\w*\n(.*?)```", text_, re.DOTALL):
            found |= set(re.findall(rf"(?:^|&& |bin/){pattern}", block, re.MULTILINE))
        for code in code_of(document):
            found |= set(re.findall(rf"(?:^|&& |bin/| ){pattern}", code))
    return found


def test_every_make_target_exists_and_each_is_explained() -> None:
    assert in_code(r"make ([a-z-]+)", EVERY_DOCUMENT) - make_targets() == set()
    listed = set(re.findall(r"`make ([a-z-]+)`", section(CONTRIBUTING, "Commands")))
    assert listed == make_targets()


def test_the_two_commands_stand_on_the_readmes_first_screen() -> None:
    first_screen = "\n".join(words_of(README).splitlines()[:25])
    assert re.search(r"^make run\b", first_screen, re.MULTILINE)
    assert re.search(r"^make test\b", first_screen, re.MULTILINE)


def test_every_command_of_the_program_exists() -> None:
    commands: set[str] = set()
    for name, command in main.commands.items():
        commands.add(name)
        if isinstance(command, click.Group):
            commands |= {f"{name} {below}" for below in command.commands}
    spoken_of = in_code(
        r"onbrand ([a-z]+(?: (?:create|metrics|rotate|forget|verify|sync|reconcile))?)\b", EVERY_DOCUMENT
    )
    assert spoken_of - commands == set()
    listed = {name.removeprefix("onbrand ") for name in first_column(section(OPERATIONS, "Commands"))}
    assert listed == commands - {"user", "token", "keys", "audit", "receipt", "billing"}


def test_options_of_commands_exist() -> None:
    for name in ("web", "user create"):
        command: click.Command = main
        for part in name.split():
            assert isinstance(command, click.Group)
            command = command.commands[part]
        options = {option for parameter in command.params for option in parameter.opts}
        for line in re.findall(rf"onbrand {name}([^`\n]*)", all_words()):
            assert set(re.findall(r"--[a-z-]+", line)) <= options, line


def test_every_job_is_in_the_table_of_operations() -> None:
    listed = first_column(section(OPERATIONS, "Promises were given up"))
    assert listed == {name.value for name in JobName} == {name.value for name in CATALOGUE}
    order = re.search(r"in this order: ([a-z, ]+)\.", unwrapped(section(OPERATIONS, "The queue grows")))
    assert order is not None
    assert tuple(order[1].split(", ")) == QUEUES


def test_the_glossary_has_every_state_move_role_and_kind_of_health() -> None:
    states = section(GLOSSARY, "States of a reply")
    table, _, moves = states.partition("Moves:")
    assert first_column(table) == set(STATES) == set(LIFECYCLE.states)
    assert set(re.findall(r"`([a-z_]+)`", moves)) == set(LIFECYCLE.moves)
    assert set(re.findall(r"`([a-z_]+)`", section(GLOSSARY, "Roles"))) == {role.value for role in Role}


def test_the_words_on_screen_in_the_glossary_are_those_on_screen() -> None:
    looks = dict(
        re.findall(r'StateLook\("(\w+)", _\("([^"]+)"\)', (CHECKOUT / "agency/web/state_looks.py").read_text())
    )
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section(GLOSSARY, "States of a reply"), re.MULTILINE)
    assert {code: words.strip() for code, words in rows} == {code: looks[code] for code in STATES}


def test_the_number_of_rule_kinds_is_right() -> None:
    numbers = {13: "thirteen", 20: "twenty", 21: "twenty-one", 22: "twenty-two", 23: "twenty-three"}
    assert f"{numbers[len(RULE_KINDS)]} kinds of rule" in unwrapped(words_of(CHECKOUT / "CHANGELOG.md"))


def test_every_decision_is_listed_numbered_and_whole() -> None:
    decisions = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    numbers = [file.name[:4] for file in decisions]  # several are written at once, each under a number of its own
    assert len(set(numbers)) == len(numbers)
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", words_of(DOCS / "decisions" / "README.md"))
    assert listed == [file.name for file in decisions]
    for file in decisions:
        assert words_of(file).startswith(f"# {file.name[:4]}: ")
        for heading in ("Context", "Decision", "Consequences", "Alternatives"):
            section(file, heading)


def test_every_metric_and_health_field_is_explained(whole_app: Flask) -> None:
    answer = whole_app.test_client().get("/metrics")
    assert answer.status_code == 200
    served = set(re.findall(r"^# TYPE (\S+) ", answer.text, re.MULTILINE))
    explained = {name.partition("{")[0] for name in first_column(section(OPERATIONS, "`/metrics`"))}
    assert explained == served
    states = re.search(r"replies in (.*?) \|", section(OPERATIONS, "`/metrics`"))
    assert states is not None
    assert tuple(re.findall(r"`(\w+)`", states[1])) == health.WATCHED_STATES
    parts = whole_app.test_client().get("/healthz").json
    assert parts is not None
    fields_said = first_column(section(OPERATIONS, "`/healthz`"))
    assert fields_said == {f"parts.{name}" for name in parts["parts"]}


def test_every_address_a_document_names_is_served(whole_app: Flask) -> None:
    served = {rule.rule.partition("<")[0].rstrip("/") for rule in whole_app.url_map.iter_rules()}
    sandbox = {"/misbehaviour"}  # said to be the sandbox's
    spoken_of = {
        code
        for document in (README, OPERATIONS, GLOSSARY, MAP)
        for code in code_of(document)
        if re.fullmatch(r"/[a-z0-9/.-]+", code)
    }
    assert {address for address in spoken_of if address.rstrip("/") not in served} == sandbox


def sql_blocks() -> list[str]:
    return [
        re.sub(r"^ {3}", "", block, flags=re.MULTILINE)
        for block in re.findall(r"^ *```sql\n(.*?)^ *```", words_of(OPERATIONS), re.MULTILINE | re.DOTALL)
    ]


@pytest.mark.parametrize("number", range(len(sql_blocks())))
def test_an_operator_may_run_every_block_of_sql(app: Flask, number: int) -> None:
    """As the application's role, under its policies, as the page says."""
    agency = uuid4()
    with app.app_context(), db.engine.connect() as connection:
        statements = [part.strip() for part in sql_blocks()[number].split(";") if part.strip()]
        assert statements
        for statement in statements:
            if statement in ("begin", "commit"):
                continue
            connection.execute(text(statement.replace("AGENCY-ID", str(agency))))
        connection.rollback()


def test_the_events_worth_an_alert_are_logged() -> None:
    found = re.search(r"Worth an alert: (.*?)\.(?: |$)", unwrapped(section(OPERATIONS, "Logs")))
    assert found is not None
    source = "\n".join(
        file.read_text("utf-8") for folder in ("agency", "jobs") for file in (CHECKOUT / folder).rglob("*.py")
    )
    for event in re.findall(r"`(\w+)`", found[1]):
        assert re.search(rf'log\.\w+\(\s*"{event}"', source), event


def test_no_document_boasts_of_work_that_is_not_done() -> None:
    todo = re.compile(r"\b(" + "TO" + "DO|FIX" + r"ME|XXX)\b")
    assert [named(document) for document in OURS if todo.search(words_of(document))] == []
