"""The frame of a page behind a mailed link."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Response, make_response
from sqlalchemy import select

from agency.web.shell import render_page, shell
from agency.web.who import person_of_request
from tenants.database import db
from tenants.models import Agency


def link_answer(template: str, page: object, agency_id: UUID, status: int) -> Response:
    """In the person's own frame where they are signed in here, else with the agency's name and nothing else to press.

    The frame's forms need their origin told, never the address: it holds the token.
    """
    frame = shell(with_brands=False)
    if person_of_request() is not None:
        frame = replace(frame, referrer="strict-origin")
    else:
        name = db.session.execute(select(Agency.name).where(Agency.id == agency_id)).scalar_one()
        frame = replace(frame, agency_name=name, referrer="no-referrer")
    answer = make_response(render_page(template, page, shell=frame), status)
    answer.headers["Referrer-Policy"] = frame.referrer
    return answer
