"""How much room the database takes, on SQLite and PostgreSQL."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def database_bytes(session: Session) -> int:
    """Give the bytes of the database's tables and indexes; a journal beside the file is not counted."""
    if session.get_bind().dialect.name == "sqlite":
        asked = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        asked = "SELECT pg_database_size(current_database())"
    return int(session.execute(text(asked)).scalar_one())
