"""`/accounts`: what is connected, and how it is doing. No answer holds a credential."""

from __future__ import annotations

from typing import Any

from agency.api import examples
from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import id_after, page_of
from agency.api.schemas.accounts import Account, AccountPage, AccountQuery, NewAccount
from channels import account_standing, accounts
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
    return page_of([account_standing.describe(row) for row in rows], query["limit"], lambda row: str(row["id"]))


@blueprint.post("/accounts")
@blueprint.arguments(NewAccount, example=examples.NEW_ACCOUNT)
@blueprint.response(201, Account, example=examples.ACCOUNT)
def connect_account(body: dict[str, Any]) -> Any:
    """Connect an account with a credential that exists already; it is polled at once."""
    brand_id = known_id(body.pop("brand_id"))
    account = accounts.connect(caller(), brand_id, **body)
    return _described(account)


@blueprint.get("/accounts/<account_id>")
@blueprint.response(200, Account, example=examples.ACCOUNT)
def get_account(account_id: str) -> Any:
    """One account."""
    account = accounts.get(known_id(account_id))
    require(caller(), Permission.ACCOUNT_READ, account.brand_id)
    return account_standing.describe(account)


@blueprint.delete("/accounts/<account_id>")
@blueprint.response(200, Account, example=examples.DISCONNECTED_ACCOUNT)
def disconnect_account(account_id: str) -> Any:
    """Disconnect: the credential is destroyed and polling ends; conversations stay. Doing it again changes nothing."""
    return _described(accounts.disconnect(caller(), known_id(account_id)))


def _described(account: Any) -> dict[str, Any]:
    db.session.refresh(account)
    return account_standing.describe(account)
