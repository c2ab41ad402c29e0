"""Unit: what about this unit? One resource at a time: use against the path, months, days, hours, the sum, meters."""

from typing import Any

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context, happenings, params, quota_views, views
from dashboard.components import filters, history, status
from dashboard.components.cards import figures, goal, intensities, pace_bar, sentence
from dashboard.components.layout import explain_button, facts, grid, head, panel, period
from dashboard.components.links import export
from dashboard.components.tables import shown, table
from dashboard.context import Context
from dashboard.pages import _unit_charts as drawn
from dashboard.pages._unit_change import change
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import Amount
from monitor.i18n import N_
from monitor.queries import consumption, quotas, targets
from monitor.queries.reconciliation import RECONCILED
from monitor.queries.scope import name
from monitor.queries.targets import Judged

PATH = "/unit"
NAME = N_("Unit")
SUM, METERS = N_("What adds up to the total"), N_("Meters")
STANDING, NO_TARGET = N_("How we stand"), N_("No target is set for this year.")
RECONCILIATION, FACTS = N_("Bases of paper side by side"), N_("Persons and areas behind the figures")
RULE = N_(
    "Each basis measures the same paper; only the one that counts is in the figures. Differences are to it; a dash means that one of the two is missing."
)
UNDECIDED = N_(
    "Nobody has declared which basis counts in a year shown here; until then these figures are missing, not zero."
)
MIXED = N_("Units below have another basis than this unit, so what is in the figures is not one basis alone.")
NO_FACTS = N_("No head count or area is known for this unit in the period.")


def layout(**given: str) -> Component:
    """Build the page: parameters unit, resource, year, as_of."""
    here = context.current()
    with here.session() as session:
        view = params.read(session, here, given)
        judged = targets.progress(session, here.actor, view.unit.id, view.resource, view.year, view.as_of)
        rows = views.day_rows(session, here, view)
        amount = consumption.amount(session, here.actor, view.unit.id, view.resource, *view.span)
        told = happenings.told(session, here, view)
        parts = [
            grid(
                _standing(session, here, view, judged, amount),
                html.Div(
                    [
                        drawn.cumulative(session, here, view, judged, told, rows=rows, amount=amount),
                        drawn.happened(here, view, told),
                    ],
                    className="grid span-8",
                ),
            ),
            grid(drawn.months(session, here, view, amount, told), drawn.calendar(here, view, rows, amount)),
            grid(drawn.profile(session, here, view), _statement(session, here, view)),
            grid(
                _reconciliation(session, here, view), change(session, here, view, amount), _facts(session, here, view)
            ),
            grid(
                _meters(session, here, view),
                history.of(here, session, "unit", view.unit.code),
            ),
        ]
    return html.Div(
        [
            head(name(view.unit, here.language), period(here, *view.span), filters.of_view(here, view)),
            filters.resource_tabs(here, PATH, view.resource, **view.query),
            *parts,
        ]
    )


def _standing(session: Session, here: Context, view: View, judged: list[Judged], amount: Amount) -> Component:
    main = judged[0] if judged else None
    how = explain_button(here, view.unit.code, view.resource, view.span)
    inside: list[Any] = [_big(here, view, amount)]
    if main is None:
        inside.append(html.P(here.say(NO_TARGET), className="reason"))
    for one in judged[:1]:
        inside += _judged(here, one)
    for one in judged[1:]:
        inside += _further(here, one)
    lines = [
        *([] if judged else figures(here, view.resource, None, amount)),
        *views.intensity_table(session, here, view, amount),
    ]
    inside += [
        html.Dl([item for label, value in lines for item in (html.Dt(label), html.Dd(value))]),
        *_quotas(session, here, view),
        html.P(how, className="barnote"),
    ]
    found = panel(here, here.say(STANDING), inside, below=facts(here, view.resource, view.span, amount), span=4)
    found.className = "panel card span-4"
    return found


def _quotas(session: Session, here: Context, view: View) -> list[Component]:
    """Say where the unit stands against each quota in force, with the way to how it was judged."""
    lines = []
    code = (view.unit.code, view.resource)
    for one in quotas.standing(session, here.actor, view.unit.id, view.resource, view.year, as_of=view.as_of):
        how = explain_button(here, *code, (one.start, one.end), where=quota_views.mark(view.year))
        lines += [quota_views.line(here, one), html.P(how, className="barnote")]
    return lines


