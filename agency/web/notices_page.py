"""What a person was told of: by day and thing, the newest first; opening one marks it read."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID

from babel.dates import format_date
from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.notices import reading
from agency.notices.reading import PAGE_ROWS, NoticeRow
from agency.web.clocks import age
from agency.web.contexts_notices import NoticeDay, NoticeLine, NoticesPage, NoticeThing
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook
from agency.web.shell import brand_looks, render_page, toast
from agency.web.theme import local_path
from agency.web.who import actor_of_request
from tenants import clock
from tenants.errors import NotFound
from tenants.ids import id_from

notices_page = Blueprint("notices_page", __name__)


@notices_page.get("/notices")
def notices() -> Response:
    """Fifty at a time."""
    given = request.args.get("before", "")
    found = reading.list_notices(actor_of_request(), chosen_language(), before=id_from(given), limit=PAGE_ROWS + 1)
    rows, here = found[:PAGE_ROWS], url_for("notices_page.notices")
    page = NoticesPage(
        days=_days(rows, brand_looks()),
        has_unread=any(_is_new(row) for row in rows),
        read_all_url=url_for("notices_page.read_all"),
        up_to=str(rows[0].id) if rows else "",
        settings_url=url_for("notice_settings_page.settings"),
        next_url=f"{here}?before={rows[-1].id}" if len(found) > PAGE_ROWS else "",
        first_url=here if given else "",
    )
    return make_response(render_page("notices/page.html", page))


@notices_page.post("/notices/<notice_id>")
def open_notice(notice_id: str) -> AnyResponse:
    """Mark it read and go to what it is about."""
    wanted = id_from(notice_id)
    if wanted is None:
        raise NotFound()
    return redirect(local_path(reading.read(actor_of_request(), wanted, chosen_language()).path), code=303)


@notices_page.post("/notices/read")
def read_all() -> AnyResponse:
    """Mark all read that were told until the newest one shown; what came since stays new."""
    up_to = id_from(request.form.get("up_to", ""))
    if up_to is None:
        raise NotFound()
    reading.read_all(actor_of_request(), up_to)
    toast(_("All marked as read"))
    return redirect(url_for("notices_page.notices"), code=303)


def _is_new(row: NoticeRow) -> bool:
    return not row.is_read and not row.is_over


def _days(rows: list[NoticeRow], brands: dict[UUID, BrandLook]) -> tuple[NoticeDay, ...]:
    zone, locale = chosen_zone(), chosen_language()
    return tuple(
        NoticeDay(heading=format_date(day, "EEEE, d MMMM", locale=locale), things=_things(list(of_day), brands))
        for day, of_day in groupby(rows, key=lambda row: row.told_at.astimezone(zone).date())
    )


def _things(rows: list[NoticeRow], brands: dict[UUID, BrandLook]) -> tuple[NoticeThing, ...]:
    together: dict[UUID, list[NoticeRow]] = {}
    for row in rows:
        together.setdefault(row.subject_id, []).append(row)
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    return tuple(
        NoticeThing(
            brand=brands.get(some[0].brand_id) if some[0].brand_id is not None else None,
            lines=tuple(
                NoticeLine(
                    words=row.words,
                    at=age(row.told_at, now, zone, locale),
                    open_url=url_for("notices_page.open_notice", notice_id=row.id),
                    is_new=_is_new(row),
                    is_over=row.is_over and not row.is_read,
                )
                for row in some
            ),
        )
        for some in together.values()
    )
