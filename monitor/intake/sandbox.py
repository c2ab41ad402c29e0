"""Parses foreign bytes in a subprocess with limits on memory, processor time and wall clock.

A poisoned file costs one receipt, never the service. Where the system knows no such limits (Windows, macOS) the subprocess
and the wall clock remain; `limits()` says what holds here.
"""

import json
import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from monitor.errors import DocumentRefused, JieyueError
from monitor.intake import wire
from monitor.intake.contract import Chunk, Document

if sys.platform != "win32":
    import resource
PRELOAD = ["monitor.intake.sandbox", "importers.tabular"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a parser may use: memory beyond its start, seconds of processor time and of wall clock per chunk."""

    memory: int = 1 << 30
    seconds: float = 30.0


DEFAULT = Limits()


def limits() -> str:
    """Say in one word which limits hold on this system: `full` or `time` (no limit on memory)."""
    return "full" if sys.platform.startswith("linux") else "time"


def parse(kind: str, options: dict[str, Any], document: Document, limit: Limits = DEFAULT) -> Iterator[Chunk]:
    """Parse a document in a subprocess, chunk by chunk. Raises what the importer raised, or DocumentRefused."""
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    order = json.dumps({"kind": kind, "options": options, "name": document.name, "path": str(document.path)})
    child = context.Process(target=_child, args=(theirs, order, limit), daemon=True)  # type: ignore[attr-defined]
    child.start()
    theirs.close()
    try:
        yield from _listen(ours, child, document, limit)
    finally:
        ours.close()
        child.kill() if child.is_alive() else None
        child.join()
        child.close()


def _context() -> BaseContext:
    """Fork from a server that has pandas already (a threaded process must not fork itself); else spawn."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    return context


def _listen(ours: Connection, child: BaseProcess, document: Document, limit: Limits) -> Iterator[Chunk]:
    while True:
        if not ours.poll(limit.seconds):
            raise DocumentRefused(
                "PARSER_TOO_SLOW",
                "{file}: reading it took more than {seconds} seconds without a result; it was given up.",
                file=document.name,
                seconds=round(limit.seconds),
            )
        try:
            header = wire.receive_header(ours)
            if "end" in header:
                return
            if "error" in header:
                raise _error(header, document)
            yield wire.receive(ours, header)
        except EOFError:
            child.join(5)
            raise _died(child.exitcode, document) from None


def _died(exitcode: int | None, document: Document) -> DocumentRefused:
    return DocumentRefused(
        "PARSER_DIED",
        "{file}: the reader died of it (signal or exit code {exitcode}); the file is damaged or needs too much memory.",
        file=document.name,
        exitcode=exitcode,
    )


def _error(header: dict[str, Any], document: Document) -> JieyueError:
    kinds = {cls.__name__: cls for cls in JieyueError.__subclasses__()}
    cls = kinds.get(str(header["error"]), DocumentRefused)
    return cls(str(header["code"]), str(header["template"]), **{"file": document.name, **header["data"]})


def _child(theirs: Connection, order: str, limit: Limits) -> None:
    """Run in the subprocess: limit itself, parse, send."""
    from monitor.intake import registry  # noqa: PLC0415 - only the child builds importers

    wanted = json.loads(order)
    try:
        _limit_memory(limit)
        _limit_processor(limit)
        importer = registry.build(wanted["kind"], wanted["options"])
        for chunk in importer.parse(Document(wanted["name"], Path(wanted["path"]))):
            wire.send(theirs, chunk)
            _limit_processor(limit)
        answer: dict[str, Any] = {"end": True}
    except JieyueError as error:
        answer = {
            "error": type(error).__name__,
            "code": error.code,
            "template": error.template,
            "data": {key: value if isinstance(value, int | float) else str(value) for key, value in error.data.items()},
        }
    except MemoryError:
        too_large = "{file}: reading it needs more memory than is allowed; split it into smaller files."
        answer = {"error": "DocumentRefused", "code": "DOCUMENT_TOO_LARGE", "template": too_large, "data": {}}
    except BrokenPipeError:
        return  # the parent has lost interest
    except Exception as error:  # noqa: BLE001 - whatever foreign bytes do to a reader is a refusal, named
        failed = "{file}: the reader failed ({reason}); the file is damaged or of another kind."
        reason = f"{type(error).__name__}: {error}"[:300]
        answer = {
            "error": "DocumentRefused",
            "code": "PARSER_FAILED",
            "template": failed,
            "data": {"reason": reason},
        }
    with suppress(BrokenPipeError):
        theirs.send_bytes(json.dumps(answer).encode())


def _limit_memory(limit: Limits) -> None:
    if sys.platform.startswith("linux"):
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + limit.memory, used + limit.memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_processor(limit: Limits) -> None:
    """Allow so many more seconds of processor time from now on."""
    if sys.platform != "win32":
        usage = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime + limit.seconds) + 1, -1))
