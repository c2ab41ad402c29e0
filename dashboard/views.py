"""The tables behind the charts of a unit, from query results alone; pages draw them, exports write them to CSV."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from dashboard.components.cards import INDICATORS
from dashboard.components.links import address
from dashboard.components.tables import Column, Table
from dashboard.context import Context
from dashboard.happenings import happenings_table
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import Amount
from monitor.domain.indicators import Indicator, fact_kinds
from monitor.domain.periods import from_day, year_days
from monitor.domain.resources import from_quantity
from monitor.i18n import N_
from monitor.queries import changes, consumption, reconciliation, scope, targets, weather
from monitor.queries.changes import Change
from monitor.queries.reconciliation import ReconciledMonth, Reconciliation
from monitor.queries.scope import name
from monitor.queries.targets import Judged
from monitor.reports.words import AREAS, DENOMINATOR

DAY, USED, COVERAGE, PATH, MONTH = N_("Day"), N_("Used"), N_("Coverage"), N_("Target path"), N_("Month")
SO_FAR, LAST_YEAR, CHANGE = N_("Used so far"), N_("Same month last year"), N_("Change")
WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
BASIS, DIFFERENCE = N_("Paper basis"), N_("Difference")
BASES = {"print_log": N_("Print logs"), "counter": N_("Counters"), "packs": N_("Packs issued")}
PURPOSES = {
    "office": N_("office"),
    "canteen": N_("canteen"),
    "server_room": N_("server room"),
    "dormitory": N_("dormitory"),
    "charging_pile": N_("charging pile"),
    "let_out": N_("let out"),
    "base_station": N_("base station"),
    "supply": N_("supply"),
}


def purpose(here: Context, code: str) -> str:
    """Name the purpose of a meter."""
    return here.say(PURPOSES.get(code, code))


def day_rows(session: Session, here: Context, view: View) -> list[tuple[int, int | None, int, int]]:
    """Give (day, quantity or None, covered, expected) for each day of the view."""
    frame = consumption.days(session, here.actor, view.unit.id, view.resource, *view.span)
    known = frame["known"].to_numpy(dtype=bool)
    columns = [frame[key].to_numpy() for key in ("day", "quantity", "covered", "expected")]
    return [(int(d), int(q) if k else None, int(c), int(e)) for d, q, c, e, k in zip(*columns, known, strict=True)]


def days_table(here: Context, resource: str, rows: list[tuple[int, int | None, int, int]]) -> Table:
    """Give day, used, used so far, coverage; the sum runs on over a day without data, which itself stays empty."""
    columns = (
        Column(here.say(DAY), "day"),
        Column(here.say(USED), "quantity", resource),
        Column(here.say(SO_FAR), "quantity", resource),
        Column(here.say(COVERAGE), "coverage"),
    )
    total, lines = 0, []
    for day, quantity, covered, expected in rows:
        total += quantity or 0
        lines.append(
            (
                day,
                quantity,
                None if quantity is None else total,
                Amount(quantity, covered, expected).coverage if expected else None,
            )
        )
    return Table(columns, lines)


def path(session: Session, here: Context, view: View, judged: Judged | None) -> list[tuple[int, int]]:
    """Give the target path as (day, allowed up to it): one point at each month's end, from the judgement itself."""
    if judged is None or judged.progress.allowance is None:
        return []
    first, _ = year_days(view.year)
    return [(first, 0), *targets.path(session, here.actor, view.unit.id, view.resource, view.year, judged.target_id)]


def months_table(session: Session, here: Context, view: View) -> Table:
    """Give month, used, the same month last year, change, coverage of both."""
    columns = (
        Column(here.say(MONTH), "month"),
        Column(here.say(USED), "quantity", view.resource),
        Column(here.say(LAST_YEAR), "quantity", view.resource),
        Column(here.say(CHANGE), "change"),
        Column(here.say(COVERAGE), "coverage"),
        Column(here.say(N_("Coverage last year")), "coverage"),
    )
    rows = consumption.months(session, here.actor, view.unit.id, view.resource, view.year, view.as_of)
    return Table(
        columns,
        [
            (r.month, r.amount.quantity, r.last_year.quantity, r.change, _share(r.amount), _share(r.last_year))
            for r in rows
        ],
    )


def _share(amount: Amount) -> Any:
    return amount.coverage if amount.expected else None


def profile_table(session: Session, here: Context, view: View) -> Table:
    """Give weekday, hour, mean use in an hour, number of hours read."""
    columns = (
        Column(here.say(N_("Weekday"))),
        Column(here.say(N_("Hour"))),
        Column(here.say(N_("Mean use in an hour")), "quantity", view.resource, 2),
        Column(here.say(N_("Hours read")), "number"),
    )
    frame = consumption.profile(session, here.actor, view.unit.id, view.resource, *view.weeks)
    rows = [
        (here.say(WEEKDAYS[int(w)]), f"{int(h):02d}:00", round(float(q)), int(n))
        for w, h, q, n in zip(
            frame["weekday"], frame["hour"], np.asarray(frame["quantity"], dtype=float), frame["n"], strict=True
        )
    ]
    return Table(columns, rows)


