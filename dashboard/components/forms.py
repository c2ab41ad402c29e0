"""Plain HTML forms that carry the session's CSRF token; they work without a callback."""

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.context import Context


def post(action: str, children: Any, context: Context, /, **fields: object) -> Component:
    """Give a form that posts `fields` to an address of this site."""
    carried = {"csrf": context.csrf, **fields}
    hidden = [dcc.Input(type="hidden", name=name, value=str(value)) for name, value in carried.items()]
    inside = children if isinstance(children, list) else [children]
    return html.Form([*hidden, *inside], action=action, method="POST", className="line")
