"""From cells to readings where a row is one reading: plain rows, bills, previous/current sheets."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from importers._tabular_cells import Bools, Floats, Instants, Ints, instants, numbers, shift, tidy, walls
from importers._tabular_columns import Bound
from importers._tabular_profile import Profile
from importers._tabular_sieve import Sieve, cell_of, text_of
from importers._tabular_source import TOO_LONG, Cells
from monitor.intake.contract import ESTIMATED, MEASURED, N_, NO_START, SUSPECT, readings_frame

MISSING, REFUSE, UNKNOWN = -1, -2, -3
QUALITIES = {
    "measured": MEASURED,
    "estimated": ESTIMATED,
    "suspect": SUSPECT,
    "missing": MISSING,
    "refused": REFUSE,
}
BAD_TIME = N_("'{value}' is not a time of the form {format}")
NO_SUCH_TIME = N_("'{value}' does not exist on the clock of {zone}: clocks were put forward")
DAMAGED = N_("'{value}' holds characters that cannot be read in the encoding of the file; correct the row")
BAD_NUMBER = N_("'{value}' is not a number (decimal mark is '{decimal}')")


def rows(cells: Cells, bound: Bound, profile: Profile, file_meter: str) -> tuple[pd.DataFrame, Sieve]:
    """Read one reading a row; of a previous/current sheet with both dates two readings of the register."""
    twice = profile.layout == "sheets" and profile.value.kind != "bill" and {"start", "previous"} <= set(bound.single)
    sieve = begin(cells, profile, weight=2 if twice else 1)
    columns = identity(cells, bound, profile, file_meter, sieve)
    quality = status(cells, bound, profile, sieve)
    start, end = period(cells, bound, profile, sieve, columns["meter"])
    value = number(cells, bound, profile, sieve, "value")
    earlier = start
    if profile.layout == "sheets":
        previous, value = _sheet(cells, bound, profile, sieve, value)
    if profile.value.factors:
        value = _counted(columns, value, profile)
    if _momentary(profile):
        start = np.full(len(end), NO_START, dtype=np.int64)
    columns |= {"start_at": start, "end_at": end, "value": value, "quality": quality, "row_no": cells.row_no}
    columns |= _money(cells, bound, profile, sieve)
    if "multiplier" in bound.single:
        columns["multiplier"] = number(cells, bound, profile, sieve, "multiplier", optional=True)
    frame = readings_frame(columns)
    if not twice:
        return frame[sieve.alive], sieve
    before = frame.assign(end_at=earlier, value=previous)[sieve.alive & ~np.isnan(previous)]
    return pd.concat([before, frame[sieve.alive]]), sieve


def _momentary(profile: Profile) -> bool:
    """Tell whether a reading is of an instant: a register, an event, a state for which no interval is named."""
    kind = profile.value.kind
    if kind == "gauge":
        return not profile.time.interval and profile.time.start is None
    return kind in {"cumulative", "event"} or (profile.layout == "sheets" and kind != "bill")


def begin(cells: Cells, profile: Profile, *, weight: int = 1) -> Sieve:
    """Leave out empty rows, totals and footers; refuse rows with fields beyond the header."""
    sieve = Sieve(cells.row_no, weight=weight)
    if profile.skip:
        for column in cells.text.values():
            hits = [re.match(profile.skip, tidy(str(c))) is not None for c in column.categories]
            sieve.ignore(np.array([*hits, False], dtype=bool)[column.codes])
    used = [column.codes < 0 for column in cells.text.values()] + [_hollow(c) for c in cells.number.values()]
    sieve.ignore(np.logical_and.reduce([np.asarray(u) for u in used]))
    sieve.refuse(
        cells.overlong,
        "ROW_TOO_LONG",
        TOO_LONG,
    )
    return sieve


def _hollow(cells: npt.NDArray[Any]) -> Bools:
    if cells.dtype.kind == "f":
        return np.asarray(np.isnan(cells))
    return np.array([c is None or c != c or c == "" for c in cells], dtype=bool)  # noqa: PLR0124 - NaN differs from itself


def identity(cells: Cells, bound: Bound, profile: Profile, file_meter: str, sieve: Sieve) -> dict[str, Any]:
    """Give meter, register and measure of the rows."""
    columns: dict[str, Any] = {"register": profile.meter.register_constant, "measure": _measure(bound, profile)}
    columns["meter"] = profile.meter.constant if profile.meter.constant is not None else file_meter
    for role in ("meter", "register", "measure"):
        if role in bound.single:
            column = cells.text[bound.single[role]]
            title = bound.title(bound.single[role])
            sieve.refuse(column.codes < 0, "CELL_EMPTY", N_("the cell '{column}' is empty"), column=title)
            sieve.refuse(damaged(column), "TEXT_DAMAGED", DAMAGED, column=title, text=text_of(column))
            columns[role] = whole(column)
    return columns


def damaged(column: pd.Categorical) -> Bools:
    """Tell which cells hold what could not be decoded, or a character that no text has."""
    hits = ["\ufffd" in str(c) or "\x00" in str(c) for c in column.categories]
    return np.asarray(np.array([*hits, False], dtype=bool)[column.codes])


def _counted(columns: dict[str, Any], value: Floats, profile: Profile) -> Floats:
    """Turn boxes into packs, as the profile's factors say, and name the measure that they are of."""
    factors = {tidy(word).casefold(): factor for word, factor in profile.value.factors.items()}
    measure = columns["measure"]
    if isinstance(measure, str):
        known = factors.get(tidy(measure).casefold())
        columns["measure"] = measure if known is None else profile.value.measure
        return value * (1.0 if known is None else known)
    found = [factors.get(str(word).casefold()) for word in measure.categories]
    words = [str(w) if f is None else profile.value.measure for w, f in zip(measure.categories, found, strict=True)]
    columns["measure"] = whole(pd.Categorical([words[code] for code in measure.codes]))
    return np.asarray(value * np.array([1.0 if f is None else f for f in found])[measure.codes])


