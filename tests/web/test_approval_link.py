"""A client who never signs in decides from a mail: what a link may do, what ends it, and what it says then."""

from __future__ import annotations

import re
import string
import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from agency.replies import desk
from agency.replies.approval_requests import LIFE
from agency.web.who import throttle
from jobs.upkeep import keep_up
from tenants import clock, people, tokens
from tenants.brands import archive_brand
from tenants.database import db
from tenants.outbox import JobName
from tenants.permissions import Role
from tenants.throttle import APPROVAL_LINK
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.mailed import Phone, asked, bodies, links
from tests.web.replying import HOSTILE, is_inert, promises, rewritten, row_of, waiting_reply

SAID = "Cold breakfast, rude staff."


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana, platform="google_business", kind="review", stars=1, text=SAID)


@pytest.fixture
def reply_id(ana: Agency, case: UUID) -> UUID:
    return waiting_reply(ana, case)


@pytest.fixture
def link(whole_app: Flask, superuser: Engine, reply_id: UUID) -> str:
    (path,) = links(whole_app, superuser)
    return path


@pytest.fixture
def phone(whole_app: Flask) -> Phone:
    return Phone(whole_app)


def everything(superuser: Engine) -> dict[str, str]:
    """A fingerprint of every table."""
    with superuser.begin() as connection:
        tables = connection.execute(
            text("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
        ).scalars()
        ask = "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {} t"
        return {name: connection.execute(text(ask.format(name))).scalar_one() for name in list(tables)}


def acts(superuser: Engine, reply_id: UUID) -> list[str]:
    with superuser.begin() as connection:
        wanted = text("select action from brand_audit where subject_id = :id and action like 'reply.%' order by id")
        return list(connection.execute(wanted, {"id": str(reply_id)}).scalars())[1:]


def mails_fail(superuser: Engine, since: str = "") -> list[bool]:
    """Whether mails to whoever was asked come back; since so long ago, where that is given."""
    asked_one = "id in (select approver_id from approval_request)"
    with superuser.begin() as connection:
        if since:
            failing = f"update person set mail_failed_at = now() - interval '{since}' where {asked_one}"
            connection.execute(text(failing))
        return list(
            connection.execute(text(f"select mail_failed_at is not null from person where {asked_one}")).scalars()
        )


def test_a_link_shows_the_words_without_cookie_script_or_referrer(phone: Phone, link: str) -> None:
    page = phone.open(link)
    assert page.status_code == 200
    for words in (SAID, "Thank you, we look into it.", "1 of 5 stars", "Lantern Street", "Approve and publish"):
        assert words in page.text
    assert "mailed to" in page.text
    assert "Set-Cookie" not in page.headers
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "no-store"
    assert 'name="referrer" content="no-referrer"' in page.text
    scripts = re.findall(r"<script[^>]*src=\"(/static/[^\"?]*)", page.text)
    assert scripts == ["/static/vendor/htmx.min.js", "/static/fragments.js"]
    assert page.text.count("<script") == len(scripts), "and none that stands in the page"
    assert "csrf_token" not in page.text
    assert "http" not in page.text.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_scanners_open_every_link_of_every_mail_twice_and_change_nothing(
    phone: Phone, whole_app: Flask, superuser: Engine, ana: Agency, reply_id: UUID
) -> None:
    found = links(whole_app, superuser)
    assert found
    for path in found:
        phone.open(path)  # statement kinds are met for the first time
    before = everything(superuser)
    for _round in range(2):
        for path in found:
            for address in (path, f"{path}?open=change", f"{path}?open=decline", f"{path}?done=1&do=approve"):
                for method in ("HEAD", "GET", "OPTIONS"):
                    answer = phone.open(address, method)
                    assert answer.status_code == 200
                    assert "Set-Cookie" not in answer.headers
    assert everything(superuser) == before
    assert row_of(ana, reply_id).state == "awaiting_approval"


def test_a_yes_is_given_once_and_a_second_tap_says_so(
    phone: Phone, link: str, ana: Agency, reply_id: UUID, superuser: Engine
) -> None:
    mails_fail(superuser, "1 day")
    first = phone.press(link, "approve", follow=True)
    assert mails_fail(superuser) == [False], "the mail they press by has come"
    assert "Approved at" in first.text
    assert "published once" in first.text
    assert row_of(ana, reply_id).state == "approved"
    again = phone.press(link, "approve", follow=True)
    assert "Already approved at" in again.text
    assert "by you" in again.text
    assert 'value="approve"' not in again.text
    assert acts(superuser, reply_id) == ["reply.submit", "reply.approve"]
    assert promises(superuser, JobName.PUBLISH_REPLY) == 1
    (request,) = asked(ana, reply_id)
    assert (request.ended_because, request.ended_by) == ("approve", ana.client_owner.user_id)
    assert request.from_address == "127.0.0.1"
    assert request.mail_id is not None


def test_what_was_typed_beside_a_decision_made_in_another_tab_is_given_back(
    phone: Phone, link: str, ana: Agency, reply_id: UUID
) -> None:
    hash_shown = row_of(ana, reply_id).text_hash
    phone.press(link, "approve")
    late = phone.post(link, {"do": "decline", "text_hash": hash_shown, "reason": "A reason typed elsewhere"})
    assert late.status_code == 409
    assert "Already approved at" in late.text
    assert "A reason typed elsewhere" in late.text
    asked_anew = phone.post(link, {"do": "newer"}, follow=True)
    assert "A newer link was mailed" not in asked_anew.text
    assert "mailed=1" not in asked_anew.request.url


def test_fifty_presses_at_once_are_one_yes(
    whole_app: Flask, link: str, ana: Agency, reply_id: UUID, superuser: Engine
) -> None:
    form = {"do": "approve", "text_hash": row_of(ana, reply_id).text_hash}
    barrier, codes = threading.Barrier(10), []

    def press() -> None:
        barrier.wait()
        for _time in range(5):
            codes.append(Phone(whole_app).post(link, form).status_code)

    threads = [threading.Thread(target=press) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [303] * 50
    assert acts(superuser, reply_id) == ["reply.submit", "reply.approve"]
    assert promises(superuser, JobName.PUBLISH_REPLY) == 1


def test_words_are_changed_looked_at_and_approved(phone: Phone, link: str, ana: Agency, reply_id: UUID) -> None:
    opened = phone.open(f"{link}?open=change").text
    assert '<details class="fold" id="change" open>' in opened
    mine = "Thank you, we truly look into it."
    looked = phone.press(link, "approve", text=mine)
    assert looked.status_code == 200
    assert "<ins>" in looked.text
    assert row_of(ana, reply_id).state == "awaiting_approval"
    done = phone.press(link, "change_and_approve", text=mine, follow=True)
    assert "Approved at" in done.text
    assert mine in done.text
    row = row_of(ana, reply_id)
    assert (row.state, row.text, row.by_approver) == ("approved", mine, True)


def test_while_somebody_types_the_part_that_follows_is_answered_alone(
    whole_app: Flask, phone: Phone, link: str, make: Factory, ana: Agency, reply_id: UUID
) -> None:
    make.guide(ana, [{"kind": "banned", "id": "no-refunds", "level": "stop", "phrases": ["refund"], "match": "exact"}])
    form = {"do": "check", "text_hash": row_of(ana, reply_id).text_hash, "text": "Thank you, refund."}
    headers = {"HX-Request": "true", "Origin": "null"}
    part = whole_app.test_client().post(link, data=form, headers=headers).text
    assert part.lstrip().startswith("<div")
    assert "<ins>" in part
    assert 'data-level="stop"' in part
    plain = whole_app.test_client().post(link, data=form | {"text": "Thank you all."}, headers=headers).text
    assert "In style" in plain
    was = row_of(ana, reply_id).text
    unseen = whole_app.test_client().post(link, data=form | {"text": f"{was}\u200b\u202c"}, headers=headers).text
    assert "U+200B U+202C\u200b\u202c<span" in unseen, "nobody would see that these came"
    assert row_of(ana, reply_id).state == "awaiting_approval"


@pytest.mark.parametrize(
    ("deed", "state", "said"),
    [("decline", "declined", "Already declined"), ("ask_for_changes", "draft", "already asked for")],
)
def test_a_no_says_why(
    phone: Phone, link: str, ana: Agency, reply_id: UUID, superuser: Engine, deed: str, state: str, said: str
) -> None:
    refused = phone.press(link, deed, reason=" ")
    assert refused.status_code == 422
    assert "Say in a few words" in refused.text
    mails_fail(superuser, "-1 day")
    phone.press(link, deed, reason="We never promise dates.")
    assert mails_fail(superuser) == [True], "an older mail proves nothing"
    assert row_of(ana, reply_id).state == state
    after = phone.open(link).text
    assert said in after
    assert "We never promise dates." in after
    assert "Thank you, we look into it." not in after


def test_the_style_guide_stops_words_typed_behind_a_link(
    phone: Phone, link: str, make: Factory, ana: Agency, reply_id: UUID
) -> None:
    make.guide(ana, [{"kind": "banned", "id": "no-refunds", "level": "stop", "phrases": ["refund"], "match": "exact"}])
    answer = phone.press(link, "change_and_approve", text="You get a refund today.")
    assert answer.status_code == 422
    assert "Your style guide stops these words" in answer.text
    assert "You get a refund today." in answer.text
    assert row_of(ana, reply_id).state == "awaiting_approval"


def test_new_words_end_the_old_link_which_never_shows_them(
    phone: Phone, link: str, whole_app: Flask, ana: Agency, reply_id: UUID, superuser: Engine
) -> None:
    old = row_of(ana, reply_id).text_hash
    rewritten(ana, reply_id, "Other secret words.")
    for answer in (phone.open(link), phone.post(link, {"do": "approve", "text_hash": old})):
        assert "changed these words after the mail" in answer.text
        assert "secret" not in answer.text
    assert row_of(ana, reply_id).state == "awaiting_approval"
    newer = links(whole_app, superuser)[-1]
    assert newer != link
    assert "Mail me the newer link" in phone.open(link).text
    phone.press(newer, "approve")
    assert row_of(ana, reply_id).state == "approved"
    assert [one.ended_because for one in asked(ana, reply_id)] == ["edit", "approve"]


def test_what_was_approved_is_shown_only_while_it_is_what_goes_out(
    phone: Phone, link: str, whole_app: Flask, ana: Agency, reply_id: UUID, superuser: Engine
) -> None:
    phone.press(link, "approve")
    assert "Thank you, we look into it." in phone.open(link).text
    with ana.entered(ana.staff):
        desk.withdraw(ana.staff, reply_id)
    rewritten(ana, reply_id, "Words approved later.")
    phone.press(links(whole_app, superuser)[-1], "approve")
    page = phone.open(link).text
    assert "Already approved at" in page
    assert "Something changed since" in page
    assert "Words approved later." not in page


def test_a_link_that_expired_has_a_newer_one_mailed_three_times_an_hour(
    phone: Phone, link: str, whole_app: Flask, ana: Agency, reply_id: UUID, superuser: Engine
) -> None:
    (request,) = asked(ana, reply_id)
    for moment, works in ((-1, True), (0, False), (1, False)):
        with clock.stopped_at(request.expires_at + timedelta(seconds=moment)):
            assert ("Approve and publish" in phone.open(link).text) is works, moment
    with clock.stopped_at(request.expires_at + timedelta(seconds=1)):
        assert phone.press(link, "approve", text_hash=row_of(ana, reply_id).text_hash).status_code == 409
        page = phone.open(link).text
        assert "good for three days" in page
        assert "Thank you, we look into it." not in page
        assert "Mail me the newer link" in page
        assert "A newer link was mailed to you." in phone.post(link, {"do": "newer"}, follow=True).text
        newer = links(whole_app, superuser)[-1]
        assert newer != link
        assert newer not in phone.open(link).text
        assert "Approve and publish" in phone.open(newer).text
        codes = [phone.post(link, {"do": "newer"}).status_code for _time in range(3)]
    assert codes == [303, 303, 429]
    assert timedelta(hours=72) == LIFE


def _withdrawn(ana: Agency, reply_id: UUID, _superuser: Engine) -> None:
    with ana.entered(ana.staff):
        desk.withdraw(ana.staff, reply_id)


def _customer_deletes(ana: Agency, _reply_id: UUID, superuser: Engine) -> None:
    from agency.replies.lapsing import recheck_conversation

    with superuser.begin() as connection:
        connection.execute(text("update message set deleted_at = now(), text = ''"))
        case = connection.execute(text("select conversation_id from reply")).scalar_one()
    with ana.entered():
        recheck_conversation(case)


def _role_gone(ana: Agency, _reply_id: UUID, _superuser: Engine) -> None:
    with ana.entered(ana.agency_admin):
        people.change_role(ana.agency_admin, ana.client_owner.user_id, Role.STAFF, [ana.brand_ids[0]])


def _left(ana: Agency, _reply_id: UUID, _superuser: Engine) -> None:
    with ana.entered(ana.agency_admin):
        people.remove_member(ana.agency_admin, ana.client_owner.user_id)


def _disabled(ana: Agency, _reply_id: UUID, superuser: Engine) -> None:
    with superuser.begin() as connection:
        ended = text("update person set disabled_at = now() where id = :id")
        connection.execute(ended, {"id": ana.client_owner.user_id})


ENDINGS = {
    "withdraw": (_withdrawn, "took this reply back"),
    "lapse": (_customer_deletes, "changed after the mail was sent"),
    "role": (_role_gone, "You no longer decide"),
    "left": (_left, "You no longer decide"),
    "disabled": (_disabled, "You no longer decide"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_each_ending_says_why_and_decides_nothing(
    phone: Phone, link: str, ana: Agency, reply_id: UUID, superuser: Engine, name: str
) -> None:
    end, words = ENDINGS[name]
    form = {"do": "approve", "text_hash": row_of(ana, reply_id).text_hash}
    end(ana, reply_id, superuser)
    before = acts(superuser, reply_id)
    for answer in (phone.post(link, form), phone.post(link, {**form, "do": "newer"}, follow=True), phone.open(link)):
        assert words in answer.text
        assert "Thank you, we look into it." not in answer.text
        assert SAID not in answer.text
        assert 'value="newer"' not in answer.text
    assert acts(superuser, reply_id) == before
    assert len(asked(ana, reply_id)) == 1
    keep_up(ana.app)
    (request,) = asked(ana, reply_id)
    assert request.ended_because == (name if name in ("withdraw", "lapse") else "approver_left")


def test_who_said_yes_and_left_is_told_nothing_wrong_about_it(
    phone: Phone, link: str, ana: Agency, reply_id: UUID, superuser: Engine
) -> None:
    phone.press(link, "approve")
    _left(ana, reply_id, superuser)
    page = phone.open(link).text
    assert "Already approved at" in page
    assert "You no longer decide on replies of" in page
    assert "not published" not in page


def test_a_brand_on_the_shelf_is_in_no_list_and_takes_no_yes(
    phone: Phone, whole_app: Flask, link: str, ana: Agency, reply_id: UUID
) -> None:
    with ana.entered(ana.agency_admin):
        archive_brand(ana.agency_admin, ana.brand_ids[0])
    assert "Sending for this brand is paused." in phone.open(link).text
    assert phone.press(link, "approve").status_code == 409
    assert row_of(ana, reply_id).state == "awaiting_approval"
    assert str(reply_id) not in Browser(whole_app, ana.client_owner).get("/approvals").text


def test_upkeep_writes_down_what_expired(ana: Agency, reply_id: UUID) -> None:
    (request,) = asked(ana, reply_id)
    with clock.stopped_at(request.expires_at - timedelta(seconds=1)):
        keep_up(ana.app)
        assert asked(ana, reply_id)[0].ended_because is None
    with clock.stopped_at(request.expires_at):
        keep_up(ana.app)
        assert asked(ana, reply_id)[0].ended_because == "expired"


def test_the_first_of_several_decides_and_the_others_hear_who(
    phone: Phone, make: Factory, whole_app: Flask, ana: Agency, case: UUID, superuser: Engine
) -> None:
    other = make.person(ana, Role.CLIENT_OWNER)
    reply_id = waiting_reply(ana, case)
    first, second = links(whole_app, superuser)
    one, two = asked(ana, reply_id)
    assert {one.approver_id, two.approver_id} == {ana.client_owner.user_id, other.user_id}
    decider = next(r for r in (one, two) if r.approver_name == other.name)
    theirs = first if decider is one else second
    mine = second if theirs is first else first
    phone.press(theirs, "change_and_approve", text="Words of Olga alone.")
    late = phone.post(mine, {"do": "decline", "text_hash": one.text_hash, "reason": "What I had typed"})
    assert late.status_code == 409
    for page in (late.text, phone.open(mine).text):
        assert "Already approved at" in page
        assert f"by {other.name}" in page
        assert "Words of Olga alone." not in page
    assert "What I had typed" in late.text
    assert row_of(ana, reply_id).state == "approved"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(place=st.integers(0, 42), sign=st.sampled_from(string.ascii_letters + string.digits + "-_."))
def test_no_altered_token_does_anything(
    phone: Phone, link: str, ana: Agency, reply_id: UUID, place: int, sign: str
) -> None:
    token = link.removeprefix("/a/")
    altered = token[:place] + sign + token[place + 1 :]
    with ana.app.app_context():
        found = tokens.was_link(tokens.Purpose.APPROVE_REPLY, altered)
        assert (found is None) is (altered != token)


ALTERED: tuple[Callable[[str], str], ...] = (
    lambda t: t[:-1],
    lambda t: t + "A",
    str.swapcase,
    str.lower,
    lambda t: t + "/x",
    lambda t: t[:42] + "é",
)


@pytest.mark.parametrize("change", ALTERED)
def test_an_altered_link_is_no_link(
    phone: Phone, link: str, ana: Agency, reply_id: UUID, change: Callable[[str], str]
) -> None:
    altered = "/a/" + change(link.removeprefix("/a/"))
    form = {"do": "approve", "text_hash": row_of(ana, reply_id).text_hash}
    for answer in (phone.open(altered), phone.post(altered, form)):
        assert answer.status_code == 404
        assert SAID not in answer.text
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert row_of(ana, reply_id).state == "awaiting_approval"


def test_tokens_of_another_purpose_are_no_links(phone: Phone, whole_app: Flask, link: str, ana: Agency) -> None:
    with whole_app.app_context():
        reset = tokens.mint(tokens.Purpose.PASSWORD_RESET, ana.client_owner.user_id)
        db.session.commit()
    assert phone.open(f"/a/{reset}").status_code == 404
    assert phone.open(f"/reset/{link.removeprefix('/a/')}").status_code == 404
    assert phone.open(f"/reconnect/{link.removeprefix('/a/')}").status_code == 404


def test_guessers_and_hammerers_are_slowed_down(
    phone: Phone, link: str, whole_app: Flask, ana: Agency, reply_id: UUID
) -> None:
    (request,) = asked(ana, reply_id)
    with whole_app.app_context():
        for _time in range(APPROVAL_LINK.most - 2):
            throttle().count((APPROVAL_LINK, str(request.id)))
    codes = [phone.post(link, {"do": "check"}).status_code for _time in range(3)]
    assert 429 not in codes[:2], "so many are everybody's"
    assert codes[2] == 429
    wrong = [phone.open(f"/a/{'x' * 43}").status_code for _time in range(62)]
    assert wrong[0] == 404
    assert wrong[-1] == 429


def test_another_agencys_brand_is_never_reached(
    phone: Phone, make: Factory, stranger: Agency, link: str, ana: Agency, reply_id: UUID, superuser: Engine
) -> None:
    with superuser.begin() as connection:
        theirs = {"agency": stranger.id, "brand": stranger.brand_ids[0]}
        connection.execute(text("update one_time_token set agency_id = :agency, brand_id = :brand"), theirs)
    assert phone.open(link).status_code == 404
    assert phone.press(link, "approve").status_code == 404
    assert row_of(ana, reply_id).state == "awaiting_approval"


@pytest.mark.parametrize(
    ("origin", "code"), [("null", 303), ("", 303), ("http://localhost", 303), ("https://evil.example", 403)]
)
def test_another_sites_page_presses_nothing(phone: Phone, link: str, origin: str, code: int) -> None:
    assert phone.press(link, "approve", origin=origin).status_code == code


def test_hostile_words_do_nothing_behind_a_link(
    phone: Phone, make: Factory, whole_app: Flask, ana: Agency, superuser: Engine
) -> None:
    waiting_reply(ana, make.conversation(ana, text=HOSTILE, author=HOSTILE), "Fine")
    (path,) = links(whole_app, superuser)
    assert is_inert(phone.open(path).text)
    assert is_inert(phone.press(path, "check", text="x" + HOSTILE, reason=HOSTILE).text)


def test_who_is_signed_in_sees_the_same_page_in_their_frame(
    whole_app: Flask, phone: Phone, link: str, ana: Agency, reply_id: UUID
) -> None:
    owner, staff = Browser(whole_app, ana.client_owner), Browser(whole_app, ana.staff)
    page = owner.get(link)
    assert "Approve and publish" in page.text
    assert ana.client_owner.name in page.text
    assert page.headers["Referrer-Policy"] == "strict-origin"
    for browser in (owner, staff):
        assert "Approve and publish" in browser.get(link).text
    assert "/inbox" not in staff.get(link).text, "the link is its addressee's, whoever holds it"
    form = {"do": "approve", "text_hash": row_of(ana, reply_id).text_hash}
    assert owner.post(link, form).status_code == 303
    assert "Already approved" in phone.open(link).text


def test_it_speaks_the_language_of_whoever_was_asked(phone: Phone, link: str, ana: Agency, superuser: Engine) -> None:
    with superuser.begin() as connection:
        connection.execute(text("update person set language = 'pl'"))
    assert '<html lang="pl"' in phone.open(link).text
    assert "Zatwierdzono o" in phone.press(link, "approve", follow=True).text
    assert "Już zatwierdzono o" in phone.open(link).text


def test_mails_hold_no_address_but_our_own(whole_app: Flask, superuser: Engine, link: str) -> None:
    for body in bodies(whole_app, superuser):
        assert "/approvals/" not in body
