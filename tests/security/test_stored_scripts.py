"""Every text that can be stored is filled with scripts; every page, drawer, report and mail is then opened in a real browser: none runs.

Which fields there are comes from the schema: a new text column is filled from the day it is there, unless it is named below as a
word that the program itself chooses. An element that a text made is found even where the Content-Security-Policy kept it quiet.
"""

import itertools
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import JSON, String, Table, select, update
from sqlalchemy.orm import Session
from waitress.server import create_server

from dashboard.app import create_app
from dashboard.pages import PAGES
from monitor import notify
from monitor.database.engine import Database
from monitor.database.tables import (
    Alert,
    AlertChannel,
    Base,
    Baseline,
    Correction,
    Estimate,
    JobRun,
    MeterAlias,
    MeterEvent,
    Notification,
    QuotaBand,
    Register,
    UserIdentity,
)
from monitor.domain.access import SYSTEM
from monitor.domain.periods import Month
from monitor.reports import archive
from monitor.scheduling import messages
from monitor.services import accounts, alerts, tokens
from monitor.settings import MailSettings
from tests.dashboard import matrix
from tests.dashboard import site as small
from tests.security.payloads import PAYLOADS

SHIFTS = int(os.environ.get("JIEYUE_SCRIPTS", "1"))  # with 64, every payload stands in every field once
# Words that the program chooses, keys, hashes, or what has a form of its own that is checked when it is written.
CHOSEN = {
    *(
        "code",
        "kind",
        "zone",
        "country",
        "resource",
        "indicator",
        "language",
        "state",
        "rule",
        "rules",
        "basis",
        "format",
    ),
    *(
        "measure",
        "direction",
        "quality",
        "severity",
        "operation",
        "trigger",
        "role",
        "origin",
        "event",
        "scopes",
        "prefix",
    ),
    *("sha256", "hash", "password_hash", "token_hash", "csrf", "month", "period", "due_period", "job", "currency"),
    *("schedule", "cursor", "limits", "kept_as", "template", "error_template", "error_code", "purpose", "ping"),
}
ONLY = {  # tables where a column of that name is a word of the program, though free elsewhere
    "alert.subject", "alert.data", "setting.key", "setting.value", "source.options", "state.key", "report.data",
    "period_close.data", "user_account.login", "user_identity.issuer",
}  # fmt: skip
EMPTY = {"bill", "bill_revision", "unit_basis", "unit_move", "report_file", "period_close", "setting", "alert_rule"}


def free(table: Table) -> list[Any]:
    """Give the columns of a table that hold what people, files or other systems said."""
    columns = [c for c in table.columns if isinstance(c.type, String | JSON) and c.name not in CHOSEN]
    return [c for c in columns if f"{table.name}.{c.name}" not in ONLY]


class Stuffing:
    """Gives one value after the other, each beginning with another payload."""

    def __init__(self, shift: int) -> None:
        self.turn = itertools.count(shift)

    def text(self) -> str:
        begin = next(self.turn)
        return " ".join(PAYLOADS[(begin + step) % len(PAYLOADS)] for step in (0, 7, 23)) + f" #{begin}"

    def like(self, value: Any) -> Any:
        """Replace every text within a value."""
        if isinstance(value, dict):
            return {key: self.like(one) for key, one in value.items()} | {self.text(): self.text()}
        if isinstance(value, list):
            return [self.like(one) for one in value]
        return self.text() if isinstance(value, str) else value


def stuff(session: Session, shift: int) -> dict[str, int]:
    """Fill every free text of every row; give how many by table."""
    stuffing, done = Stuffing(shift), {}
    for table in Base.metadata.sorted_tables:
        columns = free(table)
        keys = list(table.primary_key.columns)
        rows = session.execute(select(*keys, *columns)).all() if columns else []
        for row in rows:
            values = {}
            for column, old in zip(columns, row[len(keys) :], strict=True):
                values[column.name] = stuffing.like(old) if isinstance(column.type, JSON) else stuffing.text()
            where = [key == value for key, value in zip(keys, row[: len(keys)], strict=True)]
            session.execute(update(table).where(*where).values(values))
        if columns:
            done[table.name] = len(rows)
    return done


