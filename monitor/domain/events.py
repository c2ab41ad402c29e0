"""Events (print jobs, packs issued) on local days: what happened on the day, and for how much of it the record is complete."""

from collections.abc import Iterable, Sequence

import numpy as np

from monitor.domain.readings import Quality
from monitor.domain.registers import Flags, Ints, Points, RegisterTerms, scaled
from monitor.domain.spread import Days, Table, office_hours

_KEY = 40  # bits of an instant within a key of register and instant
Span = tuple[int, int, int]
"""Register (its number among the terms), begin and end of a stretch with a complete record: epoch seconds, half-open."""


def is_event(terms: Sequence[RegisterTerms]) -> Flags:
    """Tell which registers are of events."""
    return np.array([one.kind == "event" for one in terms], dtype=np.bool_)


def add_events(
    found: Table, points: Points, terms: Sequence[RegisterTerms], spans: Iterable[Span], days: Days
) -> Table:
    """Add the days of event registers to a table: quantities by the event's own instant, seconds by the union of spans.

    `points` are those of event registers, tidy. An event outside all spans stands for its own second: it is not lost, but
    it does not make its day complete either.
    """
    day = np.searchsorted(days.edges, points.end, side="right") - 1
    inside = (day >= 0) & (day < len(days.lengths))
    points, day = points.take(inside), day[inside]
    quantity = _multiplied(points, terms)
    opens, closes = office_hours(days, day)
    off = ~days.workdays[day] | (points.end < opens) | (points.end >= closes)
    at = (points.reg, day)
    np.add.at(found.quantity, at, quantity)
    np.add.at(found.estimated, at, np.where(points.quality == Quality.MEASURED, 0, quantity))
    np.add.at(found.off_hours, at, np.where(off, quantity, 0))
    joined = union(spans)
    alone = points.take(~_within(points, joined))
    own = zip(alone.reg.tolist(), alone.end.tolist(), (alone.end + 1).tolist(), strict=True)
    for reg, start, end in [*joined, *own]:
        _cover(found.covered[reg], start, end, days.edges)
    return found


def union(spans: Iterable[Span]) -> list[Span]:
    """Join spans that touch or overlap, register by register."""
    joined: list[Span] = []
    for reg, start, end in sorted(spans):
        if joined and joined[-1][0] == reg and start <= joined[-1][2]:
            joined[-1] = (reg, joined[-1][1], max(end, joined[-1][2]))
        elif end > start:
            joined.append((reg, start, end))
    return joined


def _within(points: Points, joined: Sequence[Span]) -> Flags:
    """Tell which events lie in the joined spans of their register."""
    if not joined:
        return np.zeros(len(points.reg), dtype=np.bool_)
    columns = np.array(joined, dtype=np.int64)
    begins = (columns[:, 0] << _KEY) + columns[:, 1]
    position = np.searchsorted(begins, (points.reg << _KEY) + points.end, side="right") - 1
    at = np.maximum(position, 0)
    return np.asarray((position >= 0) & (columns[at, 0] == points.reg) & (columns[at, 2] > points.end))


def uncovered(span: tuple[int, int], known: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give what is left of a span without the parts that are known already."""
    left, (reached, stop) = [], span
    for start, end in sorted(known):
        if start >= stop:
            break
        if start > reached:
            left.append((reached, start))
        reached = max(reached, end)
    return [*left, (reached, stop)] if reached < stop else left


def _cover(row: Ints, start: int, end: int, edges: Ints) -> None:
    first = max(int(np.searchsorted(edges, start, side="right")) - 1, 0)
    last = min(int(np.searchsorted(edges, end, side="left")), len(edges) - 1)
    if first < last:
        days = slice(first, last)
        low, high = np.maximum(edges[:-1][days], start), np.minimum(edges[1:][days], end)
        row[days] += np.clip(high - low, 0, None)


def _multiplied(points: Points, terms: Sequence[RegisterTerms]) -> Ints:
    """Apply the multiplier that holds at each event's instant."""
    numerator = np.array([one.multiplier[0] for one in terms], dtype=np.int64)[points.reg]
    denominator = np.array([one.multiplier[1] for one in terms], dtype=np.int64)[points.reg]
    for reg, one in enumerate(terms):
        for event in sorted((e for e in one.events if e.kind == "multiplier"), key=lambda e: e.at):
            late = (points.reg == reg) & (points.end >= event.at)
            numerator = np.where(late, event.initial or 1, numerator)
            denominator = np.where(late, event.final or 1, denominator)
    return scaled(points.value, numerator, denominator)
