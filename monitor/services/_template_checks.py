"""What rows of the Excel template must not contradict: each other, and the present organisation."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import available_timezones

from monitor.domain.quotas import Band, problem
from monitor.domain.resources import resource
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.services import _site_checks as site
from monitor.services._site import BEGINNING, SiteSpec
from monitor.services._template_cells import EMPTY, Problem
from monitor.services._template_columns import SHEETS, Sheet
from monitor.services.quotas import PROBLEMS

TWICE = N_("'{value}' is there twice, first in row {first}; keep one of the rows.")
UNKNOWN = N_(
    "'{value}' is neither in the sheet {sheet_named} nor in the present organisation; add it or correct the code."
)
CIRCLE = N_("'{value}' stands below itself; correct the code of what it belongs to.")
TWO_TOPS = N_("'{value}' and '{other}' both have no parent; an organisation has one top unit.")
TOO_MUCH = N_("the shares of '{value}' add up to {percent} % on {day}; make it 100 % at most.")
MIXED = N_("'{value}' is shared by two kinds of facts at the same time; choose one of them.")
NO_PART = N_("a share by percent needs its percentage; write 100 for the whole.")
EXTRA_PART = N_("a share by a fact has no percentage; empty the cell, or share by percent.")
BACKWARDS = N_("'{value}' is not after the day from which it holds; correct one of the two.")
REASON = N_("it goes from {before} to {after}, more than a tenth; say why in this column.")
RESOURCE = N_("'{value}' measures another resource; a sub-meter measures what its main meter does.")
ALIAS = N_("'{value}' is what meter '{other}' is called; a name belongs to one meter.")
ZONE = N_("'{value}' is not a time zone; write a name such as Asia/Shanghai.")
LAST_YEAR = N_("'{value}' lies before the first year; correct one of the two.")
MEASURE = N_("'{value}' is not a measure of this resource; known: {known}.")


class Rows(Protocol):
    """The rows of a sheet."""

    sheet: Sheet
    rows: list[tuple[int, dict[str, Any]]]


Found = Mapping[str, Any]


def all_of(found: Found, present: SiteSpec) -> list[Problem]:
    """Give all that rows contradict; cells that could not be read are left out."""
    return [
        *_twice(found),
        *_references(found, present),
        *_circles(found, present),
        *_facts(found, present),
        *_places(found),
        *_meters(found, present),
        *_shares(found, present),
        *_quotas(found),
    ]


def _problem(lines: Rows, row: int, key: str, code: str, template: str, **data: object) -> Problem:
    column = next(one for one in lines.sheet.columns if one.key == key)
    value = str(data.pop("value", ""))
    return Problem(code, template, lines.sheet.title, row, f"{column.zh} {column.en}", value, dict(data))


def _twice(found: Found) -> Iterator[Problem]:
    keys = {
        "units": ("code",),
        "facts": ("unit", "kind", "since"),
        "places": ("code",),
        "meters": ("code", "register"),
        "shares": ("meter", "unit", "since"),
        "quotas": ("unit", "resource", "indicator", "year_from"),
    }
    for name, lines in found.items():
        seen: dict[tuple[str, ...], int] = {}
        for number, row in lines.rows:
            key = tuple(str(row.get(part, "")) for part in keys[name])
            if seen.setdefault(key, number) != number and key[0]:
                value = " ".join(part for part in key if part)
                yield _problem(lines, number, keys[name][0], "TWICE", TWICE, value=value, first=seen[key])


def _known(found: Found, present: SiteSpec) -> dict[str, set[str]]:
    codes = {
        name: {row["code"] for _, row in found[name].rows if "code" in row} for name in ("units", "places", "meters")
    }
    codes["units"] |= {unit.code for unit, _, _ in present.all_units()}
    codes["places"] |= {place.code for place in present.places}
    codes["meters"] |= {meter.code for meter in present.meters}
    return codes


def _references(found: Found, present: SiteSpec) -> Iterator[Problem]:
    known = _known(found, present)
    titles = {sheet.key: sheet.title for sheet in SHEETS}
    for lines in found.values():
        for column in lines.sheet.columns:
            for number, row in lines.rows if column.refers else ():
                value = row.get(column.key)
                if value and value not in known[column.refers]:
                    data = {"value": value, "sheet_named": titles[column.refers]}
                    yield _problem(lines, number, column.key, "UNKNOWN_CODE", UNKNOWN, **data)


def _circles(found: Found, present: SiteSpec) -> Iterator[Problem]:
    before: dict[str, dict[str, str | None]] = {
        "units": {unit.code: parent for unit, parent, _ in present.all_units()},
        "places": {place.code: place.parent for place in present.places},
        "meters": {meter.code: meter.parent for meter in present.meters},
    }
    for name, parents in before.items():
        lines = found[name]
        first = {row["code"]: number for number, row in reversed(lines.rows) if "code" in row}
        for number, row in lines.rows:
            if first.get(row.get("code", "")) == number:
                parents[row["code"]] = row.get("parent")
        for code, number in first.items():
            if site.ancestors(parents, code) is None:
                yield _problem(lines, number, "parent", "CIRCLE", CIRCLE, value=code)
    tops = [code for code, parent in before["units"].items() if parent is None]
    lines = found["units"]
    for number, row in lines.rows:
        if row.get("code") in tops[1:]:
            yield _problem(lines, number, "parent", "TWO_TOPS", TWO_TOPS, value=row["code"], other=tops[0])


def _facts(found: Found, present: SiteSpec) -> Iterator[Problem]:
    lines, held = found["facts"], defaultdict[tuple[str, str], dict[date, int]](dict)
    for unit, _, _ in present.all_units():
        for fact in unit.facts:
            held[unit.code, fact.kind][fact.since] = round(fact.value * 1000)
    rows = [(number, row) for number, row in lines.rows if {"unit", "kind", "value"} <= set(row)]
    for number, row in sorted(rows, key=lambda one: one[1].get("since", BEGINNING)):
        since, value = row.get("since", BEGINNING), round(row["value"] * 1000)
        line = held[row["unit"], row["kind"]]
        earlier = [day for day in line if day < since]
        before = line.get(since, line[max(earlier)] if earlier else None)
        if site.jumps(before, value) and not row.get("note"):
            shown = {"before": f"{Decimal(before or 0) / 1000:f}", "after": f"{Decimal(value) / 1000:f}"}
            yield _problem(lines, number, "note", "FACT_NEEDS_REASON", REASON, **shown)
        line[since] = value
    yield from _backwards(lines)


def _backwards(lines: Rows) -> Iterator[Problem]:
    for number, row in lines.rows:
        if "until" in row and row["until"] <= row.get("since", BEGINNING):
            yield _problem(lines, number, "until", "BACKWARDS", BACKWARDS, value=row["until"])


def _places(found: Found) -> Iterator[Problem]:
    zones = available_timezones()
    for number, row in found["places"].rows:
        if "zone" in row and row["zone"] not in zones:
            yield _problem(found["places"], number, "zone", "ZONE_UNKNOWN", ZONE, value=row["zone"])


def _meters(found: Found, present: SiteSpec) -> Iterator[Problem]:
    lines = found["meters"]
    resources = {meter.code: meter.resource for meter in present.meters}
    listed: dict[str, str] = {}
    for _, row in lines.rows:
        if "code" in row and "resource" in row:
            listed.setdefault(row["code"], row["resource"])
    seen: set[str] = set()
    for number, row in lines.rows:
        code, kind = row.get("code", ""), (resources | listed).get(row.get("code", ""))
        if code not in seen:
            for key in ("resource", "place"):
                if key not in row:
                    yield _problem(lines, number, key, "MISSING", EMPTY)
            if row.get("parent") and kind and (resources | listed).get(row["parent"], kind) != kind:
                yield _problem(lines, number, "parent", "OTHER_RESOURCE", RESOURCE, value=row["parent"])
        seen.add(code)
        if kind and "measure" in row:
            yield from _measure(lines, number, kind, row["measure"])
    yield from _aliases(lines, {alias: meter.code for meter in present.meters for alias in meter.aliases})


def _aliases(lines: Rows, called: dict[str, str]) -> Iterator[Problem]:
    for number, row in lines.rows:
        code = row.get("code", "")
        for alias in (part.strip() for part in row.get("aliases", "").replace("；", ";").split(";")):
            if alias and called.setdefault(alias, code) != code:
                yield _problem(lines, number, "aliases", "ALIAS_TAKEN", ALIAS, value=alias, other=called[alias])


def _measure(lines: Rows, number: int, kind: str, measure: str) -> Iterator[Problem]:
    try:
        resource(kind).measure(measure)
    except ConfigurationError as error:
        yield _problem(lines, number, "measure", error.code, MEASURE, value=measure, known=error.data["known"])


def _shares(found: Found, present: SiteSpec) -> Iterator[Problem]:  # noqa: ARG001 - a meter's shares are exactly those listed
    lines = found["shares"]
    by_meter: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for number, row in lines.rows:
        percent = row.get("by", "percent") == "percent"
        if percent and "part" not in row:
            yield _problem(lines, number, "part", "MISSING", NO_PART)
        elif not percent and "part" in row:
            yield _problem(lines, number, "part", "EXTRA_PART", EXTRA_PART)
        elif "meter" in row:
            by_meter[row["meter"]].append((number, row))
    for code, rows in by_meter.items():
        spans = [(row.get("since", BEGINNING), row.get("until")) for _, row in rows]
        parts = [(*span, row.get("part", 0)) for span, (_, row) in zip(spans, rows, strict=True)]
        above = site.too_much(parts)
        if above is not None:
            percent_of = f"{Decimal(above[1]) / 10_000:f}"
            data = {"value": code, "percent": percent_of, "day": above[0].isoformat()}
            yield _problem(lines, rows[-1][0], "part", "TOO_MUCH", TOO_MUCH, **data)
        kinds = [(*span, row.get("by", "percent")) for span, (_, row) in zip(spans, rows, strict=True)]
        try:
            site.one_kind(code, kinds)
        except ConfigurationError:
            yield _problem(lines, rows[-1][0], "by", "MIXED_SHARES", MIXED, value=code)
    yield from _backwards(lines)


def _quotas(found: Found) -> Iterator[Problem]:
    lines = found["quotas"]
    for number, row in lines.rows:
        values = {name: row.get(name) for name in ("constraint", "reference", "guidance")}
        band = Band(*(None if value is None else round(value * 1_000_000) for value in values.values()))
        wrong = problem(band)
        if wrong:
            column = next((name for name, value in values.items() if value is not None), "constraint")
            shown = " / ".join("–" if value is None else f"{value:f}" for value in values.values())
            yield _problem(lines, number, column, wrong, PROBLEMS[wrong], value=shown)
        if "year_to" in row and row["year_to"] < row.get("year_from", row["year_to"]):
            yield _problem(lines, number, "year_to", "QUOTA_YEARS", LAST_YEAR, value=row["year_to"])
