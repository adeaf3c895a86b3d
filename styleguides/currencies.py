"""Currencies of ISO 4217: how many digits their minor unit has, and amounts as people write and read them. Pure.

An amount is a whole number of minor units (cents, grosze; for the yen, which has none, yen).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from babel.core import Locale
from babel.numbers import format_currency, format_decimal, get_currency_name, get_currency_symbol

from tenants.errors import worded

_TWO: Final = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG"
)
_NONE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
CURRENCIES: Final[dict[str, int]] = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}
"""Code → digits of the minor unit: ISO 4217, list one, without funds, metals and the euro's predecessors."""

LARGEST_MINOR: Final = 10**12
"""Beyond it somebody mistook the unit; sums of any number of lines still fit a bigint."""
_LONGEST_WRITTEN: Final = 40
_FIGURE: Final = re.compile(r"\d+(?:[ .,']\d+)*", re.ASCII)
_GROUPED: Final = re.compile(r"\d{1,3}(?:([ .,'])\d{3})(?:\1\d{3})*", re.ASCII)


def read_amount(written: str, currency: str, language: str) -> int:
    """What somebody wrote (`40,50`, `40.50`, `1 200`, `40 zł`) in minor units, 0 or more.

    A point or comma before three figures is read as the language means it, and refused where it means neither: of
    money nobody guesses. Raises ValueError with what must be otherwise, in worded form.
    """
    digits = CURRENCIES[currency]
    text = unicodedata.normalize("NFKC", written).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip()
    if len(text) > _LONGEST_WRITTEN:
        raise ValueError(_cannot_be_read(currency, language))
    text = " ".join(_without_marks(text, currency, language).split())
    if not _FIGURE.fullmatch(text):
        raise ValueError(_cannot_be_read(currency, language))
    whole, places = _parts(text, currency, language)
    if len(places) > digits:
        if digits == 0:
            raise ValueError(worded("must be without decimals: %(currency)s has none", currency=currency))
        raise ValueError(worded("has more than %(n)s decimals", n=digits))
    amount_minor = int(whole + places.ljust(digits, "0"))
    if amount_minor > LARGEST_MINOR:
        raise ValueError(worded("is more than anybody gives; look at the unit"))
    return amount_minor


def _cannot_be_read(currency: str, language: str) -> str:
    example = said_figure(of_hundredths(4050, currency), currency, language)
    return worded("must be an amount such as %(example)s", example=example)


def _without_marks(text: str, currency: str, language: str) -> str:
    """The figure alone, where the brand's own currency stands before or behind it."""
    symbol = get_currency_symbol(currency, locale=_locale(language))
    for mark in {currency, symbol, get_currency_symbol(currency, locale=_HOME.get(currency, "en"))}:
        for trimmed in (text.removeprefix(mark), text.removesuffix(mark)):
            if trimmed != text and trimmed.strip()[:1].isdigit():
                return trimmed.strip()
        if text.lower().endswith(mark.lower()):
            return text[: -len(mark)].strip()
    return text


_HOME: Final = {"PLN": "pl", "BRL": "pt", "EUR": "de", "GBP": "en", "CZK": "cs", "UAH": "uk", "JPY": "ja"}
"""Where people write a currency with its own sign."""


def _parts(text: str, currency: str, language: str) -> tuple[str, str]:
    """The figures before and behind the decimal mark."""
    marks = [char for char in text if not char.isdigit()]
    last = max(text.rfind("."), text.rfind(","))
    if last < 0 or text.count(text[last]) > 1:  # no decimal mark: blanks, or one mark again and again
        return _ungrouped(text, currency, language), ""
    behind = text[last + 1 :]
    if len(marks) == 1 and len(behind) == 3 and _GROUPED.fullmatch(text):
        symbols = _locale(language).number_symbols["latn"]
        if text[last] == symbols["group"] or (CURRENCIES[currency] == 0 and text[last] != symbols["decimal"]):
            return text.replace(text[last], ""), ""
        if text[last] != symbols["decimal"]:
            raise ValueError(
                worded(
                    "may mean two things: write %(one)s or %(other)s", one=text.replace(text[last], ""), other=text[:-1]
                )
            )
    if not behind.isdigit():
        raise ValueError(_cannot_be_read(currency, language))
    return _ungrouped(text[:last], currency, language), behind


def _ungrouped(text: str, currency: str, language: str) -> str:
    """Thousands apart or not at all."""
    if text.isdigit():
        return text
    if not _GROUPED.fullmatch(text):
        raise ValueError(_cannot_be_read(currency, language))
    return re.sub(r"\D", "", text)


def plain_amount(amount_minor: int, currency: str) -> str:
    """For files and forms: `40.50`, without groups or currency."""
    digits = CURRENCIES[currency]
    return f"{Decimal(amount_minor).scaleb(-digits):.{digits}f}"


def said_figure(amount_minor: int, currency: str, language: str) -> str:
    """The figure in a language, decimals only where there are any: `40`, `40,50`, `1 200`."""
    value, digits = Decimal(amount_minor).scaleb(-CURRENCIES[currency]), CURRENCIES[currency]
    is_whole = value == value.to_integral_value()
    shape = "#,##0" if is_whole or digits == 0 else "#,##0." + "0" * digits
    return format_decimal(value, shape, locale=_locale(language))


def said_amount(amount_minor: int, currency: str, language: str) -> str:
    """The figure with the currency's code, never parted from it at the end of a line: `40 EUR`."""
    return f"{said_figure(amount_minor, currency, language)}\N{NO-BREAK SPACE}{currency}"


def told_amount(amount_minor: int, currency: str, language: str) -> str:
    """As one writes it to a customer, with the sign people know: `40 zł`, `€40`, `R$ 40`."""
    value, locale = Decimal(amount_minor).scaleb(-CURRENCIES[currency]), _locale(language)
    shape = locale.currency_formats["standard"].pattern
    if value == value.to_integral_value():
        shape = shape.replace("0.00", "0")
    told = format_currency(value, currency, format=shape, locale=locale, currency_digits=False)
    return re.sub(r"(?<=[^\W\d])(?=\d)", "\N{NO-BREAK SPACE}", told)


def currency_words(currency: str, language: str) -> str:
    """Its code and name: EUR – euro."""
    return f"{currency} – {get_currency_name(currency, locale=_locale(language))}"


def of_hundredths(cents: int, currency: str) -> int:
    """Minor units of an amount kept in hundredths of the currency, as guidelines keep what may be offered."""
    digits = CURRENCIES[currency]
    return int(Decimal(cents).scaleb(digits - 2).to_integral_value(ROUND_FLOOR))


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, LookupError):
        return Locale.parse("en")
