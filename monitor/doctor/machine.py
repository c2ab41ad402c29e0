"""The machine: Python, SQLite, room on the disk, who may read and write the folders, importers, settings, the mail server."""

import os
import shutil
import smtplib
import stat
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from sqlalchemy import select

from monitor.database.engine import journal_mode, sqlite_module
from monitor.database.tables import StoredSetting
from monitor.doctor.finding import Finding, Scene, few
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.services.settings import effective
from monitor.settings import DEFAULT, SECRET

SCARCE = 1_000_000_000
OTHERS = stat.S_IRWXG | stat.S_IRWXO
MAIL_SECONDS = 5
PYTHON, NEWER = N_("Python {version}"), N_("Install Python 3.11 or newer.")
SQLITE = N_("SQLite {version}, journal {mode}")
OLD_SQLITE = N_("Readers wait for imports with this SQLite. Install the package pysqlite3, or use PostgreSQL.")
ROOM = N_("{folder}: {free} GB free")
SCARCE_ROOM = N_(
    "Free some room, or move the folder to a larger disk: imports stop when it is full, and go on by themselves."
)
WRITABLE = N_("{folder} may be written")
GIVE = N_("Give the folder to the user that Jieyue runs as (chown), and let that user write there.")
PRIVATE = N_("Keys and database are for their owner alone")
OPEN = N_("Others on this machine may read {files}")
CLOSE = N_("Take the rights away: chmod 700 {folder}; chmod 600 {files}")
IMPORTERS, NO_IMPORTERS = N_("Importers found: {names}"), N_("Reinstall Jieyue: its importers are not registered.")
MAIL, MAIL_AWAY = (
    N_("Mail server {host}:{port} answers"),
    N_("The mail server {host}:{port} does not answer: {problem}"),
)
SET_MAIL = N_("Check mail.host, mail.port and mail.tls, and whether this machine may reach it.")
SECRET_LOST = N_("A stored setting leads nowhere: {problem}")
SET_SECRET = N_("Set the variable or put the file back, or set it anew on the page Administration.")


def python(_scene: Scene) -> Iterator[Finding]:
    """Python's version."""
    yield Finding("PYTHON", sys.version_info >= (3, 11), PYTHON, NEWER, {"version": sys.version.split()[0]})


def sqlite(scene: Scene) -> Iterator[Finding]:
    """Which SQLite, and with which journal."""
    if scene.database.is_sqlite:
        module = sqlite_module()
        mode = journal_mode(module.sqlite_version_info)
        version = f"{module.sqlite_version} ({module.__name__.partition('.')[0]})"
        yield Finding("SQLITE_OLD", mode == "WAL", SQLITE, OLD_SQLITE, {"version": version, "mode": mode})


def room(scene: Scene) -> Iterator[Finding]:
    """Room where files are kept, and where they are worked on."""
    data = scene.settings.data.absolute()
    for folder in dict.fromkeys((data if data.exists() else data.parent, Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(folder).free if folder.exists() else 0
        shown: dict[str, object] = {"folder": folder, "free": f"{free / 1e9:.1f}"}
        yield Finding("DISK_SCARCE", free > SCARCE, ROOM, SCARCE_ROOM, shown)


def writable(scene: Scene) -> Iterator[Finding]:
    """Whether we may write where we must: tried, since rights alone do not tell of a disk that is read-only."""
    data = scene.settings.data
    for folder in (data, data / "archive", data / "backups"):
        if folder.is_dir():
            yield Finding("NOT_WRITABLE", _tried(folder), WRITABLE, GIVE, {"folder": folder.absolute()})


def _tried(folder: Path) -> bool:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            return True
    except OSError:
        return False


def private(scene: Scene) -> Iterator[Finding]:
    """Whether strangers on this machine may read keys, secrets or the database."""
    data = scene.settings.data.absolute()
    if os.name == "nt" or not data.is_dir():
        return
    kept = [*data.glob("*.key"), *data.glob("secrets/*"), *data.glob("jieyue.db"), *data.glob("backups/*")]
    shut = not data.stat().st_mode & OTHERS
    open_ = [path for path in kept if path.is_file() and path.stat().st_mode & OTHERS]
    well = shut or not open_
    files = few([str(path.relative_to(data)) for path in open_])
    yield Finding("FOLDER_OPEN", well, PRIVATE if well else OPEN, CLOSE, {"folder": data, "files": files})


def importers(_scene: Scene) -> Iterator[Finding]:
    """Which importers are registered."""
    found = sorted(entry.name for entry in entry_points(group="jieyue.importers"))
    yield Finding("NO_IMPORTERS", bool(found), IMPORTERS, NO_IMPORTERS, {"names": ", ".join(found) or "–"})


def settings(scene: Scene) -> Iterator[Finding]:
    """What is odd about the settings."""
    for problem in scene.settings.check():
        yield Finding(problem.id, well=False, template=problem.template, remedy=problem.hint, data=problem.data)


LOOKS = (python, sqlite, room, writable, private, importers, settings)


def secrets(scene: Scene) -> Iterator[Finding]:
    """Whether the references that stand for stored secrets lead to one."""
    with scene.database.session() as session:
        kept = session.execute(
            select(StoredSetting.key, StoredSetting.value).where(StoredSetting.key.in_(SECRET))
        ).all()
    for key, reference in kept:
        if scene.settings.origin(key) != DEFAULT or not reference:
            continue
        try:
            scene.settings.revealed(str(reference))
        except ConfigurationError as error:
            problem: dict[str, object] = {"problem": f"{key}: {error}"}
            yield Finding("SECRET_LOST", well=False, template=SECRET_LOST, remedy=SET_SECRET, data=problem)


def mail(scene: Scene) -> Iterator[Finding]:
    """Whether the mail server answers; nothing is sent."""
    with scene.database.session() as session:
        found = effective(session, scene.settings).mail
    if not found.host:
        return
    shown: dict[str, object] = {"host": found.host, "port": found.port}
    try:
        kind = smtplib.SMTP_SSL if found.tls == "tls" else smtplib.SMTP
        with kind(found.host, found.port, timeout=MAIL_SECONDS):
            pass
    except (OSError, smtplib.SMTPException) as error:
        told = shown | {"problem": str(error)}
        yield Finding("MAIL_AWAY", well=False, template=MAIL_AWAY, remedy=SET_MAIL, data=told)
        return
    yield Finding("MAIL_AWAY", well=True, template=MAIL, data=shown)
