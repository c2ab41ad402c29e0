"""Words and numbers for people: catalogues (gettext .po through Babel) and the only formatting of figures and dates.

Keys are English sentences. Every catalogue under `locale/<language>/` is read; a missing translation shows the English.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po

from monitor.domain.resources import from_quantity, resource
from monitor.errors import JieyueError

LANGUAGES = ("zh", "en")
_LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB"}
MISSING = "–"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Give English sentence → translation for a language, from all its catalogues; English is its own."""
    words: dict[str, str] = {}
    folder = files("monitor") / "locale" / language
    if folder.is_dir():
        for entry in sorted(folder.iterdir(), key=lambda item: item.name):
            if entry.name.endswith(".po"):
                for message in read_po(BytesIO(entry.read_bytes())):
                    if isinstance(message.id, str) and message.id and message.string:
                        words[message.id] = str(message.string)
    return words


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark a sentence for the catalogue; it is translated where it is shown."""
    return sentence


def translate(sentence: str, language: str, /, **data: object) -> str:
    """Give the sentence in a language with its fields filled."""
    text = catalogue(language).get(sentence, sentence)
    return text.format_map(data) if data else text


def both(sentence: str, /, **data: object) -> str:
    """Give a sentence in Chinese and English, side by side, for logs, terminals and files that both read."""
    chinese, english = (translate(sentence, language, **data) for language in LANGUAGES)
    return english if chinese == english else f"{chinese} · {english}"


def explain(error: JieyueError) -> str:
    """Give an error's code and its sentence in both languages."""
    return f"[{error.code}] {both(error.template, **error.data)}"


def number(value: Fraction | Decimal | float | None, _language: str, digits: int = 0) -> str:
    """Format a number with grouping; None is a dash, never a zero. Both languages write `1,234.5`, which Python does at once."""
    if value is None:
        return MISSING
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{round(Decimal(str(value)), digits):,.{digits}f}"


def quantity(
    value: int | None, resource_code: str, language: str, *, digits: int | None = None, measure: bool = True
) -> str:
    """Format thousandths of a base measure in the display measure: `12,345 kWh`."""
    row = resource(resource_code)
    shown = number(
        None if value is None else from_quantity(value, resource_code),
        language,
        row.digits if digits is None else digits,
    )
    return f"{shown} {measure_name(resource_code, language)}" if measure and value is not None else shown


def measure_name(resource_code: str, language: str) -> str:
    """Name the display measure of a resource in a language; kWh and m³ keep their symbols."""
    row = resource(resource_code)
    shown = row.measure(row.display)
    return shown.zh if language == "zh" and row.code == "paper" else shown.en


def percent(value: Fraction | float | None, _language: str, *, digits: int = 1, sign: bool = False) -> str:
    """Format a fraction as percent; with `sign` a plus shows a rise and a minus a saving.

    What is not quite the whole never reads as the whole: 99.98 % with one digit is 99.9 %, not 100.0 %.
    """
    if value is None:
        return MISSING
    if value < 1 <= round(float(value), digits + 2):
        value = 1 - Fraction(1, 10 ** (digits + 2))
    shown = round(Decimal(str(float(value))) * 100, digits)
    plus = "+" if sign and round(float(value), digits + 2) > 0 else ""
    return f"{plus}{shown:,.{digits}f}%"


def coverage(value: Fraction | None, language: str) -> str:
    """Format a coverage with one digit, cut off and never rounded up: 94.96 % must not read as the 95 % that was needed."""
    return percent(None if value is None else Fraction(int(value * 1000), 1000), language)


def day(value: date | None, language: str) -> str:
    """Format a local day."""
    return (
        MISSING
        if value is None
        else format_date(value, "medium" if language == "en" else "yyyy年M月d日", locale=_LOCALES[language])
    )


def month(year: int, number_of_month: int, language: str) -> str:
    """Format a month of a year."""
    return format_date(
        date(year, number_of_month, 1), "MMMM yyyy" if language == "en" else "yyyy年M月", locale=_LOCALES[language]
    )


def moment(value: datetime | None, language: str) -> str:
    """Format an instant in the zone it carries."""
    return (
        MISSING
        if value is None
        else format_datetime(
            value, "d MMM yyyy, HH:mm" if language == "en" else "yyyy年M月d日 HH:mm", locale=_LOCALES[language]
        )
    )
