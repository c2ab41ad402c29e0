"""How far a report can be trusted: coverage by resource and month, silent meters, refused rows, sources that sent nothing."""

from collections.abc import Iterable
from datetime import UTC, datetime

from monitor.domain.access import Action
from monitor.domain.periods import from_day
from monitor.queries import closing, operations
from monitor.queries.consumption import MeterRow
from monitor.queries.operations import RunRow
from monitor.reports.asked import Asked
from monitor.reports.numbers import Data, ratio

LISTED = 20  # meters or sources named; the rest is counted
RUNS = 100_000


def meter_data(row: MeterRow) -> Data:
    """Give a meter as it is named in the report."""
    return {"code": row.code, "name_zh": row.name_zh, "name_en": row.name_en}


def metering(resource: str, section: Data, meters: Iterable[MeterRow]) -> Data:
    """Give coverage and estimated share for each month so far, and the meters that said nothing or too little in the month."""
    rows = list(meters)
    silent = [row for row in rows if row.gross.quantity is None]
    gaps = [row for row in rows if row.gross.quantity is not None and row.gross.coverage < 1]
    gaps.sort(key=lambda row: (row.gross.coverage, row.code))
    return {
        "resource": resource,
        "months": [{"month": row["month"], **_trust(row["now"])} for row in section["months"]],
        "meters": len(rows),
        "silent": [meter_data(row) for row in silent[:LISTED]],
        "silent_count": len(silent),
        "gaps": [{**meter_data(row), "coverage": ratio(row.gross.coverage)} for row in gaps[:LISTED]],
        "gap_count": len(gaps),
    }


def _trust(now: Data) -> Data:
    return {"coverage": now["coverage"], "estimated": [now["estimated"], now["quantity"]] if now["quantity"] else None}


def deliveries(asked: Asked) -> Data | None:
    """Give what the sources delivered for the month; None where the unit is not the whole organisation.

    Refused rows count in the month of the readings, or of the arrival where a document gave none.
    """
    if asked.unit.id not in asked.actor.root_ids and not (asked.actor.system and asked.unit.parent_id is None):
        return None
    if not asked.actor.may_everywhere(Action.VIEW):
        return None
    runs = [run for run in operations.runs(asked.session, asked.actor, limit=RUNS) if _concerns(run, asked)]
    sources = operations.sources(asked.session, asked.actor)
    heard = {run.source_id for run in runs if run.state in {"done", "unchanged"}}
    return {
        "documents": sum(run.state == "done" for run in runs),
        "rows_read": sum(run.rows_read for run in runs if run.state == "done"),
        "refused": [
            {"document": run.document, "source": run.source_code, "rows": run.rows_refused, "state": run.state}
            for run in sorted(runs, key=lambda run: run.id)
            if run.rows_refused or run.state in {"refused", "failed"}
        ],
        "silent": [
            {"code": row.code, "name_zh": row.name_zh, "name_en": row.name_en}
            for row in sources
            if row.enabled and row.id not in heard
        ],
    }


def closed(asked: Asked) -> Data:
    """Say by whom and when the month was closed and what reads otherwise since; empty where it is open."""
    ask = (asked.session, asked.actor, asked.unit.id)
    standing = closing.of_month(*ask, asked.month)
    if standing is None:
        return {}
    found = [one for one in closing.changed(*ask, month=asked.month) if one.closing.id == standing.id]
    rows = [
        {
            "unit": {
                "code": one.unit,
                "name_zh": changed.units[one.unit].name_zh,
                "name_en": changed.units[one.unit].name_en,
            },
            "resource": one.resource,
            "part": one.part,
            "before": one.before.quantity,
            "now": one.now.quantity,
            "coverage_before": ratio(one.before.coverage),
            "coverage": ratio(one.now.coverage),
        }
        for changed in found
        for one in changed.differences
    ]
    told = {"by": standing.closed_by, "day": standing.day, "sha256": standing.sha256}
    return {"closing": told | {"count": len(rows), "changed": rows[:LISTED]}}


def _concerns(run: RunRow, asked: Asked) -> bool:
    """Tell whether a run brought readings of the month, or none at all while the month lasted."""
    begin, end = (datetime.combine(from_day(day), datetime.min.time(), UTC) for day in asked.in_month)
    if run.state in {"undone", "running"}:
        return False
    first, last = run.first_at or run.started_at, run.last_at or run.started_at
    return first < end and last >= begin
