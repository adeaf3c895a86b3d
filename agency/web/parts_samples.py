# ruff: noqa: E501 - invented cases read best as tables, one case a line
"""Invented cases for `/parts`: every state a part can be in, with long Polish words and empty lists among them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import ngettext

from agency.replies.text_difference import text_difference
from agency.web import contexts as c
from agency.web import contexts_conversation as c_conversation
from agency.web.clocks import age, due, full_exact, moment
from agency.web.contexts_bulk import SnoozeLook, SnoozeOption
from agency.web.contexts_filters import FilterGroup, FiltersPage, Find
from agency.web.contexts_incidents import IncidentPart
from agency.web.contexts_setup import GuidelineLook
from agency.web.contexts_voice import VoiceLook
from agency.web.looks import BrandLook, Choice, Clock, FindingLook, Notice, Stars, StateLook, Toast, brand_look
from agency.web.message_looks import outgoing_states
from agency.web.parts_sample_later import comeback_sample
from agency.web.parts_sample_loops import loops_sample
from agency.web.parts_sample_promises import promise_looks
from agency.web.parts_sample_ranking import rank_sample
from agency.web.state_looks import conversation_states, reply_states
from agency.web.static_version import static_version
from agency.web.theme import chosen_theme

NOW = datetime(2026, 11, 22, 11, 4, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Warsaw")
PAGES = "/parts/pages"

REVIEW = (
    "Zimne jedzenie i nikt się nie zainteresował. Czekaliśmy czterdzieści minut, a kelner powiedział tylko, że „tak bywa”. "
    "Najgorsze śniadanie nad morzem, nie wrócimy."
)
DRAFT = (
    "Dzień dobry Pani Anno,\n\nniestety nie możemy cofnąć tego poranka, ale bardzo przepraszamy za zimne śniadanie i za to, że "
    "nikt z nas nie podszedł. Rozmawialiśmy z zespołem restauracji. Prosimy o wiadomość na recepcja@example.com, chcielibyśmy "
    "zaprosić Panią ponownie!!!\n\nZespół Hotelu Bursztynowa Zatoka"
)
CHANGED = DRAFT.replace("niestety nie możemy cofnąć tego poranka, ale ", "").replace(
    "ponownie!!!", "na śniadanie raz jeszcze."
)
HASH = "3f0c7c1d9a4be2a8d0b1c67a6be15e0c4a5f2a2f1b8c8f1e7b6a55dd94c0f7e2"


def brands() -> tuple[BrandLook, ...]:
    return (
        brand_look("pennywell", "Pennywell", "PW", "#1f4fd8"),
        brand_look("bursztyn", "Hotel Bursztynowa Zatoka", "BZ", "#e0a526"),
        brand_look("padaria", "Padaria Sol Poente", "SP", "#b5432e"),
    )


def ago(**span: float) -> Clock:
    return age(NOW - timedelta(**span), NOW, ZONE, "en")


def left(**span: float) -> Clock:
    return due(NOW + timedelta(**span), NOW, ZONE, "en")


def at(**span: float) -> Clock:
    when = NOW - timedelta(**span)
    words = moment(when, ZONE, "en")
    return Clock(words.words, "plain", words.iso, full_exact(when, ZONE, "en"))


def one_star() -> Stars:
    return Stars(1, ngettext("%(num)s of 5 stars", "%(num)s of 5 stars", 1))


def shell(here: str, *, toasts: tuple[Toast, ...] = (), notices: tuple[Notice, ...] = ()) -> c.Shell:
    places = (
        ("Inbox", "inbox", "inbox-open", "g i", 12, "plain"),
        ("Approvals", "approvals", "waiting", "g a", 3, "plain"),
        ("Brands", "brands", "brands", "", None, "plain"),
        ("Channels", "channels", "accounts", "", 1, "bad"),
        ("People", "people", "people", "", None, "plain"),
    )
    menu = tuple(
        Choice(label, f"{PAGES}/{page}", selected=here.endswith(page), count=count, tone=tone, value=icon_name, key=key)  # type: ignore[arg-type]
        for label, icon_name, page, key, count, tone in places
    )
    rail = (
        Choice("All brands", f"{PAGES}/inbox-open", selected=True, count=148),
        *(
            Choice(b.name, f"{PAGES}/inbox?brand={b.id}", brand=b, count=n)
            for b, n in zip(brands(), (61, 54, 33), strict=True)
        ),
    )
    return c.Shell(
        agency_name="Lantern Street", theme=chosen_theme(), here=here, person_name="Ana Ferreira",
        person_email="ana@lantern.example", role_word="Staff", menu=menu, brands=rail, toasts=toasts, notices=notices,
        assets=static_version(), env="local",
    )  # fmt: skip


def owner_shell(here: str) -> c.Shell:
    return c.Shell(agency_name="Lantern Street", theme=chosen_theme(), here=here, assets=static_version())


def rows(count: int = 50) -> tuple[c.QueueRow, ...]:
    replies, cases = reply_states(), conversation_states()
    pennywell, bursztyn, padaria = brands()
    kinds: tuple[tuple[BrandLook, str, str, str, str, int, StateLook | None, str], ...] = (
        (bursztyn, "Google", "Anna Szczebrzeszyńska-Wojciechowska", REVIEW, "pl", 1, None, ""),
        (pennywell, "Facebook · comment", "Tom Hale", "Is the app down? I cannot see my balance since this morning and the card was refused twice.", "en", 0, replies["awaiting_approval"], "Ana"),
        (padaria, "Instagram · comment", "Rita Moura", "Que saudades dos pastéis! Ainda abrem ao domingo de manhã na Rua das Flores?", "pt", 0, replies["published"], "Marek"),
        (bursztyn, "Facebook · comment", "Kamil", "Konstantynopolitańczykowianeczka poleca widok z tarasu, ale winda stała cały weekend", "pl", 0, replies["outcome_unknown"], "Ana"),
        (pennywell, "Google", "Priya", "Best customer help I have had from any bank.", "en", 5, None, ""),
        (padaria, "Google", "João", "", "", 4, replies["refused"], "Marek"),
        (pennywell, "Instagram · comment", "<b>mallory</b>", "\u202eevil text <script>alert(1)</script> 🧨", "en", 0, replies["publishing"], "Ana"),
    )  # fmt: skip
    made = []
    for n in range(count):
        brand, place, author, words, language, stars, reply, holder = kinds[n % len(kinds)]
        made.append(
            c.QueueRow(
                f"c{n}", f"{PAGES}/inbox-open?case={n}", brand, place, author, words[:140], language,
                Stars(stars, f"{stars} of 5 stars") if stars else None, ago(minutes=7 + n * 9),
                left(minutes=40 * n - 90) if n % 3 != 2 else None, cases["claimed" if holder else "open"], reply, holder,
                holder == "Ana" and n % 2 == 1, n % 4 == 0,
            )
        )  # fmt: skip
    return tuple(made)


def findings() -> tuple[FindingLook, ...]:
    def found(rule: str, level: str, words: str, message: str, suggestion: str | None, reason: str = "") -> FindingLook:
        start = DRAFT.index(words) if words else 0
        return FindingLook(rule, level, message, start, start + len(words), words, suggestion, reason)  # type: ignore[arg-type]

    return (
        found("negative-words", "stop", "niestety nie możemy", "Odmowa na początku. Powiedz najpierw, co możemy zrobić.", None, "Refusals come last, after what we can do."),
        found("public-contact", "warn", "recepcja@example.com", "Adres e-mail w publicznej odpowiedzi.", "wiadomość prywatną"),
        found("exclamation", "hint", "!!!", "Najwyżej jeden wykrzyknik w odpowiedzi.", "."),
    )  # fmt: skip


def result(*, clean: bool = False) -> c.CheckResult:
    return c.CheckResult(findings=() if clean else findings(), reading_words="24 s read", length=412, length_limit=4096, length_words="412 of 4096 bytes", guide_version=3, promises=() if clean else ("do piątku → pt. 27 lis, 17:00", "w ciągu 24 godzin → wt. 24 lis, 12:00"))  # fmt: skip


def composer(*, closed: Notice | None = None, empty: bool = False) -> c.Composer:
    shown = c.CheckResult(findings=(), reading_words="0 s read", length=0, length_limit=4096, length_words="0 of 4096 bytes", guide_version=3, checked=False) if empty else result()  # fmt: skip
    return c.Composer(
        brand=brands()[1], place="Google · public answer to a review", account="Hotel Bursztynowa Zatoka, Łeba",
        language="pl", text="" if empty else DRAFT, url="/parts/reply", check_url="/parts/check",
        autosave_url="/parts/draft", binding="signed", based_on=HASH, idempotency_key="k1", result=shown, closed=closed,
        consequence="Client approves, due 12:30", saved="" if empty else "Saved 12:04 by Ana",
        variants=(c.VariantField(number=2, text="" if empty else CHANGED, is_safe=False, findings=()), c.VariantField(number=3, text="", is_safe=False, findings=())),
    )  # fmt: skip


def message_composer() -> c.Composer:
    """An answer to a direct message, and one that may go privately: with the time that is left."""
    return replace(composer(), place="Facebook · direct message, private", window=left(minutes=55), window_words="for a person to answer; rules may not write any more", may_private=True, private=True, private_words="once, 3 d left")  # fmt: skip


def messages() -> tuple[c.MessageLook, ...]:
    """Every state a message can be in."""
    states, said = (
        outgoing_states(),
        "Dzień dobry, dziękujemy za te słowa. Sprawdzamy, co się stało, i odezwiemy się dziś.",
    )
    photo, broken = Choice("Photo: sala restauracyjna", "https://example.com/photo/1"), Choice("Video", "")
    return (
        c.MessageLook(id="1", ours=False, author="Anna Szczebrzeszyńska", text=REVIEW, at=ago(hours=2), language="pl", stars=one_star(), edited=True, permalink="https://example.com/review/1", attachments=(photo, broken)),
        *(c.MessageLook(id=f"2-{code}", ours=True, author="Hotel Bursztynowa Zatoka · Ana", text=said, at=ago(hours=1), language="pl", state=state, receipt_url=f"{PAGES}/receipt") for code, state in states.items()),
        c.MessageLook(id="3", ours=False, author="<img src=x onerror=alert(1)>", text="Czekam.\n\nNadal. \u202eodwrócony\u202c 🙈", at=ago(minutes=7), language="pl", depth=1),
        c.MessageLook(id="4", ours=False, author="Kamil", text="", at=ago(minutes=3), deleted=True),
        c.MessageLook(id="5", ours=False, author="Piotr", text="", at=ago(minutes=3), stars=one_star()),
        c.MessageLook(id="6", ours=False, author="Olga", text="", at=ago(minutes=2), attachments=(photo,)),
        c.MessageLook(id="8", ours=True, author="Hotel Bursztynowa Zatoka · Ana", text=said, at=ago(minutes=2), language="pl", state=states["published"], private=True, linked=Choice("Its direct messages", "#")),
        c.MessageLook(id="9", ours=True, author="Hotel Bursztynowa Zatoka", text=said, at=ago(minutes=2), language="pl", state=states["published"], elsewhere=True),
        c.MessageLook(id="10", ours=True, author="Hotel Bursztynowa Zatoka · Ana", text=said, at=ago(minutes=2), language="pl", state=states["rejected"], refusal="SPAM", change_url="#", take_back_url="#"),
        c.MessageLook(id="11", ours=False, author="Kasia", text="Super!", at=ago(minutes=1), language="pl", liked=True, attachments=(Choice("Answer to our story", "https://example.com/s"),), deeds_url="#", deeds=(Choice("Hide", "", value="hide"), Choice("Unlike", "", value="unlike")), harsh_deeds=(Choice("Delete for everybody", "", value="delete"), Choice("Block this person", "", value="block")), deed_states=(StateLook("like-refused", "Like: refused", "cross", "bad"),), deed_reason="The platform refused this (code 200)."),
        c.MessageLook(id="12", ours=False, author="Kasia", text="Zobaczcie sami.", at=ago(minutes=2), language="pl", promises=promise_looks()[2:], kept=(c_conversation.KeptLook(label="Photo", sort="image", url="/static/mark.svg"), c_conversation.KeptLook(label="Video", note="The platform no longer has it, and we could not copy it in time."))),
        c.MessageLook(id="7", ours=False, author="Zenon", text="Kup tanio…", at=ago(minutes=2), language="pl", hidden=True, shortened=True),
    )  # fmt: skip


def voice(kind: str = "") -> VoiceLook:
    """A brand's voice: with everything, without a guide, with a guide that says little."""
    if kind == "none":
        return VoiceLook(brand=brands()[0], guide_url="#", guidelines_url="#")
    if kind == "short":
        return VoiceLook(brand=brands()[2], language="pt", sentence="Perto, alegre, sem diminutivos.", version=1, guide_url="#", guidelines_url="#")  # fmt: skip
    rule = c.RuleLook(id="negative-words", kind="Words to avoid", level="stop", summary="Do not write “niestety nie możemy”, “nie da się”, in any of their forms.")  # fmt: skip
    return VoiceLook(
        brand=brands()[1], language="pl", sentence="Gospodarz, który zna gości z widzenia - ciepło, spokojnie, z szacunkiem i bez wymówek.",
        facts=(("Greeting", ("Begin with “Dzień dobry”.",)), ("Sign-off", ("End with “Zespół Hotelu Bursztynowa Zatoka”.",)), ("Forma zwrotu", ("Państwo, Pani, Pan - zawsze wielką literą, nigdy na ty.",)), ("Tak nie piszemy", ("Nie szukamy winy u gościa.", "Nie zasłaniamy się regulaminem."))),
        rules=(rule, replace(rule, level="warn", summary="Write “goście” instead of “klienci”."), replace(rule, level="hint", summary="At most 1 exclamation mark.")),
        more_rules=9, version=3, guide_url=f"{PAGES}/guide-rules", guidelines_url="#",
        guidelines=(
            GuidelineLook(title="Zimne jedzenie lub długie czekanie", when="Gość skarży się na restaurację.", steps=("Przeproś.", "Zaproś na kolację przy następnym pobycie."), offer="60.00 PLN", never_say=("trzeba było zgłosić",), visibility=""),
            GuidelineLook(title="Hałas w nocy", when="", steps=(), offer="", never_say=(), visibility=""),
        ),
    )  # fmt: skip


def assign(kind: str = "") -> c.AssignPage:
    """Who may get a case."""
    people = (Choice("Ana Ferreira (you)", "", value="u1", count=4), Choice("Marek Nowicki", "", value="u2", count=12, selected=True), Choice("Wojciech Szczebrzeszyński-Konstantynopolitańczyk", "", value="u3", count=0))  # fmt: skip
    return c.AssignPage(brand=brands()[1], url="#", back_url=f"{PAGES}/conversation", now="Marek Nowicki has this case", seen="u2", people=() if kind == "none" else people)  # fmt: skip


def conversation(kind: str = "mine") -> c.ConversationPage:
    states, cases = reply_states(), conversation_states()
    closed = Notice("warn", "Marek Nowicki has this case since 12:01.", "Your words are kept.", "Write a note for him, or take the case over with a reason.")  # fmt: skip
    held = kind == "held"
    side = (
        c.SidePart(heading="Said before", lines=(c.SideLine(text="„Przepraszamy za zimną jajecznicę…”", label="to Piotr", at=ago(days=9), state=states["published"], url="#"),)),
        c.SidePart(heading="Earlier with this brand", lines=(), empty="This is the first time Anna writes to this brand."),
        c.SidePart(heading="Saved replies", lines=(c.SideLine(label="Apology, food", text="Bardzo przepraszamy za…", insert="Bardzo przepraszamy za zimne śniadanie. "),), open=False),
    )  # fmt: skip
    answered = (
        c.ReplyLook(id="r1", text=CHANGED, state=states["approved"], facts="Client changed words and approved at 12:02", difference=text_difference(DRAFT, CHANGED), receipt_url=f"{PAGES}/receipt"),
        c.ReplyLook(id="r2", text="Dziękujemy.", state=states["outcome_unknown"], facts="Google did not answer. The reply may have been sent; we are checking and will not send it twice."),
    )  # fmt: skip
    return c.ConversationPage(
        id="c0", url=f"{PAGES}/conversation", back_url=f"{PAGES}/inbox", brand=brands()[1], place="Google · review", language="pl",
        customer="Anna Szczebrzeszyńska", state=cases["claimed"], due=left(minutes=40), due_reason="Answered: Facebook, 12 h of business hours", clocks=(c.ClockLook("Heard 10:12, in time", "the same business day", "plain"), c.ClockLook("Answered by Mon 09:30", "Facebook, 12 h of business hours", "plain", "with the client 3 h 10 min of these 4 h"), c.ClockLook("With the client since 14:05, their yes is due Mon 16:05", "2 h of business hours, our clocks go on", "plain")),
        context=c.QuotedPost(heading="Hotel Bursztynowa Zatoka, Łeba", facts=("4.2 of 5 from 318 reviews",), permalink="https://example.com/place"),
        comeback=comeback_sample("woke" if kind == "answered" else "waiting"), comeback_url="#", ask_url="#", loops=loops_sample(), incident=IncidentPart(notice=Notice("info", "Part of the incident “App does not open”.", "It is not answered singly."), url="#", out_url="#") if kind == "answered" else None, promises=promise_looks()[:2], messages=messages(), replies=answered if kind == "answered" else (), side=side, rank=rank_sample(),
        notes=(c.NoteLook(author="Marek", text="Client wants us to offer the voucher only in private.", at=ago(minutes=50)),),
        claim=c.ClaimLook(words="Marek has this case" if held else "You have this case", mine=not held, release_url="" if held else "#", take_url="#" if held else ""),
        composer=message_composer() if kind == "answered" else composer(closed=closed if held else None), note_url="#", resolve_url="#", snooze_url="#",
        snooze=snooze(), spam_url="#", marks_also="Close also what this person writes to the brand from now on, but reviews with stars",
        assign_url="/parts/people", voice_url="/parts/voice", beside_url="/parts/beside",
    )  # fmt: skip