def statement_table(session: Session, here: Context, view: View) -> Table:
    """Give the line that adds up, deductions by purpose below: what, amount, coverage."""
    found = consumption.statement(session, here.actor, view.unit.id, view.resource, *view.span)
    columns = (
        Column(here.say(N_("Part"))),
        Column(here.say(USED), "quantity", view.resource),
        Column(here.say(COVERAGE), "coverage"),
    )
    parts = [
        (TOTAL, found.total),
        (COUNTED, found.counted),
        (DEDUCTED, found.deducted),
        (NOT_ALLOCATED, found.not_allocated),
    ]
    rows: list[tuple[Any, ...]] = [(here.say(label), amount.quantity, _share(amount)) for label, amount in parts]
    rows += [
        (f"{here.say(DEDUCTED)}: {purpose(here, code)}", amount.quantity, _share(amount))
        for code, amount in found.deducted_by_purpose.items()
    ]
    return Table(columns, rows)


TOTAL, COUNTED, DEDUCTED, NOT_ALLOCATED = N_("Total"), N_("Counted"), N_("Deducted"), N_("Not allocated")


def meters_table(session: Session, here: Context, view: View) -> Table:
    """Give the meters of the unit: code (opens it), name, purpose, counted, share, own use, the unit's part, coverage, last reading."""
    code = view.resource
    found = consumption.meters(session, here.actor, view.unit.id, code, *view.span)
    based = [Column(here.say(BASIS))] if any(row.basis for row in found) else []
    columns = (
        Column(here.say(N_("Meter")), "link"),
        Column(here.say(N_("Name"))),
        Column(here.say(N_("Purpose"))),
        Column(here.say(N_("Counted"))),
        Column(here.say(N_("Share")), "percent"),
        Column(here.say(N_("Metered")), "quantity", code),
        Column(here.say(N_("This unit's part")), "quantity", code),
        Column(here.say(COVERAGE), "coverage"),
        Column(here.say(N_("Last reading")), "moment"),
        *based,
    )
    yes, no = here.say(N_("yes")), here.say(N_("no"))
    rows = []
    for row in found:
        link = address("/meter", meter=row.id, **{k: v for k, v in view.query.items() if k != "meter"})
        rows.append(
            (
                (row.code, link),
                name(row, here.language),
                purpose(here, row.purpose),
                yes if row.assessed else no,
                row.ppm / 1_000_000,
                row.gross.quantity,
                row.share.quantity,
                _share(row.gross),
                here.local(row.last_reading),
                *([basis_name(here, row.basis)] if based else []),
            )
        )
    return Table(columns, rows)


def intensity_table(session: Session, here: Context, view: View, amount: Amount) -> list[tuple[str, str]]:
    """Give use per person and per m² of the period: label with measure, figure; a dash where persons or area are not known.

    Persons and area are averaged over the days of the period, as targets have them.
    """
    facts = {one.kind: one.mean for one in scope.averages(session, here.actor, view.unit.id, *view.span)}
    measure = i18n.measure_name(view.resource, here.language)
    lines = []
    for indicator, per in ((Indicator.PER_PERSON, here.say(N_("person"))), (Indicator.PER_M2, "m²")):
        value = next((facts[kind] for kind in fact_kinds(indicator, view.resource) if facts.get(kind)), None)
        used = (
            None if amount.quantity is None or value is None else from_quantity(amount.quantity, view.resource) / value
        )
        lines.append((here.say(INDICATORS[indicator]), f"{i18n.number(used, here.language, 2)} {measure}/{per}"))
    return lines


def facts_table(session: Session, here: Context, view: View) -> Table:
    """Give persons and areas: kind, value, from and to within the period, the mean over it beside the first row of a kind."""
    columns = (
        Column(here.say(N_("Persons and areas"))),
        Column(here.say(N_("Value")), "number", digits=1),
        Column(here.say(N_("From")), "day"),
        Column(here.say(N_("To")), "day"),
        Column(here.say(N_("Mean over the period")), "number", digits=2),
    )
    rows: list[tuple[Any, ...]] = []
    for one in scope.averages(session, here.actor, view.unit.id, *view.span):
        label = here.say(DENOMINATOR.get(one.kind, one.kind)) + (" (m²)" if one.kind in AREAS else "")
        for number, (first, last, value) in enumerate(one.spans):
            known = None if value is None else Fraction(value, 1000)
            rows.append((label, known, first, last - 1, None if number else one.mean))
    return Table(columns, rows)


def change_table(session: Session, here: Context, view: View) -> Table:
    """Give the change against the same days of last year as a table."""
    return change_steps(here, view, changed(session, here, view))


def changed(session: Session, here: Context, view: View) -> Change:
    """Explain the change of the view's days against the same days of last year."""
    rule = here.site.settings.weather.rule
    return changes.change(session, here.actor, view.unit.id, view.resource, view.year, view.as_of, rule=rule)


