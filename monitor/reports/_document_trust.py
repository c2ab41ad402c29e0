"""What a report says of its own worth: coverage, silent meters, refused files; how it was worked out; who signs."""

from collections.abc import Iterable
from typing import Any

from monitor.i18n import N_
from monitor.reports.blocks import (
    METHOD,
    TIGHT,
    Block,
    Text,
    bullets,
    cell,
    heading,
    keep,
    label,
    left,
    paragraph,
    signatures,
    small,
    table,
    terms,
    text,
)
from monitor.reports.numbers import Data
from monitor.reports.voice import Voice
from monitor.reports.words import DENOMINATOR

TERMS = (
    (
        N_("Coverage"),
        N_(
            "The measured share of what should have been measured; a big meter's gap counts as a big gap. A missing reading is never a saving: below the least coverage a target is not judged."
        ),
    ),
    (
        N_("Estimated"),
        N_(
            "The share of the figure that was estimated or spread over days, for want of readings at the right moments."
        ),
    ),
    (
        N_("Allowed by now"),
        N_(
            "The part of the year's allowance that falls on the days gone by, following the baseline year's own months, workdays and days off."
        ),
    ),
    (N_("Pace"), N_("Used so far divided by allowed by now; above 100% more was used than allowed.")),
    (
        N_("Change"),
        N_(
            "(This year − last year) ÷ last year for the same days; minus is a fall. Not stated where less than 95% of either was measured: a gap must not look like a saving."
        ),
    ),
)
PARTS = (N_("Counted"), N_("Deducted"), N_("Not allocated"))
ADDS_UP = N_(
    "Targets are judged on what is counted; dormitories, charging piles and the like are deducted; what no share gives to a unit is not allocated. The three add up to the total."
)
ROUNDED = N_(
    "Each resource is stated in its own measure; no conversion factor is used. Figures are summed exactly and rounded only for print."
)
SIGNED = (N_("Prepared by"), N_("Checked by"), N_("Approved by"), N_("Date"))


def quality(voice: Voice) -> list[Block]:
    """Give the section on the quality of the data."""
    found = [heading(2, voice.section(6, voice.t(N_("Data quality"))))]
    rows = voice.data["quality"]["resources"]
    if rows:
        found.append(keep(_coverage(voice, rows)))
    items = [*_closing(voice), *(_meters(voice, row) for row in rows), *_deliveries(voice)]
    return [*found, bullets(items)] if items else found


def _coverage(voice: Voice, rows: list[Data]) -> Block:
    title = f"{voice.t(N_('Coverage'))} · {voice.t(N_('Estimated'))}"
    head = [label(title), *(cell(voice.short_month(row["month"])) for row in rows[0]["months"])]
    lines = [
        [
            label(voice.resource(item["resource"])),
            *(cell(voice.covered(row["coverage"]), text(small(voice.pct(row["estimated"])))) for row in item["months"]),
        ]
        for item in rows
    ]
    return table(head, lines, style=TIGHT)


def _closing(voice: Voice) -> Iterable[list[Text]]:
    kept, t = voice.data["quality"].get("closing"), voice.t
    if not kept:
        return
    said = t(N_("The month was closed by {who} on {day}."), who=kept["by"], day=voice.day(kept["day"]))
    if kept["count"]:
        then = t(N_("Figures that read otherwise since: {count}."), count=kept["count"])
    else:
        then = t(N_("All figures still read as they were kept."))
    lines = [text(f"{said} {then}")]
    for row in kept["changed"]:
        unit, what, before, now = voice.changed(row)
        moved = t(N_("as closed {before}, today {now}"), before=before, now=now)
        lines.append(text(f"{unit} · {what}{voice.colon}{moved}"))
    yield [*lines, *([text("…")] if kept["count"] > len(kept["changed"]) else [])]


def _meters(voice: Voice, item: Data) -> list[Text]:
    t = voice.t
    counted = t(
        N_("Meters: {meters}; without any reading in the month: {silent}; with gaps: {gaps}."),
        meters=item["meters"],
        silent=item["silent_count"],
        gaps=item["gap_count"],
    )
    lines = [text(f"{voice.resource(item['resource'])}{voice.colon}{counted}")]
    for sentence, key, count in (
        (N_("Without reading:"), "silent", "silent_count"),
        (N_("With gaps:"), "gaps", "gap_count"),
    ):
        named = [
            f"{voice.coded(row)} {voice.covered(row['coverage'])}" if key == "gaps" else voice.coded(row)
            for row in item[key]
        ]
        more = " …" if item[count] > len(named) else ""
        if named:
            lines.append(text(f"{t(sentence)} {voice.semicolon.join(named)}{more}"))
    return lines


def _deliveries(voice: Voice) -> Iterable[list[Text]]:
    sent, t = voice.data["quality"]["deliveries"], voice.t
    if not sent:
        return
    fields = {"documents": sent["documents"], "rows": voice.count(sent["rows_read"])}
    said = t(N_("{documents} files with {rows} rows were taken in for the month."), **fields)
    lines = [text(said if sent["refused"] else f"{said} {t(N_('No row was refused.'))}")]
    for row in sent["refused"]:
        done = row["state"] == "done"
        what = t(N_("{rows} rows refused"), rows=row["rows"]) if done else t(N_("the whole file was refused"))
        lines.append(text(f"{row['source']} · {row['document'] or '–'}{voice.colon}{what}"))
    yield lines
    if sent["silent"]:
        named = voice.semicolon.join(voice.coded(row) for row in sent["silent"])
        yield [text(f"{t(N_('Sources that sent nothing for the month:'))} {named}")]


# ---------------------------------------------------------------- method


def method(voice: Voice) -> list[Block]:
    """Give the section on method and terms, and the lines to sign on."""
    t, how = voice.t, voice.data["method"]
    least = voice.comma.join(voice.ppm(value) for value in how["min_coverage"])
    rows: list[tuple[str, Any]] = [
        (t(N_("Rule version")), how["rule_version"]),
        (t(N_("Baseline years")), voice.comma.join(map(str, how["baseline_years"])) or "–"),
        (t(N_("Least coverage for a judgement")), least or "–"),
    ]
    for fact in how["denominators"]:
        since = t(N_("valid from {day}"), day=voice.day(fact["from"]))
        rows.append((voice.word(DENOMINATOR, fact["kind"]), f"{voice.fact(fact)} · {since}"))
    defined = [(t(word), t(meaning)) for word, meaning in TERMS]
    defined.append((voice.comma.join(t(part) for part in PARTS), t(ADDS_UP)))
    return [
        heading(2, voice.section(7, t(N_("Method and terms")))),
        table([], [[label(name), left(value)] for name, value in rows], style=METHOD),
        *_shares(voice, how.get("shares")),
        terms(defined),
        paragraph(t(ROUNDED), style="note"),
        signatures(t(word) for word in SIGNED),
    ]


def _shares(voice: Voice, shares: Data | None) -> list[Block]:
    if not shares or not shares["rows"]:
        return []
    t = voice.t
    heads = (N_("Meter"), N_("Unit"), N_("Share"), N_("How it was worked out"))
    rows = [
        [
            left(voice.coded(row["meter"])),
            left(voice.name(row["unit"])),
            cell(voice.ppm(row["ppm"])),
            left(_worked_out(voice, row)),
        ]
        for row in shares["rows"]
    ]
    head = [cell(t(name)) if name == heads[2] else left(t(name)) for name in heads]
    found = [heading(3, t(N_("Shares in force on the last day"))), table(head, rows, style=TIGHT)]
    more = shares["count"] - len(rows)
    if more > 0:
        found.append(paragraph(t(N_("and {count} more, see the unit's page"), count=more), style="note"))
    return found


def _worked_out(voice: Voice, row: Data) -> str:
    if row["basis"] == "percent":
        return voice.t(N_("percentage"))
    kind = voice.word(DENOMINATOR, row["basis"])
    if not row["whole"]:
        return voice.t(N_("{kind}: not known for each unit, so nothing is shared out"), kind=kind)
    figures = {key: voice.count(row[key] / 1000) for key in ("value", "whole")}
    return voice.t(N_("{kind}: {value} of {whole}, of what percentages leave"), kind=kind, **figures)
