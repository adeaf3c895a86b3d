"""People by the beginning of their name or handle, over all brands somebody sees: one statement, an index for each."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Text, bindparam, literal_column, select

from agency.inbox.contacts.names import key_range
from agency.inbox.kept_values import unseen
from agency.inbox.models import Contact
from tenants.kept_select import KeptSelect
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

MOST_FOUND: Final = 6


class FoundPerson(NamedTuple):
    """An identity and whose it is."""

    id: UUID
    brand_id: UUID
    name: str
    platform: str
    is_vip: bool


def find_people(actor: Actor, typed: str) -> list[FoundPerson]:
    """At most MOST_FOUND whose name begins so, with or without the sign of a handle; VIPs first, then by name.

    Of each brand the first MOST_FOUND by name are looked at. Nobody where nothing is typed. Raises Forbidden.
    """
    require(actor, Permission.CONTACT_READ)
    plain, handle = key_range(typed.lstrip("@")), key_range("@" + typed.lstrip("@"))
    if plain is None or handle is None:
        return []
    values = {"first": plain[0], "last": plain[1], "first_handle": handle[0], "last_handle": handle[1]}
    return [FoundPerson._make(row) for row in _found().rows(values)]


@lru_cache(maxsize=1)
def _found() -> KeptSelect:
    columns = (Contact.id, Contact.brand_id, Contact.name, Contact.platform, Contact.is_vip, Contact.name_key)
    most: Any = literal_column(str(MOST_FOUND))

    def begins(first: str, last: str) -> Any:
        below, above = (unseen(bindparam(one, type_=Text())) for one in (first, last))
        one = select(*columns).where(Contact.brand_id == Brand.id, Contact.name_key >= below, Contact.name_key < above)
        return one.correlate(Brand).order_by(Contact.name_key, Contact.id).limit(most).lateral()

    plain, handle = begins("first", "last"), begins("first_handle", "last_handle")
    yes: Any = literal_column("true")
    lanes = [
        select(Brand.id.label("whose"), *one.c).join(one, yes).where(Brand.archived_at.is_(None))
        for one in (plain, handle)
    ]
    every = lanes[0].union_all(lanes[1]).subquery()
    order = (every.c.is_vip.desc(), every.c.name_key, every.c.id)
    return KeptSelect(select(*(every.c[name] for name in FoundPerson._fields)).order_by(*order).limit(most))
