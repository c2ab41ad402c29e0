"""Cells of the Excel template as values, or what is wrong with them: sheet, row, column, value and remedy."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from monitor.i18n import N_, translate
from monitor.services._template_columns import Column, choice_text

AT = N_("Sheet {sheet}, row {row}, column {column}: {what}")
EMPTY = N_("it is empty; fill it in.")
NOT_A_NUMBER = N_("'{value}' is not a number; write it as 1234.5, without a unit.")
NOT_A_DAY = N_("'{value}' is not a day; write it as 2026-01-31.")
NOT_A_TIME = N_("'{value}' is not a time of day; write it as 08:30.")
NOT_A_CHOICE = N_("'{value}' is not one of the list: {known}.")
NOT_A_PERCENTAGE = N_("'{value}' is not a percentage from 0 to 100; write 25 or 25%.")
AMBIGUOUS = N_("'{value}' may be 1 % or the whole: write 100 for all of it, or 1% with the sign.")
NOT_A_MULTIPLIER = N_("'{value}' is not a multiplier above 0; write 40, 0.1 or 40/3.")
ERROR_CELL = N_("'{value}' is a formula that failed; mend the formula or type the value.")

FAILED = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?")
_HUNDRED, _PPM = 100, 10_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a cell (or, without row and column, with a sheet)."""

    code: str
    template: str
    sheet: str
    row: int = 0
    column: str = ""
    value: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    def said(self, language: str) -> str:
        """Say it in a language, with its place."""
        what = translate(self.template, language, value=self.value, **self.data)
        if not self.row:
            return f"{self.sheet}: {what}" if self.sheet else what
        return translate(AT, language, sheet=self.sheet, row=self.row, column=self.column, what=what)

    def both(self) -> str:
        """Say it in both languages, side by side."""
        return f"{self.said('zh')} · {self.said('en')}"


class BadCell(Exception):  # noqa: N818 - caught beside the reader, never seen
    """A cell that cannot be read."""

    def __init__(self, code: str, template: str, **data: object) -> None:
        self.code, self.template, self.data = code, template, data
        super().__init__(code)


def text(value: object) -> str:
    """Give a cell as text: whole numbers without a point, days as 2026-01-31."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return str(value).strip()


def read(value: object, column: Column) -> Any:  # noqa: ANN401 - by kind of column
    """Give a filled cell's value by the kind of its column; BadCell where it cannot be one."""
    if text(value) in FAILED:
        raise BadCell("CELL_ERROR", ERROR_CELL)
    if column.choices is not None:
        return _choice(text(value), column)
    readers: dict[str, Callable[[object], Any]] = {
        "number": _number,
        "whole": _whole,
        "ratio": _ratio,
        "day": _day,
        "clock": _clock,
        "percent": _percent,
    }
    return readers.get(column.kind, text)(value)


def _number(value: object) -> Decimal:
    shown = text(value).replace(",", "").replace("，", "")
    try:
        found = Decimal(shown)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0 or isinstance(value, bool):
        raise BadCell("NOT_A_NUMBER", NOT_A_NUMBER)
    return found


def _whole(value: object) -> int:
    found = _number(value)
    if found != int(found):
        raise BadCell("NOT_A_NUMBER", NOT_A_NUMBER)
    return int(found)


def _ratio(value: object) -> str:
    try:
        found = Fraction(text(value).replace(" ", ""))
    except (ValueError, ZeroDivisionError):
        found = Fraction(0)
    if found <= 0:
        raise BadCell("NOT_A_MULTIPLIER", NOT_A_MULTIPLIER)
    return str(found)


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = _DAY.fullmatch(text(value))
    try:
        if match is None:
            raise BadCell("NOT_A_DAY", NOT_A_DAY)
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise BadCell("NOT_A_DAY", NOT_A_DAY) from None


def _clock(value: object) -> int:
    if isinstance(value, datetime | time):
        return value.hour * 60 + value.minute
    if isinstance(value, timedelta):
        return int(value.total_seconds()) // 60
    if isinstance(value, float) and 0 <= value <= 1:
        return round(value * 1440)
    match = re.fullmatch(r"(\d{1,2})[:：](\d\d)(?::00)?", text(value))
    if match is None or int(match[1]) * 60 + int(match[2]) > 1440 or int(match[2]) > 59:  # noqa: PLR2004 - minutes
        raise BadCell("NOT_A_TIME", NOT_A_TIME)
    return int(match[1]) * 60 + int(match[2])


def _percent(value: object) -> int:
    """Give parts per million: 25 and 25% are a quarter; a bare number up to 1 may be meant either way and is asked back."""
    shown = text(value).replace("％", "%")
    signed = shown.endswith("%")
    try:
        found = _number(shown.rstrip("% ") if signed else value)
    except BadCell:
        found = Decimal(-1)
    if not 0 < found <= _HUNDRED:
        raise BadCell("NOT_A_PERCENTAGE", NOT_A_PERCENTAGE)
    if found <= 1 and not signed:
        raise BadCell("AMBIGUOUS", AMBIGUOUS)
    return round(found * _PPM)


def _choice(shown: str, column: Column) -> str:
    choices = column.choices or {}
    for code, names in choices.items():
        if shown.casefold() in {code.casefold(), choice_text(choices, code).casefold(), *(n.casefold() for n in names)}:
            return code
    known = " / ".join(choice_text(choices, code) for code in choices)
    raise BadCell("NOT_A_CHOICE", NOT_A_CHOICE, known=known)


def all_said(problems: list[Problem]) -> str:
    """Say all problems, one in a line."""
    return "\n".join(problem.both() for problem in problems)


__all__ = ["BadCell", "Problem", "all_said", "read", "text"]
