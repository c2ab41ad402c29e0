"""`jieyue template`: the organisation as an Excel workbook, out and in; forms for readings, bills, months and paper issued."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.database.engine import Database
from monitor.domain.access import Actor
from monitor.i18n import N_, both

COMMAND = Actor(None, "command", system=True)
Open = Callable[[Path | None], AbstractContextManager[Database]]
Data = Annotated[Path | None, typer.Option("--data", help="Data folder (default: jieyue-data).")]
File = Annotated[Path, typer.Argument(help="Excel workbook (.xlsx).")]
Present = Annotated[bool, typer.Option("--present", help="With the present organisation in place of examples.")]
Look = Annotated[bool, typer.Option("--check", help="Only say what is wrong; change nothing.")]
Language = Annotated[str, typer.Option("--language", help="zh or en.")]
WRITTEN = N_("{file} is written; fill it in and read it with: jieyue template apply {file}")
WRONG = N_("Nothing was changed: {count} cells are to be mended.")
RIGHT = N_("Every row was understood: {units} units, {places} places, {meters} meters.")
FORM_WRITTEN = N_("The template is written to {file}.")
FORMS = {
    "readings": "Hand readings to fill in: each meter with its last reading.",
    "bills": "Bills to fill in.",
    "months": "Use of months to fill in.",
    "paper-issued": "Packs of paper issued, to fill in.",
}
DONE = N_("{created} created, {changed} changed, {removed} removed, {same} the same.")


def build(opened: Open) -> typer.Typer:
    """Give the commands, working on the database that `opened` opens."""
    app = typer.Typer(no_args_is_help=True, help="The organisation as an Excel workbook.")

    @app.command("organisation")
    def organisation(file: File, present: Present = False, data: Data = None) -> None:
        """Write the template: units, head counts and areas, places, meters, shares."""
        from monitor.services import template  # noqa: PLC0415 - commands load what they need

        content = template.blank()
        if present:
            with opened(data) as database, database.session() as session:
                content = template.export(session, COMMAND)
        file.write_bytes(content)
        typer.echo(both(WRITTEN, file=str(file)))

    @app.command("apply")
    def apply(file: File, check: Look = False, data: Data = None) -> None:
        """Read a filled-in template: all that is wrong at once, or all of it applied; doing it twice changes nothing."""
        from monitor.services import accounts, template  # noqa: PLC0415 - commands load what they need

        content = file.read_bytes()
        with opened(data) as database, database.session(write=True) as session:
            found = template.look(session, COMMAND, content, file.name)
            for problem in found.problems:
                typer.echo(f"[{problem.code}] {problem.both()}", err=True)
            if found.problems:
                typer.echo(both(WRONG, count=len(found.problems)), err=True)
                raise typer.Exit(1)
            units = len(found.spec.all_units())
            typer.echo(both(RIGHT, units=units, places=len(found.spec.places), meters=len(found.spec.meters)))
            if check:
                return
            changes = template.take(session, COMMAND, found.spec)
            accounts.adopt_roots(session)
        counts = {name: len(getattr(changes, name)) for name in ("created", "changed", "removed")}
        typer.echo(both(DONE, **counts, same=changes.same))

    for kind, about in FORMS.items():
        app.command(kind, help=about)(_form(opened, kind))
    return app


def _form(opened: Open, kind: str) -> Callable[[Path, str, Path | None], None]:
    def write(file: File, language: Language = "zh", data: Data = None) -> None:
        from monitor.reports import forms  # noqa: PLC0415 - commands load what they need

        with opened(data) as database, database.session() as session:
            content = forms.make(session, COMMAND, kind, language, now=datetime.now().astimezone())
        file.write_bytes(content)
        typer.echo(both(FORM_WRITTEN, file=str(file)))

    return write
