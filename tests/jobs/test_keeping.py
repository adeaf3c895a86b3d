"""Copying what expires: a silent platform is asked again, a lost promise made again, a strange address not asked."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from agency.inbox.intake import store_page
from agency.inbox.models import KeptMedia
from channels.items import Attachment
from channels.models import Account
from jobs.keeping import keep_media, wake
from tenants.base_app import create_base_app
from tenants.database import db
from tenants.models import OutboxEntry
from tenants.outbox import JobName
from tenants.settings import Settings
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment, page

NOBODY = "127.0.0.1:9"


@pytest.fixture
def waiting(make: Factory, ana: Agency) -> UUID:
    account_id = make.account(ana, platform="instagram")
    story = Attachment("story_reply", f"http://{NOBODY}/story", None, expires=True)
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        store_page(account, page(comment(1, attachments=(story,))), now=at(600))
    with ana.entered():
        return db.session.scalars(select(KeptMedia.id)).one()


def _open_promises(agency: Agency) -> int:
    with agency.entered():
        wanted = select(OutboxEntry.id).where(
            OutboxEntry.job_name == JobName.KEEP_MEDIA.value, OutboxEntry.done_at.is_(None)
        )
        return len(db.session.scalars(wanted).all())


def _state(agency: Agency) -> tuple[str, str | None, int]:
    with agency.entered():
        row = db.session.execute(select(KeptMedia.state, KeptMedia.reason, KeptMedia.attempts)).one()
        return row[0], row[1], row[2]


def _run(app: Flask, agency: Agency, media_id: UUID) -> None:
    keep_media(app, str(agency.id), str(agency.brand_ids[0]), str(media_id))


def test_a_silent_platform_is_asked_again_later(ana: Agency, waiting: UUID, settings_values: dict[str, str]) -> None:
    speaking = create_base_app(Settings.from_environment(settings_values | {"META_MEDIA_HOSTS": NOBODY}))
    assert _open_promises(ana) == 1
    _run(speaking, ana, waiting)
    assert _state(ana) == ("waiting", None, 1)
    assert _open_promises(ana) == 2


def test_an_address_outside_the_setting_is_refused_for_good(app: Flask, ana: Agency, waiting: UUID) -> None:
    _run(app, ana, waiting)
    _run(app, ana, waiting)
    assert _state(ana) == ("refused", "address", 0)
    assert _open_promises(ana) == 1


def test_a_lost_promise_is_made_again_and_an_open_one_is_not(ana: Agency, waiting: UUID) -> None:
    with ana.entered():
        assert wake(ana.id) == 0
        db.session.execute(update(OutboxEntry).values(given_up_at=at(0)).execution_options(synchronize_session=False))
    with ana.entered():
        assert wake(ana.id) == 1
    with ana.entered():
        assert wake(ana.id) == 0
