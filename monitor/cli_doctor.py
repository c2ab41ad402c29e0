"""`jieyue doctor`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from monitor.settings import Settings

Data = Annotated[Path | None, typer.Option("--data", help="Data folder (default: jieyue-data).")]


def add(app: typer.Typer) -> None:
    """Put the command among the others."""

    @app.command()
    def doctor(
        as_json: Annotated[bool, typer.Option("--json", help="Print all findings as JSON.")] = False, data: Data = None
    ) -> None:
        """Look at everything an operator asks about; ends with 1 where something needs mending."""
        from monitor.database.engine import Database  # noqa: PLC0415 - commands load what they need
        from monitor.doctor import examine  # noqa: PLC0415 - as above

        settings = Settings.load(flags={"data": data} if data is not None else {})
        found = []
        with Database(settings.database_url) as database:
            for one in examine(settings, database):
                found.append(one)
                if not as_json:
                    typer.echo(one.to_text())
        if as_json:
            typer.echo(json.dumps([one.to_json() for one in found], ensure_ascii=False, indent=2))
        raise typer.Exit(0 if all(one.well for one in found) else 1)
