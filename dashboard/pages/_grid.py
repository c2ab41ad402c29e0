"""The tables of the data page: the grid of months, the days of a month, the calendar of a year, holes, changes, events."""

from datetime import UTC, datetime
from typing import Any

from dashboard.components.links import address
from dashboard.components.tables import Column, Table
from dashboard.context import Context
from dashboard.data_actions import FORMS
from monitor import i18n
from monitor.domain.periods import Month, from_day
from monitor.domain.resources import resource as resource_of
from monitor.i18n import N_
from monitor.queries._expected import Cell, DayRow
from monitor.queries.calendar import Gap
from monitor.queries.deliveries import COMPLETE, MISSING, NOT_DUE, NOT_EXPECTED, PARTIAL, GridRow
from monitor.queries.overlays import Event, Overlay
from monitor.queries.scope import name

SIGNS = {COMPLETE: "●", PARTIAL: "◐", MISSING: "✖", NOT_DUE: "…", NOT_EXPECTED: "–"}
TONES = {COMPLETE: "good", PARTIAL: "warn", MISSING: "bad", NOT_DUE: "none", NOT_EXPECTED: "none"}
WORDS = {
    COMPLETE: N_("complete"),
    PARTIAL: N_("partial"),
    MISSING: N_("missing"),
    NOT_DUE: N_("not due yet"),
    NOT_EXPECTED: N_("not expected"),
}
CHANGES = {
    "void": N_("left out"),
    "replace": N_("replaced"),
    "estimate": N_("estimated"),
    "entry": N_("entered by hand"),
}
EVENTS = {"replacement": N_("replacement"), "reset": N_("reset"), "multiplier": N_("multiplier")}
UNIT, METERS = N_("Unit"), N_("Meters")


def percent(here: Context, cell: Cell) -> str:
    """Say how much came, cut off and never rounded up."""
    share = cell.covered * 1000 // cell.expected if cell.expected else 0
    return i18n.number(share / 10, here.language, 0 if share % 10 == 0 else 1) + "%"


def text_of(here: Context, cell: Cell) -> str:
    """Say a cell: its sign, and how much came where that is not all or nothing."""
    return f"{SIGNS[cell.state]} {percent(here, cell)}" if cell.state == PARTIAL else SIGNS[cell.state]


def legend(here: Context) -> str:
    """Say what the signs mean."""
    return "　".join(f"{sign} {here.say(WORDS[state])}" for state, sign in SIGNS.items())


def months(here: Context, rows: list[GridRow], year: int, query: dict[str, object]) -> Table:
    """Give the grid: unit (indented by depth), meters, twelve months; each cell leads to the days of its month."""
    names = [i18n.month(year, number, here.language) for number in range(1, 13)]
    short = [text.split(" ")[0][:3] if here.language == "en" else text.split("年")[-1] for text in names]
    columns = (
        Column(here.say(UNIT), "link"),
        Column(here.say(METERS), "number"),
        *(Column(text, "link") for text in short),
    )
    lines = []
    for row in rows:
        again = {**query, "unit": row.unit.code, "year": year}
        cells = [
            (text_of(here, cell), address("/data", **again, month=number) if cell.expected else "", TONES[cell.state])
            for number, cell in enumerate(row.cells, 1)
        ]
        label = "　" * row.unit.depth + name(row.unit, here.language)
        lines.append(((label, address("/data", **again)), row.meters, *cells))
    return Table(columns, lines)


def month_days(here: Context, rows: list[DayRow], month: Month, query: dict[str, object]) -> Table:
    """Give the meters over the days of a month; each cell leads to the forms of its meter, filled in for its day."""
    columns = (
        Column(here.say(N_("Meter")), "link"),
        *(Column(str(number), "link") for number in range(1, month.end - month.start + 1)),
    )
    lines = []
    for row in rows:
        again = {**query, "meter": row.meter_id, "month": month.month}
        cells = []
        for index, cell in enumerate(row.cells):
            day = from_day(row.first + index).isoformat()
            text = percent(here, cell) if cell.state == PARTIAL else SIGNS[cell.state]
            goal = address("/data", **again, day=day) if cell.expected else ""
            cells.append((text, goal, TONES[cell.state]))
        label = f"{row.code} {row.name_zh if here.language == 'zh' else row.name_en}"
        lines.append(((label, address("/data", **again)), *cells))
    return Table(columns, lines)


