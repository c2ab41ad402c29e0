"""Page, export and report (HTML, PDF, Word, Excel) show the same figures: each is read as a person reads it, and compared with the query."""

import csv
import html
import io
import json
import re
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor import i18n
from monitor.domain.access import SYSTEM
from monitor.domain.periods import Month, to_day, year_days
from monitor.domain.resources import RESOURCES, from_quantity
from monitor.queries import consumption, targets
from monitor.reports import archive, pdf
from monitor.reports.document import document, fingerprint
from monitor.services import reports
from tests import recalculate
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, cheap_passwords, site_file, visit, web  # noqa: F401 - fixtures
from tests.reports import told

SEPTEMBER = Month(2026, 9)
SPAN = (year_days(2026)[0], to_day(small.LAST) + 1)
UNITS = ("hq", "finance", "archives")


def text_of(node: Any) -> str:
    """Give all words of a page as Dash sends it, charts left out."""
    if isinstance(node, dict):
        if "props" not in node:
            return ""
        children = node["props"].get("children")
        return "" if node.get("type") == "Graph" else text_of(children)
    if isinstance(node, list):
        return " ".join(text_of(part) for part in node)
    return "" if node is None else str(node)


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


def page(web: Web, unit: str, resource: str, language: str) -> str:  # noqa: F811 - the fixture's value
    client = web.client("admin")
    client.set_cookie("language", language)
    answer = visit(client, "/unit", f"?unit={unit}&resource={resource}&year=2026&as_of={small.LAST}")
    assert answer.status_code == 200
    return words(text_of(json.loads(answer.text)["response"]["_pages_content"]["children"]))


