# ruff: noqa: E501 - invented cases read best as tables, one case a line
"""Invented pages for `/parts/pages/…`: the client's, the receipt, set-up, doors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask_babel import ngettext

from agency.replies.text_difference import text_difference
from agency.web import contexts as c
from agency.web import parts_sample_billing as paid
from agency.web import parts_sample_billing_change as paying
from agency.web import parts_sample_billing_plan as first_paid
from agency.web import parts_sample_bulk as bulk
from agency.web import parts_sample_connecting as connecting
from agency.web import parts_sample_desk_rules as desk_rules
from agency.web import parts_sample_doors as doors
from agency.web import parts_sample_empowerment as given
from agency.web import parts_sample_guide as guide_sample
from agency.web import parts_sample_handover as handed
from agency.web import parts_sample_incidents as incident
from agency.web import parts_sample_knowledge as knowledge
from agency.web import parts_sample_later as coming_back
from agency.web import parts_sample_loops as looped
from agency.web import parts_sample_months as monthly
from agency.web import parts_sample_notices as notices
from agency.web import parts_sample_promises as promised
from agency.web import parts_sample_quiz as quiz
from agency.web import parts_sample_ranking as ranking
from agency.web import parts_sample_saved_replies as saved
from agency.web import parts_sample_team as teams
from agency.web import parts_sample_topics as topics
from agency.web import parts_sample_wall as wall_sample
from agency.web.contexts_day import DayPlace
from agency.web.contexts_owner import DayEndedPage, GoodwillLook, SignedOutPage, WaitingGuideRow
from agency.web.contexts_record import DoneLine, DonePage
from agency.web.health_words import health_looks
from agency.web.looks import Choice, Notice, StateLook, Toast
from agency.web.parts_sample_accounts import accounts
from agency.web.parts_samples import (
    CHANGED,
    DRAFT,
    HASH,
    PAGES,
    REVIEW,
    ago,
    assign,
    at,
    brands,
    conversation,
    findings,
    inbox,
    left,
    messages,
    one_star,
    owner_shell,
    result,
    shell,
    voice,
)
from agency.web.state_looks import reply_states

Sample = tuple[str, c.Shell, object]


def waiting(empty: bool = False) -> c.OwnerWaitingPage:
    row = c.WaitingRow(f"{PAGES}/owner-reply", brands()[1], "Google · review", "Anna Szczebrzeszyńska", REVIEW[:140], DRAFT[:140], "pl", one_star(), "Ana", ago(minutes=26), left(minutes=40))  # fmt: skip
    whole = replace(row, whole=DRAFT, result=milder(clean=True), tick="1", goes_out="Goes out Tue 09:00, if it has its yes by then.", waits="If nobody answers before 24 Nov 2026, 09:00, others are asked.")  # fmt: skip
    stopped = replace(whole, result=result(), tick="", why_not="Your style guide stops these words: change them or ask for changes.")  # fmt: skip
    return c.OwnerWaitingPage(title="Waiting for your yes", approve_url="#", tick_all_url="?tick=all", rows=() if empty else (whole, replace(whole, tick="2", ticked=True), stopped), tabs=(Choice("Waiting", "?", True, 0 if empty else 3), Choice("Decided", "?decided=1")))  # fmt: skip


def milder(*, clean: bool) -> c.CheckResult:
    return replace(result(), findings=() if clean else findings()[1:])


def owner_reply(kind: str = "") -> c.OwnerReplyPage:
    decided = Notice("good", "Approved at 09:14 by you.", "It is published once, within a minute.", "You need not do anything.")  # fmt: skip
    moved = Notice("warn", "The agency changed the words while you were reading.", "Nothing was published.", "Look at the difference below and decide again.")  # fmt: skip
    return c.OwnerReplyPage(
        url="#", brand=brands()[1], place="Google · public answer to a review", account="Hotel Bursztynowa Zatoka, Łeba",
        customer="Anna Szczebrzeszyńska", customer_messages=messages()[:1], language="pl", text=DRAFT if kind != "decided" else CHANGED, text_hash=HASH,
        idempotency_key="k2", written_by="Ana, Lantern Street", result=result(clean=kind == "decided") if kind == "moved" else milder(clean=kind == "decided"), due=left(minutes=40),
        difference=text_difference(CHANGED, DRAFT) if kind == "moved" else (), notice=moved if kind == "moved" else None,
        changed=CHANGED if kind == "changed" else "", errors={"reason": "Say in a few words what should be different."} if kind == "moved" else {},
        decided=decided if kind == "decided" else None, live_url="https://example.com/r/1" if kind == "decided" else "",
        receipt_url=f"{PAGES}/receipt" if kind == "decided" else "", others_url=f"{PAGES}/waiting", others_words=ngettext("%(num)s other reply waits", "%(num)s other replies wait", 2),
    )  # fmt: skip


def owner_wordings() -> c.OwnerReplyPage:
    second = "Rozumiemy, że śniadanie zepsuło Państwu poranek. Zadzwonimy jutro przed południem."
    texts = ((DRAFT, milder(clean=False)), (CHANGED, milder(clean=True)), (second, milder(clean=True)))
    return replace(
        owner_reply(),
        wordings=tuple(
            c.WordingLook(number=n, text=words, text_hash=HASH[:-1] + str(n), result=found, written_by="Ana, Lantern Street", chosen=n == 2, is_safe=n == 3)
            for n, (words, found) in enumerate(texts, start=1)
        ),
    )  # fmt: skip


def link_shell(here: str) -> c.Shell:
    return replace(owner_shell(here), referrer="no-referrer")


def link_ended(*, used: bool) -> c.LinkEndedPage:
    told = Notice("good", "Already approved at 09:14 by you.", "It is published once, within a minute or so.", "You need not do anything.")  # fmt: skip
    old = Notice("info", "The agency changed these words after the mail was sent.", "This link decides nothing any more.", "A reply waits for your decision: its own link can be mailed to the address this one went to.")  # fmt: skip
    return c.LinkEndedPage(
        brand=brands()[1], notice=told if used else old, asked_name="Jan Kowalczyk", text=CHANGED if used else "", language="pl",
        typed="" if used else "Words that came too late", live_url="https://example.com/r/1" if used else "", url="" if used else "#",
    )  # fmt: skip


def day_place() -> DayPlace:
    names = ("Waiting", "Decided", "Published", "Promised")
    return DayPlace(tuple(Choice(name, f"{PAGES}/day", name == "Published") for name in names), "Jan Kowalczyk", "Tue 24 Nov, 24:00")  # fmt: skip


def day_list(*, published: bool = False) -> c.OwnerWaitingPage:
    """Behind a link of the day: what waits, or what is out."""
    day, page = day_place(), waiting()
    out = replace(page.rows[0], result=None, tick="", waits="", goes_out="", live_url="https://platform.example/p/1", receipt_url=f"{PAGES}/day-receipt")  # fmt: skip
    if published:
        return c.OwnerWaitingPage(title="Published replies", rows=(out, out), tabs=day.tabs, by_link=True, day=day, note="Of the last 30 days, and of messages to one person only what you decided on.")  # fmt: skip
    paper = WaitingGuideRow("", brands()[1], 4, "Two stars wait for you, too.", "Marek", ago(minutes=26))
    guide = replace(paper, url=f"{PAGES}/day-guide", note="Calmer, as we said.")
    used = GoodwillLook(url="", brand=brands()[1], words="190 EUR given so far")
    return replace(page, by_link=True, tabs=day.tabs, day=day, decided=(out,), guides=(guide,), policies=(paper,), goodwill=(used,), sign_url="#")  # fmt: skip


def day_ended() -> DayEndedPage:
    told = Notice("info", "The day this link was for is over.", "Nothing was decided.", "Today's can be mailed to the address this one went to.")  # fmt: skip
    return DayEndedPage(notice=told, asked_name="Jan Kowalczyk", url="#")


def signed_out() -> SignedOutPage:
    told = Notice("warn", "You are signed in no longer.", "Nothing was decided; what you typed is below.", "Sign in on another tab, then come back here and go on.")  # fmt: skip
    return SignedOutPage(notice=told, url="#", sign_in_url="#", fields=(("text", CHANGED),), typed=CHANGED)


def receipt() -> c.ReceiptPage:
    states = reply_states()
    chain = (
        c.ChainStep(what="Written", icon="pencil", who="Ana Ferreira, Lantern Street", at=at(minutes=60)),
        c.ChainStep(what="Checked", icon="shield", tone="warn", who="Style guide, version 3", at=at(minutes=59), facts=(("Findings", "3, one stopped the draft"),), findings=findings()),
        c.ChainStep(what="Changed and approved", icon="check", tone="good", who="Jan Kowalczyk, Hotel Bursztynowa Zatoka", at=at(minutes=40), difference=text_difference(DRAFT, CHANGED), facts=(("Text approved", HASH),)),
        c.ChainStep(what="First attempt", icon="question", tone="warn", who="Publisher", at=at(minutes=39), facts=(("Request", "req-7f21"), ("Outcome", "Google did not answer in 20 s; not sent again before looking"))),
        c.ChainStep(what="Looked for on Google", icon="search", tone="info", who="Publisher", at=at(minutes=38), facts=(("Outcome", "Found once, same words"),)),
        c.ChainStep(what="Read back", icon="eye", tone="good", who="Publisher", at=at(minutes=5), facts=(("Outcome", "Still there, unchanged"),)),
    )  # fmt: skip
    return c.ReceiptPage(
        reply_id="0193a1f2-7c00-7b2e-9f11-5c0de0a1b2c3", brand=brands()[1], place="Google · public answer to a review", account="Hotel Bursztynowa Zatoka, Łeba",
        customer="Anna Szczebrzeszyńska", customer_words=REVIEW, text=CHANGED, language="pl", text_hash=HASH, state=states["published"],
        summary="Published once on 22 November 2026 at 11:25, approved by the client, still there at 11:59.", chain=chain,
        platform_id="accounts/123/locations/456/reviews/AbFvOqk", live_state=StateLook("there", "Still there", "eye", "good"),
        live_url="https://example.com/r/1", conversation_url=f"{PAGES}/conversation", made_at=at(),
        file_url="#", file_name="receipt-0193a1f2-7c00-7b2e-9f11-5c0de0a1b2c3.json", key_id="0123456789abcdef",
        keys_url="https://onbrand.example/.well-known/onbrand-receipt-keys.json",
        record=tuple(c.RecordLine(number=n, what=what, at=at(minutes=40 - n % 10), hash=HASH) for n, what in ((1204, "Reply: approve"), (1206, "Reply: claim"), (1207, "Reply: settle"))),
    )  # fmt: skip


def done() -> DonePage:
    lines = (
        ("Reply: settle", "The system"),
        ("Reply: approve", "Jan Kowalczyk, Hotel Bursztynowa Zatoka"),
        ("Account: connected", "Ana Ferreira, Lantern Street"),
    )
    rows = tuple(DoneLine(at=at(minutes=40 * n), who=who, what=what, brand="Hotel Bursztynowa Zatoka", number=1207 - n, hash=HASH, receipt_url="#" if n < 2 else "") for n, (what, who) in enumerate(lines))  # fmt: skip
    return DonePage(rows=rows, shows_brands=True, next_url="#", first_url="")


def guide(tab: str) -> c.GuidePage:
    rules = (
        c.RuleLook(id="negative-words", kind="Words to avoid", level="stop", summary="Never open with a refusal: niestety nie możemy, nie da się, to niemożliwe.", reason="Two readers: the guest, and everybody after.", good=("Od grudnia znów zapraszamy.",), bad=("Niestety nie możemy pomóc.",), where="Polish"),
        c.RuleLook(id="empathy", kind="Empathy line", level="stop", summary="One and two stars: say first that you understood what went wrong.", good=("Rozumiemy, że śniadanie zepsuło Państwu poranek.",)),
        c.RuleLook(id="exclamation", kind="Exclamation marks", level="hint", summary="At most one in a reply."),
    )  # fmt: skip
    in_force, draft = StateLook("in_force", "In force", "check", "good"), StateLook("draft", "Draft", "pencil", "plain")
    versions = (
        c.GuideVersionRow(number=4, state=draft, author="Marek", at=ago(hours=3), note="Empathy line also for two stars", url="#", story_url="#", put_in_force_url="#"),
        c.GuideVersionRow(number=3, state=in_force, author="Marek", at=ago(days=12), note="First names after Pan and Pani", url="#", story_url="#"),
        c.GuideVersionRow(number=2, state=StateLook("retired", "Earlier", "clock", "plain"), author="Marek", at=ago(days=90), url="#", story_url="#", bring_back_url="#"),
    )  # fmt: skip
    return c.GuidePage(
        brand=brands()[1], in_force=3, shown=3, rules=rules if tab != "empty" else (), versions=versions, tab="rules" if tab == "empty" else tab,
        summary="Warm, calm, never defensive. We speak as the house, not as a person.",
        tabs=tuple(Choice(label, f"{PAGES}/guide-{code}", selected=code == tab, value=code) for code, label in (("rules", "Rules"), ("write", "Write"), ("versions", "Versions"), ("try", "Try"))),
        source="language: pl\nrules:\n  - id: negative-words\n    kind: banned\n    level: stop\n", save_url="#",
        problems=(c.GuideProblem(where="Line 4, negative-words", message="`levle` is not known here. Did you mean `level`?", line=4),) if tab == "write" else (),
        try_url="#", try_text=DRAFT, try_result=result() if tab == "try" else None,
    )  # fmt: skip


def brands_page() -> c.BrandsPage:
    states = health_looks()
    open_ = StateLook("open", "Open", "check", "good")
    return c.BrandsPage(
        rows=tuple(
            c.BrandRow(brand=b, url="#", state=open_, languages=spoken, open_count=n, late_count=n % 4, waiting_count=n % 7, channels=states["healthy" if n != 54 else "needs_reconnect"], guide="Version 3, 12 rules", guide_url="#", week=(4, 9, 7, 12, 3, 0, n % 15))
            for b, spoken, n in zip(brands(), ("English", "Polish, German", "Portuguese"), (61, 54, 33), strict=True)
        ),
        create_url="#", errors={"mark": "Two letters, please: PW."}, values={"name": "Nowa marka", "mark": "N"},
        languages=(Choice("English", "", value="en"), Choice("Polish", "", value="pl")), timezones=(Choice("Europe/Warsaw", "", value="Europe/Warsaw"),),
    )  # fmt: skip


def people() -> c.PeoplePage:
    active, invited = StateLook("active", "Active", "check", "good"), StateLook("invited", "Invited", "mail", "info")
    on, off = StateLook("on", "On", "shield", "good"), StateLook("off", "Off", "alert", "warn")
    return c.PeoplePage(
        rows=(
            c.PersonRow(name="Ana Ferreira", email="ana@lantern.example", role="Staff", brands="All brands", state=active, second_factor=on, last_seen=ago(minutes=1), url="#", remove_url="#"),
            c.PersonRow(name="Jan Kowalczyk", email="jan@bursztyn.example", role="Client owner", brands="Hotel Bursztynowa Zatoka", state=active, second_factor=off, last_seen=ago(days=3), url="#", remove_url="#"),
            c.PersonRow(name="joana@lantern.example", email="joana@lantern.example", role="Billing admin", brands="None", state=invited, resend_url="#", remove_url="#"),
        ),
        invite_url="#", roles=(Choice("Staff", "", value="staff"), Choice("Client owner", "", value="client_owner")),
        brands=tuple(Choice(b.name, "", value=b.id, brand=b) for b in brands()), errors={"email": "This person is a member already."},
    )  # fmt: skip


def mailbox() -> c.MailboxPage:
    row = c.MailRow("1", "#", "jan@bursztyn.example", "A reply waits for your yes: Anna, 1 star", ago(minutes=26), True)
    other = c.MailRow("2", "#", "ana@lantern.example", "Your new password", ago(hours=5))
    return c.MailboxPage(rows=(row, other), opened=row, sender="Lantern Street <replies@lantern.example>", text="Anna wrote:\n\n" + REVIEW, links=(Choice("Look and decide", f"{PAGES}/owner-reply"),))  # fmt: skip


def error() -> c.ErrorPage:
    return c.ErrorPage(status=404, title="This page does not exist", what="There is nothing at this address, or it is not yours to see.", safe="Nothing was changed.", next="Check the address, or go to the inbox.", action_label="Go to the inbox", action_url="/", reference="req-81c2")  # fmt: skip


def samples() -> dict[str, Callable[[str], Sample]]:
    """Page name to what renders it: template, shell, page."""
    undo = (Toast("Resolved", undo_url="#"),)
    deaf = (Notice("warn", "Facebook is slow to answer.", "Replies are kept and sent once.", "You can go on.", "Channel health", f"{PAGES}/accounts"),)  # fmt: skip
    wrong = Notice("bad", "Mail address and password do not belong together.", "Your account is untouched.", "Try again, or ask for a new password.")  # fmt: skip
    return {
        "inbox": lambda here: ("inbox/page.html", shell(here), inbox()),
        "inbox-open": lambda here: ("inbox/page.html", shell(here, toasts=undo), inbox("open")),
        "inbox-empty": lambda here: ("inbox/page.html", shell(here, notices=deaf), inbox("empty")),
        "conversation": lambda here: ("inbox/conversation.html", shell(here), conversation()),
        "conversation-held": lambda here: ("inbox/conversation.html", shell(here), conversation("held")),
        "conversation-answered": lambda here: ("inbox/conversation.html", shell(here), conversation("answered")),
        "voice": lambda here: ("brands/voice.html", shell(here), voice()),
        "voice-none": lambda here: ("brands/voice.html", shell(here), voice("none")),
        "assign": lambda here: ("inbox/assign.html", shell(here), assign()),
        "assign-none": lambda here: ("inbox/assign.html", shell(here), assign("none")),
        "waiting": lambda here: ("owner/waiting.html", owner_shell(here), waiting()),
        "waiting-empty": lambda here: ("owner/waiting.html", owner_shell(here), waiting(empty=True)),
        "owner-reply": lambda here: ("owner/reply.html", owner_shell(here), owner_reply()),
        "owner-changed": lambda here: ("owner/reply.html", owner_shell(here), owner_reply("changed")),
        "owner-wordings": lambda here: ("owner/reply.html", owner_shell(here), owner_wordings()),
        "owner-moved": lambda here: ("owner/reply.html", owner_shell(here), owner_reply("moved")),
        "owner-decided": lambda here: ("owner/reply.html", owner_shell(here), owner_reply("decided")),
        "link": lambda here: ("owner/reply.html", link_shell(here), replace(owner_reply(), by_link=True, asked_name="Jan Kowalczyk", opened="change", others_url="", others_words="")),
        "day": lambda here: ("owner/waiting.html", link_shell(here), day_list()),
        "day-published": lambda here: ("owner/waiting.html", link_shell(here), day_list(published=True)),
        "day-receipt": lambda here: ("receipt/page.html", link_shell(here), replace(receipt(), conversation_url="", day=day_place())),
        "day-promises": lambda here: ("promises/page.html", link_shell(here), replace(promised.promises(brands(), "owner"), day=day_place())),
        "day-guide": lambda here: ("guides/proposal.html", link_shell(here), replace(guide_sample.proposal(), back_url="", decide_url="", choices=(), day=day_place(), sign_in_url="#")),
        "day-ended": lambda here: ("owner/day_ended.html", link_shell(here), day_ended()),
        "signed-out": lambda here: ("owner/signed_out.html", link_shell(here), signed_out()),
        "link-used": lambda here: ("owner/link_ended.html", link_shell(here), link_ended(used=True)),
        "link-ended": lambda here: ("owner/link_ended.html", link_shell(here), link_ended(used=False)),
        "receipt": lambda here: ("receipt/page.html", shell(here), receipt()),
        "receipt-owner": lambda here: ("receipt/page.html", owner_shell(here), receipt()),
        "done-owner": lambda here: ("record/done.html", owner_shell(here), done()),
        **{f"guide-{tab}": _guide(tab) for tab in ("rules", "write", "versions", "try", "empty")},
        "guide-proposal": lambda here: ("guides/proposal.html", owner_shell(here), guide_sample.proposal()),
        "guide-proposed": lambda here: ("guides/proposal.html", shell(here), guide_sample.proposal("agency")),
        "quizzes": lambda here: ("quiz/page.html", shell(here), quiz.quizzes()),
        "quiz": lambda here: ("quiz/quiz.html", shell(here), quiz.quiz()),
        "quiz-told": lambda here: ("quiz/quiz.html", shell(here), quiz.quiz("told")),
        "quiz-none": lambda here: ("quiz/quiz.html", shell(here), quiz.quiz("none")),
        "quiz-people": lambda here: ("quiz/people.html", shell(here), quiz.people()),
        "incidents": lambda here: ("incidents/page.html", shell(here), incident.incidents()),
        "incidents-empty": lambda here: ("incidents/page.html", shell(here), incident.incidents(empty=True)),
        "incident": lambda here: ("incidents/incident.html", shell(here), incident.incident()),
        "incident-texts": lambda here: ("incidents/texts.html", shell(here), incident.texts()),
        "incident-form": lambda here: ("incidents/form.html", shell(here), incident.form()),
        "incident-put-in": lambda here: ("incidents/put_in.html", shell(here), incident.put_in()),
        "incident-put-in-none": lambda here: ("incidents/put_in.html", shell(here), incident.put_in(none=True)),
        "incident-form-wrong": lambda here: ("incidents/form.html", shell(here), incident.form(wrong=True)),
        "desk-rules": lambda here: ("desk_rules/page.html", shell(here), desk_rules.rules()),
        "desk-rules-empty": lambda here: ("desk_rules/page.html", shell(here), desk_rules.rules(empty=True)),
        "desk-rule": lambda here: ("desk_rules/rule.html", shell(here), desk_rules.rule()),
        "desk-rule-tried": lambda here: ("desk_rules/rule.html", shell(here), desk_rules.rule(tried=True)),
        "hand": lambda here: ("handovers/hand.html", shell(here), handed.hand(brands())),
        "hand-none": lambda here: ("handovers/hand.html", shell(here), handed.hand(brands(), "none")),
        "hand-refused": lambda here: ("handovers/hand.html", shell(here), handed.hand(brands(), "refused")),
        "handover": lambda here: ("handovers/page.html", shell(here), handed.handover(brands())),
        "more": lambda here: ("more/page.html", shell(here), handed.places()),
        "handovers": lambda here: ("handovers/team.html", shell(here), handed.of_team()),
        "handover-ended": lambda here: ("handovers/page.html", shell(here), handed.handover(brands(), "ended")),
        "team": lambda here: ("team/page.html", shell(here), teams.team()),
        "team-staff": lambda here: ("team/page.html", shell(here), teams.team("staff")),
        "team-member": lambda here: ("team/member.html", shell(here), teams.member()),
        "team-own": lambda here: ("team/member.html", shell(here), teams.member("own")),
        "team-refused": lambda here: ("team/member.html", shell(here), teams.member("refused")),
        "topics": lambda here: ("topics/page.html", shell(here), topics.topics()),
        "topics-empty": lambda here: ("topics/page.html", shell(here), topics.topics(empty=True)),
        "topic": lambda here: ("topics/topic.html", shell(here), topics.topic()),
        "correcting": lambda here: ("inbox/reading.html", shell(here), topics.correcting()),
        "saved-replies": lambda here: ("saved_replies/page.html", shell(here), saved.saved_replies()),
        "saved-replies-empty": lambda here: ("saved_replies/page.html", shell(here), saved.saved_replies("empty")),
        "saved-reply": lambda here: ("saved_replies/saved_reply.html", shell(here), saved.saved_reply()),
        "saved-reply-reader": lambda here: ("saved_replies/saved_reply.html", shell(here), saved.saved_reply("reader")),
        "goodwill": lambda here: ("empowerment/page.html", shell(here), given.ledger()),
        "goodwill-none": lambda here: ("empowerment/page.html", shell(here), given.ledger("none")),
        "goodwill-limits": lambda here: ("empowerment/limits.html", shell(here), given.limits()),
        "choose-several": lambda here: ("bulk/choose.html", shell(here), bulk.choose()),
        "choose-none": lambda here: ("bulk/choose.html", shell(here), bulk.choose("none")),
        "press": lambda here: ("bulk/press.html", shell(here), bulk.press()),
        "presses": lambda here: ("bulk/presses.html", shell(here), bulk.presses()),
        "presses-none": lambda here: ("bulk/presses.html", shell(here), bulk.presses("none")),
        "merge": lambda here: ("bulk/merge.html", shell(here), bulk.merge()),
        "merge-none": lambda here: ("bulk/merge.html", shell(here), bulk.merge("none")),
        "split": lambda here: ("bulk/split.html", shell(here), bulk.split()),
        "wall": lambda here: ("wall/page.html", shell(here), wall_sample.wall(brands())),
        "wall-none": lambda here: ("wall/page.html", shell(here), wall_sample.wall(brands(), "none")),
        "figures": lambda here: ("figures/page.html", shell(here), wall_sample.figures(brands())),
        "figures-none": lambda here: ("figures/page.html", shell(here), wall_sample.figures(brands(), "none")),
        "figures-cases": lambda here: ("figures/cases.html", shell(here), wall_sample.figure_cases(brands())),
        "months": lambda here: ("months/list.html", shell(here), monthly.months(brands())),
        "months-none": lambda here: ("months/list.html", shell(here), monthly.months(brands(), "none")),
        "month": lambda here: ("months/page.html", shell(here), monthly.month(brands()[1])),
        "month-refused": lambda here: ("months/page.html", shell(here), monthly.month(brands()[1], "refused")),
        "month-owner": lambda here: ("months/page.html", owner_shell(here), monthly.month(brands()[1], "owner")),
        "month-none": lambda here: ("months/page.html", owner_shell(here), monthly.month(brands()[1], "none")),
        "wall-due": lambda here: ("wall/due.html", shell(here), wall_sample.due(brands())),
        "promises": lambda here: ("promises/page.html", shell(here), promised.promises(brands())),
        "promises-none": lambda here: ("promises/page.html", shell(here), promised.promises(brands(), "none")),
        "promises-owner": lambda here: ("promises/page.html", owner_shell(here), promised.promises(brands(), "owner")),
        "later": lambda here: ("later/page.html", shell(here), coming_back.later(brands())),
        "later-none": lambda here: ("later/page.html", shell(here), coming_back.later(brands(), "none")),
        "come-back": lambda here: ("later/form.html", shell(here), coming_back.form(brands()[1])),
        "loops": lambda here: ("loops/page.html", shell(here), looped.loops(brands())),
        "loops-none": lambda here: ("loops/page.html", shell(here), looped.loops(brands(), "none")),
        "loops-brand": lambda here: ("loops/brand.html", shell(here), looped.of_brand(brands()[1])),
        "loop": lambda here: ("loops/form.html", shell(here), looped.form(brands()[1])),
        "loop-ask": lambda here: ("loops/ask.html", shell(here), looped.ask(brands()[1])),
        "loop-answer": lambda here: ("loops/answer.html", link_shell(here), looped.answer(brands()[1])),
        "loop-answered": lambda here: ("loops/answer.html", link_shell(here), looped.answer(brands()[1], "answered")),
        "spammers": lambda here: ("bulk/spammers.html", shell(here), bulk.spammers()),
        "spammers-none": lambda here: ("bulk/spammers.html", shell(here), bulk.spammers("none")),
        "ranking": lambda here: ("ranking/page.html", shell(here), ranking.weights(tuple(brands()))),
        "acknowledgement": lambda here: ("acknowledgement/page.html", shell(here), ranking.heard(brands()[1])),
        "clocks": lambda here: ("clocks/page.html", shell(here), ranking.clocks(brands()[1])),
        "clocks-reader": lambda here: ("clocks/page.html", shell(here), ranking.clocks(None)),
        "notices": lambda here: ("notices/page.html", shell(here), notices.notices(tuple(brands()))),
        "notices-none": lambda here: ("notices/page.html", shell(here), notices.notices(tuple(brands()), "none")),
        "notice-stop": lambda here: ("notices/stop.html", link_shell(here), notices.stop()),
        "notice-stopped": lambda here: ("notices/stop.html", link_shell(here), notices.stop(is_done=True)),
        "notice-settings": lambda here: ("notices/settings.html", shell(here), notices.settings(tuple(brands()))),
        "guide-compare": lambda here: ("guides/compare.html", shell(here), knowledge.compare()),
        "guideline": lambda here: ("guidelines/guideline.html", shell(here), knowledge.guideline()),
        "sheet-form": lambda here: ("sheets/form.html", shell(here), knowledge.sheet_form()),
        "brands": lambda here: ("brands/page.html", shell(here), brands_page()),
        "accounts": lambda here: ("accounts/page.html", shell(here), accounts()),
        "accounts-many": lambda here: ("accounts/page.html", shell(here), accounts("many")),
        "accounts-reader": lambda here: ("accounts/page.html", shell(here), accounts("reader")),
        "connect": lambda here: ("accounts/connect.html", shell(here), connecting.connect()),
        "connect-none": lambda here: ("accounts/connect.html", shell(here), connecting.connect("none")),
        "choose": lambda here: ("accounts/choose.html", shell(here), connecting.choose()),
        "connected": lambda here: ("accounts/connected.html", shell(here), connecting.connected()),
        "mend": lambda here: ("doors/mend.html", owner_shell(here), connecting.mend()),
        "walk-failed": lambda here: ("doors/walk_failed.html", owner_shell(here), connecting.walk_failed()),
        "history": lambda here: ("accounts/history.html", shell(here), connecting.history()),
        "people": lambda here: ("people/page.html", shell(here), people()),
        "sign-in": lambda here: ("sign_in/page.html", owner_shell(here), c.SignInPage(url="#", email="ana@lantern.example", notice=wrong, forgotten_url="#", demo_people=(("Staff", "ana@lantern.example"),))),
        **{f"sign-up{f'-{kind}' if kind else ''}": _door("doors/sign_up.html", doors.sign_up(kind)) for kind in ("", "wrong", "done")},
        **{f"open-agency{f'-{kind}' if kind else ''}": _door("doors/open_agency.html", doors.open_agency(kind)) for kind in ("", "known")},
        **{f"billing{f'-{kind}' if kind else ''}": _page("billing/page.html", paid.billing(kind)) for kind in ("", "failed", "none")},
        **{f"billing-change{f'-{kind}' if kind else ''}": _page("billing/change.html", paying.change(kind)) for kind in ("", "waits", "none")},
        **{f"billing-asked{f'-{kind}' if kind else ''}": _page("billing/asked.html", paying.asked(kind)) for kind in ("", "less", "making", "refused")},
        **{f"billing-cancel{f'-{kind}' if kind else ''}": _page("billing/cancel.html", paying.cancel(kind)) for kind in ("", "ends")},
        **{f"billing-plan{f'-{kind}' if kind else ''}": _page("billing/plan.html", first_paid.plan(kind)) for kind in ("", "wrong", "there")},
        **{f"billing-waiting{f'-{kind}' if kind else ''}": _page("billing/waiting.html", first_paid.waiting(kind)) for kind in ("", "long", "paid")},
        "billing-vat": _page("billing/vat.html", paying.vat()),
        **{f"billing-{one.__name__}": _page(f"billing/{one.__name__}.html", one()) for one in (paid.usage, paid.invoices)},
        "second-factor": lambda here: ("sign_in/second_factor.html", owner_shell(here), c.SecondFactorPage(url="#", other_url="#")),
        "mailbox": lambda here: ("mailbox/page.html", owner_shell(here), mailbox()),
        "error": lambda here: ("errors/page.html", owner_shell(here), error()),
    }  # fmt: skip


def _door(template: str, page: object) -> Callable[[str], Sample]:
    return lambda here: (template, owner_shell(here), page)


def _page(template: str, page: object) -> Callable[[str], Sample]:
    return lambda here: (template, shell(here), page)


def _guide(tab: str) -> Callable[[str], Sample]:
    return lambda here: ("guides/page.html", shell(here), guide(tab))
