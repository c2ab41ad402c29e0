"""What a checked reading looks like on its way to storage, and which readings cannot be true."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.i18n import N_

NO_START = -(2**62)  # `start_at` of a reading without one: a register's value, or a label whose span the register knows
EARLIEST = 315_532_800  # 1980-01-01: before that no meter of ours was read
LATEST_AHEAD = 172_800  # seconds that a clock may be ahead, zones mistaken included
LONGEST = 400 * 86_400  # seconds that one interval or bill may span
LARGEST = 10**16  # thousandths of the base measure: ten thousand GWh in one reading

DTYPES = {
    "register_id": "int64",
    "end_at": "int64",
    "start_at": "int64",
    "value": "int64",
    "quality": "int8",
    "row_no": "int32",
}


class Quality(IntEnum):
    """How a value came about, as far as the source says."""

    MEASURED = 0
    ESTIMATED = 1
    SUSPECT = 2


TEMPLATES = {
    "TIME_TOO_EARLY": N_("The time is before 1980."),
    "TIME_IN_FUTURE": N_("The time lies in the future."),
    "SPAN_NOT_POSITIVE": N_("The end is not after the start."),
    "SPAN_TOO_LONG": N_("The span is longer than 400 days."),
    "VALUE_TOO_LARGE": N_("The value is larger than any meter can show."),
    "REGISTER_NEGATIVE": N_("A register cannot stand below zero."),
    "GAUGE_IMPLAUSIBLE": N_(
        "The value cannot be true here; if it stands for a missing one, name it under value.missing of the profile."
    ),
    "INTERVAL_NEGATIVE": N_("The consumption is below zero; kept, but suspect."),
    "ROW_CONTRADICTED": N_("A later row gives another value for the same meter and time; the later one holds."),
    "INTERVALS_OVERLAP": N_("The span overlaps another of the same register; only the one that ends first is counted."),
}

Order = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Checked:
    """What passed (`frame`, ready for storage) and what is to be said: `issues` has row_no, severity, code."""

    frame: pd.DataFrame
    issues: pd.DataFrame


def empty() -> pd.DataFrame:
    """Give a storage frame without rows."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in DTYPES.items()})


def storage_frame(**columns: npt.ArrayLike) -> pd.DataFrame:
    """Build a storage frame from columns of equal length; `start_at`, `quality` and `row_no` may be left out."""
    length = len(np.asarray(columns["end_at"]))
    usual = {"start_at": np.full(length, NO_START), "quality": np.zeros(length), "row_no": np.arange(length)}
    return pd.DataFrame(
        {name: np.asarray(columns.get(name, usual.get(name))).astype(kind) for name, kind in DTYPES.items()}
    )


def check(
    frame: pd.DataFrame, *, now: int, cumulative: npt.NDArray[np.int64], limits: tuple[int, int] | None = None
) -> Checked:
    """Refuse what cannot be true, mark what is odd. `now` in epoch seconds, `cumulative` the ids of cumulative registers.

    `limits` (thousandths): the values are those of a gauge, which may be below zero but not beyond these.

    Refused rows are not in the result; a row contradicted by a later one of the same register and end is left out with a
    warning, one repeated word for word silently. The frame keeps its order.
    """
    end, start, value = (frame[name].to_numpy() for name in ("end_at", "start_at", "value"))
    spanned = start != NO_START
    register = np.isin(frame["register_id"].to_numpy(), cumulative)
    refusals = (
        ("TIME_TOO_EARLY", end < EARLIEST),
        ("TIME_IN_FUTURE", end > now + LATEST_AHEAD),
        ("SPAN_NOT_POSITIVE", spanned & (start >= end)),
        ("SPAN_TOO_LONG", spanned & ~register & (end - np.where(spanned, start, end) > LONGEST)),
        ("VALUE_TOO_LARGE", (value > LARGEST) | (value < -LARGEST)),
        ("REGISTER_NEGATIVE", register & (value < 0)),
        ("GAUGE_IMPLAUSIBLE", _beyond(value, limits)),
    )
    refused = np.zeros(len(frame), dtype=np.bool_)
    issues = []
    for code, found in refusals:
        issues.append(_issues(frame, found & ~refused, "refused", code))
        refused |= found
    kept = frame.loc[~refused] if refused.any() else frame
    negative = (kept["value"].to_numpy() < 0) & ~register[~refused] & (limits is None)
    if negative.any():
        issues.append(_issues(kept, negative, "warning", "INTERVAL_NEGATIVE"))
        quality = np.where(negative, np.int8(Quality.SUSPECT), kept["quality"].to_numpy())
        kept = kept.assign(quality=quality.astype(np.int8))
    order = np.lexsort((kept["end_at"].to_numpy(), kept["register_id"].to_numpy()))
    kept, contradicted, order = _last_of_each(kept, order)
    issues.append(contradicted)
    issues.append(_overlaps(kept, order))
    said = [part for part in issues if len(part)]
    return Checked(kept, pd.concat(said, ignore_index=True) if said else issues[0])


def _beyond(value: npt.NDArray[np.int64], limits: tuple[int, int] | None) -> npt.NDArray[np.bool_]:
    if limits is None:
        return np.zeros(len(value), dtype=np.bool_)
    return np.asarray((value < limits[0]) | (value > limits[1]))


def _issues(frame: pd.DataFrame, which: npt.NDArray[np.bool_], severity: str, code: str) -> pd.DataFrame:
    rows = frame["row_no"].to_numpy()[which]
    return pd.DataFrame({"row_no": rows, "severity": [severity] * len(rows), "code": [code] * len(rows)})


def _last_of_each(frame: pd.DataFrame, order: Order) -> tuple[pd.DataFrame, pd.DataFrame, Order]:
    """Keep the last row of each register and end; say which earlier ones it contradicts. `order` is by register and end."""
    register, end = (frame[name].to_numpy()[order] for name in ("register_id", "end_at"))
    again = np.zeros(len(frame), dtype=np.bool_)
    again[:-1] = (register[1:] == register[:-1]) & (end[1:] == end[:-1])
    if not again.any():
        return frame, _issues(frame, again, "warning", "ROW_CONTRADICTED"), order
    earlier = np.zeros_like(again)
    earlier[order] = again
    repeated = frame.duplicated(["register_id", "end_at", "start_at", "value", "quality"], keep="last").to_numpy()
    moved = np.cumsum(~earlier) - 1
    kept = moved[order[~again]]
    return frame.loc[~earlier], _issues(frame, earlier & ~repeated, "warning", "ROW_CONTRADICTED"), kept


def _overlaps(frame: pd.DataFrame, order: Order) -> pd.DataFrame:
    """Say which spans begin before an earlier-ending one of the same register ends. `order` is by register and end."""
    register, end, start = (frame[name].to_numpy()[order] for name in ("register_id", "end_at", "start_at"))
    late = np.zeros(len(frame), dtype=np.bool_)
    if len(frame) > 1:
        late[1:] = (register[1:] == register[:-1]) & (start[1:] != NO_START) & (start[1:] < end[:-1])
    back = np.zeros_like(late)
    back[order] = late
    return _issues(frame, back, "warning", "INTERVALS_OVERLAP")
