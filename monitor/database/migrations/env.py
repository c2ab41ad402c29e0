"""Alembic's entry: runs migrations on the connection that the program hands over."""

from typing import Any, Literal

from alembic import context

from monitor.database.columns import Day, Instant
from monitor.database.tables import Base


def plain(kind: str, item: Any, _context: object) -> str | Literal[False]:  # noqa: ANN401 - Alembic's signature
    """Write our column types as what they are in the database, so that a migration never changes with the code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Day):
        return "sa.Integer()"
    return False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, render_item=plain)
with context.begin_transaction():
    context.run_migrations()
