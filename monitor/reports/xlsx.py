"""A report's data as an Excel workbook: the figures of the page as numbers, and formulas that recompute them."""

import hashlib
from datetime import datetime
from fractions import Fraction

from monitor import i18n
from monitor.i18n import N_
from monitor.reports import _xlsx_charts as charts
from monitor.reports import commentary
from monitor.reports._xlsx_pen import GREY, Pen, exact, grown, judged, promise
from monitor.reports._xlsx_resource import resource_sheet
from monitor.reports._xlsx_trust import method_sheet, quality_sheet
from monitor.reports._xlsx_units import exceptions_sheet, units_sheet
from monitor.reports.numbers import Data, canonical, fraction
from monitor.reports.workbook import Book, Cell, Sheet, at, computed, down, text

FORMAT = "xlsx"
TITLE = N_("Monthly report on saving targets")
SUMMARY, UNITS, MONTHS = N_("Summary"), N_("Units"), N_("Months")
EXCEPTIONS, QUALITY, METHOD = N_("Exceptions"), N_("Data quality"), N_("Method")
BY_MONTH = N_("{resource} by month, {year} beside {before}, {measure}")
TALLY = ("met", "on_track", "at_risk", "behind", "missed", "used_up", "not_judged")
STANDING = (
    N_("Resource"), N_("Measure"), N_("In the month"), N_("Same month last year"), N_("Change, month"), N_("Year to date"),
    N_("Same days last year"), N_("Change, year to date"), N_("Target"), N_("Allowed by now"), N_("Pace"), N_("Allowance of the year"),
    N_("Remaining"), N_("Forecast for the year"), N_("Coverage"), N_("Status"),
)  # fmt: skip


def render(data: Data, language: str, *, version: int = 0, made_at: datetime | None = None) -> bytes:
    """Render a report as XLSX; the same data, language, version and moment give the same bytes.

    `made_at` is shown in the zone that it carries. Version 0 is a draft that is not in the archive.
    """
    pen = Pen(data, language)
    fingerprint = hashlib.sha256(canonical(data).encode()).hexdigest()
    book = Book(f"{pen.say(TITLE)} · {pen.name(data['unit'])} · {pen.month(data['month'])}")
    first = book.sheet(pen.say(SUMMARY))
    below = _summary(pen, first, version, made_at)
    units_sheet(pen, book.sheet(pen.say(UNITS)))
    months = book.sheet(pen.say(MONTHS))
    row = _months(pen, months)
    for sheet, place in ((first, below), (months, row)):
        _charts(pen, months, sheet, place)
    for section in data["resources"]:
        resource_sheet(pen, book.sheet(pen.resource(section["resource"])), section)
    exceptions_sheet(pen, book.sheet(pen.say(EXCEPTIONS)))
    quality_sheet(pen, book.sheet(pen.say(QUALITY)))
    method_sheet(pen, book.sheet(pen.say(METHOD)), fingerprint)
    return book.close()


def _stamp(pen: Pen, version: int, made_at: datetime | None) -> str:
    first, last = commentary.day(pen.data["start"], pen.language), commentary.day(pen.data["as_of"], pen.language)
    parts = [pen.say(N_("Counted from {start} to {end}"), start=first, end=last)]
    if not pen.data["complete"]:
        parts.append(pen.say(N_("month not complete")))
    if made_at is not None:
        parts.append(pen.say(N_("made on {moment}"), moment=i18n.moment(made_at, pen.language)))
    number = N_("version {number}")
    parts.append(pen.say(number, number=version) if version else pen.say(N_("draft, not archived")))
    return " · ".join(parts)


