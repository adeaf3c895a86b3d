"""Which permission and which Page task a Graph call needs. Tokens given through the control API may do everything."""

from __future__ import annotations

from agency.sandbox import graph_errors, misbehaviour
from agency.sandbox.graph_reader import Node, Reader
from agency.sandbox.store import Account

DISUSE_SECONDS = 90 * 86_400

FACEBOOK = (
    "public_profile",
    "pages_show_list",
    "business_management",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_manage_posts",
    "pages_messaging",
    "pages_manage_metadata",
    "pages_manage_ads",
    "instagram_basic",
    "instagram_manage_comments",
    "instagram_manage_messages",
    "instagram_content_publish",
    "instagram_manage_insights",
    "ads_management",
    "ads_read",
    "read_insights",
    "email",
)
INSTAGRAM = (
    "instagram_business_basic",
    "instagram_business_manage_comments",
    "instagram_business_manage_messages",
    "instagram_business_content_publish",
    "instagram_business_manage_insights",
)
# What a Page's edges need to be read.
PAGE_READS = {
    "published_posts": ("pages_read_engagement",),
    "posts": ("pages_read_engagement",),
    "feed": ("pages_read_engagement", "pages_read_user_content"),
    "visitor_posts": ("pages_read_user_content",),
    "tagged": ("pages_read_user_content",),
    "video_reels": ("pages_read_engagement",),
    "ads_posts": ("pages_read_engagement",),
    "photos": ("pages_read_engagement",),
    "subscribed_apps": ("pages_manage_metadata",),
    "blocked": ("pages_manage_engagement",),
}
PAGE_WRITES = {
    "feed": ("pages_manage_posts",),
    "subscribed_apps": ("pages_manage_metadata",),
    "blocked": ("pages_manage_engagement",),
    "moderate_conversations": ("pages_messaging",),
}
TASKS = {
    "pages_manage_engagement": ("MODERATE", "PROFILE_PLUS_MODERATE"),
    "pages_messaging": ("MESSAGING", "PROFILE_PLUS_MESSAGING", "MODERATE", "PROFILE_PLUS_MODERATE"),
    "instagram_manage_messages": ("MESSAGING", "PROFILE_PLUS_MESSAGING", "MODERATE", "PROFILE_PLUS_MODERATE"),
    "pages_manage_posts": ("CREATE_CONTENT", "PROFILE_PLUS_CREATE_CONTENT"),
}
ALL_TASKS = ("MANAGE", "PROFILE_PLUS_FULL_CONTROL")
OF_INSTAGRAM_LOGIN = {
    "instagram_basic": "instagram_business_basic",
    "instagram_manage_comments": "instagram_business_manage_comments",
    "instagram_manage_messages": "instagram_business_manage_messages",
    "instagram_content_publish": "instagram_business_content_publish",
}


def needed(reader: Reader, node: Node, edge: str | None) -> tuple[str, ...]:
    """The permissions of this call, by the names of its host."""
    found = _needed(reader, node, edge)
    if reader.call.host == "instagram":
        return tuple(OF_INSTAGRAM_LOGIN[name] for name in found if name in OF_INSTAGRAM_LOGIN)
    return found


def _needed(reader: Reader, node: Node, edge: str | None) -> tuple[str, ...]:
    is_write, platform = reader.call.is_write, node.account.platform if node.account else "facebook"
    if node.type in ("UnifiedThread", "Message", "Person"):
        return ("instagram_manage_messages",) if platform == "instagram" else ("pages_messaging",)
    if edge in ("conversations", "messages"):
        on_instagram = platform == "instagram" or reader.call.params.get("platform") == "instagram"
        return ("instagram_manage_messages",) if on_instagram else ("pages_messaging",)
    if node.type == "Page":
        return (PAGE_WRITES if is_write else PAGE_READS).get(edge or "", ())
    if node.type in ("Post", "Video", "Photo"):
        if edge == "comments":
            return ("pages_manage_engagement",) if is_write else ("pages_read_user_content",)
        if edge == "likes" and is_write:
            return ("pages_manage_engagement",)
        return ("pages_manage_posts",) if is_write else ("pages_read_engagement",)
    if node.type == "Comment":
        return ("pages_manage_engagement",) if is_write else ("pages_read_user_content",)
    if node.type == "IGUser":
        return ("instagram_manage_comments",) if edge == "mentions" else ("instagram_basic",)
    if node.type == "IGMedia":
        return ("instagram_manage_comments",) if edge == "comments" or is_write else ("instagram_basic",)
    return ("instagram_manage_comments",) if node.type == "IGComment" else ()


def require(reader: Reader, node: Node, edge: str | None) -> None:
    """Raises GraphError 10 or 200 where the token's person did not grant it, lost it, or lacks the task."""
    token, account = reader.token, node.account
    if token.kind == "user" or account is None:
        return
    has_orders = bool(misbehaviour.standing(reader.world.store))
    if token.scopes is None and not has_orders and not account.facts.get("tasks"):
        return
    for scope in needed(reader, node, edge):
        require_scope(reader, account, scope)
        _require_task(reader, account, scope)


def require_scope(reader: Reader, account: Account | None, scope: str) -> None:
    """One permission: granted, not taken away, and used within 90 days."""
    world, token = reader.world, reader.token
    whose = account.external_id if account else None
    if misbehaviour.take(world, "lose_scope", whose, is_write=reader.call.is_write, scope=scope):
        raise graph_errors.permission_missing(scope)
    if token.scopes is None:
        return
    if scope not in token.scopes:
        raise graph_errors.may_not(scope) if reader.call.is_write else graph_errors.permission_missing(scope)
    last = max(token.issued_at, world.scope_used.get((token.token, scope), 0.0))
    if world.now() - last > DISUSE_SECONDS:
        raise graph_errors.permission_missing(scope)
    world.scope_used[(token.token, scope)] = world.now()


def _require_task(reader: Reader, account: Account, scope: str) -> None:
    page = account
    if account.platform == "instagram":
        linked = reader.world.store.account("facebook", str(account.facts.get("page_id") or ""))
        if linked is None or reader.call.host == "instagram":
            return
        page = linked
    tasks = page.facts.get("tasks")
    if tasks and scope in TASKS and not {*tasks} & {*TASKS[scope], *ALL_TASKS}:
        raise graph_errors.task_missing(TASKS[scope][0])
