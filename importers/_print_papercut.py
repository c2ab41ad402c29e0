"""The rows of a PaperCut Print Logger CSV: vendor line, 14 names over 15 fields, Windows code pages, local time."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from importers._print_jobs import Bools, Ints
from importers._tabular_cells import instants
from importers._tabular_sniff import content, encoding, undecodable
from monitor.intake.contract import MAX_ISSUES, N_, DocumentRefused, RowIssue

COLUMNS = (
    "Time", "User", "Pages", "Copies", "Printer", "Document Name", "Client", "Paper Size", "Language", "Height", "Width",
    "Duplex", "Grayscale", "Size",
)  # fmt: skip
KEPT = (0, 1, 2, 3, 4, 7, 11, 12)  # what is left of a row: no title, no computer
Texts = npt.NDArray[Any]
VENDOR = "papercut print logger"
HEAD_LINES = 5
LARGEST_FIELD = 1 << 20
DIGITS = 8
LONGEST_SIZE = 40
MOST = 10**7  # pages or copies of one job
LINE_END = "\r\n"
_WAS = re.compile(r" \(([\w-]{1,20})\)$")  # a file without titles is in UTF-8; here stands what it was before
_JOINED = re.compile(r"\n\d{4}-\d\d-\d\d[ T]\d\d:")  # the begin of a row within a cell
UNKNOWN = "?"
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)")
UNREADABLE = N_("the row has {fields} fields instead of 15; its text is not kept")
BAD_TIME = N_("'{value}' is not a time of the form YYYY-MM-DD HH:MM:SS")
NO_SUCH_TIME = N_("'{value}' does not exist on the clock of {zone}: clocks were put forward")
BAD_COUNT = N_("'{value}' is not a number of pages or copies")
TOO_MANY = N_("'{value}' copies of so many pages are more than any printer prints")
NO_PRINTER = N_("the row does not name a printer")


@dataclass(slots=True)
class PaperCut:
    """The jobs of a file; codes into `printers`, `users`, `sizes`."""

    encoding: str
    when: Ints
    printer: Ints
    user: Ints
    pages: Ints
    copies: Ints
    size: Ints
    duplex: Bools
    row_no: Ints
    printers: list[str]
    users: list[str]
    sizes: list[str]
    issues: list[RowIssue]


def rows(path: Path, name: str, declared: str) -> tuple[str, Iterator[list[str]]]:
    """Give the encoding, and the rows from the header on; another kind of file is DocumentRefused."""
    if content(path, name) != "text":
        raise _another(name)
    found = _encoding(path, name, declared)
    lines = _numbered(path, name, found)
    shown = found
    for _, row in zip(range(HEAD_LINES), lines, strict=False):
        if [cell.strip().casefold() for cell in row[: len(COLUMNS)]] == [column.casefold() for column in COLUMNS]:
            return shown, lines
        was = _WAS.search(row[0]) if row else None
        shown = was[1] if was else shown
        if row and VENDOR not in row[0].casefold() and any(row):
            break
    raise _another(name)


def _encoding(path: Path, name: str, declared: str) -> str:
    """Find the code page of the machine that wrote it; what no code page fits is read as Latin, damaged letters and all."""
    try:
        return encoding(path, declared, name)
    except DocumentRefused as error:
        if error.code != "ENCODING_WRONG" or declared != "auto":
            raise
    return "gb18030" if undecodable(path, "gb18030", name) is None else "latin-1"


def _another(name: str) -> DocumentRefused:
    return DocumentRefused(
        "NOT_PAPERCUT", "{file}: this is not a CSV file of PaperCut Print Logger: its header is not there.", file=name
    )


def _numbered(path: Path, name: str, found: str) -> Iterator[list[str]]:
    csv.field_size_limit(LARGEST_FIELD)
    with path.open(encoding=found, errors="replace", newline="") as stream:
        try:
            yield from csv.reader(line.replace("\0", "") for line in stream)
        except csv.Error as error:
            raise DocumentRefused(
                "QUOTE_NOT_CLOSED_ANYWHERE", N_("{file}: a field is longer than any title is."), file=name
            ) from error


def cleaned(path: Path, name: str, declared: str) -> Iterator[list[str]]:
    """Give all rows in the form of the original, titles and computers out; users are left to the caller."""
    found, body = rows(path, name, declared)
    yield [f"PaperCut Print Logger - http://www.papercut.com/ ({found})"]
    yield list(COLUMNS)
    for row in _told_apart(body):
        if len(row) in {len(COLUMNS), len(COLUMNS) + 1}:
            yield [_kept(n, row[n]) for n in range(len(COLUMNS))] + [""]
        else:
            yield ["?"] * len(row) if row else []


def _told_apart(body: Iterator[list[str]]) -> Iterator[list[str]]:
    """Give rows; where a quotation mark that is not closed joined several into one, a mark for each of them."""
    for row in body:
        joined = sum(len(_JOINED.findall(cell)) for cell in row)
        if joined:
            yield from [[UNKNOWN]] * (joined + 1)
        else:
            yield row


def _kept(column: int, cell: str) -> str:
    """Keep a cell that is what its column says; what is not may be a piece of a title."""
    text = cell.strip()
    fits = {
        0: lambda: _TIME.fullmatch(text) is not None,
        2: lambda: text.isascii() and text.isdigit(),
        3: lambda: text.isascii() and text.isdigit(),
        7: lambda: len(text) <= LONGEST_SIZE,
        11: lambda: text.casefold() in {"duplex", "not duplex"},
        12: lambda: text.casefold() in {"grayscale", "not grayscale"},
    }
    return cell if column in KEPT and fits.get(column, lambda: True)() else "?" if column in {0, 2, 3} else "-"


def read(path: Path, name: str, declared: str, zone: str) -> PaperCut:
    """Read a file; rows that cannot be read are issues."""
    found, body = rows(path, name, declared)
    issues: list[RowIssue] = []
    kept: list[list[str]] = []
    numbers: list[int] = []
    for number, row in enumerate(_told_apart(body), 3):
        if len(row) in {len(COLUMNS), len(COLUMNS) + 1}:
            kept.append(row)
            numbers.append(number)
        elif row:
            issues.append(RowIssue("ROW_UNREADABLE", UNREADABLE, number, data={"fields": len(row)}))
    columns = {n: np.array([row[n].strip() for row in kept], dtype=object) for n in KEPT}
    row_no = np.array(numbers, dtype=np.int64)
    good = np.ones(len(kept), dtype=bool)
    when = _times(columns[0], zone, row_no, good, issues)
    pages, copies = (_counts(columns[n], row_no, good, issues, COLUMNS[n]) for n in (2, 3))
    _refuse(pages * copies > MOST, row_no, good, issues, ("NOT_A_NUMBER", TOO_MANY, COLUMNS[3]), columns[3])
    _refuse(good & (columns[4] == ""), row_no, good, issues, ("PRINTER_MISSING", NO_PRINTER, COLUMNS[4]), columns[4])
    coded = {n: pd.factorize(columns[n][good]) for n in (1, 4, 7)}
    texts = {n: [str(text) for text in uniques] for n, (_, uniques) in coded.items()}
    duplex = np.array([text.casefold() == "duplex" for text in columns[11][good]], dtype=bool)
    codes = {n: np.asarray(code, dtype=np.int64) for n, (code, _) in coded.items()}
    return PaperCut(
        encoding=found,
        when=when[good],
        printer=codes[4],
        user=codes[1],
        pages=pages[good],
        copies=copies[good],
        size=codes[7],
        duplex=duplex,
        row_no=row_no[good],
        printers=texts[4],
        users=texts[1],
        sizes=texts[7],
        issues=issues[:MAX_ISSUES],
    )


def _times(texts: Texts, zone: str, row_no: Ints, good: Bools, issues: list[RowIssue]) -> Ints:
    """Place local times; of a repeated hour the rows after the clock went back are winter time."""
    codes, uniques = pd.factorize(texts)
    walls = np.array([_wall(str(text)) for text in uniques] + [-1], dtype=np.int64)
    placed = instants(np.maximum(walls, 0), zone)
    _refuse((walls < 0)[codes], row_no, good, issues, ("NOT_A_TIME", BAD_TIME, COLUMNS[0]), texts)
    never = placed.bad[codes] & good
    _refuse(never, row_no, good, issues, ("TIME_NOT_EXISTING", NO_SUCH_TIME, COLUMNS[0]), texts, zone=zone)
    twice = (placed.first != placed.second)[codes] & good
    when = placed.first[codes].copy()
    if twice.any():
        where = np.flatnonzero(twice)
        local = walls[codes[where]]
        day = local // 86_400
        latest = pd.Series(local).groupby(day).cummax().to_numpy()
        back = pd.Series(local < latest).groupby(day).cummax().to_numpy()
        when[where[back]] = placed.second[codes[where[back]]]
    return when


def _wall(text: str) -> int:
    found = _TIME.fullmatch(text)
    try:
        return (
            int(np.datetime64("-".join(found.groups()[:3]) + "T" + ":".join(found.groups()[3:]), "s").astype(np.int64))
            if found
            else -1
        )
    except ValueError:
        return -1


def _counts(texts: Texts, row_no: Ints, good: Bools, issues: list[RowIssue], column: str) -> Ints:
    codes, uniques = pd.factorize(texts)
    plain = [
        int(text) if str(text).isascii() and str(text).isdigit() and len(str(text)) <= DIGITS else -1
        for text in uniques
    ]
    values = np.array([*plain, -1], dtype=np.int64)[codes]
    _refuse((values < 0) | (values > MOST), row_no, good, issues, ("NOT_A_NUMBER", BAD_COUNT, column), texts)
    return np.maximum(values, 0)


def _refuse(  # noqa: PLR0917 - the columns of one file
    wrong: Bools,
    row_no: Ints,
    good: Bools,
    issues: list[RowIssue],
    what: tuple[str, str, str],
    texts: Texts,
    **data: object,
) -> None:
    code, template, column = what
    for index in np.flatnonzero(wrong & good).tolist():
        value = str(texts[index])[:60]
        issues.append(RowIssue(code, template, int(row_no[index]), column, value, {"value": value, **data}))
    good &= ~wrong
