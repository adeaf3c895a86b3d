"""Hiding, liking, deleting and blocking on both Meta platforms. Every such call may be repeated. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from channels import meta_graph
from channels.capabilities import DeedTarget
from channels.errors import ItemGone, OutcomeUnknown, Refused
from channels.items import Kind
from channels.meta_requests import call
from channels.protocol import Answer, ConnectedAccount, Deed, Request

#: What can be done to an item of a kind. Instagram has no likes by API, and nobody can take back messages by it.
FACEBOOK: Mapping[Kind, frozenset[Deed]] = {
    "comment": frozenset({"hide", "unhide", "like", "unlike", "delete", "block"}),
    "post": frozenset({"hide", "unhide", "like", "unlike", "delete", "block"}),
    "mention": frozenset({"like", "unlike"}),
    "message": frozenset({"block"}),
}
INSTAGRAM: Mapping[Kind, frozenset[Deed]] = {"comment": frozenset({"hide", "unhide", "delete"})}


def plan(account: ConnectedAccount, deed: Deed, item: DeedTarget) -> Request:
    """Raises `Refused` for what this platform does not offer for this kind of item."""
    facebook = account.platform == "facebook"
    if deed not in (FACEBOOK if facebook else INSTAGRAM).get(item.kind, frozenset()):
        raise Refused("unknown_deed", "The platform does not offer this here.")
    path = meta_graph.path(item.external_id)
    if deed in ("hide", "unhide"):
        name = "is_hidden" if facebook else "hide"
        return call(account, "POST", path, form={name: "true" if deed == "hide" else "false"})
    if deed in ("like", "unlike"):
        return call(account, "POST" if deed == "like" else "DELETE", meta_graph.path(item.external_id, "likes"))
    if deed == "delete":
        return call(account, "DELETE", path)
    if not item.author_external_id:
        raise Refused("no_person", "The platform hides who wrote this, so nobody can be blocked.")
    # A person who writes messages has an id for messages; one who comments has another.
    named = "psid" if item.kind == "message" else "user"
    return call(account, "POST", meta_graph.path(account.external_id, "blocked"), form={named: item.author_external_id})


def read(deed: Deed, answer: Answer) -> None:
    """Raises the platform's refusal, or `OutcomeUnknown`. What is gone already counts as deleted."""
    try:
        body = meta_graph.read(answer, write=True)
    except ItemGone:
        if deed == "delete":
            return
        raise
    # Blocking answers with a map of persons to true; what is false anywhere was not done.
    if not body or any(value is False or value == "false" for value in body.values()):
        raise OutcomeUnknown("the answer does not say that it was done", request_id=meta_graph.request_id_of(answer))
