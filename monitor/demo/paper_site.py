"""Paper in the site file: three meters for each way of counting, shared out by head count; who counts how; its sources."""

from pathlib import Path
from typing import Any

from monitor.demo.names import ROOT, Bureau
from monitor.demo.paper import STORE_ROOM, Paper, Printer
from monitor.demo.profiles import options

SOURCES = {  # feed: code, zh, en, seconds after which a file counts as late
    "pcut": ("print-logger", "打印日志（Windows 打印服务器）", "Print logs (Windows print server)", 4 * 86_400),
    "cups": ("page-log", "打印日志（CUPS 服务器）", "Print logs (CUPS server)", 4 * 86_400),
    "pcount": ("device-counters", "打印机计数器抄录", "Device counters", 40 * 86_400),
    "packs": ("paper-store", "复印纸领用登记", "Paper store room", 40 * 86_400),
}


def meters(paper: Paper) -> list[dict[str, Any]]:
    """Give the meters of paper: logged jobs and counted sheets of each printer, packs issued to each bureau."""
    found = []
    for printer in paper.printers:
        shares = [{"unit": unit, "by": "head_count"} for unit in printer.departments]
        found += [
            _meter(printer.code, printer, "打印日志", "print log", basis="print_log", kind="event", shares=shares),
            _meter(_counted(printer), printer, "计数器", "counter", basis="counter", kind="cumulative", shares=shares),
        ]
    return found + [_packs(bureau, paper) for bureau in paper.bureaux]


def _counted(printer: Printer) -> str:
    return f"PC{printer.code[1:]}"


def _meter(
    code: str, printer: Printer, zh: str, en: str, *, basis: str, kind: str, shares: list[dict[str, Any]]
) -> dict[str, Any]:
    row: dict[str, Any] = {"code": code, "zh": f"{printer.zh}（{zh}）", "en": f"{printer.en} ({en})"}
    register = {"kind": kind, "measure": "sheet"}
    return row | {
        "resource": "paper",
        "place": printer.place,
        "basis": basis,
        "shares": shares,
        "registers": [register],
    }


def _packs(bureau: Bureau, paper: Paper) -> dict[str, Any]:
    units = sorted(unit for printer in paper.printers if printer.bureau == bureau.code for unit in printer.departments)
    return {
        "code": f"PK-{bureau.code}",
        "zh": f"{bureau.zh}复印纸领用",
        "en": f"Paper issued to the {bureau.en}",
        "resource": "paper",
        "place": "SITE",
        "basis": "packs",
        "shares": [{"unit": unit, "by": "head_count"} for unit in units],
        "registers": [{"kind": "event", "measure": "ream"}],
    }


def bases(paper: Paper) -> list[dict[str, Any]]:
    """Name the authoritative basis: print logs, but one bureau counts packs."""
    year = paper.stories.anchor.year
    rows = [{"unit": ROOT[0], "year": each, "basis": "print_log"} for each in (year - 1, year)]
    codes = {bureau.code for bureau in paper.bureaux}
    packs = [
        {"unit": unit, "year": each, "basis": "packs"}
        for unit in sorted(STORE_ROOM & codes)
        for each in (year - 1, year)
    ]
    return rows + packs


def sources(paper: Paper, inbox: Path) -> list[dict[str, Any]]:
    """Give the four sources with what each calls the meters."""
    if not paper.printers:
        return []
    called = {feed: {printer.code: printer.code for printer in paper.of(feed)} for feed in ("pcut", "cups")}
    called["pcount"] = {printer.code: _counted(printer) for printer in paper.printers}
    called["packs"] = {bureau.zh: f"PK-{bureau.code}" for bureau in paper.bureaux}
    return [_source(feed, inbox / feed, aliases) for feed, aliases in called.items() if aliases]


def _source(feed: str, folder: Path, aliases: dict[str, str]) -> dict[str, Any]:
    code, zh, en, late = SOURCES[feed]
    row: dict[str, Any] = {"code": code, "zh": zh, "en": en, "schedule": "* * * * *", "late_after": late}
    kinds = {"pcut": "papercut_print_log", "cups": "cups_page_log"}
    row |= {"kind": kinds.get(feed, "tabular"), "options": options(feed, folder), "catch_up": 7200}
    return row | {"aliases": aliases}
