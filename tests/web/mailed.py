"""What mails to clients hold, and the page behind their links, as a phone without an account opens it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from agency.notices.sending import mails_kept, send_mail
from agency.replies.approval_requests import requests_of
from agency.replies.models import ApprovalRequest
from tenants.database import db
from tests.factories import Agency
from tests.leaving import mails_leave

LINK = re.compile(r"http://localhost(/a/[A-Za-z0-9_-]{43})")


def bodies(app: Flask, superuser: Engine) -> list[str]:
    """Both parts of every mail there is, first to last, sent now where it was not."""
    mails_leave(app, superuser)
    with superuser.begin() as connection:
        waiting = list(connection.execute(text("select id from outgoing_mail where sent_at is null")).scalars())
    with app.app_context():
        for mail_id in waiting:
            send_mail(mail_id)
        db.session.commit()
        kept = [message for _row, message in reversed(mails_kept())]
        db.session.remove()
    return [str(m.get_body((kind,)).get_content()) for m in kept for kind in ("plain", "html")]  # type: ignore[union-attr]


def links(app: Flask, superuser: Engine) -> list[str]:
    """The paths of the links in the mails that ask for a yes, first mail to last, each once."""
    return list(dict.fromkeys(LINK.findall("\n".join(bodies(app, superuser)))))


def asked(agency: Agency, reply_id: UUID) -> list[ApprovalRequest]:
    """The requests about a reply as they stand, first to last."""
    with agency.entered():
        found = list(requests_of(reply_id))
        db.session.expunge_all()
    return found


@dataclass
class Phone:
    """A browser in which nobody is signed in and which sends what a page without referrer lets it send."""

    app: Flask

    def open(self, path: str, method: str = "GET") -> TestResponse:
        return self.app.test_client().open(path, method=method)

    def press(self, path: str, do: str, *, follow: bool = False, origin: str = "null", **typed: str) -> TestResponse:
        """Open the page, fill its form in and press a button; a page that is over has no form but `do`."""
        page = self.open(path).text
        form = {"do": do}
        if found := re.search(r'name="text_hash" value="([0-9a-f]+)"', page):
            form["text_hash"] = found[1]
        return self.post(path, {**form, **typed}, follow=follow, origin=origin)

    def post(self, path: str, form: dict[str, str], *, follow: bool = False, origin: str = "null") -> TestResponse:
        headers = {"Origin": origin} if origin else {}
        return self.app.test_client().post(path, data=form, headers=headers, follow_redirects=follow)
