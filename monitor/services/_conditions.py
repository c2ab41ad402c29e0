"""What the rules of alerts look at: holes in deliveries, refused rows, targets over pace or no longer judged."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database.tables import (
    Alert,
    DailyConsumption,
    Document,
    ImportRun,
    Meter,
    MeterShare,
    Reading,
    Register,
    Source,
)
from monitor.domain.access import SYSTEM
from monitor.domain.alerts import (
    BELOW_COVERAGE,
    BILL_DIFFERS,
    CLOSED_CHANGED,
    DELIVERY_MISSING,
    OVER_PACE,
    ROWS_REFUSED,
    Condition,
    Hole,
    coverage_verdict,
    holes,
    pace_verdict,
)
from monitor.domain.periods import from_day, year_days
from monitor.queries import _closing, billing, targets
from monitor.queries._tree import load_tree

HAND = "hand"
A_WEEK = 7
Found = tuple[list[Condition], set[str]]


@dataclass(frozen=True, slots=True)
class Look:
    """When and with which limits a rule is looked at, and what it has open."""

    now: datetime
    limits: Mapping[str, int]
    standing: list[Alert]


# ---------------------------------------------------------------- deliveries


def delivery_missing(session: Session, look: Look) -> Found:
    """Find the days that a source or meter did not deliver although later ones came; nothing closes by growing old."""
    today = targets.default_as_of(session, now=look.now) + 1
    standing = [_hole(alert.data) for alert in look.standing]
    first = min([today - look.limits["days"], *(hole.first - 1 for hole in standing)])
    of = _sources(session)
    codes, units = _meters(session)
    given: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    table = DailyConsumption
    within = select(table.meter_id, table.day).where(table.covered > 0, table.day >= first, table.day < today)
    for meter, day in session.execute(within):
        if meter in of:
            given[of[meter]][codes[meter]].add(day)
    found: list[Condition] = []
    for source, days in sorted(given.items()):
        kept = {meter: frozenset(seen) for meter, seen in days.items()}
        listed = holes(kept, source, least=look.limits["least"], share=look.limits["share"])
        found += [_condition(hole, standing, look.standing, units) for hole in listed]
    return _once(found), set()


def _once(found: Iterable[Condition]) -> list[Condition]:
    return list({one.subject: one for one in found}.values())


def _hole(data: Mapping[str, Any]) -> Hole:
    return Hole(
        str(data.get("source", "")),
        str(data.get("meter", "")),
        int(data.get("first", 0)),
        int(data.get("last", 0)),
        int(data.get("meters", 1)),
    )


def _condition(hole: Hole, standing: list[Hole], alerts: list[Alert], units: Mapping[str, int | None]) -> Condition:
    """Name a hole; one that is left of a hole with an open alert keeps that alert."""
    same = next((alert.subject for one, alert in zip(standing, alerts, strict=True) if one.meets(hole)), hole.subject)
    data = {"source": hole.source, "meter": hole.meter, "first": hole.first, "last": hole.last, "meters": hole.meters}
    return Condition(DELIVERY_MISSING, same, units.get(hole.meter) if hole.meter else None, data)


def _sources(session: Session) -> dict[int, str]:
    """Give the source of each meter: the one that its registers' newest reading came from, hand readings left out."""
    newest = (
        select(Reading.run_id)
        .where(Reading.register_id == Register.id)
        .order_by(Reading.end_at.desc())
        .limit(1)
        .correlate(Register)
        .scalar_subquery()
    )
    runs = {
        row[0]: row[1] for row in session.execute(select(Register.meter_id, newest).order_by(Register.priority.desc()))
    }
    wanted = {run for run in runs.values() if run is not None}
    named = select(ImportRun.id, Source.code).join(Source, Source.id == ImportRun.source_id)
    codes = {row[0]: row[1] for row in session.execute(named.where(ImportRun.id.in_(wanted), Source.code != HAND))}
    return {meter: codes[run] for meter, run in runs.items() if run in codes}


def _meters(session: Session) -> tuple[dict[int, str], dict[str, int | None]]:
    """Give the code of each meter, and by code the unit with the largest share of it now."""
    codes = {row[0]: row[1] for row in session.execute(select(Meter.id, Meter.code))}
    shares = select(MeterShare.meter_id, MeterShare.unit_id).order_by(MeterShare.valid_from, MeterShare.ppm)
    units: dict[str, int | None] = {}
    for meter, unit in session.execute(shares):
        units[codes[meter]] = unit
    return codes, units


# ---------------------------------------------------------------- refused rows


