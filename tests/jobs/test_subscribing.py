"""Subscribing: what the new access may do is learned, and events are asked for by what was granted, from whoever may
be asked.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask

from channels import accounts
from channels.accounts import AccessFacts
from channels.errors import ChannelError, PlatformDown
from channels.models import Account
from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport
from jobs.subscribing import subscribe_account
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox
from tests.jobs.test_checking import Ask, Location, Page, answer, facts, refusal


def subscribe(app: Flask, ana: Agency, account_id: UUID, platform: Ask) -> Account:
    ids = (str(ana.id), str(ana.brand_ids[0]), str(account_id))
    subscribe_account(app, *ids, transport=ScriptedTransport(platform))
    return facts(ana, account_id)


@pytest.mark.parametrize("health", ["needs_reconnect", "access_lost"])
def test_nothing_is_asked_for_an_account_that_waits_for_a_person(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, health: str
) -> None:
    account_id = make.account(ana)
    ids = (str(ana.id), str(ana.brand_ids[0]), str(account_id))
    platform = ScriptedTransport(lambda _request: PlatformDown("503"))
    with pytest.raises(PlatformDown):
        subscribe_account(app, *ids, transport=platform)
    asked = len(platform.requests)
    outbox.change(f"update account set health = '{health}' where id = '{account_id}'")
    subscribe_account(app, *ids, transport=platform)
    assert len(platform.requests) == asked > 0


def test_events_are_asked_for_by_the_permissions_just_learned(app: Flask, ana: Agency, make: Factory) -> None:
    """A token somebody brought: nothing is known of it, and a field it may not have makes Meta refuse all of them."""
    account_id, page = make.account(ana), Page(app)
    page.fields, page.scopes = [], ["pages_show_list", "pages_read_engagement", "pages_messaging"]
    account = subscribe(app, ana, account_id, page)
    assert account.scopes == sorted(page.scopes)
    assert (account.access_checked_at is None, account.subscribed_at is None) == (False, False)
    assert page.subscribed == [",".join(page.fields)]
    assert {"feed", "messages"} <= set(page.fields)

    other_id, other = make.account(ana), Page(app)
    other.fields = []
    assert subscribe(app, ana, other_id, other).subscribed_at is not None
    assert "feed" in other.fields
    assert "messages" not in other.fields


def test_an_access_that_does_not_work_waits_for_a_person_and_asks_for_no_events(
    app: Flask, ana: Agency, make: Factory
) -> None:
    account_id, page = make.account(ana), Page(app)
    page.fields, page.account = [], refusal(190, 460)
    account = subscribe(app, ana, account_id, page)
    assert (account.health, account.health_reason) == ("needs_reconnect", "password_changed")
    assert (page.subscribed, account.subscription_checked_at) == ([], None)


def test_what_passes_is_tried_again_before_anything_is_written(app: Flask, ana: Agency, make: Factory) -> None:
    account_id, page = make.account(ana), Page(app)
    page.fields, page.account = [], refusal(2)
    with pytest.raises(ChannelError):
        subscribe(app, ana, account_id, page)
    account = facts(ana, account_id)
    assert (page.subscribed, account.access_checked_at, account.subscription_checked_at) == ([], None, None)


def test_a_no_that_says_nothing_of_the_access_keeps_no_events_away(app: Flask, ana: Agency, make: Factory) -> None:
    account_id, page = make.account(ana), Page(app)
    page.fields, page.account = [], refusal(100)
    account = subscribe(app, ana, account_id, page)
    assert (account.health, account.access_checked_at) == ("ok", None)
    assert (len(page.subscribed), account.subscribed_at is not None) == (1, True)


def test_what_somebody_else_set_up_is_left_to_them(
    app: Flask, ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(app.extensions["onbrand_settings"], google_pubsub_topic="projects/ours/topics/reviews")
    monkeypatch.setitem(app.extensions, "onbrand_settings", settings)
    account_id, location, asked = make.account(ana, platform="google_business"), Location(), list[str]()

    def theirs(request: Request) -> Answer | ChannelError:
        asked.append(request.method)
        if request.path.endswith("notificationSetting"):
            return answer({"name": "accounts/1/notificationSetting", "pubsubTopic": "projects/theirs/topics/reviews"})
        return location(request)

    account = subscribe(app, ana, account_id, theirs)
    assert set(asked) == {"GET"}
    assert account.subscription_problem == "other_topic"
    assert (account.subscription_checked_at is None, account.subscribed_at) == (False, None)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("works", [True, False])
def test_what_the_old_access_was_told_says_nothing_of_the_new_one(
    app: Flask, ana: Agency, make: Factory, works: bool, last: bool
) -> None:
    """Connected anew while the platform is asked: at the first question, or when all has been asked."""
    account_id, page, news, asked = make.account(ana), Page(app), list[str](), list[str]()
    if not works:
        page.account = refusal(190, 460)

    def meanwhile(request: Request) -> Answer | ChannelError:
        asked.append(request.path.rpartition("/")[2])
        if not news and (request.path.endswith("subscribed_apps") or not last or not works):
            news.append("theirs")
            with ana.entered():
                accounts.reconnect(None, account_id, "theirs", access=AccessFacts(frozenset({"a", "b"})))
        return page(request)

    account = subscribe(app, ana, account_id, meanwhile)
    assert news
    assert ("subscribed_apps" in asked) is (last and works), "with what is gone nothing more is asked"
    assert (account.health, account.scopes) == ("ok", ["a", "b"])
    assert (account.access_checked_at, account.subscription_checked_at, account.subscribed_at) == (None, None, None)


def test_what_is_disconnected_while_it_is_asked_is_left_alone(app: Flask, ana: Agency, make: Factory) -> None:
    account_id, page = make.account(ana), Page(app)

    def meanwhile(request: Request) -> Answer | ChannelError:
        with ana.entered():
            accounts.disconnect(None, account_id)
        return page(request)

    account = subscribe(app, ana, account_id, meanwhile)
    assert (account.health, account.access_checked_at, account.subscription_checked_at) == ("disconnected", None, None)
