"""The monthly report in words: what is said, in which order; one for HTML, PDF and Word, which only lay it out."""

import hashlib
from datetime import datetime
from typing import Any

from monitor.i18n import N_
from monitor.reports._document_trust import method, quality
from monitor.reports._document_units import attention, ranking
from monitor.reports._document_use import resources, statement
from monitor.reports.blocks import Block, Cell, Text, bullets, cell, clean, heading, label, run, small, table, text
from monitor.reports.numbers import Data, canonical
from monitor.reports.voice import Voice, judged
from monitor.reports.words import INDICATOR

TITLE = N_("Monthly report on saving targets")
PAGE_OF = N_("Page {page} of {pages}")
TALLY = ("met", "on_track", "at_risk", "behind", "missed", "used_up", "not_judged")
LONGEST_NAME = 48  # in the line above each page; the whole name stands in the title


def document(data: Data, language: str, *, version: int = 0, made_at: datetime | None = None) -> Data:
    """Give a report as blocks in order, with what stands around them; equal arguments give equal documents.

    `made_at` is shown in the zone that it carries. Version 0 is a draft that is not in the archive.
    """
    voice = Voice(data, language)
    edition = voice.t(N_("version {number}"), number=version) if version else voice.t(N_("draft, not archived"))
    title, unit, period = voice.t(TITLE), clean(voice.name(data["unit"])), voice.month()
    short = unit if len(unit) <= LONGEST_NAME else unit[: LONGEST_NAME - 1] + "…"
    return {
        "language": language,
        "title": title,
        "unit": unit,
        "period": period,
        "stamp": _stamp(voice, edition, made_at),
        "facts": _facts(voice, edition, made_at),
        "running": f"{short} · {title} · {period} · {edition}",
        "page_of": voice.t(PAGE_OF).replace("{pages}", "{page}").split("{page}"),
        "blocks": [
            *_standing(voice),
            *resources(voice),
            *statement(voice),
            *ranking(voice),
            *attention(voice),
            *quality(voice),
            *method(voice),
        ],
    }


def fingerprint(data: Data) -> str:
    """Give the SHA-256 of a report's data: two prints with the same one say the same."""
    return hashlib.sha256(canonical(data).encode()).hexdigest()


def _span(voice: Voice) -> str:
    first, last = voice.day(voice.data["start"]), voice.day(voice.data["as_of"])
    return voice.t(N_("{start} to {end}"), start=first, end=last)


def _stamp(voice: Voice, edition: str, made_at: datetime | None) -> Text:
    """Give the line under the title of the page."""
    first, last = voice.day(voice.data["start"]), voice.day(voice.data["as_of"])
    parts: list[Any] = [voice.t(N_("Counted from {start} to {end}"), start=first, end=last)]
    if not voice.data["complete"]:
        parts.append(run(voice.t(N_("month not complete")), "b"))
    closing = voice.data["quality"].get("closing")
    if closing:
        parts.append(voice.t(N_("closed by {who} on {day}"), who=closing["by"], day=voice.day(closing["day"])))
    if made_at:
        parts.append(voice.t(N_("made on {moment}"), moment=voice.moment(made_at)))
    parts.append(edition)
    return text(*[piece for part in parts for piece in (part, " · ")][:-1])


def _facts(voice: Voice, edition: str, made_at: datetime | None) -> list[list[str]]:
    """Give the box under the title of a printed report: what it is about, two to a row, the fingerprint alone."""
    state = _span(voice)
    if not voice.data["complete"]:
        state += (
            f" ({voice.t(N_('month not complete'))})"
            if not voice.chinese
            else f"（{voice.t(N_('month not complete'))}）"
        )
    closing = voice.data["quality"].get("closing")
    pairs = [
        [voice.t(N_("Unit")), voice.name(voice.data["unit"])],
        [voice.t(N_("Month")), voice.month()],
        [voice.t(N_("Days counted")), state],
        [voice.t(N_("Version")), edition],
        [voice.t(N_("Made on")), voice.moment(made_at) if made_at else "–"],
    ]
    if closing:
        said = voice.t(N_("closed by {who} on {day}"), who=closing["by"], day=voice.day(closing["day"]))
        pairs.append([voice.t(N_("Month closed")), said])
    else:
        pairs.append([voice.t(N_("Month closed")), voice.t(N_("no"))])
    pairs.append([voice.t(N_("Fingerprint (SHA-256)")), fingerprint(voice.data)])
    return [[clean(words) for words in pair] for pair in pairs]


