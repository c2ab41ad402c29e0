"""Compare: everyone sees their own part alone, the unranked with the reason, and the file says what the page says."""

import csv
import io

import pytest

from dashboard.pages import compare
from monitor.domain.access import SYSTEM
from monitor.queries import comparison
from monitor.queries.comparison import By, Grouping
from tests.dashboard.conftest import Web, said, visit

OTHERS = ("教育局", "交通运输局", "档案馆")


def test_the_whole_is_ranked_for_those_who_see_it(web: Web) -> None:
    text = said(visit(web.client("parent"), "/compare", "?by=per_person"))

    assert [word for word in ("财政局", *OTHERS) if word not in text] == []


@pytest.mark.parametrize("by", [one.value for one in By])
@pytest.mark.parametrize("among", [one.value for one in Grouping])
def test_a_unit_sees_itself_and_nobody_else(web: Web, by: str, among: str) -> None:
    text = said(visit(web.client("own"), "/compare", f"?by={by}&among={among}"))

    assert "财政局" in text
    assert [word for word in OTHERS if word in text] == []


def test_a_stranger_sees_nobody(web: Web) -> None:
    text = said(visit(web.client("stranger"), "/compare"))

    assert [word for word in ("财政局", *OTHERS) if word in text] == []


@pytest.mark.parametrize("by", list(By))
def test_the_file_says_what_the_query_says(web: Web, by: By) -> None:
    answer = web.client("parent").get(f"/export/ranking.csv?by={by.value}&among=all&as_of=2026-09-15")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    with web.database.session() as session:
        [group] = comparison.compare(session, SYSTEM, "electricity", 2026, 20_711).groups(by, Grouping.ALL)

    assert [row[0] for row in rows[1:]] == [str(one.rank) for one in group.ranked]
    assert len(rows) - 1 + len(group.unranked) == 5
    assert group.ranked


def test_who_is_not_ranked_stands_there_with_the_reason(web: Web) -> None:
    answer = web.client("parent").get("/export/unranked.csv?among=all&as_of=2026-09-15")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    with web.database.session() as session:
        [group] = comparison.compare(session, SYSTEM, "electricity", 2026, 20_711).groups(By.TARGET, Grouping.ALL)

    assert len(rows) - 1 == len(group.unranked) > 0
    assert [row[0] for row in rows[1:] if not row[1]] == []


def test_units_of_one_name_keep_a_bar_each() -> None:
    names = compare._distinct(["甲", "乙", "甲"])

    assert len(set(names)) == 3
    assert [name.replace("\u200b", "") for name in names] == ["甲", "乙", "甲"]


def test_what_the_address_cannot_mean_becomes_the_default(web: Web) -> None:
    usual = said(visit(web.client("parent"), "/compare"))

    assert said(visit(web.client("parent"), "/compare", "?by=<script>&among=nobody&year=x")) == usual
