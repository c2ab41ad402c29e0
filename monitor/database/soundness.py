"""Whether a database file is whole: SQLite's own quick check, of its structure; it has no checksums that would see a changed figure."""

import time

from sqlalchemy.exc import DBAPIError

from monitor.database.engine import Database, sqlite_module

SHOWN = 3
STEPS = 20_000  # of SQLite's machine between two looks at the clock


def faults(database: Database, seconds: float | None = None) -> list[str]:
    """Give what is wrong with the structure of a SQLite file, in SQLite's words; nothing for a sound one and for a server.

    With `seconds` it stops looking after that time, and what it would have found is not known.
    """
    if database.file is None or not database.file.exists():
        return []
    module = sqlite_module()
    connection = module.connect(f"{database.file.absolute().as_uri()}?mode=rw", uri=True)
    try:
        if seconds is not None:
            end = time.monotonic() + seconds
            connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
        found = [str(row[0]) for row in connection.execute(f"PRAGMA quick_check({SHOWN})")]
    except module.Error as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            return []
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in {10, 11, 26}:
            return [str(error)]
        raise DBAPIError.instance("PRAGMA quick_check", None, error, module.Error) from error
    finally:
        connection.close()
    return [] if found == ["ok"] else found
