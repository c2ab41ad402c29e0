"""Figures of a report as cells: whole numbers and exact ratios become numbers with a format, codes become words."""

from dataclasses import dataclass
from fractions import Fraction

from monitor import i18n
from monitor.domain.periods import from_day
from monitor.domain.resources import from_quantity, resource
from monitor.i18n import N_, translate
from monitor.reports import commentary, words
from monitor.reports.numbers import Data, fraction
from monitor.reports.workbook import Cell, text

GREY = "#6b7785"
PERSON = N_("person")


@dataclass(frozen=True)
class Pen:
    """Writes one report in one language."""

    data: Data
    language: str

    def say(self, sentence: str, **fields: object) -> str:
        """Translate a sentence."""
        return translate(sentence, self.language, **fields)

    @property
    def joint(self) -> str:
        """What stands between two sentences."""
        return "" if self.language == "zh" else " "

    def heads(self, *sentences: str) -> list[str]:
        """Translate headings."""
        return [translate(sentence, self.language) for sentence in sentences]

    def resource(self, code: str) -> str:
        """Name a resource."""
        return commentary.resource_name(code, self.language)

    def measure(self, code: str) -> str:
        """Name the measure in which a resource is shown."""
        return i18n.measure_name(code, self.language)

    def both(self, code: str) -> str:
        """Name a resource with its measure."""
        return f"{self.resource(code)} ({self.measure(code)})"

    def name(self, row: Data) -> str:
        """Name a unit or a meter."""
        return words.name(row, self.language)

    def month(self, number: int) -> str:
        """Name a month of the report's year."""
        return i18n.month(self.data["year"], number, self.language)

    def quantity(self, value: int | None, code: str) -> Cell:
        """Give thousandths of the base measure as a number in the display measure, with all its digits."""
        return Cell(exact(value, code), "number", resource(code).digits)

    def intensity(self, pair: list[int] | None, code: str) -> Cell:
        """Give use per person or m² in the display measure."""
        return Cell(per(pair, code), "number", 2)

    def percent(self, pair: list[int] | None) -> Cell:
        """Give an exact ratio."""
        return Cell(fraction(pair), "percent", 1)

    def change(self, pair: list[int] | None) -> Cell:
        """Give an exact ratio whose sign says rise or fall."""
        return Cell(fraction(pair), "change", 1)

    def covered(self, pair: list[int] | None) -> Cell:
        """Give a coverage as it is shown: cut off, never rounded up."""
        value = fraction(pair)
        return Cell(None if value is None else Fraction(int(value * 1000), 1000), "percent", 1)

    def part(self, part: int, whole: int | None) -> Cell:
        """Give a part of a whole."""
        return Cell(Fraction(part, whole) if whole else None, "percent", 1)

    def day(self, value: int | None) -> Cell:
        """Give a day."""
        return Cell(None if value is None else from_day(value), "day")

    def status(self, code: str) -> Cell:
        """Give the word for a status with its sign and colour."""
        return text(words.status(code, self.language), colour=words.COLOURS[code], bold=True)


def exact(value: int | None, code: str) -> Fraction | None:
    """Give thousandths of the base measure in the display measure, exactly."""
    return None if value is None else from_quantity(value, code)


def per(pair: list[int] | None, code: str) -> Fraction | None:
    """Give thousandths of the base measure per person or m² in the display measure, exactly."""
    value, row = fraction(pair), resource(code)
    return None if value is None else value / 1000 / row.measure(row.display).factor


def grown(now: Fraction | None, before: Fraction | None) -> Fraction | None:
    """Give (now − before) ÷ before; None where it cannot be said."""
    return None if now is None or not before else (now - before) / before


def means(fact: Data | None) -> list[Fraction | None]:
    """Give what intensities of this year and of last year divide by, in persons or m²."""
    if fact is None:
        return [None, None]
    if "mean_year" in fact:
        return [fraction(fact["mean_year"]), fraction(fact["mean_before"])]
    return [Fraction(fact[key], 1000) if fact[key] else None for key in ("value", "value_before")]  # format 1


def promise(pen: Pen, target: Data, code: str) -> str:
    """Say what was promised: so much less than in the baseline year, or at most so much."""
    return commentary.promise(target, code, pen.language)


def judged(target: Data) -> bool:
    """Tell whether a target is judged: only then are pace, forecast and remainder shown."""
    return bool(target["status"] != "not_judged")
