"""Who is better, fairly: like with like, and only what was measured."""

from collections.abc import Callable

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context, explain, params, quota_views
from dashboard.components import charts_compare, filters
from dashboard.components.charts_compare import Held
from dashboard.components.layout import choose, facts, graph, grid, head, panel, period
from dashboard.components.links import address, export
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.pages import _ranked as ranked
from dashboard.pages._ranked import COVERAGE, PATH, PERSONS, UNIT, USED, VALUE, Asked
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import total
from monitor.domain.indicators import Indicator
from monitor.domain.quotas import Standing
from monitor.domain.resources import from_quantity
from monitor.i18n import N_
from monitor.queries import comparison, quotas
from monitor.queries.comparison import By, Comparison, Group, Grouping, Over
from monitor.queries.scope import name

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
OVER = {
    Over.TWELVE: N_("Twelve months"),
    Over.YEAR: N_("Since 1 January"),
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
MEDIAN, GROUP = N_("Median"), N_("Group")
NO_QUOTAS = N_(
    "No quota is in force for these units in {year}, so none is judged by one. Quotas are declared on the Targets page."
)
WITHOUT = N_("Not judged, as no quota is declared for them: {units}.")
NOT_YEARLY = N_("Quotas are for a year: choose “Twelve months” to hold these figures against them.")
CLOSE = N_("Close")
NAMED = 6  # units named in one sentence
ROW_HEIGHT, FRAME_HEIGHT, LEGEND_HEIGHT = 24, 76, 24


def layout(**given: str) -> Component:
    """Build the page: parameters resource, year, as_of, by, among, over (year, twelve_months), open (a unit's code)."""
    here = context.current()
    with here.session() as session:
        view = params.read(session, here, given)
        asked = _asked(session, here, view, given)
        found = _compare(session, here, asked)
        opened = _opened(session, here, asked, found)
    groups = found.groups(asked.by, asked.among)
    shown = [group for group in groups if len(group.ranked) > 1] or [group for group in groups if group.ranked]
    parts = [grid(_group(here, asked, found, group)) for group in shown]
    if not shown:
        parts.append(html.P(here.say(NOTHING), className="note"))
    title = head(here.say(NAME), period(here, found.start, max(found.end, found.start + 1)), _filters(here, asked))
    rest = [html.P(here.say(REST, quantity=_said(here, view, found.not_allocated.quantity)), className="reason")]
    return html.Div(
        [
            title,
            filters.resource_tabs(here, PATH, view.resource, **asked.query),
            *_about_quotas(here, asked, found),
            opened,
            *parts,
            grid(_unranked(here, asked, found), _scatter(here, view, found)),
            *(rest if found.not_allocated.quantity else []),
        ]
    )


def _asked(session: Session, here: Context, view: View, given: dict[str, str]) -> Asked:
    """Read what is asked; over twelve months unless said otherwise where quotas are in force for what is ranked by."""
    by, among, over = given.get("by", ""), given.get("among", ""), given.get("over", "")
    ranked_by = By(by) if by in set(By) else By.TARGET
    within = Grouping(among) if among in set(Grouping) else Grouping.KIND
    if ranked_by is By.TARGET:
        return Asked(view, ranked_by, within, Over.YEAR)
    if over in set(Over):
        days = Over(over)
    else:
        rules = quotas.in_force(session, here.actor, view.resource, view.year)
        held = any(indicator == Indicator(ranked_by) for _, indicator in rules)
        days = Over.TWELVE if held else Over.YEAR
    return Asked(view, ranked_by, within, days, given.get("open", ""))


def _compare(session: Session, here: Context, asked: Asked) -> Comparison:
    view = asked.view
    return comparison.compare(session, here.actor, view.resource, view.year, view.as_of, over=asked.over)


def _filters(here: Context, asked: Asked) -> list[Component]:
    view = asked.view

    def one_of(key: str, label: str, now: str, texts: list[tuple[str, str]], width: int) -> Component:
        return choose(key, here.say(label), now, [(code, here.say(text)) for code, text in texts], width=width)

    over = [(one.value, text) for one, text in OVER.items()]
    return [
        one_of("by", N_("Ranked by"), asked.by.value, [(one.value, text) for one, text in BY.items()], 220),
        one_of("among", N_("Among"), asked.among.value, [(one.value, text) for one, text in GROUPS.items()], 210),
        *([] if asked.by is By.TARGET else [one_of("over", N_("Over"), asked.over.value, over, 150)]),
        *filters.of_view(here, view, unit=False),
    ]


# ---------------------------------------------------------------- quotas


def _about_quotas(here: Context, asked: Asked, found: Comparison) -> list[Component]:
    """Say which months are held against which quotas, and who is not judged because none is declared."""
    if asked.by is By.TARGET:
        return []
    if not found.yearly:
        return [html.P(here.say(NOT_YEARLY), className="note none")]
    held = [row for row in found if asked.by in row.quotas]
    if not held:
        return [html.P(here.say(NO_QUOTAS, year=asked.view.year), className="note none")]
    said = [quota_views.held(here, asked.view.year, found.start, found.end), here.say(quota_views.RULE)]
    without = [name(row.unit, here.language) for row in found if asked.by not in row.quotas]
    if without:
        comma, more = ("、" if here.language == "zh" else ", "), " …" if len(without) > NAMED else ""
        said.append(here.say(WITHOUT, units=comma.join(without[:NAMED]) + more))
    return [html.Div([html.Div(one) for one in said], className="note none")]


def _opened(session: Session, here: Context, asked: Asked, found: Comparison) -> Component | None:
    """Open the figure of one unit: what it was computed from, and how the quota judges it."""
    row = next((row for row in found if row.unit.code == asked.opened), None)
    if row is None or found.end <= found.start:
        return None
    span = (found.start, found.end)
    key = "|".join([row.unit.code, asked.view.resource, str(span[0]), str(span[1]), quota_views.mark(asked.view.year)])
    shut = html.A(here.say(CLOSE), href=address(PATH, **asked.query))
    title = here.say(explain.TITLE)
    return html.Div(grid(panel(here, title, explain.inside(session, here, key), tools=[shut])), id="opened")


def _held(here: Context, asked: Asked, group: Group) -> Held | None:
    """Give the words and the lines of the quotas of a group; None where none is in force for any of it."""
    by = asked.by
    judged = [one.row.quotas.get(by) for one in group.ranked]
    if not any(judged):
        return None
    standings = [Standing.NOT_JUDGED if one is None else one.standing for one in judged]
    values = [(None, None, None) if one is None else quota_views.values(one.quota) for one in judged]
    limits = [
        (here.say(label), [None if three[at] is None else float(three[at] or 0) for three in values])
        for at, label in enumerate(quota_views.VALUES.values())
    ]
    words = [quota_views.word(here, one) for one in standings]
    return Held(words, [quota_views.LOOKS[one].tone for one in standings], limits)


# ---------------------------------------------------------------- a group


def _group(here: Context, asked: Asked, found: Comparison, group: Group) -> Component:
    view, by = asked.view, asked.by
    title = f"{here.say(BY[by])} · {_group_name(here, found, group, asked.among)}"
    span = (found.start, max(found.end, found.start + 1))
    below = f"{facts(here, None, span, total(one.row.used for one in group.ranked))} · {here.say(RULE[by])}"
    names = [name(one.row.unit, here.language) for one in group.ranked]
    held = _held(here, asked, group)
    if held:
        names = [f"{one} {said[0]}" for one, said in zip(names, held.words, strict=True)]
    drawn = charts_compare.ranking(
        _distinct(names),
        [float(ranked.shown(view, by, one.value)) for one in group.ranked],
        median=None if group.median is None else float(ranked.shown(view, by, group.median)),
        words=(here.say(VALUE), here.say(MEDIAN)),
        measure=ranked.measure(here, view, by),
        theme=here.theme,
        signed=by is By.TARGET,
        held=held,
    )
    height = FRAME_HEIGHT + ROW_HEIGHT * len(names) + (LEGEND_HEIGHT if held else 0)
    return panel(
        here,
        title,
        graph(drawn, f"{title}, {below}", here, height=height),
        below=below,
        behind=ranked.ranking(here, asked, [group], live=True),
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


def _said(here: Context, view: View, quantity: int | None) -> str:
    return i18n.quantity(quantity, view.resource, here.language)


# ---------------------------------------------------------------- what is not ranked, and all units at once


def _unranked(here: Context, asked: Asked, found: Comparison) -> Component:
    view = asked.view
    content = ranked.unranked(here, asked, found.groups(asked.by, asked.among))
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


def _export(make: Callable[[Context, Asked, list[Group]], Table]) -> Callable[[Session, Context, View], Table]:
    def made(session: Session, here: Context, view: View) -> Table:
        import flask  # noqa: PLC0415 - only an export reads the address itself

        asked = _asked(session, here, view, flask.request.args.to_dict())
        return make(here, asked, _compare(session, here, asked).groups(asked.by, asked.among))

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
    "ranking": _export(ranked.ranking),
    "unranked": _export(ranked.unranked),
    "scatter": _points,
}


def register(app: Dash) -> None:
    """Nothing of its own: the filters belong to the shell."""
