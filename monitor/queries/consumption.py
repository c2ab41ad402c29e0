"""What a unit used: days, months, the statement that adds up, load profile and meters; all from one allocation."""

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

import pandas as pd
from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.amounts import NOTHING, Amount, change
from monitor.domain.periods import Month, year_days
from monitor.queries import _allocation as allocation
from monitor.queries._profile import profile
from monitor.queries._registers import last_readings

__all__ = ["MeterRow", "MonthRow", "Statement", "amount", "days", "meters", "months", "profile", "statement"]


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month beside the same month of the year before; `change` is negative where something was saved."""

    month: Month
    amount: Amount
    last_year: Amount
    change: Fraction | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One line that adds up to the last integer: total = counted (计入) + deducted (扣除) + not allocated (未分摊)."""

    total: Amount
    counted: Amount
    deducted: Amount
    not_allocated: Amount
    deducted_by_purpose: dict[str, Amount] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MeterRow:
    """A meter of a unit: `gross` as measured, `net` without its sub-meters, `share` what of it is the unit's (`ppm` on the last day)."""

    id: int
    code: str
    name_zh: str
    name_en: str
    purpose: str
    assessed: bool
    ppm: int
    gross: Amount
    net: Amount
    share: Amount
    last_reading: datetime | None
    basis: str = ""


def days(  # noqa: PLR0917 - who, whose, what, from, to
    session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int, *, assessed: bool = True
) -> pd.DataFrame:
    """Give the day frame of a unit and its sub-tree, one row for each day of start..end-1.

    Columns day, quantity (thousandths of the base measure, 0 where not `known`), covered and expected (weighted seconds),
    estimated, known. `assessed` leaves out what is deducted and not allocated; NotFound for a stranger.
    """
    ledger = allocation.load(session, actor, unit_id, resource, start, end)
    return (ledger.counted() if assessed else ledger.everything()).frame()


def amount(session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int) -> Amount:  # noqa: PLR0917 - who, whose, what, from, to
    """Give the assessed figure of a unit and its sub-tree over the days start..end-1; NotFound for a stranger."""
    return allocation.load(session, actor, unit_id, resource, start, end).counted().amount()


def months(  # noqa: PLR0917 - who, whose, what, when
    session: Session, actor: Actor, unit_id: int, resource: str, year: int, as_of: int | None = None
) -> list[MonthRow]:
    """Give the twelve months of a year, assessed, each beside the year before; NotFound for a stranger.

    With `as_of` (the last day counted) the month that runs has the days gone by, beside the same days of the year before, and
    nothing is expected of later ones.
    """
    series = allocation.load(session, actor, unit_id, resource, year_days(year - 1)[0], year_days(year)[1]).counted()
    rows = []
    for number in range(1, 13):
        now, before = Month(year, number), Month(year - 1, number)
        end, last_end = now.end, before.end
        if as_of is not None and as_of + 1 < now.end:
            end = max(as_of + 1, now.start)
            last_end = min(before.start + end - now.start, before.end) if end > now.start else before.end
        this, last = series.amount(now.start, end), series.amount(before.start, last_end)
        rows.append(MonthRow(now, this, last, change(this.quantity, last.quantity)))
    return rows


def statement(session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int) -> Statement:  # noqa: PLR0917 - who, whose, what, from, to
    """Give total = counted + deducted + not allocated of a unit over start..end-1, exact; NotFound for a stranger.

    What no share reaches belongs to the top unit's statement alone.
    """
    ledger = allocation.load(session, actor, unit_id, resource, start, end)
    by_purpose = {purpose: series.amount() for purpose, series in ledger.deducted().items()}
    counted, rest = ledger.counted().amount(), ledger.not_allocated().amount()
    deducted = sum(by_purpose.values(), NOTHING)
    return Statement(counted + deducted + rest, counted, deducted, rest, by_purpose)


def meters(session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int) -> list[MeterRow]:  # noqa: PLR0917 - who, whose, what, from, to
    """Give the meters shared to a unit's sub-tree within start..end-1, by code; NotFound for a stranger.

    The shares of the assessed rows add up to `amount` of the same period.
    """
    ledger = allocation.load(session, actor, unit_id, resource, start, end)
    last = last_readings(session, [row.id for row in ledger.shared_meters()])
    return [
        MeterRow(
            row.id,
            row.code,
            row.name_zh,
            row.name_en,
            row.purpose,
            row.assessed,
            ledger.ppm(row.id),
            ledger.gross(row.id).amount(),
            ledger.net(row.id).amount(),
            ledger.share(row.id).amount(),
            last.get(row.id),
            row.basis,
        )
        for row in ledger.shared_meters()
    ]
