"""Parsing Green Button XML against expat with handlers that collect, and how soon a mean file is refused. `python -m bench.green_button FOLDER`."""

import json
import resource
import sys
from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path
from typing import IO
from xml.parsers import expat

from monitor.errors import DocumentRefused
from monitor.intake import registry
from monitor.intake.contract import Document

ROWS, STEP, FIRST, A_DAY = 100_000, 900, 1_704_067_200, 96
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<entry><link rel="self" href="UsagePoint/1"/><content><UsagePoint xmlns="http://naesb.org/espi"><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint></content></entry>
<entry><link rel="self" href="ReadingType/1"/><content><ReadingType xmlns="http://naesb.org/espi"><accumulationBehaviour>4</accumulationBehaviour><uom>72</uom></ReadingType></content></entry>
"""
READING = """    <IntervalReading>
      <timePeriod>
        <duration>900</duration>
        <start>{start}</start>
      </timePeriod>
      <value>{value}</value>
    </IntervalReading>
"""
LAUGHS = '<!DOCTYPE feed [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
MEAN: dict[str, Callable[[IO[str]], object]] = {
    "laughs": lambda out: out.write(LAUGHS + "]><feed>&j;</feed>"),
    "external": lambda out: out.write('<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed>&x;</feed>'),
    "attributes": lambda out: out.writelines(chain([HEAD, "<entry "], (f'a{n}="1" ' for n in range(1_000_000)))),
    "deep": lambda out: out.writelines(chain([HEAD], repeat("<x>", 1_000_000))),
    "text": lambda out: out.writelines(chain([HEAD, "<title>"], repeat("x" * (1 << 20), 100))),
    "gigabyte": lambda out: out.truncate(1 << 30),
}


def write(path: Path, rows: int) -> int:
    """Write a feed of blocks of a day; give the sum of its values."""
    total = 0
    with path.open("w", encoding="ascii") as out:
        out.write(HEAD)
        for begin in range(0, rows, A_DAY):
            out.write('<entry><content><IntervalBlock xmlns="http://naesb.org/espi">\n')
            for number in range(begin, min(begin + A_DAY, rows)):
                value = number * 37 % 9999
                total += value
                out.write(READING.format(start=FIRST + number * STEP, value=value))
            out.write("</IntervalBlock></content></entry>\n")
        out.write("</feed>\n")
    return total


def floor(path: Path) -> int:
    """Collect start, duration and value with expat: no checks, no joins, no places."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    text: list[str] = []
    found: dict[str, list[int]] = {"start": [], "duration": [], "value": []}
    inside = False

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal inside
        text.clear()
        inside = inside or name == "IntervalReading"

    def end(name: str) -> None:
        nonlocal inside
        if inside:
            if name in found:
                found[name].append(int("".join(text)))
            elif name == "IntervalReading":
                inside = False

    def characters(said: str) -> None:
        text.append(said)

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    with path.open("rb") as stream:
        parser.ParseFile(stream)
    return sum(found["value"])


def product(path: Path) -> int:
    importer = registry.build("green_button", {})
    return int(sum(chunk.frame["value"].sum() for chunk in importer.parse(Document(path.name, path))))


def processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def seconds(act: Callable[[Path], int], path: Path) -> float:
    """Give the processor time: what else the machine does is not counted."""
    began = processor()
    act(path)
    return processor() - began


def refused(path: Path) -> int:
    try:
        product(path)
    except DocumentRefused:
        return 1
    sys.exit(f"{path.name} was read")


def meanest(folder: Path) -> tuple[float, float]:
    """Give the processor seconds of the slowest refusal and the MB by which the process grew."""
    small = folder / "small.xml"
    write(small, A_DAY)
    product(small)  # what a process loads once is not measured
    before = peak()
    files = [folder / f"{name}.xml" for name in MEAN]
    for file in files:
        with file.open("w", encoding="ascii") as out:
            MEAN[file.stem](out)
    slowest = max(seconds(refused, file) for file in files)
    for file in files:
        file.unlink()
    return slowest, peak() - before


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(folder: Path) -> None:
    figures = dict(zip(("refused", "refused_mb"), meanest(folder), strict=True))
    path = folder / "usage.xml"
    total = write(path, ROWS)
    assert floor(path) == product(path) == total
    pairs = [(seconds(floor, path), seconds(product, path)) for _ in range(5)]
    figures |= {"green_floor": min(one for one, _ in pairs), "green": min(other for _, other in pairs)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
