"""The brand switcher: every brand to go to, or several to mark and see as one queue."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.web.contexts_filters import SwitchPage
from agency.web.looks import Choice
from agency.web.shell import badges_of_request, brand_links, brand_looks, render_page

brand_switch = Blueprint("brand_switch", __name__)


@brand_switch.get("/inbox/brands")
def brands() -> AnyResponse:
    """Every brand: for the dialog the list alone, else a page."""
    chosen = set(request.args.getlist("brand"))
    counts = badges_of_request()
    links = [
        dataclasses.replace(link, count=counts.of(UUID(link.value)).open_count)
        for link in brand_links(brand_looks().values())
    ]
    page = SwitchPage(
        url="/inbox",
        choices=(Choice(_("All brands"), "/inbox?back=1"), *links),
        marked=frozenset(chosen),
    )
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("brands/_switch.html", page=page))
    return make_response(render_page("brands/switch.html", page))
