"""Who and how: units, places, meters, people, tokens, sources and settings, each a section of this page."""

from types import ModuleType

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import context
from dashboard.admin import account, answers, audit, meters, people, places, settings, sources, tokens, units
from dashboard.components.layout import head
from dashboard.components.links import address
from dashboard.context import Context
from monitor.domain.access import Action
from monitor.errors import NotFound
from monitor.i18n import N_

PATH = "/admin"
NAME = N_("Administration")
SECTIONS: tuple[ModuleType, ...] = (units, places, meters, people, tokens, sources, settings, audit, account)
NOTHING = N_("There is no such page, or you may not see it.")
FIRST_STEPS = N_("First steps")
MESSAGES = {
    "saved": N_("Saved."),
    "removed": N_("Removed."),
    "same": N_("Nothing had to be changed."),
    "started": N_("The import has started; its receipt appears on the Imports page."),
}


def layout(**given: str) -> Component:
    """Build the page: parameters section, and what the section knows (unit, meter, person …)."""
    here = context.current()
    given = {name: value.replace("\0", "\ufffd") for name, value in given.items()}  # PostgreSQL takes no NUL in a text
    open_to = [one for one in SECTIONS if one.ALLOWED(here.actor)]
    wanted = given.get("section") or (open_to[0].KEY if open_to else "")
    section = next((one for one in open_to if wanted == one.KEY), None)
    if section is None:
        raise NotFound("NOT_FOUND", NOTHING)
    with here.session() as session:
        inside = section.layout(here, session, given)
    links = html.Nav([_link(here, one, now=one is section) for one in open_to], **{"aria-label": here.say(NAME)})
    content = html.Div([*_message(here, given.get("message", "")), *inside])
    first = [html.A(here.say(FIRST_STEPS), href="/welcome")] if here.actor.may_everywhere(Action.MANAGE_PEOPLE) else []
    return html.Div(
        [head(here.say(NAME), here.say(section.NAME), first), html.Div([links, content], className="admin")]
    )


def _link(here: Context, section: ModuleType, *, now: bool) -> Component:
    current = {"aria-current": "page"} if now else {}
    return html.A(here.say(section.NAME), href=address(PATH, section=section.KEY), **current)


def _message(here: Context, key: str) -> list[Component]:
    return [html.Div(here.say(MESSAGES[key]), className="note good", role="status")] if key in MESSAGES else []


def register(app: Dash) -> None:
    """Add the routes of all sections."""
    for section in SECTIONS:
        for path, handler in section.ROUTES.items():
            answers.route(
                app, f"{section.KEY}/{path}", handler, section.ALLOWED, fields=getattr(section, "FIELDS", None)
            )
