"""The link by which somebody ends mails of one kind: bound to them, their agency and that kind, and to nothing else."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from agency.notices.kinds import KINDS
from tenants.base_app import settings_of_app
from tenants.ids import id_from
from tenants.sealed import purpose_key

LONGEST_TOKEN = 400


class Stop(NamedTuple):
    """Whose mails of which kind."""

    agency_id: UUID
    person_id: UUID
    kind: str


def stop_path(agency_id: UUID, person_id: UUID, kind: str) -> str:
    """The page behind the link; empty for what cannot be ended so. It works for ever: old mails stay in mailboxes."""
    if KINDS[kind].needed:
        return ""
    return f"/notices/stop/{_serializer().dumps([str(agency_id), str(person_id), kind])}"


def read_stop(token: str) -> Stop | None:
    """What a link ends; None for one that is not ours, letter by letter."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        said = _serializer().loads(token)
    except BadData:
        return None
    if not isinstance(said, list) or len(said) != 3:
        return None
    agency_id, person_id = id_from(str(said[0])), id_from(str(said[1]))
    if agency_id is None or person_id is None or said[2] not in KINDS:
        return None
    return Stop(agency_id, person_id, said[2])


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(purpose_key(settings_of_app().onbrand_secret_key, "stop mails"))
