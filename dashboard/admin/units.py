"""Units: the tree, names, facts with dates, moves, the authoritative basis of paper; each change previewed."""

from datetime import date
from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame, reading
from dashboard.admin.answers import Answer, Posted, code_of, somewhere
from dashboard.admin.changes import carried_out, removal, removing, two_steps
from dashboard.admin.words import BASES, FACTS, INDENT, UNIT_KINDS, options, resource_options, unit_options
from dashboard.components.editor import button, editor, field
from dashboard.components.layout import grid, panel
from dashboard.components.links import unit_page
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor.domain.access import Action
from monitor.domain.periods import to_day
from monitor.domain.resources import RESOURCES
from monitor.i18n import N_
from monitor.queries import admin as queries
from monitor.queries import managed, scope
from monitor.queries.managed import UnitDetail
from monitor.services import organisation
from monitor.services.organisation import BasisSpec, FactSpec, UnitSpec
from monitor.services.setup import parse_part

KEY, NAME = "units", N_("Units")
ALLOWED = somewhere(Action.MANAGE_ORGANISATION)
UNIT, CODE, KIND, ABOVE, ZH, EN = (
    N_("Unit"),
    N_("Code"),
    N_("Kind"),
    N_("Below"),
    N_("Name in Chinese"),
    N_("Name in English"),
)
HEADS, AREA, VALUE, SINCE, UNTIL = (
    N_("People who use energy"),
    N_("Floor area (m²)"),
    N_("Value"),
    N_("From"),
    N_("Until before"),
)
NOTE, YEAR, RESOURCE, BASIS = N_("Note"), N_("Year"), N_("Resource"), N_("Basis")
ADD, SAVE = N_("Add a unit"), N_("Save")
FACTS_, MOVES, BASES_, GONE = (
    N_("People and area"),
    N_("Move"),
    N_("Authoritative basis of paper"),
    N_("Remove this unit"),
)
POSITION, TO, AT, CAME = N_("Place among its siblings"), N_("New parent"), N_("From this day on"), N_("Stood below")
FIGURES = N_("Its figures")
HINT_MOVE = N_("Before that day its consumption stays with the old parent; a move is never a saving.")
HINT_BASIS = N_("Only this basis counts for the unit and the units below it in that year.")
HINT_NOTE = N_("Needed where the value changes by more than a tenth.")
HINT_REMOVE = N_("Only where nothing hangs on it: no sub-units, shares or targets.")
HINT_POSITION = N_("A number; smaller ones come first.")

FIELDS = {"FACT_NEEDS_REASON": "note", "MOVE_NOT_LAST": "at", "SITE_CIRCLE": "to", "SITE_TWO_TOPS": "parent"}
YEARS = 6
BEGINNING = date(1970, 1, 1)


def layout(here: Context, session: Session, given: dict[str, str]) -> list[Component]:
    """Build the tree, or the view of one unit (parameter unit)."""
    if given.get("unit"):
        return _one(here, session, managed.unit_detail(session, here.actor, given["unit"]))
    rows = [row for row in scope.units(session, here.actor) if here.actor.may(Action.MANAGE_ORGANISATION, row.id)]
    facts, today = scope.load_facts(session), to_day(_today(here))
    now: dict[int, dict[str, int]] = {
        unit: {
            fact.kind: fact.value
            for fact in of_unit
            if fact.valid_from <= _today(here) and (fact.valid_to is None or to_day(fact.valid_to) > today)
        }
        for unit, of_unit in facts.items()
    }
    columns = (
        Column(here.say(UNIT), "link"),
        Column(here.say(CODE)),
        Column(here.say(KIND)),
        Column(here.say(HEADS), "number"),
        Column(here.say(AREA), "number"),
    )
    lines = []
    for row in rows:
        own = now.get(row.id, {})
        link = (INDENT * row.depth + scope.name(row, here.language), frame.at(KEY, unit=row.code))
        kind = here.say(UNIT_KINDS[row.kind]) if row.kind in UNIT_KINDS else row.kind
        lines.append((link, row.code, kind, _thousandths(own.get("head_count")), _thousandths(own.get("floor_area"))))
    return [grid(frame.listing(here, here.say(NAME), Table(columns, lines))), grid(_add(here, session))]


def _today(here: Context) -> date:
    return (here.local(here.now()) or here.now()).date()


def _thousandths(value: int | None) -> float | int | None:
    return None if value is None else value // 1000 if value % 1000 == 0 else value / 1000


