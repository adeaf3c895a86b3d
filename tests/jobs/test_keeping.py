"""Copying what expires: a silent platform is asked again, a lost promise made again, a strange address not asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from agency.inbox.erasing import erase_person
from agency.inbox.intake import mark_gone, store_page
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
PICTURE = b"\x89PNG\r\n\x1a\n of a story"


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


def test_where_a_brands_room_is_full_nothing_is_asked(
    ana: Agency, waiting: UUID, settings_values: dict[str, str]
) -> None:
    given = {"META_MEDIA_HOSTS": NOBODY, "ONBRAND_KEPT_MEDIA_MB": "0"}
    full = create_base_app(Settings.from_environment(settings_values | given))
    _run(full, ana, waiting)
    assert _state(ana) == ("refused", "full", 0)
    assert _open_promises(ana) == 1


class _Platform(BaseHTTPRequestHandler):
    """Hands out a picture, after something has happened."""

    happens: Callable[[], object]

    def do_GET(self) -> None:
        type(self).happens()
        self.send_response(200)
        self.send_header("Content-Length", str(len(PICTURE)))
        self.end_headers()
        self.wfile.write(PICTURE)

    def log_message(self, *_given: object) -> None:
        """Quiet."""


@pytest.fixture
def platform() -> Iterator[tuple[type[_Platform], str]]:
    served = type("Served", (_Platform,), {"happens": staticmethod(lambda: None)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), served)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield served, f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


def _story_at(app: Flask, agency: Agency, make: Factory, host: str) -> tuple[UUID, UUID]:
    account_id = make.account(agency, platform="instagram")
    story = Attachment("story_reply", f"http://{host}/story", None, expires=True)
    with agency.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        store_page(account, page(comment(1, attachments=(story,))), now=at(600))
    with agency.entered():
        return account_id, db.session.scalars(select(KeptMedia.id)).one()


@pytest.mark.parametrize("how", ["person", "message"])
def test_what_is_erased_while_its_copy_is_fetched_leaves_nothing(
    ana: Agency, make: Factory, settings_values: dict[str, str], platform: tuple[type[_Platform], str], how: str
) -> None:
    served, host = platform
    speaking = create_base_app(Settings.from_environment(settings_values | {"META_MEDIA_HOSTS": host}))
    account_id, media_id = _story_at(speaking, ana, make, host)

    def erase() -> None:
        with ana.entered():
            if how == "person":
                assert erase_person("person-1") == {account_id}
            else:
                account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
                assert mark_gone(account, ["post_1"], now=at(700)) == 1

    served.happens = staticmethod(erase)
    _run(speaking, ana, media_id)
    with ana.entered():
        assert list(db.session.scalars(select(KeptMedia.id))) == []
        assert wake(ana.id) == 0
    _run(speaking, ana, media_id)
    with ana.entered():
        assert list(db.session.scalars(select(KeptMedia.id))) == []


def test_a_copy_is_kept_once_whoever_else_runs_and_dies(
    ana: Agency, make: Factory, settings_values: dict[str, str], platform: tuple[type[_Platform], str]
) -> None:
    served, host = platform
    speaking = create_base_app(Settings.from_environment(settings_values | {"META_MEDIA_HOSTS": host}))
    _account_id, media_id = _story_at(speaking, ana, make, host)
    asked: list[int] = []

    def again() -> None:
        asked.append(1)
        if len(asked) == 1:
            _run(speaking, ana, media_id)

    served.happens = staticmethod(again)
    _run(speaking, ana, media_id)
    _run(speaking, ana, media_id)
    assert len(asked) == 2, "what is kept is not asked for again"
    assert _state(ana) == ("kept", None, 0)
    with ana.entered():
        assert db.session.scalars(select(KeptMedia.body)).one() == PICTURE
