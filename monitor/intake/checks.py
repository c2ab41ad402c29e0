"""From a chunk as parsed to a frame for storage: targets, exact quantities, plausibility, duplicates, all vectorised."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.domain import readings
from monitor.domain.resources import resource, to_quantities
from monitor.i18n import N_
from monitor.intake.contract import CUMULATIVE, EVENT, GAUGE, MAX_ISSUES, REFUSED, WARNING, Chunk, RowIssue
from monitor.intake.resolve import Resolve, Target, Unresolved

LARGEST = 9.0e15  # thousandths: beyond 2^53 a float is no longer exact
DEAREST = 1e12  # of one bill, in units of its currency
TOO_DEAR = N_("The amount of money is larger than any bill; correct it.")
HOUR = 3600
FEW = 1_000_000  # combinations of names
Bools = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Ready:
    """A checked chunk: `frame` for storage, `extra` beside it (same rows: amount, currency, invoice, sides), what was said."""

    kind: str
    zone: str
    frame: pd.DataFrame
    extra: pd.DataFrame
    targets: list[Target]
    issues: list[RowIssue] = field(default_factory=list)
    read: int = 0
    blank: int = 0
    refused: int = 0
    repeated: int = 0
    detected: dict[str, Any] = field(default_factory=dict)
    spans: list[tuple[int, int]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    retracts: bool = False
    bridge: int = 0
    last: int | None = None  # the last instant that the chunk speaks of, of whatever meter


def ready(chunk: Chunk, resolve: Resolve, now: int) -> Ready:
    """Check a chunk. `now` in epoch seconds; later readings than two days ahead are refused."""
    issues = _placed(chunk, chunk.issues)
    combo, found = _targets(chunk, resolve)
    frame, alive = chunk.frame, np.ones(len(chunk.frame), dtype=bool)
    for index, target in enumerate(found):
        if isinstance(target, Unresolved):
            lost = combo == index
            alive &= ~lost
            _refuse(chunk, issues, lost, target)
    targets = [t for t in found if isinstance(t, Target)]
    storage, fits = _storage(frame, combo, found, alive)
    alive &= fits
    too_large = Unresolved("VALUE_TOO_LARGE", N_("The value is larger than any meter can show."))
    _refuse(chunk, issues, ~fits, too_large)
    if "amount" in frame:
        alive &= _payable(chunk, issues, alive)
    if "multiplier" in frame:
        alive &= _multipliers(chunk, issues, combo, found, alive)
    refused = chunk.refused + int((~alive).sum())
    extra = frame[[name for name in ("amount", "currency", "invoice", "sides") if name in frame]]
    storage, extra = (storage, extra) if alive.all() else (storage[alive], extra.loc[alive])
    raw = len(storage)
    if chunk.kind == EVENT:
        storage, extra = summed(storage, extra)
    cumulative = np.array([t.register_id for t in targets if chunk.kind == CUMULATIVE], dtype=np.int64)
    checked = readings.check(storage, now=now, cumulative=cumulative, limits=_limits(chunk.kind, targets))
    said = checked.issues
    issues += _said(chunk, said, storage)
    contradicted = int((said["code"] == "ROW_CONTRADICTED").sum())
    dropped = int((said["severity"] == REFUSED).sum())
    return Ready(
        kind=chunk.kind,
        zone=chunk.zone,
        frame=checked.frame,
        extra=extra.loc[checked.frame.index],
        targets=targets,
        issues=sorted(issues, key=lambda issue: issue.row_no or 0),
        read=chunk.read - (raw - len(storage)),
        blank=chunk.blank + contradicted,
        refused=refused + dropped,
        repeated=len(storage) - dropped - contradicted - len(checked.frame),
        detected=chunk.detected,
        spans=chunk.spans,
        counts=chunk.counts,
        retracts=chunk.retracts,
        bridge=chunk.bridge,
        last=int(frame["end_at"].max()) if len(frame) else None,
    )


def _limits(kind: str, targets: list[Target]) -> tuple[int, int] | None:
    """Give what a gauge cannot go beyond, in thousandths; None for everything else."""
    known = [limits for code in {one.resource for one in targets} if (limits := resource(code).limits)]
    if kind != GAUGE or not known:
        return None
    return min(low for low, _ in known) * 1000, max(high for _, high in known) * 1000


def summed(storage: pd.DataFrame, extra: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add up the events of the same register and second; their first row stands for all."""
    if not storage.duplicated(["register_id", "end_at"]).any():
        return storage, extra
    sides = {"sides": extra["sides"].to_numpy()} if "sides" in extra else {}
    how = {"start_at": "first", "value": "sum", "quality": "max", "row_no": "min"} | dict.fromkeys(sides, "sum")
    both = storage.assign(**sides).groupby(["register_id", "end_at"], sort=False).agg(how).reset_index()
    kinds = storage.dtypes.to_dict()
    return both[list(storage.columns)].astype(kinds), both[list(sides)]


def _targets(chunk: Chunk, resolve: Resolve) -> tuple[npt.NDArray[np.int64], list[Target | Unresolved]]:
    """Number each row by its distinct (meter, register, measure), and find the target of each."""
    columns = [chunk.frame[name].array for name in ("meter", "register", "measure")]
    names = [column.categories.tolist() for column in columns]
    combo = np.zeros(len(chunk.frame), dtype=np.int64)
    for column, known in zip(columns, names, strict=True):
        combo = combo * max(len(known), 1) + column.codes
    codes, uniques = _numbered(combo, math.prod(max(len(known), 1) for known in names))
    found: list[Target | Unresolved] = []
    for unique in uniques.tolist():
        said, rest = [], unique
        for known in reversed(names):
            rest, code = divmod(rest, max(len(known), 1))
            said.append(str(known[code]))
        measure, register, meter = said
        found.append(resolve.find(meter, register, measure, kind=chunk.kind, resource=chunk.resource))
    return codes, found


