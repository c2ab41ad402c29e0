"""What was promised: the tree of targets, its sums, versions and approval."""

from typing import Any

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import context, params, plan_views, quota_forms, targets_actions
from dashboard.components import filters, history, status
from dashboard.components.board import board
from dashboard.components.cards import INDICATORS, intensity, promise
from dashboard.components.layout import explain_button, facts, grid, head, panel, period
from dashboard.components.links import address, export, unit_page
from dashboard.components.tables import Table, table
from dashboard.context import Context
from dashboard.params import View
from dashboard.plan_views import ORIGINS, TONES, check_said, check_short, plan_table, versions_table
from dashboard.targets_forms import approve_form, cascade_form, folded, set_form, withdraw_form
from monitor import i18n
from monitor.domain.cascade import State
from monitor.domain.indicators import Indicator
from monitor.domain.periods import from_day, year_days
from monitor.i18n import N_
from monitor.queries import plan, quotas
from monitor.queries.plan import Plan, PlanRow, Version
from monitor.queries.scope import name

PATH = "/targets"
NAME = N_("Targets")
TREE, VERSIONS = N_("What was promised"), N_("All versions")
UNIT = N_("Unit")
COUNT = N_("{set} of {units} units have a target; {approved} approved.")
SUMS_EQUAL = N_("All sums agree.")
SUMS_OFF = N_("Above the unit's own: {above}. Below it: {below}. Not known: {unknown}.")
NOT_APPROVED, BY_WHOM = N_("not approved yet"), N_("approved by {who} on {when}")
SET_ON = N_("Version {number}, set by {who} on {when}")
BASELINE_SAID = N_("Baseline year {year}: {quantity}, {origin}, coverage {share}.")
ALLOWED_SAID = N_("Allowance of the year: {quantity}")
BREAKDOWN = N_("Yearly breakdown (CSV)")
NEW, ANOTHER, OTHER = N_("Set a target"), N_("Change this target"), N_("Share out to the sub-units")
TAKE_BACK, NO_VERSIONS = N_("Withdraw this target"), N_("No target was set yet.")
MESSAGES = {
    "set": N_("The target is set. It waits for approval."),
    "approved": N_("The target is approved."),
    "withdrawn": N_("The target is withdrawn; it stays in the history."),
    **quota_forms.MESSAGES,
    "cascaded": N_("The targets of the sub-units are set. They wait for approval."),
}
EXPORTS = plan_views.EXPORTS | quota_forms.EXPORTS
MANY = 200  # more rows than this are not drawn a second time as a table: browsers pay for each cell


def layout(**given: str) -> Component:
    """Build the page: parameters unit, resource, year, as_of."""
    here = context.current()
    with here.session() as session:
        view = params.read(session, here, given)
        found = plan.plan(session, here.actor, view.resource, view.year, view.as_of)
        versions = plan.history(session, here.actor, view.unit.id, view.resource, view.year)
        declared = quotas.declared(session, here.actor, view.unit.id, view.resource, view.year)
        judged = quotas.standing(session, here.actor, view.unit.id, view.resource, view.year, as_of=view.as_of)
        written = history.of(here, session, "target", view.unit.code)
    message = MESSAGES.get(given.get("message", ""))
    return html.Div(
        [
            head(
                here.say(NAME),
                f"{view.year} · {period(here, *view.span)}",
                filters.of_view(here, view, years=[from_day(view.latest).year + 1]),
            ),
            filters.resource_tabs(here, PATH, view.resource, **view.query),
            html.Div(here.say(message), className="note good", role="status") if message else None,
            grid(_tree(here, view, found)),
            grid(*(_unit(here, view, row) for row in found.of(view.unit.id))),
            grid(quota_forms.quota_panel(here, view, declared, judged)),
            grid(_versions(here, view, versions), written),
        ]
    )


# ---------------------------------------------------------------- the tree


