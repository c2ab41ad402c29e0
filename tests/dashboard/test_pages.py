"""Pages as plain functions of the request: what each says, from the same figures that queries give."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask
import pytest
from sqlalchemy import select

from dashboard import explain, guards
from dashboard.context import Context, Site
from dashboard.pages import imports, meter, overview, receipt, shown, unit
from monitor import i18n
from monitor.database.tables import User
from monitor.domain.periods import to_day
from monitor.domain.resources import RESOURCES
from monitor.domain.targets import Status
from monitor.queries import consumption, scope, targets
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, parts, visit

ALL = ("admin", "own", "stranger")


@contextmanager
def reading(web: Web, login: str = "admin", language: str = "en", theme: str = "light") -> Iterator[Context]:
    """Open a request as a person, without the network between."""
    with web.database.session() as session:
        user_id = session.scalar(select(User.id).where(User.login == login))
        assert user_id is not None
        actor = scope.actor_for(session, user_id)
    here = Context(
        Site(web.database, small.settings(web.folder), lambda: small.NOW), actor, login, language, theme, "token"
    )
    with web.app.server.test_request_context("/"):
        flask.g.jieyue = here
        yield here


def text(component: Any) -> str:
    return json.dumps(component.to_plotly_json(), default=lambda part: part.to_plotly_json(), ensure_ascii=False)


def tree(component: Any) -> Any:
    return json.loads(text(component))


def test_the_overview_shows_the_figure_that_the_query_gives(web: Web) -> None:
    with reading(web) as here:
        page = text(overview.layout())
        with here.session() as session:
            top = scope.unit_by_code(session, here.actor, "hq")
            last = targets.default_as_of(session, now=small.NOW)
            for code in RESOURCES:
                judged = targets.progress(session, here.actor, top.id, code, 2026, last)[0]
                for value in (judged.progress.allowed, judged.progress.allowance, judged.progress.forecast):
                    assert i18n.quantity(value, code, "en") in page
                assert i18n.quantity(judged.progress.used.quantity, code, "en", measure=False) in page


def test_the_worst_three_are_three_different_units(web: Web) -> None:
    with reading(web):
        names = [str(part["children"]) for part in parts(tree(overview.layout())) if part.get("className") == "worst"]

    assert [names[0].count(f"'href': '/unit?unit={code}") for code in ("education", "transport", "finance")] == [
        1,
        1,
        0,
    ]


def test_a_unit_with_gaps_is_grey_with_its_reason_and_has_no_pace(web: Web) -> None:
    with reading(web) as here:
        with here.session() as session:
            row = scope.unit_by_code(session, here.actor, "archives")
            judged = targets.progress(session, here.actor, row.id, "electricity", 2026, to_day(small.LAST))[0]
        page = text(unit.layout(unit="archives"))

    assert judged.progress.status is Status.NOT_JUDGED
    assert "Not judged" in page
    assert "On track" not in page
    assert i18n.percent(judged.progress.pace, "en") not in page


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("resource", list(RESOURCES))
def test_a_units_page_has_every_panel_with_measure_period_and_file(web: Web, language: str, resource: str) -> None:
    with reading(web, language=language):
        found = list(parts(tree(unit.layout(unit="finance", resource=resource))))
    links = [str(part["href"]).split("?")[0] for part in found if str(part.get("href", "")).startswith("/export/")]
    facts = [str(part["children"]) for part in found if part.get("className") == "facts" and part.get("children")]

    expected = [
        "days",
        "happenings",
        "months",
        "days",
        *(["profile"] if resource == "electricity" else []),
        "statement",
        "change",
        "facts",
        "meters",
        "history/unit",
    ]
    assert [link for link in links if link.endswith(".csv")] == [f"/export/{view}.csv" for view in expected]
    assert all(
        i18n.measure_name(resource, language) in line and "2026" in line for line in facts[:-1]
    )  # the history is of no measure


def test_the_line_adds_up(web: Web) -> None:
    with reading(web) as here, here.session() as session:
        finance = scope.unit_by_code(session, here.actor, "finance")
        found = consumption.statement(
            session, here.actor, finance.id, "electricity", to_day(small.LAST) - 10, to_day(small.LAST) + 1
        )
        page = text(unit.layout(unit="finance"))

    assert found.total.quantity == (found.counted.quantity or 0) + (found.deducted.quantity or 0) + (
        found.not_allocated.quantity or 0
    )
    assert "Deducted: dormitory" in page


def test_the_csv_behind_a_chart_has_the_figures_of_the_query(web: Web) -> None:
    client = web.client("admin")
    rows = list(
        csv.reader(io.StringIO(client.get("/export/months.csv?unit=finance&year=2026").data.decode("utf-8-sig")))
    )
    with reading(web) as here, here.session() as session:
        finance = scope.unit_by_code(session, here.actor, "finance")
        months = consumption.months(session, here.actor, finance.id, "electricity", 2026)

    assert [row[0] for row in rows[1:]] == [str(month.month) for month in months]
    assert [row[1] for row in rows[1:]] == [
        "" if m.amount.quantity is None else f"{m.amount.quantity / 1e6:.6f}".rstrip("0").rstrip(".") for m in months
    ]


def test_filters_of_the_address_are_kept_in_every_link_of_the_board(web: Web) -> None:
    with reading(web):
        page = text(overview.layout(year="2026", as_of="2026-06-30"))

    assert "/unit?unit=finance&resource=water&year=2026&as_of=2026-06-30" in page


@pytest.mark.parametrize(
    "given",
    [
        {"year": "x"},
        {"year": "99999"},
        {"as_of": "yesterday"},
        {"resource": "gold"},
        {"as_of": "2031-01-01"},
        {"year": "²"},
    ],
)
def test_what_an_address_says_wrongly_becomes_the_default(web: Web, given: dict[str, str]) -> None:
    with reading(web):
        assert text(unit.layout(unit="finance", **given)) == text(unit.layout(unit="finance"))


def test_a_receipt_says_each_refused_row_in_both_languages(web: Web) -> None:
    with reading(web, language="zh"):
        page = text(receipt.layout(run=str(web.ids.run_id)))

    assert "第 14 行" in page
    assert "'12,5' is not a number (decimal mark is '.')" in page
    assert "NOT_A_NUMBER" in page


def test_refused_rows_leave_as_text_that_no_spreadsheet_runs(web: Web) -> None:
    data = web.client("admin").get(f"/export/run/{web.ids.run_id}.csv").data.decode("utf-8-sig")

    assert [row[5] for row in csv.reader(io.StringIO(data))][1:] == ["12,5", "'=cmd|' /C calc'!A0"]


def test_a_figure_opens_down_to_readings_and_their_receipt(web: Web) -> None:
    day = to_day(small.LAST)
    with reading(web) as here:
        drawer = text(explain.body(here, f"finance|electricity|{day}|{day + 1}"))
        opened = text(
            meter.layout(
                meter=str(web.ids.meters["E-finance"]),
                start=small.LAST.isoformat(),
                as_of=small.LAST.isoformat(),
                day=small.LAST.isoformat(),
            )
        )

    assert f"/meter?meter={web.ids.meters['E-finance']}&start=2026-09-15&as_of=2026-09-15" in drawer
    assert opened.count(f"/receipt?run={web.ids.run_id}") == 25


def test_only_those_who_may_import_are_offered_it(web: Web) -> None:
    offered = {}
    for login in ("admin", "parent"):
        with reading(web, login):
            page = text(imports.layout())
        offered[login] = ("Run now" in page, "Choose files" in page)

    assert offered == {"admin": (True, True), "parent": (False, False)}


def test_a_page_without_units_says_what_to_do(web: Web) -> None:
    with reading(web, "stranger"):
        page = text(shown(overview.layout)())

    assert "You have no unit yet" in page
    assert "NO_UNITS" in page


def test_a_page_that_breaks_shows_a_code_and_no_trace(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    def broken(**_: str) -> Any:
        raise ZeroDivisionError("secret detail")

    with reading(web):
        page = text(shown(broken)())

    assert "INTERNAL" in page
    assert "secret" not in page
    assert "secret detail" in caplog.text


def test_layouts_follow_the_language_and_theme_of_the_request(web: Web) -> None:
    pages = {}
    for language in ("zh", "en"):
        with reading(web, language=language, theme="dark"):
            pages[language] = text(unit.layout(unit="finance"))

    assert "财政局" in pages["zh"]
    assert "Finance Bureau" in pages["en"]
    assert "累计用量与目标" not in pages["en"]


def test_nobody_reads_a_page_through_the_router_with_somebody_elses_unit(web: Web) -> None:
    answer = visit(web.client("own"), "/unit", "?unit=education").json["response"][guards.ROUTER.split(".")[2]]

    assert "NOT_FOUND" in json.dumps(answer)
