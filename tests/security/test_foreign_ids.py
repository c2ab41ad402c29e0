"""Thousands of requests, generated: every number and code in every address, callback, form, file and API route, of units beside the own one.

What belongs to others answers exactly as what does not exist: the two are never told apart, so nothing leaks, not even that it is there.
"""

import itertools
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dashboard import exports, guards
from monitor.database.tables import Base
from monitor.domain.access import SYSTEM, Role
from monitor.domain.periods import Month, to_day
from monitor.reports import archive
from monitor.services import accounts, tokens
from tests.dashboard import matrix
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, said, sign_in, visit
from tests.dashboard.test_access import leaks

UNITS = ("education", "transport", "archives", "hq")
NONE = "no-such-thing"
MISSING = 987_654
REPORTED = ("finance", "education")
RESOURCES = ("electricity", "water", "paper")
LAST_ID = int(os.environ.get("JIEYUE_IDS", "24"))
NAMES = (
    *(
        "unit",
        "meter",
        "person",
        "source",
        "run",
        "report",
        "target",
        "register",
        "alert",
        "id",
        "code",
        "place",
        "token",
    ),
    *("parent", "main", "channel", "rule", "login", "user", "row", "key", "estimate", "correction", "month", "file"),
)


@pytest.fixture
def theirs(web: Web, request: pytest.FixtureRequest) -> Any:
    """An administrator of the Finance Bureau alone, with reports of two units in the archive where a test needs them."""
    with web.database.session(write=True) as session:
        user_id, _ = accounts.create_user(session, SYSTEM, "theirs", "Theirs", small.PASSWORD)
        accounts.grant(session, SYSTEM, user_id, web.ids.units["finance"], Role.ADMIN)
        until = datetime.now(UTC) + timedelta(days=1)
        token = tokens.create(session, SYSTEM, "t", tokens.SCOPES, expires_at=until, user_id=user_id)[1]
        for code in REPORTED if "report" in request.node.name or "number" in request.node.name else ():
            archive.make(session, SYSTEM, web.ids.units[code], Month(2026, 8), "zh", now=small.NOW)
    client = sign_in(web.app, "theirs")
    client.token = token
    return client


def same(answer: Any, given: object, other: Any, missing: object) -> bool:
    """Tell whether an answer is the one about what is not there, but for what was asked for."""
    told = said(other).replace(str(missing), str(given))
    return answer.status_code == other.status_code and said(answer) == told


def of_units() -> Iterator[str]:
    """Give addresses with a gap for the code of a unit."""
    for view in sorted({*exports.EXPORTS, "board"}):
        for resource, form in itertools.product(RESOURCES, ("csv", "xlsx")):
            yield f"/export/{view}.{form}?unit={{}}&resource={resource}"
    for kind in ("unit", "target", "meter", "source", "place", "user"):
        yield f"/export/history/{kind}.csv?key={{}}"
    for kind in ("readings", "bills", "months", "paper-issued"):
        yield f"/imports/template/{kind}.xlsx?unit={{}}"
    yield "/api/v1/units/{}"
    yield "/api/v1/meters?unit={}"
    yield "/api/v1/targets?unit={}"
    yield "/api/v1/reports?unit={}"
    for resource, by in itertools.product(RESOURCES, ("day", "month", "year")):
        yield f"/api/v1/consumption?unit={{}}&resource={resource}&from=2026-01-01&by={by}"


def test_files_and_routes_of_other_units_are_not_there(web: Web, theirs: Any) -> None:
    count, wrong = 0, []
    for address in of_units():
        headers = {"Authorization": f"Bearer {theirs.token}"} if address.startswith("/api") else {}
        other = theirs.get(address.format(NONE), headers=headers)
        for unit in UNITS:
            answer = theirs.get(address.format(unit), headers=headers)
            count += 1
            if not same(answer, unit, other, NONE) or leaks(answer.text):
                wrong.append((address.format(unit), answer.status_code, other.status_code))

    assert wrong == []
    assert count >= 700


def owned(web: Web) -> dict[str, set[int]]:
    """Give the ids that the Finance Bureau may see, by kind."""
    from monitor.database.tables import Meter, MeterShare, Report

    unit = web.ids.units["finance"]
    with web.database.session() as session:
        meters = set(session.scalars(select(MeterShare.meter_id).where(MeterShare.unit_id == unit)))
        codes = set(session.scalars(select(Meter.code).where(Meter.id.in_(meters))))
        reports = set(session.scalars(select(Report.id).where(Report.unit_id == unit)))
    return {"meter": meters, "report": reports, "run": set(), "code": codes}  # type: ignore[dict-item]


NUMBERED = {
    "meter": (
        "/export/meter-days.csv?meter={}",
        "/export/readings.csv?meter={}&day=2026-09-15",
        "/export/readings.xlsx?meter={}",
    ),
    "report": (
        "/reports/{}.html",
        "/reports/{}.xlsx",
        "/reports/{}.pdf",
        "/reports/{}.docx",
        "/api/v1/reports/{}",
        "/api/v1/reports/{}/html",
        "/api/v1/reports/{}/xlsx",
        "/api/v1/reports/{}/pdf",
        "/api/v1/reports/{}/docx",
    ),
    "run": ("/export/run/{}.csv", "/export/run/{}.xlsx"),
}


