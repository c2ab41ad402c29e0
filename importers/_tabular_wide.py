"""From cells to readings where a row holds many: a meter and day with 24/48/96 slots, a meter and month with its days."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from importers import _tabular_year as year
from importers._tabular_cells import Bools, Floats, Ints, instants, numbers, shift, walls
from importers._tabular_columns import Bound
from importers._tabular_layouts import BAD_NUMBER, begin, declared_missing, identity, place, status
from importers._tabular_profile import Profile
from importers._tabular_sieve import Sieve
from importers._tabular_source import Cells
from monitor.intake.contract import MAX_ISSUES, N_, NO_START, DocumentRefused, RowIssue, readings_frame

DAY = 86_400


@dataclass(slots=True)
class Grid:
    """Start and end of each slot of each row, and which slots exist at all; shape rows × slots."""

    start: Ints
    end: Ints
    exists: Bools


def wide(cells: Cells, bound: Bound, profile: Profile, file_meter: str, file_name: str) -> tuple[pd.DataFrame, Sieve]:
    """Read many readings a row."""
    slots = len(bound.slots)
    sieve = begin(cells, profile, weight=slots)
    columns = identity(cells, bound, profile, file_meter, sieve)
    quality = status(cells, bound, profile, sieve)
    if profile.layout == "year":
        year.say_totals(cells, profile, sieve)
        grid = _year(cells, bound, profile, sieve)
    elif profile.layout == "days":
        grid = _days(cells, bound, profile, sieve, slots)
    else:
        grid = _months(cells, bound, profile, sieve, file_name)
    values, good = _values(cells, bound, profile, sieve, grid)
    row, slot = np.nonzero(good)
    start = grid.start[row, slot]
    if profile.value.kind == "cumulative":
        start = np.full(len(row), NO_START, dtype=np.int64)
    taken: dict[str, Any] = {"start_at": start, "end_at": grid.end[row, slot], "value": values[row, slot]}
    taken |= {"quality": quality[row], "row_no": cells.row_no[row]}
    for name, column in columns.items():
        taken[name] = column if isinstance(column, str) else column[row]
    return readings_frame(taken), sieve


def _days(cells: Cells, bound: Bound, profile: Profile, sieve: Sieve, slots: int) -> Grid:
    begins, column, _ = place(cells, bound, profile, sieve, bound.times)
    ends, _, _ = place(cells, bound, profile, sieve, bound.times, after=(1, 0))
    step = profile.time.step or DAY // next(
        (n for n in (24, 48, 96) if slots in {n, n * 23 // 24, n * 25 // 24}), slots
    )
    first, last = begins.first, ends.first
    offsets = np.arange(slots, dtype=np.int64) * step
    start = first[:, None] + offsets[None, :]
    if profile.time.long_days == "clock" and profile.time.zone != "UTC":
        start = _by_clock(first, offsets, profile.time.zone)
    exists = (start >= first[:, None]) & (start + step <= last[:, None])
    codes = np.where(column.codes < 0, 0, column.codes)
    if not len(first):
        return Grid(*(np.zeros((len(codes), slots), dtype=np.int64),) * 2, np.zeros((len(codes), slots), dtype=bool))
    return Grid(start[codes], start[codes] + step, exists[codes])


def _by_clock(first: Ints, offsets: Ints, zone: str) -> Ints:
    """Place slots by the clock time of their column: the hour that does not exist has none, the repeated one its first."""
    local = pd.DatetimeIndex(first.astype("datetime64[s]"), tz="UTC").tz_convert(zone).tz_localize(None)
    midnight = local.normalize().to_numpy().astype("datetime64[s]").astype(np.int64)
    placed = instants((midnight[:, None] + offsets[None, :]).ravel(), zone)
    flat = np.where(placed.bad, NO_START, placed.first)
    return flat.reshape(len(first), len(offsets))


def _months(cells: Cells, bound: Bound, profile: Profile, sieve: Sieve, file_name: str) -> Grid:
    numbers_of_days = _day_numbers(bound, profile)
    if bound.times:
        column = cells.text[bound.times[0]]
        formats = profile.time.format if isinstance(profile.time.format, list) else [profile.time.format]
        read = walls([str(c) for c in column.categories], formats)
        title = bound.title(bound.times[0])
        unread = np.append(read.bad, True)[column.codes]
        template = N_("'{value}' is not a month of the form {format}")
        sieve.refuse(unread, "NOT_A_MONTH", template, column=title, format=" / ".join(formats))
        seconds, codes = np.append(read.seconds, 0), column.codes
    else:
        seconds, codes = _month_of_file(file_name, profile), np.zeros(len(cells.row_no), dtype=np.int64)
    month = seconds.astype("datetime64[s]").astype("datetime64[M]")
    begins = month.astype("datetime64[s]").astype(np.int64)
    nexts = (month + np.timedelta64(1, "M")).astype("datetime64[s]").astype(np.int64)
    wall = begins[:, None] + (numbers_of_days - 1)[None, :] * DAY
    exists = wall < nexts[:, None]
    zone = profile.time.zone
    start = instants(wall.ravel(), zone, edges=True).first.reshape(wall.shape)
    end = instants(shift(wall.ravel(), 1, 0), zone, edges=True).first.reshape(wall.shape)
    return Grid(start[codes], end[codes], exists[codes])


def _year(cells: Cells, bound: Bound, profile: Profile, sieve: Sieve) -> Grid:
    """Place the months of a year: of the table's, or of the one that each row names."""
    rows = len(cells.row_no)
    found = np.zeros(rows, dtype=np.int64)
    if bound.times:
        found = year.years(cells.text[bound.times[0]], bound.title(bound.times[0]), sieve)
    numbered = np.array([own * 12 + month - 1 for own, month in bound.months], dtype=np.int64)
    own = np.array([bool(of) for of, _ in bound.months], dtype=bool)
    month = np.where(own[None, :], numbered[None, :], found[:, None] * 12 + numbered[None, :]) - 1970 * 12
    distinct, codes = np.unique(month, return_inverse=True)
    begins = distinct.astype("datetime64[M]").astype("datetime64[s]").astype(np.int64)
    ends = (distinct + 1).astype("datetime64[M]").astype("datetime64[s]").astype(np.int64)
    start, end = (instants(walls, profile.time.zone, edges=True).first for walls in (begins, ends))
    at = codes.reshape(month.shape)
    return Grid(start[at], end[at], np.ones(month.shape, dtype=bool))


