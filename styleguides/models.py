"""A brand's guide, version by version, and its reply guidelines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from styleguides.empowerment_models import Empowerment as Empowerment
from styleguides.empowerment_models import EmpowermentLimit as EmpowermentLimit
from styleguides.empowerment_models import LedgerLine as LedgerLine
from styleguides.empowerment_models import LedgerTotal as LedgerTotal
from tenants.database import (
    AgencyOrBrandOwned,
    Base,
    BrandOwned,
    Dated,
    belongs_to,
    belongs_to_agency_or_brand,
    belongs_to_brand,
)


class StyleGuideVersion(BrandOwned, Dated, Base):
    """One version of a brand's guide. Its words never change once it has been in force; a change is a new version.

    `state` is one of `draft`, `proposed` (the client's owner is asked), `in_force`, `retired`; `styleguides.guides`
    has the moves. `rules` is the form of `styleguides.rules.rules_to_data`, `identity` that of
    `styleguides.identity`. `revision` counts the changes of a draft, so that of two who change it one is told;
    `proposal_id` is the step that asked, while it waits.
    """

    __tablename__ = "style_guide_version"
    number: Mapped[int]
    state: Mapped[str] = mapped_column(Text, default="draft")
    voice: Mapped[str] = mapped_column(Text, default="")
    identity: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    written_by: Mapped[UUID | None]
    written_by_name: Mapped[str] = mapped_column(Text, default="system")
    put_in_force_by: Mapped[UUID | None]
    put_in_force_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    proposal_id: Mapped[UUID | None]
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "brand_id", "number"),
        Index(
            "uq_style_guide_version_in_force",
            "agency_id",
            "brand_id",
            unique=True,
            postgresql_where=text("state = 'in_force'"),
        ),
        Index(
            "uq_style_guide_version_proposed",
            "agency_id",
            "brand_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        CheckConstraint("state in ('draft', 'proposed', 'in_force', 'retired')", name="state_is_known"),
        CheckConstraint("(state = 'proposed') = (proposal_id is not null)", name="proposed_by_a_step"),
    )


class StyleGuideStep(BrandOwned, Dated, Base):
    """One move of a version: who made it and in which words. May be added to and read, nothing else.

    `deed` is the name of the move in `styleguides.guides.VERSION_MOVES`; `words` are a note to the client, a comment
    or a reason; `against` is the number in force then, None where there was none.
    """

    __tablename__ = "style_guide_step"
    version_id: Mapped[UUID]
    deed: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text, default="")
    against: Mapped[int | None]
    made_by: Mapped[UUID]
    made_by_name: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        belongs_to("style_guide_version", "version_id"),
        Index("ix_style_guide_step_version", "agency_id", "version_id", "id"),
        {"info": {"app_may": ("SELECT", "INSERT")}},
    )


class Guideline(BrandOwned, Dated, Base):
    """A scenario with steps, what may be offered, and what is never said.

    `words`, `case_kinds`, `kinds`, `platforms`, `languages` and the stars say when it applies, as
    `styleguides.scenarios.Scenario` reads them; `when` says it in prose. `final_by` is one of
    `styleguides.guidelines.FINAL_BY`.
    """

    __tablename__ = "guideline"
    title: Mapped[str] = mapped_column(Text)
    when: Mapped[str] = mapped_column("applies_when", Text, default="")
    steps: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    offer_limit_cents: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(Text)
    never_say: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    visibility: Mapped[str] = mapped_column(Text, default="both")
    saved_reply_ids: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    words: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    case_kinds: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    kinds: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    platforms: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    languages: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    min_stars: Mapped[int | None] = mapped_column(SmallInteger)
    max_stars: Mapped[int | None] = mapped_column(SmallInteger)
    visibility_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    final_by: Mapped[str] = mapped_column(Text, default="staff", server_default="staff")
    example: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_brand(),
        Index("ix_guideline_brand", "agency_id", "brand_id", "title"),
        CheckConstraint("visibility in ('public', 'private', 'both')", name="visibility_is_known"),
        CheckConstraint("offer_limit_cents is null or currency is not null", name="offer_names_currency"),
        CheckConstraint(
            "(min_stars is null or min_stars between 1 and 5) and (max_stars is null or max_stars between 1 and 5)"
            " and (min_stars is null or max_stars is null or min_stars <= max_stars)",
            name="stars_are_a_range",
        ),
        CheckConstraint("final_by in ('staff', 'team_lead', 'client_owner')", name="final_by_is_known"),
    )


class SavedReply(AgencyOrBrandOwned, Dated, Base):
    """Words to begin an answer with, of one brand or of the agency for all its brands. Put away, never deleted.

    `texts` are `{"language", "text"}`, several of one language being variants; `words` say what customers write where
    it fits. `review_by` is the day from which somebody should look whether it is still true.
    """

    __tablename__ = "saved_reply"
    title: Mapped[str] = mapped_column(Text)
    texts: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    words: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    review_by: Mapped[date | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by_name: Mapped[str] = mapped_column(Text, default="system")
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        *belongs_to_agency_or_brand(),
        Index("ix_saved_reply_title", "agency_id", "title", "id", "brand_id"),
        Index("ix_saved_reply_brand", "agency_id", "brand_id", "title", "id"),
        Index("ix_saved_reply_stamp", "agency_id", "brand_id", "version"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class SavedReplyVersion(BrandOwned, Dated, Base):
    """What a saved reply said at one version, and who wrote it. May be added to and read, nothing else.

    `deed` is `written`, `changed`, `archived` or `restored`.
    """

    __tablename__ = "saved_reply_version"
    saved_reply_id: Mapped[UUID]
    number: Mapped[int]
    deed: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    texts: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    words: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    review_by: Mapped[date | None]
    made_by: Mapped[UUID]
    made_by_name: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        belongs_to("saved_reply", "saved_reply_id"),
        UniqueConstraint("agency_id", "saved_reply_id", "number", "brand_id"),
        CheckConstraint("deed in ('written', 'changed', 'archived', 'restored')", name="deed_is_known"),
        {"info": {"app_may": ("SELECT", "INSERT")}},
    )


class SavedReplyUse(BrandOwned, Dated, Base):
    """How often replies of a brand that began from a saved reply were sent. The brand is where it was used, so what the
    agency keeps for all brands has a row in each.
    """

    __tablename__ = "saved_reply_use"
    saved_reply_id: Mapped[UUID]
    uses: Mapped[int]
    last_used_at: Mapped[datetime]
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "saved_reply_id", "brand_id"),
    )


class ClientSheet(BrandOwned, Dated, Base):
    """What somebody new to a brand reads first (`styleguides.client_sheet`); one a brand."""

    __tablename__ = "client_sheet"
    does: Mapped[str] = mapped_column(Text, default="", server_default="")
    products: Mapped[str] = mapped_column(Text, default="", server_default="")
    hours: Mapped[str] = mapped_column(Text, default="", server_default="")
    never_say: Mapped[str] = mapped_column(Text, default="", server_default="")
    contacts: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    campaigns: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    changed_at: Mapped[datetime | None]
    changed_by_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (belongs_to_brand(), UniqueConstraint("agency_id", "brand_id"))


class Fact(BrandOwned, Dated, Base):
    """What is so at a brand: a price, hours, a policy, an address. Put away, never deleted; the record has each change.

    `subjects` are `{"language", "words"}`, how people speak of it; `kind` one of `fact_values.VALUE_KINDS`, `value` in
    that kind's one form. `valid_until` is the last day on which it holds.
    """

    __tablename__ = "fact"
    name: Mapped[str] = mapped_column(Text)
    subjects: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    kind: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    valid_until: Mapped[date | None]
    note: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by_name: Mapped[str] = mapped_column(Text, default="system")
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        belongs_to_brand(),
        Index("ix_fact_brand", "agency_id", "brand_id", "name", "id"),
        Index("ix_fact_stamp", "agency_id", "brand_id", "changed_at", "version"),
        CheckConstraint("kind in ('amount', 'hours', 'span', 'day', 'yes_no', 'link', 'text')", name="kind_is_known"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class GuideQuiz(BrandOwned, Dated, Base):
    """What one person was asked about one version of a guide, and how it went: a row a person and version.

    `questions` have the form of `styleguides.quiz.questions_to_data`, made of `seed`; `answers` are the places of the
    options chosen. A new try takes the place of the last one, `asked` keeps the keys of all. `tries` are those that
    were handed in; while `finished_at` is None one is open. `passed_at` stays, whatever is tried afterwards.
    """

    __tablename__ = "guide_quiz"
    person_id: Mapped[UUID]
    version_id: Mapped[UUID]
    version_number: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger, default=0)
    questions: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    answers: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    asked: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    right_count: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]
    passed_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("style_guide_version", "version_id"),
        UniqueConstraint("agency_id", "brand_id", "person_id", "version_id"),
        Index("ix_guide_quiz_person", "agency_id", "person_id", "id"),
        CheckConstraint("passed_at is null or tries > 0", name="passed_by_a_try"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )
