"""Consumption of a unit or a meter day by day, month by month, year by year: the same figures as on the pages, in rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

import pandas as pd
from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.amounts import Amount
from monitor.domain.periods import from_day, year_days
from monitor.queries import consumption, explain


class By(StrEnum):
    """How long a row is."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A day, month or year, as far as it lies in what was asked: the days start..end-1 and what was used in them."""

    start: int
    end: int
    amount: Amount


def of_unit(  # noqa: PLR0917 - who, whose, what, from, to
    session: Session,
    actor: Actor,
    unit_id: int,
    resource: str,
    start: int,
    end: int,
    *,
    by: By = By.DAY,
    assessed: bool = True,
) -> list[PeriodRow]:
    """Give what a unit and its sub-tree used over start..end-1; NotFound for a stranger.

    Each calendar year is asked for by itself, so that a month's coverage does not hang on what else was asked.
    """
    rows: list[PeriodRow] = []
    for first, last in _years(start, end):
        frame = consumption.days(session, actor, unit_id, resource, first, last, assessed=assessed)
        rows += _rows(_days(frame), by)
    return rows


def of_meter(
    session: Session, actor: Actor, meter_id: int, start: int, end: int, *, by: By = By.DAY
) -> list[PeriodRow]:
    """Give what a meter measured itself (its sub-meters not taken off) over start..end-1; NotFound for a stranger."""
    days = explain.meter_days(session, actor, meter_id, start, end) if start < end else []
    one = ((d.day, Amount(d.quantity if d.known else None, d.covered, d.expected, d.estimated)) for d in days)
    return _rows(one, by)


def _years(start: int, end: int) -> Iterator[tuple[int, int]]:
    if end <= start:
        return
    for year in range(from_day(start).year, from_day(end - 1).year + 1):
        first, last = year_days(year)
        yield max(first, start), min(last, end)


def _days(frame: pd.DataFrame) -> Iterator[tuple[int, Amount]]:
    names = ("day", "quantity", "covered", "expected", "estimated", "known")
    for day, quantity, covered, expected, estimated, known in zip(*(frame[n].tolist() for n in names), strict=True):
        yield day, Amount(quantity if known else None, covered, expected, estimated)


def _rows(days: Iterable[tuple[int, Amount]], by: By) -> list[PeriodRow]:
    """Sum days to periods; a period of which no day is known has no quantity, which is not zero."""
    rows = []
    for _, group in groupby(days, key=lambda one: _key(from_day(one[0]), by)):
        listed = list(group)
        amount = listed[0][1]
        for _, more in listed[1:]:
            amount += more
        rows.append(PeriodRow(listed[0][0], listed[-1][0] + 1, amount))
    return rows


def _key(day: date, by: By) -> tuple[int, ...]:
    return (day.year, day.month, day.day)[: {By.YEAR: 1, By.MONTH: 2, By.DAY: 3}[by]]
