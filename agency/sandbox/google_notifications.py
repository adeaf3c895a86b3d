"""Google's notification settings, v1: one setting and one topic for each account, and the last to write wins."""

from __future__ import annotations

import re
from typing import Any

from agency.sandbox.google_accounts import visible
from agency.sandbox.google_errors import denied, invalid_argument, not_found
from agency.sandbox.google_grants import Access
from agency.sandbox.world import World

SETTINGS = "google notifications"
TYPES = (
    "GOOGLE_UPDATE",
    "NEW_REVIEW",
    "UPDATED_REVIEW",
    "NEW_CUSTOMER_MEDIA",
    "NEW_QUESTION",
    "UPDATED_QUESTION",
    "NEW_ANSWER",
    "UPDATED_ANSWER",
    "DUPLICATE_LOCATION",
    "LOSS_OF_VOICE_OF_MERCHANT",
    "VOICE_OF_MERCHANT_UPDATED",
)
TOPIC = re.compile(r"projects/[^/]+/topics/[^/]+\Z")
PATH = re.compile(r"^(accounts/[^/:]+)/notificationSetting$")
# The document says the only editable field is `notification_setting`, the guide names the fields: both are taken.
MASKS = {
    "pubsubTopic": ("pubsubTopic",),
    "pubsub_topic": ("pubsubTopic",),
    "notificationTypes": ("notificationTypes",),
    "notification_types": ("notificationTypes",),
    "notificationSetting": ("pubsubTopic", "notificationTypes"),
    "notification_setting": ("pubsubTopic", "notificationTypes"),
}


def setting_of(world: World, name: str) -> dict[str, Any]:
    """`pubsubTopic` and `notificationTypes` of an account, each only where set."""
    with world.store.transaction():
        known: dict[str, Any] = world.store.setting(SETTINGS, {}).get(name, {})
    return known


def everything(world: World) -> dict[str, Any]:
    known: dict[str, Any] = world.store.setting(SETTINGS, {})
    return known


def overwrite(world: World, name: str, setting: dict[str, Any]) -> dict[str, Any]:
    """Another tool sets the account's one setting. Raises GoogleError for what Google refuses."""
    given = {field: setting[field] for field in ("pubsubTopic", "notificationTypes") if setting.get(field)}
    topic, types = given.get("pubsubTopic"), given.get("notificationTypes", [])
    if topic is not None and (not isinstance(topic, str) or not TOPIC.match(topic)):
        raise invalid_argument("notification_setting.pubsub_topic", "Invalid topic name")
    if not isinstance(types, list) or (unknown := [one for one in types if one not in TYPES]):
        value = unknown[0] if isinstance(types, list) else types
        raise invalid_argument("notification_setting.notification_types", f"Invalid value: {value}")
    with world.store.transaction():
        world.store.set_setting(SETTINGS, {**everything(world), name: given})
    return given


def answer(world: World, access: Access, method: str, params: dict[str, str], path: str, body: Any) -> dict[str, Any]:
    """`v1/accounts/{a}/notificationSetting`; raises GoogleError."""
    found = PATH.match(path)
    if found is None or method not in ("GET", "PATCH"):
        raise not_found()
    name = found.group(1)
    if name not in visible(world, access):
        raise denied()
    if method == "PATCH":
        wanted = _wanted(params.get("updateMask"))
        if not isinstance(body, dict):
            raise invalid_argument("notification_setting", "Field is required")
        kept = {field: value for field, value in setting_of(world, name).items() if field not in wanted}
        overwrite(world, name, {**kept, **{field: body.get(field) for field in wanted}})
    return {"name": path, **setting_of(world, name)}


def _wanted(mask: str | None) -> set[str]:
    if not mask:
        raise invalid_argument("update_mask", "Field is required")
    paths = [path.strip() for path in mask.split(",")]
    if any(path not in MASKS for path in paths):
        raise invalid_argument("update_mask", "Invalid field mask provided")
    return {field for path in paths for field in MASKS[path]}