def _day_numbers(bound: Bound, profile: Profile) -> Ints:
    if not profile.value.columns:
        return np.arange(1, len(bound.slots) + 1, dtype=np.int64)
    found = [re.search(r"\d+", bound.titles[i]) for i in bound.slots]
    return np.array([int(f[0]) if f else n for n, f in enumerate(found, 1)], dtype=np.int64)


def _month_of_file(name: str, profile: Profile) -> Ints:
    found = re.search(profile.time.file_name or "", name)
    try:
        parts = found.groupdict() if found else {}
        month = np.datetime64(f"{int(parts['year']):04d}-{int(parts['month']):02d}", "s")
    except (KeyError, ValueError):
        raise DocumentRefused(
            "MONTH_NOT_IN_NAME",
            "{file}: the file name does not tell year and month as the profile says ({pattern}).",
            file=name,
            pattern=profile.time.file_name,
        ) from None
    return np.array([month.astype(np.int64)], dtype=np.int64)


def _values(cells: Cells, bound: Bound, profile: Profile, sieve: Sieve, grid: Grid) -> tuple[Floats, Bools]:
    """Read the slots; give values and which are good. Empty, missing and wrong ones are counted cell by cell."""
    shape = grid.exists.shape
    values, good = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    empties = np.zeros(shape, dtype=bool)
    alive = sieve.alive
    for slot, index in enumerate(bound.slots):
        raw = cells.number[index]
        read = numbers(raw, profile.decimal, profile.thousands)
        exists = grid.exists[:, slot] & alive
        never = alive & ~grid.exists[:, slot] & ~read.empty & (read.bad | (np.nan_to_num(read.numbers) != 0))
        _cell_issues(
            sieve,
            never,
            (bound.title(index), raw),
            "SLOT_NOT_EXISTING",
            N_("this day has no such slot, yet there is '{value}'"),
        )
        missing = declared_missing(raw, read.numbers, read.empty, profile) & exists
        if profile.layout == "year":  # a month that nobody filled in is not known yet, and never zero
            missing |= read.empty & exists
        bad = read.bad & exists & ~missing
        _cell_issues(sieve, bad, (bound.title(index), raw), "NOT_A_NUMBER", BAD_NUMBER, decimal=profile.decimal)
        sieve.blank += int(missing.sum())
        empties[:, slot] = read.empty & exists & ~missing
        good[:, slot] = exists & ~missing & ~read.empty & ~read.bad
        values[:, slot] = read.numbers
    _empty_issues(sieve, empties, bound)
    return values, good


def _cell_issues(
    sieve: Sieve,
    mask: Bools,
    cell: tuple[str, npt.NDArray[Any]],
    code: str,
    template: str,
    **data: object,
) -> None:
    column, raw = cell
    hit = np.flatnonzero(mask)
    sieve.refused += len(hit)
    for index in hit[: MAX_ISSUES - len(sieve.issues)]:
        value = str(raw[index])[:200]
        filled = {"value": value, "column": column, **data}
        sieve.issues.append(RowIssue(code, template, int(sieve.row_no[index]), column, value, filled))


def _empty_issues(sieve: Sieve, empties: Bools, bound: Bound) -> None:
    counts = empties.sum(axis=1)
    sieve.refused += int(counts.sum())
    for index in np.flatnonzero(counts)[: MAX_ISSUES - len(sieve.issues)]:
        count = int(counts[index])
        first = bound.title(bound.slots[int(np.argmax(empties[index]))])
        filled = {"count": count, "total": len(bound.slots), "column": first}
        template = N_("{count} of {total} values of the row are empty, the first in '{column}'")
        sieve.issues.append(
            RowIssue("VALUES_EMPTY", template, int(sieve.row_no[index]), first, "", filled, count=count)
        )
