"""How a written report speaks: its words, figures, names and dates in one language; all figures go through `monitor.i18n`."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from monitor import i18n
from monitor.i18n import N_, translate
from monitor.reports import commentary, words
from monitor.reports.blocks import Run, run
from monitor.reports.numbers import Data

NUMBERS = "一二三四五六七八九十"
SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaks of one report's data in one language."""

    data: Data
    language: str

    @property
    def chinese(self) -> bool:
        """Whether it speaks Chinese."""
        return self.language == "zh"

    @property
    def comma(self) -> str:
        """What parts the names of a list."""
        return "、" if self.chinese else ", "

    @property
    def semicolon(self) -> str:
        """What parts longer things."""
        return "；" if self.chinese else "; "

    @property
    def colon(self) -> str:
        """What stands before what is said of something."""
        return "：" if self.chinese else ": "

    def t(self, sentence: str, /, **fields: object) -> str:
        """Translate a sentence."""
        return translate(sentence, self.language, **fields)

    def joined(self, sentences: list[str]) -> str:
        """Put sentences one after another."""
        return ("" if self.chinese else " ").join(sentences)

    def section(self, number: int, title: str) -> str:
        """Number the title of a section."""
        return f"{NUMBERS[number - 1]}、{title}" if self.chinese else f"{number}. {title}"

    def q(self, value: int | None, code: str) -> str:
        """Format a quantity with its measure."""
        return i18n.quantity(value, code, self.language)

    def bare(self, value: int | None, code: str) -> str:
        """Format a quantity whose measure stands elsewhere."""
        return i18n.quantity(value, code, self.language, measure=False)

    def count(self, value: float) -> str:
        """Format a number."""
        return i18n.number(value, self.language)

    def pct(self, pair: list[int] | None) -> str:
        """Format an exact ratio as percent."""
        return commentary.percent(pair, self.language)

    def change(self, pair: list[int] | None) -> str:
        """Format an exact ratio whose sign says rise or fall."""
        return commentary.percent(pair, self.language, sign=True)

    def share(self, part: int, whole: int | None) -> str:
        """Format a part of a whole."""
        return i18n.percent(Fraction(part, whole) if whole else None, self.language)

    def ppm(self, value: int) -> str:
        """Format millionths as percent."""
        return i18n.percent(Fraction(value, 1_000_000), self.language)

    def covered(self, pair: list[int] | None) -> str:
        """Format a coverage, cut off and never rounded up."""
        return commentary.covered(pair, self.language)

    def day(self, value: int | None) -> str:
        """Format a day number."""
        return commentary.day(value, self.language)

    def moment(self, value: datetime) -> str:
        """Format an instant in the zone it carries."""
        return i18n.moment(value, self.language)

    def month(self) -> str:
        """Name the report's month."""
        return i18n.month(self.data["year"], self.data["month"], self.language)

    def short_month(self, number: int) -> str:
        """Name a month above a narrow column."""
        return f"{number}月" if self.chinese else SHORT[number - 1]

    def name(self, row: Data) -> str:
        """Name a unit, a meter or a source."""
        return words.name(row, self.language)

    def coded(self, row: Data) -> str:
        """Name a meter or a source with its code."""
        return f"{self.name(row)} ({row['code']})"

    def resource(self, code: str) -> str:
        """Name a resource."""
        return commentary.resource_name(code, self.language)

    def measure(self, code: str) -> str:
        """Name the measure in which a resource is shown."""
        return i18n.measure_name(code, self.language)

    def word(self, table: dict[str, str], code: str) -> str:
        """Give the word for a code."""
        return words.word(table, code, self.language)

    def status(self, code: str) -> Run:
        """Give the word for a status with its sign, in its colour."""
        return run(words.status(code, self.language), "b", words.COLOURS[code])

    def per(self, pair: list[int] | None, code: str, of: str) -> str:
        """Format an intensity; `of` is area or person."""
        return commentary.per(pair, code, of, self.language)

    def fact(self, row: Data) -> str:
        """Format a denominator."""
        of = "m²" if row["kind"] in words.AREAS else self.t(N_("persons"))
        return f"{i18n.number(Fraction(row['value'], 1000), self.language)} {of}"

    def promise(self, target: Data, code: str) -> str:
        """Say what was promised."""
        return commentary.promise(target, code, self.language)

    def reasons(self, found: list[Data]) -> list[str]:
        """Say why a target is not judged, or what is odd about it."""
        return commentary.reason_texts(found, self.language)

    def sentences(self, item: Data) -> list[str]:
        """Say an exception."""
        return commentary.sentences(item, self.language)

    def headline(self, section: Data) -> list[str]:
        """Say how a resource stands."""
        return commentary.headline(section, self.data["as_of"], self.language)

    def changed(self, row: Data) -> tuple[str, str, str, str]:
        """Say a figure of a closed month that reads otherwise today."""
        return words.changed(row, self.language)


def per_of(indicator: str) -> str:
    """Tell what an indicator is divided by."""
    return "area" if indicator == "per_m2" else "person"


def known(target: Data) -> bool:
    """Tell whether a target is judged: only then are pace, remainder and forecast shown."""
    return bool(target["status"] != "not_judged")


def judged(target: Data, value: Any) -> Any:  # noqa: ANN401 - a whole number, a ratio or nothing
    """Give a value that is only said of a target that is judged."""
    return value if known(target) else None
