"""Green Button feeds, half written, swollen, of another kind, mean."""

from collections.abc import Iterator
from typing import Any

from tests.greenbutton.feeds import ROOT, block, entry, feed, house, kind, meter_reading, point, reading
from tests.hostile.case import Case, read, refused

FEED: dict[str, Any] = {"kind": "green_button", "options": {}, "file": "usage.xml"}
MEGABYTE = 1 << 20
LAUGHS = (
    '<!DOCTYPE feed [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)


def made(text: str) -> bytes:
    return text.encode()


def doors() -> Iterator[Case]:
    """What a document type could open stays shut."""
    for name, text in (
        ("a billion laughs", LAUGHS + house(reading(0, "&j;"))),
        ("an entity of the server's files", '<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + house(reading(0, "&x;"))),
        ("an entity of another host", '<!DOCTYPE feed [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>' + house(reading(0, "&x;"))),
        ("a parameter entity", '<!DOCTYPE feed [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>' + house()),
        ("a document type elsewhere", '<!DOCTYPE feed SYSTEM "http://127.0.0.1:9/feed.dtd">' + house()),
        ("an empty document type", "<!DOCTYPE feed>" + house()),
        ("a quadratic blow-up", f'<!DOCTYPE feed [<!ENTITY x "{"x" * 100_000}">]>' + house(reading(0, "&x;" * 10_000))),
    ):  # fmt: skip
        yield refused(f"feed: {name}", text.encode(), "XML_DOCTYPE", **FEED)
    yield refused("feed: laughs in UTF-16", (LAUGHS + house()).encode("utf-16"), "XML_DOCTYPE", **FEED)
    yield read("feed: an entity of nobody", house(reading(0), reading(1, "&x;")).encode(), 1, 1, "XML_BROKEN", **FEED)
    yield read(
        "feed: an include of another file",
        house()
        .replace(
            "<title>", '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/><title>', 1
        )
        .encode(),
        2,
        kwh="0.02",
        **FEED,
    )


def kinds() -> Iterator[Case]:
    """What is no Green Button file says what it is."""
    page = b"<!DOCTYPE html><html><title>Sign in</title>"
    for name, body, code in (
        ("nothing", b"", "EMPTY"), ("NULs", bytes(5000), "EMPTY"), ("blanks", b" \r\n" * 9, "EMPTY"), ("a mark alone", b"\xef\xbb\xbf", "EMPTY"),
        ("a sign-in page", page, "HTML_PAGE"), ("a page with a mark", b"\xef\xbb\xbf\n" + page, "HTML_PAGE"),
        ("a page of XHTML", b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html/>', "HTML_PAGE"),
        ("a page without a type", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "HTML_PAGE"),
        ("a table", b"meter,time,kWh\nE-1,2026-05-01 01:00,1\n", "XML_BROKEN"), ("JSON", b'{"feed": []}', "XML_BROKEN"),
        ("an archive", b"PK\x03\x04" + bytes(99), "XML_BROKEN"), ("noise", bytes(range(256)) * 9, "XML_BROKEN"), ("gzip", b"\x1f\x8b\x08" + bytes(50), "XML_BROKEN"),
        ("another feed", b'<rss version="2.0"><channel/></rss>', "NOT_GREEN_BUTTON"), ("a workbook's part", b'<worksheet xmlns="x"/>', "NOT_GREEN_BUTTON"),
        ("a feed of nobody's name space", b"<feed><entry/></feed>", "NOT_GREEN_BUTTON"), ("a message of an error", b"<Error><Code>403</Code></Error>", "NOT_GREEN_BUTTON"),
        ("a feed without readings", feed(point(), kind()).encode(), "NO_ROWS"), ("news", feed("<entry><title>news</title></entry>").encode(), "NO_ROWS"),
        ("its first tag", ROOT.encode(), "XML_BROKEN"), ("half its first tag", ROOT[:30].encode(), "XML_BROKEN"), ("a prefix of nobody", b"<a:feed/>", "XML_BROKEN"),
        ("an encoding of nobody", b'<?xml version="1.0" encoding="utf-99"?><feed/>', "XML_ENCODING"), ("an encoding of bytes", b'<?xml version="1.0" encoding="base64"?><feed/>', "XML_ENCODING"),
        ("UTF-7", b'<?xml version="1.0" encoding="utf-7"?><feed/>', "XML_ENCODING"), ("UTF-32", house().encode("utf-32"), "XML_BROKEN"),
        ("GBK that says nothing", house().replace("House", "市政府").encode("gbk"), "XML_BROKEN"),
    ):  # fmt: skip
        yield refused(f"feed: {name}", body, code, **FEED)


def swollen() -> Iterator[Case]:
    """What grows without end is given up early."""
    deep = "<x>" * 100_000
    for name, make, code in (
        ("elements 100,000 deep", lambda: made(ROOT + deep), "XML_TOO_DEEP"),
        ("a reading 100,000 deep", lambda: house("<e:IntervalReading>" + deep).encode(), "XML_TOO_DEEP"),
        ("a million attributes", lambda: made(ROOT + "<entry " + " ".join(f'a{n}="1"' for n in range(1_000_000)) + "/></feed>"), "XML_TOO_LONG"),
        ("an attribute of 20 MB", lambda: made(ROOT + f'<link href="{"x" * (20 * MEGABYTE)}"/></feed>'), "XML_TOO_LONG"),
        ("a name of 20 MB", lambda: made(ROOT + "<" + "x" * (20 * MEGABYTE)), "XML_TOO_LONG"),
        ("a comment of 20 MB", lambda: made(ROOT + "<!--" + "x" * (20 * MEGABYTE) + "--></feed>"), "XML_TOO_LONG"),
        ("a value of 20 MB", lambda: house(reading(0, "1" * (20 * MEGABYTE))).encode(), "XML_TOO_LONG"),
        ("a title of 20 MB", lambda: feed(point(title="x" * (20 * MEGABYTE))).encode(), "XML_TOO_LONG"),
        ("a reading of a million fields", lambda: house("<e:IntervalReading>" + "".join(f"<e:a{n}/>" for n in range(1_000_000))).encode(), "XML_TOO_MANY"),
        ("a type of a million fields", lambda: feed("<e:ReadingType>" + "".join(f"<e:a{n}/>" for n in range(1_000_000))).encode(), "XML_TOO_MANY"),
        ("600,000 entries", lambda: feed("<entry/>" * 600_000).encode(), "XML_TOO_MANY"),
    ):  # fmt: skip
        yield refused(f"feed: {name}", make, code, **FEED)
    yield read(
        "feed: a reading of a million values",
        lambda: house(reading(0), reading(1, "1</e:value><e:value>" * 1_000_000 + "1")).encode(),
        1,
        1,
        "NOT_A_NUMBER",
        **FEED,
    )
    yield read(
        "feed: 50,000 readings of nothing",
        lambda: house(reading(0), "<e:IntervalReading/>" * 50_000).encode(),
        1,
        50_000,
        "FIELD_MISSING",
        **FEED,
    )


def broken() -> Iterator[Case]:
    """A broken place costs what is behind it; a broken reading itself."""
    whole = house(*(reading(n) for n in range(4)))
    yield read("a Green Button file", whole.encode(), 4, kwh="0.04", **FEED)
    yield read(
        "feed: cut behind its last reading",
        whole[: whole.rindex("</e:IntervalBlock>")].encode(),
        4,
        1,
        "XML_BROKEN",
        "0.04",
        **FEED,
    )
    yield read(
        "feed: cut within its last reading",
        whole[: whole.rindex("<e:value>")].encode(),
        3,
        1,
        "XML_BROKEN",
        "0.03",
        **FEED,
    )
    yield read("feed: something behind its end", (whole + "<feed/>").encode(), 4, 1, "XML_BROKEN", "0.04", **FEED)
    yield refused(
        "feed: a NUL in the first reading",
        whole.replace("<e:value>10", "<e:value>1\0", 1).encode(),
        "XML_BROKEN",
        **FEED,
    )
    yield read(
        "feed: a byte that is no UTF-8",
        whole.encode().replace(b"<e:value>10", b"<e:value>10\xff", 4).replace(b"10\xff", b"10", 2),
        2,
        2,
        "XML_BROKEN",
        "0.02",
        **FEED,
    )
    for name, value, why in (
        ("a comma", "12,5", "NOT_A_NUMBER"), ("words", "ten", "NOT_A_NUMBER"), ("no number", "nan", "NOT_A_NUMBER"), ("endless", "1e999", "NOT_A_NUMBER"),
        ("full width", "１２", "NOT_A_NUMBER"), ("hexadecimal", "0x10", "NOT_A_NUMBER"), ("nothing", "", "NOT_A_NUMBER"), ("400 digits", "9" * 400, "NOT_A_NUMBER"),
        ("markup", "&lt;script&gt;", "NOT_A_NUMBER"), ("a formula", "=1+1", "NOT_A_NUMBER"), ("braces", "{file}", "NOT_A_NUMBER"), ("marks of direction", "\u202e1", "NOT_A_NUMBER"),
        ("an element", "1<e:x/>0", "FIELD_MISSING"), ("beyond all meters", "1e300", "VALUE_TOO_LARGE"),
    ):  # fmt: skip
        yield read(
            f"feed: a value that is {name}", house(reading(0), reading(1, value)).encode(), 1, 1, why, "0.01", **FEED
        )
    for name, changed, why in (
        ("a start in 1970", reading(1, start=0), "TIME_TOO_EARLY"), ("a start after all", reading(1, start=9 * 10**10), "TIME_IN_FUTURE"),
        ("a start beyond all", reading(1, start=10**15), "NOT_A_NUMBER"), ("a start of letters", reading(1, start=0).replace("3600</e:start>", "x</e:start>"), "NOT_A_NUMBER"),
        ("no duration", reading(1, step=0), "SPAN_NOT_POSITIVE"), ("a duration below zero", reading(1, step=-3600), "SPAN_NOT_POSITIVE"), ("a duration of years", reading(1, step=10**8), "SPAN_TOO_LONG"),
        ("no time period", "<e:IntervalReading><e:value>1</e:value></e:IntervalReading>", "FIELD_MISSING"),
    ):  # fmt: skip
        yield read(f"feed: {name}", house(reading(0), changed).encode(), 1, 1, why, "0.01", **FEED)


def meant() -> Iterator[Case]:
    """Readings that mean nothing here, and those that are told twice."""
    for name, text, why in (
        ("gas", house(service="1", uom=169), "SERVICE_NOT_KEPT"), ("no service", house(service=""), "SERVICE_MISSING"), ("a service of letters", house(service="x" * 300), "SERVICE_NOT_KEPT"),
        ("no unit", house(uom=None), "UNIT_MISSING"), ("a unit of letters", house(uom="{x}"), "UNIT_WRONG"), ("reactive energy", house(uom=73), "UNIT_WRONG"),
        ("a power of ten of 10**9", house(powerOfTenMultiplier=10**9), "MULTIPLIER_UNKNOWN"), ("a direction of letters", house(flowDirection="x"), "NOT_AN_AMOUNT"),
        ("maxima", house(dataQualifier=8), "NOT_AN_AMOUNT"), ("no usage point", feed(kind(), block(reading(0), reading(1))), "METER_UNNAMED"),
    ):  # fmt: skip
        yield read(f"feed: {name}", text.encode(), 0, 2, why, **FEED)
    yield read(
        "feed: a title of marks",
        house().replace("House", "=1+1 &lt;b> \u202e {file} ' --").encode(),
        2,
        kwh="0.02",
        kind="green_button",
        options={"names": "title"},
        file="usage.xml",
    )
    yield read("feed: an interval length of letters", house(intervalLength="x").encode(), 2, kwh="0.02", **FEED)
    twice = feed(point(), meter_reading(), kind(), block(reading(0), reading(1)), block(reading(0), reading(1), at=2))
    yield read("feed: a block given twice", twice.encode(), 2, kwh="0.02", **FEED)
    circle = feed(
        entry("a", "", "a", "a"), entry("b", "<e:MeterReading/>", "b", "b"), point(), kind(), block(reading(0))
    )
    yield read("feed: links in a circle", circle.encode(), 1, kwh="0.01", **FEED)


CASES = [*doors(), *kinds(), *swollen(), *broken(), *meant()]
