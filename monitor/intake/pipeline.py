"""The route of a document: kept, recognised, parsed in the sandbox, checked, stored with its days and its receipt."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.database.readings import rebuild_daily, store_readings
from monitor.database.state import bump_data_version
from monitor.database.tables import ImportRun, Source
from monitor.domain.access import Action, Actor
from monitor.errors import DocumentRefused, JieyueError, NotFound
from monitor.i18n import N_
from monitor.intake import archive as files
from monitor.intake import ledger, registry, sandbox
from monitor.intake.checks import Ready, ready
from monitor.intake.contract import BILL, CHUNK_ROWS, Document
from monitor.intake.receipt import Preview, Receipt, Tally
from monitor.intake.resolve import FileNames, Known, Resolve

__all__ = ["Preview", "Receipt", "check_options", "import_file", "preview", "run_source"]

Fence = Callable[[Session], None]
FAR = 2**40  # a preview has no clock: nothing lies in its future
INTERNAL = N_("The import failed for a reason of our own ({reason}); it will be tried again.")


@dataclass(slots=True)
class Job:
    """What one import knows from beginning to end."""

    database: Database
    source_id: int
    source: str
    kind: str
    options: dict[str, Any]
    archive: Path
    trigger: str
    actor: Actor
    now: datetime
    fence: Fence | None = None
    limit: sandbox.Limits = field(default_factory=sandbox.Limits)

    @property
    def way(self) -> str:
        """The fingerprint of kind and options."""
        return ledger.fingerprint(self.kind, self.options)


def run_source(
    database: Database,
    source_id: int,
    *,
    trigger: str,
    actor: Actor,
    now: datetime,
    archive: Path,
    fence: Fence | None = None,
) -> list[Receipt]:
    """Fetch every new document of a source and import each; give their receipts, oldest first.

    Refused documents are receipts, not errors. SourceUnavailable is recorded as a failed run and raised again.
    """
    job, cursor = _job(database, source_id, trigger=trigger, actor=actor, now=now, archive=archive, fence=fence)
    receipts: list[Receipt] = []
    try:
        importer = registry.build(job.kind, job.options)
        for document in importer.fetch(cursor, now):
            receipts.append(_document(job, document, importer, by_hand=False))  # noqa: PERF401 - each is stored at once
    except JieyueError as error:
        _failed_look(job, error)
        raise
    if not receipts:
        receipts.append(_found_none(job))
    return receipts


def import_file(
    database: Database,
    source_id: int,
    path: Path,
    *,
    actor: Actor,
    trigger: str = "upload",
    now: datetime,
    archive: Path,
    fence: Fence | None = None,
    limit: sandbox.Limits = sandbox.DEFAULT,
) -> Receipt:
    """Import one file through a source's options; what was undone or refused before is tried again."""
    job, _ = _job(database, source_id, trigger=trigger, actor=actor, now=now, archive=archive, fence=fence)
    job.limit = limit
    importer = registry.build(job.kind, job.options)
    return _document(job, Document(path.name, path), importer, by_hand=True)


def preview(kind: str, options: Mapping[str, Any], files: Sequence[Path], *, resolve: Resolve | None = None) -> Preview:
    """Read files as an import would, without a database: counts, span, totals per meter and month, issues.

    `resolve` finds meters as an import would; without it every name in the files counts as a meter.
    """
    registry.build(kind, dict(options))
    together, each = Tally(), []
    for path in files:
        tally = Tally()
        error: tuple[str, str, Mapping[str, Any]] = ("", "", {})
        try:
            for chunk in sandbox.parse(kind, dict(options), Document(path.name, path)):
                made = ready(chunk, resolve or FileNames(), FAR)
                tally.add(made)
                together.add(made)
        except DocumentRefused as refused:
            error = (refused.code, refused.template, refused.data)
        each.append(Preview(path.name, "refused" if error[0] else "readable", tally, error))
    if len(each) == 1:
        return each[0]
    state = "refused" if any(one.state == "refused" for one in each) else "readable"
    return Preview(", ".join(path.name for path in files), state, together, files=each)


def check_options(kind: str, options: Mapping[str, Any]) -> None:
    """Refuse options that the importer of this kind does not take (ConfigurationError)."""
    registry.build(kind, dict(options))


def _job(database: Database, source_id: int, **rest: Any) -> tuple[Job, dict[str, Any]]:  # noqa: ANN401 - fields of Job
    rest["actor"].require_everywhere(Action.IMPORT)
    with database.session() as session:
        row = session.execute(
            select(Source.code, Source.kind, Source.options, Source.cursor).where(Source.id == source_id)
        ).one_or_none()
    if row is None:
        raise NotFound("NOT_FOUND", N_("There is no such source, or you may not see it."))
    return Job(database, source_id, row.code, row.kind, dict(row.options), **rest), dict(row.cursor or {})


def _document(job: Job, document: Document, importer: Any, *, by_hand: bool) -> Receipt:  # noqa: ANN401 - an Importer
    """Import one document: kept, recognised, then parsed and stored."""
    scrub = getattr(importer, "scrub", None)
    received = files.fingerprint(document.path) if scrub else None
    kept = files.keep(scrub(document).path if scrub else document.path, job.archive)
    if received:  # the hash is that of the bytes as received, before anything personal was taken out
        kept = files.Kept(received[0], received[1], kept.kept_as)
    with ledger.writing(job.database, job.fence) as session:
        document_id, last = ledger.known(session, job.source_id, kept.sha256)
        if document_id is None:
            document_id = ledger.keep_document(session, job.source_id, document.name, kept, job.now)
        run_id = ledger.open_run(
            session, job.source_id, document_id, trigger=job.trigger, actor=job.actor.login, now=job.now
        )
        receipt = Receipt(document.name, "running", Tally(), run_id=run_id, source=job.source, sha256=kept.sha256)
        if last is not None and _seen(last, job, by_hand=by_hand):
            receipt.state = "unchanged"
            ledger.close_run(session, receipt, now=job.now, way=job.way)
            ledger.set_cursor(session, job.source_id, document.cursor_after)
            return receipt
        resolve = Known(session, job.source_id)
    _parse_and_store(job, Document(document.name, job.archive / kept.kept_as, document.cursor_after), resolve, receipt)
    return receipt


