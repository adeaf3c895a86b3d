"""The `onbrand` program. Each command finds its settings and calls a room, which is imported only then."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from agency.local.home import home_folder

if TYPE_CHECKING:
    from flask import Flask

    from tenants.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
ROLES = ("agency_admin", "team_lead", "staff", "light", "client_owner", "billing_admin")


def one_sentence(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the errors a person can mend into one sentence on standard error and exit status 1."""

    @wraps(command)
    def wrapped(*arguments: P.args, **named: P.kwargs) -> R:
        from sqlalchemy.exc import OperationalError, ProgrammingError

        from tenants.errors import AppError
        from tenants.settings import SettingsError

        try:
            return command(*arguments, **named)
        except SettingsError as error:
            raise click.ClickException(str(error)) from error
        except AppError as error:
            raise click.ClickException(error.message) from error
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(
                f"The database cannot be reached ({reason}); nothing was changed. Start `make run`, "
                "or check ONBRAND_DATABASE_URL and ONBRAND_OWNER_DATABASE_URL."
            ) from error
        except ProgrammingError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(
                f"The database refused ({reason}); the change at hand was taken back. "
                "See what `onbrand doctor` says, mend it and try again."
            ) from error

    return wrapped


def read_settings() -> Settings:
    """The settings of this home."""
    from tenants.settings import Settings

    return Settings.from_environment()


def base_app() -> Flask:
    """The app without pages, for commands that touch the database."""
    from tenants.base_app import create_base_app

    return create_base_app(read_settings())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Onbrand: one inbox for an agency's brands, from a customer's words to an approved answer.

    Every command reads the settings of the environment and of the file .env in ONBRAND_HOME.
    """
    os.environ["ONBRAND_HOME"] = str(home_folder(os.environ))


@main.command()
def run() -> None:
    """Run the whole product on this machine in the foreground: what `make run` starts."""
    from agency.local.supervisor import run as run_all

    sys.exit(run_all())


@main.command()
@one_sentence
def migrate() -> None:
    """Bring the database to this version's tables, as the role that owns them."""
    from migrations.run import upgrade
    from tenants.settings import SettingsError

    settings = read_settings()
    for name in ("onbrand_owner_database_url", "onbrand_database_url"):
        if not getattr(settings, name):
            raise SettingsError(f"{name.upper()} is missing. Set it in the environment and start again.")
    upgrade(settings.onbrand_owner_database_url, settings.onbrand_database_url)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; ONBRAND_PORT where it is not given.")
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True, help="Worker processes.")
@click.option("--threads", type=click.IntRange(1), default=4, show_default=True, help="Threads in each of them.")
@one_sentence
def web(host: str, port: int | None, processes: int, threads: int) -> None:
    """Serve the pages and the API (gunicorn)."""
    from agency.app import CatalogueNotReady
    from agency.web_server import serve

    settings = read_settings()
    try:
        serve(host, port or settings.onbrand_port, processes, threads)
    except CatalogueNotReady as error:
        raise click.ClickException(f"{str(error)[:1000]} Nothing was started.") from error


@main.command()
@click.option(
    "--queues",
    metavar="NAMES",
    help="Work for these alone, separated by commas and in this order; for all where it is not given. A worker with "
    "`--queues publish,desk` never polls, so answers wait for nothing else.",
)
@one_sentence
def worker(queues: str | None) -> None:
    """Work off queued jobs; on SIGTERM finish the one at hand. Start as many as you like."""
    from jobs.catalogue import QUEUES
    from jobs.worker import run as run_worker

    names = QUEUES if queues is None else tuple(dict.fromkeys(name.strip() for name in queues.split(",")))
    if not names or not set(names) <= set(QUEUES):
        raise click.BadParameter(f"the queues are {', '.join(QUEUES)}.", param_hint="--queues")
    run_worker(names)


@main.command()
@one_sentence
def dispatcher() -> None:
    """Queue what is due: outbox, poll turns, timetable. Several may run."""
    from jobs.dispatcher import run as run_dispatcher

    run_dispatcher()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8701, show_default=True, help="Port to listen on.")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Where its ledger lies; ONBRAND_HOME/sandbox otherwise."
)
@click.option(
    "--scenario",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of texts to feed it with; none where it is not given.",
)
def sandbox(host: str, port: int, folder: Path | None, scenario: Path | None) -> None:
    """Run the sandbox platforms: Facebook, Instagram and Google Business on this machine."""
    from agency.sandbox.main import run as run_sandbox

    run_sandbox(host, port, folder or Path(os.environ["ONBRAND_HOME"]) / "sandbox", scenario)


@main.command()
@one_sentence
def demo() -> None:
    """Seed the demo agency once and print who can sign in. Never in production."""
    from tenants.settings import SettingsError

    settings = read_settings()
    if not settings.is_local:
        raise SettingsError("The demo is seeded only where ONBRAND_ENV is `local`; nothing was changed.")
    from agency.demo.seed import seed_once

    for role, email, password in seed_once(base_app()):
        click.echo(f"sign-in {role} {email} password {password}")


@main.command()
def doctor() -> None:
    """Print every setting with its source, secrets masked, and say whether database and queue are as they should be."""
    from agency.doctor import report
    from tenants.settings import SettingsError

    try:
        lines, healthy = report(read_settings())
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    for line in lines:
        click.echo(line)
    sys.exit(0 if healthy else 1)


@main.group()
def user() -> None:
    """People."""


