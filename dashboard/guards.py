"""Every callback has a guard, or the process does not start; malformed callback bodies are refused before Dash sees them."""

import functools
import logging
from collections.abc import Callable
from typing import Any

import flask
from dash import ClientsideFunction, Dash
from dash.exceptions import PreventUpdate

from dashboard import context
from monitor.domain.access import Action
from monitor.errors import ConfigurationError, JieyueError

log = logging.getLogger(__name__)
ENDPOINT = "/_dash-update-component"
ROUTER = ".._pages_content.children..._pages_store.data.."
TITLE = "_pages_dummy.children"


def guards(app: Dash) -> dict[str, Action]:
    """Give the registered guards of an app: callback output → what the caller must be allowed to do somewhere."""
    found: dict[str, Action] = app.server.extensions.setdefault("jieyue_guards", {})
    return found


def _record(app: Dash, before: set[str], action: Action) -> None:
    for key in set(app.callback_map) - before:
        guards(app)[key] = action


def callback(
    app: Dash, *args: Any, action: Action = Action.VIEW, **kwargs: Any
) -> Callable[[Callable[..., Any]], None]:
    """Register a callback together with its guard; an error of ours leaves the page as it is and is logged with its code."""

    def register(function: Callable[..., Any]) -> None:
        before = set(app.callback_map)
        app.callback(*args, **kwargs)(_calm(function))
        _record(app, before, action)

    return register


def _calm(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except JieyueError as error:
            log.info("callback refused: %s", error.code)
            raise PreventUpdate from error

    return wrapped


def clientside(app: Dash, function: str, *args: Any, **kwargs: Any) -> None:
    """Register a callback that runs in the browser (a function of `window.dash_clientside.jieyue`), with a guard all the same."""
    before = set(app.callback_map)
    app.clientside_callback(ClientsideFunction("jieyue", function), *args, **kwargs)
    _record(app, before, Action.VIEW)


def check(app: Dash) -> None:
    """Refuse to start while any callback lacks a guard: ConfigurationError names them."""
    missing = sorted(set(app.callback_map) - set(guards(app)))
    if missing:
        raise ConfigurationError(
            "CALLBACK_UNGUARDED", "These callbacks have no guard: {callbacks}", callbacks=", ".join(missing)
        )


def permit(app: Dash) -> None:
    """Check the body of a callback request and the caller's permission; aborts with 400, 403 or 415."""
    if not flask.request.is_json:
        flask.abort(415)
    try:
        body = flask.request.get_json(silent=True)
    except RecursionError:  # a hundred thousand brackets
        flask.abort(400)
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        flask.abort(400)
    action = guards(app).get(body["output"])
    if action is None or not _fits(app.callback_map[body["output"]], body):
        flask.abort(400)
    if body["output"] not in {ROUTER, TITLE} and not context.current().actor.units(action):
        log.warning("%s may not %s", context.current().name, action)
        flask.abort(403)


def _fits(known: dict[str, Any], body: dict[str, Any]) -> bool:
    """Tell whether inputs and states are those that the callback was registered with, each with id and property."""
    changed = body.get("changedPropIds", [])
    return (
        isinstance(changed, list)
        and all(isinstance(item, str) for item in changed)
        and isinstance(body.get("outputs"), dict | list)
        and _listed(known["inputs"], body.get("inputs"))
        and _listed(known["state"], body.get("state", []))
    )


def _listed(known: list[dict[str, Any]], given: object) -> bool:
    if not isinstance(given, list) or len(given) != len(known):
        return False
    return all(_one(want, have) for want, have in zip(known, given, strict=True))


def _one(known: dict[str, Any], given: object) -> bool:
    if known["id"].startswith("{"):  # a pattern: a list of matching components, or one
        many = given if isinstance(given, list) else [given]
        return all(
            isinstance(item, dict) and item.get("property") == known["property"] and "id" in item for item in many
        )
    return isinstance(given, dict) and given.get("id") == known["id"] and given.get("property") == known["property"]
