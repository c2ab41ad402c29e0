"""The subprocess of the sandbox: limits itself, then parses one document after the other."""

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from monitor.errors import JieyueError
from monitor.intake import registry, wire
from monitor.intake.contract import N_, Document
from monitor.intake.pseudonyms import pseudonym

if sys.platform != "win32":
    import resource

TOO_LARGE = N_("{file}: reading it needs more memory than is allowed; split it into smaller files.")
FAILED = N_("{file}: the reader failed ({reason}); the file is damaged or of another kind.")


def main() -> None:
    """Take orders from standard input until it ends; standard output is the wire, whatever libraries print."""
    limit = json.loads(sys.argv[1])
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        registry.importers()  # load before the limit on memory counts
        _limit_memory(int(limit["memory"]))
        for line in sys.stdin.buffer:
            _limit_processor(float(limit["seconds"]))
            wire.send_end(out, _work(out, json.loads(line), float(limit["seconds"])))


def _work(out: BinaryIO, wanted: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Parse a document and send its chunks, or free it of titles and names; give how it ended."""
    target = wanted.get("target")
    try:
        importer = registry.build(wanted["kind"], wanted["options"])
        if target:
            stands_for = partial(pseudonym, bytes.fromhex(wanted["secret"]))
            importer.scrub(Document(wanted["name"], Path(wanted["path"])), Path(target), stands_for)
            return {"end": True}
        for chunk in importer.parse(Document(wanted["name"], Path(wanted["path"]))):
            wire.send(out, chunk)
            _limit_processor(seconds)
    except JieyueError as error:
        data = {key: value if isinstance(value, int | float) else str(value) for key, value in error.data.items()}
        return {"error": type(error).__name__, "code": error.code, "template": error.template, "data": data}
    except MemoryError:
        return {"error": "DocumentRefused", "code": "DOCUMENT_TOO_LARGE", "template": TOO_LARGE, "data": {}}
    except BrokenPipeError:
        sys.exit(0)  # the parent has lost interest
    except Exception as error:  # noqa: BLE001 - whatever foreign bytes do to a reader is a refusal, named
        # What a message of a library quotes may be a title or a name: of a document not yet freed of them only the kind is told.
        reason = {"reason": type(error).__name__ if target else f"{type(error).__name__}: {error}"[:300]}
        return {"error": "DocumentRefused", "code": "PARSER_FAILED", "template": FAILED, "data": reason}
    return {"end": True}


def _limit_memory(memory: int) -> None:
    if sys.platform.startswith("linux"):
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_processor(seconds: float) -> None:
    """Allow so many more seconds of processor time from now on."""
    if sys.platform != "win32":
        usage = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(
            resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime + seconds) + 1, resource.RLIM_INFINITY)
        )


if __name__ == "__main__":
    main()
