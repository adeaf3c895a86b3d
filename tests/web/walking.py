"""A person's browser between our pages and a platform's dialog in the sandbox, and the programs' work done by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from channels.models import Account
from tenants.database import db
from tests.factories import Agency
from tests.flows.conftest import House, Sandbox
from tests.web.browser import Browser

PAGE, PROFILE, LOCATION = "100200300", "17841400000000001", "accounts/11/locations/22"


@dataclass
class Town:
    """The product's pages, an agency, and the platforms."""

    app: Flask
    agency: Agency
    sandbox: Sandbox
    superuser: Engine
    house: House = field(init=False)

    def __post_init__(self) -> None:
        self.house = House(self.agency, self.sandbox, {}, self.superuser, {})

    def work(self) -> None:
        """Promises are kept, then every due account is looked at."""
        self.house.keep_promises()
        self.house.poll()

    def account(self, external_id: str) -> Account:
        with self.agency.entered():
            found = db.session.scalars(select(Account).where(Account.external_id == external_id)).one()
            db.session.expunge(found)
            return found

    def accounts(self) -> list[str]:
        with self.agency.entered():
            return sorted(db.session.scalars(select(Account.external_id)))

    def numbers(self) -> dict[str, str]:
        """The dialog's tick boxes by external id."""
        listed = self.sandbox.http.get(f"{self.sandbox.url}/sandbox/accounts").json()["accounts"]
        return {one["external_id"]: str(one["number"]) for one in listed}

    def leave(self, browser: Browser, path: str, **form: Any) -> str:
        """Press the button; the dialog's address."""
        answer = browser.post(path, form)
        assert answer.status_code == 200, answer.text
        found = re.search(r'class="button main" href="([^"]+)"', answer.text)
        assert found is not None, answer.text
        address = unescape(found[1])
        assert answer.headers["Refresh"] == f"0; url={address}"
        return address

    def at_dialog(self, address: str, **answers: Any) -> str:
        """Answer the platform's dialog; where it sends the browser back to, on our side."""
        answers.setdefault("decision", "allow")
        answer = self.sandbox.http.get(f"{address}&{urlencode(answers, doseq=True)}", follow_redirects=False)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        assert f"{back.scheme}://{back.netloc}" == "http://localhost"
        return f"{back.path}?{back.query}"

    def walk(self, browser: Browser, way: str, *, features: tuple[str, ...] = (), **answers: Any) -> TestResponse:
        """From the button to the page after the platform's."""
        brand = str(self.agency.brand_ids[0])
        address = self.leave(browser, "/connect", way=way, brand=brand, feature=list(features))
        return browser.get(self.at_dialog(address, **answers))

    def choose(self, browser: Browser, answer: TestResponse, *, only: str | None = None) -> TestResponse:
        """Connect what was granted: all, or the one with this id."""
        assert answer.status_code == 303, answer.text
        page = browser.get(answer.location)
        assert page.status_code == 200, page.text
        rows = re.findall(r'name="granted" value="([^"]+)"[^>]*>(.*?)</label>', page.text, re.S)
        chosen = [value for value, text in rows if only is None or only in text]
        return browser.post(answer.location, {"granted": chosen})

    def query(self, sql: str) -> list[Any]:
        from sqlalchemy import text

        with self.superuser.connect() as connection:
            return list(connection.execute(text(sql)))


def ids_in(location: str) -> list[UUID]:
    return [UUID(one) for one in re.findall(r"account=([0-9a-f-]{36})", location)]