def snooze() -> SnoozeLook:
    return SnoozeLook(
        options=(
            SnoozeOption("Later today", "2026-11-22T15:00:00Z", "16:00", "due 14:30, before that"),
            SnoozeOption("Tomorrow morning", "2026-11-23T08:00:00Z", "Mon 09:00", "due 14:30, before that"),
            SnoozeOption("In a week", "2026-11-29T08:00:00Z", "29 Nov 09:00", "due 14:30, before that"),
        ),
        own="2026-11-23T09:00", zone="Europe/Warsaw", due="due 14:30",
    )  # fmt: skip


def filters() -> FiltersPage:
    """A few of them: to be ticked, and to choose one from."""

    def group(
        name: str, label: str, *words: str, colours: tuple[str, ...] = (), find: Find | None = None
    ) -> FilterGroup:
        options = (
            Choice(word, "", value=f"s{n}", selected=n == 0, key=colours[n] if colours else "")
            for n, word in enumerate(words)
        )
        return FilterGroup(f"sample-{name}", label, tuple(options), is_many=True, find=find)

    told = "Of 800 labels these are chosen or used most. Type to find others."
    find = Find("sample-find", "Find a label", "", told, "/parts")
    holders = (Choice("Anybody or nobody", "", selected=True), Choice("Ana", "", value="a"))
    return FiltersPage(
        url="/parts",
        groups=(
            group("platform", "Platform", "Facebook", "Instagram", "Google"),
            FilterGroup("sample-holder", "Who has it", holders),
            group("label", "Label", "Refund asked", "Allergy", colours=("red", "violet"), find=find),
        ),
    )


def inbox(kind: str = "") -> c.InboxPage:
    return c.InboxPage(
        title="All brands", url=f"{PAGES}/inbox", rows=() if kind == "empty" else rows(), selected_id="c0" if kind == "open" else "",
        views=(Choice("My work", "?view=mine", count=12), Choice("Team", "?view=team", selected=True, count=148), Choice("Late", "?view=late", count=3, tone="bad"), Choice("With client", "?view=client", count=9)),
        chips=(c.Chip("Facebook", "Platform", "#"), c.Chip("Refund asked", "Label", "#", colour="red")), save_url="#",
        next_url=f"{PAGES}/inbox?cursor=x", newer_count=0 if kind == "empty" else 5, newer_url=f"{PAGES}/inbox",
        next_case_url="#", selected=conversation() if kind == "open" else None,
        empty_reason="Everything that came in today is answered. New cases appear here by themselves.",
        empty_action=Choice("See all resolved cases", "?view=resolved"),
    )  # fmt: skip


__all__ = ["at", "brands", "conversation", "inbox", "owner_shell", "rows", "shell"]
