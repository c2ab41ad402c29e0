"""The rhythm of a log: whether it speaks on every working day, and which silent days are therefore lost and not quiet; pure."""

from collections.abc import Collection, Iterable, Sequence

LEAST_DAYS = 5  # working days that must be known before anything is said of a rhythm
USUAL = 90  # percent of the working days on which a daily log speaks
WINDOW = 28  # days looked at on either side
AUTO, DAILY, IRREGULAR = "auto", "daily", "irregular"


def lost(silent: Iterable[int], active: Collection[int], workdays: Collection[int], *, mode: str = AUTO) -> list[int]:
    """Give the silent days that a log should have spoken on: working days of a log that speaks on (nearly) all of them.

    `active` are days with events. A day between two days with events is judged by the working days around it, itself and other
    silent ones counted; one before the first or after the last is nobody's. `mode` daily asks for every working day, irregular for
    none.
    """
    if mode == IRREGULAR or not active:
        return []
    first, last = min(active), max(active)
    asked = sorted(day for day in set(silent) if day in workdays and first < day < last and day not in active)
    if mode == DAILY:
        return asked
    return [day for day in asked if _daily(day, active, workdays, (first, last))]


def _daily(day: int, active: Collection[int], workdays: Collection[int], within: tuple[int, int]) -> bool:
    around = range(max(day - WINDOW, within[0]), min(day + WINDOW, within[1]) + 1)
    asked = [one for one in around if one in workdays and one != day]
    spoke = sum(one in active for one in asked)
    return len(asked) >= LEAST_DAYS and spoke * 100 >= USUAL * len(asked)


def without(spans: Sequence[tuple[int, int]], gone: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Take stretches of time out of others."""
    left = list(spans)
    for start, end in gone:
        left = [
            part
            for first, last in left
            for part in ((first, min(last, start)), (max(first, end), last))
            if part[0] < part[1]
        ]
    return left
