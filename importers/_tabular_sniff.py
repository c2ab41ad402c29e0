"""Tells by content what a file is, which encoding and which delimiter it has; extensions are not believed."""

import codecs
import re
from collections import Counter
from pathlib import Path

from monitor.intake.contract import N_, DocumentRefused

BLOCK = 1 << 20
SHORTEST = 8  # bytes from which UTF-16 can be guessed
ENOUGH = 20  # Chinese characters that need no common one among them
GOOD_FOR_ONE_BAD = 3  # characters beyond ASCII that are right, for each that is not: then the encoding is right
_ASCII = re.compile(r"[\x00-\x7f]+")
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", N_("a PDF document")),
    (b"\x1f\x8b", N_("a gzip archive")),
    (b"Rar!", N_("a RAR archive")),
    (b"7z\xbc\xaf", N_("a 7z archive")),
    (b"SQLite format 3", N_("a SQLite database")),
    (b"\x89PNG", N_("a picture")),
    (b"\xff\xd8\xff", N_("a picture")),
    (b"\x7fELF", N_("a program")),
    (b"MZ\x90", N_("a program")),
)
_PAGE = re.compile(rb"^\s*<(!doctype html|html|head|body|!--)", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>(.{0,200}?)</title>", re.IGNORECASE | re.DOTALL)


def content(path: Path, name: str) -> str:
    """Give `zip`, `ole` or `text`; what is none of them is DocumentRefused, named as what it is."""
    with path.open("rb") as stream:
        head = stream.read(8192)
    if not head.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise DocumentRefused("EMPTY", "{file}: the file is empty.", file=name)
    for magic, kind in _KINDS:
        if head.startswith(magic):
            return kind
    for magic, what in _REFUSED:
        if head.startswith(magic):
            raise _not_a_table(name, what)
    bare = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if _PAGE.match(bare):
        title = _TITLE.search(head)
        raise DocumentRefused(
            "HTML_PAGE",
            "{file}: this is a web page ('{title}'), not a table; perhaps a sign-in page was saved instead of the file.",
            file=name,
            title=title[1].decode("utf-8", "replace").strip() if title else "",
        )
    if bare.startswith(b"<?xml") or (bare.startswith(b"<") and b">" in bare[:200]):
        raise _not_a_table(name, N_("an XML document"))
    if bare[:1] == b"{" and b'"' in bare[:50]:
        raise _not_a_table(name, N_("a JSON document"))
    _refuse_binary(head, name)
    return "text"


def _not_a_table(name: str, what: str) -> DocumentRefused:
    return DocumentRefused("NOT_A_TABLE", "{file}: this is {what}, not a table.", file=name, what=what)


def _refuse_binary(head: bytes, name: str) -> None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _utf16(head):
        return
    controls = sum(head.count(bytes([c])) for c in range(1, 32) if c not in b"\t\n\r\x0b\x0c\x1a")
    if (
        controls > len(head) // 50 or head.count(b"\x00") > len(head) // 3
    ):  # a hole of NULs is a logger that lost its power
        raise _not_a_table(name, N_("a binary file"))


def _utf16(head: bytes) -> str:
    """Guess UTF-16 without a byte order mark: every other byte of mostly Latin text is zero."""
    half = max(len(head) // 2, 1)
    if len(head) >= SHORTEST and head[1::2].count(0) > half * 0.4 and head[::2].count(0) == 0:
        return "utf-16-le"
    if len(head) >= SHORTEST and head[::2].count(0) > half * 0.4 and head[1::2].count(0) == 0:
        return "utf-16-be"
    return ""


def encoding(path: Path, declared: str, name: str) -> str:
    """Give the encoding of a text file: the declared one, proved, or what its bytes say."""
    with path.open("rb") as stream:
        head = stream.read(8192)
    found = declared.casefold().replace("gbk", "gb18030").replace("gb2312", "gb18030")
    if head.startswith(codecs.BOM_UTF8) and found in {"auto", "utf-8", "utf-8-sig", "utf8"}:
        found = "utf-8-sig"
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16"
    candidates = [found] if found != "auto" else [_utf16(head)] if _utf16(head) else ["utf-8", "gb18030", "cp1252"]
    for candidate in candidates:
        whole = undecodable(path, candidate, name) is None
        if whole and (candidate != "gb18030" or len(candidates) == 1 or _looks_chinese(path)):
            return candidate
        if not whole and candidate != "cp1252" and _mostly(path, candidate):
            return candidate
    raise DocumentRefused(
        "ENCODING_WRONG",
        "{file}: the text is not {encoding}; name the encoding in the profile.",
        file=name,
        encoding=" / ".join(candidates),
    )


def undecodable(path: Path, name: str, file: str) -> int | None:
    """Give the byte near which a file cannot be decoded; None where it can."""
    try:
        b"x".decode(name, "ignore")  # what is no encoding of text is none
        decoder = codecs.getincrementaldecoder(name)()
    except (LookupError, ValueError):
        raise DocumentRefused(
            "ENCODING_UNKNOWN", "{file}: there is no encoding '{encoding}'.", file=file, encoding=name
        ) from None
    done = 0
    with path.open("rb") as stream:
        try:
            while block := stream.read(BLOCK):
                decoder.decode(block)
                done += len(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            return done + error.start
    return None


def _mostly(path: Path, name: str) -> bool:
    """Tell whether a text is in an encoding but for a few damaged places: the rows of those are refused, the others read."""
    if name == "gb18030" and not _looks_chinese(path):
        return False
    good = bad = 0
    with path.open(encoding=name, errors="replace", newline="") as stream:
        while block := stream.read(BLOCK):
            bad += block.count("\ufffd")
            good += len(block if name.startswith("utf-16") else _ASCII.sub("", block))
    return good - bad >= GOOD_FOR_ONE_BAD * bad


def _looks_chinese(path: Path) -> bool:
    """Tell whether bytes that could be GB18030 read as common Chinese rather than as accented Latin."""
    with path.open("rb") as stream:
        text = stream.read(BLOCK).decode("gb18030", "ignore")
    foreign = [c for c in text if not c.isascii()]
    chinese = sum("\u4e00" <= c <= "\u9fff" or "\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" for c in foreign)
    common = sum(c in _COMMON for c in foreign)
    return chinese >= 0.8 * len(foreign) and (common > 0 or chinese >= ENOUGH)


_COMMON = frozenset(
    "表号时间日期电水量抄读数用本期上期倍率合计名称房间楼层单位备注状态正常千瓦度吨立方米年月日开始结束金额发票起止账"
    "通道示值区域部门序客户编码地址计点小时最大最小总"
)


def delimiter(lines: list[str], declared: str) -> str:
    """Give the delimiter: a `sep=` line's, the declared one, or the one that splits the first lines most evenly."""
    if lines and lines[0].lower().startswith("sep=") and len(lines[0]) > len("sep="):
        return lines[0][4]
    if declared != "auto":
        return {"tab": "\t", "\\t": "\t"}.get(declared, declared)
    best, score = ",", 0.0
    for candidate in (",", ";", "\t", "|", ","):
        counts = Counter(n for line in lines[:60] if (n := line.count(candidate)))
        if counts:
            number, often = max(counts.items(), key=lambda item: (item[1] * item[0], item[0]))
            if often * min(number, 6) > score:
                best, score = candidate, often * min(number, 6)
    return best
