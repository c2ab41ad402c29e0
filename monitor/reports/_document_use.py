"""What a report says of each resource: use beside last year, targets with their bars, months; and the line that adds up."""

from typing import Any

from monitor.domain.resources import RESOURCES
from monitor.i18n import N_
from monitor.reports import charts
from monitor.reports.blocks import (
    TIGHT,
    Block,
    Cell,
    cell,
    clean,
    heading,
    keep,
    label,
    paragraph,
    small,
    table,
    text,
)
from monitor.reports.numbers import COMPARABLE, Data, fraction
from monitor.reports.voice import Voice, judged, known, per_of
from monitor.reports.words import AREAS, BASIS, COLOURS, DENOMINATOR, INDICATOR, PURPOSE


def resources(voice: Voice) -> list[Block]:
    """Give the section on use and targets, resource by resource."""
    found = [heading(2, voice.section(2, voice.t(N_("Use and targets by resource"))))]
    if not voice.data["resources"]:
        found.append(paragraph(voice.t(N_("No meter of this unit is known yet.")), style="note"))
    for section in voice.data["resources"]:
        code = section["resource"]
        found += [heading(3, voice.resource(code), small(f" ({voice.measure(code)})")), _compared(voice, section)]
        found += [_target(voice, target, code) for target in section["targets"]]
        found.append(_months(voice, section))
    return found


def _compared(voice: Voice, section: Data) -> Block:
    t, code = voice.t, section["resource"]
    heads = (N_("This year"), N_("Last year"), N_("Change"), N_("Coverage"), N_("Estimated"))
    rows = []
    for sentence, part in ((N_("In the month"), section["month"]), (N_("Year to date"), section["year"])):
        now = part["now"]
        figures = [voice.bare(part[which]["quantity"], code) for which in ("now", "before")]
        trust = [voice.covered(now["coverage"]), voice.share(now["estimated"], now["quantity"])]
        rows.append([label(t(sentence)), *map(cell, (*figures, voice.change(part["change"]), *trust))])
    for row in section["intensities"]:
        of = "area" if row["kind"] in AREAS else "person"
        per = t(N_("per m²")) if of == "area" else t(N_("per person"))
        named = text(f"{t(N_('Year to date'))}{voice.comma}{per} ", small(f"({voice.word(DENOMINATOR, row['kind'])})"))
        figures = [voice.per(row[which], code, of) for which in ("year", "year_before")]
        rows.append([label(named), *map(cell, (*figures, voice.change(row["change"]), "", ""))])
    return table([label(""), *(cell(t(head)) for head in heads)], rows)


def _target(voice: Voice, target: Data, code: str) -> Block:
    t = voice.t
    promise = t(N_("Target {year}: {promise}"), year=target["year"], promise=voice.promise(target, code))
    notes = [paragraph(reason, style="note") for reason in voice.reasons(target["reasons"])]
    if target["runs_out"] is not None and not target["closed"] and known(target):
        sentence = N_("At the present rate the year's allowance is used up on {day}.")
        notes.append(paragraph(t(sentence, day=voice.day(target["runs_out"])), style="note"))
    return keep(
        paragraph({"t": promise, "s": "b", "c": ""}, "  ", voice.status(target["status"]), style="target"),
        _bullet(voice, target, code) if target["allowance"] is not None else None,
        _target_table(voice, target, code),
        *notes,
    )


