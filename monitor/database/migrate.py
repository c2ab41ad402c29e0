"""Alembic, packaged: brings a database to this program's schema, refuses a newer one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from monitor.errors import ConfigurationError
from monitor.i18n import N_

FOLDER = Path(__file__).parent / "migrations"


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


def upgrade(engine: Engine) -> None:
    """Run what is missing, in one transaction; nothing where the schema is up to date."""
    scripts = ScriptDirectory.from_config(configuration())
    with engine.connect() as connection:
        found = current(connection)
    if found == scripts.get_current_head():
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise ConfigurationError(
            "SCHEMA_NEWER",
            N_(
                "The database was written by a newer version of Jieyue (schema {found}); install that version or newer."
            ),
            found=found,
        )
    with engine.execution_options(jieyue_write=True).begin() as connection:
        command.upgrade(configuration(connection), "head")
