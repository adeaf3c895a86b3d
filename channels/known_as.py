"""What an account's name says about whose words a draft is in (`tenants.brand_marks`)."""

from __future__ import annotations

from channels.models import Account
from tenants.brand_marks import Mark, Sort, replace_marks


def note(account: Account) -> None:
    """The brand is known by this account's name, too. A number is nobody's name."""
    if not any(char.isalpha() for char in account.name) or account.name == account.external_id:
        return forget(account)
    sort: Sort = "handle" if account.platform == "instagram" else "name"
    replace_marks(account.brand_id, _source(account), [Mark(sort, account.name)])


def forget(account: Account) -> None:
    """The account is not the brand's any more."""
    replace_marks(account.brand_id, _source(account), [])


def _source(account: Account) -> str:
    return f"account:{account.id}"
