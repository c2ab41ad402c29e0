"""What happened to the meters of a unit: swaps and multipliers, corrections and estimates, days without any reading, shares."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import groupby, pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database.tables import AuditEvent, Correction, DailyConsumption, Estimate, MeterEvent, MeterShare, Register
from monitor.domain.amounts import PPM
from monitor.domain.periods import from_day, local_day, to_day
from monitor.queries._bases import Stand
from monitor.queries._shares import PERCENT
from monitor.queries._timeline_rows import Happening, Mine, shown_as

Stake = tuple[int, int, str]  # unit, parts per million, basis
LOOK_BACK = 62  # days before the first one shown, so that a hole that began there is seen
LATE = 2  # days without data at the end that are no hole yet


def own_registers(session: Session, own: dict[int, list[tuple[int, int]]]) -> dict[int, int]:
    """Give the meter of each register of these meters."""
    wanted = select(Register.id, Register.meter_id).where(Register.meter_id.in_(sorted(own)))
    return {row.id: row.meter_id for row in session.execute(wanted)}


def of_meters(session: Session, mine: Mine, registers: dict[int, int]) -> Iterator[Happening]:
    """Give what happened to the meters, in no order."""
    yield from _events(session, mine, registers)
    yield from _corrections(session, mine, registers)
    yield from _estimates(session, mine)
    yield from _gaps(session, mine)
    yield from _shares(session, mine)


def _events(session: Session, mine: Mine, registers: dict[int, int]) -> Iterator[Happening]:
    for row in session.scalars(select(MeterEvent).where(MeterEvent.register_id.in_(registers))):
        meter = mine.layout.meters[registers[row.register_id]]
        day = local_day(int(row.at.timestamp()), meter.zone)
        if mine.within(day, day):
            values = (row.final_value, row.initial_value)
            if row.kind == "multiplier":  # numerator and denominator from then on
                values = (None, int(Fraction(row.initial_value or 1, row.final_value or 1) * PPM))
            yield Happening(
                day,
                day,
                row.kind,
                *shown_as(meter),
                before=values[0],
                after=values[1],
                reason=row.note,
                actor=row.actor,
                meter_id=meter.id,
            )


def _corrections(session: Session, mine: Mine, registers: dict[int, int]) -> Iterator[Happening]:
    for row in session.scalars(select(Correction).where(Correction.register_id.in_(registers))):
        meter = mine.layout.meters[registers[row.register_id]]
        last = local_day(max(row.end_at - 1, row.start_at), meter.zone)
        first = min(local_day(row.start_at, meter.zone), last) if row.operation == "void" else last
        if mine.within(first, last):
            yield Happening(
                first,
                last,
                row.operation,
                *shown_as(meter),
                after=row.value,
                reason=row.reason,
                actor=row.actor,
                withdrawn=row.voided_at is not None,
                meter_id=meter.id,
            )


def _estimates(session: Session, mine: Mine) -> Iterator[Happening]:
    for row in session.scalars(select(Estimate).where(Estimate.meter_id.in_(sorted(mine.own)))):
        first, last = to_day(row.start_day), to_day(row.end_day) - 1
        if mine.within(first, last):
            meter = mine.layout.meters[row.meter_id]
            yield Happening(
                first,
                last,
                "estimate",
                *shown_as(meter),
                after=row.quantity,
                reason=row.reason,
                actor=row.actor,
                withdrawn=row.voided_at is not None,
                meter_id=meter.id,
            )


# ---------------------------------------------------------------- holes


def _gaps(session: Session, mine: Mine) -> Iterator[Happening]:
    """Give the stretches of whole days without data of meters that are in the figures; the same days of many as one line."""
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for meter, first, last in _holes(session, mine):
        for begin, end in mine.own[meter]:
            part = max(first, begin), min(last, end - 1)
            if part[0] <= part[1]:
                found[part].append(meter)
    for (first, last), meters in found.items():
        named = sorted(meters, key=lambda one: mine.layout.meters[one].code)
        one = mine.layout.meters[named[0]]
        yield Happening(first, last, "gap", *shown_as(one), others=len(named) - 1, meter_id=one.id)


def _holes(session: Session, mine: Mine) -> Iterator[tuple[int, int, int]]:
    """Give (meter, first, last) of days between two with data, and after the last one of a meter read by the clock."""
    meters = [meter for meter in sorted(mine.own) if _counts(mine, meter)]
    table, (start, end) = DailyConsumption, mine.span
    before = func.lag(table.day).over(partition_by=table.meter_id, order_by=table.day).label("before")
    read = (
        select(table.meter_id, table.day, before)
        .where(table.meter_id.in_(meters), table.day >= start - LOOK_BACK, table.day < end, table.covered > 0)
        .subquery()
    )
    for meter, day, earlier in session.execute(select(read).where(read.c.day - read.c.before > 1)):
        yield meter, earlier + 1, day - 1
    stepping = select(Register.meter_id).where(Register.meter_id.in_(meters), Register.interval_seconds > 0)
    latest = (
        select(table.meter_id, func.max(table.day))
        .where(table.meter_id.in_(stepping), table.covered > 0, table.day >= start - LOOK_BACK, table.day < end)
        .group_by(table.meter_id)
    )
    for meter, day in session.execute(latest):
        if end - 1 - day > LATE:
            yield meter, day + 1, end - 1


def _counts(mine: Mine, meter_id: int) -> bool:
    """Tell whether a meter is in the unit's figures: assessed, and of the basis that counts for one of its units."""
    meter, year = mine.layout.meters[meter_id], from_day(mine.span[1] - 1).year
    if not meter.assessed or not meter.basis:
        return meter.assessed
    shares = mine.layout.shares.get(meter_id, ())
    return any(
        share.unit_id in mine.below and mine.layout.bases.stand(meter.basis, share.unit_id, year) is Stand.COUNTS
        for share in shares
    )