def _tree(here: Context, view: View, found: Plan) -> Component:
    drawn = board(here, "plan", _heads(here, view), [_line(here, view, row) for row in found], name=here.say(TREE))
    breakdown = html.A(here.say(BREAKDOWN), href=export("breakdown", **view.query))
    return panel(
        here,
        f"{here.say(TREE)} · {view.year}",
        [html.P(_summary(here, found), className="reason"), drawn],
        below=facts(here, view.resource, None),
        tools=[breakdown],
        behind=None if len(found) > MANY else plan_table(here, found),
        csv=export("targets", **view.query),
    )


def _summary(here: Context, found: Plan) -> str:
    units = {row.unit.id for row in found}
    promised = [row for row in found if row.version is not None]
    approved = sum(1 for row in promised if row.version is not None and row.version.approved_at is not None)
    said = here.say(COUNT, set=len({row.unit.id for row in promised}), units=len(units), approved=approved)
    states = [row.check.state for row in found if row.check is not None]
    if not states:
        return said
    counts = {state.value: states.count(state) for state in State}
    sums = SUMS_EQUAL if counts["equal"] == len(states) else SUMS_OFF
    return f"{said} {here.say(sums, **counts)}"


def _heads(here: Context, view: View) -> list[dict[str, str]]:
    say = here.say
    measure = i18n.measure_name(view.resource, here.language)
    return [
        {"field": "unit", "title": say(UNIT), "kind": "unit"},
        {"field": "promise", "title": say(plan_views.PROMISE), "kind": "text"},
        {"field": "baseline", "title": f"{say(plan_views.BASELINE)} ({measure})", "kind": "number", "tip": "origin"},
        {"field": "allowance", "title": f"{say(plan_views.ALLOWANCE)} ({measure})", "kind": "number"},
        {"field": "check", "title": say(plan_views.SUM), "kind": "text", "tip": "said", "tone": "tone"},
        {"field": "light", "title": say(plan_views.STATUS), "kind": "light"},
        {"field": "set", "title": say(plan_views.SET_BY), "kind": "text", "tip": "when"},
        {"field": "approved", "title": say(plan_views.APPROVED), "kind": "text"},
    ]


def _line(here: Context, view: View, row: PlanRow) -> dict[str, Any]:
    version, code, language = row.version, row.resource, here.language
    check = row.check

    def number(value: int | None, mark: str = "") -> dict[str, Any]:
        text = i18n.quantity(value, code, language, measure=False)
        return {"text": text + mark, "value": None if value is None else float(value)}

    provisional = " *" if row.origin == plan.PROVISIONAL else ""
    return {
        "unit": name(row.unit, language),
        "depth": row.unit.depth,
        "href": address(PATH, **{**view.query, "unit": row.unit.code}),
        "promise": promise(version.terms, code, language) if version else "",
        "baseline": number(row.baseline.quantity, provisional),
        "origin": f"{row.baseline_year}: {here.say(ORIGINS[row.origin])}",
        "allowance": number(row.allowance),
        "check": "" if check is None else check_short(here, check, code, row.indicator),
        "said": "" if check is None else check_said(here, check, code, row.indicator, row.children),
        "tone": "" if check is None else TONES[check.state],
        "light": _light(here, view, row),
        "set": version.actor if version else "",
        "when": i18n.moment(here.local(version.created_at), language) if version else "",
        "approved": (version.approved_by or here.say(N_("not yet"))) if version else "",
    }


def _light(here: Context, view: View, row: PlanRow) -> dict[str, Any]:
    href = unit_page(**{**view.query, "unit": row.unit.code})
    return status.light(row.judged.progress if row.judged else None, here.language, href)


# ---------------------------------------------------------------- one unit