def export(web: Web, view: str, unit: str, resource: str) -> list[list[str]]:  # noqa: F811 - the fixture's value
    client = web.client("admin")
    client.set_cookie("language", "en")
    answer = client.get(f"/export/{view}.csv?unit={unit}&resource={resource}&year=2026&as_of={small.LAST}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))[1:]


def report(web: Web, unit: str, language: str) -> tuple[dict[str, Any], str]:  # noqa: F811 - the fixture's value
    with web.database.session(write=True) as session:
        report_id = archive.make(session, SYSTEM, web.ids.units[unit], SEPTEMBER, language, now=small.NOW)
        data, rendered = reports.fetch(session, SYSTEM, report_id)
    return json.loads(data), words(html.unescape(re.sub(r"<[^>]+>", " ", rendered.decode())))


def printed(web: Web, unit: str, language: str) -> dict[str, str]:  # noqa: F811 - the fixture's value
    """Give the words of PDF and Word file as they are kept."""
    report_id = archive.produce(web.database, SYSTEM, web.ids.units[unit], SEPTEMBER, language, now=small.NOW)
    kept = {form: archive.file(web.database, SYSTEM, report_id, form, zone="UTC") for form in ("pdf", "docx")}
    return {"pdf": told.pdf_words(kept["pdf"]), "docx": told.docx_words(kept["docx"])}


def figures(text: str) -> set[str]:
    """Give every figure that a reader sees, as it is written: with its sign, its grouping and its per cent."""
    return set(re.findall(r"[-+−]?\d+(?:,\d{3})*(?:\.\d+)?%?", text.replace("\u200b", "")))


def asked(web: Web, unit: str, resource: str) -> SimpleNamespace:  # noqa: F811 - the fixture's value
    """Give what the queries say: the one calculation."""
    with web.database.session() as session:
        who = (session, SYSTEM, web.ids.units[unit], resource)
        return SimpleNamespace(
            amount=consumption.amount(*who, *SPAN),
            judged=targets.progress(*who, 2026, SPAN[1] - 1)[0].progress,
            months=consumption.months(*who, 2026, SPAN[1] - 1),
            statement=consumption.statement(*who, SEPTEMBER.start, SPAN[1]),
            statement_of_year=consumption.statement(*who, *SPAN),
        )


def exact(cell: str, resource: str) -> int | None:
    """Read a CSV quantity back into thousandths."""
    one = from_quantity(1, resource)
    return None if cell == "" else round(Fraction(cell) / one)


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("unit", UNITS)
def test_the_year_so_far_is_the_same_on_page_export_and_report(web: Web, unit: str, resource: str) -> None:  # noqa: F811
    found = asked(web, unit, resource)
    data, _ = report(web, unit, "en")
    section = next(part for part in data["resources"] if part["resource"] == resource)

    assert section["year"]["now"]["quantity"] == found.amount.quantity
    assert Fraction(*section["year"]["now"]["coverage"]) == found.amount.coverage
    assert (
        exact([row[2] for row in export(web, "days", unit, resource) if row[2]][-1], resource) == found.amount.quantity
    )
    target = section["targets"][0]
    judged = found.judged
    assert (target["status"], target["used"]["quantity"]) == (judged.status.value, judged.used.quantity)
    assert [target[key] for key in ("allowance", "allowed", "remaining", "forecast")] == [
        judged.allowance,
        judged.allowed,
        judged.remaining,
        judged.forecast,
    ]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("resource", RESOURCES)
def test_page_and_report_print_the_same_figures(web: Web, resource: str, language: str) -> None:  # noqa: F811
    found = asked(web, "finance", resource)
    shown, printed = page(web, "finance", resource, language), report(web, "finance", language)[1]

    figures = [found.amount.quantity, found.judged.allowance, found.judged.allowed]
    for quantity in figures:
        figure = i18n.quantity(quantity, resource, language, measure=False)
        assert figure in shown
        assert figure in printed


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("unit", ["hq", "finance"])
def test_pdf_and_word_file_print_every_figure_of_the_page_and_no_other(web: Web, unit: str, language: str) -> None:  # noqa: F811
    data, _ = report(web, unit, language)
    with web.database.session() as session:
        (row,) = reports.archive(session, SYSTEM)
        content = reports.fetch(session, SYSTEM, row.id)[1]
    found = {"html": told.html_words(content), **printed(web, unit, language)}
    shown = {form: figures(text.replace(fingerprint(data), "")) for form, text in found.items()}
    pages = {str(number) for number in range(1, 30)}  # of the PDF; and the drawings of the Word file are pictures
    tops = {block["top_label"] for block in pdf.drawn(document(data, language)["blocks"]) if block["kind"] == "months"}

    assert len(shown["html"]) > 100
    assert shown["html"] - shown["pdf"] == set()
    assert shown["pdf"] - shown["html"] - pages == set()
    assert shown["html"] - shown["docx"] - tops == set()
    assert shown["docx"] - shown["html"] - pages == set()
    for resource in RESOURCES:
        one = asked(web, unit, resource)
        wanted = (one.amount.quantity, one.judged.allowance, one.judged.allowed, one.statement.total.quantity)
        for quantity in wanted:
            figure = i18n.quantity(quantity, resource, language, measure=False)
            assert [figure in shown[form] for form in ("pdf", "docx", "html")] == [True] * 3


@pytest.mark.parametrize("unit", UNITS)
def test_the_months_are_the_same_in_export_and_report(web: Web, unit: str) -> None:  # noqa: F811
    found = asked(web, unit, "electricity").months
    data, _ = report(web, unit, "zh")
    section = next(part for part in data["resources"] if part["resource"] == "electricity")
    exported = [[exact(cell, "electricity") for cell in row[1:3]] for row in export(web, "months", unit, "electricity")]

    assert exported == [[row.amount.quantity, row.last_year.quantity] for row in found]
    assert [[row["now"]["quantity"], row["before"]["quantity"]] for row in section["months"]] == exported[:9]
    shares = [row[4] for row in export(web, "months", unit, "electricity")][:9]
    said = [Fraction(*row["now"]["coverage"]) * 100 for row in section["months"]]
    assert [round(Fraction(share), 5) for share in shares] == [round(share, 5) for share in said]


@pytest.mark.parametrize("unit", ["hq", "finance"])
def test_the_line_that_adds_up_adds_up_everywhere(web: Web, unit: str) -> None:  # noqa: F811
    found = asked(web, unit, "electricity")
    data, _ = report(web, unit, "en")
    line = next(part for part in data["resources"] if part["resource"] == "electricity")["statement"]
    exported = [exact(row[1], "electricity") or 0 for row in export(web, "statement", unit, "electricity")[:4]]

    parts = [
        getattr(found.statement_of_year, name).quantity or 0
        for name in ("total", "counted", "deducted", "not_allocated")
    ]
    assert exported == parts
    assert parts[0] == sum(parts[1:])
    assert found.statement_of_year.counted == found.amount
    names = ("total", "counted", "deducted", "not_allocated")
    assert [line[name]["quantity"] for name in names] == [getattr(found.statement, name).quantity for name in names]


def test_the_board_of_export_and_report_judges_alike(web: Web) -> None:  # noqa: F811
    data, _ = report(web, "hq", "en")
    with web.database.session() as session:
        board = targets.board(session, SYSTEM, 2026, SPAN[1] - 1)
    client = web.client("admin")
    client.set_cookie("language", "en")
    answer = client.get(f"/export/board.csv?year=2026&as_of={small.LAST}")
    exported = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))[1:]

    judged = {(row.unit.code, row.resource): row.judged.progress for row in board if row.judged}
    ranked = {
        (line["unit"]["code"], ranking["resource"]): (line["status"], line["used"]["quantity"], line["allowed"])
        for ranking in data["board"]["rankings"]
        for line in [*ranking["rows"], *ranking["unranked"]]
    }
    below = {key: (p.status.value, p.used.quantity, p.allowed) for key, p in judged.items() if key[0] != "hq"}
    assert ranked == below
    shown = sorted((row[0], Fraction(row[4]), Fraction(row[5])) for row in exported)
    assert shown == sorted(
        (code, from_quantity(p.used.quantity or 0, resource), from_quantity(p.allowed or 0, resource))
        for (code, resource), p in judged.items()
    )


