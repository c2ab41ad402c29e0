"""PDF and Word file: the same bytes for ever, PDF/A with our own fonts, pages fit to sign, nothing vanishes, in both languages."""

import io
import json
import re
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from pypdf import PdfReader
from sqlalchemy import delete, select

from monitor.database.tables import ReportFile
from monitor.domain.access import SYSTEM
from monitor.errors import NotFound
from monitor.reports import archive, docx, html, pdf
from monitor.reports.glyphs import Coverage
from monitor.services import reports
from tests.reports import told
from tests.reports.conftest import OCTOBER, City
from tests.reports.site import HOSTILE, NOW

MADE_AT = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
RENDER = {"pdf": pdf.render, "docx": docx.render, "html": html.render}
READ = {"pdf": told.pdf_words, "docx": told.docx_words, "html": told.html_words}


def renamed(data: dict[str, Any], name: str) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(json.dumps(data))
    given["unit"] |= {"name_zh": name, "name_en": name}
    return given


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_the_same_data_give_the_same_bytes_whatever_was_made_between(city_data: dict[str, Any], form: str) -> None:
    first = RENDER[form](city_data, "zh", version=2, made_at=MADE_AT)
    RENDER[form](renamed(city_data, "财政局"), "en", version=1, made_at=MADE_AT + timedelta(days=1))

    assert RENDER[form](city_data, "zh", version=2, made_at=MADE_AT) == first
    assert RENDER[form](city_data, "zh", version=3, made_at=MADE_AT) != first


def test_a_new_press_prints_the_same_bytes(city_data: dict[str, Any]) -> None:
    laid = pdf.document(city_data, "en", version=1, made_at=MADE_AT)

    assert pdf.Press().pdf(laid, made_at=MADE_AT) == pdf.render(city_data, "en", version=1, made_at=MADE_AT)


def test_two_threads_print_what_one_prints(city_data: dict[str, Any]) -> None:
    names = ("财政局", "教育局", "档案局", "统计局")
    alone = {name: pdf.render(renamed(city_data, name), "zh", version=1, made_at=MADE_AT) for name in names}
    found: dict[str, bytes] = {}

    def work(some: tuple[str, ...]) -> None:
        for name in some:
            found[name] = pdf.render(renamed(city_data, name), "zh", version=1, made_at=MADE_AT)

    workers = [threading.Thread(target=work, args=(names[index::2],)) for index in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert found == alone


@pytest.mark.parametrize(
    ("language", "title"), [("zh", "节能目标完成情况月报"), ("en", "Monthly report on saving targets")]
)
def test_the_pdf_is_for_filing(city_data: dict[str, Any], language: str, title: str) -> None:
    reader = PdfReader(io.BytesIO(pdf.render(city_data, language, version=7, made_at=MADE_AT)))
    root, pages = reader.trailer["/Root"], reader.pages
    described = root["/Metadata"].get_data().decode()
    fonts = {
        font.get_object()["/BaseFont"].partition("+")[2]
        for page in pages
        for font in page["/Resources"].get("/Font", {}).values()
    }

    assert re.findall(r"<pdfaid:(part|conformance)>(\w)<", described) == [("part", "2"), ("conformance", "B")]
    assert root["/Lang"].lower() == ("zh-cn" if language == "zh" else "en-gb")
    assert title in (reader.metadata or {})["/Title"]
    assert {name.split("-")[0] for name in fonts} == {"NotoSansSC"}
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pages} == {(595, 842)}
    words = [re.sub(r"\s", "", page.extract_text()) for page in pages]
    count = len(words)
    said = "第{}页，共{}页" if language == "zh" else "Page{}of{}"
    assert [said.format(index + 1, count) in text for index, text in enumerate(words)] == [True] * count
    edition = "第7版" if language == "zh" else "version7"
    assert [edition in text for text in words] == [True] * count


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_word_file_is_for_signing(city_data: dict[str, Any], language: str) -> None:
    content = docx.render(city_data, language, version=7, made_at=MADE_AT)
    file = Document(io.BytesIO(content))
    (section,) = file.sections
    words = told.docx_words(content)

    assert [round(side.mm) for side in (section.page_width, section.page_height)] == [210, 297]
    assert file.core_properties.created.replace(tzinfo=UTC) == MADE_AT
    for label in (
        ("填报人", "审核人", "负责人", "日期")
        if language == "zh"
        else ("Prepared by", "Checked by", "Approved by", "Date")
    ):
        assert words.rsplit("SHA-256", 1)[1].count(label) == 1
    heads = [
        table for table in file.element.body.iter(qn("w:tbl")) if next(table.iter(qn("w:tblHeader")), None) is not None
    ]
    assert len(heads) >= 8
    described = [shape.get("descr") for shape in file.element.body.iter(qn("wp:docPr"))]
    assert len(described) >= 2
    assert "" not in described
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert {one.date_time for one in packed.infolist()} == {(2026, 11, 4, 9, 30, 0)}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_file_speaks_one_language(city_data: dict[str, Any], language: str) -> None:
    for form, read in READ.items():
        words = read(RENDER[form](city_data, language, version=1, made_at=MADE_AT))
        if language == "en":
            assert re.findall(r"[\u4e00-\u9fff]+", words) == [], form
        else:
            foreign = set(re.findall(r"[A-Za-z]{3,}", told.squeezed(words).replace(told.squeezed(HOSTILE), ""))) - {
                "kWh",
                "SHA",
            }
            assert {word for word in foreign if not re.fullmatch("[0-9a-f]+", word)} == set(), form