def more(session: Session, ids: SimpleNamespace) -> None:
    """Add one of what the small site lacks."""
    register = session.scalar(select(Register.id).where(Register.meter_id == ids.meters["E-finance"]))
    end = int(small.NOW.timestamp())
    overlay = {"reason": "r", "actor": "x", "created_at": small.NOW}
    finance = ids.units["finance"]
    alerts.evaluate(session, SYSTEM, now=small.NOW)
    archive.make(session, SYSTEM, finance, Month(2026, 7), "zh", now=small.NOW)
    session.add(MeterAlias(alias="T-1", meter_id=ids.meters["E-finance"]))
    channel = AlertChannel(kind="webhook", address="https://robot.example/key")
    session.add_all(
        [
            channel,
            AlertChannel(kind="mail", address="a@example.org"),
            Correction(register_id=register, operation="void", start_at=end - 7200, end_at=end - 3600, **overlay),
            Estimate(meter_id=ids.meters["E-finance"], start_day=small.LAST, end_day=small.LAST, quantity=1, **overlay),
            Baseline(unit_id=finance, resource="water", year=2024, quantity=1000, created_at=small.NOW),
            MeterEvent(register_id=register, kind="reset", at=small.NOW - timedelta(days=2)),
            QuotaBand(
                unit_id=finance, resource="water", indicator="per_person", year_from=2026, reference_value=1, source="s",
                created_at=small.NOW,
            ),
            JobRun(job="import:power", due_period="2026-09-15T02:10", due_at=small.NOW, state="failed", error="e"),
            UserIdentity(user_id=1, issuer="https://login.example", subject="s", created_at=small.NOW),
        ]
    )  # fmt: skip
    session.flush()
    session.add(Notification(alert_id=1, channel_id=channel.id, event="opened", error="e"))
    until = small.NOW + timedelta(days=300)
    tokens.create(session, SYSTEM, "t", tokens.SCOPES, expires_at=until, user_id=1, now=small.NOW)
    accounts.authenticate(session, "nobody", "x", small.NOW)  # a refused sign-in, with the name tried


@pytest.fixture(scope="module")
def stuffed(
    request: pytest.FixtureRequest,
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    cheap_passwords: None,
) -> Iterator[SimpleNamespace]:
    """The small site with scripts in every text, served on a free port, signed in as administrator."""
    folder = tmp_path_factory.mktemp("stuffed")
    (folder / "jieyue.db").write_bytes(sqlite_template.read_bytes())
    with Database(f"sqlite:///{folder / 'jieyue.db'}") as database:
        ids = small.build(database)
        with database.session(write=True) as session:
            more(session, ids)
        with database.session(write=True) as session:
            counts = stuff(session, request.param if hasattr(request, "param") else 0)
        with database.session(write=True) as session:
            reports = [
                archive.make(session, SYSTEM, ids.units["hq"], Month(2026, 8), language, now=small.NOW)
                for language in ("zh", "en")
            ]
        server = create_server(create_app(small.settings(folder), database).server, host="127.0.0.1", port=0, threads=8)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        base = f"http://127.0.0.1:{server.effective_port}"
        yield SimpleNamespace(base=base, ids=ids, database=database, counts=counts, reports=reports)
        server.close()
        thread.join(timeout=10)


WATCH = """
window.__found = [];
window.pwned = () => window.__found.push("ran");
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => window.__found.push(name);
new MutationObserver(() => {
  for (const one of document.querySelectorAll("[data-pwn]")) window.__found.push(one.outerHTML.slice(0, 200));
}).observe(document, { subtree: true, childList: true, attributes: true });
document.addEventListener("securitypolicyviolation", e => window.__found.push("policy: " + e.violatedDirective + " " + e.blockedURI));
"""
LOOK = """() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  const bad = [...document.querySelectorAll("[data-pwn]")].map(e => e.outerHTML.slice(0, 200));
  for (const one of document.querySelectorAll("a, area, form, iframe, object, embed, button, use, image")) {
    for (const name of ["href", "xlink:href", "src", "data", "action", "formaction"]) {
      const address = (one.getAttribute(name) || "").replace(/[\\u0000-\\u0020]/g, "").toLowerCase();
      if (/^(javascript|vbscript|data:text)/.test(address)) bad.push(one.outerHTML.slice(0, 200));
    }
  }
  return [...bad, ...window.__found];
}"""


def addresses(ids: SimpleNamespace, report: int) -> list[str]:
    """Give every page, with every section of Administration and its things."""
    gaps = {"run": ids.run_id, "report": report, "meter": ids.meters["E-finance"]}
    found = [path + matrix.PAGES[path].replace("education", "finance").format(**gaps) for path in matrix.PAGES]
    found += ["/targets?unit=hq", "/unit?unit=finance&resource=paper", "/compare?group=kind", "/data?unit=finance"]
    found += [f"/meter?meter={gaps['meter']}&as_of=2026-09-15&day=2026-09-15", "/alerts?state=all", "/imports"]
    for section in ("units", "places", "meters", "people", "tokens", "sources", "settings", "audit", "account"):
        found.append(f"/admin?section={section}")
    named = {
        "units": "unit=finance",
        "places": "place=house",
        "meters": "meter=E-finance",
        "people": "person=own",
        "sources": "source=power",
    }
    return [*found, *(f"/admin?section={section}&{thing}" for section, thing in named.items())]


