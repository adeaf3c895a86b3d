"""`/replies`: from a draft to its receipt, by the moves of the lifecycle."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from flask import Response

from agency.api import examples, receipt_examples
from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.fields import Nothing
from agency.api.schemas.replies import (
    ChangedWords,
    ChangeNote,
    DeclineReason,
    EditedReply,
    GivenVariants,
    LeavingWords,
    LetGo,
    NewReply,
    Reason,
    Receipt,
    Reply,
    ReplyWords,
    Requests,
    Resolution,
    ShownText,
    Variants,
    when_of,
)
from agency.api.variant_examples import VARIANTS
from agency.replies import changing, desk, letting_go, queries, variants
from agency.replies.approval_requests import requests_of
from agency.replies.signed_receipt import signed_receipt
from tenants.permissions import Permission

blueprint = ApiBlueprint("replies", __name__, description="Answers, decisions about them, and receipts.")


@blueprint.post("/conversations/<conversation_id>/replies")
@blueprint.arguments(NewReply, example=examples.NEW_REPLY)
@blueprint.response(201, Reply, example=examples.REPLY)
def start_reply(body: dict[str, Any], conversation_id: str) -> Any:
    """Make a draft. Claims an unclaimed conversation; 409 `held` when somebody else has it."""
    in_reply_to = None if body["in_reply_to"] is None else id_or_nobody(body["in_reply_to"])
    reply = desk.start_draft(
        caller(),
        known_id(conversation_id),
        body["text"],
        in_reply_to=in_reply_to,
        private=body["private"],
        automatic=body["automatic"],
        replaces=body["replaces"],
        saved_reply_id=_saved_reply_in(body),
    )
    return queries.get_reply(reply.id)


@blueprint.get("/replies/<reply_id>")
@blueprint.response(200, Reply, example=examples.REPLY)
def get_reply(reply_id: str) -> Any:
    """One reply with the words it has now."""
    return _readable(known_id(reply_id))


@blueprint.patch("/replies/<reply_id>")
@blueprint.arguments(EditedReply, example=examples.NEW_REPLY)
@blueprint.response(200, Reply, example=examples.REPLY)
def edit_reply(body: dict[str, Any], reply_id: str) -> Any:
    """New words; a reply that awaited approval is a draft again. 409 `draft_changed` with `text`, by `changed_by`, and
    `your_text` where `version` is not the draft's any more.
    """
    edited = desk.edit(
        caller(),
        known_id(reply_id),
        body["text"],
        replaces=body["replaces"],
        saved_reply_id=_saved_reply_in(body),
        version=body["version"],
    )
    return queries.get_reply(edited.id)


@blueprint.post("/replies/<reply_id>/submit")
@blueprint.arguments(LeavingWords, required=False, example=examples.SHOWN)
@blueprint.response(200, Reply, example={**examples.REPLY, **examples.SUBMITTED})
def submit_reply(body: dict[str, Any], reply_id: str) -> Any:
    """Ask the client for a yes. 422 `style_stop` with `findings` when the style guide stops the words, 409
    `text_changed` with the difference where they are others than those shown.
    """
    submitted = desk.submit(
        caller(),
        known_id(reply_id),
        shown_hash=body.get("text_hash"),
        when=when_of(body),
        only_heard=body.get("only_heard", False),
    )
    return queries.get_reply(submitted.id)


@blueprint.get("/replies/<reply_id>/variants")
@blueprint.response(200, Variants, example=VARIANTS)
def list_variants(reply_id: str) -> Any:
    """The wordings beside the first; to who may not read drafts those that are offered."""
    return _variants(_readable(known_id(reply_id)))


@blueprint.put("/replies/<reply_id>/variants")
@blueprint.arguments(GivenVariants, example={"items": [{"text": "Dear Ines, thank you."}]})
@blueprint.response(200, Variants, example=VARIANTS)
def keep_variants(body: dict[str, Any], reply_id: str) -> Any:
    """Let these be the wordings beside the first; a reply that awaited approval is a draft again. `submit` then offers
    all of them, each by the same checks, and `approve` with the hash of one approves that one.
    """
    given = [variants.Given(one["text"], one["is_safe"]) for one in body["items"]]
    kept = variants.keep_variants(caller(), known_id(reply_id), given, seen=body["seen"])
    return _variants(queries.get_reply(kept.id))


def _variants(reply: queries.ReplyRow) -> dict[str, Any]:
    there = variants.variants_of(reply)
    if not caller().may(Permission.REPLY_READ_DRAFT):
        there = [one for one in there if one.is_offered]
    return {"reply_id": reply.id, "items": there, "seen": variants.hash_of_variants(there)}


@blueprint.post("/replies/<reply_id>/let-go")
@blueprint.arguments(
    LetGo, example={"reason": "The client asked for this very word.", "text_hash": examples.SHOWN["text_hash"]}
)
@blueprint.response(200, Reply, example={**examples.REPLY, **examples.LET_GO})
def let_go_reply(body: dict[str, Any], reply_id: str) -> Any:
    """Let exactly the words that were shown go in spite of the rules that stop them. 409 `nothing_stops` where none
    does, `text_changed` as in `approve`.
    """
    return queries.get_reply(letting_go.let_go(caller(), known_id(reply_id), body["reason"], body["text_hash"]).id)


@blueprint.post("/replies/<reply_id>/approve")
@blueprint.arguments(ShownText, example=examples.SHOWN)
@blueprint.response(200, Reply, example={**examples.REPLY, "state": "approved"})
def approve_reply(body: dict[str, Any], reply_id: str) -> Any:
    """Say yes to exactly the text that was shown. 409 `text_changed` with the `difference` when it is another now."""
    reply = desk.approve(caller(), known_id(reply_id), body["text_hash"], asked_at=body.get("state_since"))
    return queries.get_reply(reply.id)


@blueprint.post("/replies/<reply_id>/change-and-approve")
@blueprint.arguments(ChangedWords, example={**examples.NEW_REPLY, **examples.SHOWN})
@blueprint.response(200, Reply, example={**examples.REPLY, "state": "approved"})
def change_and_approve_reply(body: dict[str, Any], reply_id: str) -> Any:
    """The approver's own words in the place of those shown, approved. 409 `text_changed` as in `approve`."""
    reply = desk.change_and_approve(
        caller(), known_id(reply_id), body["text"], body["text_hash"], asked_at=body.get("state_since")
    )
    return queries.get_reply(reply.id)


