"""The control door's commands for the clock and for what the sandbox sends by itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from agency.sandbox.ledger import moment, rfc3339
from agency.sandbox.world import World


def add_commands(doors: Blueprint, world: World) -> None:
    """Below the control door's prefix; its error handler answers ValueError with 400."""

    @doors.get("/clock")
    def clock() -> Response:
        return jsonify(_told(world))

    @doors.post("/clock")
    def move_clock() -> Response:
        wish = request.get_json(silent=True)
        if not isinstance(wish, dict) or set(wish) - {"at", "move_seconds", "stop", "run", "follow_machine"}:
            raise ValueError("give at, move_seconds, stop, run or follow_machine")
        if wish.get("follow_machine"):
            world.clock.follow_machine()
        if "at" in wish:
            world.clock.set(float(wish["at"]) if isinstance(wish["at"], (int, float)) else moment(str(wish["at"])))
        if "move_seconds" in wish:
            world.clock.move(float(wish["move_seconds"]))
        if wish.get("stop"):
            world.clock.stop()
        if wish.get("run"):
            world.clock.run()
        world.store.set_setting("clock", world.clock.facts())
        return jsonify(_told(world))

    @doors.get("/deliveries")
    def deliveries() -> Response:
        return jsonify(world.deliveries.report())

    @doors.get("/deliveries/log")
    def log() -> Response:
        limit = request.args.get("limit", 200, type=int)
        lines = world.deliveries.log(limit, request.args.get("account") or None, request.args.get("channel") or None)
        return jsonify({"deliveries": lines})

    @doors.post("/deliveries/switches")
    def switches() -> Response:
        wish: Any = request.get_json(silent=True)
        if not isinstance(wish, dict):
            raise ValueError("the body must be a JSON object")
        wish = dict(wish)
        account = wish.pop("account", None)
        if (seed := wish.pop("seed", None)) is not None:
            world.deliveries.seed_dice(int(seed))
        world.deliveries.set_switches(wish, account)
        return jsonify(world.deliveries.report())

    @doors.delete("/deliveries/switches")
    def straight_again() -> Response:
        world.store.set_setting("delivery_switches", {})
        return jsonify(world.deliveries.report())

    @doors.post("/deliveries/now")
    def now() -> Response:
        wish: Any = request.get_json(silent=True) or {}
        return jsonify(world.deliveries.send_now(everything=bool(wish.get("all"))))

    @doors.post("/deliveries/storm")
    def storm() -> Response:
        wish: Any = request.get_json(silent=True) or {}
        times = int(wish.get("times", 1))
        if not 1 <= times <= 1000:
            raise ValueError("times must be 1 to 1000")
        queued = world.deliveries.storm(times, channel=wish.get("channel"), account=wish.get("account"))
        return jsonify({"queued": queued})

    @doors.delete("/deliveries")
    def forget() -> Response:
        world.deliveries.forget()
        return jsonify(world.deliveries.report())


def _told(world: World) -> dict[str, Any]:
    now = world.now()
    return {"now": rfc3339(now), "seconds": now, "stopped": world.clock.facts()["stopped_at"] is not None}
