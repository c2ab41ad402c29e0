"""Who changed a thing stands on its page and in a file, for those who manage it and nobody else."""

import csv
import io
from typing import Any

import pytest

from monitor.domain.access import SYSTEM, Role
from monitor.services import accounts, targets
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, said, sign_in, visit

PANELS = {"/unit": "?unit=finance", "/meter": "?meter={meter}", "/targets": "?unit=finance"}
FILES = ("unit.csv?key=finance", "target.csv?key=finance", "meter.csv?key=E-finance", "source.csv?key=power")


def somebody(web: Web, login: str, unit: str, role: Role) -> Any:
    with web.database.session(write=True) as session:
        user_id, _ = accounts.create_user(session, SYSTEM, login, login, small.PASSWORD)
        accounts.grant(session, SYSTEM, user_id, web.ids.units[unit], role)
    return sign_in(web.app, login)


def shown(web: Web, client: Any) -> dict[str, bool]:
    meter = web.ids.meters["E-finance"]
    return {
        path: "变更记录" in said(visit(client, path, search.format(meter=meter))) for path, search in PANELS.items()
    }


def test_each_page_shows_it_to_those_who_manage_the_thing(web: Web) -> None:
    told = {
        "admin": shown(web, web.client("admin")),
        "admin of the unit": shown(web, somebody(web, "theirs", "finance", Role.ADMIN)),
        "manager of the unit": shown(web, somebody(web, "manager", "finance", Role.MANAGER)),
        "viewer": shown(web, web.client("own")),
        "viewer of the whole": shown(web, web.client("parent")),
        "admin of another": shown(web, somebody(web, "other", "education", Role.ADMIN)),
    }

    assert told["admin"] == told["admin of the unit"] == dict.fromkeys(PANELS, True)
    assert told["manager of the unit"] == {"/unit": False, "/meter": False, "/targets": True}
    assert told["viewer"] == told["viewer of the whole"] == told["admin of another"] == dict.fromkeys(PANELS, False)


def test_each_file_comes_to_those_who_manage_the_thing(web: Web) -> None:
    clients = {
        "admin": web.client("admin"),
        "theirs": somebody(web, "theirs", "finance", Role.ADMIN),
        "own": web.client("own"),
        "stranger": web.client("stranger"),
        "nobody": web.client(""),
    }
    told = {who: [one.get(f"/export/history/{file}").status_code for file in FILES] for who, one in clients.items()}

    assert told == {
        "admin": [200] * 4,
        "theirs": [200, 200, 200, 404],
        "own": [404] * 4,
        "stranger": [404] * 4,
        "nobody": [401] * 4,
    }


@pytest.mark.parametrize("kind", ["all", "user", "place", "nothing", "unit", "%00", ".."])
def test_nobody_below_gets_the_whole_trail(web: Web, kind: str) -> None:
    theirs = somebody(web, "theirs", "finance", Role.ADMIN)

    assert {
        theirs.get(f"/export/history/{kind}.csv?key={key}").status_code for key in ("", "admin", "%", "hq", "\0")
    } <= {404}


def test_a_change_is_in_the_history_of_its_thing_with_before_and_after(web: Web) -> None:
    client = web.client("admin")
    with web.database.session(write=True) as session:
        actor = SYSTEM
        for reduction in (60_000, 70_000):
            targets.set_target(
                session, actor, web.ids.units["finance"], "water", year=2026, baseline_year=2025, reduction=reduction
            )
    lines = list(csv.reader(io.StringIO(client.get("/export/history/target.csv?key=finance").text.lstrip("\ufeff"))))

    assert lines[1][1:4] == ["system", "目标已设定", "target:finance:water:total:2026"]
    assert "reduction: 6 %" in lines[1][4]
    assert "reduction: 7 %" in lines[1][5]


def test_the_whole_trail_is_filtered_by_person_thing_and_period(web: Web) -> None:
    client = web.client("admin")

    def rows(query: str) -> int:
        answer = client.get(f"/export/history/all.csv?{query}")
        assert answer.status_code == 200
        return len(list(csv.reader(io.StringIO(answer.text)))) - 1

    every = rows("")
    assert every > rows("thing=unit:finance") >= 1
    assert every > rows("who=admin") >= 1
    assert rows("since=2999-01-01") == 0
    assert rows("until=1999-01-01") == 0
    assert rows("who=nobody-at-all") == 0
    assert client.get("/export/history/all.xlsx?who=admin").data[:2] == b"PK"
    assert "Excel" in said(visit(client, "/admin", "?section=audit"))