def _summary(pen: Pen, sheet: Sheet, version: int, made_at: datetime | None) -> int:
    """Fill the page for who reads one page: how each resource stands, in figures and in a sentence, and the line that adds up."""
    name, month = pen.name(pen.data["unit"]), pen.month(pen.data["month"])
    sheet.put(0, 0, text(pen.say(TITLE), bold=True, size=18), measure=False)
    sheet.put(1, 0, text(f"{name} · {month}", bold=True, size=13), measure=False)
    stamp = _stamp(pen, version, made_at)
    sheet.put(2, 0, text(stamp, colour=GREY), measure=False)
    rows = [(section, target) for section in pen.data["resources"] for target in (section["targets"] or [None])]
    cells = [_standing(pen, section, target, 5 + index) for index, (section, target) in enumerate(rows)]
    row = sheet.table(4, 0, pen.heads(*STANDING), cells) + 1
    for section in pen.data["resources"]:
        for sentence in commentary.headline(section, pen.data["as_of"], pen.language):
            sheet.line(row, f"• {sentence}", len(STANDING))
            row += 1
    if pen.data["unmetered"]:
        missing = ("、" if pen.language == "zh" else ", ").join(pen.resource(code) for code in pen.data["unmetered"])
        sheet.line(row, f"• {pen.say(N_('Not metered and without target:'))} {missing}", len(STANDING), colour=GREY)
        row += 1
    row = _adds_up(pen, sheet, row + 1)
    row = _tally(pen, sheet, row + 1)
    sheet.print_setup(f"{name} · {month}", stamp, freeze=(5, 1), pages=1)
    return row + 1


def _standing(pen: Pen, section: Data, target: Data | None, line: int) -> list[Cell]:
    code = section["resource"]
    cells = [text(pen.resource(code), bold=True), text(pen.measure(code))]
    for column, part in ((2, section["month"]), (5, section["year"])):
        now, before = (exact(part[which]["quantity"], code) for which in ("now", "before"))
        formula = f"({at(line, column)}-{at(line, column + 1)})/{at(line, column + 1)}"
        cells += [pen.quantity(part[which]["quantity"], code) for which in ("now", "before")]
        cells.append(computed(formula, fraction(part["change"]), grown(now, before), pen.change(None)))
    coverage = pen.covered(section["month"]["now"]["coverage"])
    if target is None:
        return [*cells, text(pen.say(N_("No target set"))), *[text("")] * 5, coverage, text("")]
    known = judged(target)
    used = exact(target["used"]["quantity"], code)
    allowance, allowed = exact(target["allowance"], code), exact(target["allowed"], code)
    same = target["used"]["quantity"] == section["year"]["now"]["quantity"] and used is not None
    pace = used / allowed if same and used is not None and allowed else None
    left = allowance - used if same and used is not None and allowance is not None else None
    return [
        *cells,
        text(promise(pen, target, code)),
        pen.quantity(target["allowed"], code),
        computed(f"{at(line, 5)}/{at(line, 9)}", fraction(target["pace"]) if known else None, pace, pen.percent(None)),
        pen.quantity(target["allowance"], code),
        computed(
            f"{at(line, 11)}-{at(line, 5)}",
            exact(target["remaining"], code) if known else None,
            left,
            pen.quantity(None, code),
        ),
        pen.quantity(target["forecast"] if known else None, code),
        coverage,
        pen.status(target["status"]),
    ]


def _adds_up(pen: Pen, sheet: Sheet, row: int) -> int:
    """Write total = counted + deducted + not allocated for each resource, the total as a formula."""
    title = f"{pen.say(N_('Assessed figure: the line that adds up'))} · {pen.say(N_('In the month'))}"
    sheet.put(row, 0, text(title, bold=True, size=12), measure=False)
    parts = ("counted", "deducted", "not_allocated")
    heads = pen.heads(N_("Resource"), N_("Measure"), N_("Total"), N_("Counted"), N_("Deducted"), N_("Not allocated"))
    rows = []
    for line, section in enumerate(pen.data["resources"], row + 2):
        code, amounts = section["resource"], section["statement"]
        again = exact(sum(amounts[part]["quantity"] or 0 for part in parts), code)
        total = computed(
            f"SUM({at(line, 3)}:{at(line, 5)})",
            exact(amounts["total"]["quantity"], code),
            again,
            pen.quantity(None, code),
        )
        rows.append(
            [
                text(pen.resource(code), bold=True),
                text(pen.measure(code)),
                total,
                *(pen.quantity(amounts[part]["quantity"], code) for part in parts),
            ]
        )
    return sheet.table(row + 1, 0, heads, rows)


