"""Publishing, finding and checking comments, as far as both Meta platforms do it alike. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from channels import meta_graph
from channels.errors import ChannelError, ItemGone, OutcomeUnknown, Refused
from channels.items import IncomingItem, Presence, PublishedReply, ReadBack, SetAside, comment_key, same_comment
from channels.matching import may_be_ours, may_have_become, same_text
from channels.meta_requests import one_object
from channels.protocol import Answer, ConnectedAccount, Exchange, ReplyTarget, Request
from channels.wire import Json, mapping, rows, set_aside, whole_number

#: Pages of a thread read to find our reply: 6,000 replies. Beyond, a person looks.
THREAD_PAGES = 60


def read_published(target: ReplyTarget, answer: Answer) -> PublishedReply:
    """The new comment's id, spelled like its target's.

    Raises as `meta_graph.read`; `OutcomeUnknown` if nothing new came.
    """
    created = meta_graph.created_id(answer)
    request_id = meta_graph.request_id_of(answer)
    if same_comment(created, target.external_id) or same_comment(created, target.thread_external_id):
        raise OutcomeUnknown("the platform names the comment we answered, not a new one", request_id=request_id)
    prefix, separator, _ = target.external_id.rpartition("_")
    if not separator:
        created = comment_key(created)
    elif "_" not in created:
        created = f"{prefix}_{created}"
    return PublishedReply(created, request_id, "published")


def read_find(
    target: ReplyTarget,
    text: str,
    exchanges: Sequence[Exchange],
    sent_at: datetime,
    read_reply: Callable[[Json], IncomingItem | SetAside],
) -> ReadBack:
    """See `ChannelAdapter.read_find_our_reply`. ``read_reply`` reads one listed reply.

    "absent" needs proof: the thread itself reads, every page was read, no entry was unreadable or unsigned with our
    text, and the platform does not count more replies than it listed.
    """
    ends = _last_pages(exchanges)
    if more := _further_pages(exchanges, ends):
        return ReadBack("cannot_tell", more=more)
    found: dict[str, str] = {}
    alike: list[str] = []
    doubt: str | None = None
    listed = 0
    counted = 0
    proof = False
    for exchange in exchanges:
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            body = meta_graph.read(exchange.result)
        except ItemGone:
            doubt = "thread_gone"
            continue
        except ChannelError as error:
            doubt = error.code
            continue
        if exchange.request.purpose.get("ask") == "thread":
            proof = body.get("id") is not None
            counted = whole_number(body.get("comment_count")) or 0
            continue
        if not isinstance(body.get("data"), list):
            doubt = doubt or "unreadable_list"
        for raw in rows(body):
            listed += 1
            reply = mapping(raw)
            item = read_reply(reply) if reply is not None else set_aside(raw, "not an object")
            if isinstance(item, SetAside):
                doubt = doubt or "unreadable_reply"
            elif may_be_ours(item.text, item.created_at, text, sent_at):
                if item.from_us:
                    found[comment_key(item.external_id)] = item.external_id
                elif item.author is None or item.author.external_id is None:
                    doubt = doubt or "unsigned_reply"
            elif item.from_us and may_have_become(item.text, item.created_at, text, sent_at):
                alike.append(item.external_id)
        if exchange in ends and meta_graph.next_after(body) is not None:
            doubt = doubt or ("thread_too_long" if _page_of(exchange) >= THREAD_PAGES else "list_in_a_circle")
    if doubt is None and not proof:
        doubt = "thread_unread"
    if doubt is None and counted > listed:
        doubt = "more_counted_than_listed"
    if found:
        return ReadBack("found", tuple(found.values()), reason=doubt, alike=tuple(alike))
    return ReadBack("cannot_tell", reason=doubt) if doubt else ReadBack("absent", alike=tuple(alike))


def _last_pages(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Of each list the page that was read last."""
    return list({e.request.path: e for e in exchanges if e.request.purpose.get("ask") != "thread"}.values())


