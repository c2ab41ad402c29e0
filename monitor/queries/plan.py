"""What was promised: the tree of targets of a year and resource, its sums, who set and approved what, and every version."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import AuditEvent, Baseline, Target
from monitor.domain import cascade
from monitor.domain.access import Action, Actor, may_approve
from monitor.domain.amounts import NOTHING, PPM, Amount
from monitor.domain.cascade import Check, Member, State
from monitor.domain.indicators import Indicator, per
from monitor.domain.periods import year_days
from monitor.domain.targets import Kind, TargetTerms
from monitor.errors import NotFound
from monitor.i18n import N_
from monitor.queries._court import Court, Judged, convene, in_force
from monitor.queries._denominators import average
from monitor.queries._tree import Tree, UnitRow, load_tree
from monitor.queries.scope import require_unit, visible_tree
from monitor.queries.targets import default_as_of

NO_SUCH_TARGET = N_("There is no such target, or you may not see it.")
UNSURE = frozenset({"BASIS_MISSING", "BASIS_DIFFERS", "BASELINE_COVERAGE_LOW"})  # a baseline to share out nothing by
MEASURED, DECLARED, PROVISIONAL, MISSING = "measured", "declared", "provisional", "missing"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a promise, with who set, approved and took it back, when and why; times are UTC."""

    id: int
    number: int
    terms: TargetTerms
    note: str
    actor: str
    created_at: datetime
    cascaded_from: int | None
    approved_by: str
    approved_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A unit's target of an indicator, or a unit without one (`judged` and `version` None).

    `baseline` is the whole baseline year's use, measured, declared, provisional or missing (`origin`). `allowance` is the
    year's, in thousandths of the base measure; `intensity` the same per person or m². `check` compares the children's
    targets with it; None where no child has one. `children` are the direct sub-units in sight.
    """

    unit: UnitRow
    resource: str
    indicator: Indicator
    baseline_year: int
    baseline: Amount
    origin: str
    judged: Judged | None = None
    version: Version | None = None
    allowance: int | None = None
    intensity: Fraction | None = None
    check: Check | None = None
    children: tuple[UnitRow, ...] = ()
    may_set: bool = False
    may_approve: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The targets of a year and resource as of a day (inclusive), in tree order; empty for a stranger."""

    resource: str
    year: int
    as_of: int
    rows: tuple[PlanRow, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[PlanRow]:
        return iter(self.rows)

    def of(self, unit_id: int) -> list[PlanRow]:
        """Give the rows of a unit, totals before intensities."""
        return [row for row in self.rows if row.unit.id == unit_id]


@dataclass(frozen=True, slots=True)
class Basis:
    """What sharing out a target needs: its terms, the unit and its direct sub-units with the figures known of them."""

    target_id: int
    unit: UnitRow
    resource: str
    terms: TargetTerms
    parent: Member
    children: tuple[tuple[UnitRow, Member], ...]


def plan(session: Session, actor: Actor, resource: str, year: int, as_of: int | None = None) -> Plan:
    """Give the tree of targets of all units that the actor may see; see `PlanRow`. No rows for a stranger."""
    seen, tree = visible_tree(session, actor), load_tree(session)
    day = default_as_of(session) if as_of is None else as_of
    if not seen.rows:
        return Plan(resource, year, day)
    promised = in_force(session, year, list(seen.by_id)).get(resource, {})
    court = _court(session, tree, resource, (year, day), promised=promised, seen=seen)
    desk = _Desk(session, actor, tree, seen, court, promised)
    rows = tuple(row for unit in seen.rows for row in desk.rows(unit))
    return Plan(resource, year, day, rows)


def history(
    session: Session, actor: Actor, unit_id: int, resource: str, year: int, *, indicator: str | None = None
) -> list[Version]:
    """Give all versions of a unit's targets of a resource and year, the newest first; NotFound for a stranger."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    query = select(Target).filter_by(unit_id=unit_id, resource=resource, year=year)
    if indicator is not None:
        query = query.filter_by(indicator=indicator)
    found = list(session.scalars(query.order_by(Target.created_at.desc(), Target.version.desc(), Target.id.desc())))
    subject = f"target:{tree.by_id[unit_id].code}:{resource}:"
    trail = select(AuditEvent).where(AuditEvent.action == "target.withdraw", AuditEvent.subject.startswith(subject))
    events = {(event.subject, (event.after or {}).get("version")): event for event in session.scalars(trail)}
    return [_version(one, events.get((f"{subject}{one.indicator}:{year}", one.version))) for one in found]


def cascade_basis(session: Session, actor: Actor, target_id: int) -> Basis:
    """Give what sharing out a target in force to the sub-units needs; NotFound where there is none or it may not be seen.

    Baselines and denominators are those by which targets are judged; persons are the head count of the target's year.
    """
    target = session.get(Target, target_id)
    if target is None or target.withdrawn_at is not None or not actor.may(Action.VIEW, target.unit_id):
        raise NotFound("NOT_FOUND", NO_SUCH_TARGET)
    tree = load_tree(session)
    unit = visible_tree(session, actor).by_id[target.unit_id]
    units = [unit, *(tree.by_id[child] for child in tree.children.get(unit.id, ()))]
    probes = {one.id: [_probe(one.id, target, target.baseline_year, target.indicator)] for one in units}
    when = (target.year, year_days(target.year)[1] - 1)
    court = convene(session, tree, target.resource, when, targets=probes, tops=[unit.id])
    members = [_member(court, court.judge(one)[0]) for one in units]
    return Basis(
        target_id,
        unit,
        target.resource,
        _terms(target),
        members[0],
        tuple(zip(units[1:], members[1:], strict=True)),
    )


# ---------------------------------------------------------------- the tree


class _Desk:
    """Puts the rows together, everything having been read."""

    def __init__(  # noqa: PLR0917 - what was read, once
        self,
        session: Session,
        actor: Actor,
        tree: Tree,
        seen: Tree,
        court: Court,
        promised: dict[int, list[Target]],
    ) -> None:
        self.actor, self.tree, self.seen, self.court, self.promised = actor, tree, seen, court, promised
        query = select(Baseline).where(Baseline.resource == court.layout.resource).order_by(Baseline.version)
        self.stored = {(one.unit_id, one.year): one.provisional for one in session.scalars(query)}
        self.judged = {(unit.id, one.progress.terms.indicator): one for unit in seen.rows for one in court.judge(unit)}
        self.default = _usual(promised, court.year)

    def rows(self, unit: UnitRow) -> list[PlanRow]:
        """Give a unit's rows, one without a target where it has none."""
        children = tuple(self.seen.by_id[child] for child in self.seen.children.get(unit.id, ()))
        parent = self.tree.by_id[unit.id].parent_id
        may = (self.actor.may(Action.SET_TARGET, unit.id), may_approve(self.actor, unit.id, parent))
        found = self.promised.get(unit.id, [])
        return [self._row(unit, target, children, may) for target in found] or [self._bare(unit, children, may)]

    def _bare(self, unit: UnitRow, children: tuple[UnitRow, ...], may: tuple[bool, bool]) -> PlanRow:
        declared = self.court.declared.get((unit.id, self.default))
        known = self.court.known(unit.id, self.default)
        measured = self.court.days_of(unit.id, self.default).amount() if known else NOTHING
        amount = measured if declared is None else Amount(declared, 1, 1)
        return PlanRow(
            unit,
            self.court.layout.resource,
            Indicator.TOTAL,
            self.default,
            amount,
            self._origin(unit.id, self.default, amount),
            children=children,
            may_set=may[0],
            may_approve=may[1],
        )

    def _row(self, unit: UnitRow, target: Target, children: tuple[UnitRow, ...], may: tuple[bool, bool]) -> PlanRow:
        indicator = Indicator(target.indicator)
        judged = self.judged[unit.id, indicator]
        found = judged.progress
        return PlanRow(
            unit,
            target.resource,
            indicator,
            target.baseline_year,
            found.baseline,
            self._origin(unit.id, target.baseline_year, found.baseline),
            judged,
            _version(target),
            found.allowance,
            None if indicator is Indicator.TOTAL else per(found.allowance, found.denominator),
            self._check(judged, children),
            children,
            *may,
        )

    def _origin(self, unit_id: int, year: int, amount: Amount) -> str:
        if amount.quantity is None:
            return MISSING
        if self.stored.get((unit_id, year)) or year_days(year)[1] > self.court.as_of + 1:
            return PROVISIONAL
        return DECLARED if (unit_id, year) in self.court.declared else MEASURED

    def _check(self, judged: Judged, children: tuple[UnitRow, ...]) -> Check | None:
        """Compare the children's allowances of the same indicator with the unit's own; None where no child has a target."""
        indicator = judged.progress.terms.indicator
        below = [(child.id, self.judged.get((child.id, indicator))) for child in children]
        if not any(found for _, found in below):
            return None
        parts = [
            (
                Member(key, None, denominator=found.progress.denominator if found else None),
                found.progress.allowance if found else None,
            )
            for key, found in below
        ]
        own = Member(judged.unit.id, None, denominator=judged.progress.denominator)
        return cascade.check(judged.progress.allowance, own, indicator, parts)


def _usual(promised: dict[int, list[Target]], year: int) -> int:
    """Give the baseline year that most targets of the year name; the year before where there is none."""
    years = [target.baseline_year for listed in promised.values() for target in listed]
    return max(sorted(set(years)), key=years.count, default=year - 1)


def _court(
    session: Session, tree: Tree, resource: str, when: tuple[int, int], *, promised: dict[int, list[Target]], seen: Tree
) -> Court:
    """Convene, with the usual baseline year read too for units that have no target yet."""
    probe = {-1: [_probe(-1, None, _usual(promised, when[0]), Indicator.TOTAL, when[0])]}
    return convene(session, tree, resource, when, targets=promised | probe, tops=seen.roots)


def _probe(unit_id: int, like: Target | None, baseline_year: int, indicator: str, year: int | None = None) -> Target:
    """Make a target that is never stored: by it the baseline and the denominators are asked for."""
    return Target(
        id=0,
        unit_id=unit_id,
        resource=like.resource if like else "",
        indicator=indicator,
        year=like.year if like else year,
        baseline_year=baseline_year,
        kind=Kind.REDUCTION,
        reduction=0,
        min_coverage=like.min_coverage if like else PPM,
        version=0,
    )


def _member(court: Court, judged: Judged) -> Member:
    found = judged.progress
    grave = any(one.code in UNSURE for one in found.reasons)
    heads = average(court.facts, court.structures[court.year], judged.unit.id, "head_count")
    return Member(
        judged.unit.id,
        None if grave else found.baseline.quantity,
        heads,
        found.denominator,
        found.baseline_denominator,
    )


def _terms(target: Target) -> TargetTerms:
    return TargetTerms(
        Indicator(target.indicator),
        target.year,
        target.baseline_year,
        target.reduction,
        target.min_coverage,
        Kind(target.kind),
        target.cap,
    )


def _version(target: Target, taken: AuditEvent | None = None) -> Version:
    return Version(
        target.id,
        target.version,
        _terms(target),
        target.note,
        target.actor,
        target.created_at,
        target.cascaded_from,
        target.approved_by,
        target.approved_at,
        target.withdrawn_at,
        taken.actor if taken else "",
        str((taken.after or {}).get("reason", "")) if taken else "",
    )


__all__ = [
    "Basis",
    "Check",
    "Plan",
    "PlanRow",
    "State",
    "Version",
    "cascade_basis",
    "history",
    "plan",
]
