"""`jieyue close` and `reopen`: a month, as on the page Data."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.domain.access import SYSTEM
from monitor.domain.periods import Month
from monitor.errors import ConfigurationError
from monitor.i18n import N_, both

Open = Callable[[Path | None], AbstractContextManager[Database]]
Data = Annotated[Path | None, typer.Option("--data", help="Data folder (default: jieyue-data).")]
Unit = Annotated[str, typer.Option("--unit", help="Code of the unit (default: the whole organisation).")]
NO_MONTH = N_("'{value}' is not a month such as 2026-05.")
CLOSED, REOPENED = N_("{month} of {unit} is closed."), N_("{month} of {unit} is open again.")


def add(app: typer.Typer, opened: Open) -> None:
    """Put the commands among the others."""

    @app.command()
    def close(
        month: str,
        unit: Unit = "",
        note: Annotated[str, typer.Option("--note", help="Why, where the check list is not empty.")] = "",
        data: Data = None,
    ) -> None:
        """Close a month: its figures are kept, and nobody changes them by hand any more."""
        from monitor.services import closing  # noqa: PLC0415 - commands load what they need

        with opened(data) as database, database.session(write=True) as session:
            unit_id, name = _unit(session, unit)
            closing.close(session, SYSTEM, unit_id, _month(month), note)
        typer.echo(both(CLOSED, month=month, unit=name))

    @app.command()
    def reopen(
        month: str,
        reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the history.")],
        unit: Unit = "",
        data: Data = None,
    ) -> None:
        """Reopen a closed month with a reason."""
        from monitor.services import closing  # noqa: PLC0415 - commands load what they need

        with opened(data) as database, database.session(write=True) as session:
            unit_id, name = _unit(session, unit)
            closing.reopen(session, SYSTEM, unit_id, _month(month), reason)
        typer.echo(both(REOPENED, month=month, unit=name))


def _month(text: str) -> Month:
    try:
        month = Month.parse(text)
    except ValueError:
        month = None
    if month is None or not 1990 <= month.year <= 9998:  # noqa: PLR2004 - no meter data before, no calendar after
        raise ConfigurationError("NOT_A_MONTH", NO_MONTH, value=text[:40])
    return month


def _unit(session: Session, code: str) -> tuple[int, str]:
    from monitor.queries import scope  # noqa: PLC0415 - commands load what they need

    row = scope.unit_by_code(session, SYSTEM, code or scope.units(session, SYSTEM)[0].code)
    return row.id, row.code