def _add(here: Context, session: Session) -> Component:
    first = _today(here).replace(month=1, day=1).isoformat()
    fields = [
        field("code", here.say(CODE), hint=here.say(N_("Letters, digits, - and _; it cannot be changed later."))),
        field("zh", here.say(ZH)),
        field("en", here.say(EN)),
        field("kind", here.say(KIND), "department", options=options(here, UNIT_KINDS)),
        field("parent", here.say(ABOVE), options=unit_options(here, session)),
        field("head_count", here.say(HEADS), kind="number"),
        field("floor_area", here.say(AREA), kind="number"),
        field("since", here.say(SINCE), first, kind="day"),
    ]
    return panel(here, here.say(ADD), editor(here, "/admin/units/add", fields, two_steps(here)))


def _one(here: Context, session: Session, unit: UnitDetail) -> list[Component]:
    named = [
        field("zh", here.say(ZH), unit.name_zh),
        field("en", here.say(EN), unit.name_en),
        field("kind", here.say(KIND), unit.kind, options=options(here, UNIT_KINDS, now=unit.kind)),
        field("position", here.say(POSITION), unit.position, kind="number", hint=here.say(HINT_POSITION)),
    ]
    form = editor(here, "/admin/units/change", named, [button(here.say(SAVE))], unit=unit.code)
    gone = editor(here, "/admin/units/remove", [], removal(here), unit=unit.code)
    subjects = [f"unit:{unit.code}", *(f"{kind}:{unit.code}:" for kind in ("fact", "move", "basis"))]
    written = queries.history(session, here.actor, subjects, unit_id=unit.id)
    tools = [html.A(here.say(FIGURES), href=unit_page(unit=unit.code))]
    return [
        frame.back(here, KEY),
        grid(panel(here, f"{scope.name(unit, here.language)} · {unit.code}", form, tools=tools)),
        grid(_facts(here, unit)),
        grid(_moves(here, session, unit)),
        grid(_bases(here, unit)),
        grid(panel(here, here.say(GONE), gone, below=here.say(HINT_REMOVE))),
        grid(frame.history(here, written)),
    ]


def _listed(here: Context, columns: tuple[Column, ...], lines: list[Any]) -> Component:
    if not lines:
        return html.P(here.say(frame.NONE_YET), className="reason")
    return table(Table((*columns, Column("")), lines), here.language)


def _take(here: Context, what: str, **hidden: str) -> Component:
    """Give the small form that takes a dated line back, previewed as well."""
    return editor(here, f"/admin/units/{what}", [], removal(here), lists=None, **hidden)


def _facts(here: Context, unit: UnitDetail) -> Component:
    heads: tuple[Any, ...] = ((KIND, "text"), (VALUE, "number"), (SINCE, "day"), (UNTIL, "day"), (NOTE, "text"))
    columns = tuple(Column(here.say(title), kind) for title, kind in heads)
    lines = [
        (
            here.say(FACTS[one.kind]) if one.kind in FACTS else one.kind,
            _thousandths(one.value),
            one.valid_from if one.valid_from > BEGINNING else None,
            one.valid_to,
            one.note or None,
            _take(here, "unfact", unit=unit.code, kind=one.kind, since=str(one.valid_from)),
        )
        for one in unit.facts
    ]
    fields = [
        field("kind", here.say(KIND), "head_count", options=options(here, FACTS)),
        field("value", here.say(VALUE), kind="number"),
        field("since", here.say(SINCE), _today(here).replace(month=1, day=1).isoformat(), kind="day"),
        field("until", here.say(UNTIL), kind="day"),
        field("note", here.say(NOTE), hint=here.say(HINT_NOTE)),
    ]
    form = editor(here, "/admin/units/fact", fields, two_steps(here), unit=unit.code)
    return panel(here, here.say(FACTS_), [_listed(here, columns, lines), html.Br(), form])


def _moves(here: Context, session: Session, unit: UnitDetail) -> Component:
    columns = (Column(here.say(AT), "day"), *(Column(here.say(title)) for title in (CAME, ABOVE, NOTE)))
    lines = [
        (one.at, one.from_code, one.to_code, one.note or None, _take(here, "unmove", unit=unit.code, at=str(one.at)))
        for one in unit.moves
    ]
    fields = [
        field("to", here.say(TO), unit.parent_code, options=unit_options(here, session)),
        field("at", here.say(AT), _today(here).isoformat(), kind="day"),
        field("note", here.say(NOTE)),
    ]
    form = editor(here, "/admin/units/move", fields, two_steps(here), unit=unit.code)
    return panel(here, here.say(MOVES), [_listed(here, columns, lines), html.Br(), form], below=here.say(HINT_MOVE))


