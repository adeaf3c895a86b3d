"""Google's local posts, v4: what a brand announces on its profile, and Google's judgement of it.

A post is PROCESSING until its time on the moderation clock is up, then LIVE or REJECTED as the account's facts
`post_delay_seconds`, `post_outcome` and the order `reject_posts` say. There is no post that expires by itself.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from agency.sandbox import google_replies, misbehaviour
from agency.sandbox.content import digits
from agency.sandbox.google_accounts import offset, page_size, token_of
from agency.sandbox.google_errors import GoogleError, invalid_v4, not_found
from agency.sandbox.google_times import google_time
from agency.sandbox.ledger import moment
from agency.sandbox.store import Account, Item
from agency.sandbox.world import World

KIND = "local_post"
TOPICS = ("STANDARD", "EVENT", "OFFER", "ALERT")
ACTIONS = ("BOOK", "ORDER", "SHOP", "LEARN_MORE", "SIGN_UP", "CALL")
FIELDS = frozenset(
    {"languageCode", "summary", "callToAction", "event", "media", "topicType", "alertType", "offer", "scheduledTime"}
)
READ_ONLY = frozenset({"name", "createTime", "updateTime", "state", "searchUrl"})
DEFAULT_PAGE, LARGEST_PAGE = 20, 100
# Not documented; what implementers report.
MAX_SUMMARY = 1500
# v4's error codes of the range for operations: LOCATION_DISABLED_FOR_LOCAL_POST_API.
DISABLED_CODE = 1308


def create(world: World, account: Account, body: Any) -> Item:
    """Raises GoogleError for what Google refuses."""
    if account.facts.get("posts_disabled"):
        raise invalid_v4("location", "LOCATION_DISABLED_FOR_LOCAL_POST_API", DISABLED_CODE)
    given = _checked(body)
    now = world.now()
    order = misbehaviour.take(world, "reject_posts", account.external_id, is_write=True)
    facts = {
        "body": given,
        "text": given.get("summary"),
        "author": {"id": account.external_id, "name": account.name},
        "settled_at": now + _offset_seconds(world) + float(account.facts.get("post_delay_seconds") or 0),
        "outcome": "REJECTED" if order else account.facts.get("post_outcome") or "LIVE",
    }
    return world.store.add_item(account, KIND, digits(18) + secrets.token_hex(1), by_account=True, facts=facts)


def change(world: World, account: Account, post: Item, body: Any, params: dict[str, str]) -> None:
    """PATCH: only what the mask names. Raises GoogleError."""
    paths = [path.strip() for path in (params.get("updateMask") or "").split(",") if path.strip()]
    if not paths:
        raise invalid_v4("update_mask", "Field is required")
    if unknown := [path for path in paths if path.split(".")[0] not in FIELDS]:
        raise invalid_v4("update_mask", "Invalid field mask provided", value=unknown[0])
    given = body if isinstance(body, dict) else {}
    changed = dict(post.facts["body"])
    for name in {path.split(".")[0] for path in paths}:
        changed.pop(name, None)
        if name in given:
            changed[name] = given[name]
    post.facts["body"] = _checked(changed)
    post.facts["text"] = changed.get("summary")
    post.facts["settled_at"] = (
        world.now() + _offset_seconds(world) + float(account.facts.get("post_delay_seconds") or 0)
    )
    post.updated_at = max(world.now(), post.updated_at + 0.001)
    world.store.save_item(post)


def one(world: World, account: Account, post_id: str) -> Item:
    found = world.store.item("google_business", post_id, account.id)
    if found is None or found.kind != KIND or found.deleted_at is not None:
        raise not_found()
    return found


def listed(world: World, account: Account, params: dict[str, str]) -> dict[str, Any]:
    """Newest first; an empty list is `{}`."""
    size, bound_to = page_size(world, params, DEFAULT_PAGE, LARGEST_PAGE), f"localPosts {account.id}"
    start = offset(params, bound_to)
    found = world.store.find_items(
        "account_id = ? AND kind = ? AND deleted_at IS NULL", (account.id, KIND), "created_at DESC, seq DESC"
    )
    page: dict[str, Any] = {}
    if shown := [post_json(world, account, post) for post in found[start : start + size]]:
        page["localPosts"] = shown
    if start + size < len(found):
        page["nextPageToken"] = token_of(start + size, bound_to)
    return page


def post_json(world: World, account: Account, post: Item) -> dict[str, Any]:
    name = f"{account.external_id}/localPosts/{post.external_id}"
    return {
        "name": name,
        **post.facts["body"],
        "state": state_of(world, post),
        "createTime": google_time(post.created_at),
        "updateTime": google_time(post.updated_at),
        "searchUrl": f"https://local.google.com/place?id={post.external_id[:18]}&use=posts",
    }


def state_of(world: World, post: Item) -> str:
    body = post.facts["body"]
    if (body.get("event") or {}).get("recurrenceInfo"):
        return "RECURRING"
    if body.get("scheduledTime") and moment(body["scheduledTime"]) > world.now():
        return "SCHEDULED"
    facts = google_replies.moderation(world)
    if facts["held"] or post.facts["settled_at"] > world.now() + facts["offset_seconds"]:
        return "PROCESSING"
    return str(post.facts["outcome"])


def words(post: Item) -> str | None:
    """What the public reads: the ledger's text."""
    text = post.facts.get("text")
    return text if isinstance(text, str) else None


