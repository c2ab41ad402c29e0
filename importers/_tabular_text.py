"""Delimited text as a table: read by pandas' C engine, row by row where a row is broken."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from importers import _tabular_sniff as sniff
from importers._tabular_profile import Profile
from importers._tabular_source import HEAD_ROWS, TOO_LONG, Cells, coded
from monitor.intake.contract import N_, WARNING, DocumentRefused, RowIssue

SPARE_FIELDS = 3  # fields beyond the header that are looked for at first
MOST_FIELDS = 200  # a row with more fields than this beyond its header is left out
MOST_STOPS = 20  # of such rows; with more the delimiter is another
HEAD = 1 << 20
BLOCK = 1 << 20
_SAW = re.compile(r"Expected \d+ fields in line (\d+), saw (\d+)")
_QUOTE = re.compile(r"EOF inside string starting at row (\d+)")
NOT_CLOSED = N_(
    "the quotation mark that opens in this row is never closed: this row and the {count} lines after it cannot be told "
    "apart; close it or take it out"
)
SPANS = N_(
    "{count} lines of the file are inside quotation marks and make no row of their own; if readings are missing, look for a "
    "quotation mark that is not closed"
)


@dataclass(slots=True)
class TextTable:
    """A delimited text file."""

    path: Path
    file: str
    encoding: str
    delimiter: str
    decimal: str
    head: list[list[str]]
    sheet: str = ""
    detected: dict[str, Any] = field(default_factory=dict)

    def cells(self, skip: int, text: list[int], number: list[int], rows: int) -> Iterator[Cells]:
        """Read with pandas' C engine: text columns arrive coded, clean numbers as floats."""
        width = max(self._width(skip), max([*text, *number]) + 1)
        waiting: Cells | None = None  # one part is held back: what is said of the whole file goes with the last
        for cells in self._parts(skip, text, number, (rows, width)):
            if waiting is not None:
                yield waiting
            waiting = cells
        if waiting is not None:
            yield self._with_lines_counted(waiting)

    def _parts(self, skip: int, text: list[int], number: list[int], size: tuple[int, int]) -> Iterator[Cells]:
        """Read on behind each row that the engine stops at, for as long as the rows before and after it can be told."""
        done, spare, stops, (rows, width) = skip, SPARE_FIELDS, 0, size
        while True:
            try:
                with self._reader(done, text, rows, (width, spare)) as reader:
                    for frame in reader:
                        yield _from_frame(frame, text, number, width, done)
                        done += len(frame)
            except pd.errors.EmptyDataError:
                return
            except pd.errors.ParserError as error:
                stop, fields, issue = self._stopped(str(error), done, stops)
                if spare < fields - width <= MOST_FIELDS:
                    spare = min(max(2 * spare, fields - width), MOST_FIELDS)
                    continue
                if stop > done:
                    yield self._before((done, stop), text, number, (width, spare))
                yield _nothing(text, number, issue)
                if issue.code == "QUOTE_NOT_CLOSED":
                    return
                done, stops = stop + 1, stops + 1
            else:
                return

    def _stopped(self, reason: str, done: int, stops: int) -> tuple[int, int, RowIssue]:
        """Tell where the engine stopped: how many rows are before it, the fields it saw, and what is lost; else refuse the file."""
        saw, quote = _SAW.search(reason), _QUOTE.search(reason)
        if quote and int(quote[1]) > done:
            stop = int(quote[1])
            lost = max(self._lines() - stop, 1)
            return stop, 0, RowIssue("QUOTE_NOT_CLOSED", NOT_CLOSED, stop + 1, data={"count": lost - 1}, count=lost)
        if saw and stops < MOST_STOPS:
            stop = int(saw[1]) - 1
            return stop, int(saw[2]), RowIssue("ROW_TOO_LONG", TOO_LONG, stop + 1)
        raise self._unreadable(reason)

    def _before(self, span: tuple[int, int], text: list[int], number: list[int], size: tuple[int, int]) -> Cells:
        """Read the rows before the one at which the engine stopped."""
        done, stop = span
        with self._reader(done, text, stop - done, size) as reader:
            return _from_frame(next(iter(reader)), text, number, size[0], done)

    def _with_lines_counted(self, cells: Cells) -> Cells:
        """Say how many lines made no row: a quotation mark that one row opens and another closes swallows what is between."""
        inside = self._lines() - int(cells.row_no[-1]) if len(cells.row_no) else 0
        if inside > 0:
            cells.said.append(RowIssue("LINES_IN_QUOTES", SPANS, data={"count": inside}, severity=WARNING))
        return cells

    def _lines(self) -> int:
        """Count the lines of the file, however they end."""
        count, last = 0, "\n"
        with self.path.open(encoding=self.encoding, errors="replace") as stream:
            while block := stream.read(BLOCK):
                count += block.count("\n")
                last = block[-1]
        return count + (last != "\n")

    def _width(self, skip: int) -> int:
        """Give the number of fields of the header, or without one of most of the first rows."""
        if skip and skip <= len(self.head):
            return len(self.head[skip - 1])
        return Counter(len(row) for row in self.head).most_common(1)[0][0] if self.head else 1

    def _reader(self, skip: int, text: list[int], rows: int, size: tuple[int, int]) -> Any:  # noqa: ANN401
        width, spare = size
        return pd.read_csv(
            self.path,
            encoding=self.encoding,
            encoding_errors="replace",
            sep=self.delimiter,
            header=None,
            names=list(range(width + spare)),
            skiprows=skip,
            dtype=dict.fromkeys([*text, *range(width, width + spare)], "category"),
            chunksize=rows,
            keep_default_na=False,
            na_values=[""],
            decimal=self.decimal,
            skip_blank_lines=False,
            low_memory=False,
            index_col=False,
            engine="c",
        )

    def _unreadable(self, reason: str) -> DocumentRefused:
        saw, quote = _SAW.search(reason), _QUOTE.search(reason)
        if quote:
            return DocumentRefused(
                "QUOTE_NOT_CLOSED",
                "{file}, row {row}: a quotation mark opened here is never closed; close it or take it out.",
                file=self.file,
                row=int(quote[1]) + 1,
            )
        if saw:
            return DocumentRefused(
                "ROWS_UNEVEN",
                "{file}, row {row}: far more fields than the header has; is '{delimiter}' the delimiter?",
                file=self.file,
                row=int(saw[1]),
                delimiter=self.delimiter,
            )
        return DocumentRefused(
            "TEXT_UNREADABLE", "{file}: the text cannot be read: {reason}", file=self.file, reason=reason
        )


