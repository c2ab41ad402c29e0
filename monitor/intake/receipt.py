"""What an import or a preview says: counts, span, totals, issues; as documented JSON and as text in a language."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from monitor.i18n import N_, measure_name, number, translate
from monitor.intake.checks import Ready
from monitor.intake.contract import MAX_ISSUES, REFUSED, RowIssue
from monitor.intake.totals import Totals

JSON_VERSION = 1
SHOWN_ISSUES = 1000


@dataclass(slots=True)
class Tally:
    """Counts what goes by. read = new + changed + same + blank + refused once everything is stored."""

    read: int = 0
    accepted: int = 0
    repeated: int = 0
    blank: int = 0
    refused: int = 0
    first: int | None = None
    last: int | None = None
    issues: list[RowIssue] = field(default_factory=list)
    issues_total: int = 0
    totals: Totals = field(default_factory=Totals)
    detected: dict[str, Any] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)

    def add(self, ready: Ready) -> None:
        """Count a checked chunk."""
        self.read += ready.read
        self.accepted += len(ready.frame)
        self.repeated += ready.repeated
        self.blank += ready.blank
        self.refused += ready.refused
        self.say(ready.issues)
        self.totals.add(ready)
        for key, count in ready.counts.items():
            self.events[key] = self.events.get(key, 0) + count
        for key, value in ready.detected.items():
            old = self.detected.setdefault(key, value)
            if old != value and str(value) not in str(old).split(", "):
                self.detected[key] = f"{old}, {value}"[:500]
        if len(ready.frame):
            end, start = ready.frame["end_at"].to_numpy(), ready.frame["start_at"].to_numpy()
            low = int(min(end.min(), start[start > 0].min())) if (start > 0).any() else int(end.min())
            self.first = low if self.first is None else min(self.first, low)
            self.last = int(end.max()) if self.last is None else max(self.last, int(end.max()))

    def say(self, issues: list[RowIssue]) -> None:
        """Take issues over; at most MAX_ISSUES are kept."""
        self.issues_total += len(issues)
        self.issues += issues[: max(MAX_ISSUES - len(self.issues), 0)]

    def join_events(self, merged: int) -> None:
        """Count events as one reading that fell on one second in different chunks."""
        self.read -= merged
        self.accepted -= merged


def moment(instant: int | None) -> datetime | None:
    """Give an instant as a datetime in UTC."""
    return None if instant is None else datetime.fromtimestamp(instant, UTC)


def issue_json(issue: RowIssue) -> dict[str, Any]:
    """Give an issue for JSON, its sentence in both languages."""
    message = {language: sentence(issue.template, issue.data, language) for language in ("zh", "en")}
    row = issue.as_dict()
    return {key: row[key] for key in ("severity", "code", "file", "sheet")} | {
        "row": issue.row_no,
        "column": issue.column,
        "value": issue.value,
        "readings": issue.count,
        "message": message,
    }


def sentence(template: str, data: Mapping[str, Any], language: str) -> str:
    """Fill a template; what data are themselves sentences of the catalogue are translated too."""
    words = {
        key: translate(value, language) if isinstance(value, str) and value else value for key, value in data.items()
    }
    try:
        return translate(template, language, **words) if words else translate(template, language)
    except (KeyError, IndexError, ValueError):
        return translate(template, language)


def refusal(error: tuple[str, str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Give a document's refusal for JSON."""
    code, template, data = error
    if not code:
        return None
    return {"code": code, "message": {language: sentence(template, data, language) for language in ("zh", "en")}}


@dataclass(slots=True)
class _Result:
    """What previews and receipts have in common."""

    document: str
    state: str
    tally: Tally
    error: tuple[str, str, Mapping[str, Any]] = ("", "", {})

    def _counts(self) -> dict[str, int]:
        raise NotImplementedError

    def _head(self) -> dict[str, Any]:
        return {}

    def to_json(self) -> dict[str, Any]:
        """Give the documented structure (docs/import-json.md), ready for `json.dumps`."""
        tally = self.tally
        first, last = moment(tally.first), moment(tally.last)
        return {
            "version": JSON_VERSION,
            **self._head(),
            "document": self.document,
            "state": self.state,
            "error": refusal(self.error),
            "detected": dict(tally.detected),
            "counts": self._counts(),
            "events": dict(tally.events),
            "span": {"first": first.isoformat() if first else None, "last": last.isoformat() if last else None},
            "totals": tally.totals.as_json(),
            "issues": [issue_json(issue) for issue in tally.issues[:SHOWN_ISSUES]],
            "issues_total": tally.issues_total,
        }

    def to_text(self, language: str) -> str:
        """Give the same for people, in lines."""
        data = self.to_json()
        counts = " · ".join(
            f"{translate(COUNTS[key], language)} {number(value, language)}" for key, value in data["counts"].items()
        )
        lines = [f"{self.document}: {translate(STATES[self.state], language)}", f"  {counts}"]
        if data["events"]:
            named = ((translate(EVENTS.get(key, key), language), value) for key, value in data["events"].items())
            lines.append("  " + " · ".join(f"{name} {number(value, language)}" for name, value in named))
        if data["error"]:
            said = data["error"]["message"]
            lines.append(f"  [{data['error']['code']}] {' · '.join(dict.fromkeys(said[one] for one in ('zh', 'en')))}")
        if data["detected"]:
            lines.append("  " + ", ".join(f"{key} {value!r}" for key, value in data["detected"].items()))
        if data["span"]["first"]:
            lines.append(f"  {data['span']['first']} – {data['span']['last']}")
        lines += [
            f"  {t['meter']} {t['register']} {t['month']}  {t['readings']:>6}  {t['display']['value']} "
            f"{measure_of(t, language)}{sides_of(t, language)}"
            for t in data["totals"]
        ]
        lines += [f"  {place(issue)}: [{issue['code']}] {issue['message'][language]}" for issue in data["issues"]]
        more = self.tally.issues_total - len(data["issues"])
        if more > 0:
            lines.append("  " + translate(N_("and {count} more"), language, count=more))
        return "\n".join(lines)


