"""Logs: one line an event, a constant event name, facts as fields, ids and never customers' words or secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from tenants.settings import Settings

SECRET_NAMES = re.compile(r"token|secret|password|credential|authorization|cookie|api_key", re.IGNORECASE)
SECRET_VALUES = re.compile(r"(access_token|refresh_token|client_secret|appsecret_proof)=[^&\s\"']+|(Bearer )\S+")
ROW_WORDS = re.compile(
    r"DETAIL:.*?(?=\n\[SQL|\n\(Background|\nCONTEXT:|\n\nThe above exc|\n\nDuring handl|\Z)", re.DOTALL
)
"""What PostgreSQL adds to a refusal: whole rows, or the value that stands there already."""
NOISY = ("httpx2", "httpx", "httpcore2", "httpcore", "werkzeug", "alembic.runtime.migration", "rq")


def _mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if name != "event" and SECRET_NAMES.search(name):
            event[name] = "***"
        elif isinstance(value, str):
            if name == "exception":
                value = ROW_WORDS.sub("DETAIL: ***", value)
            event[name] = SECRET_VALUES.sub(lambda m: f"{m[1]}=***" if m[1] else f"{m[2]}***", value)
    return event


def configure_logs(settings: Settings) -> None:
    """Lines on standard error: plain for a person locally, JSON in production. Secrets are masked by name and form."""
    renderer: Any = (
        structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
        if settings.is_local
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


def get_logger(name: str) -> Any:
    """A logger whose calls are `log.info("event_name", fact=value)`."""
    return structlog.get_logger(part=name)
