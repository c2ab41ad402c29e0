"""Reads the XML of a Green Button feed as it streams by. A document type is refused before it is read, so there are no entities."""

import codecs
import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from importers._green_button_feed import ATOM, BLOCK, DESCRIBED, ESPI, LINE, READING, Entry, Feed, Node, Row
from monitor.intake.contract import N_, Document, DocumentRefused, RowIssue

BYTES = 1 << 16  # read at once
ROWS = 20_000  # readings that wait as text
LARGEST = 600 << 20
LONGEST, MOST_TEXTS, MOST_FIELDS, DEEPEST, MOST_ENTRIES = 1 << 20, 128, 1000, 64, 500_000
LONGEST_FIELD, LONGEST_LINK = 200, 2000
_HOST = re.compile(r"^[A-Za-z][\w+.-]*://[^/]*")
_DECLARED = re.compile(rb"^(?:\xef\xbb\xbf)?<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_PAGE = re.compile(rb"^\s*<(!doctype\s+html|html|head|body)", re.IGNORECASE)
_OPENED = re.compile(rb"<(?:[\w.-]{1,60}:)?IntervalReading[\s>/]")
WIDE = {"gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"}  # encodings that expat does not know
BROKEN = N_(
    "here the file breaks off ({reason}); what follows cannot be read, {count} readings or more: get the file again"
)
REASONS = {
    3: N_("its end is missing"),
    4: N_("a character that cannot stand here"),
    5: N_("a tag that is never closed"),
    6: N_("half a character"),
    7: N_("tags that do not match"),
    8: N_("an attribute given twice"),
    9: N_("something after the end"),
    11: N_("an entity that is not defined"),
    27: N_("a prefix that is not declared"),
}
TOO_MANY, TOO_DEEP, TOO_LONG = (
    N_("more than 500,000 entries or blocks, or more than 1,000 fields of one"),
    N_("elements more than 64 deep in one another"),
    N_("a tag or text of more than 1 MB"),
)


class Reader:
    """The handlers of one document. `now` is the reading, `node` the resource that is open; `fresh`: no element is in this one."""

    def __init__(self, name: str, encoding: str | None, records: IO[bytes]) -> None:
        self.name = name
        self.feed = Feed(records)
        self.parser = parser = expat.ParserCreate(encoding, "}")
        self.text: list[str] = []
        parser.buffer_text = True
        parser.CharacterDataHandler = self.text.append
        parser.StartElementHandler = self.start
        parser.StartDoctypeDeclHandler = self.doctype
        self.openers = {READING: self.reading, BLOCK: self.block, ATOM + "entry": self.enter, ATOM + "link": self.link}
        self.openers |= dict.fromkeys(DESCRIBED, self.describe)
        self.path: list[str] = []
        self.fresh = False
        self.entry = Entry()
        self.node: Node | None = None
        self.now: Row | None = None
        self.rows: list[Row] = []
        self.entries = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the outermost opening tag, and begin to take all others."""
        self.root(name)
        path, text, opener_of = self.path, self.text, self.openers.get

        def start(name: str, attributes: dict[str, str]) -> None:
            path.append(name)
            text.clear()
            self.fresh = True
            if (opener := opener_of(name)) is not None:
                opener(name, attributes)

        def end(name: str) -> None:
            path.pop()
            now = self.now
            if now is None:
                self.close(name)
            elif name == READING:
                self.done(now)
            elif self.fresh:
                said = text[0] if len(text) == 1 else "".join(text)
                now[name] = said if name not in now else f"{now[name][:LONGEST_FIELD]} {said}"
            self.fresh = False
            text.clear()

        self.parser.StartElementHandler, self.parser.EndElementHandler = start, end
        start(name, attributes)

    def close(self, name: str) -> None:
        """Take a closing tag that is in no reading: a leaf is a field of the resource around it."""
        if self.fresh:
            self.leaf(name)
        if self.node is not None and name in DESCRIBED:
            self.node = self.node.parent

    def done(self, now: Row) -> None:
        """Keep a reading."""
        self.rows.append(now)
        self.now = None
        if len(self.rows) >= ROWS:
            self.flush()

    def root(self, name: str) -> None:
        """Refuse what is no feed."""
        if name.rpartition("}")[2] == "html":
            raise page(self.name)
        if name not in {ATOM + "feed", ATOM + "entry"} and not name.startswith(ESPI):
            raise DocumentRefused(
                "NOT_GREEN_BUTTON",
                "{file}, line {row}: the outermost element is '{root}', not an Atom feed with Green Button (ESPI) data. Export the "
                "usage data as Green Button XML; tables are read by sources of the kind tabular.",
                file=self.name,
                row=self.parser.CurrentLineNumber,
                root=name[:LONGEST_FIELD],
            )

    def doctype(self, name: str, *_: object) -> None:
        """Refuse a document type before anything that it defines is read."""
        if name.lower() == "html":
            raise page(self.name)
        raise DocumentRefused(
            "XML_DOCTYPE",
            "{file}, line {row}: the file has a document type (DOCTYPE), which could define entities; Green Button files have none. "
            "Get the file again from the energy supplier.",
            file=self.name,
            row=self.parser.CurrentLineNumber,
        )

    def enter(self, _name: str, _attributes: dict[str, str]) -> None:
        """Begin an entry."""
        self.entry = Entry()
        self.entries += 1
        if self.entries > MOST_ENTRIES:
            raise self.too("XML_TOO_MANY", TOO_MANY)

    def link(self, _name: str, attributes: dict[str, str]) -> None:
        """Note a link of the entry."""
        path = _HOST.sub("", attributes.get("href", "")[:LONGEST_LINK].strip()).strip("/")
        known = {"self": self.entry.own, "up": self.entry.up, "related": self.entry.related}
        links = known.get(attributes.get("rel", ""))
        if path and links is not None and ATOM + "entry" in self.path:
            links.append(path)

    def describe(self, name: str, _attributes: dict[str, str]) -> None:
        """Begin a resource."""
        if self.now is None:
            self.node = Node(name, self.entry, self.node, self.parser.CurrentLineNumber)
            self.feed.nodes[name].append(self.node)

    def block(self, _name: str, _attributes: dict[str, str]) -> None:
        """Begin a block; those of the same entry and resource are one."""
        blocks = self.feed.blocks
        if not blocks or blocks[-1][0] is not self.entry or blocks[-1][1] is not self.node:
            blocks.append((self.entry, self.node))
        if len(blocks) > MOST_ENTRIES:
            raise self.too("XML_TOO_MANY", TOO_MANY)

    def reading(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a reading."""
        if BLOCK not in self.path:
            self.block(name, attributes)
        if self.now is None:
            self.now = {LINE: self.parser.CurrentLineNumber, BLOCK: len(self.feed.blocks) - 1}

    def leaf(self, name: str) -> None:
        """Note a field of a resource, or the title of an entry."""
        around = self.path[-1] if self.path else ""
        if name == ATOM + "title" and around == ATOM + "entry":
            self.entry.title = " ".join("".join(self.text).split())[:LONGEST_FIELD]
        elif self.node is not None and around in {self.node.kind, ESPI + "ServiceCategory"}:
            self.node.fields.setdefault(name.removeprefix(ESPI), "".join(self.text).strip()[:LONGEST_FIELD])

    def flush(self) -> None:
        """Keep the waiting readings."""
        self.feed.add(self.rows)
        self.rows = []

    def check(self, fed: int) -> None:
        """Refuse what grows without end: the parser would keep it all."""
        if len(self.path) > DEEPEST:
            raise self.too("XML_TOO_DEEP", TOO_DEEP)
        if len(self.text) > MOST_TEXTS or fed - self.parser.CurrentByteIndex > LONGEST + BYTES:
            raise self.too("XML_TOO_LONG", TOO_LONG)
        if len(self.now or ()) > MOST_FIELDS or (self.node is not None and len(self.node.fields) > MOST_FIELDS):
            raise self.too("XML_TOO_MANY", TOO_MANY)

    def too(self, code: str, what: str) -> DocumentRefused:
        """Say what there is too much of."""
        return DocumentRefused(
            code,
            "{file}, line {row}: the file is not read on: {what}. Get it again, or in smaller parts.",
            file=self.name,
            row=self.parser.CurrentLineNumber,
            what=what,
        )


def read(document: Document, records: IO[bytes]) -> Feed:
    """Read a document, its readings into the file `records`. DocumentRefused where there is nothing to be read; of a broken one what stands before the break is read."""
    head = _head(document)
    declared = _DECLARED.match(head)
    encoding = declared[1].decode().lower() if declared else ""
    wide = encoding if encoding in WIDE else ""
    reader, fed = Reader(document.name, "utf-8" if wide else None, records), 0
    try:
        for block in _blocks(document.path, wide):
            reader.parser.Parse(block, False)
            fed += len(block)
            reader.check(fed)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        _broken(reader, error, document)
    except (LookupError, ValueError) as error:
        raise DocumentRefused(
            "XML_ENCODING",
            "{file}: the encoding '{encoding}' that the file declares cannot be read; save it as UTF-8.",
            file=document.name,
            encoding=encoding,
        ) from error
    reader.flush()
    return reader.feed


def _head(document: Document) -> bytes:
    size = document.path.stat().st_size
    if size > LARGEST:
        raise DocumentRefused(
            "XML_TOO_LARGE",
            "{file}: the file has {size} MB, more than {most} MB are not read; get the data in parts.",
            file=document.name,
            size=size >> 20,
            most=LARGEST >> 20,
        )
    with document.path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise DocumentRefused("EMPTY", "{file}: the file is empty.", file=document.name)
    if _PAGE.match(head.removeprefix(codecs.BOM_UTF8)):
        raise page(document.name)
    return head


def page(name: str) -> DocumentRefused:
    """Say that a web page came in the place of the file."""
    return DocumentRefused(
        "HTML_PAGE",
        "{file}: this is a web page, not a Green Button file; perhaps a sign-in page was saved instead of the file.",
        file=name,
    )


def _blocks(path: Path, wide: str) -> Iterator[bytes]:
    """Give the bytes, from an encoding that expat does not know as UTF-8."""
    decoder = codecs.getincrementaldecoder(wide)("replace") if wide else None
    with path.open("rb") as stream:
        while block := stream.read(BYTES):
            yield block if decoder is None else decoder.decode(block).encode()


def _broken(reader: Reader, error: Any, document: Document) -> None:  # noqa: ANN401 - expat's error has no type of its own
    """Say where the file breaks off and what is lost; refuse it where nothing stands before."""
    reason = REASONS.get(error.code, expat.ErrorString(error.code))
    if not reader.rows and not reader.feed.count:
        raise DocumentRefused(
            "XML_BROKEN",
            "{file}, line {row}, column {column}: here the XML breaks off ({reason}), before any reading; get the file again.",
            file=document.name,
            row=error.lineno,
            column=error.offset + 1,
            reason=reason,
        ) from error
    lost = max((reader.now is not None) + _opened(document.path, reader.parser.ErrorByteIndex), 1)
    column = str(error.offset + 1)
    issue = RowIssue("XML_BROKEN", BROKEN, error.lineno, column, data={"reason": reason, "count": lost}, count=lost)
    reader.feed.issues.append(issue)
    reader.feed.refused += lost


def _opened(path: Path, begin: int) -> int:
    """Count the readings that begin after a place."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return sum(1 for _ in _OPENED.finditer(content, max(begin, 0)))