def _tally(pen: Pen, sheet: Sheet, row: int) -> int:
    tally = pen.data["board"]["tally"]
    if not tally:
        return row
    sheet.put(row, 0, text(pen.say(N_("Targets of the units below:")), bold=True, size=12), measure=False)
    found = [code for code in TALLY if code in tally]
    rows = [[pen.status(code), Cell(Fraction(tally[code]), "number")] for code in found]
    below = sheet.table(row + 1, 0, pen.heads(N_("Status"), N_("Number")), rows)
    total = Fraction(sum(tally.values()))
    sheet.put(below, 0, text(pen.say(N_("Sum")), bold=True))
    formula = f"SUM({down(1, row + 2, below - 1)})"
    sheet.put(below, 1, Cell(total, "number", formula=formula, bold=True))
    return below + 1


def _months(pen: Pen, sheet: Sheet) -> int:
    """Fill the months: each resource beside last year, changes and sums as formulas; gives the row for the charts."""
    sheet.put(0, 0, text(pen.say(N_("Use by month")), bold=True, size=15), measure=False)
    sections, year = pen.data["resources"], pen.data["year"]
    heads = pen.heads(N_("Month"))
    for section in sections:
        named = pen.both(section["resource"])
        heads += [
            f"{named} {year}",
            f"{named} {year - 1}",
            f"{pen.resource(section['resource'])} · {pen.say(N_('Change'))}",
        ]
    count = max((len(section["months"]) for section in sections), default=0)
    rows = [[text(pen.month(number + 1))] for number in range(count)]
    for place, section in enumerate(sections):
        for index, part in enumerate(section["months"]):
            rows[index] += _month(pen, section["resource"], part, 3 + index, 1 + 3 * place)
    below = sheet.table(2, 0, heads, rows)
    _sums(pen, sheet, below, count)
    sheet.print_setup(pen.name(pen.data["unit"]), str(year), freeze=(3, 1), pages=1)
    return below + 3


def _charts(pen: Pen, months: Sheet, sheet: Sheet, row: int) -> None:
    """Put the months of each resource as columns on a sheet, two charts side by side."""
    year = pen.data["year"]
    for place, section in enumerate(pen.data["resources"]):
        if not section["months"]:
            continue
        code, column = section["resource"], 1 + 3 * place
        fields = {"resource": pen.resource(code), "year": year, "before": year - 1, "measure": pen.measure(code)}
        series = (charts.Series(column + 1, charts.BEFORE), charts.Series(column, charts.NOW))
        rows = charts.Range(2, 3, 2 + len(section["months"]), 0)
        drawn = charts.columns(months, rows, series, title=pen.say(BY_MONTH, **fields), measure=pen.measure(code))
        drawn.set_size({"width": 560, "height": 300})
        where = {"object_position": 3, "x_offset": 570 * (place % 2)}
        sheet.paper.insert_chart(row + 16 * (place // 2), 0, drawn, where)


def _month(pen: Pen, code: str, part: Data, line: int, column: int) -> list[Cell]:
    now, before = (exact(part[which]["quantity"], code) for which in ("now", "before"))
    able = all((fraction(part[which]["coverage"]) or 0) >= Fraction(95, 100) for which in ("now", "before"))
    moved = grown(now, before) if able else None
    formula = f"({at(line, column)}-{at(line, column + 1)})/{at(line, column + 1)}"
    return [
        *(pen.quantity(part[which]["quantity"], code) for which in ("now", "before")),
        computed(formula, moved, moved, pen.change(None)),
    ]


def _sums(pen: Pen, sheet: Sheet, row: int, count: int) -> None:
    if not count:
        return
    sheet.put(row, 0, text(pen.say(N_("Sum")), bold=True))
    for place, section in enumerate(pen.data["resources"]):
        code = section["resource"]
        for offset, which in enumerate(("now", "before")):
            known = [part[which]["quantity"] for part in section["months"] if part[which]["quantity"] is not None]
            column = 1 + 3 * place + offset
            total = exact(sum(known), code) if known else None
            like = Cell(kind="number", bold=True)
            sheet.put(row, column, computed(f"SUM({down(column, 3, 2 + count)})", total, total, like))