@blueprint.post("/replies/<reply_id>/decline")
@blueprint.arguments(DeclineReason, example={"reason": "We answer this by phone.", **examples.SHOWN})
@blueprint.response(200, Reply, example={**examples.REPLY, "state": "declined"})
def decline_reply(body: dict[str, Any], reply_id: str) -> Any:
    """Say no, with a reason, to exactly the text that was shown. 409 `text_changed` as in `approve`."""
    return _say_no("decline", reply_id, body["reason"], body)


@blueprint.post("/replies/<reply_id>/ask-for-changes")
@blueprint.arguments(ChangeNote, example={"note": "Please name the branch.", **examples.SHOWN})
@blueprint.response(200, Reply, example={**examples.REPLY, "state_reason": "Please name the branch."})
def ask_for_changes(body: dict[str, Any], reply_id: str) -> Any:
    """Send exactly the text that was shown back to the writer, with a note. 409 `text_changed` as in `approve`."""
    return _say_no("ask_for_changes", reply_id, body["note"], body)


def _say_no(no: Literal["decline", "ask_for_changes"], reply_id: str, why: str, body: dict[str, Any]) -> Any:
    reply = desk.say_no(caller(), known_id(reply_id), no, why, body["text_hash"], asked_at=body.get("state_since"))
    return queries.get_reply(reply.id)


@blueprint.post("/replies/<reply_id>/withdraw")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Reply, example=examples.REPLY)
def withdraw_reply(body: dict[str, Any], reply_id: str) -> Any:
    """Take it back to a draft before it is sent; any approval lapses."""
    return queries.get_reply(desk.withdraw(caller(), known_id(reply_id)).id)


@blueprint.post("/replies/<reply_id>/drop")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Reply, example={**examples.REPLY, "state": "dropped"})
def drop_reply(body: dict[str, Any], reply_id: str) -> Any:
    """Give a draft up; its words stay in the record."""
    return queries.get_reply(desk.drop(caller(), known_id(reply_id)).id)