def _unit(here: Context, view: View, row: PlanRow) -> Component:
    """Say what a unit promised, from what, whether its sub-units add up, and give the forms to those who may."""
    title = f"{name(row.unit, here.language)} · {here.say(INDICATORS[row.indicator])}"
    zh = here.language == "zh"
    how = explain_button(here, row.unit.code, view.resource, view.span, where=row.indicator)
    base = explain_button(here, row.unit.code, view.resource, year_days(row.baseline_year), where=row.indicator)
    inside = [
        *_said(here, row),
        html.P(
            [
                f"{view.year}：" if zh else f"{view.year}: ",
                how,
                " · ",
                f"{row.baseline_year}：" if zh else f"{row.baseline_year}: ",
                base,
            ],
            className="barnote",
        ),
    ]
    if row.check is not None:
        text = check_said(here, row.check, row.resource, row.indicator, row.children)
        inside.insert(-1, html.P(text, className=f"note {TONES[row.check.state]}"))
    return panel(
        here, title, [*inside, *_forms(here, view, row)], below=facts(here, view.resource, year_days(view.year))
    )


def _said(here: Context, row: PlanRow) -> list[Component]:
    language, code, version = here.language, row.resource, row.version
    share = i18n.coverage(row.baseline.coverage if row.baseline.expected else None, language)
    base = here.say(
        BASELINE_SAID,
        year=row.baseline_year,
        quantity=i18n.quantity(row.baseline.quantity, code, language),
        origin=here.say(ORIGINS[row.origin]),
        share=share,
    )
    if version is None:
        return [html.P(here.say(N_("No target is set for this year."))), html.P(base, className="reason")]
    progress = row.judged.progress if row.judged else None
    allowed = here.say(ALLOWED_SAID, quantity=i18n.quantity(row.allowance, code, language))
    per = "" if row.indicator is Indicator.TOTAL else f" · {intensity(row.intensity, code, row.indicator, language)}"
    why = status.reasons(progress, language)
    badge = [status.badge(progress, language), " ", html.Strong(promise(version.terms, code, language))]
    lines = [html.P(badge), html.P(allowed + per), html.P(base, className="reason")]
    if why:
        lines.append(html.P(why, className="reason"))
    return [*lines, html.P(_signed(here, version), className="reason")]


def _signed(here: Context, version: Version) -> str:
    """Say who set the version in force and who approved it."""
    when = i18n.moment(here.local(version.created_at), here.language)
    said = here.say(SET_ON, number=version.number, who=version.actor, when=when)
    approved = here.say(NOT_APPROVED)
    if version.approved_at is not None:
        day = i18n.moment(here.local(version.approved_at), here.language)
        approved = here.say(BY_WHOM, who=version.approved_by, when=day)
    return " · ".join([said, approved, *([version.note] if version.note else [])])


def _forms(here: Context, view: View, row: PlanRow) -> list[Component]:
    """Give the forms that the reader may use; none to a viewer."""
    found = []
    version = row.version
    if row.may_approve and version is not None and version.approved_at is None:
        found.append(approve_form(here, view, row))
    if row.may_set:
        found.append(folded(here.say(NEW if version is None else ANOTHER), set_form(here, view, row)))
    if row.may_set and version is not None:
        if row.children:
            found.append(folded(here.say(OTHER), cascade_form(here, view, row)))
        found.append(folded(here.say(TAKE_BACK), withdraw_form(here, view, row)))
    return found


def _versions(here: Context, view: View, versions: list[Version]) -> Component:
    content: Table = versions_table(here, view.resource, versions)
    inside = table(content, here.language) if versions else html.P(here.say(NO_VERSIONS), className="reason")
    title = f"{here.say(VERSIONS)} · {name(view.unit, here.language)}"
    return panel(here, title, inside, below=str(view.year), csv=export("versions", **view.query))


def register(app: Dash) -> None:
    """Add the routes of the forms."""
    targets_actions.register(app)
    quota_forms.register(app)


__all__ = ["EXPORTS", "NAME", "PATH", "layout", "register"]
