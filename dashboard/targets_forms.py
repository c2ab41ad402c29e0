"""The forms of the Targets page: set, approve, withdraw, share out; each posts to a route of `dashboard.targets_actions`."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components.cards import INDICATORS
from dashboard.components.editor import button, editor, field, rows
from dashboard.context import Context
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import PPM
from monitor.domain.resources import from_quantity
from monitor.domain.targets import Kind
from monitor.i18n import N_
from monitor.queries.plan import PlanRow
from monitor.queries.scope import name

KINDS = {
    "reduction": N_("Reduction against the baseline year, in percent"),
    "cap": N_("Cap: at most so much in the year"),
}
WAYS = {
    "equal": N_("The same percentage for all"),
    "baseline": N_("In proportion to the baselines"),
    "heads": N_("In proportion to the head count"),
    "hand_percent": N_("As negotiated, in percent"),
    "hand_amount": N_("As negotiated, as amounts"),
}
SET, APPROVE, WITHDRAW, SHARE = N_("Set the target"), N_("Approve"), N_("Withdraw"), N_("Set these targets")
LOOK, SHOW = N_("Show what changes"), N_("Show the shares and their sum")
AMOUNT_HINT = N_("A reduction: 5 is 5 % less. A cap: {measure} in the year, per person or m² with those indicators.")
BY_HAND = N_("Negotiated values")
BY_HAND_HINT = N_(
    "Only for the two negotiated ways: percent less, or {measure} (per person or m² with those indicators)."
)
SURE = N_("Withdraw this target? It stays in the history.")


def set_form(here: Context, view: View, row: PlanRow) -> Component:
    """Give the form that sets a unit's target, filled with the one in force."""
    terms = row.version.terms if row.version else None
    kind = terms.kind if terms else Kind.REDUCTION
    least = (terms.min_coverage if terms else here.site.settings.min_coverage) / PPM * 100
    measure = i18n.measure_name(view.resource, here.language)
    fields = [
        field(
            "indicator",
            here.say(N_("Indicator")),
            row.indicator.value,
            options=[(one.value, here.say(text)) for one, text in INDICATORS.items()],
        ),
        field("kind", here.say(N_("Kind")), str(kind), options=[(k, here.say(text)) for k, text in KINDS.items()]),
        field(
            "amount", here.say(N_("How much")), _amount(row), kind="number", hint=here.say(AMOUNT_HINT, measure=measure)
        ),
        field("baseline_year", here.say(N_("Year of the baseline")), row.baseline_year, kind="number"),
        field("min_coverage", here.say(N_("Least coverage, %")), f"{least:g}", kind="number"),
        field("note", here.say(N_("Remark")), row.version.note if row.version else "", wide=True),
    ]
    buttons = [button(here.say(LOOK), "preview", main=False), button(here.say(SET))]
    return editor(here, "/targets/set", fields, buttons, **_where(view))


def _amount(row: PlanRow) -> str:
    """Give what was promised as it is typed: percent, or the display measure."""
    if row.version is None:
        return ""
    terms = row.version.terms
    if terms.kind is Kind.CAP and terms.cap is not None:
        return f"{float(from_quantity(terms.cap, row.resource)):.6f}".rstrip("0").rstrip(".")
    return f"{terms.reduction / PPM * 100:g}"


def approve_form(here: Context, view: View, row: PlanRow) -> Component:
    """Give the button that approves the version in force."""
    target = row.version.id if row.version else 0
    return editor(here, "/targets/approve", [], [button(here.say(APPROVE))], target=target, **_where(view))


def withdraw_form(here: Context, view: View, row: PlanRow) -> Component:
    """Give the form that takes the version in force back, with a reason."""
    target = row.version.id if row.version else 0
    fields = [field("reason", here.say(N_("Reason")), "")]
    buttons = [button(here.say(WITHDRAW), confirm=here.say(SURE), main=False)]
    return editor(here, "/targets/withdraw", fields, buttons, target=target, **_where(view))


def cascade_form(here: Context, view: View, row: PlanRow) -> Component:
    """Give the wizard: choose the way, look at the shares and their sum, set them."""
    target = row.version.id if row.version else 0
    children = [(child.code, name(child, here.language)) for child in row.children]
    measure = i18n.measure_name(view.resource, here.language)
    columns = [
        field("unit", here.say(N_("Unit")), children[0][0] if children else "", options="children"),
        field("value", here.say(N_("Value")), "", kind="number"),
    ]
    fields = [
        field(
            "way",
            here.say(N_("How to share out")),
            "equal",
            options=[(key, here.say(text)) for key, text in WAYS.items()],
        ),
        rows(
            "hand",
            here.say(BY_HAND),
            columns,
            [(code, "") for code, _ in children],
            hint=here.say(BY_HAND_HINT, measure=measure),
        ),
    ]
    buttons = [button(here.say(SHOW), "preview"), button(here.say(SHARE), "apply", after="preview")]
    return editor(
        here, "/targets/cascade", fields, buttons, lists={"children": children}, target=target, **_where(view)
    )


def folded(title: str, inside: Component, *, opened: bool = False) -> Component:
    """Fold a form away under its title."""
    return html.Details([html.Summary(title), inside], open=opened, className="fold")


def _where(view: View) -> dict[str, Any]:
    """Give what the answer needs to lead back to this view."""
    return {"unit": view.unit.code, "resource": view.resource, "year": view.year}
