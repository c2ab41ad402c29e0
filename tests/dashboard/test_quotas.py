"""Quotas on the pages: declared by who may, looked at first, drawn and judged on Compare, opened, exported, withdrawn in the open."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.components import charts_compare
from dashboard.components.charts_compare import Held
from monitor.domain.access import SYSTEM
from monitor.domain.quotas import Band
from monitor.queries import comparison, quotas
from monitor.queries.comparison import By, Grouping, Over
from monitor.services import quotas as service
from tests.dashboard.conftest import Web, csrf, said, visit

AS_OF = 20_711  # 2026-09-15
TERMS = {
    "unit": "hq",
    "resource": "electricity",
    "year": "2026",
    "as_of": "2026-09-15",
    "indicator": "per_person",
    "year_from": "2026",
    "constraint": "900",
    "reference": "700",
    "guidance": "20",
    "source": "DB37/T 2672-2019, table 4, zone B",
}


def post(web: Web, who: str, path: str, **more: str) -> Any:
    client = web.client(who)
    return client.post(f"/targets/{path}", data={**TERMS, **more, "csrf": csrf(client)})


@pytest.fixture
def declared(web: Web) -> Iterator[int]:
    with web.database.session(write=True) as session:
        [top] = [row.unit.id for row in comparison.compare(session, SYSTEM, "electricity", 2026, AS_OF)][:1]
        made = service.declare(
            session,
            SYSTEM,
            top,
            "electricity",
            indicator="per_person",
            years=(2026, None),
            band=Band(900_000_000, 700_000_000, 20_000_000),
            source="DB37/T 2672-2019 表4 B区",
        )
    yield made
    with web.database.session(write=True) as session:
        service.withdraw(session, SYSTEM, made, reason="over")


def test_without_a_quota_compare_says_so_and_judges_nobody(web: Web) -> None:
    text = said(visit(web.client("parent"), "/compare", "?by=per_person&over=twelve_months&as_of=2026-09-15"))

    assert "没有适用的定额" in text
    assert "需整改" not in text


def test_a_quota_is_looked_at_declared_and_withdrawn(web: Web) -> None:
    preview = post(web, "admin", "quota", step="preview").json
    assert [row[1] for row in preview["tables"][0]["rows"]] == ["无定额"] * 5
    assert set(preview["tables"][0]["rows"][0][2]) & set("★●◇▲?")
    assert post(web, "admin", "quota").json["go"].endswith("message=quota")
    page = said(visit(web.client("admin"), "/targets", "?unit=finance"))
    assert [one for one in ("引导值 20.00", "上级单位填报", "zone B") if one not in page] == []
    with web.database.session() as session:
        [rule] = {one.id for one in quotas.in_force(session, SYSTEM, "electricity", 2026).values()}
    assert post(web, "admin", "unquota", quota=str(rule)).json["errors"].keys() == {"reason"}
    assert "go" in post(web, "admin", "unquota", quota=str(rule), reason="wrong zone").json
    assert "wrong zone" in said(visit(web.client("admin"), "/targets", "?unit=hq"))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"guidance": "800"}, "constraint"),
        ({"constraint": "", "reference": "", "guidance": ""}, "constraint"),
        ({"source": ""}, "source"),
        ({"year_to": "2025"}, "year_to"),
        ({"reference": "1,000"}, "reference"),
        ({"indicator": "total"}, "indicator"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(web: Web, typed: dict[str, str], field: str) -> None:
    assert post(web, "admin", "quota", **typed).json["errors"].keys() == {field}


def test_who_may_not_declare_has_no_form_and_is_refused(web: Web) -> None:
    assert "起始年" not in said(visit(web.client("own"), "/targets"))
    assert post(web, "own", "quota", unit="finance").status_code in {403, 404}
    assert "起始年" in said(visit(web.client("admin"), "/targets"))


def test_compare_draws_and_judges_over_twelve_months_and_the_file_says_the_same(web: Web, declared: int) -> None:
    client = web.client("parent")
    page = said(visit(client, "/compare", "?by=per_person&among=all&as_of=2026-09-15"))
    assert [one for one in ("引导值", "基准值", "约束值", "十二个完整自然月", "表4 B区") if one not in page] == []
    answer = client.get("/export/ranking.csv?by=per_person&among=all&as_of=2026-09-15")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    with web.database.session() as session:
        found = comparison.compare(session, SYSTEM, "electricity", 2026, AS_OF, over=Over.TWELVE)
    [group] = found.groups(By.PER_PERSON, Grouping.ALL)
    judged = [one.row.quotas[By.PER_PERSON] for one in group.ranked]
    assert judged
    assert {one.quota.id for one in judged} == {declared}
    assert [row[1] for row in rows[1:]] != []
    words = {"advanced": "先进", "reasonable": "合理", "compliant": "达标", "rectify": "需整改"}
    assert [row[4][2:] for row in rows[1:]] == [words[one.standing] for one in judged]
    assert {tuple(row[5:8]) for row in rows[1:]} == {("20", "700", "900")}
    since = said(visit(client, "/compare", "?by=per_person&among=all&as_of=2026-09-15&over=year"))
    assert "请选择“十二个月”" in since


def test_the_figure_opens_to_its_division_and_a_unit_beside_is_not_opened(web: Web, declared: int) -> None:
    address = "?by=per_person&among=all&as_of=2026-09-15&open="
    page = said(visit(web.client("parent"), "/compare", address + "education"))
    assert "÷ 覆盖率" in page
    own = said(visit(web.client("own"), "/compare", address + "education"))
    assert "÷ 覆盖率" not in own
    assert declared


def test_lines_step_with_the_units_and_long_names_leave_room() -> None:
    held = Held(
        ["▲ a", "● b", "? c"], ["bad", "good", "none"], [("g", [1, 1, None]), ("r", [2, 3, 3]), ("c", [None] * 3)]
    )
    figure = charts_compare.ranking(
        ["Industry and Information Technology Bureau ▲", "b ●", "c ?"],
        [5, 4, 3],
        median=4,
        words=("value", "median"),
        measure="kWh",
        theme="light",
        held=held,
    )

    lines = {one["name"]: one["x"] for one in figure["data"][1:]}
    assert lines == {"g": [None, 1, 1, 1, 1], "r": [None, 2, 2, None, 3, 3, 3, 3]}
    assert figure["layout"]["yaxis"]["ticktext"] == ["Industry and Information Te… ▲", "b ●", "c ?"]
