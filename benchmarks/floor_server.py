"""The least a page can cost: bare Flask, one indexed read of 50 rows, a table in Jinja; a one-row read for a 304; and
the least a webhook can: its body stored as one row.

`python -m benchmarks.floor_server PORT` serves it with the product's kind of server: gunicorn, threads, two processes.
The tables are those of `benchmarks.queue_data`, schema `floor`; the address is FLOOR_DATABASE_URL.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication
from psycopg import Connection
from psycopg.rows import TupleRow
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks.scratch import PROCESSES, THREADS

ROWS_SQL = (
    "select id, brand_id, account_id, holder_id, score, last_at, sender, excerpt from floor.conversation "
    "where agency_id = 1 and state = 0 order by score desc, id desc limit 50"
)
TEMPLATE = """<!doctype html><html><head><title>inbox</title></head><body><table>{% for r in rows %}
<tr id="c{{ r[0] }}" class="row"><td><input type="checkbox" name="id" value="{{ r[0] }}"></td>
<td><span class="brand b{{ r[1] }}">brand {{ r[1] }}</span></td><td><a href="/inbox/{{ r[0] }}">{{ r[6] }}</a></td>
<td>{{ r[7] }}</td><td>{{ r[4] }}</td><td>{% if r[3] %}person {{ r[3] }}{% else %}&ndash;{% endif %}</td>
<td><time datetime="{{ r[5].isoformat() }}">{{ r[5].strftime('%Y-%m-%d %H:%M') }}</time></td></tr>{% endfor %}
</table></body></html>"""


def create_floor_app(database_url: str) -> Flask:
    """The floor's pages: SQLAlchemy's pool, psycopg's own statements, prepared, without a transaction."""
    app = Flask("floor")
    template = app.jinja_env.from_string(TEMPLATE)
    engine = create_engine(
        make_url(database_url).set(drivername="postgresql+psycopg"), pool_size=THREADS, isolation_level="AUTOCOMMIT"
    )

    def read(sql: str) -> list[TupleRow]:
        pooled = engine.raw_connection()
        try:
            connection: Connection[Any] = pooled.driver_connection  # type: ignore[assignment]
            return connection.execute(sql, prepare=True).fetchall()
        finally:
            pooled.close()

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.get("/page")
    def page() -> str:
        return template.render(rows=read(ROWS_SQL))

    @app.get("/unchanged")
    def unchanged() -> Response:
        read("select last_at from floor.conversation where id = 1")
        return Response(status=304, headers={"ETag": '"1"'})

    @app.post("/hook")
    def hook() -> str:
        pooled = engine.raw_connection()
        try:
            connection: Connection[Any] = pooled.driver_connection  # type: ignore[assignment]
            connection.execute("insert into floor.hook (body) values (%s)", (request.get_data(),), prepare=True)
        finally:
            pooled.close()
        return "{}"

    with engine.connect() as connection:
        connection.execute(text("select 1"))
    engine.dispose()
    return app


class _Server(BaseApplication):
    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__()

    def load_config(self) -> None:
        given = {
            "bind": f"127.0.0.1:{self.port}",
            "worker_class": "gthread",
            "workers": PROCESSES,
            "threads": THREADS,
            "keepalive": 5,
            "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,
            "control_socket_disable": True,
        }
        for name, value in given.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_floor_app(os.environ["FLOOR_DATABASE_URL"])


if __name__ == "__main__":
    _Server(int(sys.argv[1])).run()
