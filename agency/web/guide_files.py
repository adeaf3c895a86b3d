"""A guide begun from a template, and taken out as a file."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_guide import GuideTemplatesPage, TemplateLook
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides import guides
from styleguides.exchange import Form
from styleguides.guide_templates import NAMES, rule_count, template
from styleguides.importing import write_version
from tenants.permissions import Permission

guide_files = Blueprint("guide_files", __name__)


@guide_files.get("/brands/<brand_id>/guide/templates")
def templates(brand_id: str) -> str:
    """Guides to start from."""
    brand, words = brand_at(brand_id, Permission.GUIDE_WRITE), template_words()
    page = GuideTemplatesPage(
        brand=look_of(brand),
        url=url_for("guide_files.begin", brand_id=brand.id),
        back_url=url_for("guide.guide", brand_id=brand.id),
        rows=tuple(
            TemplateLook(
                name=name,
                title=words[name][0],
                words=words[name][1],
                voice=template(name, brand.name).voice,
                rules=ngettext("%(num)s rule", "%(num)s rules", rule_count(name)),
            )
            for name in NAMES
        ),
    )
    return render_page("guides/templates.html", page)


@guide_files.post("/brands/<brand_id>/guide/templates")
def begin(brand_id: str) -> AnyResponse:
    """Begin a draft from one."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    found = template(request.form.get("template", ""), brand.name)
    version = guides.draft_version(
        actor_of_request(), brand.id, found.rules, found.note, voice=found.voice, identity=found.identity
    )
    toast(_("Version %(n)s is kept as a draft.", n=version.number))
    return redirect(url_for("guide.guide", brand_id=brand_id, version=version.number), code=303)


@guide_files.get("/brands/<brand_id>/guide/<int:number>/export.yaml")
def export_yaml(brand_id: str, number: int) -> Response:
    """The version as YAML."""
    return _file(brand_id, number, "yaml", "yaml", "application/yaml")


@guide_files.get("/brands/<brand_id>/guide/<int:number>/export.md")
def export_markdown(brand_id: str, number: int) -> Response:
    """The version as Markdown."""
    return _file(brand_id, number, "markdown", "md", "text/markdown")


def template_words() -> dict[str, tuple[str, str]]:
    """What each template is called, and for whom it is."""
    return {
        "plain-friendly": (_("Plain and friendly"), _("English. Shops, apps, services for everybody.")),
        "formal-polish": (_("Formal Polish"), _("Polish with Pan and Pani. Hotels, offices, houses of tradition.")),
        "playful-portuguese": (_("Playful Portuguese"), _("Portuguese by tu. Cafés, bakeries, brands with a smile.")),
        "regulated-finance": (_("Regulated finance"), _("English. Promises nothing, keeps accounts out of public.")),
        "health": (_("Health"), _("English. Never confirms that somebody is a patient.")),
    }


def _file(brand_id: str, number: int, form: Form, ending: str, mime: str) -> Response:
    brand = brand_at(brand_id, Permission.GUIDE_READ)
    version = guides.get_version(actor_of_request(), brand.id, number)
    answer = make_response(write_version(form, version))
    answer.headers["Content-Type"] = f"{mime}; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="style-guide-{number}.{ending}"'
    return answer
