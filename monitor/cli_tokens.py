"""`jieyue token`: keys for programs, made and ended on the machine itself."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.domain.access import Actor
from monitor.i18n import N_, both

COMMAND = Actor(None, "command", system=True)
Open = Callable[[Path | None], AbstractContextManager[Database]]
Data = Annotated[Path | None, typer.Option("--data", help="Data folder (default: jieyue-data).")]
Scope = Annotated[
    list[str] | None, typer.Option("--scope", help="Repeatable: read:units, read:meters … (default: all).")
]
Unit = Annotated[str | None, typer.Option("--unit", help="Limit it to this unit and what is below it.")]
Days = Annotated[int, typer.Option("--days", help="Days until it expires, at most 731.")]
SHOWN_ONCE = N_("Token of {login}, valid until {until} (shown once): {token}")
REVOKED = N_("The token is revoked.")


def _made(
    session: Session, login: str, name: str, scopes: list[str] | None, *, unit: str | None, until: datetime
) -> str:
    from monitor.queries import scope  # noqa: PLC0415 - commands load what they need
    from monitor.services import accounts, tokens  # noqa: PLC0415 - as above

    user_id = accounts.find_user(session, COMMAND, login)
    unit_id = None if unit is None else scope.unit_by_code(session, COMMAND, unit).id
    wanted = scopes or tokens.SCOPES
    _, token = tokens.create(session, COMMAND, name, wanted, expires_at=until, unit_id=unit_id, user_id=user_id)
    return token


def build(opened: Open) -> typer.Typer:
    """Give the commands, working on the database that `opened` opens."""
    app = typer.Typer(no_args_is_help=True, help="Keys for programs that read /api/v1.")

    @app.command("add")
    def add(  # noqa: PLR0917 - typer's way of naming options
        login: str,
        name: Annotated[str, typer.Argument(help="What uses it.")],
        scopes: Scope = None,
        unit: Unit = None,
        days: Days = 365,
        data: Data = None,
    ) -> None:
        """Make a token that may read what this person may; it is shown once."""
        until = datetime.now(UTC) + timedelta(days=min(days, 10_000))
        with opened(data) as database, database.session(write=True) as session:
            token = _made(session, login, name, scopes, unit=unit, until=until)
        typer.echo(both(SHOWN_ONCE, login=login, until=until.date().isoformat(), token=token))

    @app.command("list")
    def show(data: Data = None) -> None:
        """List all tokens: number, person, name, first characters, scopes, unit, state, expiry, last use."""
        from monitor.services import tokens  # noqa: PLC0415 - commands load what they need

        now = datetime.now(UTC)
        with opened(data) as database, database.session() as session:
            rows = tokens.list_all(session, COMMAND)
        for row in rows:
            used = "" if row.used_at is None else row.used_at.isoformat()
            cells = (row.id, row.login, row.name, f"{row.prefix}…", ",".join(row.scopes), row.unit_code, row.state(now))
            typer.echo("\t".join([*map(str, cells), row.expires_at.date().isoformat(), used]))

    @app.command("revoke")
    def revoke(number: Annotated[int, typer.Argument(help="Its number in the list.")], data: Data = None) -> None:
        """End a token at once."""
        from monitor.services import tokens  # noqa: PLC0415 - commands load what they need

        with opened(data) as database, database.session(write=True) as session:
            tokens.revoke(session, COMMAND, number)
        typer.echo(both(REVOKED))

    return app
