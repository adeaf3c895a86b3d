"""Every setting: name, type, unit, default, meaning; read from the environment once.

A `.env` file in ONBRAND_HOME is read too; the environment wins. `onbrand doctor` prints this table.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tenants import failpoints

SECRET_MIN_LENGTH = 32
INBOUND_SECRET_MIN_LENGTH = 20
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_INBOUND_MAIL = re.compile(r"[a-z0-9][a-z0-9._-]{0,10}@(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+")
_MEDIA_HOST = re.compile(r"(?:127\.0\.0\.1|localhost):[0-9]{1,5}|(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+")


class SettingsError(Exception):
    """A setting is missing or cannot be used; the message names it and says what to do."""


def _setting(default: Any, meaning: str, *, name: str = "", secret: bool = False) -> Any:
    return field(default=default, metadata={"meaning": meaning, "secret": secret, "name": name})


@dataclass(frozen=True, repr=False)
class Settings:
    """The settings of one installation. The environment's name of each is its name in capitals."""

    onbrand_env: str = _setting("local", "`local` or `production`")
    onbrand_home: str = _setting("var", "folder that holds all state of a local run")
    onbrand_port: int = _setting(8700, "port the web listens on, loopback")
    onbrand_base_url: str = _setting("", "how the world reaches us; default http://127.0.0.1:PORT")
    onbrand_database_url: str = _setting("", "PostgreSQL as the application's role", secret=True)
    onbrand_owner_database_url: str = _setting("", "PostgreSQL as the role that owns the tables", secret=True)
    onbrand_redis_url: str = _setting("", "Redis or Valkey", secret=True)
    onbrand_secret_key: str = _setting("", "root secret, 32 characters or more", secret=True)
    onbrand_credential_keys: str = _setting(
        "", "key-encryption keys for credentials, comma-separated `id:base64 of 32 bytes`, newest first", secret=True
    )
    onbrand_smtp_url: str = _setting(
        "", "outgoing mail, smtp://user:password@host:port; unset locally: a mailbox page", secret=True
    )
    onbrand_mail_from: str = _setting("Onbrand <onbrand@localhost>", "sender of our mails")
    onbrand_mail_together_seconds: int = _setting(
        0, "how long a mail that asks a client waits for others to go with it, seconds; 0: 5 locally, 120 in production"
    )
    onbrand_inbound_mail: str = _setting(
        "", "address whose mail is handed to /webhooks/mail; unset: mails take no answers"
    )
    onbrand_inbound_mail_secret: str = _setting(
        "", "what the mail provider proves itself by at /webhooks/mail, 20 characters or more", secret=True
    )
    onbrand_poll_seconds: int = _setting(0, "shortest poll interval, seconds; 0: 15 locally, 300 in production")
    onbrand_settle_seconds: int = _setting(
        0, "how long a platform may take to show what it accepted, seconds; 0: 5 locally, 60 in production"
    )
    onbrand_kept_media_mb: int = _setting(
        2_000, "room for one brand's copies of what expires at the platforms, megabytes; 0: none are kept"
    )
    onbrand_audit_heads: str = _setting(
        "", "folder told every hour where the record's chains end; `audit-heads` in ONBRAND_HOME where unset"
    )
    onbrand_failpoints: str = _setting(
        "", "faults let in on purpose, `point=action[:seconds][*times][%percent]`, comma-separated; never in production"
    )
    onbrand_sign_up: str = _setting("closed", "`open` or `closed`")
    onbrand_proxy_hops: int = _setting(0, "trusted proxies in front of the web")
    meta_app_id: str = _setting("", "Facebook app")
    meta_app_secret: str = _setting("", "Facebook app secret", secret=True)
    meta_login_config_id: str = _setting(
        "", "configuration of Facebook Login for Business; unset: the dialog asks for the permissions one by one"
    )
    meta_webhook_verify_token: str = _setting("", "token Meta repeats when it verifies a webhook", secret=True)
    meta_graph_url: str = _setting("https://graph.facebook.com", "Graph API, base without version")
    meta_dialog_url: str = _setting("https://www.facebook.com", "Facebook Login dialog")
    meta_media_hosts: str = _setting(
        "fbcdn.net,cdninstagram.com,lookaside.fbsbx.com",
        "hosts that what people attach is copied from, with every name beneath them, comma-separated; "
        "a loopback stand-in as address:port",
    )
    instagram_app_id: str = _setting("", "Instagram Login app")
    instagram_app_secret: str = _setting("", "Instagram Login app secret", secret=True)
    instagram_graph_url: str = _setting("https://graph.instagram.com", "Instagram Graph API, base without version")
    instagram_api_url: str = _setting("https://api.instagram.com", "Instagram code exchange")
    instagram_dialog_url: str = _setting("https://www.instagram.com", "Instagram Login dialog")
    google_client_id: str = _setting("", "Google OAuth client")
    google_client_secret: str = _setting("", "Google OAuth client secret", secret=True)
    google_auth_url: str = _setting("https://accounts.google.com/o/oauth2/v2/auth", "Google consent screen")
    google_token_url: str = _setting("https://oauth2.googleapis.com/token", "Google token endpoint")
    google_revoke_url: str = _setting("https://oauth2.googleapis.com/revoke", "Google revocation endpoint")
    google_mybusiness_url: str = _setting("https://mybusiness.googleapis.com", "reviews (v4)")
    google_business_info_url: str = _setting("https://mybusinessbusinessinformation.googleapis.com", "locations (v1)")
    google_accounts_url: str = _setting("https://mybusinessaccountmanagement.googleapis.com", "accounts (v1)")
    google_notifications_url: str = _setting("https://mybusinessnotifications.googleapis.com", "notifications (v1)")
    google_verifications_url: str = _setting("https://mybusinessverifications.googleapis.com", "verifications (v1)")
    google_certs_url: str = _setting("https://www.googleapis.com/oauth2/v3/certs", "JWK set of Google's signatures")
    google_calls_per_minute: int = _setting(
        300, "calls a minute Google allows our project; what it names when it refuses counts more"
    )
    google_pubsub_topic: str = _setting("", "Pub/Sub topic for Google's notifications, projects/P/topics/T")
    google_pubsub_audience: str = _setting("", "audience of Pub/Sub push tokens")
    google_pubsub_sender: str = _setting("", "service account that pushes")
    stripe_secret_key: str = _setting("", "Stripe; without it billing is hidden and nothing is limited", secret=True)
    stripe_webhook_secret: str = _setting("", "Stripe webhook signing secrets, comma-separated", secret=True)
    stripe_api_url: str = _setting("https://api.stripe.com", "Stripe API")
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the environment and the home's `.env`. Raises SettingsError naming the setting that cannot be used."""
        given = dict(os.environ if environment is None else environment)
        home = Path(given.get("ONBRAND_HOME") or "var")
        from_file = read_env_file(home / ".env")
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for entry in fields(cls):
            if entry.name == "sources":
                continue
            name = entry.name.upper()
            for source, mapping in (("environment", given), ("home .env", from_file)):
                if mapping.get(name):
                    values[entry.name] = _as_type(name, mapping[name], entry.default)
                    sources[name] = source
                    break
            else:
                sources[name] = "default"
        settings = cls(**values, sources=sources)
        settings.check()
        return settings

    def check(self) -> None:
        """Raise SettingsError for a value that would be unsafe or useless, before anything starts with it."""
        if self.onbrand_env not in ("local", "production"):
            raise SettingsError("ONBRAND_ENV must be `local` or `production`.")
        if self.onbrand_sign_up not in ("open", "closed"):
            raise SettingsError("ONBRAND_SIGN_UP must be `open` or `closed`.")
        self._check_failpoints()
        if not 0 <= self.onbrand_port <= 65535:
            raise SettingsError("ONBRAND_PORT must be a port number.")
        if self.google_calls_per_minute < 1:
            raise SettingsError("GOOGLE_CALLS_PER_MINUTE must be 1 or more.")
        if self.onbrand_kept_media_mb < 0:
            raise SettingsError("ONBRAND_KEPT_MEDIA_MB must be 0 or more.")
        self._check_addresses()
        if self.onbrand_inbound_mail and not _INBOUND_MAIL.fullmatch(self.onbrand_inbound_mail):
            raise SettingsError(
                "ONBRAND_INBOUND_MAIL must be an address such as replies@in.agency.example, in small letters, with at "
                "most 11 characters before the @: a token is put behind them."
            )
        if self.onbrand_inbound_mail_secret and len(self.onbrand_inbound_mail_secret) < INBOUND_SECRET_MIN_LENGTH:
            raise SettingsError("ONBRAND_INBOUND_MAIL_SECRET is too short: give it 20 random characters or more.")
        if not all(_MEDIA_HOST.fullmatch(host) for host in self.media_hosts):
            raise SettingsError(
                "META_MEDIA_HOSTS must be host names such as fbcdn.net, or a loopback address with its port, "
                "comma-separated."
            )
        for entry in fields(self):
            value = getattr(self, entry.name)
            is_plain = entry.name.endswith("_url") and str(value).startswith("http:")
            if is_plain and urlsplit(value).hostname not in LOOPBACK_HOSTS:
                raise SettingsError(f"{entry.name.upper()} uses plain http; only loopback addresses may.")
        if self.onbrand_env == "production":
            self._check_production()

    def _check_failpoints(self) -> None:
        try:
            failpoints.read_orders(self.onbrand_failpoints)
        except ValueError as error:
            raise SettingsError(f"ONBRAND_FAILPOINTS: {error}. The points stand in tenants/failpoints.py.") from None
        if self.onbrand_failpoints and not self.is_local:
            raise SettingsError("ONBRAND_FAILPOINTS lets faults in on purpose; production does not start with it.")

    def _check_addresses(self) -> None:
        """Addresses other libraries read: what they cannot read is said here, without the address, which is secret."""
        from redis.connection import parse_url
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        for name in ("onbrand_database_url", "onbrand_owner_database_url"):
            try:
                given = getattr(self, name)
                is_good = not given or make_url(given).drivername.startswith("postgresql")
            except (ArgumentError, ValueError):
                is_good = False
            if not is_good:
                raise SettingsError(
                    f"{name.upper()} cannot be read; nothing was started or changed. "
                    "Give it as postgresql://role:password@host:5432/database, signs such as @ or / in the password "
                    "written as %40 or %2F."
                )
        try:
            if self.onbrand_redis_url:
                parse_url(self.onbrand_redis_url)  # type: ignore[no-untyped-call]
                urlsplit(self.onbrand_redis_url).port  # noqa: B018 - reading it is the check
        except ValueError:
            raise SettingsError(
                "ONBRAND_REDIS_URL cannot be read; nothing was started or changed. "
                "Give it as redis://:password@host:6379/0."
            ) from None

    def _check_production(self) -> None:
        for name in ("onbrand_database_url", "onbrand_redis_url", "onbrand_credential_keys", "onbrand_base_url"):
            if not getattr(self, name):
                raise SettingsError(f"{name.upper()} is missing. Set it in the environment and start again.")
        if len(self.onbrand_secret_key) < SECRET_MIN_LENGTH or len(set(self.onbrand_secret_key)) < 10:
            raise SettingsError(
                "ONBRAND_SECRET_KEY is missing or weak: give 32 random characters or more, for example from "
                "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`."
            )

    @property
    def is_local(self) -> bool:
        """Whether this is a person's own machine: sandbox, demo, mailbox page and parts page are allowed."""
        return self.onbrand_env == "local"

    @property
    def home(self) -> Path:
        """ONBRAND_HOME as an absolute path."""
        return Path(self.onbrand_home).absolute()

    @property
    def base_url(self) -> str:
        """Our own address without a trailing slash."""
        return (self.onbrand_base_url or f"http://127.0.0.1:{self.onbrand_port}").rstrip("/")

    @property
    def media_hosts(self) -> tuple[str, ...]:
        """The entries of META_MEDIA_HOSTS."""
        return tuple(host.strip().lower() for host in self.meta_media_hosts.split(",") if host.strip())

    @property
    def kept_media_room_bytes(self) -> int:
        """ONBRAND_KEPT_MEDIA_MB in bytes."""
        return self.onbrand_kept_media_mb * 1_000_000

    @property
    def poll_seconds(self) -> int:
        """The shortest time between two polls of one account, seconds."""
        return self.onbrand_poll_seconds or (15 if self.is_local else 300)

    @property
    def takes_mail(self) -> bool:
        """Whether answers to our mails come in."""
        return bool(self.onbrand_inbound_mail and self.onbrand_inbound_mail_secret)

    @property
    def mail_together_seconds(self) -> int:
        """How long a mail that asks a client for a yes waits for others."""
        return self.onbrand_mail_together_seconds or (5 if self.is_local else 120)

    @property
    def settle_seconds(self) -> int:
        """How long after a send a platform may take to show it, seconds."""
        return self.onbrand_settle_seconds or (5 if self.is_local else 60)

    def table(self) -> list[dict[str, str]]:
        """Name, value (secrets masked), source and meaning of each setting, for `onbrand doctor`."""
        rows = []
        for entry in fields(self):
            if entry.name == "sources":
                continue
            value = str(getattr(self, entry.name))
            shown = ("set" if value else "not set") if entry.metadata["secret"] else value
            name = entry.name.upper()
            rows.append(
                {
                    "name": name,
                    "value": shown,
                    "source": self.sources.get(name, "default"),
                    "meaning": entry.metadata["meaning"],
                }
            )
        return rows

    def __repr__(self) -> str:
        return f"<Settings {self.onbrand_env}>"


def _as_type(name: str, value: str, default: Any) -> Any:
    if isinstance(default, int):
        try:
            return int(value)
        except ValueError:
            raise SettingsError(f"{name} must be a whole number.") from None
    return value


def read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines of a file, comments and blank lines left out; empty when there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError:
        raise SettingsError(f"{path.name} in ONBRAND_HOME may not be read by this user.") from None
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip('"') for name, value in pairs}
