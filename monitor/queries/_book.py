"""The derived days that a question needs, read once for all the figures in it, and what they say of the meters' weights."""

from collections.abc import Iterable

import numpy as np
from sqlalchemy.orm import Session

from monitor.database.days import Days, days_of
from monitor.domain.periods import DAY_SECONDS, year_days
from monitor.queries._meters import Layout
from monitor.queries._series import Rows, Series

WEIGHT = 1000  # base measures a day that weigh 1: a year of seconds times all of a big city's weight stays below 2^63


class Book:
    """Derived days of some meters of a resource; days that were read once are not read again."""

    def __init__(self, session: Session, layout: Layout, meters: Iterable[int]) -> None:
        self.session, self.layout = session, layout
        self.ids = sorted(meters)
        self.at = {meter_id: row for row, meter_id in enumerate(self.ids)}
        self._read: list[tuple[int, int, Days]] = []

    def days(self, start: int, end: int) -> Days:
        """Give the days start..end-1, a row for each meter."""
        for first, last, days in self._read:
            if first <= start and end <= last:
                return days.cut(start - first, end - first)
        self._read.append((start, end, days_of(self.session, self.layout.resource, self.ids, start, end)))
        return self._read[-1][2]

    def measured(self, wanted: Iterable[int], start: int, end: int, weight: dict[int, int]) -> Rows:
        """Give the gross days of some of the meters, their seconds weighted."""
        ids = sorted(wanted)
        days = self.days(start, end)
        if ids != self.ids:
            days = days.rows([self.at[meter_id] for meter_id in ids])
        zones = sorted({self.layout.meters[meter_id].zone for meter_id in ids})
        lengths = np.array([self.layout.day_seconds(zone, start, end) for zone in zones], dtype=np.int64)
        places = [zones.index(self.layout.meters[meter_id].zone) for meter_id in ids]
        factor = np.array([weight[meter_id] for meter_id in ids], dtype=np.int64)[:, np.newaxis]
        expected = lengths.reshape(-1, end - start)[places] * factor
        return Rows(ids, Series(start, days.quantity, days.covered * factor, expected, days.estimated, days.known))

    def weights(self, year: int) -> dict[int, int]:
        """Give each meter's weight in coverage: its usual consumption without its sub-meters, in WEIGHT a day, at least 1.

        Usual is the year before; a meter without data there is known by the year itself, so what arrives later does not
        change the coverage of a month gone by. Without any data a meter weighs like the mean of all that have some.
        """
        rates = self.rates(year)
        usual = 0
        if len(rates) < len(self.ids):
            every = (
                self
                if len(self.ids) == len(self.layout.meters)
                else Book(self.session, self.layout, self.layout.meters)
            )
            known = (rates if every is self else every.rates(year)).values()
            usual = sum(known) // len(known) if known else 0
        gross = {meter_id: rates.get(meter_id, usual) for meter_id in self.ids}
        below = self.layout.children
        net = {
            meter_id: rate - sum(gross.get(child, 0) for child in below.get(meter_id, ()))
            for meter_id, rate in gross.items()
        }
        return {meter_id: max(rate // WEIGHT, 1) for meter_id, rate in net.items()}

    def rates(self, year: int) -> dict[int, int]:
        """Give thousandths per covered 86,400 s of each meter that has data."""
        (first, cut), last = year_days(year - 1), year_days(year)[1]
        both = self.days(first, last)
        years = (both.cut(0, cut - first), both.cut(cut - first, last - first))
        sums = [array.sum(axis=1).tolist() for days in years for array in (days.quantity, days.covered)]
        rates: dict[int, int] = {}
        for meter_id, before, covered_before, now, covered_now in zip(self.ids, *sums, strict=True):
            quantity, covered = (before, covered_before) if covered_before else (now, covered_now)
            if covered:
                rates[meter_id] = max(quantity * DAY_SECONDS // covered, 0)
        return rates
