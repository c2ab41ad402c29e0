"""Parses foreign bytes in a subprocess with limits on memory, processor time and wall clock.

A poisoned file costs one receipt, never the service. A worker that has read a document to its end takes the next one; one
that failed, ran out of time or was given up is killed. Where the system knows no limit on memory (Windows, macOS) the
subprocess and the wall clock remain; `limits()` says what holds here.
"""

import atexit
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from monitor.errors import DocumentRefused, JieyueError
from monitor.intake import wire
from monitor.intake.contract import Chunk, Document

WHOLE = 32 << 20  # bytes
AHEAD = 4  # chunks that wait to be stored
DOCUMENTS_EACH = 500  # then a worker is replaced, so that nothing can pile up in it


@dataclass(frozen=True, slots=True)
class Limits:
    """What a parser may use: memory beyond its start, seconds of processor time and of wall clock per chunk."""

    memory: int = 1 << 30
    seconds: float = 30.0


DEFAULT = Limits()


def ample(limit: Limits, file: Path) -> Limits:
    """Give more time to a large file that is read as a whole before its first result: as much again for each 32 MB."""
    more = file.stat().st_size // WHOLE
    return Limits(limit.memory, limit.seconds * (1 + more)) if more else limit


def limits() -> str:
    """Say in one word which limits hold on this system: `full` or `time` (no limit on memory)."""
    return "full" if sys.platform.startswith("linux") else "time"


def parse(kind: str, options: dict[str, Any], document: Document, limit: Limits = DEFAULT) -> Iterator[Chunk]:
    """Parse a document in a subprocess, chunk by chunk. Raises what the importer raised, or DocumentRefused."""
    yield from _answers(kind, options, document, limit, {})


def _answers(
    kind: str, options: dict[str, Any], document: Document, limit: Limits, more: dict[str, str]
) -> Iterator[Chunk]:
    worker = _take(limit)
    done = False
    try:
        worker.order({"kind": kind, "options": options, "name": document.name, "path": str(document.path), **more})
        yield from _ahead(worker, document)
        done = True
    except JieyueError as error:
        done = error.code not in {"PARSER_TOO_SLOW", "PARSER_DIED", "PARSER_GARBLED", "DOCUMENT_TOO_LARGE"}
        raise
    finally:
        _give_back(worker, fit=done)


def scrub(  # noqa: PLR0917 - parse's arguments and where to
    kind: str, options: dict[str, Any], document: Document, target: Path, secret: bytes, limit: Limits = DEFAULT
) -> None:
    """Let the importer write a document without titles and names to `target`. Raises as `parse` does."""
    more = {"target": str(target), "secret": secret.hex()}
    for _ in _answers(kind, options, document, ample(limit, document.path), more):
        raise DocumentRefused("PARSER_GARBLED", wire.GARBLED)


def parse_clean(
    kind: str, options: dict[str, Any], document: Document, secret: bytes | None, limit: Limits = DEFAULT
) -> Iterator[Chunk]:
    """Parse a document after it was freed of titles and names, where there is a secret for it; nothing is kept."""
    if secret is None:
        yield from parse(kind, options, document, limit)
        return
    with tempfile.TemporaryDirectory(prefix="jieyue-") as folder:
        clean = Path(folder) / "clean"
        scrub(kind, options, document, clean, secret, limit)
        yield from parse(kind, options, Document(document.name, clean), ample(limit, clean))


def _ahead(worker: "Worker", document: Document) -> Iterator[Chunk]:
    """Read some chunks ahead, so that the worker parses while its last ones are stored."""
    box: queue.Queue[Chunk | JieyueError | None] = queue.Queue(maxsize=AHEAD)
    given_up = threading.Event()

    def read() -> None:
        found: Chunk | JieyueError | None = None
        while not given_up.is_set():
            try:
                found = worker.next(document)
            except JieyueError as error:
                found = error
            box.put(found)
            if not isinstance(found, Chunk):
                return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    ended = False
    try:
        while isinstance(found := box.get(), Chunk):
            yield found
        ended = True
        if found is not None:
            raise found
    finally:
        if not ended:
            given_up.set()
            worker.process.kill()
        while reader.is_alive():
            with suppress(queue.Empty):
                box.get(timeout=0.05)
        reader.join()


