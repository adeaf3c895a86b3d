"""Google's reviews as v4 shows them: one, a location's list, and one stream over many locations."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from agency.sandbox import google_replies, misbehaviour
from agency.sandbox.google_accounts import page_size
from agency.sandbox.google_errors import invalid_argument, not_found
from agency.sandbox.google_times import google_time
from agency.sandbox.store import Account, Item
from agency.sandbox.world import World

STARS = ("STAR_RATING_UNSPECIFIED", "ONE", "TWO", "THREE", "FOUR", "FIVE")
MAX_PAGE_SIZE = 50
MAX_LOCATIONS = 50

# order -> (column, highest first). Ties are broken by the row number in the same direction.
ORDERS = {"updateTime desc": ("updated_at", True), "rating": ("stars", False), "rating desc": ("stars", True)}


def review_json(world: World, account: Account, review: Item) -> dict[str, Any]:
    """One review, with proto3's habit of leaving out what is empty, zero or false."""
    facts = review.facts
    author = facts.get("author") or {}
    anonymous = bool(facts.get("anonymous"))
    reviewer: dict[str, Any] = {"displayName": "A Google User" if anonymous else author.get("name")}
    if anonymous:
        reviewer["isAnonymous"] = True
    else:
        reviewer["profilePhotoUrl"] = f"https://lh3.googleusercontent.com/a/{author.get('id')}"
    found: dict[str, Any] = {
        "reviewId": review.external_id,
        "reviewer": reviewer,
        "starRating": STARS[review.stars or 0],
    }
    if facts.get("text"):
        layout = facts.get("translation_layout")
        found["comment"] = google_replies.enveloped(facts["text"], facts.get("translation"), layout)
    found["createTime"] = google_time(review.created_at)
    found["updateTime"] = google_time(review.updated_at)
    reply = google_replies.current(world, review)
    if reply is not None:
        found["reviewReply"] = google_replies.as_json(world, reply)
    if facts.get("media"):
        found["reviewMediaItems"] = [_media_json(review, index, one) for index, one in enumerate(facts["media"])]
    found["name"] = f"{account.external_id}/reviews/{review.external_id}"
    found["reviewReplyUrl"] = f"https://business.google.com/reviews/{review.external_id}"
    if facts.get("raw"):
        found.update(facts["raw"])
    for name in facts.get("drop") or ():
        found.pop(name, None)
    return found


def _media_json(review: Item, index: int, media: Any) -> dict[str, str]:
    """`photo` or `video`, or an object with thumbnailUrl, thumbnailLabel and videoUrl of its own."""
    if isinstance(media, dict):
        return media
    place = f"https://lh3.googleusercontent.com/p/{review.external_id[:24]}-{index}"
    shown = {"thumbnailUrl": f"{place}=w300", "thumbnailLabel": f"{media} {index + 1}"}
    return {**shown, "videoUrl": f"{place}=dv"} if media == "video" else shown


def one(world: World, account: Account, review_id: str) -> Item:
    """Raises GoogleError 404 for a review that is missing, deleted or not yet to be seen."""
    found = world.store.item("google_business", review_id, account.id)
    if found is None or found.kind != "review" or found.deleted_at is not None or found.visible_at > world.now():
        raise not_found()
    return found


def listed(world: World, account: Account, params: dict[str, str]) -> dict[str, Any]:
    """ListReviewsResponse of one location; an empty one is `{}`."""
    reviews, next_token = _page(world, [account], params)
    page: dict[str, Any] = {}
    if reviews:
        page["reviews"] = [review_json(world, account, review) for review in reviews]
    with world.store.transaction() as db:
        row = db.execute(
            "SELECT count(*), avg(stars) FROM items WHERE account_id = ? AND kind = 'review'"
            " AND deleted_at IS NULL AND visible_at <= ?",
            (account.id, world.now()),
        ).fetchone()
    if row[0]:
        page["averageRating"] = round(float(row[1] or 0), 7)
        page["totalReviewCount"] = row[0]
    if next_token:
        page["nextPageToken"] = next_token
    return page


