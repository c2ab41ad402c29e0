"""Administration, organisation: units, places and meters are previewed, changed, and refused beside the field."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from monitor.database.tables import AuditEvent, Meter, MeterShare, OrgUnit, Place, PlaceHours, Register, UnitFact
from monitor.domain.access import SYSTEM, Role
from monitor.services import accounts
from tests.dashboard.conftest import Web, said, visit
from tests.dashboard.test_admin_people import post

HOSTILE = ("<script>alert(1)</script>", "=1+1", "{{7*7}}", "a'; --")
UNIT = {"code": "audit", "zh": "审计局", "kind": "bureau", "parent": "hq", "since": "2026-01-01"}
METER = {
    "code": "E-new",
    "zh": "新表",
    "resource": "electricity",
    "place": "house",
    "purpose": "office",
    "assessed": "1",
    "kind": "interval",
    "measure": "kWh",
    "shares.0.unit": "finance",
    "shares.0.by": "head_count",
    "shares.1.unit": "education",
    "shares.1.by": "head_count",
}


def codes(answer: Any) -> dict[str, str]:
    """Give the code beside each field."""
    return {name: sentence.rpartition("[")[2].rstrip("]") for name, sentence in answer.json.get("errors", {}).items()}


def rows(web: Web, *columns: Any) -> list[Any]:
    with web.database.session() as session:
        return [tuple(row) for row in session.execute(select(*columns))]


def table(answer: Any, title: str) -> list[list[str]]:
    """Find the rows of a table of an answer."""
    return next((one["rows"] for one in answer.json["tables"] if one["title"] == title), [])


def test_a_unit_is_previewed_without_a_trace_and_then_made(web: Web) -> None:
    admin = web.client("admin")
    before = len(rows(web, AuditEvent.id))
    shown = post(admin, "units/add", step="preview", head_count="30", **UNIT)
    assert "unit:audit" in said(shown)
    assert ("audit",) not in rows(web, OrgUnit.code)
    after = [row for row in rows(web, AuditEvent.action) if not row[0].startswith("sign_in")]
    assert len(after) <= before

    made = post(admin, "units/add", step="apply", head_count="30", **UNIT)

    assert made.json == {"go": "/admin?section=units&unit=audit&message=saved"}
    assert ("审计局", "审计局") in rows(web, OrgUnit.name_zh, OrgUnit.name_en)
    assert "审计局" in said(visit(admin, "/admin", "?section=units"))


@pytest.mark.parametrize(
    ("path", "fields", "wrong"),
    [
        ("units/add", UNIT | {"code": "finance"}, {"code": "CODE_TAKEN"}),
        ("units/add", UNIT | {"code": "a:b"}, {"code": "CODE_WRONG"}),
        ("units/add", UNIT | {"zh": ""}, {"zh": "NEEDED"}),
        ("units/add", UNIT | {"zh": "局" * 5000}, {"zh": "TOO_LONG"}),
        ("units/add", UNIT | {"head_count": "12,5"}, {"head_count": "NOT_A_NUMBER"}),
        (
            "units/fact",
            {"unit": "finance", "kind": "head_count", "value": "-1", "since": "2026-02-01"},
            {"value": "SITE_INVALID"},
        ),
        (
            "units/fact",
            {"unit": "finance", "kind": "x", "value": "", "since": "soon"},
            {"kind": "NOT_A_CHOICE", "value": "NEEDED", "since": "NOT_A_DAY"},
        ),
        (
            "units/fact",
            {"unit": "finance", "kind": "head_count", "value": "200", "since": "2026-02-01"},
            {"note": "FACT_NEEDS_REASON"},
        ),
        ("units/move", {"unit": "hq", "to": "finance", "at": "2026-02-01"}, {"to": "SITE_CIRCLE"}),
        (
            "places/add",
            {"code": "p", "zh": "x", "kind": "building", "zone": "Mars/Base", "country": "cn"},
            {"zone": "ZONE_UNKNOWN", "country": "COUNTRY_UNKNOWN"},
        ),
        (
            "places/hours",
            {"place": "house", "since": "2026-02-01", "office_from": "25:00"},
            {"office_from": "NOT_A_TIME"},
        ),
        ("meters/add", METER | {"shares.1.unit": "finance"}, {"shares.1.unit": "SHARE_TWICE"}),
        ("meters/add", METER | {"shares.0.by": "percent", "shares.0.part": "0"}, {"shares.0.part": "SHARE_WRONG"}),
        ("meters/add", METER | {"shares.1.by": "floor_area"}, {"shares": "SHARE_FACTS"}),
        ("meters/add", METER | {"multiplier": "0/3"}, {"multiplier": "MULTIPLIER_WRONG"}),
        ("meters/add", METER | {"measure": "m³"}, {"measure": "MEASURE_UNKNOWN"}),
        (
            "meters/shares",
            {
                "meter": "E-finance",
                "shares.0.unit": "finance",
                "shares.0.by": "percent",
                "shares.0.part": "60",
                "shares.1.unit": "hq",
                "shares.1.by": "percent",
                "shares.1.part": "60",
            },
            {"shares": "SITE_TOO_MUCH"},
        ),
        (
            "meters/event",
            {"meter": "E-finance", "register": "", "kind": "replacement", "at": "", "initial": ""},
            {"at": "NOT_A_DAY", "initial": "NEEDED"},
        ),
    ],
)
def test_what_cannot_be_used_is_told_beside_its_field_and_nothing_is_stored(
    web: Web, path: str, fields: dict[str, str], wrong: dict[str, str]
) -> None:
    admin = web.client("admin")
    before = rows(web, AuditEvent.id)

    answers = [post(admin, path, **fields, step=step) for step in ("preview", "apply")]

    assert [codes(answer) for answer in answers] == [wrong, wrong]
    assert rows(web, AuditEvent.id) == before


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(web: Web, name: str) -> None:
    admin = web.client("admin")
    post(admin, "units/add", step="apply", **(UNIT | {"zh": name}))
    page = visit(admin, "/admin", "?section=units&unit=audit").json

    assert name in said(visit(admin, "/admin", "?section=units")).replace('\\"', '"')
    assert "INTERNAL" not in str(page)


def test_a_fact_moves_what_is_judged_per_person_and_its_history_tells(web: Web) -> None:
    admin = web.client("admin")
    fields = {"unit": "finance", "kind": "head_count", "value": "200", "since": "2026-03-01", "note": "合并"}
    assert post(admin, "units/fact", step="preview", **fields).json["tone"] in {"good", "warn"}
    post(admin, "units/fact", step="apply", **fields)

    assert (200_000, date(2026, 3, 1), "合并") in rows(web, UnitFact.value, UnitFact.valid_from, UnitFact.note)
    page = said(visit(admin, "/admin", "?section=units&unit=finance"))
    assert "fact:finance:head_count:2026-03-01" in page
    assert "合并" in page
    post(admin, "units/unfact", step="apply", unit="finance", kind="head_count", since="2026-03-01")
    assert (200_000,) not in rows(web, UnitFact.value)


def test_a_move_says_beforehand_whose_figures_change(web: Web) -> None:
    admin = web.client("admin")
    shown = post(admin, "units/move", step="preview", unit="finance", to="education", at="2026-03-01")
    figures = table(shown, "数据与评价")

    assert {row[0] for row in figures} == {"教育局"}
    assert all(row[4].startswith("+") for row in figures)
    assert post(admin, "units/move", step="apply", unit="finance", to="education", at="2026-03-01").json["go"]
    assert post(admin, "units/unmove", step="apply", unit="finance", at="2026-03-01").json["go"]


def test_a_unit_on_which_something_hangs_stays(web: Web) -> None:
    admin = web.client("admin")
    post(admin, "units/add", step="apply", **UNIT)

    assert "STILL_IN_USE" in post(admin, "units/remove", step="preview", unit="finance").json["message"]
    assert post(admin, "units/remove", step="apply", unit="audit").json == {
        "go": "/admin?section=units&message=removed"
    }
    assert ("audit",) not in rows(web, OrgUnit.code)


def test_the_basis_of_paper_is_named_and_taken_back(web: Web) -> None:
    admin = web.client("admin")
    fields = {"unit": "finance", "resource": "paper", "year": "2026"}

    assert post(admin, "units/basis", step="apply", basis="packs", **fields).json["go"]
    assert "领用包数" in said(visit(admin, "/admin", "?section=units&unit=finance"))
    assert post(admin, "units/unbasis", step="apply", **fields).json["go"]


def test_a_place_with_hours_of_its_own(web: Web) -> None:
    admin = web.client("admin")
    place = {
        "code": "annex",
        "zh": "附楼",
        "kind": "building",
        "parent": "house",
        "zone": "Asia/Shanghai",
        "country": "CN",
    }
    post(admin, "places/add", step="apply", **place, office_from="8:30", office_to="17：30", area="1200.5")
    post(admin, "places/hours", step="apply", place="annex", since="2026-06-01", office_from="07:30", office_to="15:30")

    assert ("annex", 510, 1050, 1_200_500) in rows(web, Place.code, Place.office_from, Place.office_to, Place.area)
    assert (date(2026, 6, 1), 450, 930) in rows(
        web, PlaceHours.valid_from, PlaceHours.office_from, PlaceHours.office_to
    )
    page = said(visit(admin, "/admin", "?section=places&place=annex"))
    assert all(word in page for word in ("附楼", "07:30", "1200.5"))
    assert post(admin, "places/unhours", step="apply", place="annex", since="2026-06-01").json["go"]
    assert post(admin, "places/remove", step="apply", place="annex").json["go"]


def test_a_meter_shared_by_head_count_with_register_and_events(web: Web) -> None:
    admin = web.client("admin")
    post(admin, "meters/add", step="apply", **METER)
    more = {"meter": "E-new", "kind": "cumulative", "measure": "kWh", "multiplier": "40/3", "digits": "5"}
    post(admin, "meters/register", step="apply", register="hand", direction="import", counts="1", **more)
    event = {"meter": "E-new", "register": "hand", "kind": "replacement", "at": "2026-03-01T10:30", "final": "99.5"}
    assert post(admin, "meters/event", step="apply", initial="0", **event).json["go"]

    with web.database.session() as session:
        meter = session.scalars(select(Meter).where(Meter.code == "E-new")).one()
        shares = [(row.basis, row.ppm) for row in session.scalars(select(MeterShare).filter_by(meter_id=meter.id))]
        hand = session.scalars(select(Register).filter_by(meter_id=meter.id, code="hand")).one()
    assert shares == [("head_count", 0), ("head_count", 0)]
    assert (hand.kind, hand.multiplier_num, hand.multiplier_den, hand.digits) == ("cumulative", 40, 3, 5)
    page = said(visit(admin, "/admin", "?section=meters&meter=E-new"))
    assert all(word in page for word in ("用能人数", "40/3", "换表", "2026年3月1日 10:30"))
    at = "2026-03-01T02:30:00+00:00"
    assert post(admin, "meters/unevent", step="apply", meter="E-new", register="hand", kind="replacement", at=at).json[
        "go"
    ]
    assert post(admin, "meters/unregister", step="apply", meter="E-new", register="hand").json["go"]
    assert post(admin, "meters/remove", step="apply", meter="E-new").json["go"]


def test_taking_a_meter_out_of_the_assessment_shows_the_verdicts_first(web: Web) -> None:
    admin = web.client("admin")
    fields = {"meter": "E-finance", "zh": "财政局总表", "en": "x", "place": "house", "purpose": "office"}
    shown = post(admin, "meters/change", step="preview", **fields)

    assert {row[0] for row in table(shown, "数据与评价")} == {"市级机关", "财政局"}
    assert (True,) in rows(web, Meter.assessed)
    assert post(admin, "meters/change", step="apply", assessed="1", **fields).json["go"]


def test_shares_from_a_day_on_show_what_is_left(web: Web) -> None:
    admin = web.client("admin")
    fields = {"meter": "E-finance", "since": "2026-03-01"}
    fields |= {"shares.0.unit": "finance", "shares.0.by": "percent", "shares.0.part": "80"}
    shown = post(admin, "meters/shares", step="preview", **fields)
    assert table(shown, "未分摊")[0][0] == "电"
    post(admin, "meters/shares", step="apply", **fields)

    assert "按比例分出 80 %，剩余 20 %" in said(visit(admin, "/admin", "?section=meters&meter=E-finance"))


def test_names_in_files_are_exactly_those_listed(web: Web) -> None:
    admin = web.client("admin")
    post(admin, "meters/aliases", meter="E-finance", **{"aliases.0.alias": "K1", "aliases.4.alias": "K2"})
    assert codes(post(admin, "meters/aliases", meter="E-education", **{"aliases.0.alias": "K1"})) == {
        "aliases": "ALIAS_TAKEN"
    }
    post(admin, "meters/aliases", meter="E-finance", **{"aliases.0.alias": "K2"})

    page = said(visit(admin, "/admin", "?section=meters&meter=E-finance"))
    assert '"lines": [["K2"]]' in page


def test_who_manages_a_bureau_edits_it_and_nothing_beside_it(web: Web) -> None:
    with web.database.session(write=True) as session:
        user = accounts.find_user(session, SYSTEM, "own")
        accounts.grant(session, SYSTEM, user, web.ids.units["finance"], Role.ADMIN)
    own = web.client("own")
    fact = {"kind": "posts", "value": "90", "since": "2026-01-01", "step": "apply"}

    assert "saved" in post(own, "units/fact", unit="finance", **fact).json["go"]
    assert post(own, "units/fact", unit="education", **fact).status_code == 404
    assert post(own, "meters/remove", meter="E-education", step="apply").status_code == 404
    assert post(own, "places/remove", place="house", step="apply").status_code == 403
    listed = said(visit(own, "/admin", "?section=units")) + said(visit(own, "/admin", "?section=meters"))
    assert "财政局" in listed
    assert [word for word in ("教育局", "E-education", "档案馆") if word in listed] == []
    for section in ("people", "sources", "settings", "audit", "places"):
        assert "NOT_FOUND" in said(visit(own, "/admin", f"?section={section}"))


@pytest.mark.parametrize(("login", "code"), [("stranger", 404), ("own", 403), ("parent", 403)])
def test_whoever_only_sees_changes_nothing(web: Web, login: str, code: int) -> None:
    client = web.client(login)
    paths = [str(rule) for rule in web.app.server.url_map.iter_rules() if str(rule).startswith("/admin/")]
    ours = [path.removeprefix("/admin/") for path in paths if not path.startswith(("/admin/tokens", "/admin/account"))]

    codes = {path: post(client, path, unit="finance", meter="E-finance", place="house").status_code for path in ours}

    assert codes == dict.fromkeys(ours, code)
