"""Agencies and their things for tests, made through the models as the product's own rows are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask

import agency.replies.models  # noqa: F401 - the metadata must know every table
from agency.inbox.models import Contact, Conversation, Message
from channels.models import Account, AccountDirectory, PollTurn
from styleguides.models import StyleGuideVersion
from tenants import clock, models
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.permissions import Actor, Role
from tenants.scope import Scope, in_scope
from tenants.sealed import Place

COLOURS = ("#1d6f8f", "#8a4b08", "#7a2e6b", "#356b2c")
_numbers = itertools.count(1)


@dataclass
class Agency:
    """An agency as a test sees it: ids, an actor per role, and rows of its own scope."""

    app: Flask
    id: UUID
    name: str
    brand_ids: list[UUID]
    actors: dict[str, Actor] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        """The whole agency."""
        return Scope(self.id, None)

    @contextmanager
    def entered(self, actor: Actor | None = None) -> Iterator[None]:
        """A session of its own, as the whole agency or as one actor; commits at the end."""
        with in_scope(self.app, actor.scope if actor else self.scope):
            yield

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["actors"][name]
        except KeyError:
            raise AttributeError(name) from None


class Factory:
    """Makes rows and commits them."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def agency(self, name: str, *, brands: Sequence[str], needs_approval: bool = True) -> Agency:
        """An agency with brands and one person per role; staff, lead and admin on all brands, owner on the first."""
        agency_id = new_id()
        with self.app.app_context():
            db.session.add(models.Agency(id=agency_id, name=f"{name} {next(_numbers)}"))
            db.session.commit()
        made = Agency(self.app, agency_id, name, [new_id() for _ in brands])
        with made.entered():
            for number, (brand_id, brand) in enumerate(zip(made.brand_ids, brands, strict=True)):
                db.session.add(
                    models.Brand(
                        agency_id=agency_id,
                        id=brand_id,
                        name=brand,
                        mark=brand[:2].upper(),
                        colour=COLOURS[number % len(COLOURS)],
                        needs_approval=needs_approval,
                    )
                )
        for role in Role:
            only = [made.brand_ids[0]] if role is Role.CLIENT_OWNER else None
            made.actors[role.value] = self.person(made, role, only_brand_ids=only)
        return made

    def person(
        self, agency: Agency, role: Role, *, only_brand_ids: Sequence[UUID] | None = None, password: str | None = None
    ) -> Actor:
        """A member; `only_brand_ids=None` means every brand. `password=None` leaves them without one."""
        person_id, number = new_id(), next(_numbers)
        password_hash = None
        if password is not None:
            from argon2 import PasswordHasher

            password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
        name = f"{role.value.replace('_', ' ').title()} {number}"
        with self.app.app_context():
            db.session.add(
                models.Person(
                    id=person_id, email=f"{role.value}.{number}@test.example", name=name, password_hash=password_hash
                )
            )
            db.session.flush()
            db.session.add(
                models.Membership(
                    agency_id=agency.id,
                    person_id=person_id,
                    role=role.value,
                    all_brands=only_brand_ids is None,
                    brand_ids=list(only_brand_ids or []),
                )
            )
            db.session.commit()
        brand_ids = None if only_brand_ids is None else frozenset(only_brand_ids)
        return Actor(person_id, name, role, agency.id, brand_ids)

    def account(self, agency: Agency, *, brand: int = 0, platform: str = "facebook", credential: str = "tok") -> UUID:
        """A connected account with a poll turn due now; its external id is `<platform>-<n>`."""
        account_id, brand_id, number = new_id(), agency.brand_ids[brand], next(_numbers)
        external_id = f"accounts/{number}/locations/{number}" if platform == "google_business" else str(10_000 + number)
        with agency.entered():
            place = Place(agency.id, brand_id, "account", account_id, "credential")
            db.session.add(
                Account(
                    agency_id=agency.id,
                    id=account_id,
                    brand_id=brand_id,
                    platform=platform,
                    external_id=external_id,
                    name=f"{platform} {number}",
                    login="facebook" if platform == "instagram" else None,
                    credential=vault_of_app().seal(credential, place),
                )
            )
            db.session.add(
                AccountDirectory(
                    platform=platform,
                    external_id=external_id,
                    account_id=account_id,
                    agency_id=agency.id,
                    brand_id=brand_id,
                )
            )
            db.session.add(PollTurn(account_id=account_id, agency_id=agency.id, brand_id=brand_id, platform=platform))
        return account_id

    def conversation(
        self,
        agency: Agency,
        *,
        brand: int = 0,
        account_id: UUID | None = None,
        platform: str = "facebook",
        kind: str = "comment",
        text: str = "Where is my order?",
        stars: int | None = None,
        author: str | None = "Test Customer",
        rank: int = 10,
        age: timedelta = timedelta(minutes=5),
        **columns: Any,
    ) -> UUID:
        """A conversation with one customer message; returns its id."""
        account_id = account_id or self.account(agency, brand=brand, platform=platform)
        brand_id, conversation_id, number = agency.brand_ids[brand], new_id(), next(_numbers)
        written_at: datetime = clock.now() - age
        external_id = f"thread_{number}"
        with agency.entered():
            contact_id = new_id()
            db.session.add(
                Contact(
                    agency_id=agency.id,
                    id=contact_id,
                    brand_id=brand_id,
                    account_id=account_id,
                    platform=platform,
                    external_id=f"person-{number}",
                    name=author,
                )
            )
            db.session.flush()
            db.session.add(
                Conversation(
                    agency_id=agency.id,
                    id=conversation_id,
                    brand_id=brand_id,
                    account_id=account_id,
                    contact_id=contact_id,
                    platform=platform,
                    kind=kind,
                    external_id=external_id,
                    excerpt=text[:140],
                    author_name=author,
                    stars=stars,
                    rank=rank,
                    message_count=1,
                    last_message_at=written_at,
                    last_customer_at=written_at,
                    **columns,
                )
            )
            db.session.flush()
            db.session.add(
                Message(
                    agency_id=agency.id,
                    brand_id=brand_id,
                    conversation_id=conversation_id,
                    account_id=account_id,
                    contact_id=contact_id,
                    external_id=external_id,
                    direction="in",
                    author_name=author,
                    text=text,
                    stars=stars,
                    written_at=written_at,
                    content_hash=bytes(32),
                )
            )
        return conversation_id

    def guide(self, agency: Agency, rules: list[dict[str, Any]], *, brand: int = 0, number: int = 1) -> None:
        """A style guide version in force."""
        with agency.entered():
            db.session.add(
                StyleGuideVersion(
                    agency_id=agency.id,
                    brand_id=agency.brand_ids[brand],
                    number=number,
                    state="in_force",
                    rules=rules,
                    put_in_force_at=clock.now(),
                )
            )
