"""How much A4 a sheet of paper is, in thousandths: A3 is two, A5 a half; other sizes by their area."""

import re
from functools import lru_cache

A4 = 1000
_A4_AREA = 210.0 * 297.0
_SAME = 0.012  # names of one size differ by so much in what they call its area
_MM = {"mm": 1.0, "in": 25.4, "cm": 10.0, "": 1.0}
_KNOWN = {
    **{f"a{n}": (A4 << 4 - n) if n <= 4 else A4 >> n - 4 for n in range(8)},  # noqa: PLR2004 - A4 is the fourth
    "letter": A4,
    "executive": 789,
    "legal": 1231,
    "oficio": 1231,
    "tabloid": 2 * A4,
    "ledger": 2 * A4,
    "11x17": 2 * A4,
    "statement": A4 // 2,
    "halfletter": A4 // 2,
    "folio": 1111,
    "foolscap": 1111,
    "f4": 1111,
    "b3": 3 * A4,
    "b4": 1500,
    "b5": 750,
    "b6": 375,
    "8k": 1688,
    "16k": 844,
    "32k": 422,
    "8开": 1688,
    "16开": 844,
    "32开": 422,
    "大16开": 960,
}
_SIZED = re.compile(r"(\d+(?:\.\d+)?) ?x ?(\d+(?:\.\d+)?) ?(mm|cm|in|)$")
_PLAIN = re.compile(r"(iso|na|jis|jpn|prc|om|roc|custom)_")
_POINTS = re.compile(r"custom\.(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|cm|in|)$")


@lru_cache(maxsize=4096)
def a4_of(name: str) -> int | None:
    """Give the thousandths of A4 of a paper size as CUPS, PWG or Windows name it; None where the name is not known."""
    plain = name.strip().casefold().replace("×", "x")
    for part in re.split(r"[,;]", plain):
        found = _one(part.strip())
        if found is not None:
            return found
    return None


def _one(name: str) -> int | None:
    points = _POINTS.match(name)
    if points:
        unit = _MM[points[3]] if points[3] else 25.4 / 72
        return _area(float(points[1]) * unit, float(points[2]) * unit)
    bare = _PLAIN.sub("", name)
    words = re.split(r"[ ._\-(（]", bare)
    for known in (bare, words[0], "".join(words[:2])):
        if known in _KNOWN:
            return _KNOWN[known]
    sized = _SIZED.search(bare)
    if sized and sized[3]:
        return _area(float(sized[1]) * _MM[sized[3]], float(sized[2]) * _MM[sized[3]])
    return None


def _area(width: float, height: float) -> int | None:
    """Give a size by its area in mm; one that is nearly a known one is that one; beyond A0 and below A8 it is no paper."""
    share = round(width * height / _A4_AREA * A4)
    for known in sorted(set(_KNOWN.values())):
        if abs(share - known) <= known * _SAME:
            return known
    return share if A4 >> 4 <= share <= A4 << 4 else None
