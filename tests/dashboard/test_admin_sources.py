"""Administration, the rest: sources drawn from their importer's options, settings, tokens, the trail."""

import io
import tomllib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.admin import toml
from dashboard.app import create_app
from monitor.database.tables import ImportRun, JobRun, MeterAlias, Source
from monitor.settings import Settings
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, said, sign_in, visit
from tests.dashboard.test_admin_organisation import codes, rows, table
from tests.dashboard.test_admin_people import post

SOURCE = {"kind": "tabular", "code": "gas", "zh": "燃气", "o_pattern": "*.csv", "o_profile": "water-register"}
SOURCE |= {"schedule": "30 2 * * *", "zone": "Asia/Shanghai", "late": "36", "catch_up": "10", "enabled": "1"}


def options(web: Web, code: str) -> dict[str, Any]:
    with web.database.session() as session:
        found: dict[str, Any] = session.scalars(select(Source.options).where(Source.code == code)).one()
        return found


def test_the_form_draws_itself_from_the_options_of_its_importer(web: Web) -> None:
    zh = said(visit(web.client("admin"), "/admin", "?section=sources&new=tabular"))

    assert all(word in zh for word in ("收件文件夹", "文件名模式", "表格配置", "water-register", "campus-hourly"))
    assert "下次运行" in said(visit(web.client("admin"), "/admin", "?section=sources&source=power"))


def test_a_source_with_a_ready_made_profile_is_made_and_changed_to_its_own(web: Web) -> None:
    admin = web.client("admin")
    made = post(
        admin, "sources/save", step="apply", **SOURCE, **{"aliases.0.alias": "G-1", "aliases.0.meter": "W-finance"}
    )
    assert made.json == {"go": "/admin?section=sources&source=gas&message=saved"}
    assert options(web, "gas") == {"pattern": "*.csv", "profile": "water-register"}
    assert ("gas", 36 * 3600, 10 * 86_400, True) in rows(
        web, Source.code, Source.late_after, Source.catch_up, Source.enabled
    )
    assert ("G-1",) in rows(web, MeterAlias.alias)
    own = SOURCE | {"source": "gas", "o_profile": "-", "o_profile_toml": toml.dumps(small.PROFILE)}
    del own["enabled"]
    post(admin, "sources/save", step="apply", **own)

    assert options(web, "gas")["profile"] == small.PROFILE
    assert ("G-1",) not in rows(web, MeterAlias.alias)
    assert ("gas", False) in rows(web, Source.code, Source.enabled)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"code": "power"}, {"code": "CODE_TAKEN"}),
        ({"schedule": "daily"}, {"schedule": "SCHEDULE_INVALID"}),
        ({"zone": "Mars/Base"}, {"zone": "ZONE_UNKNOWN"}),
        ({"o_profile": "../../etc/passwd"}, {"o_profile": "NOT_A_CHOICE"}),
        ({"o_profile": "-", "o_profile_toml": "layout ="}, {"o_profile_toml": "NOT_TOML"}),
        ({"o_profile": "-", "o_profile_toml": 'layout = "rows"'}, {"o_profile_toml": "OPTIONS_INVALID"}),
        ({"o_inbox": "/etc"}, {"o_inbox": "FOLDER_ELSEWHERE"}),
        ({"late": "soon"}, {"late": "NOT_WHOLE"}),
        ({"aliases.0.alias": "x", "aliases.0.meter": ""}, {"aliases.0.meter": "NEEDED"}),
    ],
)
def test_what_a_source_cannot_be_is_told_beside_its_field(
    web: Web, fields: dict[str, str], wrong: dict[str, str]
) -> None:
    admin = web.client("admin")
    answers = [post(admin, "sources/save", step=step, **(SOURCE | fields)) for step in ("look", "apply")]

    assert [codes(answer) for answer in answers] == [wrong, wrong]
    assert ("gas",) not in rows(web, Source.code)


def test_a_folder_below_the_open_ones_may_be_read(web: Web) -> None:
    inbox = str(web.folder / "inbox" / "gas")

    assert post(web.client("admin"), "sources/save", step="apply", **SOURCE, o_inbox=inbox).json["go"]
    assert options(web, "gas")["inbox"] == inbox


def test_a_check_shows_the_next_three_runs_and_stores_nothing(web: Web) -> None:
    answer = post(web.client("admin"), "sources/save", step="look", **SOURCE).json

    assert answer["message"].count("02:30") == 3
    assert ("gas",) not in rows(web, Source.code)


def test_a_file_is_tried_with_the_options_typed_and_nothing_is_imported(web: Web) -> None:
    admin = web.client("admin")
    runs = rows(web, ImportRun.id)
    fields = {"source": "power", "o_profile": "-", "o_profile_toml": toml.dumps(small.PROFILE), "zone": "Asia/Shanghai"}
    data = {"csrf": csrf(admin), "step": "try", **fields, "file": (io.BytesIO(small.UPLOAD), "today.csv")}
    answer = admin.post("/admin/sources/save", data=data, content_type="multipart/form-data")

    assert table(answer, "各计量点逐月合计")[0][0] == "E-finance"
    assert "abc" in str(answer.json["tables"][1]["rows"])
    assert rows(web, ImportRun.id) == runs
    assert codes(post(admin, "sources/save", step="try", **fields)) == {"file": "NEEDED"}


