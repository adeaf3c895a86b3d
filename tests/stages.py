"""Addresses and apps that last as long as a test process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from tenants.database import db
from tenants.settings import Settings


class Stage:
    """One address for a whole process: whoever asks there is answered by the app of the test that runs. So an app that
    was told the address can serve test after test, its templates and statements read once.
    """

    def __init__(self) -> None:
        self.address = ""
        self._app: Any = _nobody

    def __call__(self, environ: Any, start: Any) -> Any:
        return self._app(environ, start)

    @contextmanager
    def showing(self, app: Any) -> Iterator[None]:
        """While a test runs."""
        self._app = app
        try:
            yield
        finally:
            self._app = _nobody


def _nobody(_environ: Any, start: Any) -> list[bytes]:
    start("503 Service Unavailable", [])
    return []


class Apps:
    """An app for each way to make one and its settings, made once. A test finds it as the one before left it: put back
    what you change in it.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[Any, ...], Flask] = {}

    def __call__(self, create: Callable[[Settings], Flask], values: dict[str, str]) -> Flask:
        key = (create, *sorted(values.items()))
        if key not in self._made:
            self._made[key] = create(Settings.from_environment(values))
        return self._made[key]

    def forget_connections(self) -> None:
        """After the database ended them: the next test begins with new ones."""
        for app in self._made.values():
            with app.app_context():
                db.engine.dispose()
