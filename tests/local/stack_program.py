"""A program that starts both servers in a folder, prints their addresses and waits, to be killed by the tests here."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from agency.local.postgres import start_postgres
from agency.local.processes import LocalStackError
from agency.local.valkey import start_valkey


def serve(folder: Path) -> None:
    try:
        postgres = start_postgres(folder / "postgres", durable=False)
        valkey = start_valkey(folder / "valkey")
    except LocalStackError as error:
        print(f"refused: {error}", flush=True)
        return
    print(postgres.owner_url, valkey.url, postgres.child.pid, valkey.child.pid, flush=True)
    sys.stdin.read()
    valkey.stop()
    postgres.stop()


if __name__ == "__main__":
    if sys.argv[2:] == ["thread"]:
        thread = threading.Thread(target=serve, args=(Path(sys.argv[1]),))
        thread.start()
        thread.join()
    else:
        serve(Path(sys.argv[1]))
