"""The `onbrand worker` command: RQ's forking worker with JSON, short leases, and horses that die with their rider."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any

import redis
from rq import Queue, Worker
from rq.exceptions import AbandonedJobError, DeserializationError
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from agency.replies.rehearsing import rehearse
from channels.watched_stream import trusted
from jobs.catalogue import CATALOGUE, LOOKS_QUEUE, QUEUES, RUNNER, URGENT_QUEUES
from jobs.patience import LONGEST_PAUSE_SECONDS, Patience
from jobs.runner import give_back_unbegun, worker_app
from styleguides.due_words import time_words
from styleguides.language import detect_language
from styleguides.passed_check import program
from tenants.base_app import check_keys_of_app, settings_of_app
from tenants.lines import redis_line
from tenants.logs import get_logger
from tenants.settings import Settings

DRAIN_SECONDS = 30
"""How long a worker told to stop lets the job at hand go on."""
WORKER_TTL_SECONDS = 60
MONITOR_SECONDS = 5
SILENT_SECONDS = 25
"""A job whose worker says nothing of it for so long, five times over, counts as dead; others see it within
MAINTENANCE_SECONDS."""
MAINTENANCE_SECONDS = 30
SLOW_TURN_EVERY = 4
"""One job in so many is taken from a queue whose turn it is, so that none waits for ever behind a full one."""
LOOKS_LEAD_AT = 2
"""Which of SLOW_TURN_EVERY jobs the looks come first at: not the one that is a slow queue's."""
PR_SET_PDEATHSIG = 1

log = get_logger("worker")


class OnbrandWorker(Worker):
    """A worker whose work-horse is killed with it, and which does not drain for ever."""

    max_connection_wait_time = LONGEST_PAUSE_SECONDS
    told_to_stop = False
    patience: Patience | None = None
    """Who listened for signals until this worker does."""

    taken_count = 0

    def reorder_queues(self, reference_queue: Queue) -> None:
        """Called by RQ after each job. Answers go first, always; but every fourth time the looks that decide what
        became of one lead them, for sending may never pause. And whatever the storm of events, every fourth job is
        taken from the slow end, for polls find what events lost, and upkeep mends.
        """
        self.taken_count += 1
        always = [queue for queue in self.queues if queue.name in URGENT_QUEUES]
        if self.taken_count % SLOW_TURN_EVERY == LOOKS_LEAD_AT:
            always.sort(key=lambda queue: queue.name != LOOKS_QUEUE)
        others = [queue for queue in self.queues if queue.name not in URGENT_QUEUES]
        if others and self.taken_count % SLOW_TURN_EVERY == 0:
            turns = self.taken_count // SLOW_TURN_EVERY % len(others)
            others = others[turns:] + others[:turns]
        self._ordered_queues = [*always, *others]

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Runs in the fork, before the job."""
        assert self.pid is not None  # whoever works has it
        end_with(self.pid)
        super().main_work_horse(job, queue)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """How long a job counts as being worked at since its worker last said so."""
        return SILENT_SECONDS

    def handle_work_horse_killed(self, job: Job, retpid: int, ret_val: int, rusage: Any) -> None:
        """Called by RQ when a horse died of something else than its job's end."""
        super().handle_work_horse_killed(job, retpid, ret_val, rusage)
        give_back(job)

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()
        if self.patience is not None and self.patience.stopping:
            self._stop_requested = True  # told to stop while it said hello to Redis

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """First signal: finish the job at hand, at most DRAIN_SECONDS; second: stop now."""
        self.told_to_stop = True
        timer = threading.Timer(DRAIN_SECONDS, self._stop_horse)
        timer.daemon = True
        timer.start()
        super().request_stop(signum, frame)

    def _stop_horse(self) -> None:
        if self.horse_pid:
            self.kill_horse()


def end_with(parent: int) -> None:
    """Let this process be killed when its parent dies: killing a worker does not kill its horse, and an orphan would go
    on sending for somebody long given up. Ends at once where the parent died since it forked. Linux alone knows it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def give_back(job: Job) -> None:
    """What a job that died had not begun is everybody's again. Where that cannot be written, its lease ends."""
    try:
        if job.func_name == RUNNER.replace(":", "."):
            log.warning("promises_given_back", number=give_back_unbegun(job.args[0]))
    except (SQLAlchemyError, DeserializationError) as error:
        log.warning("promises_not_given_back", reason=type(error).__name__)


def _give_back_abandoned(job: Job, kind: type[BaseException], *_more: Any) -> None:
    """Called by RQ for every job that ended in an error; with this one, when its worker is gone."""
    if issubclass(kind, AbandonedJobError):
        give_back(job)


def make_ready() -> None:
    """Read what jobs need of modules, models and certificates, once for all horses."""
    # A horse that imports the rooms itself takes a second longer for every job.
    for kind in CATALOGUE.values():
        kind.resolve()
    program()
    trusted()
    detect_language("Loads the model of languages, for the same reason.")
    time_words()


def keep_still() -> None:
    """What is here already lives as long as the worker. A horse that looks through it for garbage copies all of it, as
    looking writes into each object: 230,000 of them, 0.15 s of a job.
    """
    gc.collect()
    gc.freeze()


def run(queues: Sequence[str] = QUEUES) -> None:
    """Work for these queues until told to stop; while Redis or PostgreSQL is away at the start, wait."""
    app, patience = worker_app(), Patience()
    patience.listen()
    with app.app_context():
        settings = settings_of_app()
    make_ready()
    while patience.until_answered(settings):
        worker = None
        try:
            with app.app_context():
                check_keys_of_app()
            if "publish" in queues:
                rehearse(app)
            keep_still()
            worker = worker_of(settings, patience, queues)
            log.info("worker_started", name=worker.name, queues=",".join(queues))
            worker.work(logging_level="WARNING", with_scheduler=False)
            return
        except (SQLAlchemyError, redis.RedisError) as error:
            # It went away between our question and the next, or while RQ said goodbye.
            if worker is not None and worker.told_to_stop:
                return
            log.warning("worker_waits", reason=type(error).__name__)
            patience.listen()  # RQ put its own handlers in the place of ours
            patience.rest()


def worker_of(settings: Settings, patience: Patience, queues: Sequence[str] = QUEUES) -> OnbrandWorker:
    """A worker on these queues, in their order; `work` returns at once when `patience` was told to stop."""
    # A client of its own: RQ makes it as patient as a worker that waits for work, and what jobs ask must not wait so.
    connection = redis_line(settings.onbrand_redis_url)
    worker = OnbrandWorker(
        [Queue(name, connection=connection, serializer=JSONSerializer) for name in queues],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_SECONDS,
        job_monitoring_interval=MONITOR_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        exception_handlers=[_give_back_abandoned],
        log_job_description=False,
    )
    worker.patience = patience
    return worker