def _nothing(text: list[int], number: list[int], issue: RowIssue) -> Cells:
    """Give no rows, and what is to be said."""
    texts = {i: coded(pd.Categorical([])) for i in text}
    return Cells(
        texts, {i: np.zeros(0) for i in number}, np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.bool_), [issue]
    )


def _from_frame(frame: pd.DataFrame, text: list[int], number: list[int], width: int, done: int) -> Cells:
    row_no = np.arange(done + 1, done + 1 + len(frame), dtype=np.int32)
    extra = [coded(frame[column]).codes >= 0 for column in range(width, frame.shape[1])]
    return Cells(
        {i: coded(frame[i]) for i in text},
        {i: _plain(frame[i]) for i in number},
        row_no,
        np.logical_or.reduce(extra),
    )


def _plain(column: "pd.Series[Any]") -> npt.NDArray[Any]:
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=np.float64)
    return column.astype(object).to_numpy()


def open_text(path: Path, name: str, profile: Profile) -> TextTable:
    """Open a text by its encoding and delimiter, with its first rows as the csv reader cuts them."""
    encoding = sniff.encoding(path, profile.encoding, name)
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        text = stream.read(HEAD)
    lines = list(islice(io.StringIO(text), HEAD_ROWS + 1))
    delimiter = sniff.delimiter([line.rstrip("\r\n") for line in lines], profile.delimiter)
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0':
        raise DocumentRefused(
            "DELIMITER_WRONG",
            "{file}: '{delimiter}' cannot be a delimiter; name one plain character such as ; or tab in the profile.",
            file=name,
            delimiter=delimiter,
        )
    csv.field_size_limit(2 * HEAD)
    head = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), HEAD_ROWS))
    shown = {"encoding": encoding, "delimiter": delimiter}
    return TextTable(path, name, encoding, delimiter, profile.decimal, head, detected=shown)