def _numbered(combo: npt.NDArray[np.int64], possible: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Number the distinct values: by counting where few are possible, else by hashing."""
    if possible > FEW or (len(combo) and int(combo.min()) < 0):
        codes, uniques = pd.factorize(combo)
        return codes.astype(np.int64), uniques
    uniques = np.flatnonzero(np.bincount(combo, minlength=possible))
    number = np.zeros(possible, dtype=np.int64)
    number[uniques] = np.arange(len(uniques))
    return number[combo], uniques


def _storage(
    frame: pd.DataFrame, combo: npt.NDArray[np.int64], found: list[Target | Unresolved], alive: Bools
) -> tuple[pd.DataFrame, Bools]:
    """Convert values into thousandths of the base measure; tell which fit."""
    registers = np.array([t.register_id if isinstance(t, Target) else 0 for t in found] + [0], dtype=np.int64)
    value, start, end = (frame[name].to_numpy() for name in ("value", "start_at", "end_at"))
    quantity, fits = np.zeros(len(frame), dtype=np.int64), np.ones(len(frame), dtype=bool)
    kinds = {(t.resource, t.measure, t.power) for t in found if isinstance(t, Target)}
    for code, measure, power in sorted(kinds):
        member = np.array([isinstance(t, Target) and (t.resource, t.measure) == (code, measure) for t in found])
        rows = member[combo] & alive if not (member.all() and alive.all()) else slice(None)
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large for a float is too large for a meter
            amounts = value[rows] * ((end[rows] - start[rows]) / HOUR) if power else value[rows]
            small = np.abs(amounts) * float(resource(code).measure(measure).factor * 1000) < LARGEST
        fits[rows] = small
        quantity[rows] = to_quantities(np.where(small, amounts, 0.0), code, measure)
    storage = pd.DataFrame(
        {
            "register_id": registers[combo],
            "end_at": end,
            "start_at": start,
            "value": quantity,
            "quality": frame["quality"].to_numpy(),
            "row_no": frame["row_no"].to_numpy(),
        }
    )
    return storage, fits


def _payable(chunk: Chunk, issues: list[RowIssue], alive: Bools) -> Bools:
    """Refuse bills of an amount that no bill has, and that could not be stored."""
    dear = alive & (np.abs(np.nan_to_num(chunk.frame["amount"].to_numpy())) >= DEAREST)
    _refuse(chunk, issues, dear, Unresolved("AMOUNT_TOO_LARGE", TOO_DEAR))
    return np.asarray(~dear)


def _multipliers(
    chunk: Chunk, issues: list[RowIssue], combo: npt.NDArray[np.int64], found: list[Target | Unresolved], alive: Bools
) -> Bools:
    """Refuse rows whose multiplier is not the register's: one of the two is wrong, and the figure would be."""
    own = np.array([float(t.multiplier) if isinstance(t, Target) else np.nan for t in found] + [np.nan])[combo]
    said = chunk.frame["multiplier"].to_numpy()
    differs = alive & ~np.isnan(said) & (np.abs(said - own) > 1e-9 * np.abs(own))
    template = N_("The file has the multiplier {value}, the register has {own}; correct one of them.")
    for index in np.flatnonzero(differs)[: MAX_ISSUES - len(issues)]:
        data = {"value": f"{said[index]:g}", "own": f"{own[index]:g}"}
        row = int(chunk.frame["row_no"].iloc[index])
        issues += _placed(chunk, [RowIssue("MULTIPLIER_DIFFERS", template, row, "", data["value"], data)])
    return np.asarray(~differs)


def _refuse(chunk: Chunk, issues: list[RowIssue], lost: Bools, why: Unresolved) -> None:
    rows = chunk.frame["row_no"].to_numpy()
    for index in np.flatnonzero(lost)[: MAX_ISSUES - len(issues)]:
        value = str(why.data.get("meter", ""))
        issues += _placed(chunk, [RowIssue(why.code, why.template, int(rows[index]), "", value, why.data)])


def _placed(chunk: Chunk, issues: list[RowIssue]) -> list[RowIssue]:
    """Say in which file and sheet the rows are."""
    return [
        RowIssue(**{**issue.as_dict(), "file": issue.file or chunk.file, "sheet": issue.sheet or chunk.sheet})
        for issue in issues
    ]


def _said(chunk: Chunk, said: pd.DataFrame, storage: pd.DataFrame) -> list[RowIssue]:
    """Say what cannot be true; beside a time stands the time as it was understood, beside a value the value."""
    rows = storage["row_no"].to_numpy()
    place = dict(zip(rows.tolist(), range(len(rows)), strict=True)) if len(said) else {}
    ends = storage["end_at"].to_numpy()
    return [
        RowIssue(
            str(code),
            readings.TEMPLATES[str(code)],
            int(row),
            value=f"{np.datetime64(int(ends[place[row]]), 's')}Z" if str(code).startswith("TIME_") else "",
            severity=WARNING if severity != REFUSED else REFUSED,
            file=chunk.file,
            sheet=chunk.sheet,
        )
        for row, severity, code in said[["row_no", "severity", "code"]].head(MAX_ISSUES).itertuples(index=False)
    ]
