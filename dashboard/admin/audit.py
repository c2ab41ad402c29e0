"""Audit: every write, searchable by thing, person, action and day; newest first, a page at a time."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame
from dashboard.admin.answers import everywhere
from dashboard.components.layout import grid, panel
from dashboard.components.links import address
from dashboard.context import Context
from monitor.domain.access import Action
from monitor.i18n import N_
from monitor.queries import admin as queries
from monitor.queries.admin import Wanted

KEY, NAME = "audit", N_("Audit trail")
ALLOWED = everywhere(Action.MANAGE_ORGANISATION)
ROUTES: dict[str, object] = {}
THING, WHO, WHAT = N_("Thing (part of its name)"), N_("Who"), N_("Kind of write")
SINCE, UNTIL, FIND, OLDER = N_("From"), N_("To"), N_("Find"), N_("Older ones")
NOTHING, QUESTION = N_("Nothing was written that fits."), N_("Who changed what, when, from what to what")
ON_PAGE = 200
FILTERS = ("thing", "who", "action", "since", "until")


def layout(here: Context, session: Session, given: dict[str, str]) -> list[Component]:
    """Build the list: parameters thing, who, action, since, until, before (id)."""
    rows = queries.audit(session, here.actor, wanted(here, given), limit=ON_PAGE)
    shown = frame.trail(here, rows) if rows else html.P(here.say(NOTHING))
    tools = []
    if len(rows) == ON_PAGE:
        kept = {key: given[key] for key in FILTERS if given.get(key)}
        tools.append(html.A(here.say(OLDER), href=frame.at(KEY, **kept, before=rows[-1].id)))
    csv = address("/export/history/all.csv", **{key: given[key] for key in FILTERS if given.get(key)})
    inside = [_search(here, given), shown]
    return [grid(panel(here, here.say(NAME), inside, below=here.say(QUESTION), tools=tools, csv=csv))]


def _search(here: Context, given: dict[str, str]) -> Component:
    boxes = (("thing", THING, "search"), ("who", WHO, "search"), ("action", WHAT, "search"))
    fields = [
        html.Label([here.say(label), dcc.Input(type=kind, name=name, value=given.get(name, ""))], className="field")
        for name, label, kind in boxes
    ]
    fields += [
        html.Label(
            [here.say(label), dcc.Input(type="text", name=name, value=given.get(name, ""), placeholder="2026-01-31")],
            className="field",
        )
        for name, label in (("since", SINCE), ("until", UNTIL))
    ]
    find = html.Div(html.Button(here.say(FIND), type="submit", className="button main"), className="buttons")
    section = dcc.Input(type="hidden", name="section", value=KEY)
    return html.Form([section, *fields, find], action="/admin", method="GET", className="editor finder")


def wanted(here: Context, given: dict[str, str]) -> Wanted:
    """Read what is looked for: parameters thing, who, action, since, until, before (id)."""
    before = given.get("before", "")
    known = before.isascii() and before.isdigit() and len(before) < 18  # noqa: PLR2004 - what fits an id
    return Wanted(
        subject=given.get("thing", "")[:200],
        who=given.get("who", "")[:100],
        action=given.get("action", "")[:100],
        since=_day(here, given.get("since", "")),
        until=_day(here, given.get("until", ""), days=1),
        before_id=int(before) if known else None,
    )


def _day(here: Context, text: str, *, days: int = 0) -> datetime | None:
    """Give the beginning of a local day (or of the day after); None for what is no day."""
    try:
        day = datetime.fromisoformat(text).date() + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), ZoneInfo(here.site.settings.zone))