def whole(column: pd.Categorical) -> pd.Categorical:
    """Replace empty cells by "", so that every row has a category."""
    categories = [tidy(str(c)) for c in column.categories] + [""]
    codes, uniques = pd.factorize(np.array(categories, dtype=object))
    return pd.Categorical.from_codes(codes[column.codes], categories=pd.Index(uniques, dtype=object))


def _measure(bound: Bound, profile: Profile) -> str:
    pattern = profile.value.measure_header
    index = bound.single.get("value", bound.slots[0] if bound.slots else None)
    if pattern and index is not None:
        found = re.search(pattern, bound.titles.get(index, ""))
        return found[1] if found else profile.value.measure
    return profile.value.measure


def status(cells: Cells, bound: Bound, profile: Profile, sieve: Sieve) -> npt.NDArray[np.int8]:
    """Give the quality of each row from the status column."""
    if profile.status is None:
        return np.zeros(len(cells.row_no), dtype=np.int8)
    column = cells.text[bound.single["status"]]
    known = {tidy(k).casefold(): v for k, v in profile.status.map.items()}
    other = profile.status.default
    words = [known.get(tidy(str(c)).casefold(), other) for c in column.categories] + [known.get("", other)]
    quality = np.array([QUALITIES.get(w, UNKNOWN) for w in words], dtype=np.int8)[column.codes]
    title, text = bound.title(bound.single["status"]), text_of(column)
    sieve.refuse(
        quality == UNKNOWN,
        "STATUS_UNKNOWN",
        N_("the profile does not say what the status '{value}' means"),
        column=title,
        text=text,
    )
    sieve.refuse(
        quality == REFUSE, "STATUS_REFUSED", N_("the status '{value}' says not to use it"), column=title, text=text
    )
    sieve.missing(quality == MISSING)
    return np.asarray(np.maximum(quality, 0), dtype=np.int8)


