"""Opens tables: text, workbooks and archives of them; gives their first rows, then their cells in chunks."""

import errno
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from importers import _tabular_sniff as sniff
from importers._tabular_cells import EXCEL
from importers._tabular_profile import Profile
from monitor.intake.contract import N_, DocumentRefused, RowIssue

HEAD_ROWS = 60
LAST_YEAR = 9999
ROWS_AT_ONCE = 500  # fewer than set off the collector of garbage
_DISTINCT = {str, float, type(None), datetime, date, time, timedelta}
TOO_LONG = N_("the row has more fields than the header; is the delimiter also used inside numbers or names?")
UNPACKED_MAX = 600 << 20
WORKBOOK_MAX = 400 << 20
MEMBERS_MAX = 2000
BOMB_FROM, BOMB_RATIO = 64 << 20, 200  # unpacked bytes, and how many times the packed ones they may then be


@dataclass(slots=True)
class Cells:
    """Some rows: text columns as categoricals (-1: empty), number columns as floats or mixed; positions from 0."""

    text: dict[int, pd.Categorical]
    number: dict[int, npt.NDArray[Any]]
    row_no: npt.NDArray[np.int32]
    overlong: npt.NDArray[np.bool_]
    said: list[RowIssue] = field(default_factory=list)  # what is to be said of the file beside its rows


class Table(Protocol):
    """A table of a document. `head` has the first rows as text."""

    file: str
    sheet: str
    head: list[list[str]]
    detected: dict[str, Any]

    def cells(self, skip: int, text: list[int], number: list[int], rows: int) -> Iterator[Cells]:
        """Give the cells of these columns after the first `skip` rows, `rows` at a time."""


def coded(column: "pd.Series[Any] | pd.Categorical") -> pd.Categorical:
    """Give a column as a categorical of trimmed text; empty cells have code -1."""
    values = column.array if isinstance(column, pd.Series) else column
    if not isinstance(values, pd.Categorical):
        values = pd.Categorical(values)
    return _recoded(values.codes, [str(c) for c in values.categories])


def _recoded(codes: npt.NDArray[Any], texts: list[str]) -> pd.Categorical:
    """Give numbered texts as a categorical: trimmed, each once; the empty one has code -1."""
    trimmed = [text.strip().strip("\ufeff") or None for text in texts]
    known, uniques = pd.factorize(np.array([*trimmed, None], dtype=object))
    return pd.Categorical.from_codes(known[codes], categories=pd.Index(uniques, dtype=object))


@dataclass(slots=True)
class SheetTable:
    """A sheet of a workbook; its rows are read once."""

    file: str
    sheet: str
    head: list[list[str]]
    rows: Iterable[list[Any]]
    detected: dict[str, Any] = field(default_factory=dict)

    def cells(self, skip: int, text: list[int], number: list[int], rows: int) -> Iterator[Cells]:
        """Read the remaining rows in chunks."""
        body = islice(iter(self.rows), skip, None)
        done = skip
        while (found := _columns(body, [*text, *number], min(rows, 50_000)))[0]:
            count, columns = found
            yield Cells(
                {i: _texts(columns[i]) for i in text},
                {i: _numeric(columns[i]) for i in number},
                np.arange(done + 1, done + 1 + count, dtype=np.int32),
                np.zeros(count, dtype=bool),
            )
            done += count


def _columns(rows: Iterator[list[Any]], wanted: Iterable[int], most: int) -> tuple[int, dict[int, list[Any]]]:
    """Take up to `most` rows as columns, and count them; a few at a time, so that no more row objects live than must."""
    count = 0
    found: dict[int, list[Any]] = {index: [] for index in wanted}
    while count < most and (few := list(islice(rows, min(ROWS_AT_ONCE, most - count)))):
        columns = list(zip_longest(*few))  # the rows of an old workbook may be short
        for index, cells in found.items():
            cells.extend(columns[index] if index < len(columns) else (None,) * len(few))
        count += len(few)
    return count, found


def _texts(cells: Sequence[Any]) -> pd.Categorical:
    """Read a text column by its distinct cells; cell by cell where equal ones may read differently: 1 and True do."""
    if not set(map(type, cells)) <= _DISTINCT:
        return coded(pd.Categorical([_text(cell) or None for cell in cells]))
    number = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
    codes = np.fromiter(map(number.__getitem__, cells), dtype=np.int64, count=len(cells))
    return _recoded(codes, [_text(cell) for cell in number])


