"""Seals over the audit log: each is the SHA-256 over the one before and the rows sealed with it, so that a change later shows.

A row that is committed late (its number is smaller than others already sealed) belongs to a later seal; no seal waits for it.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.database.tables import AuditEvent, AuditSeal
from monitor.i18n import N_

log = logging.getLogger(__name__)
AT_ONCE = 1000
LATE = timedelta(hours=1)  # longer than any transaction: a row made before a seal comes into it, or soon after
_COLUMNS = tuple(
    getattr(AuditEvent, name) for name in ("id", "at", "actor", "action", "subject", "before", "after", "seal_id")
)
CHANGED = N_("Seal {seal} of the audit log does not fit its {rows} rows: one was changed, removed or added.")
GONE = N_("Seal {seal} of the audit log is missing.")
CAME_LATE = N_(
    "Row {row} of the audit log says {at}, but was not there when the log was sealed after that: it was added, or the clock was wrong."
)
STRAY = N_("Row {row} of the audit log names a seal that is not there.")


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit: a sentence and its data."""

    template: str
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at the chain found: seals and rows looked at, rows not yet sealed, the last seal, and what does not fit."""

    seals: int
    rows: int
    waiting: int
    last: str
    faults: tuple[Fault, ...]


def seal(database: Database, now: datetime) -> int:
    """Seal what is committed and has no seal yet; give the number of rows. Two processes at once do no harm: one of them waits a turn."""
    done = 0
    while (count := _seal_some(database, now)) > 0:
        done += count
        if count < AT_ONCE:
            break
    return done


def _seal_some(database: Database, now: datetime) -> int:
    waiting = select(*_COLUMNS).where(AuditEvent.seal_id.is_(None)).order_by(AuditEvent.id).limit(AT_ONCE)
    with database.session() as session:  # a look takes no write lock
        if session.scalar(select(AuditEvent.id).where(AuditEvent.seal_id.is_(None)).limit(1)) is None:
            return 0
    try:
        with database.session(write=True) as session:
            before = session.execute(
                select(AuditSeal.id, AuditSeal.hash).order_by(AuditSeal.id.desc()).limit(1)
            ).first()
            number, last = (before.id + 1, before.hash) if before is not None else (1, "")
            rows = session.execute(
                waiting
            ).all()  # after the look at the last seal: another's rows are either seen, or collide
            if not rows:
                return 0
            found = _hash(last, rows)
            # The number is given here, not by the database: two that seal at once collide on it, and one gives way.
            session.add(AuditSeal(id=number, rows=len(rows), hash=found, sealed_at=now))
            session.flush()
            session.execute(
                update(AuditEvent).where(AuditEvent.id.in_([row.id for row in rows])).values(seal_id=number)
            )
    except IntegrityError:
        return 0
    log.info("audit log sealed: %d rows, seal %d %s", len(rows), number, found)
    return len(rows)


def _hash(last: str, rows: Sequence[Row[Any]]) -> str:
    digest = sha256(last.encode())
    for row in rows:
        told = [row.id, int(row.at.timestamp()), row.actor, row.action, row.subject, row.before, row.after]
        digest.update(json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()


def check(session: Session, *, newest: int | None = None) -> Checked:
    """Compute the chain anew, or its `newest` seals, and compare. Reads the log once, in order."""
    top = session.scalar(select(func.max(AuditSeal.id))) or 0
    first = 1 if newest is None else max(top - newest + 1, 1)
    seals = {row.id: row for row in session.scalars(select(AuditSeal).where(AuditSeal.id >= first - 1))}
    faults = [Fault(GONE, {"seal": number}) for number in range(first, top + 1) if number not in seals]
    rows = 0
    sealed = dict.fromkeys((number for number in seals if number >= first), 0)
    for number, found in _by_seal(session, first):
        rows += len(found)
        if number not in sealed:
            faults += [Fault(STRAY, {"row": row.id}) for row in found]
            continue
        sealed[number] = len(found)
        faults += _compared(seals.get(number - 1), seals[number], found)
    faults += [Fault(CHANGED, {"seal": n, "rows": seals[n].rows}) for n, count in sealed.items() if not count]
    waiting = session.scalar(select(func.count()).where(AuditEvent.seal_id.is_(None))) or 0
    last = f"{top}:{seals[top].hash}" if top else ""
    return Checked(len(sealed), rows, waiting, last, tuple(faults))


def _by_seal(session: Session, first: int) -> Iterator[tuple[int, list[Row[Any]]]]:
    chosen = select(*_COLUMNS).where(AuditEvent.seal_id >= first).order_by(AuditEvent.seal_id, AuditEvent.id)
    found = session.execute(chosen.execution_options(yield_per=AT_ONCE))
    for number, rows in groupby(found, key=lambda row: row.seal_id):
        yield number, list(rows)


def _compared(before: AuditSeal | None, own: AuditSeal, rows: list[Row[Any]]) -> Iterator[Fault]:
    if len(rows) != own.rows or _hash("" if before is None else before.hash, rows) != own.hash:
        yield Fault(CHANGED, {"seal": own.id, "rows": own.rows})
    if before is not None:
        for row in rows:
            if row.at < before.sealed_at - LATE:
                yield Fault(CAME_LATE, {"row": row.id, "at": row.at.isoformat()})


def holds(session: Session, noted: str) -> bool:
    """Tell whether a seal that was noted elsewhere (`12:3f…`) is in the chain."""
    number, _, told = noted.partition(":")
    own = session.get(AuditSeal, int(number)) if number.isascii() and number.isdigit() and len(number) < 18 else None  # noqa: PLR2004 - what fits an id
    return own is not None and own.hash == told
