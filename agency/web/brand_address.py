"""The brand an address names, for pages below `/brands/<id>`."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.web.looks import BrandLook, StateLook, brand_look
from agency.web.who import actor_of_request
from tenants.brands import brand_for
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Permission


def brand_at(brand_id: str, permission: Permission) -> Brand:
    """The brand. Raises NotFound for anything that is not one of the reader's, Forbidden without the permission."""
    wanted = id_from(brand_id)
    if wanted is None:
        raise NotFound()
    return brand_for(actor_of_request(), wanted, permission)


def look_of(brand: Brand) -> BrandLook:
    """How it is drawn."""
    return brand_look(str(brand.id), brand.name, brand.mark, brand.colour)


def brand_state(*, paused: bool, archived: bool, read_only: bool) -> StateLook:
    """Open, read-only, paused or archived."""
    if archived:
        return StateLook("archived", _("Archived"), "ban", "plain")
    if paused:
        return StateLook("paused", _("Paused"), "pause", "warn")
    if read_only:
        return StateLook("read_only", _("Read-only"), "eye", "warn")
    return StateLook("open", _("Open"), "check", "good")