def number(cells: Cells, bound: Bound, profile: Profile, sieve: Sieve, role: str, *, optional: bool = False) -> Floats:
    """Read a number column; what is empty, declared missing or no number leaves the sieve."""
    index = bound.single[role]
    raw = cells.number[index]
    read = numbers(raw, profile.decimal, profile.thousands)
    title = bound.title(index)
    if role == "value":
        sieve.missing(declared_missing(raw, read.numbers, read.empty, profile))
    if not optional:
        sieve.refuse(read.empty, "CELL_EMPTY", N_("the cell '{column}' is empty"), column=title)
    sieve.refuse(read.bad, "NOT_A_NUMBER", BAD_NUMBER, column=title, text=cell_of(raw), decimal=profile.decimal)
    return read.numbers


def declared_missing(raw: npt.NDArray[Any], values: Floats, empty: Bools, profile: Profile) -> Bools:
    """Tell which cells hold what the profile declares missing: by text, or by number."""
    mask = np.zeros(len(raw), dtype=bool)
    words = {tidy(word) for word in profile.value.missing}
    if "" in words:
        mask |= empty
    known = [float(word) for word in words if word.replace(".", "", 1).lstrip("+-").isdigit()]
    if known:
        mask |= np.isin(values, known)
    if raw.dtype.kind == "O" and words:
        mask |= np.array([isinstance(c, str) and tidy(c) in words for c in raw], dtype=bool)
    return mask


