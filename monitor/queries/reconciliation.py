"""The bases of paper side by side: what print logs, counters and packs issued say of the same months, and which of them counts."""

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.amounts import Amount, change
from monitor.domain.periods import Month, from_day
from monitor.queries import _allocation as allocation
from monitor.queries._allocation import Ledger
from monitor.queries._series import Series

RECONCILED = ("paper",)  # resources that are measured on several bases
BASES = ("print_log", "counter", "packs")


@dataclass(frozen=True, slots=True)
class BasisAmount:
    """What one basis says of some days; `difference` to the authoritative one (also as its ratio), None where either is missing."""

    basis: str
    amount: Amount
    authoritative: bool
    difference: int | None
    ratio: Fraction | None


@dataclass(frozen=True, slots=True)
class ReconciledMonth:
    """The days start..end-1 of a month; `bases` in the order of `Reconciliation.bases`, `counted` is what stands in the figures.

    `authoritative` is the unit's basis of the year, "" where none is declared (then nothing counts).
    """

    month: Month
    start: int
    end: int
    authoritative: str
    bases: tuple[BasisAmount, ...]
    counted: Amount


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The bases of a unit's resource over the days start..end-1, month by month and together.

    `bases` are those that measure anything for its sub-tree; empty where no meter has a basis. `mixed` tells that sub-units
    have another basis than the unit, so that what counts is not one basis alone. `total` is None where the span covers two
    years with different bases: they are not added up.
    """

    unit_id: int
    resource: str
    start: int
    end: int
    bases: tuple[str, ...]
    mixed: bool
    months: tuple[ReconciledMonth, ...]
    total: ReconciledMonth | None


def reconcile(session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int) -> Reconciliation:  # noqa: PLR0917 - who, whose, what, from, to
    """Set the bases of a unit and its sub-tree side by side over start..end-1; NotFound for a stranger."""
    ledger = allocation.load(session, actor, unit_id, resource, start, end)
    found = ledger.by_basis()
    order = tuple(sorted(found, key=lambda basis: (BASES.index(basis) if basis in BASES else len(BASES), basis)))
    counted = ledger.counted()
    spans = [(month, max(month.start, start), min(month.end, end)) for month in _months(start, end)] if order else []
    months = tuple(_line(ledger, found, order, span, counted) for span in spans)
    alike = len({line.authoritative for line in months}) == 1
    whole = _line(ledger, found, order, (spans[0][0], start, end), counted) if alike else None
    return Reconciliation(unit_id, resource, start, end, order, _mixed(ledger), months, whole)


def _months(start: int, end: int) -> list[Month]:
    first, last = from_day(start), from_day(end - 1)
    found, month = [], Month(first.year, first.month)
    while month <= Month(last.year, last.month):
        found.append(month)
        month = month.next()
    return found


def _mixed(ledger: Ledger) -> bool:
    """Tell whether units of the sub-tree that measure paper have another basis than the unit itself, in any year."""
    bases = ledger.layout.bases
    years = {from_day(ledger.start).year, from_day(ledger.end - 1).year}
    inside = [unit for unit in ledger.inside if unit in bases.used]
    return any(bases.of(unit, year) != bases.of(ledger.unit_id, year) for unit in inside for year in years)


def _line(
    ledger: Ledger, found: dict[str, Series], order: tuple[str, ...], span: tuple[Month, int, int], counted: Series
) -> ReconciledMonth:
    month, start, end = span
    chosen = ledger.layout.bases.of(ledger.unit_id, month.year)
    amounts = {basis: found[basis].amount(start, end) for basis in order}
    truth = amounts[chosen].quantity if chosen in amounts else None
    lines = tuple(
        BasisAmount(
            basis,
            amount,
            basis == chosen,
            None if truth is None or amount.quantity is None else amount.quantity - truth,
            change(amount.quantity, truth),
        )
        for basis, amount in amounts.items()
    )
    return ReconciledMonth(month, start, end, chosen, lines, counted.amount(start, end))
