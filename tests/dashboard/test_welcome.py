"""The first steps as a page and as forms: who may, what is said, what stays."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import python_calamine
from flask.testing import FlaskClient

from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.domain.access import SYSTEM
from monitor.services import accounts, organisation
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, said, sign_in, visit
from tests.services.test_template import workbook


@pytest.fixture
def empty(sqlite_template: Path, tmp_path: Path) -> Iterator[tuple[Database, Any]]:
    """An installation with two people and no organisation."""
    path = tmp_path / "jieyue.db"
    path.write_bytes(sqlite_template.read_bytes())
    with Database(f"sqlite:///{path}") as database:
        with database.session(write=True) as session:
            for login in ("admin", "second"):
                accounts.create_user(session, SYSTEM, login, login.title(), small.PASSWORD, now=small.NOW)
        yield database, create_app(small.settings(tmp_path), database)


def post(client: FlaskClient, what: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/welcome/{what}", data={"csrf": csrf(client), **fields}, content_type="multipart/form-data")
    return answer.status_code, json.loads(answer.text)


def units(database: Database) -> list[str]:
    with database.session() as session:
        return [unit.code for unit, _, _ in organisation.describe(session, SYSTEM).all_units()]


def test_the_first_person_is_led_to_the_first_steps_and_nobody_else(empty: tuple[Database, Any]) -> None:
    first, second = (sign_in(empty[1], login) for login in ("admin", "second"))

    assert '"href": "/welcome"' in said(visit(first, "/"))
    assert "NO_UNITS" in said(visit(second, "/"))
    assert "NOT_FOUNDER" in said(visit(second, "/welcome"))
    assert "第 1 步" in said(visit(first, "/welcome"))
    status, answer = post(second, "organisation", code="org", zh="机关", **{"units.0.code": "a"})
    assert (status, "NOT_FOUNDER" in answer["message"]) == (403, True)
    assert units(empty[0]) == []


def test_an_organisation_by_hand_makes_its_first_person_administrator(empty: tuple[Database, Any]) -> None:
    client = sign_in(empty[1], "admin")

    status, wrong = post(client, "organisation", code="org", zh="", **{"units.0.code": "a", "units.0.head_count": "x"})
    assert (status, sorted(wrong["errors"])) == (200, ["units.0.head_count", "zh"])
    _, done = post(client, "organisation", code="org", zh="机关", **{"units.0.code": "a", "units.0.head_count": "20"})

    assert done["go"].startswith("/welcome")
    assert units(empty[0]) == ["org", "a"]
    assert "总览" in said(visit(client, "/"))  # still signed in, and may see it


PLACE = {"code": "house", "zh": "楼", "kind": "building", "zone": "Europe/London", "country": "GB"}
MAIN = {"code": "E1", "zh": "总表", "resource": "electricity", "place": "house", "kind": "cumulative", "unit": ""}
SUB = MAIN | {"code": "E2", "zh": "食堂", "parent": "E1", "multiplier": "40/3", "unit": "a"}


def line(name: str, at: int, values: dict[str, str]) -> dict[str, str]:
    return {f"{name}.{at}.{key}": value for key, value in values.items()}


def test_by_hand_places_meters_shares_and_facts_become_what_the_template_makes(empty: tuple[Database, Any]) -> None:
    client = sign_in(empty[1], "admin")
    below = line("units", 1, {"code": "b", "zh": "乙", "parent": "a", "floor_area": "300", "kind": "department"})
    post(client, "organisation", code="org", zh="机关", **line("units", 0, {"code": "a", "head_count": "20"}), **below)

    told = [
        post(client, "places", **line("places", 0, PLACE | {"office_from": "08:30", "office_to": "17:00"})),
        post(client, "meters", **line("meters", 0, SUB), **line("meters", 1, MAIN)),  # the main meter may come later
        post(client, "shares", meter="E1", since="2026-01-01", **line("shares", 0, {"unit": "b", "by": "floor_area"})),
        post(
            client,
            "facts",
            **line("facts", 0, {"unit": "b", "kind": "head_count", "value": "7", "since": "2025-01-01"}),
        ),
        post(client, "organisation", **line("units", 0, {"code": "c", "zh": "丙"})),
    ]

    assert [one[1].get("go") for one in told] == [
        f"/welcome?message={message}" for message in ("places", "meters", "shares", "facts", "units")
    ]
    with empty[0].session() as session:
        spec = organisation.describe(session, SYSTEM)
    assert [(unit.code, above) for unit, above, _ in spec.all_units()] == [
        ("org", None),
        ("a", "org"),
        ("b", "a"),
        ("c", "org"),
    ]
    assert [(one.kind, int(one.value)) for one in spec.all_units()[2][0].facts] == [
        ("floor_area", 300),
        ("head_count", 7),
    ]
    assert [(one.zone, one.office_from, one.office_to) for one in spec.places] == [("Europe/London", 510, 1020)]
    main, sub = spec.meters
    assert (main.parent, main.registers[0].kind) == (None, "cumulative")
    assert [(one.unit, one.by, str(one.since)) for one in main.shares] == [("b", "floor_area", "2026-01-01")]
    assert (sub.parent, sub.registers[0].multiplier, [one.unit for one in sub.all_shares()]) == ("E1", "40/3", ["a"])
    assert "× 40/3" in said(visit(client, "/welcome"))


def test_what_is_wrong_by_hand_stands_beside_its_field_and_nothing_is_stored(web: Web) -> None:
    client = web.client("admin")
    with web.database.session() as session:
        before = organisation.describe(session, SYSTEM)
    wrong = [
        ("places", {"places.0.parent": "nowhere", "places.0.zone": "Mars", "places.0.code": "house"}),
        ("meters", {**line("meters", 0, SUB | {"parent": "E9"}), **line("meters", 1, SUB | {"multiplier": "0"})}),
        (
            "shares",
            {"meter": "E-finance", "shares.0.unit": "finance", "shares.0.by": "percent", "shares.0.part": "120"},
        ),
        ("facts", line("facts", 0, {"unit": "finance", "kind": "head_count", "value": "1", "since": "2026-01-01"})),
        ("organisation", {"units.0.code": "finance", "units.1.code": "x", "units.1.parent": "y"}),
        ("meters", {}),
    ]

    found = [sorted(post(client, what, **fields)[1]["errors"]) for what, fields in wrong]

    assert found[0] == [f"places.0.{name}" for name in ("code", "country", "kind", "parent", "zh", "zone")]
    assert found[1] == [
        "meters.0.parent",
        "meters.0.unit",
        "meters.1.code",
        "meters.1.multiplier",
        "meters.1.parent",
        "meters.1.unit",
    ]
    assert found[2:] == [["shares.0.part"], ["facts"], ["units.0.code", "units.1.parent"], ["meters"]]
    with web.database.session() as session:
        assert organisation.describe(session, SYSTEM) == before


def test_where_figures_hang_on_it_what_changes_is_shown_first(web: Web) -> None:
    client, shares = web.client("admin"), {"unit": "finance", "by": "percent", "part": "60"}

    _, shown = post(client, "shares", step="preview", meter="E-finance", **line("shares", 0, shares))

    assert shown["tables"][0]["rows"]
    with web.database.session() as session:
        [meter] = [one for one in organisation.describe(session, SYSTEM).meters if one.code == "E-finance"]
    assert [one.part for one in meter.all_shares()] == [1_000_000]


def test_a_template_is_taken_whole_or_not_at_all(web: Web) -> None:
    client = web.client("admin")
    before = units(web.database)
    rows = {"units": [{"code": "new", "zh": "新局", "parent": "hq"}]}
    wrong = workbook(rows | {"facts": [{"unit": "new", "kind": "posts", "value": "viele"}]})

    _, answer = post(client, "template", step="apply", file=(BytesIO(wrong), "ours.xlsx"))
    assert answer["tables"][0]["rows"][0][1] == "NOT_A_NUMBER"
    assert "第 2 行" in answer["tables"][0]["rows"][0][0]
    assert units(web.database) == before

    _, looked = post(client, "template", step="look", file=(BytesIO(workbook(rows)), "ours.xlsx"))
    assert looked["tone"] == "good"
    assert units(web.database) == before
    _, done = post(client, "template", step="apply", file=(BytesIO(workbook(rows)), "ours.xlsx"))
    assert done["go"] == "/welcome?message=organisation"
    assert sorted(set(units(web.database)) - set(before)) == ["new"]


def test_only_administrators_take_the_steps(web: Web) -> None:
    for login in ("own", "parent", "stranger"):
        client = web.client(login)
        assert "第 1 步" not in said(visit(client, "/welcome"))
        for what in ("template", "organisation", "facts", "places", "meters", "shares", "file", "target"):
            assert post(client, what)[0] in {403, 404}


def test_the_template_is_handed_out_empty_or_with_what_is_there(web: Web) -> None:
    blank, present = (web.client("admin").get(f"/welcome/template.xlsx{more}").data for more in ("", "?present=1"))

    def codes(data: bytes) -> list[str]:
        sheet = python_calamine.CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_name("单位 Units")
        return [str(row[0]) for row in sheet.to_python()[1:]]

    assert all(code.startswith("示例") for code in codes(blank))
    assert codes(present) == units(web.database)
    assert web.client("own").get("/welcome/template.xlsx?present=1").status_code == 403


def test_a_file_is_read_by_the_layout_that_fits_and_an_unfit_one_is_said(web: Web) -> None:
    client = web.client("admin")
    hours = "\n".join(f"2026-09-15 {hour:02}:00:00,{hour + 1}" for hour in range(24))
    good = f"datetime,load [kWh]\n{hours}\n".encode()
    name = "UCam_Building_b0-electricity-2026.csv"

    _, nothing = post(client, "file", layout="", source="s")
    assert list(nothing["errors"]) == ["file"]
    _, unfit = post(client, "file", step="look", layout="", file=(BytesIO(b"a,b\n1,2\n"), "x.csv"))
    assert "NO_LAYOUT" in unfit["message"]
    _, found = post(client, "file", step="look", layout="campus-hourly", file=(BytesIO(good), name))
    assert "campus-hourly" in found["message"]
    assert found["tone"] == "warn"  # nobody knows a meter b0 here
    for source, code in (("power", "SOURCE_OTHERWISE"), ("../x", "CODE_WRONG")):
        fields = {"step": "apply", "layout": "campus-hourly", "source": source, "file": (BytesIO(good), name)}
        _, refused = post(client, "file", **fields)
        assert code in refused["errors"]["source"]
    assert list((web.folder / "uploads").iterdir()) == []  # nothing waits with names in it


def test_a_target_is_refused_beside_its_field_or_set_and_shown(web: Web) -> None:
    client = web.client("admin")
    terms = {"unit": "finance", "resource": "water", "year": "2026", "percent": "6"}

    _, wrong = post(client, "target", **terms, baseline="2026")
    _, done = post(client, "target", **terms, baseline="2025")

    assert list(wrong["errors"]) == ["baseline"]
    assert done["go"] == "/?unit=finance&year=2026"
