"""The `onbrand worker` command: RQ's forking worker with JSON, short leases, and horses that die with their rider."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from jobs.catalogue import CATALOGUE, QUEUES
from jobs.runner import worker_app
from styleguides.language import detect_language
from tenants.base_app import redis_of_app
from tenants.logs import get_logger

DRAIN_SECONDS = 30
"""How long a worker told to stop lets the job at hand go on."""
WORKER_TTL_SECONDS = 60
MONITOR_SECONDS = 5
MAINTENANCE_SECONDS = 30
PR_SET_PDEATHSIG = 1

log = get_logger("worker")


class OnbrandWorker(Worker):
    """A worker whose work-horse is killed with it, and which does not drain for ever."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Runs in the fork, before the job."""
        if sys.platform == "linux":
            # Killing a worker does not kill its horse: an orphan would go on sending for somebody long given up.
            parent = os.getppid()
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
        super().main_work_horse(job, queue)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """First signal: finish the job at hand, at most DRAIN_SECONDS; second: stop now."""
        timer = threading.Timer(DRAIN_SECONDS, self._stop_horse)
        timer.daemon = True
        timer.start()
        super().request_stop(signum, frame)

    def _stop_horse(self) -> None:
        if self.horse_pid:
            self.kill_horse()


def run() -> None:
    """Work until told to stop."""
    app = worker_app()
    with app.app_context():
        connection: Any = redis_of_app()
    # Imported before the fork: a horse that imports the rooms itself takes a second longer for every job.
    for kind in CATALOGUE.values():
        kind.resolve()
    detect_language("Loads the model of languages, for the same reason.")
    queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES]
    worker = OnbrandWorker(
        queues,
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_SECONDS,
        job_monitoring_interval=MONITOR_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        log_job_description=False,
    )
    log.info("worker_started", name=worker.name)
    worker.work(logging_level="WARNING", with_scheduler=False)
