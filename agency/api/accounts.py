"""`/accounts`: what is connected, how it is doing, connecting anew; `/platforms`: what can be connected, and what for.

No answer holds a credential.
"""

from __future__ import annotations

from typing import Any

from agency.api import examples
from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.idempotency import keep_sealed
from agency.api.listing import id_after, page_of
from agency.api.schemas.accounts import (
    Account,
    AccountPage,
    AccountQuery,
    NewAccount,
    NewCredential,
    PlatformList,
    ReconnectLink,
)
from agency.api.schemas.fields import Nothing
from channels import account_standing, accounts, connecting
from channels.features import BASICS, FEATURES, USUAL
from channels.sign_ins import SIGN_INS
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.permissions import Permission, require

blueprint = ApiBlueprint("accounts", __name__, description="Connected pages, profiles and locations.")


@blueprint.get("/accounts")
@blueprint.arguments(AccountQuery, location="query")
@blueprint.response(200, AccountPage, example={"items": [examples.ACCOUNT], "next_cursor": None})
def list_accounts(query: dict[str, Any]) -> Any:
    """Accounts in the order they were connected, disconnected ones too."""
    brand_ids = [id_or_nobody(brand_id) for brand_id in query["brand_id"]] or None
    rows = accounts.list_accounts(after=id_after(query["cursor"]), limit=query["limit"] + 1, brand_ids=brand_ids)
    return page_of(account_standing.describe(rows), query["limit"], lambda row: str(row["id"]))


@blueprint.post("/accounts")
@blueprint.arguments(NewAccount, example=examples.NEW_ACCOUNT)
@blueprint.response(201, Account, example=examples.ACCOUNT)
def connect_account(body: dict[str, Any]) -> Any:
    """Connect an account with a credential that exists already; it is polled at once."""
    brand_id = known_id(body.pop("brand_id"))
    account = accounts.connect(caller(), brand_id, **body)
    return _described(account)


@blueprint.get("/platforms")
@blueprint.response(200, PlatformList, example=examples.PLATFORMS)
def list_platforms() -> Any:
    """What can be connected, what for, and where a person begins: the dialogs themselves need a browser."""
    settings = settings_of_app()
    items = []
    for way, features in FEATURES.items():
        value = ".".join(part for part in way if part)
        items.append(
            {
                "platform": way[0],
                "login": way[1],
                "sign_in_at": SIGN_INS[way].label,
                "is_set_up": SIGN_INS[way].is_set_up(settings),
                "connect_url": f"{settings.base_url}/connect?way={value}",
                "features": [
                    {
                        "name": one.name,
                        "scopes": list(one.scopes),
                        "tasks": list(one.tasks),
                        "is_always_on": one.name == BASICS,
                        "is_usual": one.name == BASICS or one.name in USUAL,
                    }
                    for one in features
                ],
            }
        )
    return {"items": items}


@blueprint.get("/accounts/<account_id>")
@blueprint.response(200, Account, example=examples.ACCOUNT)
def get_account(account_id: str) -> Any:
    """One account."""
    account = accounts.get(known_id(account_id))
    require(caller(), Permission.ACCOUNT_READ, account.brand_id)
    return account_standing.describe([account])[0]


@blueprint.post("/accounts/<account_id>/reconnect")
@blueprint.arguments(NewCredential, example=examples.NEW_CREDENTIAL)
@blueprint.response(200, Account, example=examples.ACCOUNT)
def reconnect_account(body: dict[str, Any], account_id: str) -> Any:
    """Give it a new credential; it is polled at once, and what waited for it goes on."""
    return _described(accounts.reconnect(caller(), known_id(account_id), body["credential"], through="api"))


@blueprint.post("/accounts/<account_id>/reconnect-link")
@blueprint.arguments(Nothing)
@blueprint.response(201, ReconnectLink, example=examples.RECONNECT_LINK)
def make_reconnect_link(_body: dict[str, Any], account_id: str) -> Any:
    """A link for whoever manages the account at the platform: they sign in there, and need no account here. It works
    for seven days or until it was used, and mends this connection and those that broke with it, nothing else.
    """
    keep_sealed()
    token, expires_at = connecting.make_link(caller(), known_id(account_id))
    return {"url": f"{settings_of_app().base_url}/reconnect/{token}", "expires_at": expires_at}


@blueprint.delete("/accounts/<account_id>")
@blueprint.response(200, Account, example=examples.DISCONNECTED_ACCOUNT)
def disconnect_account(account_id: str) -> Any:
    """Disconnect: the credential is destroyed and polling ends; conversations stay. Doing it again changes nothing."""
    return _described(accounts.disconnect(caller(), known_id(account_id)))


def _described(account: Any) -> dict[str, Any]:
    db.session.refresh(account)
    return account_standing.describe([account])[0]
