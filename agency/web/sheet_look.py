"""The client sheet as its page and its card show it."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import url_for
from flask_babel import gettext as _

from agency.web.brand_places import brand_places
from agency.web.contexts_sheet import CampaignLook, ContactLook, SheetLook
from agency.web.language import chosen_language
from agency.web.looks import BrandLook, StateLook
from styleguides.client_sheet import Campaign, Sheet
from tenants import clock


def load_words() -> dict[str, str]:
    """How many customers will write, by the campaign's `load`."""
    return {"usual": _("as many as usual"), "more": _("more than usual"), "much_more": _("far more than usual")}


def sheet_look(
    sheet: Sheet, brand: BrandLook, language: str, time_zone: str, *, may_change: bool, case_url: str = ""
) -> SheetLook:
    """Campaigns by today in the brand's own time zone."""
    today = clock.now().astimezone(ZoneInfo(time_zone)).date()
    campaigns = sorted(sheet.campaigns, key=lambda one: (not one.runs_on(today), one.starts_on or date.min, one.title))
    return SheetLook(
        brand=brand,
        places=brand_places(sheet.brand_id, "sheet"),
        language=language,
        does=sheet.does,
        products=sheet.products,
        hours=sheet.hours,
        never_say=tuple(line.strip() for line in sheet.never_say.splitlines() if line.strip()),
        contacts=tuple(ContactLook(name=one.name, about=one.about, reach=one.reach) for one in sheet.contacts),
        campaigns=tuple(_campaign(one, today) for one in campaigns if not one.is_over(today)),
        over=tuple(_campaign(one, today) for one in campaigns if one.is_over(today)),
        is_written=sheet.is_written,
        changed=_("Version %(n)s by %(name)s", n=sheet.version, name=sheet.changed_by_name) if sheet.version else "",
        url=url_for("client_sheet_page.sheet", brand_id=sheet.brand_id),
        change_url=url_for("client_sheet_page.form", brand_id=sheet.brand_id) if may_change else "",
        case_url=case_url,
    )


def address_of(brand_id: UUID, case_id: UUID | None = None) -> str:
    """The sheet's page, with the way back to a case."""
    return url_for("client_sheet_page.sheet", brand_id=brand_id, case=case_id)


def _campaign(one: Campaign, today: date) -> CampaignLook:
    states = {
        "on": StateLook("on", _("On now"), "clock", "good"),
        "coming": StateLook("coming", _("To come"), "hourglass", "info"),
        "over": StateLook("over", _("Over"), "check", "plain"),
    }
    code = "over" if one.is_over(today) else "on" if one.runs_on(today) else "coming"
    return CampaignLook(
        title=one.title,
        days=_days(one.starts_on, one.ends_on),
        state=states[code],
        load=_("Expect customers to write %(load)s.", load=load_words()[one.load]) if one.load != "usual" else "",
        say=one.say,
    )


def _days(first: date | None, last: date | None) -> str:
    words = {day: format_date(day, "medium", chosen_language()) for day in (first, last) if day is not None}
    if first is not None and last is not None:
        return words[first] if first == last else f"{words[first]} – {words[last]}"
    if last is not None:
        return _("until %(day)s", day=words[last])
    return _("from %(day)s", day=words[first]) if first is not None else ""
