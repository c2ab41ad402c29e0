"""Consumption per meter and local day: readings with corrections, through steps and days, combined over registers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from monitor.domain.events import Span, add_events, is_event
from monitor.domain.registers import Flags, Ints, Points, RegisterTerms, corrected, portion, steps, tidy
from monitor.domain.spread import Days, Table, table

RULE_VERSION = 1
COLUMNS = ("meter_id", "day", "quantity", "covered", "estimated", "off_hours")
_KINDS = {"interval": 0, "cumulative": 1, "bill": 2, "event": 3}


@dataclass(frozen=True, slots=True)
class EstimateTerms:
    """A clerk's estimate: `quantity` over the days start..end-1 of a meter, for days of which nothing is known."""

    meter_id: int
    start: int
    end: int
    quantity: int


def daily(
    points: Points,
    terms: Sequence[RegisterTerms],
    days: Days,
    *,
    corrections: Sequence[tuple[int, str, int, int, int | None]] = (),
    estimates: Iterable[EstimateTerms] = (),
    spans: Iterable[Span] = (),
) -> pd.DataFrame:
    """Derive the days of meters that share a zone, calendar and office hours.

    `points.reg` and the first field of a correction or span index `terms`. Gives meter_id, day, quantity, covered, estimated,
    off_hours, sorted, only days of which something is known: a day without readings has no row, which is not zero.
    """
    points = corrected(tidy(points), corrections)
    expected = np.array([one.interval for one in terms], dtype=np.int64)
    events = is_event(terms)
    happened = events[points.reg]
    found = table(steps(points.take(~happened) if events.any() else points, terms), expected, days)
    if events.any():
        add_events(found, points.take(happened), terms, spans, days)
    meters = sorted({one.meter_id for one in terms})
    combined, known = combine(found, terms, meters, days.lengths)
    _overlay(combined, known, meters, days, estimates)
    row, column = np.nonzero(known)
    return pd.DataFrame(
        {
            "meter_id": np.array(meters, dtype=np.int64)[row],
            "day": column + days.first,
            "quantity": combined.quantity[row, column],
            "covered": combined.covered[row, column],
            "estimated": combined.estimated[row, column],
            "off_hours": combined.off_hours[row, column],
        }
    )


def combine(found: Table, terms: Sequence[RegisterTerms], meters: Sequence[int], lengths: Ints) -> tuple[Table, Flags]:
    """Combine each meter's registers day by day: one row per meter, and which days are known.

    Registers of equal priority and kind (tariffs, directions) add up and are covered as far as all of them are. The
    smallest priority that covers the day wins, else the best covered; of equals the smaller priority.
    """
    result = Table.empty(len(meters), len(lengths))
    known = np.zeros((len(meters), len(lengths)), dtype=np.bool_)
    groups: dict[int, dict[tuple[int, int], list[int]]] = {}
    for index, one in enumerate(terms):
        if one.counts:
            groups.setdefault(one.meter_id, {}).setdefault((one.priority, _KINDS.get(one.kind, 4)), []).append(index)
    alone = [(row, only) for row, meter in enumerate(meters) if (only := _only(groups.get(meter))) is not None]
    _take_alone(found, terms, alone, result, known)
    settled = {row for row, _ in alone}
    for row, meter in enumerate(meters):
        if row not in settled:
            best = np.full(len(lengths), -1, dtype=np.int64)
            for _, members in sorted(groups.get(meter, {}).items()):
                _offer(found, members, terms, best=best, lengths=lengths, into=(result, row), known=known)
    return result, known


def _only(groups: Mapping[tuple[int, int], list[int]] | None) -> int | None:
    """Give the register of a meter that has but one."""
    if groups is None or len(groups) != 1:
        return None
    members = next(iter(groups.values()))
    return members[0] if len(members) == 1 else None


def _take_alone(
    found: Table, terms: Sequence[RegisterTerms], alone: Sequence[tuple[int, int]], result: Table, known: Flags
) -> None:
    """Take over at once all meters that have one register: nearly all."""
    if not alone:
        return
    rows, indexes = (np.array(column, dtype=np.int64) for column in zip(*alone, strict=True))
    signs = np.array([terms[index].sign for index in indexes.tolist()], dtype=np.int64)[:, None]
    for name in ("quantity", "estimated", "off_hours"):
        getattr(result, name)[rows] = getattr(found, name)[indexes] * signs
    result.covered[rows] = found.covered[indexes]
    known[rows] = found.covered[indexes] > 0


def _offer(
    found: Table,
    members: Sequence[int],
    terms: Sequence[RegisterTerms],
    *,
    best: Ints,
    lengths: Ints,
    into: tuple[Table, int],
    known: Flags,
) -> None:
    """Let a group of registers take the days that it covers better than all before it; covered days are settled."""
    rows = list(members)
    covered = found.covered[rows].min(axis=0)
    any_known = found.covered[rows].max(axis=0) > 0
    better = any_known & (covered > best) & (best < lengths)
    if not better.any():
        return
    signs = np.array([terms[index].sign for index in rows], dtype=np.int64)[:, None]
    result, row = into
    for name in ("quantity", "estimated", "off_hours"):
        getattr(result, name)[row, better] = (getattr(found, name)[rows] * signs).sum(axis=0)[better]
    result.covered[row, better] = covered[better]
    best[better] = covered[better]
    known[row, better] = True


def _overlay(
    combined: Table, known: Flags, meters: Sequence[int], days: Days, estimates: Iterable[EstimateTerms]
) -> None:
    """Let estimates stand for days of which nothing is known: each day its share of the whole, marked estimated."""
    position: Mapping[int, int] = {meter: row for row, meter in enumerate(meters)}
    for one in estimates:
        if one.meter_id not in position or one.end <= one.start:
            continue
        row = position[one.meter_id]
        wanted = np.arange(max(one.start, days.first), min(one.end, days.first + len(days.lengths)), dtype=np.int64)
        column = wanted - days.first
        free = ~known[row, column]
        wanted, column = wanted[free], column[free]
        total, whole = np.int64(one.quantity), np.int64(one.end - one.start)
        share = portion(total, wanted + 1 - one.start, whole) - portion(total, wanted - one.start, whole)
        combined.quantity[row, column] = combined.estimated[row, column] = share
        combined.covered[row, column] = days.lengths[column]
        combined.off_hours[row, column] = np.where(days.workdays[column], 0, share)
        known[row, column] = True