STATES = {
    "done": N_("done"),
    "refused": N_("refused"),
    "failed": N_("failed"),
    "unchanged": N_("unchanged"),
    "running": N_("running"),
    "undone": N_("undone"),
    "readable": N_("readable"),
}
COUNTS = {
    "read": N_("read"),
    "new": N_("new"),
    "changed": N_("changed"),
    "same": N_("same"),
    "accepted": N_("accepted"),
    "repeated": N_("repeated"),
    "blank": N_("blank"),
    "refused": N_("refused"),
}


EVENTS = {
    "jobs": N_("print jobs"),
    "sides": N_("sides"),
    "sheets": N_("sheets of paper"),
    "sheets_a3": N_("of these A3"),
    "a4_equivalent": N_("as A4"),
    "entries": N_("entries"),
    "retracted": N_("no longer in the file"),
}


def measure_of(total: Mapping[str, Any], language: str) -> str:
    """Name the display measure of a total."""
    return measure_name(total["resource"], language)


def sides_of(total: Mapping[str, Any], language: str) -> str:
    """Say how many sides were printed, where the file tells."""
    return f" ({translate(EVENTS['sides'], language)} {number(total['sides'], language)})" if "sides" in total else ""


def place(issue: Mapping[str, Any]) -> str:
    """Name where a row stands: file, sheet, row, column."""
    parts = [issue["file"], issue["sheet"], "" if issue["row"] is None else f"{issue['row']}", issue["column"]]
    return ":".join(str(part) for part in parts if part)


@dataclass(slots=True)
class Preview(_Result):
    """What an import of these files would find; `state` readable or refused. `files` has one preview each."""

    files: list["Preview"] = field(default_factory=list)

    def _counts(self) -> dict[str, int]:
        t = self.tally
        return {
            "read": t.read,
            "accepted": t.accepted,
            "repeated": t.repeated,
            "blank": t.blank,
            "refused": t.refused,
        }

    def to_json(self) -> dict[str, Any]:
        """Give the documented structure: all files together, and each under `files`."""
        data = _Result.to_json(self)
        if self.files:
            data["files"] = [file.to_json() for file in self.files]
        return data

    def to_text(self, language: str) -> str:
        """Give each file's lines."""
        if self.files:
            return "\n".join(file.to_text(language) for file in self.files)
        return _Result.to_text(self, language)


@dataclass(slots=True)
class Receipt(_Result):
    """What an import did: counts new, changed, same beside those of the tally."""

    run_id: int = 0
    source: str = ""
    sha256: str = ""
    new: int = 0
    changed: int = 0
    stored_same: int = 0

    @property
    def same(self) -> int:
        """Readings that were stored already, and repeated ones."""
        return self.stored_same + self.tally.repeated

    @property
    def read(self) -> int:
        """Readings looked at."""
        return self.tally.read

    @property
    def blank(self) -> int:
        """Readings declared missing, and those that a later row of the file contradicts."""
        return self.tally.blank

    @property
    def refused(self) -> int:
        """Readings refused."""
        return self.tally.refused

    @property
    def first_at(self) -> datetime | None:
        """Begin of the span."""
        return moment(self.tally.first)

    @property
    def last_at(self) -> datetime | None:
        """End of the span."""
        return moment(self.tally.last)

    @property
    def issues_total(self) -> int:
        """Issues in all, shown or not."""
        return self.tally.issues_total

    @property
    def error_code(self) -> str:
        """Why the document was refused; "" where it was not."""
        return self.error[0]

    @property
    def rows_new(self) -> int:
        """As the table calls it."""
        return self.new

    @property
    def rows_refused(self) -> int:
        """As the table calls it."""
        return self.refused

    def _counts(self) -> dict[str, int]:
        counts = {"read": self.read, "new": self.new, "changed": self.changed}
        return counts | {"same": self.same, "blank": self.blank, "refused": self.refused}

    def _head(self) -> dict[str, Any]:
        return {"run": self.run_id, "source": self.source, "sha256": self.sha256}


def dumps(result: _Result) -> str:
    """Write the JSON of a preview or receipt."""
    return json.dumps(result.to_json(), ensure_ascii=False, indent=2)


__all__ = ["REFUSED", "Preview", "Receipt", "Tally", "dumps", "issue_json", "place", "sentence"]
