"""What happened to a unit, in words: the table behind the time axis, its CSV, and the marks that charts draw of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from dashboard.components.cards import INDICATORS
from dashboard.components.links import address
from dashboard.components.marks import Mark, Row
from dashboard.components.tables import Column, Table
from dashboard.context import Context
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import PPM
from monitor.domain.indicators import Indicator
from monitor.domain.periods import Month, from_day
from monitor.i18n import N_
from monitor.queries import timeline
from monitor.queries.scope import name
from monitor.queries.timeline import Happening
from monitor.reports.words import AREAS, DENOMINATOR

KINDS = {
    "replacement": N_("Meter replaced"),
    "reset": N_("Register reset"),
    "multiplier": N_("Multiplier changed"),
    "void": N_("Readings not counted"),
    "replace": N_("Reading corrected"),
    "estimate": N_("Estimate"),
    "gap": N_("No data"),
    "share": N_("Share changed"),
    "moved": N_("Unit moved"),
    "fact": N_("Persons or area changed"),
    "target": N_("Target"),
    "closed": N_("Month closed"),
    "reopened": N_("Month reopened"),
    "undone": N_("Import undone"),
}
# A row of marks: what it is called beside the axis, the sign, what is in it.
ROWS = (
    (N_("Meters"), "diamond", ("replacement", "reset", "multiplier")),
    (N_("Corrected"), "x", ("void", "replace", "estimate", "undone")),
    (N_("No data"), "line-ns-open", ("gap",)),
    (N_("Units"), "square", ("share", "moved", "fact")),
    (N_("Targets"), "triangle-up", ("target",)),
    (N_("Closing"), "circle-open", ("closed", "reopened")),
)
STEPS = {
    "set": N_("set"),
    "changed": N_("changed"),
    "approved": N_("approved"),
    "withdrawn": N_("withdrawn"),
}
OTHERS, WITHDRAWN = N_("and {count} more"), N_("taken back")
PART, OF_KIND = N_("{before} to {after}"), N_("{kind}: {change}")
MOST_LINES = 8  # of what happened on one day that a mark spells out


@dataclass(frozen=True, slots=True)
class Told:
    """What happened in the days of a view, the newest first, as asked once for page and charts."""

    here: Context
    view: View
    rows: tuple[Happening, ...]

    def table(self) -> Table:
        """Give from, what, whose (opens it), details, until (of what lasted longer than a day), reason, by whom."""
        say = self.here.say
        columns = (
            Column(say(N_("From")), "day"),
            Column(say(N_("Event"))),
            Column(say(N_("Of what")), "link"),
            Column(say(N_("Details"))),
            Column(say(N_("To")), "day"),
            Column(say(N_("Reason"))),
            Column(say(N_("Who"))),
        )
        return Table(columns, [self._line(one) for one in self.rows])

    def _line(self, one: Happening) -> tuple[object, ...]:
        what = self.here.say(KINDS[one.kind])
        if one.withdrawn:
            what += f" ({self.here.say(WITHDRAWN)})"
        whose, until = (self._whose(one), self._link(one)), None if one.first == one.last else one.last
        return one.first, what, whose, self._details(one), until, one.reason, one.actor

    def _whose(self, one: Happening) -> str:
        called = name(one, self.here.language)
        found = one.what if called in {"", one.what} else f"{one.what} {called}"
        if one.others:
            found = f"{found} {self.here.say(OTHERS, count=i18n.number(one.others, self.here.language))}"
        return found or i18n.MISSING

    def _link(self, one: Happening) -> str:
        query = self.view.query
        if one.run_id is not None:
            return address("/receipt", run=one.run_id)
        if one.kind in {"gap", "closed", "reopened"} or one.others:
            return address("/data", **query)
        if one.meter_id is not None:
            return address("/meter", meter=one.meter_id, **query)
        if one.kind == "target":
            return address("/targets", **query)
        return address("/unit", **{**query, "unit": one.what}) if one.what in {u.code for u in self.view.units} else ""

    def _details(self, one: Happening) -> str:
        """Say before and after, in the measure of the kind."""
        if one.kind == "fact":
            kind = self.here.say(DENOMINATOR.get(one.detail, one.detail))
            change = self._pair(one, lambda value: self._denominator(value, one.detail))
            return self.here.say(OF_KIND, kind=kind, change=change)
        if one.kind == "share":
            return self._pair(one, lambda value: i18n.percent(Fraction(value, PPM), self.here.language))
        if one.kind == "multiplier":
            return "" if one.after is None else f"× {i18n.number(Fraction(one.after, PPM), self.here.language, 2)}"
        if one.kind == "target":
            step, indicator, year = one.detail.split(":")
            return f"{year} · {self.here.say(INDICATORS[Indicator(indicator)])} · {self.here.say(STEPS[step])}"
        if one.kind in {"closed", "reopened"}:
            month = Month.parse(one.detail)
            return i18n.month(month.year, month.month, self.here.language)
        if one.kind == "moved":
            return one.detail
        return self._pair(one, lambda value: i18n.quantity(value, self.view.resource, self.here.language))

    def _pair(self, one: Happening, show: Callable[[int], str]) -> str:
        if one.before is not None and one.after is not None:
            return self.here.say(PART, before=show(one.before), after=show(one.after))
        value = one.after if one.before is None else one.before
        return "" if value is None else show(value)

    def _denominator(self, value: int, kind: str) -> str:
        shown = i18n.number(Fraction(value, 1000), self.here.language, 0 if value % 1000 == 0 else 1)
        return f"{shown} m²" if kind in AREAS else shown

    # ------------------------------------------------------------ marks

    def by_day(self) -> list[Row]:
        """Give the rows of marks on an axis of days."""
        first, end = self.view.span
        return self._rows(lambda day: from_day(min(max(day, first), end - 1)).isoformat())

    def by_month(self, names: Sequence[str]) -> list[Row]:
        """Give the rows of marks on an axis of the months named."""
        first, end = self.view.span
        return self._rows(lambda day: names[from_day(min(max(day, first), end - 1)).month - 1])

    def _rows(self, place: Callable[[int], str]) -> list[Row]:
        found = []
        for label, sign, kinds in ROWS:
            spans: dict[tuple[str, str], list[str]] = {}
            for one in self.rows:
                if one.kind in kinds:
                    spans.setdefault((place(one.first), place(one.last)), []).append(self._sentence(one))
            if spans:
                marks = [Mark(*span, self._together(lines)) for span, lines in sorted(spans.items())]
                found.append(Row(self.here.say(label), sign, marks))
        return found

    def _sentence(self, one: Happening) -> str:
        what = self.here.say(OF_KIND, kind=self.here.say(KINDS[one.kind]), change=self._whose(one))
        parts = [what, self._details(one)]
        if one.first != one.last:
            language = self.here.language
            parts.append(" – ".join(i18n.day(from_day(day), language) for day in (one.first, one.last)))
        return " · ".join(part for part in parts if part)

    def _together(self, lines: list[str]) -> list[str]:
        more = len(lines) - MOST_LINES
        if more <= 0:
            return lines
        return [*lines[:MOST_LINES], self.here.say(OTHERS, count=i18n.number(more, self.here.language))]


def told(session: Session, here: Context, view: View) -> Told:
    """Ask what happened to the unit in the days of the view."""
    found = timeline.timeline(session, here.actor, view.unit.id, view.resource, *view.span)
    return Told(here, view, tuple(found))


def happenings_table(session: Session, here: Context, view: View) -> Table:
    """Give what happened to the unit as a table."""
    return told(session, here, view).table()