def rows_refused(session: Session, look: Look) -> Found:
    """Find the sources whose newest document had more refused rows than allowed, or was refused as a whole."""
    done = ImportRun.state.in_(("done", "refused"))
    newest = (
        select(func.max(ImportRun.id)).where(done, ImportRun.document_id.is_not(None)).group_by(ImportRun.source_id)
    )
    columns = (ImportRun.id, ImportRun.state, ImportRun.rows_read, ImportRun.rows_refused, Source.code, Document.name)
    query = (
        select(*columns)
        .join(Source, Source.id == ImportRun.source_id)
        .join(Document, Document.id == ImportRun.document_id)
        .where(ImportRun.id.in_(newest))
    )
    found = []
    for run, state, read, refused, source, document in session.execute(query.order_by(Source.code)):
        if state == "refused" or refused > look.limits["rows"]:
            data = {"source": source, "run": run, "read": read, "refused": refused, "document": document}
            found.append(Condition(ROWS_REFUSED, source, None, data))
    return found, set()


# ---------------------------------------------------------------- targets


def over_pace(session: Session, look: Look) -> Found:
    """Find the targets that turned behind or used up; at risk and not judged decide nothing."""
    as_of = targets.default_as_of(session, now=look.now)
    year = from_day(as_of).year
    found: list[Condition] = []
    undecided: set[str] = set()
    for row in targets.board(session, SYSTEM, year, as_of):
        if row.judged is None:
            continue
        progress = row.judged.progress
        verdict = pace_verdict(progress.status)
        if verdict is None or (
            verdict and progress.pace is not None and progress.pace * 100 < 100 + look.limits["over"]
        ):
            undecided.add(subject(row.unit.id, row.resource, year))
        elif verdict:
            pace = None if progress.pace is None else round(progress.pace * 1000)
            data = {"unit": row.unit.id, "resource": row.resource, "year": year, "as_of": as_of}
            more = {"pace": pace, "status": progress.status.value}
            found.append(Condition(OVER_PACE, subject(row.unit.id, row.resource, year), row.unit.id, data | more))
    return found, undecided


def subject(unit_id: int, resource: str, year: int) -> str:
    """Name a target's alert: unit, resource, year."""
    return f"unit:{unit_id}:{resource}:{year}"


def below_coverage(session: Session, look: Look) -> Found:
    """Find the targets that are not judged although they were: a while ago, last week, or when their alert last closed."""
    as_of = targets.default_as_of(session, now=look.now)
    year = from_day(as_of).year
    first = year_days(year)[0]
    earlier = sorted(
        {day for day in (as_of - look.limits["days"], as_of - A_WEEK) if day >= first} | {first + 30} - {as_of}
    )
    looks = [
        {
            (row.unit.id, row.resource): row.judged.progress.status
            for row in targets.board(session, SYSTEM, year, day)
            if row.judged
        }
        for day in earlier
        if day < as_of
    ]
    before = set(session.scalars(select(Alert.subject).where(Alert.rule == BELOW_COVERAGE)))
    found = []
    for row in targets.board(session, SYSTEM, year, as_of):
        if row.judged is None:
            continue
        key = subject(row.unit.id, row.resource, year)
        progress = row.judged.progress
        statuses = [seen[row.unit.id, row.resource] for seen in looks if (row.unit.id, row.resource) in seen]
        low = any(reason.code == "COVERAGE_LOW" for reason in progress.reasons)
        if low and (coverage_verdict(progress.status, statuses) or key in before):
            share = int(progress.used.coverage * 1000)
            data = {"unit": row.unit.id, "resource": row.resource, "year": year, "as_of": as_of, "coverage": share}
            found.append(Condition(BELOW_COVERAGE, key, row.unit.id, data))
    return found, set()


# ---------------------------------------------------------------- closed months, bills


def closed_changed(session: Session, look: Look) -> Found:  # noqa: ARG001 - every finder is asked so
    """Find the closed months of which figures read otherwise today."""
    rows = _closing.standing(session)
    different = _closing.changed(session, rows)
    return [
        Condition(
            CLOSED_CHANGED,
            f"close:{row.id}",
            row.unit_id,
            {"unit": row.unit_id, "month": row.month, "by": row.closed_by, "count": len(different[row.id])},
        )
        for row in rows
        if row.id in different
    ], set()


def bill_differs(session: Session, look: Look) -> Found:
    """Find the bills that differ from what their meter measured."""
    tree, _, units = load_tree(session), *_meters(session)
    today = targets.default_as_of(session, now=look.now) + 1
    span = (today - look.limits["days"], today)
    found = []
    for top in tree.roots:
        for row in billing.compare(session, SYSTEM, top, "", *span, now=look.now):
            if row.state == billing.DIFFERS:
                ratio = None if row.ratio is None else round(row.ratio * 1000)
                data = {"meter": row.code, "resource": row.resource, "first": row.first, "last": row.last}
                subject_of = f"bill:{row.code}:{row.register_id}:{row.end}"
                found.append(Condition(BILL_DIFFERS, subject_of, units.get(row.code), data | {"difference": ratio}))
    return found, set()


FINDERS: dict[str, Callable[[Session, Look], Found]] = {
    DELIVERY_MISSING: delivery_missing,
    ROWS_REFUSED: rows_refused,
    OVER_PACE: over_pace,
    BELOW_COVERAGE: below_coverage,
    CLOSED_CHANGED: closed_changed,
    BILL_DIFFERS: bill_differs,
}
