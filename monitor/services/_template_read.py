"""Read a filled-in Excel template of an organisation: all that is wrong at once, or the site that it says."""

import json
import os
import subprocess
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.services import _template_checks as checks
from monitor.services._site import MeterSpec, SiteSpec
from monitor.services._template_cells import EMPTY, BadCell, Problem, text
from monitor.services._template_cells import read as read_cell
from monitor.services._template_child import original
from monitor.services._template_columns import EXAMPLE, SHEETS, Sheet

LARGEST = 200 * 1024 * 1024  # bytes that a workbook may unpack to
PATIENCE = 30  # seconds
UNREADABLE = N_("{file} is not an Excel workbook (.xlsx), or it is damaged or locked; save it anew as .xlsx.")
TOO_LARGE = N_("{file} is larger than a template of an organisation can be.")
NO_SHEET = N_("this workbook has none of the sheets {known}; use the template.")
NO_COLUMN = N_("the column '{column}' is missing; copy the header from the template.")
COLUMN = N_("'{value}' is not a column of the template; take it out or correct it.")


@dataclass
class Lines:
    """The rows of a sheet: number and values by column; what was typed stands beside them."""

    sheet: Sheet
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    typed: dict[tuple[int, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a workbook says: a site, or all that is wrong with it."""

    spec: SiteSpec
    problems: list[Problem]


def read(data: bytes, name: str, present: SiteSpec) -> Reading:
    """Read a workbook; what it refers to may be in it or in the present organisation."""
    problems: list[Problem] = []
    sheets = _sheets(data, name)
    found: dict[str, Lines] = {}
    for sheet in SHEETS:
        title = next((one for one in sheets if sheet.zh in one or sheet.en.casefold() in one.casefold()), None)
        found[sheet.key] = Lines(sheet) if title is None else _lines(sheet, sheets[title], problems)
    if not any(line.rows or line.typed for line in found.values()) and not problems:
        known = ", ".join(sheet.title for sheet in SHEETS)
        problems.append(Problem("SHEET_MISSING", NO_SHEET, "", data={"known": known}))
    problems += checks.all_of(found, present)
    if problems:
        order = {sheet.title: number for number, sheet in enumerate(SHEETS)}
        return Reading(SiteSpec(), sorted(problems, key=lambda one: (order.get(one.sheet, -1), one.row)))
    return Reading(_site(found, present), [])


def _sheets(data: bytes, name: str) -> dict[str, list[list[Any]]]:
    """Give the cells of each sheet, read in a process with limits; one that dies of it costs a sentence."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ConfigurationError("TEMPLATE_UNREADABLE", UNREADABLE, file=name) from error
    if size > LARGEST:
        raise ConfigurationError("TEMPLATE_TOO_LARGE", TOO_LARGE, file=name)
    known = os.pathsep.join(part for part in sys.path if part)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "monitor.services._template_child"],
            input=data,
            capture_output=True,
            check=True,
            timeout=PATIENCE,
            env={**os.environ, "PYTHONPATH": known},
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError("TEMPLATE_UNREADABLE", UNREADABLE, file=name) from error
    return {title: [[original(cell) for cell in row] for row in rows] for title, rows in json.loads(done.stdout)}


def _lines(sheet: Sheet, rows: list[list[Any]], problems: list[Problem]) -> Lines:
    lines = Lines(sheet)
    places = _header(sheet, rows[0] if rows else [], problems)
    if problems and any(one.sheet == sheet.title for one in problems):
        return lines
    lines.typed[1, ""] = ""  # a sheet with its header counts as found
    for number, row in enumerate(rows[1:], 2):
        cells = {key: row[at] if at < len(row) else None for key, at in places.items()}
        filled = {key: value for key, value in cells.items() if text(value)}
        if not filled or text(row[0]).startswith(EXAMPLE):
            continue
        lines.typed |= {(number, key): text(value) for key, value in filled.items()}
        lines.rows.append((number, _values(sheet, number, filled, problems)))
    return lines


def _header(sheet: Sheet, cells: Iterable[Any], problems: list[Problem]) -> dict[str, int]:
    """Find the columns by their header, in any order; one that is unknown is said, never ignored."""
    names = {part: column.key for column in sheet.columns for part in (column.zh, column.en.casefold())}
    places: dict[str, int] = {}
    for at, cell in enumerate(cells):
        parts = [part.strip().rstrip("*") for part in text(cell).splitlines()]
        key = next((names[one] for part in parts for one in (part, part.casefold()) if one in names), None)
        if key is not None:
            places.setdefault(key, at)
        elif any(parts):
            problems.append(Problem("COLUMN_UNKNOWN", COLUMN, sheet.title, 1, letters(at), text(cell)))
    for column in sheet.columns:
        if column.required and column.key not in places:
            name = f"{column.zh} {column.en}"
            problems.append(Problem("COLUMN_MISSING", NO_COLUMN, sheet.title, data={"column": name}))
    return places


def letters(at: int) -> str:
    """Give the letters of a column: 0 is A, 26 is AA."""
    return (letters(at // 26 - 1) if at >= 26 else "") + chr(65 + at % 26)  # noqa: PLR2004 - letters


def _values(sheet: Sheet, number: int, filled: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in sheet.columns:
        name = f"{column.zh} {column.en}"
        if column.key not in filled:
            if column.required:
                problems.append(Problem("MISSING", EMPTY, sheet.title, number, name))
            continue
        try:
            values[column.key] = read_cell(filled[column.key], column)
        except BadCell as bad:
            typed = text(filled[column.key])
            problems.append(Problem(bad.code, bad.template, sheet.title, number, name, typed, bad.data))
    return values


# ---------------------------------------------------------------- what the rows say


def _site(found: dict[str, Lines], present: SiteSpec) -> SiteSpec:
    units = _units(found, present)
    places = [_place(row, present) for _, row in found["places"].rows]
    quotas = [row for _, row in found["quotas"].rows]
    return SiteSpec.model_validate(
        {"units": units, "places": places, "meters": _meters(found, present), "quotas": quotas}
    )


def _units(found: dict[str, Lines], present: SiteSpec) -> list[dict[str, Any]]:
    """Nest what the file has both ends of; facts of units that it does not list belong to the present ones."""
    facts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _, row in found["facts"].rows:
        facts[row["unit"]].append({name: value for name, value in row.items() if name != "unit"})
    known = {unit.code: (unit, parent) for unit, parent, _ in present.all_units()}
    rows: dict[str, dict[str, Any]] = {row["code"]: dict(row) for _, row in found["units"].rows}
    for code in facts:
        if code not in rows:
            unit, parent = known[code]
            rows[code] = unit.model_dump(include={"code", "zh", "en", "kind"}) | {"parent": parent}
    for code, row in rows.items():
        row["facts"] = facts.get(code, [])
        if "kind" not in row and code in known:
            row["kind"] = known[code][0].kind
    tops: list[dict[str, Any]] = []
    for row in rows.values():
        parent = row.get("parent")
        if parent in rows:
            rows[str(parent)].setdefault("units", []).append(row)
            row.pop("parent")
        else:
            tops.append(row)
    return tops


def _place(row: dict[str, Any], present: SiteSpec) -> dict[str, Any]:
    hours = next((place.hours for place in present.places if place.code == row["code"]), [])
    return {**row, "hours": hours}


def _meters(found: dict[str, Lines], present: SiteSpec) -> list[dict[str, Any]]:
    known = {meter.code: meter for meter in present.meters}
    shares: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _, row in found["shares"].rows:
        shares[row["meter"]].append({name: value for name, value in row.items() if name != "meter"})
    meters: dict[str, dict[str, Any]] = {}
    for _, row in found["meters"].rows:
        meter = meters.setdefault(row["code"], _meter(row) | {"registers": [], "shares": shares.get(row["code"], [])})
        meter["registers"].append(_register(row, known.get(row["code"])))
    for code, listed in shares.items():
        if code not in meters:
            meters[code] = known[code].model_dump() | {"unit": None, "shares": listed}
    return list(meters.values())


def _meter(row: dict[str, Any]) -> dict[str, Any]:
    names = ("code", "zh", "en", "resource", "place", "parent", "purpose", "basis")
    meter = {name: row[name] for name in names if name in row}
    meter["assessed"] = row.get("assessed", "yes") == "yes"
    meter["aliases"] = [part.strip() for part in row.get("aliases", "").replace("；", ";").split(";") if part.strip()]
    return meter


def _register(row: dict[str, Any], known: MeterSpec | None) -> dict[str, Any]:
    """Give a register; what the sheet has no columns for (its events) stays as it is."""
    names = ("measure", "multiplier", "digits", "step", "priority", "tariff", "direction")
    register = {name: row[name] for name in names if name in row}
    register |= {"code": row.get("register", ""), "counts": row.get("counts", "yes") == "yes"}
    if "register_kind" in row:
        register["kind"] = row["register_kind"]
    before = next((one for one in known.registers if one.code == register["code"]), None) if known else None
    return register | {"events": before.events if before else []}
