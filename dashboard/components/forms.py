"""Plain HTML forms that carry the session's CSRF token; they work without a callback."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.context import Context


def post(action: str, children: Any, context: Context, /, *, upload: bool = False, **fields: object) -> Component:
    """Give a form that posts `fields` and its inputs to an address of this site; with `upload` it may carry a file."""
    hidden = [html.Input(type="hidden", name=name, value=str(value)) for name, value in {"csrf": context.csrf, **fields}.items()]
    inside = children if isinstance(children, list) else [children]
    kind: dict[str, Any] = {"encType": "multipart/form-data"} if upload else {}
    return html.Form([*hidden, *inside], action=action, method="POST", className="line", **kind)
