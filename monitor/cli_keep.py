"""`jieyue backup`, `verify` (a backup, or the seals of the audit log) and `restore`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from monitor.database import state
from monitor.database.engine import Database
from monitor.errors import ConfigurationError
from monitor.i18n import N_, both
from monitor.keeping.backup import Manifest
from monitor.settings import Settings

Load = Callable[[Path | None], Settings]
Open = Callable[[Settings], AbstractContextManager[Database]]
Data = Annotated[Path | None, typer.Option("--data", help="Data folder (default: jieyue-data).")]
SAID = N_("{file}: {readings} readings, {documents} documents, as of {made}, schema {revision}.")
WHOLE = N_("The backup is whole.")
WHICH = N_("Name a backup to read, or --audit for the audit log.")
CHAIN = N_("Audit log: {seals} seals over {rows} rows, {waiting} not sealed yet. Last seal: {last}")
CHAIN_WHOLE = N_("The audit log is whole.")
NOT_THERE = N_("The seal {seal} is not in this audit log: it was made anew, or cut off.")
BACK = N_("Everything is back. Start Jieyue with `jieyue up`.")


def add(app: typer.Typer, load: Load, opened: Open) -> None:
    """Put the commands among the others; `load` reads the settings, `opened` opens their database."""

    @app.command()
    def backup(
        file: Annotated[
            Path | None, typer.Argument(help="Where to (default: a dated file below DATA/backups).")
        ] = None,
        data: Data = None,
    ) -> None:
        """Write database, documents and keys into one file, while everything goes on."""
        from monitor.keeping.backup import backup as write  # noqa: PLC0415 - commands load what they need

        settings = load(data)
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        target = file or settings.data / "backups" / f"jieyue-{stamp}.tar.gz"
        with opened(settings) as database:
            _say(target, write(database, settings, target))
            with database.session(write=True) as session:  # what `jieyue doctor` asks about
                state.put(session, state.BACKUP, int(datetime.now().astimezone().timestamp()))

    @app.command()
    def verify(
        file: Annotated[Path | None, typer.Argument(help="A backup.")] = None,
        audit: Annotated[bool, typer.Option("--audit", help="Look at the seals of the audit log instead.")] = False,
        last: Annotated[
            str, typer.Option("--last", help="A seal noted earlier, NUMBER:HASH, that must be there.")
        ] = "",
        data: Data = None,
    ) -> None:
        """Read a backup to its end and compare every part with what it was; or compute the chain of the audit log anew."""
        from monitor.keeping.backup import verify as read  # noqa: PLC0415 - commands load what they need

        if file is None and not audit:
            raise ConfigurationError("VERIFY_WHAT", WHICH)
        if file is not None:
            _say(file, read(file))
            typer.echo(both(WHOLE))
        if audit:
            with opened(load(data)) as database, database.session() as session:
                _sealed(session, last)

    @app.command()
    def restore(file: Path, data: Data = None) -> None:
        """Take a backup back into an empty installation, SQLite or PostgreSQL, whichever it came from."""
        from monitor import process  # noqa: PLC0415 - commands load what they need
        from monitor.keeping.backup import restore as put_back  # noqa: PLC0415 - as above

        settings = load(data)
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with process.only_one(settings.data / "up.lock"), Database(settings.database_url) as database:
            _say(file, put_back(file, database, settings))
        typer.echo(both(BACK))


def _say(file: Path, made: Manifest) -> None:
    counts = {"readings": f"{made.rows['reading']:,}", "documents": f"{made.rows['document']:,}"}
    typer.echo(both(SAID, file=file, made=made.made, revision=made.revision, **counts))


def _sealed(session: Session, noted: str) -> None:
    """Say what the chain is like; ends with 1 where something does not fit."""
    from monitor.database import seals  # noqa: PLC0415 - commands load what they need

    found = seals.check(session)
    for fault in found.faults:
        typer.echo(both(fault.template, **fault.data))
    known = not noted or seals.holds(session, noted)
    if not known:
        typer.echo(both(NOT_THERE, seal=noted))
    typer.echo(both(CHAIN, seals=found.seals, rows=f"{found.rows:,}", waiting=found.waiting, last=found.last or "–"))
    if found.faults or not known:
        raise typer.Exit(1)
    typer.echo(both(CHAIN_WHOLE))
