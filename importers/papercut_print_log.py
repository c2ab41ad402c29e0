"""Print jobs from the CSV files of PaperCut Print Logger: daily, monthly and all-time ones, which may overlap."""

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from importers._inbox import Inbox
from importers._print_jobs import DAY, USER, Jobs, PrintOptions, chunks, meter_of_user, stretches
from importers._print_papercut import COLUMNS, PaperCut, cleaned, read
from importers._tabular_cells import instants
from importers._tabular_profile import Zone
from monitor.intake import contract
from monitor.intake.contract import Chunk, Document, Pseudonym

_NAMED = re.compile(r"(?<!\d)(\d{4})-(\d\d)(?:-(\d\d))?(?!\d)")


class PaperCutOptions(PrintOptions):
    """Where the files are and how they are written."""

    inbox: str = Field(
        "",
        json_schema_extra={
            "zh": "日志文件夹（…\\logs\\csv）",
            "en": "Folder of the logs (…\\logs\\csv)",
            "folder": True,
        },
    )
    pattern: str = Field(
        "**/papercut-print-log-*.csv", json_schema_extra={"zh": "文件名模式", "en": "File name pattern"}
    )
    encoding: str = Field(
        "auto", json_schema_extra={"zh": "编码（auto、gb18030、cp1252 …）", "en": "Encoding (auto, gb18030, cp1252 …)"}
    )
    zone: Zone = Field(
        "Asia/Shanghai", json_schema_extra={"zh": "打印服务器的时区", "en": "Time zone of the print server"}
    )

    @field_validator("pattern")
    @classmethod
    def _below(cls, value: str) -> str:
        if not value or Path(value).is_absolute() or ".." in Path(value).parts:
            raise ValueError("a pattern below the folder, such as **/papercut-print-log-*.csv")
        return value


class PaperCutPrintLog:
    """The importer of PaperCut Print Logger's CSV files."""

    Options: ClassVar[type[contract.Options]] = PaperCutOptions

    def __init__(self, options: PaperCutOptions) -> None:
        self.options = options

    def fetch(self, cursor: Mapping[str, Any], now: datetime) -> Iterator[Document]:
        """Give files that are new, have changed, or whose day or month is over since the last look; in order of their names.

        Cursor: `files` has name → [size, modified in ns, whether its period was over].
        """
        if not self.options.inbox:
            return
        inbox = Inbox(Path(self.options.inbox), self.options.pattern)
        seen = dict(cursor.get("files", {}))
        for file in inbox.arrivals():
            period = self._period(file.name)
            over = period is not None and period[1] <= now.timestamp()
            mark = [file.size, file.changed, int(over)]
            if seen.get(file.name) != mark:
                seen[file.name] = mark
                yield Document(file.name, file.path, {"files": dict(seen)})
        inbox.check()

    def scrub(self, document: Document, target: Path, pseudonym: Pseudonym) -> None:
        """Write the file in UTF-8 without titles and computers, and with what stands for the login names."""
        with target.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            for row in cleaned(document.path, document.name, self.options.encoding):
                who = row[1] if len(row) == len(COLUMNS) + 1 else ""
                if who and who != COLUMNS[1] and not who.startswith(USER):
                    row[1] = meter_of_user(who) if self.options.names else pseudonym(who)
                writer.writerow(row)

    def parse(self, document: Document) -> Iterator[Chunk]:
        """Read a file; one whose name has a day or a month is the complete record of it."""
        found = read(document.path, document.name, self.options.encoding, self.options.zone)
        jobs = _jobs(found, by_user=self.options.attribution == "user")
        period = self._period(document.name)
        longest = max(self.options.longest_gap, 1) * DAY
        spans = stretches(jobs.when, longest) if period is None else [period]
        common = {"file": document.name, "zone": self.options.zone, "detected": {"encoding": found.encoding}}
        yield from chunks(jobs, spans, self.options, common)

    def _period(self, name: str) -> tuple[int, int] | None:
        """Give the day or month that a file's name tells: first instant, and the first after it."""
        found = _NAMED.search(name.rpartition("/")[2])
        try:
            first = date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
        except ValueError:
            first = None
        if first is None or found is None:
            return None
        after = first + timedelta(days=1) if found[3] else (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        walls = [int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) for day in (first, after)]
        begin, end = instants(np.array(walls, dtype=np.int64), self.options.zone, edges=True).first.tolist()
        return begin, end


def _jobs(found: PaperCut, *, by_user: bool) -> Jobs:
    names = [meter_of_user(name) for name in found.users] if by_user else found.printers
    codes, uniques = pd.factorize(np.array([*names, ""], dtype=object))
    meter = pd.Categorical.from_codes(
        codes[found.user if by_user else found.printer], categories=pd.Index(uniques, dtype=object)
    )
    sheets = np.where(found.duplex, (found.pages + 1) // 2, found.pages) * found.copies
    sides = found.pages * found.copies
    return Jobs(found.when, meter, sides, sheets, found.size, found.sizes, found.row_no, len(found.when), found.issues)
