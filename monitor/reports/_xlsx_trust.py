"""Sheets on how far the figures can be trusted and how they were made: data quality, method."""

from fractions import Fraction

from monitor import i18n
from monitor.domain.periods import from_day
from monitor.i18n import N_
from monitor.reports import words
from monitor.reports._xlsx_pen import GREY, Pen, means
from monitor.reports.numbers import Data
from monitor.reports.workbook import Cell, Sheet, text

TERMS = (
    (N_("Coverage"), N_("The measured share of what should have been measured; a big meter's gap counts as a big gap. A missing reading is never a saving: below the least coverage a target is not judged.")),
    (N_("Estimated"), N_("The share of the figure that was estimated or spread over days, for want of readings at the right moments.")),
    (N_("Allowed by now"), N_("The part of the year's allowance that falls on the days gone by, following the baseline year's own months, workdays and days off.")),
    (N_("Pace"), N_("Used so far divided by allowed by now; above 100% more was used than allowed.")),
    (N_("Change"), N_("(This year − last year) ÷ last year for the same days; minus is a fall. Not stated where less than 95% of either was measured: a gap must not look like a saving.")),
    (N_("Not allocated"), N_("Targets are judged on what is counted; dormitories, charging piles and the like are deducted; what no share gives to a unit is not allocated. The three add up to the total.")),
    (N_("Formulas"), N_("Sums, changes, pace, remainders and figures per person or m² are formulas over the figures beside them; they give what the report printed.")),
)  # fmt: skip


def quality_sheet(pen: Pen, sheet: Sheet) -> None:
    """Fill data quality: coverage by month, meters that said nothing or too little, files, refused rows, silent sources."""
    quality = pen.data["quality"]
    sheet.put(0, 0, text(pen.say(N_("Data quality")), bold=True, size=15), measure=False)
    rows = [
        [
            text(pen.resource(item["resource"])),
            text(pen.month(row["month"])),
            pen.covered(row["coverage"]),
            pen.percent(row["estimated"]),
        ]
        for item in quality["resources"]
        for row in item["months"]
    ]
    heads = pen.heads(N_("Resource"), N_("Month"), N_("Coverage"), N_("Estimated"))
    row = sheet.table(2, 0, heads, rows) + 1
    row = _meters(pen, sheet, row)
    if "closing" in quality:
        row = _closed(pen, sheet, row, quality["closing"])
    if quality["deliveries"] is not None:
        row = _deliveries(pen, sheet, row, quality["deliveries"])
    sheet.print_setup(pen.name(pen.data["unit"]), pen.month(pen.data["month"]), freeze=(3, 0))


def _meters(pen: Pen, sheet: Sheet, row: int) -> int:
    found = pen.data["quality"]["resources"]
    heads = pen.heads(N_("Resource"), N_("Meters"), N_("Meters without reading"), N_("Meters with gaps"))
    counts = [
        [
            text(pen.resource(item["resource"])),
            *(Cell(Fraction(item[key]), "number") for key in ("meters", "silent_count", "gap_count")),
        ]
        for item in found
    ]
    row = sheet.table(row, 0, heads, counts) + 1
    rows = []
    for item in found:
        named = text(pen.resource(item["resource"]))
        for kind, meters in ((N_("without reading"), item["silent"]), (N_("with gaps"), item["gaps"])):
            rows += [
                [
                    named,
                    text(meter["code"]),
                    text(pen.name(meter)),
                    text(pen.say(kind)),
                    pen.covered(meter.get("coverage")),
                ]
                for meter in meters
            ]
    heads = pen.heads(N_("Resource"), N_("Meter"), N_("Name"), N_("Finding"), N_("Coverage"))
    return sheet.table(row, 0, heads, rows) + 1 if rows else row


def _closed(pen: Pen, sheet: Sheet, row: int, kept: Data) -> int:
    """Say who closed the month, and list what reads otherwise since."""
    said = pen.say(
        N_("The month was closed by {who} on {day}."),
        who=kept["by"],
        day=i18n.day(from_day(kept["day"]), pen.language),
    )
    since = (
        pen.say(N_("Figures that read otherwise since: {count}."), count=kept["count"])
        if kept["count"]
        else pen.say(N_("All figures still read as they were kept."))
    )
    sheet.put(row, 0, text(f"{said} {since}"), measure=False)
    if not kept["changed"]:
        return row + 2
    heads = pen.heads(N_("Unit"), N_("What"), N_("As closed"), N_("Today"))
    rows = [[text(one) for one in words.changed(line, pen.language)] for line in kept["changed"]]
    return sheet.table(row + 1, 0, heads, rows) + 1


