"""Invented questions to loops, for `/parts` and its pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from agency.inbox.loops.reading import AskingView
from agency.web.contexts_loops import (
    AnswerPage,
    AskPage,
    BrandLoopsPage,
    LoopForm,
    LoopsPage,
    LoopsPart,
    LoopsRow,
    NamedLoop,
)
from agency.web.looks import BrandLook, Choice, Notice
from agency.web.loop_names import answerer_words, sort_words
from agency.web.loops_part import asking_look
from tenants import clock

_QUESTION = "Czy możemy zwrócić pieniądze za bilet kupiony w promocji? <b>Pilne</b>"
_WORDS = "Żądam zwrotu pieniędzy! Mój numer: •••"
_ANSWER = "Tak, w ciągu 14 dni od zakupu, także w promocji.\n\nProszę tylko nie obiecywać terminu przelewu."
_TABS = (Choice("Not answered yet", "?", True), Choice("Asked by me", "?state=mine"), Choice("Ended", "?state=ended"))


def _views() -> tuple[AskingView, ...]:
    now = clock.now()
    late = AskingView(
        UUID(int=1),
        "Legal",
        _QUESTION,
        "Ana Ferreira",
        "Wojciech Szczebrzeszyński-Konstantynopolitańczyk",
        None,
        now - timedelta(hours=9),
        now - timedelta(hours=2),
        "open",
        "",
        "",
        None,
        now,
        "550 no such user",
    )
    waits = late._replace(
        id=UUID(int=2),
        loop_name="Technical",
        to_name="Rui Melo",
        sent_on_by="Ewa Nowak",
        due_at=now + timedelta(hours=3),
        undelivered=None,
    )
    done = waits._replace(
        id=UUID(int=3),
        loop_name="Legal",
        state="answered",
        answer=_ANSWER,
        answered_by="Ewa Nowak",
        ended_at=now,
        files_left=2,
    )
    return (
        late,
        waits,
        done,
        done._replace(id=UUID(int=4), state="declined", answer="To pytanie do działu produktu."),
        done._replace(id=UUID(int=5), state="withdrawn", answer=""),
    )


def loops_sample() -> LoopsPart:
    """Every state, at a case."""
    rows = tuple(asking_look(one, inserts=True, withdraw_url="#") for one in _views())
    return LoopsPart(
        rows=rows, hint="The customer waits meanwhile: a short answer that you are asking keeps them with you."
    )


def loops(brands: Sequence[BrandLook], kind: str = "") -> LoopsPage:
    """The list; `none`."""
    rows = tuple(
        LoopsRow(
            brand=brands[number % 2],
            place="Google · review",
            customer="Anna Szczebrzeszyńska",
            url="#",
            asking=asking_look(one),
        )
        for number, one in enumerate(_views()[:2])
    )
    return LoopsPage(
        title="Loops",
        places=(Choice("Comes back to me", "#"), Choice("To anybody", "#"), Choice("Asked in loops", "#", True)),
        tabs=_TABS,
        brands=(Choice("All brands", "", True), *(Choice(one.name, "", value=one.id) for one in brands)),
        brands_url="#",
        rows=() if kind == "none" else rows,
        empty="No question waits for an answer.",
        next_url="" if kind == "none" else "#",
    )


def of_brand(brand: BrandLook) -> BrandLoopsPage:
    """Two loops."""
    people = (
        "Ewa Nowak <ewa@prawny.example>",
        "Wojciech Szczebrzeszyński-Konstantynopolitańczyk <wojciech@bardzo-dluga-domena.example>",
    )
    return BrandLoopsPage(
        brand=brand,
        rows=(
            NamedLoop(
                name="Legal",
                sort="Legal",
                people=people,
                frame="4 business hours",
                answers="Whoever has the case",
                url="#",
            ),
            NamedLoop(
                name="Wideo, które się nie odtwarza",
                sort="Content",
                people=people[:1],
                frame="1 business hour",
                answers="Marta Zielińska",
                url="#",
            ),
        ),
        tabs=(Choice("In use", "#", True), Choice("Put away", "#")),
        new_url="#",
    )


def form(brand: BrandLook) -> LoopForm:
    """The form after a try."""
    return LoopForm(
        brand=brand,
        title="Legal",
        url="#",
        back_url="#",
        values={
            "name": "Legal",
            "people": "Ewa Nowak <ewa@prawny.example>\nnobody",
            "hours": "four",
            "procedure": "Nie obiecuj terminów.",
        },
        sorts=tuple(Choice(word, "", value=name, selected=name == "legal") for name, word in sort_words().items()),
        languages=(Choice("Polski", "", True, value="pl"),),
        answerers=tuple(Choice(word, "", value=name) for name, word in answerer_words().items()),
        version="3",
        archive_url="#",
        errors={
            "people": "has a line without a mail address: write it as Name <name@example.org>",
            "hours": "must be a whole number from 1 to 336",
        },
        notice=Notice("bad", "This loop cannot be kept yet. Nothing was changed. Correct it and save again."),
    )


def ask(brand: BrandLook) -> AskPage:
    """The question, before it is put."""
    return AskPage(
        brand=brand,
        customer="Anna Szczebrzeszyńska",
        url="#",
        back_url="#",
        loops=(
            Choice("Legal: Ewa Nowak, within 4 business hours", "", True, value="1"),
            Choice("Technical: Rui Melo, within 1 business hour", "", value="2"),
        ),
        manage_url="#",
        question=_QUESTION,
        shows=(
            Choice("The customer's words, without personal data", "", True, value="masked"),
            Choice("Nothing of it: the question says all", "", value="nothing"),
        ),
        masked=_WORDS,
        errors={"question": "is too long"},
    )


def answer(brand: BrandLook, kind: str = "") -> AnswerPage:
    """Behind the link; `answered`."""
    done = kind == "answered"
    return AnswerPage(
        brand=brand,
        loop="Legal",
        asked_name="Ewa Nowak",
        by="Ana Ferreira",
        question=_QUESTION,
        words=_WORDS,
        procedure="Nie obiecuj terminów.",
        due="" if done else "Tue 24 Nov, 10:30",
        notice=Notice("good", "Thank you, your answer is with the team.", "The customer does not see it.")
        if done
        else None,
        answer=_ANSWER if done else "",
        url="#",
        may_hand_on=not done,
        opened="" if done else "hand_on",
        errors={} if done else {"email": "is no mail address"},
    )
