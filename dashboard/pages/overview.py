"""Overview: how do we stand? Three resources, all units on a board, the worst three, what arrived."""

from collections.abc import Mapping
from typing import Any

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context, params
from dashboard.components import filters, status
from dashboard.components.board import board
from dashboard.components.cards import name_of, resource_card, worst
from dashboard.components.layout import explain_button, grid, head, panel, period
from dashboard.components.links import export, unit_page
from dashboard.components.tables import Column, Table
from dashboard.context import Context
from dashboard.pages._deliveries import deliveries
from monitor import i18n
from monitor.domain.resources import RESOURCES, from_quantity, resource
from monitor.domain.targets import Status
from monitor.i18n import N_
from monitor.queries import consumption, targets
from monitor.queries.scope import name
from monitor.queries.targets import BoardRow, Judged

PATH = "/"
NAME = N_("Overview")
UNIT, RESOURCE = N_("Unit"), N_("Resource")
BOARD, WORST, NONE_WORST = N_("All units"), N_("These need somebody"), N_("No unit is over its pace.")
COUNT = N_("{good} on track · {warn} at risk · {bad} behind · {none} not judged")
NEEDS = (Status.USED_UP, Status.MISSED, Status.BEHIND, Status.AT_RISK)
SPARK = N_("Status, pace, and the twelve months as bars; sort by a column's head.")


def layout(**given: str) -> Component:
    """Build the page: parameters unit, year, as_of."""
    here = context.current()
    with here.session() as session:
        view = params.read(session, here, given)
        rows = targets.board(session, here.actor, view.year, view.as_of)
        cards = [_card(session, here, view, code, rows) for code in RESOURCES]
        arrived = deliveries(session, here)
    title = name(view.unit, here.language)
    return html.Div(
        [
            head(here.say(NAME) + " · " + title, period(here, *view.span), filters.of_view(here, view)),
            grid(*cards),
            grid(_worst(here, view, rows), arrived),
            grid(_board(here, view, rows)),
        ]
    )


def _card(session: Session, here: Context, view: params.View, code: str, rows: list[BoardRow]) -> Component:
    judged = next((row.judged for row in rows if row.unit.id == view.unit.id and row.resource == code), None)
    amount = judged.progress.used if judged else consumption.amount(session, here.actor, view.unit.id, code, *view.span)
    how = explain_button(here, view.unit.code, code, view.span)
    return resource_card(here, code, judged, amount, href=unit_page(**{**view.query, "resource": code}), how=how)


def _worst(here: Context, view: params.View, rows: list[BoardRow]) -> Component:
    over = [row.judged for row in rows if row.judged is not None and row.judged.progress.status in NEEDS]
    over.sort(key=lambda one: (-(one.progress.pace or 0), one.unit.code))

    def address(one: Judged) -> str:
        return unit_page(**{**view.query, "unit": one.unit.code, "resource": one.resource})

    first: dict[int, Judged] = {}
    for one in over:
        first.setdefault(one.unit.id, one)
    inside = (
        worst(here, list(first.values())[:3], address) if over else html.P(here.say(NONE_WORST), className="reason")
    )
    return panel(here, here.say(WORST), inside, below=_count(here, rows), span=6)


def _count(here: Context, rows: list[BoardRow]) -> str:
    tones = [status.look(row.judged.progress).tone for row in rows if row.judged is not None]
    return here.say(COUNT, **{tone: tones.count(tone) for tone in ("good", "warn", "bad", "none")})


# ---------------------------------------------------------------- the board


def _board(here: Context, view: params.View, rows: list[BoardRow]) -> Component:
    heads = [
        {"field": "unit", "title": here.say(UNIT), "kind": "unit"},
        *({"field": code, "title": name_of(row, here.language), "kind": "light"} for code, row in RESOURCES.items()),
    ]
    drawn = board(here, "board", heads, _lines(here, view, rows), name=here.say(BOARD))
    link = export("board", **view.query)
    return panel(here, here.say(BOARD), drawn, below=here.say(SPARK), behind=board_table(here, rows), csv=link)


def _lines(here: Context, view: params.View, rows: list[BoardRow]) -> list[dict[str, Any]]:
    lines: dict[int, dict[str, Any]] = {}
    for row in rows:
        start = {
            "unit": name(row.unit, here.language),
            "depth": row.unit.depth,
            "href": unit_page(**{**view.query, "unit": row.unit.code}),
        }
        lines.setdefault(row.unit.id, start)[row.resource] = _light(here, view, row)
    return list(lines.values())


def _light(here: Context, view: params.View, row: BoardRow) -> Mapping[str, Any]:
    href = unit_page(**{**view.query, "unit": row.unit.code, "resource": row.resource})
    spark = [None if value is None else float(value) for value in row.spark]
    return {**status.light(row.judged.progress if row.judged else None, here.language, href), "spark": spark}


def board_table(here: Context, rows: list[BoardRow]) -> Table:
    """Give the board as a table: unit, resource, status, used, allowed, pace, allowance, forecast, coverage, reason."""
    say = here.say
    heads = (N_("Used so far"), N_("Allowed by now"), N_("Allowance of the year"), N_("Forecast for the year"))
    columns = (
        Column(say(N_("Code"))),
        Column(say(UNIT)),
        Column(say(RESOURCE)),
        Column(say(N_("Status"))),
        *(Column(say(one), "number", digits=0) for one in heads),
        Column(say(N_("Measure"))),
        Column(say(N_("Pace")), "percent"),
        Column(say(N_("Coverage")), "percent"),
        Column(say(N_("Reason"))),
    )
    return Table(columns, [_board_row(here, row) for row in rows])


def _board_row(here: Context, row: BoardRow) -> tuple[Any, ...]:
    progress = row.judged.progress if row.judged else None
    values: list[Any] = [None] * 4
    if progress is not None:
        amounts = (progress.used.quantity, progress.allowed, progress.allowance, progress.forecast)
        values = [None if value is None else from_quantity(value, row.resource) for value in amounts]
    return (
        row.unit.code,
        name(row.unit, here.language),
        name_of(resource(row.resource), here.language),
        here.say(status.look(progress).word),
        *values,
        i18n.measure_name(row.resource, here.language),
        status.pace(progress),
        progress.used.coverage if progress and progress.used.expected else None,
        status.reasons(progress, here.language),
    )


def register(app: Dash) -> None:
    """Nothing of its own: filters and the explanation drawer belong to the shell."""
