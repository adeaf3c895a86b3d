"""How accounts look while they are being connected: what for, and how far."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request
from flask_babel import gettext as _

from agency.web.connecting_words import events_sentence, feature_words
from agency.web.contexts_connecting import ConnectedRow, FeatureRow
from agency.web.looks import BrandLook, StateLook
from agency.web.reply_looks import platform_word
from agency.web.state_looks import account_states, unknown_state
from channels import accounts
from channels.features import BASICS, USUAL, Way, features_of, standing_features, way_of
from channels.models import Account


def waits(account: Account) -> bool:
    """Whether nothing real came back yet, and nothing broke."""
    return account.tested_at is None and account.health not in accounts.NEED_A_PERSON


def connected_row(account: Account, look: BrandLook) -> ConnectedRow:
    """How far one account is."""
    if account.health != "ok":
        state = account_states().get(account.health) or unknown_state(account.health)
    elif account.tested_at is None:
        state = StateLook("waiting", _("We look for what is there now"), "clock", "plain")
    else:
        state = StateLook("ok", _("Connected and tested"), "check", "good")
    if account.tested_at is None:
        reading = _("Nothing came back yet. This page looks again by itself.")
    elif account.last_event_at is not None and account.last_event_at >= account.tested_at:
        reading = _("An event arrived and was read.")
    else:
        reading = _("The account answered our first look.")
    is_told = account.subscribed_at is not None
    asked = account.subscription_checked_at is not None
    return ConnectedRow(
        name=account.name,
        platform=platform_word(account.platform),
        brand=look,
        state=state,
        reading=reading,
        events=events_sentence(is_told, account.subscription_problem, asked),
    )


def feature_rows(way: Way, chosen: Iterable[str], account: Account | None = None) -> tuple[FeatureRow, ...]:
    """The table's features as the form shows them; of an account also which it lacks."""
    wanted, words = set(chosen), feature_words()
    standing = set(standing_features(way, account.scopes, account.tasks)) if account else set()
    return tuple(
        FeatureRow(
            name=one.name,
            label=words[one.name],
            scopes=one.scopes,
            is_always=one.name == BASICS,
            is_chosen=one.name in wanted,
            is_missing=account is not None and one.name not in standing,
        )
        for one in features_of(way)
    )


def chosen_for(account: Account) -> tuple[str, ...]:
    """What is ticked when an account is connected again: what it can do now and what was asked for in the address."""
    way = way_of(account.platform, account.login)
    standing = standing_features(way, account.scopes, account.tasks) if account.scopes else USUAL
    return (*standing, *request.args.getlist("feature"))
