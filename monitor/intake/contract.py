"""What an importer sees: documents in, chunks of readings and refused rows out, and the helpers it may use."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from monitor.errors import ConfigurationError, DocumentRefused, SourceUnavailable
from monitor.i18n import N_

__all__ = [
    "BILL",
    "CHUNK_ROWS",
    "CUMULATIVE",
    "EVENT",
    "GAUGE",
    "INTERVAL",
    "KINDS",
    "NO_START",
    "N_",
    "Chunk",
    "ConfigurationError",
    "Document",
    "DocumentRefused",
    "Importer",
    "Options",
    "Pseudonym",
    "RowIssue",
    "SourceUnavailable",
    "readings_frame",
]

CHUNK_ROWS = 250_000  # readings in one chunk at most
NO_START = -(2**62)  # a reading of a cumulative register has an instant, no start
MEASURED, ESTIMATED, SUSPECT = 0, 1, 2
INTERVAL, CUMULATIVE, BILL, EVENT, GAUGE = KINDS = ("interval", "cumulative", "bill", "event", "gauge")
REFUSED, WARNING = "refused", "warning"
MAX_ISSUES = 10_000  # kept per document; beyond that only counted

# The parse schema, columns and dtypes. `meter`, `register` and `measure` are categories of str; "" in `register` means
# not named, "" in `measure` means as the register says. `value` is as written; of a power measure it is the mean power.
# `amount` (NaN: none) in units of `currency`; `multiplier` (NaN: none) is what the file claims, checked, never applied.
# An event (a print job, packs issued) happens at `end_at` and has no start; `sides` printed are shown beside its sheets.
COLUMNS: dict[str, str] = {
    "start_at": "int64",
    "end_at": "int64",
    "value": "float64",
    "quality": "int8",
    "row_no": "int32",
}
CATEGORIES = ("meter", "register", "measure")
OPTIONAL: dict[str, str] = {"amount": "float64", "multiplier": "float64", "sides": "float64"}
TEXTS = ("invoice", "currency")

Pseudonym = Callable[[str], str]
"""Gives the keyed hash that stands for a person's login name; the same name has the same hash in one installation."""


@dataclass(frozen=True, slots=True)
class Document:
    """Something heard: its name, a file with its bytes, and where the source's cursor stands after it (None: as before)."""

    name: str
    path: Path
    cursor_after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RowIssue:
    """A row that was refused or is worth a word. `count` readings are lost with it; `data` fills the template."""

    code: str
    template: str
    row_no: int | None = None
    column: str = ""
    value: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    severity: str = REFUSED
    count: int = 1
    file: str = ""
    sheet: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


@dataclass(slots=True)
class Chunk:
    """At most CHUNK_ROWS readings of one kind from one table, with the refused rows beside them.

    `read` counts readings looked at: accepted + blank + refused. `blank` were declared missing by the profile.
    `spans` (events only; epoch seconds, half-open) say for which time the document is the complete record: there a meter
    without an event has a measured zero. A span that is not over when the document is read ends with its last event.
    A silence of up to `bridge` seconds between two such stretches, of one document or several, is no gap either.
    With `retracts` an event of an earlier version of the file that this one lacks there no longer counts (a ledger kept by
    hand); without it such events stay, with a word (a log). `counts` (jobs, sides …) are added up over the chunks and shown.
    """

    kind: str
    frame: pd.DataFrame
    issues: list[RowIssue] = field(default_factory=list)
    file: str = ""
    sheet: str = ""
    blank: int = 0
    refused: int = 0
    resource: str = ""  # "" : as the meter says
    zone: str = "UTC"  # in which months of a preview are counted
    detected: dict[str, Any] = field(default_factory=dict)  # encoding, delimiter, sheet … as shown
    spans: list[tuple[int, int]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    retracts: bool = False
    bridge: int = 0

    @property
    def read(self) -> int:
        """Readings looked at."""
        return len(self.frame) + self.blank + self.refused

    def refuse(self, issues: Iterable[RowIssue]) -> None:
        """Add issues; the readings lost with refused ones are counted, at most MAX_ISSUES are kept."""
        for issue in issues:
            self.refused += issue.count if issue.severity == REFUSED else 0
            if len(self.issues) < MAX_ISSUES:
                self.issues.append(issue)


class Options(BaseModel):
    """Base of an importer's options; unknown keys are refused, labels sit in `json_schema_extra` as zh and en.

    Beside them: `hint_zh`, `hint_en`; `folder` true for a path of the machine; `choices` names ready-made values of a table.
    """

    model_config = ConfigDict(extra="forbid")


class Importer(Protocol):
    """A source of one kind. Built from its options alone; `fetch` does I/O, `parse` is pure: same bytes, same result.

    Optional (None: nothing to take out): `scrub(document, target, pseudonym)` writes the document to the file `target`
    without titles and names, in a form that `parse` reads alike; `pseudonym` (Pseudonym) gives what stands for a login
    name. It runs in the subprocess, before anything is kept; the SHA-256 is that of the bytes as received.
    """

    Options: ClassVar[type[BaseModel]]

    def __init__(self, options: Any) -> None: ...  # noqa: ANN401 - its own Options

    def fetch(self, cursor: Mapping[str, Any], now: datetime) -> Iterable[Document]:
        """Give new documents, oldest first; SourceUnavailable where the source does not answer."""

    def parse(self, document: Document) -> Iterator[Chunk]:
        """Give chunks; a document that cannot be read at all is DocumentRefused."""


def readings_frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Make a frame of the parse schema from arrays, plain values and categoricals; what is not named is empty.

    Rows: as long as `value`. Missing columns: `start_at` NO_START, `quality` measured, `register` and `measure` "".
    """
    rows = len(columns["value"])
    defaults: dict[str, Any] = {"start_at": NO_START, "quality": MEASURED, "register": "", "measure": ""}
    data: dict[str, Any] = {}
    for name in CATEGORIES:
        data[name] = as_category(columns.get(name, defaults.get(name)), rows)
    for name, dtype in COLUMNS.items():
        given = columns.get(name, defaults.get(name))
        data[name] = np.broadcast_to(np.asarray(given, dtype=dtype), (rows,))
    for name, dtype in OPTIONAL.items():
        if name in columns:
            data[name] = np.asarray(columns[name], dtype=dtype)
    for name in TEXTS:
        if name in columns:
            data[name] = pd.Series(list(columns[name]), dtype=object)
    return pd.DataFrame(data, copy=False)


def as_category(values: Any, rows: int) -> pd.Categorical:  # noqa: ANN401 - a str for all rows, or one value a row
    """Give a categorical of str: from one value for all rows, a categorical, or a sequence."""
    if isinstance(values, str):
        return pd.Categorical.from_codes(np.zeros(rows, dtype=np.int32), categories=pd.Index([values], dtype=object))
    if isinstance(values, pd.Categorical):
        return values
    return _coded(values)


def _coded(values: Sequence[Any]) -> pd.Categorical:
    codes, uniques = pd.factorize(np.asarray(values, dtype=object))
    return pd.Categorical.from_codes(codes, categories=pd.Index(uniques, dtype=object))
