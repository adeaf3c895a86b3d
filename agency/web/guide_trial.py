"""A version of a guide tried on the brand's last replies: what it would stop, with each finding."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies.guide_trials import HeldReply, try_version
from agency.web import clocks
from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_guide import GuideTrialPage, TrialRow
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import StateLook
from agency.web.reply_looks import answer_words, finding_looks
from agency.web.shell import render_page, shell
from agency.web.who import actor_of_request
from styleguides.guides import version_in_force
from styleguides.trial import Outcome, Trial, TrialCase
from tenants import clock
from tenants.permissions import Permission

guide_trial = Blueprint("guide_trial", __name__)

ORDER: tuple[Outcome, ...] = ("stopped_now", "warned_now", "free_now", "stopped_still")


@guide_trial.get("/brands/<brand_id>/guide/<int:number>/trial")
def trial(brand_id: str, number: int) -> Response:
    """What this version would have said of the last 200 replies."""
    brand, actor = brand_at(brand_id, Permission.REPLY_READ), actor_of_request()
    found = try_version(actor, brand.id, number, chosen_language())
    in_force = version_in_force(brand.id)
    page = GuideTrialPage(
        brand=look_of(brand),
        number=number,
        in_force=in_force.number if in_force is not None else None,
        back_url=url_for("guide_proposals.proposal", brand_id=brand.id, number=number),
        held=found.held,
        summary=_summary(found),
        rows=tuple(_row(case) for outcome in ORDER for case in found.cases if case.outcome == outcome),
    )
    return make_response(render_page("guides/trial.html", page, shell=shell(with_brands=False)))


def _summary(found: Trial[HeldReply]) -> tuple[str, ...]:
    if not found.held:
        return (_("This brand has sent no replies yet, so there is nothing to try it on."),)
    stopped, warned = found.count("stopped_now"), found.count("warned_now")
    free, still = found.count("free_now"), found.count("stopped_still")
    said = [
        ngettext("%(num)s reply would now be stopped.", "These %(num)s would now be stopped.", stopped)
        if stopped
        else _("None of them would newly be stopped.")
    ]
    if warned:
        said.append(ngettext("%(num)s would be warned of.", "%(num)s would be warned of.", warned))
    if free:
        words = ngettext("%(num)s is stopped today and would pass.", "%(num)s are stopped today and would pass.", free)
        said.append(words)
    if still:
        said.append(ngettext("%(num)s is stopped by both.", "%(num)s are stopped by both.", still))
    return tuple(said)


def _row(case: TrialCase[HeldReply]) -> TrialRow:
    looks = {
        "stopped_now": StateLook("stopped_now", _("Stopped"), "stop", "bad"),
        "warned_now": StateLook("warned_now", _("Warned"), "alert", "warn"),
        "free_now": StateLook("free_now", _("Would pass"), "check", "good"),
        "stopped_still": StateLook("stopped_still", _("Stopped by both"), "stop", "plain"),
    }
    held, text = case.written.key, case.written.text
    return TrialRow(
        url=url_for("receipts.receipt", reply_id=held.id),
        place=answer_words(held.platform, held.kind, private=held.private),
        written_by=held.written_by_name,
        at=clocks.age(held.at, clock.now(), chosen_zone(), chosen_language()),
        state=looks[case.outcome],
        text=text,
        findings=tuple(finding_looks(case.findings, text)),
    )
