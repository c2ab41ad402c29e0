"""Titles, names and computers are gone before anything is kept: not in archive, database, logs or messages."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select, text

from monitor.database.engine import Database
from monitor.database.tables import Document
from monitor.errors import ConfigurationError
from monitor.intake import pipeline, pseudonyms, registry
from monitor.intake.archive import fingerprint
from monitor.intake.pipeline import Receipt
from tests.paper.conftest import job

Bring = Callable[..., Receipt]
SECRETS = (
    "nina", "omar", "priya", "Agenda", "Site plan", "Safety manual", "Payroll", "Minutes", "FIN-01",
    "zhangwei", "liuyang", "王芳", "关于2026", "Minutes, ", "two in a second", "a title", "of two lines", "no pages",
    "odd paper", "PC-0412", "PC-0413", "PC-0001", "half a row", "something else", "10.1.2.3", "Envelope inserts",
)  # fmt: skip
FILES = ("cups_page_log/sample.log", "papercut_print_log/sample.2026-05-29.csv")


def everything(database: Database) -> str:
    """Give all text of all tables."""
    with database.session() as session:
        metadata = MetaData()
        metadata.reflect(session.connection())
        rows = [
            row for table in metadata.sorted_tables for row in session.execute(text(f'SELECT * FROM "{table.name}"'))
        ]
    return "\n".join(str(tuple(row)) for row in rows)


@pytest.mark.parametrize("attribution", ["printer", "user"])
@pytest.mark.parametrize("file", FILES)
def test_no_title_and_no_name_is_left_anywhere(  # noqa: PLR0917 - fixtures
    database: Database,
    make_source: Callable[..., int],
    bring: Bring,
    repo: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    file: str,
    attribution: str,
) -> None:
    sample = repo / "tests" / "importers" / file
    source = make_source(file.split("/", maxsplit=1)[0], {"attribution": attribution})
    with caplog.at_level(logging.DEBUG):
        receipt = bring(source, sample.read_bytes(), "copy-of-" + sample.name)
    raw = [tmp_path / ("copy-of-" + sample.name)]

    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path not in raw]
    said = [
        everything(database), caplog.text, str(receipt.to_json()), receipt.to_text("zh"),
        *(path.read_bytes().decode(encoding, "replace") for path in kept for encoding in ("utf-8", "gb18030", "latin-1")),
    ]  # fmt: skip
    assert [word for word in SECRETS if any(word in one for one in said)] == []
    assert len(kept) == 2  # the cleaned copy and the key
    with database.session() as session:
        assert list(session.scalars(select(Document.sha256))) == [fingerprint(sample)[0]]


def test_the_sample_does_hold_what_must_vanish(repo: Path) -> None:
    raw = b"".join((repo / "tests" / "importers" / file).read_bytes() for file in FILES)

    assert [word for word in SECRETS if word.encode() not in raw and word.encode("gbk") not in raw] == []


def test_a_refused_file_is_not_kept_at_all(make_source: Callable[..., int], bring: Bring, tmp_path: Path) -> None:
    source = make_source("papercut_print_log", {})

    receipt = bring(source, b"<html><body>Payroll of Nina</body></html>", "papercut-print-log-2026-11.csv")

    archive = tmp_path / "data" / "archive"
    assert (receipt.state, receipt.error_code) == ("refused", "HTML_PAGE")
    assert [path for path in archive.rglob("*") if path.is_file()] == []


def test_a_person_has_one_pseudonym_whatever_the_case_and_another_with_another_key() -> None:
    one = pseudonyms.pseudonym(b"k" * 32, "Li")

    assert one == pseudonyms.pseudonym(b"k" * 32, " ＬＩ ")
    assert (one[:5], len(one)) == ("user:", 21)
    assert one != pseudonyms.pseudonym(b"l" * 32, "Li")


def test_both_logs_and_the_command_know_a_person_by_the_same_name(
    make_source: Callable[..., int], bring: Bring, tmp_path: Path
) -> None:
    archive = tmp_path / "data" / "archive"
    who = pseudonyms.pseudonym(pseudonyms.secret_of("", archive), "Zhang San")
    page_log = make_source("cups_page_log", {"attribution": "user"}, {who: "PR-Mono"})

    receipt = bring(page_log, job("2026-11-02 10:00:00", 4, user="zhang san"))

    assert (receipt.new, receipt.refused) == (1, 0)


def test_names_stay_where_the_operator_says_so_but_titles_do_not(
    make_source: Callable[..., int], bring: Bring, tmp_path: Path
) -> None:
    source = make_source("cups_page_log", {"attribution": "user", "names": True}, {"user:nina": "PR-Mono"})

    receipt = bring(source, job("2026-11-02 10:00:00", 4))

    kept = [p.read_text() for p in (tmp_path / "data" / "archive").rglob("*") if p.is_file()]
    assert (receipt.new, ["user:nina" in one for one in kept], ["Agenda" in one for one in kept]) == (
        1,
        [True],
        [False],
    )


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("plain text key that is long", "KEY_NOT_REFERENCE"),
        ("env:NO_SUCH_KEY", "KEY_MISSING"),
        ("file:/no/such", "KEY_MISSING"),
    ],
)
def test_a_key_is_a_reference_and_never_a_value(tmp_path: Path, reference: str, code: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        pseudonyms.secret_of(reference, tmp_path / "archive")

    assert (caught.value.code, "plain text key" in str(caught.value)) == (code, False)


def test_a_key_from_the_environment_or_a_file_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRINT_KEY", "a" * 32)
    (tmp_path / "key").write_text("b" * 32 + "\n")

    found = [pseudonyms.secret_of(one, tmp_path / "archive") for one in ("env:PRINT_KEY", f"file:{tmp_path / 'key'}")]

    assert found == [b"a" * 32, b"b" * 32]


@pytest.mark.parametrize("kind", ["cups_page_log", "papercut_print_log"])
def test_the_kinds_that_hear_names_have_a_scrub(kind: str) -> None:
    options: dict[str, Any] = {}

    assert registry.build(kind, options).scrub is not None


def test_a_preview_shows_pseudonyms_too(repo: Path) -> None:
    sample = repo / "tests" / "importers" / FILES[0]

    shown = pipeline.preview("cups_page_log", {"attribution": "user"}, [sample]).to_text("en")

    assert [word for word in SECRETS if word in shown] == []


def test_a_file_that_waits_for_its_import_is_free_of_names_too(tmp_path: Path, repo: Path) -> None:
    waiting = tmp_path / "copy.csv"
    waiting.write_bytes((repo / "tests" / "importers" / FILES[1]).read_bytes())

    pipeline.clean("papercut_print_log", {}, waiting, tmp_path / "archive")

    text = waiting.read_text("utf-8-sig")
    assert [word for word in SECRETS if word in text] == []
    assert "财务处" in text