def _deliveries(pen: Pen, sheet: Sheet, row: int, sent: Data) -> int:
    said = pen.say(
        N_("{documents} files with {rows} rows were taken in for the month."),
        documents=sent["documents"],
        rows=i18n.number(sent["rows_read"], pen.language),
    )
    sheet.put(row, 0, text(said), measure=False)
    row += 2
    if sent["refused"]:
        rows = [
            [
                text(one["source"]),
                text(one["document"] or i18n.MISSING),
                Cell(Fraction(one["rows"]), "number"),
                text("" if one["state"] == "done" else pen.say(N_("the whole file was refused"))),
            ]
            for one in sent["refused"]
        ]
        row = sheet.table(row, 0, pen.heads(N_("Source"), N_("File"), N_("Refused rows"), N_("Finding")), rows) + 1
    if sent["silent"]:
        rows = [[text(one["code"]), text(pen.name(one))] for one in sent["silent"]]
        row = sheet.table(row, 0, pen.heads(N_("Silent sources"), N_("Name")), rows) + 1
    return row


def method_sheet(pen: Pen, sheet: Sheet, fingerprint: str) -> None:
    """Fill the method: rules, denominators, shares in force, terms, and the fingerprint of the data."""
    method = pen.data["method"]
    sheet.put(0, 0, text(pen.say(N_("Method and terms")), bold=True, size=15), measure=False)
    comma = "、" if pen.language == "zh" else ", "
    least = comma.join(i18n.percent(Fraction(value, 1_000_000), pen.language) for value in method["min_coverage"])
    lines = (
        (N_("Rule version"), str(method["rule_version"])),
        (N_("Baseline years"), comma.join(str(year) for year in method["baseline_years"]) or i18n.MISSING),
        (N_("Least coverage for a judgement"), least or i18n.MISSING),
        (N_("Fingerprint of the data (SHA-256)"), fingerprint),
    )
    row = 2
    for label, value in lines:
        sheet.put(row, 0, text(pen.say(label), bold=True))
        sheet.put(row, 1, text(value), measure=False)
        row += 1
    row = _denominators(pen, sheet, row + 1)
    row = _shares(pen, sheet, row)
    for term, meaning in TERMS:
        sheet.put(row, 0, text(pen.say(term), bold=True))
        sheet.put(row, 1, text(pen.say(meaning)), measure=False)
        row += 1
    note = N_(
        "Each resource is stated in its own measure; no conversion factor is used. Figures are summed exactly and rounded only for print."
    )
    sheet.put(row + 1, 0, text(pen.say(note), colour=GREY), measure=False)
    sheet.print_setup(pen.name(pen.data["unit"]), pen.month(pen.data["month"]))


def _denominators(pen: Pen, sheet: Sheet, row: int) -> int:
    facts = pen.data["method"]["denominators"]
    if not facts:
        return row
    heads = pen.heads(
        N_("Denominator"),
        N_("On the last day"),
        N_("Valid from"),
        N_("Divided by, this year"),
        N_("Divided by, last year"),
    )
    rows = [
        [
            text(words.word(words.DENOMINATOR, fact["kind"], pen.language)),
            Cell(Fraction(fact["value"], 1000), "number"),
            pen.day(fact["from"]),
            *(Cell(value, "number", 0 if value is None or value.denominator == 1 else 2) for value in means(fact)),
        ]
        for fact in facts
    ]
    return sheet.table(row, 0, heads, rows) + 1


def _shares(pen: Pen, sheet: Sheet, row: int) -> int:
    found = pen.data["method"].get("shares")
    if not found or not found["rows"]:
        return row
    heads = pen.heads(N_("Meter"), N_("Name"), N_("Unit"), N_("Share"), N_("How it was worked out"))
    rows = [
        [
            text(one["meter"]["code"]),
            text(pen.name(one["meter"])),
            text(pen.name(one["unit"])),
            Cell(Fraction(one["ppm"], 1_000_000), "percent", 1),
            text(
                pen.say(N_("percentage"))
                if one["basis"] == "percent"
                else words.word(words.DENOMINATOR, one["basis"], pen.language)
            ),
        ]
        for one in found["rows"]
    ]
    return sheet.table(row, 0, heads, rows) + 1
