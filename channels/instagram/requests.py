"""The calls for an Instagram professional account, under either login. Pure; fields by the reference of v26.0."""

from __future__ import annotations

from channels import meta_graph
from channels.meta_requests import call, get, one_object, paged, token_of
from channels.protocol import ConnectedAccount, Request

_REPLY_FIELDS = "id,text,timestamp,username,from,hidden,parent_id"
_COMMENT_FIELDS = f"id,text,timestamp,username,from,hidden,replies.limit(50){{{_REPLY_FIELDS}}}"
_LEAST = "id,text,timestamp,username"
_MEDIA_FIELDS = "id,caption,media_type,media_product_type,permalink,timestamp,username,comments_count"
_CONTEXT_FIELDS = "id,caption,permalink,media_product_type"
MENTIONED_FIELDS = "id,caption,timestamp,username,permalink,media_type,media_url,owner"
_MEDIA_FIELDS_LEAST = "id,caption,timestamp,comments_count"
#: By detail: media in a page, comments under each. 50 comments is the platform's most.
_SIZES = {0: (25, 50), 1: (10, 25), 2: (25, 50)}


def media(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    posts, comments = _SIZES[detail]
    if detail < 2:
        fields = f"{_MEDIA_FIELDS},comments.limit({comments}){{{_COMMENT_FIELDS}}}"
    else:
        fields = _MEDIA_FIELDS_LEAST
    return get(account, meta_graph.path(account.external_id, "media"), paged(fields, posts, after))


def tags(account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
    """Media in which others tagged the account; Facebook Login only."""
    fields = MENTIONED_FIELDS if detail < 2 else _MEDIA_FIELDS_LEAST
    return get(account, meta_graph.path(account.external_id, "tags"), paged(fields, _SIZES[detail][0], after))


def comments(account: ConnectedAccount, object_id: str, *, detail: int, after: str | None) -> Request:
    """Top-level comments, newest first, each with its replies."""
    fields = _COMMENT_FIELDS if detail < 2 else f"{_LEAST},replies{{{_LEAST}}}"
    return get(account, meta_graph.path(object_id, "comments"), paged(fields, _SIZES[detail][1], after))


def replies(account: ConnectedAccount, object_id: str, *, detail: int, after: str | None) -> Request:
    fields = _REPLY_FIELDS if detail < 2 else _LEAST
    return get(account, meta_graph.path(object_id, "replies"), paged(fields, 50, after))


def one_comment(account: ConnectedAccount, comment_id: str) -> Request:
    """Who owns its media is shown to the owner alone ("IG Media", fields)."""
    fields = f"{_REPLY_FIELDS},media{{{_CONTEXT_FIELDS},owner,username}}"
    return one_object(account, comment_id, fields, {"ask": "comment"})


def one_media(account: ConnectedAccount, media_id: str) -> Request:
    return one_object(account, media_id, _CONTEXT_FIELDS, {"ask": "media"})


def mentioned_comment(account: ConnectedAccount, comment_id: str) -> Request:
    """Somebody else's comment can be read through the account it names, and no other way."""
    fields = f"mentioned_comment.comment_id({comment_id}){{id,text,timestamp,username,media{{{_CONTEXT_FIELDS}}}}}"
    return one_object(account, account.external_id, fields, {"ask": "mention"})


def mentioned_media(account: ConnectedAccount, media_id: str) -> Request:
    fields = f"mentioned_media.media_id({media_id}){{{MENTIONED_FIELDS}}}"
    return one_object(account, account.external_id, fields, {"ask": "mention"})


def below_mentioned_media(account: ConnectedAccount, media_id: str) -> Request:
    """The newest comments under somebody else's media whose caption names us."""
    fields = f"mentioned_media.media_id({media_id}){{id,comments_count,comments.limit(50){{{_LEAST},from}}}}"
    return one_object(account, account.external_id, fields, {"ask": "mention"})


def reply(account: ConnectedAccount, comment_id: str, text: str) -> Request:
    return call(account, "POST", meta_graph.path(comment_id, "replies"), form={"message": text})


def answer_mention(account: ConnectedAccount, media_id: str, named_in: str, text: str) -> Request:
    """Under somebody else's media: to the comment that names us, or to the media whose caption does."""
    form = {"media_id": media_id, "message": text} | ({"comment_id": named_in} if named_in != media_id else {})
    return call(account, "POST", meta_graph.path(account.external_id, "mentions"), form=form)


def renewal(account: ConnectedAccount) -> Request:
    """Instagram-login tokens live 60 days; this one call takes the token in its address and has no version."""
    return Request(
        "instagram_graph",
        "GET",
        "/refresh_access_token",
        params={"grant_type": "ig_refresh_token"},
        token=token_of(account, in_query=True),
    )
