"""A sheet per resource: month and year, targets, the line that adds up, the months running on; formulas recompute what is shown."""

from fractions import Fraction

from monitor.domain.periods import from_day
from monitor.i18n import N_
from monitor.reports import _xlsx_charts as charts
from monitor.reports import commentary, words
from monitor.reports._xlsx_pen import Pen, exact, grown, judged, means, per, promise
from monitor.reports.numbers import Data, fraction
from monitor.reports.workbook import Cell, Sheet, at, computed, down, text

THIS, LAST, CHANGE = N_("This year"), N_("Last year"), N_("Change")
COVERAGE, ESTIMATED, DENOMINATOR = N_("Coverage"), N_("Estimated"), N_("Divided by")
MONTH, YEAR, BY_MONTH = N_("In the month"), N_("Year to date"), N_("Use by month")
SO_FAR, SO_FAR_BEFORE, ALLOWED = N_("Sum, this year"), N_("Sum, last year"), N_("Allowed up to then")
TARGETS, ADDS_UP, COURSE = (
    N_("Use against the target"),
    N_("Assessed figure: the line that adds up"),
    N_("{resource}, sum since January, against last year and the target's path"),
)
WIDE = 12  # columns over which titles and sentences run


def resource_sheet(pen: Pen, sheet: Sheet, section: Data) -> None:
    """Fill the sheet of a resource. The months come first in the making: the year's figure is their sum."""
    code = section["resource"]
    sheet.put(0, 0, text(pen.both(code), bold=True, size=15), measure=False)
    period = f"{pen.name(pen.data['unit'])} · {pen.month(pen.data['month'])}"
    sheet.put(1, 0, text(period, colour="#6b7785"), measure=False)
    months = 8 + len(section["intensities"])  # the first of them, below the first table, a blank row and the heading
    below = _compared(pen, sheet, section, months=months)
    after = _months(pen, sheet, section, below + 1)
    after = _targets(pen, sheet, section, after + 1, year=at(5, 1))
    after = _statement(pen, sheet, section, after + 1)
    after = _bases(pen, sheet, section, after + 1)
    _course(pen, sheet, section, (below + 1, after + 1))
    sheet.print_setup(period, pen.both(code), freeze=(3, 1), pages=1)


def _title(sheet: Sheet, row: int, words_: str) -> int:
    sheet.put(row, 0, text(words_, bold=True, size=12), measure=False)
    return row + 1


def _compared(pen: Pen, sheet: Sheet, section: Data, *, months: int) -> int:
    """Write month, year to date and what comes on a person or m²: change and quotient are formulas, the year is the sum of its months."""
    code = section["resource"]
    heads = [*pen.heads(N_("Figure"), THIS, LAST, CHANGE, COVERAGE, ESTIMATED, DENOMINATOR, N_("The same last year"))]
    rows = []
    for row, (label, part) in enumerate(((MONTH, section["month"]), (YEAR, section["year"])), 4):
        now, before = (
            _sum(pen, section, part, which, months) if label == YEAR else None for which in ("now", "before")
        )
        rows.append(
            [
                text(pen.say(label)),
                now or pen.quantity(part["now"]["quantity"], code),
                before or pen.quantity(part["before"]["quantity"], code),
                _change(
                    part["change"], row, exact(part["now"]["quantity"], code), exact(part["before"]["quantity"], code)
                ),
                pen.covered(part["now"]["coverage"]),
                pen.part(part["now"]["estimated"], part["now"]["quantity"]),
                text(""),
                text(""),
            ]
        )
    rows += [_intensity(pen, section, row, 6 + index) for index, row in enumerate(section["intensities"])]
    return sheet.table(3, 0, heads, rows)


def _sum(pen: Pen, section: Data, part: Data, which: str, months: int) -> Cell:
    code, column = section["resource"], 1 if which == "now" else 2
    shown = exact(part[which]["quantity"], code)
    known = [row[which]["quantity"] for row in section["months"] if row[which]["quantity"] is not None]
    formula = f"SUM({down(column, months, months + len(section['months']) - 1)})"
    return computed(formula, shown, exact(sum(known), code) if known else None, pen.quantity(None, code))


def _change(pair: list[int] | None, row: int, now: Fraction | None, before: Fraction | None) -> Cell:
    formula = f"({at(row, 1)}-{at(row, 2)})/{at(row, 2)}"
    return computed(formula, fraction(pair), grown(now, before), Cell(kind="change", digits=1))