def _bases(here: Context, unit: UnitDetail) -> Component:
    columns = tuple(Column(here.say(title)) for title in (RESOURCE, YEAR, BASIS))
    names = dict(resource_options(here))
    lines = [
        (
            names.get(one.resource, one.resource),
            str(one.year),
            here.say(BASES[one.basis]) if one.basis in BASES else one.basis,
            _take(here, "unbasis", unit=unit.code, resource=one.resource, year=str(one.year)),
        )
        for one in unit.bases
    ]
    this = _today(here).year
    years = [(str(year), str(year)) for year in range(this + 1, this - YEARS, -1)]
    fields = [
        field("resource", here.say(RESOURCE), "paper", options=resource_options(here)),
        field("year", here.say(YEAR), this, options=years),
        field("basis", here.say(BASIS), "print_log", options=options(here, BASES)),
    ]
    form = editor(here, "/admin/units/basis", fields, two_steps(here), unit=unit.code)
    return panel(here, here.say(BASES_), [_listed(here, columns, lines), html.Br(), form], below=here.say(HINT_BASIS))


# ---------------------------------------------------------------- what the forms do


def add(here: Context, posted: Posted) -> Answer:
    """Add a unit below another, with head count and area where typed."""
    with here.session() as session:
        known = {row.code for row in scope.units(session, here.actor)}
    code = code_of(posted, known)
    values: dict[str, Any] = {"code": code, **reading.names(posted)}
    values |= {"kind": posted.text("kind", most=40), "parent": posted.text("parent", need=bool(known)) or None}
    facts = reading.first_facts(posted, posted.day("since", need=True))
    posted.done()
    spec = parse_part(UnitSpec, values | {"facts": facts})
    return carried_out(
        here, posted, lambda s: organisation.put_unit(s, here.actor, spec, now=here.now()), KEY, unit=code
    )


def change(here: Context, posted: Posted) -> Answer:
    """Change names, kind and place among the siblings."""
    code, position = posted.raw("unit"), posted.whole("position")
    values = {**reading.names(posted), "kind": posted.text("kind", most=40, need=True)}
    posted.done()
    with here.session() as session:
        managed.unit_detail(session, here.actor, code)
    spec = parse_part(UnitSpec, {"code": code, **values})

    def made(session: Session) -> object:
        return organisation.put_unit(session, here.actor, spec, position=position, now=here.now())

    return carried_out(here, posted, made, KEY, unit=code)


def fact(here: Context, posted: Posted) -> Answer:
    """Set a dated fact."""
    code, found = posted.raw("unit"), reading.fact(posted)
    posted.done()
    assert found is not None  # noqa: S101 - `done` saw to it
    spec: FactSpec = found

    def made(session: Session) -> object:
        return organisation.set_fact(session, here.actor, code, spec, now=here.now())

    return carried_out(here, posted, made, KEY, unit=code)


def unfact(here: Context, posted: Posted) -> Answer:
    """Take a fact back."""
    code, kind, since = posted.raw("unit"), posted.choice("kind", FACTS), posted.day("since", need=True)
    posted.done()

    def made(session: Session) -> object:
        return organisation.remove_fact(session, here.actor, code, kind, since or date.max, now=here.now())

    return carried_out(here, posted, made, KEY, unit=code)


def move(here: Context, posted: Posted) -> Answer:
    """Move a unit below another from a day on."""
    code, to, at = posted.raw("unit"), posted.text("to", need=True), posted.day("at", need=True)
    note = posted.text("note", most=400)
    posted.done()

    def made(session: Session) -> object:
        return organisation.move_unit(session, here.actor, code, to, at or date.max, note=note, now=here.now())

    return carried_out(here, posted, made, KEY, unit=code)


def unmove(here: Context, posted: Posted) -> Answer:
    """Take a move back."""
    code, at = posted.raw("unit"), posted.day("at", need=True)
    posted.done()

    def made(session: Session) -> object:
        return organisation.remove_move(session, here.actor, code, at or date.max, now=here.now())

    return carried_out(here, posted, made, KEY, unit=code)


def basis(here: Context, posted: Posted) -> Answer:
    """Name the authoritative basis of a resource and year."""
    code, year = posted.raw("unit"), posted.whole("year")
    chosen, resource = posted.choice("basis", BASES), posted.choice("resource", RESOURCES)
    posted.done()
    spec = parse_part(BasisSpec, {"unit": code, "resource": resource, "year": year, "basis": chosen})

    def made(session: Session) -> object:
        return organisation.set_basis(session, here.actor, spec, now=here.now())

    return carried_out(here, posted, made, KEY, unit=code)


def unbasis(here: Context, posted: Posted) -> Answer:
    """Take a basis back."""
    code, resource, year = posted.raw("unit"), posted.choice("resource", RESOURCES), posted.whole("year")
    posted.done()

    def made(session: Session) -> object:
        return organisation.remove_basis(session, here.actor, code, resource, year, now=here.now())

    return carried_out(here, posted, made, KEY, unit=code)


ROUTES = {
    "add": add,
    "change": change,
    "fact": fact,
    "unfact": unfact,
    "move": move,
    "unmove": unmove,
    "basis": basis,
    "unbasis": unbasis,
    "remove": removing(KEY, "unit", organisation.remove_unit),
}
