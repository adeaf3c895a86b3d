"""The sandbox's other pages: home, ledger, misbehaviour, scenario; and how hostile text is shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agency.sandbox import ledger, misbehaviour
from agency.sandbox.customers import LABELS
from agency.sandbox.scenario import Player
from agency.sandbox.world import World

LEDGER_LINES = 200
ACCOUNTS_SHOWN = 100
# Control characters but tab and newline, the other line ends, and lone surrogates, which have no UTF-8.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def shown(text: object) -> str:
    """Text with its invisible parts made visible. Direction marks stay: the page isolates each text."""
    return UNPRINTABLE.sub(_picture, "" if text is None else str(text))


def _picture(found: re.Match[str]) -> str:
    code = ord(found.group())
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


def short_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %Y %H:%M:%S UTC")


def blueprint(world: World, player: Player) -> Blueprint:
    doors = Blueprint("pages", __name__)

    @doors.get("/")
    def home() -> str:
        rows = []
        accounts = world.store.accounts()
        sought = request.args.get("sought", "")
        found = [one for one in accounts if sought.casefold() in f"{one.name} {one.external_id}".casefold()]
        for account in found[:ACCOUNTS_SHOWN]:
            with world.store.transaction() as db:
                row = db.execute(
                    "SELECT coalesce(sum(kind = 'review'), 0), coalesce(sum(kind = 'comment'), 0) FROM items"
                    " WHERE account_id = ? AND deleted_at IS NULL",
                    (account.id,),
                ).fetchone()
            rows.append({"account": account, "label": LABELS[account.platform], "reviews": row[0], "comments": row[1]})
        return render_template("home.html", rows=rows, total=len(found), sought=sought, progress=player.progress())

    @doors.get("/ledger")
    def ledger_page() -> str:
        lines = ledger.entries(world.store, request.args.get("account") or None)
        return render_template(
            "ledger.html", lines=lines[::-1][:LEDGER_LINES], total=len(lines), duplicates=ledger.duplicates(lines)
        )

    def orders_page(problem: str | None = None) -> ResponseReturnValue:
        page = render_template(
            "misbehaviour.html",
            kinds=misbehaviour.KINDS,
            orders=misbehaviour.current(world.store),
            accounts=world.store.accounts(),
            labels=LABELS,
            problem=problem,
        )
        return page, 400 if problem else 200

    @doors.get("/misbehaviour")
    def orders() -> ResponseReturnValue:
        return orders_page()

    @doors.post("/misbehaviour")
    def misbehave() -> ResponseReturnValue:
        wish = {name: value for name, value in request.form.items() if value}
        try:
            misbehaviour.add(world.store, dict(wish))
        except ValueError as error:
            return orders_page(str(error))
        return redirect(url_for("pages.orders"), 303)

    @doors.post("/misbehaviour/clear")
    def behave() -> ResponseReturnValue:
        misbehaviour.clear(world.store, request.form.get("order", type=int))
        return redirect(url_for("pages.orders"), 303)

    @doors.get("/scenario")
    def scenario() -> str:
        return render_template("scenario.html", progress=player.progress())

    @doors.post("/scenario")
    def steer() -> ResponseReturnValue:
        action = request.form.get("action")
        pace = request.form.get("pace", type=float)
        if action == "pace" and pace is not None and 0 < pace <= 1000:
            player.set_pace(pace)
        moves = {"start": player.start, "stop": player.stop, "restart": player.restart}
        if action in moves:
            moves[action]()
        return redirect(url_for("pages.scenario"), 303)

    return doors