def _numeric(cells: Sequence[Any]) -> npt.NDArray[Any]:
    """Read a number column: as floats where each cell is a finite one, else as the cells themselves."""
    if set(map(type, cells)) <= {float, int}:
        floats = np.array(cells, dtype=np.float64)
        if np.isfinite(floats).all():
            return floats
    array = np.empty(len(cells), dtype=object)
    array[:] = [None if cell == "" else _text(cell) if isinstance(cell, date | time | bool) else cell for cell in cells]
    return array


def _text(cell: Any) -> str:  # noqa: ANN401 - whatever a workbook holds
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        if cell.year >= LAST_YEAR:  # half a second more may be no year at all
            return str(cell)
        return EXCEL + (cell + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat()
    if isinstance(cell, date):
        return f"{EXCEL}{cell.isoformat()}T00:00:00"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:  # noqa: PLR2004 - a whole number of 15 digits
        return str(int(cell))
    return str(cell).strip()


@contextmanager
def tables(path: Path, name: str, profile: Profile) -> Iterator[Iterator[Table]]:
    """Open the tables of a document, found by content; what is unpacked is removed again at the end."""
    folder = Path(tempfile.mkdtemp(prefix="jieyue-"))
    try:
        yield _tables(path, name, profile, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tables(path: Path, name: str, profile: Profile, folder: Path | None) -> Iterator[Table]:
    kind = sniff.content(path, name)
    if kind == "text":
        from importers._tabular_text import open_text  # noqa: PLC0415 - it knows this room

        yield open_text(path, name, profile)
    elif kind == "ole":
        from importers._tabular_workbook import xls_sheets  # noqa: PLC0415 - readers of workbooks load when needed

        yield from xls_sheets(path, name, profile)
    else:
        with _archive(path, name) as archive:
            is_workbook = "[Content_Types].xml" in archive.namelist()
            if not is_workbook and folder is None:
                raise DocumentRefused("ZIP_NESTED", "{file}: an archive inside an archive is not opened.", file=name)
            if not is_workbook:
                yield from _members(archive, name, profile, folder or path.parent)
                return
        from importers._tabular_workbook import xlsx_sheets  # noqa: PLC0415 - see above

        yield from xlsx_sheets(path, name, profile)


# OSError: a part said to lie before the file's first byte is looked for there (EINVAL).
DAMAGE = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, zlib.error)


@contextmanager
def _archive(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if any(info.flag_bits & 1 for info in infos):
                raise DocumentRefused("ENCRYPTED", "{file}: the file is locked with a password.", file=name)
            size = sum(info.file_size for info in infos)
            limit = WORKBOOK_MAX if "[Content_Types].xml" in archive.namelist() else UNPACKED_MAX
            blown_up = size > BOMB_FROM and size > BOMB_RATIO * path.stat().st_size
            if size > limit or len(infos) > MEMBERS_MAX or blown_up:
                raise DocumentRefused(
                    "UNPACKED_TOO_LARGE",
                    "{file}: unpacked it would be {size} MB in {members} parts, more than is allowed.",
                    file=name,
                    size=size >> 20,
                    members=len(infos),
                )
            yield archive
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # the disk's trouble, not the file's
            raise
        raise DocumentRefused(
            "ARCHIVE_DAMAGED", "{file}: the archive is damaged: {reason}", file=name, reason=error
        ) from error


def _members(archive: zipfile.ZipFile, name: str, profile: Profile, folder: Path) -> Iterator[Table]:
    import re  # noqa: PLC0415 - only archives need it

    found = False
    for number, info in enumerate(sorted(archive.infolist(), key=lambda i: i.filename)):
        member = _member_name(info)
        base = member.replace("\\", "/").rpartition("/")[2]
        if info.is_dir() or not base or base.startswith(".") or "__MACOSX" in member:
            continue
        if profile.member and not re.search(profile.member, base):
            continue
        found = True
        unpacked = folder / str(number)  # its own name never becomes a path
        with archive.open(info) as source, unpacked.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        yield from _tables(unpacked, f"{name}/{base}", profile, None)
        unpacked.unlink()
    if not found:
        raise DocumentRefused("ZIP_EMPTY", "{file}: the archive holds no file that the profile asks for.", file=name)


def _member_name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")  # Chinese Windows writes names in its own code page
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename
