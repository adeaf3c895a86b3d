"""Which dialogs there are: one line each."""

from __future__ import annotations

from channels.features import Way
from channels.google_business.sign_in import GoogleSignIn
from channels.instagram.oauth import InstagramSignIn
from channels.meta_sign_in import FacebookSignIn
from channels.oauth import SignIn

SIGN_INS: dict[Way, SignIn] = {
    ("facebook", None): FacebookSignIn("facebook"),
    ("instagram", "facebook"): FacebookSignIn("instagram"),
    ("instagram", "instagram"): InstagramSignIn(),
    ("google_business", None): GoogleSignIn(),
}
