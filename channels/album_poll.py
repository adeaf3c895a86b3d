"""Comments under single pictures of album posts, which no list of posts holds. Pure.

They are looked at in sweeps alone: the posts of a sweep name the pictures of their albums, and where there are none
nothing more is asked. Else one call lists the account's newest pictures, in albums or not, each with its newest
comments; so a sweep costs pages of pictures, not pictures, and the pause to the next one grows with those pages as with
pages of posts (`channels.poll_memory`). What that list does not show is asked for by itself, the newest few. A picture
alone in its post is passed over: its comments are the post's. History asks for each picture by itself, once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from channels import meta_graph
from channels.errors import ChannelError, ItemGone, Refused, TokenRevoked
from channels.health import OPERATOR_WORDS
from channels.protocol import Exchange
from channels.wire import Json, identifier, mapping, rows

if TYPE_CHECKING:
    from channels.comment_poll import Round

#: Pages of pictures in one sweep, pictures it looks for, and those asked for by themselves: 1 call each.
PICTURE_PAGES = 6
PICTURES_KEPT = 150
PICTURES_ALONE = 5


def note(work: Round, raw_post: Json) -> None:
    """Remembers the pictures of a post for the end of the sweep, the newest first."""
    words, run = work.grammar.pictures, work.run
    if words is None or not (run.sweep or run.deep):
        return
    found = words.of_post(raw_post)
    if run.sweep:
        fresh = [one for one in found if one not in run.pictures]
        run.pictures += fresh[: PICTURES_KEPT - len(run.pictures)]
    else:
        for one in found:
            _ask_for(work, one)


def ask(work: Round) -> None:
    """The first page of pictures, when the posts are read and there is one to look for."""
    if work.grammar.pictures is not None and work.run.pictures:
        _ask_page(work, detail=0, page=1, after=None)


def read(work: Round, exchange: Exchange) -> None:
    asked, result, run = exchange.request.purpose, exchange.result, work.run
    page, detail = int(asked["page"]), int(asked["detail"])
    words = work.grammar.pictures
    assert words is not None
    try:
        if isinstance(result, ChannelError):
            raise result
        body = meta_graph.read(result)
    except ChannelError as error:
        too_much = not isinstance(result, ChannelError) and meta_graph.wants_less(result.body)
        if too_much and detail == 0:
            _ask_page(work, detail=1, page=page, after=exchange.request.params.get("after"))
        elif too_much or passes_over(error):
            _ask_for_the_rest(work)
        else:
            run.pictures.clear()
            work.fail(error)
        return
    run.pages += 1
    for raw in rows(body):
        picture = mapping(raw) or {}
        picture_id = identifier(picture.get("id"))
        if picture_id is None or picture_id not in run.pictures:
            continue
        run.pictures.remove(picture_id)
        edge = mapping(picture.get("comments"))
        if edge is not None:
            post = words.context(work.account, picture_id, picture)
            total = work.grammar.comment_count(picture)
            work.read_edge(post, edge, since=_since(work), depth=1, total=total, before=None, calm=False)
    after = meta_graph.next_after(body)
    if run.pictures and after is not None and page < PICTURE_PAGES:
        _ask_page(work, detail=detail, page=page + 1, after=after)
    elif after is None:
        _ask_for_the_rest(work)
    else:
        run.pictures.clear()


def passes_over(error: ChannelError) -> bool:
    """A refusal of pictures alone. What their lists hide is asked after by its id (`ChannelAdapter.plan_presence`)."""
    if isinstance(error, Refused):
        return error.platform_code not in OPERATOR_WORDS
    return isinstance(error, ItemGone) or (isinstance(error, TokenRevoked) and error.reason == "permission_missing")


def _ask_page(work: Round, *, detail: int, page: int, after: str | None) -> None:
    assert work.grammar.pictures is not None
    request = work.grammar.pictures.pictures_request(work.account, detail=detail, after=after)
    work.more.append(replace(request, purpose={"ask": "pictures", "detail": str(detail), "page": str(page)}))


def _ask_for_the_rest(work: Round) -> None:
    run = work.run
    for one in run.pictures[:PICTURES_ALONE]:
        _ask_for(work, one)
        run.pages += 1
    run.pictures.clear()


def _ask_for(work: Round, picture_id: str) -> None:
    assert work.grammar.pictures is not None
    post = work.grammar.pictures.context(work.account, picture_id, {})
    work.ask_comments(post, after=None, since=_since(work), depth=1)


def _since(work: Round) -> datetime | None:
    return None if work.run.deep else work.memory.since(head=False)
