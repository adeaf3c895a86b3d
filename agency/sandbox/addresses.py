"""The settings that point the product at a sandbox."""

from __future__ import annotations

from agency.sandbox.world import AppKeys

PREFIXES = {
    "META_GRAPH_URL": "/facebook",
    "META_DIALOG_URL": "/facebook-dialog",
    "INSTAGRAM_GRAPH_URL": "/instagram",
    "INSTAGRAM_API_URL": "/instagram-api",
    "INSTAGRAM_DIALOG_URL": "/instagram-dialog",
    "GOOGLE_AUTH_URL": "/google/auth",
    "GOOGLE_TOKEN_URL": "/google/token",
    "GOOGLE_REVOKE_URL": "/google/revoke",
    "GOOGLE_MYBUSINESS_URL": "/google/mybusiness",
    "GOOGLE_BUSINESS_INFO_URL": "/google/business-information",
    "GOOGLE_ACCOUNTS_URL": "/google/accounts",
    "GOOGLE_NOTIFICATIONS_URL": "/google/notifications",
    "GOOGLE_VERIFICATIONS_URL": "/google/verifications",
    "GOOGLE_CERTS_URL": "/google/certs",
}


def addresses(base_url: str) -> dict[str, str]:
    """Setting name to value, for a sandbox at `base_url` (`http://127.0.0.1:PORT`): addresses, app ids and app secrets.

    The ids and secrets are the ones set in the environment, else the sandbox's own words, which open nothing else.
    """
    base_url = base_url.rstrip("/")
    keys = AppKeys.from_environment()
    return {
        **{name: base_url + prefix for name, prefix in PREFIXES.items()},
        "META_MEDIA_HOSTS": base_url.partition("://")[2],
        **{name.upper(): getattr(keys, name) for name in AppKeys.__dataclass_fields__},
    }
