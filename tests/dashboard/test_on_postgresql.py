"""The pages, exports and the interface on PostgreSQL: what they say is what they say on SQLite, to the letter."""

import itertools
import re
from collections.abc import Iterator

import psycopg
import pytest

from dashboard.app import create_app
from monitor.database.engine import Database
from tests.dashboard import matrix
from tests.dashboard import site as small
from tests.dashboard.api.conftest import token_of
from tests.dashboard.conftest import Web, said, sign_in, visit

NAME = "test_pages"
API = (
    *("/units?limit=2", "/units/finance", "/meters?unit=finance", "/board", "/comparison?resource=water&by=per_m2"),
    *("/targets?unit=archives", "/consumption?unit=hq&resource=electricity&from=2025-10-01&by=month"),
    *("/consumption?meter=E-archives&from=2026-06-01", "/reports", "/meters?cursor=RS1maW5hbmNl&limit=3"),
)


@pytest.fixture(scope="module")
def elsewhere(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The small site on PostgreSQL, built once."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {NAME} TEMPLATE template_jieyue STRATEGY file_copy")
        with Database(postgres.replace("/postgres?", f"/{NAME}?")) as database:
            ids, folder = small.build(database), tmp_path_factory.mktemp("postgresql")
            app = create_app(small.settings(folder), database)
            yield Web(app, database, ids, folder, lambda login: sign_in(app, login))
        connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def without_moment(text: str) -> str:
    """Take out when a page was made, and how often was written before."""
    return re.sub(r"\d\d:\d\d:\d\d · 数据版本：\d+", "", text)


@pytest.mark.parametrize("login", ["own", "admin"])
def test_every_page_says_the_same_on_both(web: Web, elsewhere: Web, login: str) -> None:
    assert vars(web.ids) == vars(elsewhere.ids)
    here, there = web.client(login), elsewhere.client(login)
    gaps = {"report": 1, "run": web.ids.run_id, "meter": web.ids.meters["E-finance"]}
    differing = []
    for path, search in matrix.PAGES.items():
        if path in {
            "/admin",
            "/welcome",
        }:  # these name the moments of signing in, and forms whose keys are drawn by lot
            assert '"INTERNAL"' not in said(visit(there, path))
            continue
        one, other = (without_moment(said(visit(client, path, search.format(**gaps)))) for client in (here, there))
        if one != other or '"INTERNAL"' in other:
            differing.append(path)

    assert differing == []


def test_every_export_and_every_answer_is_the_same_on_both(web: Web, elsewhere: Web) -> None:
    here, there = web.client("parent"), elsewhere.client("parent")
    exports = [
        f"/export/{view}.csv?unit={u}" for view, u in itertools.product(sorted(matrix.EXPORTS), ("hq", "finance"))
    ]
    bearers = [{"Authorization": f"Bearer {token_of(site, 'parent')}"} for site in (web, elsewhere)]

    for address in exports:
        one, other = here.get(address), there.get(address)
        assert (one.status_code, one.data) == (other.status_code, other.data), address
    for address in API:
        one, other = (
            client.get(f"/api/v1{address}", headers=bearer)
            for client, bearer in zip((here, there), bearers, strict=True)
        )
        assert (one.status_code, one.data) == (other.status_code, other.data) == (200, one.data), address


def test_hostile_text_in_an_address_fails_nowhere(elsewhere: Web, caplog: pytest.LogCaptureFixture) -> None:
    client, bearer = elsewhere.client("parent"), {"Authorization": f"Bearer {token_of(elsewhere, 'parent')}"}
    for text in ("%00", "'; drop table meter--", "%F0%9F%92%A7", "9" * 40, "%ED%A0%80"):
        for address in (f"/export/days.csv?unit={text}", f"/export/run/1.csv?x={text}"):
            assert client.get(address).status_code in {200, 404}
        for address in (f"/units/{text}", f"/meters?unit={text}", f"/consumption?meter={text}&from=2026-09-01"):
            assert client.get(f"/api/v1{address}", headers=bearer).status_code in {400, 404}
        assert visit(client, "/meter", f"?meter={text}").status_code == 200
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
