"""Reports read back as a person reads them: the words of page, PDF and Word file; and names that try to be more than words."""

import copy
import io
import re
from html.parser import HTMLParser
from typing import Any

from docx import Document
from docx.oxml.ns import qn
from pypdf import PdfReader

PAYLOADS = (
    # typst
    '#read("/etc/passwd")', "#{1+1}", "$x^2$", "#let a = 1", "<label>", "@ref", "`code`", "```rust fn```", "*bold*", "_it_",
    "= Heading", "- item", "+ item", "/ term: x", '#import "@preview/x:1.0.0"', '#include "x.typ"', "\\#u{41}", "//comment",
    "/* comment */", "#sys.inputs", '#eval("1")', "~ --- ...", "'\"quotes\"'", '#link("https://evil.example")', "[content]",
    "https://evil.example/a",
    # HTML
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt; &amp;", "</td></tr></table>", "<!--", "]]>",
    "{{ 7*7 }}", "{% raw %}", "javascript:alert(1)", '"><svg onload=alert(1)>', "</style><style>", "%s %d {0} {name}",
    # Word
    "</w:t></w:r>", "<w:instrText>DATE</w:instrText>", '{ DDEAUTO c:\\\\cmd.exe "/k calc" }', '{ INCLUDETEXT "c:/x" }', "<w:br/>",
    '<?xml version="1.0"?>', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', "&e;", "&#x41;", "_x0041_",
    # spreadsheets, paths, queries
    "=1+1", "@SUM(A1)", "' OR 1=1 --", "../../etc/passwd", "C:\\temp\\x",
)  # fmt: skip
# What is no character, or turns the writing round: shown as U+FFFD, in the PDF as a box.
UNFIT = ("a\x00b", "a\x07b", "a\x1b[31mb", "a\u202eb", "a\x7fb", "a\ufffeb", "a\x0bb", "a\u2066b")
LARGEST = 40


def squeezed(words: str) -> str:
    """Give words without what lines and columns do to them."""
    return re.sub(r"[\s\u200b\ufeff]+", "", words)


def pdf_words(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def docx_words(content: bytes) -> str:
    """Give the words of the body, paragraph by paragraph, tables among them."""
    body = Document(io.BytesIO(content)).element.body
    paragraphs = body.iter(qn("w:p"))
    return "\n".join("".join(part.text or "" for part in one.iter(qn("w:t"))) for one in paragraphs)


class Page(HTMLParser):
    """Collects the words of a page, a cell or a paragraph a line, and its tags."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.parts: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.parts.append("\n" if tag in {"td", "th", "p", "li", "h2", "h3", "br", "text", "dt", "dd", "title"} else "")
        assert [name for name, _ in attrs if name.startswith("on")] == []

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"]:
            self.parts.append(data)

    @property
    def words(self) -> str:
        return "".join(self.parts)


def html_words(content: bytes) -> str:
    return Page(content).words


def named(data: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Give a report's data with all these names in it: as units, meters, sources, documents, people and reasons."""
    made = copy.deepcopy(data)
    ranking = made["board"]["rankings"][0]
    row = ranking["rows"][0]
    made["board"]["rankings"] = [ranking | {"rows": [row | {"unit": _unit(name)} for name in names], "unranked": []}]
    ranking["unranked"].clear()
    quality = made["quality"]["resources"][0]
    quality["silent"] = [_unit(name) | {"code": name} for name in names]
    quality["silent_count"] = len(names)
    item = made["exceptions"]["items"][0]
    made["exceptions"]["items"] = [item | {"unit": _unit(name)} for name in names]
    made["quality"]["deliveries"] = {
        "documents": 1,
        "rows_read": 1,
        "refused": [{"document": name, "source": name, "rows": 1, "state": "done"} for name in names],
        "silent": [],
    }
    made["unit"] |= {"name_zh": names[0], "name_en": names[0]}
    return made


def _unit(name: str) -> dict[str, Any]:
    return {"id": 1, "code": "x", "name_zh": name, "name_en": name}
