"""The dispatcher's bell, rung beside the transactions that promise work rather than in them.

PostgreSQL lets one transaction with a NOTIFY commit at a time, through the write to the disk: a hundred promises a
second would wait for one another (`make bench B=webhook_intake`). Who promises much rings here after its commit. A ring
that is lost loses nothing: the dispatcher looks for promises every second in any case.
"""

from __future__ import annotations

import os
import threading
import time

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from tenants.database import db
from tenants.logs import get_logger
from tenants.outbox import BELL

REST_SECONDS = 0.02
"""Between two rings of one process: a ring tells that there is something, not how much."""
# Nothing is told that must last, so the disk need not be waited for.
_RING = f"select set_config('synchronous_commit', 'off', true), pg_notify('{BELL}', '')"

log = get_logger("bell")


class _Ringer:
    """One process's hand on the bell: a thread that rings once for all who asked meanwhile."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._asked = threading.Event()
        self._engine: Engine | None = None
        threading.Thread(target=self._stand_by, name="bell", daemon=True).start()

    def ask(self, engine: Engine) -> None:
        self._engine = engine
        self._asked.set()

    def _stand_by(self) -> None:
        while self._asked.wait():
            self._asked.clear()
            assert self._engine is not None
            try:
                with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql(_RING)
            except SQLAlchemyError as error:
                log.warning("bell_not_rung", reason=type(error).__name__)
            time.sleep(REST_SECONDS)


_lock = threading.Lock()
_ringer: _Ringer | None = None


def ring_soon() -> None:
    """Wake the dispatcher within a few milliseconds, from a thread of its own; returns at once, raises nothing.

    For programs that go on living: a job's process may end before the ring.
    """
    global _ringer
    with _lock:
        if _ringer is None or _ringer.process != os.getpid():
            _ringer = _Ringer()
        _ringer.ask(db.engine)
