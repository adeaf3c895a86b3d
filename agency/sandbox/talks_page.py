"""The page on which people write to a brand as its customers do in private: messages, stories, mentions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agency.sandbox import media, seeding
from agency.sandbox.content import NotThere
from agency.sandbox.customers import DEFAULT_CUSTOMER, LABELS
from agency.sandbox.store import Account, Item
from agency.sandbox.world import World

THREADS_SHOWN = 20
MESSAGES_SHOWN = 50
ATTACHMENTS = ("photo", "video", "audio", "sticker", "animated_image", "file", "share")


@dataclass(frozen=True)
class Talk:
    thread: Item
    messages: list[Item]


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("talks", __name__)

    def account_or_404(number: int) -> Account:
        account = world.store.account_by_id(number)
        if account is None or account.platform == "google_business":
            abort(404)
        return account

    def show(account: Account, customer: str, problem: str | None = None) -> ResponseReturnValue:
        stories = world.store.find_items(
            "account_id = ? AND kind = 'post' AND deleted_at IS NULL AND created_at > ?"
            " AND json_extract(facts, '$.media_product_type') = 'STORY'",
            (account.id, world.now() - media.STORY_LIFE_SECONDS),
        )
        page = render_template(
            "talks.html",
            account=account,
            label=LABELS[account.platform],
            customer=customer,
            talks=_talks(world, account),
            stories=stories,
            attachments=ATTACHMENTS,
            address=lambda one: media.address(world, one) if "kind" in one else "",
            problem=problem,
        )
        return page, 400 if problem else 200

    @doors.get("/customers/<int:number>/talks")
    def talks(number: int) -> ResponseReturnValue:
        return show(account_or_404(number), request.args.get("as") or DEFAULT_CUSTOMER)

    @doors.post("/customers/<int:number>/talks")
    def act(number: int) -> ResponseReturnValue:
        account = account_or_404(number)
        customer = request.form.get("author") or DEFAULT_CUSTOMER
        try:
            seeding.write_item(world, _wish(account))
        except (ValueError, NotThere) as error:
            return show(account, customer, str(error))
        return redirect(url_for("talks.talks", number=number) + "?" + urlencode({"as": customer}), 303)

    return doors


def _talks(world: World, account: Account) -> list[Talk]:
    threads = world.store.find_items(
        "account_id = ? AND kind = 'thread'", (account.id,), "updated_at DESC, seq DESC", THREADS_SHOWN
    )
    found = []
    for thread in threads:
        newest = world.store.find_items(
            "account_id = ? AND post_id = ? AND kind = 'message' AND deleted_at IS NULL",
            (account.id, thread.external_id),
            "created_at DESC, seq DESC",
            MESSAGES_SHOWN,
        )
        found.append(Talk(thread, newest[::-1]))
    return found


def _wish(account: Account) -> dict[str, Any]:
    """The form as one line of the control API; raises ValueError."""
    form = request.form
    kind = form.get("kind", "message")
    if kind not in ("message", "mention", "reaction", "read", "unsend", "edit", "postback", "post"):
        raise ValueError("There is no such thing to do.")
    wish: dict[str, Any] = {"platform": account.platform, "account": account.external_id, "kind": kind}
    wish["author"] = form.get("author") or DEFAULT_CUSTOMER
    wish["text"] = form.get("text", "").replace("\r\n", "\n") or None
    wish.update({name: form[name] for name in ("item", "in", "emoji", "title", "payload", "by") if form.get(name)})
    if form.get("attachment"):
        wish["attachments"] = [form["attachment"]]
    if form.get("private"):
        wish["private"] = True
    if form.get("taken_back"):
        wish["taken_back"] = True
    if kind == "post":  # a story of the brand, so that there is one to answer
        return {**wish, "author": None, "media_product_type": "STORY", "text": None}
    if form.get("story") == "mention" and account.platform == "instagram":
        wish["story"] = {"mention": {}}
    elif form.get("story") and account.platform == "instagram":
        wish["story"] = {"reply_to": form["story"]}
    if kind == "message" and not (wish["text"] or wish.get("attachments") or wish.get("story")):
        raise ValueError("Write something, or attach something.")
    return wish
