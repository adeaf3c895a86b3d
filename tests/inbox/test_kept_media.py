"""What expires is promised with its item, kept once, and gone with its message."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from agency.inbox import kept_media
from agency.inbox.erasing import erase_person
from agency.inbox.intake import mark_gone, store_page
from agency.inbox.models import Conversation, KeptMedia, Message
from channels.items import Attachment, IncomingItem
from channels.media_kinds import MediaCopy
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.models import OutboxEntry
from tenants.outbox import JobName
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment, page

NOW = at(600)
PICTURE = Attachment("story_reply", "https://scontent.fbcdn.net/story?oh=1", None, expires=True)
LINK = Attachment("share", "https://example.com/", "A page")
ROOM = 1_000
COPY = MediaCopy("image/png", b"\x89PNG\r\n\x1a\nbytes")


@pytest.fixture
def account(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="instagram")


def keep(agency: Agency, account_id: UUID, *items: IncomingItem, **more: Any) -> None:
    with agency.entered():
        store_page(db.session.scalars(select(Account).where(Account.id == account_id)).one(), page(*items), now=NOW)


def rows(agency: Agency) -> list[tuple[int, str, str | None, str | None]]:
    with agency.entered():
        found = db.session.execute(
            select(KeptMedia.position, KeptMedia.state, KeptMedia.reason, KeptMedia.url).order_by(KeptMedia.position)
        )
        return [(row[0], row[1], row[2], row[3]) for row in found]


def only_id(agency: Agency) -> UUID:
    with agency.entered():
        return db.session.scalars(select(KeptMedia.id)).one()


def promises(agency: Agency) -> int:
    with agency.entered():
        wanted = select(OutboxEntry.id).where(OutboxEntry.job_name == JobName.KEEP_MEDIA.value)
        return len(list(db.session.scalars(wanted)))


def test_what_expires_is_promised_once_and_nothing_else(ana: Agency, account: UUID) -> None:
    keep(ana, account, comment(1, attachments=(LINK, PICTURE)), comment(2, attachments=(LINK,)), comment(3))
    keep(ana, account, comment(1, attachments=(LINK, PICTURE)))
    assert rows(ana) == [(1, "waiting", None, PICTURE.url)]
    assert promises(ana) == 1


def test_what_comes_without_an_address_is_gone_until_one_is_told(ana: Agency, account: UUID) -> None:
    keep(ana, account, comment(1, attachments=(Attachment("story_reply", None, None, expires=True),)))
    assert rows(ana) == [(0, "gone", kept_media.NO_ADDRESS, None)]
    assert promises(ana) == 0
    keep(ana, account, comment(1, "Changed.", attachments=(PICTURE,)))
    assert rows(ana) == [(0, "waiting", None, PICTURE.url)]
    assert promises(ana) == 1


def test_a_kept_copy_stays_when_the_platform_has_it_no_more(ana: Agency, account: UUID) -> None:
    keep(ana, account, comment(1, attachments=(PICTURE,)))
    media_id = only_id(ana)
    with ana.entered():
        assert kept_media.address_of(media_id) == PICTURE.url
        kept_media.keep(media_id, COPY, ROOM)
    with ana.entered():
        assert kept_media.address_of(media_id) is None
        kept_media.keep(media_id, MediaCopy("image/gif", b"GIF89a second"), ROOM)
        kept_media.give_up(media_id, "gone", kept_media.EXPIRED)
    keep(ana, account, comment(1, "Again.", attachments=(Attachment("story_reply", None, None, expires=True),)))
    keep(ana, account, comment(1, "And again.", attachments=()))
    with ana.entered():
        conversation_id = db.session.scalars(select(Message.conversation_id)).one()
        served = kept_media.copy_of(conversation_id, media_id)
        assert (served.content_type, served.body) == ("image/png", COPY.body)
        for wrong in ((new_id(), media_id), (conversation_id, new_id())):
            with pytest.raises(NotFound):
                kept_media.copy_of(*wrong)


def test_a_tombstone_takes_the_copy_and_a_late_one_stays_away(ana: Agency, account: UUID) -> None:
    keep(ana, account, comment(1, attachments=(PICTURE,)), comment(2, attachments=(PICTURE,)))
    with ana.entered():
        found = db.session.execute(
            select(Message.external_id, KeptMedia.id).join(Message, Message.id == KeptMedia.message_id)
        )
        ids = {row[0]: row[1] for row in found}
        kept_media.keep(ids["post_1"], COPY, ROOM)
        mark_gone(db.session.scalars(select(Account).where(Account.id == account)).one(), ["post_1", "post_2"], now=NOW)
    assert rows(ana) == []
    with ana.entered():
        assert kept_media.address_of(ids["post_2"]) is None
        kept_media.keep(ids["post_2"], COPY, ROOM)
    assert rows(ana) == []
    keep(ana, account, comment(1, "Late.", attachments=(PICTURE,)))
    assert rows(ana) == []


def test_whoever_asks_to_be_forgotten_leaves_no_copy(ana: Agency, account: UUID) -> None:
    keep(ana, account, comment(1, attachments=(PICTURE,)), comment(2, attachments=(PICTURE,)))
    with ana.entered():
        assert erase_person("person-1") == {account}
    with ana.entered():
        left = db.session.scalars(select(Message.external_id).join(KeptMedia, KeptMedia.message_id == Message.id)).all()
    assert left == ["post_2"]


def test_where_nobody_answers_it_is_tried_again_and_at_last_given_up(ana: Agency, account: UUID) -> None:
    keep(ana, account, comment(1, attachments=(PICTURE,)))
    media_id = only_id(ana)
    with ana.entered():
        kept_media.put_off(media_id)
        kept_media.put_off(media_id)
    with ana.entered():
        runs = db.session.scalars(select(OutboxEntry.run_at).order_by(OutboxEntry.id)).all()
    assert len(runs) == 3
    assert runs[1] - runs[0] < runs[2] - runs[1] + timedelta(seconds=kept_media.FIRST_PAUSE_SECONDS)
    assert rows(ana)[0][1] == "waiting"
    with ana.entered():
        db.session.execute(
            update(KeptMedia).values(created_at=clock.now() - kept_media.TRIED_FOR - timedelta(minutes=1))
        )
        kept_media.put_off(media_id)
    assert rows(ana) == [(0, "gone", kept_media.UNREACHABLE, PICTURE.url)]
    assert promises(ana) == 3


def test_one_message_has_so_many_copies_at_most(ana: Agency, account: UUID) -> None:
    keep(ana, account, comment(1, attachments=(PICTURE,) * 40))
    assert len(rows(ana)) == kept_media.MOST_OF_ONE_MESSAGE


# --- a brand's room ---


def big(length_bytes: int) -> MediaCopy:
    return MediaCopy("image/png", COPY.body.ljust(length_bytes, b"."))


def kept_in_order(agency: Agency, account_id: UUID, count: int, length_bytes: int) -> list[UUID]:
    """A copy in each of some conversations, the first the oldest."""
    keep(agency, account_id, *(comment(number, attachments=(PICTURE,)) for number in range(1, count + 1)))
    with agency.entered():
        found = db.session.execute(
            select(KeptMedia.id)
            .join(Message, Message.id == KeptMedia.message_id)
            .order_by(func.length(Message.external_id), Message.external_id)
        )
        ids = list(found.scalars())
    for media_id in ids[:-1]:
        with agency.entered():
            kept_media.keep(media_id, big(length_bytes), ROOM)
    return ids


def states(agency: Agency, ids: list[UUID]) -> list[str]:
    with agency.entered():
        found = db.session.execute(select(KeptMedia.id, KeptMedia.state, KeptMedia.reason))
        told = {row[0]: f"{row[1]} {row[2] or ''}".strip() for row in found}
    return [told[media_id] for media_id in ids]


def close(agency: Agency, *media_ids: UUID) -> None:
    with agency.entered():
        of = select(KeptMedia.conversation_id).where(KeptMedia.id.in_(media_ids))
        db.session.execute(
            update(Conversation)
            .where(Conversation.id.in_(of))
            .values(status="closed", closed_reason="resolved")
            .execution_options(synchronize_session=False)
        )


def test_a_full_room_takes_the_oldest_of_closed_cases_and_no_more_than_it_must(ana: Agency, account: UUID) -> None:
    ids = kept_in_order(ana, account, 5, 250)
    close(ana, ids[1], ids[2], ids[3])
    with ana.entered():
        assert kept_media.used_bytes(ana.brand_ids[0]) == ROOM
        kept_media.keep(ids[4], big(300), ROOM)
    assert states(ana, ids) == ["kept", "gone given_up", "gone given_up", "kept", "kept"]
    with ana.entered():
        assert kept_media.used_bytes(ana.brand_ids[0]) == 800
    keep(ana, account, comment(2, "Changed.", attachments=(replace(PICTURE, url=f"{PICTURE.url}&again"),)))
    assert states(ana, ids)[1] == "gone given_up", "what made room does not come back to take it from others"


def test_what_belongs_to_an_open_case_is_never_given_up(ana: Agency, account: UUID) -> None:
    ids = kept_in_order(ana, account, 5, 250)
    close(ana, ids[0])
    with ana.entered():
        kept_media.keep(ids[4], big(251), ROOM)
    assert states(ana, ids) == ["kept", "kept", "kept", "kept", "refused full"], "nothing is given up in vain"


def test_where_nothing_can_make_room_it_is_not_even_fetched(ana: Agency, account: UUID) -> None:
    ids = kept_in_order(ana, account, 5, 250)
    with ana.entered():
        assert not kept_media.has_room(ids[4], ROOM)
    assert states(ana, ids)[4] == "refused full"
    assert kept_media_is_asked_again(ana, ids[4]) is None


def kept_media_is_asked_again(agency: Agency, media_id: UUID) -> str | None:
    with agency.entered():
        return kept_media.address_of(media_id)


def test_a_closed_case_or_a_free_byte_is_room_enough_to_try(ana: Agency, account: UUID) -> None:
    ids = kept_in_order(ana, account, 5, 250)
    with ana.entered():
        assert kept_media.has_room(ids[4], ROOM + 1)
    close(ana, ids[0])
    with ana.entered():
        assert kept_media.has_room(ids[4], ROOM)
        assert not kept_media.has_room(new_id(), ROOM)
        assert not kept_media.has_room(ids[4], 0)


def test_each_brand_has_a_room_of_its_own(ana: Agency, account: UUID, make: Factory) -> None:
    kept_in_order(ana, account, 5, 250)
    other = make.account(ana, brand=1, platform="instagram")
    keep(ana, other, comment(90, attachments=(PICTURE,)))
    with ana.entered():
        media_id = db.session.scalars(select(KeptMedia.id).where(KeptMedia.brand_id == ana.brand_ids[1])).one()
        kept_media.keep(media_id, big(ROOM), ROOM)
    with ana.entered():
        assert (kept_media.used_bytes(ana.brand_ids[0]), kept_media.used_bytes(ana.brand_ids[1])) == (ROOM, ROOM)
        assert kept_media.kept_now() == kept_media.Kept({"kept": 5, "waiting": 1}, 2 * ROOM)


def test_two_copies_at_once_do_not_take_the_same_room(ana: Agency, account: UUID) -> None:
    ids = kept_in_order(ana, account, 3, 300)
    keep(ana, account, comment(9, attachments=(PICTURE,)))
    with ana.entered():
        others = select(KeptMedia.id).where(KeptMedia.state == "waiting", KeptMedia.id.not_in(ids))
        ids.append(db.session.scalars(others).one())
    stored, second_is_through = threading.Event(), threading.Event()

    def first() -> None:
        with ana.entered():
            kept_media.keep(ids[2], big(300), ROOM)
            stored.set()
            second_is_through.wait(1)  # it must not come to be: the second waits for this commit

    def second() -> None:
        stored.wait(20)
        with ana.entered():
            kept_media.keep(ids[3], big(300), ROOM)
        second_is_through.set()

    threads = [threading.Thread(target=one) for one in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert states(ana, ids) == ["kept", "kept", "kept", "refused full"]
