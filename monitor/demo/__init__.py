"""The fictitious compound of the demo: it is generated as files and comes in through the importers like anyone's data."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.demo.build import build

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.database.engine import Database
    from monitor.settings import Settings

__all__ = ["build", "drip", "prepare"]


def prepare(
    settings: "Settings",
    database: "Database",
    *,
    anchor: date | None = None,
    size: str = "whole",
    progress: "Callable[[str], None]" = print,
) -> None:
    """Make the demo stand, see `monitor.demo.start.prepare`; the generator alone needs no database."""
    from monitor.demo.start import prepare as start  # noqa: PLC0415 - the generator is of use without a database

    start(settings, database, anchor=anchor, size=size, progress=progress)


def drip(settings: "Settings", database: "Database", now: datetime) -> list[Path]:
    """Put into the inbox what is due by now, see `monitor.demo.start.drip`."""
    from monitor.demo.start import drip as put  # noqa: PLC0415 - as above

    return put(settings, database, now)
