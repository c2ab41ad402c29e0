"""What each meter uses, slot by slot: the weather, workdays with make-up days, office hours, noise; all by a seed.

Noise is drawn day after day, so a longer period begins with the very values of a shorter one.
"""

from datetime import date
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

from monitor.demo.climate import season
from monitor.demo.compound import Point
from monitor.demo.stories import SEED, Stories
from monitor.domain.periods import to_day, workdays

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# kWh a year per m² (power), litres a day per person (water): office, then the rest
UNIT = {"electricity": 10, "water": 1}
POWER_INTENSITY = {"office": 52.0, "dormitory": 27.0, "canteen": 118.0, "server_room": 420.0, "let_out": 48.0}
WATER_DAILY = {"office": 62.0, "dormitory": 128.0, "canteen": 620.0, "server_room": 18.0, "let_out": 110.0}
_HOURS = {  # relative load at 0, 1, … 23 o'clock: on workdays, on days off
    "office": (
        "2 2 2 2 2 2 3 6 10 11 11 10 8 8 11 11 11 10 6 4 4 3 2 2",
        "2 2 2 2 2 2 2 2 3 3 3 3 3 3 3 3 3 3 2 2 2 2 2 2",
    ),
    "dormitory": (
        "5 4 3 3 3 4 8 9 4 3 3 4 6 5 3 3 3 5 9 12 13 13 11 8",
        "6 5 4 3 3 4 6 8 8 7 7 8 9 8 7 7 7 8 10 12 13 13 11 8",
    ),
    "canteen": (
        "2 2 2 2 3 8 14 14 8 9 14 16 12 5 3 3 8 14 12 6 3 2 2 2",
        "2 2 2 2 2 4 7 7 5 5 7 8 6 3 2 2 5 7 6 4 2 2 2 2",
    ),
    "server_room": ("9 9 9 9 9 9 9 9 10 10 10 10 10 10 10 10 10 10 9 9 9 9 9 9", "9 " * 24),
    "charging_pile": (
        "6 5 4 3 2 1 1 3 9 11 10 8 9 8 6 5 5 7 9 10 10 9 8 7",
        "5 4 3 2 1 1 1 1 2 3 3 3 3 3 3 3 3 4 5 6 6 6 5 5",
    ),
    "base_station": (
        "8 8 8 8 8 8 9 9 10 10 10 10 10 10 10 10 10 10 10 10 10 9 9 8",
        "8 8 8 8 8 8 8 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 8 8",
    ),
    "let_out": (
        "5 4 4 4 4 5 7 9 9 8 7 8 9 8 7 7 8 9 11 12 12 11 9 7",
        "5 4 4 4 4 5 7 9 9 8 7 8 9 8 7 7 8 9 11 12 12 11 9 7",
    ),
}
_WATER_HOURS = {  # offices use hardly any water at night; a leak stands out
    "office": (
        "0 0 0 0 0 0 1 5 11 10 10 10 9 7 10 10 9 7 3 2 1 1 0 0",
        "0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 1 1 0 0 0 0 0",
    ),
}
_SEASONAL = {"office": 0.85, "dormitory": 0.9, "canteen": 0.35, "server_room": 0.2, "let_out": 0.6}
_STEADY = frozenset({"charging_pile", "base_station"})


def _random(point: Point, purpose: str) -> np.random.Generator:
    return np.random.default_rng([SEED, crc32(f"{point.code}/{purpose}".encode())])


@lru_cache(maxsize=16)
def _calendar(start: int, end: int) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Give (workday, how much the weather asks for) for each day."""
    return workdays(start, end, "CN"), season(start, end)


def _day_shape(point: Point, steps: int) -> tuple[Floats, Floats]:
    """Give the shapes of a workday and of a day off, each summing to what that day uses (a workday: 1)."""
    table = _WATER_HOURS if point.resource == "water" and point.purpose in _WATER_HOURS else _HOURS
    on, off = (np.array(text.split(), dtype=np.float64) for text in table[point.purpose])
    at = (np.arange(steps) + 0.5) * 24 / steps - 0.5
    hours = np.arange(-1, 25)

    def fine(values: Floats) -> Floats:
        return np.interp(at, hours, np.concatenate(([values[-1]], values, [values[0]])))

    return fine(on) / fine(on).sum(), fine(off) / fine(on).sum()


def _daily(point: Point, start: int, end: int) -> Floats:
    """Expected use of a workday, for each day: Wh or litres, with season, habits of the house and the year's change."""
    random = _random(point, "habits")
    house, change = random.uniform(0.86, 1.16), random.uniform(0.9, 1.0)
    if point.resource == "water":
        level, swing, change = WATER_DAILY[point.purpose] * point.size, 0.25, change - 0.06
    elif point.purpose in _STEADY or point.feed == "pgbk":
        level, swing = point.size * 1000 / 330, 0.1
        house = 1.0
    else:
        level, swing = POWER_INTENSITY[point.purpose] * point.size * 1000 / 370, _SEASONAL[point.purpose]
        change -= 0.01
    _, weather = _calendar(start, end)
    year = np.array([date.fromordinal(d + 719_163).year for d in range(start, end)])
    factor = np.where(year > date.fromordinal(start + 719_163).year, change, 1.0)
    return level * house * factor * (1 + swing * weather)


def _story(point: Point, values: Floats, stories: Stories) -> Floats:
    """Bend the days × slots of a meter to its story."""
    start, steps = to_day(stories.start), values.shape[1]
    if point.code == stories.saved:
        values[to_day(date(stories.anchor.year, 1, 1)) - start :] *= 0.84
    if point.code == stories.lights[0]:
        night = np.ones(steps, dtype=np.bool_)
        night[steps * 6 // 24 : steps * 20 // 24] = False
        values[to_day(stories.lights[1]) - start :, night] += 38_000 * 24 / steps
    if point.code == stories.leak[0]:
        _, first, last, litres = stories.leak
        values[to_day(first) - start : to_day(last) - start] += litres
    return values


def usage(point: Point, stories: Stories, days: int) -> Ints:
    """Give what the meter itself (without its sub-meters) uses: days × slots from `stories.start`.

    Measure: 10 Wh for power, litres for water; hand-read meters get one slot a day. Never negative.
    """
    start = to_day(stories.start)
    steps = 86_400 // point.step if point.step else 1
    works, _ = _calendar(start, start + days)
    on, off = _day_shape(point, steps)
    shape = np.where(works[:, None], on, off)
    noise = (
        _random(point, "days").standard_normal((days, 1)) * 0.05
        + _random(point, "slots").standard_normal((days, steps)) * 0.07
    )
    values = _story(point, _daily(point, start, start + days)[:, None] * shape * np.maximum(1 + noise, 0.2), stories)
    return np.rint(values / UNIT[point.resource]).astype(np.int64)
