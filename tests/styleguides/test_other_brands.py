"""Words of other brands are found in any form, and ordinary words are let be."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.other_brands import ForeignWords, foreign_words
from tenants.brand_marks import Mark, Near, Sort, folded, keys_in, keys_of

OURS, THEIRS, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)


def found(
    text: str,
    *theirs: tuple[Sort, str],
    ours: tuple[tuple[Sort, str], ...] = (),
    allowed: tuple[str, ...] = (),
    customer_name: str | None = None,
) -> list[str]:
    """The stretches found; marks are looked up by their keys as the product does."""
    marks = [Near(THEIRS, sort, written) for sort, written in theirs]
    marks += [Near(OURS, sort, written) for sort, written in ours]
    keys = keys_in(text)
    near = [mark for mark in marks if keys_of(Mark(mark.sort, mark.written)) & keys]
    hits = foreign_words(text, near, OURS, allowed=allowed, customer_name=customer_name)
    assert all(hit.brand_id == THEIRS for hit in hits)
    return [text[hit.start : hit.end] for hit in hits]


@pytest.mark.parametrize(
    ("text", "name", "stretch"),
    [
        ("Thank you for choosing Pennywell today.", "Pennywell", "Pennywell"),
        ("That is Pennywell's promise.", "Pennywell", "Pennywell's"),
        ("thank you for choosing pennywell.", "Pennywell", "pennywell"),
        ("THANKS FROM PENNYWELL", "Pennywell", "PENNYWELL"),
        ("Zapraszamy do Pennywella!", "Pennywell", "Pennywella"),
        ("Dziękujemy w imieniu Pennywellu.", "Pennywell", "Pennywellu"),
        ("Do zobaczenia w Bursztynowej Zatoce!", "Hotel Bursztynowa Zatoka", "Bursztynowej Zatoce"),
        ("W Hotelu Bursztynowa Zatoka czekamy.", "Hotel Bursztynowa Zatoka", "Hotelu Bursztynowa Zatoka"),
        ("Hotelem Bursztynową Zatoką kieruje Ewa.", "Hotel Bursztynowa Zatoka", "Hotelem Bursztynową Zatoką"),
        ("Obrigada por visitar a Sol Poente!", "Padaria Sol Poente", "Sol Poente"),
        ("A equipa da padaria sol poente agradece.", "Padaria Sol Poente", "padaria sol poente"),
        ("Gracias por venir a Panadería Trigal.", "Panadería Trigal", "Panadería Trigal"),
        ("Gracias por venir a PANADERIA TRIGAL.", "Panadería Trigal", "PANADERIA TRIGAL"),
        ("Your Orange team", "Orange", "Orange"),
        ("Kawiarnia Łąka zaprasza, w Kawiarni Łąka jest ciepło.", "Kawiarnia Łąka", "Kawiarnia Łąka"),
        ("Penny\u00adwell thanks you.", "Pennywell", "Penny\u00adwell"),
        ("Penny\u200bwell thanks you.", "Pennywell", "Penny\u200bwell"),
        ("Thank you for visiting McCarthy's.", "McCarthy's", "McCarthy's"),
        ("We at McCarthy’s Bakery thank you.", "McCarthy's Bakery", "McCarthy’s Bakery"),
        ("At McCarthy we thank you.", "McCarthy's", "McCarthy"),
        ("Thank you for visiting D&G Cafe.", "D&G Cafe", "D&G Cafe"),
        ("Thank you for visiting C&A.", "C&A", "C&A"),
        ("Bem-vindo à Sol Nascente!", "Clínica do Sol Nascente", "Sol Nascente"),
        ("Buty 4F są u nas.", "4F", "4F"),
        ("Your eBay team", "eBay", "eBay"),
        ("Thank you for visiting 李記 today.", "李記", "李記"),
        ("多謝惠顧李記餐廳，歡迎再來。", "李記", "李記"),
        ("本日はホテル・ベルクへお越しいただき", "ホテルベルク", "ホテル・ベルク"),
        ("本日はホテルベルクへお越しいただき", "ホテル・ベルク", "ホテルベルク"),
        ("ありがとうございます、さくら屋より", "さくら屋", "さくら屋"),
        ("ขอบคุณที่ใช้บริการร้านบัวขาวค่ะ", "บัวขาว", "บัวขาว"),
        ("ขอบคุณที่ใช้บริการบัว\u200bขาวค่ะ", "บัวขาว", "บัว\u200bขาว"),
        ("ຂອບໃຈທີ່ໃຊ້ດາວເຮືອງເດີ", "ດາວເຮືອງ", "ດາວເຮືອງ"),
        ("感謝您選擇Pennywell銀行。", "Pennywell", "Pennywell"),
        ("感謝您選擇Hotel Bursztynowa Zatoka。", "Hotel Bursztynowa Zatoka", "Hotel Bursztynowa Zatoka"),
        ("ขอบคุณPennywellค่ะ", "Pennywell", "Pennywell"),
        ("Zapraszamy do Żabki!", "Żabka", "Żabki"),
        ("Spotkajmy się w Żabce.", "Żabka", "Żabce"),
        ("W Złotej Żabce czekamy.", "Złota Żabka", "Złotej Żabce"),
        ("Thank you for visiting משק today.", "משק", "משק"),
        ("Σας ευχαριστεί το Ωμέγα.", "Ωμέγα", "Ωμέγα"),
        ("Добро пожаловать в Омегу!", "Омега", "Омегу"),
    ],
)
def test_a_name_is_found_in_every_form(text: str, name: str, stretch: str) -> None:
    assert found(text, ("name", name))[0] == stretch


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("An orange jacket would suit you.", "Orange"),
        ("We hit our target.", "Target"),
        ("O sol poente daqui é lindo.", "Padaria Sol Poente"),
        ("Uma clínica do sol.", "Clínica do Sol Nascente"),
        ("The sun is out.", "Sun"),
        ("Pennies well spent.", "Pennywell"),
        ("Nasz hotel jest w zatoce.", "Hotel Bursztynowa Zatoka"),
        ("Write to me at someone@pennywell.example", "Pennywell"),
        ("A refund is on its way, as I said.", "A"),
        ("I am sorry.", "I"),
        ("We are the Miow Cafe.", "Mio Cafe"),
        ("Vitamin c, a good thing.", "C&A"),
        ("żabce i żabki kumkają w stawie.", "Żabka"),
        ("Żabnica i Żabcice.", "Żabka"),
        ("Switch it off.", "Świt"),
        ("ロイヤルホテルです", "ロイ"),
        ("ホテルロイです", "ロイ"),
        ("大李記念館", "李"),
        ("李先生記得", "李記"),
        ("Korzeń i Korona.", "Kora"),
    ],
)
def test_ordinary_words_are_nobodys(text: str, name: str) -> None:
    assert found(text, ("name", name)) == []


def test_addresses_handles_phones_and_sign_offs() -> None:
    assert found("See www.pennywell.example/help", ("domain", "pennywell.example")) == ["www.pennywell.example/help"]
    assert found("See help.pennywell.example.", ("domain", "pennywell.example")) == ["help.pennywell.example"]
    assert found("Write to help@pennywell.example.", ("domain", "pennywell.example")) == ["help@pennywell.example"]
    assert found("See notpennywell.example", ("domain", "pennywell.example")) == []
    both = "See notpennywell.example or pennywell.example"
    assert found(both, ("domain", "pennywell.example")) == ["pennywell.example"]
    assert found("See facebook.com/someone", ("domain", "facebook.com")) == []
    assert found("Ask @Pennywell_Bank, please", ("handle", "pennywell_bank")) == ["@Pennywell_Bank"]
    assert found("Lovely! #pennywell_bank", ("handle", "@pennywell_bank")) == ["#pennywell_bank"]
    assert found("Ask @pennywell_bankers", ("handle", "pennywell_bank")) == []
    assert found("Call (020) 7946-0123 now", ("phone", "+44 20 7946 0123")) == ["020) 7946-0123"]
    assert found("Call 020 7946 0124 now", ("phone", "+44 20 7946 0123")) == []
    assert found("Take care, the Penny crew", ("sign_off", "The Penny crew")) == ["the Penny crew"]
    assert found("Kind regards, your team", ("sign_off", "Kind regards, your team")) == []
    assert found("Pozdrawiamy, Wasz zespół", ("sign_off", "Pozdrawiamy, Wasz zespół")) == []


@pytest.mark.parametrize(
    ("text", "sort", "written", "stretch"),
    [
        ("Call 020 7946 0123 24/7", "phone", "+44 20 7946 0123", "020 7946 0123"),
        ("020 7946 0124 020 7946 0123 020 7946 0125", "phone", "2079460123", "020 7946 0124 020 7946 0123"),
        ("Call 020\u00a07946\u00a00123.", "phone", "+44 20 7946 0123", "020\u00a07946\u00a00123"),
        ("Call 020\u20117946\u20110123.", "phone", "+44 20 7946 0123", "020\u20117946\u20110123"),
        ("Call ٠٢٠ ٧٩٤٦ ٠١٢٣.", "phone", "+44 20 7946 0123", "٠٢٠ ٧٩٤٦ ٠١٢٣"),
        ("@one,@pennywell_bank", "handle", "pennywell_bank", "@pennywell_bank"),
        ("cc:@pennywell_bank.", "handle", "pennywell_bank", "@pennywell_bank"),
        (
            "https://instagram.com/pennywell_bank?a=1",
            "handle",
            "pennywell_bank",
            "https://instagram.com/pennywell_bank?a=1",
        ),
        ("facebook.com/pennywell_bank/", "handle", "pennywell_bank", "facebook.com/pennywell_bank/"),
        ("See pennywell.coffee now", "domain", "pennywell.coffee", "pennywell.coffee"),
        ("pennywell.example,see", "domain", "pennywell.example", "pennywell.example"),
        ("Thank you.\nAnna!\nPS", "sign_off", "Anna", "Anna"),
        ("thank you, anna", "sign_off", "Anna", "anna"),
    ],
)
def test_however_it_is_joined_to_what_stands_beside_it(text: str, sort: Sort, written: str, stretch: str) -> None:
    assert found(text, (sort, written)) == [stretch]


@pytest.mark.parametrize(
    ("text", "sort", "written"),
    [
        ("instagram.com/other?pennywell_bank", "handle", "pennywell_bank"),
        ("pennywell.example/pennywell_bank", "handle", "pennywell_bank"),
        ("me@pennywell", "handle", "pennywell"),
        ("ana@gmail.com", "domain", "gmail.com"),
        ("pennywell.example.org", "domain", "pennywell.example"),
        ("Dear Anna, thank you.", "sign_off", "Anna"),
        ("Thanks, M.", "sign_off", "M"),
    ],
)
def test_what_only_looks_alike_is_let_be(text: str, sort: Sort, written: str) -> None:
    assert found(text, (sort, written)) == []


def test_a_mailbox_where_everybody_has_one_is_known_as_a_whole() -> None:
    mark = Near(THEIRS, "domain", "Ola.Sol@gmail.com")
    text = "Write to ola.sol@gmail.com, not to ana@gmail.com."
    assert [text[one.start : one.end] for one in foreign_words(text, [mark], OURS)] == ["ola.sol@gmail.com"]


@pytest.mark.parametrize(
    "piece", ["a", "a.", "1", "1 ", "1-", "@a", "@a.", "/a", "/@", "a-", "A ", "a'", "#", "١", "㍿"]
)
def test_hostile_text_costs_what_friendly_text_costs(piece: str) -> None:
    """It comes to an end: a pattern that goes back over what it has read would not."""
    assert len(keys_in(piece * 10_000)) < 200
    marks = [Near(THEIRS, "domain", "a.a"), Near(THEIRS, "phone", "1111111"), Near(THEIRS, "handle", "a")]
    assert len(foreign_words(piece * 10_000, marks, OURS)) <= 10_000


def test_what_is_the_brands_own_allowed_or_the_customers_is_not_anothers() -> None:
    longer: tuple[tuple[Sort, str], ...] = (("name", "Hotel Pennywell"),)
    assert found("Welcome to Hotel Pennywell.", ("name", "Pennywell"), ours=longer) == []
    assert found("Welcome to Hotel Pennywell, not Pennywell.", ("name", "Pennywell"), ours=longer) == ["Pennywell"]
    assert found("We work with Pennywell.", ("name", "Pennywell"), allowed=("pennywell",)) == []
    for allowed in ("pennywell_bank", "@Pennywell_Bank"):
        assert found("Ask @pennywell_bank.", ("handle", "pennywell_bank"), allowed=(allowed,)) == []
    assert found("See pennywell.example", ("domain", "pennywell.example"), allowed=("pennywell.example",)) == []
    assert found("Dear Amber, thank you.", ("name", "Amber"), customer_name="Amber Example") == ["Amber"]
    assert found("Dear Amber Example, thank you.", ("name", "Amber"), customer_name="Amber Example") == []


def test_the_longest_is_named_and_nothing_twice() -> None:
    text = "Hotel Bursztynowa Zatoka"
    marks = [Near(THEIRS, "name", "Hotel Bursztynowa Zatoka"), Near(THIRD, "name", "Bursztynowa")]
    assert foreign_words(text, marks, OURS) == [ForeignWords(0, len(text), "name", THEIRS)]


NAMES = ("Pennywell", "Hotel Bursztynowa Zatoka", "Padaria Sol Poente", "Świt", "C++ Labs", "Ωmega", "李記", "a", "")


@given(st.text(max_size=300), st.lists(st.sampled_from(NAMES), max_size=4))
def test_any_text_is_answered_with_spans_inside_it(text: str, names: list[str]) -> None:
    marks = [Near(THEIRS, "name", name) for name in names] + [Near(THEIRS, "phone", "123 45 67")]
    end = 0
    for hit in foreign_words(text, marks, OURS):
        assert end <= hit.start < hit.end <= len(text)
        end = hit.end


@given(
    st.text(max_size=80),
    st.sampled_from(("Pennywell", "Padaria Sol Poente", "Hotel Bursztynowa Zatoka", "Kawiarnia Łąka")),
    st.text(max_size=80),
)
def test_a_name_that_stands_there_is_always_found(before: str, name: str, after: str) -> None:
    text = f"{before} {name} {after}"
    place = len(before) + 1
    hits = foreign_words(text, [Near(THEIRS, "name", name)], OURS)
    assert any(hit.start <= place and place + len(name) <= hit.end for hit in hits)
    assert keys_of(Mark("name", name)) & keys_in(text)


@given(st.text(max_size=200))
def test_folding_hides_case_accents_and_what_nobody_sees(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert keys_in(text) == keys_in(folded(text))


INFLECTED = {
    "Pennywell": "Pennywell Pennywella Pennywellowi Pennywellem Pennywellu Pennywell's",
    "Żabka": "Żabka Żabki Żabce Żabkę Żabką Żabko ŻABCE",
    "Kora": "Kora Kory Korze Korę Korą Koro",
    "Wisła": "Wisła Wisły Wiśle Wisłę Wisłą Wisło",
    "Mała Kawa": "Małej_Kawie Małą_Kawę Małą_Kawą Mała_Kawa Małej_Kawy",
    "Jaga": "Jaga Jagi Jadze Jagę Jagą",
    "Bota": "Bota Boty Bocie Botę Botą",
    "Mucha": "Mucha Muchy Musze Muchę Muchą",
    "Green": "Green Greens Green's Greena Greenem",
    "Domek": "Domek Domku Domkowi Domkiem Domki",
    "Świt": "Świt Świtu Świtem Świcie",
    "Palec": "Palec Palca Palcu Palcem",
    "Wrząb": "Wrząb Wrzębu Wrzębem",
    "Zatoka": "Zatoka Zatoki Zatoce Zatokę Zatoką Zatoko",
    "Bursztynowa Zatoka": "Bursztynowa_Zatoka Bursztynowej_Zatoki Bursztynowej_Zatoce Bursztynową_Zatokę",
    "Hotel Bursztynowa Zatoka": "Hotelu_Bursztynowa_Zatoka Bursztynową_Zatoką Hotelem_Bursztynowa_Zatoka",
    "Złoty Kłos": "Złoty_Kłos Złotego_Kłosa Złotemu_Kłosowi Złotym_Kłosem Złotym_Kłosie",
    "Kawiarnia Łąka": "Kawiarnia_Łąka Kawiarni_Łąka Kawiarnię_Łąka Kawiarnią_Łąka",
    "Sol Poente": "Sol_Poente",
    "Padaria Sol Poente": "Padaria_Sol_Poente Sol_Poente Padarias_Sol_Poente",
    "Casa Verde": "Casa_Verde Casas_Verdes",
    "Northwind Cycles": "Northwind_Cycles Northwind_Cycles' northwind_cycles NORTHWIND_CYCLES",
    "El Trigal": "El_Trigal el_Trigal",
}
DRAFTS = (
    "Thank you for writing to {}, we look into it.",
    "{} will send you a new card today!",
    "Dziękujemy za wizytę w {}. Do zobaczenia!",
    "Obrigada pela visita, a equipa da {} agradece.",
    "Gracias por su visita a {}; le esperamos pronto.",
)


def test_no_planted_name_passes() -> None:
    """200 drafts and more: each form of each name in sentences of four languages."""
    planted = [
        (name, draft.format(form.replace("_", " ")))
        for name, forms in INFLECTED.items()
        for form in forms.split()
        for draft in DRAFTS
    ]
    assert len(planted) >= 200
    assert [text for name, text in planted if not found(text, ("name", name))] == []


@pytest.mark.parametrize(
    "text", ["Green pastures await in Greenwich.", "Harold Greer and Mr Greely agree.", "Zatoczka."]
)
def test_other_names_that_begin_alike_are_let_be(text: str) -> None:
    assert found(text, ("name", "Greenery"), ("name", "Zatoka")) == []
    assert found(text, ("name", "Green")) == (["Green"] if text.startswith("Green ") else [])
