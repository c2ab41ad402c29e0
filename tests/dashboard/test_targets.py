"""The Targets page: what it says, what its forms do and refuse, and cards that say caps and intensities."""

import re
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.components.cards import intensities, promise
from dashboard.context import Context
from monitor.database.tables import Target
from monitor.domain.access import SYSTEM, Role
from monitor.domain.indicators import Indicator
from monitor.domain.targets import Kind, TargetTerms
from monitor.queries import targets as judged
from monitor.services import accounts, targets
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, parts, said, visit


def post(web: Web, login: str, what: str, **data: object) -> Any:
    client = web.client(login)
    carried = {"unit": "hq", "resource": "electricity", "year": "2026", **data, "csrf": csrf(client)}
    return client.post(f"/targets/{what}", data=carried)


def target_of(web: Web, unit: str, resource: str = "electricity") -> int:
    with web.database.session() as session:
        query = select(Target.id).filter_by(unit_id=web.ids.units[unit], resource=resource, withdrawn_at=None)
        return int(session.scalar(query.order_by(Target.id.desc())) or 0)


def terms(web: Web, target: int) -> tuple[Any, ...]:
    with web.database.session() as session:
        row = session.get(Target, target)
        assert row is not None
        return row.kind, row.reduction, row.cap, row.indicator, row.note, row.version, row.approved_by


def lines(answer: Any) -> list[dict[str, Any]]:
    return next(one["rows"] for one in parts(answer.json) if one.get("id") == "plan")


def test_the_tree_says_promise_sum_and_that_nothing_is_approved(web: Web) -> None:
    found = lines(visit(web.client("admin"), "/targets", "?unit=hq"))

    assert [(line["unit"], line["depth"]) for line in found][:2] == [("市级机关", 0), ("财政局", 1)]
    assert found[0]["promise"] == "总用量较 2025 年 -5.0%"
    assert (found[0]["check"], found[0]["said"]) == ("=", "下级单位额度合计与本单位一致。")
    assert {line["approved"] for line in found} == {"尚未批准"}


def test_a_viewer_has_no_form_and_the_own_unit_only_itself(web: Web) -> None:
    own, parent = (visit(web.client(login), "/targets") for login in ("own", "parent"))

    assert [line["unit"] for line in lines(own)] == ["财政局"]
    assert len(lines(parent)) == 5
    assert [
        one for answer in (own, parent) for one in parts(answer.json) if "/targets/" in str(one.get("action"))
    ] == []


def test_a_cap_per_person_is_previewed_then_set_and_said(web: Web) -> None:
    form = {
        "unit": "finance",
        "kind": "cap",
        "indicator": "per_person",
        "amount": "2000.5",
        "baseline_year": "2025",
        "min_coverage": "90",
        "note": "试点",
    }
    before = target_of(web, "finance")
    preview = post(web, "admin", "set", step="preview", **form).json

    assert [row[0] for row in preview["tables"][0]["rows"]] == ["变更前", "变更后", "变更后"]
    assert target_of(web, "finance") == before
    assert post(web, "admin", "set", **form).json["go"].endswith("message=set")
    made = target_of(web, "finance")
    assert terms(web, made) == ("cap", 0, 2_000_500_000, "per_person", "试点", 1, "")
    text = said(visit(web.client("admin"), "/targets", "?unit=finance"))
    assert "人均用量：不超过 2,000.50 kWh/人" in text
    assert "240,060 kWh" in text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": ""}, "amount"),
        ({"amount": "5,5"}, "amount"),
        ({"amount": "100"}, "amount"),
        ({"kind": "cap", "amount": "-1"}, "amount"),
        ({"baseline_year": "2026"}, "baseline_year"),
        ({"baseline_year": "12"}, "baseline_year"),
        ({"indicator": "per_dog"}, "indicator"),
        ({"resource": "gold"}, "resource"),
    ],
)
def test_what_cannot_be_promised_is_refused_beside_its_field(web: Web, wrong: dict[str, str], field: str) -> None:
    form = {"kind": "reduction", "indicator": "total", "amount": "6", "baseline_year": "2025", "min_coverage": "90"}

    answer = post(web, "admin", "set", **(form | wrong))

    assert answer.status_code == 200
    assert list(answer.json["errors"]) == [field]


def test_a_target_is_shared_out_as_the_preview_showed(web: Web) -> None:
    target = target_of(web, "hq")
    preview = post(web, "admin", "cascade", target=target, way="baseline", step="preview").json
    rows = preview["tables"][0]["rows"]

    assert preview["tone"] == "good"
    assert [row[0] for row in rows] == ["财政局", "教育局", "交通运输局", "档案馆", "合计", "市级机关"]
    assert rows[4][3] == rows[5][3]
    post(web, "admin", "cascade", target=target, way="baseline")
    found = lines(visit(web.client("admin"), "/targets"))
    assert [line["allowance"]["text"] for line in found[1:]] == [row[3] for row in rows[:4]]
    assert found[0]["check"] == "="


