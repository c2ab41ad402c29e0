"""Who is better, fairly: like with like, and only what was measured."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context, params
from dashboard.components import charts_compare, filters
from dashboard.components.layout import choose, facts, graph, grid, head, panel, period
from dashboard.components.links import export, unit_page
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import total
from monitor.domain.resources import from_quantity
from monitor.i18n import N_
from monitor.queries import comparison
from monitor.queries.comparison import By, Compared, Comparison, Group, Grouping
from monitor.queries.scope import name

PATH = "/compare"
NAME = N_("Compare")
BY = {
    By.TARGET: N_("Distance to the own target"),
    By.PER_PERSON: N_("Use per person"),
    By.PER_M2: N_("Use per m²"),
}
GROUPS = {
    Grouping.KIND: N_("Units of the same kind"),
    Grouping.PARENT: N_("Units below the same unit"),
    Grouping.ALL: N_("All units"),
}
KINDS = {
    "organisation": N_("Organisation"),
    "bureau": N_("Bureaus"),
    "department": N_("Departments"),
}
RULE = {
    By.TARGET: N_("Used ÷ allowed for the days gone by − 1: below zero is better than promised."),
    By.PER_PERSON: N_(
        "Use of these days ÷ coverage ÷ persons of these days. The dashed line is the median of the group."
    ),
    By.PER_M2: N_(
        "Use of these days ÷ coverage ÷ floor area of these days. The dashed line is the median of the group."
    ),
}
UNRANKED = N_("Not ranked, and why")
SCATTER, ENOUGH, LITTLE = N_("Persons and use"), N_("measured enough"), N_("measured too little")
REST = N_("In nobody's figure: {quantity} of this resource are not allocated to any unit.")
NOTHING = N_("No unit can be ranked here yet; the reasons stand below.")
MEDIAN, RANK, VALUE, DISTANCE = N_("Median"), N_("Rank"), N_("Value"), N_("Against the median")
UNIT, PERSONS, USED, COVERAGE, REASON = N_("Unit"), N_("Persons"), N_("Used"), N_("Coverage"), N_("Reason")
GROUP = N_("Group")
ROW_HEIGHT, FRAME_HEIGHT = 24, 76


@dataclass(frozen=True, slots=True)
class Asked:
    """A view with what is ranked among whom."""

    view: View
    by: By
    among: Grouping

    @property
    def query(self) -> dict[str, object]:
        """The address of this comparison, to be carried on."""
        kept = {key: value for key, value in self.view.query.items() if key != "unit"}
        return kept | {"by": self.by.value, "among": self.among.value}


def layout(**given: str) -> Component:
    """Build the page: parameters resource, year, as_of, by, among."""
    here = context.current()
    by, among = _asked(given)
    with here.session() as session:
        view = params.read(session, here, given)
        found = comparison.compare(session, here.actor, view.resource, view.year, view.as_of)
    asked = Asked(view, by, among)
    groups = found.groups(by, among)
    ranked = [group for group in groups if len(group.ranked) > 1] or [group for group in groups if group.ranked]
    parts = [grid(_group(here, asked, found, group)) for group in ranked]
    if not ranked:
        parts.append(html.P(here.say(NOTHING), className="note"))
    title = head(here.say(NAME), period(here, found.start, max(found.end, found.start + 1)), _filters(here, asked))
    rest = [html.P(here.say(REST, quantity=_said(here, view, found.not_allocated.quantity)), className="reason")]
    return html.Div(
        [
            title,
            filters.resource_tabs(here, PATH, view.resource, **asked.query),
            *parts,
            grid(_unranked(here, asked, found), _scatter(here, view, found)),
            *(rest if found.not_allocated.quantity else []),
        ]
    )


def _asked(given: dict[str, str]) -> tuple[By, Grouping]:
    by, among = given.get("by", ""), given.get("among", "")
    return By(by) if by in set(By) else By.TARGET, Grouping(among) if among in set(Grouping) else Grouping.KIND


def _filters(here: Context, asked: Asked) -> list[Component]:
    view, by, among = asked.view, asked.by, asked.among
    return [
        choose(
            "by",
            here.say(N_("Ranked by")),
            by.value,
            [(one.value, here.say(text)) for one, text in BY.items()],
            width=220,
        ),
        choose(
            "among",
            here.say(N_("Among")),
            among.value,
            [(one.value, here.say(text)) for one, text in GROUPS.items()],
            width=210,
        ),
        *filters.of_view(here, view, unit=False),
    ]


# ---------------------------------------------------------------- a group


def _group(here: Context, asked: Asked, found: Comparison, group: Group) -> Component:
    view, by, among = asked.view, asked.by, asked.among
    title = f"{here.say(BY[by])} · {_group_name(here, found, group, among)}"
    span = (found.start, max(found.end, found.start + 1))
    below = f"{facts(here, None, span, total(one.row.used for one in group.ranked))} · {here.say(RULE[by])}"
    names = [name(one.row.unit, here.language) for one in group.ranked]
    drawn = charts_compare.ranking(
        _distinct(names),
        [float(_shown(view, by, one.value)) for one in group.ranked],
        median=None if group.median is None else float(_shown(view, by, group.median)),
        words=(here.say(VALUE), here.say(MEDIAN)),
        measure=_measure(here, view, by),
        theme=here.theme,
        signed=by is By.TARGET,
    )
    height = FRAME_HEIGHT + ROW_HEIGHT * len(names)
    return panel(
        here,
        title,
        graph(drawn, f"{title}, {below}", here, height=height),
        below=below,
        behind=_ranking(here, view, [group], by),
        csv=export("ranking", **asked.query),
    )


def _group_name(here: Context, found: Comparison, group: Group, among: Grouping) -> str:
    if among is Grouping.PARENT:
        above = next((row.unit for row in found if row.unit.id == group.key), None)
        return here.say(GROUPS[Grouping.ALL]) if above is None else name(above, here.language)
    return here.say(KINDS.get(str(group.key), str(group.key)) if among is Grouping.KIND else GROUPS[Grouping.ALL])


def _distinct(names: list[str]) -> list[str]:
    """Tell units of the same name apart, as one bar each: an invisible mark more for each that came before."""
    seen: dict[str, int] = {}
    found = []
    for one in names:
        found.append(one + "\u200b" * seen.get(one, 0))
        seen[one] = seen.get(one, 0) + 1
    return found


def _shown(view: View, by: By, value: Fraction) -> Fraction:
    """Give a value as people read it: percent of the allowance, or the display measure per person or m²."""
    return value * 100 if by is By.TARGET else value * from_quantity(1, view.resource)


def _measure(here: Context, view: View, by: By) -> str:
    if by is By.TARGET:
        return "%"
    per = here.say(N_("person")) if by is By.PER_PERSON else "m²"
    return f"{i18n.measure_name(view.resource, here.language)}/{per}"


def _said(here: Context, view: View, quantity: int | None) -> str:
    return i18n.quantity(quantity, view.resource, here.language)


def _value_column(here: Context, view: View, by: By) -> Column:
    if by is By.TARGET:
        return Column(here.say(VALUE), "change")
    return Column(f"{here.say(VALUE)} ({_measure(here, view, by)})", "number", digits=2)


def _ranking(here: Context, view: View, groups: list[Group], by: By) -> Table:
    """Give rank, unit, value, against the median, persons, area, used, coverage."""
    columns = (
        Column(here.say(RANK), "number"),
        Column(here.say(UNIT), "link"),
        _value_column(here, view, by),
        *([] if by is By.TARGET else [Column(here.say(DISTANCE), "change")]),
        Column(here.say(PERSONS), "number"),
        Column("m²", "number"),
        Column(here.say(USED), "quantity", view.resource),
        Column(here.say(COVERAGE), "coverage"),
    )
    rows: list[tuple[Any, ...]] = []
    for group in groups:
        for one in group.ranked:
            value = one.value if by is By.TARGET else _shown(view, by, one.value)
            distance = [] if by is By.TARGET else [one.distance]
            rows.append((one.rank, _link(here, view, one.row), value, *distance, *_common(one.row)))
    return Table(columns, rows)


def _link(here: Context, view: View, row: Compared) -> tuple[str, str]:
    return name(row.unit, here.language), unit_page(**{**view.query, "unit": row.unit.code})


def _common(row: Compared) -> tuple[Any, ...]:
    return row.persons, row.area, row.used.quantity, row.used.coverage if row.used.expected else None


# ---------------------------------------------------------------- what is not ranked, and all units at once


def _unranked(here: Context, asked: Asked, found: Comparison) -> Component:
    view, by, among = asked.view, asked.by, asked.among
    content = _unranked_table(here, view, found.groups(by, among))
    below = facts(here, view.resource, (found.start, max(found.end, found.start + 1)))
    return panel(
        here,
        here.say(UNRANKED),
        table(content, here.language)
        if content.rows
        else html.P(here.say(N_("Every unit is ranked.")), className="reason"),
        below=below,
        csv=export("unranked", **asked.query),
        span=6,
    )


def _unranked_table(here: Context, view: View, groups: list[Group]) -> Table:
    columns = (
        Column(here.say(UNIT), "link"),
        Column(here.say(REASON)),
        Column(here.say(USED), "quantity", view.resource),
        Column(here.say(COVERAGE), "coverage"),
    )
    separator = "；" if here.language == "zh" else " "
    rows = [
        (
            _link(here, view, row),
            separator.join(i18n.translate(one.template, here.language, **one.data) for one in why),
            *_common(row)[2:],
        )
        for group in groups
        for row, why in group.unranked
    ]
    return Table(columns, rows)


def _scatter(here: Context, view: View, found: Comparison) -> Component:
    leaves = {row.unit.parent_id for row in found}
    points = [point for point in found.scatter() if point.unit.id not in leaves]
    title = here.say(SCATTER)
    together = total(point.used for point in points)
    below = facts(here, view.resource, (found.start, max(found.end, found.start + 1)), together)

    def drawn(*, enough: bool) -> list[tuple[str, float, float]]:
        return [
            (name(p.unit, here.language), float(p.persons), float(from_quantity(p.used.quantity or 0, view.resource)))
            for p in points
            if p.enough is enough
        ]

    figure = charts_compare.scatter(
        drawn(enough=True),
        drawn(enough=False),
        names=(here.say(ENOUGH), here.say(LITTLE)),
        axes=(here.say(PERSONS), i18n.measure_name(view.resource, here.language)),
        theme=here.theme,
    )
    columns = (
        Column(here.say(UNIT)),
        Column(here.say(PERSONS), "number"),
        Column(here.say(USED), "quantity", view.resource),
        Column(here.say(COVERAGE), "coverage"),
    )
    rows = [
        (name(p.unit, here.language), p.persons, p.used.quantity, p.used.coverage if p.used.expected else None)
        for p in points
    ]
    return panel(
        here,
        title,
        graph(figure, f"{title}, {below}", here, height=360),
        below=below,
        behind=Table(columns, rows),
        csv=export("scatter", **{key: value for key, value in view.query.items() if key != "unit"}),
        span=6,
    )


# ---------------------------------------------------------------- exports


def _export(make: Callable[[Context, View, list[Group], By], Table]) -> Callable[[Session, Context, View], Table]:
    def made(session: Session, here: Context, view: View) -> Table:
        import flask  # noqa: PLC0415 - only an export reads the address itself

        by, among = _asked(flask.request.args.to_dict())
        found = comparison.compare(session, here.actor, view.resource, view.year, view.as_of)
        return make(here, view, found.groups(by, among), by)

    return made


def _points(session: Session, here: Context, view: View) -> Table:
    found = comparison.compare(session, here.actor, view.resource, view.year, view.as_of)
    columns = (
        Column(here.say(UNIT)),
        Column(here.say(PERSONS), "number"),
        Column(here.say(USED), "quantity", view.resource),
    )
    return Table(columns, [(name(p.unit, here.language), p.persons, p.used.quantity) for p in found.scatter()])


EXPORTS: dict[str, Callable[[Session, Context, View], Table]] = {
    "ranking": _export(_ranking),
    "unranked": _export(lambda here, view, groups, _by: _unranked_table(here, view, groups)),
    "scatter": _points,
}


def register(app: Dash) -> None:
    """Nothing of its own: the filters belong to the shell."""
