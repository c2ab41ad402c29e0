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

    status, wrong = post(client, "organisation", code="org", zh="", **{"units.0.code": "a", "units.0.people": "x"})
    assert (status, sorted(wrong["errors"])) == (200, ["units.0.people", "zh"])
    _, done = post(client, "organisation", code="org", zh="机关", **{"units.0.code": "a", "units.0.people": "20"})

    assert done["go"].startswith("/welcome")
    assert units(empty[0]) == ["org", "a"]
    assert "总览" in said(visit(client, "/"))  # still signed in, and may see it
    status, made = post(
        client,
        "meters",
        place="楼",
        zone="Asia/Shanghai",
        **{
            "meters.0.code": "E1",
            "meters.0.resource": "electricity",
            "meters.0.unit": "a",
            "meters.0.kind": "interval",
        },
    )
    assert (status, made["go"]) == (200, "/welcome?message=meters")


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
        for what in ("template", "organisation", "meters", "file", "target"):
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
