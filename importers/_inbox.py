"""Lists the files of an inbox: what is no plain file of it is left alone, and what cannot be read is said, not passed over."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Any

from monitor.intake.contract import Document, SourceUnavailable

UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file of the inbox. `name` is its path below it, fit to be shown and stored; no two files share one."""

    path: Path
    name: str
    size: int
    changed: int  # ns


@dataclass(slots=True)
class Inbox:
    """A folder that is watched. Files beside those that could be listed are in `trouble`; `check` says so at the end."""

    folder: Path
    pattern: str
    trouble: list[str] = field(default_factory=list)

    def arrivals(self) -> Iterator[Arrival]:
        """Give the plain files that the pattern fits, in order of their names; links may not lead out of the folder."""
        if not self.folder.is_dir():
            raise SourceUnavailable("INBOX_MISSING", "The inbox {folder} is not there.", folder=self.folder)
        root = self.folder.resolve()
        for path in sorted(self.folder.glob(self.pattern), key=lambda p: (p.name, p.as_posix())):
            if unfinished(path):
                continue
            name = shown(path.relative_to(self.folder).as_posix())
            try:
                stat = path.stat()
                if not S_ISREG(stat.st_mode):
                    continue  # a folder, a pipe, a device
                if not path.resolve().is_relative_to(root) or not os.access(path, os.R_OK):
                    self.trouble.append(name)
                    continue
            except FileNotFoundError:
                if path.is_symlink():
                    self.trouble.append(name)
                continue  # it was taken away meanwhile
            except OSError:
                self.trouble.append(name)
                continue
            yield Arrival(path, name, stat.st_size, stat.st_mtime_ns)

    def news(self, cursor: Mapping[str, Any]) -> Iterator[Document]:
        """Give files that are new or have changed since the cursor, oldest first. Cursor: `files` has name → [size, modified in ns]."""
        seen = dict(cursor.get("files", {}))
        for file in sorted(self.arrivals(), key=lambda one: (one.changed, one.path.name)):
            mark = [file.size, file.changed]
            if seen.get(file.name) != mark:
                seen[file.name] = mark
                yield Document(file.name, file.path, {"files": dict(seen)})
        self.check()

    def check(self) -> None:
        """Say which files are there and cannot be read."""
        if self.trouble:
            raise SourceUnavailable(
                "FILES_UNREADABLE",
                "{count} files of the inbox {folder} cannot be read: {files}. Give the service the right to read them; links "
                "that lead out of the folder are not followed: copy the file instead.",
                count=len(self.trouble),
                folder=self.folder,
                files=", ".join(self.trouble[:SHOWN]) + (" …" if len(self.trouble) > SHOWN else ""),
            )


def unfinished(path: Path) -> bool:
    """Tell whether a file is hidden, a lock, or still being written."""
    return path.name.startswith((".", "~$")) or path.suffix.lower() in UNFINISHED


def shown(name: str) -> str:
    """Spell out what a name hides: bytes that are no text, control characters, marks that turn the direction of writing."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
