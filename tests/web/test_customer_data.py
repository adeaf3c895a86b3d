"""Export and erasure of one person, as a browser sees them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Engine, select, update

from agency.inbox import desk as inbox_desk
from agency.inbox import labels, saved_views
from agency.inbox.contacts import deeds, linking
from agency.inbox.contacts.models import ContactErasure
from jobs.erasing import erase_contacts
from tenants.database import db
from tenants.models import BrandAudit
from tests.factories import Agency, Factory
from tests.replies.test_same_answer import answered
from tests.web.test_customer_page import Visit, visit, writer

__all__ = ["visit"]


def packed(body: bytes) -> tuple[dict[str, Any], str]:
    with zipfile.ZipFile(io.BytesIO(body)) as found:
        return json.loads(found.read("person.json")), found.read("person.html").decode()


def test_the_file_holds_what_is_theirs_and_nobody_elses(make: Factory, ana: Agency, visit: Visit) -> None:
    case, one = writer(make, ana, "Ana <b>K", text="My order <i>7</i>")
    _other_case, other = writer(make, ana, "ana.k", text="And from here", platform="instagram")
    stranger_case, _stranger = writer(make, ana, "Stranger", text="Not hers")
    answered(make, ana, "", "It is on its way.", case=case)
    answered(make, ana, "", "For the stranger.", case=stranger_case)
    with ana.entered():
        linking.link_by_decision(ana.staff, one, other, "Same order")
        deeds.add_note(ana.staff, other, "Likes tea")
        inbox_desk.add_note(ana.staff, case, "Beside the case")
        inbox_desk.add_note(ana.staff, stranger_case, "Beside another")
    lead = visit(ana.team_lead)
    assert str(other) in lead.get(f"/customers/{one}/export").text
    answer = lead.post(f"/customers/{one}/export", {"contact_id": [str(one), str(other)]})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found, page = packed(answer.data)
    texts = {row["text"] for row in found["messages"]}
    assert texts == {"My order <i>7</i>", "And from here", "It is on its way."}
    assert [row["text"] for row in found["notes_on_the_person"]] == ["Likes tea"]
    assert [row["text"] for row in found["notes_beside_cases"]] == ["Beside the case"]
    assert len(found["links"]) == 1
    assert found["record"]
    whole = json.dumps(found)
    for foreign in ("Not hers", "For the stranger", "Beside another", "Stranger"):
        assert foreign not in whole
        assert foreign not in page
    assert "<i>7" not in page
    only, _page = packed(lead.post(f"/customers/{one}/export", {"contact_id": [str(other)]}).data)
    assert {row["text"] for row in only["messages"]} == {"And from here"}
    assert lead.post(f"/customers/{one}/export", {}).status_code == 422
    assert visit(ana.staff).post(f"/customers/{one}/export", {"contact_id": [str(one)]}).status_code == 403
    with ana.entered():
        actions = list(db.session.scalars(select(BrandAudit.action).where(BrandAudit.subject_id == str(one))))
    assert actions.count("contact.exported") == 2


def test_erasing_takes_a_typed_word_and_shows_how_far_it_is(
    make: Factory, ana: Agency, visit: Visit, whole_app: Flask, superuser: Engine
) -> None:
    name = "<script>Ola</script> \u202eمرحبا"
    _case, person = writer(make, ana, name, text="Words to go")
    with ana.entered():
        labels.create_label(ana.team_lead, None, name)
        saved_views.create_view(ana.staff, "Mine", {"q": [name]})
    lead = visit(ana.team_lead)
    preview = lead.get(f"/customers/{person}/erase").text
    for said in (
        "Look at these yourself",
        'href="/labels"',
        "1 case",
        "receipts prove them by their hashes",
        "erase for good",
    ):
        assert said in preview
    assert "<li>0 " not in preview, "what there is none of does not go"
    wrong = lead.post(f"/customers/{person}/erase", {"contact_id": [str(person)], "confirm": "yes"})
    assert wrong.status_code == 422
    assert "Type the word as it stands." in wrong.text
    assert lead.post(f"/customers/{person}/erase", {"confirm": "erase for good"}).status_code == 422
    given = {"contact_id": [str(person)], "confirm": " Erase for good "}
    assert visit(ana.staff).post(f"/customers/{person}/erase", given).status_code == 403
    made = lead.post(f"/customers/{person}/erase", given)
    assert made.status_code == 303
    url = made.headers["Location"]
    begun = lead.get(url).text
    assert "It begins in a moment." in begun
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in begun
    with ana.entered():
        erasure_id: UUID = db.session.scalars(select(ContactErasure.id)).one()
    erase_contacts(whole_app, str(ana.id), str(ana.brand_ids[0]), str(erasure_id))
    done = lead.get(url).text
    assert "Nothing of what the person wrote" in done
    assert "every 2s" not in done
    assert "1 saved view that looked for them was deleted." in done
    assert 'Label: <a href="/labels"' in done
    assert "http-equiv" not in done
    page = lead.get(f"/customers/{person}").text
    assert "What was held of this identity was erased." in page
    with ana.entered():
        db.session.execute(update(ContactErasure).values(left_count=2))
    some = lead.get(url).text
    assert "2 other identities of the same person were not chosen" in some
    assert "Nothing of what the person wrote" not in some
    assert "Words to go" not in page
    assert lead.post(f"/customers/{person}/vip", {"is_vip": "1", "vip_note": "Again"}).status_code == 409
    assert visit(ana.staff).get(url).status_code == 403
