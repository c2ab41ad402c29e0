"""A form as one component: fields and repeated rows, errors beside them with what was typed kept, a preview, secrets shown once.

It posts to a route of this site, with the session's token as every form (see components.forms); the route answers JSON (see `dashboard.admin.answers`): `go` (an address),
`errors` (field name → sentence), `message` and `tone`, `tables` (title, heads, rows), `secret` (label, value). Works on what the
browser has: `assets/editor.js` puts every text in as text.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from dash.development.base_component import Component

from dashboard.context import Context
from monitor.i18n import N_

Options = Sequence[tuple[str, str]]
FAILED = N_("The server did not answer. What you typed is still here; please try again.")
ADD, REMOVE, COPY = N_("Add a line"), N_("Remove this line"), N_("Copy")
CHOOSE = N_("Please choose …")


class Editor(Component):  # type: ignore[misc]  # Dash is untyped
    """The drawn form; use `editor` to make one."""

    _namespace = "jieyue"
    _type = "Editor"
    _children_props: ClassVar[list[str]] = []
    _base_nodes: ClassVar[list[str]] = ["children"]
    _prop_names: ClassVar[list[str]] = ["id", "action", "hidden", "fields", "buttons", "lists", "words"]
    _valid_wildcard_attributes: ClassVar[list[str]] = []
    available_properties: ClassVar[list[str]] = _prop_names
    available_wildcard_properties: ClassVar[list[str]] = []

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)


def editor(
    here: Context,
    action: str,
    fields: Sequence[dict[str, Any]],
    buttons: Sequence[dict[str, Any]],
    *,
    lists: dict[str, Options] | None = None,
    **hidden: object,
) -> Component:
    """Give a form that posts to `action`; `hidden` goes with it, `lists` are choices that several fields share by name."""
    words = {"failed": here.say(FAILED), "add": here.say(ADD), "remove": here.say(REMOVE), "copy": here.say(COPY)}
    words["choose"] = here.say(CHOOSE)
    return Editor(
        action=action,
        hidden={name: str(value) for name, value in hidden.items()},
        fields=[one for one in fields if one],
        buttons=list(buttons),
        lists={name: [list(pair) for pair in pairs] for name, pairs in (lists or {}).items()},
        words=words,
    )


def field(
    name: str,
    label: str,
    value: object = "",
    *,
    kind: str = "text",
    hint: str = "",
    options: Options | str = (),
    wide: bool = False,
    disabled: bool = False,
) -> dict[str, Any]:
    """Give a field: kind text, number, day, moment, password, area (several lines), file, check, or a choice where it has options.

    `options` are (value, label) pairs, or the name of one of the form's lists.
    """
    found: dict[str, Any] = {"name": name, "label": label, "kind": "choice" if options else kind}
    found["value"] = value if isinstance(value, bool) else "" if value is None else str(value)
    if options:
        found["options"] = options if isinstance(options, str) else [list(pair) for pair in options]
    return found | {key: given for key, given in (("hint", hint), ("wide", wide), ("disabled", disabled)) if given}


def rows(
    name: str, label: str, columns: Sequence[dict[str, Any]], lines: Sequence[Sequence[object]], *, hint: str = ""
) -> dict[str, Any]:
    """Give repeated lines: `columns` are fields, each line a value for each; they are posted as `name.0.column`."""
    values = [["" if one is None else one if isinstance(one, bool) else str(one) for one in line] for line in lines]
    return {"name": name, "label": label, "kind": "rows", "columns": list(columns), "lines": values, "hint": hint}


def button(label: str, step: str = "apply", *, after: str = "", confirm: str = "", main: bool = True) -> dict[str, Any]:
    """Give a button that posts `step`; with `after` it shows once that step was answered without errors, until something is typed."""
    return {"label": label, "step": step, "after": after, "confirm": confirm, "main": main}
