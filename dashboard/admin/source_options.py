"""The form of an importer's options, drawn from the options themselves, and read back into plain values."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboard.admin import toml
from dashboard.admin.answers import Posted
from dashboard.components.editor import field
from dashboard.context import Context
from monitor.i18n import N_
from monitor.intake import registry

OWN, TEXT_OF = N_("Own, as written below"), N_("{label} (TOML)")
NOT_TOML = N_("This is not TOML: {problem}")
NOT_ALLOWED = N_(
    "A source made on this page may read {folders} and folders in them; '{value}' lies elsewhere. "
    "Whoever runs the program opens others with the setting 'folders'."
)
USUAL = "/var/log/cups"  # beside our own inbox: where print servers write
SEVERAL = N_("Several with commas.")
BEGINNING = "o_"
OWN_VALUE = "-"
LONGEST = 20_000


def described(kind: str) -> dict[str, dict[str, Any]]:
    """Give the options of an importer by name, as its JSON schema has them; ConfigurationError for an unknown kind."""
    schema = registry.importer(kind).Options.model_json_schema()
    found: dict[str, dict[str, Any]] = schema.get("properties", {})
    return found


def fields(here: Context, kind: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the fields of the form for these values."""
    drawn: list[dict[str, Any]] = []
    for name, shape in described(kind).items():
        label = str(shape.get(here.language, name))
        hint = str(shape.get(f"hint_{here.language}", ""))
        value = values.get(name, shape.get("default"))
        drawn += _fields(here, BEGINNING + name, shape, value, (label, hint))
    return drawn


def _fields(
    here: Context, name: str, shape: Mapping[str, Any], value: Any, words: tuple[str, str]
) -> list[dict[str, Any]]:
    label, hint = words
    what = _what(shape)
    if what == "table":
        return _table(here, name, shape, value, words)
    if what == "boolean":
        return [field(name, label, bool(value), kind="check", hint=hint)]
    if what == "choice":
        known = [(str(one), str(one)) for one in shape["enum"]]
        return [field(name, label, value, options=known, hint=hint)]
    if what == "array":
        text = ", ".join(str(one) for one in value or [])
        return [field(name, label, text, hint=hint or here.say(SEVERAL))]
    return [field(name, label, value, kind="number" if what in {"integer", "number"} else "text", hint=hint)]


def _table(
    here: Context, name: str, shape: Mapping[str, Any], value: Any, words: tuple[str, str]
) -> list[dict[str, Any]]:
    """Draw a table of options: one of the ready-made ones by name, or its own TOML."""
    label, hint = words
    choices = [str(one) for one in shape.get("choices", [])]
    text = toml.dumps(value) if isinstance(value, Mapping) else ""
    area = field(f"{name}_toml", here.say(TEXT_OF, label=label), text, kind="area", hint=hint)
    if not choices:
        return [area]
    now = value if isinstance(value, str) else OWN_VALUE if text else choices[0]
    options = [*((one, one) for one in choices), (OWN_VALUE, here.say(OWN))]
    return [field(name, label, now, options=options), area]


def _what(shape: Mapping[str, Any]) -> str:
    """Tell what kind of value an option has; of several the first that is not nothing."""
    if "enum" in shape:
        return "choice"
    if "$ref" in shape or shape.get("type") == "object" or "allOf" in shape:
        return "table"
    for one in shape.get("anyOf", ()):
        if one.get("type") != "null":
            return _what(one)
    return str(shape.get("type", "string"))


def read(here: Context, posted: Posted, kind: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options from a form; what was left as the default is left out. `before` are those stored so far."""
    found: dict[str, Any] = {}
    for name, shape in described(kind).items():
        value = _read(posted, BEGINNING + name, shape)
        if shape.get("folder") and value and value != before.get(name):
            _inside(here, posted, name, str(value))
        if value not in (None, "") and value != shape.get("default"):
            found[name] = value
    return found


def _read(posted: Posted, name: str, shape: Mapping[str, Any]) -> Any:
    what = _what(shape)
    if what == "table":
        return _read_table(posted, name, shape)
    if what == "boolean":
        return posted.check(name)
    if what == "choice":
        known = {str(one): one for one in shape["enum"]}
        return known.get(posted.choice(name, known))
    if what == "array":
        return [word.strip() for word in posted.text(name, most=2000).replace("，", ",").split(",") if word.strip()]
    if what == "integer":
        return posted.whole(name, int(shape.get("default") or 0))
    if what == "number":
        number = posted.number(name)
        return None if number is None else float(number)
    return posted.text(name, most=1000)


def _read_table(posted: Posted, name: str, shape: Mapping[str, Any]) -> Any:
    choices = [str(one) for one in shape.get("choices", [])]
    chosen = posted.choice(name, [*choices, OWN_VALUE]) if choices else OWN_VALUE
    if chosen != OWN_VALUE:
        return chosen
    text = posted.text(f"{name}_toml", most=LONGEST, need=True, lines=True)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        posted.refuse(f"{name}_toml", "NOT_TOML", NOT_TOML, problem=str(error))
        return None


def _inside(here: Context, posted: Posted, name: str, folder: str) -> None:
    """Refuse a folder outside those that the operator opened: whoever sets up sources is not to read the whole machine."""
    settings = here.site.given
    allowed = [Path(one) for one in settings.folders] or [settings.data / "inbox", Path(USUAL)]
    wanted = Path(folder).resolve()
    if not any(wanted.is_relative_to(one.resolve()) for one in allowed):
        shown = ", ".join(str(one.resolve()) for one in allowed)
        posted.refuse(BEGINNING + name, "FOLDER_ELSEWHERE", NOT_ALLOWED, folders=shown, value=folder[:200])
