"""How feeds are joined and read: links, containment, prefixes, encodings, order, breaks, size."""

from pathlib import Path

import pytest

from monitor.errors import DocumentRefused
from monitor.intake import registry
from monitor.intake.contract import CHUNK_ROWS, Document
from tests.greenbutton.feeds import (
    POINT,
    ROOT,
    START,
    block,
    codes,
    entry,
    feed,
    house,
    kind,
    meter_reading,
    parsed,
    point,
    reading,
    rows,
)

TWO = [(START, START + 3600, 10.0), (START + 3600, START + 7200, 10.0)]
TIMES = ("start_at", "end_at", "value")


def test_readings_before_what_describes_them_are_the_same(tmp_path: Path) -> None:
    parts = [point(), meter_reading(), kind(), block(reading(0), reading(1))]

    assert rows(parsed(tmp_path, feed(*parts)), *TIMES) == rows(parsed(tmp_path, feed(*reversed(parts))), *TIMES) == TWO


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("e:", "espi_1-x:").replace("xmlns:e=", "xmlns:espi_1-x="),
        lambda text: (
            text.replace("<", "<a:").replace("<a:/", "</a:").replace("a:e:", "e:").replace("xmlns=", "xmlns:a=")
        ),
        lambda text: text.replace("<e:value>", "<!-- of the meter --><e:value><!-- x -->"),
        lambda text: text.replace("<e:value>10", "<e:value><![CDATA[1]]>0"),
        lambda text: text.replace("<e:value>", "<e:tou>3</e:tou><e:value>\n\t "),
        lambda text: text.replace(f"{START}<", f"{START}.66<"),
        lambda text: '<?xml version="1.0"?><?xml-stylesheet href="x.xslt"?>' + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(POINT, f"https://data.example.org/espi/1_1/resource/{POINT}"),
    ],
    ids=[
        "prefix",
        "prefix of Atom",
        "comments",
        "CDATA",
        "more fields",
        "parts of a second",
        "stylesheet",
        "CRLF",
        "whole addresses",
    ],
)
def test_the_same_feed_written_otherwise_is_the_same(tmp_path: Path, change: object) -> None:
    assert rows(parsed(tmp_path, change(house())), *TIMES, "meter") == [(*row, POINT) for row in TWO]  # type: ignore[operator]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "gb18030", "gbk", "big5"])
def test_encodings_are_read_as_declared(tmp_path: Path, encoding: str) -> None:
    title = {"gb18030": "市政府大楼", "gbk": "市政府", "big5": "市政府"}.get(encoding, "Café")
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?>' + house().replace("House", title)

    assert rows(parsed(tmp_path, text.encode(encoding), names="title"), "meter") == [(title,)] * 2


def test_what_stands_in_what_joins_without_any_link(tmp_path: Path) -> None:
    def usage(name: str, value: str, uom: int) -> str:
        inner = f"<e:MeterReading><e:ReadingType><e:uom>{uom}</e:uom></e:ReadingType><e:IntervalBlock>{reading(0, value)}</e:IntervalBlock></e:MeterReading>"
        return entry(
            name, f"<e:UsagePoint><e:ServiceCategory><e:kind>0</e:kind></e:ServiceCategory>{inner}</e:UsagePoint>"
        )

    text = feed(usage("UsagePoint/1", "5", 72), usage("UsagePoint/2", "36000000", 31))

    assert rows(parsed(tmp_path, text), "meter", "measure", "value") == [
        ("UsagePoint/1", "Wh", 5.0),
        ("UsagePoint/2", "MJ", 36.0),
    ]


def test_a_single_usage_point_needs_no_links(tmp_path: Path) -> None:
    bare = feed(
        entry(
            "", "<e:UsagePoint><e:ServiceCategory><e:kind>0</e:kind></e:ServiceCategory></e:UsagePoint>", title="House"
        ),
        kind(),
        entry("", reading(0)),
    )

    assert rows(parsed(tmp_path, bare), "meter", "value") == [("House", 10.0)]


def test_readings_that_no_link_ties_to_one_of_several_points_are_refused(tmp_path: Path) -> None:
    other = POINT.replace("/1", "/2")
    text = feed(
        point(), point(own=other), kind(), entry("somewhere/else", f"<e:IntervalBlock>{reading(0)}</e:IntervalBlock>")
    )

    chunks = parsed(tmp_path, text)

    assert (rows(chunks, "value"), codes(chunks)) == ([], ["LINK_MISSING"])


