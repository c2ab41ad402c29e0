"""One process: the lock against a second one, the web server, the scheduler's thread, and a clean end."""

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from wsgiref.types import WSGIApplication

from waitress.server import create_server

from monitor.database.engine import Database
from monitor.errors import ResourceBusy, SourceUnavailable
from monitor.i18n import N_
from monitor.settings import Settings

LARGEST_BODY = 21 * 1024 * 1024  # a file of 20 MB in a form; more is not even put on the disk
LARGEST_HEADERS = 64 * 1024
SPARE_FILES = 300  # beside the connections: databases, documents, what is being read


class Stoppable(Protocol):
    """What runs beside the web server."""

    def start(self) -> None:
        """Begin in a thread of its own."""

    def stop(self) -> None:
        """End soon."""


@contextmanager
def only_one(file: Path) -> Iterator[None]:
    """Hold a lock as long as the process lives; ResourceBusy where another process holds it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, file)
        yield
    finally:
        os.close(handle)


@contextmanager
def alone_on(database: Database, settings: Settings) -> Iterator[bool]:
    """Keep a second scheduler off a SQLite file; on a server any number may run. Tells whether this is the only one."""
    if not database.is_sqlite:
        yield False
        return
    with only_one(settings.data / "up.lock"):
        yield True


def _lock(handle: int, file: Path) -> None:
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:  # pragma: no cover - Windows has no flock; SQLite's own locks still hold
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ResourceBusy(
            "ALREADY_RUNNING",
            N_("Jieyue is already running on these data ({folder}); stop it first, or use another data folder."),
            folder=str(file.parent),
        ) from error


class _Ended(BaseException):
    """Raised in the main thread by SIGTERM or SIGINT."""


@contextmanager
def _signals() -> Iterator[None]:
    def end(_number: int, _frame: object) -> None:
        raise _Ended

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _Ended:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def settle() -> None:
    """Spare the collector of garbage what a process has loaded at its start: else work sets off rounds through all of it."""
    gc.collect()
    gc.freeze()


def many_files(wanted: int) -> None:
    """Let this process hold so many files open: the usual limit of 1,024 is below the connections allowed."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:  # pragma: no cover - Windows counts otherwise
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def serve(
    settings: Settings, application: WSGIApplication, *, beside: Stoppable | None, announce: Callable[[str], None]
) -> None:
    """Serve a WSGI application until SIGINT or SIGTERM; `announce` gets the address once it answers."""
    web = settings.web
    many_files(web.connections + SPARE_FILES)
    try:
        server = create_server(
            application,
            host=web.host,
            port=web.port,
            threads=web.threads,
            connection_limit=web.connections,
            ident=None,
            asyncore_use_poll=True,  # select() ends at 1,023 open files, and the process with it
            max_request_body_size=LARGEST_BODY,
            max_request_header_size=LARGEST_HEADERS,
            clear_untrusted_proxy_headers=False,  # web.trusted_proxies says which are believed; the application takes the rest away
        )
    except OSError as error:
        raise SourceUnavailable(
            "PORT_TAKEN",
            N_("Port {port} on {host} cannot be used ({problem}); choose another with --port."),
            port=web.port,
            host=web.host,
            problem=error.strerror or str(error),
        ) from error
    try:
        settle()
        with _signals():
            if beside is not None:
                beside.start()
            shown = "127.0.0.1" if web.host in {"0.0.0.0", "::"} else web.host  # noqa: S104 - shown, not bound
            announce(f"http://{shown}:{server.effective_port}/")
            server.run()
    finally:
        server.task_dispatcher.shutdown()
        server.close()
        if beside is not None:
            beside.stop()


def wait(beside: Stoppable) -> None:
    """Run without pages until SIGINT or SIGTERM."""
    try:
        settle()
        with _signals():
            beside.start()
            threading.Event().wait()
    finally:
        beside.stop()
