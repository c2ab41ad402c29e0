"""The drawer "how was this computed": a figure opened down to its meters, each a link to its days, readings and receipts."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Dash, Input, Output, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context, guards, quota_views, views
from dashboard.components.layout import facts
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor import i18n
from monitor.domain.amounts import Amount
from monitor.domain.periods import from_day
from monitor.i18n import N_
from monitor.queries import explain, scope
from monitor.queries.explain import Explanation, MeterPart, SharePart
from monitor.queries.scope import name
from monitor.reports.words import DENOMINATOR

TITLE, CLOSE = N_("How was this computed?"), N_("Close")
RULE = N_(
    "A meter's own use is what it measured less its sub-meters; the unit's part is its share of that; the parts of the counted meters add up. Days on which the meter or a sub-meter was not measured have no own use."
)
SUM = N_("Sum of the counted parts")
DEDUCTED = N_("Deducted: not in this figure")
SUBMETERS = N_("Sub-meters taken off")
SHARES = N_("Shares as applied")
CAME, LEFT = (
    N_("{unit} came into this unit on {day}; its use counts here from then on."),
    N_("{unit} left this unit on {day}; its use counts here until the day before."),
)
COUNTED_BY = N_("{unit}: paper of {year} is counted by {basis}.")
NOT_DECLARED = N_("{unit}: nobody has declared which basis of paper counts in {year}; it is missing here.")
ASIDE, UNDECIDED = N_("set aside: another basis counts"), N_("missing: no basis is declared")
BY_PERCENT, BY_FACT = N_("percentage"), N_("{kind}: {value} of {whole}, of what percentages leave")
UNKNOWN = N_("{kind}: not known for each unit, so nothing is shared out")
VERSION = N_("State of the data: {version}")


def drawer(here: Context) -> Component:
    """Give the empty drawer; it is filled when a figure is asked about."""
    title = here.say(TITLE)
    return dmc.Drawer(
        id="explain",
        title=title,
        position="right",
        size="xl",
        opened=False,
        children=html.Div(id="explained"),
        zIndex=400,
        closeButtonProps={"aria-label": here.say(CLOSE)},
    )


def register(app: Dash) -> None:
    """Let every "how was this computed" open the drawer with its figure."""
    asked = Input({"type": "explain", "key": dash.ALL}, "n_clicks")
    guards.callback(
        app, Output("explain", "opened"), Output("explained", "children"), asked, prevent_initial_call=True
    )(_open)


def _open(clicks: list[int | None]) -> Any:
    asked = dash.ctx.triggered_id
    if not isinstance(asked, dict) or not any(clicks):
        return dash.no_update, dash.no_update
    return True, body(context.current(), str(asked.get("key", "")))


def body(here: Context, key: str) -> Component:
    """Open the figure named by "unit|resource|start|end" (and where the button stands); NotFound where it may not be seen."""
    with here.session() as session:
        return inside(session, here, key)


def inside(session: Session, here: Context, key: str) -> Component:
    """Open a figure as `body` does, in a session that is open already."""
    *parts, where = [*key.split("|"), ""][:5]
    if len(parts) != 4 or not (parts[2].isdigit() and parts[3].isdigit()):  # noqa: PLR2004 - the four of the key
        return html.Div()
    code, resource, start, end = parts[0], parts[1], int(parts[2]), int(parts[3])
    unit = scope.unit_by_code(session, here.actor, code)
    found = explain.figure(session, here.actor, unit.id, resource, start, end)
    judged = quota_views.explained(session, here, (unit.id, resource), (start, end), where)
    return opened(here, found, name(unit, here.language), judged)


def opened(here: Context, found: Explanation, unit: str, judged: Sequence[Component] = ()) -> Component:
    """Draw an opened figure, with how it was judged."""
    counted, other = [m for m in found.meters if m.counted], [m for m in found.meters if not m.counted]
    big = html.P([i18n.quantity(found.amount.quantity, found.resource, here.language)], className="big")
    inside = [
        html.H2(unit),
        html.P(facts(here, found.resource, (found.start, found.end), found.amount), className="facts"),
        big,
        html.P(here.say(RULE), className="reason"),
        table(parts_table(here, found, counted, found.amount), here.language),
        *[one for part in counted for one in _details(here, found, part)],
        *judged,
    ]
    if other:
        inside += [html.H3(here.say(DEDUCTED)), table(parts_table(here, found, other, None), here.language)]
    inside += [html.P(sentence, className="reason") for sentence in _applied(here, found)]
    inside.append(html.P(here.say(VERSION, version=found.data_version), className="barnote"))
    return html.Div(inside, className="card")


def parts_table(here: Context, found: Explanation, parts: list[MeterPart], amount: Amount | None) -> Table:
    """Give meter (opens it), purpose, measured, sub-meters, own use, the unit's part, coverage; the sum below."""
    heads = (N_("Metered"), N_("Less sub-meters"), N_("Own use"), N_("This unit's part"))
    columns = (
        Column(here.say(N_("Meter")), "link"),
        Column(here.say(N_("Purpose"))),
        *(Column(here.say(head), "quantity", found.resource) for head in heads),
        Column(here.say(N_("Coverage")), "coverage"),
    )
    rows: list[tuple[Any, ...]] = []
    for part in parts:
        link = address(
            "/meter", meter=part.id, start=from_day(found.start).isoformat(), as_of=from_day(found.end - 1).isoformat()
        )
        taken = sum(child.amount.quantity or 0 for child in part.children) if part.children else None
        amounts = (part.gross.quantity, taken, part.net.quantity, part.share.quantity)
        label = (f"{part.code} {name(part, here.language)}", link)
        rows.append(
            (label, views.purpose(here, part.purpose), *amounts, part.gross.coverage if part.gross.expected else None)
        )
    if amount is not None:
        share = amount.coverage if amount.expected else None
        rows.append(((here.say(SUM), ""), "", None, None, None, amount.quantity, share))
    return Table(columns, rows)


