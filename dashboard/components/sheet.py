"""The drawn table as one component: the browser pays for each Dash component, so a table must not be one for each cell."""

from typing import Any, ClassVar

from dash.development.base_component import Component


class Sheet(Component):  # type: ignore[misc]  # Dash is untyped
    """A table drawn by `assets/table.js`.

    `heads` is a list of (title, class), `rows` of lists of cells: a text, or a pair (text, address). All text is put in as
    text by the browser, never as HTML.
    """

    _namespace = "jieyue"
    _type = "Sheet"
    _children_props: ClassVar[list[str]] = []
    _base_nodes: ClassVar[list[str]] = ["children"]
    _prop_names: ClassVar[list[str]] = ["id", "heads", "rows"]
    _valid_wildcard_attributes: ClassVar[list[str]] = []
    available_properties: ClassVar[list[str]] = _prop_names
    available_wildcard_properties: ClassVar[list[str]] = []

    def __init__(self, *, heads: list[tuple[str, str]], rows: list[list[Any]]) -> None:
        super().__init__(heads=[list(head) for head in heads], rows=rows)
