"""Pages, limits, ETags, CSV, compression, errors in two languages, and questions that make no sense."""

import csv
import gzip
import io
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.api.serve import PREFIX, ROUTES
from dashboard.api.values import decimal, fixed
from monitor.database.state import bump_data_version
from tests.dashboard.api.conftest import Ask, token_of
from tests.dashboard.conftest import Web

YEAR = "/consumption?unit=finance&resource=electricity&from=2025-09-16&to=2026-09-15"


@pytest.mark.parametrize("path", ["/units", "/meters", "/board", "/comparison?resource=water", "/reports"])
@pytest.mark.parametrize("size", [1, 3, 500])
def test_pages_of_any_size_give_the_whole_list_once(ask: Ask, path: str, size: int) -> None:
    whole = ask(path + ("&" if "?" in path else "?") + "limit=500").json["items"]
    found, cursor, asked = [], "", 0
    while cursor is not None and asked < 20:
        more = f"&cursor={cursor}" if cursor else ""
        page = ask(path + ("&" if "?" in path else "?") + f"limit={size}{more}").json
        found, cursor, asked = found + page["items"], page["next"], asked + 1
        assert len(page["items"]) <= size

    assert found == whole


@pytest.mark.parametrize(
    ("address", "code", "parameter"),
    [
        ("/units?limit=501", "PARAMETER_WRONG", "limit"),
        ("/units?limit=0", "PARAMETER_WRONG", "limit"),
        ("/units?cursor=%00", "CURSOR_WRONG", "cursor"),
        ("/units?cursor=bm9uZQ", "CURSOR_WRONG", "cursor"),
        ("/units?unit=finance", "PARAMETER_UNKNOWN", "unit"),
        ("/units?limit=1&limit=2", "PARAMETER_TWICE", "limit"),
        ("/consumption?unit=finance&resource=water", "PARAMETER_MISSING", "from"),
        ("/consumption?unit=finance&resource=gold&from=2026-01-01", "PARAMETER_WRONG", "resource"),
        ("/consumption?unit=finance&from=2026-01-01", "UNIT_OR_METER", None),
        ("/consumption?unit=finance&meter=E-finance&resource=water&from=2026-01-01", "UNIT_OR_METER", None),
        ("/consumption?unit=finance&resource=water&from=2024-01-01&to=2026-01-01", "SPAN_WRONG", "to"),
        ("/consumption?unit=finance&resource=water&from=2026-02-01&to=2026-01-01", "SPAN_WRONG", "to"),
        ("/consumption?unit=finance&resource=water&from=2010-01-01&by=month", "SPAN_WRONG", "to"),
        ("/consumption?unit=finance&resource=water&from=2026-01-01&by=hour", "PARAMETER_WRONG", "by"),
        ("/consumption?unit=finance&resource=water&from=1.1.2026", "PARAMETER_WRONG", "from"),
        ("/targets?unit=finance&year=2026&as_of=2025-12-31", "DAY_OUTSIDE", "as_of"),
        ("/targets?unit=fin%00ance", "PARAMETER_WRONG", "unit"),
        ("/reports?month=2026-13", "PARAMETER_WRONG", "month"),
    ],
)
def test_a_wrong_question_is_refused_with_the_parameter_in_both_languages(
    ask: Ask, address: str, code: str, parameter: str | None
) -> None:
    english, chinese = (ask(address, Accept_Language=language) for language in ("en-GB,en;q=0.9", "zh-CN"))

    assert (english.status_code, english.mimetype) == (400, "application/problem+json")
    assert (english.json["code"], english.json.get("parameter")) == (code, parameter)
    assert english.json["detail"] != chinese.json["detail"]
    assert "{" not in english.json["detail"] + chinese.json["detail"]
    assert (english.headers["Content-Language"], chinese.headers["Content-Language"]) == ("en", "zh")


def test_an_answer_is_not_sent_again_until_something_changes(web: Web, ask: Ask) -> None:
    first = ask(YEAR)
    again = ask(YEAR, If_None_Match=first.headers["ETag"])
    other = [ask(YEAR + "&by=month"), ask(YEAR, Accept="text/csv"), ask(YEAR, "own")]
    with web.database.session(write=True) as session:
        bump_data_version(session)
    changed = ask(YEAR, If_None_Match=first.headers["ETag"])

    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert len({first.headers["ETag"], *(one.headers["ETag"] for one in other)}) == 4
    assert (changed.status_code, changed.json["data_version"]) == (200, first.json["data_version"] + 1)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in first.headers["Vary"]


def test_csv_and_json_have_the_same_rows(ask: Ask) -> None:
    answer = ask(YEAR, Accept="text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    wanted = [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in ask(YEAR).json["rows"]
    ]

    assert answer.mimetype == "text/csv"
    assert [{name: row[name] for name in wanted[0]} for row in rows] == wanted
    assert {(row["unit"], row["resource"], row["measure"]) for row in rows} == {("finance", "electricity", "kWh")}


def test_a_long_answer_is_compressed_where_asked_for(ask: Ask) -> None:
    plain, packed = ask(YEAR), ask(YEAR, Accept_Encoding="gzip")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] == plain.headers["ETag"]


def test_days_to_come_are_not_there_yet(ask: Ask) -> None:
    answer = ask("/consumption?unit=finance&resource=water&from=2026-09-14&to=2026-12-31").json

    assert [row["from"] for row in answer["rows"]] == ["2026-09-14", "2026-09-15"]
    assert ask("/consumption?unit=finance&resource=water&from=2027-01-01").json["rows"] == []
    assert ask("/consumption?meter=W-finance&from=2027-01-01").json["rows"] == []


def test_an_unknown_address_is_no_page_of_ours(ask: Ask) -> None:
    for address in ("/none", "/", "/reports/99999999999999999999", "/units/finance/x"):
        answer = ask(address)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), address


def test_decimals_are_exact_and_never_in_exponents() -> None:
    from fractions import Fraction

    assert [decimal(Fraction(n, 10**6)) for n in (1, 12_345_678, -500_000, 10**18)] == [
        "0.000001",
        "12.345678",
        "-0.5",
        "1000000000000",
    ]
    assert (fixed(Fraction(2, 3)), fixed(Fraction(2, 3), cut=True), fixed(Fraction(0))) == ("0.666667", "0.666666", "0")


NAMES = sorted({field.alias or name for route in ROUTES for name, field in route.question.model_fields.items()})
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["finance", "electricity", "2026-01-01", "9999-12-31", "0001-01-01", "1e9", "-1", "'; drop table", "day"]
    ),
    st.integers(-(10**25), 10**25).map(str),
)


def test_no_question_makes_the_server_fail(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    client, bearer = web.app.server.test_client(), {"Authorization": f"Bearer {token_of(web, 'parent')}"}
    paths = st.sampled_from([route.path for route in ROUTES])

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(paths, st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4), st.text(min_size=1, max_size=20))
    def asked(path: str, parameters: dict[str, str], gap: str) -> None:
        filled = path.replace("<code>", "{0}").replace("<int:report_id>", "{1}")
        address = PREFIX + filled.format(gap.replace("/", "_"), abs(hash(gap)))
        answer = client.get(address, query_string=parameters, headers=bearer)
        assert answer.status_code in {200, 308, 400, 404}
        assert "Traceback" not in answer.text

    with caplog.at_level(logging.ERROR):
        asked()
    assert caplog.records == []
