"""`python -m bench [--rows N]`: floor and product in turn, the ratio beside its goal, the peak of memory."""

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.data import write

MEGABYTE = 1024
GOAL_IMPORT, GOAL_AGAIN, GOAL_MEMORY = 0.6, 0.6, 1024
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


def measure(module: str, *arguments: Path) -> Measured:
    """Run a module in a process of its own."""
    command = [sys.executable, "-c", RUNNER, module, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{module} failed:\n{done.stderr}")
    peak = re.search(r"^PEAK (\d+) (\d+)$", done.stdout, re.MULTILINE)
    figures = next(line for line in done.stdout.splitlines() if not line.startswith("PEAK")).split()
    own, child = (int(number) // MEGABYTE for number in peak.groups()) if peak else (0, 0)
    return Measured(float(figures[0]), figures[1:4], own, max(child, int(figures[4]) if len(figures) > 4 else 0))


def line(work: str, floor: Measured, product: Measured, goal: float) -> str:
    """Write a row of the table."""
    ratio = floor.seconds / product.seconds
    verdict = "reached" if ratio >= goal else "not reached"
    return f"{work:<46}{floor.seconds:>9.2f}{product.seconds:>11.2f}{ratio:>8.2f}   ≥ {goal:.2f}  {verdict}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the file (1,000,000)")
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="jieyue-bench-") as name:
        folder = Path(name)
        source, other = folder / "readings.csv", folder / "resaved.csv"
        total = write(source, rows)
        other.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
        floor = measure("bench.floor", source, folder / "floor.db")
        product = measure("bench.product", source, folder / "product.db")
        again = measure("bench.product", other, folder / "product.db")
    if product.rest != [str(rows), str(total), str(total)]:
        sys.exit(f"the product is wrong: {product.rest} instead of {[rows, total, total]}")
    if again.rest[0] != "0":
        sys.exit(f"the same rows again brought {again.rest[0]} new ones")
    print(f"CSV → SQLite, {rows:,} rows of 1,000 meters in time order; seconds\n")
    print(f"{'work':<46}{'floor s':>9}{'product s':>11}{'ratio':>8}   goal")
    print(line("whole import, derived days, receipt", floor, product, GOAL_IMPORT))
    print(line("the same rows in another file (first floor)", floor, again, GOAL_AGAIN))
    peak = max(product.peak, product.child, again.peak, again.child)
    verdict = "reached" if product.peak + product.child < GOAL_MEMORY else "not reached"
    print(
        f"\npeak MB: import {product.peak} + its parser {product.child} (goal together < {GOAL_MEMORY}: {verdict});",
        end=" ",
    )
    print(f"same rows again {again.peak} + {again.child}; floor {floor.peak}; largest process {peak}")


if __name__ == "__main__":
    main()