def _big(here: Context, view: View, amount: Amount) -> Component:
    measure = i18n.measure_name(view.resource, here.language)
    return html.P(
        [i18n.quantity(amount.quantity, view.resource, here.language, measure=False), html.Small(measure)],
        className="big",
    )


def _judged(here: Context, one: Judged) -> list[Component]:
    """Give what one target says: badge, promise, bar, figures, the intensity where it is one, why."""
    progress = one.progress
    why = status.reasons(progress, here.language)
    lines = figures(here, one.resource, progress, progress.used)
    parts = [
        html.P([status.badge(progress, here.language), " ", html.Small(goal(progress, one.resource, here.language))]),
        *pace_bar(progress),
        html.Dl([item for label, value in lines for item in (html.Dt(label), html.Dd(value))]),
        html.P(sentence(here, one), className="reason") if status.pace(progress) is not None else None,
        html.P(why, className="reason") if why else None,
    ]
    return [part for part in parts if part is not None]


def _further(here: Context, one: Judged) -> list[Component]:
    """Give what a further target on the same use says, in short: badge, promise, pace, why it is not judged."""
    progress = one.progress
    why = status.reasons(progress, here.language)
    pace = f"{here.say(N_('Pace'))} {i18n.percent(status.pace(progress), here.language)}"
    line = [
        status.badge(progress, here.language),
        " ",
        html.Small(f"{goal(progress, one.resource, here.language)} · {pace}"),
    ]
    per = " · ".join(f"{label}: {value}" for label, value in intensities(here, one.resource, progress))
    return [html.P(line), *(html.P(text, className="reason") for text in (per, why) if text)]


# ---------------------------------------------------------------- sum and meters


def _statement(session: Session, here: Context, view: View) -> Component:
    content = views.statement_table(session, here, view)
    values = [shown(row[1], content.columns[1], here.language) for row in content.rows[:4]]
    labels = [str(row[0]) for row in content.rows[:4]]
    pieces: list[Any] = []
    for sign, label, value in zip(("", "=", "+", "+"), labels, values, strict=True):
        pieces += [html.Span(sign) if sign else None, html.Span(label), html.B(value)]
    line = html.P([piece for piece in pieces if piece is not None], className="sum")
    inside = [line, table(content, here.language)]
    how = explain_button(here, view.unit.code, view.resource, view.span, where="statement")
    return panel(
        here,
        here.say(SUM),
        inside,
        below=facts(here, view.resource, view.span),
        tools=[how],
        csv=export("statement", **view.query),
        span=6,
    )


def _reconciliation(session: Session, here: Context, view: View) -> Component | None:
    """Set the bases of paper side by side; nothing for resources that are measured once."""
    if view.resource not in RECONCILED:
        return None
    found = views.reconciled(session, here, view)
    if not found.bases:
        return None
    hints = [here.say(RULE)]
    if any(not line.authoritative for line in found.months):
        hints.insert(0, here.say(UNDECIDED))
    if found.mixed:
        hints.append(here.say(MIXED))
    gap = "" if here.language == "zh" else " "
    inside = [
        html.P(gap.join(hints), className="reason"),
        table(views.reconciliation_table(here, found), here.language),
    ]
    below = facts(here, view.resource, view.span)
    return panel(here, here.say(RECONCILIATION), inside, below=below, csv=export("bases", **view.query))


def _facts(session: Session, here: Context, view: View) -> Component:
    content = views.facts_table(session, here, view)
    inside = table(content, here.language) if content.rows else html.P(here.say(NO_FACTS), className="reason")
    return panel(here, here.say(FACTS), inside, csv=export("facts", **view.query), span=6)


def _meters(session: Session, here: Context, view: View) -> Component:
    content = views.meters_table(session, here, view)
    below = facts(here, view.resource, view.span)
    return panel(here, here.say(METERS), table(content, here.language), below=below, csv=export("meters", **view.query))


def register(app: Dash) -> None:
    """Nothing of its own: filters and the explanation drawer belong to the shell."""
