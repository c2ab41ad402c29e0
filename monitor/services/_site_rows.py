"""Rows by their natural keys, read and written many at a time: made, changed, pruned, and each change written down."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.audit import record_all
from monitor.database.tables import Base
from monitor.domain.access import Actor
from monitor.errors import ConfigurationError
from monitor.i18n import N_

NO_SUCH = N_("'{key}' refers to '{wanted}', which the site does not have; add it or correct the code.")
AT_ONCE = 5_000  # values in one IN (…)

Row = TypeVar("Row", bound=Base)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed: subjects such as `meter:E-0412`; a second run of the same has none."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    same: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return bool(self.created or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row as it should be: its natural key, its values, and what only a new one gets."""

    subject: str
    key: dict[str, Any]
    values: dict[str, Any]
    fresh: dict[str, Any] = field(default_factory=dict)


class Rows:
    """Holds the session and what changed so far; what was written down waits for `write_down`."""

    def __init__(self, session: Session, actor: Actor, now: datetime | None) -> None:
        self.session = session
        self.actor = actor
        self.now = now or datetime.now(UTC)
        self.created: list[str] = []
        self.changed: list[str] = []
        self.removed: list[str] = []
        self.same = 0
        self._lines: list[dict[str, Any]] = []
        self._named: dict[tuple[type[Base], str], Any] = {}

    def put_all(self, model: type[Row], wanted: Sequence[Wanted]) -> list[tuple[Row, frozenset[str]]]:
        """Give the row of each key with its values, made or changed where needed, and which values were.

        All keys of one call have the same columns; rows are looked for by the first of them.
        """
        if not wanted:
            return []
        names = tuple(wanted[0].key)
        held = {
            tuple(getattr(row, name) for name in names): row
            for row in self.where(model, names[0], {one.key[names[0]] for one in wanted})
        }
        found = [self._put(model, one, held) for one in wanted]
        self.session.flush()
        return found

    def _put(self, model: type[Row], one: Wanted, held: dict[tuple[Any, ...], Row]) -> tuple[Row, frozenset[str]]:
        key = tuple(one.key.values())
        row = held.get(key)
        if row is None:
            row = held[key] = model(**one.key, **one.values, **one.fresh)
            self.session.add(row)
            self.created.append(one.subject)
            self.note("setup.create", one.subject, after=one.key | one.values)
            return row, frozenset(one.values)
        before = {name: getattr(row, name) for name, value in one.values.items() if getattr(row, name) != value}
        if not before:
            self.same += 1
            return row, frozenset()
        for name in before:
            setattr(row, name, one.values[name])
        self.changed.append(one.subject)
        self.note("setup.change", one.subject, before=before, after={name: one.values[name] for name in before})
        return row, frozenset(before)

    def where(self, model: type[Row], column: str, values: Iterable[Any]) -> list[Row]:
        """Give the rows whose column has one of these values, by id."""
        found: list[Row] = []
        for some in batches(sorted(set(values))):
            found += self.session.scalars(select(model).where(getattr(model, column).in_(some)))
        return sorted(found, key=lambda row: row.id)  # type: ignore[attr-defined]  # every table used here has an id

    def prune(self, rows: Iterable[tuple[str, Any]], keep: Iterable[Any]) -> list[Any]:
        """Delete those (subject, row) whose row is not kept; gives these rows."""
        kept = {row.id for row in keep}
        gone = [(subject, row) for subject, row in rows if row.id not in kept]
        for subject, row in gone:
            self.remove(subject, row)
        self.session.flush()
        return [row for _, row in gone]

    def remove(self, subject: str, row: Any) -> None:  # noqa: ANN401 - a row of any table
        """Delete a row and write down what it said."""
        columns = {column.key: getattr(row, column.key) for column in row.__table__.columns}
        self.note("setup.remove", subject, before=columns)
        self.removed.append(subject)
        self.session.delete(row)

    def name(self, model: type[Row], rows: Iterable[Row]) -> None:
        """Remember rows by their code."""
        for row in rows:
            self._named[model, row.code] = row  # type: ignore[attr-defined]  # only asked for tables with a code

    def look_up(self, model: type[Base], codes: Iterable[str]) -> None:
        """Read the rows of these codes at once, for `find`."""
        self.name(model, self.where(model, "code", (code for code in codes if (model, code) not in self._named)))

    def find(self, model: type[Any], code: str, key: str) -> Any:  # noqa: ANN401 - a row of `model`
        """Give the row of a code that something refers to; SITE_REFERENCE where there is none."""
        if (model, code) not in self._named:
            self.look_up(model, [code])
        row = self._named.get((model, code))
        if row is None:
            raise ConfigurationError("SITE_REFERENCE", NO_SUCH, key=key, wanted=code)
        return row

    def note(
        self, action: str, subject: str, *, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None
    ) -> None:
        """Remember a line of the audit trail."""
        self._lines.append(
            {
                "action": action,
                "subject": subject,
                "before": None if before is None else plain(before),
                "after": None if after is None else plain(after),
            }
        )

    def write_down(self) -> Changes:
        """Write the audit trail and give what changed."""
        record_all(self.session, self.actor, self._lines, at=self.now)
        self._lines = []
        return Changes(self.created, self.changed, self.removed, self.same)


def batches(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Cut into pieces that fit one statement."""
    return (values[begin : begin + AT_ONCE] for begin in range(0, len(values), AT_ONCE))


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Make values fit for JSON."""
    return {name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in values.items()}