def _further_pages(exchanges: Sequence[Exchange], ends: Sequence[Exchange]) -> tuple[Request, ...]:
    """The pages after these. Those before were followed: none is opened again for each further one."""
    asked = {(e.request.path, e.request.params.get("after")) for e in exchanges}
    further = []
    for exchange in ends:
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            after = meta_graph.next_after(meta_graph.read(exchange.result))
        except ChannelError:
            continue
        page = _page_of(exchange)
        if after is None or (exchange.request.path, after) in asked or page >= THREAD_PAGES:
            continue
        purpose = {**exchange.request.purpose, "page": str(page + 1)}
        params = {**exchange.request.params, "after": after}
        further.append(replace(exchange.request, params=params, purpose=purpose))
    return tuple(further)


def _page_of(exchange: Exchange) -> int:
    return int(exchange.request.purpose.get("page", "1"))


def read_done(target: ReplyTarget, answer: Answer) -> PublishedReply:
    """An answer to a change or withdrawal of our own comment.

    Raises as `meta_graph.read`; `OutcomeUnknown` for whatever says neither yes nor no, also where there is nothing to
    take back any more: only looking tells.
    """
    request_id = meta_graph.request_id_of(answer)
    try:
        body = meta_graph.read(answer, write=True)
    except ItemGone as error:
        if target.deed != "withdraw_reply":
            raise
        raise OutcomeUnknown("there was nothing to take back", request_id=request_id) from error
    if body.get("success") not in (True, "true") and body.get("id") is None:
        raise OutcomeUnknown("the answer says neither yes nor no", request_id=request_id)
    return PublishedReply(our_comment(target), request_id, "published")


def our_comment(target: ReplyTarget) -> str:
    """Raises `Refused` where nothing of ours is named."""
    if not target.our_external_id:
        raise Refused("no_reply", "There is no published answer to change.")
    return target.our_external_id


def plan_find_done(account: ConnectedAccount, target: ReplyTarget, fields: str) -> list[Request]:
    """Reads our own comment, and an object that must be there."""
    return [
        one_object(account, account.external_id, "id", {"ask": "sibling"}),
        one_object(account, our_comment(target), fields, {"ask": "own"}),
    ]


def read_find_done(target: ReplyTarget, text: str, exchanges: Sequence[Exchange], text_field: str) -> ReadBack:
    """Whether our comment says ``text`` (a change) or is gone (a withdrawal).

    "absent": it surely is as it was before, so the deed may be done again.
    """
    own, sibling_reads = None, False
    for exchange in exchanges:
        is_own = exchange.request.purpose.get("ask") == "own"
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            body = meta_graph.read(exchange.result)
        except ItemGone:
            if is_own:
                own = "gone"
            continue
        except ChannelError as error:
            return ReadBack("cannot_tell", reason=error.code)
        if not is_own:
            sibling_reads = body.get("id") is not None
        elif isinstance(body.get(text_field), str):
            own = "changed" if same_text(body[text_field], text) else "there"
            before = target.our_text is None or same_text(body[text_field], target.our_text)
            if own == "there" and target.deed == "edit_reply" and not before:
                return ReadBack("cannot_tell", reason="other_reply")
    found = ReadBack("found", (our_comment(target),))
    if target.deed == "withdraw_reply":
        if own == "gone" and sibling_reads:
            return found
        return ReadBack("absent") if own in ("there", "changed") else ReadBack("cannot_tell", reason="thread_unread")
    if own == "changed":
        return found
    return ReadBack("absent") if own == "there" else ReadBack("cannot_tell", reason="reply_gone")


def read_presence(exchanges: Sequence[Exchange]) -> list[Presence]:
    """ "gone" only for a clear denial while the sibling, an object that must be there, reads well in the same round."""
    sibling_reads = False
    verdicts: list[tuple[str, str]] = []
    for exchange in exchanges:
        purpose = exchange.request.purpose
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            state = "there" if meta_graph.read(exchange.result).get("id") is not None else "unknown"
        except ItemGone:
            state = "gone"
        except ChannelError:
            state = "unknown"
        if purpose.get("ask") == "sibling":
            sibling_reads = state == "there"
        else:
            verdicts.append((purpose.get("item", ""), state))
    presences = []
    for item_id, state in verdicts:
        if state == "there":
            presences.append(Presence(item_id, "there"))
        elif state == "gone" and sibling_reads:
            presences.append(Presence(item_id, "gone"))
        else:
            presences.append(Presence(item_id, "unknown"))
    return presences
