"""The sources and what they brought: options, folders, secrets, and the archive of documents."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from monitor.database.tables import Document, Source
from monitor.doctor.finding import Finding, Scene, few
from monitor.errors import JieyueError
from monitor.i18n import N_
from monitor.intake import pseudonyms, registry

READ = 300  # documents, the newest, whose bytes are compared; that the others are there is looked at
BLOCK = 1 << 20
FINE = N_("Source {source} can be read")
OPTIONS, MEND = N_("Source {source} cannot be used: {problem}"), N_("Mend it on the page Administration, Sources.")
FOLDER = N_("Source {source}: the folder {folder} is not there, or may not be read.")
MAKE = N_("Make the folder, mount it, or let the user that Jieyue runs as read it; or name another one.")
SECRET = N_("Source {source}: {reference} does not lead to a secret.")
SET = N_("Set that variable for the service, or put that file back.")
KEPT = N_("Archive: {count} documents are there, the newest {read} as they were received")
MISSING = N_("{count} documents are missing in {archive}: {names}")
CHANGED = N_("{count} documents in {archive} are not what was received: {names}")
BACK = N_(
    "Put them back from a backup (their names are their SHA-256). The figures stand without them; parsing again does not."
)


def readable(scene: Scene) -> Iterator[Finding]:
    """Options, folder and secret of each source that is switched on."""
    with scene.database.session() as session:
        rows = session.execute(select(Source.code, Source.kind, Source.options).where(Source.enabled)).all()
    for code, kind, options in rows:
        found = list(_troubles(scene, code, kind, dict(options)))
        yield from found or [Finding("SOURCE_OPTIONS", well=True, template=FINE, data={"source": code})]


def _troubles(scene: Scene, code: str, kind: str, options: dict[str, Any]) -> Iterator[Finding]:
    try:
        registry.build(kind, options)
    except JieyueError as error:
        shown: dict[str, object] = {"source": code, "problem": str(error)}
        yield Finding("SOURCE_OPTIONS", well=False, template=OPTIONS, remedy=MEND, data=shown)
        return
    for name, field in registry.importer(kind).Options.model_fields.items():
        extra = field.json_schema_extra
        folder = options.get(name)
        if isinstance(extra, dict) and extra.get("folder") and folder and not _listed(Path(str(folder))):
            shown = {"source": code, "folder": folder}
            yield Finding("SOURCE_FOLDER", well=False, template=FOLDER, remedy=MAKE, data=shown)
    reference = str(options.get("key") or "")
    if reference:
        try:
            pseudonyms.secret_of(reference, scene.settings.archive)
        except JieyueError:
            shown = {"source": code, "reference": reference}
            yield Finding("SOURCE_SECRET", well=False, template=SECRET, remedy=SET, data=shown)


def _listed(folder: Path) -> bool:
    try:
        next(folder.iterdir(), None)
    except OSError:
        return False
    return True


def archive(scene: Scene) -> Iterator[Finding]:
    """Whether every document is there, and the newest are what was received."""
    with scene.database.session() as session:
        kept = session.execute(
            select(Document.name, Document.kept_as).where(Document.kept_as != "").order_by(Document.id.desc())
        ).all()
    folder = scene.settings.archive
    missing = [row.name for row in kept if not (folder / row.kept_as).is_file()]
    there = [row for row in kept[:READ] if (folder / row.kept_as).is_file()]
    changed = [row.name for row in there if _digest(folder / row.kept_as) != Path(row.kept_as).name]
    shown: dict[str, object] = {"archive": folder.absolute(), "count": len(kept), "read": len(there)}
    if not missing and not changed:
        yield Finding("ARCHIVE_MISSING", well=True, template=KEPT, data=shown)
    for code, template, names in (("ARCHIVE_MISSING", MISSING, missing), ("ARCHIVE_CHANGED", CHANGED, changed)):
        if names:
            told = shown | {"count": len(names), "names": few(names)}
            yield Finding(code, well=False, template=template, remedy=BACK, data=told)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


LOOKS = (readable, archive)
