"""From steps to local days: each step's quantity divided by time at midnight, together exact to the last integer."""

from dataclasses import dataclass

import numpy as np

from monitor.domain.registers import Flags, Ints, Steps, portion


@dataclass(frozen=True, slots=True)
class Days:
    """Local days of one zone: `edges` are their instants (one more than days), workday flags, office hours in minutes.

    Office hours are the same for all days, or one figure for each day.
    """

    first: int
    edges: Ints
    workdays: Flags
    office_from: Ints | int = 480
    office_to: Ints | int = 1080

    @property
    def lengths(self) -> Ints:
        """Give the seconds of each day: 23, 24 or 25 hours."""
        return np.diff(self.edges)


@dataclass(frozen=True, slots=True)
class Table:
    """Per register and day (rows, columns): quantity, covered seconds, estimated and off-hours part of the quantity."""

    quantity: Ints
    covered: Ints
    estimated: Ints
    off_hours: Ints

    @classmethod
    def empty(cls, rows: int, days: int) -> "Table":
        """Give a table of nothing."""
        return cls(*(np.zeros((rows, days), dtype=np.int64) for _ in range(4)))


@dataclass(frozen=True, slots=True)
class Pieces:
    """Steps cut at midnight: one row for each step and day."""

    reg: Ints
    day: Ints
    start: Ints
    end: Ints
    quantity: Ints
    estimated: Flags


def cut_at_midnight(steps: Steps, expected: Ints, edges: Ints) -> Pieces:
    """Cut steps into days by time, as differences of rounded-down cumulative shares, so that nothing is lost or gained.

    A piece is estimated if the step's value is, or if the step runs over midnight and is longer than half as much again
    as its register's expected interval (`expected`, seconds per register; 0: irregular). Parts outside the edges fall away.
    """
    first = np.searchsorted(edges, steps.start, side="right") - 1
    last = np.searchsorted(edges, steps.end, side="left") - 1
    inside = (last >= 0) & (first < len(edges) - 1)
    if not inside.all():
        steps, first, last = steps.take(inside), first[inside], last[inside]
    if np.array_equal(first, last):
        return Pieces(steps.reg, first, steps.start, steps.end, steps.quantity, steps.guessed)
    span = steps.end - steps.start
    estimated = steps.guessed | ((last > first) & (span > expected[steps.reg] * 3 // 2))
    low, high = np.maximum(first, 0), np.minimum(last, len(edges) - 2)
    count = high - low + 1
    source = np.repeat(np.arange(len(count)), count)
    day = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count) + low[source]
    start, end = np.maximum(steps.start[source], edges[day]), np.minimum(steps.end[source], edges[day + 1])
    quantity = steps.quantity[source]
    parted = (last > first)[source]
    base, whole = steps.start[source][parted], span[source][parted]
    shares = portion(quantity[parted], end[parted] - base, whole) - portion(
        quantity[parted], start[parted] - base, whole
    )
    quantity[parted] = shares
    return Pieces(steps.reg[source], day, start, end, quantity, estimated[source])


def office_hours(days: Days, day: Ints) -> tuple[Ints, Ints]:
    """Give the instants at which offices open and close on days (positions from 0)."""
    opens, closes = (
        minutes if isinstance(minutes, int) else minutes[day] for minutes in (days.office_from, days.office_to)
    )
    midnight = days.edges[day]
    return midnight + opens * 60, midnight + closes * 60


def off_hours(pieces: Pieces, days: Days) -> Ints:
    """Give the part of each piece outside office hours, by time; all of it on a day that is not a workday."""
    opens, closes = office_hours(days, pieces.day)
    inside = np.clip(np.minimum(pieces.end, closes) - np.maximum(pieces.start, opens), 0, None)
    inside *= days.workdays[pieces.day]
    span = pieces.end - pieces.start
    result = np.where(inside == 0, pieces.quantity, 0)
    partly = (inside > 0) & (inside < span)
    if partly.any():
        result[partly] = pieces.quantity[partly] - portion(pieces.quantity[partly], inside[partly], span[partly])
    return result


def table(steps: Steps, expected: Ints, days: Days) -> Table:
    """Sum steps (sorted by register and end) into a table of len(expected) registers × days."""
    pieces = cut_at_midnight(steps, expected, days.edges)
    result = Table.empty(len(expected), len(days.edges) - 1)
    if not len(pieces.reg):
        return result
    key = pieces.reg * (len(days.edges) - 1) + pieces.day
    begins = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    at = key[begins]
    sums = (
        (result.quantity, pieces.quantity),
        (result.covered, pieces.end - pieces.start),
        (result.estimated, np.where(pieces.estimated, pieces.quantity, 0)),
        (result.off_hours, off_hours(pieces, days)),
    )
    for target, values in sums:
        target.reshape(-1)[at] = np.add.reduceat(values, begins)
    return result