def _offset_seconds(world: World) -> float:
    return float(google_replies.moderation(world)["offset_seconds"])


def _checked(body: Any) -> dict[str, Any]:
    """The body without what is for reading only; raises GoogleError."""
    if not isinstance(body, dict):
        raise invalid_v4("local_post", "Field is required")
    if unknown := set(body) - FIELDS - READ_ONLY:
        message = f'Invalid JSON payload received. Unknown name "{sorted(unknown)[0]}": Cannot find field.'
        raise GoogleError(400, "INVALID_ARGUMENT", message)
    given = {name: value for name, value in body.items() if name in FIELDS and value not in (None, "", [], {})}
    topic, summary = given.get("topicType"), given.get("summary")
    if topic not in TOPICS:
        raise invalid_v4("topic_type", "Field is required", value=str(topic))
    if summary is not None and (not isinstance(summary, str) or len(summary) > MAX_SUMMARY):
        raise invalid_v4("summary", f"The summary must be at most {MAX_SUMMARY} characters long")
    if topic == "STANDARD" and not (isinstance(summary, str) and summary.strip()) and not given.get("media"):
        raise invalid_v4("summary", "Field is required")
    if topic == "ALERT" and given.get("alertType") != "COVID_19":
        raise invalid_v4("alert_type", "Invalid alert type", value=str(given.get("alertType")))
    event = given.get("event")
    if topic in ("EVENT", "OFFER") and not (isinstance(event, dict) and event.get("title") and event.get("schedule")):
        raise invalid_v4("event", "Title and schedule are required")
    _check_action(given.get("callToAction"))
    _check_media(given.get("media"))
    if "scheduledTime" in given:
        try:
            moment(str(given["scheduledTime"]))
        except ValueError:
            raise invalid_v4("scheduled_time", "Invalid time", value=str(given["scheduledTime"])) from None
    return given


def _check_action(action: Any) -> None:
    if action is None:
        return
    if not isinstance(action, dict) or action.get("actionType") not in ACTIONS:
        raise invalid_v4("call_to_action.action_type", "Invalid action type")
    if bool(action.get("url")) == (action["actionType"] == "CALL"):
        raise invalid_v4("call_to_action.url", "A link is required, except for CALL, which takes none")


def _check_media(media: Any) -> None:
    """Google fetches each picture itself, so the address must be one the world can reach."""
    for index, item in enumerate(media if isinstance(media, list) else [] if media is None else [media]):
        if not isinstance(item, dict) or set(item) - {"mediaFormat", "sourceUrl"}:
            raise invalid_v4(f"media[{index}]", "Only mediaFormat and sourceUrl are taken")
        if item.get("mediaFormat") not in ("PHOTO", "VIDEO"):
            raise invalid_v4(f"media[{index}].media_format", "Invalid media format")
        if urlsplit(str(item.get("sourceUrl"))).scheme not in ("http", "https"):
            raise invalid_v4(f"media[{index}].source_url", "The media could not be fetched")
