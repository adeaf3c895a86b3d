"""Which host and token serve an account of Meta's, and the plain verbs of a call. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels import meta_graph
from channels.protocol import ConnectedAccount, Method, Request, Service, TokenReference

Purpose = Mapping[str, str]


def service_of(account: ConnectedAccount) -> Service:
    """Instagram's two logins are two products on two hosts; a token works on its own only."""
    return "instagram_graph" if account.login == "instagram" else "meta_graph"


def token_of(account: ConnectedAccount, *, in_query: bool = False) -> TokenReference:
    return TokenReference("instagram_user" if account.login == "instagram" else "page", account.credential, in_query)


def get(account: ConnectedAccount, path: str, params: Mapping[str, str], purpose: Purpose | None = None) -> Request:
    return Request(service_of(account), "GET", path, params=params, token=token_of(account), purpose=purpose or {})


def call(
    account: ConnectedAccount,
    method: Method,
    path: str,
    *,
    form: Mapping[str, str] | None = None,
    json: Mapping[str, Any] | None = None,
    purpose: Purpose | None = None,
) -> Request:
    """A write."""
    return Request(
        service_of(account), method, path, form=form, json=json, token=token_of(account), purpose=purpose or {}
    )


def one_object(account: ConnectedAccount, object_id: str, fields: str, purpose: Purpose) -> Request:
    return get(account, meta_graph.path(object_id), {"fields": fields}, purpose)


def paged(fields: str, size: int, after: str | None) -> dict[str, str]:
    """The parameters of one page of a list."""
    return {"fields": fields, "limit": str(size)} | ({"after": after} if after else {})
