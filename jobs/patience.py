"""Waiting for Redis and PostgreSQL, quietly and longer each time, and ending at once when told to."""

from __future__ import annotations

import signal
import time
from types import FrameType

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.engine import make_url

from tenants.lines import DATABASE_LINE, Line, redis_line
from tenants.logs import get_logger
from tenants.settings import Settings, SettingsError

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 15.0
NOTICE_SECONDS = 0.1
"""How soon a rest ends once the program is told to stop."""

log = get_logger("patience")


class Patience:
    """How long to rest before the next try, and whether anybody told this program to stop."""

    def __init__(self) -> None:
        self.stopping = False
        self.pause_seconds = FIRST_PAUSE_SECONDS

    def listen(self) -> None:
        """From now on SIGTERM and SIGINT end the waiting."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def refresh(self) -> None:
        """All is well: the next rest is a short one."""
        self.pause_seconds = FIRST_PAUSE_SECONDS

    def rest(self) -> None:
        """Wait, twice as long as the last time; at most LONGEST_PAUSE_SECONDS."""
        until = time.monotonic() + self.pause_seconds
        self.pause_seconds = min(LONGEST_PAUSE_SECONDS, self.pause_seconds * 2)
        while not self.stopping and time.monotonic() < until:
            time.sleep(NOTICE_SECONDS)

    def until_answered(self, settings: Settings) -> bool:
        """Rest until Redis and PostgreSQL answer; False when told to stop. One warning a try, no traceback."""
        while not self.stopping:
            away = who_is_away(settings)
            if away is None:
                return True
            log.warning("waits_for", part=away[0], reason=away[1], pause_seconds=self.pause_seconds)
            self.rest()
        return False


def who_is_away(settings: Settings) -> tuple[str, str] | None:
    """The part that does not answer and the class of its error; None when both do. Raises SettingsError.

    Asked with clients of its own: the app's try again by themselves, deaf to signals meanwhile.
    """
    try:
        url = make_url(settings.onbrand_database_url).set(drivername="postgresql")
        with Line.connect(url.render_as_string(hide_password=False), **DATABASE_LINE) as connection:
            connection.execute("select 1")
    except psycopg.Error as error:
        return "database", type(error).__name__
    if not settings.onbrand_redis_url:
        raise SettingsError("ONBRAND_REDIS_URL is missing. Under `make run` it is set for you.")
    try:
        with redis_line(settings.onbrand_redis_url, retry=Retry(NoBackoff(), 0)) as client:
            client.ping()
    except redis.RedisError as error:
        return "redis", type(error).__name__
    return None
