"""A guide in force, a name and an account say by what a brand is known; drafts of the others are held against it."""

from __future__ import annotations

from sqlalchemy import select, update

from channels import accounts
from styleguides import guides, saved_replies
from styleguides.brand_check import check_for_brand
from styleguides.known_by import marks_of
from styleguides.rules import rules_from_data
from tenants import brands, clock
from tenants.brand_marks import Mark
from tenants.database import db
from tenants.models import Brand, BrandMark
from tests.factories import Agency, Factory

RULES = [
    {"kind": "links", "id": "links", "allowed_domains": ["sol-poente.example"]},
    {"kind": "sign_off", "id": "sign", "any_of": ["A equipa do Sol", "Até já, {name}"]},
    {"kind": "personal_data", "id": "data", "allowed": ["ola@padaria.example", "+351 21 000 00 01"]},
]


def stops(agency: Agency, words: str, brand: int = 0, *, beside_others: bool = True) -> list[str]:
    with agency.entered():
        found = check_for_brand(agency.brand_ids[brand], words, None, "message", beside_others=beside_others).findings
    return [words[one.start : one.end] for one in found if one.rule == "other-brand"]


def test_what_a_guide_names_as_its_own() -> None:
    assert list(marks_of(rules_from_data(RULES))) == [
        Mark("domain", "sol-poente.example"),
        Mark("sign_off", "A equipa do Sol"),
        Mark("domain", "padaria.example"),
        Mark("phone", "+351 21 000 00 01"),
    ]


def test_a_mailbox_at_a_provider_everybody_uses_says_nothing_of_the_providers_others(ana: Agency) -> None:
    rules = [{"kind": "personal_data", "id": "data", "allowed": ["sol.poente@gmail.com"]}]
    with ana.entered():
        guides.draft_version(ana.team_lead, ana.brand_ids[1], rules)
        guides.put_in_force(ana.team_lead, ana.brand_ids[1], 1)
    assert stops(ana, "Write to sol.poente@gmail.com or to ours@gmail.com.") == ["sol.poente@gmail.com"]


def test_a_guide_in_force_guards_the_other_brands_and_its_successor_takes_its_place(ana: Agency) -> None:
    words = "See www.sol-poente.example or call 21 000 00 01. A equipa do Sol"
    with ana.entered():
        guides.draft_version(ana.team_lead, ana.brand_ids[1], RULES)
    assert stops(ana, words) == []
    with ana.entered():
        guides.put_in_force(ana.team_lead, ana.brand_ids[1], 1)
    assert stops(ana, words) == ["www.sol-poente.example", "21 000 00 01", "A equipa do Sol"]
    assert stops(ana, words, brand=1) == []
    assert stops(ana, words, beside_others=False) == []
    with ana.entered():
        guides.draft_version(ana.team_lead, ana.brand_ids[1], RULES[:1])
        guides.put_in_force(ana.team_lead, ana.brand_ids[1], 2)
    assert stops(ana, words) == ["www.sol-poente.example"]


def test_a_guide_may_allow_words_and_lower_the_level(ana: Agency) -> None:
    with ana.entered():
        brands.change_brand(ana.agency_admin, ana.brand_ids[1], name="Quillfeather")
        rule = {
            "kind": "other_brands",
            "id": "sisters",
            "level": "warn",
            "allowed": ["quillfeather"],
            "reason": "One house.",
        }
        guides.draft_version(ana.team_lead, ana.brand_ids[0], [rule])
    assert stops(ana, "Thanks from Quillfeather and @quill.") == ["Quillfeather"]
    with ana.entered():
        guides.put_in_force(ana.team_lead, ana.brand_ids[0], 1)
        accounts.connect(None, ana.brand_ids[1], "instagram", "17841400000000077", "token", name="quill")
    assert stops(ana, "Thanks from Quillfeather and @quill.") == ["@quill"]
    with ana.entered():
        [found] = check_for_brand(
            ana.brand_ids[0], "Thanks, @quill.", None, "message", language="en", beside_others=True
        ).findings
    assert (found.level, "One house." in found.message) == ("warn", True)


def test_a_renamed_brand_and_a_disconnected_account_are_forgotten(ana: Agency) -> None:
    with ana.entered():
        brands.change_brand(ana.agency_admin, ana.brand_ids[1], name="Quillfeather")
        account_id = accounts.connect(None, ana.brand_ids[1], "facebook", "770", "token", name="Feather House").id
    assert stops(ana, "Quillfeather, Feather House") == ["Quillfeather", "Feather House"]
    with ana.entered():
        brands.change_brand(ana.agency_admin, ana.brand_ids[1], name="Anders")
        accounts.disconnect(None, account_id)
    assert stops(ana, "Quillfeather, Feather House") == []


