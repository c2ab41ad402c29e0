"""From readings to steps: what was used between two instants, for registers, intervals and bills; rollover, reset, swap.

All arrays hold many registers at once, sorted by register and end; `reg` numbers the registers 0..R-1. Only registers with
something special (events, overlaps) are looked at one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from monitor.domain.readings import NO_START, Quality

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
SMALL_REGISTER = 10**5


@dataclass(frozen=True, slots=True)
class Event:
    """A dated fact of a register at an instant: replacement, reset or multiplier (numerator, denominator in initial, final)."""

    kind: str
    at: int
    final: int | None
    initial: int | None


@dataclass(frozen=True, slots=True)
class RegisterTerms:
    """What a register is: `rollover` is the value at which it starts again (0: never), `wide` the most a turn may hide."""

    id: int
    meter_id: int
    kind: str
    sign: int = 1
    counts: bool = True
    priority: int = 10
    multiplier: tuple[int, int] = (1, 1)
    rollover: int = 0
    digits: int = 0
    interval: int = 0
    events: tuple[Event, ...] = ()

    @property
    def cumulative(self) -> bool:
        """Tell whether the values are those of a running register."""
        return self.kind == "cumulative"

    @property
    def widest_turn(self) -> int:
        """Give the most that may have been used while the register turned over.

        A narrow register may turn often; a wide one that seems to run through more than a tenth was swapped or misread.
        """
        return self.rollover // 2 if self.digits <= 5 else self.rollover // 10  # noqa: PLR2004 - five digits are a narrow register


@dataclass(frozen=True, slots=True)
class Points:
    """Readings of many registers, sorted by (reg, end); `start` is NO_START where there is none."""

    reg: Ints
    end: Ints
    start: Ints
    value: Ints
    quality: Ints

    def take(self, which: Flags | Ints) -> Self:
        """Keep some, or reorder."""
        return type(self)(self.reg[which], self.end[which], self.start[which], self.value[which], self.quality[which])


@dataclass(frozen=True, slots=True)
class Steps:
    """What happened between two instants: `quantity` with multiplier and sign-less; `guessed` if its value was estimated."""

    reg: Ints
    start: Ints
    end: Ints
    quantity: Ints
    guessed: Flags

    def take(self, which: Flags | Ints) -> Self:
        """Keep some, or reorder."""
        return type(self)(
            self.reg[which], self.start[which], self.end[which], self.quantity[which], self.guessed[which]
        )


@dataclass(frozen=True, slots=True)
class _Raw:
    """Steps before the multiplier: the register went from `first` to `last` (unwrapped)."""

    reg: Ints
    start: Ints
    end: Ints
    first: Ints
    last: Ints
    guessed: Flags


def portion(quantity: Ints | np.int64, part: Ints | np.int64, whole: Ints | np.int64) -> Ints:
    """Give floor(quantity × part ÷ whole) without overflow of 64 bits; `whole` above 0 and below 2^31 or so."""
    return np.asarray(quantity // whole * part + quantity % whole * part // whole)


def scaled(value: Ints, numerator: Ints | int, denominator: Ints | int) -> Ints:
    """Give floor(value × numerator ÷ denominator): differences of it telescope, so no step loses or gains by rounding."""
    return value // denominator * numerator + value % denominator * numerator // denominator


def tidy(points: Points) -> Points:
    """Sort by register and end, whatever the order; of rows with the same register and end the last holds."""
    if len(points.reg) < 2:  # noqa: PLR2004 - nothing to compare
        return points
    same = points.reg[1:] == points.reg[:-1]
    if ((points.reg[1:] > points.reg[:-1]) | (same & (points.end[1:] > points.end[:-1]))).all():
        return points
    points = points.take(np.lexsort((points.end, points.reg)))
    last = np.ones(len(points.reg), dtype=np.bool_)
    last[:-1] = (points.reg[1:] != points.reg[:-1]) | (points.end[1:] != points.end[:-1])
    return points if last.all() else points.take(last)


def corrected(points: Points, corrections: Sequence[tuple[int, str, int, int, int | None]]) -> Points:
    """Lay corrections (reg, operation, start, end, value) over readings, in order of their making; the readings stay stored.

    `void` leaves out the readings whose end lies in (start, end]; `replace` lets a value stand for the reading at `end`.
    """
    for reg, operation, start, end, value in corrections:
        mine = points.reg == reg
        if operation == "void":
            points = points.take(~(mine & (points.end > start) & (points.end <= end)))
        elif value is not None:
            points = _replaced(points, mine & (points.end == end), reg, start, end, value)
    return points


def _replaced(points: Points, at: Flags, reg: int, start: int, end: int, value: int) -> Points:  # noqa: PLR0917 - one reading's fields
    before = points.start[at][0] if at.any() else (start if end - start > 1 else NO_START)
    rest = points.take(~at)
    fields = (
        (rest.reg, reg),
        (rest.end, end),
        (rest.start, before),
        (rest.value, value),
        (rest.quality, int(Quality.MEASURED)),
    )
    return tidy(Points(*(np.append(array, np.int64(one)) for array, one in fields)))


def steps(points: Points, terms: Sequence[RegisterTerms]) -> Steps:
    """Turn tidy readings into steps, sorted by (reg, end), never overlapping on a register.

    An unexplained drop of a register yields no step: that span is uncovered, neither zero nor negative. Overlapping
    intervals: the one that ends first is kept.
    """
    cumulative = np.array([one.cumulative for one in terms], dtype=np.bool_)[points.reg]
    parts = []
    if cumulative.any():
        parts.append(_cumulative(points.take(cumulative), terms))
    if not cumulative.all() or not parts:
        parts.append(_intervals(points.take(~cumulative), terms))
    raw = parts[0] if len(parts) == 1 else _joined(parts)
    return _multiplied(raw, terms)


def _joined(parts: Sequence[_Raw]) -> _Raw:
    names = ("reg", "start", "end", "first", "last", "guessed")
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    order = np.lexsort((columns[2], columns[0]))
    return _Raw(*(column[order] for column in columns))


def _intervals(points: Points, terms: Sequence[RegisterTerms]) -> _Raw:
    """Give intervals and bills their starts; drop those that overlap an earlier-ending one, and those of unknown start."""
    expected = np.array([one.interval for one in terms], dtype=np.int64)[points.reg]
    previous = np.full(len(points.reg), NO_START, dtype=np.int64)
    if len(points.reg) > 1:
        previous[1:] = np.where(points.reg[1:] == points.reg[:-1], points.end[:-1], NO_START)
    start = np.where(points.start != NO_START, points.start, np.where(expected > 0, points.end - expected, previous))
    keep = (start != NO_START) & (start < points.end)
    clash = keep & (start < previous)
    if clash.any():
        keep &= _without_overlaps(points, start, keep, np.unique(points.reg[clash]))
    points, start = points.take(keep), start[keep]
    return _Raw(points.reg, start, points.end, np.zeros_like(start), points.value, points.quality != Quality.MEASURED)


def _without_overlaps(points: Points, start: Ints, keep: Flags, which: Ints) -> Flags:
    result = keep.copy()
    for reg in which.tolist():
        rows = np.flatnonzero((points.reg == reg) & keep)
        reached = NO_START
        for row, begin, end in zip(rows.tolist(), start[rows].tolist(), points.end[rows].tolist(), strict=True):
            if begin < reached:
                result[row] = False
            else:
                reached = end
    return result


def _cumulative(points: Points, terms: Sequence[RegisterTerms]) -> _Raw:
    """Take differences of register values within stretches that no swap or reset cuts."""
    stretch = np.zeros(len(points.reg), dtype=np.int64)
    cuts = {index: events for index, one in enumerate(terms) if (events := _cutting(one))}
    if cuts:
        points, stretch = _cut(points, cuts)
    wrap = np.array([one.rollover for one in terms], dtype=np.int64)
    widest = np.array([one.widest_turn for one in terms], dtype=np.int64)
    good = ~_misread(points, stretch, wrap[points.reg], widest[points.reg])
    if not good.all():
        points, stretch = points.take(good), stretch[good]
    joined = (points.reg[1:] == points.reg[:-1]) & (stretch[1:] == stretch[:-1]) & (points.end[1:] > points.end[:-1])
    reg, first, last = points.reg[1:], points.value[:-1], points.value[1:]
    turned = last < first
    unwrapped = np.where(turned, last + wrap[reg], last)
    believable = ~turned | ((wrap[reg] > 0) & (unwrapped >= first) & (unwrapped - first <= widest[reg]))
    take = joined & believable
    guessed = (points.quality[1:] != Quality.MEASURED) | (points.quality[:-1] != Quality.MEASURED)
    start, end = points.end[:-1], points.end[1:]
    return _Raw(reg[take], start[take], end[take], first[take], unwrapped[take], guessed[take])


def _misread(points: Points, stretch: Ints, wrap: Ints, widest: Ints) -> Flags:
    """Find single readings out of line: lower than the one before while the next is not, or higher than the next alike."""
    result = np.zeros(len(points.reg), dtype=np.bool_)
    if len(result) < 3:  # noqa: PLR2004 - one before, one after
        return result
    value = points.value
    a, b, c = value[:-2], value[1:-1], value[2:]
    same = (points.reg[2:] == points.reg[:-2]) & (stretch[2:] == stretch[:-2])
    turns = (wrap[1:-1] > 0) & (b + wrap[1:-1] - a <= widest[1:-1])
    low = same & (b < a) & (c >= a) & ~turns
    high = same & (b > c) & (c >= a) & ~((wrap[1:-1] > 0) & (c + wrap[1:-1] - b <= widest[1:-1]))
    # A high value is taken for a misreading only once a second lower one confirms it.
    further = np.zeros(len(c), dtype=np.bool_)
    further[:-1] = (points.reg[3:] == points.reg[1:-2]) & (stretch[3:] == stretch[1:-2]) & (value[3:] < value[1:-2])
    result[1:-1] = low | (high & further)
    # Two in a row cannot both be judged against each other: keep the second.
    result[1:] &= ~result[:-1]
    return result


def _cutting(one: RegisterTerms) -> list[Event]:
    return sorted((event for event in one.events if event.kind in {"replacement", "reset"}), key=lambda event: event.at)


def _cut(points: Points, cuts: Mapping[int, list[Event]]) -> tuple[Points, Ints]:
    """Put the last value of the old and the first of the new register in at each swap; number the stretches between.

    A reading at the very instant of a swap belongs to the new register, unless it is the old one's last value. What is not
    known of either side leaves its span uncovered; a reset begins at 0 unless told otherwise.
    """
    stretch = np.zeros(len(points.reg), dtype=np.int64)
    added: list[tuple[int, int, int, int]] = []
    gone = np.zeros(len(points.reg), dtype=np.bool_)
    for reg, events in cuts.items():
        mine = points.reg == reg
        for number, event in enumerate(events, start=1):
            initial = 0 if event.kind == "reset" and event.initial is None else event.initial
            here = mine & (points.end == event.at)
            old = here & (points.value == event.final) if event.final is not None else np.zeros_like(here)
            stretch[mine & (points.end >= event.at) & ~old] = number
            if event.final is not None:
                gone |= old
                added.append((reg, event.at, event.final, number - 1))
            if initial is not None:
                gone |= here
                added.append((reg, event.at, initial, number))
    kept, stretch = points.take(~gone), stretch[~gone]
    extra = np.array(added, dtype=np.int64).reshape(-1, 4)
    none, fine = np.full(len(extra), NO_START), np.full(len(extra), int(Quality.MEASURED))
    news = (extra[:, 0], extra[:, 1], none, extra[:, 2], fine)
    olds = (kept.reg, kept.end, kept.start, kept.value, kept.quality)
    both = Points(*(np.concatenate([old, new]) for old, new in zip(olds, news, strict=True)))
    numbers = np.concatenate([stretch, extra[:, 3]])
    order = np.lexsort((both.end, numbers, both.reg))
    return both.take(order), numbers[order]


def _multiplied(raw: _Raw, terms: Sequence[RegisterTerms]) -> Steps:
    """Apply multipliers as exact rationals; a step across a change is divided there by time and marked guessed."""
    if all(one.multiplier == (1, 1) and not any(event.kind == "multiplier" for event in one.events) for one in terms):
        return Steps(raw.reg, raw.start, raw.end, raw.last - raw.first, raw.guessed)
    numerator = np.array([one.multiplier[0] for one in terms], dtype=np.int64)[raw.reg]
    denominator = np.array([one.multiplier[1] for one in terms], dtype=np.int64)[raw.reg]
    for reg, one in enumerate(terms):
        for event in sorted((event for event in one.events if event.kind == "multiplier"), key=lambda event: event.at):
            raw, numerator, denominator = _divided(raw, numerator, denominator, reg, event.at)
            late = (raw.reg == reg) & (raw.start >= event.at)
            numerator = np.where(late, event.initial or 1, numerator)
            denominator = np.where(late, event.final or 1, denominator)
    quantity = scaled(raw.last, numerator, denominator) - scaled(raw.first, numerator, denominator)
    return Steps(raw.reg, raw.start, raw.end, quantity, raw.guessed)


def _divided(raw: _Raw, numerator: Ints, denominator: Ints, reg: int, at: int) -> tuple[_Raw, Ints, Ints]:
    across = np.flatnonzero((raw.reg == reg) & (raw.start < at) & (raw.end > at))
    if not len(across):
        return raw, numerator, denominator
    row = across[0]
    span = raw.end[row] - raw.start[row]
    middle = raw.first[row] + portion(raw.last[row] - raw.first[row], np.int64(at) - raw.start[row], span)
    columns = {name: np.insert(getattr(raw, name), row, getattr(raw, name)[row]) for name in _Raw.__dataclass_fields__}
    columns["end"][row] = columns["start"][row + 1] = at
    columns["last"][row] = columns["first"][row + 1] = middle
    columns["guessed"][row : row + 2] = True
    return _Raw(**columns), np.insert(numerator, row, numerator[row]), np.insert(denominator, row, denominator[row])
