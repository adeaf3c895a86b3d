"""One row of every table for one brand, each text of it marked, so that a leak is found by looking for the mark.

A table without a line in ROWS fails `test_every_table_has_a_row_here`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert

from migrations.run import import_models
from tenants import clock
from tenants.database import Base, new_id

import_models()


@dataclass
class Tenant:
    """One brand of one agency, and the ids of its rows by table."""

    mark: str
    agency_id: UUID
    brand_id: UUID = field(default_factory=new_id)
    ids: dict[str, UUID] = field(default_factory=dict)

    def id_of(self, table: str) -> UUID:
        return self.ids.setdefault(table, new_id())

    def word(self, what: str) -> str:
        return f"{self.mark} {what}"

    def hash(self, what: str) -> bytes:
        return hashlib.sha256(f"{self.mark} {self.brand_id} {what}".encode()).digest()


Row = dict[str, Any]
MONDAY = date(2026, 11, 16)


def _owned(tenant: Tenant, table: str) -> Row:
    return {"agency_id": tenant.agency_id, "id": tenant.id_of(table), "brand_id": tenant.brand_id}


def _audit(tenant: Tenant) -> Row:
    return {
        "number": tenant.brand_id.int % 2**40 + 1,
        "hash": tenant.hash("line"),
        "actor_salt": tenant.hash("salt"),
        "words": {"reason": tenant.word("reason")},
        "words_salt": tenant.hash("salt of words"),
        "actor_name": tenant.word("actor"),
        "action": "house.tried",
        "subject_type": "house",
        "subject_id": tenant.word("subject"),
        "facts": {"word": tenant.word("fact")},
    }


def _message(t: Tenant) -> Row:
    return {
        "conversation_id": t.id_of("conversation"),
        "account_id": t.id_of("account"),
        "contact_id": t.id_of("contact"),
        "external_id": t.word("message id"),
        "direction": "in",
        "author_name": t.word("author"),
        "text": t.word("message text"),
        "attachments": [{"kind": "photo", "url": f"https://platform.example/{t.mark}", "title": t.word("title")}],
        "permalink": f"https://platform.example/{t.mark}",
        "written_at": clock.now(),
        "content_hash": t.hash("content"),
    }


def _reply(t: Tenant) -> Row:
    return {
        "conversation_id": t.id_of("conversation"),
        "account_id": t.id_of("account"),
        "in_reply_to_id": t.id_of("message"),
        "in_reply_to_external_id": t.word("message id"),
        "in_reply_to_content_hash": t.hash("content"),
        "thread_external_id": t.word("thread"),
        "platform": "facebook",
        "kind": "comment",
        "state": "awaiting_approval",
        "state_since": clock.now(),
        "submitted_at": clock.now(),
        "text_id": t.id_of("reply_text"),
        "target_fingerprint": t.hash("target"),
        "written_by": t.id_of("person"),
        "written_by_name": t.word("writer"),
        "deed_reason": t.word("deed reason"),
        "saved_reply_id": t.id_of("saved_reply"),
        "began_with": t.word("began with"),
    }


def _decision(t: Tenant) -> Row:
    return {
        "reply_id": t.id_of("reply"),
        "reply_text_id": t.id_of("reply_text"),
        "text_hash": t.hash("text").hex(),
        "target_fingerprint": t.hash("target"),
        "decision": "changes_asked",
        "reason": t.word("reason"),
        "decided_by": t.id_of("person"),
        "decided_by_name": t.word("decider"),
    }


ROWS: dict[str, Callable[[Tenant], Row]] = {
    "agency": lambda t: {"id": t.agency_id, "name": f"{t.mark} agency {t.agency_id}"},
    "brand": lambda t: {
        "agency_id": t.agency_id,
        "id": t.brand_id,
        "name": t.word(f"brand {t.brand_id}"),
        "mark": "XX",
        "colour": "#123456",
    },
    "brand_mark": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("brand_mark"),
        "of_brand_id": t.brand_id,
        "source": "brand",
        "sort": "name",
        "key": t.word("key"),
        "written": t.word("name"),
    },
    "ranking_weights": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("ranking_weights"),
        "number": t.brand_id.int % 10**9,
        "points": {"urgent": 40},
        "note": "Why",  # every lead of the agency reads it, whichever brand's row this is
        "saved_by": t.id_of("person"),
        "saved_by_name": "A lead",
    },
    "clock_rules": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("clock_rules"),
        "of_brand_id": t.brand_id,
        "number": 1,
        "rules": [["heard", "", "", "", 1, "plain"]],
        "saved_by": t.id_of("person"),
        "saved_by_name": "A lead",
    },
    "acknowledgement_texts": lambda t: {
        **_owned(t, "acknowledgement_texts"),
        "number": 1,
        "texts": [["", "", "en", t.word("heard")]],
        "other_ways": t.word("ways"),
        "saved_by": t.id_of("person"),
        "saved_by_name": t.word("lead"),
    },
    "client_sheet": lambda t: {**_owned(t, "client_sheet"), "does": t.word("does"), "never_say": t.word("never")},
    "bulk_deed": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("bulk_deed"),
        "person_id": t.id_of("person"),
        "person_name": t.word("person"),
        "deed": "resolve",
        "asked_count": 1,
        "done_count": 1,
    },
    "bulk_deed_case": lambda t: {
        **_owned(t, "bulk_deed_case"),
        "bulk_deed_id": t.id_of("bulk_deed"),
        "conversation_id": t.id_of("conversation"),
        "place": 0,
        "state": "refused",
        "reason": {"words": t.word("reason")},
    },
    "data_key": lambda t: {**_owned(t, "data_key"), "key_id": t.word("key"), "wrapped": t.hash("wrapped")},
    "person": lambda t: {
        "id": t.id_of("person"),
        "email": f"{t.id_of('person')}@{t.mark.lower()}.example",
        "name": t.word("person"),
    },
    "membership": lambda t: {
        "id": t.id_of("membership"),
        "agency_id": t.agency_id,
        "person_id": t.id_of("person"),
        "role": "staff",
    },
    "invitation": lambda t: {
        "id": t.id_of("invitation"),
        "agency_id": t.agency_id,
        "email": f"{t.mark.lower()}@test.example",
        "role": "staff",
        "token_hash": t.hash("invitation"),
        "invited_by": t.id_of("person"),
        "expires_at": clock.now(),
    },
    "sign_in_session": lambda t: {
        "id": t.id_of("sign_in_session"),
        "person_id": t.id_of("person"),
        "token_hash": t.hash("session"),
        "expires_at": clock.now(),
    },
    "api_token": lambda t: {
        "id": t.id_of("api_token"),
        "agency_id": t.agency_id,
        "person_id": t.id_of("person"),
        "name": t.word("token"),
        "token_hash": t.hash("api token"),
    },
    "one_time_token": lambda t: {
        "id": t.id_of("one_time_token"),
        "purpose": "password_reset",
        "person_id": t.id_of("person"),
        "agency_id": t.agency_id,
        "brand_id": t.brand_id,
        "token_hash": t.hash("one time"),
        "expires_at": clock.now(),
    },
    "outgoing_mail": lambda t: {"id": t.id_of("outgoing_mail"), "notice": "house", "is_finished": True},
    "outbox_entry": lambda t: {"job_name": "house", "ids": {"reply_id": str(t.id_of("reply"))}},
    "received_event": lambda t: {"source": "house", "external_id": str(t.brand_id), "kind": "house"},
    "receipt_key": lambda t: {
        "id": t.id_of("receipt_key"),
        "public_key": t.hash("public"),
        "retired_at": clock.now(),
    },
    "installation_fact": lambda t: {"name": f"house {t.brand_id}", "value": {}},
    "agency_audit": lambda t: {"agency_id": t.agency_id, "id": t.id_of("agency_audit"), **_audit(t)},
    "brand_audit": lambda t: {**_owned(t, "brand_audit"), **_audit(t)},
    "idempotency_record": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("idempotency_record"),
        "person_id": t.id_of("person"),
        "key": t.word("key"),
        "request_hash": t.hash("request"),
        "http_status": 201,
        "answer": {"body": t.word("answer")},
    },
    "account": lambda t: {
        **_owned(t, "account"),
        "platform": "facebook",
        "external_id": str(t.id_of("account").int % 10**15),
        "name": t.word("account"),
        "health": "failing",
        "health_reason": t.word("health"),
    },
    "account_directory": lambda t: {
        "platform": "facebook",
        "external_id": str(t.id_of("account").int % 10**15),
        "account_id": t.id_of("account"),
        "agency_id": t.agency_id,
        "brand_id": t.brand_id,
    },
    "poll_turn": lambda t: {
        "account_id": t.id_of("account"),
        "agency_id": t.agency_id,
        "brand_id": t.brand_id,
        "platform": "facebook",
    },
    "account_day": lambda t: {
        **_owned(t, "account_day"),
        "account_id": t.id_of("account"),
        "day": clock.now().date(),
    },
    "set_aside_item": lambda t: {
        **_owned(t, "set_aside_item"),
        "account_id": t.id_of("account"),
        "external_id": t.word("set aside"),
        "reason": t.word("reason"),
        "raw": t.word("raw").encode(),
        "raw_hash": t.hash("raw"),
    },
    "raw_event": lambda t: {
        **_owned(t, "raw_event"),
        "account_id": t.id_of("account"),
        "kind": "feed",
        "body": t.word("event").encode(),
        "digest": t.hash("event"),
        "reason": t.word("event reason"),
    },
    "connect_attempt": lambda t: {
        "id": t.id_of("connect_attempt"),
        "state_hash": t.hash("state"),
        "browser_hash": t.hash("browser"),
        "agency_id": t.agency_id,
        "brand_id": t.brand_id,
        "platform": "facebook",
        "expires_at": clock.now(),
    },
    "granted_account": lambda t: {
        **_owned(t, "granted_account"),
        "attempt_id": t.id_of("connect_attempt"),
        "platform": "facebook",
        "external_id": t.word("granted id"),
        "name": t.word("granted"),
        "expires_at": clock.now(),
    },
    "backfill": lambda t: {
        **_owned(t, "backfill"),
        "account_id": t.id_of("account"),
        "horizon_at": clock.now(),
        "last_error": t.word("backfill error"),
    },
    "history_import": lambda t: {
        **_owned(t, "history_import"),
        "platform": "facebook",
        "external_id": str(t.id_of("account").int % 10**15),
        "name": t.word("imported account"),
        "file_name": t.word("file"),
        "file": f"id,kind,text,written_at\n7,comment,{t.word('file content')},2026-03-01T09:30:00Z\n".encode(),
        "file_hash": t.hash("file"),
        "asked_by": t.id_of("person"),
        "problems": [{"line": 2, "word": "kind", "column": "kind"}],
    },
    "kept_media": lambda t: {
        **_owned(t, "kept_media"),
        "conversation_id": t.id_of("conversation"),
        "message_id": t.id_of("message"),
        "position": 0,
        "url": f"https://platform.example/{t.mark}",
        "state": "kept",
        "content_type": "image/gif",
        "body": b"GIF89a" + t.word("picture").encode(),
        "sha256": t.hash("picture"),
        "kept_at": clock.now(),
    },
    "deletion_request": lambda t: {
        "id": t.id_of("deletion_request"),
        "code": str(t.id_of("deletion_request")),
        "person_hash": t.hash("deletion"),
    },
    "moderation_deed": lambda t: {
        **_owned(t, "moderation_deed"),
        "conversation_id": t.id_of("conversation"),
        "message_id": t.id_of("message"),
        "account_id": t.id_of("account"),
        "deed": "hide",
        "reason": t.word("deed reason"),
        "asked_by": t.id_of("person"),
        "asked_by_name": t.word("asker"),
    },
    "contact": lambda t: {
        **_owned(t, "contact"),
        "account_id": t.id_of("account"),
        "platform": "facebook",
        "external_id": t.word("contact id"),
        "name": t.word("contact"),
        "is_vip": True,
        "vip_note": t.word("vip note"),
        "vip_by_name": t.word("vip by"),
        "own_vip": True,
        "weight": 3,
        "own_weight": 3,
        "name_key": t.word("name key"),
    },
    "contact_link": lambda t: {
        **_owned(t, "contact_link"),
        "contact_id": min(t.id_of("contact"), t.id_of("second contact")),
        "other_id": max(t.id_of("contact"), t.id_of("second contact")),
        "kind": "staff",
        "reason": t.word("link reason"),
        "words": t.word("link words"),
        "made_by_name": t.word("linker"),
        "undo_reason": t.word("undo reason"),
    },
    "contact_note": lambda t: {
        **_owned(t, "contact_note"),
        "contact_id": t.id_of("contact"),
        "author_id": t.id_of("person"),
        "author_name": t.word("note author"),
        "text": t.word("person note"),
        "earlier": [{"text": t.word("earlier note"), "by": t.word("note author"), "until": "2026-11-20T10:00:00Z"}],
    },
    "contact_erasure": lambda t: {
        **_owned(t, "contact_erasure"),
        "contact_ids": [str(t.id_of("contact"))],
        "state": "done",
        "asked_by": t.id_of("person"),
        "asked_by_name": t.word("eraser"),
    },
    "people_export": lambda t: {
        **_owned(t, "people_export"),
        "state": "done",
        "asked_by": t.id_of("person"),
        "asked_by_name": t.word("exporter"),
        "created_at": clock.now(),
        "part_count": 1,
    },
    "people_export_part": lambda t: {
        **_owned(t, "people_export_part"),
        "export_id": t.id_of("people_export"),
        "number": 1,
        "body": t.word("exported").encode(),
    },
    "conversation": lambda t: {
        **_owned(t, "conversation"),
        "account_id": t.id_of("account"),
        "contact_id": t.id_of("contact"),
        "platform": "facebook",
        "kind": "comment",
        "external_id": t.word("thread"),
        "excerpt": t.word("excerpt"),
        "author_name": t.word("author"),
        "context": {"text": t.word("post"), "permalink": f"https://platform.example/{t.mark}"},
        "permalink": f"https://platform.example/{t.mark}",
        "message_count": 1,
        "reply_state": "awaiting_approval",
        "last_message_at": clock.now(),
        "last_customer_at": clock.now(),
        "label_ids": [t.id_of("label")],
    },
    "message": lambda t: {**_owned(t, "message"), **_message(t)},
    "note": lambda t: {
        **_owned(t, "note"),
        "conversation_id": t.id_of("conversation"),
        "author_id": t.id_of("person"),
        "author_name": t.word("colleague"),
        "text": t.word("note"),
    },
    "label": lambda t: {**_owned(t, "label"), "name": t.word("label"), "changed_by_name": t.word("labeller")},
    "conversation_label": lambda t: {
        **_owned(t, "conversation_label"),
        "conversation_id": t.id_of("conversation"),
        "label_id": t.id_of("label"),
        "put_by_name": t.word("labeller"),
        "status": "open",
        "rank": 0,
        "last_message_at": clock.now(),
    },
    "saved_view": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("saved_view"),
        "person_id": t.id_of("person"),
        "person_name": t.word("person"),
        "name": t.word("view"),
        "filters": {"q": [t.word("searched")]},
    },
    "last_place": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("last_place"),
        "person_id": t.id_of("person"),
        "brands": str(t.brand_id),
        "filters": {"q": [t.word("searched")]},
    },
    "notice": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("notice"),
        "person_id": t.id_of("person"),
        "kind": "reply_declined",
        "of_brand_id": t.brand_id,
        "subject_type": "reply",
        "subject_id": t.id_of("reply"),
        "path": f"/inbox/{t.id_of('conversation')}",
        "values": {"by_name": t.word("who declined")},
    },
    "notice_choice": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("notice_choice"),
        "person_id": t.id_of("person"),
        "kind": "reply_declined",
        "of_brand_id": t.brand_id,
        "in_app": True,
        "by_mail": False,
    },
    "queue_counter": lambda t: _owned(t, "queue_counter"),
    "style_guide_version": lambda t: {
        **_owned(t, "style_guide_version"),
        "number": 1,
        "state": "in_force",
        "voice": t.word("voice"),
        "rules": [{"kind": "banned", "id": "banned", "level": "warn", "phrases": [t.word("phrase")]}],
        "note": t.word("guide note"),
        "written_by_name": t.word("guide writer"),
    },
    "style_guide_step": lambda t: {
        **_owned(t, "style_guide_step"),
        "version_id": t.id_of("style_guide_version"),
        "deed": "put_in_force",
        "words": t.word("guide reason"),
        "made_by": t.id_of("person"),
        "made_by_name": t.word("guide decider"),
    },
    "guide_quiz": lambda t: {
        **_owned(t, "guide_quiz"),
        "person_id": t.id_of("person"),
        "version_id": t.id_of("style_guide_version"),
        "version_number": 1,
        "questions": [
            {
                "kind": "which_goes",
                "key": t.word("question"),
                "rule": "house",
                "shown": {"text": "", "language": "en"},
                "options": [t.word("right option"), t.word("wrong option")],
                "right": [0],
                "case": False,
            }
        ],
        "tries": 1,
        "right_count": 1,
        "passed_at": clock.now(),
    },
    "guideline": lambda t: {
        **_owned(t, "guideline"),
        "title": t.word("guideline"),
        "applies_when": t.word("when"),
        "steps": [t.word("step")],
        "never_say": [t.word("never")],
        "words": [t.word("said")],
        "max_stars": 5,
        "visibility_reason": t.word("why"),
        "example": t.word("example"),
    },
    "saved_reply": lambda t: {
        **_owned(t, "saved_reply"),
        "title": t.word("saved reply"),
        "texts": [{"language": "en", "text": t.word("saved words {customer_name}")}],
        "words": [t.word("fits")],
        "changed_by_name": t.word("saver"),
        "version": 1,
    },
    "saved_reply_version": lambda t: {
        **_owned(t, "saved_reply_version"),
        "saved_reply_id": t.id_of("saved_reply"),
        "number": 1,
        "deed": "written",
        "title": t.word("saved reply"),
        "texts": [{"language": "en", "text": t.word("saved words {customer_name}")}],
        "words": [t.word("fits")],
        "made_by": t.id_of("person"),
        "made_by_name": t.word("saver"),
    },
    "approval_policy": lambda t: {
        **_owned(t, "approval_policy"),
        "number": 1,
        "state": "retired",
        "terms": {"needs": "rule", "words": [t.word("policy phrase")]},
        "note": t.word("policy note"),
        "answer": t.word("policy answer"),
        "written_by_name": t.word("policy writer"),
        "signed_how": "paper",
        "signed_by_name": t.word("signer"),
    },
    "brand_hours": lambda t: {
        **_owned(t, "brand_hours"),
        "zone": "Europe/Lisbon",
        "days": [[[540, 1020]], [], [], [], [], [], []],
    },
    "visibility_lag": lambda t: {
        "platform": t.word("platform"),
        "day": MONDAY,
        "within_seconds": 5,
        "seen": 1,
    },
    "team_member": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("team_member"),
        "person_id": t.id_of("person"),
        "zone": "Europe/Warsaw",
        "days": [[[480, 960]], [], [], [], [], [], []],
        "languages": ["pl"],
        "skills": [t.word("skill")],
        "most_cases": 5,
        "changed_by_name": t.word("lead"),
    },
    "absence": lambda t: {
        "agency_id": t.agency_id,
        "id": t.id_of("absence"),
        "person_id": t.id_of("person"),
        "person_name": t.word("person"),
        "first_day": MONDAY,
        "last_day": MONDAY,
        "state": "agreed",
        "settled_by_name": t.word("lead"),
    },
    "triage_rule": lambda t: {
        **_owned(t, "triage_rule"),
        "name": t.word("rule of the desk"),
        "position": 1,
        "terms": {
            "if": {"words": [["en", t.word("rule word")]]},
            "then": {"points": 5, "label_ids": [str(t.id_of("label"))], "keep_for": str(t.id_of("person"))},
        },
        "note": t.word("rule note"),
        "changed_by_name": t.word("rule writer"),
    },
    "triage_deed": lambda t: {
        **_owned(t, "triage_deed"),
        "conversation_id": t.id_of("conversation"),
        "message_id": t.id_of("message"),
        "rule_id": t.id_of("triage_rule"),
        "rule_version": 1,
        "rule_name": t.word("rule of the desk"),
        "spans": [[0, 4]],
        "label_ids": [str(t.id_of("label"))],
        "points": 5,
        "kept_for_id": t.id_of("person"),
        "kept_for_name": t.word("kept for"),
    },
    "kept_case": lambda t: {
        **_owned(t, "kept_case"),
        "conversation_id": t.id_of("conversation"),
        "person_id": t.id_of("person"),
        "person_name": t.word("kept for"),
        "until": clock.now(),
    },
    "comeback": lambda t: {
        **_owned(t, "comeback"),
        "conversation_id": t.id_of("conversation"),
        "comes_at": clock.now() + timedelta(days=1),
        "reason": t.word("why it comes back"),
        "draft": t.word("words to begin from"),
        "person_id": t.id_of("person"),
        "person_name": t.word("whom it comes back to"),
    },
    "topic": lambda t: {
        **_owned(t, "topic"),
        "name": t.word("topic"),
        "phrases": [{"language": "en", "words": t.word("phrase")}],
        "changed_by_name": t.word("topic teller"),
        "version": 1,
    },
    "fact": lambda t: {
        **_owned(t, "fact"),
        "name": t.word("fact"),
        "subjects": [{"language": "en", "words": t.word("subject")}],
        "kind": "text",
        "value": t.word("value"),
        "note": t.word("note"),
        "changed_by_name": t.word("teller"),
        "version": 1,
    },
    "empowerment": lambda t: {
        **_owned(t, "empowerment"),
        "currency": "EUR",
        "version": 1,
        "lines": 1,
        "changed_by_name": t.word("limit setter"),
    },
    "empowerment_limit": lambda t: {
        **_owned(t, "empowerment_limit"),
        "guideline_id": t.id_of("guideline"),
        "kind": "brand_month",
        "amount_minor": 50_000,
    },
    "ledger_line": lambda t: {
        **_owned(t, "ledger_line"),
        "number": 1,
        "deed": "given",
        "amount_minor": 4_000,
        "currency": "EUR",
        "given_on": clock.now().date(),
        "made_on": clock.now().date(),
        "made_by": t.id_of("person"),
        "made_by_name": t.word("giver"),
        "person_id": t.id_of("person"),
        "conversation_id": t.id_of("conversation"),
        "contact_id": t.id_of("contact"),
        "guideline_id": t.id_of("guideline"),
        "scenario": t.word("scenario"),
        "words": t.word("what for"),
        "reply_id": t.id_of("reply"),
        "over_reason": t.word("why more"),
        "limits": [],
        "request_key": t.word("key"),
    },
    "ledger_total": lambda t: {
        **_owned(t, "ledger_total"),
        "kind": "brand_month",
        "scenario_id": t.brand_id,
        "subject_id": t.brand_id,
        "period": "2026-11",
        "given_minor": 4_000,
    },
    "saved_reply_use": lambda t: {
        **_owned(t, "saved_reply_use"),
        "saved_reply_id": t.id_of("saved_reply"),
        "uses": 3,
        "last_used_at": clock.now(),
    },
    "reply": lambda t: {**_owned(t, "reply"), **_reply(t)},
    "draft_version": lambda t: {
        **_owned(t, "draft_version"),
        "conversation_id": t.id_of("conversation"),
        "author_id": t.id_of("person"),
        "author_name": t.word("writer"),
        "text": t.word("draft version"),
        "why": "held",
        "saved_at": clock.now(),
    },
    "reply_text": lambda t: {
        **_owned(t, "reply_text"),
        "reply_id": t.id_of("reply"),
        "number": 1,
        "text": t.word("reply text"),
        "text_hash": t.hash("text").hex(),
        "author_id": t.id_of("person"),
        "author_name": t.word("writer"),
        "findings": [],
    },
    "reply_variant": lambda t: {
        **_owned(t, "reply_variant"),
        "reply_id": t.id_of("reply"),
        "reply_text_id": t.id_of("reply_text"),
        "place": 2,
        "is_safe": True,
    },
    "wording": lambda t: {
        **_owned(t, "wording"),
        "exact": t.hash("wording"),
        "features": t.hash("features"),
        **{f"band_{number}": number for number in range(1, 7)},
    },
    "sent_wording": lambda t: {
        **_owned(t, "sent_wording"),
        "wording_id": t.id_of("wording"),
        "reply_id": t.id_of("reply"),
        "contact_id": t.id_of("contact"),
        "sent_at": clock.now(),
        "saved_reply_id": t.id_of("saved_reply"),
    },
    "search_word": lambda t: {
        **_owned(t, "search_word"),
        "id": t.id_of("conversation"),
        "word": t.word("word"),
        "at": clock.now(),
    },
    "search_due": lambda t: {"agency_id": t.agency_id, "conversation_id": t.id_of("conversation")},
    "figure_due": lambda t: {"agency_id": t.agency_id, "conversation_id": t.id_of("conversation")},
    "case_day": lambda t: {
        **_owned(t, "case_day"),
        "conversation_id": t.id_of("conversation"),
        "day": MONDAY,
        "is_private": False,
        "received": 1,
        "asked": 1,
    },
    "brand_day": lambda t: {**_owned(t, "brand_day"), "day": MONDAY, "is_private": False, "received": 1, "asked": 1},
    "answered_word": lambda t: {
        **_owned(t, "answered_word"),
        "stem": 7,
        "reply_id": t.id_of("reply"),
        "message_id": t.id_of("message"),
        "answered_at": clock.now(),
    },
    "reading_correction": lambda t: {
        **_owned(t, "reading_correction"),
        "message_id": t.id_of("message"),
        "language": "en",
        "aspect": "act",
        "read_as": "chatter",
        "confidence": 0.4,
        "is_in_truth": "question",
        "origin": "case",
        "said_by": t.id_of("person"),
        "said_by_name": t.word("reader"),
        "text_hash": t.hash("read text"),
        "reading_version": 1,
    },
    "approval": lambda t: {**_owned(t, "approval"), **_decision(t)},
    "approval_request": lambda t: {
        **_owned(t, "approval_request"),
        "reply_id": t.id_of("reply"),
        "reply_text_id": t.id_of("reply_text"),
        "text_hash": t.hash("text").hex(),
        "target_fingerprint": t.hash("target"),
        "account_id": t.id_of("account"),
        "approver_id": t.id_of("person"),
        "approver_name": t.word("approver"),
        "asked_at": clock.now(),
        "expires_at": clock.now(),
        "ended_at": clock.now(),
        "ended_because": "decline",
        "ended_words": t.word("why"),
        "ended_by_name": t.word("decider"),
        "from_browser": t.word("browser"),
    },
    "publish_attempt": lambda t: {
        **_owned(t, "publish_attempt"),
        "reply_id": t.id_of("reply"),
        "reply_text_id": t.id_of("reply_text"),
        "fence": 1,
        "request_id": new_id(),
        "deed": "look",
        "detail": t.word("detail"),
    },
    "live_change": lambda t: {
        **_owned(t, "live_change"),
        "reply_id": t.id_of("reply"),
        "from_state": "visible",
        "to_state": "edited",
        "seen_by": "sweep",
        "reason": t.word("violation"),
        "text_hash": t.hash("seen text").hex(),
    },
    "clock_outcome": lambda t: {
        **_owned(t, "clock_outcome"),
        "conversation_id": t.id_of("conversation"),
        "clock": "heard",
        "started_at": clock.now(),
        "due_at": clock.now() + timedelta(hours=1),
        "stopped_at": clock.now() + timedelta(minutes=1),
        "rule": ["heard", "", "", "", 1, "plain"],
    },
    "customer_promise": lambda t: {
        **_owned(t, "customer_promise"),
        "conversation_id": t.id_of("conversation"),
        "reply_id": t.id_of("reply"),
        "reply_text_id": t.id_of("reply_text"),
        "starts": 0,
        "ends": 4,
        "made_at": clock.now(),
        "due_at": clock.now() + timedelta(days=1),
    },
    "judgement": lambda t: {
        **_owned(t, "judgement"),
        "reply_id": t.id_of("reply"),
        "contact_id": t.id_of("contact"),
        "author_id": t.id_of("person"),
        "author_name": t.word("writer"),
        "judge_id": t.id_of("judge"),
        "judge_name": t.word("judge"),
        "week": MONDAY,
        **dict.fromkeys(("friendly", "solves", "personal"), "partly"),
        "note": t.word("judge's note"),
        "version": 2,
        "judged_at": clock.now(),
        "earlier": [{"friendly": "no", "solves": "no", "personal": "no", "note": t.word("earlier note")}],
    },
}


SECOND: dict[str, Callable[[Tenant], Row]] = {
    "contact": lambda t: {
        **ROWS["contact"](t),
        "id": t.id_of("second contact"),
        "external_id": t.word("second contact id"),
    },
}
"""A second row, of what another table names two of."""


def put_a_row_everywhere(superuser: Engine, *tenants: Tenant) -> None:
    """A row of every table for each of these brands, past both guards. What is there already stays."""
    with superuser.begin() as connection:
        for tenant in tenants:
            for table in Base.metadata.sorted_tables:
                for made in (ROWS, SECOND):
                    if table.name in made:
                        connection.execute(insert(table).values(**made[table.name](tenant)).on_conflict_do_nothing())
