"""The rules a lock file keeps: every line pinned and hashed, no address, all that pyproject.toml asks for.

Run as `python -m agency.local.lock_rules`; prints one line per broken rule and exits 1, or nothing and 0.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
# Lock file -> the optional dependency groups of pyproject.toml it holds beside the plain dependencies.
LOCK_FILES = {"requirements.lock": ("build",), "requirements-dev.lock": ("build", "dev")}
ADDRESS = re.compile(r"[a-z][a-z+]*://|--(?:extra-)?index-url|--find-links|--trusted-host", re.IGNORECASE)
PINNED = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;]+)(?:\s*;\s*[^\\]+?)?\s*(?P<hashes>--hash=.*)$"
)
HASHES = re.compile(r"(?:--hash=sha256:[0-9a-f]{64}\s*)+$")


def plain_name(requirement: str) -> str:
    """The normalised name (PEP 503) at the head of a requirement like `psycopg[binary]>=3.3`."""
    head = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", head.group(0)).lower() if head else ""


def broken_rules(text: str, wanted: list[str]) -> Iterator[str]:
    """One sentence per broken rule in the text of a requirements lock file; `wanted` are requirements it must hold."""
    locked = set()
    for line in text.replace("\\\n", " ").splitlines():
        line = line.strip()
        if ADDRESS.search(line):
            yield f"names an address: {line[:80]}"
        if not line or line.startswith("#"):
            continue
        pinned = PINNED.match(line)
        if pinned is None or not HASHES.fullmatch(pinned["hashes"]):
            yield f"is not one release with its hashes: {line[:80]}"
        else:
            locked.add(plain_name(pinned["name"]))
    for requirement in wanted:
        if plain_name(requirement) not in locked:
            yield f"lacks {requirement}, which pyproject.toml asks for; run `make lock`"


def broken_npm_rules(
    package: dict[str, dict[str, str]], lock: dict[str, dict[str, dict[str, object]]]
) -> Iterator[str]:
    """One sentence per broken rule in package-lock.json, both given as parsed."""
    packages = lock.get("packages", {})
    for name, version in package.get("dependencies", {}).items():
        if not re.fullmatch(r"\d+\.\d+\.\d+", version):
            yield f"{name} is not pinned to one release: {version}"
        if packages.get(f"node_modules/{name}", {}).get("version") != version:
            yield f"lacks {name} {version}, which package.json asks for; run `make lock`"
    for name, entry in packages.items():
        if "resolved" in entry:
            yield f"{name} names the registry it came from"
        if name and "integrity" not in entry:
            yield f"{name} has no hash"


def all_broken_rules(checkout: Path) -> list[str]:
    """Every broken rule of every lock file of a checkout, each with the file's name."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))["project"]
    broken = []
    for name, groups in LOCK_FILES.items():
        wanted = [*project["dependencies"], *(r for group in groups for r in project["optional-dependencies"][group])]
        broken += [f"{name} {rule}" for rule in broken_rules((checkout / name).read_text("utf-8"), wanted)]
    node = (checkout / "requirements-node.in").read_text("utf-8").split()
    broken += [
        f"requirements-node.lock {rule}"
        for rule in broken_rules((checkout / "requirements-node.lock").read_text("utf-8"), node)
    ]
    package, lock = (json.loads((checkout / f).read_text("utf-8")) for f in ("package.json", "package-lock.json"))
    return broken + [f"package-lock.json {rule}" for rule in broken_npm_rules(package, lock)]


def main() -> int:
    """Print what is broken; the exit status."""
    broken = all_broken_rules(CHECKOUT)
    for rule in broken:
        print(rule, file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