def _target_table(voice: Voice, target: Data, code: str) -> Block:
    heads = (
        N_("Baseline year"), N_("Allowance of the year"), N_("Allowed by now"), N_("Used so far"), N_("Pace"),
        N_("Remaining per day"), N_("Forecast for the year"),
    )  # fmt: skip
    low, high = (voice.bare(judged(target, target[key]), code) for key in ("forecast_low", "forecast_high"))
    ranged = known(target) and target["forecast_low"] is not None and target["forecast_high"] is not None
    rows = [
        [
            cell(voice.bare(target["baseline"]["quantity"], code)),
            cell(voice.bare(target["allowance"], code)),
            cell(voice.bare(target["allowed"], code)),
            cell(voice.bare(target["used"]["quantity"], code)),
            cell(voice.pct(judged(target, target["pace"]))),
            cell(voice.bare(judged(target, target["remaining_per_day"]), code)),
            cell(
                voice.bare(judged(target, target["forecast"]), code),
                *([text(small(f"{low} – {high}"))] if ranged else []),
            ),
        ]
    ]
    if target.get("per"):
        shown = {key: voice.per(value, code, per_of(target["indicator"])) for key, value in target["per"].items()}
        forecast = shown["forecast"] if known(target) else "–"
        order = [shown[key] for key in ("baseline", "allowance", "allowed", "used")]
        rows.append([*map(cell, (*order, "", "", forecast))])
    return table([cell(voice.t(head)) for head in heads], rows)


def _bullet(voice: Voice, target: Data, code: str) -> Block:
    """Give the bar of a target: used, allowed by now, allowance, and the forecast's range."""

    def mark(sentence: str, value: int, *, dashed: bool) -> Data:
        return {"value": value, "label": clean(f"{voice.t(sentence)} {voice.q(value, code)}"), "dashed": dashed}

    marks = []
    if target["allowed"] is not None and not target["closed"]:
        marks.append(mark(N_("Allowed by now"), target["allowed"], dashed=True))
    if target["allowance"] is not None:
        marks.append(mark(N_("Allowance of the year"), target["allowance"], dashed=False))
    low, high = target["forecast_low"], target["forecast_high"]  # what was not measured must not look like a saving
    span = [low, high] if low is not None and high is not None and not target["closed"] and known(target) else None
    used = target["used"]["quantity"] or 0
    title = f"{voice.t(N_('Use against the target'))} · {voice.resource(code)} · {voice.word(INDICATOR, target['indicator'])}"
    figures = [f"{voice.t(N_('Used so far'))} {voice.q(target['used']['quantity'], code)}"]
    return {
        "kind": "bullet",
        "title": title,
        "alt": voice.semicolon.join([title, *figures, *(one["label"] for one in marks)]),
        "used": used,
        "marks": sorted(marks, key=lambda one: one["value"]),
        "span": span,
        "top": max([used, *(one["value"] for one in marks), *(span or ())], default=1) or 1,
        "colour": COLOURS[target["status"]],
    }


def _months(voice: Voice, section: Data) -> Block:
    """Give the months beside those of last year, drawn and in figures."""
    t, code, year = voice.t, section["resource"], voice.data["year"]
    rows = section["months"]
    lines = [
        [label(str(of)), *(cell(voice.bare(row[when]["quantity"], code)) for row in rows)]
        for of, when in ((year, "now"), (year - 1, "before"))
    ]
    heads = [label(""), *(cell(voice.short_month(row["month"])) for row in rows)]
    caption = paragraph(f"{t(N_('Use by month'))} · {voice.measure(code)}", style="caption")
    return keep(caption, _chart(voice, section), table(heads, lines, style=TIGHT))


