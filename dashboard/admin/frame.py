"""What all sections share: links between them, a search box, the history of a thing."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.layout import panel
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor.i18n import N_
from monitor.queries.admin import AuditRow

SEARCH, ALL = N_("Search"), N_("Back to the list")
NONE_YET = N_("None yet.")
HISTORY, NO_HISTORY = N_("History"), N_("Nothing has been changed yet.")
WHEN, WHO, WHAT, THING = N_("When"), N_("Who"), N_("What was done"), N_("Thing")
BEFORE, AFTER = N_("Before"), N_("After")
LONGEST = 400  # characters of a value shown
ACTIONS = {
    "setup.create": N_("made"),
    "setup.change": N_("changed"),
    "setup.remove": N_("removed"),
    "setting.change": N_("setting changed"),
    "source.enable": N_("source switched"),
    "source.run_now": N_("run now"),
    "alert.acknowledge": N_("alert acknowledged"),
    "alert.channel": N_("channel of alerts changed"),
    "alert.rule": N_("rule of alerts changed"),
    "import.undo": N_("import undone"),
    "import.undo_reason": N_("import undone, with the reason"),
    "month.close": N_("month closed"),
    "month.reopen": N_("month opened again"),
    "reading.enter": N_("reading entered"),
    "reading.estimate": N_("estimate entered"),
    "reading.replace": N_("reading replaced"),
    "reading.restore": N_("correction taken back"),
    "reading.void": N_("reading left out"),
    "report.make": N_("report made"),
    "report.send": N_("report sent"),
    "quota.declare": N_("quota declared"),
    "quota.withdraw": N_("quota withdrawn"),
    "target.approve": N_("target approved"),
    "target.set": N_("target set"),
    "target.withdraw": N_("target withdrawn"),
    "sign_in": N_("signed in"),
    "sign_in.refused": N_("sign-in refused"),
    "token.create": N_("token made"),
    "token.revoke": N_("token revoked"),
    "user.change": N_("person changed"),
    "user.create": N_("person added"),
    "user.disable": N_("person shut out or let in"),
    "user.grant": N_("role given"),
    "user.password": N_("password changed"),
    "user.revoke": N_("role taken away"),
    "user.link": N_("account linked"),
    "user.unlink": N_("link to an account taken away"),
    "user.sessions_ended": N_("sessions ended"),
}


def at(section: str, **query: object) -> str:
    """Give the address of a section, or of a thing in it."""
    return address("/admin", section=section, **query)


def listing(
    here: Context, title: str, content: Table, *, below: str = "", tools: Sequence[Component] = ()
) -> Component:
    """Give a panel with a table and a box that searches in it."""
    box = html.Label(
        [
            html.Span(here.say(SEARCH), className="unseen"),
            dcc.Input(type="search", placeholder=here.say(SEARCH), debounce=False, name="q", autoComplete="off"),
        ],
        className="search",
    )
    shown = [box, table(content, here.language)] if content.rows else html.P(here.say(NONE_YET), className="reason")
    return panel(here, title, shown, below=below, tools=tools)


def back(here: Context, section: str) -> Component:
    """Give the link from a thing to the list of its kind."""
    return html.P(html.A(f"‹ {here.say(ALL)}", href=at(section)), className="crumbs")


def yes_no(here: Context, value: bool) -> str:
    """Say yes or no."""
    return here.say(N_("yes")) if value else here.say(N_("no"))


def history(here: Context, rows: Sequence[AuditRow]) -> Component:
    """Give the panel of who changed a thing, when, and from what to what."""
    if not rows:
        return panel(here, here.say(HISTORY), html.P(here.say(NO_HISTORY), className="reason"))
    return panel(here, here.say(HISTORY), trail(here, rows))


def trail(here: Context, rows: Sequence[AuditRow]) -> Component:
    """Draw writes as a table with room for what they changed."""
    return html.Div(table(audit_table(here, rows), here.language), className="trail")


def audit_table(here: Context, rows: Sequence[AuditRow], *, whole: bool = False) -> Table:
    """Give writes as a table: when, who, what, thing, values before and after, cut where they are long unless `whole`."""
    columns = (
        Column(here.say(WHEN), "moment"),
        *(Column(here.say(title)) for title in (WHO, WHAT, THING, BEFORE, AFTER)),
    )
    return Table(columns, [_line(here, row, whole=whole) for row in rows])


def _line(here: Context, row: AuditRow, *, whole: bool) -> tuple[Any, ...]:
    action = here.say(ACTIONS[row.action]) if row.action in ACTIONS else row.action
    before, after = (row.before, row.after) if whole else _differing(row.before, row.after)
    told = (values(given, most=None if whole else LONGEST) for given in (before, after))
    return (here.local(row.at), row.actor, action, row.subject, *told)


def _differing(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[Mapping[str, Any] | None, ...]:
    """Leave out what is the same before and after, and of what is new or gone whatever says nothing."""
    if not before or not after:
        return tuple(
            None if one is None else {name: value for name, value in one.items() if value is not None and value != ""}
            for one in (before, after)
        )
    same = {name for name in before if name in after and before[name] == after[name]}
    kept = tuple({name: value for name, value in one.items() if name not in same} for one in (before, after))
    return kept if any(kept) else (before, after)


def values(given: Mapping[str, Any] | None, *, most: int | None = LONGEST) -> str:
    """Write a change's values on one line, cut where it is long."""
    if not given:
        return ""
    text = ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in given.items()
    )
    return text if most is None or len(text) <= most else text[:most] + "…"