def _intensity(pen: Pen, section: Data, row: Data, line: int) -> list[Cell]:
    """Write use per person or m²: the year's figure ÷ the denominator beside it."""
    code = section["resource"]
    fact = next((one for one in pen.data["method"]["denominators"] if one["kind"] == row["kind"]), None)
    values = means(fact)
    of = "m²" if row["kind"] in words.AREAS else pen.say(N_("person"))
    label = f"{pen.say(YEAR)}, {pen.measure(code)}/{of} ({words.word(words.DENOMINATOR, row['kind'], pen.language)})"
    cells: list[Cell] = [text(label)]
    shown = per(row["year"], code), per(row["year_before"], code)
    used = [exact(section["year"][which]["quantity"], code) for which in ("now", "before")]
    for index in (0, 1):
        value, whole = values[index], used[index]
        again = whole / value if value and whole is not None else None
        cells.append(
            computed(f"{at(5, 1 + index)}/{at(line, 6 + index)}", shown[index], again, Cell(kind="number", digits=2))
        )
    cells.append(_change(row["change"], line, *shown))
    return [
        *cells,
        text(""),
        text(""),
        *(Cell(value, "number", 0 if value is None or value.denominator == 1 else 2) for value in values),
    ]


def _months(pen: Pen, sheet: Sheet, section: Data, row: int) -> int:
    code = section["resource"]
    path = _path(section)
    heads = pen.heads(N_("Month"), THIS, LAST, CHANGE, COVERAGE, ESTIMATED, SO_FAR, SO_FAR_BEFORE)
    heads += pen.heads(ALLOWED) if path else []
    rows = []
    sums: list[Fraction | None] = [Fraction(0), Fraction(0)]
    for index, part in enumerate(section["months"]):
        line = row + 1 + index
        values = [exact(part[which]["quantity"], code) for which in ("now", "before")]
        cells = [
            text(pen.month(part["month"])),
            *(pen.quantity(part[which]["quantity"], code) for which in ("now", "before")),
        ]
        able = all((fraction(part[which]["coverage"]) or 0) >= Fraction(95, 100) for which in ("now", "before"))
        shown = grown(*values) if able else None
        cells.append(_change(None if shown is None else [shown.numerator, shown.denominator], line, *values))
        cells += [pen.covered(part["now"]["coverage"]), pen.part(part["now"]["estimated"], part["now"]["quantity"])]
        for which, value in enumerate(values):
            so_far = sums[which]
            sums[which] = so_far = None if value is None or so_far is None else so_far + value
            formula = f"SUM({down(1 + which, row + 1, line)})"
            known = so_far is not None  # what is missing leaves a gap in the line, and all after it
            cells.append(computed(formula, so_far, so_far, pen.quantity(None, code)) if known else text(""))
        cells += [pen.quantity(path.get(part["month"]), code)] if path else []
        rows.append(cells)
    ahead = [month for month in sorted(path) if month > len(section["months"])]
    rows += [[text(pen.month(month)), *[text("")] * 7, pen.quantity(path[month], code)] for month in ahead]
    return sheet.table(row, 0, heads, rows)


def _path(section: Data) -> dict[int, int]:
    """Give what the first target allows up to the end of each month; empty where the report does not say."""
    found = section["targets"][0].get("path", []) if section["targets"] else []
    return {from_day(day).month: allowed for day, allowed in found}


def _targets(pen: Pen, sheet: Sheet, section: Data, row: int, *, year: str) -> int:
    if not section["targets"]:
        sheet.put(row, 0, text(pen.say(N_("No target set"))), measure=False)
        return row + 1
    row = _title(sheet, row, pen.say(TARGETS))
    heads = pen.heads(
        N_("Target"), N_("Baseline year"), N_("Allowance of the year"), N_("Allowed by now"), N_("Used so far"),
        N_("Pace"), N_("Remaining"), N_("Remaining per day"), N_("Forecast for the year"), N_("Forecast, lower end"),
        N_("Forecast, upper end"), N_("Used up on"), N_("Status"),
    )  # fmt: skip
    rows = [_target(pen, section, target, row + 1 + index, year) for index, target in enumerate(section["targets"])]
    row = sheet.table(row, 0, heads, rows)
    for target in section["targets"]:
        for reason in commentary.reason_texts(target["reasons"], pen.language):
            sheet.line(row, reason, WIDE, colour="#6b7785")
            row += 1
    return row


