"""Paper of the compound: printers, print jobs, device counters and the packs issued from the store room, all by a seed.

Jobs are drawn day after day, so a longer period begins with the very jobs of a shorter one.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from zlib import crc32

import numpy as np

from monitor.demo.compound import Building, department_codes, tenants
from monitor.demo.load import Ints
from monitor.demo.names import BUREAUX, Bureau
from monitor.demo.stories import SEED, Stories
from monitor.domain.periods import to_day, workdays

PER_HEAD = 0.2  # jobs of a person on a workday
MORNING = 0.5  # of the jobs come before the lunch break
MANY = 0.12  # of the jobs are wanted more than once
PACK = 500  # sheets in a pack (包)
UNLOGGED = 103  # of 100 logged sheets the device counts so many: copies made at its glass never reach the print server
DUPLEX = 0.52  # of the jobs are printed on both sides
STORE_ROOM = frozenset({"NYJ"})  # keeps account by packs alone
CHANGE = {"HBJ": 0.78, "JTJ": 1.24, "WJW": 1.12, "MZJ": 1.09}  # jobs this year against last, where not 0.97


@dataclass(frozen=True, slots=True)
class Printer:
    """A shared printer of a bureau in a building; `server` names the print server whose log has its jobs."""

    code: str
    zh: str
    en: str
    place: str
    bureau: str
    server: str
    heads: int
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of a print server on a day, in order of time: one array element each."""

    printer: Ints
    second: Ints
    user: Ints
    title: Ints
    pages: Ints
    copies: Ints
    duplex: Ints
    large: Ints

    @property
    def sheets(self) -> Ints:
        """Sheets in A4: both sides halve them (rounded up for each copy), A3 doubles them."""
        each = np.where(self.duplex == 1, -(-self.pages // 2), self.pages)
        return each * self.copies * (1 + self.large)


class Paper:
    """All printing over `days` days from the stories' start; computed per day and server when asked for."""

    def __init__(self, buildings: tuple[Building, ...], stories: Stories, days: int) -> None:
        self.stories, self.days = stories, days
        self.printers = tuple(_printers({building.code for building in buildings}))
        self._kept: dict[tuple[str, int], Jobs] = {}

    @property
    def bureaux(self) -> list[Bureau]:
        """Give the bureaux that have a printer, and so a page in the store room's book."""
        codes = {printer.bureau for printer in self.printers}
        return [bureau for bureau in BUREAUX if bureau.code in codes]

    def of(self, server: str) -> list[Printer]:
        """Give the printers of a print server."""
        return [printer for printer in self.printers if printer.server == server]

    @cached_property
    def _works(self) -> Ints:
        first = to_day(self.stories.start)
        return workdays(first, first + self.days, "CN").astype(np.int64)

    def at(self, day: date) -> int:
        """Give the index of a day."""
        return to_day(day) - to_day(self.stories.start)

    def jobs(self, server: str, day: int) -> Jobs:
        """Give the jobs of a print server on the day of this index."""
        if (server, day) not in self._kept:
            self._kept[server, day] = self._draw(server, day)
        return self._kept[server, day]

    def _draw(self, server: str, day: int) -> Jobs:
        random = np.random.default_rng([SEED, crc32(f"paper/{server}".encode()), day])
        printers = self.of(server)
        expected = np.array([p.heads * PER_HEAD for p in printers]) * (1.0 if self._works[day] else 0.02)
        saves = self.stories.start + timedelta(days=day) >= date(self.stories.anchor.year, 1, 1)
        fewer = np.array([CHANGE.get(p.bureau, 0.97) for p in printers])
        printer = np.repeat(np.arange(len(printers)), random.poisson(expected * (fewer if saves else 1.0)))
        n = len(printer)
        second = np.where(
            random.random(n) < MORNING, random.integers(30_900, 42_900, n), random.integers(52_200, 63_900, n)
        )
        order = np.argsort(second, kind="stable")
        both = random.random(n) < DUPLEX + (0.2 if saves else 0.0)
        return Jobs(
            printer=printer[order],
            second=second[order],
            user=random.integers(0, 40, n),
            title=random.integers(0, 1000, n),
            pages=random.geometric(0.17, n),
            copies=np.where(random.random(n) < MANY, random.integers(2, 9, n), 1),
            duplex=both.astype(np.int64),
            large=(random.random(n) < 0.03).astype(np.int64),  # noqa: PLR2004 - plans and posters
        )

    @cached_property
    def sheets(self) -> dict[str, Ints]:
        """Give each printer's sheets of every day."""
        found = {printer.code: np.zeros(self.days, dtype=np.int64) for printer in self.printers}
        for server in sorted({printer.server for printer in self.printers}):
            codes = [printer.code for printer in self.of(server)]
            for day in range(self.days):
                jobs = self.jobs(server, day)
                totals = np.bincount(jobs.printer, weights=jobs.sheets, minlength=len(codes))
                for code, total in zip(codes, totals.astype(np.int64).tolist(), strict=True):
                    found[code][day] = total
        return found

    def counter(self, printer: Printer, day: date) -> int:
        """Give what the device has counted up to the morning of a day."""
        begins = crc32(printer.code.encode()) % 400_000
        return begins + int(self.sheets[printer.code][: self.at(day)].sum()) * UNLOGGED // 100

    def packs(self, bureau: str, first: date, end: date) -> int:
        """Give the packs that a bureau used up in [first, end): what its devices counted, rounded up to whole packs."""
        counted = sum(
            self.counter(printer, end) - self.counter(printer, first)
            for printer in self.printers
            if printer.bureau == bureau
        )
        return -(-counted // PACK)


def _printers(places: set[str]) -> list[Printer]:
    found = []
    for number in range(1, 31):
        for bureau in tenants(number):
            code = f"A{number:02d}"
            departments = tuple(department_codes(bureau, number))
            if code in places:
                found.append(
                    Printer(
                        f"P-{code}-{bureau.code}",
                        f"{number}号楼{bureau.zh}打印机",
                        f"{bureau.en} printer, Building {number}",
                        code,
                        bureau.code,
                        "pcut" if number <= 15 else "cups",  # noqa: PLR2004 - the older half has a Windows print server
                        bureau.heads * len(departments) // len(bureau.departments),
                        departments,
                    )
                )
    return found
