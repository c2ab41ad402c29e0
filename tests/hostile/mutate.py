"""Seeded mutations of files: the same number gives the same bytes, so that what falls out can be looked at again."""

import random
import re

WORDS: tuple[bytes, ...] = (
    b"", b"-", b"nan", b"inf", b"-inf", b"1e308", b"1e999", b"9" * 400, b"0x10", b"1_000", b"True", b"NULL", b"#N/A", b"=1+1",
    b"9999-12-31 23:59", b"0001-01-01 00:00", b"2026-02-30 00:00", b"24:00", b"2026-05-01 24:00", b"now", b"today", b"2026W10", b"T12",
    b"2026-05-01T00:00:00+99:99", b"12,5", b"1.234,5", b"1 234", b"--1", b"+", b".", b"1e", b'"', b'""', b'"\n"', b"'", b"\x00", b"\x1a",
    b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", "\u202e".encode(), "\u2028".encode(), b"\xc2\x85", b"\x0b", b"\x0c", b"a" * 10_000, b"," * 300,
    b"@2026-05-01T00:00:00", b"{}", b"{file}", b"%s%n", "💧".encode(), "１２".encode(), "合计".encode(), "合计".encode("gbk"), b"[", b"]", b"%",
)  # fmt: skip


def mutated(data: bytes, seed: int) -> bytes:
    """Give the file with one to forty changes."""
    chance = random.Random(seed)
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8, 40))):
        made = _once(made or bytearray(b"x"), chance)
    return bytes(made)


TAGS: tuple[bytes, ...] = (
    b"<", b">", b"&", b"&x;", b"&#0;", b"&#x110000;", b"<x>", b"</x>", b"<x/>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x", b"?>", b"<!DOCTYPE x>", b"<!DOCTYPE html>",
    b"<!DOCTYPE x [<!ENTITY y 'z'>]>", b'<?xml version="1.0" encoding="utf-16"?>', b"xmlns='y'", b"x:", b"</feed>", b"<e:value>", b"</e:IntervalReading>",
)  # fmt: skip
_TEXT, _ELEMENT = re.compile(rb">[^<]*<"), re.compile(rb"<([\w:]+)[^>]*>[^<]*</\1>")


def mutated_markup(data: bytes, seed: int) -> bytes:
    """Give the XML with changes of its texts and elements, so that most of it is still XML; some are damaged as any file."""
    chance = random.Random(seed)
    if chance.randrange(3) == 0:
        return mutated(data, seed)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        pattern = chance.choice((_TEXT, _TEXT, _ELEMENT))
        places = [found.span() for found in pattern.finditer(data)]
        begin, end = chance.choice(places or [(0, len(data))])
        part = data[begin:end]
        if pattern is _TEXT:
            part = b">" + chance.choice(WORDS if chance.randrange(8) else TAGS) + b"<"
        else:
            part = chance.choice((b"", part * 2, part + chance.choice(TAGS), part.upper(), part * 500))
        data = data[:begin] + part + data[end:]
    return data


def _once(made: bytearray, chance: random.Random) -> bytearray:
    at, other = chance.randrange(len(made)), chance.randrange(len(made))
    length = chance.choice((1, 1, 2, 4, 10, 60, 300))
    match chance.randrange(10):
        case 0:
            made[at] = chance.randrange(256)
        case 1:
            made[at] ^= 1 << chance.randrange(8)
        case 2:
            del made[at : at + length]
        case 3:
            made[at:at] = chance.randbytes(length)
        case 4:
            made[at:at] = made[other : other + length]
        case 5:
            made[at:at] = chance.choice(WORDS)
        case 6:
            del made[max(at, 1) :]
        case 7 | 8:
            return _cell(made, chance)
        case _:
            made[at : at + length] = chance.choice(
                (b"\x00", b'"', b",", b"\n", b"\r", b";", b"\t", b"-", b"9")
            ) * chance.choice((1, length))
    return made


def _cell(made: bytearray, chance: random.Random) -> bytearray:
    """Put a word in the place of a cell."""
    lines = bytes(made).split(b"\n")
    at = chance.randrange(len(lines))
    mark = chance.choice((b",", b" "))
    cells = lines[at].split(mark)
    cells[chance.randrange(len(cells))] = chance.choice(WORDS)
    lines[at] = mark.join(cells)
    return bytearray(b"\n".join(lines))
