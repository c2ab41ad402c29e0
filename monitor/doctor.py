"""What an operator asks first: the database, which SQLite, whether the scheduler is awake, which importers are found."""

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import entry_points

from sqlalchemy.exc import SQLAlchemyError

from monitor.database import seals, state
from monitor.database.engine import Database, journal_mode, sqlite_module
from monitor.database.migrate import current, head
from monitor.i18n import N_, both
from monitor.settings import Settings

SCARCE = 1_000_000_000
SILENT_SECONDS = 300
SEALS = 200  # `jieyue verify --audit` looks at all of them
FAULTS_SHOWN = 10


def examine(settings: Settings, database: Database) -> Iterator[tuple[bool, str]]:
    """Give (is well, sentence in both languages) for each thing looked at; nothing is changed."""
    yield sys.version_info >= (3, 11), both(N_("Python {version}"), version=sys.version.split()[0])
    yield from _sqlite(database)
    yield from _database(database)
    place = settings.data if settings.data.exists() else settings.data.absolute().parent
    free = shutil.disk_usage(place).free if place.exists() else 0
    yield (
        free > SCARCE,
        both(N_("Data folder {folder}: {free} GB free"), folder=settings.data.absolute(), free=f"{free / 1e9:.1f}"),
    )
    found = sorted(entry.name for entry in entry_points(group="jieyue.importers"))
    yield bool(found), both(N_("Importers found: {names}"), names=", ".join(found) or "–")
    for problem in settings.check():
        yield False, f"[{problem.id}] {both(problem.template, **problem.data)} {both(problem.hint, **problem.data)}"


def _sqlite(database: Database) -> Iterator[tuple[bool, str]]:
    if database.is_sqlite:
        module = sqlite_module()
        mode = journal_mode(module.sqlite_version_info)
        version = f"{module.sqlite_version} ({module.__name__.partition('.')[0]})"
        yield mode == "WAL", both(N_("SQLite {version}, journal {mode}"), version=version, mode=mode)


def _database(database: Database) -> Iterator[tuple[bool, str]]:
    if database.file is not None and not database.file.exists():
        yield False, both(N_("There is no database yet; `jieyue up` makes one."))
        return
    try:
        with database.engine.connect() as connection:
            found = current(connection)
        yield found == head(), both(N_("Database answers, schema {found} of {head}"), found=found or "–", head=head())
        if found != head():
            return
        with database.session() as session:
            beat = state.get(session, state.HEARTBEAT)
            sealed = seals.check(session, newest=SEALS)
    except SQLAlchemyError as error:
        yield False, both(N_("The database does not answer: {problem}"), problem=str(error).partition("\n")[0])
        return
    yield not sealed.faults, both(N_("Audit log: the newest {count} seals fit their rows"), count=sealed.seals)
    yield from ((False, both(fault.template, **fault.data)) for fault in sealed.faults[:FAULTS_SHOWN])
    age = None if beat is None else int(datetime.now(UTC).timestamp()) - beat
    if age is None:
        yield False, both(N_("The scheduler has never run."))
    else:
        yield age < SILENT_SECONDS, both(N_("The scheduler was last awake {age} s ago."), age=age)