@blueprint.post("/replies/<reply_id>/change")
@blueprint.arguments(ReplyWords, example=examples.NEW_REPLY)
@blueprint.response(201, Reply, example={**examples.REPLY, **examples.CHANGE})
def change_reply(body: dict[str, Any], reply_id: str) -> Any:
    """A draft of other words for a published answer; approved and published as any reply is."""
    return queries.get_reply(changing.start_change(caller(), known_id(reply_id), body["text"]).id)


@blueprint.post("/replies/<reply_id>/take-back")
@blueprint.arguments(Reason, example={"reason": "The offer named in it has ended."})
@blueprint.response(201, Reply, example={**examples.REPLY, **examples.CHANGE, "deed": "withdraw", "state": "approved"})
def take_back_reply(body: dict[str, Any], reply_id: str) -> Any:
    """Take a published answer back from the platform: at once for who may release, else after the client's yes."""
    return queries.get_reply(changing.take_back(caller(), known_id(reply_id), body["reason"]).id)


@blueprint.post("/replies/<reply_id>/release")
@blueprint.arguments(LeavingWords, required=False, example=examples.SHOWN)
@blueprint.response(200, Reply, example={**examples.REPLY, "state": "approved"})
def release_reply(body: dict[str, Any], reply_id: str) -> Any:
    """Publish without the client's yes, where the brand is set so. 409 `needs_approval` elsewhere. What would go at
    once can be undone by `withdraw` until its `not_before`, as long as the agency has it.

    409 `quiz_needed` while the agency asks for a pass of the quiz on the guide in force and this person has none.
    """
    released = desk.release(
        caller(),
        known_id(reply_id),
        shown_hash=body.get("text_hash"),
        when=when_of(body),
        only_heard=body.get("only_heard", False),
    )
    return queries.get_reply(released.id)


@blueprint.post("/replies/<reply_id>/resolve")
@blueprint.arguments(Resolution, example={"outcome": "published", "reason": "It stands on the page."})
@blueprint.response(200, Reply, example={**examples.REPLY, **examples.PUBLISHED})
def resolve_reply(body: dict[str, Any], reply_id: str) -> Any:
    """A lead decides what became of a send no machine can tell; `approved` sends it again."""
    reply = desk.resolve(caller(), known_id(reply_id), body["outcome"], body["reason"], body["platform_id"])
    return queries.get_reply(reply.id)


@blueprint.get("/replies/<reply_id>/requests")
@blueprint.response(200, Requests, example=examples.REQUESTS)
def list_requests(reply_id: str) -> Any:
    """Whom of the client a mail asked for a yes, to which words, and what became of each; first to last."""
    reply = _readable(known_id(reply_id))
    return {"reply_id": reply.id, "items": requests_of(reply.id)}


@blueprint.get("/replies/<reply_id>/receipt")
@blueprint.response(200, Receipt, example=receipt_examples.RECEIPT)
def get_receipt(reply_id: str) -> Any:
    """Who wrote and changed it, what was checked, who said yes, what was sent, what stands."""
    return queries.receipt(known_id(reply_id), caller()).as_data()


def _readable(reply_id: UUID) -> queries.ReplyRow:
    return queries.readable_reply(caller(), reply_id)


def _saved_reply_in(body: dict[str, Any]) -> UUID | None:
    return None if body["saved_reply_id"] is None else id_or_nobody(body["saved_reply_id"])


@blueprint.get("/replies/<reply_id>/receipt/signed")
@blueprint.doc(
    responses={
        "200": {
            "description": "The signed receipt, to be kept byte for byte; `onbrand receipt verify` checks it",
            "content": {"application/json": {"schema": {"type": "object"}, "example": receipt_examples.SIGNED_RECEIPT}},
        }
    }
)
def get_signed_receipt(reply_id: str) -> Response:
    """The receipt as a file that proves itself; its form is that of docs/receipt.md. Words the caller may not read are
    held by their hash alone. The public keys are at `/.well-known/onbrand-receipt-keys.json`.
    """
    return Response(signed_receipt(caller(), known_id(reply_id)), mimetype="application/json")
