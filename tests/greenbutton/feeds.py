"""Builds Green Button feeds part by part, so that each part can be another one or missing."""

from pathlib import Path
from typing import Any

from monitor.intake import registry
from monitor.intake.contract import Chunk, Document

ROOT = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi">'
START = 1_767_225_600  # 2026-01-01 00:00 UTC
POINT = "RetailCustomer/7/UsagePoint/1"


def reading(number: int, value: str = "10", *, step: int = 3600, start: int = START, more: str = "") -> str:
    """Give a reading, `number` steps after the start."""
    period = f"<e:timePeriod><e:duration>{step}</e:duration><e:start>{start + number * step}</e:start></e:timePeriod>"
    return f"<e:IntervalReading>{more}{period}<e:value>{value}</e:value></e:IntervalReading>\n"


def entry(own: str, content: str, up: str = "", related: str = "", title: str = "") -> str:
    """Give an Atom entry."""
    links = "".join(
        f'<link rel="{rel}" href="{href}"/>'
        for rel, hrefs in (("self", own), ("up", up), ("related", related))
        for href in hrefs.split()
    )
    return f"<entry>{links}<title>{title}</title><content>{content}</content></entry>\n"


def point(kind: str = "0", own: str = POINT, title: str = "House") -> str:
    return entry(
        own,
        f"<e:UsagePoint><e:ServiceCategory><e:kind>{kind}</e:kind></e:ServiceCategory></e:UsagePoint>",
        related=f"{own}/MeterReading",
        title=title,
    )


def meter_reading(number: int = 1, of: str = POINT) -> str:
    own = f"{of}/MeterReading/{number}"
    return entry(own, "<e:MeterReading/>", up=f"{of}/MeterReading", related=f"ReadingType/{number}")


def kind(number: int = 1, **fields: Any) -> str:
    said = {"powerOfTenMultiplier": 0, "uom": 72} | fields
    body = "".join(f"<e:{name}>{value}</e:{name}>" for name, value in said.items() if value is not None)
    return entry(f"ReadingType/{number}", f"<e:ReadingType>{body}</e:ReadingType>")


def block(*readings: str, number: int = 1, of: str = POINT, at: int = 1) -> str:
    up = f"{of}/MeterReading/{number}/IntervalBlock"
    return entry(f"{up}/{at}", f"<e:IntervalBlock>{''.join(readings)}</e:IntervalBlock>", up=up)


def feed(*parts: str) -> str:
    return ROOT + "".join(parts) + "</feed>"


def house(*readings: str, service: str = "0", **fields: Any) -> str:
    """Give a feed of one usage point with one meter reading and these readings, or two of 10."""
    return feed(point(service), meter_reading(), kind(**fields), block(*(readings or (reading(0), reading(1)))))


def parsed(folder: Path, text: str | bytes, **options: Any) -> list[Chunk]:
    """Parse a text as a Green Button file in this process."""
    path = folder / "usage.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(registry.build("green_button", options).parse(Document(path.name, path)))


def rows(chunks: list[Chunk], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for chunk in chunks for row in chunk.frame[list(columns)].itertuples(index=False)]


def codes(chunks: list[Chunk]) -> list[str]:
    return [issue.code for chunk in chunks for issue in chunk.issues]
