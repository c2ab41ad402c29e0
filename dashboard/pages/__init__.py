"""The pages, in the order of the navigation; each is a module with PATH, NAME, layout(**parameters) and register(app)."""

import logging
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import flask
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import answers, context
from dashboard.components.layout import notice
from monitor import i18n
from monitor.errors import JieyueError, NotFound
from monitor.i18n import N_
from monitor.services import organisation

log = logging.getLogger(__name__)
NAMES = (
    *("overview", "unit", "compare", "targets", "data", "imports", "reports", "alerts", "admin"),
    *("welcome", "meter", "receipt", "preview", "not_found_404"),
)
CACHED = frozenset(f"dashboard.pages.{name}" for name in ("overview", "unit", "compare", "targets", "data", "meter"))
FAILED = N_("Something went wrong on our side. It has been written down; please try again or quote this code.")
STATE = N_("Figures of {day}, {time} · State of the data: {version}")
PAGES: tuple[ModuleType, ...] = tuple(import_module(f"dashboard.pages.{name}") for name in NAMES)


def _state(here: context.Context) -> Component:
    """Say of which moment and which state of the data a page is: another, an export or the interface may be of a later one."""
    now = here.now().astimezone(ZoneInfo(here.site.settings.zone))
    said = here.say(
        STATE, day=i18n.day(now.date(), here.language), time=f"{now:%H:%M:%S}", version=here.standing.version
    )
    return html.P(said, className="barnote state")


def _first(here: context.Context) -> bool:
    """Tell whether there is no organisation yet and this reader is the one to set it up."""
    with here.session() as session:
        return organisation.founder(session) == here.actor.user_id


def shown(layout: Callable[..., Component], *, kept: bool = False) -> Callable[..., Component | list[Component]]:
    """Wrap a page: parameters from the address are taken as text only, failures become a sentence with a code.

    A page that is `kept` says of which state of the data it is; a failure is not kept.
    """

    def page(**parameters: Any) -> Component | list[Component]:
        here = context.current()
        given = {name: value for name, value in parameters.items() if isinstance(value, str)}
        try:
            if not kept:
                return layout(**given)
            state, page = _state(here), layout(**given)
        except NotFound as error:
            if error.code == "NO_UNITS" and _first(here):
                return dcc.Location(id="first-steps", href="/welcome", refresh=True)
            return notice(here, error.code, here.say(error.template, **error.data), tone="warn")
        except JieyueError as error:
            return notice(here, error.code, here.say(error.template, **error.data), tone="bad")
        except Exception:
            log.exception("page failed")
            return notice(here, "INTERNAL", here.say(FAILED), tone="bad")
        setattr(flask.g, answers.WHOLE, True)
        return [page, state]

    return page