def change_steps(here: Context, view: View, found: Change) -> Table:
    """Give last year's use, each step, this year's use: what, amount; no rows where nothing can be explained."""
    columns = (Column(here.say(N_("What"))), Column(here.say(N_("Amount")), "quantity", view.resource))
    if not found.steps:
        return Table(columns, [])
    rows = [(here.say(SAME_DAYS, year=view.year - 1), found.before.quantity)]
    rows += [(here.say(STEPS[step.kind]), step.quantity) for step in found.steps]
    rows.append((here.say(SAME_DAYS, year=view.year), found.now.quantity))
    return Table(columns, rows)


SAME_DAYS = N_("These days of {year}")
STEPS = {
    "head_count": N_("More or fewer people"),
    "floor_area": N_("More or less area"),
    "workdays": N_("Workdays and days off"),
    "weather": N_("Weather"),
    "rest": N_("The rest"),
}


def weather_table(session: Session, here: Context, view: View) -> Table:
    """Give the degree days of each month beside those of last year, and how many days have a temperature."""
    rule, before = here.site.settings.weather.rule, view.year - 1
    heating, cooling, known = (here.say(one) for one in (HEATING, COOLING, DAYS_KNOWN))
    columns = (
        Column(here.say(MONTH), "month"),
        *(Column(f"{heating} {year}", "number", digits=1) for year in (view.year, before)),
        *(Column(f"{cooling} {year}", "number", digits=1) for year in (view.year, before)),
        *(Column(f"{known} {year}", "coverage") for year in (view.year, before)),
    )
    rows = weather.by_month(session, here.actor, view.unit.id, view.year, view.as_of, rule=rule)
    return Table(
        columns,
        [
            (
                row.month,
                *(None if value is None else Fraction(value).limit_denominator(1000) for value in row.heating),
                *(None if value is None else Fraction(value).limit_denominator(1000) for value in row.cooling),
                *(Fraction(one, days) for one, days in zip(row.known, row.days, strict=True)),
            )
            for row in rows
        ],
    )


HEATING, COOLING = N_("Heating degree days"), N_("Cooling degree days")
DAYS_KNOWN = N_("Days with a temperature")


def basis_name(here: Context, code: str) -> str:
    """Name a basis of paper."""
    return here.say(BASES.get(code, code)) if code else ""


def reconciled(session: Session, here: Context, view: View) -> Reconciliation:
    """Set the bases of the unit side by side."""
    return reconciliation.reconcile(session, here.actor, view.unit.id, view.resource, *view.span)


def bases_table(session: Session, here: Context, view: View) -> Table:
    """Give the bases side by side as a table."""
    return reconciliation_table(here, reconciled(session, here, view))


def reconciliation_table(here: Context, found: Reconciliation) -> Table:
    """Give month, which basis counts, what is in the figures, and per basis amount, coverage, difference; the sum below."""
    code = found.resource
    columns = [
        Column(here.say(MONTH)),
        Column(here.say(N_("Basis that counts"))),
        Column(here.say(N_("In the figures")), "quantity", code),
    ]
    compared = [basis for basis in found.bases if any(line.authoritative != basis for line in found.months)]
    for basis in found.bases:
        named = basis_name(here, basis)
        columns += [Column(named, "quantity", code), Column(f"{named} · {here.say(COVERAGE)}", "coverage")]
        if basis in compared:
            columns += [
                Column(f"{named} · {here.say(DIFFERENCE)}", "quantity", code),
                Column(f"{named} · {here.say(DIFFERENCE)} %", "change"),
            ]
    lines = [(str(line.month), line) for line in found.months]
    if found.total is not None:
        lines.append((here.say(TOTAL), found.total))
    rows = [_basis_row(here, line, label, compared) for label, line in lines]
    return Table(tuple(columns), rows)


def _basis_row(here: Context, line: ReconciledMonth, label: str, compared: list[str]) -> tuple[Any, ...]:
    chosen = basis_name(here, line.authoritative) or here.say(N_("none declared"))
    cells: list[Any] = [label, chosen, line.counted.quantity]
    for one in line.bases:
        difference = (None, None) if one.authoritative else (one.difference, one.ratio)
        cells += [one.amount.quantity, _share(one.amount), *(difference if one.basis in compared else ())]
    return tuple(cells)


def days_export(session: Session, here: Context, view: View) -> Table:
    """Give the days of a unit as a table."""
    return days_table(here, view.resource, day_rows(session, here, view))


EXPORTS: dict[str, Callable[[Session, Context, View], Table]] = {
    "days": days_export,
    "months": months_table,
    "profile": profile_table,
    "statement": statement_table,
    "meters": meters_table,
    "change": change_table,
    "weather": weather_table,
    "facts": facts_table,
    "bases": bases_table,
    "happenings": happenings_table,
}


def iso(days: list[int]) -> list[str]:
    """Give days as ISO text, as charts want them."""
    return [from_day(day).isoformat() for day in days]


def month_names(here: Context) -> list[str]:
    """Name the twelve months shortly."""
    return [
        i18n.month(2000, number, here.language)
        .replace("2000", "")
        .replace("年", "")
        .strip()[: 3 if here.language == "en" else 4]
        for number in range(1, 13)
    ]