def location_names(body: Any) -> list[str]:
    """The locations a batchGetReviews asks for, each once; raises GoogleError 400."""
    names = body.get("locationNames") if isinstance(body, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise invalid_argument("location_names", "Field is required")
    if len(names) > MAX_LOCATIONS:
        raise invalid_argument("location_names", f"At most {MAX_LOCATIONS} locations are allowed")
    return list(dict.fromkeys(names))


def batch(world: World, accounts: list[Account], body: dict[str, Any]) -> dict[str, Any]:
    """BatchGetReviewsResponse: one stream over all locations, sorted together; neither average nor count."""
    params = {name: str(body[name]) for name in ("pageSize", "pageToken", "orderBy") if body.get(name)}
    with_text = body.get("ignoreRatingOnlyReviews") is True
    reviews, next_token = _page(world, accounts, params, with_text=with_text)
    by_id = {account.id: account for account in accounts}
    page: dict[str, Any] = {}
    if reviews:
        page["locationReviews"] = [
            {
                "name": by_id[review.account_id].external_id,
                "review": review_json(world, by_id[review.account_id], review),
            }
            for review in reviews
        ]
    if next_token:
        page["nextPageToken"] = next_token
    return page


def _page(
    world: World, accounts: list[Account], params: dict[str, str], *, with_text: bool = False
) -> tuple[list[Item], str | None]:
    order = params.get("orderBy") or "updateTime desc"
    if order not in ORDERS:
        raise invalid_argument("order_by", "Invalid order_by")
    size = page_size(world, params, MAX_PAGE_SIZE, MAX_PAGE_SIZE)
    column, descending = ORDERS[order]
    marks = ", ".join("?" * len(accounts))
    where = f"account_id IN ({marks}) AND kind = 'review' AND deleted_at IS NULL AND visible_at <= ?"
    if with_text:
        where += " AND coalesce(json_extract(facts, '$.text'), '') <> ''"
    values: tuple[Any, ...] = (*(account.id for account in accounts), world.now())
    digest = hashlib.sha256(json.dumps([order, with_text, *(account.id for account in accounts)]).encode())
    bound_to = digest.hexdigest()[:16]
    position, seq, passed = _read_page_token(params.get("pageToken"), bound_to)
    name = accounts[0].external_id
    # Where pages shift, a page begins so many reviews after the newest, whatever came or moved meanwhile.
    is_shifting = bool(passed) and misbehaviour.take(world, "shift_pages", name) is not None
    if params.get("pageToken") and not is_shifting:
        where += f" AND ({column}, seq) {'<' if descending else '>'} (?, ?)"
        values = (*values, position, seq)
    skip = passed if is_shifting else 0
    found = _rows(world, where, values, f"{column} {'DESC' if descending else 'ASC'}, seq", descending, size + 1, skip)
    if len(found) > size and misbehaviour.take(world, "empty_page_with_next", name):
        return [], params.get("pageToken") or _page_token(float("inf") if descending else -1.0, 0, 0, bound_to)
    if len(found) <= size:
        return found, None
    last = found[size - 1]
    position = last.updated_at if column == "updated_at" else float(last.stars or 0)
    return found[:size], _page_token(position, last.seq, passed + size, bound_to)


def _rows(
    world: World, where: str, values: tuple[Any, ...], order: str, descending: bool, limit: int, skip: int
) -> list[Item]:
    """Row numbers through an index alone, then the rows themselves: an idle poll of 50 locations reads few of them."""
    order += " DESC" if descending else " ASC"
    with world.store.transaction() as db:
        rows = db.execute(
            f"SELECT seq FROM items WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?", (*values, limit, skip)
        ).fetchall()
    wanted = tuple(row["seq"] for row in rows)
    if not wanted:
        return []
    return world.store.find_items(f"seq IN ({', '.join('?' * len(wanted))})", wanted, order)


def _page_token(position: float, seq: int, skipped: int, bound_to: str) -> str:
    made = json.dumps([position, seq, skipped, bound_to]).encode()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _read_page_token(text: str | None, bound_to: str) -> tuple[float, int, int]:
    if not text:
        return 0.0, 0, 0
    try:
        position, seq, skipped, made_for = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if made_for == bound_to:
            return float(position), int(seq), int(skipped)
    except (ValueError, TypeError):
        pass
    raise invalid_argument("page_token", "Invalid page token")