def year_days(here: Context, cells: list[Cell], year: int, query: dict[str, object]) -> Table:
    """Give the calendar of a year: a line for each month, a column for each day of the month, coverage in percent."""
    columns = (
        Column(here.say(N_("Month")), "link"),
        *(Column(str(number), "link") for number in range(1, 32)),
    )
    first, lines = Month(year, 1).start, []
    for number in range(1, 13):
        month = Month(year, number)
        again = {**query, "month": number, "year": year}
        line: list[Any] = [(i18n.month(year, number, here.language), address("/data", **again))]
        for day in range(month.start, month.start + 31):
            if day >= month.end:
                line.append(("", ""))
                continue
            cell = cells[day - first]
            known = cell.state in {COMPLETE, PARTIAL, MISSING}
            text = percent(here, cell).removesuffix("%") if known else SIGNS[cell.state]
            goal = address("/data", **again, day=from_day(day).isoformat()) if cell.state in {PARTIAL, MISSING} else ""
            line.append((text, goal, TONES[cell.state]))
        lines.append(line)
    return Table(columns, lines)


def gaps(here: Context, rows: list[Gap], query: dict[str, object]) -> Table:
    """Give the holes: meter, from, to, days, hours lacking, last receipt before, source, and the way to the form."""
    columns = (
        Column(here.say(N_("Meter")), "link"),
        Column(here.say(N_("From")), "day"),
        Column(here.say(N_("To")), "day"),
        Column(here.say(N_("Days")), "number"),
        Column(here.say(N_("Hours lacking")), "number"),
        Column(here.say(N_("Last receipt before")), "link"),
        Column(here.say(N_("Source"))),
        Column("", "link"),
    )
    lines = []
    for gap in rows:
        day = from_day(gap.first)
        form = address("/data", **{**query, "month": day.month, "meter": gap.meter_id, "day": day.isoformat()})
        receipt = (
            None
            if gap.run_id is None
            else (f"#{gap.run_id} {gap.document}".strip(), address("/receipt", run=gap.run_id))
        )
        label = f"{gap.code} {gap.name_zh if here.language == 'zh' else gap.name_en}"
        meter = (label, address("/meter", meter=gap.meter_id))
        length = gap.last - gap.first + 1
        lines.append(
            (
                meter,
                gap.first,
                gap.last,
                length,
                gap.seconds // 3600,
                receipt,
                gap.source or None,
                (here.say(FILL), form),
            )
        )
    return Table(columns, lines)


FILL = N_("Fill or correct")


def changes(here: Context, rows: list[Overlay], code: str) -> Table:
    """Give corrections, estimates and hand readings: what, meter, period, before, after, why, who, when, withdrawn."""
    columns = (
        Column(here.say(N_("What"))),
        Column(here.say(N_("Meter")), "link"),
        Column(here.say(N_("From")), "moment"),
        Column(here.say(N_("To")), "moment"),
        Column(here.say(N_("Before")), "quantity", code, 2),
        Column(here.say(N_("After")), "quantity", code, 2),
        Column(here.say(N_("Readings left out")), "number"),
        Column(here.say(N_("Reason"))),
        Column(here.say(N_("Who"))),
        Column(here.say(N_("When")), "moment"),
        Column(here.say(N_("Withdrawn"))),
    )
    lines = [
        (
            here.say(CHANGES.get(row.kind, row.kind)),
            (row.code, address("/meter", meter=row.meter_id)),
            None if row.start == row.end else _at(here, row.start),
            _at(here, row.end),
            row.before,
            row.after,
            row.count if row.kind == "void" else None,
            row.reason,
            row.actor,
            here.local(row.created_at),
            here.say(N_("withdrawn")) if row.withdrawn else "",
        )
        for row in rows
    ]
    return Table(columns, lines)


def _at(here: Context, instant: int) -> datetime | None:
    return here.local(datetime.fromtimestamp(instant, UTC))


def events(here: Context, rows: list[Event], code: str) -> Table:
    """Give meter changes: what, meter, when, last and first value, note, who."""
    columns = (
        Column(here.say(N_("What"))),
        Column(here.say(N_("Meter")), "link"),
        Column(here.say(N_("When")), "moment"),
        Column(here.say(N_("Last value of the old"))),
        Column(here.say(N_("First value of the new"))),
        Column(here.say(N_("Note"))),
        Column(here.say(N_("Who"))),
    )
    return Table(
        columns,
        [
            (
                here.say(EVENTS.get(row.kind, row.kind)),
                (row.code, address("/meter", meter=row.meter_id)),
                here.local(row.at),
                _value(here, row, row.final_value, code),
                _value(here, row, row.initial_value, code),
                row.note,
                row.actor,
            )
            for row in rows
        ],
    )


def _value(here: Context, row: Event, value: int | None, code: str) -> str | None:
    if value is None:
        return None
    if row.kind == "multiplier":
        return str(value)
    return i18n.quantity(value, code, here.language, digits=max(resource_of(code).digits, 2))


def form_names(here: Context) -> dict[str, str]:
    """Name the forms."""
    return {kind: here.say(title) for kind, title in FORMS.items()}
