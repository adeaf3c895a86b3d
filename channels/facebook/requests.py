"""The calls for a Facebook Page. Pure; fields and edges by the Graph API reference of v26.0."""

from __future__ import annotations

from channels import meta_graph
from channels.meta_requests import call, get, paged
from channels.protocol import ConnectedAccount, Request

COMMENT_FIELDS = "id,message,from{id,name},parent{id},created_time,attachment,permalink_url,is_hidden,comment_count"
COMMENT_FIELDS_LEAST = "id,message,from,parent,created_time"
_POST_FIELDS = "id,message,story,created_time,permalink_url,status_type"
VISITOR_POST_FIELDS = f"{_POST_FIELDS},from{{id,name}},is_hidden,attachments{{media_type,type,url,title,media}}"
_POST_FIELDS_LEAST = "id,message,created_time"
_VISITOR_FIELDS_LEAST = f"{_POST_FIELDS_LEAST},from"
#: By detail: posts in a page, comments under each.
_SIZES = {0: (25, 50), 1: (10, 25), 2: (25, 50)}


def _posts(
    account: ConnectedAccount, edge: str, own_fields: str, detail: int, after: str | None, more: dict[str, str]
) -> Request:
    """A page of posts, each with its newest comments."""
    posts, comments = _SIZES[detail]
    if detail < 2:
        below = f"comments.filter(stream).order(reverse_chronological).limit({comments}).summary(true)"
        fields = f"{own_fields},{below}{{{COMMENT_FIELDS}}}"
    else:
        fields = _POST_FIELDS_LEAST if own_fields == _POST_FIELDS else _VISITOR_FIELDS_LEAST
    return get(account, meta_graph.path(account.external_id, edge), more | paged(fields, posts, after))


def published_posts(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    return _posts(account, "published_posts", _POST_FIELDS, detail, after, {})


def ads_posts(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    """Posts made for ads, which no other list of posts shows."""
    return _posts(
        account, "ads_posts", f"{_POST_FIELDS},is_published", detail, after, {"include_inline_create": "true"}
    )


def visitor_posts(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    return _posts(account, "visitor_posts", VISITOR_POST_FIELDS, detail, after, {})


def tagged(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    """Posts that name the Page. The comments below stand on other people's pages and are not asked for."""
    fields = VISITOR_POST_FIELDS if detail < 2 else _VISITOR_FIELDS_LEAST
    return get(account, meta_graph.path(account.external_id, "tagged"), paged(fields, _SIZES[detail][0], after))


def comments(account: ConnectedAccount, object_id: str, *, detail: int, after: str | None) -> Request:
    """Comments of every level below a post, or the replies to a comment; newest first."""
    fields = COMMENT_FIELDS if detail < 2 else COMMENT_FIELDS_LEAST
    order = {"filter": "stream", "order": "reverse_chronological"}
    return get(account, meta_graph.path(object_id, "comments"), order | paged(fields, _SIZES[detail][1], after))


def reply(account: ConnectedAccount, comment_id: str, text: str) -> Request:
    """Always the ``comments`` edge: posting to the comment itself would edit it."""
    return call(account, "POST", meta_graph.path(comment_id, "comments"), form={"message": text})
