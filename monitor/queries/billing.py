"""Bills against meters: per bill what was billed, what the meter measured in exactly that time, the difference, and the price."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from monitor.database import metered
from monitor.database.metered import Billed, Measured
from monitor.database.tables import AlertRule, Bill
from monitor.domain.access import Actor
from monitor.domain.alerts import BILL_DIFFERS, limits
from monitor.domain.amounts import change
from monitor.domain.periods import DAY_SECONDS, day_edges, local_day
from monitor.domain.resources import RESOURCES, from_quantity
from monitor.errors import NotFound
from monitor.queries._expected import GRACE, spans
from monitor.queries._meters import MeterFacts, load_layout
from monitor.queries._tree import load_tree
from monitor.queries.scope import NO_SUCH_UNIT, require_unit

AGREES, DIFFERS, NOT_COMPARABLE, NOT_DUE, OVERDUE = "agrees", "differs", "not_comparable", "not_due", "overdue"
BACK = 400  # days before the span in which the bill before the first one is looked for
MINOR = 100_000  # thousandths of the minor unit in one of the currency
Key = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """By how much bill and meter may differ, by how much the price may move, and how much must be measured; parts of one."""

    difference: Fraction
    price: Fraction
    coverage: Fraction


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill period of a meter, or the one that runs: `start`/`end` are instants, `first`/`last` its local days (inclusive).

    `billed` is None where no bill came yet. `coverage` is the part of the time that was measured, `divided` the part of
    `measured` that was divided by time because no reading was taken at the period's edge. `price` is per display measure.
    """

    meter_id: int
    code: str
    name_zh: str
    name_en: str
    resource: str
    register_id: int
    start: int
    end: int
    first: int
    last: int
    state: str
    billed: int | None
    measured: int | None
    coverage: Fraction
    divided: Fraction
    amount: Fraction | None
    currency: str
    invoice: str
    run_id: int | None
    price: Fraction | None
    price_change: Fraction | None
    price_moved: bool

    @property
    def difference(self) -> int | None:
        """Give billed less measured; None where they cannot be compared."""
        if self.state not in {AGREES, DIFFERS} or self.billed is None or self.measured is None:
            return None
        return self.billed - self.measured

    @property
    def ratio(self) -> Fraction | None:
        """Give the difference as a part of what was measured."""
        return None if self.difference is None else change(self.billed, self.measured)


def tolerance(session: Session, actor: Actor) -> Tolerance:
    """Give what the rule on bills allows: as set on the page Alerts, or its defaults; NotFound for a stranger."""
    if not actor.system and not actor.units():
        raise NotFound("NOT_FOUND", NO_SUCH_UNIT)
    row = session.get(AlertRule, BILL_DIFFERS)
    found = limits(BILL_DIFFERS, row.limits if row else {})
    return Tolerance(*(Fraction(found[key], 100) for key in ("difference", "price", "coverage")))


def compare(  # noqa: PLR0917 - who, whose, what, from, to
    session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int, *, now: datetime | None = None
) -> list[BillRow]:
    """Set bills against meters for the meters of a unit's sub-tree that have both, in periods that meet the days start..end-1.

    `resource` "" means all. By meter and end; the period that runs comes last of its meter. NotFound for a stranger.
    """
    tree, moment = load_tree(session), now or datetime.now(UTC)
    require_unit(actor, tree, unit_id)
    allowed = tolerance(session, actor)
    rows: list[BillRow] = []
    for code in [resource] if resource else RESOURCES:
        layout = load_layout(session, code, tree)
        own = spans(layout, tree, [unit_id], (start, end)).get(unit_id, {})
        meters = {one: layout.meters[one] for one in own}
        rows += _Desk(session, code, meters, allowed, int(moment.timestamp())).rows((start, end))
    return rows