def test_a_link_that_two_points_share_ties_to_none(tmp_path: Path) -> None:
    shared = [
        entry(
            f"UsagePoint/{n}",
            "<e:UsagePoint><e:ServiceCategory><e:kind>0</e:kind></e:ServiceCategory></e:UsagePoint>",
            related="MeterReading",
        )
        for n in (1, 2)
    ]
    text = feed(
        *shared, kind(), entry("MeterReading/1/IntervalBlock/1", f"<e:IntervalBlock>{reading(0)}</e:IntervalBlock>")
    )

    assert codes(parsed(tmp_path, text)) == ["LINK_MISSING"]


@pytest.mark.parametrize(
    ("wrong", "code", "column"),
    [
        (reading(2, "12,5"), "NOT_A_NUMBER", "value"),
        (reading(2, "1_000"), "NOT_A_NUMBER", "value"),
        (reading(2, "nan"), "NOT_A_NUMBER", "value"),
        (reading(2, "1e999"), "NOT_A_NUMBER", "value"),
        (reading(2, "１２"), "NOT_A_NUMBER", "value"),
        (reading(2, ""), "NOT_A_NUMBER", "value"),
        (reading(2, "4<e:x/>2"), "FIELD_MISSING", "value"),
        (reading(2, "4</e:value><e:value>2"), "NOT_A_NUMBER", "value"),
        (reading(2).replace("<e:value>10</e:value>", ""), "FIELD_MISSING", "value"),
        ("<e:IntervalReading/>\n", "FIELD_MISSING", "start"),
        (reading(2, start=10**14), "NOT_A_NUMBER", "start"),
        (reading(2).replace("3600", "an hour"), "NOT_A_NUMBER", "duration"),
    ],
)
def test_a_reading_that_is_none_is_refused_with_its_line_and_the_others_come_in(
    tmp_path: Path, wrong: str, code: str, column: str
) -> None:
    chunks = parsed(tmp_path, house(reading(0), reading(1), wrong))
    (issue,) = [issue for chunk in chunks for issue in chunk.issues]

    assert rows(chunks, *TIMES) == TWO
    assert (issue.code, issue.column, issue.row_no, sum(chunk.refused for chunk in chunks)) == (code, column, 6, 1)


@pytest.mark.parametrize(("cut", "kept", "line"), [(1, 2, 6), (20, 2, 6), (200, 3, 7)])
def test_of_a_file_that_breaks_off_what_stands_before_comes_in(tmp_path: Path, cut: int, kept: int, line: int) -> None:
    text = house(*(reading(n) for n in range(5)))
    third = text.index("<e:IntervalReading>", text.index(f"<e:start>{START + 3600}"))

    chunks = parsed(tmp_path, text[: third + cut])
    (issue,) = [issue for chunk in chunks for issue in chunk.issues]

    assert len(rows(chunks, *TIMES)) == kept
    assert (issue.code, issue.count, issue.row_no, chunks[0].refused) == ("XML_BROKEN", 1, line, 1)


def test_where_a_tag_is_damaged_the_readings_behind_it_are_counted_as_lost(tmp_path: Path) -> None:
    damaged = house(*(reading(n, "1" if n != 2 else "1 < 2") for n in range(5)))

    chunks = parsed(tmp_path, damaged)
    (issue,) = [issue for chunk in chunks for issue in chunk.issues]

    assert (len(rows(chunks, *TIMES)), issue.code, issue.count, chunks[0].refused) == (2, "XML_BROKEN", 3, 3)


def test_a_break_before_any_reading_refuses_the_file_with_line_and_column(tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused) as caught:
        parsed(tmp_path, ROOT + "\n<entry></link>")

    assert (caught.value.code, caught.value.data["row"], caught.value.data["column"]) == ("XML_BROKEN", 2, 10)


def test_a_large_file_comes_in_chunks(tmp_path: Path) -> None:
    path = tmp_path / "usage.xml"
    day = "".join(reading(n, step=900) for n in range(96))
    with path.open("w") as out:
        out.write(ROOT + point() + meter_reading() + kind())
        out.writelines(block(day, at=number) for number in range(2700))
        out.write("</feed>")

    chunks = registry.build("green_button", {}).parse(Document(path.name, path))

    assert [len(chunk.frame) for chunk in chunks] == [CHUNK_ROWS, 96 * 2700 - CHUNK_ROWS]


def test_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "usage.xml"
    with path.open("wb") as out:
        out.truncate(1 << 30)

    with pytest.raises(DocumentRefused) as caught:
        list(registry.build("green_button", {}).parse(Document(path.name, path)))

    assert (caught.value.code, caught.value.data["size"]) == ("XML_TOO_LARGE", 1024)