def _standing(voice: Voice) -> list[Block]:
    data = voice.data
    items = [[text(sentence)] for section in data["resources"] for sentence in voice.headline(section)]
    tally = data["board"]["tally"]
    if tally:
        parts: list[Any] = [voice.t(N_("Targets of the units below:")), " "]
        for code in TALLY:
            if code in tally:
                parts += [voice.status(code), f" {tally[code]}", voice.semicolon]
        items.append([text(*parts[:-1])])
    if data["unmetered"]:
        missing = voice.comma.join(voice.resource(code) for code in data["unmetered"])
        items.append([text(run(f"{voice.t(N_('Not metered and without target:'))} {missing}", "m"))])
    return [
        heading(2, voice.section(1, voice.t(N_("How we stand")))),
        {"kind": "cards", "cards": [_card(voice, section) for section in data["resources"]]},
        bullets(items),
        *([_indicators(voice)] if data["resources"] else []),
    ]


def _card(voice: Voice, section: Data) -> Data:
    code, target = section["resource"], section["targets"][0] if section["targets"] else None
    named = voice.resource(code)
    if len(section["targets"]) > 1:
        named += f" · {voice.word(INDICATOR, section['targets'][0]['indicator'])}"
    month = section["month"]
    return {
        "what": named,
        "state": voice.status(target["status"]) if target else run(voice.t(N_("No target set")), "m"),
        "figure": voice.bare(month["now"]["quantity"], code),
        "measure": voice.measure(code),
        "lines": [
            f"{voice.t(N_('in the month'))} · {voice.t(N_('against last year'))} {voice.change(month['change'])}",
            f"{voice.t(N_('coverage'))} {voice.covered(month['now']['coverage'])}",
        ],
    }


def _indicators(voice: Voice) -> Block:
    """Give each target in a row: month and year beside last year, what is allowed, the forecast, how it stands."""
    t = voice.t
    head = [
        label(t(N_("Indicator"))),
        cell(t(N_("In the month")), text(small(t(N_("same month last year"))))),
        cell(t(N_("Change"))),
        cell(t(N_("Year to date")), text(small(t(N_("same days last year"))))),
        cell(t(N_("Change"))),
        cell(t(N_("Allowed by now")), text(small(t(N_("Pace"))))),
        cell(t(N_("Allowance of the year"))),
        cell(t(N_("Forecast for the year"))),
        cell(t(N_("Status")), align="left"),
    ]
    sections = voice.data["resources"]
    rows = [_indicator(voice, section, target) for section in sections for target in section["targets"] or [None]]
    return table(head, rows)


def _indicator(voice: Voice, section: Data, target: Data | None) -> list[Cell]:
    code = section["resource"]
    named: list[Any] = [text(run(voice.resource(code), "b"), small(f" ({voice.measure(code)})"))]
    spans = []
    for part in (section["month"], section["year"]):
        now, before = (voice.bare(part[which]["quantity"], code) for which in ("now", "before"))
        spans += [cell(now, text(small(before))), cell(voice.change(part["change"]))]
    if target is None:
        return [
            label(*named),
            *spans,
            *[cell("–")] * 3,
            cell(text(run(voice.t(N_("No target set")), "m")), align="left"),
        ]
    named.append(text(small(voice.promise(target, code))))
    return [
        label(*named),
        *spans,
        cell(voice.bare(target["allowed"], code), text(small(voice.pct(judged(target, target["pace"]))))),
        cell(voice.bare(target["allowance"], code)),
        cell(voice.bare(judged(target, target["forecast"]), code)),
        cell(text(voice.status(target["status"])), align="left"),
    ]
