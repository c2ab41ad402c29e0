"""Print jobs from the page_log of CUPS and its rotated files, read by the PageLogFormat that wrote them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from importers._print_files import collect
from importers._print_jobs import (
    DAY,
    USER,
    Bools,
    Ints,
    Jobs,
    PrintOptions,
    chunks,
    meter_of_user,
    sheets_of,
    stretches,
)
from importers._print_page_log import STANDARD, Lines, blocks, cleaned, layout, problem, read
from importers._tabular_profile import Zone
from importers._tabular_sniff import content
from monitor.intake import contract
from monitor.intake.contract import N_, WARNING, Chunk, Document, DocumentRefused, Pseudonym, RowIssue

SAYS = {
    "LINE_UNREADABLE": N_("the line does not have the form of the PageLogFormat; its text is not kept"),
    "TIME_UNREADABLE": N_("the time of the line does not exist"),
}
REPEATED = N_("the same job line stands in the file twice; it counts once")
DIFFERS = N_("the pages of job {job} add up to {pages}, its total line says {total}; the larger figure counts")


class PageLogOptions(PrintOptions):
    """Where the log is and how it was written."""

    path: str = Field(
        "",
        json_schema_extra={
            "zh": "日志路径（可用通配符，例如 /var/log/cups/page_log*）",
            "en": "Path of the log, with wildcards for its rotated files (/var/log/cups/page_log*)",
            "folder": True,
        },
    )
    format: str = Field(
        STANDARD, json_schema_extra={"zh": "PageLogFormat（与 cupsd.conf 一致）", "en": "PageLogFormat"}
    )
    look_back: int = Field(
        2, ge=1, le=366, json_schema_extra={"zh": "每次重读的天数", "en": "Days that are read again each time"}
    )
    zone: Zone = Field(
        "Asia/Shanghai", json_schema_extra={"zh": "预览中月份的时区", "en": "Time zone of months in previews"}
    )

    @field_validator("format")
    @classmethod
    def _readable(cls, value: str) -> str:
        if wrong := problem(value):
            raise ValueError(wrong)
        return value


class CupsPageLog:
    """The importer of page_log files."""

    Options: ClassVar[type[contract.Options]] = PageLogOptions

    def __init__(self, options: PageLogOptions) -> None:
        self.options = options

    def fetch(self, cursor: Mapping[str, Any], now: datetime) -> Iterator[Document]:
        """Give the log and its rotated files as one document, where one has changed; from `look_back` days ago on.

        Cursor: `files` has name → [size, modified in ns], `last` the last instant read (epoch s).
        """
        yield from collect(self.options.path, cursor, now, self.options.look_back)

    def scrub(self, document: Document, target: Path, pseudonym: Pseudonym) -> None:
        """Write the log without titles, billing texts and hosts, and with what stands for the login names."""
        _is_text(document)
        user = _stand_in(pseudonym, keep=self.options.names)
        shape = layout(self.options.format)
        with target.open("w", encoding="latin-1", newline="") as stream:
            for block in blocks(document.path):
                stream.write(cleaned(block, user, shape) + "\n")

    def parse(self, document: Document) -> Iterator[Chunk]:
        """Read a log; an empty one is normal and gives nothing."""
        if not document.path.stat().st_size:
            return
        _is_text(document)
        lines = read(document.path, layout(self.options.format))
        if lines.bad and not len(lines.when):
            raise DocumentRefused(
                "NOT_A_PAGE_LOG",
                "{file}: no line has the form of the PageLogFormat '{format}'; it is not a page_log, or was written by another.",
                file=document.name,
                format=self.options.format,
            )
        jobs = _jobs(lines, by_user=self.options.attribution == "user")
        longest = max(self.options.longest_gap, 1) * DAY
        common = {"file": document.name, "zone": self.options.zone}
        yield from chunks(jobs, stretches(jobs.when, longest), self.options, common)


def _is_text(document: Document) -> None:
    if document.path.stat().st_size:
        content(document.path, document.name)


def _stand_in(pseudonym: Pseudonym, *, keep: bool) -> Callable[[str], str]:
    @lru_cache(maxsize=100_000)
    def stand_in(raw: str) -> str:
        if raw in {"", "-"} or raw.startswith(USER):
            return raw
        name = raw if keep else raw.encode("latin-1").decode("utf-8", "surrogateescape")
        return meter_of_user(raw).replace(" ", "_") if keep else pseudonym(name.encode("utf-8", "replace").decode())

    return stand_in


def _jobs(lines: Lines, *, by_user: bool) -> Jobs:
    """Turn lines into events: a job line is one, of page lines each; never both for the same pages."""
    issues = [RowIssue(code, SAYS[code], row) for row, code in lines.bad]
    keep, blank = _once(lines, issues)
    sides = lines.copies.copy()
    by_page = lines.page > 0
    sheets = np.where(lines.duplex & by_page & (lines.page % 2 == 0), 0, sides)  # each odd page begins a sheet
    sheets = np.where(lines.duplex & ~by_page, sheets_of(sides, np.ones_like(sides), lines.duplex), sheets)
    jobs = int((keep & ~by_page).sum())
    if by_page.any():
        keys = lines.job * (len(lines.printers) + 1) + lines.printer
        jobs = len(np.unique(keys[keep]))
        _rest(lines, keys, (sides, sheets), keep, issues)
        keep &= by_page | (sides > 0)
    names = [meter_of_user(name) for name in lines.users] if by_user else lines.printers
    codes, uniques = pd.factorize(np.array([*names, ""], dtype=object))
    own = codes[lines.user if by_user else lines.printer]
    meter = pd.Categorical.from_codes(own[keep], categories=pd.Index(uniques, dtype=object))
    columns = (lines.when, sides, sheets, lines.media, lines.row_no)
    when, sides, sheets, media, row_no = (column[keep] for column in columns)
    return Jobs(when, meter, sides, sheets, media, lines.sizes, row_no, jobs, issues, blank)


def _once(lines: Lines, issues: list[RowIssue]) -> tuple[Bools, int]:
    """Leave out job lines that repeat an earlier one: of the same printer, job and second (a log copied while it grew)."""
    frame = pd.DataFrame({"printer": lines.printer, "job": lines.job, "when": lines.when, "sides": lines.copies})
    again = frame.duplicated().to_numpy() & (lines.page == 0) & (lines.job >= 0)
    rows = lines.row_no[again][:1000].tolist()
    issues += [RowIssue("JOB_REPEATED", REPEATED, row, severity=WARNING) for row in rows]
    return ~again, int(again.sum())


def _rest(lines: Lines, keys: Ints, columns: tuple[Ints, Ints], keep: Bools, issues: list[RowIssue]) -> None:
    """Where a job has page lines and a total line, leave to the total only what the pages lack."""
    sides, sheets = columns
    by_page = lines.page > 0
    paged = set(np.unique(keys[by_page]).tolist())
    for index in np.flatnonzero(keep & ~by_page).tolist():
        if int(keys[index]) not in paged:
            continue
        own = by_page & (keys == keys[index]) & (np.abs(lines.when - lines.when[index]) <= DAY)
        pages, total = int(sides[own].sum()), int(lines.copies[index])
        if pages and pages != total:
            data = {"job": int(lines.job[index]), "pages": pages, "total": total}
            issues.append(RowIssue("PAGES_DIFFER", DIFFERS, int(lines.row_no[index]), data=data, severity=WARNING))
        whole = int(sheets_of(lines.copies[index : index + 1], np.ones(1, dtype=np.int64), lines.duplex[index])[0])
        sides[index] = max(total - pages, 0)
        sheets[index] = max(whole - int(sheets[own].sum()), 0) if sides[index] else 0
