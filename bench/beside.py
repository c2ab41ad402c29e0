"""A large import into a database whose pages are being read. `python -m bench.beside FILE.csv FOLDER`; says when it begins and ends.

It waits for a line before it begins, so that setting up its meters is not part of what is measured.
"""

import sys
import tempfile
import time
from pathlib import Path

from bench.product import NOW, WARM, prepare
from monitor.database.engine import Database
from monitor.domain.access import SYSTEM
from monitor.intake.pipeline import import_file


def main(path: Path, folder: Path) -> None:
    archive = Path(tempfile.mkdtemp(dir=path.parent))
    with Database(f"sqlite:///{folder / 'jieyue.db'}") as database:
        source = prepare(database, place="beside")
        warm = path.parent / f"warm-{time.time_ns()}.csv"
        warm.write_text(WARM.format(value=time.time_ns() % 1_000_000), encoding="ascii")
        import_file(database, source, warm, actor=SYSTEM, trigger="schedule", now=NOW, archive=archive)
        print("ready", flush=True)
        sys.stdin.readline()
        receipt = import_file(database, source, path, actor=SYSTEM, trigger="schedule", now=NOW, archive=archive)
    if receipt.state != "done":
        sys.exit(f"the import ended as {receipt.state}: {receipt.error}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
