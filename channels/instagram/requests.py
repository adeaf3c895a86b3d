"""The calls for an Instagram professional account, under either login. Pure; fields by the reference of v26.0."""

from __future__ import annotations

from collections.abc import Mapping

from channels import meta_graph
from channels.protocol import ConnectedAccount, Request, Service, TokenReference

_REPLY_FIELDS = "id,text,timestamp,username,from,hidden,parent_id"
_COMMENT_FIELDS = f"id,text,timestamp,username,from,hidden,replies.limit(50){{{_REPLY_FIELDS}}}"
_LEAST = "id,text,timestamp,username"
_MEDIA_FIELDS = "id,caption,media_type,media_product_type,permalink,timestamp,username,comments_count"
_MEDIA_FIELDS_LEAST = "id,caption,timestamp,comments_count"
#: By detail: media in a page, comments under each. 50 comments is the platform's most.
_SIZES = {0: (25, 50), 1: (10, 25), 2: (25, 50)}


def service_of(account: ConnectedAccount) -> Service:
    """The two logins are two products on two hosts; a token works on its own only."""
    return "instagram_graph" if account.login == "instagram" else "meta_graph"


def token_of(account: ConnectedAccount, *, in_query: bool = False) -> TokenReference:
    return TokenReference("instagram_user" if account.login == "instagram" else "page", account.credential, in_query)


def _get(
    account: ConnectedAccount, path: str, params: Mapping[str, str], purpose: Mapping[str, str] | None = None
) -> Request:
    return Request(service_of(account), "GET", path, params=params, token=token_of(account), purpose=purpose or {})


def media(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    posts, comments = _SIZES[detail]
    if detail < 2:
        fields = f"{_MEDIA_FIELDS},comments.limit({comments}){{{_COMMENT_FIELDS}}}"
    else:
        fields = _MEDIA_FIELDS_LEAST
    params = {"fields": fields, "limit": str(posts)} | ({"after": after} if after else {})
    return _get(account, meta_graph.path(account.external_id, "media"), params)


def comments(account: ConnectedAccount, media_id: str, *, detail: int, after: str | None) -> Request:
    """Top-level comments, newest first, each with its replies."""
    fields = _COMMENT_FIELDS if detail < 2 else f"{_LEAST},replies{{{_LEAST}}}"
    params = {"fields": fields, "limit": str(_SIZES[detail][1])} | ({"after": after} if after else {})
    return _get(account, meta_graph.path(media_id, "comments"), params)


def replies(account: ConnectedAccount, comment_id: str, *, detail: int, after: str | None) -> Request:
    params = {"fields": _REPLY_FIELDS if detail < 2 else _LEAST, "limit": "50"} | ({"after": after} if after else {})
    return _get(account, meta_graph.path(comment_id, "replies"), params)


def one_object(account: ConnectedAccount, object_id: str, purpose: Mapping[str, str]) -> Request:
    return _get(account, meta_graph.path(object_id), {"fields": "id"}, purpose)


def reply(account: ConnectedAccount, comment_id: str, text: str) -> Request:
    return Request(
        service_of(account),
        "POST",
        meta_graph.path(comment_id, "replies"),
        form={"message": text},
        token=token_of(account),
    )


def refresh(account: ConnectedAccount) -> Request:
    """Instagram-login tokens live 60 days; this one call takes the token in its address and has no version."""
    return Request(
        "instagram_graph",
        "GET",
        "/refresh_access_token",
        params={"grant_type": "ig_refresh_token"},
        token=token_of(account, in_query=True),
    )
