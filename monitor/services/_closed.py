"""What may not change by hand: a month that is closed. A change is made, looked at, and refused where a closed day differs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import DailyConsumption, Meter, MeterShare, OrgUnit, PeriodClose, Place
from monitor.domain.closing import FACT, Difference
from monitor.domain.periods import Month, from_day, to_day
from monitor.errors import Conflict
from monitor.i18n import N_
from monitor.queries import _closing
from monitor.queries._tree import Tree, load_tree

CLOSED = N_(
    "{month} was closed for {unit} by {who} on {day}, and this would change it ({what}). Nothing was changed. "
    "A manager of {unit} can reopen the month on the page Data, with a reason; then try again."
)
ZONE = "Asia/Shanghai"
MOST = 100  # meters asked for at a time
Days = dict[tuple[int, int], tuple[int, ...]]


@contextmanager
def readings_kept(session: Session, meter_ids: Iterable[int]) -> Iterator[None]:
    """Make a change to readings of some meters; Conflict MONTH_CLOSED, and nothing of it stays, where a day of a closed month differs."""
    meters = set(meter_ids)
    closed = _closed_months(session, meters)
    if not closed:
        yield
        return
    before = _days(session, closed)
    with session.begin_nested():
        yield
        session.flush()
        after = _days(session, closed)
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                meter, day = key
                code = session.scalar(select(Meter.code).where(Meter.id == meter))
                month = Month(from_day(day).year, from_day(day).month)
                raise _refusal(session, closed[meter][month], f"{code}, {from_day(day).isoformat()}")


@contextmanager
def figures_kept(session: Session) -> Iterator[None]:
    """Make a change to shares or facts; Conflict MONTH_CLOSED, and nothing of it stays, where a figure of a closed month differs.

    What differed before, because an import corrected the past, may differ on.
    """
    rows = _closing.standing(session)
    if not rows:
        yield
        return
    before = _closing.changed(session, rows)
    with session.begin_nested():
        yield
        session.flush()
        after = _closing.changed(session, rows)
        for row in rows:
            old, new = (_reads(found.get(row.id, ())) for found in (before, after))
            if old != new:
                unit, what, part = min(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
                raise _refusal(session, row, f"{unit}, {what}" if part != FACT else unit)


def _reads(found: Iterable[Difference]) -> dict[tuple[str, str, str], object]:
    return {(one.unit, one.resource, one.part): one.now.reads() for one in found}


def _closed_months(session: Session, meters: set[int]) -> dict[int, dict[Month, PeriodClose]]:
    """Give the closed months of meters: those of a unit that they, or the meters above them, are shared to; and of the first top unit.

    What no share reaches belongs to that.
    """
    rows = _closing.standing(session)
    if not rows or not meters:
        return {}
    tree = load_tree(session)
    parents = dict(session.execute(select(Meter.id, Meter.parent_id)).all())
    shares = defaultdict[int, list[MeterShare]](list)
    for share in session.scalars(select(MeterShare)):
        shares[share.meter_id].append(share)
    found: dict[int, dict[Month, PeriodClose]] = {}
    for meter in meters:
        own = [share for one in _upwards(meter, parents) for share in shares.get(one, ())]
        for row in reversed(rows):
            month = Month.parse(row.month)
            if row.unit_id in tree.roots[:1] or row.unit_id in _units(tree, own, month):
                found.setdefault(meter, {})[month] = row
    return found


def _upwards(meter: int, parents: Mapping[int, int | None]) -> Iterator[int]:
    at: int | None = meter
    while at is not None:
        yield at
        at = parents.get(at)


def _units(tree: Tree, shares: Iterable[MeterShare], month: Month) -> set[int]:
    """Give the units, and all above them, that have a share in a month."""
    trees = (tree.on(month.start), tree.on(month.end - 1))
    return {
        above
        for share in shares
        if to_day(share.valid_from) < month.end and (share.valid_to is None or to_day(share.valid_to) > month.start)
        for one in trees
        for above in one.above(share.unit_id)
    }


def _days(session: Session, closed: Mapping[int, Mapping[Month, PeriodClose]]) -> Days:
    """Read the derived days of meters in their closed months."""
    table, found = DailyConsumption, Days()
    months = sorted({month for own in closed.values() for month in own})
    meters = sorted(closed)
    columns = (table.meter_id, table.day, table.quantity, table.covered, table.estimated, table.off_hours)
    for begin in range(0, len(meters), MOST):
        chosen = table.meter_id.in_(meters[begin : begin + MOST])
        within = select(*columns).where(chosen, table.day >= months[0].start, table.day < months[-1].end)
        for row in session.execute(within):
            date = from_day(row[1])
            if Month(date.year, date.month) in closed[row[0]]:
                found[row[0], row[1]] = tuple(row[2:])
    return found


def _refusal(session: Session, row: PeriodClose, what: str) -> Conflict:
    unit = session.get_one(OrgUnit, row.unit_id)
    zone = ZoneInfo(session.scalar(select(Place.zone).limit(1)) or ZONE)
    names = " ".join(dict.fromkeys(name for name in (unit.name_zh, unit.name_en) if name)) or unit.code
    day = row.closed_at.astimezone(zone).date().isoformat()
    return Conflict("MONTH_CLOSED", CLOSED, month=row.month, unit=names, who=row.closed_by, day=day, what=what)
