"""Agencies and their things for tests, made through the models as the product's own rows are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import insert, select

import agency.replies.models
import agency.training.models  # noqa: F401 - the metadata must know every table
from agency.inbox.models import Contact, Conversation, Message
from agency.replies.models import ApprovalPolicy
from agency.replies.policy_terms import read_terms, terms_to_data
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


def write_rows(*rows: Any) -> None:
    """Rows of one table, past the session but not past the database's guards. Nearly every test begins with an agency
    and a conversation, and a unit of work takes three times as long.
    """
    table = rows[0].__table__
    values = [
        {column.key: getattr(row, column.key) for column in table.columns if column.key in row.__dict__} for row in rows
    ]
    db.session.connection().execute(insert(table), values)


class Factory:
    """Makes rows and commits them."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def agency(self, name: str, *, brands: Sequence[str], needs_approval: bool = True) -> Agency:
        """An agency with brands and one person per role; staff, lead and admin on all brands, owner on the first."""
        made = Agency(self.app, new_id(), name, [new_id() for _ in brands])
        members = [
            self._member(made, role, [made.brand_ids[0]] if role is Role.CLIENT_OWNER else None, made_at=number)
            for number, role in enumerate(Role)
        ]
        made.actors = {actor.role.value: actor for _person, _membership, actor in members}
        with made.entered():
            write_rows(models.Agency(id=made.id, name=f"{name} {next(_numbers)}", undo_seconds=0))
            write_rows(*[person for person, _membership, _actor in members])
            write_rows(*[membership for _person, membership, _actor in members])
            write_rows(
                *[
                    models.Brand(
                        agency_id=made.id,
                        id=brand_id,
                        name=brand,
                        mark=brand[:2].upper(),
                        colour=COLOURS[number % len(COLOURS)],
                        needs_approval=needs_approval,
                    )
                    for number, (brand_id, brand) in enumerate(zip(made.brand_ids, brands, strict=True))
                ]
            )
        if not needs_approval:
            for brand_id in made.brand_ids:
                self.policy(made, brand_id, needs="none")
        return made

    def policy(self, agency: Agency, brand_id: UUID, **terms: Any) -> int:
        """These terms as the brand's policy in force, signed by nobody; returns the version's number."""
        with agency.entered():
            before = db.session.scalars(select(ApprovalPolicy).where(ApprovalPolicy.brand_id == brand_id)).all()
            for one in before:
                one.state, one.proposal_id, one.signed_how = "retired", None, one.signed_how or "as_before"
            db.session.flush()
            data = terms_to_data(read_terms(terms))
            number = len(before) + 1
            db.session.add(
                ApprovalPolicy(
                    agency_id=agency.id,
                    brand_id=brand_id,
                    number=number,
                    state="in_force",
                    terms=data,
                    signed_how="as_before",
                    put_in_force_at=clock.now(),
                )
            )
            db.session.get_one(models.Brand, (agency.id, brand_id)).needs_approval = data["needs"] != "none"
        return number

    def person(
        self, agency: Agency, role: Role, *, only_brand_ids: Sequence[UUID] | None = None, password: str | None = None
    ) -> Actor:
        """A member; `only_brand_ids=None` means every brand. `password=None` leaves them without one."""
        person, membership, actor = self._member(agency, role, only_brand_ids, password=password)
        with self.app.app_context():
            db.session.add(person)
            db.session.flush()
            db.session.add(membership)
            db.session.commit()
        return actor

    def _member(
        self,
        agency: Agency,
        role: Role,
        only_brand_ids: Sequence[UUID] | None,
        *,
        password: str | None = None,
        made_at: int = 0,
    ) -> tuple[models.Person, models.Membership, Actor]:
        """The rows of a member, yet to be written; `made_at` microseconds from now, so that no two are made at once."""
        number, moment = next(_numbers), datetime.now(UTC) + timedelta(microseconds=made_at)
        password_hash = None
        if password is not None:
            from argon2 import PasswordHasher

            password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
        person = models.Person(
            id=new_id(),
            email=f"{role.value}.{number}@test.example",
            name=f"{role.value.replace('_', ' ').title()} {number}",
            password_hash=password_hash,
            created_at=moment,
        )
        membership = models.Membership(
            agency_id=agency.id,
            person_id=person.id,
            role=role.value,
            all_brands=only_brand_ids is None,
            brand_ids=list(only_brand_ids or []),
            created_at=moment,
        )
        brand_ids = None if only_brand_ids is None else frozenset(only_brand_ids)
        return person, membership, Actor(person.id, person.name, role, agency.id, brand_ids)

    def account(self, agency: Agency, *, brand: int = 0, platform: str = "facebook", credential: str = "tok") -> UUID:
        """A connected account with a poll turn due now; its external id is `<platform>-<n>`."""
        account_id, brand_id, number = new_id(), agency.brand_ids[brand], next(_numbers)
        external_id = f"accounts/{number}/locations/{number}" if platform == "google_business" else str(10_000 + number)
        with agency.entered():
            place = Place(agency.id, brand_id, "account", account_id, "credential")
            write_rows(
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
            write_rows(
                AccountDirectory(
                    platform=platform,
                    external_id=external_id,
                    account_id=account_id,
                    agency_id=agency.id,
                    brand_id=brand_id,
                )
            )
            write_rows(PollTurn(account_id=account_id, agency_id=agency.id, brand_id=brand_id, platform=platform))
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
            write_rows(
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
            write_rows(
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
            write_rows(
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
