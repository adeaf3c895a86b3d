"""How a reply's rows belong together, for statements that read many of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Uuid, and_, any_, bindparam, cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import NullType

from agency.inbox.models import Conversation
from agency.replies.models import Reply, ReplyText

WORDS_OF_REPLY: Final = and_(
    ReplyText.agency_id == Reply.agency_id,
    ReplyText.id == Reply.text_id,
    ReplyText.brand_id == Reply.brand_id,
)
CASE_OF_REPLY: Final = and_(
    Conversation.agency_id == Reply.agency_id,
    Conversation.id == Reply.conversation_id,
    Conversation.brand_id == Reply.brand_id,
)


def _given(ids: Any) -> Any:
    """Of no type before the cast, so that PostgreSQL takes it for an array from the first and reads it once."""
    return cast(ids, ARRAY(Uuid()))


def one_of(column: Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """The column is one of these, told as one array: of hundreds of parameters PostgreSQL expects too little."""
    found: ColumnElement[bool] = column == any_(_given(bindparam(None, id_list(ids), NullType())))
    return found


def one_of_given(column: Any, name: str) -> ColumnElement[bool]:
    """The same in a statement that is kept: `name` is the parameter that takes an `id_list`."""
    found: ColumnElement[bool] = column == any_(_given(bindparam(name, type_=NullType())))
    return found


def id_list(ids: Iterable[UUID]) -> str:
    """Ids as PostgreSQL reads an array of them: the driver takes a hundred times as long to quote each."""
    return "{" + orjson.dumps(list(ids))[1:-1].decode() + "}"
