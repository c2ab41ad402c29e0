"""What the meters of the compound would show: interval values and register readings, sub-meters included in their parents."""

from datetime import date
from functools import cached_property
from zlib import crc32

import numpy as np

from monitor.demo.compound import Compound, Point
from monitor.demo.load import Ints, usage
from monitor.demo.paper import Paper
from monitor.demo.stories import Stories
from monitor.domain.periods import to_day

SWAP_INITIAL = 12  # hundredths of a kWh on the new meter when it was put in
SWAP_MINUTE = 10 * 60 + 37


class Series:
    """The values of a compound over `days` days from the stories' start; computed per meter when asked for."""

    def __init__(self, compound: Compound, stories: Stories, days: int) -> None:
        self.compound, self.stories, self.days = compound, stories, days
        self._kept: dict[str, Ints] = {}

    @cached_property
    def paper(self) -> Paper:
        """All printing over the same days."""
        return Paper(self.compound.buildings, self.stories, self.days)

    @cached_property
    def first(self) -> int:
        """The first day, as a day number."""
        return to_day(self.stories.start)

    def gross(self, point: Point) -> Ints:
        """Give days × slots in 10 Wh or litres, what flows through the meter."""
        if point.code not in self._kept:
            total: Ints = usage(point, self.stories, self.days)
            for child in self.compound.points:
                if child.parent == point.code:
                    total = total + self.gross(child).reshape(self.days, total.shape[1], -1).sum(axis=2)
            self._kept[point.code] = total
        return self._kept[point.code]

    def register(self, point: Point) -> Ints:
        """Give the register at the start and after every slot, in its last digit: 0.01 kWh or litres; rolls over at its width."""
        used = np.concatenate(([0], np.cumsum(self.gross(point).ravel())))
        scale = 100 if point.resource == "electricity" else 1000
        width = 10**point.digits * scale
        shown = used // point.multiplier + self._begins(point, used, width)
        if point.code == self.stories.swap[0]:
            slot = self.swap_slot(point)
            final, _ = self.swap_values(point)
            shown[slot + 1 :] += SWAP_INITIAL - final
        result: Ints = np.mod(shown, width)
        return result

    def _begins(self, point: Point, used: Ints, width: int) -> int:
        """Give what the register showed at the start."""
        code, day = self.stories.rollover
        if point.code == code:
            slot = (to_day(day) - self.first) * (86_400 // point.step) + 14
            return int(width - used[slot] // point.multiplier)
        return int(width // 20 + crc32(point.code.encode()) % (width // 3))

    def swap_slot(self, point: Point) -> int:
        """Give the slot within which the meter was replaced."""
        return (to_day(self.stories.swap[1]) - self.first) * (86_400 // point.step) + SWAP_MINUTE * 60 // point.step

    def swap_values(self, point: Point) -> tuple[int, int]:
        """Give the last value of the old meter and the first of the new one, in hundredths of a kWh."""
        used = np.concatenate(([0], np.cumsum(self.gross(point).ravel())))
        width = 10**point.digits * 100
        slot = self.swap_slot(point)
        middle = int(used[slot] + used[slot + 1]) // 2
        return middle // point.multiplier + self._begins(point, used, width), SWAP_INITIAL

    def at(self, day: date) -> int:
        """Give the index of a day."""
        return to_day(day) - self.first
