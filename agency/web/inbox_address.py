"""The inbox's addresses: which view and filters an address means, and how to keep them on every link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from flask import request

from agency.inbox.filters import ANY, FILTERS, PLATFORMS, TABS, QueueFilter, filter_of, read_filters
from agency.inbox.signs import numbers_with
from agency.web.who import actor_of_request
from channels.items import KINDS
from tenants.errors import NotFound
from tenants.permissions import Permission

__all__ = ["ANY", "KINDS", "PLATFORMS", "Address", "address_of", "of_change", "read_address"]

INBOX = "/inbox"
VIEWS = tuple(TABS)
VIEWS_OF_WORK = ("mine", "free")
"""Who takes no cases, such as a client's owner, has no use for these."""
STATES = ("open", "snoozed", "closed", ANY)
KEPT = (*(field.name for field in FILTERS), "alone")
"""What stays on the address from page to page. `alone` shows one conversation without the queue beside it."""


class Address(NamedTuple):
    """An inbox address, read. Values that mean nothing count as not given."""

    view: str
    wanted: QueueFilter
    kept: dict[str, list[str]]

    def url(self, path: str = INBOX, **changes: str | Sequence[str] | None) -> str:
        """A path with what is kept, changed as told; None and the empty word drop a part."""
        parts: dict[str, str | Sequence[str]] = {**self.kept}
        for name, value in changes.items():
            parts[name] = value or ""
        query = urlencode({name: value for name, value in parts.items() if value}, doseq=True)
        return f"{path}?{query}" if query else path

    def without(self, name: str, value: str) -> str:
        """The list without one value of one filter."""
        left = [one for one in self.kept.get(name, ()) if one != value]
        return self._replace(kept={**self.kept, name: left}).url()

    def case_url(self, conversation_id: UUID | str) -> str:
        """The conversation, with the queue beside it unless it stood alone."""
        return self.url(f"/conversations/{conversation_id}" if self.kept.get("alone") else f"{INBOX}/{conversation_id}")

    def deed_url(self, conversation_id: UUID | str, deed: str) -> str:
        """Where something is done to the conversation; afterwards the person is back at `case_url`."""
        return self.url(f"/conversations/{conversation_id}/{deed}")

    def cleared(self) -> str:
        """The list without any chip: the tab stays, and one brand, which is no chip."""
        names = ("view", "brand") if len(self.kept.get("brand", ())) == 1 else ("view",)
        return self._replace(kept={name: self.kept[name] for name in names if name in self.kept}).url()

    @property
    def filters(self) -> dict[str, list[str]]:
        """What a saved view keeps."""
        return {name: values for name, values in self.kept.items() if name != "alone"}


def address_of(given: Mapping[str, Sequence[str]]) -> Address:
    """The address that these values mean. Raises NotFound where brands are named and none of it is an id."""
    read = read_filters(given)
    if any(given.get("brand", ())) and "brand" not in read:
        raise NotFound()
    kept = {**read, "alone": ["1"] if any(given.get("alone", ())) else []}
    view = read["view"][0] if "view" in read else "team"
    return Address(view, filter_of(read), {name: kept[name] for name in KEPT if kept.get(name)})


def of_change(url: str, reply_id: UUID | None) -> str:
    """The same for a change of this published reply; as it is for None."""
    return url if reply_id is None else f"{url}{'&' if '?' in url else '?'}change={reply_id}"


def read_address() -> Address:
    """The address of this request. Raises NotFound for a brand that is no id: no such list exists."""
    address = address_of(request.args.to_dict(flat=False))
    if address.wanted.signs is not None and not actor_of_request().may(Permission.CONTACT_READ):
        seen = numbers_with(address.kept.get("sign", ()), may_see_people=False)
        address = address._replace(wanted=address.wanted._replace(signs=seen))
    if not address.wanted.is_search:
        return address
    with_notes = actor_of_request().may(Permission.NOTE_READ)
    return address._replace(wanted=address.wanted._replace(with_notes=with_notes))