def test_a_character_without_a_glyph_is_seen_to_be_missing(city_data: dict[str, Any]) -> None:
    given = renamed(city_data, "㐂局𠮷🙂❀✔")
    found = {form: told.squeezed(read(RENDER[form](given, "zh", version=1))) for form, read in READ.items()}

    assert "□局□□" in found["pdf"]
    assert "□代表本文件字体中没有的字符：U+3402,U+20BB7,U+1F642" in found["pdf"]
    assert [found[form].count("□代表") for form in ("docx", "html")] == [0, 0]
    assert [found[form].count("㐂局𠮷🙂❀✔") > 0 for form in ("docx", "html")] == [True, True]
    plain = told.squeezed(told.pdf_words(pdf.render(city_data, "zh", version=1)))
    assert plain.count("□代表") == 0


def test_a_name_of_any_length_stays_on_the_page(city_data: dict[str, Any]) -> None:
    for name in ("W" * 220, "机关事务管理局" * 25, "Very long name " * 14):
        content = pdf.render(renamed(city_data, name), "en", version=1)
        ends: list[float] = []

        def seen(text: str, cm: Any, tm: Any, _font: Any, _size: Any, ends: list[float] = ends) -> None:
            if text.strip():
                ends.append(tm[4] * cm[0] + tm[5] * cm[2] + cm[4])

        for page in PdfReader(io.BytesIO(content)).pages:
            page.extract_text(visitor_text=seen)
        assert told.squeezed(told.pdf_words(content)).count(told.squeezed(name)) >= 2
        assert 0 < min(ends) < max(ends) < 595


def test_what_the_fonts_have_is_read_from_the_fonts() -> None:
    known = Coverage.of(sorted((pdf.HERE / "fonts").glob("*.ttf"))).known
    every = "".join(
        bytes([high, low]).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)
    )

    assert len(every) == 6763
    assert [letter for letter in every + "珺堃喆玥Aé²³m·–…−÷●◆▲■√×□" if ord(letter) not in known] == []
    assert [ord(letter) in known for letter in "\U00020bb7✔🙂"] == [False, False, False]


# ---------------------------------------------------------------- kept


def test_all_files_are_made_once_and_handed_out_again(city: City) -> None:
    made = archive.produce(city.database, SYSTEM, city.units["finance"], OCTOBER, "zh", now=NOW)
    with city.database.session() as session:
        kept = {form: reports.fetch_file(session, SYSTEM, made, form) for form in archive.FORMS}

    assert {form: (content or b"")[:4] for form, content in kept.items()} == {
        "xlsx": b"PK\3\4",
        "pdf": b"%PDF",
        "docx": b"PK\3\4",
    }
    assert {form: archive.file(city.database, city.people["looker"], made, form, zone="UTC") for form in kept} == kept


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_a_report_from_before_gets_its_file_from_its_stored_data(city: City, form: str) -> None:
    made = archive.produce(city.database, SYSTEM, city.units["finance"], OCTOBER, "zh", now=NOW)
    first = archive.file(city.database, SYSTEM, made, form, zone="UTC")
    with city.database.session(write=True) as session:
        session.execute(delete(ReportFile))

    assert archive.file(city.database, city.people["looker"], made, form, zone="UTC") == first
    with city.database.session() as session:
        assert session.execute(select(ReportFile.format, ReportFile.content)).all() == [(form, first)]
    for who in ("stranger", "nobody"):
        with pytest.raises(NotFound):
            archive.file(city.database, city.people[who], made, form, zone="UTC")


@pytest.mark.parametrize("form", ["pdf", "docx", "html"])
def test_data_of_an_earlier_format_can_be_printed(city_data: dict[str, Any], form: str) -> None:
    given = json.loads(json.dumps(city_data))
    given["method"].pop("shares", None)
    for fact in given["method"]["denominators"]:
        for key in ("mean", "mean_year", "mean_before"):
            fact.pop(key, None)
    for section in given["resources"]:
        section.pop("bases", None)
        for target in section["targets"]:
            for key in ("path", "per", "kind", "cap"):
                target.pop(key, None)

    assert "Yunxi Government Offices" in READ[form](RENDER[form](given, "en", version=1))