def _target(pen: Pen, section: Data, target: Data, line: int, year: str) -> list[Cell]:
    """Write a target: pace = used ÷ allowed, remaining = allowance − used."""
    code, known = section["resource"], judged(target)
    used = exact(target["used"]["quantity"], code)
    allowance, allowed = exact(target["allowance"], code), exact(target["allowed"], code)
    pace = used / allowed if used is not None and allowed else None
    left = allowance - used if used is not None and allowance is not None else None
    total = exact(section["year"]["now"]["quantity"], code)

    def shown(key: str) -> Cell:
        return pen.quantity(target[key] if known else None, code)

    return [
        text(promise(pen, target, code)),
        pen.quantity(target["baseline"]["quantity"], code),
        pen.quantity(target["allowance"], code),
        pen.quantity(target["allowed"], code),
        computed(year, used, total, pen.quantity(None, code)),
        computed(f"{at(line, 4)}/{at(line, 3)}", fraction(target["pace"]) if known else None, pace, pen.percent(None)),
        computed(
            f"{at(line, 2)}-{at(line, 4)}",
            exact(target["remaining"], code) if known else None,
            left,
            pen.quantity(None, code),
        ),
        *(shown(key) for key in ("remaining_per_day", "forecast", "forecast_low", "forecast_high")),
        pen.day(target["runs_out"] if known and not target["closed"] else None),
        pen.status(target["status"]),
    ]


def _statement(pen: Pen, sheet: Sheet, section: Data, row: int) -> int:
    """Write the line that adds up: total = counted + deducted + not allocated."""
    code, line = section["resource"], section["statement"]
    row = _title(sheet, row, f"{pen.say(ADDS_UP)} · {pen.say(MONTH)}")
    parts = ("counted", "deducted", "not_allocated")
    again = exact(sum(line[part]["quantity"] or 0 for part in parts), code)
    total = f"SUM({down(1, row + 2, row + 4)})"
    rows = [
        [
            text(pen.say(N_("Total"))),
            computed(total, exact(line["total"]["quantity"], code), again, pen.quantity(None, code)),
        ]
    ]
    labels = (N_("Counted"), N_("Deducted"), N_("Not allocated"))
    rows += [
        [text(pen.say(label)), pen.quantity(line[part]["quantity"], code)]
        for label, part in zip(labels, parts, strict=True)
    ]
    for cells, part in zip(rows, ("total", *parts), strict=True):
        cells.append(pen.covered(line[part]["coverage"]))
    for purpose, amount in line["purposes"].items():
        named = f"{pen.say(N_('of which deducted:'))} {words.word(words.PURPOSE, purpose, pen.language)}"
        rows.append([text(named), pen.quantity(amount["quantity"], code), pen.covered(amount["coverage"])])
    return sheet.table(row, 0, pen.heads(N_("Part"), N_("Used"), COVERAGE), rows)


def _bases(pen: Pen, sheet: Sheet, section: Data, row: int) -> int:
    """Write the bases of a resource that is measured in several ways, where the report has them."""
    found = section.get("bases")
    if not found:
        return row
    code = section["resource"]
    row = _title(sheet, row, pen.say(N_("Bases of paper side by side")))
    heads = pen.heads(N_("Basis"), MONTH, COVERAGE, N_("Difference"), YEAR, COVERAGE, N_("Difference"))
    rows = []
    for month, year in zip(found["month"]["bases"], found["year"]["bases"], strict=False):
        counts = f" ({pen.say(N_('counts'))})" if month["counts"] else ""
        cells = [text(words.word(words.BASIS, month["basis"], pen.language) + counts)]
        for one in (month, year):
            cells += [pen.quantity(one["amount"]["quantity"], code), pen.covered(one["amount"]["coverage"])]
            cells.append(text("") if one["counts"] else pen.quantity(one["difference"], code))
        rows.append(cells)
    return sheet.table(row, 0, heads, rows)


def _course(pen: Pen, sheet: Sheet, section: Data, place: tuple[int, int]) -> None:
    head, chart_row = place
    last = max([len(section["months"]), *_path(section)])
    rows = charts.Range(head, head + 1, head + last, 0)
    series = [charts.Series(6, charts.NOW), charts.Series(7, charts.BEFORE)]
    series += [charts.Series(8, charts.PATH, dashed=True)] if _path(section) else []
    code = section["resource"]
    title = pen.say(COURSE, resource=pen.resource(code))
    drawn = charts.lines(sheet, rows, series, title=title, measure=pen.measure(code))
    drawn.set_size({"width": 1000, "height": 340})
    sheet.paper.insert_chart(chart_row, 0, drawn, {"object_position": 3})