def _seen(last: ImportRun, job: Job, *, by_hand: bool) -> bool:
    """Tell whether these bytes need no second look; by hand, what was undone or refused gets one."""
    same_way = last.detected.get("way") == job.way
    if by_hand:
        return last.state == "done" and same_way
    return last.state in {"done", "undone"} or (last.state == "refused" and same_way)


def _parse_and_store(job: Job, document: Document, resolve: Resolve, receipt: Receipt) -> None:
    try:
        pending: list[Ready] = []
        for made in _checked(job, document, resolve, receipt):
            if pending and sum(len(p.frame) for p in pending) + len(made.frame) > CHUNK_ROWS:
                _store_chunk(job, receipt, pending)
                pending = []
            pending.append(made)
        nothing = receipt.tally.accepted == 0 and receipt.tally.refused > 0
        receipt.state = "refused" if nothing else "done"
        _finish(job, receipt, document, pending)
    except DocumentRefused as error:
        receipt.state, receipt.error = "refused", (error.code, error.template, error.data)
        _finish(job, receipt, document, [])
    except JieyueError:
        raise  # the fence, or a database out of reach: whoever owns the job now takes it up again
    except Exception as error:
        receipt.state = "failed"
        receipt.error = ("INTERNAL", INTERNAL, {"reason": f"{type(error).__name__}: {error}"[:300]})
        with ledger.writing(job.database, job.fence) as session:
            ledger.close_run(session, receipt, now=_finished(job), way=job.way)
        raise


def _checked(job: Job, document: Document, resolve: Resolve, receipt: Receipt) -> Iterator[Ready]:
    now = int(job.now.timestamp())
    for chunk in sandbox.parse(job.kind, job.options, document, job.limit):
        made = ready(chunk, resolve, now)
        receipt.tally.add(made)
        yield made


def _store_chunk(job: Job, receipt: Receipt, pending: list[Ready]) -> None:
    """Store a part of a large document: its readings, their days and the mark, together."""
    with ledger.writing(job.database, job.fence) as session:
        _store(session, receipt, pending)
        ledger.mark_chunk(session, receipt)
        bump_data_version(session)


def _finish(job: Job, receipt: Receipt, document: Document, pending: list[Ready]) -> None:
    """Store what is left with receipt, issues and cursor: together or not at all."""
    with ledger.writing(job.database, job.fence) as session:
        _store(session, receipt, pending)
        ledger.close_run(session, receipt, now=_finished(job), way=job.way)
        ledger.set_cursor(session, job.source_id, document.cursor_after)
        bump_data_version(session)


def _store(session: Session, receipt: Receipt, pending: list[Ready]) -> None:
    frames = [made.frame for made in pending if len(made.frame)]
    if not frames:
        return
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0].reset_index(drop=True)
    stored = store_readings(session, frame, receipt.run_id)
    rebuild_daily(session, stored.touched, known=stored.known)
    for made in pending:
        if made.kind == BILL and len(made.frame):
            ledger.store_bills(session, made.frame, made.extra, receipt.run_id)
    receipt.new += stored.new
    receipt.changed += stored.changed
    receipt.stored_same += len(frame) - stored.new - stored.changed


def _finished(job: Job) -> datetime:
    """The end of a run on its own clock: as many real seconds after `now` as have passed is not worth two clocks."""
    return max(job.now, datetime.now(UTC)) if job.trigger != "schedule" else job.now


def _failed_look(job: Job, error: JieyueError) -> None:
    if not isinstance(error, DocumentRefused) and error.__class__.__name__ in {
        "SourceUnavailable",
        "ConfigurationError",
    }:
        with ledger.writing(job.database, job.fence) as session:
            run_id = ledger.open_run(
                session, job.source_id, None, trigger=job.trigger, actor=job.actor.login, now=job.now
            )
            failed = Receipt("", "failed", Tally(), (error.code, error.template, error.data), run_id=run_id)
            ledger.close_run(session, failed, now=job.now, way=job.way)


def _found_none(job: Job) -> Receipt:
    """Record a look that found nothing; looks in a row share one receipt, so that they do not bury the others."""
    with ledger.writing(job.database, job.fence) as session:
        last = session.scalars(
            select(ImportRun).where(ImportRun.source_id == job.source_id).order_by(ImportRun.id.desc()).limit(1)
        ).first()
        if last is not None and last.document_id is None and last.state == "unchanged":
            run_id = last.id
            session.execute(update(ImportRun).where(ImportRun.id == run_id).values(finished_at=job.now))
        else:
            run_id = ledger.open_run(
                session, job.source_id, None, trigger=job.trigger, actor=job.actor.login, now=job.now
            )
            nothing = Receipt("", "unchanged", Tally(), run_id=run_id, source=job.source)
            ledger.close_run(session, nothing, now=job.now, way=job.way)
    return Receipt("", "unchanged", Tally(), run_id=run_id, source=job.source)