# ---------------------------------------------------------------- the workbook


def books(web: Web) -> dict[str, bytes]:  # noqa: F811 - the fixture's value
    """Give the workbooks of two units in both languages, as they are kept."""
    made = {}
    for unit in ("hq", "finance"):
        for language in i18n.LANGUAGES:
            report_id = archive.produce(web.database, SYSTEM, web.ids.units[unit], SEPTEMBER, language, now=small.NOW)
            made[f"{unit}-{language}"] = archive.file(web.database, SYSTEM, report_id, "xlsx", zone="Asia/Shanghai")
    return made


def test_the_workbook_has_the_figures_of_page_and_report(web: Web) -> None:  # noqa: F811
    for name, content in books(web).items():
        unit, _, language = name.partition("-")
        book = recalculate.cells(content)
        shown = {
            i18n.number(value, language)
            for sheet in book.values()
            for row in sheet
            for value in row
            if isinstance(value, float | int) and not isinstance(value, bool)
        }
        for resource in RESOURCES:
            found = asked(web, unit, resource)
            figures = [
                found.amount.quantity,
                found.judged.allowance,
                found.judged.allowed,
                found.statement.total.quantity,
            ]
            figures += [row.amount.quantity for row in found.months[:9]]
            wanted = {i18n.quantity(value, resource, language, measure=False) for value in figures if value is not None}
            assert wanted - shown == set(), (name, resource)


def test_the_summary_says_what_the_printed_report_says(web: Web) -> None:  # noqa: F811
    for name, content in books(web).items():
        unit, _, language = name.partition("-")
        _, printed = report(web, unit, language)
        summary = next(iter(recalculate.cells(content).values()))
        digits = [
            0,
            0,
            None,
            0,
            0,
            None,
            None,
            0,
            None,
            0,
        ]  # month, last year, change, year …: of the columns from the third
        row = summary[5]
        for value, places in zip(row[2:], digits, strict=False):
            if isinstance(value, float | int):
                text = i18n.number(value, language) if places == 0 else i18n.percent(value, language, sign=value < 1)
                assert text.removeprefix("+") in printed, (name, value)


def test_what_libreoffice_works_out_is_what_the_workbook_shows(web: Web, tmp_path: Path) -> None:  # noqa: F811
    given = books(web)
    given["export"] = web.client("admin").get("/export/months.xlsx?unit=finance&resource=electricity").data

    found = recalculate.recalculated(given, tmp_path)

    assert min(recalculate.formulas(content) for name, content in given.items() if name != "export") > 60
    for name, content in found.items():
        again, stored = recalculate.cells(content), recalculate.cells(given[name])
        assert recalculate.differing(stored, again) == [], name
        words_ = [value for sheet in again.values() for row in sheet for value in row if isinstance(value, str)]
        assert [value for value in words_ if value.startswith("#") or "Err:" in value] == []


@pytest.mark.parametrize("view", ["days", "months", "statement", "meters"])
def test_the_workbook_of_a_table_has_the_figures_of_its_csv(web: Web, view: str) -> None:  # noqa: F811
    client = web.client("admin")
    client.set_cookie("language", "en")
    query = f"unit=finance&resource=electricity&year=2026&as_of={small.LAST}"
    answer = client.get(f"/export/{view}.csv?{query}")
    heads, *plain = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    (sheet,) = recalculate.cells(client.get(f"/export/{view}.xlsx?{query}").data).values()

    for row, cells in zip(plain, sheet[-len(plain) :], strict=True):
        for head, text, cell in zip(heads, row, cells, strict=True):
            if text == "":
                assert cell == i18n.MISSING
            elif head.startswith("Coverage"):
                assert cell * 100 == pytest.approx(int(float(text) * 10) / 10)  # as it is shown: cut off
            elif isinstance(cell, float | int):
                assert float(text) == pytest.approx(cell * 100 if head.endswith("(%)") else cell, abs=1e-6)
