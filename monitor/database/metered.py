"""What bills say and what meters measured between two instants: the same readings, corrections and steps as the derived days."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from monitor.database import _derive
from monitor.database._look import Corrections, Look
from monitor.database.tables import DailyConsumption, Estimate, Register
from monitor.domain.consumption import daily
from monitor.domain.periods import day_edges, from_day, local_day
from monitor.domain.registers import Points, RegisterTerms, corrected, steps, tidy
from monitor.domain.spread import Days

METERED = frozenset({"interval", "cumulative"})
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Billed:
    """A bill: the instants from which to which, and the quantity with corrections and multiplier."""

    meter_id: int
    register_id: int
    start: int
    end: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What a meter measured in a stretch of time: covered seconds of it, and the part that was divided by time or estimated."""

    quantity: int
    covered: int
    estimated: int


@dataclass(frozen=True)
class Registers:
    """The registers of some meters with what has been corrected on them."""

    meters: dict[int, tuple[_derive.Site, tuple[RegisterTerms, ...]]]
    corrections: Corrections

    def of(self, meter_id: int, kinds: Iterable[str]) -> list[RegisterTerms]:
        """Give a meter's registers of some kinds."""
        return [one for one in self.meters[meter_id][1] if one.kind in kinds]

    def both(self) -> list[int]:
        """Name the meters that have a bill register and one that is metered and counts."""
        return [
            meter
            for meter in self.meters
            if self.of(meter, {"bill"}) and any(one.counts for one in self.of(meter, METERED))
        ]


def load(session: Session, meter_ids: Sequence[int]) -> Registers:
    """Read the registers of meters: those that have bills; three statements."""
    billed = select(Register.meter_id).where(Register.kind == "bill", Register.meter_id.in_(meter_ids))
    meters = _derive._meters(session, Register.meter_id, sorted(set(session.scalars(billed))))  # noqa: SLF001 - the same room
    return Registers(meters, _derive._corrections(session, meters))  # noqa: SLF001 - as above


def bills(session: Session, known: Registers, meter_ids: Iterable[int], within: Span) -> list[Billed]:
    """Give the bills of meters that meet a stretch of time, by meter and end."""
    terms = [one for meter in meter_ids for one in known.of(meter, {"bill"})]
    if not terms:
        return []
    points = _points(session, known, terms, within)
    found = steps(corrected(tidy(points), _overlays(known, terms)), terms)
    columns = (found.reg.tolist(), found.start.tolist(), found.end.tolist(), found.quantity.tolist())
    rows = [
        Billed(terms[reg].meter_id, terms[reg].id, start, end, quantity * terms[reg].sign)
        for reg, start, end, quantity in zip(*columns, strict=True)
        if start < within[1] and end > within[0]
    ]
    return sorted(rows, key=lambda row: (row.meter_id, row.register_id, row.end))


def measured(
    session: Session, known: Registers, asked: Iterable[tuple[int, int, int]]
) -> dict[tuple[int, int, int], Measured]:
    """Give what meters measured, bills left out, in stretches (meter, start, end); those of which nothing is known are left out.

    Where the derived days say it already (whole days, fully measured on one group of registers) they are summed; else the
    readings around the stretch go through the same steps.
    """
    found: dict[tuple[int, int, int], Measured] = {}
    rest: dict[Span, list[int]] = defaultdict(list)
    wanted = sorted(set(asked))
    summed = _from_days(session, known, wanted)
    for key in wanted:
        if key in summed:
            found[key] = summed[key]
        else:
            rest[key[1], key[2]].append(key[0])
    for span, meters in rest.items():
        found |= {(meter, *span): one for meter, one in _from_readings(session, known, meters, span).items()}
    return found


def _from_readings(session: Session, known: Registers, meters: Sequence[int], span: Span) -> dict[int, Measured]:
    terms = [one for meter in meters for one in known.of(meter, METERED)]
    points = _points(session, known, terms, span)
    whole = Days(0, np.array(span, dtype=np.int64), np.zeros(1, dtype=np.bool_))
    frame = daily(points, terms, whole, corrections=_overlays(known, terms))
    columns = (frame[name].tolist() for name in ("meter_id", "quantity", "covered", "estimated"))
    return {meter: Measured(*values) for meter, *values in zip(*columns, strict=True)}


def _from_days(
    session: Session, known: Registers, wanted: Sequence[tuple[int, int, int]]
) -> dict[tuple[int, int, int], Measured]:
    """Sum derived days where they can only come from the metered registers: whole local days, all covered, nothing estimated.

    A bill that stood in for readings would be marked as spread, unless its register is said to come in steps as long.
    """
    ends: dict[int, list[tuple[tuple[int, int, int], Span]]] = defaultdict(list)
    for key in wanted:
        meter, start, end = key
        zone = known.meters[meter][0].zone
        first, last = local_day(start, zone), local_day(end, zone)
        whole = tuple(day_edges(zone, first, last + 1)[[0, -2]].tolist()) == (start, end)
        if (
            whole
            and _one_group(known, meter)
            and all(one.interval * 3 < end - start for one in known.of(meter, {"bill"}))
        ):
            ends[meter].append((key, (first, last)))
    found: dict[tuple[int, int, int], Measured] = {}
    for meter, listed in ends.items():
        low, high = min(span[0] for _, span in listed), max(span[1] for _, span in listed)
        if session.scalar(_estimates(meter, low, high)) is not None:
            continue
        table = DailyConsumption
        chosen = select(table.day, table.quantity, table.covered, table.estimated).where(
            table.meter_id == meter, table.day >= low, table.day < high, table.estimated == 0, table.quantity != 0
        )
        days = {row[0]: (row[1], row[2]) for row in session.execute(chosen)}
        for key, (first, last) in listed:
            own = [days.get(day, (0, 0)) for day in range(first, last)]
            if sum(seconds for _, seconds in own) == key[2] - key[1]:
                found[key] = Measured(sum(quantity for quantity, _ in own), key[2] - key[1], 0)
    return found


def _estimates(meter: int, first: int, last: int) -> Select[int]:
    table = Estimate
    return (
        select(table.id)
        .where(
            table.meter_id == meter,
            table.voided_at.is_(None),
            table.start_day < from_day(last),
            table.end_day > from_day(first),
        )
        .limit(1)
    )


def _one_group(known: Registers, meter: int) -> bool:
    registers = known.meters[meter][1]
    groups = {(one.priority, one.kind) for one in registers if one.counts and one.kind != "bill"}
    return len(groups) == 1 and next(iter(groups))[1] in METERED


def _points(session: Session, known: Registers, terms: Sequence[RegisterTerms], span: Span) -> Points:
    """Read the readings of registers in a stretch of time and around it."""
    ranges = np.array([[one.id, *span] for one in terms], dtype=np.int64)
    rows = Look(session, known.corrections, None, None).readings(ranges)
    return _derive._points(rows, {one.id: index for index, one in enumerate(terms)})  # noqa: SLF001 - the same room


def _overlays(known: Registers, terms: Sequence[RegisterTerms]) -> list[tuple[int, str, int, int, int | None]]:
    return [(index, *one) for index, register in enumerate(terms) for one in known.corrections.get(register.id, ())]
