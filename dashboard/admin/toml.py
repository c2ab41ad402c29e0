"""Write a table of plain values as TOML, so that a stored profile can be shown and changed as it was written."""

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def dumps(table: Mapping[str, Any], *, above: str = "") -> str:
    """Give the TOML of nested mappings of texts, numbers, booleans and lists of them; None is left out."""
    lines = [f"{_key(name)} = {_value(value)}" for name, value in table.items() if not _nested(value)]
    text = "\n".join(line for line, value in zip(lines, _plain(table), strict=True) if value is not None)
    for name, value in table.items():
        if _nested(value):
            path = f"{above}{_key(name)}"
            text += f"\n\n[{path}]\n" + dumps(value, above=f"{path}.")
    return text.strip("\n")


def _plain(table: Mapping[str, Any]) -> list[Any]:
    return [value for value in table.values() if not _nested(value)]


def _nested(value: object) -> bool:
    return isinstance(value, Mapping)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False)  # JSON's escapes are TOML's
