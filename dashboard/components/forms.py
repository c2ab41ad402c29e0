"""Plain HTML forms that carry the session's CSRF token; they work without a callback.

The token is put in when the page is sent, not when it is made: a page that is kept for many readers holds nobody's.
"""

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import context


class Token(dcc.Input):  # type: ignore[misc]  # Dash is untyped
    """A hidden field with the token of whoever the page is sent to."""

    def to_plotly_json(self) -> dict[str, Any]:
        """Give the field as Dash sends it."""
        drawn: dict[str, Any] = super().to_plotly_json()
        return {**drawn, "props": {**drawn["props"], "value": context.current().csrf}}


def post(action: str, children: Any, _here: context.Context, /, **fields: object) -> Component:
    """Give a form that posts `fields` to an address of this site."""
    hidden = [dcc.Input(type="hidden", name=name, value=str(value)) for name, value in fields.items()]
    inside = children if isinstance(children, list) else [children]
    return html.Form(
        [Token(type="hidden", name="csrf"), *hidden, *inside], action=action, method="POST", className="line"
    )
