"""What the Targets page posts: set, approve, withdraw, share out; the services ask for the role again, answers are JSON."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from dash import Dash
from sqlalchemy.orm import Session

from dashboard.admin import answers
from dashboard.admin.answers import Answer, Posted
from dashboard.components import status
from dashboard.components.cards import INDICATORS, promise
from dashboard.components.links import address
from dashboard.components.tables import Column, shown
from dashboard.context import Context
from dashboard.plan_views import check_said
from dashboard.targets_forms import KINDS, WAYS
from monitor import i18n
from monitor.domain.access import Action
from monitor.domain.cascade import Promise, Way
from monitor.domain.resources import RESOURCES, resource, to_quantity
from monitor.domain.targets import Kind, TargetTerms
from monitor.errors import NotFound
from monitor.i18n import N_
from monitor.queries import scope
from monitor.queries.scope import UnitRow, name
from monitor.queries.targets import Judged
from monitor.services import cascade, targets
from monitor.services.cascade import Preview

PATH = "/targets"
SEEN = N_("This is what would change; nothing is written yet.")
SHARES, BEFORE_AFTER = N_("The shares"), N_("Before and after")
OUT_OF_RANGE = N_("A year between {first} and {last}, please.")
TWICE = N_("This unit stands here twice.")
FIRST_YEAR, LAST_YEAR = 1990, 2200
PERCENT = 10_000  # ppm of one percent
FIELDS = {
    "INDICATOR_UNKNOWN": "indicator",
    "BASELINE_NOT_BEFORE": "baseline_year",
    "SHARE_OUT_OF_RANGE": "amount",
    "TARGET_KIND_UNKNOWN": "kind",
    "CAP_NEEDED": "amount",
}


def register(app: Dash) -> None:
    """Add the routes."""
    allowed = answers.somewhere(Action.SET_TARGET)
    for path, handler in (("set", _set), ("approve", _approve), ("withdraw", _withdraw), ("cascade", _cascade)):
        answers.route(app, path, handler, allowed, fields=FIELDS, base="targets")


def _done(posted: Posted, message: str) -> Answer:
    """Lead back to the view that the form was in."""
    where = {key: posted.raw(key) for key in ("unit", "resource", "year")}
    return {"go": address(PATH, **where, message=message)}


def _unit(session: Session, here: Context, posted: Posted) -> UnitRow:
    return scope.unit_by_code(session, here.actor, posted.raw("unit"))


def _target(posted: Posted) -> int:
    text = posted.raw("target")
    if not (text.isascii() and text.isdigit() and len(text) < 18):  # noqa: PLR2004 - what fits an id
        raise NotFound("NOT_FOUND", targets.NO_SUCH_TARGET)
    return int(text)


def _year(posted: Posted, name_of_field: str) -> int:
    found = posted.whole(name_of_field)
    if not FIRST_YEAR <= found <= LAST_YEAR:
        posted.refuse(name_of_field, "YEAR_OUT_OF_RANGE", OUT_OF_RANGE, first=FIRST_YEAR, last=LAST_YEAR)
    return found


def _amount(value: Decimal, kind: str, code: str) -> int:
    """Give what was typed as ppm or as thousandths of the base measure."""
    if kind == Kind.REDUCTION:
        return round(Fraction(value) * PERCENT)
    return to_quantity(Fraction(value), code, resource(code).display)


def _set(here: Context, posted: Posted) -> Answer:
    code = posted.choice("resource", RESOURCES)
    kind = posted.choice("kind", KINDS)
    indicator = posted.choice("indicator", tuple(INDICATORS))
    value, least = posted.number("amount", need=True), posted.number("min_coverage", need=True)
    years = {key: _year(posted, key) for key in ("year", "baseline_year")}
    note = posted.text("note", most=400)
    posted.done()
    amount = _amount(value or Decimal(0), kind, code)
    terms: dict[str, Any] = {
        **years,
        "indicator": indicator,
        "kind": kind,
        "min_coverage": round(Fraction(least or 0) * PERCENT),
        "note": note,
        **({"reduction": amount} if kind == Kind.REDUCTION else {"cap": amount}),
    }
    with here.session(write=True) as session:
        unit = _unit(session, here, posted)
        if posted.step == "preview":
            return _changed(here, code, *targets.preview_target(session, here.actor, unit.id, code, **terms))
        targets.set_target(session, here.actor, unit.id, code, **terms, now=here.now())
    return _done(posted, "set")


def _approve(here: Context, posted: Posted) -> Answer:
    with here.session(write=True) as session:
        targets.approve(session, here.actor, _target(posted), now=here.now())
    return _done(posted, "approved")


def _withdraw(here: Context, posted: Posted) -> Answer:
    reason = posted.text("reason", most=400, need=True)
    posted.done()
    with here.session(write=True) as session:
        targets.withdraw(session, here.actor, _target(posted), reason=reason, now=here.now())
    return _done(posted, "withdrawn")


def _cascade(here: Context, posted: Posted) -> Answer:
    chosen = posted.choice("way", WAYS)
    code = posted.choice("resource", RESOURCES)
    posted.done()
    way = Way.HAND if chosen.startswith("hand") else Way(chosen)
    with here.session(write=posted.step != "preview") as session:
        hand = _by_hand(session, here, posted, chosen, code) if way is Way.HAND else None
        posted.done()
        if posted.step == "preview":
            return _shares(here, cascade.preview_cascade(session, here.actor, _target(posted), way, hand))
        cascade.apply_cascade(session, here.actor, _target(posted), way, hand, now=here.now())
    return _done(posted, "cascaded")


def _by_hand(session: Session, here: Context, posted: Posted, way: str, code: str) -> dict[int, Promise]:
    """Read the negotiated values, by unit; a line without a value promises nothing."""
    ids = {row.code: row.id for row in scope.units(session, here.actor)}
    kind = Kind.REDUCTION if way == "hand_percent" else Kind.CAP
    found: dict[int, Promise] = {}
    for line in posted.lines("hand"):
        value, unit = line.number("value"), line.choice("unit", ids)
        if value is None or unit not in ids:
            continue
        if ids[unit] in found:
            line.refuse("unit", "UNIT_TWICE", TWICE)
        amount = _amount(value, kind, code)
        found[ids[unit]] = Promise(kind, amount) if kind is Kind.REDUCTION else Promise(kind, cap=amount)
    return found


# ---------------------------------------------------------------- answers


def _sheet(here: Context, title: str, columns: list[Column], rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    numeric = {"quantity", "percent", "number", "coverage"}
    heads = [[column.title, "num" if column.kind in numeric else column.kind] for column in columns]
    lines = [[shown(value, one, here.language) for value, one in zip(row, columns, strict=True)] for row in rows]
    return {"title": title, "heads": heads, "rows": lines}


def _changed(here: Context, code: str, before: list[Judged], after: list[Judged]) -> Answer:
    say = here.say
    columns = [
        Column(""),
        Column(say(N_("Promise"))),
        Column(say(N_("Allowance of the year")), "quantity", code),
        Column(say(N_("Status"))),
        Column(say(N_("Reason"))),
    ]
    rows = [
        (
            say(label),
            promise(one.progress.terms, code, here.language),
            one.progress.allowance,
            say(status.look(one.progress).word),
            status.reasons(one.progress, here.language),
        )
        for label, listed in ((N_("before"), before), (N_("after"), after))
        for one in listed
    ]
    return {"message": say(SEEN), "tone": "none", "tables": [_sheet(here, say(BEFORE_AFTER), columns, rows)]}


def _shares(here: Context, found: Preview) -> Answer:
    """Show the shares with their sum below."""
    say, code, terms = here.say, found.resource, found.terms
    columns = [
        Column(say(N_("Unit"))),
        Column(say(N_("Baseline")), "quantity", code),
        Column(say(N_("Promise"))),
        Column(say(N_("Allowance of the year")), "quantity", code),
        Column(say(N_("Reason"))),
    ]
    rows: list[tuple[Any, ...]] = [
        (
            name(unit, here.language),
            baseline,
            _said(here, share.promise, terms, code),
            share.allowance,
            say(share.problem.template, **share.problem.data) if share.problem else "",
        )
        for unit, baseline, share in found.lines
    ]
    known = [share.allowance for _, _, share in found.lines if share.allowance is not None]
    bases = [baseline for _, baseline, _ in found.lines if baseline is not None]
    rows.append((say(N_("Sum")), sum(bases) if bases else None, "", sum(known) if known else None, ""))
    own = (name(found.unit, here.language), None, promise(terms, code, here.language), found.allowance, "")
    children = tuple(unit for unit, _, _ in found.lines)
    said = check_said(here, found.check, code, terms.indicator, children)
    tone = "bad" if found.check.state == "above" else "good" if found.check.state == "equal" else "none"
    message = f"{said} {say(SEEN)}"
    return {"message": message, "tone": _calm(tone), "tables": [_sheet(here, say(SHARES), columns, [*rows, own])]}


def _calm(tone: str) -> str:
    """A sum above the unit's own warns; it forbids nothing, as negotiation may go on."""
    return "warn" if tone == "bad" else tone


def _said(here: Context, given: Promise | None, terms: TargetTerms, code: str) -> str:
    if given is None:
        return i18n.MISSING
    told = TargetTerms(
        terms.indicator, terms.year, terms.baseline_year, given.reduction, terms.min_coverage, given.kind, given.cap
    )
    return promise(told, code, here.language)
