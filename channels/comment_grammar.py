"""One platform's words for posts, comments and replies, as `channels.comment_poll` speaks them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from channels.items import IncomingItem, PostContext
from channels.protocol import ConnectedAccount, Request
from channels.wire import Json


class AskPosts(Protocol):
    def __call__(self, account: ConnectedAccount, *, detail: int, after: str | None) -> Request: ...


class AskBelow(Protocol):
    def __call__(self, account: ConnectedAccount, object_id: str, *, detail: int, after: str | None) -> Request: ...


class ReadComment(Protocol):
    def __call__(
        self, raw: Json, account: ConnectedAccount, post: PostContext, parent_id: str | None
    ) -> IncomingItem: ...


#: `PostContext.media_kind` of one picture of an album.
PICTURE = "photo"


@dataclass(frozen=True)
class Pictures:
    """Words for the pictures of album posts, under each of which people comment by itself; see `channels.album_poll`.

    ``posts_request`` asks for posts and the ids of their pictures, ``of_post`` reads those, ``context`` is what a
    comment under one of them stands under.
    """

    posts_request: AskPosts
    pictures_request: AskPosts
    of_post: Callable[[Json], list[str]]
    context: Callable[[ConnectedAccount, str, Json], PostContext]


@dataclass(frozen=True)
class Grammar:
    """One platform's words for posts, comments and replies."""

    reply_edge: str
    posts_request: AskPosts
    comments_request: AskBelow
    replies_request: AskBelow
    read_post: Callable[[Json], PostContext | None]
    comment_count: Callable[[Json], int | None]
    read_comment: ReadComment
    #: For posts of others, which are items themselves; their comments stand beneath.
    read_root: Callable[[Json, ConnectedAccount], IncomingItem] | None = None
    #: Posts to pass over, because another stream reads them.
    is_elsewhere: Callable[[Json], bool] = lambda raw: False
    #: False where the comments below are not ours to read.
    lists_comments: bool = True
    pictures: Pictures | None = None