@dataclass(frozen=True)
class _Desk:
    """The meters of one resource whose bills are looked at."""

    session: Session
    resource: str
    meters: dict[int, MeterFacts]
    allowed: Tolerance
    now: int

    def rows(self, days: tuple[int, int]) -> list[BillRow]:
        known = metered.load(self.session, list(self.meters)) if self.meters else None
        both = known.both() if known else []
        if known is None or not both:
            return []
        zone = self.meters[both[0]].zone
        low, high = (int(day_edges(zone, day, day + 1)[0]) for day in days)
        bills = metered.bills(self.session, known, both, (low - BACK * DAY_SECONDS, high))
        running = [one for one in self._running(bills) if one[1] < high]
        wanted = [one for one in bills if one.end > low]
        asked: list[Key] = [(one.meter_id, one.start, one.end) for one in wanted]
        asked += [(one.meter_id, since, self._until(one)) for one, since, _ in running]
        measured = metered.measured(self.session, known, [key for key in asked if key[1] < key[2]])
        money = self._money(bills)
        before: dict[int, Fraction] = {}
        found = []
        for one in bills:
            price = self._price(one, money)
            if one.end > low:
                found.append(self._row(one, measured, money, price, before.get(one.register_id)))
            if price is not None:
                before[one.register_id] = price
        found += [self._open(one, since, period, measured) for one, since, period in running]
        return sorted(found, key=lambda row: (row.code, row.register_id, row.end))

    def _running(self, bills: Iterable[Billed]) -> Iterator[tuple[Billed, int, int]]:
        """Give the last bill of each register with its end and length: since then the next period runs."""
        last = {one.register_id: one for one in bills}
        for one in last.values():
            yield one, one.end, one.end - one.start

    def _until(self, one: Billed) -> int:
        """Give the begin of today where the meter stands: what has been measured by then is complete."""
        zone = self.meters[one.meter_id].zone
        today = local_day(self.now, zone)
        return max(int(day_edges(zone, today, today + 1)[0]), one.end)

    def _money(self, bills: Iterable[Billed]) -> dict[tuple[int, int], Bill]:
        keys = [(one.register_id, one.end) for one in bills]
        found: dict[tuple[int, int], Bill] = {}
        for begin in range(0, len(keys), 500):
            chosen = select(Bill).where(tuple_(Bill.register_id, Bill.end_at).in_(keys[begin : begin + 500]))
            found |= {(row.register_id, row.end_at): row for row in self.session.scalars(chosen)}
        return found

    def _price(self, one: Billed, money: dict[tuple[int, int], Bill]) -> Fraction | None:
        bill = money.get((one.register_id, one.end))
        if bill is None or bill.amount is None or one.quantity <= 0:
            return None
        return Fraction(bill.amount, MINOR) / from_quantity(one.quantity, self.resource)

    def _row(
        self,
        one: Billed,
        measured: dict[Key, Measured],
        money: dict[tuple[int, int], Bill],
        price: Fraction | None,
        before: Fraction | None,
    ) -> BillRow:
        found = measured.get((one.meter_id, one.start, one.end), Measured(0, 0, 0))
        coverage = Fraction(found.covered, one.end - one.start)
        state = NOT_COMPARABLE
        if found.covered and coverage >= self.allowed.coverage:
            apart = abs(one.quantity - found.quantity)
            state = DIFFERS if apart > self.allowed.difference * abs(found.quantity) else AGREES
        bill = money.get((one.register_id, one.end))
        moved = None if price is None or not before else price / before - 1
        return self._made(
            one,
            (one.start, one.end, state),
            found,
            billed=one.quantity,
            amount=None if bill is None or bill.amount is None else Fraction(bill.amount, MINOR),
            currency=bill.currency if bill else "",
            invoice=bill.invoice if bill else "",
            run_id=bill.run_id if bill else None,
            price=price,
            price_change=moved,
            price_moved=moved is not None and abs(moved) > self.allowed.price,
        )

    def _open(self, one: Billed, since: int, period: int, measured: dict[Key, Measured]) -> BillRow:
        until = self._until(one)
        late = self.now >= since + period + GRACE * DAY_SECONDS
        found = measured.get((one.meter_id, since, until), Measured(0, 0, 0))
        none = {"billed": None, "amount": None, "currency": "", "invoice": "", "run_id": None}
        return self._made(
            one,
            (since, until, OVERDUE if late else NOT_DUE),
            found,
            **none,
            price=None,
            price_change=None,
            price_moved=False,
        )

    def _made(self, one: Billed, span: tuple[int, int, str], found: Measured, **more: object) -> BillRow:
        meter = self.meters[one.meter_id]
        start, end, state = span
        first, last = local_day(start, meter.zone), local_day(max(end - 1, start), meter.zone)
        return BillRow(
            meter.id,
            meter.code,
            meter.name_zh,
            meter.name_en,
            self.resource,
            one.register_id,
            start,
            end,
            first,
            last,
            state,
            measured=found.quantity if found.covered else None,
            coverage=Fraction(found.covered, end - start) if end > start else Fraction(0),
            divided=Fraction(found.estimated, found.quantity) if found.quantity else Fraction(0),
            **more,  # type: ignore[arg-type]
        )
