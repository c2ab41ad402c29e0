"""The database: whether it is there, answers, is whole, and has this program's schema; and what holds between its tables."""

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from monitor import trouble
from monitor.database import seals, soundness
from monitor.database.migrate import current, head
from monitor.doctor.finding import Finding, Scene, few
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.keeping.standing import damaged, not_lost

SEALS = 200  # `jieyue verify --audit` looks at all of them
NONE = N_("There is no database yet; `jieyue up` makes one.")
START = N_("Start Jieyue, or take a backup back: jieyue restore BACKUP.")
AWAY_REMEDY = N_("Start the database server, or mend database.url; Jieyue goes on by itself once it answers.")
WHOLE = N_("The database file is whole in its structure")
SCHEMA = N_("Database answers, schema {found} of {head}")
UPGRADE = N_("Run `jieyue db upgrade`, or start Jieyue: both bring it up to date and keep a copy of a SQLite file.")
NEWER = N_("The database has schema {found}, which this version of Jieyue does not know (it knows up to {head}).")
INSTALL = N_("Install the version that wrote it, or a newer one.")
LINKS, LOOSE = N_("Rows lead to rows that are there"), N_("{count} rows lead to rows that are not there: {tables}")
RESTORE = N_("Take the last backup back into a new folder, and compare: jieyue restore BACKUP --data NEW-FOLDER")
AUDIT = N_("Audit log: the newest {count} seals fit their rows")
AUDIT_REMEDY = N_(
    "Somebody changed the log in the database itself: run `jieyue verify --audit`, and compare with a backup."
)


def present(scene: Scene) -> Iterator[Finding]:
    """Whether there is a database, and not an empty one in the place of a lost one."""
    try:
        not_lost(scene.settings, scene.database)
    except ConfigurationError as error:
        yield Finding(error.code, well=False, template=error.template, data=dict(error.data))
        return
    except DBAPIError:
        return  # `answers` says it
    file = scene.database.file
    if file is not None and not (file.exists() and file.stat().st_size):
        yield Finding("DATABASE_NONE", well=False, template=NONE, remedy=START)


def answers(scene: Scene) -> Iterator[Finding]:
    """Whether the database is whole, answers, and has this program's schema."""
    if scene.database.file is not None and not scene.database.file.exists():
        return
    try:
        if found := soundness.faults(scene.database):
            error = damaged(scene.database, found)
            yield Finding(error.code, well=False, template=error.template, data=dict(error.data))
            return
        with scene.database.engine.connect() as connection:
            revision = current(connection)
    except DBAPIError as failure:
        known = trouble.explained(failure, scene.database) or trouble.of(trouble.AWAY, "", str(failure.orig))
        remedy = AWAY_REMEDY if known.code == trouble.AWAY else ""
        yield Finding(known.code, well=False, template=known.template, remedy=remedy, data=dict(known.data))
        return
    if scene.database.is_sqlite:
        yield Finding("DATABASE_DAMAGED", well=True, template=WHOLE)
    yield _schema(revision)


def _schema(revision: str | None) -> Finding:
    shown: dict[str, object] = {"found": revision or "–", "head": head()}
    if revision is not None and revision > (head() or ""):
        return Finding("SCHEMA_NEWER", well=False, template=NEWER, remedy=INSTALL, data=shown)
    return Finding("SCHEMA_BEHIND", well=revision == head(), template=SCHEMA, remedy=UPGRADE, data=shown)


def links(scene: Scene) -> Iterator[Finding]:
    """Whether what tables say of each other holds (SQLite; PostgreSQL keeps watch itself)."""
    if not scene.database.is_sqlite:
        return
    with scene.database.session() as session:
        loose = session.execute(text("PRAGMA foreign_key_check")).all()
    tables = few(sorted({str(row[0]) for row in loose}))
    shown: dict[str, object] = {"count": len(loose), "tables": tables}
    yield Finding("LINKS_LOOSE", not loose, LOOSE if loose else LINKS, RESTORE, shown)


def audit(scene: Scene) -> Iterator[Finding]:
    """Whether the newest seals of the audit log fit."""
    with scene.database.session() as session:
        found = seals.check(session, newest=SEALS)
    if not found.faults:
        yield Finding("AUDIT_LOG", well=True, template=AUDIT, data={"count": found.seals})
    for fault in found.faults[:10]:
        yield Finding("AUDIT_LOG", well=False, template=fault.template, remedy=AUDIT_REMEDY, data=fault.data)


OUTSIDE = (present, answers)
INSIDE = (links, audit)
