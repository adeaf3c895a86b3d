"""Places in the texts of an incident: each person is greeted by their own name, where it is known."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from agency.inbox.models import Conversation, Message
from agency.replies.drafting import message_to_answer
from agency.replies.models import Reply, ReplyText
from agency.replies.moves import text_of
from styleguides.heard_words import begun
from styleguides.language import plain
from styleguides.names import first_name, name_places
from styleguides.tokens import WORD
from styleguides.variables import places
from tenants.database import db
from tenants.models import Brand
from tenants.permissions import Actor

NAME: Final = "customer_name"
PLACES: Final = (NAME, "brand", "my_name")
"""Those of a saved reply that are known of everybody; a name that is not known goes with what leads to it."""
EXAMPLE: Final = "Maria"
"""By this name texts are tried on the guide: known in every language we check."""
_SHORTEST_NAME: Final = 3


def unknown_place(text: str) -> str | None:
    """The first place in a text that is none of PLACES."""
    return next((one.name for one in places(text) if one.name not in PLACES), None)


def names_people(text: str) -> bool:
    """Whether each person gets other words."""
    return any(one.name == NAME for one in places(text))


def filled_for(text: str, name: str | None, brand_name: str, actor: Actor) -> str:
    """A text as somebody of this display name gets it."""
    return begun(
        text, {NAME: first_name(name), "brand": brand_name, "my_name": next(iter(actor.name.split()), None)}
    ).text


def filled_in_case(text: str, case: Conversation, actor: Actor) -> str:
    """The same for whoever an answer in this case goes to: others may write below a comment, too. Raises as a draft."""
    if "{" not in text:
        return text
    brand_name = db.session.execute(select(Brand.name).where(Brand.id == case.brand_id)).scalar_one()
    return filled_for(text, message_to_answer(case, None).author_name, brand_name, actor)


def agreed_words(wording: str, sample: Reply) -> str | None:
    """What everybody gets once the client said yes to a sample of a wording: the wording, where they left it as it was;
    else their words, with the place where the sample's name stands. None where that name stands in them otherwise: it
    would be said to others.
    """
    said = text_of(sample)
    asked = db.session.execute(
        select(ReplyText.text_hash).where(ReplyText.reply_id == sample.id).order_by(ReplyText.number).limit(1)
    ).scalar_one()
    if said.text_hash == asked:
        return wording
    author = db.session.execute(
        select(Message.author_name).where(Message.id == sample.in_reply_to_id)
    ).scalar_one_or_none()
    return put_back(wording, said.text, author)


def put_back(wording: str, words: str, author: str | None) -> str | None:
    """See `agreed_words`. Pure."""
    if places(words):
        return None
    found = list(WORD.finditer(words))
    spoken, name = [one.group() for one in found], first_name(author)
    others = {plain(one) for one in WORD.findall(author or "") if len(one) >= _SHORTEST_NAME and one != name}
    if any(plain(one) in others for one in spoken):
        return None
    at = name_places(spoken, name, inflected=True) if name else []
    wanted = sum(one.name == NAME for one in places(wording))
    if at and (len(at) != wanted or any(spoken[place] != name for place in at)):
        return None
    for place in reversed(at):
        words = words[: found[place].start()] + f"{{{NAME}}}" + words[found[place].end() :]
    return words