class Worker:
    """One subprocess; orders go in as lines of JSON, chunks come out as `wire` has them."""

    def __init__(self, limit: Limits) -> None:
        self.limit = limit
        self.path = list(sys.path)
        self.documents = 0
        self.late = False
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(p for p in self.path if p),
            "PYTHONIOENCODING": "utf-8",
        }
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # threads would only map memory
        self.process = subprocess.Popen(  # noqa: S603 - our own module, nothing of the file is in the command
            [sys.executable, "-m", "monitor.intake.worker", json.dumps(asdict(limit))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def order(self, wanted: dict[str, Any]) -> None:
        """Ask for a document."""
        self.documents += 1
        assert self.process.stdin is not None  # noqa: S101 - we asked for a pipe
        with suppress(BrokenPipeError):  # it died between documents: its answer says so
            self.process.stdin.write(json.dumps(wanted).encode() + b"\n")
            self.process.stdin.flush()

    def next(self, document: Document) -> Chunk | None:
        """Wait for the next chunk; None at the end. The wall clock runs from here to the chunk's last byte."""
        stream = cast("BinaryIO", self.process.stdout)
        watch = threading.Timer(self.limit.seconds, self._too_late)
        watch.daemon = True
        watch.start()
        try:
            header = wire.receive_header(stream)
            if "end" in header:
                return None
            if "error" in header:
                raise _error(header, document)
            return wire.receive(stream, header)
        except EOFError:
            raise self._ended(document) from None
        finally:
            watch.cancel()

    def _too_late(self) -> None:
        self.late = True
        self.process.kill()

    def _ended(self, document: Document) -> DocumentRefused:
        exitcode = self.process.wait()
        if self.late:
            return DocumentRefused(
                "PARSER_TOO_SLOW",
                "{file}: reading it took more than {seconds} seconds without a result; it was given up. Split it into smaller files.",
                file=document.name,
                seconds=round(self.limit.seconds),
            )
        return DocumentRefused(
            "PARSER_DIED",
            "{file}: the reader died of it (exit code {exitcode}); the file is damaged or needs too much memory. "
            "Save it anew from the program it comes from, or split it.",
            file=document.name,
            exitcode=exitcode,
        )

    def stop(self) -> None:
        """End the subprocess and wait for it."""
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                stream.close() if stream else None
        self.process.wait()


_idle: list[Worker] = []
_lock = threading.Lock()


def _take(limit: Limits) -> Worker:
    with _lock:
        for worker in _idle:
            if worker.limit == limit and worker.path == sys.path and worker.process.poll() is None:
                _idle.remove(worker)
                return worker
    return Worker(limit)


def _give_back(worker: Worker, *, fit: bool) -> None:
    spare: list[Worker] = []
    with _lock:
        if fit and worker.documents < DOCUMENTS_EACH and worker.process.poll() is None:
            spare = list(_idle)
            _idle[:] = [worker]  # one waits, however many ran at once
        else:
            spare = [worker]
    for one in spare:
        one.stop()


@atexit.register
def close() -> None:
    """End the waiting worker."""
    with _lock:
        waiting, _idle[:] = list(_idle), []
    for worker in waiting:
        worker.stop()


def _error(header: dict[str, Any], document: Document) -> JieyueError:
    kinds = {cls.__name__: cls for cls in JieyueError.__subclasses__()}
    cls = kinds.get(str(header["error"]), DocumentRefused)
    return cls(str(header["code"]), str(header["template"]), **{"file": document.name, **header["data"]})
