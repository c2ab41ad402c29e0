"""What it means that a disk is full, a file is damaged or a database is away: a sentence with the place and the remedy.

These are troubles of the machine, not of the work: whoever meets one says so and goes on by itself once it is over.
"""

import errno
import shutil
from pathlib import Path

from sqlalchemy.exc import DBAPIError, OperationalError

from monitor.database.engine import Database
from monitor.errors import ConfigurationError, JieyueError, ResourceBusy
from monitor.i18n import N_

DISK_FULL, AWAY, DAMAGED, READ_ONLY, BUSY = (
    "DISK_FULL",
    "DATABASE_AWAY",
    "DATABASE_DAMAGED",
    "NOT_WRITABLE",
    "DATABASE_BUSY",
)
FULL_WORDS = N_(
    "There is no room left in {place}. Nothing was written by halves; free some room there and the work goes on by itself."
)
AWAY_WORDS = N_("The database does not answer: {problem}")
BUSY_WORDS = N_("The database is busy ({problem}); the work is tried again.")
DAMAGED_WORDS = N_(
    "The database {place} is damaged ({problem}). It stays as it is, and nothing is begun anew. Stop Jieyue, keep a copy of this "
    "folder, and take the last backup back into a new one: jieyue restore BACKUP --data NEW-FOLDER."
)
READ_ONLY_WORDS = N_("{place} may not be written ({problem}). Give it to the user that Jieyue runs as.")
_FULL_ERRNO = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DENIED_ERRNO = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
INPUT_OUTPUT, PAGES = 10, 1 << 20
_SQLITE = {
    5: BUSY,
    6: BUSY,
    8: READ_ONLY,
    INPUT_OUTPUT: DAMAGED,
    11: DAMAGED,
    13: DISK_FULL,
    14: READ_ONLY,
    26: DAMAGED,
}
_POSTGRES = {"53100": DISK_FULL, "XX001": DAMAGED, "XX002": DAMAGED, "25006": READ_ONLY, "40001": BUSY, "40P01": BUSY}
_WORDS = {DISK_FULL: FULL_WORDS, AWAY: AWAY_WORDS, DAMAGED: DAMAGED_WORDS, READ_ONLY: READ_ONLY_WORDS, BUSY: BUSY_WORDS}
PASSING = frozenset({DISK_FULL, AWAY, BUSY, READ_ONLY})  # over by itself or by a hand on the machine: no try is counted


def explained(error: BaseException, database: Database, folder: Path | None = None) -> JieyueError | None:
    """Give the trouble of the machine behind an error, None where it is none; `folder` is where our own files are written."""
    if isinstance(error, DBAPIError):
        code = _of_database(error, database)
        place = database.file.absolute().parent if code == DISK_FULL and database.file else _place(database)
        return None if code is None else of(code, str(place), str(error.orig).partition("\n")[0])
    if isinstance(error, OSError):
        named = Path(error.filename) if isinstance(error.filename, str) else folder or Path()
        if error.errno in _FULL_ERRNO:
            return of(DISK_FULL, str((named if named.is_dir() else named.parent).absolute()), error.strerror or "")
        if error.errno in _DENIED_ERRNO and folder is not None and folder in (named, *named.parents):
            return of(READ_ONLY, str(named.absolute()), error.strerror or "")
    return None


def of(code: str, place: str, problem: str) -> JieyueError:
    """Give the error that says it."""
    kind = ResourceBusy if code in PASSING else ConfigurationError
    return kind(code, _WORDS[code], place=place, problem=problem)


def _place(database: Database) -> str:
    if database.file is not None:
        return str(database.file.absolute() if database.file.exists() else database.file.absolute().parent)
    return database.engine.url.render_as_string(hide_password=True)


def _of_database(error: DBAPIError, database: Database) -> str | None:
    if database.is_sqlite:
        number = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        full = number == INPUT_OUTPUT and shutil.disk_usage(Path(_place(database)).parent).free < PAGES
        return DISK_FULL if full else _SQLITE.get(number)
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _POSTGRES:
        return _POSTGRES[state]
    away = error.connection_invalidated or state[:2] in {"08", "57"}
    return AWAY if away or (not state and isinstance(error, OperationalError)) else None
