"""A service under watch for hours: a file a minute and readers beside it; does it keep its size? `python -m bench.soak --minutes 60`.

Prints the slope of memory after the first third, open files, the write-ahead log, and whether every reading came in once.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select, text

from bench.compound import LOGIN, PASSWORD
from bench.serving import PAGES, Visitor, sign_in
from monitor.database.engine import Database
from monitor.database.tables import OrgUnit, Reading
from monitor.domain.access import SYSTEM, Role
from monitor.services import accounts
from monitor.services.setup import apply_site, parse_site

METERS = tuple(f"E-{number}" for number in range(100))
SLOTS = 96
EVERY = 60  # seconds between two files, and between two looks
VISIT = 2  # seconds between two pages
SETTLED = 1 / 3  # of the time: caches fill, pools open
FILLED = 35  # days that are there at the start: more than any page reads quarter hours of
PROFILE: dict[str, Any] = {
    "layout": "rows", "resource": "electricity", "meter": {"column": "meter"}, "value": {"column": "kWh", "measure": "kWh"},
    "time": {"column": "end", "format": "%Y-%m-%d %H:%M", "zone": "Asia/Shanghai", "label": "end", "interval": "15min"},
}  # fmt: skip


def site(inbox: Path) -> dict[str, Any]:
    register = {"kind": "interval", "measure": "kWh", "step": 900}
    source = {"code": "power", "kind": "tabular", "schedule": "* * * * *", "catch_up": 3600}
    return {
        "units": [{"code": "u", "zh": "单位"}],
        "places": [{"code": "p"}],
        "meters": [
            {"code": code, "resource": "electricity", "place": "p", "unit": "u", "registers": [register]}
            for code in METERS
        ],
        "targets": [
            {"units": ["u"], "resource": "electricity", "year": 2026, "baseline_year": 2025, "reduction": "3%"}
        ],
        "sources": [source | {"options": {"inbox": str(inbox), "profile": PROFILE}}],
    }


def table(day: int) -> str:
    """Give a day of all meters, and the day before it once more: each file overlaps the last one, with a corrected value."""
    lines = ["meter,end,kWh"]
    for back in (1, 0):
        first = datetime(2025, 1, 1) + timedelta(days=day - back)  # noqa: DTZ001 - the file's own clock
        for code in METERS:
            for slot in range(SLOTS):
                value = 2 if back and slot == day % SLOTS else 1
                lines.append(f"{code},{first + timedelta(minutes=15 * (slot + 1)):%Y-%m-%d %H:%M},{value}.25")
    return "\n".join([*lines, ""])


def prepare(folder: Path, inbox: Path) -> None:
    inbox.mkdir()
    folder.mkdir()
    for number in range(FILLED):
        bring(inbox, number)
    with Database(f"sqlite:///{folder / 'jieyue.db'}") as database:
        database.upgrade()
        with database.session(write=True) as session:
            apply_site(session, SYSTEM, parse_site(site(inbox)), now=datetime.now(UTC))
            person, _ = accounts.create_user(session, SYSTEM, LOGIN, "Bench", PASSWORD, now=datetime.now(UTC))
            top = session.scalars(select(OrgUnit.id).where(OrgUnit.parent_id.is_(None))).one()
            accounts.grant(session, SYSTEM, person, top, Role.ADMIN)


def bring(inbox: Path, number: int) -> None:
    """Put the next file there, whole at once."""
    made = inbox / f"{number}.part"
    made.write_text(table(number + 1), encoding="utf-8")
    made.rename(inbox / f"power-{number:05}.csv")


def family(pid: int) -> list[int]:
    """Give a process and all below it."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").iterdir():
            found.extend(int(child) for child in (task / "children").read_text().split())
    return found


def look(pid: int, folder: Path) -> dict[str, float]:
    """Measure now: MB resident of the serving process and of all its children, open files, MB of the write-ahead log."""
    own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    below = 0.0
    for child in family(pid)[1:]:
        try:
            below += int(Path(f"/proc/{child}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        except OSError:  # it ended meanwhile
            continue
    log = folder / "jieyue.db-wal"
    return {
        "mb": own,
        "children": below,
        "files": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "log": log.stat().st_size / 1e6 if log.exists() else 0,
    }


def watch(pid: int, port: int, folder: Path, inbox: Path, minutes: int) -> list[dict[str, float]]:
    """Bring a file a minute, read pages, look once a minute."""
    cookie, looks, visits = sign_in(port), [], 0
    until = time.monotonic() + minutes * EVERY
    for number in range(minutes):
        bring(inbox, FILLED + number)
        following = until - (minutes - number - 1) * EVERY
        while time.monotonic() < following:
            Visitor(port, cookie).page(PAGES[visits % len(PAGES)])
            visits += 1
            time.sleep(VISIT)
        looks.append({"minute": number} | look(pid, folder))
        print(json.dumps({key: round(value, 1) for key, value in looks[-1].items()}), flush=True)
    print(f"{visits} pages", flush=True)
    return looks


def arrived(folder: Path) -> tuple[int, int]:
    """Count readings and periods that succeeded."""
    with Database(f"sqlite:///{folder / 'jieyue.db'}") as database, database.session() as session:
        readings = session.scalar(select(func.count()).select_from(Reading)) or 0
        done = session.scalar(text("SELECT count(*) FROM job_run WHERE state = 'succeeded' AND job LIKE 'import%'"))
        return readings, int(done or 0)


def main() -> None:
    """Watch and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="jieyue-soak-") as name:
        folder, inbox = Path(name) / "data", Path(name) / "inbox"
        prepare(folder, inbox)
        command = [str(Path(sys.executable).with_name("jieyue")), "up", "--data", str(folder), "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
            try:
                assert service.stdout is not None
                address = next(line for line in service.stdout if "http://127.0.0.1:" in line)
                port = int(address.split("http://127.0.0.1:")[1].split("/")[0].split()[0])
                looks = watch(service.pid, port, folder, inbox, minutes)
            finally:
                service.terminate()
                service.wait(60)
        readings, done = arrived(folder)
        late = looks[int(len(looks) * SETTLED) :]
        hours = [one["minute"] / 60 for one in late]
        slope = float(np.polyfit(hours, [one["mb"] for one in late], 1)[0]) if len(late) > 1 else 0.0
        print(
            f"memory {looks[0]['mb']:.0f} → {looks[-1]['mb']:.0f} MB, slope {slope:.1f} MB an hour after the first third;"
            f" open files {min(one['files'] for one in late):.0f} to {max(one['files'] for one in late):.0f};"
            f" write-ahead log at most {max(one['log'] for one in looks):.0f} MB;"
            f" {readings:,} readings, {done} imports succeeded"
        )
        # The last file may still be on its way when the service ends.
        days = readings / (len(METERS) * SLOTS)
        brought = FILLED + minutes + 1
        if days not in (brought - 1, brought):
            sys.exit(f"{days} days came in instead of {brought}")


if __name__ == "__main__":
    main()
