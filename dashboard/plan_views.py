"""The tables of what was promised: the tree with its sums, the yearly breakdown, the versions; pages draw them, exports write them."""

from typing import Any

from sqlalchemy.orm import Session

from dashboard.components import status
from dashboard.components.cards import INDICATORS, intensity, name_of, promise
from dashboard.components.tables import Column, Table
from dashboard.context import Context
from dashboard.params import View
from monitor import i18n
from monitor.domain.cascade import Check, State
from monitor.domain.indicators import Indicator
from monitor.domain.resources import RESOURCES, from_quantity, resource
from monitor.i18n import N_
from monitor.queries import plan
from monitor.queries.plan import Plan, PlanRow, Version
from monitor.queries.scope import UnitRow, name

UNIT, BASELINE, PROMISE = N_("Unit"), N_("Baseline"), N_("Promise")
ALLOWANCE, PER, SUM = N_("Allowance of the year"), N_("Allowance per person or m²"), N_("Sum of the sub-units")
VERSION, SET_BY, APPROVED, STATUS = N_("Version"), N_("Set by"), N_("Approval"), N_("Status")
ORIGINS = {
    "measured": N_("measured"),
    "declared": N_("declared"),
    "provisional": N_("provisional"),
    "missing": N_("missing"),
}
EQUAL = N_("The targets of the sub-units add up to the unit's own.")
BELOW = N_("The sub-units are allowed {by} less than the unit itself.")
ABOVE = N_("The sub-units are allowed {by} more than the unit itself.")
UNKNOWN = N_("The sum cannot be checked: an allowance is not known.")
MEAN_EQUAL = N_("The mean of the sub-units, weighted, is the unit's own.")
MEAN_BELOW = N_("The mean of the sub-units, weighted, is {by} below the unit's own.")
MEAN_ABOVE = N_("The mean of the sub-units, weighted, is {by} above the unit's own.")
LACKING = N_("Not in it: {units}.")
LACKING_FEW = N_("{count} missing")
SIGNS = {State.EQUAL: "=", State.BELOW: "<", State.ABOVE: ">", State.UNKNOWN: "?"}
TONES = {State.EQUAL: "good", State.BELOW: "none", State.ABOVE: "bad", State.UNKNOWN: "none"}
NAMED = 4  # units named in one sentence
APPLIES, REPLACED, TAKEN = N_("in force"), N_("replaced"), N_("withdrawn")


def check_short(here: Context, check: Check, code: str, indicator: Indicator) -> str:
    """Say a sum check in a cell: a sign and the difference."""
    lacking = f" · {here.say(LACKING_FEW, count=len(check.missing))}" if check.missing else ""
    if check.state in {State.EQUAL, State.UNKNOWN} or check.by is None:
        return (SIGNS[check.state] if check.state is State.EQUAL else here.say(N_("? not known"))) + lacking
    sign = "+" if check.by > 0 else "−"
    total, by = indicator is Indicator.TOTAL, abs(check.by)
    shown = i18n.quantity(round(by), code, here.language, measure=False) if total else ""
    return f"{SIGNS[check.state]} {sign}{shown or intensity(by, code, indicator, here.language)}{lacking}"


def check_said(here: Context, check: Check, code: str, indicator: Indicator, children: tuple[UnitRow, ...]) -> str:
    """Say a sum check in a sentence, with the units that are not in it."""
    total = indicator is Indicator.TOTAL
    sentences = {
        State.EQUAL: EQUAL if total else MEAN_EQUAL,
        State.BELOW: BELOW if total else MEAN_BELOW,
        State.ABOVE: ABOVE if total else MEAN_ABOVE,
        State.UNKNOWN: UNKNOWN,
    }
    said = here.say(sentences[check.state], by=_difference(here, check, code, indicator))
    lacking = [name(child, here.language) for child in children if child.id in check.missing]
    if not lacking:
        return said
    more = " …" if len(lacking) > NAMED else ""
    comma = "、" if here.language == "zh" else ", "
    listed = here.say(LACKING, units=comma.join(lacking[:NAMED]) + more)
    return said + listed if here.language == "zh" else f"{said} {listed}"


def _difference(here: Context, check: Check, code: str, indicator: Indicator) -> str:
    by = None if check.by is None else abs(check.by)
    if indicator is Indicator.TOTAL:
        shown = i18n.quantity(None if by is None else round(by), code, here.language)
        small = by is not None and round(by) and not any(sign in "123456789" for sign in shown)
        return i18n.quantity(round(by or 0), code, here.language, digits=3) if small else shown
    return intensity(by, code, indicator, here.language)


def plan_table(here: Context, found: Plan) -> Table:
    """Give the tree: unit, promise, baseline, its coverage and origin, allowance, sum check, status, who and when."""
    say, code = here.say, found.resource
    columns = (
        Column(say(N_("Code"))),
        Column(say(UNIT)),
        Column(say(PROMISE)),
        Column(say(N_("Year of the baseline")), "text"),
        Column(say(BASELINE), "quantity", code),
        Column(say(N_("Origin"))),
        Column(say(N_("Coverage")), "coverage"),
        Column(say(ALLOWANCE), "quantity", code),
        Column(say(PER)),
        Column(say(SUM)),
        Column(say(STATUS)),
        Column(say(VERSION), "number"),
        Column(say(SET_BY)),
        Column(say(N_("Set on")), "moment"),
        Column(say(APPROVED)),
        Column(say(N_("Approved on")), "moment"),
    )
    return Table(columns, [_plan_row(here, row) for row in found])


