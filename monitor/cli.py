"""`jieyue`: the one list of commands, and the composition root: the only module that may know the dashboard."""

import traceback
from datetime import UTC, date, datetime
from importlib.metadata import version as version_of
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any

import typer
import typer.core
import typer.exceptions
from sqlalchemy.exc import DBAPIError

from monitor import cli_close, cli_doctor, cli_intake, cli_keep, cli_template, cli_tokens, logs
from monitor.database.engine import Database
from monitor.errors import ConfigurationError, JieyueError, NotFound
from monitor.i18n import N_, both, explain
from monitor.keeping.standing import opened, require_whole
from monitor.settings import Settings

FAILED = 2


class _Explained(typer.core.TyperGroup):
    """Says what went wrong in a sentence and ends with 2; a trace never reaches a user."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's signature
        """Run the command."""
        try:
            return super().invoke(ctx)
        except JieyueError as error:
            typer.echo(explain(error), err=True)
        except DBAPIError as error:
            problem = str(error.orig).partition("\n")[0]
            typer.echo(
                "[DATABASE_AWAY] " + both(N_("The database does not answer: {problem}"), problem=problem), err=True
            )
        except (typer.Exit, typer.Abort, typer.exceptions.TyperException):
            raise
        except OSError as error:
            typer.echo("[SYSTEM] " + both(N_("The system refused: {problem}"), problem=str(error)), err=True)
        except Exception:  # noqa: BLE001 - a trace is for us, not for the reader
            with NamedTemporaryFile("w", prefix="jieyue-", suffix=".log", delete=False, encoding="utf-8") as file:
                traceback.print_exc(file=file)
            said = N_("Something went wrong on our side; what happened is written down in {file}.")
            typer.echo("[UNEXPECTED] " + both(said, file=file.name), err=True)
        raise typer.Exit(FAILED)


app = typer.Typer(
    cls=_Explained,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Water, power and paper against saving targets.",
)
users = typer.Typer(no_args_is_help=True, help="People and their roles.")
db = typer.Typer(no_args_is_help=True, help="The database's schema.")
app.add_typer(users, name="user")
app.add_typer(db, name="db")

cli_intake.register(app)

Data = Annotated[Path | None, typer.Option("--data", help="Data folder (default: jieyue-data).")]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on (default: 127.0.0.1).")]
Port = Annotated[int | None, typer.Option("--port", help="Port to listen on (default: 8050; 0: any free one).")]
Json = Annotated[bool, typer.Option("--json", help="Print the documented JSON instead of a table.")]


def say(sentence: str, **data: object) -> None:
    """Print a sentence in both languages, at once."""
    typer.echo(both(sentence, **data))


def _settings(data: Path | None = None, host: str | None = None, port: int | None = None, **more: Any) -> Settings:  # noqa: ANN401 - a settings layer
    flags: dict[str, Any] = dict(more)
    if data is not None:
        flags["data"] = data
    web = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    settings = Settings.load(flags=flags | ({"web": web} if web else {}))
    for problem in settings.check():
        if problem.fatal:
            raise ConfigurationError(problem.id, problem.template, **problem.data)
        typer.echo(
            f"! [{problem.id}] {both(problem.template, **problem.data)} {both(problem.hint, **problem.data)}", err=True
        )
    return settings


app.add_typer(cli_tokens.build(lambda data: opened(_settings(data))), name="token")
app.add_typer(cli_template.build(lambda data: opened(_settings(data))), name="template")
cli_keep.add(app, _settings, opened)
cli_doctor.add(app)
cli_close.add(app, lambda data: opened(_settings(data)))


# ---------------------------------------------------------------- running


@app.command()
def up(data: Data = None, host: Host = None, port: Port = None) -> None:
    """Run scheduler and pages in one process, on your own data."""
    from monitor import process  # noqa: PLC0415 - commands load what they need

    settings = _settings(data, host, port)
    with process.only_one(settings.data / "up.lock"), opened(settings) as database:
        require_whole(database)
        _first_admin(database)
        _run(settings, database, each_tick=None)


@app.command()
def demo(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    anchor: Annotated[
        str | None,
        typer.Option(
            "--anchor",
            help="Day on whose morning the demo begins, YYYY-MM-DD (default: today); its data end the day before.",
        ),
    ] = None,
) -> None:
    """Run a fictitious compound: its files come in through the same importers as anyone's."""
    from monitor import process  # noqa: PLC0415 - commands load what they need
    from monitor.demo import drip, prepare  # noqa: PLC0415 - as above

    settings = _settings(data or Path("jieyue-demo"), host, port)
    last = date.fromisoformat(anchor) if anchor else settings.demo.anchor
    with process.only_one(settings.data / "up.lock"), opened(settings) as database:
        prepare(settings, database, anchor=last, progress=typer.echo)
        _first_admin(database)
        _run(settings, database, each_tick=lambda now: drip(settings, database, now))


