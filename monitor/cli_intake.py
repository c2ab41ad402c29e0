"""Commands about files and names before an import: `jieyue preview`, `jieyue pseudonym`."""

from pathlib import Path
from typing import Annotated

import typer

from monitor.settings import Settings

REFUSED = 2


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(preview)
    app.command()(pseudonym)


def preview(  # noqa: PLR0917 - typer's way of naming options
    kind: Annotated[str, typer.Argument(help="Importer, e.g. tabular.")],
    files: Annotated[list[Path], typer.Argument(help="Files to read.")],
    profile: Annotated[
        str | None, typer.Option("--profile", help="Profile: a TOML file, or the name of a ready-made one.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="Option of the importer, NAME=VALUE; may be repeated.")
    ] = None,
    language: Annotated[str | None, typer.Option("--language", help="zh or en (default: as the system).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the documented JSON instead of a table.")] = False,
) -> None:
    """Show what an import of these files would say, without touching a database; ends with 2 where one is refused."""
    from monitor import commands  # noqa: PLC0415 - commands load what they need

    good = commands.show_preview(kind, files, profile, option or [], language=language, as_json=as_json)
    raise typer.Exit(0 if good else REFUSED)


def pseudonym(
    login: Annotated[str, typer.Argument(help="Login name, as the print server knows it.")],
    source: Annotated[str | None, typer.Option("--source", help="Code of a source with a key of its own.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder (default: jieyue-data).")] = None,
) -> None:
    """Print what stands for a person in print logs, so that it can be made a meter's alias."""
    from monitor import commands  # noqa: PLC0415 - commands load what they need

    settings = Settings.load(flags={"data": data} if data is not None else {})
    typer.echo(commands.pseudonym_of(settings, login, source))
