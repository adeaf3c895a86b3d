"""The calls for a Facebook Page. Pure; fields and edges by the Graph API reference of v26.0."""

from __future__ import annotations

from channels import meta_graph
from channels.meta_requests import call, get, paged
from channels.protocol import ConnectedAccount, Request

COMMENT_FIELDS = "id,message,from{id,name},parent{id},created_time,attachment,permalink_url,is_hidden,comment_count"
COMMENT_FIELDS_LEAST = "id,message,from,parent,created_time"
_POST_FIELDS = "id,message,story,created_time,permalink_url,status_type"
VISITOR_POST_FIELDS = (
    f"{_POST_FIELDS},from{{id,name}},is_hidden,attachments{{media_type,type,url,title,media,subattachments}}"
)
_POST_FIELDS_LEAST = "id,message,created_time"
_VISITOR_FIELDS_LEAST = f"{_POST_FIELDS_LEAST},from"
_REEL_FIELDS = "id,description,created_time,permalink_url"
_REEL_FIELDS_LEAST = "id,description,created_time"
#: By detail: posts in a page, comments under each.
_SIZES = {0: (25, 50), 1: (10, 25), 2: (25, 50)}


def _posts(
    account: ConnectedAccount, edge: str, fields: str, least: str, detail: int, after: str | None, **more: str
) -> Request:
    """A page of posts, each with its newest comments."""
    posts, comments = _SIZES[detail]
    if detail < 2:
        below = f"comments.filter(stream).order(reverse_chronological).limit({comments}).summary(true)"
        fields = f"{fields},{below}{{{COMMENT_FIELDS}}}"
    else:
        fields = least
    return get(account, meta_graph.path(account.external_id, edge), more | paged(fields, posts, after))


_ALBUMS = "attachments{subattachments{type,target{id}}}"
_PICTURE_FIELDS = "id,name,link,created_time"
_PICTURE_FIELDS_LEAST = "id,created_time"


def published_posts(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    return _posts(account, "published_posts", _POST_FIELDS, _POST_FIELDS_LEAST, detail, after)


def posts_with_pictures(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    """The same, with what their albums hold: asked for in the full question only."""
    fields = f"{_POST_FIELDS},{_ALBUMS}" if detail == 0 else _POST_FIELDS
    return _posts(account, "published_posts", fields, _POST_FIELDS_LEAST, detail, after)


def pictures(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    """What the Page itself uploaded, newest first, in albums or not."""
    return _posts(account, "photos", _PICTURE_FIELDS, _PICTURE_FIELDS_LEAST, detail, after, type="uploaded")


def video_reels(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    """Short films, which the list of posts shows now and then. ``post_id`` is asked for in the full question only: the
    reference does not list the field for every version.
    """
    fields = f"{_REEL_FIELDS},post_id,from{{id}}" if detail == 0 else _REEL_FIELDS
    return _posts(account, "video_reels", fields, _REEL_FIELDS_LEAST, detail, after)


def ads_posts(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    """Posts made for ads, which no other list of posts shows."""
    fields = f"{_POST_FIELDS},is_published"
    return _posts(account, "ads_posts", fields, _POST_FIELDS_LEAST, detail, after, include_inline_create="true")


def visitor_posts(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    return _posts(account, "visitor_posts", VISITOR_POST_FIELDS, _VISITOR_FIELDS_LEAST, detail, after)


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