def _first_admin(database: Database) -> None:
    from monitor.services import accounts  # noqa: PLC0415 - commands load what they need

    with database.session(write=True) as session:
        created = accounts.first_admin(session, datetime.now(UTC))
    if created is not None:
        say(N_("First sign-in (shown once): name {login}, password {password}"), login=created[0], password=created[1])


def _run(settings: Settings, database: Database, *, each_tick: Any) -> None:  # noqa: ANN401 - a function of the moment
    from monitor import process  # noqa: PLC0415 - commands load what they need
    from monitor.scheduling.scheduler import Scheduler  # noqa: PLC0415 - as above

    logs.begin(settings)
    beside = Scheduler(database, settings, each_tick=each_tick, alone=database.is_sqlite)
    process.serve(settings, _application(settings, database), beside=beside, announce=_announce)
    say(N_("Stopped; everything is in place for the next start."))


def _application(settings: Settings, database: Database) -> Any:  # noqa: ANN401 - a WSGI application
    from dashboard.app import create_app  # noqa: PLC0415 - the one place where the core meets the pages

    settings.secret_key()
    return create_app(settings, database).server


def _announce(address: str) -> None:
    say(N_("Open {address} in a browser. Ctrl-C ends."), address=address)


@app.command()
def web(data: Data = None, host: Host = None, port: Port = None) -> None:
    """Serve the pages alone; the scheduler runs elsewhere (PostgreSQL)."""
    from monitor import process  # noqa: PLC0415 - commands load what they need

    settings = _settings(data, host, port)
    with opened(settings) as database:
        require_whole(database)
        logs.begin(settings)
        _first_admin(database)
        process.serve(settings, _application(settings, database), beside=None, announce=_announce)


@app.command()
def scheduler(data: Data = None) -> None:
    """Run the schedule alone, beside `jieyue web`; several do no harm."""
    from monitor import process  # noqa: PLC0415 - commands load what they need
    from monitor.scheduling.scheduler import Scheduler  # noqa: PLC0415 - as above

    settings = _settings(data)
    with opened(settings) as database, process.alone_on(database, settings) as alone:
        require_whole(database)
        logs.begin(settings)
        process.wait(Scheduler(database, settings, alone=alone))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(version_of("jieyue"))


@db.command("upgrade")
def db_upgrade(
    no_copy: Annotated[bool, typer.Option("--no-copy", help="Do not copy the SQLite file first.")] = False,
    data: Data = None,
) -> None:
    """Bring the schema to this version's; a SQLite file is copied to DATA/backups first."""
    with opened(_settings(data), copy=not no_copy):
        say(N_("The database is up to date."))


# ---------------------------------------------------------------- data


@app.command()
def setup(site: Annotated[Path, typer.Argument(help="Site file (TOML).")], data: Data = None) -> None:
    """Create or change organisation, meters, sources and targets from a site file; doing it twice changes nothing."""
    from monitor.domain.access import Actor  # noqa: PLC0415 - commands load what they need
    from monitor.services import accounts  # noqa: PLC0415 - as above
    from monitor.services.setup import apply_site, load_site  # noqa: PLC0415 - as above

    spec = load_site(site)
    with opened(_settings(data)) as database, database.session(write=True) as session:
        changes = apply_site(session, Actor(None, "command", system=True), spec)
        accounts.adopt_roots(session)
    for sign, subjects in (("+", changes.created), ("~", changes.changed), ("-", changes.removed)):
        for subject in subjects:
            typer.echo(f"{sign} {subject}")
    say(
        N_("{created} created, {changed} changed, {removed} removed, {same} the same."),
        created=len(changes.created),
        changed=len(changes.changed),
        removed=len(changes.removed),
        same=changes.same,
    )