@user.command("create")
@click.option("--email", required=True, help="Address the person signs in with.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="Role in the agency.")
@click.option("--agency", required=True, help="Name of the agency; made if it is new.")
@click.option("--brand", help="Only this brand; every brand of the agency where it is not given.")
@one_sentence
def create_user(email: str, role: str, agency: str, brand: str | None) -> None:
    """Add a person and print a one-time password.

    For somebody who is here already it replaces the present one, and their sessions and API tokens end.
    """
    from agency.inbox.clock_versions import begin_with_usual_rules
    from tenants.people import create_from_command_line

    with base_app().app_context():
        click.echo(create_from_command_line(email, role, agency, brand, begin_with_usual_rules))


@main.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--email", required=True, help="Whose rights the token has.")
@click.option("--brand", help="Only this brand.")
@one_sentence
def create_token(email: str, brand: str | None) -> None:
    """Make an API token; the last line printed is the token alone."""
    from tenants.api_tokens import create_from_command_line

    with base_app().app_context():
        click.echo(create_from_command_line(email, brand))


@token.command("metrics")
@one_sentence
def show_metrics_token() -> None:
    """Print the token `/metrics` takes from elsewhere than this machine; it changes with ONBRAND_SECRET_KEY."""
    from agency.web.health import metrics_token
    from tenants.settings import SettingsError

    settings = read_settings()
    if not settings.onbrand_secret_key:
        raise SettingsError("ONBRAND_SECRET_KEY is missing. Set it in the environment and start again.")
    click.echo(metrics_token(settings.onbrand_secret_key))


@main.group()
def keys() -> None:
    """Keys that seal credentials."""


@keys.command("rotate")
@click.option("--leaked", is_flag=True, help="Somebody may know the old keys: replace the brands' data keys, too.")
@one_sentence
def rotate(leaked: bool) -> None:
    """Seal every secret again with the newest of ONBRAND_CREDENTIAL_KEYS."""
    import channels.models  # noqa: F401 - says which of its columns are sealed
    from tenants.key_rotation import rotate_keys
    from tenants.sealed import CannotOpen

    try:
        count = rotate_keys(base_app(), leaked=leaked)
    except CannotOpen as error:
        raise click.ClickException(f"{error}. Keep the old key until they are mended.") from error
    click.echo(f"{count} secrets sealed again with the newest key.")


@keys.command("forget")
@click.argument("key_id")
@one_sentence
def forget(key_id: str) -> None:
    """Say that a key is lost for good, so that every part starts without it; what it sealed is lost with it."""
    from tenants.database import db
    from tenants.known_keys import forget_keys

    with base_app().app_context(), db.engine.begin() as connection:
        count = forget_keys(connection, only=key_id)
    if not count:
        raise click.ClickException(f"No secret here is sealed with a key {key_id!r}; nothing was changed.")
    click.echo(f"The key {key_id!r} is forgotten. Accounts it sealed show as failing until they are connected again.")


@main.group()
def audit() -> None:
    """The record of who did what."""


@audit.command("verify")
@click.option("--agency", help="Only the agency of this name.")
@click.option(
    "--heads",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file of heads told before, such as a copy kept elsewhere; all in ONBRAND_AUDIT_HEADS where none is given.",
)
@one_sentence
def verify_audit(agency: str | None, files: tuple[Path, ...]) -> None:
    """Look through every chain of the record; name the first line of each that is not as it was written.

    Exit status 0: all as written. 1: something is not, and the lines printed say what.
    """
    from agency.record_check import check
    from tenants.errors import NotFound

    try:
        lines, whole = check(base_app(), agency, files)
    except NotFound as error:
        raise click.ClickException(f"No agency here is named {agency!r}; nothing was looked through.") from error
    for line in lines:
        click.echo(line)
    sys.exit(0 if whole else 1)


@main.group()
def billing() -> None:
    """What agencies pay, where STRIPE_SECRET_KEY is set."""


@billing.command("sync")
@click.option("--only-look", is_flag=True, help="Compare alone; make nothing and begin no trial.")
@one_sentence
def sync_billing(only_look: bool) -> None:
    """Make the prices that Stripe lacks, say which differ, and begin the trial of agencies that have none.

    Exit status 0: Stripe has our prices. 1: a line printed says which differ.
    """
    from agency.billing_desk import sync

    lines, alike = sync(base_app(), only_look=only_look)
    for line in lines:
        click.echo(line)
    sys.exit(0 if alike else 1)


@billing.command("reconcile")
@one_sentence
def reconcile_billing() -> None:
    """Ask Stripe about every agency it knows, make ours equal, and say what was otherwise.

    Exit status 0: all was alike. 1: something was not, and the lines printed say what.
    """
    from agency.billing_desk import reconcile

    lines, alike = reconcile(base_app())
    for line in lines:
        click.echo(line)
    sys.exit(0 if alike else 1)


@main.group()
def receipt() -> None:
    """Receipts of replies."""


@receipt.command("verify")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--key",
    "key_file",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The public keys: /.well-known/onbrand-receipt-keys.json of the installation, or one key in PEM.",
)
def verify_receipt(file: Path, key_file: Path) -> None:
    """Say whether the receipt in FILE is as it was made. Needs no database, no settings and no network.

    Exit status 0: it is. 1: it is not, and the line printed names the part.
    """
    from agency.receipt_check import check

    lines, holds = check(file, key_file)
    for line in lines:
        click.echo(line)
    sys.exit(0 if holds else 1)


@receipt.command("rotate")
@one_sentence
def rotate_receipt_key() -> None:
    """Sign receipts with a new key from now on; what the one before signed is checked as ever."""
    from agency.replies.receipt_form import key_id_of
    from tenants.database import db
    from tenants.signing_keys import replace_key

    with base_app().app_context():
        made = replace_key()
        db.session.commit()
    click.echo(f"Receipts are signed with the key {key_id_of(made.public_key().public_bytes_raw())} from now on.")


if __name__ == "__main__":
    main()