def moments(cells: Cells, positions: list[int]) -> pd.Categorical:
    """Join time columns (date, time) into one, distinct texts only."""
    first = cells.text[positions[0]]
    for position in positions[1:]:
        second = cells.text[position]
        width = len(second.categories) + 1
        pairs = (first.codes.astype(np.int64) + 1) * width + second.codes + 1
        codes, uniques = pd.factorize(pairs)
        texts = [_joined(_category(first, u // width - 1), _category(second, u % width - 1)) for u in uniques]
        first = pd.Categorical.from_codes(*_merged(codes, texts))
    return first


def _merged(codes: npt.NDArray[Any], texts: list[str | None]) -> tuple[npt.NDArray[Any], Any]:
    again, uniques = pd.factorize(np.array([*texts, None], dtype=object))
    return again[codes], pd.Index(uniques, dtype=object)


def _category(column: pd.Categorical, code: int) -> str:
    return "" if code < 0 else str(column.categories[code])


def _joined(day: str, time: str) -> str | None:
    if day.startswith("@") and day.endswith("T00:00:00") and time:
        return day.replace("T00:00:00", "T" + time.rpartition("T")[2].lstrip("@"))
    return f"{day} {time}" if day and time else None


def place(
    cells: Cells, bound: Bound, profile: Profile, sieve: Sieve, positions: list[int], *, after: tuple[int, int] = (0, 0)
) -> tuple[Instants, pd.Categorical, Bools]:
    """Read time columns: instants of the distinct texts, their codes by row, and which rows are lost."""
    column = moments(cells, positions)
    formats = profile.time.format if isinstance(profile.time.format, list) else [profile.time.format]
    title = "+".join(bound.title(p) for p in positions)
    read = walls([str(c) for c in column.categories], formats)
    sieve.refuse(column.codes < 0, "CELL_EMPTY", N_("the cell '{column}' is empty"), column=title)
    unread = np.append(read.bad, True)[column.codes]
    sieve.refuse(unread, "NOT_A_TIME", BAD_TIME, column=title, text=text_of(column), format=" / ".join(formats))
    seconds = read.seconds + (_clock(profile.time.at) if read.dated else 0)
    inclusive = profile.time.end_inclusive and positions == [bound.single.get("end")]
    seconds = seconds + ((86_400 if read.dated else 60) if inclusive else 0)
    zone = "UTC" if read.aware else profile.time.zone
    placed = instants(shift(seconds, *after) if after != (0, 0) else seconds, zone, edges=read.dated)
    never = np.append(placed.bad & ~read.bad, False)[column.codes]
    sieve.refuse(never, "TIME_NOT_EXISTING", NO_SUCH_TIME, column=title, text=text_of(column), zone=zone)
    return placed, column, np.asarray(unread | never)


def _clock(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 3600 + int(minutes or 0) * 60


def period(
    cells: Cells,
    bound: Bound,
    profile: Profile,
    sieve: Sieve,
    meter: Any,  # noqa: ANN401 - str or categorical
) -> tuple[Ints, Ints]:
    """Give start and end of each row, epoch seconds UTC."""
    time = profile.time
    if "start" in bound.single and "end" in bound.single:
        start = _by_row(*place(cells, bound, profile, sieve, [bound.single["start"]])[:2], meter, sieve)
        end = _by_row(*place(cells, bound, profile, sieve, [bound.single["end"]])[:2], meter, sieve)
        sieve.refuse(
            end <= start, "PERIOD_EMPTY", N_("the end is not after the start"), column=bound.title(bound.single["end"])
        )
        return start, end
    label = _by_row(*place(cells, bound, profile, sieve, bound.times)[:2], meter, sieve)
    if time.calendar == (0, 0):
        return (label, label + time.step) if time.label == "start" else (label - time.step, label)
    sign = 1 if time.label == "start" else -1
    days, months = time.calendar
    other = _by_row(
        *place(cells, bound, profile, sieve, bound.times, after=(sign * days, sign * months))[:2], meter, sieve
    )
    return (label, other) if time.label == "start" else (other, label)


def _by_row(placed: Instants, column: pd.Categorical, meter: Any, sieve: Sieve) -> Ints:  # noqa: ANN401 - see period
    """Take instants by row; of a repeated hour the first row of a meter is summer time, the second winter time."""
    codes = column.codes
    first = np.append(placed.first, 0)[codes]
    twice = np.append(placed.first != placed.second, False)[codes] & sieve.alive
    if twice.any():
        where = np.flatnonzero(twice)
        owner = meter.codes[where] if isinstance(meter, pd.Categorical) else np.zeros(len(where), dtype=np.int64)
        falling = bool(first[0] > first[-1])
        frame = pd.DataFrame({"owner": owner, "code": codes[where]})
        nth = frame.groupby(["owner", "code"]).cumcount(ascending=not falling).to_numpy()
        later = where[nth > 0]
        first[later] = placed.second[codes[later]]
    return np.asarray(first)


def _sheet(cells: Cells, bound: Bound, profile: Profile, sieve: Sieve, current: Floats) -> tuple[Floats, Floats]:
    """Check previous, current, multiplier and usage against each other; give previous, and the value of the reading.

    As a bill the value is the difference times the multiplier, else the current reading.
    """
    nothing = np.full(len(current), np.nan)

    def column(role: str) -> Floats:
        return number(cells, bound, profile, sieve, role, optional=True) if role in bound.single else nothing

    previous, factor, usage = column("previous"), column("multiplier"), column("usage")
    computed = (current - previous) * np.where(np.isnan(factor), 1.0, factor)
    sieve.warn(
        np.abs(usage - computed) > 0.005 + np.abs(computed) * 1e-9,  # half of the last printed digit
        "USAGE_DIFFERS",
        N_("the usage in '{column}' is not (current − previous) × multiplier"),
        column=bound.title(bound.single["usage"]) if "usage" in bound.single else "",
    )
    if profile.value.kind != "bill":
        return previous, current
    title = bound.title(bound.single.get("previous", 0))
    sieve.refuse(np.isnan(computed), "CELL_EMPTY", N_("the cell '{column}' is empty"), column=title)
    return previous, computed


def _money(cells: Cells, bound: Bound, profile: Profile, sieve: Sieve) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "amount" in bound.single:
        columns["amount"] = number(cells, bound, profile, sieve, "amount", optional=True)
        columns["currency"] = [profile.value.currency] * len(cells.row_no)
    if "invoice" in bound.single:
        read = text_of(cells.text[bound.single["invoice"]])
        columns["invoice"] = [read(i) for i in range(len(cells.row_no))]
    return columns
