"""Graph nodes: what an id stands for, and who may look at it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from agency.sandbox import graph_errors, misbehaviour
from agency.sandbox.store import Account, Item
from agency.sandbox.tokens import Token
from agency.sandbox.world import World

MAX_LOOKED_AT = 100

NODE_TYPES = {
    ("facebook", "post"): "Post",
    ("facebook", "comment"): "Comment",
    ("facebook", "photo"): "Photo",
    ("instagram", "post"): "IGMedia",
    ("instagram", "comment"): "IGComment",
    ("facebook", "thread"): "UnifiedThread",
    ("instagram", "thread"): "UnifiedThread",
    ("facebook", "message"): "Message",
    ("instagram", "message"): "Message",
}


@dataclass(frozen=True)
class Call:
    """One Graph call, whether it came alone or in a batch. `host` is facebook or instagram, `path` has no version."""

    host: str
    method: str
    version: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    base_url: str
    request_id: str
    in_batch: bool = False

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


@dataclass(frozen=True)
class Node:
    """`type` is the Graph's own word. Items carry `item`; Pages and Instagram profiles only `account`."""

    type: str
    id: str
    account: Account | None = None
    item: Item | None = None


@dataclass
class Reader:
    """Looks at the world with one token on behalf of one call."""

    world: World
    call: Call
    token: Token
    authors_hidden: dict[int, bool] = field(default_factory=dict)

    def resolve(self, object_id: str) -> Node:
        """What the id stands for; GraphError 100/33 if it is gone or not for this token."""
        if object_id == "me":
            return self._me()
        if self.token.kind == "user" and object_id == self.token.holder:
            return Node("User", object_id)
        store = self.world.store
        platforms = ("facebook", "instagram") if self.call.host == "facebook" else ("instagram",)
        for platform in platforms:
            account = store.account(platform, object_id)
            if account is not None:
                return self._allowed(Node("Page" if platform == "facebook" else "IGUser", object_id, account))
        for platform in platforms:
            item = store.item(platform, object_id)
            if item is not None and item.account_id in self.token.accounts:
                return self._item_node(item)
        film = self._film(object_id) if self.call.host == "facebook" and self.token.kind != "user" else None
        if film is not None and film.deleted_at is None and film.visible_at <= self.world.now():
            return self._allowed(self.node_of(film, as_film=True))
        return self._other(object_id)

    def _item_node(self, item: Item) -> Node:
        """An item of an account this token opens: unless it is gone, hidden from us, or reached another way only."""
        if item.deleted_at is not None and item.kind == "message":
            raise graph_errors.message_is_deleted()
        is_foreign_media = item.platform == "instagram" and self._is_foreign(item)
        gone = item.deleted_at is not None or item.visible_at > self.world.now()
        if gone or item.facts.get("private") or (is_foreign_media and not item.by_account):
            raise graph_errors.missing_object(item.external_id, self.verb)
        return self._allowed(self.node_of(item))

    def _is_foreign(self, item: Item) -> bool:
        post = (
            item if item.kind == "post" else self.world.store.item(item.platform, item.post_id or "", item.account_id)
        )
        return post is not None and post.facts.get("place") == "foreign"

    def _other(self, object_id: str) -> Node:
        """A Business Portfolio, or a person who writes messages."""
        from agency.sandbox.graph_people import is_business

        if is_business(self, object_id):
            return Node("Business", object_id)
        if self.token.kind != "user" and len(self.token.accounts) < MAX_LOOKED_AT:
            for account_id in self.token.accounts:
                thread = self.world.store.find_items(
                    "account_id = ? AND post_id = ? AND kind = 'thread'", (account_id, object_id)
                )
                if thread:
                    return Node("Person", object_id, self.world.store.account_by_id(account_id), thread[0])
        raise graph_errors.missing_object(object_id, self.verb)

    def _film(self, object_id: str) -> Item | None:
        """The post of a reel that is asked for by the film's own id."""
        if not object_id.isdecimal() or len(self.token.accounts) >= MAX_LOOKED_AT:
            return None
        for account_id in self.token.accounts:
            account = self.world.store.account_by_id(account_id)
            if account is not None and account.platform == "facebook":
                post = self.world.store.item("facebook", f"{account.external_id}_{object_id[1:]}", account_id)
                if post is not None and post.kind == "post" and film_id(post) == object_id:
                    return post
        return None

    def node_of(self, item: Item, *, as_film: bool = False) -> Node:
        account = self.world.store.account_by_id(item.account_id)
        if as_film:
            return Node("Video", film_id(item) or item.external_id, account, item)
        return Node(NODE_TYPES[(item.platform, item.kind)], item.external_id, account, item)

    @property
    def verb(self) -> str:
        return self.call.method.lower()

    def _me(self) -> Node:
        if self.token.kind == "user":
            return Node("User", self.token.holder)
        stores = self.world.store
        account = stores.account("facebook", self.token.holder) or stores.account("instagram", self.token.holder)
        if account is None:
            raise graph_errors.missing_object("me", self.verb)
        return Node("Page" if account.platform == "facebook" else "IGUser", account.external_id, account)

    def _allowed(self, node: Node) -> Node:
        if node.account is None or node.account.id not in self.token.accounts:
            raise graph_errors.missing_object(node.id, self.verb)
        return node

    def hides_authors(self, account: Account) -> bool:
        """Below Advanced Access, or so ordered: comments come without `from`."""
        if account.id not in self.authors_hidden:
            order = misbehaviour.take(self.world, "hide_authors", account.external_id)
            self.authors_hidden[account.id] = order is not None or bool(account.facts.get("hide_authors"))
        return self.authors_hidden[account.id]

    def count_comments(self, item: Item) -> int:
        """Readable comments below a post, or answers below a comment."""
        column = "parent_id" if item.kind == "comment" else "post_id"
        with self.world.store.reading() as db:
            row = db.execute(
                f"SELECT count(*) FROM items WHERE account_id = ? AND {column} = ?"
                " AND kind = 'comment' AND deleted_at IS NULL AND visible_at <= ?",
                (item.account_id, item.external_id, self.world.now()),
            ).fetchone()
        return int(row[0])


def film_id(post: Item) -> str | None:
    """A reel's film has an id of its own, beside that of the post it stands in."""
    if post.facts.get("media_product_type") != "REELS":
        return None
    return f"8{post.external_id.rsplit('_', 1)[-1]}"


def app_scoped_id(account: Account) -> str:
    """The `id` that Instagram Login gives for `me`: it is not the account's id."""
    return str(10**16 + int.from_bytes(hashlib.sha256(account.external_id.encode()).digest()[:6]))
