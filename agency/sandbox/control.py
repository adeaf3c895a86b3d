"""The control API below /sandbox: seeding, misbehaviour, the scenario, the ledger, the clock, deliveries, Meta's apps.

JSON in, JSON out; errors are {"error": "..."} with 400 or 404. Google's own commands: `google_control`.

GET    /accounts                    all accounts with their tokens
POST   /accounts                    make or change one ({platform, external_id, name, token, ...}, see `seeding`), or
                                    many: {"accounts": [...]}
POST   /posts /comments /reviews /answers
POST   /messages                    {platform, account, author, text, attachments, story, reply_to, by: "page"}
POST   /mentions                    {..., author, text, in: "post"|"comment"|"photo_tag", post, private}
POST   /reactions                   {..., item, author, reaction | emoji, taken_back, by: "page"}
POST   /reads                       {..., author}: the customer reads the brand's messages
POST   /postbacks                   {..., author, title, payload}
POST   /unsends                     {..., item}
POST   /items                       a list of such lines with `kind`, all or nothing
GET    /items                       the whole truth, ?platform=&account=&kind= (kinds thread and message, too)
PATCH  /items/{id}                  {text, stars, raw, drop, hidden, unlisted, ...}; text of a message edits it
DELETE /items/{id}                  the customer deletes it; a message is unsent
GET    /ledger.json                 ?account=&since=&limit=
GET    POST DELETE /misbehaviour    standing orders (`misbehaviour.KINDS`)
GET    POST /scenario               the scenario player
GET    /clock                       {now, seconds, stopped}
POST   /clock                       {at | move_seconds, stop, run, follow_machine}
GET    /deliveries                  counts and switches of what the sandbox sends (webhooks, pushes, callbacks)
GET    /deliveries/log              ?limit=&account=&channel=: newest first, with bodies and answers
POST   /deliveries/now              {all}: send what is due, or everything, before this is answered
POST   /deliveries/switches         {account?, drop, duplicate, delay_seconds, spread_seconds, shuffle, hold, seed}
DELETE /deliveries/switches         straight again
POST   /deliveries/storm            {times, channel?, account?}: queue again all that was sent
DELETE /deliveries                  forget the queue and the past
GET    /application                 facts and subscriptions of the Meta applications
POST   /application                 change facts (`meta_app.FACTS`)
POST   /application/connect         {product_url, verify_token, verify}: every callback leads to the product
GET    /subscriptions               accounts with the fields they are subscribed to
POST   /subscriptions/forget        {platform?, account}: unsubscribe it, and tell nobody
GET    /people                      who granted what
POST   /people/remove               {app: "meta"|"instagram", id, delete_data}: the application is removed
POST   /people/revoke               {id, scope}: one permission taken back
POST   /tokens/kill                 {platform?, account, subcode}: for good
POST   /tokens/scopes               {platform?, account, scopes | null}: what its tokens may do from now on
POST   /reset                       forget everything
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from agency.sandbox import content, control_meta, control_time, ledger, messages, misbehaviour, seeding, talk
from agency.sandbox.content import NotThere
from agency.sandbox.ledger import rfc3339
from agency.sandbox.scenario import Player
from agency.sandbox.store import Account, Item
from agency.sandbox.world import World

MAX_BULK = 10_000
# Facts of an item told as they are kept, where it has them.
TOLD_FACTS = (
    *("place", "is_published", "media_product_type", "attachments", "attachment", "story", "reactions", "edits"),
    *("private_reply", "user_likes", "like_count", "person", "last_inbound_at", "unread", "metadata", "reply_to"),
)


def account_json(world: World, account: Account) -> dict[str, Any]:
    return {
        "number": account.id,
        "platform": account.platform,
        "external_id": account.external_id,
        "name": account.name,
        "facts": account.facts,
        "tokens": seeding.tokens_of(world, account),
    }


def item_json(item: Item, account: Account) -> dict[str, Any]:
    """The whole truth about an item, whatever the platform would show of it now."""
    facts = item.facts
    return {
        "external_id": item.external_id,
        "platform": item.platform,
        "account": account.external_id,
        "kind": item.kind,
        "post": item.post_id,
        "parent": item.parent_id,
        "by_account": item.by_account,
        "author": facts.get("author"),
        "text": facts.get("text"),
        "stars": item.stars,
        "reply": facts.get("reply"),
        "hidden": bool(facts.get("hidden")),
        "facts": {name: facts[name] for name in TOLD_FACTS if facts.get(name) is not None},
        "key": item.key,
        "created_at": rfc3339(item.created_at),
        "updated_at": rfc3339(item.updated_at),
        "deleted_at": None if item.deleted_at is None else rfc3339(item.deleted_at),
    }


def blueprint(world: World, player: Player) -> Blueprint:
    doors = Blueprint("control", __name__, url_prefix="/sandbox")

    @doors.errorhandler(ValueError)
    @doors.errorhandler(NotThere)
    @doors.errorhandler(TypeError)
    def refused(error: Exception) -> tuple[Response, int]:
        return jsonify({"error": str(error)}), 404 if isinstance(error, NotThere) else 400

    @doors.get("/accounts")
    def accounts() -> Response:
        return jsonify({"accounts": [account_json(world, account) for account in world.store.accounts()]})

    @doors.post("/accounts")
    def make_account() -> tuple[Response, int]:
        """One account, or with `accounts` many at once, all or nothing."""
        wish = _body()
        if "accounts" in wish:
            if not isinstance(wish["accounts"], list) or len(wish["accounts"]) > MAX_BULK:
                raise ValueError(f"accounts must be a list of at most {MAX_BULK}")
            with world.store.transaction():
                made = [seeding.make_account(world, one)[0].id for one in wish["accounts"]]
            return jsonify({"numbers": made}), 201
        account, _ = seeding.make_account(world, wish)
        return jsonify(account_json(world, account)), 201

    def make_one(kind: str) -> tuple[Response, int]:
        account, item = seeding.write_item(world, {**_body(), "kind": kind})
        assert item is not None
        return jsonify(item_json(item, account)), 201

    for kind in ("post", "comment", "review", "answer", *talk.KINDS):
        doors.add_url_rule(f"/{kind}s", f"make_{kind}", lambda kind=kind: make_one(kind), methods=["POST"])

    @doors.post("/items")
    def make_items() -> tuple[Response, int]:
        wishes = request.get_json(silent=True)
        wishes = wishes.get("items") if isinstance(wishes, dict) else wishes
        if not isinstance(wishes, list) or len(wishes) > MAX_BULK:
            raise ValueError(f"the body must be a list of at most {MAX_BULK} items")
        made = []
        with world.store.transaction():
            for wish in wishes:
                account, item = seeding.write_item(world, wish, make_accounts=True)
                made.append(account.external_id if item is None else item.external_id)
        return jsonify({"external_ids": made}), 201

    @doors.get("/items")
    def items() -> Response:
        names = ("platform", "account", "kind")
        wanted = {name: request.args[name] for name in names if request.args.get(name)}
        found: list[dict[str, Any]] = []
        for account in world.store.accounts(wanted.get("platform")):
            if wanted.get("account") in (None, account.external_id):
                kind = wanted.get("kind")
                rows = world.store.find_items("account_id = ? AND (? IS NULL OR kind = ?)", (account.id, kind, kind))
                found.extend(item_json(item, account) for item in rows)
        return jsonify({"items": found})

    @doors.patch("/items/<path:external_id>")
    def change(external_id: str) -> Response:
        item, account = _item(world, external_id)
        if item.kind == "message":
            return jsonify(item_json(messages.edit_message(world, account, item, str(_body().get("text"))), account))
        return jsonify(item_json(content.change_item(world, item, **seeding.changes(_body())), account))

    @doors.delete("/items/<path:external_id>")
    def delete(external_id: str) -> tuple[Response, int]:
        item, account = _item(world, external_id)
        if item.kind == "message":
            messages.unsend(world, account, item)
        else:
            content.delete_item(world, item)
        return jsonify({}), 200

    @doors.get("/ledger.json")
    def ledger_lines() -> Response:
        limit = request.args.get("limit", type=int)
        lines = ledger.entries(world.store, request.args.get("account") or None, request.args.get("since"), limit)
        return jsonify({"entries": lines, "duplicates": ledger.duplicates(lines)})

    @doors.get("/misbehaviour")
    def orders() -> Response:
        return jsonify({"orders": [misbehaviour.as_json(order) for order in misbehaviour.current(world.store)]})

    @doors.post("/misbehaviour")
    def misbehave() -> tuple[Response, int]:
        return jsonify(misbehaviour.as_json(misbehaviour.add(world.store, _body()))), 201

    @doors.delete("/misbehaviour")
    @doors.delete("/misbehaviour/<int:order_id>")
    def behave(order_id: int | None = None) -> Response:
        cleared = misbehaviour.clear(world.store, order_id, request.args.get("account"), request.args.get("kind"))
        return jsonify({"cleared": cleared})

    @doors.get("/scenario")
    def progress() -> Response:
        return jsonify(player.progress())

    @doors.post("/scenario")
    def scenario() -> Response:
        wish = _body()
        if "pace" in wish:
            player.set_pace(float(wish["pace"]))
        if "items" in wish:
            if not isinstance(wish["items"], list) or not all(isinstance(line, dict) for line in wish["items"]):
                raise ValueError("items must be a list of objects")
            player.load(wish["items"], str(wish.get("name") or ""))
        if wish.get("restart"):
            player.restart()
        if wish.get("start"):
            player.start()
        if wish.get("stop"):
            player.stop()
        return jsonify(player.progress())

    @doors.post("/reset")
    def reset() -> Response:
        world.store.reset()
        world.deliveries.forget()
        world.google_quota.forget()
        current_app.extensions["stripe_world"].forget()
        world.clock.follow_machine()
        return jsonify({})

    control_time.add_commands(doors, world)
    control_meta.add_commands(doors, world)

    return doors


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _item(world: World, external_id: str) -> tuple[Item, Account]:
    wanted = request.args.get("platform")
    for platform in (wanted,) if wanted else ("facebook", "instagram", "google_business"):
        item = world.store.item(platform, external_id)
        account = world.store.account_by_id(item.account_id) if item else None
        if item is not None and account is not None and item.deleted_at is None:
            return item, account
    raise NotThere(f"no item {external_id!r}")
