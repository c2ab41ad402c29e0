"""What was read of a Green Button feed: the resources that it describes, and its readings as records, many of them on disk."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from importers._green_button_codes import QUALITIES
from monitor.intake.contract import MAX_ISSUES, MEASURED, N_, RowIssue

ESPI, ATOM = "http://naesb.org/espi}", "http://www.w3.org/2005/Atom}"
READING, BLOCK = ESPI + "IntervalReading", ESPI + "IntervalBlock"
START, DURATION, VALUE = ESPI + "start", ESPI + "duration", ESPI + "value"
QUALITY, COST = ESPI + "quality", ESPI + "cost"
POINT, METER_READING, TYPE = ESPI + "UsagePoint", ESPI + "MeterReading", ESPI + "ReadingType"
DESCRIBED = (POINT, METER_READING, TYPE, ESPI + "LocalTimeParameters")
LINE = "line"
UNSAID = -1  # a duration that the reading does not give: then that of its type holds
FARTHEST = 2.0e11  # seconds: no time of a meter is beyond
RECORD = np.dtype(
    [
        ("start", "i8"),
        ("duration", "i8"),
        ("value", "f8"),
        ("cost", "f8"),
        ("quality", "i1"),
        ("line", "i4"),
        ("block", "i4"),
    ]
)
Records = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]
Row = dict[str, Any]
_PLAIN = re.compile(r"[0-9.+\-eE\s;]*")
NOT_A_NUMBER = N_("'{value}' in '{column}' of this reading is not a number")
MISSING = N_("the reading has no '{column}'")
QUALITY_UNKNOWN = N_("'{value}' is no quality that ESPI knows")


@dataclass(slots=True, eq=False)
class Entry:
    """An Atom entry: the paths of its links, and its title."""

    own: list[str] = field(default_factory=list)
    up: list[str] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    title: str = ""


@dataclass(slots=True, eq=False)
class Node:
    """A described ESPI resource: its entry, what it stands in, and its fields by local name."""

    kind: str
    entry: Entry
    parent: "Node | None"
    line: int
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Feed:
    """A document as read: resources by kind, for each block its entry and the resource around it, refused readings."""

    records: IO[bytes]
    nodes: dict[str, list[Node]] = field(default_factory=lambda: {kind: [] for kind in DESCRIBED})
    blocks: list[tuple[Entry, Node | None]] = field(default_factory=list)
    issues: list[RowIssue] = field(default_factory=list)
    count: int = 0
    refused: int = 0

    def add(self, rows: list[Row]) -> None:
        """Turn readings as text into records; what is no reading is refused."""
        records, issues, refused = records_of(rows)
        self.records.write(records.tobytes())
        self.count += len(records)
        self.refused += refused
        self.issues += issues[: MAX_ISSUES - len(self.issues)]

    def batches(self, rows: int) -> Iterator[Records]:
        """Give the records in their order, so many at a time."""
        self.records.seek(0)
        while data := self.records.read(rows * RECORD.itemsize):
            yield np.frombuffer(data, dtype=RECORD)


def records_of(rows: list[Row]) -> tuple[Records, list[RowIssue], int]:
    """Give the records of readings, what is wrong with the others, and how many these are."""
    records, alive = np.zeros(len(rows), dtype=RECORD), np.ones(len(rows), dtype=np.bool_)
    issues: list[RowIssue] = []
    records["line"] = [row[LINE] for row in rows]
    records["block"] = [row[BLOCK] for row in rows]
    for name, key, usual in (
        ("start", START, None),
        ("duration", DURATION, UNSAID),
        ("value", VALUE, None),
        ("cost", COST, np.nan),
    ):
        texts = [row.get(key) for row in rows]
        numbers, bad = _numbers(texts, usual)
        if name in {"start", "duration"}:
            bad |= ~(np.abs(numbers) < FARTHEST)
            numbers = np.floor(np.where(bad, 0, numbers))
        records[name] = numbers
        if bad.any():
            _refuse(rows, bad & alive, name, key, issues)
            alive &= ~bad
    known, bad = _qualities([row.get(QUALITY) for row in rows])
    records["quality"] = known
    if bad.any():
        _refuse(rows, bad & alive, "quality", QUALITY, issues)
        alive &= ~bad
    return (records if alive.all() else records[alive]), issues, int((~alive).sum())


def _numbers(texts: list[str | None], usual: float | None) -> tuple[npt.NDArray[np.float64], Bools]:
    """Read numbers written plainly; tell which are none. `usual` stands for one that is not there."""
    good = np.zeros(len(texts), dtype=np.bool_)
    said = [text for text in texts if text is not None]
    if usual is not None and not said:
        return np.full(len(texts), usual), good
    if len(said) == len(texts) and _PLAIN.fullmatch(";".join(said)):
        with suppress(ValueError):
            numbers = np.array(list(map(float, said)), dtype=np.float64)
            return numbers, np.asarray(~np.isfinite(numbers))
    read = [usual if text is None else _number(text) for text in texts]
    return np.array([np.nan if one is None else one for one in read], dtype=np.float64), np.array(
        [one is None for one in read], dtype=np.bool_
    )


def _number(text: str) -> float | None:
    try:
        number = float(text) if _PLAIN.fullmatch(text) else None
    except ValueError:
        return None
    return number if number is not None and np.isfinite(number) else None


def _qualities(texts: list[str | None]) -> tuple[npt.NDArray[np.int8], Bools]:
    """Give the worst quality that each reading names; tell which name one that is not known."""
    if not any(texts):
        return np.full(len(texts), MEASURED, dtype=np.int8), np.zeros(len(texts), dtype=np.bool_)
    meant: dict[str | None, int | None] = {}
    for text in set(texts):
        found = [QUALITIES.get(word) for word in (text or "").split()]
        lowest = [one for one in found if one is not None and one < 0]
        meant[text] = (
            None if None in found else min(lowest) if lowest else max([MEASURED, *(one or 0 for one in found)])
        )
    read = [meant[text] for text in texts]
    return np.array([one or 0 for one in read], dtype=np.int8), np.array([one is None for one in read], dtype=np.bool_)


def _refuse(rows: list[Row], bad: Bools, name: str, key: str, issues: list[RowIssue]) -> None:
    for index in np.flatnonzero(bad)[: MAX_ISSUES - len(issues)].tolist():
        text = rows[index].get(key)
        value = (text or "").strip()[:200]
        template, code = (NOT_A_NUMBER, "NOT_A_NUMBER") if text is not None else (MISSING, "FIELD_MISSING")
        if name == "quality":
            template, code = QUALITY_UNKNOWN, "QUALITY_UNKNOWN"
        issues.append(RowIssue(code, template, int(rows[index][LINE]), name, value, {"value": value, "column": name}))
