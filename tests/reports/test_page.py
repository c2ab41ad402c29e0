"""The reports page: make, see, save and send, for those who may; the stored bytes in a frame that runs nothing."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard.reports_actions import recipients
from monitor.domain.access import SYSTEM, Role
from monitor.domain.periods import Month
from monitor.reports import archive
from monitor.services import accounts, reports
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, cheap_passwords, csrf, parts, site_file, visit, web  # noqa: F401 - fixtures

AUGUST = Month(2026, 8)


def made(web: Web, unit: str = "finance", language: str = "en") -> int:  # noqa: F811 - the fixture's value
    return archive.produce(web.database, SYSTEM, web.ids.units[unit], AUGUST, language, now=small.NOW)


def post(client: FlaskClient, path: str, **form: object) -> Any:
    return client.post(path, data={"csrf": csrf(client), **form})


def test_the_form_makes_a_report_and_shows_it_in_a_frame(web: Web) -> None:  # noqa: F811
    client = web.client("admin")
    answer = post(client, "/reports/make", unit="finance", month="2026-08", language="en")
    with web.database.session() as session:
        (row,) = reports.archive(session, SYSTEM)

    assert (answer.status_code, answer.location) == (303, f"/reports?report={row.id}&message=made")
    frames = [part for part in parts(visit(client, "/reports", f"?report={row.id}").json) if "sandbox" in part]
    assert [(frame["src"], frame["sandbox"]) for frame in frames] == [(f"/reports/{row.id}.html", "")]


def test_the_report_is_served_byte_for_byte_and_may_run_nothing(web: Web) -> None:  # noqa: F811
    report = made(web)
    with web.database.session() as session:
        html = reports.fetch(session, SYSTEM, report)[1]

    answer = web.client("own").get(f"/reports/{report}.html")

    assert answer.data == html
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert policy.count("sandbox") == 1
    saved = web.client("own").get(f"/reports/{report}.html?download=1")
    assert saved.headers["Content-Disposition"] == 'attachment; filename="jieyue-finance-2026-08-en-v1.html"'


@pytest.mark.parametrize(
    ("who", "status"), [("", 302), ("stranger", 404), ("own", 200), ("parent", 200), ("admin", 200)]
)
def test_a_report_is_for_those_who_may_see_its_unit(web: Web, who: str, status: int) -> None:  # noqa: F811
    report = made(web)

    assert web.client(who).get(f"/reports/{report}.html", headers={"Accept": "text/html"}).status_code == status


def test_a_unit_does_not_get_its_parents_report(web: Web) -> None:  # noqa: F811
    report = made(web, "hq")
    client = web.client("own")

    assert client.get(f"/reports/{report}.html").status_code == 404
    assert [part for part in parts(visit(client, "/reports", f"?report={report}").json) if "sandbox" in part] == []


def test_an_unknown_report_is_not_found(web: Web) -> None:  # noqa: F811
    client = web.client("admin")

    assert [client.get(f"/reports/{number}.html").status_code for number in (4711, 10**30)] == [404, 404]


@pytest.mark.parametrize("who", ["own", "parent"])
def test_who_may_only_look_is_offered_no_form_and_refused(web: Web, who: str) -> None:  # noqa: F811
    client = web.client(who)
    shown = [part.get("action") for part in parts(visit(client, "/reports").json)]

    assert shown.count("/reports/make") == 0
    assert post(client, "/reports/make", unit="finance", month="2026-08", language="en").status_code == 403
    assert post(client, "/reports/send", report=made(web), to="a@example.org").status_code == 403


def test_a_stranger_is_told_that_there_is_nothing(web: Web) -> None:  # noqa: F811
    client = web.client("stranger")

    assert post(client, "/reports/make", unit="finance", month="2026-08", language="en").status_code == 404
    assert post(client, "/reports/send", report=made(web), to="a@example.org").status_code == 404


def test_without_the_token_nothing_is_made(web: Web) -> None:  # noqa: F811
    client = web.client("admin")

    assert (
        client.post("/reports/make", data={"unit": "finance", "month": "2026-08", "language": "en"}).status_code == 403
    )
    with web.database.session() as session:
        assert reports.archive(session, SYSTEM) == []


@pytest.mark.parametrize(
    ("field", "value"), [("month", "August"), ("month", "2026-13"), ("month", ""), ("language", "fr")]
)
def test_a_form_that_says_nonsense_is_refused(web: Web, field: str, value: str) -> None:  # noqa: F811
    form = {"unit": "finance", "month": "2026-08", "language": "en", field: value}

    assert post(web.client("admin"), "/reports/make", **form).status_code == 400


def test_a_month_without_data_and_a_missing_mail_server_are_said_in_words(web: Web) -> None:  # noqa: F811
    client, report = web.client("admin"), made(web)
    early = post(client, "/reports/make", unit="finance", month="2027-01", language="en")
    unsent = post(client, "/reports/send", report=report, to="chief@example.org")
    nobody = post(client, "/reports/send", report=report, to="chief")

    assert early.location == "/reports?message=REPORT_TOO_EARLY&unit=finance&month=2027-01&lang=en"
    assert unsent.location == f"/reports?message=MAIL_NOT_SET&report={report}"
    assert nobody.location == f"/reports?report={report}&message=no_address"


def test_a_manager_of_one_unit_makes_its_report_and_no_others(web: Web) -> None:  # noqa: F811
    with web.database.session(write=True) as session:
        user_id, _ = accounts.create_user(session, SYSTEM, "chief", "Chief", small.PASSWORD)
        accounts.grant(session, SYSTEM, user_id, web.ids.units["education"], Role.MANAGER)
    client = web.client("chief")

    assert post(client, "/reports/make", unit="education", month="2026-08", language="zh").status_code == 303
    assert post(client, "/reports/make", unit="finance", month="2026-08", language="zh").status_code == 404


def test_addresses_are_read_strictly() -> None:
    assert recipients("a@example.org; b@example.org,\nc@example.org") == [
        "a@example.org",
        "b@example.org",
        "c@example.org",
    ]
    assert recipients("a@example.org, not an address") == []
    assert recipients("a@example.org\r\nBcc:x") == []
    assert recipients(" ".join(["a@example.org"] * 21)) == []
    assert recipients("") == []
