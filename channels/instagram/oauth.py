"""Instagram Login: the dialog, the code's short token, made long (60 days), and the one profile it opens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from channels import meta_graph
from channels.errors import Refused
from channels.meta_sign_in import token_in
from channels.oauth import Granted, Return, SignInFailed, ask, dialog
from channels.protocol import Request, TokenReference
from channels.transport import Speaks
from channels.wire import Json, identifier, rows, short_text, whole_number
from tenants.settings import Settings


class InstagramSignIn:
    """For a professional profile without a Page."""

    label = "Instagram"

    def is_set_up(self, settings: Settings) -> bool:
        return bool(settings.instagram_app_id and settings.instagram_app_secret)

    def address(
        self, settings: Settings, scopes: Sequence[str], state: str, back: str, verifier: str, *, again: bool
    ) -> str:
        more = {"force_reauth": "true"} if again else {}
        base = f"{settings.instagram_dialog_url.rstrip('/')}/oauth/authorize"
        return dialog(base, settings.instagram_app_id, ",".join(scopes), state, back, **more)

    def granted(self, settings: Settings, transport: Speaks, back: Return, *, now: datetime) -> list[Granted]:
        form = {
            "client_id": settings.instagram_app_id,
            "client_secret": settings.instagram_app_secret,
            "grant_type": "authorization_code",
            "redirect_uri": back.redirect_uri,
            "code": back.code,
        }
        try:
            told = _first(
                meta_graph.read(
                    ask(transport, Request("instagram_api", "POST", "/oauth/access_token", form=form, asks_only=True))
                )
            )
        except Refused as error:  # every mistake with a code has the number 400 there
            raise SignInFailed("code_used") from error
        short = token_in(told)
        lengthening = Request(
            "instagram_graph",
            "GET",
            "/access_token",
            params={"grant_type": "ig_exchange_token", "client_secret": settings.instagram_app_secret},
            token=TokenReference("instagram_user", short, in_query=True),
        )
        long = meta_graph.read(ask(transport, lengthening))
        token = token_in(long)
        life_seconds = whole_number(long.get("expires_in"))
        me = Request(
            "instagram_graph",
            "GET",
            meta_graph.path("me"),
            params={"fields": "id,user_id,username"},
            token=TokenReference("instagram_user", token),
        )
        profile = meta_graph.read(ask(transport, me))
        # `id` is the application's own and never in a webhook; `user_id` is the profile's.
        external_id = identifier(profile.get("user_id")) or identifier(told.get("user_id"))
        if external_id is None:
            raise SignInFailed("nothing_found")
        return [
            Granted(
                "instagram",
                external_id,
                short_text(profile.get("username"), 200) or external_id,
                token,
                login="instagram",
                scopes=_permissions(told),
                grantor=identifier(profile.get("id")) or external_id,
                token_expires_at=now + timedelta(seconds=life_seconds) if life_seconds else None,
            )
        ]


def _first(body: Json) -> Json:
    """The answer comes bare or as the only row of ``data``: the documents show both."""
    return next((one for one in rows(body.get("data")) if isinstance(one, dict)), body)


def _permissions(told: Json) -> frozenset[str]:
    """A list, or one text with commas; nothing where it is left out."""
    value = told.get("permissions")
    named = value.split(",") if isinstance(value, str) else [one for one in rows(value) if isinstance(one, str)]
    return frozenset(one.strip() for one in named if one.strip())
