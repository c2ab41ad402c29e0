"""The pages, in the order of the navigation; each is a module with PATH, NAME, layout(**parameters) and register(app)."""

import logging
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from dash import dcc
from dash.development.base_component import Component

from dashboard import context
from dashboard.cache import Cache, key
from dashboard.components.layout import notice
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
PAGES: tuple[ModuleType, ...] = tuple(import_module(f"dashboard.pages.{name}") for name in NAMES)


def _first(here: context.Context) -> bool:
    """Tell whether there is no organisation yet and this reader is the one to set it up."""
    with here.session() as session:
        return organisation.founder(session) == here.actor.user_id


def shown(layout: Callable[..., Component], kept: Cache | None = None) -> Callable[..., Component]:
    """Wrap a page: parameters from the address are taken as text only, failures become a sentence with a code.

    With `kept` the finished page is shared among readers of the same scope; the tokens of its forms are put in as it is sent.
    """

    def page(**parameters: Any) -> Component:
        here = context.current()
        given = {name: value for name, value in parameters.items() if isinstance(value, str)}
        try:
            if kept is None:
                return layout(**given)
            return kept.get(key(here, layout.__module__, given), lambda: layout(**given))
        except NotFound as error:
            if error.code == "NO_UNITS" and _first(here):
                return dcc.Location(id="first-steps", href="/welcome", refresh=True)
            return notice(here, error.code, here.say(error.template, **error.data), tone="warn")
        except JieyueError as error:
            return notice(here, error.code, here.say(error.template, **error.data), tone="bad")
        except Exception:
            log.exception("page failed")
            return notice(here, "INTERNAL", here.say(FAILED), tone="bad")

    return page
