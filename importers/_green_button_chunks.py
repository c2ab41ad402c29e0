"""From the records of a feed to chunks of the parse schema: series that are told twice, missing durations, directions apart."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from importers._green_button_codes import ADJUSTED, COST, FORECAST
from importers._green_button_feed import UNSAID, Feed, Records
from importers._green_button_meaning import Series, Wanted, Wrong
from importers._green_button_series import Join
from monitor.intake.contract import (
    BILL,
    CHUNK_ROWS,
    CUMULATIVE,
    N_,
    NO_START,
    WARNING,
    Chunk,
    RowIssue,
    readings_frame,
)

Ints = npt.NDArray[np.int64]
TWICE = N_(
    "The file has several series of usage point {point} for the same register and time (meter readings or reading types that differ in "
    "more than their interval); they would be counted twice, so {count} readings are left out. Export one of them."
)
COARSER = N_(
    "Usage point {point} has the same use also in shorter intervals, which count; {count} readings are not needed."
)
FORESEEN = N_("the quality of this reading says that it was foreseen, not measured")
WEATHERED = N_("the quality of this reading says that it was adjusted to the weather, it is not what was used")


@dataclass(slots=True)
class Tally:
    """For each series: how many readings, the line of the first, from when to when (epoch s)."""

    count: Ints
    line: Ints
    first: Ints
    last: Ints


def chunks(feed: Feed, wanted: Wanted, file: str, zone: str) -> Iterator[Chunk]:
    """Give the readings of a feed, at most CHUNK_ROWS of one kind and resource at a time; issues go with the first chunk."""
    series, numbers = Join(feed, wanted).series()
    number = np.array([*numbers, 0], dtype=np.int64)
    tally = _tally(feed, number, len(series))
    series, needless = _once(series, tally)
    first = Chunk(
        kind="interval",
        frame=readings_frame({"meter": "", "end_at": [], "value": [], "row_no": []}),
        file=file,
        zone=zone,
    )
    first.issues, first.refused = list(feed.issues), feed.refused
    for index, one in enumerate(series):
        if one.wrong is not None:
            said = _issue(one.wrong, int(tally.count[index]), int(tally.line[index]), needless=index in needless)
            first.issues.append(said)
            first.refused += 0 if index in needless else said.count
            first.blank += said.count if index in needless else 0
    waiting: Chunk | None = first
    table = _Table(series)
    for records in feed.batches(CHUNK_ROWS):
        for chunk in table.chunks(records, number[records["block"]]):
            chunk.file, chunk.zone = file, zone
            if waiting is not None:
                chunk.issues, chunk.refused, chunk.blank = (
                    waiting.issues + chunk.issues,
                    waiting.refused + chunk.refused,
                    waiting.blank,
                )
                waiting = None
            yield chunk
    if waiting is not None:
        yield waiting


def _issue(wrong: Wrong, count: int, line: int, *, needless: bool) -> RowIssue:
    data = {**wrong.data, "count": count}
    value = str(wrong.data.get("point", ""))
    severity = {"severity": WARNING} if needless else {}
    return RowIssue(wrong.code, wrong.template, line, value=value, data=data, count=count, **severity)


def _tally(feed: Feed, number: Ints, series: int) -> Tally:
    """Look at all records once."""
    far = 2**62
    tally = Tally(*(np.full(series, start, dtype=np.int64) for start in (0, far, far, -far)))
    for records in feed.batches(CHUNK_ROWS):
        own = number[records["block"]]
        tally.count += np.bincount(own, minlength=series)
        np.minimum.at(tally.line, own, records["line"].astype(np.int64))
        np.minimum.at(tally.first, own, records["start"])
        np.maximum.at(tally.last, own, records["start"] + np.maximum(records["duration"], 0))
    return tally


def _once(series: list[Series], tally: Tally) -> tuple[list[Series], set[int]]:
    """Leave out what would be counted twice: of one register and time the shortest interval counts, if it is the only such."""
    needless: set[int] = set()
    found = list(series)
    groups: dict[tuple[str, str, str], list[int]] = {}
    for index, one in enumerate(series):
        if one.wrong is None and tally.count[index]:
            groups.setdefault((one.meter, one.register, one.kind), []).append(index)
    for group in groups.values():
        for index in group:
            others = [other for other in group if other != index and _overlap(tally, index, other)]
            if not others:
                continue
            one, steps = series[index], [series[other].step for other in others]
            if 0 < min(steps) < one.step:
                found[index] = replace(one, wrong=Wrong("SERIES_COARSER", COARSER, {"point": one.point}))
                needless.add(index)
            elif not 0 < one.step < min(steps):
                found[index] = replace(one, wrong=Wrong("SERIES_TWICE", TWICE, {"point": one.point}))
    return found, needless


def _overlap(tally: Tally, one: int, other: int) -> bool:
    return bool(tally.first[one] < tally.last[other] and tally.first[other] < tally.last[one])


class _Table:
    """What the series say, in columns."""

    def __init__(self, series: list[Series]) -> None:
        self.series = series
        self.good = np.array([one.wrong is None for one in series], dtype=bool)
        self.step = np.array([one.step for one in series], dtype=np.int64)
        self.above = np.array([float(one.factor.numerator) for one in series])
        self.below = np.array([float(one.factor.denominator) for one in series])
        self.groups: dict[tuple[str, str], list[int]] = {}
        for index, one in enumerate(series):
            if one.wrong is None:
                self.groups.setdefault((one.kind, one.resource), []).append(index)

    def chunks(self, records: Records, own: Ints) -> Iterator[Chunk]:
        """Give the records of each kind and resource."""
        for (kind, resource), members in self.groups.items():
            mine = np.isin(own, members) if len(self.series) > 1 else np.ones(len(own), dtype=bool)
            if mine.any():
                yield self._chunk(records[mine] if not mine.all() else records, own[mine], (kind, resource))

    def _chunk(self, records: Records, own: Ints, what: tuple[str, str]) -> Chunk:
        kind, resource = what
        issues: list[RowIssue] = []
        unfit = records["quality"] < 0
        refused = int(unfit.sum())
        if refused:
            for quality, template in ((FORECAST, FORESEEN), (ADJUSTED, WEATHERED)):
                lines = records["line"][records["quality"] == quality].tolist()
                issues += [RowIssue("QUALITY_REFUSED", template, line, "quality") for line in lines]
            records, own = records[~unfit], own[~unfit]
        duration = np.where(records["duration"] == UNSAID, self.step[own], records["duration"])
        start = records["start"]
        columns: dict[str, Any] = {name: self._words(name, own) for name in ("meter", "register", "measure")}
        columns |= {
            "start_at": np.full(len(own), NO_START) if kind == CUMULATIVE else start,
            "end_at": start + duration,
            "value": records["value"] * self.above[own] / self.below[own],
            "quality": records["quality"],
            "row_no": records["line"],
        }
        if kind == BILL:
            columns |= self._money(records, own)
        chunk = Chunk(kind=kind, frame=readings_frame(columns), resource=resource)
        chunk.refuse(issues)
        chunk.refused = refused
        return chunk

    def _words(self, name: str, own: Ints) -> pd.Categorical:
        codes, uniques = pd.factorize(np.array([getattr(one, name) for one in self.series], dtype=object))
        return pd.Categorical.from_codes(codes[own], categories=pd.Index(uniques, dtype=object))

    def _money(self, records: Records, own: Ints) -> dict[str, Any]:
        """Give what each reading cost; without a currency nothing is known of it."""
        currency = np.array([one.currency for one in self.series], dtype=object)[own]
        return {"amount": np.where(currency == "", np.nan, records["cost"] / COST), "currency": currency.tolist()}
