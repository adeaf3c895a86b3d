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
