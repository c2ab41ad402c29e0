"""A table with months as columns: which month each column is, and of which year; the totals among its rows are said."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from importers._tabular_cells import Bools, Ints, tidy
from importers._tabular_profile import Profile
from importers._tabular_sieve import Sieve
from importers._tabular_source import Cells, Table
from monitor.intake.contract import MAX_ISSUES, N_, WARNING, DocumentRefused, RowIssue

ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBER = re.compile(r"@?(?:(\d{4})\s*[-/.年]?\s*)?(0?[1-9]|1[0-2])(?:[-/.]0?1(?:T00:00:00)?)?\s*(?:月份?)?")
_NAME = re.compile(r"([a-z]{3,9})\.?(?:[\s-]*(\d{4}))?", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_YEAR_CELL = re.compile(r"((?:19|20)\d{2})(?:\.0)?\s*年?度?")
YEAR_MISSING = N_(
    "{file}: nothing says of which year the months are; write it into the headers (2026-01), the sheet's name, the line above the header or the file's name, or into the profile as time.year."
)
YEAR_UNCLEAR = N_("{file}: '{value}' names several years; write the year of the months as time.year into the profile.")
MONTH_TWICE = N_(
    "{file}: the months of the columns '{column}' and '{other}' are the same; name the ones to read with value.columns."
)
NOT_A_YEAR = N_("'{value}' is not a year; write it as 2026")
TOTAL = N_("'{value}' is a total of other rows and was not read")


def month_of(text: str) -> tuple[int, int] | None:
    """Read a header as (year or 0, month): 1月, 2026-01, 2026年1月, 1, Jan, Jan 2026, a date cell; None where it is no month."""
    plain = tidy(text).strip("\ufeff")
    if found := _NUMBER.fullmatch(plain):
        return int(found[1] or 0), int(found[2])
    found = _NAME.fullmatch(plain)
    word = found[1].casefold() if found else ""
    if found and word[:3] in ENGLISH and _is_name(word):
        return int(found[2] or 0), ENGLISH.index(word[:3]) + 1
    return None


def _is_name(word: str) -> bool:
    long = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october")
    return word in {*ENGLISH, "sept", *long, "november", "december"}


def columns(row: list[str], profile: Profile) -> list[int]:
    """Give where the months stand in a header; with value.columns only the headers that it fits."""
    pattern = profile.value.columns
    return [
        index
        for index, text in enumerate(row)
        if month_of(text) is not None and (not pattern or re.fullmatch(pattern, tidy(text)))
    ]


def months(table: Table, skip: int, slots: list[int], profile: Profile) -> list[tuple[int, int]]:
    """Give (year, month) of each month column; the year is 0 where each row names its own.

    It is looked for in the header, the option, the sheet's name, above the header and in the file's name, in this order.
    """
    row = table.head[skip - 1] if skip else []
    found = [month_of(row[index]) or (0, 0) for index in slots]
    if profile.time.column is None and any(not year for year, _ in found):
        year = _year(table, skip, profile)
        found = [(own or year, month) for own, month in found]
    first: dict[tuple[int, int], int] = {}
    for index, month in zip(slots, found, strict=True):
        if first.setdefault(month, index) != index:
            names = {"column": row[first[month]], "other": row[index]}
            raise DocumentRefused("MONTH_TWICE", MONTH_TWICE, file=table.file, sheet=table.sheet, **names)
    return found


def _year(table: Table, skip: int, profile: Profile) -> int:
    if profile.time.year:
        return profile.time.year
    above = " ".join(text for row in table.head[: max(skip - 1, 0)] for text in row if text)
    name = table.file.rpartition("/")[2]
    if profile.time.file_name and (fits := re.search(profile.time.file_name, name)):
        name = fits[0]
    for text in (table.sheet, above, name):
        years = set(_YEAR.findall(text))
        if len(years) == 1:
            return int(years.pop())
        if years:
            raise DocumentRefused("YEAR_UNCLEAR", YEAR_UNCLEAR, file=table.file, sheet=table.sheet, value=text[:200])
    raise DocumentRefused("YEAR_MISSING", YEAR_MISSING, file=table.file, sheet=table.sheet)


def years(column: pd.Categorical, title: str, sieve: Sieve) -> Ints:
    """Read the column that names each row's year, by row; a row without one is refused."""
    found = [_YEAR_CELL.fullmatch(tidy(str(text))) for text in column.categories]
    read = np.array([int(one[1]) if one else 0 for one in found] + [0], dtype=np.int64)[column.codes]
    texts = [*map(str, column.categories), ""]
    sieve.refuse(read == 0, "NOT_A_YEAR", NOT_A_YEAR, column=title, text=lambda index: texts[column.codes[index]])
    return np.asarray(np.where(read == 0, 1970, read))


def say_totals(cells: Cells, profile: Profile, sieve: Sieve) -> None:
    """Say which rows are totals and were not read; a footer that is only text says nothing."""
    if not profile.skip:
        return
    for index, text in _totals(cells, profile):
        if len(sieve.issues) >= MAX_ISSUES:
            return
        row_no, data = int(cells.row_no[index]), {"value": text}
        sieve.issues.append(RowIssue("TOTAL_NOT_READ", TOTAL, row_no, "", text, data, severity=WARNING))


def _totals(cells: Cells, profile: Profile) -> Iterable[tuple[int, str]]:
    filled = np.zeros(len(cells.row_no), dtype=bool)
    for values in cells.number.values():
        filled |= np.array([cell not in ("", None) and cell == cell for cell in values], dtype=bool)  # noqa: PLR0124 - NaN
    seen: Bools = np.zeros(len(cells.row_no), dtype=bool)
    for column in cells.text.values():
        texts = [tidy(str(text)) for text in column.categories]
        hits = np.array([*(re.match(profile.skip, text) is not None for text in texts), False])[column.codes]
        for index in np.flatnonzero(hits & filled & ~seen):
            yield int(index), texts[column.codes[index]][:200]
        seen |= hits
