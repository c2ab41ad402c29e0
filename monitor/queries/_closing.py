"""The figures of months as they stand, for closing them and for seeing what changed since; from the one allocation."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import PeriodClose, Place
from monitor.domain.closing import (
    COUNTED,
    DEDUCTED,
    FACT,
    NOT_ALLOCATED,
    Difference,
    Figure,
    Key,
    differences,
    read,
)
from monitor.domain.periods import Month, local_day
from monitor.domain.resources import RESOURCES
from monitor.queries import _allocation as allocation
from monitor.queries._allocation import Ledger
from monitor.queries._denominators import average
from monitor.queries._meters import load_layout
from monitor.queries._series import Series
from monitor.queries._tree import Tree, load_tree
from monitor.queries.scope import load_facts


def today(session: Session, now: datetime) -> int:
    """Give the local day that it is where most places are."""
    zones = Counter(session.scalars(select(Place.zone)))
    return local_day(int(now.timestamp()), zones.most_common(1)[0][0] if zones else "Asia/Shanghai")


def standing(session: Session, *, year: int | None = None) -> list[PeriodClose]:
    """Read the months that are closed now, by month; those of one year, or all."""
    query = select(PeriodClose).where(PeriodClose.reopened_at.is_(None))
    if year is not None:
        query = query.where(PeriodClose.month.startswith(f"{year:04d}-"))
    return list(session.scalars(query.order_by(PeriodClose.month, PeriodClose.id)))


def figures(session: Session, tree: Tree, unit_id: int, months: Sequence[Month]) -> dict[Month, dict[Key, Figure]]:
    """Give the figures of a unit's sub-tree in some months, and the facts in force, without weighted coverage.

    One ledger for each year and resource, however many months.
    """
    found: dict[Month, dict[Key, Figure]] = {month: {} for month in months}
    for key, series, month in _all(session, tree, unit_id, months, weighed=False):
        amount = series.amount(month.start, month.end)
        if amount.quantity is not None or amount.expected:
            seconds = (amount.covered, amount.expected)
            found[month][key] = Figure(amount.quantity, amount.estimated, 0, 0, *seconds)
    for month in months:
        found[month] |= _facts(session, tree, unit_id, month)
    return found


def with_coverage(session: Session, tree: Tree, unit_id: int, known: dict[Month, dict[Key, Figure]]) -> None:
    """Put the weighted coverage into figures, as it is shown everywhere."""
    for key, series, month in _all(session, tree, unit_id, sorted(known), weighed=True):
        one = known[month].get(key)
        if one is not None:
            amount = series.amount(month.start, month.end)
            seconds = (amount.covered, amount.expected)
            known[month][key] = Figure(one.quantity, one.estimated, *seconds, one.measured, one.due)


def _all(
    session: Session, tree: Tree, unit_id: int, months: Iterable[Month], *, weighed: bool
) -> Iterator[tuple[Key, Series, Month]]:
    of_year: dict[int, list[Month]] = defaultdict(list)
    for month in months:
        of_year[month.year].append(month)
    for year, listed in sorted(of_year.items()):
        structure = tree.structure(min(one.start for one in listed), max(one.end for one in listed))
        members = {month: members_in(tree, unit_id, month) for month in listed}
        left = sorted(set().union(*members.values()) - set(tree.subtree(unit_id)))
        for resource in RESOURCES:
            layout = load_layout(session, resource, tree)
            for top in (unit_id, *left):
                meters = allocation.needed(layout, structure, top)
                if meters:
                    book = allocation.Book(session, layout, meters)
                    weight = book.weights(year) if weighed else dict.fromkeys(meters, 1)
                    ledger = allocation.read(book, structure, unit_id=top, weight=weight)
                    for unit, part, series in _parts(ledger, alone=top != unit_id):
                        for month in listed:
                            if unit in members[month]:
                                yield (tree.by_id[unit].code, resource, part), series, month


def members_in(tree: Tree, unit_id: int, month: Month) -> frozenset[int]:
    """Give the units that belonged to a unit's sub-tree in a month, on any of its days."""
    return frozenset(tree.structure(month.start, month.end).members(unit_id))


def _parts(ledger: Ledger, *, alone: bool) -> Iterator[tuple[int, str, Series]]:
    """Give the counted days of each unit, and what the top of the ledger deducts and leaves unallocated; or one unit's alone."""
    top = ledger.unit_id
    for unit, series in allocation.of_each_unit(ledger).items():
        if not alone or unit == top:
            yield unit, COUNTED, series
    if not alone:
        yield top, DEDUCTED, sum(ledger.deducted().values(), Series.empty(ledger.start, ledger.end))
        yield top, NOT_ALLOCATED, ledger.not_allocated()


def _facts(session: Session, tree: Tree, unit_id: int, month: Month) -> dict[Key, Figure]:
    """Give the mean of each unit's own facts over a month."""
    facts, structure = load_facts(session), tree.structure(month.start, month.end)
    found: dict[Key, Figure] = {}
    for unit in sorted(members_in(tree, unit_id, month)):
        for kind in sorted({fact.kind for fact in facts.get(unit, ())}):
            mean = average(facts, structure, unit, kind)
            if mean is not None:
                found[tree.by_id[unit].code, kind, FACT] = Figure(int(mean * 1000))
    return found


def changed(session: Session, rows: Sequence[PeriodClose]) -> dict[int, list[Difference]]:
    """Compare closed months with what the same calculation gives today; by the closing's id, those without a change left out."""
    tree, of_unit = load_tree(session), defaultdict[int, list[PeriodClose]](list)
    for row in rows:
        of_unit[row.unit_id].append(row)
    found: dict[int, list[Difference]] = {}
    for unit_id, listed in of_unit.items():
        kept = {row.id: read(row.data) for row in listed}
        months = {row.id: Month.parse(row.month) for row in listed}
        now = figures(session, tree, unit_id, sorted(set(months.values())))
        differing = {row.id for row in listed if differences(kept[row.id], now[months[row.id]])}
        if differing:
            more = {months[one]: now[months[one]] for one in differing}
            with_coverage(session, tree, unit_id, more)
            found |= {one: differences(kept[one], more[months[one]]) for one in differing}
    return found
