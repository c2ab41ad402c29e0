"""The records of an import: document, run, issues, cursor, bills; small writes, each told to the fence before its COMMIT."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.database.tables import Bill, BillRevision, Document, ImportIssue, ImportRun, Source
from monitor.i18n import N_
from monitor.intake.archive import Kept
from monitor.intake.receipt import Receipt

Fence = Callable[[Session], None]
MINOR = 100_000  # thousandths of the minor unit in one unit of money
INTERRUPTED = N_("The import was interrupted; another run takes its place.")


@contextmanager
def writing(database: Database, fence: Fence | None) -> Iterator[Session]:
    """One write transaction; the fence is asked right before COMMIT and may refuse it."""
    with database.session(write=True) as session:
        yield session
        session.flush()
        if fence is not None:
            fence(session)


def fingerprint(kind: str, options: Mapping[str, Any]) -> str:
    """Name a way of reading: kind and options in a few characters."""
    text = json.dumps([kind, options], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def known(session: Session, source_id: int, sha256: str) -> tuple[int | None, ImportRun | None]:
    """Give the document of these bytes and its last run that was not merely `unchanged`."""
    document = session.scalar(select(Document.id).where(Document.source_id == source_id, Document.sha256 == sha256))
    if document is None:
        return None, None
    runs = select(ImportRun).where(ImportRun.document_id == document, ImportRun.state != "unchanged")
    return document, session.scalars(runs.order_by(ImportRun.id.desc()).limit(1)).first()


def keep_document(
    session: Session, source_id: int, name: str, kept: Kept, now: datetime, *, known: int | None = None
) -> int:
    """Record a document; gives its id. One that is `known` already only learns where it is kept."""
    if known is not None:
        unkept = update(Document).where(Document.id == known, Document.kept_as == "")
        session.execute(unkept.values(kept_as=kept.kept_as))
        return known
    row = Document(
        source_id=source_id, sha256=kept.sha256, name=inert(name), size=kept.size, kept_as=kept.kept_as, received_at=now
    )
    session.add(row)
    session.flush()
    return row.id


def open_run(
    session: Session, source_id: int, document_id: int | None, *, trigger: str, actor: str, now: datetime
) -> int:
    """Begin a run; older ones of the same document that never ended are closed as interrupted."""
    if document_id is not None:
        session.execute(
            update(ImportRun)
            .where(ImportRun.document_id == document_id, ImportRun.state == "running")
            .values(state="failed", finished_at=now, error_code="INTERRUPTED", error_template=INTERRUPTED)
        )
    row = ImportRun(
        source_id=source_id, document_id=document_id, state="running", trigger=trigger, actor=actor, started_at=now
    )
    session.add(row)
    session.flush()
    return row.id


def close_run(session: Session, receipt: Receipt, *, now: datetime, way: str, open_until: int | None = None) -> None:
    """Write the receipt and its issues. `open_until` is when the period ends for which the document was read."""
    code, template, data = receipt.error
    detected: dict[str, Any] = {key: plain(value) for key, value in receipt.tally.detected.items()} | {"way": way}
    if receipt.tally.events:
        detected["events"] = dict(receipt.tally.events)
    if open_until is not None:
        detected["open_until"] = open_until
    session.execute(
        update(ImportRun)
        .where(ImportRun.id == receipt.run_id)
        .values(
            state=receipt.state,
            finished_at=now,
            detected=detected,
            error_code=code,
            error_template=template,
            error_data={key: plain(value) for key, value in data.items()},
            **counts(receipt),
        )
    )
    rows = [
        {
            "run_id": receipt.run_id,
            "severity": issue.severity,
            "code": issue.code,
            "template": issue.template,
            "file": inert(issue.file or receipt.document),
            "sheet": inert(issue.sheet),
            "row_no": issue.row_no,
            "column": inert(issue.column),
            "value": inert(issue.value),
            "data": {key: plain(value) for key, value in issue.data.items()},
        }
        for issue in receipt.tally.issues
    ]
    if rows:
        session.execute(insert(ImportIssue), rows)


def counts(receipt: Receipt) -> dict[str, Any]:
    """Give the counts of a receipt as columns of its run."""
    return {
        "rows_read": receipt.read,
        "rows_new": receipt.new,
        "rows_changed": receipt.changed,
        "rows_same": receipt.same,
        "rows_blank": receipt.blank,
        "rows_refused": receipt.refused,
        "first_at": receipt.first_at,
        "last_at": receipt.last_at,
    }


def mark_chunk(session: Session, receipt: Receipt) -> None:
    """Say how far a large document is."""
    session.execute(
        update(ImportRun)
        .where(ImportRun.id == receipt.run_id)
        .values(chunks_done=ImportRun.chunks_done + 1, **counts(receipt))
    )


def set_cursor(session: Session, source_id: int, cursor: Mapping[str, Any] | None) -> None:
    """Move a source's cursor behind a document."""
    if cursor is not None:
        session.execute(update(Source).where(Source.id == source_id).values(cursor=dict(cursor)))


def plain(value: object) -> object:
    """Make a value fit for JSON and PostgreSQL text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return inert(str(value))


def inert(text: str) -> str:
    """Make a text fit for any database: no NUL, no half of a character."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def store_bills(session: Session, frame: pd.DataFrame, extra: pd.DataFrame, run_id: int) -> None:
    """Write the money side of bill readings: what a later document says of the same bill holds."""
    if "amount" not in extra and "invoice" not in extra:
        return
    count = len(frame)
    amounts = extra["amount"].to_numpy() if "amount" in extra else np.full(count, np.nan)
    invoices = list(extra["invoice"]) if "invoice" in extra else [""] * count
    currencies = list(extra["currency"]) if "currency" in extra else ["CNY"] * count
    rows = [
        {
            "register_id": int(register),
            "end_at": int(end),
            "amount": None if np.isnan(amount) else round(float(amount) * MINOR),
            "currency": currency,
            "invoice": inert(invoice),
            "run_id": run_id,
        }
        for register, end, amount, currency, invoice in zip(
            frame["register_id"], frame["end_at"], amounts, currencies, invoices, strict=True
        )
    ]
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    for at in range(0, len(rows), 1000):
        part = _changed_bills(session, rows[at : at + 1000], run_id)
        if part:
            statement = dialect.insert(Bill).values(part)
            new = {name: statement.excluded[name] for name in ("amount", "currency", "invoice", "run_id")}
            session.execute(statement.on_conflict_do_update(index_elements=["register_id", "end_at"], set_=new))


_SAID = ("amount", "currency", "invoice")


def _changed_bills(session: Session, rows: list[dict[str, Any]], run_id: int) -> list[dict[str, Any]]:
    """Give the bills that are new or differ, the last row of each; what another run had said is kept as a revision."""
    keys = {(row["register_id"], row["end_at"]): row for row in rows}
    columns = (Bill.register_id, Bill.end_at, Bill.amount, Bill.currency, Bill.invoice, Bill.run_id)
    held = select(*columns).where(
        Bill.register_id.in_({register for register, _ in keys}), Bill.end_at.in_({end for _, end in keys})
    )
    for old in session.execute(held).all():
        row = keys.get((old.register_id, old.end_at))
        if row is None:
            continue
        if all(getattr(old, name) == row[name] for name in _SAID):
            del keys[old.register_id, old.end_at]
        elif old.run_id != run_id:
            before = {column.key: getattr(old, column.key) for column in columns}
            session.execute(insert(BillRevision).values(**before, replaced_by=run_id))
    return list(keys.values())
