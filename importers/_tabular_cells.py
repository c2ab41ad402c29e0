"""Reads cells: numbers with their marks, times with their zones; strict, vectorised over distinct values."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
EXCEL = "@"  # marks a cell that was a date in a workbook: its format needs no declaring
_END_OF_DAY = re.compile(r"(?<!\d)24:00(?=(:00)?(?!\d))")
_OFFSET = re.compile(r"[T ]\d.*(?:Z|[+-])", re.IGNORECASE)  # whatever looks like one behind a time of day
_DIGIT = re.compile(r".*\d")
_ISO = re.compile(r"\d{4}-?\d\d-?\d\d")
_DAY = 86_400


@dataclass(slots=True)
class Numbers:
    """A column of numbers: themselves (NaN where none), and which cells are empty or not a number."""

    numbers: Floats
    empty: Bools
    bad: Bools


def tidy(text: str) -> str:
    """Make full-width characters half-width and trim."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text).replace("\u2212", "-")).strip()


def number_pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """Give the pattern of a well-formed number: grouping in threes or none at all."""
    point = re.escape(decimal)
    whole = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|\d+" if thousands else r"\d+"
    return re.compile(rf"[+-]?(?:(?:{whole})(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d{{1,3}})?")


def numbers(cells: npt.NDArray[Any], decimal: str, thousands: str) -> Numbers:
    """Read a column, of floats (NaN: empty) or of mixed cells."""
    if cells.dtype.kind in "iuf":
        values = cells.astype(np.float64)
        return Numbers(values, np.isnan(values), np.isinf(values))
    codes, uniques = pd.factorize(cells, use_na_sentinel=True)
    pattern = number_pattern(decimal, thousands)
    read = [_number(cell, pattern, decimal, thousands) for cell in uniques]
    values = np.array([np.nan if v is None else v for v in read] + [np.nan])[codes]
    empty = np.array([isinstance(cell, str) and not cell.strip() for cell in uniques] + [True], dtype=bool)[codes]
    return Numbers(values, empty, ~empty & ~np.isfinite(values))


def _number(cell: Any, pattern: re.Pattern[str], decimal: str, thousands: str) -> float | None:  # noqa: ANN401
    if isinstance(cell, bool | np.bool_):
        return None
    if isinstance(cell, int | float | np.number):
        try:
            return float(cell)
        except OverflowError:  # a whole number of more than 308 digits
            return float("inf")
    text = tidy(str(cell))
    if not pattern.fullmatch(text):
        return None
    return float((text.replace(thousands, "") if thousands else text).replace(decimal, "."))


@dataclass(slots=True)
class Walls:
    """Distinct times as read: seconds since 1970 on the local clock (UTC where `aware`), and which are no time."""

    seconds: Ints
    bad: Bools
    aware: bool
    dated: bool  # none has a time of day


def walls(texts: list[str], formats: list[str]) -> Walls:
    """Read distinct texts by the first format that fits each; 24:00 is the end of its day."""
    tidied = [tidy(text) for text in texts]
    shifted = np.array([bool(_END_OF_DAY.search(text)) for text in tidied], dtype=bool)
    series = pd.Series([_END_OF_DAY.sub("00:00", text) for text in tidied], dtype=object)
    seconds = np.zeros(len(texts), dtype=np.int64)
    left = np.ones(len(texts), dtype=bool)
    excel = series.str.startswith(EXCEL).to_numpy(dtype=bool) if len(series) else left.copy()
    if excel.any():
        _take(series.str.slice(1), excel, "iso", seconds, left)
    aware = False
    for wanted in formats:
        pick = left & ~excel
        if pick.any():
            aware = _take(series, pick, wanted, seconds, left) or aware
    seconds[shifted] += _DAY
    dated = bool(np.all(seconds[~left] % _DAY == 0)) and not shifted.any()
    return Walls(seconds, left, aware, dated)


def _take(series: "pd.Series[Any]", pick: Bools, wanted: str, seconds: Ints, left: Bools) -> bool:
    """Read the picked texts by one format into `seconds`, clearing `left`; tell whether they carry an offset."""
    texts = series[pick]
    if wanted == "epoch":
        read = pd.to_datetime(pd.to_numeric(texts, errors="coerce"), unit="s", errors="coerce")
        aware = True
    elif wanted == "excel":
        read = pd.to_datetime(pd.to_numeric(texts, errors="coerce"), unit="D", origin="1899-12-30", errors="coerce")
        aware = False
    else:
        strptime = "ISO8601" if wanted == "iso" else wanted.replace("%e", "%d")
        first = next((text for text in texts if _ISO.match(text)), "")
        aware = "%z" in wanted or (wanted == "iso" and bool(_OFFSET.search(first)))
        fits = texts.str.match(
            _ISO if wanted == "iso" else _DIGIT
        )  # `now`, `today` and a bare year are no times of a reading
        if wanted == "iso":  # of times with an offset and times without, those of the first one's kind
            fits &= texts.str.contains(_OFFSET) == aware
        texts = texts.where(fits, "")
        read = pd.to_datetime(texts, format=strptime, errors="coerce", utc=aware)
        if aware:
            read = read.dt.tz_localize(None)
    good = read.notna().to_numpy()
    where = np.flatnonzero(pick)[good]
    seconds[where] = read[good].dt.round("s").to_numpy().astype("datetime64[s]").astype(np.int64)
    left[where] = False
    return aware


@dataclass(slots=True)
class Instants:
    """Distinct times as epoch seconds UTC: the first and the second meaning of a repeated hour, and which never were."""

    first: Ints
    second: Ints
    bad: Bools


def instants(seconds: Ints, zone: str, *, edges: bool = False) -> Instants:
    """Place local clock times in their zone; with `edges` a time that does not exist moves to the first after it."""
    if zone == "UTC":
        return Instants(seconds, seconds, np.zeros(len(seconds), dtype=bool))
    index = pd.DatetimeIndex(seconds.astype("datetime64[s]"))
    missing: Any = "shift_forward" if edges else "NaT"
    every = np.ones(len(seconds), dtype=bool)
    summer = index.tz_localize(zone, ambiguous=every, nonexistent=missing)
    winter = index.tz_localize(zone, ambiguous=~every, nonexistent=missing)
    bad = np.asarray(summer.isna())
    return Instants(_epoch(summer), _epoch(winter), bad)


def _epoch(index: pd.DatetimeIndex) -> Ints:
    plain = index.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")
    return np.where(np.isnat(plain), 0, plain.astype(np.int64))


def shift(seconds: Ints, days: int, months: int) -> Ints:
    """Move local clock times by whole days and months on the calendar."""
    moved = seconds.astype("datetime64[s]")
    if months:
        month = moved.astype("datetime64[M]")
        moved = (month + np.timedelta64(months, "M")).astype("datetime64[s]") + (moved - month.astype("datetime64[s]"))
    return moved.astype(np.int64) + days * _DAY