def go(page: Any, path: str) -> None:
    """Go to another page within the application, as a link does."""
    with page.expect_response(lambda answer: "_dash-update-component" in answer.url):
        page.evaluate(
            "path => { history.pushState({}, '', path); dispatchEvent(new CustomEvent('_dashprivate_pushstate')) }",
            path,
        )
    page.wait_for_selector("#content .panel, #content .note")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")


@pytest.mark.parametrize("stuffed", range(SHIFTS), indirect=True)
def test_nothing_that_was_stored_runs_on_any_page(browser: Any, stuffed: SimpleNamespace) -> None:
    assert set(matrix.PAGES) == {page.PATH for page in PAGES}
    assert {name for name, count in stuffed.counts.items() if not count} <= EMPTY
    assert sum(stuffed.counts.values()) >= 60
    wrong: dict[str, list[str]] = {}
    for index, language in enumerate(("zh", "en")):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "language", "value": language, "url": stuffed.base}])
        context.add_init_script(WATCH)
        page = context.new_page()
        page.on("dialog", lambda dialog: (wrong.setdefault("dialog", []).append(dialog.message), dialog.dismiss()))
        page.goto(stuffed.base + "/login")
        page.fill("#login", "admin")
        page.fill("#password", small.PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector("#content .panel, #content .note")
        for path in addresses(stuffed.ids, stuffed.reports[index]):
            if path != "/":  # there already
                go(page, path)
            if (button := page.query_selector("button.linkish")) is not None and path.startswith(
                ("/unit", "/?", "/compare")
            ):
                button.evaluate("one => one.click()")
                page.wait_for_selector("#explained :text-matches('.')")
            if found := page.evaluate(LOOK):
                wrong[f"{language} {path}"] = found
            assert "INTERNAL" not in page.inner_text("#content"), path
        if found := page.evaluate(LOOK):
            wrong[f"{language} last"] = found
        page.goto(f"{stuffed.base}/reports/{stuffed.reports[index]}.html")
        if found := page.evaluate(LOOK):
            wrong[f"{language} report"] = found
        context.close()

    assert wrong == {}


def test_nothing_that_was_stored_runs_in_a_mail(
    browser: Any, stuffed: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers of mail have no policy: what they are sent is looked at without one."""
    sent: list[str] = []
    monkeypatch.setattr(notify, "send_mail", lambda *given, **_: sent.append(given[3]))
    settings = SimpleNamespace(mail=MailSettings(host="x"))
    with stuffed.database.session() as session:
        rows = list(session.scalars(select(Alert).order_by(Alert.id)))
        named = messages.alerts.named(session, rows)
        text = "\n".join(messages.alerts.said(one, language) for one in named for language in ("zh", "en"))
    notify.CHANNELS["mail"](settings, "a@example.org", PAYLOADS[0], f"{text}\n" + "\n".join(PAYLOADS))  # type: ignore[arg-type]
    context = browser.new_context()
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto("about:blank")
    page.set_content(sent[0])
    found = page.evaluate(LOOK)
    shown = page.inner_text("body")
    context.close()

    assert found == []
    assert PAYLOADS[2] in shown


def test_files_are_saved_not_shown(stuffed: SimpleNamespace) -> None:
    client = create_app(small.settings(Path(stuffed.database.file).parent), stuffed.database).server.test_client()
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/login").text)
    assert token is not None
    client.post("/login", data={"csrf": token[1], "login": "admin", "password": small.PASSWORD})
    wrong = []
    for address in (
        *(f"/export/{view}.{form}?unit=finance" for view in matrix.EXPORTS for form in ("csv", "xlsx")),
        *(f"/export/run/{stuffed.ids.run_id}.{form}" for form in ("csv", "xlsx")),
        *(f"/export/history/all.{form}" for form in ("csv", "xlsx")),
        *(f"/reports/{stuffed.reports[0]}.{form}" for form in ("xlsx", "pdf", "docx")),
    ):
        answer = client.get(address)
        name = answer.headers.get("Content-Disposition", "")
        kept = name.startswith("attachment") and answer.headers["X-Content-Type-Options"] == "nosniff"
        if answer.status_code != 200 or not kept or "html" in answer.mimetype:
            wrong.append((address, answer.status_code, name, answer.mimetype))

    assert wrong == []


def test_the_payloads_do_run_where_nothing_holds_them(browser: Any) -> None:
    """The test of the test: the same look finds what stands unescaped on a page."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto("about:blank")
    missed = []
    for payload in PAYLOADS:
        page.set_content(f'<p>{payload}</p><a href="{payload}">x</a>')
        with suppress(Exception):
            if not page.evaluate(LOOK):
                missed.append(payload)
    context.close()

    assert len(missed) <= 20, missed
    assert all(unescape(json.dumps(one)) for one in missed)
