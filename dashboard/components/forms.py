"""Plain HTML forms; they work without a callback.

The session's CSRF token is in the frame alone: a page that is kept for many readers holds nobody's. `assets/jieyue.js` puts it
into whatever form of this site is sent.
"""

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import context


def token(here: context.Context) -> Component:
    """Give the token of whoever the frame is drawn for, where the browser finds it."""
    return dcc.Input(type="hidden", id="csrf", name="csrf", value=here.csrf)


def post(action: str, children: Any, _here: context.Context, /, **fields: object) -> Component:
    """Give a form that posts `fields` to an address of this site."""
    hidden = [dcc.Input(type="hidden", name=name, value=str(value)) for name, value in fields.items()]
    inside = children if isinstance(children, list) else [children]
    return html.Form([*hidden, *inside], action=action, method="POST", className="line")