def test_negotiated_values_above_the_units_own_warn_and_a_unit_twice_is_refused(web: Web) -> None:
    target = target_of(web, "hq")
    hand = {"hand.0.unit": "finance", "hand.0.value": "900000", "hand.1.unit": "education", "hand.1.value": "500000"}
    form = {"target": target, "way": "hand_amount", "step": "preview"}
    preview = post(web, "admin", "cascade", **form, **hand).json
    twice = post(web, "admin", "cascade", **form, **(hand | {"hand.1.unit": "finance"})).json

    assert preview["tone"] == "warn"
    assert preview["message"].startswith("下级单位额度合计比本单位多 347,955 kWh。未计入：交通运输局、档案馆。")
    assert list(twice["errors"]) == ["hand.1.unit"]


def test_approval_and_withdrawal_are_written_with_who_and_why(web: Web) -> None:
    target = target_of(web, "finance")

    assert post(web, "admin", "approve", unit="finance", target=target).json["go"].endswith("message=approved")
    assert terms(web, target)[-1] == "admin"
    assert list(post(web, "admin", "withdraw", unit="finance", target=target).json["errors"]) == ["reason"]
    post(web, "admin", "withdraw", unit="finance", target=target, reason="合并")
    text = said(visit(web.client("admin"), "/targets", "?unit=finance"))
    assert "admin: 合并" in text
    assert post(web, "admin", "approve", unit="finance", target=target).json["tone"] == "bad"


@pytest.mark.parametrize("what", ["set", "approve", "withdraw", "cascade"])
def test_those_without_the_role_change_nothing(web: Web, what: str) -> None:
    target = target_of(web, "finance")
    before = terms(web, target)
    codes = {
        login: post(web, login, what, unit="finance", target=target, reason="x").status_code
        for login in ("stranger", "own", "parent")
    }

    assert codes == {"stranger": 404, "own": 403, "parent": 403}
    assert terms(web, target) == before


def test_a_manager_of_one_unit_touches_no_other_and_does_not_approve_the_own(web: Web) -> None:
    with web.database.session(write=True) as session:
        user, _ = accounts.create_user(session, SYSTEM, "manager", "Manager", small.PASSWORD)
        accounts.grant(session, SYSTEM, user, web.ids.units["finance"], Role.MANAGER)
    own, other = target_of(web, "finance"), target_of(web, "education")

    assert post(web, "manager", "approve", unit="finance", target=own).status_code == 403
    assert post(web, "manager", "withdraw", unit="finance", target=other, reason="x").status_code == 404
    assert post(web, "manager", "withdraw", unit="finance", target="9" * 17, reason="x").status_code == 404
    assert post(web, "manager", "cascade", target=target_of(web, "hq"), way="equal").status_code == 404
    assert post(web, "manager", "withdraw", unit="finance", target=own, reason="x").status_code == 200


def test_the_breakdown_has_all_resources_and_depths(web: Web) -> None:
    text = web.client("admin").get("/export/breakdown.csv?unit=hq").data.decode("utf-8-sig")
    rows = [line.split(",") for line in text.strip().splitlines()]

    assert rows[0][:6] == ["序号", "单位", "资源", "指标", "目标", "基期年"]
    assert [row[2] for row in rows[1:4]] == ["电", "水", "纸"]
    assert len(rows) == 16
    assert re.fullmatch(r"1107416\.\d+", rows[1][6])


def test_a_promise_is_said_as_reduction_or_cap() -> None:
    cut = TargetTerms(Indicator.TOTAL, 2026, 2025, 50_000)
    cap = TargetTerms(Indicator.TOTAL, 2026, 2025, 0, kind=Kind.CAP, cap=1_234_000_000)
    area = TargetTerms(Indicator.PER_M2, 2026, 2025, 0, kind=Kind.CAP, cap=70_250_000)

    assert promise(cut, "electricity", "en") == "Total use: -5.0% against 2025"
    assert promise(cap, "electricity", "en") == "Total use: at most 1,234 kWh"
    assert promise(area, "electricity", "zh") == "单位面积用量：不超过 70.25 kWh/m²"


def test_a_card_of_an_intensity_shows_it_beside_the_quantities(web: Web) -> None:
    finance = web.ids.units["finance"]
    with web.database.session(write=True) as session:
        more = {"year": 2026, "baseline_year": 2025, "kind": "cap", "cap": 2_000_000_000, "min_coverage": 0}
        targets.set_target(session, SYSTEM, finance, "electricity", indicator="per_person", **more)  # type: ignore[arg-type]
        total, person = judged.progress(session, SYSTEM, finance, "electricity", 2026)
    here = Context(site=None, language="en")  # type: ignore[arg-type]
    found = dict(intensities(here, "electricity", person.progress))

    assert intensities(here, "electricity", total.progress) == []
    assert found["Allowance of the year, per person"] == "2,000.00 kWh/person"
    used = Fraction(person.progress.used.quantity or 0, 1_000_000) / 120
    assert found["Used so far, per person"] == f"{float(used):,.2f} kWh/person"