def _plan_row(here: Context, row: PlanRow) -> tuple[Any, ...]:
    version, progress = row.version, row.judged.progress if row.judged else None
    check = "" if row.check is None else check_said(here, row.check, row.resource, row.indicator, row.children)
    return (
        row.unit.code,
        name(row.unit, here.language),
        promise(version.terms, row.resource, here.language) if version else here.say(N_("No target")),
        str(row.baseline_year),
        row.baseline.quantity,
        here.say(ORIGINS[row.origin]),
        row.baseline.coverage if row.baseline.expected else None,
        row.allowance,
        "" if row.intensity is None else intensity(row.intensity, row.resource, row.indicator, here.language),
        check,
        here.say(status.look(progress).word),
        version.number if version else None,
        version.actor if version else "",
        here.local(version.created_at) if version else None,
        version.approved_by if version else "",
        here.local(version.approved_at) if version else None,
    )


def breakdown_table(here: Context, plans: list[Plan]) -> Table:
    """Give the yearly breakdown of targets: for each unit and resource what is promised, from what, and what is allowed."""
    say = here.say
    columns = (
        Column(say(N_("No."))),
        Column(say(UNIT)),
        Column(say(N_("Resource"))),
        Column(say(N_("Indicator"))),
        Column(say(PROMISE)),
        Column(say(N_("Year of the baseline"))),
        Column(say(BASELINE), "number", digits=0),
        Column(say(ALLOWANCE), "number", digits=0),
        Column(say(N_("Measure"))),
        Column(say(PER)),
        Column(say(APPROVED)),
        Column(say(N_("Remark"))),
    )
    order = {unit: at for at, unit in enumerate(dict.fromkeys(row.unit.id for one in plans for row in one))}
    rows = sorted((row for one in plans for row in one if row.version is not None), key=lambda row: order[row.unit.id])
    numbers = {unit: at for at, unit in enumerate(dict.fromkeys(row.unit.id for row in rows), 1)}
    return Table(columns, [_breakdown_row(here, row, numbers[row.unit.id]) for row in rows])


def _breakdown_row(here: Context, row: PlanRow, number: int) -> tuple[Any, ...]:
    version = row.version
    values = [
        None if one is None else from_quantity(one, row.resource) for one in (row.baseline.quantity, row.allowance)
    ]
    remarks = [here.say(ORIGINS[row.origin])] if row.origin != "measured" else []
    return (
        str(number),
        "  " * row.unit.depth + name(row.unit, here.language),
        name_of(resource(row.resource), here.language),
        here.say(INDICATORS[row.indicator]),
        promise(version.terms, row.resource, here.language) if version else "",
        str(row.baseline_year),
        *values,
        i18n.measure_name(row.resource, here.language),
        "" if row.intensity is None else intensity(row.intensity, row.resource, row.indicator, here.language),
        version.approved_by if version else "",
        " ".join([*remarks, *([version.note] if version and version.note else [])]),
    )


def versions_table(here: Context, code: str, versions: list[Version]) -> Table:
    """Give all versions of a unit's targets, the newest first: terms, who, when, approved, taken back, why."""
    say = here.say
    columns = (
        Column(say(VERSION)),
        Column(say(PROMISE)),
        Column(say(N_("Least coverage")), "percent"),
        Column(say(N_("State"))),
        Column(say(SET_BY)),
        Column(say(N_("Set on")), "moment"),
        Column(say(APPROVED)),
        Column(say(N_("Approved on")), "moment"),
        Column(say(N_("Until")), "moment"),
        Column(say(N_("Remark"))),
    )
    return Table(columns, [_version_row(here, code, one) for one in versions])


def _version_row(here: Context, code: str, one: Version) -> tuple[Any, ...]:
    state = APPLIES if one.withdrawn_at is None else TAKEN if one.withdrawn_by else REPLACED
    shared = [here.say(N_("shared out from the unit above"))] if one.cascaded_from else []
    taken = [f"{one.withdrawn_by}: {one.reason}" if one.reason else one.withdrawn_by] if one.withdrawn_by else []
    return (
        str(one.number),
        promise(one.terms, code, here.language),
        one.terms.min_coverage / 1_000_000,
        here.say(state),
        one.actor,
        here.local(one.created_at),
        one.approved_by,
        here.local(one.approved_at),
        here.local(one.withdrawn_at),
        " · ".join([*([one.note] if one.note else []), *shared, *taken]),
    )


# ---------------------------------------------------------------- exports


def export_plan(session: Session, here: Context, view: View) -> Table:
    """Make the tree of targets of the view's resource and year."""
    return plan_table(here, plan.plan(session, here.actor, view.resource, view.year, view.as_of))


def export_breakdown(session: Session, here: Context, view: View) -> Table:
    """Make the yearly breakdown of all resources."""
    return breakdown_table(here, [plan.plan(session, here.actor, code, view.year, view.as_of) for code in RESOURCES])


def export_versions(session: Session, here: Context, view: View) -> Table:
    """Make the versions of the unit's targets."""
    found = plan.history(session, here.actor, view.unit.id, view.resource, view.year)
    return versions_table(here, view.resource, found)


EXPORTS = {"targets": export_plan, "breakdown": export_breakdown, "versions": export_versions}
