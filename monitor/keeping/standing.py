"""Opens the database of an installation: never begins anew what was there, keeps a copy before an upgrade, looks whether it is whole."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from monitor import trouble
from monitor.database import soundness
from monitor.database.engine import Database, sqlite_module
from monitor.database.migrate import behind
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.settings import Settings

LOOK = 3.0  # seconds for the check at a start; the daily one takes all the time it needs
LOST = N_(
    "The database {place} is empty or gone, although {archive} holds documents that came in earlier. Nothing is begun anew. "
    "Put the database back, or keep a copy of this folder and take the last backup back into a new one: "
    "jieyue restore BACKUP --data NEW-FOLDER."
)


@contextmanager
def opened(settings: Settings, *, upgrade: bool = True, copy: bool = True) -> Iterator[Database]:
    """Open the database of the settings, by default brought up to date; what ails the machine is said plainly.

    Raises ConfigurationError where an installation has lost its database. `copy` keeps the SQLite file as it was before an
    upgrade of its schema.
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Database(settings.database_url) as database:
        try:
            if upgrade:
                not_lost(settings, database)
                if copy:
                    keep_copy(settings, database)
                database.upgrade()
            yield database
        except (DBAPIError, OSError) as error:
            known = trouble.explained(error, database, settings.data)
            if known is None:
                raise
            raise known from error


def not_lost(settings: Settings, database: Database) -> None:
    """Refuse to begin anew beside documents of an earlier database (ConfigurationError)."""
    file = database.file
    if file is not None and file.exists() and file.stat().st_size > 0:
        empty = False
    elif file is not None:
        empty = True
    else:
        with database.engine.connect() as connection:
            empty = not database.engine.dialect.has_table(connection, "alembic_version")
    if empty and any(holds_documents(settings.archive)):
        place = str(file.absolute()) if file is not None else "PostgreSQL"
        raise ConfigurationError("DATABASE_LOST", LOST, place=place, archive=str(settings.archive.absolute()))


def holds_documents(archive: Path) -> Iterator[Path]:
    """Give the documents kept in an archive."""
    return archive.glob("[0-9a-f][0-9a-f]/[0-9a-f]*") if archive.is_dir() else iter(())


def keep_copy(settings: Settings, database: Database) -> Path | None:
    """Copy a SQLite file whose schema is behind to DATA/backups before it is upgraded; give where to, None where none was needed."""
    found = behind(database.engine)
    if found is None or database.file is None:
        return None
    folder = settings.data / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < database.file.stat().st_size:
        raise trouble.of(trouble.DISK_FULL, str(folder.absolute()), "")
    target = folder / f"jieyue-schema-{found}-{datetime.now(UTC):%Y%m%d-%H%M%S}.db"
    partial = target.with_name(f".{target.name}.part")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    module = sqlite_module()
    connection = module.connect(str(database.file), isolation_level=None)
    try:
        connection.execute("VACUUM INTO ?", (str(partial),))
    except module.Error as error:
        partial.unlink(missing_ok=True)
        raise DBAPIError.instance("VACUUM INTO", None, error, module.Error) from error
    finally:
        connection.close()
    with partial.open("rb+") as stream:
        os.fsync(stream.fileno())
    partial.replace(target)
    return target


def require_whole(database: Database) -> None:
    """Refuse to start on a damaged file (ConfigurationError): a look of some seconds, the rest is looked at each day."""
    found = soundness.faults(database, LOOK)
    if found:
        raise damaged(database, found)


def damaged(database: Database, found: list[str]) -> ConfigurationError:
    """Give the error that says what is wrong with the file and what to do."""
    said = trouble.of(trouble.DAMAGED, str(database.file.absolute() if database.file else ""), "; ".join(found)[:300])
    return ConfigurationError(said.code, said.template, **said.data)
