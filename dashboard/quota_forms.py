"""The quotas of a unit on the Targets page: what is in force, all that was declared, and the forms for who may declare."""

from fractions import Fraction
from typing import Any

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import params, quota_views
from dashboard.admin import answers
from dashboard.admin.answers import Answer, Posted
from dashboard.components.cards import INDICATORS
from dashboard.components.editor import button, editor, field
from dashboard.components.layout import explain_button, facts, panel
from dashboard.components.links import address, export
from dashboard.components.tables import Column, Table, shown, table
from dashboard.context import Context
from dashboard.params import View
from dashboard.targets_forms import folded
from monitor import i18n
from monitor.domain.access import Action
from monitor.domain.periods import year_days
from monitor.domain.quotas import Band
from monitor.domain.resources import RESOURCES, resource, to_quantity
from monitor.errors import NotFound
from monitor.i18n import N_
from monitor.queries import quotas, scope
from monitor.queries.quotas import Declared, Judgement, Quota
from monitor.queries.scope import name
from monitor.services import quotas as service

PATH = "/targets"
TITLE, DECLARE, CHANGE = N_("Quota"), N_("Declare a quota"), N_("Change or withdraw this quota")
WITHDRAW, SURE = N_("Withdraw"), N_("Withdraw this quota? It stays in the history.")
LOOK, SET = N_("Show what changes"), N_("Declare")
NONE = N_(
    "No quota is declared for this unit or one above it. None is built in: take the values from the standard that holds for you."
)
HINT = N_("{measure} per person or m² and year; empty where the standard names none.")
SOURCE_HINT = N_("Standard, table and climate zone, for example: DB37/T 2672-2019, table 4, zone B.")
OPEN_END = N_("Empty: until another quota begins.")
SEEN = N_("This is what would change; nothing is written yet.")
BEFORE_AFTER, NOT_HELD = N_("Before and after"), N_("no quota")
MESSAGES = {
    "quota": N_("The quota is declared."),
    "unquota": N_("The quota is withdrawn; it stays in the history."),
}
FIRST_YEAR, LAST_YEAR = 1990, 2200
OUT_OF_RANGE = N_("A year between {first} and {last}, please.")
FIELDS = {
    "QUOTA_EMPTY": "constraint",
    "QUOTA_NOT_ABOVE_ZERO": "constraint",
    "QUOTA_ORDER": "constraint",
    "QUOTA_YEARS": "year_to",
    "QUOTA_SOURCE": "source",
    "INDICATOR_UNKNOWN": "indicator",
}


def quota_panel(here: Context, view: View, found: Declared, judged: list[Judgement]) -> Component:
    """Draw the quotas of the view's unit and resource: where it stands, what was declared, the forms."""
    inside: list[Component] = []
    for one in judged:
        how = explain_button(
            here, view.unit.code, view.resource, (one.start, one.end), where=quota_views.mark(one.year)
        )
        inside += [quota_views.line(here, one), html.P(how, className="barnote")]
    if judged:
        inside.append(html.P(quota_views.held(here, view.year, judged[0].start, judged[0].end), className="reason"))
    content = quota_views.declared_table(here, found, view.resource)
    inside.append(table(content, here.language) if content.rows else html.P(here.say(NONE), className="reason"))
    if found.may_declare:
        standing = [one for one in found.history if one.withdrawn_at is None]
        inside += [folded(f"{here.say(CHANGE)} · {_named(here, one)}", _both(here, view, one)) for one in standing]
        inside.append(folded(here.say(DECLARE), _form(here, view, None)))
    title = f"{here.say(TITLE)} · {name(view.unit, here.language)}"
    return panel(
        here, title, inside, below=facts(here, view.resource, year_days(view.year)), csv=export("quotas", **view.query)
    )


def _named(here: Context, quota: Quota) -> str:
    return f"{here.say(INDICATORS[quota.indicator])} {quota_views.years(here, quota)}"


def _both(here: Context, view: View, quota: Quota) -> Component:
    return html.Div([_form(here, view, quota), _withdraw_form(here, view, quota)])


def _form(here: Context, view: View, quota: Quota | None) -> Component:
    """Give the form that declares a quota, empty or filled with one in force."""
    say = here.say
    hint = say(HINT, measure=i18n.measure_name(view.resource, here.language))
    per = [(one.value, say(INDICATORS[one])) for one in quotas.INDICATORS]
    values = (None, None, None) if quota is None else quota_views.values(quota)
    typed = ["" if value is None else f"{float(value):.6f}".rstrip("0").rstrip(".") for value in values]
    names = zip(quota_views.VALUES.items(), typed, strict=True)
    limits = [field(key, say(label), value, kind="number") for (key, label), value in names]
    limits[-1]["hint"] = hint  # the constraint value, which stands first
    fields = [
        field("indicator", say(N_("Indicator")), quota.indicator.value if quota else per[1][0], options=per),
        *reversed(limits),
        field("year_from", say(N_("From year")), quota.year_from if quota else view.year, kind="number"),
        field(
            "year_to",
            say(N_("Last year, inclusive")),
            quota.year_to if quota else "",
            kind="number",
            hint=say(OPEN_END),
        ),
        field("source", say(quota_views.SOURCE), quota.source if quota else "", hint=say(SOURCE_HINT), wide=True),
        field("note", say(N_("Remark")), quota.note if quota else "", wide=True),
    ]
    buttons = [button(say(LOOK), "preview", main=False), button(say(SET))]
    return editor(here, "/targets/quota", fields, buttons, **_where(view))


