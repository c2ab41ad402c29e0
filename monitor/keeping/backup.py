"""Backup, verification and return of an installation: tables as of one moment, the archive of documents, the keys."""

import errno
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from alembic import command
from sqlalchemy import BigInteger, cast, func, select

from monitor import trouble
from monitor.database.engine import Database
from monitor.database.migrate import configuration, current
from monitor.database.tables import DailyConsumption, Reading
from monitor.errors import ConfigurationError, Conflict
from monitor.i18n import N_
from monitor.keeping import tables
from monitor.settings import Settings

FORMAT = 1
MANIFEST, TABLES, ARCHIVE, KEYS = "manifest.json", "tables", "archive", "keys"
BLOCK = 1 << 20
PRIME = 1_000_003
LARGEST_MANIFEST = 64 << 20

NOT_A_BACKUP = N_("{file} is not a backup of Jieyue, or it was cut off; use another one.")
DAMAGED = N_("{file} is damaged: '{member}' is not what it was when the backup was made; use another one.")
NOT_EMPTY = N_("There are data already in {place}; a backup is taken back into an empty installation only.")
NEWER = N_("The backup was made by a newer version of Jieyue (schema {found}); install that version or newer.")
OTHER_TOTALS = N_("What was taken back differs from the backup in {what}; nothing was kept.")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself: rows and SHA-256 of each table, SHA-256 of each file, sums to compare."""

    revision: str
    made: str
    version: str
    rows: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, dict[str, str]] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT


def backup(database: Database, settings: Settings, target: Path) -> Manifest:
    """Write everything into `target` (.tar.gz), while imports and readers go on; the file is there whole or not at all.

    The tables are those of one moment. A document of the archive is kept before its row is written, so every document
    that a table names is in the backup.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as packed:
                manifest = _pack(database, settings, packed)
                body = json.dumps(asdict(manifest), ensure_ascii=False).encode()
                _add(packed, MANIFEST, body)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        scarce = min(target.parent, settings.data, key=lambda folder: shutil.disk_usage(folder).free)
        raise trouble.of(trouble.DISK_FULL, str(scarce.absolute()), str(error.strerror)) from error
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def _pack(database: Database, settings: Settings, packed: tarfile.TarFile) -> Manifest:
    rows: dict[str, int] = {}
    sha256: dict[str, str] = {}
    engine = (
        database.engine if database.is_sqlite else database.engine.execution_options(isolation_level="REPEATABLE READ")
    )
    with engine.connect() as connection:
        manifest = Manifest(
            current(connection) or "", datetime.now(UTC).isoformat(timespec="seconds"), version("jieyue")
        )
        for table in tables.all_tables():
            with tempfile.TemporaryFile(dir=settings.data) as spool:
                text = tables.wrapped(spool)
                rows[table.name] = tables.dump(connection, table, text)
                text.flush()
                text.detach()
                sha256[f"{TABLES}/{table.name}.csv"] = _pack_file(packed, f"{TABLES}/{table.name}.csv", spool)
        sums = _sums(connection)
    for name, path in _files(settings):
        with path.open("rb") as stream:
            sha256[name] = _pack_file(packed, name, stream)
    kinds = {table.name: {c.name: tables.kind_of(c) for c in table.columns} for table in tables.all_tables()}
    return Manifest(manifest.revision, manifest.made, manifest.version, rows, kinds, sha256, sums)


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Give the documents kept and the keys, by name in the backup; what is being written now is not among them."""
    archive = Path(settings.archive)
    for path in sorted(archive.rglob("*")) if archive.is_dir() else ():
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            yield f"{ARCHIVE}/{path.relative_to(archive).as_posix()}", path
    for path in sorted(settings.data.glob("*.key")):
        yield f"{KEYS}/{path.name}", path


def _pack_file(packed: tarfile.TarFile, name: str, stream: BinaryIO | Any) -> str:  # noqa: ANN401 - a temporary file has no type of its own
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    digest = hashlib.sha256()

    class Counted:
        def read(self, count: int = -1) -> bytes:
            block: bytes = stream.read(count)
            digest.update(block)
            return block

    packed.addfile(_info(name, size), Counted())
    return digest.hexdigest()


def _add(packed: tarfile.TarFile, name: str, body: bytes) -> None:
    with tempfile.TemporaryFile() as spool:
        spool.write(body)
        _pack_file(packed, name, spool)


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


def _sums(connection: Any) -> dict[str, int]:  # noqa: ANN401 - a connection
    """Sum what must be the same after the return, modulo a prime so that no sum outgrows 64 bits."""

    def total(column: Any) -> Any:  # noqa: ANN401 - a column in, an expression out
        return cast(func.coalesce(func.sum(column % PRIME), 0), BigInteger)

    days = select(total(DailyConsumption.quantity), total(DailyConsumption.covered))
    quantity, covered = connection.execute(days).one()
    return {"readings": connection.scalar(select(total(Reading.value))), "quantity": quantity, "covered": covered}


# ---------------------------------------------------------------- verification


def verify(file: Path) -> Manifest:
    """Read a backup to its end and compare every member with what the manifest says; ConfigurationError names the first that differs."""
    found: dict[str, str] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(file, "r|gz") as packed:
            for member in packed:
                stream = packed.extractfile(member)
                if stream is None:
                    raise _damaged(file, member.name)
                if member.name == MANIFEST:
                    manifest = _manifest(stream.read(LARGEST_MANIFEST))
                else:
                    found[member.name] = _digest(stream)
    except (tarfile.TarError, OSError, EOFError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError("BACKUP_UNREADABLE", NOT_A_BACKUP, file=str(file)) from error
    if manifest is None:
        raise ConfigurationError("BACKUP_UNREADABLE", NOT_A_BACKUP, file=str(file))
    if found != manifest.sha256:
        differing = sorted(
            name for name in found.keys() | manifest.sha256 if found.get(name) != manifest.sha256.get(name)
        )
        raise _damaged(file, differing[0])
    return manifest


def _digest(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := stream.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _manifest(body: bytes) -> Manifest:
    manifest = Manifest(**json.loads(body))
    if manifest.format != FORMAT:
        message = "another format"
        raise ValueError(message)
    return manifest


def _damaged(file: Path, member: str) -> ConfigurationError:
    return ConfigurationError("BACKUP_DAMAGED", DAMAGED, file=str(file), member=member)


# ---------------------------------------------------------------- return


def restore(file: Path, database: Database, settings: Settings) -> Manifest:
    """Take a backup back into an empty installation of either kind of database; all of it or nothing.

    Raises Conflict where there are data already, ConfigurationError where the backup is damaged or newer than this program.
    """
    manifest = verify(file)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _only_into_nothing(database, settings)
    if not _known(manifest.revision):
        raise ConfigurationError("SCHEMA_NEWER", NEWER, found=manifest.revision)
    with tempfile.TemporaryDirectory(dir=settings.data, prefix=".restore-") as folder:
        with tarfile.open(file, "r|gz") as packed:
            packed.extractall(folder, filter="data")
        with database.engine.execution_options(jieyue_write=True).begin() as connection:
            command.upgrade(configuration(connection), manifest.revision)
            _fill(connection, Path(folder) / TABLES, manifest)
        _put_back(Path(folder), settings)
    database.upgrade()
    return manifest


def _only_into_nothing(database: Database, settings: Settings) -> None:
    with database.engine.connect() as connection:
        found = current(connection)
    archive = Path(settings.archive)
    if found is not None or (archive.is_dir() and any(archive.iterdir())):
        raise Conflict(
            "NOT_EMPTY", NOT_EMPTY, place=str(settings.data.absolute() if database.is_sqlite else "PostgreSQL")
        )


def _known(revision: str) -> bool:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as everything of Alembic

    return revision in {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}


def _fill(connection: Any, folder: Path, manifest: Manifest) -> None:  # noqa: ANN401 - a connection
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    order = [table.name for table in tables.all_tables()]
    for name in sorted(manifest.rows, key=order.index):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            put = tables.load(connection, name, manifest.kinds[name], stream)
        if put != manifest.rows[name]:
            raise ConfigurationError("RESTORE_DIFFERS", OTHER_TOTALS, what=name)
    tables.number_on(connection)
    if _sums(connection) != manifest.sums:
        raise ConfigurationError("RESTORE_DIFFERS", OTHER_TOTALS, what=", ".join(sorted(manifest.sums)))


def _put_back(folder: Path, settings: Settings) -> None:
    """Put documents and keys where they belong; a key that is there already stays."""
    for name, home in ((ARCHIVE, Path(settings.archive)), (KEYS, settings.data)):
        source = folder / name
        for path in sorted(source.rglob("*")) if source.is_dir() else ():
            target = home / PurePosixPath(path.relative_to(source).as_posix())
            if path.is_file() and not target.exists():
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.replace(target)
                target.chmod(0o600)
