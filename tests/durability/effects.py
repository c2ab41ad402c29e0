"""Counts in the database itself how often each period was told to have succeeded, whoever told it."""

from sqlalchemy import text

from monitor.database.engine import Database

TABLE = "CREATE TABLE effect (job TEXT, period TEXT, owner TEXT)"
SQLITE = """CREATE TRIGGER counted AFTER UPDATE ON job_run WHEN NEW.state = 'succeeded'
BEGIN INSERT INTO effect VALUES (NEW.job, NEW.due_period, NEW.owner); END"""
POSTGRES = (
    """CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO effect VALUES (NEW.job, NEW.due_period, NEW.owner); RETURN NULL; END $$""",
    """CREATE TRIGGER counted AFTER UPDATE ON job_run FOR EACH ROW WHEN (NEW.state = 'succeeded')
    EXECUTE FUNCTION count_it()""",
)


def count(address: str) -> None:
    with Database(address) as database, database.session(write=True) as session:
        for order in (TABLE, *((SQLITE,) if database.is_sqlite else POSTGRES)):
            session.execute(text(order))


def effects(database: Database) -> list[tuple[str, str]]:
    """Job and period of each success, in order."""
    with database.session() as session:
        return [tuple(row) for row in session.execute(text("SELECT job, period FROM effect ORDER BY job, period"))]


def unfinished(database: Database) -> int:
    """How many periods have not succeeded."""
    with database.session() as session:
        return int(session.scalar(text("SELECT count(*) FROM job_run WHERE state <> 'succeeded'")) or 0)


def finished(database: Database) -> int:
    """How many periods have succeeded."""
    with database.session() as session:
        return int(session.scalar(text("SELECT count(*) FROM job_run WHERE state = 'succeeded'")) or 0)
