"""The net days of many meters shared out at once: each share rounded down, the remainder to the day's largest share."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.domain.amounts import PPM
from monitor.queries._series import Ints, Rows, Series, times_ppm
from monitor.queries._shares import ShareFacts


@dataclass(frozen=True, slots=True)
class Split:
    """Shares with their days, a row for each (`of` has the rows of each meter), and what no share of a meter reaches."""

    shares: list[ShareFacts]
    of: dict[int, range]
    parts: Series
    rest: Rows


def share_out(net: Rows, shares: Mapping[int, Sequence[ShareFacts]]) -> Split:
    """Share meters' own days out; parts and rest are together exact.

    What is claimed by shares that cannot be worked out is expected of their units, on top, and covered for nobody.
    """
    listed: list[ShareFacts] = []
    of: dict[int, range] = {}
    alike: dict[int, list[int]] = defaultdict(list)
    for meter_id in net:
        own = shares.get(meter_id, ())
        of[meter_id] = range(len(listed), len(listed) + len(own))
        listed += own
        alike[len(own)].append(meter_id)
    start = net.series.start
    end = start + net.series.quantity.shape[-1]
    parts, rest = Series.empty(start, end, len(listed)), Series.empty(start, end, len(net))
    for count, meters in alike.items():
        rows = [net.at[meter_id] for meter_id in meters]
        given, left = net.series.rows(rows[:0]), net.series.rows(rows)
        if count:
            given, left = _shared(left, [shares[meter_id] for meter_id in meters])
        parts.put([row for meter_id in meters for row in of[meter_id]], given)
        rest.put(rows, left)
    return Split(listed, of, parts, Rows(net, rest))


def _shared(net: Series, shares: Sequence[Sequence[ShareFacts]]) -> tuple[Series, Series]:
    """Share meters out that have equally many shares; arrays are meters × shares × days."""
    length = net.quantity.shape[-1]
    day = np.arange(net.start, net.start + length, dtype=np.int64)
    first, last, parts, claims = (
        np.array([[getattr(share, name) for share in own] for own in shares], dtype=np.int64)[..., np.newaxis]
        for name in ("valid_from", "valid_to", "ppm", "claim")
    )
    inside = (day >= first) & (day < last)
    ppm = np.where(inside, parts, 0)
    full, largest = ppm.sum(axis=1) == PPM, ppm.argmax(axis=1)
    place = (np.arange(len(shares))[:, np.newaxis], largest, np.arange(length))

    def exact(values: Ints) -> tuple[Ints, Ints]:
        given = times_ppm(values[:, np.newaxis], ppm)
        left = values - given.sum(axis=1)
        rounding = np.where(full, left, 0)
        if rounding.any():
            given[place] += rounding
        return given, left - rounding

    numbers = [exact(values) for values in (net.quantity, net.covered, net.expected, net.estimated)]
    known = net.known[:, np.newaxis] & (ppm > 0)
    rest = Series.of(net.start, (*(left for _, left in numbers), net.known & (numbers[2][1] != 0)))
    if claims.any():
        numbers[2][0][...] += np.where(inside, times_ppm(net.expected[:, np.newaxis], claims), 0)
    given = (array.reshape(-1, length) for array in (*(given for given, _ in numbers), known))
    return Series.of(net.start, given), rest
