"""Finds a log with its rotated files and makes one document of them, so that no line is lost or doubled where they meet."""

import glob
import gzip
import re
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from importers._print_page_log import instants
from monitor.intake.contract import Document, SourceUnavailable

LARGEST = 256 << 20  # bytes of one log, unpacked
DAY = 86_400
PAUSE = 600  # seconds without a line: there no job is cut in two
_STAMP = re.compile(
    rb"^[^\n]{0,4096}?\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d)(?:\.\d{1,9})? ([+-]\d{4})\]", re.MULTILINE
)


def collect(pattern: str, cursor: Mapping[str, Any], now: datetime, look_back: int) -> Iterator[Document]:
    """Give one document of what the files hold, if any of them has changed since the cursor."""
    if not pattern:
        return
    marks = _marks(pattern)
    if marks == dict(cursor.get("files", {})):
        return
    last = cursor.get("last")
    since = None if last is None else min(int(last), int(now.timestamp()) - look_back * DAY)
    data = _together(_contents(pattern))
    stamps = _stamps(data)
    if not stamps:
        return
    data = data[_cut(stamps, since) :]
    after = {"files": marks, "last": max(stamp for stamp, _ in stamps)}
    with tempfile.TemporaryDirectory(prefix="jieyue-") as folder:  # for the owner alone, and gone when it was read
        path = Path(folder) / "page_log"
        path.write_bytes(data)
        yield Document("page_log", path, after)


def _named(pattern: str) -> list[str]:
    return glob.glob(pattern, recursive=True)  # noqa: PTH207 - a pattern may be absolute


def _marks(pattern: str) -> dict[str, list[int]]:
    files = [Path(name) for name in sorted(_named(pattern)) if Path(name).is_file()]
    if not files:
        raise SourceUnavailable("LOG_MISSING", "There is no log at {path}.", path=pattern)
    return {file.name: [file.stat().st_size, file.stat().st_mtime_ns] for file in files}


def _contents(pattern: str) -> list[bytes]:
    """Read all files, again as long as they are being rotated meanwhile: one alone might begin in the middle of a second."""
    for _ in range(3):
        before, found = _numbers(pattern), []
        for name in sorted(before):
            path = Path(name)
            try:
                found.append(_content(path))
            except FileNotFoundError:
                continue
        if _numbers(pattern) == before:
            return found
    return found


def _numbers(pattern: str) -> dict[str, int]:
    """Give name → the file's own number in its file system: a rotation moves numbers to other names."""
    found = {}
    for name in _named(pattern):
        path = Path(name)
        try:
            if path.is_file():
                found[name] = path.stat().st_ino
        except FileNotFoundError:
            continue
    return found


def _content(path: Path) -> bytes:
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as stream:
                data = stream.read(LARGEST + 1)
        else:
            with path.open("rb") as plain:
                data = plain.read(LARGEST + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b""  # being packed just now: the unpacked file is still there, or it is whole at the next look
    except PermissionError as error:
        raise SourceUnavailable("LOG_UNREADABLE", "The log {path} may not be read.", path=path) from error
    if len(data) > LARGEST:
        raise SourceUnavailable(
            "LOG_TOO_LARGE", "The log {path} is larger than {size} MB.", path=path, size=LARGEST >> 20
        )
    return data[: data.rfind(b"\n") + 1]  # the last line may be half written


def _together(contents: list[bytes]) -> bytes:
    """Join logs in the order of their first lines; one that is the beginning of another (a copy) is left out."""
    dated = [(stamps[0][0], content) for content in contents if (stamps := _stamps(content[: 1 << 16]))]
    kept: list[bytes] = []
    for _, content in sorted(dated, key=lambda item: (item[0], -len(item[1]))):
        if not any(other.startswith(content) for other in kept):
            kept.append(content)
    return b"".join(kept)


def _stamps(data: bytes) -> list[tuple[int, int]]:
    """Give instant and place of each line that has a time."""
    found = [(match[1].decode(), match[2].decode(), match.start()) for match in _STAMP.finditer(data)]
    if not found:
        return []
    times, offsets, places = zip(*found, strict=True)
    at, wrong = instants(list(times), list(offsets))
    return [(stamp, place) for stamp, place, bad in zip(at.tolist(), places, wrong.tolist(), strict=True) if not bad]


def _cut(stamps: list[tuple[int, int]], since: int | None) -> int:
    """Give the place to begin at: after the last pause before `since`, so that no second and no job is cut in two."""
    begin = 0
    for (before, _), (stamp, place) in pairwise(stamps):
        if since is None or stamp > since:
            break
        if stamp - before >= PAUSE:
            begin = place
    return begin