def _chart(voice: Voice, section: Data) -> Block:
    code, rows, year = section["resource"], section["months"], voice.data["year"]
    known_ones = [row[when]["quantity"] for row in rows for when in ("now", "before")]
    step = int(1000 * RESOURCES[code].measure(RESOURCES[code].display).factor)
    top = charts.nice_ceiling(max([one for one in known_ones if one is not None] + [1]) // step + 1) * step
    fields = {"resource": voice.resource(code), "year": year, "before": year - 1, "measure": voice.measure(code)}
    title = voice.t(N_("{resource} by month, {year} beside {before}, {measure}"), **fields)
    return {
        "kind": "months",
        "title": title,
        "alt": title,
        "bars": [
            {
                "label": voice.short_month(row["month"]),
                "now": row["now"]["quantity"],
                "before": row["before"]["quantity"],
                "complete": (fraction(row["now"]["coverage"]) or 0) >= COMPARABLE,
            }
            for row in rows
        ],
        "top": top,
        "top_label": voice.bare(top, code),
        "legend": [str(year), str(year - 1), voice.t(N_("coverage below 95%"))],
    }


# ---------------------------------------------------------------- the line that adds up


def statement(voice: Voice) -> list[Block]:
    """Give the section on the assessed figure, and the bases of paper side by side."""
    t, sections = voice.t, voice.data["resources"]
    signs = ("", "=", "+", "+")
    names = (N_("Total"), N_("Counted"), N_("Deducted"), N_("Not allocated"))
    head = [label(t(N_("In the month")))]
    for name, sign in zip(names, signs, strict=True):
        head += [cell("", align="center")] * bool(sign) + [cell(t(name))]
    rows = []
    for section in sections:
        code = section["resource"]
        line: list[Cell] = [label(text(voice.resource(code), small(f" ({voice.measure(code)})")))]
        for part, sign in zip(("total", "counted", "deducted", "not_allocated"), signs, strict=True):
            line += [cell(sign, align="center")] * bool(sign)
            line.append(cell(voice.bare(section["statement"][part]["quantity"], code)))
        rows.append(line)
    title = heading(2, voice.section(3, t(N_("Assessed figure: the line that adds up"))))
    return [keep(title, table(head, rows)), *_notes(voice)]


def _notes(voice: Voice) -> list[Block]:
    t, found = voice.t, []
    for section in voice.data["resources"]:
        code, rest = section["resource"], section["statement"]["not_allocated"]["quantity"]
        if rest:
            said = t(N_("{amount} of the month is not allocated: no share reaches it."), amount=voice.q(rest, code))
            found.append(paragraph(f"{voice.resource(code)}{voice.colon}{said}", style="note"))
    for section in voice.data["resources"]:
        if section.get("bases"):
            found += _bases(voice, section["resource"], section["bases"])
    for section in voice.data["resources"]:
        code, purposes = section["resource"], section["statement"]["purposes"]
        parts = [f"{voice.word(PURPOSE, one)} {voice.q(part['quantity'], code)}" for one, part in purposes.items()]
        if parts:
            said = f"{voice.resource(code)} · {t(N_('deducted:'))} {voice.semicolon.join(parts)}"
            found.append(paragraph(said, style="note"))
    return found


def _bases(voice: Voice, code: str, bases: Data) -> list[Block]:
    t, measured = voice.t, f" ({voice.measure(code)})"
    trust = (N_("Coverage"), N_("Difference"))
    head = [label("")]
    for span in (N_("In the month"), N_("Year to date")):
        head += [cell(t(span) + measured), *(cell(t(one)) for one in trust)]
    rows = []
    for row, whole in zip(bases["month"]["bases"], bases["year"]["bases"], strict=True):
        counts: list[Any] = [small(f" ({t(N_('counts'))})")] if row["counts"] else []
        line = [label(text(voice.word(BASIS, row["basis"]), *counts))]
        for one in (row, whole):
            line += [cell(voice.bare(one["amount"]["quantity"], code)), cell(voice.covered(one["amount"]["coverage"]))]
            apart = [voice.bare(one["difference"], code), text(small(voice.change(one["ratio"])))]
            line.append(cell(*([""] if one["counts"] else apart)))
        rows.append(line)
    figures = [voice.bare(bases[span]["counted"]["quantity"], code) for span in ("month", "year")]
    rows.append([label(t(N_("In the figures"))), *map(cell, (figures[0], "", "", figures[1], "", ""))])
    title = heading(3, f"{voice.resource(code)} · {t(N_('Bases of paper side by side'))}")
    found = [title, table(head, rows)]
    if not bases["authoritative"]:
        undeclared = N_(
            "Nobody has declared which basis counts in a year shown here; until then these figures are missing, not zero."
        )
        found.append(paragraph(t(undeclared), style="note"))
    return found
