"""Runs the sandbox: under gunicorn for `onbrand sandbox`, in a thread for tests."""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from flask import Flask
from gunicorn.app.base import BaseApplication
from werkzeug.serving import WSGIRequestHandler, make_server

from agency.sandbox import meta_app
from agency.sandbox.app import create_sandbox_app
from agency.sandbox.scenario import Player, load_file
from agency.sandbox.stripe import pages as stripe_pages
from agency.sandbox.stripe.world import KEY_STARTS

# More than any test delays at once: a slow account must not hold up the others.
THREADS = 32


class NotLoopback(ValueError):
    """The sandbox was told to listen where others could reach it."""


def require_loopback(host: str) -> None:
    """Raises NotLoopback unless the address is this machine's own."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise NotLoopback(
            f"The sandbox would listen on {host}, where others can reach it. Nothing was started."
            " Use 127.0.0.1: its tokens and pages are for this machine only."
        )


def require_free(host: str, port: int) -> None:
    """Ends the program with one sentence where somebody listens already; gunicorn would try for seconds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SystemExit(
                f"The sandbox cannot listen on {host} port {port} ({error.strerror}). Nothing was started."
                " Choose another port with --port, or stop what uses this one."
            ) from None


class _Server(BaseApplication):
    """One worker process with threads: the store's lock and the usage counters live in one process."""

    def __init__(self, bind: str, data_folder: Path, scenario: Path | None) -> None:
        self.bind = bind
        self.data_folder = data_folder
        self.scenario = scenario
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": self.bind,
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "worker_connections": 1000,
            "keepalive": 30,
            "graceful_timeout": 3,
            "timeout": 120,
            "proc_name": "onbrand sandbox",
            "loglevel": "warning",
            "limit_request_line": 0,
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Runs in the worker, after the fork: neither the database nor a thread crosses it."""
        app = create_sandbox_app(self.data_folder)
        player: Player = app.extensions["sandbox_player"]
        if self.scenario is not None and load_file(player, self.scenario):
            player.start()
        player.play_in_background()
        meta_app.connect_at_start(app.extensions["sandbox"], os.environ)
        lead_stripe(app, os.environ)
        app.extensions["sandbox"].deliveries.send_in_background()
        return app


def lead_stripe(app: Flask, environment: Mapping[str, str]) -> None:
    """Where the product that starts this sandbox has a test key of Stripe's and a secret, its events go there."""
    key, secret = environment.get("STRIPE_SECRET_KEY", ""), environment.get("STRIPE_WEBHOOK_SECRET", "")
    ours = environment.get("ONBRAND_BASE_URL") or f"http://127.0.0.1:{environment.get('ONBRAND_PORT', '')}"
    if key.startswith(KEY_STARTS) and secret:
        url = f"{ours.rstrip('/')}/webhooks/stripe"
        stripe_pages.lead_webhooks(app.extensions["stripe_world"], key, secret.partition(",")[0].strip(), url)


def run(host: str, port: int, data_folder: Path, scenario: Path | None = None) -> None:
    """Serve until SIGINT or SIGTERM; a scenario file starts playing when it is first seen.

    Ends the program with one sentence where the address is not this machine's own or the port is taken.
    """
    try:
        require_loopback(host)
    except NotLoopback as error:
        raise SystemExit(str(error)) from None
    require_free(host, port)
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _Server(bind, data_folder, scenario).run()


class _KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(app: WSGIApplication, *, port: int = 0, ends_within: float = 0.01) -> Iterator[str]:
    """For tests: an app on a free loopback port, in a thread of this process. Gives its address. So many seconds pass
    between two looks whether it is to end, and each look costs as much as a small request.
    """
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_KeepAlive)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": ends_within}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()


@contextmanager
def working_sandbox(data_folder: Path, **options: Any) -> Iterator[Flask]:
    """For tests: the sandbox's app, delivering; who serves it is another's business."""
    app = create_sandbox_app(data_folder, durable=False, **options)
    app.extensions["sandbox"].deliveries.send_in_background()
    try:
        yield app
    finally:
        app.extensions["sandbox_player"].close()
        app.extensions["sandbox"].deliveries.close()


@contextmanager
def running_sandbox(data_folder: Path, *, port: int = 0, **options: Any) -> Iterator[tuple[str, Flask]]:
    """For tests: the sandbox on a free loopback port, in a thread of this process. Gives its address and the app."""
    with working_sandbox(data_folder, **options) as app, served(app, port=port) as address:
        yield address, app