# ---------------------------------------------------------------- shares


def _shares(session: Session, mine: Mine) -> Iterator[Happening]:
    """Give the days on which the shares of a meter changed; its first shares are no change."""
    columns = (MeterShare.meter_id, MeterShare.unit_id, MeterShare.ppm, MeterShare.basis)
    dated = (MeterShare.valid_from, MeterShare.valid_to)
    wanted = select(*columns, *dated).where(MeterShare.meter_id.in_(sorted(mine.own))).order_by(MeterShare.meter_id)
    changed: list[tuple[int, date, int | None, int | None]] = []
    for meter, rows in groupby(session.execute(wanted), key=lambda row: row.meter_id):
        listed = list(rows)
        days = sorted({day for row in listed for day in (row.valid_from, row.valid_to) if day is not None})
        stands: list[set[Stake]] = [
            {(row.unit_id, row.ppm, row.basis) for row in listed if _holds(row.valid_from, row.valid_to, day)}
            for day in days
        ]
        for (earlier, now), day in zip(pairwise(stands), days[1:], strict=True):
            if earlier and earlier != now and mine.within(to_day(day), to_day(day)):
                changed.append((meter, day, _part(mine, earlier), _part(mine, now)))
    who = _actors(session, {f"meter:{mine.layout.meters[meter].code}:share" for meter, *_ in changed})
    for meter_id, day, was, then in changed:
        row, at = mine.layout.meters[meter_id], to_day(day)
        actor = who.get((f"meter:{row.code}:share", day.isoformat()), "")
        yield Happening(at, at, "share", *shown_as(row), before=was, after=then, actor=actor, meter_id=meter_id)


def _part(mine: Mine, stand: set[Stake]) -> int | None:
    """Give the sub-tree's parts per million; None where they follow a fact."""
    own = [(ppm, basis) for unit, ppm, basis in stand if unit in mine.below]
    return sum(ppm for ppm, _ in own) if all(basis == PERCENT for _, basis in own) else None


def _holds(first: date, last: date | None, day: date) -> bool:
    return first <= day and (last is None or day < last)


def _actors(session: Session, prefixes: set[str]) -> dict[tuple[str, str], str]:
    """Give who last wrote shares, by meter and the day from which they hold."""
    found = {}
    for prefix in sorted(prefixes):
        wanted = select(AuditEvent.subject, AuditEvent.actor).where(
            AuditEvent.subject >= f"{prefix}:", AuditEvent.subject < f"{prefix};"
        )
        for subject, actor in session.execute(wanted.order_by(AuditEvent.id)):
            found[prefix, subject.rpartition(":")[2]] = actor
    return found
