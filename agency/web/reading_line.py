"""The line under a customer's newest words: how they were read, by which words, and the way to correct it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from flask_babel import gettext as _

from agency.inbox.conversation_view import ConversationView, MessageView
from agency.inbox.topic_names import TopicName
from agency.inbox.understanding.reading import UNKNOWN, read
from agency.inbox.understanding.stored import ASPECTS, Stored, corrections_of, judgement_of, own_topics, to_stored
from agency.web.contexts import MessageLook
from agency.web.contexts_reading import ReadingLook, TextPiece, TopicLook
from agency.web.inbox_address import Address
from agency.web.reading_words import said, sureness, topic_words
from tenants.permissions import Actor, Permission


def with_reading(
    looks: tuple[MessageLook, ...], view: ConversationView, actor: Actor, address: Address
) -> tuple[MessageLook, ...]:
    """The thread, its customer's newest words with how they were read."""
    m = newest_of_customer(view)
    if m is None:
        return looks
    line = reading_look(m, actor, view.id, address, view.topics)
    pieces = pieces_of(m.text, (*named_words(kept_of(m)), *topic_words_of(kept_of(m), view.topics)))
    return tuple(replace(look, reading=line, pieces=pieces) if look.id == str(m.id) else look for look in looks)


def newest_of_customer(view: ConversationView) -> MessageView | None:
    """The newest message of the customer that still stands and has words."""
    theirs = [m for m in view.messages if m.direction == "in" and m.deleted_at is None and m.text.strip()]
    return theirs[-1] if theirs else None


def reading_look(
    m: MessageView, actor: Actor, conversation_id: UUID, address: Address, topics: Iterable[TopicName] = ()
) -> ReadingLook:
    """The line under a text. `topics` are those of its brand."""
    kept = kept_of(m)
    act, words = judgement_of(kept, "act"), named_words(kept)
    known = tuple(topics)
    own = own_looks(kept, known)
    said_by_own = {str(one.id) for one in known} & {one.label for one in own_topics(kept)}
    shown_already = {one.builds_on for one in known if str(one.id) in said_by_own}
    about = [
        topic_words().get(label, label) for label, _sure, _words in kept.get("topics", ()) if label not in shown_already
    ][:2]
    moods = [
        said(aspect, judgement_of(kept, aspect).label)
        for aspect in ("anger", "urgency", "toxicity")
        if judgement_of(kept, aspect).label in ("angry", "urgent", "toxic")
    ]
    is_corrected = "act" in corrections_of(kept)
    return ReadingLook(
        act=said("act", act.label) if act.label != UNKNOWN else _("Not read: we do not know this language well enough"),
        known=act.label != UNKNOWN,
        others=tuple(moods),
        because=", ".join(words),
        about=", ".join(about),
        topics=own,
        sureness=_("said by a colleague") if is_corrected else sureness(act.confidence) if act.label != UNKNOWN else "",
        correct_url=address.deed_url(conversation_id, f"messages/{m.id}/reading")
        if actor.may(Permission.CONVERSATION_WORK)
        else "",
    )


def kept_of(m: MessageView) -> Stored:
    """How it was read; what is older than readings is read now."""
    return m.reading or to_stored(read(m.text, m.language, stars=m.stars))


def own_looks(kept: Stored, topics: Iterable[TopicName]) -> tuple[TopicLook, ...]:
    """The brand's own topics that hold for a text; what was put away since is left out."""
    names = {str(one.id): one.name for one in topics}
    return tuple(
        TopicLook(name=names[one.label], because=", ".join(one.words)) for one in own_topics(kept) if one.label in names
    )


def topic_words_of(kept: Stored, topics: Iterable[TopicName]) -> tuple[str, ...]:
    """The words that caused these topics."""
    known = {str(one.id) for one in topics}
    return tuple(dict.fromkeys(word for one in own_topics(kept) if one.label in known for word in one.words))


def named_words(kept: Stored) -> tuple[str, ...]:
    """The words that caused what the line says, each once."""
    words: dict[str, None] = {}
    for aspect, labels in (("act", ASPECTS["act"]), ("urgency", ("urgent",)), ("anger", ("angry",))):
        judgement = judgement_of(kept, aspect)
        if judgement.label in labels:
            words.update(dict.fromkeys(word for word in judgement.words if word != "?"))
    return tuple(words)


def pieces_of(text: str, words: Iterable[str]) -> tuple[TextPiece, ...]:
    """The text in pieces, those marked that are one of the words. Linear for the few words there are."""
    wanted = [word for word in words if word]
    if not wanted:
        return (TextPiece(text=text),)
    pieces: list[TextPiece] = []
    at = 0
    while at < len(text):
        places = [(text.find(word, at), -len(word)) for word in wanted]
        found = min(((place, size) for place, size in places if place >= 0), default=None)
        if found is None:
            break
        start, end = found[0], found[0] - found[1]
        inside = (start and text[start - 1].isalnum()) or (end < len(text) and text[end].isalnum())
        if start > at:
            pieces.append(TextPiece(text=text[at:start]))
        pieces.append(TextPiece(text=text[start:end], marked=not inside))
        at = end
    if at < len(text):
        pieces.append(TextPiece(text=text[at:]))
    return tuple(pieces)
