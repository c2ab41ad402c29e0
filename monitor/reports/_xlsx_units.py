"""Sheets on units: the board with ranking and distance to the own target, and the exceptions in words."""

from fractions import Fraction

from monitor.i18n import N_
from monitor.reports import _xlsx_charts as charts
from monitor.reports import commentary, words
from monitor.reports._xlsx_pen import GREY, Pen, exact, promise
from monitor.reports.numbers import Data, fraction
from monitor.reports.workbook import Cell, Sheet, at, computed, text

DRAWN, CHART = 40, 480  # bars in a chart, its width
HEADS = (
    N_("Resource"), N_("Rank"), N_("Unit"), N_("Code"), N_("Status"), N_("Indicator"), N_("Measure"),
    N_("Used so far"), N_("Allowed by now"), N_("Remaining"), N_("Distance"), N_("Coverage"), N_("Reason"),
)  # fmt: skip
USED, ALLOWED, LEFT, DISTANCE = 7, 8, 9, 10
NOTHING = N_("Nothing: every judged target is kept, no month jumps, all meters reported.")
KINDS = {"rise": N_("Rise in the month"), "fall": N_("Fall in the month"), "silent": N_("Silent meters")}
MEANING = N_(
    "Distance: used so far against allowed by now; minus is below the allowance. Units that are not judged have no rank. For internal use."
)


def units_sheet(pen: Pen, sheet: Sheet) -> None:
    """Fill the board: units directly below, ranked by resource; distance and remaining are formulas."""
    sheet.put(0, 0, text(pen.say(N_("Ranking by distance to the own target")), bold=True, size=15), measure=False)
    sheet.put(1, 0, text(pen.say(MEANING), colour=GREY), measure=False)
    rows: list[list[Cell]] = []
    spans = []
    for ranking in pen.data["board"]["rankings"]:
        first = 4 + len(rows)
        for item in [*ranking["rows"], *ranking["unranked"]]:
            rows.append(_line(pen, ranking["resource"], item, 4 + len(rows)))
        drawn = [fraction(item["distance"]) for item in ranking["rows"][:DRAWN]]
        spans.append((ranking["resource"], first, drawn))
    if not rows:
        said = N_("No unit directly below has a target of its own.")
        sheet.put(3, 0, text(pen.say(said)), measure=False)
        sheet.print_setup(pen.name(pen.data["unit"]), "")
        return
    below = sheet.table(3, 0, pen.heads(*HEADS), rows)
    _charts(pen, sheet, spans, below + 1)
    sheet.print_setup(pen.name(pen.data["unit"]), pen.month(pen.data["month"]), repeat=3, freeze=(4, 3))


def _line(pen: Pen, code: str, item: Data, line: int) -> list[Cell]:
    ranked = "rank" in item
    used, allowed = exact(item["used"]["quantity"], code), exact(item["allowed"], code)
    able = ranked and used is not None and allowed is not None
    away = used / allowed - 1 if able and used is not None and allowed else None
    left = allowed - used if able and used is not None and allowed is not None else None
    quiet = commentary.reason_texts(item["reasons"], pen.language) or [pen.say(N_("no comparable figure"))]
    return [
        text(pen.resource(code)),
        Cell(Fraction(item["rank"]) if ranked else None, "number", centred=True),
        text(pen.name(item["unit"])),
        text(item["unit"]["code"]),
        pen.status(item["status"] if ranked else "not_judged"),
        text(words.word(words.INDICATOR, item["indicator"], pen.language)),
        text(pen.measure(code)),
        pen.quantity(item["used"]["quantity"], code),
        pen.quantity(item["allowed"] if ranked else None, code),
        computed(f"{at(line, ALLOWED)}-{at(line, USED)}", left, left, Cell(kind="number")),
        computed(f"{at(line, USED)}/{at(line, ALLOWED)}-1", fraction(item["distance"]), away, pen.change(None)),
        pen.covered(item["used"]["coverage"]),
        text("" if ranked else pen.joint.join(quiet)),
    ]


def _charts(pen: Pen, sheet: Sheet, spans: list[tuple[str, int, list[Fraction | None]]], row: int) -> None:
    """Put the rankings as bars on a page of their own, side by side."""
    sheet.paper.set_h_pagebreaks([row])
    place = 0
    for code, first, values in spans:
        if not values:
            continue
        rows = charts.Range(3, first, first + len(values) - 1, 2)
        title = f"{pen.resource(code)} · {pen.say(N_('Distance'))}"
        drawn = charts.bars(sheet, rows, charts.Series(DISTANCE, charts.BAD), title=title, values=values)
        drawn.set_size({"width": CHART, "height": max(220, 110 + 24 * len(values))})
        sheet.paper.insert_chart(row, 0, drawn, {"object_position": 3, "x_offset": (CHART + 10) * place})
        place += 1


def exceptions_sheet(pen: Pen, sheet: Sheet) -> None:
    """Fill the exceptions: each with kind, amount, period and the sentences of the report."""
    found = pen.data["exceptions"]
    sheet.put(0, 0, text(pen.say(N_("What needs attention")), bold=True, size=15), measure=False)
    heads = pen.heads(
        N_("No."), N_("Unit"), N_("Resource"), N_("Kind"), N_("From"), N_("To"), N_("Amount"), N_("Measure"), N_("What was found")
    )  # fmt: skip
    if not found["items"]:
        sheet.put(2, 0, text(pen.say(NOTHING)), measure=False)
        sheet.print_setup(pen.name(pen.data["unit"]), pen.month(pen.data["month"]))
        return
    sheet.fixed[8] = 90
    below = sheet.table(2, 0, heads, [_exception(pen, item, number) for number, item in enumerate(found["items"], 1)])
    if found["count"] > len(found["items"]):
        more = pen.say(N_("and {count} more, see the overview page"), count=found["count"] - len(found["items"]))
        sheet.put(below, 0, text(more, colour=GREY), measure=False)
    sheet.print_setup(pen.name(pen.data["unit"]), pen.month(pen.data["month"]), repeat=2, freeze=(3, 0))


def _exception(pen: Pen, item: Data, number: int) -> list[Cell]:
    code, target = item["resource"], item.get("target")
    kind = pen.status(item["code"]) if target is not None else text(pen.say(KINDS[item["code"]]), bold=True)
    amount = item["over"] if target is not None and item["code"] != "not_judged" else item.get("difference")
    what = pen.joint.join(commentary.sentences(item, pen.language))
    named = pen.resource(code) + (f" · {promise(pen, target, code)}" if target is not None else "")
    return [
        Cell(Fraction(number), "number", centred=True),
        text(pen.name(item["unit"])),
        text(named),
        kind,
        pen.day(item["start"]),
        pen.day(item["end"] - 1),
        pen.quantity(amount, code),
        text(pen.measure(code)),
        text(what, wrap=True),
    ]
