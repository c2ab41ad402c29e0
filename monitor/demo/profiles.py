"""How each of the demo's vendors writes its files: the profiles of its sources."""

from pathlib import Path
from typing import Any

_ZONE = {"zone": "Asia/Shanghai"}
_SHEET = {
    "layout": "sheets",
    "header": "auto",
    "end": "^合计",
    "meter": {"column": "表号"},
    "time": {"start": "上期抄表日", "end": "本期抄表日"} | _ZONE,
}

PROFILES: dict[str, dict[str, Any]] = {
    "p96": {
        "layout": "days",
        "resource": "electricity",
        "encoding": "gb18030",
        "meter": {"column": "表号"},
        "time": {"column": "日期", "format": "%Y-%m-%d", "label": "end", "interval": "15min"} | _ZONE,
        "value": {"columns": r"^\d\d:\d\d$", "kind": "interval", "measure": "kWh"},
    },
    "pgbk": {
        "layout": "rows",
        "resource": "electricity",
        "encoding": "gb18030",
        "meter": {"column": "表号"},
        "time": {"column": "时间", "format": "%Y/%m/%d %H:%M", "label": "end", "interval": "15min"} | _ZONE,
        "value": {"column": "电量(kWh)", "kind": "interval", "measure": "kWh"},
        "status": {"column": "状态", "map": {"正常": "measured", "估算": "estimated", "异常": "suspect"}},
    },
    "preg": {
        "layout": "rows",
        "resource": "electricity",
        "encoding": "utf-8-sig",
        "meter": {"column": "DeviceID"},
        "time": {"column": "ReadTime", "format": "%Y-%m-%d %H:%M:%S"} | _ZONE,
        "value": {"column": "ActiveEnergy(kWh)", "kind": "cumulative", "measure": "kWh"},
    },
    "wreg": {
        "layout": "rows",
        "resource": "water",
        "encoding": "utf-8-sig",
        "meter": {"column": "水表编号"},
        "time": {"column": "抄表时间", "format": "%Y-%m-%d %H:%M"} | _ZONE,
        "value": {"column": "累计流量(m3)", "kind": "cumulative", "measure": "m3"},
    },
    "phand": _SHEET
    | {
        "resource": "electricity",
        "value": {
            "column": "本期读数",
            "previous": "上期读数",
            "multiplier": "倍率",
            "usage": "用量(度)",
            "kind": "cumulative",
            "measure": "kWh",
        },
    },
    "whand": _SHEET
    | {
        "resource": "water",
        "value": {
            "column": "本期读数",
            "previous": "上期读数",
            "multiplier": "倍率",
            "usage": "用量(吨)",
            "kind": "cumulative",
            "measure": "m3",
        },
    },
}

PROFILES["pcount"] = {
    "layout": "rows",
    "resource": "paper",
    "encoding": "gb18030",
    "meter": {"column": "打印机编号"},
    "time": {"column": "抄表日期", "format": "%Y/%m/%d %H:%M"} | _ZONE,
    "value": {"column": "累计出纸(折A4张)", "kind": "cumulative", "measure": "sheet"},
}
PROFILES["packs"] = {
    "layout": "rows",
    "resource": "paper",
    "complete": "months",
    "meter": {"column": "部门"},
    "time": {"column": "日期", "format": "%Y-%m-%d"} | _ZONE,
    "value": {"column": "数量(包)", "kind": "event", "measure": "ream"},
}
PROFILES["bills"] = {"base": "bill-sheet", "encoding": "gb18030"}
PROFILES["meteo"] = {
    "base": "outdoor-temperature-hourly",
    "encoding": "gb18030",
    "meter": {"column": "区站号"},
    "time": {"column": "观测时间", "format": "%Y-%m-%d %H:%M"} | _ZONE,
    "value": {"column": "气温(℃)"},
}


def options(feed: str, folder: Path) -> dict[str, Any]:
    """Give the options of the source of a feed that watches `folder`."""
    if feed == "cups":
        return {"path": str(folder / "page_log*")} | _ZONE
    if feed == "pcut":
        return {"inbox": str(folder)} | _ZONE
    return {"inbox": str(folder), "profile": PROFILES[feed]}