def _details(here: Context, found: Explanation, part: MeterPart) -> list[Component]:
    """Give sub-meters and dated shares of a meter, where there are any worth opening."""
    lines: list[Component] = []
    if part.children:
        columns = (Column(here.say(N_("Sub-meter"))), Column(here.say(N_("Metered")), "quantity", found.resource))
        rows = [(f"{child.code} {name(child, here.language)}", child.amount.quantity) for child in part.children]
        lines.append(_folded(here, f"{part.code}: {here.say(SUBMETERS)}", Table(columns, rows)))
    if len(part.shares) > 1 or any(share.ppm != 1_000_000 or share.stand != "counts" for share in part.shares):  # noqa: PLR2004 - the whole, in ppm
        lines.append(_folded(here, f"{part.code}: {here.say(SHARES)}", _shares(here, found, part)))
    return lines


def _folded(here: Context, title: str, content: Table) -> Component:
    return html.Details([html.Summary(title), table(content, here.language)])


def _applied(here: Context, found: Explanation) -> list[str]:
    """Say which moves and bases of paper applied."""
    said = [
        here.say(CAME if move.came else LEFT, unit=_unit(here, move), day=i18n.day(from_day(move.at), here.language))
        for move in found.moves
    ]
    for one in found.bases:
        basis = views.basis_name(here, one.basis)
        said.append(
            here.say(COUNTED_BY, unit=_unit(here, one), year=one.year, basis=basis)
            if basis
            else here.say(NOT_DECLARED, unit=_unit(here, one), year=one.year)
        )
    return said


def _unit(here: Context, row: Any) -> str:
    return str(row.unit_name_zh if here.language == "zh" else row.unit_name_en)


def _how(here: Context, share: SharePart) -> str:
    """Say how a share was worked out: by percent, or from a fact of the unit and of all that share."""
    if share.stand != "counts":
        return here.say(ASIDE if share.stand == "aside" else UNDECIDED)
    if share.basis == "percent":
        return here.say(BY_PERCENT)
    kind = here.say(DENOMINATOR.get(share.basis, share.basis))
    if share.value is None or share.whole is None:
        return here.say(UNKNOWN, kind=kind)
    numbers = {
        key: i18n.number(Fraction(value, 1000), here.language)
        for key, value in (("value", share.value), ("whole", share.whole))
    }
    return here.say(BY_FACT, kind=kind, **numbers)


def _shares(here: Context, found: Explanation, part: MeterPart) -> Table:
    """Give each share as it was applied: unit, part, first and last day, what it came to."""
    columns = (
        Column(here.say(N_("Unit"))),
        Column(here.say(N_("Share")), "percent"),
        Column(here.say(N_("How it was worked out"))),
        Column(here.say(N_("From")), "day"),
        Column(here.say(N_("To")), "day"),
        Column(here.say(N_("This unit's part")), "quantity", found.resource),
    )
    rows = [
        (_unit(here, s), s.ppm / 1_000_000, _how(here, s), s.first, s.last - 1, s.amount.quantity) for s in part.shares
    ]
    return Table(columns, rows)
