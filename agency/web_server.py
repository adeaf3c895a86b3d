"""The web as a program: gunicorn with threads around `wsgi:app`."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

# Below the ten seconds in which `make run` stops; a page takes far less.
GRACEFUL_SECONDS = 8
# A worker whose threads have answered nothing for so long is replaced.
TIMEOUT_SECONDS = 60


class WebServer(BaseApplication):
    """gunicorn, configured from code, so that no file or environment variable of its own changes it."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn our options."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The WSGI application, made once before the worker processes part from each other: they start at once."""
        from gunicorn.util import import_app

        app = import_app("wsgi:app")
        # What the app is made of lives as long as the process: looking through it again and again cost pages a fifth of
        # their time (`make bench B=inbox_page`), and touching it would copy memory the processes share.
        gc.collect()
        gc.freeze()
        return app


def begin_alone(server: Any, _worker: Any) -> None:
    """In each new worker process: let go of the parent's connections, and make the first style check quick."""
    from styleguides.language import detect_language
    from tenants.database import db

    with server.app.wsgi().app_context():
        db.engine.dispose(close=False)
    sentence = "Loads the model of languages."
    threading.Thread(target=detect_language, args=(sentence,), daemon=True).start()


def serve(host: str, port: int, processes: int, threads: int) -> None:
    """Serve until SIGTERM; a port of 127.0.0.1 is reached through a proxy in production."""
    shared_memory = Path("/dev/shm")
    WebServer(
        {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "worker_class": "gthread",
            "preload_app": True,
            "post_fork": begin_alone,
            "workers": processes,
            "threads": threads,
            "timeout": TIMEOUT_SECONDS,
            "graceful_timeout": GRACEFUL_SECONDS,
            "keepalive": 5,
            # The most it takes: a program may name a hundred and more brands in one address.
            "limit_request_line": 8190,
            "proc_name": "onbrand web",
            # Heartbeat files on a disk under load would make healthy workers look dead.
            "worker_tmp_dir": str(shared_memory) if os.access(shared_memory, os.W_OK) else None,
            "control_socket_disable": True,
            "chdir": str(Path(__file__).resolve().parents[1]),
        }
    ).run()
