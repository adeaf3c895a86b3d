"""The calls for a Facebook Page. Pure; fields and edges by the Graph API reference of v26.0."""

from __future__ import annotations

from collections.abc import Mapping

from channels import meta_graph
from channels.protocol import ConnectedAccount, Request, TokenReference

_COMMENT_FIELDS = "id,message,from{id,name},parent{id},created_time,attachment,permalink_url,is_hidden,comment_count"
_COMMENT_FIELDS_LEAST = "id,message,from,parent,created_time"
_POST_FIELDS = "id,message,story,created_time,permalink_url,status_type"
_POST_FIELDS_LEAST = "id,message,created_time"
#: By detail: posts in a page, comments under each.
_SIZES = {0: (25, 50), 1: (10, 25), 2: (25, 50)}


def _get(
    account: ConnectedAccount, path: str, params: Mapping[str, str], purpose: Mapping[str, str] | None = None
) -> Request:
    return Request(
        "meta_graph",
        "GET",
        path,
        params=params,
        token=TokenReference("page", account.credential),
        purpose=purpose or {},
    )


def published_posts(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    posts, comments = _SIZES[detail]
    if detail < 2:
        edge = f"comments.filter(stream).order(reverse_chronological).limit({comments}).summary(true)"
        fields = f"{_POST_FIELDS},{edge}{{{_COMMENT_FIELDS}}}"
    else:
        fields = _POST_FIELDS_LEAST
    params = {"fields": fields, "limit": str(posts)} | ({"after": after} if after else {})
    return _get(account, meta_graph.path(account.external_id, "published_posts"), params)


def comments(account: ConnectedAccount, object_id: str, *, detail: int, after: str | None) -> Request:
    """Comments of every level below a post, or the replies to a comment; newest first."""
    params = {
        "fields": _COMMENT_FIELDS if detail < 2 else _COMMENT_FIELDS_LEAST,
        "filter": "stream",
        "order": "reverse_chronological",
        "limit": str(_SIZES[detail][1]),
    } | ({"after": after} if after else {})
    return _get(account, meta_graph.path(object_id, "comments"), params)


def one_object(account: ConnectedAccount, object_id: str, fields: str, purpose: Mapping[str, str]) -> Request:
    return _get(account, meta_graph.path(object_id), {"fields": fields}, purpose)


def reply(account: ConnectedAccount, comment_id: str, text: str) -> Request:
    """Always the ``comments`` edge: posting to the comment itself would edit it."""
    return Request(
        "meta_graph",
        "POST",
        meta_graph.path(comment_id, "comments"),
        form={"message": text},
        token=TokenReference("page", account.credential),
    )
