"""The temperature outside at the compound: a year of the middle Yangtze, spells of weather, hours of the day; all by a seed."""

from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from monitor.demo.stories import SEED

Floats = npt.NDArray[np.float64]
STATION = "T-57655"
YEAR, COLDEST = 365.25, 0.045  # days of a year; the middle of January, as a part of it
MEAN, SWING = 17.0, 12.0  # °C: 5 in January, 29 in July
SPELL, LASTS = 2.4, 0.8  # °C of a day that is warmer or colder than its season, and how much of it stays until the next
HEATED, COOLED = 18.0, 26.0  # °C: below it houses are heated, above it cooled
_EPOCH = 719_163


@lru_cache(maxsize=16)
def daily(start: int, end: int) -> Floats:
    """Give the mean °C of each day start..end-1; a longer period begins with the very values of a shorter one."""
    turn = np.array([(date.fromordinal(day + _EPOCH).timetuple().tm_yday - 1) / YEAR for day in range(start, end)])
    spells, last = np.empty(end - start), 0.0
    for index, chance in enumerate(np.random.default_rng([SEED, 57_655]).standard_normal(end - start)):
        last = LASTS * last + SPELL * (1 - LASTS**2) ** 0.5 * chance
        spells[index] = last
    found = MEAN - SWING * np.cos((turn - COLDEST) * 2 * np.pi) + spells
    found.flags.writeable = False
    return np.asarray(found)


def hourly(start: int, end: int) -> list[int]:
    """Give tenths of °C at each full hour of the days start..end-1; the mean of a day's hours is the day's."""
    hours = 3.6 * np.cos((np.arange(24) - 15) * 2 * np.pi / 24)
    tenths: list[int] = np.rint((daily(start, end)[:, None] + hours) * 10).astype(np.int64).ravel().tolist()
    return tenths


def season(start: int, end: int) -> Floats:
    """Give how much each day is heated and cooled: 0 where neither, about 1 on a hot day of July, half on a cold one of January."""
    means = daily(start, end)
    return np.asarray(0.95 * np.maximum(means - COOLED, 0) / 3.5 + 0.45 * np.maximum(HEATED - means, 0) / 13)