@app.command()
def rebuild(
    meters: Annotated[list[str] | None, typer.Argument(help="Meter codes (default: all).")] = None, data: Data = None
) -> None:
    """Derive daily consumption anew from the readings."""
    from sqlalchemy import select  # noqa: PLC0415 - commands load what they need

    from monitor.database import readings, state  # noqa: PLC0415 - as above
    from monitor.database.tables import Meter  # noqa: PLC0415 - as above

    with opened(_settings(data)) as database:
        with database.session() as session:
            found = select(Meter.code, Meter.id).order_by(Meter.code)
            known = {row.code: row.id for row in session.execute(found)}
        for code in meters or known:
            if code not in known:
                raise NotFound("NO_SUCH_METER", N_("There is no meter {meter}."), meter=code)
        days = 0
        for code in meters or known:
            with database.session(write=True) as session:  # one short transaction per meter
                days += readings.rebuild_meters(session, [known[code]])
                state.bump_data_version(session)
        say(N_("{meters} meters, {days} days derived anew."), meters=len(meters or known), days=days)


@app.command()
def report(  # noqa: PLR0917 - typer's way of naming options
    month: Annotated[str, typer.Argument(help="Month, YYYY-MM.")],
    unit: Annotated[str | None, typer.Option("--unit", help="Unit code (default: the top unit).")] = None,
    language: Annotated[str, typer.Option("--language", help="zh or en.")] = "zh",
    form: Annotated[str, typer.Option("--format", help="html, xlsx (Excel), pdf or docx (Word).")] = "html",
    out: Annotated[Path | None, typer.Option("--out", help="File to write (default: standard output).")] = None,
    send: Annotated[bool, typer.Option("--send", help="Mail it to mail.recipients.")] = False,
    data: Data = None,
) -> None:
    """Make the monthly target report."""
    from monitor import commands  # noqa: PLC0415 - commands load what they need

    settings = _settings(data)
    with opened(settings) as database:
        content = commands.make_report(
            settings, database, month=month, unit=unit, language=language, send=send, form=form
        )
    if out is not None:
        out.write_bytes(content)
    elif not send:
        typer.echo(content.decode("utf-8") if form == "html" else content, nl=form == "html")


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Files to import.")],
    source: Annotated[str, typer.Option("--source", help="Code of the source they belong to.")],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Import files by hand as documents of a source; ends with 2 where one was refused."""
    from monitor import commands  # noqa: PLC0415 - commands load what they need

    settings = _settings(data)
    with opened(settings) as database:
        good = commands.import_files(settings, database, source, files, as_json=as_json)
    raise typer.Exit(0 if good else FAILED)


# ---------------------------------------------------------------- people


@users.command("add")
def user_add(login: str, name: str, email: Annotated[str, typer.Option("--email")] = "", data: Data = None) -> None:
    """Add a person with a generated password, shown once."""
    from monitor import commands  # noqa: PLC0415 - commands load what they need

    with opened(_settings(data)) as database:
        password = commands.add_user(database, login, name, email)
    say(N_("Password of {login} (shown once): {password}"), login=login, password=password)


@users.command("list")
def user_list(data: Data = None) -> None:
    """List people with their roles."""
    from monitor import commands  # noqa: PLC0415 - commands load what they need

    with opened(_settings(data)) as database:
        for line in commands.user_lines(database):
            typer.echo(line)


@users.command("grant")
def user_grant(
    login: str,
    unit: str,
    role: Annotated[str, typer.Argument(help="viewer, editor, manager, admin, or none.")],
    data: Data = None,
) -> None:
    """Give a person a role on a unit and what is below it; `none` takes it away."""
    from monitor import commands  # noqa: PLC0415 - commands load what they need

    with opened(_settings(data)) as database:
        commands.grant_role(database, login, unit, role)


@users.command("password")
def user_password(login: str, data: Data = None) -> None:
    """Give a person a new generated password; all their sessions end."""
    from monitor import commands  # noqa: PLC0415 - commands load what they need

    with opened(_settings(data)) as database:
        password = commands.new_password(database, login)
    say(N_("Password of {login} (shown once): {password}"), login=login, password=password)


@users.command("disable")
def user_disable(
    login: str,
    enable: Annotated[bool, typer.Option("--enable", help="Let the person in again.")] = False,
    data: Data = None,
) -> None:
    """Shut a person out at once."""
    from monitor import commands  # noqa: PLC0415 - commands load what they need

    with opened(_settings(data)) as database:
        commands.disable(database, login, disabled=not enable)


def main() -> None:
    """Run the command line."""
    app()
