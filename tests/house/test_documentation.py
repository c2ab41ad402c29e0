"""Every settings key, command and importer option is documented."""

from pathlib import Path
from typing import get_args

import typer
from pydantic import BaseModel

from monitor import cli
from monitor.intake import registry
from monitor.settings import Settings

DOCS = Path(__file__).resolve().parents[2] / "docs"


def keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Give every key of a settings model, nested ones with a dot."""
    found = []
    for name, field in model.model_fields.items():
        types = [field.annotation, *get_args(field.annotation)]
        nested = [kind for kind in types if isinstance(kind, type) and issubclass(kind, BaseModel)]
        shown = field.alias or name
        found += keys(nested[0], f"{prefix}{shown}.") if nested else [f"{prefix}{shown}"]
    return found


def test_every_settings_key_is_documented() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")

    assert [key for key in keys(Settings) if f"`{key}`" not in text] == []


def test_every_command_is_documented() -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    command = typer.main.get_command(cli.app)
    names = [
        f"{name} {sub}" if subs else name
        for name, child in command.commands.items()  # type: ignore[attr-defined]
        for subs in [list(getattr(child, "commands", {}))]
        for sub in subs or [""]
    ]

    assert [name for name in names if f"`jieyue {name.strip()}" not in text] == []


def test_every_importer_option_is_documented() -> None:
    text = "".join((DOCS / name).read_text(encoding="utf-8") for name in ("profiles.md", "paper.md", "green-button.md"))
    options = [key for importer in registry.importers().values() for key in keys(importer.Options)]

    assert [key for key in options if key.rsplit(".", 1)[-1] not in text] == []


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    import re

    pages = [*DOCS.rglob("*.md"), DOCS.parent / "README.md", DOCS.parent / "README.zh.md", DOCS.parent / "CHANGELOG.md"]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []
