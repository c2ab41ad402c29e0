"""The command line as a user meets it: in a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from monitor.cli import main; main()"]


def environment(folder: Path) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("JIEYUE_")}
    root = str(Path(__file__).parent.parent)
    return clean | {"JIEYUE_DATA": str(folder / "data"), "PYTHONPATH": root, "PYTHONIOENCODING": "utf-8"}


def jieyue(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`jieyue up` until it prints its address; the lines it said."""
    process = subprocess.Popen(
        [*COMMAND, "up", "--port", "0"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        for line in process.stdout:
            lines.append(line)
            if "http://" in line:
                break
        yield process, lines
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_prints_a_sign_in_and_an_address_serves_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as (process, lines):
        address = re.search(r"http://127\.0\.0\.1:\d+/", lines[-1])
        assert address is not None, lines
        assert [re.search(r"name admin, password \S{16}$", lines[0].strip()) is not None, len(lines)] == [True, 2]
        with urllib.request.urlopen(f"{address[0]}healthz") as answer:
            assert answer.read() == b"ok\n"
        second = jieyue(tmp_path, "up", "--port", "0")
        assert (second.returncode, second.stderr[:17]) == (2, "[ALREADY_RUNNING]")
        process.send_signal(number)
        assert process.wait(30) == 0
    with running(tmp_path) as (_, again):
        assert len(again) == 1  # no second password


def test_people_are_added_listed_granted_and_shut_out(tmp_path: Path) -> None:
    added = jieyue(tmp_path, "user", "add", "li", "李")
    assert re.search(r"\(shown once\): \S{16}$", added.stdout.strip()) is not None
    assert jieyue(tmp_path, "user", "disable", "li").returncode == 0
    assert jieyue(tmp_path, "user", "list").stdout == "li\t李\tdisabled\n"
    refused = jieyue(tmp_path, "user", "grant", "li", "root", "viewer")
    assert (refused.returncode, refused.stderr[:14]) == (2, "[NO_SUCH_UNIT]")


def test_a_month_is_closed_once_and_reopened_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('[[units]]\ncode = "hq"\n\n[[places]]\ncode = "house"\n', encoding="utf-8")
    assert jieyue(tmp_path, "setup", str(tmp_path / "site.toml")).returncode == 0
    assert jieyue(tmp_path, "close", "2026-05").stdout == "hq 的 2026-05 已结账。 · 2026-05 of hq is closed.\n"
    assert jieyue(tmp_path, "close", "2026-05").stderr.startswith("[MONTH_CLOSED_ALREADY]")
    assert jieyue(tmp_path, "reopen", "2026-05", "--reason", "the bill came").returncode == 0


def test_an_error_is_a_sentence_in_two_languages_and_never_a_trace(tmp_path: Path) -> None:
    (tmp_path / "jieyue.toml").write_text("[web]\nprot = 1\n")
    refused = jieyue(tmp_path, "user", "list")
    assert refused.returncode == 2
    assert refused.stderr.startswith("[SETTING_WRONG] 设置项 web.prot 有误")
    assert "Setting web.prot is wrong" in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout


def test_a_database_that_is_away_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "jieyue.toml").write_text('[database]\nurl = "postgresql://nobody@127.0.0.1:1/none"\n')
    refused = jieyue(tmp_path, "db", "upgrade")
    assert (refused.returncode, refused.stderr[:15]) == (2, "[DATABASE_AWAY]")


def test_doctor_says_what_is_missing_and_is_content_after_a_start(tmp_path: Path) -> None:
    before = jieyue(tmp_path, "doctor")
    assert (before.returncode, "There is no database yet" in before.stdout) == (1, True)
    assert not (tmp_path / "data").exists()


def test_the_first_day_runs_by_hand(tmp_path: Path, repo: Path) -> None:
    site = repo / "examples" / "first-day" / "site.toml"
    once, twice = jieyue(tmp_path, "setup", str(site)), jieyue(tmp_path, "setup", str(site))
    assert (once.returncode, twice.returncode) == (0, 0), once.stderr + twice.stderr
    assert " 0 created, 0 changed, 0 removed" in twice.stdout


def test_preview_and_import_print_the_same_counts(tmp_path: Path, repo: Path, shared_data: Path) -> None:
    folder = repo / "examples" / "first-day"
    [file] = sorted((shared_data / "water-register-csv").glob("L37-0812-m1.csv"))
    seen = jieyue(tmp_path, "preview", "tabular", str(file), "--profile", str(folder / "water.toml"), "--json")
    assert seen.returncode == 0, seen.stderr
    counts = json.loads(seen.stdout)["counts"]
    text = jieyue(tmp_path, "preview", "tabular", str(file), "--profile", str(folder / "water.toml"))
    assert (text.returncode, counts["read"] > 0, "Traceback" in text.stderr) == (0, True, False)
    missing = jieyue(tmp_path, "preview", "tabular", "no-such.csv")
    assert (missing.returncode, missing.stderr[:14]) == (2, "[FILE_MISSING]")


def test_a_preview_of_a_refused_file_fails_and_says_why_in_both_languages(tmp_path: Path) -> None:
    page = tmp_path / "page.csv"
    page.write_text("<html><title>Sign in</title></html>")
    refused = jieyue(tmp_path, "preview", "tabular", str(page), "--profile", "campus-hourly")
    assert (refused.returncode, "网页" in refused.stdout, "a web page" in refused.stdout) == (2, True, True)


def test_a_preview_speaks_one_language_and_knows_ready_made_profiles(tmp_path: Path) -> None:
    sheet = tmp_path / "packs.csv"
    sheet.write_text("日期,部门,数量(包)\n2026-05-06,办公室,3\n", encoding="utf-8")
    shown = [
        jieyue(tmp_path, "preview", "tabular", str(sheet), "--profile", "paper-issued", *more).stdout
        for more in ((), ("--language", "en"), ("--language", "zh"))
    ]
    assert [("readable" in text, "可读" in text) for text in shown[1:]] == [(True, False), (False, True)]
    assert ("readable" in shown[0]) != ("可读" in shown[0])
    unknown = jieyue(tmp_path, "preview", "tabular", str(sheet), "--profile", "no-such-profile")
    assert (unknown.returncode, unknown.stderr[:20]) == (2, "[PROFILE_UNREADABLE]")


def test_the_pseudonym_of_a_person_is_the_same_each_time(tmp_path: Path) -> None:
    once, twice, other = (jieyue(tmp_path, "pseudonym", name).stdout for name in ("Li", "LI", "Wang"))
    assert re.fullmatch(r"user:[0-9a-f]{16}\n", once) is not None
    assert (once == twice, once == other) == (True, False)


def test_an_organisation_goes_in_and_out_as_a_workbook(tmp_path: Path) -> None:
    from tests.services.test_template import workbook

    unit = {"code": "top", "zh": "机关"}
    (tmp_path / "wrong.xlsx").write_bytes(workbook({"units": [unit, {"code": "a", "parent": "moon"}]}))
    (tmp_path / "right.xlsx").write_bytes(workbook({"units": [unit]}))

    wrong, right = (jieyue(tmp_path, "template", "apply", f"{name}.xlsx") for name in ("wrong", "right"))
    jieyue(tmp_path, "template", "organisation", "present.xlsx", "--present")
    again = jieyue(tmp_path, "template", "apply", "present.xlsx")

    assert (wrong.returncode, right.returncode, again.returncode) == (1, 0, 0)
    assert "row 3, column 上级编码 Parent code: 'moon' is neither" in wrong.stderr
    assert "1 created, 0 changed" in right.stdout
    assert "0 created, 0 changed, 0 removed, 1 the same" in again.stdout
