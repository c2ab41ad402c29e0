"""Signs of life reach a real peer, say how it ended, and never fail a job."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from monitor.database.engine import Database
from monitor.database.tables import Source
from monitor.errors import ConfigurationError, DocumentRefused, ResourceBusy
from monitor.scheduling import pings
from monitor.scheduling.scheduler import Scheduler
from monitor.services.sources import SourceSpec, check_ping
from monitor.settings import Settings
from tests.running.conftest import Watcher
from tests.scheduling.conftest import Work, add_source, at, ledger, work

__all__ = ["work"]

START = at("2026-05-01T00:00")
NIGHT = START + timedelta(days=1)


def settings(folder: Path, watcher: Watcher, **ping: Any) -> Settings:
    inside = {"allow_private": ["127.0.0.1"]}
    return Settings.load(folder=folder, environ={}, flags={"data": folder, "ping": {**inside, **ping}})


def with_ping(database: Database, address: str) -> None:
    add_source(database, created=START)
    with database.session(write=True) as session:
        session.execute(update(Source).values(ping=address))


def test_an_import_tells_how_it_ended(database: Database, tmp_path: Path, work: Work, watcher: Watcher) -> None:
    with_ping(database, f"{watcher.base}/abc")
    scheduler = Scheduler(database, settings(tmp_path, watcher), owner="first")
    scheduler.tick(NIGHT)

    def refuse(job: str, _period: str) -> None:
        if job == "import:power":
            raise DocumentRefused("BROKEN", "broken")

    work.before = refuse
    scheduler.tick(NIGHT + timedelta(days=1))

    assert watcher.asked == ["/abc", "/abc/fail"]
    assert sorted(state for _, state, _ in ledger(database)) == [
        "gave_up",
        "succeeded",
        "succeeded",
    ]  # one is the watch


@pytest.mark.parametrize("broken", ["nobody", "status", "inside", "nonsense", "reference"])
def test_a_ping_that_is_not_taken_fails_no_job(
    database: Database, tmp_path: Path, work: Work, watcher: Watcher, broken: str
) -> None:
    watcher.status = 500
    address = {
        "nobody": "http://127.0.0.1:1/",
        "status": f"{watcher.base}/abc",
        "inside": "http://10.0.0.1/",
        "nonsense": "gopher:\n//x",
        "reference": "file:none",
    }[broken]
    with_ping(database, address)
    Scheduler(database, settings(tmp_path, watcher), owner="first").tick(NIGHT)

    assert [state for _, state, _ in ledger(database)] == ["succeeded"]
    assert watcher.asked == (["/abc"] if broken == "status" else [])


def test_rounds_that_succeed_are_told_every_so_often(
    database: Database, tmp_path: Path, work: Work, watcher: Watcher
) -> None:
    scheduler = Scheduler(database, settings(tmp_path, watcher, url=f"{watcher.base}/r", every=60), owner="first")
    for seconds in (0, 15, 59, 60, 61, 119, 120):
        scheduler.tick(NIGHT + timedelta(seconds=seconds))

    assert watcher.asked == ["/r", "/r", "/r"]


def test_an_address_may_be_kept_as_a_secret(database: Database, tmp_path: Path, work: Work, watcher: Watcher) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "watch").write_text(f"{watcher.base}/push/k?status={{state}}", encoding="utf-8")
    with_ping(database, "file:watch")
    Scheduler(database, settings(tmp_path, watcher), owner="first").tick(NIGHT)

    assert watcher.asked == ["/push/k?status=up"]


def test_what_somebody_else_goes_on_with_is_not_told(tmp_path: Path, watcher: Watcher) -> None:
    with Database(f"sqlite:///{tmp_path}/none.db") as database:  # not even asked
        pings.after_job(database, settings(tmp_path, watcher), "import:power", ResourceBusy("CLAIM_LOST", "lost"))

    assert watcher.asked == []


def test_where_failure_is_told() -> None:
    assert pings.address_for("https://hc.example/a-b/", good=False) == "https://hc.example/a-b/fail"
    assert pings.address_for("https://hc.example/a?x=1", good=False) == "https://hc.example/a/fail?x=1"
    assert pings.address_for("https://k.example/p?status={state}", good=False) == "https://k.example/p?status=down"


def test_a_source_takes_only_what_can_be_called() -> None:
    for good in (
        "",
        "https://hc.example/abc",
        "http://10.0.0.1/x?status={state}",
        "file:watch",
        "env:JIEYUE_HIDDEN_WATCH",
    ):
        assert SourceSpec(code="s", zh="源", en="Source", kind="tabular", ping=good).ping == good
        check_ping(good)
    for wrong in ("ftp://x/", "https://me:secret@hc.example/", "hc.example/abc", "javascript:alert(1)"):
        with pytest.raises(ValueError, match="address"):
            SourceSpec(code="s", zh="源", en="Source", kind="tabular", ping=wrong)
        with pytest.raises(ConfigurationError, match="PING_WRONG"):
            check_ping(wrong)
