"""Labels, saved views, filters and the brand switcher as browsers meet them, with and without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from flask import Flask

from agency.inbox import desk, labels, last_places
from agency.inbox.desk_models import Label
from agency.inbox.labels import FEW_LABELS, LABELS_OFFERED
from agency.inbox.topic_models import Topic
from tenants.database import new_id
from tenants.permissions import Actor
from tests.factories import Agency, Factory, write_rows
from tests.web.visiting import Visitor

Visit = Callable[[Actor], Visitor]


@pytest.fixture
def visit(whole_app: Flask) -> Visit:
    return lambda actor: Visitor(whole_app, actor)


def make_label(agency: Agency, name: str, colour: str = "red") -> UUID:
    with agency.entered(agency.agency_admin):
        return labels.create_label(agency.agency_admin, None, name, colour).id


def test_a_label_is_picked_on_a_case_and_stands_in_its_row(ana: Agency, make: Factory, visit: Visit) -> None:
    case, staff = make.conversation(ana), visit(ana.staff)
    refund, allergy, press = (make_label(ana, name) for name in ("Refund <b>", "Allergy", "Press"))
    where = f"/conversations/{case}/labels"
    assert "Refund &lt;b&gt;" in staff.get(where, HX_Request="true").text
    answer = staff.post(where, {"label": str(refund), "on": "1"}, HX_Request="true")
    assert 'aria-pressed="true"' in answer.text
    assert 'id="case-labels" hx-swap-oob="true"><span class="lb c-red">Refund &lt;b&gt;' in answer.text
    assert staff.post(where, {"label": str(allergy), "on": "1"}).status_code == 303, "without script, back at the case"
    staff.post(where, {"label": str(press), "on": "1"})
    assert "<i class=c-red>Refund &lt;b&gt;</i><i class=c-red>Allergy</i><small>+1</small>" in staff.get("/inbox").text
    staff.post(where, {"label": str(refund), "on": "0"})
    page = staff.get(f"/inbox/{case}?label={allergy}").text
    assert 'id="case-labels"><span class="lb c-red">Allergy</span>' in page
    assert "Refund" not in page
    assert staff.post(where, {"label": "junk", "on": "1"}).status_code == 404


def test_a_label_picked_is_taken_back_where_it_was_put(ana: Agency, make: Factory, visit: Visit) -> None:
    case, staff = make.conversation(ana), visit(ana.staff)
    refund = make_label(ana, "Refund")
    where, worn = f"/conversations/{case}/labels", 'id="case-labels"><span class="lb c-red">Refund</span>'
    told = staff.post(where, {"label": str(refund), "on": "1"}, HX_Request="true").text
    assert 'id="toasts" hx-swap-oob="innerHTML"' in told
    assert 'data-key="z"' in told
    undo = unescape(re.search(r'action="([^"]+/undo[^"]*)"', told)[1])  # type: ignore[index]
    assert worn in staff.get(f"/inbox/{case}").text
    assert staff.post(undo, {}).headers["Location"] == f"/inbox/{case}"
    assert worn not in staff.get(f"/inbox/{case}").text
    assert "/undo" not in staff.post(where, {"label": str(refund), "on": "0"}, HX_Request="true").text, "it bore none"


def test_leads_change_labels_and_staff_read_them(ana: Agency, visit: Visit) -> None:
    lead, staff = visit(ana.team_lead), visit(ana.staff)
    assert lead.post("/labels", {"name": "", "colour": "red", "place": "agency"}).status_code == 422
    brand = str(ana.brand_ids[0])
    for name, place in (("One", "agency"), ("Two", "agency"), ("Own", brand)):
        assert lead.post("/labels", {"name": name, "colour": "teal", "place": place}).status_code == 303
    again = lead.post("/labels", {"name": "one", "colour": "red", "place": brand})
    assert (again.status_code, "of this name" in again.text) == (409, True)
    page = lead.get("/labels").text
    forms = dict(re.findall(r'action="(/labels/[0-9a-f-]+)".*?name="name" value="([^"]+)"', page, re.DOTALL))
    by_name = {name: url for url, name in forms.items()}
    assert set(by_name) == {"One", "Two", "Own"}
    assert lead.post(by_name["One"], {"name": "First", "colour": "blue", "version": "1"}).status_code == 303
    late = lead.post(by_name["One"], {"name": "Else", "colour": "blue", "version": "1"})
    assert late.status_code == 409
    assert lead.post(f"{by_name['Own']}/merge", {"into": by_name["Two"].rpartition("/")[2]}).status_code == 303
    assert lead.post(f"{by_name['One']}/archive", {"archived": "1"}).status_code == 303
    left = staff.get("/labels").text
    assert "Two" in left
    assert "First" not in left
    assert 'action="/labels' not in left
    assert "First" in lead.get("/labels?archived=1").text
    assert staff.post("/labels", {"name": "Mine", "colour": "red", "place": "agency"}).status_code == 403


def test_many_labels_are_shown_a_place_at_a_time_and_merged_by_name(ana: Agency, visit: Visit) -> None:
    places = (ana.id, *ana.brand_ids[:2])
    with ana.entered(ana.agency_admin):
        write_rows(
            *(
                Label(agency_id=ana.id, id=new_id(), brand_id=place, name=f"Label {n} of {m}", changed_by_name="Ada")
                for m, place in enumerate(places)
                for n in range(90)
            )
        )
    lead, brand = visit(ana.team_lead), str(ana.brand_ids[0])
    first, second = lead.get("/labels"), lead.get(f"/labels?place={brand}").text
    assert ("Label 3 of 0" in first.text, "Label 3 of 1" in first.text) == (True, False)
    assert len(first.data) < 90 * 3_000 + 20_000, "nothing is said of each label for each other one"
    assert f'<a class="pill" href="/labels?place={ana.brand_ids[1]}">' in first.text
    assert '<span class="lb c-grey">Label 3 of 0' not in second
    assert {'<option value="Label 3 of 0">', '<option value="Label 4 of 1">'} <= set(
        re.findall("<option[^>]*>", second)
    )
    found = re.findall(
        r'action="(/labels/[0-9a-f-]+)/merge\?place=[^"]+".*?lb c-grey">(Label \d+ of 1)', second, re.DOTALL
    )
    url = found[0][0]
    assert lead.post(f"{url}/merge?place={brand}", {"into": "no such label"}).status_code == 422
    done = lead.post(f"{url}/merge?place={brand}", {"into": "  label 3  of 0 "})
    assert (done.status_code, done.headers["Location"]) == (303, f"/labels?place={brand}")
    hidden = lead.post("/labels", {"name": "\u200b\u2060", "colour": "red", "place": "agency"})
    assert hidden.status_code == 422, "a name nobody sees"


def test_of_many_labels_some_are_offered_and_the_rest_is_found(ana: Agency, make: Factory, visit: Visit) -> None:
    case, other = make.conversation(ana), make.conversation(ana, brand=1)
    with ana.entered(ana.agency_admin):
        ids = [new_id() for _ in range(60)]
        write_rows(
            *(
                Label(agency_id=ana.id, id=one, brand_id=ana.brand_ids[0], name=f"Łódź {n:02}", changed_by_name="Ada")
                for n, one in enumerate(ids)
            )
        )
        write_rows(
            *(
                Topic(agency_id=ana.id, id=new_id(), brand_id=brand, name=f"Topic {n:02} of {m}", phrases=[])
                for m, brand in enumerate(ana.brand_ids[:2])
                for n in range(30)
            ),
        )
    staff, where = visit(ana.staff), f"/conversations/{case}/labels"
    staff.post(where, {"label": str(ids[57]), "on": "1"})
    picker = staff.get(where, HX_Request="true")
    shown = re.findall(r'<span class="grow">([^<]+)', picker.text)
    assert shown[0] == "Łódź 57", "what it bears comes first"
    assert (len(shown), "Of 60 labels" in picker.text) == (1 + LABELS_OFFERED, True)
    assert len(picker.data) < 12_000
    found = re.findall(r'<span class="grow">([^<]+)', staff.get(f"{where}?find=lodz+3").text)
    assert found == ["Łódź 57", *(f"Łódź {n}" for n in range(30, 40))]
    assert "Nothing fits" in staff.get(f"{where}?find=nothing").text
    assert "Łódź" not in staff.get(f"/conversations/{other}/labels").text

    bar = staff.get("/inbox/choose?language=pl", HX_Request="true").text
    assert len(re.findall(r'<option value="[0-9a-f-]{36}">Łódź', bar)) == LABELS_OFFERED
    assert '<input type="hidden" name="language" value="pl">' in bar, "the field keeps what is looked at"
    named = staff.get("/inbox/choose?find_label=lodz", HX_Request="true", HX_Target="bulk-labels").text
    assert named.count("<option") == FEW_LABELS
    assert f"{FEW_LABELS} are shown, 36 more fit. Type more letters." in named
    assert staff.get("/inbox/choose?find_label=lodz+59").text.count("<option") == 1
    assert "25 are shown, 35 more fit" in staff.get(f"{where}?find=lodz").text, "with the one it bears"

    drawer = staff.get(f"/inbox/filters?label={ids[40]}", HX_Request="true")
    assert ticks(drawer.text, "label")[0] == (str(ids[40]), True)
    assert str(ids[57]) in dict(ticks(drawer.text, "label")), "most open cases bear it"
    assert len(ticks(drawer.text, "label")) == 1 + LABELS_OFFERED
    asked = staff.get(f"/inbox/filters?label={ids[40]}&find_label=lodz+59&find_topic=29+OF")
    assert ticks(asked.text, "label") == [(str(ids[40]), True), (str(ids[59]), False)]
    assert len(ticks(asked.text, "topic")) == 2
    assert 'formaction="/inbox/filters"' in asked.text
    assert len(ticks(drawer.text, "topic")) == 0
    of_brand = staff.get(f"/inbox/filters?brand={ana.brand_ids[0]}", HX_Request="true").text
    assert len(ticks(of_brand, "topic")) == 30


def ticks(page: str, name: str) -> list[tuple[str, bool]]:
    found = re.findall(rf'<input type="checkbox" name="{name}" value="([^"]+)"( checked)?', page)
    return [(value, bool(checked)) for value, checked in found]


def test_filters_are_chips_that_go_one_by_one(ana: Agency, make: Factory, visit: Visit) -> None:
    make.conversation(ana)
    page = visit(ana.staff).get("/inbox?platform=facebook&platform=junk&language=pl&language=none&q=order").text
    chips = {unescape(url) for url in re.findall(r'class="chip" href="([^"]+)"', page)}
    assert chips == {
        "/inbox?language=pl&language=none&q=order",
        "/inbox?platform=facebook&language=none&q=order",
        "/inbox?platform=facebook&language=pl&q=order",
        "/inbox?platform=facebook&language=pl&language=none",
    }
    assert "No case has all of this" in visit(ana.staff).get("/inbox?stars=1").text
    fields = visit(ana.staff).get("/inbox/filters?language=pl&view=late", HX_Request="true").text
    assert 'name="language" value="pl" checked' in fields
    assert '<input type="hidden" name="view" value="late">' in fields
    assert "<html" in visit(ana.staff).get("/inbox/filters").text


def test_a_view_is_saved_counted_renamed_ordered_deleted_and_brought_back(
    ana: Agency, make: Factory, visit: Visit
) -> None:
    for _ in range(3):
        make.conversation(ana)
    staff, lead = visit(ana.staff), visit(ana.team_lead)
    assert staff.post("/inbox/views", {"view_name": "Nothing"}).status_code == 422
    saved = staff.post("/inbox/views", {"view_name": "Mine here", "platform": "facebook", "view": "free"})
    assert saved.headers["Location"] == "/inbox?view=free&platform=facebook"
    strip = staff.get("/inbox/views?view=free&platform=facebook", HX_Request="true").text
    assert 'aria-current="true" data-key="g 1"' in strip
    assert '<span class="count" aria-hidden="true">3</span><span class="sr">3 cases</span>' in strip
    assert "Mine here" not in lead.get("/inbox/views", HX_Request="true").text, "one's own is nobody else's"
    assert staff.post("/inbox/views", {"view_name": "All", "stars": "1", "shared": "1"}).status_code == 403
    lead.post("/inbox/views", {"view_name": "For all", "stars": "1", "shared": "1"})
    lead.post("/inbox/views", {"view_name": "Also for all", "stars": "2", "shared": "1"})
    names = re.compile(r"(?:Mine here|Also for all|For all)(?= <)")
    assert names.findall(staff.get("/inbox/views", HX_Request="true").text) == ["Mine here", "For all", "Also for all"]
    page = lead.get("/inbox/views").text
    second = re.findall(r'action="(/inbox/views/[0-9a-f-]+)/move"', page)[-1]
    lead.post(f"{second}/move", {"to": "up"})
    assert names.findall(staff.get("/inbox/views", HX_Request="true").text) == ["Mine here", "Also for all", "For all"]
    assert staff.post(f"{second}/delete").status_code == 403
    version = re.search(rf'action="{second}">.*?name="version" value="(\d+)"', lead.get("/inbox/views").text, re.DOTALL)
    assert version is not None
    assert lead.post(second, {"view_name": "Two stars", "version": version[1]}).status_code == 303
    assert lead.post(second, {"view_name": "Late", "version": version[1]}).status_code == 409
    lead.post(f"{second}/delete")
    assert "Two stars" not in staff.get("/inbox/views", HX_Request="true").text
    assert f'action="{second}/restore"' in lead.get("/inbox/views").text, "the message takes it back"
    lead.post(f"{second}/restore")
    assert "Two stars" in staff.get("/inbox/views", HX_Request="true").text


def test_views_take_three_statements_however_many_they_are(
    ana: Agency, visit: Visit, statements: Callable[[], list[str]]
) -> None:
    staff, taken = visit(ana.staff), []
    for number in range(6):
        staff.post("/inbox/views", {"view_name": f"View {number}", "stars": str(number % 5 + 1)})
        staff.get("/inbox/views", HX_Request="true")
        statements()
        staff.get("/inbox/views", HX_Request="true")
        taken.append(len([s for s in statements() if not s.startswith(("COMMIT", "ROLLBACK", "BEGIN"))]))
    assert set(taken) == {3}


def test_a_shared_address_shows_what_is_the_readers_and_says_so(ana: Agency, make: Factory, visit: Visit) -> None:
    theirs, others = make.conversation(ana), make.conversation(ana, brand=1)
    one, two = ana.brand_ids[:2]
    owner = visit(ana.client_owner)
    mine, foreign = (one, two) if one in (ana.client_owner.brand_ids or ()) else (two, one)
    page = owner.get(f"/inbox?brand={one}&brand={two}").text
    assert "1 brand of this address is not yours" in page
    assert (str(theirs) in page) != (str(others) in page)
    assert owner.get(f"/inbox?brand={foreign}").status_code == 404
    assert owner.get(f"/inbox?brand={mine}").status_code == 200
    visit(ana.team_lead).post("/inbox/views", {"view_name": "Foreign", "brand": str(foreign), "shared": "1"})
    assert "Foreign" not in owner.get("/inbox/views").text


def test_a_switch_leads_back_to_where_one_was(ana: Agency, make: Factory, visit: Visit) -> None:
    case, staff = make.conversation(ana), visit(ana.staff)
    one, two = ana.brand_ids[:2]
    here = f"/inbox/{case}?view=free&brand={one}"
    staff.get(here, Referer=f"http://localhost/inbox?brand={one}")
    assert staff.get(f"/inbox?brand={two}&back=1").status_code == 200, "never been there: the top"
    back = staff.get(f"/inbox?brand={one}&back=1")
    assert (back.status_code, back.headers["Location"]) == (303, f"{here}&returned=1")
    page = staff.get(f"{here}&returned=1").text
    assert "Back where you were." in page
    assert f'href="/inbox?view=free&amp;brand={one}">To the top' in page
    with ana.entered(ana.staff):
        desk.close(ana.staff, case)
    assert staff.get(f"/inbox?brand={one}&back=1").headers["Location"] == f"/inbox?view=free&brand={one}&returned=1"
    assert visit(ana.team_lead).get(f"/inbox?brand={one}&back=1").status_code == 200, "a place is its person's own"


def test_the_oldest_places_of_a_person_are_forgotten(ana: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_places, "MOST_PLACES", 2)
    lead, (one, two, three) = ana.team_lead, ana.brand_ids

    def been(actor: Actor, *brands: UUID) -> None:
        with ana.entered(actor):
            last_places.remember_place(actor, brands, {}, None)

    def known(actor: Actor) -> list[UUID]:
        with ana.entered(actor):
            return [one for one in ana.brand_ids if last_places.place_in(actor, [one]) is not None]

    been(ana.staff, one)
    for brand in (one, two, one, three):
        been(lead, brand)
    assert known(lead) == [one, three], "the place left longest ago is gone"
    assert known(ana.staff) == [one], "a colleague's is not touched"


def test_a_page_asked_for_again_writes_no_place(
    ana: Agency, make: Factory, visit: Visit, statements: Callable[[], list[str]]
) -> None:
    case, staff = make.conversation(ana), visit(ana.staff)
    for path, came_from in (
        (f"/inbox/{case}", f"/inbox/{case}"),
        ("/inbox?view=late", "/inbox?view=late"),
        ("/inbox", ""),
    ):
        headers = {"Referer": f"http://localhost{came_from}"} if came_from else {}
        statements()
        staff.get(path, **headers)
        assert not [s for s in statements() if "last_place" in s]
    staff.get(f"/inbox/{case}", Referer="http://localhost/inbox")
    assert [s for s in statements() if s.startswith("INSERT INTO last_place")]
    for junk in ("http://[", "http://localhost/inbox?" + "brand=x&" * 3000, "http://localhost/inbox/%00?brand=\x7f"):
        assert staff.get("/inbox", Referer=junk).status_code == 200
