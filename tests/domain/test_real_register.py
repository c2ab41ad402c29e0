"""Two real water registers: the days add up to last less first, whatever lies between; the gap is bridged and said."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitor.domain.consumption import daily
from monitor.domain.periods import day_edges, local_day, workdays
from monitor.domain.readings import NO_START
from monitor.domain.registers import Points, RegisterTerms
from monitor.domain.spread import Days

ZONE = "Australia/Melbourne"
M3 = 1_000_000  # mL


@pytest.mark.parametrize(("name", "total"), [("L37-0812-m1_fix.csv", 343_736), ("L37-0812-m2_fix.csv", 283_955)])
def test_a_year_of_a_real_register_adds_up(shared_data: Path, name: str, total: int) -> None:
    table = pd.read_csv(shared_data / "water-register-csv" / name).dropna()
    instants = pd.to_datetime(table["Date_Time_Readings"]).dt.tz_localize("Etc/GMT-10").dt.as_unit("s")
    end = instants.astype("int64").to_numpy()
    value = np.rint(table["Acc"].to_numpy() * M3).astype(np.int64)
    length = len(end)
    points = Points(
        np.zeros(length, dtype=np.int64), end, np.full(length, NO_START), value, np.zeros(length, dtype=np.int64)
    )
    first, last = local_day(int(end.min()), ZONE), local_day(int(end.max()), ZONE) + 1
    days = Days(first, day_edges(ZONE, first, last), workdays(first, last, "AU"))
    found = daily(points, [RegisterTerms(1, 1, "cumulative", interval=3600)], days)
    assert found["quantity"].sum() == total * M3
    assert found["covered"].sum() == end.max() - end.min()
    assert (found["quantity"] >= 0).all()
    estimated = found.loc[found["estimated"] > 0, "day"]
    assert len(estimated) > 0
    gap = local_day(int(pd.Timestamp("2019-12-02T00:00:00Z").timestamp()), ZONE)
    assert gap in set(estimated)