def test_run_now_is_entered_into_the_ledger(web: Web) -> None:
    assert "started" in post(web.client("admin"), "sources/run", source="power").json["go"]
    assert rows(web, JobRun.job) == [("import:power",)]


@pytest.mark.parametrize(
    "given",
    [
        small.PROFILE,
        {
            "a b": 'quote " and \\ and \n',
            "n": 1,
            "f": 1.5,
            "yes": True,
            "list": ["x", "~^\\d+$"],
            "t": {"u": {"v": "深"}},
        },
        {},
    ],
)
def test_a_profile_is_written_as_toml_that_reads_the_same(given: dict[str, Any]) -> None:
    assert tomllib.loads(toml.dumps(given)) == given


# ---------------------------------------------------------------- settings


def test_a_setting_takes_effect_without_a_restart(web: Web) -> None:
    admin = web.client("admin")
    moment = said(visit(admin, "/admin", "?section=audit"))
    assert post(admin, "settings/save", **{"zone": "UTC", "report.hour": "9"}).json["go"]

    page = said(visit(admin, "/admin", "?section=settings"))
    assert page.count("在本页设置。") == 2
    assert said(visit(admin, "/admin", "?section=audit")) != moment
    assert "zone" in said(visit(admin, "/admin", "?section=audit&thing=setting"))


def test_one_setting_that_cannot_be_used_keeps_all_of_them_from_being_stored(web: Web) -> None:
    admin = web.client("admin")
    answer = post(
        admin, "settings/save", **{"report.hour": "9", "report.working_day": "40", "mail.password": "hunter2"}
    )

    assert codes(answer) == {"report.working_day": "SETTING_WRONG", "mail.password": "SECRET_REFERENCE"}
    assert "在本页设置。" not in said(visit(admin, "/admin", "?section=settings"))


def test_what_the_environment_fixes_is_shown_and_refused(web: Web, tmp_path: Path) -> None:
    environ = {"JIEYUE_MAIL__HOST": "smtp.example", "JIEYUE_MAIL__PASSWORD": "hunter2", "JIEYUE_DATA": str(web.folder)}
    app = create_app(Settings.load(folder=tmp_path, environ=environ), web.database)
    admin = sign_in(app, "admin")
    page = said(visit(admin, "/admin", "?section=settings"))

    assert "由环境变量 JIEYUE_MAIL__HOST 固定。" in page
    assert "hunter2" not in page
    assert codes(post(admin, "settings/save", **{"mail.host": "elsewhere"})) == {"mail.host": "SETTING_FIXED"}


# ---------------------------------------------------------------- tokens, trail


def test_a_token_is_shown_once_and_ends_at_a_word(web: Web) -> None:
    admin = web.client("admin")
    made = post(admin, "tokens/make", name="BI", expires="2027-01-31", unit="finance", **{"scope_read:units": "1"}).json
    listed = said(visit(admin, "/admin", "?section=tokens"))

    assert made["secret"]["value"].startswith("jy_")
    assert made["secret"]["value"] not in listed
    assert all(word in listed for word in ("BI", made["secret"]["value"][:12], "财政局", "有效"))
    assert post(admin, "tokens/revoke", token="1").json["go"]
    assert "已吊销" in said(visit(admin, "/admin", "?section=tokens"))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, {"name": "NEEDED"}),
        ({"expires": "2020-01-01"}, {"expires": "TOKEN_EXPIRY"}),
        ({"scope_read:units": ""}, {"scope_read:units": "TOKEN_SCOPES"}),
    ],
)
def test_a_token_that_cannot_be_is_told_beside_its_field(
    web: Web, fields: dict[str, str], wrong: dict[str, str]
) -> None:
    usual = {"name": "BI", "expires": "2027-01-31", "scope_read:units": "1"}

    assert codes(post(web.client("admin"), "tokens/make", **(usual | fields))) == wrong


def test_anybody_with_a_unit_has_tokens_of_their_own_and_sees_no_others(web: Web) -> None:
    post(web.client("admin"), "tokens/make", name="BI", expires="2027-01-31", **{"scope_read:units": "1"})
    own = web.client("own")
    page = said(visit(own, "/admin"))

    assert "新令牌" in page
    assert "BI" not in page
    assert post(own, "tokens/revoke", token="1").status_code == 404
    assert post(web.client("stranger"), "tokens/make", name="x").status_code == 404


def test_the_trail_is_searched_by_address_and_goes_on_page_by_page(web: Web) -> None:
    admin = web.client("admin")
    post(admin, "people/add", login="li", name="李", role="viewer")
    found = said(visit(admin, "/admin", "?section=audit&thing=user:li&who=admin&since=2020-01-01&until=2099-01-01"))

    assert "添加人员" in found
    assert "user:own" not in found
    assert "没有符合条件的记录" in said(visit(admin, "/admin", "?section=audit&thing=%25&since=2099-01-01"))
    assert "添加人员" in said(visit(admin, "/admin", "?section=audit&since=yesterday&before=x"))
