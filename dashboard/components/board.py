"""The board of units as one component: sorted by a column's head and searched in the browser, drawn as one table."""

from typing import Any, ClassVar

from dash.development.base_component import Component

from dashboard.context import Context
from monitor.i18n import N_


class Board(Component):  # type: ignore[misc]  # Dash is untyped
    """A table of units drawn by `assets/board.js`.

    `heads` is a list of field, title, kind (unit, light, number, text), and where wanted `tip` and `tone`, the fields with a
    cell's title and class. A row has `unit`, `href`, `depth` and its cells: a text, {text, value}, or a light
    (components.status.light, with `spark` for twelve months). All text is put in as text by the browser, never as HTML.
    """

    _namespace = "jieyue"
    _type = "Board"
    _children_props: ClassVar[list[str]] = []
    _base_nodes: ClassVar[list[str]] = ["children"]
    _prop_names: ClassVar[list[str]] = ["id", "heads", "rows", "labels"]
    _valid_wildcard_attributes: ClassVar[list[str]] = []
    available_properties: ClassVar[list[str]] = _prop_names
    available_wildcard_properties: ClassVar[list[str]] = []


def board(
    here: Context, own_id: str, heads: list[dict[str, str]], rows: list[dict[str, Any]], *, name: str
) -> Component:
    """Draw a board; `name` is what it is called for those who do not see it."""
    labels = {"find": here.say(N_("Find a unit")), "none": here.say(N_("No rows")), "name": name}
    return Board(id=own_id, heads=heads, rows=rows, labels=labels)