def _withdraw_form(here: Context, view: View, quota: Quota) -> Component:
    fields = [field("reason", here.say(N_("Reason")), "")]
    buttons = [button(here.say(WITHDRAW), confirm=here.say(SURE), main=False)]
    return editor(here, "/targets/unquota", fields, buttons, quota=quota.id, **_where(view))


def _where(view: View) -> dict[str, Any]:
    shown_day = view.query["as_of"]
    return {"unit": view.unit.code, "resource": view.resource, "year": view.year, "as_of": shown_day}


# ---------------------------------------------------------------- what is posted


def register(app: Dash) -> None:
    """Add the routes."""
    allowed = answers.somewhere(Action.SET_TARGET)
    answers.route(app, "quota", _declare, allowed, fields=FIELDS, base="targets")
    answers.route(app, "unquota", _withdraw, allowed, fields=FIELDS, base="targets")


def _done(posted: Posted, message: str) -> Answer:
    where = {key: posted.raw(key) for key in ("unit", "resource", "year")}
    return {"go": address(PATH, **where, message=message)}


def _year(posted: Posted, field_name: str) -> int:
    found = posted.whole(field_name)
    if not FIRST_YEAR <= found <= LAST_YEAR:
        posted.refuse(field_name, "YEAR_OUT_OF_RANGE", OUT_OF_RANGE, first=FIRST_YEAR, last=LAST_YEAR)
    return found


def _declare(here: Context, posted: Posted) -> Answer:
    code = posted.choice("resource", RESOURCES)
    indicator = posted.choice("indicator", [one.value for one in quotas.INDICATORS])
    typed = [posted.number(key) for key in ("constraint", "reference", "guidance")]
    first = _year(posted, "year_from")
    last = _year(posted, "year_to") if posted.raw("year_to") else None
    source, note = posted.text("source", most=300, need=True), posted.text("note", most=400)
    posted.done()
    band = Band(*(None if one is None else to_quantity(Fraction(one), code, resource(code).display) for one in typed))
    terms: dict[str, Any] = {"indicator": indicator, "years": (first, last), "band": band, "source": source}
    with here.session(write=True) as session:
        view = params.read(session, here, {key: posted.raw(key) for key in ("unit", "resource", "year", "as_of")})
        if posted.step == "preview":
            look = (view.year, view.as_of)
            return _changed(session, here, service.preview(session, here.actor, view.unit.id, code, **terms, look=look))
        service.declare(session, here.actor, view.unit.id, code, **terms, note=note, now=here.now())
    return _done(posted, "quota")


def _changed(session: Session, here: Context, found: list[tuple[int, Judgement | None, Judgement | None]]) -> Answer:
    """Show where the unit and those directly below stand before and after."""
    say = here.say
    units = {unit.id: unit for unit in scope.units(session, here.actor)}
    columns = [Column(say(N_("Unit"))), Column(say(N_("before"))), Column(say(N_("after"))), Column(say(N_("Reason")))]
    rows = [
        (name(units[unit], here.language), _stands(here, before), _stands(here, after), _why(here, after))
        for unit, before, after in found
    ]
    lines = [[shown(value, one, here.language) for value, one in zip(row, columns, strict=True)] for row in rows]
    heads = [[column.title, column.kind] for column in columns]
    sheet = {"title": say(BEFORE_AFTER), "heads": heads, "rows": lines}
    return {"message": say(SEEN), "tone": "none", "tables": [sheet]}


def _stands(here: Context, judged: Judgement | None) -> str:
    return here.say(NOT_HELD) if judged is None else quota_views.word(here, judged.standing)


def _why(here: Context, judged: Judgement | None) -> str:
    return "" if judged is None else quota_views.reasons(here, judged)


def _withdraw(here: Context, posted: Posted) -> Answer:
    reason = posted.text("reason", most=400, need=True)
    posted.done()
    number = posted.raw("quota")
    if not (number.isascii() and number.isdigit() and len(number) < 18):  # noqa: PLR2004 - what fits an id
        raise NotFound("NOT_FOUND", service.NO_SUCH_QUOTA)
    with here.session(write=True) as session:
        service.withdraw(session, here.actor, int(number), reason=reason, now=here.now())
    return _done(posted, "unquota")


def export_quotas(session: Session, here: Context, view: View) -> Table:
    """Make the table of a unit's quotas."""
    found = quotas.declared(session, here.actor, view.unit.id, view.resource, view.year)
    return quota_views.declared_table(here, found, view.resource)


EXPORTS = {"quotas": export_quotas}
