"""The page on which people act as a brand's customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agency.sandbox import google_replies, seeding
from agency.sandbox.content import NotThere
from agency.sandbox.store import Account, Item
from agency.sandbox.world import World

POSTS_PER_PAGE = 10
REVIEWS_PER_PAGE = 30
DEFAULT_CUSTOMER = "Robin Example"
LABELS = {"facebook": "Facebook", "instagram": "Instagram", "google_business": "Google Business"}


@dataclass(frozen=True)
class Thread:
    """A comment with the answers below it."""

    comment: Item
    answers: list[Item]


@dataclass(frozen=True)
class PostWithThreads:
    post: Item
    threads: list[Thread]


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("customers", __name__)

    def account_or_404(number: int) -> Account:
        account = world.store.account_by_id(number)
        if account is None:
            abort(404)
        return account

    def show(account: Account, customer: str, problem: str | None = None) -> ResponseReturnValue:
        page = max(1, request.args.get("page", 1, type=int))
        posts, reviews, more = _contents(world, account, page)
        return (
            render_template(
                "customers.html",
                account=account,
                label=LABELS[account.platform],
                customer=customer,
                problem=problem,
                posts=posts,
                reviews=reviews,
                reply_of=lambda review: google_replies.current(world, review),
                reply_state=lambda reply: google_replies.state_of(world, reply),
                page=page,
                more=more,
            ),
            400 if problem else 200,
        )

    @doors.get("/customers/<int:number>")
    def customers(number: int) -> ResponseReturnValue:
        return show(account_or_404(number), request.args.get("as") or DEFAULT_CUSTOMER)

    @doors.post("/customers/<int:number>/<any(write, change, delete):action>")
    def act(number: int, action: str) -> ResponseReturnValue:
        account = account_or_404(number)
        customer = request.form.get("author") or DEFAULT_CUSTOMER
        wish = _wish(account, action)
        try:
            seeding.write_item(world, wish)
        except (ValueError, NotThere) as error:
            return show(account, customer, str(error))
        return redirect(url_for("customers.customers", number=number) + "?" + urlencode({"as": customer}), 303)

    return doors


def _wish(account: Account, action: str) -> dict[str, Any]:
    """The form as one line of the control API."""
    form = request.form
    wish: dict[str, Any] = {"platform": account.platform, "account": account.external_id}
    wish["kind"] = {"change": "edit", "delete": "delete"}.get(action) or form.get("kind", "comment")
    text = form.get("text", "").replace("\r\n", "\n")
    if "text" in form:
        wish["text"] = text or None
    for name in ("item", "post", "parent", "attachment"):
        if form.get(name):
            wish[name] = form[name]
    if form.get("stars", "").isdecimal():
        wish["stars"] = int(form["stars"])
    if action == "write" and not (wish["kind"] == "post" and form.get("by") == "brand"):
        wish["author"] = form.get("author") or DEFAULT_CUSTOMER
    if form.get("hidden") in ("0", "1"):
        wish["hidden"] = form["hidden"] == "1"
    if form.get("anonymous"):
        wish["anonymous"] = True
    photos = int(form["photos"]) if form.get("photos", "").isdecimal() else 0
    if photos or form.get("video"):
        wish["media"] = ["photo"] * min(photos, 10) + ["video"] * bool(form.get("video"))
    for name in ("translation", "translation_layout"):
        if form.get(name):
            wish[name] = form[name].replace("\r\n", "\n")
    return wish


def _contents(world: World, account: Account, page: int) -> tuple[list[PostWithThreads], list[Item], bool]:
    kind = "review" if account.platform == "google_business" else "post"
    size = REVIEWS_PER_PAGE if kind == "review" else POSTS_PER_PAGE
    found = world.store.find_items(
        "account_id = ? AND kind = ? AND deleted_at IS NULL",
        (account.id, kind),
        "updated_at DESC, seq DESC",
        page * size + 1,
    )
    more, found = len(found) > page * size, found[(page - 1) * size : page * size]
    if kind == "review":
        return [], found, more
    return [PostWithThreads(post, _threads(world, account, post)) for post in found], [], more


def _threads(world: World, account: Account, post: Item) -> list[Thread]:
    comments = world.store.find_items(
        "account_id = ? AND post_id = ? AND kind = 'comment' AND deleted_at IS NULL",
        (account.id, post.external_id),
        "created_at, seq",
    )
    answers: dict[str, list[Item]] = {}
    for comment in comments:
        if comment.parent_id:
            answers.setdefault(comment.parent_id, []).append(comment)
    return [
        Thread(comment, answers.get(comment.external_id, [])) for comment in reversed(comments) if not comment.parent_id
    ]
