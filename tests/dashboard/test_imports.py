"""Upload, preview, import, run now: what the imports page does, through the application."""

import base64
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from dashboard import guards, imports_actions
from monitor.database.tables import ImportRun, JobRun, Reading, Source
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, said, visit

OUTPUT = "..upload-goes.href...upload-answer.children.."


def source_id(web: Web, code: str = "power") -> int:
    with web.database.session() as session:
        return session.scalars(select(Source.id).where(Source.code == code)).one()


def count(web: Web, table: Any) -> int:
    with web.database.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def upload(client: FlaskClient, source: int, name: str = "今日.csv", data: bytes = small.UPLOAD) -> Any:
    """Choose a file as a browser does."""
    contents = "data:text/csv;base64," + base64.b64encode(data).decode()
    body = {
        "output": OUTPUT,
        "outputs": [{"id": "upload-goes", "property": "href"}, {"id": "upload-answer", "property": "children"}],
        "inputs": [{"id": "upload", "property": "contents", "value": contents}],
        "changedPropIds": ["upload.contents"],
        "state": [
            {"id": "upload", "property": "filename", "value": name},
            {"id": "upload-source", "property": "value", "value": str(source)},
        ],
    }
    return client.post(guards.ENDPOINT, json=body)


def goes_to(answer: Any) -> str:
    return str(answer.json["response"]["upload-goes"]["href"])


def test_a_preview_shows_totals_and_refused_rows_and_stores_nothing(web: Web) -> None:
    client, before = web.client("admin"), count(web, Reading)
    goal = goes_to(upload(client, source_id(web)))
    page = said(visit(client, *goal.replace("?", " ?").split(" ")))

    assert all(word in page for word in ("今日.csv", "41.5", "E-finance", "2026-09", "abc"))
    assert (count(web, Reading), count(web, ImportRun)) == (before, 2)


def test_a_previewed_file_is_imported_and_its_receipt_shown(web: Web) -> None:
    client, before = web.client("admin"), count(web, Reading)
    goal = goes_to(upload(client, source_id(web)))
    answer = client.post(
        "/imports/confirm", data={"csrf": csrf(client), "source": source_id(web), "file": goal.rsplit("=", 1)[1]}
    )
    page = said(visit(client, *answer.location.replace("?", " ?").split(" ")))

    assert answer.location == "/receipt?run=3"
    assert count(web, Reading) == before + 1
    assert all(word in page for word in ("今日.csv", "abc", "上传"))


def test_what_was_imported_is_no_longer_offered(web: Web) -> None:
    client = web.client("admin")
    token = goes_to(upload(client, source_id(web))).rsplit("=", 1)[1]
    form = {"csrf": csrf(client), "source": source_id(web), "file": token}
    client.post("/imports/confirm", data=form)

    assert client.post("/imports/confirm", data=form).location == "/imports?message=gone"


@pytest.mark.parametrize("token", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "a" * 64])
def test_a_token_that_names_no_upload_finds_none(web: Web, token: str) -> None:
    client = web.client("admin")
    answer = client.post("/imports/confirm", data={"csrf": csrf(client), "source": "1", "file": token})

    assert answer.location == "/imports?message=gone"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\九月.xlsx", "九月.xlsx"),
        ("..", "upload"),
        ("a\x00b\n.csv", "ab.csv"),
        ("", "upload"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
        ('<img src="x">.csv', "img src=x.csv"),
    ],
)
def test_a_file_keeps_its_name_without_what_could_do_harm(name: str, kept: str) -> None:
    assert imports_actions.safe_name(name) == kept


def test_an_upload_stays_inside_its_folder(web: Web) -> None:
    upload(web.client("admin"), source_id(web), name="../../../escaped.csv")
    found = [path.relative_to(web.folder) for path in web.folder.rglob("escaped.csv")]

    assert [path.parts[0] for path in found] == ["uploads"]
    assert not Path(web.folder.parent / "escaped.csv").exists()


def test_uploading_is_for_those_who_may_import(web: Web) -> None:
    codes = {login: upload(web.client(login), source_id(web)).status_code for login in ("stranger", "own", "parent")}

    assert codes == {"stranger": 403, "own": 403, "parent": 403}
    assert not (web.folder / "uploads").exists()


def test_run_now_enters_one_due_line_into_the_ledger(web: Web) -> None:
    client = web.client("admin")
    answer = client.post("/imports/run", data={"csrf": csrf(client), "source": source_id(web)})
    with web.database.session() as session:
        rows = session.scalars(select(JobRun)).all()

    assert answer.location == "/imports?message=started"
    assert [(row.job, row.state) for row in rows] == [("import:power", "due")]


@pytest.mark.parametrize(("source", "code"), [("999999", 404), ("x", 400), ("", 400), ("-1", 400), ("9" * 30, 400)])
def test_run_now_of_no_source_is_refused(web: Web, source: str, code: int) -> None:
    client = web.client("admin")

    assert client.post("/imports/run", data={"csrf": csrf(client), "source": source}).status_code == code


def test_a_file_that_is_no_table_is_named_as_what_it_is(web: Web) -> None:
    client = web.client("admin")
    goal = goes_to(
        upload(client, source_id(web), name="power.csv", data=b"<!doctype html><html><body>login</body></html>")
    )
    page = said(visit(client, *goal.replace("?", " ?").split(" ")))

    assert "HTML" in page
    assert "/imports/confirm" not in page


def test_several_files_are_previewed_and_imported_together(web: Web) -> None:
    client, before = web.client("admin"), count(web, Reading)
    bodies = [small.UPLOAD, small.UPLOAD.replace(b"01:00", b"03:00")]
    body = {
        "output": OUTPUT,
        "outputs": [{"id": "upload-goes", "property": "href"}, {"id": "upload-answer", "property": "children"}],
        "inputs": [
            {
                "id": "upload",
                "property": "contents",
                "value": ["data:text/csv;base64," + base64.b64encode(one).decode() for one in bodies],
            }
        ],
        "changedPropIds": ["upload.contents"],
        "state": [
            {"id": "upload", "property": "filename", "value": ["one.csv", "two.csv"]},
            {"id": "upload-source", "property": "value", "value": str(source_id(web))},
        ],
    }
    goal = goes_to(client.post(guards.ENDPOINT, json=body))
    page = said(visit(client, *goal.replace("?", " ?").split(" ")))
    assert all(word in page for word in ("one.csv", "two.csv", "可以读取"))

    files = goal.rpartition("file=")[2].replace("%2C", ",")
    answer = client.post("/imports/confirm", data={"csrf": csrf(client), "source": source_id(web), "file": files})
    assert answer.location == "/imports"
    assert count(web, Reading) == before + 2
