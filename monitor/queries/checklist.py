"""What is still open before a month is closed: what did not arrive, what is measured too little, alerts, bills that do not agree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from monitor.database.tables import ImportRun, Source, Target
from monitor.domain import alerts as rules
from monitor.domain.access import Action, Actor
from monitor.domain.amounts import PPM
from monitor.domain.closing import COUNTED
from monitor.domain.periods import Month, day_edges
from monitor.queries import _closing, alerts, billing, deliveries
from monitor.queries._tree import Tree, UnitRow, load_tree
from monitor.queries.alerts import AlertRow
from monitor.queries.deliveries import MISSING, NOT_DUE, PARTIAL
from monitor.queries.scope import require_unit

LEAST = 950_000  # coverage where no target says otherwise
ABOUT_DATA = (
    *(rules.SOURCE_LATE, rules.JOB_FAILED, rules.JOB_BEYOND_WINDOW),
    *(rules.DELIVERY_MISSING, rules.ROWS_REFUSED, rules.BELOW_COVERAGE),
)


@dataclass(frozen=True, slots=True)
class Point:
    """Something open: its kind, what it is about (named in both languages), and the figures of its sentence.

    `kind` is source | missing | not_due | coverage | alert | bill. `share` is what arrived or was measured, or by how much a
    bill differs; of an alert the `alert` says all.
    """

    kind: str
    subject: str
    name_zh: str = ""
    name_en: str = ""
    resource: str = ""
    count: int = 0
    share: Fraction | None = None
    least: Fraction | None = None
    alert: AlertRow | None = None
    link: Mapping[str, Any] = field(default_factory=dict)

    def kept(self) -> list[Any]:
        """Give what is written down of it with the closed month."""
        share = None if self.share is None else [self.share.numerator, self.share.denominator]
        return [self.kind, self.subject, self.resource, self.count, share]


def points(session: Session, actor: Actor, unit_id: int, month: Month, *, now: datetime | None = None) -> list[Point]:
    """List what is open in a month of a unit's sub-tree, files first; NotFound for a stranger."""
    tree, moment = load_tree(session), now or datetime.now(UTC)
    require_unit(actor, tree, unit_id)
    whole = unit_id in tree.roots and actor.may_everywhere(Action.VIEW)
    return [
        *(_silent(session, month) if whole else ()),
        *_lacking(session, actor, unit_id, month, now=moment),
        *_short(session, tree, unit_id, month),
        *_alerts(session, actor, set(tree.subtree(unit_id)), month, whole=whole),
        *_bills(session, actor, tree.by_id[unit_id], month, now=moment),
    ]


def _silent(session: Session, month: Month) -> Iterator[Point]:
    """Find the sources with a schedule that brought no reading of the month."""
    for row in session.scalars(select(Source).where(Source.enabled, Source.schedule != "").order_by(Source.code)):
        begin, end = (
            datetime.fromtimestamp(edge, UTC) for edge in day_edges(row.zone, month.start, month.end)[[0, -1]].tolist()
        )
        of_month = (ImportRun.state == "done", ImportRun.first_at < end, ImportRun.last_at >= begin)
        if not session.scalar(select(exists().where(ImportRun.source_id == row.id, *of_month))):
            yield Point("source", row.code, row.name_zh, row.name_en, link={"source": row.code})


def _lacking(session: Session, actor: Actor, unit_id: int, month: Month, *, now: datetime) -> Iterator[Point]:
    """Find the resources of which meters lack data, or of which not all is due yet."""
    for row in deliveries.grid(session, actor, month.year, unit_id=unit_id, now=now):
        cell = row.cells[month.month - 1]
        if row.unit.id != unit_id or cell.state not in {PARTIAL, MISSING, NOT_DUE}:
            continue
        kind = "not_due" if cell.state == NOT_DUE else "missing"
        share = Fraction(cell.covered, cell.expected) if cell.expected else None
        link = {"unit": row.unit.code, "resource": row.resource, "year": month.year, "month": month.month}
        named = (row.unit.name_zh, row.unit.name_en)
        yield Point(kind, row.unit.code, *named, row.resource, count=cell.lacking, share=share, link=link)


def _short(session: Session, tree: Tree, unit_id: int, month: Month) -> Iterator[Point]:
    """Find the figures with less coverage than the unit's target asks for."""
    rows = session.execute(
        select(Target.unit_id, Target.resource, Target.min_coverage).where(
            Target.year == month.year, Target.withdrawn_at.is_(None)
        )
    )
    least = {(tree.by_id[unit].code, resource): limit for unit, resource, limit in rows if unit in tree.by_id}
    found = _closing.figures(session, tree, unit_id, [month])
    _closing.with_coverage(session, tree, unit_id, found)
    named = {row.code: row for row in tree.rows}
    for (unit, resource, part), one in sorted(found[month].items()):
        limit = Fraction(least.get((unit, resource), LEAST), PPM)
        if part == COUNTED and one.coverage is not None and one.coverage < limit:
            link = {"unit": unit, "resource": resource, "year": month.year, "month": month.month}
            names = (named[unit].name_zh, named[unit].name_en)
            yield Point("coverage", unit, *names, resource, share=one.coverage, least=limit, link=link)


def _alerts(session: Session, actor: Actor, units: set[int], month: Month, *, whole: bool) -> Iterator[Point]:
    """Find the alerts about data that are not closed; of holes only those that meet the month."""
    for row in [*alerts.listed(session, actor, state="open"), *alerts.listed(session, actor, state="acknowledged")]:
        about = row.unit_id in units or (row.unit_id is None and whole)
        if row.rule not in ABOUT_DATA or not about:
            continue
        first, last = row.data.get("first"), row.data.get("last")
        if row.rule == rules.DELIVERY_MISSING and not (_int(first) < month.end and _int(last) >= month.start):
            continue
        link = {"alert": row.id, "state": row.state}
        yield Point("alert", row.subject, row.name_zh, row.name_en, alert=row, link=link)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _bills(session: Session, actor: Actor, unit: UnitRow, month: Month, *, now: datetime) -> Iterator[Point]:
    """Find the bills of periods that meet the month and differ from their meter."""
    for row in billing.compare(session, actor, unit.id, "", month.start, month.end, now=now):
        if row.state == billing.DIFFERS:
            link = {"unit": unit.code, "resource": row.resource, "year": month.year}
            yield Point("bill", row.code, row.name_zh, row.name_en, row.resource, share=row.ratio, link=link)
