"""The compound as a site file would say it: units, facts, places, meters, sources, baselines and targets."""

from datetime import date
from pathlib import Path
from typing import Any

from monitor.demo import paper_site
from monitor.demo.bills import billed
from monitor.demo.climate import STATION
from monitor.demo.compound import SITE_AREA, Compound, Point, Unit
from monitor.demo.delivery import delivers
from monitor.demo.names import ROOT
from monitor.demo.profiles import options
from monitor.demo.series import SWAP_MINUTE, Series

SOURCES = {  # feed: code, zh, en, schedule, seconds after which a file counts as late
    "p96": ("power-monitoring", "电力监控系统（96点）", "Power monitoring system (96 points)", "* * * * *", 36 * 3600),
    "pgbk": ("sub-metering", "分项计量平台", "Sub-metering platform", "* * * * *", 36 * 3600),
    "preg": ("dormitory-power", "楼宇电表集中器", "Building power concentrator", "* * * * *", 36 * 3600),
    "wreg": ("smart-water", "智能水表", "Smart water meters", "* * * * *", 36 * 3600),
    "meteo": ("weather-station", "气象站逐时气温", "Hourly temperature of the weather station", "* * * * *", 36 * 3600),
    "phand": ("power-sheets", "电表抄表记录", "Power reading sheets", "* * * * *", 40 * 86_400),
    "whand": ("water-sheets", "水表抄表记录", "Water reading sheets", "* * * * *", 40 * 86_400),
    "bills": ("utility-bills", "水电账单", "Bills of the utilities", "* * * * *", 40 * 86_400),
}
MOVED, NOW, WHY = "ZGJ-3", "ZJJ", "机构调整 · reorganisation"  # the surveyors went to the housing bureau


def site(series: Series, inbox: Path) -> dict[str, Any]:
    """Give the table of the site file; `inbox` is the folder that the sources watch."""
    compound, stories = series.compound, series.stories
    feeds = [feed for feed in SOURCES if delivers(series, feed)]
    return {
        "units": [_unit(unit, stories.start) for unit in compound.units],
        "places": _places(compound),
        "moves": [{"unit": MOVED, "from": MOVED.partition("-")[0], "at": stories.moved, "note": WHY}],
        "bases": paper_site.bases(series.paper),
        "meters": [_meter(point, series) for point in compound.points] + paper_site.meters(series.paper) + [_station()],
        "sources": [_source(feed, inbox) for feed in feeds] + paper_site.sources(series.paper, inbox),
        "baselines": [
            {"unit": unit.code, "resource": resource, "year": stories.start.year}
            for unit in compound.units
            for resource in ("electricity", "water", "paper")
        ],
        "targets": list(_targets(compound, stories.anchor.year)),
    }


def _unit(unit: Unit, since: date) -> dict[str, Any]:
    facts = [
        {"kind": "head_count", "value": unit.heads, "since": since},
        {"kind": "floor_area", "value": unit.area, "since": since},
    ]
    if unit.kind != "department":
        facts += [
            {"kind": "posts", "value": unit.heads * 78 // 100, "since": since},
            {"kind": "water_head_count", "value": unit.heads * 106 // 100, "since": since},
        ]
    row: dict[str, Any] = {"code": unit.code, "zh": unit.zh, "en": unit.en, "kind": unit.kind, "facts": facts}
    parent = NOW if unit.code == MOVED else unit.parent
    return row | ({"parent": parent} if parent else {})


def _places(compound: Compound) -> list[dict[str, Any]]:
    ground = {"code": "SITE", "zh": f"{ROOT[1]}院区", "en": f"{ROOT[2]} site", "kind": "site", "area": SITE_AREA}
    hours = {"office_from": "08:00", "office_to": "18:00"}
    return [ground | hours] + [
        {"code": b.code, "zh": b.zh, "en": b.en, "kind": "building", "parent": "SITE", "area": b.area} | hours
        for b in compound.buildings
    ]


def _meter(point: Point, series: Series) -> dict[str, Any]:
    row: dict[str, Any] = {
        "code": point.code,
        "zh": point.zh,
        "en": point.en,
        "resource": point.resource,
        "place": point.place,
        "purpose": point.purpose,
        "assessed": point.assessed,
        "shares": [{"unit": unit, "part": ppm} for unit, ppm in point.shares],
        "registers": [_register(point, series), *_bill(point, series)],
    }
    return row | ({"parent": point.parent} if point.parent else {})


def _station() -> dict[str, Any]:
    named = {"zh": "青岚气象站", "en": "Qinglan weather station"}
    kept = {"resource": "outdoor_temperature", "place": "SITE", "purpose": "supply"}
    return {"code": STATION, "registers": [{"kind": "gauge", "step": 3600}], "aliases": [STATION[2:]]} | named | kept


def _register(point: Point, series: Series) -> dict[str, Any]:
    measure = "kWh" if point.resource == "electricity" else "m³"
    if not point.digits:
        return {"kind": "interval", "measure": measure, "step": point.step}
    row: dict[str, Any] = {"kind": "cumulative", "measure": measure, "step": point.step, "digits": point.digits}
    row["multiplier"] = str(point.multiplier)
    code, day = series.stories.swap
    if point.code == code:
        final, initial = series.swap_values(point)
        row["events"] = [
            {
                "kind": "replacement",
                "at": f"{day.isoformat()}T{SWAP_MINUTE // 60:02d}:{SWAP_MINUTE % 60:02d}:00+08:00",
                "final": f"{final // 100}.{final % 100:02d}",
                "initial": f"{initial // 100}.{initial % 100:02d}",
                "note": "到期轮换 · replaced at the end of its term",
            }
        ]
    return row


def _bill(point: Point, series: Series) -> list[dict[str, Any]]:
    """Give the register of a meter's bills: it is there to be compared and never counts, so that no bill fills a hole."""
    if point not in billed(series):
        return []
    measure = "kWh" if point.resource == "electricity" else "m³"
    return [{"code": "bill", "kind": "bill", "measure": measure, "counts": False, "priority": 90}]


def _source(feed: str, inbox: Path) -> dict[str, Any]:
    code, zh, en, schedule, late = SOURCES[feed]
    row = {"code": code, "zh": zh, "en": en, "kind": "tabular", "schedule": schedule, "late_after": late}
    return row | {"options": options(feed, inbox / feed), "catch_up": 7200}


def _targets(compound: Compound, year: int) -> list[dict[str, Any]]:
    everyone = [unit.code for unit in compound.units]
    above = [unit.code for unit in compound.units if unit.kind != "department"]
    terms = {"year": year, "baseline_year": year - 1}
    return [
        {"units": everyone, "resource": "electricity", "indicator": "total", "reduction": "5%"} | terms,
        {"units": everyone, "resource": "water", "indicator": "total", "reduction": "10%"} | terms,
        {"units": everyone, "resource": "paper", "indicator": "total", "reduction": "5%"}
        | {"min_coverage": "90%"}
        | terms,
        {"units": above, "resource": "electricity", "indicator": "per_person", "reduction": "5%"} | terms,
        {"units": above, "resource": "electricity", "indicator": "per_m2", "reduction": "5%"} | terms,
        {"units": above, "resource": "water", "indicator": "per_person", "reduction": "6%"} | terms,
    ]
