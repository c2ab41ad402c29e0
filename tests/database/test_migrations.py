"""The packaged migrations say exactly what tables.py says, and a newer schema is left alone."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from monitor.database.engine import Database
from monitor.database.migrate import current, head
from monitor.database.tables import Base
from monitor.errors import ConfigurationError


def test_migrations_and_tables_say_the_same(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    database.upgrade()
    with database.engine.connect() as connection:
        assert current(connection) == head()


def test_a_newer_schema_is_refused(database: Database) -> None:
    with database.session(write=True) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError) as refusal:
        database.upgrade()
    assert (refusal.value.code, refusal.value.data) == ("SCHEMA_NEWER", {"found": "9999"})
    with database.engine.connect() as connection:
        assert current(connection) == "9999"