def test_an_account_without_a_name_of_its_own_is_nobodys_name(ana: Agency) -> None:
    with ana.entered():
        accounts.connect(None, ana.brand_ids[1], "facebook", "7700770", "token")
        sources = db.session.scalars(select(BrandMark.source)).all()
    assert not [source for source in sources if source.startswith("account:")]
    assert stops(ana, "Your number is 7700770.") == []


def test_a_saved_reply_of_another_brand_stops_a_draft_also_slightly_changed(ana: Agency) -> None:
    words = "Thank you for telling us, we are sorry about the cold bread and would love to bake you a loaf on Monday."
    with ana.entered():
        texts = [{"language": "en", "text": words}]
        saved_replies.create_saved_reply(ana.team_lead, ana.brand_ids[1], {"title": "Cold bread", "texts": texts})
    changed = words.replace("Monday", "Friday")
    assert stops(ana, changed) == [changed]
    assert stops(ana, changed, brand=1) == []
    assert stops(ana, "Thank you for telling us, your parcel left the depot this morning and arrives tomorrow.") == []


def test_a_change_of_something_else_does_not_bring_an_old_name_back(ana: Agency) -> None:
    """A colleague renames the brand while this row is in hand."""
    with ana.entered():
        brand = brands.brand_for(ana.agency_admin, ana.brand_ids[1])
        old = brand.name
        with ana.app.app_context(), ana.entered():
            brands.change_brand(ana.agency_admin, ana.brand_ids[1], name="Quillfeather")
        brands.change_brand(ana.agency_admin, ana.brand_ids[1], colour="#000000")
        names = db.session.scalars(
            select(BrandMark.written).where(BrandMark.of_brand_id == brand.id, BrandMark.source == "brand")
        ).all()
    assert old != "Quillfeather"
    assert set(names) == {"Quillfeather"}


def levels(agency: Agency, words: str) -> list[tuple[str, str]]:
    with agency.entered():
        found = check_for_brand(agency.brand_ids[0], words, None, "message", beside_others=True).findings
    return [(words[one.start : one.end], one.level) for one in found if one.rule == "other-brand"]


def test_an_archived_brand_warns_and_stops_nothing_until_it_comes_back(ana: Agency) -> None:
    words = "Quillfeather, see quill.example"
    with ana.entered():
        brands.change_brand(ana.agency_admin, ana.brand_ids[1], name="Quillfeather")
        brands.archive_brand(ana.agency_admin, ana.brand_ids[1])
        rules = [{"kind": "links", "id": "links", "allowed_domains": ["quill.example"]}]
        guides.draft_version(ana.team_lead, ana.brand_ids[1], rules)
        guides.put_in_force(ana.team_lead, ana.brand_ids[1], 1)  # what is noted of it now is shelved, too
    assert levels(ana, words) == [("Quillfeather", "warn"), ("quill.example", "warn")]
    with ana.entered():
        brands.archive_brand(ana.agency_admin, ana.brand_ids[1], archived=False)
    assert levels(ana, words) == [("Quillfeather", "stop"), ("quill.example", "stop")]


def test_what_a_living_brand_is_called_too_still_stops(ana: Agency, make: Factory) -> None:
    with ana.entered():
        third = brands.open_brand(ana.agency_admin, "Quillfeather").id
        brands.change_brand(ana.agency_admin, ana.brand_ids[1], name="Hotel Quillfeather")
        brands.archive_brand(ana.agency_admin, ana.brand_ids[1])
    assert levels(ana, "Hotel Quillfeather and Quillfeather") == [("Quillfeather", "stop"), ("Quillfeather", "stop")]
    with ana.entered():
        brands.archive_brand(ana.agency_admin, third)
    assert levels(ana, "Hotel Quillfeather") == [("Hotel Quillfeather", "warn")]


def test_an_archived_brand_says_no_more_than_a_guide_that_only_hints(ana: Agency) -> None:
    with ana.entered():
        brands.change_brand(ana.agency_admin, ana.brand_ids[1], name="Quillfeather")
        brands.archive_brand(ana.agency_admin, ana.brand_ids[1])
        guides.draft_version(
            ana.team_lead, ana.brand_ids[0], [{"kind": "other_brands", "id": "sisters", "level": "hint"}]
        )
        guides.put_in_force(ana.team_lead, ana.brand_ids[0], 1)
    assert levels(ana, "Thanks, Quillfeather.") == [("Quillfeather", "hint")]


def test_upkeep_shelves_what_is_known_of_brands_archived_before(ana: Agency) -> None:
    with ana.entered():
        brands.change_brand(ana.agency_admin, ana.brand_ids[1], name="Quillfeather")
        db.session.execute(update(Brand).where(Brand.id == ana.brand_ids[1]).values(archived_at=clock.now()))
    assert levels(ana, "Quillfeather") == [("Quillfeather", "stop")]
    with ana.entered():
        brands.mark_unmarked()
    assert levels(ana, "Quillfeather") == [("Quillfeather", "warn")]
