"""Alembic, packaged: brings a database to this program's schema, refuses a newer one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, select

from monitor.errors import ConfigurationError
from monitor.i18n import N_

FOLDER = Path(__file__).parent / "migrations"
LOCK = 7_305_812  # two processes that start at once upgrade one after the other


def configuration(connection: Connection | None = None) -> Config:
    """Give Alembic's configuration without an ini file; migrations run on the connection handed in."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def current(connection: Connection) -> str | None:
    """Give the revision a database is at; None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """Give this program's newest revision."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def behind(engine: Engine) -> str | None:
    """Give the revision of a database that is to be upgraded; None where it is empty or up to date.

    A schema newer than this program is refused (ConfigurationError).
    """
    scripts = ScriptDirectory.from_config(configuration())
    with engine.connect() as connection:
        found = current(connection)
    if found is None or found == scripts.get_current_head():
        return None
    if found not in {script.revision for script in scripts.walk_revisions()}:
        raise ConfigurationError(
            "SCHEMA_NEWER",
            N_(
                "The database was written by a newer version of Jieyue (schema {found}); install that version or newer."
            ),
            found=found,
        )
    return found


def upgrade(engine: Engine) -> None:
    """Run what is missing, in one transaction, one process at a time; nothing where the schema is up to date."""
    with engine.connect() as connection:
        if current(connection) == head():
            return
    behind(engine)
    with engine.execution_options(jieyue_write=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
        command.upgrade(configuration(connection), "head")
