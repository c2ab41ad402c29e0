"""Whatever a unit, a meter, a file or a person is called: words in PDF, Word file and page, and nothing else."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from docx.oxml.ns import qn
from pypdf import PdfReader

from monitor.reports import docx, html, pdf
from monitor.reports.blocks import clean
from tests.reports import told
from tests.reports.told import PAYLOADS, UNFIT, named, squeezed

Told = dict[str, Any]
READ: dict[str, tuple[Callable[..., bytes], Callable[[bytes], str]]] = {
    "html": (html.render, told.html_words),
    "pdf": (pdf.render, told.pdf_words),
    "docx": (docx.render, told.docx_words),
}


@pytest.fixture(scope="module")
def made(city_data: Told) -> dict[str, bytes]:
    """The three files of a report full of names that try to be more."""
    data = named(city_data, PAYLOADS)
    return {form: render(data, "en", version=1) for form, (render, _) in READ.items()}


@pytest.mark.parametrize("form", READ)
def test_every_name_comes_out_to_the_letter(made: dict[str, bytes], form: str) -> None:
    found = squeezed(READ[form][1](made[form]))

    assert len(PAYLOADS) >= 50
    assert {name: found.count(squeezed(name)) for name in PAYLOADS if found.count(squeezed(name)) < 4} == {}


def test_no_name_becomes_an_action_in_the_pdf(made: dict[str, bytes]) -> None:
    reader = PdfReader(io.BytesIO(made["pdf"]))
    words = told.pdf_words(made["pdf"])

    kinds = {
        str(value.get(key))
        for number in range(1, len(reader.xref[0]) + 1)
        for value in [reader.get_object(number)]
        if isinstance(value, dict)
        for key in ("/S", "/Type", "/Subtype")
    }
    assert (
        kinds & {"/URI", "/JavaScript", "/Launch", "/GoToR", "/SubmitForm", "/EmbeddedFile", "/Filespec", "/Annot"}
        == set()
    )
    assert [key for key in ("/OpenAction", "/AA", "/AcroForm") if key in reader.trailer["/Root"]] == []
    assert words.count("root:x:0") == 0


def test_no_name_becomes_anything_in_the_word_file(made: dict[str, bytes], city_data: Told) -> None:
    def looked(content: bytes) -> tuple[list[str], set[str], list[str]]:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            names = [name for name in file.namelist() if not name.startswith("word/media/")]
            trees = {name: ET.fromstring(file.read(name)) for name in names}
        tags = {element.tag for tree in trees.values() for element in tree.iter()}
        fields = [
            str(element.get(qn("w:instr"))) for tree in trees.values() for element in tree.iter(qn("w:fldSimple"))
        ]
        outside = [
            str(element.attrib)
            for name, tree in trees.items()
            if name.endswith(".rels")
            for element in tree
            if element.get("TargetMode") == "External"
        ]
        return [*sorted(names), *outside], tags, fields

    plain = docx.render(city_data, "en", version=1)
    parts, tags, fields = looked(made["docx"])
    known_parts, known_tags, known_fields = looked(plain)

    assert (parts, fields) == (known_parts, known_fields)
    assert tags - known_tags == set()
    assert set(fields) == {"PAGE", "NUMPAGES"}


def test_no_name_becomes_a_tag_of_the_page(made: dict[str, bytes], city_data: Told) -> None:
    known = set(told.Page(html.render(city_data, "en")).tags)

    assert set(told.Page(made["html"]).tags) - known == set()


@pytest.mark.parametrize("form", READ)
def test_what_is_no_character_is_seen_to_be_none(city_data: Told, form: str) -> None:
    render, read = READ[form]
    found = squeezed(read(render(named(city_data, UNFIT), "en", version=1)))

    for name in UNFIT:
        shown = squeezed(clean(name))
        assert found.count(shown.replace("\ufffd", "□") if form == "pdf" else shown) > 3
    assert re.findall("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]", found) == []
