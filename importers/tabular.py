"""Tables with a declared profile: CSV, TSV, TXT, XLSX, XLS and archives of them, from a watched folder or by hand."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, field_validator

from importers import _tabular_private as private
from importers import _tabular_profile
from importers._inbox import Inbox
from importers._tabular_columns import Bound, bind
from importers._tabular_events import Record
from importers._tabular_layouts import rows
from importers._tabular_profile import Profile
from importers._tabular_source import Cells, Table, tables
from importers._tabular_wide import wide
from monitor.intake import contract
from monitor.intake.contract import CHUNK_ROWS, Chunk, Document, DocumentRefused, Pseudonym

AT_ONCE = 4  # chunks in which what can be stored at once is read: the first is checked while the next is parsed


class TabularOptions(contract.Options):
    """Where files arrive and what they look like."""

    inbox: str = Field("", json_schema_extra={"zh": "收件文件夹", "en": "Inbox folder", "folder": True})
    pattern: str = Field("*", json_schema_extra={"zh": "文件名模式", "en": "File name pattern"})
    profile: Profile = Field(
        json_schema_extra={"zh": "表格配置", "en": "Profile", "choices": list(_tabular_profile.ready_made())}
    )

    @field_validator("pattern")
    @classmethod
    def _below(cls, value: str) -> str:
        if not value or Path(value).is_absolute() or ".." in Path(value).parts:
            raise ValueError("a pattern below the folder, such as *.csv")
        return value

    @field_validator("profile", mode="before")
    @classmethod
    def _load(cls, value: Any) -> Any:  # noqa: ANN401 - a table, a ready-made profile's name or a path
        return _tabular_profile.load(value) if isinstance(value, str | dict) else value


class Tabular:
    """The importer of tables."""

    Options: ClassVar[type[contract.Options]] = TabularOptions

    def __init__(self, options: TabularOptions) -> None:
        self.options = options
        self.scrub = self._without_names if options.profile.private else None

    def _without_names(self, document: Document, target: Path, pseudonym: Pseudonym) -> None:  # noqa: ARG002 - nobody is named
        """Write the table with the columns alone that the profile names."""
        private.write(document, target, self.options.profile)

    def fetch(self, cursor: Mapping[str, Any], now: datetime) -> Iterator[Document]:  # noqa: ARG002 - files carry no due time
        """Give files of the inbox that are new or have changed since the cursor, oldest first; they stay where they are.

        Cursor: `files` has name → [size, modified in ns].
        """
        if self.options.inbox:
            yield from Inbox(Path(self.options.inbox), self.options.pattern).news(cursor)

    def parse(self, document: Document) -> Iterator[Chunk]:
        """Read all tables of a document. DocumentRefused where it is none, or holds no row at all."""
        profile, found, first = self.options.profile, 0, None
        record = Record(profile)
        with tables(document.path, document.name, profile) as opened:
            for table in opened:
                try:
                    for chunk in _table(table, profile, document.name):
                        found += chunk.read
                        record.of(chunk)
                        yield chunk
                except DocumentRefused as error:
                    if not table.sheet or profile.sheet or error.code != "COLUMN_MISSING":
                        raise
                    first = first or error  # a workbook may have other sheets: covers, notes
        if not found:
            raise first or DocumentRefused("NO_ROWS", "{file}: there is no reading in it.", file=document.name)


def _table(table: Table, profile: Profile, document: str) -> Iterator[Chunk]:
    bound = bind(table, profile)
    meter = _meter_of_file(table.file, profile)
    many = profile.layout in {"days", "months", "year"}
    at_once = max(1, CHUNK_ROWS // AT_ONCE // max(len(bound.slots), 1))
    text = _text_columns(bound)
    number = _number_columns(bound)
    for cells in table.cells(bound.skip, text, number, at_once):
        part, last = _until_end(cells, profile)
        if many:
            frame, sieve = wide(part, bound, profile, meter, table.file)
        else:
            frame, sieve = rows(part, bound, profile, meter)
        chunk = Chunk(
            kind=_kind(profile),
            frame=frame.reset_index(drop=True),
            issues=sieve.issues,
            file=table.file if table.file != document else document,
            sheet=table.sheet,
            blank=sieve.blank,
            refused=sieve.refused,
            resource=profile.resource,
            zone=profile.time.zone,
            detected={**table.detected, "header_row": bound.skip},
        )
        each = max(len(bound.slots), 1)  # readings that go with a line
        chunk.refuse(replace(issue, count=issue.count * each) for issue in cells.said)
        yield chunk
        if last:
            return


def _kind(profile: Profile) -> str:
    if profile.value.kind in {"event", "gauge"}:
        return contract.EVENT if profile.value.kind == "event" else contract.GAUGE
    if profile.layout == "bills" or profile.value.kind == "bill":
        return contract.BILL
    return (
        contract.CUMULATIVE if profile.layout == "sheets" or profile.value.kind == "cumulative" else contract.INTERVAL
    )


def _text_columns(bound: Bound) -> list[int]:
    roles = ("meter", "register", "start", "end", "measure", "invoice", "status")
    named = {bound.single[role] for role in roles if role in bound.single}
    first = {0} - set(_number_columns(bound))  # totals and footers announce themselves in the first column
    return sorted(named | set(bound.times) | first)


def _number_columns(bound: Bound) -> list[int]:
    roles = ("value", "amount", "previous", "multiplier", "usage")
    return sorted({bound.single[role] for role in roles if role in bound.single} | set(bound.slots))


def _until_end(cells: Cells, profile: Profile) -> tuple[Cells, bool]:
    """Cut at the first row that begins the footer."""
    if not profile.end:
        return cells, False
    hits = np.zeros(len(cells.row_no), dtype=bool)
    for column in cells.text.values():
        matches = [re.match(profile.end, str(c)) is not None for c in column.categories]
        hits |= np.array([*matches, False], dtype=bool)[column.codes]
    if not hits.any():
        return cells, False
    stop = int(np.argmax(hits))
    return Cells(
        {i: c[:stop] for i, c in cells.text.items()},
        {i: n[:stop] for i, n in cells.number.items()},
        cells.row_no[:stop],
        cells.overlong[:stop],
    ), True


def _meter_of_file(name: str, profile: Profile) -> str:
    if profile.meter.file_name is None:
        return ""
    found = re.search(profile.meter.file_name, name.rpartition("/")[2])
    if found is None:
        raise DocumentRefused(
            "METER_NOT_IN_NAME",
            "{file}: the file name does not tell the meter as the profile says ({pattern}).",
            file=name,
            pattern=profile.meter.file_name,
        )
    return found[1] if found.groups() else found[0]
