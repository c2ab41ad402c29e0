"""The route of a document: kept, recognised, parsed in the sandbox, checked, stored with its days and its receipt."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from monitor import trouble
from monitor.database.engine import Database
from monitor.database.state import bump_data_version
from monitor.database.tables import ImportRun, Source
from monitor.domain.access import Action, Actor
from monitor.errors import DocumentRefused, JieyueError, NotFound
from monitor.i18n import N_
from monitor.intake import archive as files
from monitor.intake import ledger, pseudonyms, registry, sandbox
from monitor.intake.checks import Ready, ready
from monitor.intake.contract import Document
from monitor.intake.receipt import Preview, Receipt, Tally
from monitor.intake.resolve import FileNames, Known, Resolve
from monitor.intake.storing import Store

__all__ = ["Preview", "Receipt", "check_options", "clean", "import_file", "preview", "run_source"]

Fence = Callable[[Session], None]
FAR = 4_102_444_800  # 2100-01-01; a preview has no clock: what comes before it is not refused as lying in the future
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
    whole: bool = False  # its documents are read to their end before they say anything

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
            with _plainly(job):
                receipts.append(_document(job, document, importer, by_hand=False))
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
    with _plainly(job):
        return _document(job, Document(path.name, path), importer, by_hand=True)


def preview(
    kind: str,
    options: Mapping[str, Any],
    files: Sequence[Path],
    *,
    resolve: Resolve | None = None,
    archive: Path | None = None,
) -> Preview:
    """Read files as an import would, without a database: counts, span, totals per meter and month, issues.

    `resolve` finds meters as an import would; without it every name in the files counts as a meter. Names of people become
    pseudonyms here too: with `archive` those of this installation, else passing ones.
    """
    importer = registry.build(kind, dict(options))
    secret = None
    if getattr(importer, "scrub", None) is not None:
        key = str(options.get("key", ""))
        secret = pseudonyms.passing() if archive is None else pseudonyms.secret_of(key, archive)
    together, each = Tally(), []
    for path in files:
        tally = Tally()
        error: tuple[str, str, Mapping[str, Any]] = ("", "", {})
        try:
            for chunk in sandbox.parse_clean(kind, dict(options), Document(path.name, path), secret):
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


def clean(kind: str, options: Mapping[str, Any], path: Path, archive: Path) -> None:
    """Free a file that waits for its import of titles and names, in its place; one that cannot be read stays for its refusal."""
    if getattr(registry.build(kind, dict(options)), "scrub", None) is None:
        return
    secret = pseudonyms.secret_of(str(options.get("key", "")), archive)
    with files.aside(archive) as cleaned:
        try:
            sandbox.scrub(kind, dict(options), Document(path.name, path), cleaned, secret)
        except DocumentRefused:
            return
        path.write_bytes(cleaned.read_bytes())


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


def _of_the_machine(job: Job, error: Exception) -> JieyueError | None:
    return trouble.explained(error, job.database, job.archive)


@contextmanager
def _plainly(job: Job) -> Iterator[None]:
    """Say of a full disk or a database that is away what it is; no receipt is written then: the work is tried again."""
    try:
        yield
    except (DBAPIError, OSError) as error:
        known = _of_the_machine(job, error)
        if known is None:
            raise
        raise known from error


def _document(job: Job, document: Document, importer: Any, *, by_hand: bool) -> Receipt:  # noqa: ANN401 - an Importer
    """Import one document: kept, recognised, then parsed and stored."""
    job.whole = getattr(importer, "scrub", None) is not None
    kept, refused = _kept(job, document)
    with ledger.writing(job.database, job.fence) as session:
        document_id, last = ledger.known(session, job.source_id, kept.sha256)
        document_id = ledger.keep_document(session, job.source_id, document.name, kept, job.now, known=document_id)
        run_id = ledger.open_run(
            session, job.source_id, document_id, trigger=job.trigger, actor=job.actor.login, now=job.now
        )
        receipt = Receipt(document.name, "running", Tally(), run_id=run_id, source=job.source, sha256=kept.sha256)
        if refused is None and last is not None and _seen(last, job, by_hand=by_hand):
            receipt.state = "unchanged"
            ledger.close_run(session, receipt, now=job.now, way=job.way)
            ledger.set_cursor(session, job.source_id, document.cursor_after)
            return receipt
        resolve = Known(session, job.source_id)
    document = Document(document.name, job.archive / kept.kept_as, document.cursor_after)
    _parse_and_store(job, document, resolve, receipt, refused)
    return receipt


def _kept(job: Job, document: Document) -> tuple[files.Kept, DocumentRefused | None]:
    """Keep a document, without titles and names where the importer knows of such; the hash is that of the bytes as received.

    One that cannot be freed of them is not kept at all.
    """
    if not job.whole:
        return files.keep(document.path, job.archive), None
    sha256, size = files.fingerprint(document.path)
    secret = pseudonyms.secret_of(str(job.options.get("key", "")), job.archive)
    with files.aside(job.archive) as clean:
        try:
            sandbox.scrub(job.kind, job.options, document, clean, secret, job.limit)
        except DocumentRefused as error:
            return files.Kept(sha256, size, ""), error
        return files.Kept(sha256, size, files.keep(clean, job.archive).kept_as), None


def _seen(last: ImportRun, job: Job, *, by_hand: bool) -> bool:
    """Tell whether these bytes need no second look; by hand, what was undone or refused gets one."""
    same_way = last.detected.get("way") == job.way
    open_until = last.detected.get("open_until")
    if last.state == "done" and open_until is not None and int(job.now.timestamp()) >= open_until:
        return False  # it was read before its period was over: now the same bytes say more
    if by_hand:
        return last.state == "done" and same_way
    return last.state in {"done", "undone"} or (last.state == "refused" and same_way)


def _parse_and_store(
    job: Job, document: Document, resolve: Known, receipt: Receipt, refused: DocumentRefused | None
) -> None:
    if refused is not None:
        receipt.state, receipt.error = "refused", (refused.code, refused.template, refused.data)
        _finish(job, receipt, document, None)
        return
    store = Store(job.database, job.fence, receipt, int(job.now.timestamp()), resolve.event_registers())
    try:
        for made in _checked(job, document, resolve, receipt):
            store.add(made)
        store.prepare()
        nothing = receipt.tally.accepted == 0 and receipt.tally.refused > 0
        receipt.state = "refused" if nothing else "done"
        _finish(job, receipt, document, store)
    except DocumentRefused as error:
        receipt.state, receipt.error = "refused", (error.code, error.template, error.data)
        _finish(job, receipt, document, None)
    except JieyueError:
        raise  # the fence, or a database out of reach: whoever owns the job now takes it up again
    except Exception as error:
        if _of_the_machine(job, error) is not None:
            raise
        receipt.state = "failed"
        receipt.error = ("INTERNAL", INTERNAL, {"reason": f"{type(error).__name__}: {error}"[:300]})
        with ledger.writing(job.database, job.fence) as session:
            ledger.close_run(session, receipt, now=_finished(job), way=job.way)
        raise


def _checked(job: Job, document: Document, resolve: Resolve, receipt: Receipt) -> Iterator[Ready]:
    now = int(job.now.timestamp())
    limit = sandbox.ample(job.limit, document.path) if job.whole else job.limit
    for chunk in sandbox.parse(job.kind, job.options, document, limit):
        made = ready(chunk, resolve, now)
        receipt.tally.add(made)
        yield made


def _finish(job: Job, receipt: Receipt, document: Document, store: Store | None) -> None:
    """Store what is left with receipt, issues and cursor: together or not at all."""
    more: dict[str, Any] = {}
    with ledger.writing(job.database, job.fence) as session:
        if store is not None:
            store.finish(session)
            open_until = store.events.open_until(int(job.now.timestamp()))
            more = {} if open_until is None else {"open_until": open_until}
        ledger.close_run(session, receipt, now=_finished(job), way=job.way, **more)
        ledger.set_cursor(session, job.source_id, document.cursor_after)
        bump_data_version(session, by_hand=job.trigger != "schedule")


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