def test_every_number_of_others_is_as_one_that_is_not_there(web: Web, theirs: Any) -> None:
    mine, wrong, count = owned(web), [], 0
    for kind, addresses in NUMBERED.items():
        for address in addresses:
            headers = {"Authorization": f"Bearer {theirs.token}"} if address.startswith("/api") else {}
            other = theirs.get(address.format(MISSING), headers=headers)
            for number in range(LAST_ID):
                answer = theirs.get(address.format(number), headers=headers)
                count += 1
                expected = 200 if number in mine[kind] else None
                if answer.status_code != expected and not same(answer, number, other, MISSING):
                    wrong.append((address.format(number), answer.status_code))

    assert wrong == []
    assert count >= 200


SEARCHES = {
    **dict.fromkeys(("/unit", "/targets", "/data", "/reports", "/compare", "/alerts", "/imports", "/"), "?unit={}"),
    "/admin": "?section=units&unit={}",
}


def test_pages_of_others_say_only_that_there_is_nothing(web: Web, theirs: Any) -> None:
    wrong = []
    for path, search in SEARCHES.items():
        other = visit(theirs, path, search.format(NONE))
        for unit in UNITS:
            answer = visit(theirs, path, search.format(unit))
            if not same(answer, unit, other, NONE) or leaks(said(answer)):
                wrong.append((path, unit))

    assert wrong == []


@pytest.mark.parametrize(("path", "kind"), [("/meter", "meter"), ("/receipt", "run"), ("/reports", "report")])
def test_pages_of_a_number_of_others_say_only_that_there_is_nothing(
    web: Web, theirs: Any, path: str, kind: str
) -> None:
    mine, wrong = owned(web)[kind], []
    other = visit(theirs, path, f"?{kind}={MISSING}")
    for number in set(range(LAST_ID)) - mine:
        answer = visit(theirs, path, f"?{kind}={number}")
        if not same(answer, number, other, MISSING) or leaks(said(answer)):
            wrong.append(number)

    assert wrong == []


def test_administration_shows_nothing_of_others(web: Web, theirs: Any) -> None:
    wrong = []
    for section, name in (("meters", "meter"), ("people", "person"), ("sources", "source"), ("places", "place")):
        for value in ("E-education", "admin", "power", *UNITS):
            wrong += (
                [(section, value)] if leaks(said(visit(theirs, "/admin", f"?section={section}&{name}={value}"))) else []
            )

    assert wrong == []


def test_drawers_of_others_hold_nothing(web: Web, theirs: Any) -> None:
    first, last = to_day(date(2026, 1, 1)), to_day(date(2026, 9, 1))
    answers = {
        unit: [
            said(theirs.post(guards.ENDPOINT, json=drawer(f"{unit}|{resource}|{first + shift}|{last}"))).replace(
                unit, "…"
            )
            for resource, shift in itertools.product(RESOURCES, range(3))
        ]
        for unit in (*UNITS, NONE)
    }

    assert [unit for unit, texts in answers.items() if texts != answers[NONE] or leaks("".join(texts))] == []


def drawer(key: str) -> dict[str, Any]:
    """Give the body that opens "how was this computed"."""
    identity = {"type": "explain", "key": key}
    return {
        "output": "..explain.opened...explained.children..",
        "outputs": [{"id": "explain", "property": "opened"}, {"id": "explained", "property": "children"}],
        "inputs": [[{"id": identity, "property": "n_clicks", "value": 1}]],
        "state": [],
        "changedPropIds": ['{"key":"' + key + '","type":"explain"}.n_clicks'],
    }


def content(web: Web) -> dict[str, list[Any]]:
    """Give all rows but those of sign-ins and the audit log, and of targets and tokens those of others alone."""
    own = {"target": web.ids.units["finance"], "api_token": -1}
    with web.database.session() as session:
        own["api_token"] = accounts.find_user(session, SYSTEM, "theirs")
        return {
            name: sorted(repr(row) for row in session.execute(select(table)) if own.get(name, -1) != row[1])
            for name, table in Base.metadata.tables.items()
            if name not in {"session", "audit_event", "daily_consumption", "reading", "user_account", "state"}
        }


def test_forms_with_ids_of_others_change_nothing(web: Web, theirs: Any) -> None:
    before, token, count, wrong = content(web), csrf(theirs), 0, []
    values: list[object] = [*UNITS, "E-education", "admin", "power", *range(1, 5)]
    skipped = {"/logout", "/prefer", "/admin/account/password", "/admin/tokens/make"}
    for rule in sorted(set(matrix.FORMS) - skipped):
        usual = {name: value.format(report=2, run=web.ids.run_id) for name, value in matrix.FORMS[rule].body.items()}
        for value in values:
            for step in ("", "apply"):
                body = {
                    **dict.fromkeys(NAMES, str(value)),
                    **usual,
                    "csrf": token,
                    "step": step,
                    "reason": "x",
                    "note": "x",
                }
                if "unit" in usual:
                    body["unit"] = str(value) if value in UNITS else "education"
                answer = theirs.post(rule, data=body)
                count += 1
                if answer.status_code >= 500 or leaks(answer.text.replace(str(value), "")):
                    wrong.append((rule, value, answer.status_code))

    assert wrong == []
    assert {name for name, rows in content(web).items() if rows != before[name]} == set()
    assert count >= 1000
