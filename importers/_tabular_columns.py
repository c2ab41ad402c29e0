"""Finds the header of a table and where each column that the profile names stands."""

import re
from dataclasses import dataclass, field

from importers import _tabular_year as year
from importers._tabular_cells import tidy
from importers._tabular_profile import Column, Profile
from importers._tabular_source import Table
from monitor.intake.contract import DocumentRefused


@dataclass(slots=True)
class Bound:
    """The columns of one table: rows up to and with the header, positions by role, header texts by position."""

    skip: int
    single: dict[str, int]
    times: list[int]
    slots: list[int]
    titles: dict[int, str] = field(default_factory=dict)
    months: list[tuple[int, int]] = field(default_factory=list)  # layout year: (year, month) of each slot

    def title(self, index: int) -> str:
        """Name a column for people: its header, else its letter as in a workbook."""
        return self.titles.get(index) or letter(index)


def letter(index: int) -> str:
    """Give a column's letters: 0 → A, 26 → AA."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def wanted(profile: Profile) -> dict[str, Column]:
    """Give role → column for each single column that the profile names."""
    roles: dict[str, Column | None] = {
        "meter": profile.meter.column,
        "register": profile.meter.register_column,
        "start": profile.time.start,
        "end": profile.time.end,
        "value": profile.value.column,
        "measure": profile.value.measure_column,
        "amount": profile.value.amount,
        "invoice": profile.value.invoice,
        "previous": profile.value.previous,
        "multiplier": profile.value.multiplier,
        "usage": profile.value.usage,
        "status": profile.status.column if profile.status else None,
        "first": profile.value.first,
    }
    return {role: column for role, column in roles.items() if column is not None}


def bind(table: Table, profile: Profile) -> Bound:
    """Find header and columns; a column that is not there is DocumentRefused, with what the header holds."""
    times = profile.time.column
    moments = [] if times is None else times if isinstance(times, list) else [times]
    named = wanted(profile)
    skip = _header(table, profile, [*named.values(), *moments])
    row = table.head[skip - 1] if skip else []
    bound = Bound(skip, {}, [], [], {i: tidy(text) for i, text in enumerate(row)})
    for role, column in named.items():
        bound.single[role] = _place(table, row, column)
    bound.times = [_place(table, row, column) for column in moments]
    bound.slots = _slots(table, row, profile, bound.single.pop("first", None))
    if profile.layout == "year":
        bound.months = year.months(table, skip, bound.slots, profile)
    return bound


def _header(table: Table, profile: Profile, columns: list[Column]) -> int:
    """Give the number of rows up to and with the header; 0 where there is none."""
    if profile.header != "auto":
        return profile.header + (1 if profile.header and _separator(table) and profile.header == 1 else 0)
    names = [column for column in columns if isinstance(column, str)]
    if not names and not profile.value.columns and profile.layout != "year":
        return 1 if _separator(table) else 0
    best, matches = 0, -1
    for number, row in enumerate(table.head, 1):
        found = sum(_find(row, column) is not None for column in names)
        complete = found == len(names) and _has_slots(row, profile)
        if complete:
            return number
        if found > matches:
            best, matches = number, found
    return best


def _has_slots(row: list[str], profile: Profile) -> bool:
    if profile.layout == "year":
        return bool(year.columns(row, profile))
    return not profile.value.columns or bool(_matching(row, profile.value.columns))


def _separator(table: Table) -> bool:
    return bool(table.head) and bool(table.head[0]) and table.head[0][0].lower().startswith("sep=")


def _matching(row: list[str], pattern: str) -> list[int]:
    return [index for index, text in enumerate(row) if re.fullmatch(pattern, tidy(text))]


def _find(row: list[str], column: str) -> int | None:
    if column.startswith("~"):
        found = _matching(row, column[1:])
        return found[0] if found else None
    plain = tidy(column).casefold()
    for index, text in enumerate(row):
        if tidy(text.strip("\ufeff")).casefold() == plain:
            return index
    return None


def _place(table: Table, row: list[str], column: Column) -> int:
    if isinstance(column, int) and column >= 1:
        return column - 1
    found = _find(row, column) if isinstance(column, str) else None
    if found is None:
        raise DocumentRefused(
            "COLUMN_MISSING",
            "{file}: there is no column '{column}'; the header has: {header}",
            file=table.file,
            sheet=table.sheet,
            column=column,
            header=" | ".join(text for text in row if text)[:500] or "–",
        )
    return found


def _slots(table: Table, row: list[str], profile: Profile, first: int | None) -> list[int]:
    if profile.layout == "year":
        found = year.columns(row, profile)
        if not found:
            _place(table, row, "1月 / 2026-01 / Jan")
        return found
    if profile.layout not in {"days", "months"}:
        return []
    if profile.value.columns:
        found = _matching(row, profile.value.columns)
        if not found:
            _place(table, row, f"~{profile.value.columns}")
        return found
    return list(range(first or 0, (first or 0) + profile.value.count))
